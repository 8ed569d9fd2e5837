//! A TCP connection, in the clear or inside TLS, with deadlines on what may block. Both SMTP drivers stand on it.

use std::io;
use std::time::Duration;

use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::TcpStream;

use super::deadline::within;
use crate::limits::SMTP_LINGER_MAX_OCTETS;

/// Boxed inside TLS: most connections are idle or in the clear, and a TLS state is large.
pub enum SmtpStream {
    Plain(TcpStream),
    Tls(Box<futures_rustls::TlsStream<TcpStream>>),
}

impl SmtpStream {
    /// Zero at the end. A TLS connection that ends without `close_notify` ends like any other: SMTP says itself
    /// where commands and messages end.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self {
            SmtpStream::Plain(stream) => stream.read(buffer).await,
            SmtpStream::Tls(stream) => stream.read(buffer).await,
        };
        match read {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            other => other,
        }
    }

    /// What can be read without waiting; None if nothing can.
    pub async fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        smol::future::poll_once(self.read(buffer)).await
    }

    /// Writes all.
    ///
    /// # Errors
    /// `TimedOut` if the other side does not take it within `limit`.
    pub async fn write(&mut self, bytes: &[u8], limit: Duration) -> io::Result<()> {
        let write = async {
            match self {
                SmtpStream::Plain(stream) => stream.write_all(bytes).await,
                SmtpStream::Tls(stream) => {
                    stream.write_all(bytes).await?;
                    stream.flush().await
                }
            }
        };
        within(limit, write).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Ends our side of the conversation.
    pub async fn finish(&mut self, limit: Duration) {
        let close = async {
            match self {
                SmtpStream::Plain(stream) => stream.close().await,
                SmtpStream::Tls(stream) => stream.close().await,
            }
        };
        // An error means that the other side is gone already.
        let _ = within(limit, close).await;
    }

    /// Drops what the other side still sends, until it stops, `limit` passes or [`SMTP_LINGER_MAX_OCTETS`] came. Closing with unread input makes the kernel send a
    /// reset, and that may overtake our last reply.
    pub async fn linger(&mut self, limit: Duration) {
        self.finish(limit).await;
        let drain = async {
            let (mut buffer, mut drained) = ([0; 4096], 0);
            while drained < SMTP_LINGER_MAX_OCTETS {
                match self.read(&mut buffer).await {
                    Ok(octets) if octets > 0 => drained += octets,
                    _ => break,
                }
            }
        };
        let _ = within(limit, drain).await;
    }

    /// The bare connection, for a handshake; None inside TLS.
    pub fn into_plain(self) -> Option<TcpStream> {
        match self {
            SmtpStream::Plain(stream) => Some(stream),
            SmtpStream::Tls(_) => None,
        }
    }
}
