//! HTTP: Lifeboat's own TLS front before tiny_http on loopback.
//!
//! tiny_http has no timeouts, takes a thread a connection and sometimes none, reads heads and queues pipelined requests without a bound, and its accept loop ends
//! on errors (DESIGN section 6). So the front caps connections, sets deadlines, parses every request head, keeps each body until it is
//! whole (a large one on the disk, never in memory), gives tiny_http one head a connection, and knows the client's address (its own local
//! port → client); what did not come through the front is refused.
//!
//! | file | owns |
//! | --- | --- |
//! | `front` | a connection: TLS, networks, requests one after the other |
//! | `client` | reading and writing towards the client, with deadlines |
//! | `http` | heads, pure |
//! | `redirect` | from plain HTTP to HTTPS |
//! | `admission` | caps |
//! | `upstream` | the exchange with tiny_http |
//! | `backend` | tiny_http, restarted when it dies; ports and clients |
//! | `worker` | threads that call the handler |

mod admission;
mod backend;
mod client;
mod front;
mod http;
mod redirect;
mod upstream;
mod worker;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_rustls::TlsAcceptor;
use smol::net::{TcpListener, TcpStream};

use self::admission::Crowd;
use self::backend::Backend;
use self::client::Patience;
use self::front::Front;
use self::redirect::Redirect;
use super::deadline::within;
use super::listen::ListenOn;
use super::rt;
use super::rt::channel::{Receiver, Sender};
use crate::config::NetworkSet;
use crate::limits::{
    ACCEPT_RETRY_WAIT, WEB_CONNECTIONS_MAX, WEB_CONNECTIONS_PER_CLIENT_MAX, WEB_REDIRECTS_MAX, WEB_REDIRECTS_PER_CLIENT_MAX,
    WEB_UPLOADS_MAX, WEB_UPLOADS_PER_CLIENT_MAX,
};
use crate::web::{Request, Response};

pub struct WebOptions {
    pub listen: ListenOn,
    /// None serves plain HTTP (loopback and the demo page only). Its ALPN is set here.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Clients outside get 403. Loopback always counts as inside.
    pub networks: NetworkSet,
    pub bodies: BodyOptions,
    /// Plain HTTP, that leads to the HTTPS of the first of `listen`.
    pub redirect_listen: ListenOn,
    /// Our own name, for that.
    pub hostname: String,
}

impl WebOptions {
    /// Plain HTTP for this machine, with small forms only.
    pub fn plain(address: SocketAddr) -> WebOptions {
        WebOptions {
            listen: vec![address].into(),
            tls: None,
            networks: NetworkSet::default(),
            bodies: BodyOptions { octets_max: crate::web::body_octets_max, uploads: None },
            redirect_listen: Vec::new().into(),
            hostname: String::new(),
        }
    }
}

/// What becomes of request bodies.
#[derive(Clone)]
pub struct BodyOptions {
    /// Of a request with this method and this path (as it came, without query), in octets; above it 413.
    pub octets_max: fn(&str, &str) -> usize,
    /// Without it bodies have at most [`crate::limits::WEB_BODY_SMALL_MAX_OCTETS`].
    pub uploads: Option<Uploads>,
}

/// Where large bodies go.
#[derive(Clone)]
pub struct Uploads {
    pub folder: PathBuf,
    /// Whether the disk takes so many octets without being full; if not 507.
    pub has_room: Arc<dyn Fn(u64) -> bool + Send + Sync>,
}

/// Answers a request on a worker thread; may wait for files and the store. A panic becomes a 500 page.
pub type Handler = Arc<dyn Fn(Request) -> Response + Send + Sync>;

/// Running web server. Dropping it closes everything at once.
pub struct WebServer {
    addresses: Vec<SocketAddr>,
    redirect_addresses: Vec<SocketAddr>,
    listeners: Vec<rt::Task<()>>,
    front: Arc<Front>,
    connections: Arc<Crowd>,
    /// Closing the first asks connections to end, the second ends them.
    closing: Sender<()>,
    killing: Sender<()>,
}

impl WebServer {
    /// Binds all addresses (port 0 picks one) and starts. An accept error is logged and waited out, never the end.
    ///
    /// # Errors
    /// An address that cannot be bound (with its text), or no thread.
    pub fn start(options: WebOptions, handler: Handler) -> std::io::Result<WebServer> {
        WebServer::start_with(options, handler, Patience::default())
    }

    fn start_with(options: WebOptions, handler: Handler, patience: Patience) -> std::io::Result<WebServer> {
        let sockets = open(options.listen)?;
        let plain = open(options.redirect_listen)?;
        let addresses = sockets.iter().map(TcpListener::local_addr).collect::<std::io::Result<Vec<_>>>()?;
        let redirect_addresses = plain.iter().map(TcpListener::local_addr).collect::<std::io::Result<Vec<_>>>()?;
        let backend = Arc::new(Backend::start()?);
        worker::start(&backend, &handler)?;
        let (closing, closing_seen) = rt::channel::bounded(1);
        let (killing, killing_seen) = rt::channel::bounded(1);
        let redirect = Redirect {
            hostname: options.hostname,
            port: addresses.first().map_or(443, SocketAddr::port),
            networks: options.networks.clone(),
            patience,
        };
        let front = Arc::new(Front {
            backend,
            tls: options.tls.map(acceptor),
            networks: options.networks,
            uploads: Crowd::new(WEB_UPLOADS_MAX, WEB_UPLOADS_PER_CLIENT_MAX),
            options: options.bodies,
            redirect: redirect.clone(),
            patience,
            closing: closing_seen,
        });
        let connections = Crowd::new(WEB_CONNECTIONS_MAX, WEB_CONNECTIONS_PER_CLIENT_MAX);
        let redirects = Crowd::new(WEB_REDIRECTS_MAX, WEB_REDIRECTS_PER_CLIENT_MAX);
        let listener = Listener { front: front.clone(), connections: connections.clone(), killing: killing_seen };
        let mut listeners: Vec<_> = sockets.into_iter().map(|socket| rt::spawn(listener.clone().accept(socket))).collect();
        listeners.extend(plain.into_iter().map(|socket| rt::spawn(redirect.clone().listen(socket, redirects.clone()))));
        Ok(WebServer { addresses, redirect_addresses, listeners, front, connections, closing, killing })
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.clone()
    }

    /// Where plain HTTP is, that only leads on.
    pub fn redirect_addresses(&self) -> Vec<SocketAddr> {
        self.redirect_addresses.clone()
    }

    /// Stops accepting, lets requests under way finish for at most `grace`.
    pub async fn stop(mut self, grace: Duration) {
        self.listeners.clear();
        self.closing.close();
        let quiet = async {
            while self.connections.total() > 0 {
                rt::sleep(Duration::from_millis(20)).await;
            }
        };
        if within(grace, quiet).await.is_err() {
            log::warn!("web stop connections={} action=closed", self.connections.total());
        }
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.closing.close();
        self.killing.close();
        self.front.backend.stop();
    }
}

fn open(on: ListenOn) -> std::io::Result<Vec<TcpListener>> {
    on.open()?.into_iter().map(TcpListener::try_from).collect()
}

/// The web's own copy: browsers ask for `http/1.1` by ALPN (RFC 7301), SMTP's clients for nothing.
fn acceptor(config: Arc<rustls::ServerConfig>) -> TlsAcceptor {
    let mut config = rustls::ServerConfig::clone(&config);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

#[derive(Clone)]
struct Listener {
    front: Arc<Front>,
    connections: Arc<Crowd>,
    killing: Receiver<()>,
}

impl Listener {
    async fn accept(self, socket: TcpListener) {
        loop {
            match socket.accept().await {
                Ok((stream, peer)) => self.admit(stream, peer.ip().to_canonical()),
                Err(error) => {
                    log::error!("web accept failed error={error}");
                    rt::sleep(ACCEPT_RETRY_WAIT).await;
                }
            }
        }
    }

    /// Past a cap the connection is closed without a word: a TLS handshake for a page would cost what the cap saves.
    fn admit(&self, stream: TcpStream, client: IpAddr) {
        let Some(admitted) = self.connections.admit(client) else {
            log::warn!("web refused client={client} reason=too-many-connections");
            return;
        };
        let (front, killing) = (self.front.clone(), self.killing.clone());
        let serve = async move {
            let killed = async { while killing.recv().await.is_ok() {} };
            rt::race(front.serve(stream, client, admitted), killed).await;
        };
        rt::spawn(serve).detach();
    }
}

#[cfg(test)]
mod tests;
