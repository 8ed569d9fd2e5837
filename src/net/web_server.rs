//! HTTP: Lifeboat's own TLS front before tiny_http on loopback.
//!
//! tiny_http has no timeouts, takes a thread a connection, and its accept loop ends on errors (DESIGN section 6). So the front
//! caps connections, sets deadlines and knows the client's address (its own local port → client); what did not come through
//! the front is refused.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::config::NetworkSet;
use crate::web::{Request, Response};

pub struct WebOptions {
    pub listen: Vec<SocketAddr>,
    /// None serves plain HTTP (loopback and the demo page only).
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Clients outside get 403. Loopback always counts as inside.
    pub networks: NetworkSet,
}

/// Answers a request on a worker thread; may wait for files and the store.
pub type Handler = Arc<dyn Fn(Request) -> Response + Send + Sync>;

pub struct WebServer {
    _private: (),
}

impl WebServer {
    pub fn start(_options: WebOptions, _handler: Handler) -> std::io::Result<WebServer> {
        todo!()
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        todo!()
    }

    /// Stops accepting, lets requests under way finish for at most `grace`.
    pub async fn stop(self, _grace: std::time::Duration) {
        todo!()
    }
}
