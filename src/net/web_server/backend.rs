//! tiny_http on a private loopback port, who is behind each of the front's connections to it, and the body of each request.
//!
//! Bodies do not go through tiny_http: the front has staged them, and a worker takes them from here.
//!
//! tiny_http's accept thread ends at any error (out of file descriptors is enough), at some without a word: then workers learn it from the queue,
//! or the front from a refused connection, and whoever is first starts another server. Connections of the old one are
//! served to their end.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::WEB_WORKERS;
use crate::mail::Blob;

pub(super) struct Backend {
    current: Mutex<Arc<Server>>,
    clients: Arc<Clients>,
    stopped: AtomicBool,
}

/// One running tiny_http.
pub(super) struct Server {
    pub http: tiny_http::Server,
    pub address: SocketAddr,
}

/// (Port of the server, port of the front's connection to it) → the client and the request's body, until a worker takes it. Both ports,
/// because the kernel may use one local port for two servers.
type Clients = Mutex<HashMap<(u16, u16), (IpAddr, Blob)>>;

/// The entry of one connection; dropping it takes it out. It must go before its connection is closed, so that nobody else on this machine can
/// get the port while it still stands for the client.
pub(super) struct Registration {
    clients: Arc<Clients>,
    ports: (u16, u16),
}

impl Drop for Registration {
    fn drop(&mut self) {
        lock(&self.clients).remove(&self.ports);
    }
}

impl Backend {
    pub fn start() -> std::io::Result<Backend> {
        Ok(Backend { current: Mutex::new(Arc::new(start_server()?)), clients: Arc::default(), stopped: AtomicBool::new(false) })
    }

    pub fn current(&self) -> Arc<Server> {
        lock(&self.current).clone()
    }

    /// Replaces a server that has died, unless somebody else has done it already.
    pub fn restart(&self, dead: &Arc<Server>) {
        let mut current = lock(&self.current);
        if !Arc::ptr_eq(&current, dead) || self.stopped() {
            return;
        }
        match start_server() {
            Ok(server) => {
                log::warn!("web backend restarted address={}", server.address);
                *current = Arc::new(server);
                // The other workers wait at the old queue.
                wake_workers(dead);
            }
            Err(error) => log::error!("web backend down error={error}"),
        }
    }

    pub fn stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Tells the workers to end.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        wake_workers(&self.current());
    }

    /// Must be done before the first octet is sent: a worker refuses what it cannot place.
    pub fn register(&self, server: &Server, port: u16, client: IpAddr, body: Blob) -> Registration {
        let ports = (server.address.port(), port);
        lock(&self.clients).insert(ports, (client, body));
        Registration { clients: self.clients.clone(), ports }
    }

    /// None for a connection that did not come through the front.
    pub fn take(&self, server: &Server, peer: Option<&SocketAddr>) -> Option<(IpAddr, Blob)> {
        let mut clients = lock(&self.clients);
        let (client, body) = clients.get_mut(&(server.address.port(), peer?.port()))?;
        Some((*client, std::mem::take(body)))
    }
}

fn start_server() -> std::io::Result<Server> {
    // It starts threads, and panics if there is none to be had.
    let started = catch_unwind(AssertUnwindSafe(|| tiny_http::Server::http((Ipv4Addr::LOCALHOST, 0))));
    let http = match started {
        Ok(Ok(http)) => http,
        Ok(Err(error)) => return Err(std::io::Error::other(error.to_string())),
        Err(_) => return Err(std::io::Error::other("the system gives no thread")),
    };
    let address = http.server_addr().to_ip().ok_or_else(|| std::io::Error::other("no IP address"))?;
    Ok(Server { http, address })
}

fn wake_workers(server: &Server) {
    (0..WEB_WORKERS).for_each(|_| server.http.unblock());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_connections_have_a_client() {
        let backend = Backend::start().unwrap();
        let server = backend.current();
        let peer = SocketAddr::from(([127, 0, 0, 1], 40000));
        let taken = |peer| backend.take(&server, peer).map(|(client, body)| (client, body.bytes().unwrap()));
        assert_eq!(taken(Some(&peer)), None);
        let registration = backend.register(&server, peer.port(), IpAddr::from([192, 0, 2, 1]), b"body".into());
        assert_eq!(taken(Some(&peer)), Some((IpAddr::from([192, 0, 2, 1]), b"body".to_vec())));
        assert_eq!(taken(Some(&peer)), Some((IpAddr::from([192, 0, 2, 1]), Vec::new())));
        drop(registration);
        assert_eq!(taken(Some(&peer)), None);
        assert_eq!(taken(None), None);
    }

    #[test]
    fn a_dead_server_is_replaced_once() {
        let backend = Backend::start().unwrap();
        let dead = backend.current();
        backend.restart(&dead);
        let second = backend.current();
        assert_ne!(second.address, dead.address);
        backend.restart(&dead);
        assert_eq!(backend.current().address, second.address);
    }
}
