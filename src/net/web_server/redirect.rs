//! From plain HTTP to HTTPS, for who typed an address without `https://`.
//!
//! Where it leads is never up to the client alone: to the address that it has reached us at, or to our own name.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use smol::net::{TcpListener, TcpStream};

use super::admission::Crowd;
use super::client::{Client, End, Patience};
use super::front::{TLS_HANDSHAKE, finish, is_inside};
use super::http::{OUTSIDE, PLAIN_ON_TLS, RequestHead, TLS_ON_PLAIN, language, last_response, parse_request};
use crate::config::NetworkSet;
use crate::limits::{ACCEPT_RETRY_WAIT, WEB_REDIRECT_TIMEOUT};
use crate::net::deadline::within;
use crate::net::rt;
use crate::web::redirect_to;

/// What all redirections share.
#[derive(Clone)]
pub(super) struct Redirect {
    /// Our own name. Empty: nothing is redirected.
    pub hostname: String,
    /// Where HTTPS is.
    pub port: u16,
    pub networks: NetworkSet,
    pub patience: Patience,
}

impl Redirect {
    pub async fn listen(self, socket: TcpListener, crowd: Arc<Crowd>) {
        loop {
            let (stream, peer) = match socket.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    log::error!("web accept failed error={error}");
                    rt::sleep(ACCEPT_RETRY_WAIT).await;
                    continue;
                }
            };
            let client = peer.ip().to_canonical();
            let Some(admitted) = crowd.admit(client) else { continue };
            let redirect = self.clone();
            rt::spawn(async move {
                let _admitted = admitted;
                let _ = within(WEB_REDIRECT_TIMEOUT, redirect.serve(stream, client)).await;
            })
            .detach();
        }
    }

    async fn serve(&self, stream: TcpStream, client: IpAddr) {
        let mut first = [0];
        if !matches!(stream.peek(&mut first).await, Ok(1)) {
            return;
        }
        let local = stream.local_addr().ok();
        let stream = Client::new(stream, self.patience);
        match first[0] {
            TLS_HANDSHAKE => finish(stream, client, TLS_ON_PLAIN.into()).await,
            _ => self.answer(stream, client, local).await,
        }
    }

    /// One request, and the way to go on. A body is not read: who sent one has sent it for all to see already.
    pub async fn answer(&self, mut stream: Client, client: IpAddr, local: Option<SocketAddr>) {
        let location = match self.location(&mut stream, client, local).await {
            Ok(location) => location,
            Err(end) => return finish(stream, client, end).await,
        };
        if stream.write(&last_response(&redirect_to(&location))).await.is_ok() {
            stream.close().await;
        }
    }

    async fn location(&self, stream: &mut Client, client: IpAddr, local: Option<SocketAddr>) -> Result<String, End> {
        let head = stream.head().await?;
        stream.language = language(&head);
        let request = parse_request(&head)?;
        if !is_inside(&self.networks, client) {
            return Err(OUTSIDE.into());
        }
        let is_page = matches!(request.method.as_str(), "GET" | "HEAD");
        if self.hostname.is_empty() || !is_page {
            return Err(PLAIN_ON_TLS.into());
        }
        Ok(location(&request, &self.hostname, self.port, local.map(|address| address.ip().to_canonical())))
    }
}

/// The same page by HTTPS. `local`: the address at which the client has reached us.
fn location(request: &RequestHead, hostname: &str, port: u16, local: Option<IpAddr>) -> String {
    // A client that asked for an address of ours may be where no name is resolved. Everything else that it may have said is no name
    // that we know of.
    let by_address = request.host.as_deref().and_then(address_of).filter(|address| Some(*address) == local);
    let host = match by_address {
        Some(IpAddr::V6(address)) => format!("[{address}]"),
        Some(IpAddr::V4(address)) => address.to_string(),
        None => hostname.to_owned(),
    };
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    format!("https://{host}{port}{}", request.target)
}

/// The address in a Host field (RFC 9110 section 7.2), if it is one.
fn address_of(host: &str) -> Option<IpAddr> {
    if let Some(rest) = host.strip_prefix('[') {
        let (address, _) = rest.split_once(']')?;
        return address.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    host.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, host: &str, port: u16, expected: &str) {
        let head = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let request = parse_request(head.as_bytes()).unwrap();
        let local = "192.0.2.5".parse().ok();
        assert_eq!(location(&request, "box.example.com", port, local), expected, "{target} {host}");
    }

    #[test]
    fn leads_to_the_same_page_of_this_box() {
        check("/", "box.example.com", 443, "https://box.example.com/");
        check("/mail/inbox?p=2", "box.example.com:80", 8443, "https://box.example.com:8443/mail/inbox?p=2");
        check("/mail", "192.0.2.5", 443, "https://192.0.2.5/mail");
        check("/mail", "192.0.2.5:80", 8443, "https://192.0.2.5:8443/mail");
    }

    #[test]
    fn leads_nowhere_else() {
        check("/", "evil.example", 443, "https://box.example.com/");
        check("/", "box.example.com.evil.example", 443, "https://box.example.com/");
        check("/", "box.example.com@evil.example", 443, "https://box.example.com/");
        check("/", "192.0.2.6", 443, "https://box.example.com/");
        check("/", "192.0.2.5@evil.example", 443, "https://box.example.com/");
        check("/", "192.0.2.5:80@evil.example", 443, "https://192.0.2.5/");
        check("/", "[::1]", 443, "https://box.example.com/");
        check("//evil.example/x", "box.example.com", 443, "https://box.example.com//evil.example/x");
        check("http://evil.example/x", "box.example.com", 443, "https://box.example.com/x");
    }
}
