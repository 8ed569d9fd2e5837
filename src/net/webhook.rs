//! Requests to services of the admin's choice: gateways for text messages, chats, a heartbeat. One request a connection, no redirects.
//!
//! TLS is verified. Plain HTTP goes to private addresses only, whatever a name says: what is sent may hold passwords.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use futures_rustls::TlsConnector;
use rustls::pki_types::ServerName;
use smol::net::TcpStream;

use super::deadline::within;
use super::dns::Resolver;
use super::https_client::{exchange, parse};
use super::tls;
use crate::config::{HealthUrl, NetworkSet};
use crate::limits::WEBHOOK_TIMEOUT;

/// One request.
pub struct Call<'a> {
    pub url: &'a HealthUrl,
    /// In place of the URL's.
    pub path: &'a str,
    /// A whole header field, without its line end.
    pub header: Option<&'a str>,
    /// POST of this, with its type; GET without.
    pub body: Option<(&'a str, &'a [u8])>,
    pub ca_file: Option<&'a Path>,
}

/// The status of the answer.
///
/// # Errors
/// In words, for the log: no connection, no TLS, no answer in time. The URL's path may be a secret and is not named.
pub async fn call(call: &Call<'_>, resolver: &Resolver) -> Result<u16, String> {
    let answer = within(WEBHOOK_TIMEOUT, ask(call, resolver)).await;
    answer.unwrap_or_else(|_| Err(format!("{} did not answer in time", call.url.server)))
}

async fn ask(call: &Call<'_>, resolver: &Resolver) -> Result<u16, String> {
    let server = &call.url.server;
    let mut why = format!("{server} has no address");
    for address in resolver.resolve(server).await? {
        if !call.url.https && !NetworkSet::private().contains(address.ip()) {
            return Err(format!("{server} is {}: no private address, so plain http is not spoken to it", address.ip()));
        }
        match ask_at(call, address).await {
            Ok(status) => return Ok(status),
            Err(Trouble::NoConnection(error)) => why = format!("{server} cannot be reached ({error})"),
            // It may have done what was asked: the caller decides whether to ask again.
            Err(Trouble::After(text)) => return Err(format!("{server}: {text}")),
        }
    }
    Err(why)
}

enum Trouble {
    NoConnection(io::Error),
    After(String),
}

async fn ask_at(call: &Call<'_>, address: SocketAddr) -> Result<u16, Trouble> {
    let stream = TcpStream::connect(address).await.map_err(Trouble::NoConnection)?;
    let request = request(call);
    let after = |error: io::Error| Trouble::After(error.to_string());
    let raw = if call.url.https {
        let roots = match call.ca_file {
            Some(file) => tls::client_trusting(file),
            None => tls::verifying_client(),
        };
        let roots = roots.map_err(|error| Trouble::After(error.0))?;
        let name = ServerName::try_from(call.url.server.host.clone()).map_err(|error| Trouble::After(error.to_string()))?;
        let stream = TlsConnector::from(roots).connect(name, stream).await.map_err(after)?;
        exchange(stream, &request).await
    } else {
        exchange(stream, &request).await
    };
    parse(&raw.map_err(after)?).map(|answer| answer.status).map_err(after)
}

fn request(call: &Call<'_>) -> Vec<u8> {
    let server = &call.url.server;
    let usual = if call.url.https { 443 } else { 80 };
    let host = if server.port == usual { server.to_string().trim_end_matches(&format!(":{usual}")).to_owned() } else { server.to_string() };
    let method = if call.body.is_some() { "POST" } else { "GET" };
    let mut head =
        format!("{method} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nUser-Agent: Lifeboat\r\nAccept: */*\r\n", call.path);
    if let Some(header) = call.header {
        head.push_str(&format!("{header}\r\n"));
    }
    if let Some((content_type, body)) = call.body {
        head.push_str(&format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(call.body.map(|(_, body)| body).unwrap_or_default());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call_of<'a>(url: &'a HealthUrl, body: Option<(&'a str, &'a [u8])>) -> Call<'a> {
        Call { url, path: &url.path, header: Some("Authorization: Bearer x"), body, ca_file: None }
    }

    #[test]
    fn requests_are_whole() {
        let url = HealthUrl::parse("https://gateway.example/send").unwrap();
        let text = String::from_utf8(request(&call_of(&url, Some(("application/json", b"{}"))))).unwrap();
        assert!(text.starts_with("POST /send HTTP/1.1\r\nHost: gateway.example\r\n"), "{text}");
        assert!(text.ends_with("Authorization: Bearer x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"), "{text}");
        let url = HealthUrl::parse("http://127.0.0.1:8080/").unwrap();
        let text = String::from_utf8(request(&call_of(&url, None))).unwrap();
        assert!(text.starts_with("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"), "{text}");
    }

    #[test]
    fn plain_http_stays_in_the_house() {
        let url = HealthUrl::parse("http://203.0.113.9/hook").unwrap();
        let refused = crate::net::rt::block_on(call(&call_of(&url, None), &Resolver::new())).unwrap_err();
        assert!(refused.contains("no private address"), "{refused}");
    }
}
