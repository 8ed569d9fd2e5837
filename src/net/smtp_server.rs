//! Drives [`crate::smtp::server::Session`] over sockets.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::mail::Address;
use crate::smtp::Reply;
use crate::smtp::server::{Envelope, Facts, Options};
use crate::store::Staged;

/// What the driver asks of the appliance (or of the demo's stand-in).
pub trait Host: Send + Sync + 'static {
    /// A client connected: session options, or a 421 or 554 to send instead of the greeting.
    fn greet(&self, client: SocketAddr) -> Result<Options, Reply>;
    /// MAIL FROM.
    fn check_sender(&self, session: &SessionInfo, reverse_path: Option<&Address>) -> impl Future<Output = Reply> + Send;
    /// RCPT TO.
    fn check_recipient(
        &self,
        session: &SessionInfo,
        reverse_path: Option<&Address>,
        recipient: &Address,
    ) -> impl Future<Output = Reply> + Send;
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
    pub listen: Vec<SocketAddr>,
    /// For STARTTLS; None offers none.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Where large bodies are staged; must exist.
    pub stage_folder: PathBuf,
}

/// Listening sockets with their sessions.
pub struct Server {
    _private: (),
}

impl Server {
    /// Binds all addresses (port 0 picks one) and starts accepting. Caps of `limits.rs` hold: past them 421.
    /// An accept error (out of file descriptors) is logged and waited out, never the end.
    pub fn start<H: Host>(_options: ServerOptions, _host: Arc<H>, _clock: Arc<dyn Clock>) -> std::io::Result<Server> {
        todo!()
    }

    /// The bound addresses.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        todo!()
    }

    /// Stops accepting; sessions get 421 at the next command; waits for a DATA under way at most `grace`.
    pub async fn stop(self, _grace: std::time::Duration) {
        todo!()
    }

    /// Closes everything at once, like a pulled plug (the demo's stand-in uses it).
    pub fn kill(self) {
        todo!()
    }
}
