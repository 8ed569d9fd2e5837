//! Drives [`crate::smtp::server::Session`] over sockets.
//!
//! Owns the listening sockets, the caps on connections, TLS handshakes and the staging of bodies. Decides nothing about mail: that
//! is asked of a [`Host`].

mod accept;
mod registry;
mod session;
mod staging;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use super::deadline::within;
use super::listen::ListenOn;
use super::rt;
use crate::clock::Clock;
use crate::mail::Address;
use crate::smtp::Reply;
use crate::smtp::server::{Envelope, Facts, Options};
use crate::store::Staged;
use accept::Front;
use registry::Registry;

pub use registry::network;

/// What the driver asks of the appliance (or of the demo's stand-in).
pub trait Host: Send + Sync + 'static {
    /// A client connected: session options, or a 421 or 554 to send instead of the greeting.
    fn greet(&self, client: IpAddr) -> Result<Options, Reply>;
    /// Whether the cap on connections of one address does not count for this client.
    fn is_exempt(&self, _client: IpAddr) -> bool {
        false
    }
    /// Whether connections from there begin with a PROXY header that says whose they are.
    fn is_proxy(&self, _client: IpAddr) -> bool {
        false
    }
    /// MAIL FROM.
    fn check_sender(&self, session: &SessionInfo, reverse_path: Option<&Address>) -> impl Future<Output = Reply> + Send;
    /// RCPT TO.
    fn check_recipient(
        &self,
        session: &SessionInfo,
        reverse_path: Option<&Address>,
        recipient: &Address,
    ) -> impl Future<Output = Reply> + Send;
    /// A session was ended because of what the client did.
    fn session_failed(&self, _client: IpAddr) {}
    /// A whole message. The reply is sent as it is.
    fn commit(&self, session: &SessionInfo, envelope: Envelope, body: Staged) -> impl Future<Output = Reply> + Send;
}

/// A session, for trace fields and the log.
#[derive(Clone, Debug)]
pub struct SessionInfo {
    /// Short unique id (hex) on every log line.
    pub id: String,
    pub client: IpAddr,
    pub facts: Facts,
}

pub struct ServerOptions {
    pub listen: ListenOn,
    /// For STARTTLS; None offers none.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Where large bodies are staged; must exist.
    pub stage_folder: PathBuf,
}

/// Listening sockets with their sessions. Dropping it stops accepting; sessions get 421 at their next command.
pub struct Server {
    addresses: Vec<SocketAddr>,
    accepting: Vec<rt::Task<()>>,
    registry: Arc<Registry>,
    /// Never carries anything: sessions and listeners see it close.
    stopping: rt::channel::Sender<()>,
    /// Closes when the last session and the last listener are gone.
    all_gone: rt::channel::Receiver<()>,
}

impl Server {
    /// Binds all addresses (port 0 picks one) and starts accepting. Caps of `limits.rs` hold: past them 421.
    /// An accept error (out of file descriptors) is logged and waited out, never the end.
    pub fn start<H: Host>(options: ServerOptions, host: Arc<H>, clock: Arc<dyn Clock>) -> std::io::Result<Server> {
        let ServerOptions { listen, tls, stage_folder } = options;
        let listeners = listen.open()?.into_iter().map(accept::Listener::try_from).collect::<std::io::Result<Vec<_>>>()?;
        let addresses = listeners.iter().map(|listener| listener.get_ref().local_addr()).collect::<std::io::Result<Vec<_>>>()?;
        let registry = Arc::new(Registry::default());
        let (stopping, stop) = rt::channel::bounded(1);
        let (alive, all_gone) = rt::channel::bounded(1);
        let front = Arc::new(Front::new(tls, stage_folder, host, clock, registry.clone(), stop));
        let accepting = listeners.into_iter().map(|listener| rt::spawn(accept::run(front.clone(), listener, alive.clone()))).collect();
        Ok(Server { addresses, accepting, registry, stopping, all_gone })
    }

    /// The bound addresses.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.clone()
    }

    /// Stops accepting; sessions get 421 at the next command; waits for a DATA under way at most `grace`.
    pub async fn stop(self, grace: std::time::Duration) {
        for accepting in self.accepting {
            accepting.cancel().await;
        }
        self.stopping.close();
        // Nothing is ever sent: this ends when all senders are gone.
        let _ = within(grace, self.all_gone.recv()).await;
        self.registry.cut_all();
    }

    /// Closes everything at once, like a pulled plug (the demo's stand-in uses it). When it returns, the ports refuse.
    pub async fn kill(self) {
        for task in self.accepting {
            task.cancel().await;
        }
        self.registry.cut_all();
    }
}
