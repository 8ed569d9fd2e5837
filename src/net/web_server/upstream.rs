//! One request's connection to tiny_http.
//!
//! A connection for each request, closed after it. tiny_http's thread pool may put a connection behind another that already has
//! a thread, until that thread is free (it counts a thread that has been woken as still waiting): a kept connection would block others for as long
//! as a browser keeps it open. And it queues pipelined requests without a bound.

use std::net::{IpAddr, SocketAddr};

use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::TcpStream;

use super::backend::{Backend, Registration};
use super::client::{Client, End};
use super::http::{BUSY, RequestHead, head_end, parse_response};
use crate::limits::{WEB_HEAD_MAX_OCTETS, WEB_IDLE_TIMEOUT, WEB_RESPONSE_SMALL_MAX_OCTETS, WEB_RESPONSE_TIMEOUT};
use crate::mail::Blob;
use crate::net::deadline::within;

const READ_OCTETS: usize = 64 * 1024;

/// Within this machine a connection stands, or was refused, when the call comes back, though it may say that it is under way: waiting for the
/// socket to become writable would be a turn of the reactor for each request. If it really is under way, the first write waits.
fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    socket_error(&socket)??;
    TcpStream::try_from(std::net::TcpStream::from(socket))
}

pub(super) struct Upstream {
    // Dropped in this order: see `Registration`.
    _registration: Registration,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Upstream {
    /// Connects to the running tiny_http, and starts another if it has died.
    pub async fn open(backend: &Backend, client: IpAddr, body: Blob) -> Result<Upstream, End> {
        for last_try in [false, true] {
            let server = backend.current();
            match connect(server.address) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let registration = backend.register(&server, stream.local_addr()?.port(), client, body);
                    return Ok(Upstream { _registration: registration, stream, buffer: Vec::new() });
                }
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused && !last_try => backend.restart(&server),
                Err(error) => log::error!("web backend unreachable error={error}"),
            }
        }
        Err(BUSY.into())
    }

    /// One request and its response; gives whether the connection goes on. `Refused` only while nothing has been sent to the client.
    /// `stopping` is asked as late as possible, so that a server that began to stop meanwhile says `Connection: close`.
    pub async fn exchange(mut self, request: RequestHead, client: &mut Client, stopping: impl Fn() -> bool) -> Result<bool, End> {
        let head = self.ask(&request).await.ok_or(BUSY)?;
        let keep_alive = request.keep_alive && !stopping();
        let (head, length) = parse_response(&head, request.is_head, keep_alive).ok_or(BUSY)?;
        if length <= WEB_RESPONSE_SMALL_MAX_OCTETS {
            // The worker is free as soon as it is read, however slowly the client takes it.
            let mut whole = head;
            whole.extend(self.body(length).await.ok_or(BUSY)?);
            client.write(&whole).await?;
            return Ok(keep_alive);
        }
        client.write(&head).await?;
        let mut left = length;
        while left > 0 {
            let piece = self.body(left.min(READ_OCTETS)).await.ok_or(End::Gone)?;
            left -= piece.len();
            client.write(&piece).await?;
        }
        Ok(keep_alive)
    }

    /// Sends the request and reads the response's head. None if tiny_http fails, or no worker answers in time.
    async fn ask(&mut self, request: &RequestHead) -> Option<Vec<u8>> {
        within(WEB_RESPONSE_TIMEOUT, self.stream.write_all(&request.forward)).await.ok()?.ok()?;
        within(WEB_RESPONSE_TIMEOUT, self.head()).await.ok()?
    }

    async fn head(&mut self) -> Option<Vec<u8>> {
        let mut searched = 0;
        loop {
            if let Some(end) = head_end(&self.buffer, searched) {
                let rest = self.buffer.split_off(end);
                return Some(std::mem::replace(&mut self.buffer, rest));
            }
            searched = self.buffer.len();
            if searched > WEB_HEAD_MAX_OCTETS {
                return None;
            }
            self.fill().await?;
        }
    }

    /// Exactly `length` octets.
    async fn body(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            within(WEB_IDLE_TIMEOUT, self.fill()).await.ok()??;
        }
        let rest = self.buffer.split_off(length);
        Some(std::mem::replace(&mut self.buffer, rest))
    }

    async fn fill(&mut self) -> Option<()> {
        let before = self.buffer.len();
        self.buffer.resize(before + READ_OCTETS, 0);
        let read = self.stream.read(&mut self.buffer[before..]).await.unwrap_or(0);
        self.buffer.truncate(before + read);
        (read > 0).then_some(())
    }
}
