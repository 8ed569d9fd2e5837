//! From a target to a TCP connection, and from there to a TLS one.

use std::io;
use std::net::SocketAddr;

use futures_rustls::TlsConnector;
use rustix::net::sockopt;
use rustls::pki_types::ServerName;
use smol::net::TcpStream;

use super::Target;
use crate::limits::{KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_PROBES, TLS_HANDSHAKE_TIMEOUT};
use crate::net::deadline::within;
use crate::net::smtp_stream::SmtpStream;
use crate::net::tls;
use crate::smtp::client::Cause;

pub async fn connect(address: SocketAddr, limit: std::time::Duration) -> Result<TcpStream, Cause> {
    match within(limit, TcpStream::connect(address)).await {
        Ok(Ok(socket)) => {
            // A pipelined group is written at once; waiting to fill a segment only costs time.
            let _ = socket.set_nodelay(true);
            notice_death(&socket);
            Ok(socket)
        }
        Ok(Err(error)) => Err(connect_cause(address, &error)),
        Err(_) => Err(Cause::Timeout),
    }
}

/// A server that lost its power says nothing more, and its answer to the final dot may be waited for ten minutes: keep-alive probes
/// notice in half a minute that nobody is there. Where they cannot be set, the time-outs still hold.
fn notice_death(socket: &TcpStream) {
    let set = || {
        sockopt::set_socket_keepalive(socket, true)?;
        sockopt::set_tcp_keepidle(socket, KEEPALIVE_IDLE)?;
        sockopt::set_tcp_keepintvl(socket, KEEPALIVE_INTERVAL)?;
        sockopt::set_tcp_keepcnt(socket, KEEPALIVE_PROBES)
    };
    let _not_supported: Result<(), rustix::io::Errno> = set();
}

fn connect_cause(address: SocketAddr, error: &io::Error) -> Cause {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Cause::Refused,
        io::ErrorKind::TimedOut => Cause::Timeout,
        _ => Cause::Unreachable(format!("{address}: {error}")),
    }
}

/// The handshake. Whatever goes wrong is [`Cause::Tls`] or [`Cause::Certificate`], so that the caller can tell it from a dead server.
pub async fn handshake(stream: SmtpStream, target: &Target) -> Result<SmtpStream, Cause> {
    let failed = |text: &str| Cause::Tls(text.to_owned());
    let config = target.tls.clone().ok_or_else(|| failed("no TLS configuration"))?;
    let name = ServerName::try_from(target.server.host.clone()).map_err(|_| failed("the server's name cannot be verified"))?;
    let plain = stream.into_plain().ok_or_else(|| failed("TLS inside TLS"))?;
    match within(TLS_HANDSHAKE_TIMEOUT, TlsConnector::from(config).connect(name, plain)).await {
        Ok(Ok(stream)) => Ok(SmtpStream::Tls(Box::new(stream.into()))),
        Ok(Err(error)) if tls::is_about_certificate(&error) => Err(Cause::Certificate(error.to_string())),
        Ok(Err(error)) => Err(Cause::Tls(error.to_string())),
        Err(_) => Err(failed("the handshake timed out")),
    }
}
