//! Listening sockets: our own, or those that the service manager holds (socket activation, sd_listen_fds(3)).
//!
//! A socket that systemd holds stays open while the box is restarted or upgraded: connections wait in the kernel instead of being refused.

use std::io;
use std::net::{SocketAddr, TcpListener};

use listenfd::ListenFd;
use rustix::io::FdFlags;

use crate::limits::LISTEN_BACKLOG;

/// Where a server listens.
pub enum ListenOn {
    /// Binds them; port 0 picks one.
    Addresses(Vec<SocketAddr>),
    /// Somebody else bound them.
    Sockets(Vec<TcpListener>),
}

impl From<Vec<SocketAddr>> for ListenOn {
    fn from(addresses: Vec<SocketAddr>) -> ListenOn {
        ListenOn::Addresses(addresses)
    }
}

impl ListenOn {
    /// The sockets if there are any, otherwise the addresses that `key` of the configuration names. Sockets elsewhere are logged as a warning: somebody wrote an
    /// address into the wrong file.
    pub fn sockets_or(sockets: Vec<TcpListener>, key: &str, addresses: &[SocketAddr]) -> ListenOn {
        if sockets.is_empty() {
            return ListenOn::Addresses(addresses.to_vec());
        }
        let held: Vec<SocketAddr> = sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect();
        if !addresses.is_empty() && held != addresses {
            log::warn!("config {key}={addresses:?} not used: systemd holds {held:?}, see its socket units");
        }
        ListenOn::Sockets(sockets)
    }

    /// All of them listening; those that are bound here with room for [`LISTEN_BACKLOG`] connections each.
    ///
    /// # Errors
    /// Of the system, with the address in their text.
    pub fn open(self) -> io::Result<Vec<TcpListener>> {
        match self {
            ListenOn::Addresses(addresses) => addresses.into_iter().map(bind).collect(),
            // How many may wait there is said in the socket unit.
            ListenOn::Sockets(sockets) => Ok(sockets),
        }
    }
}

/// Sockets that the service manager handed over, by the names that `systemd/*.socket` give them (`FileDescriptorName=`).
#[derive(Default)]
pub struct Inherited {
    pub smtp: Vec<TcpListener>,
    pub web: Vec<TcpListener>,
    /// Plain HTTP that only leads to HTTPS.
    pub redirect: Vec<TcpListener>,
}

impl Inherited {
    /// Takes the sockets over. Without systemd, or without socket units, there are none. One that is unknown, or no listening TCP socket, is closed with a
    /// warning. Call it once, before anything else opens files.
    pub fn take() -> Inherited {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut handed = ListenFd::from_env();
        let mut inherited = Inherited::default();
        for (at, name) in (0..handed.len()).zip(names.split(':').chain(std::iter::repeat(""))) {
            match handed.take_tcp_listener(at) {
                Ok(Some(socket)) => inherited.keep(name, socket),
                Ok(None) => {}
                Err(error) => log::warn!("service socket number={at} name={name:?} action=ignored error={error}"),
            }
        }
        inherited
    }

    fn keep(&mut self, name: &str, socket: TcpListener) {
        // Programs that the box runs (notify.command) must not hold it open.
        if let Err(error) = rustix::io::fcntl_setfd(&socket, FdFlags::CLOEXEC) {
            log::warn!("service socket name={name:?} close-on-exec error={error}");
        }
        let address = socket.local_addr().map_or_else(|error| error.to_string(), |address| address.to_string());
        let place = match name {
            "smtp" => &mut self.smtp,
            "web" => &mut self.web,
            "redirect" => &mut self.redirect,
            _ => return log::warn!("service socket name={name:?} address={address} action=closed reason=\"not smtp, web or redirect\""),
        };
        log::info!("service socket name={name} address={address}");
        place.push(socket);
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).and_then(|listener| {
        // On a socket that listens already this changes the backlog only; the standard library asks for 128.
        rustix::net::listen(&listener, LISTEN_BACKLOG)?;
        Ok(listener)
    });
    listener.map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    #[test]
    fn sockets_are_kept_by_their_names() {
        let mut inherited = Inherited::default();
        for name in ["smtp", "web", "redirect", "smtp", "lifeboat.socket", ""] {
            inherited.keep(name, socket());
        }
        assert_eq!([inherited.smtp.len(), inherited.web.len(), inherited.redirect.len()], [2, 1, 1]);
        let flags = rustix::io::fcntl_getfd(&inherited.web[0]).unwrap();
        assert!(flags.contains(FdFlags::CLOEXEC));
    }

    #[test]
    fn what_was_handed_over_comes_before_the_configuration() {
        let held = socket();
        let address = held.local_addr().unwrap();
        let opened = ListenOn::sockets_or(vec![held], "smtp.listen", &["127.0.0.1:0".parse().unwrap()]).open().unwrap();
        assert_eq!(opened.iter().map(|socket| socket.local_addr().unwrap()).collect::<Vec<_>>(), [address]);
        let bound = ListenOn::sockets_or(Vec::new(), "smtp.listen", &["127.0.0.1:0".parse().unwrap()]).open().unwrap();
        assert_eq!(bound.len(), 1);
    }

    #[test]
    fn an_address_in_use_is_named() {
        let held = socket();
        let address = held.local_addr().unwrap();
        let error = ListenOn::from(vec![address]).open().unwrap_err();
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}
