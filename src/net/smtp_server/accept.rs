//! Listening sockets: accept, caps, the greeting's first decision.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use smol::Async;
use smol::io::AsyncWriteExt;
use smol::net::TcpStream;

use super::registry::Registry;
use super::{Host, ServerOptions, session};
use crate::clock::Clock;
use crate::limits::SMTP_ACCEPT_RETRY_WAIT;
use crate::net::listen::listen;
use crate::net::rt;
use crate::smtp::{Reply, reply};

pub type Listener = Async<std::net::TcpListener>;

/// What all sessions of one server share.
pub struct Front<H> {
    pub host: Arc<H>,
    pub clock: Arc<dyn Clock>,
    pub tls: Option<Arc<rustls::ServerConfig>>,
    pub stage_folder: PathBuf,
    pub registry: Arc<Registry>,
    /// Closes when the server stops.
    pub stop: rt::channel::Receiver<()>,
    next_id: AtomicU32,
}

impl<H: Host> Front<H> {
    pub fn new(
        options: ServerOptions,
        host: Arc<H>,
        clock: Arc<dyn Clock>,
        registry: Arc<Registry>,
        stop: rt::channel::Receiver<()>,
    ) -> Front<H> {
        // A random start keeps ids of several runs apart in one log. Without randomness they are still unique in this run.
        let mut seed = [0; 4];
        let _ = getrandom::fill(&mut seed);
        let next_id = AtomicU32::new(u32::from_le_bytes(seed));
        Front { host, clock, tls: options.tls, stage_folder: options.stage_folder, registry, stop, next_id }
    }

    pub fn next_id(&self) -> String {
        format!("{:08x}", self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}

pub fn bind(address: &SocketAddr) -> io::Result<Listener> {
    Async::try_from(listen(*address)?)
}

/// Accepts until it is cancelled. `alive` is held here and by every session.
pub async fn run<H: Host>(front: Arc<Front<H>>, listener: Listener, alive: rt::channel::Sender<()>) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => admit(&front, TcpStream::from(socket), peer, &alive).await,
            Err(error) => {
                log::warn!("smtp accept failed error={error:?}");
                rt::sleep(SMTP_ACCEPT_RETRY_WAIT).await;
            }
        }
    }
}

async fn admit<H: Host>(front: &Arc<Front<H>>, socket: TcpStream, peer: SocketAddr, alive: &rt::channel::Sender<()>) {
    // An IPv4 client on an IPv6 socket is an IPv4 client.
    let client = peer.ip().to_canonical();
    let peer = SocketAddr::new(client, peer.port());
    let Some(place) = front.registry.enter(client, front.host.is_exempt(client)) else {
        log::warn!("smtp rejected connection client={client} reply=421 reason=too-many-connections");
        return turn_away(socket, &reply::too_many_connections()).await;
    };
    let options = match front.host.greet(peer) {
        Ok(options) => options,
        Err(reply) => {
            log::info!("smtp rejected connection client={client} reply={}", reply.code);
            return turn_away(socket, &reply).await;
        }
    };
    // Replies are small and complete when they are written; waiting to fill a segment only costs time.
    let _ = socket.set_nodelay(true);
    let number = place.number();
    let run = session::run(front.clone(), socket.clone(), client, options);
    let alive = alive.clone();
    front.registry.spawn(number, socket, async move {
        let _held = (place, alive);
        run.await;
    });
}

/// Says why and closes, without waiting for a client that may be one of thousands: a new socket has room for one line.
async fn turn_away(mut socket: TcpStream, reply: &Reply) {
    let _ = smol::future::poll_once(socket.write_all(&reply.to_bytes())).await;
}
