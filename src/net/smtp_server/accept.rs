//! Listening sockets: accept, caps, the greeting's first decision.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use smol::Async;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::TcpStream;

use super::registry::Registry;
use super::{Host, session};
use crate::clock::Clock;
use crate::limits::{PROXY_HEADER_TIMEOUT, SMTP_ACCEPT_RETRY_WAIT};
use crate::net::deadline::within;
use crate::net::rt;
use crate::smtp::proxy::{self, Parsed};
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
        tls: Option<Arc<rustls::ServerConfig>>,
        stage_folder: PathBuf,
        host: Arc<H>,
        clock: Arc<dyn Clock>,
        registry: Arc<Registry>,
        stop: rt::channel::Receiver<()>,
    ) -> Front<H> {
        // A random start keeps ids of several runs apart in one log. Without randomness they are still unique in this run.
        let mut seed = [0; 4];
        let _ = getrandom::fill(&mut seed);
        let next_id = AtomicU32::new(u32::from_le_bytes(seed));
        Front { host, clock, tls, stage_folder, registry, stop, next_id }
    }

    pub fn next_id(&self) -> String {
        format!("{:08x}", self.next_id.fetch_add(1, Ordering::Relaxed))
    }
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
    let is_proxy = front.host.is_proxy(client);
    let Some(mut place) = front.registry.enter(client, is_proxy || front.host.is_exempt(client)) else {
        log::warn!("smtp rejected connection client={client} reply=421 reason=too-many-connections");
        return turn_away(socket, &reply::too_many_connections()).await;
    };
    // Replies are small and complete when they are written; waiting to fill a segment only costs time.
    let _ = socket.set_nodelay(true);
    let (number, alive) = (place.number(), alive.clone());
    if is_proxy {
        let (front_of_session, mut passed_on) = (front.clone(), socket.clone());
        return front.registry.spawn(number, socket, async move {
            let client = match proxied(&mut passed_on, client).await {
                Ok(client) => client,
                Err(why) => return log::warn!("smtp rejected connection proxy={client} reason={why:?}"),
            };
            if !place.belongs_to(client, front_of_session.host.is_exempt(client)) {
                return turn_away(passed_on, &reply::too_many_connections()).await;
            }
            let _held = (place, alive);
            begin(front_of_session, passed_on, client).await;
        });
    }
    let session = begin(front.clone(), socket.clone(), client);
    front.registry.spawn(number, socket, async move {
        let _held = (place, alive);
        session.await;
    });
}

/// The session of a client whose address is known.
async fn begin<H: Host>(front: Arc<Front<H>>, socket: TcpStream, client: IpAddr) {
    match front.host.greet(client) {
        Ok(options) => session::run(front, socket, client, options).await,
        Err(reply) => {
            log::info!("smtp rejected connection client={client} reply={}", reply.code);
            turn_away(socket, &reply).await;
        }
    }
}

/// Whose connection a proxy passes on.
async fn proxied(socket: &mut TcpStream, proxy: IpAddr) -> Result<IpAddr, String> {
    let mut header = Vec::new();
    loop {
        match proxy::parse(&header)? {
            Parsed::Itself => return Ok(proxy),
            Parsed::Client(client) => return Ok(client),
            Parsed::Needs(length) => {
                let there = header.len();
                header.resize(length, 0);
                match within(PROXY_HEADER_TIMEOUT, socket.read_exact(&mut header[there..])).await {
                    Ok(read) => read.map_err(|error| error.to_string())?,
                    Err(_) => return Err("no PROXY header came".to_owned()),
                }
            }
        }
    }
}

/// Says why and closes, without waiting for a client that may be one of thousands: a new socket has room for one line.
async fn turn_away(mut socket: TcpStream, reply: &Reply) {
    let _ = smol::future::poll_once(socket.write_all(&reply.to_bytes())).await;
}
