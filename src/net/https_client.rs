//! A small HTTP/1.1 client for talking to our own pages: one request a connection, cookies by hand, certificate not verified
//! (the box's own is self-made). Used by the demonstration and by the box's look at itself, never for mail.
//!
//! Past its bounds (answer size, time) a request fails; it follows no redirects.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_rustls::TlsConnector;
use rustls::pki_types::ServerName;
use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use smol::net::TcpStream;

use super::deadline::within;
use crate::limits::{HTTP_ANSWER_MAX_OCTETS, HTTP_ANSWER_TIMEOUT};

/// Header fields of an answer that are looked at.
const HEADERS_MAX: usize = 64;

/// A browser without a window: one server, its cookies.
pub struct Client {
    server: SocketAddr,
    /// None speaks plain HTTP.
    tls: Option<Arc<rustls::ClientConfig>>,
    cookies: BTreeMap<String, String>,
}

/// An answer, read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// HTTPS to an address, accepting any certificate.
    pub fn https(server: SocketAddr) -> Client {
        Client { server, tls: Some(super::tls::opportunistic_client()), cookies: BTreeMap::new() }
    }

    /// Plain HTTP.
    pub fn http(server: SocketAddr) -> Client {
        Client { server, tls: None, cookies: BTreeMap::new() }
    }

    /// GET of a path that begins with `/`.
    pub async fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.request("GET", path, None).await
    }

    /// POST of a form.
    pub async fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> io::Result<Answer> {
        self.request("POST", path, Some((content_type, body))).await
    }

    async fn request(&mut self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> io::Result<Answer> {
        let request = self.request_bytes(method, path, body);
        let exchange = async {
            let stream = TcpStream::connect(self.server).await?;
            match &self.tls {
                None => exchange(stream, &request).await,
                Some(config) => {
                    let name = ServerName::IpAddress(self.server.ip().into());
                    let stream = TlsConnector::from(config.clone()).connect(name, stream).await?;
                    exchange(stream, &request).await
                }
            }
        };
        let raw = within(HTTP_ANSWER_TIMEOUT, exchange).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let answer = parse(&raw)?;
        self.keep_cookies(&answer);
        Ok(answer)
    }

    fn request_bytes(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Vec<u8> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: text/html,*/*\r\n", self.server);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head.push_str(&format!("Cookie: {}\r\n", pairs.join("; ")));
        }
        if let Some((content_type, body)) = body {
            // Browsers name the page's origin with every POST; a server may insist on its own.
            head.push_str(&format!("Origin: {scheme}://{}\r\nContent-Type: {content_type}\r\n", self.server));
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body.map(|(_, body)| body).unwrap_or_default());
        bytes
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = value.split(';').next().unwrap_or_default();
            let Some((name, content)) = pair.split_once('=') else { continue };
            let over = value.split(';').any(|attribute| attribute.trim().eq_ignore_ascii_case("max-age=0"));
            if over || content.trim().is_empty() {
                self.cookies.remove(name.trim());
            } else {
                self.cookies.insert(name.trim().to_owned(), content.trim().to_owned());
            }
        }
    }
}

/// Writes the request and reads until the answer is whole or the server closes.
pub(super) async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(request).await?;
    stream.flush().await?;
    let mut raw = Vec::new();
    let mut piece = vec![0; 16 * 1024];
    loop {
        let length = match stream.read(&mut piece).await {
            Ok(length) => length,
            // Many servers close without close_notify; whether the answer is whole is checked by its length.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(error),
        };
        raw.extend_from_slice(&piece[..length]);
        if raw.len() > HTTP_ANSWER_MAX_OCTETS {
            return Err(wrong("the answer is too large"));
        }
        if length == 0 || is_whole(&raw) {
            return Ok(raw);
        }
    }
}

fn wrong(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    length: usize,
}

/// None if the head is not there yet.
fn parse_head(raw: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let status = response.parse(raw).map_err(|error| wrong(&format!("not HTTP: {error}")))?;
    let httparse::Status::Complete(length) = status else { return Ok(None) };
    let code = response.code.unwrap_or_default();
    let headers = response
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).trim().to_owned()))
        .collect();
    Ok(Some(Head { status: code, headers, length }))
}

impl Head {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked"))
    }

    fn content_length(&self) -> Option<usize> {
        self.header("content-length")?.parse().ok()
    }
}

fn is_whole(raw: &[u8]) -> bool {
    match parse_head(raw) {
        Ok(Some(head)) if head.is_chunked() => matches!(unchunk(&raw[head.length..]), Ok(Some(_))),
        Ok(Some(head)) => head.content_length().is_some_and(|length| raw.len() - head.length >= length),
        Ok(None) => false,
        // Waiting would not make it better.
        Err(_) => true,
    }
}

pub(super) fn parse(raw: &[u8]) -> io::Result<Answer> {
    let head = parse_head(raw)?.ok_or_else(|| wrong("the answer broke off"))?;
    let rest = &raw[head.length..];
    let body = if head.is_chunked() {
        unchunk(rest)?.ok_or_else(|| wrong("the answer broke off"))?
    } else {
        match head.content_length() {
            Some(length) => rest.get(..length).ok_or_else(|| wrong("the answer broke off"))?.to_vec(),
            None => rest.to_vec(),
        }
    };
    Ok(Answer { status: head.status, headers: head.headers, body })
}

/// The chunked coding (RFC 9112 section 7.1); None if the last chunk is not there yet.
fn unchunk(mut rest: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { return Ok(None) };
        let line = std::str::from_utf8(&rest[..end]).map_err(|_| wrong("a bad chunk"))?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16).map_err(|_| wrong("a bad chunk"))?;
        if size > HTTP_ANSWER_MAX_OCTETS {
            return Err(wrong("a bad chunk"));
        }
        rest = &rest[end + 2..];
        if size == 0 {
            return Ok(Some(body));
        }
        if rest.len() < size + 2 {
            return Ok(None);
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, whole: bool, expected: Option<(u16, &str)>) {
        assert_eq!(is_whole(raw.as_bytes()), whole, "{raw:?}");
        let got = parse(raw.as_bytes()).ok().map(|answer| (answer.status, answer.text()));
        assert_eq!(got, expected.map(|(status, body)| (status, body.to_owned())), "{raw:?}");
    }

    #[test]
    fn reads_answers_by_length_by_chunks_and_to_the_end() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", true, Some((200, "abc")));
        check("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", false, None);
        check("HTTP/1.1 200 OK\r\n\r\nabc", false, Some((200, "abc")));
        check("HTTP/1.1 303 See Other\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", true, Some((303, "abcde")));
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", false, None);
        check("HTTP/1.1 200 OK\r\nContent-Le", false, None);
    }

    #[test]
    fn keeps_and_drops_cookies() {
        let mut client = Client::http(([127, 0, 0, 1], 1).into());
        let answer = |value: &str| Answer { status: 200, headers: vec![("set-cookie".to_owned(), value.to_owned())], body: Vec::new() };
        client.keep_cookies(&answer("lifeboat=abc; Secure; HttpOnly"));
        assert!(String::from_utf8(client.request_bytes("GET", "/", None)).unwrap().contains("Cookie: lifeboat=abc\r\n"));
        client.keep_cookies(&answer("lifeboat=; Max-Age=0"));
        assert!(!String::from_utf8(client.request_bytes("GET", "/", None)).unwrap().contains("Cookie:"));
    }
}
