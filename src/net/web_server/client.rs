//! The client's side of a front connection: bytes in with deadlines and bounds, bytes out.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::http::{DISK_FAILED, DISK_FULL, HEAD_TOO_LARGE, Refusal, TOO_SLOW, head_end};
use crate::limits::{
    STAGE_WRITE_OCTETS, WEB_BODY_MAX_OCTETS, WEB_BODY_RATE_MIN_OCTETS, WEB_BODY_SMALL_MAX_OCTETS, WEB_CONNECTION_TIMEOUT,
    WEB_HEAD_MAX_OCTETS, WEB_HEAD_TIMEOUT, WEB_IDLE_TIMEOUT, WEB_LINGER,
};
use crate::mail::Blob;
use crate::net::deadline::within;
use crate::net::rt::unblock;
use crate::store::Staged;

/// TLS or plain.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// Why a connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// Nobody is there to tell.
    Gone,
    /// The client gets this page first.
    Refused(Refusal),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> End {
        End::Gone
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> End {
        End::Refused(refusal)
    }
}

/// How long a client may take; shorter in tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For a head, and as the grace of a body.
    pub head: Duration,
    /// For the next request to begin, and for each piece of a response to be taken.
    pub idle: Duration,
    /// A connection takes no new requests after that; one that is under way is finished.
    pub connection: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { head: WEB_HEAD_TIMEOUT, idle: WEB_IDLE_TIMEOUT, connection: WEB_CONNECTION_TIMEOUT }
    }
}

const READ_OCTETS: usize = 16 * 1024;

pub(super) struct Client {
    stream: Box<dyn Duplex>,
    patience: Patience,
    /// Read and not yet used; at most a head and one read more.
    buffer: Vec<u8>,
    /// What the last request said about the language of its answer.
    pub language: String,
}

impl Client {
    pub fn new(stream: impl Duplex + 'static, patience: Patience) -> Client {
        Client { stream: Box::new(stream), patience, buffer: Vec::new(), language: String::new() }
    }

    /// Waits for the next request to begin. `Gone` if it does not within `limit`.
    pub async fn begin(&mut self, limit: Duration) -> Result<(), End> {
        if self.buffer.is_empty() { within(limit, self.fill()).await.map_err(|_| End::Gone)? } else { Ok(()) }
    }

    /// The head of the request that has begun.
    pub async fn head(&mut self) -> Result<Vec<u8>, End> {
        within(self.patience.head, self.whole_head()).await.map_err(|_| End::from(TOO_SLOW))?
    }

    async fn whole_head(&mut self) -> Result<Vec<u8>, End> {
        let mut searched = 0;
        loop {
            if searched == 0 {
                // RFC 9112 section 2.2: empty lines before a request are ignored.
                let blank = self.buffer.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
                self.buffer.drain(..blank);
            }
            if let Some(end) = head_end(&self.buffer, searched) {
                return if end <= WEB_HEAD_MAX_OCTETS { Ok(self.take(end)) } else { Err(HEAD_TOO_LARGE.into()) };
            }
            if self.buffer.len() > WEB_HEAD_MAX_OCTETS {
                return Err(HEAD_TOO_LARGE.into());
            }
            searched = self.buffer.len();
            self.fill().await?;
        }
    }

    /// The whole body of `length` octets, a large one in a file within `folder`. Memory is taken as it arrives.
    pub async fn body(&mut self, length: usize, folder: Option<&Path>) -> Result<Blob, End> {
        let limit = self.patience.head + Duration::from_secs((length / WEB_BODY_RATE_MIN_OCTETS) as u64);
        let read = async {
            match folder {
                Some(folder) if length > WEB_BODY_SMALL_MAX_OCTETS => self.staged_body(length, folder).await,
                _ => Ok(self.piece_of_body(length).await?.into()),
            }
        };
        within(limit, read).await.map_err(|_| End::from(TOO_SLOW))?
    }

    /// Exactly the next `length` octets.
    async fn piece_of_body(&mut self, length: usize) -> Result<Vec<u8>, End> {
        let mut body = self.take(length.min(self.buffer.len()));
        let mut piece = vec![0; READ_OCTETS.min(length - body.len())];
        while body.len() < length {
            let wanted = piece.len().min(length - body.len());
            match self.stream.read(&mut piece[..wanted]).await? {
                0 => return Err(End::Gone),
                read => body.extend_from_slice(&piece[..read]),
            }
        }
        Ok(body)
    }

    /// A slow disk never holds up the reactor: what goes to the disk goes by the thread pool.
    async fn staged_body(&mut self, length: usize, folder: &Path) -> Result<Blob, End> {
        let mut staged = Staged::new(folder.to_owned());
        let mut left = length;
        while left > 0 {
            let piece = self.piece_of_body(left.min(STAGE_WRITE_OCTETS)).await?;
            left -= piece.len();
            let (back, written) = unblock(move || {
                let written = staged.write(&piece);
                (staged, written)
            })
            .await;
            staged = back;
            if let Err(error) = written {
                log::error!("web upload not stored error={error}");
                let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
                return Err(if is_full { DISK_FULL } else { DISK_FAILED }.into());
            }
        }
        Ok(Blob::new(Arc::new(staged)))
    }

    /// RFC 9110 section 10.1.1; not needed if the body is already coming.
    pub async fn say_continue(&mut self) -> Result<(), End> {
        if self.buffer.is_empty() { self.write(b"HTTP/1.1 100 Continue\r\n\r\n").await } else { Ok(()) }
    }

    /// The client must take something within [`WEB_IDLE_TIMEOUT`], again and again.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        for piece in bytes.chunks(READ_OCTETS) {
            within(self.patience.idle, self.stream.write_all(piece)).await.map_err(|_| End::Gone)??;
        }
        within(self.patience.idle, self.stream.flush()).await.map_err(|_| End::Gone)??;
        Ok(())
    }

    /// Ends in good order. What the client is still sending is read and thrown away for a while: closing a socket with unread input resets
    /// the connection, and the client would never see the last answer.
    pub async fn close(mut self) {
        let linger = async {
            self.stream.close().await?;
            let mut sink = vec![0; READ_OCTETS];
            let mut seen = 0;
            while seen <= WEB_BODY_MAX_OCTETS * 2 {
                match self.stream.read(&mut sink).await? {
                    0 => break,
                    read => seen += read,
                }
            }
            io::Result::Ok(())
        };
        let _ = within(WEB_LINGER, linger).await;
    }

    async fn fill(&mut self) -> Result<(), End> {
        let before = self.buffer.len();
        self.buffer.resize(before + READ_OCTETS, 0);
        let read = self.stream.read(&mut self.buffer[before..]).await;
        self.buffer.truncate(before + *read.as_ref().unwrap_or(&0));
        match read {
            // Half a request is not worth a word; none at all is the ordinary end.
            Ok(0) | Err(_) => Err(End::Gone),
            Ok(_) => Ok(()),
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(length);
        std::mem::replace(&mut self.buffer, rest)
    }
}
