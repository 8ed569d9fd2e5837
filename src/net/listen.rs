//! Listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};

use crate::limits::LISTEN_BACKLOG;

/// Binds and listens, with room for [`LISTEN_BACKLOG`] connections that nobody has accepted yet; the standard library asks for 128.
///
/// # Errors
/// Of the system, with the address in their text.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).and_then(|listener| {
        // On a socket that listens already this changes the backlog only.
        rustix::net::listen(&listener, LISTEN_BACKLOG)?;
        Ok(listener)
    });
    listener.map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}
