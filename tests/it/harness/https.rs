//! A browser's connection: TLS kept open, cookies kept, one request after the other; how long each took.

use std::collections::BTreeMap;
use std::io::{self, Error, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use lifeboat::demo::html;
use lifeboat::net::tls;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

/// A page that does not come within this time is a failure.
const SILENCE: Duration = Duration::from_secs(600);
const READ_OCTETS: usize = 64 * 1024;

pub struct Https {
    server: SocketAddr,
    stream: Option<StreamOwned<ClientConnection, TcpStream>>,
    cookies: BTreeMap<String, String>,
}

pub struct Reply {
    pub status: u16,
    pub location: Option<String>,
    pub body: Vec<u8>,
    /// From the request's first octet on an open connection to the last one of the answer.
    pub seconds: f64,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn has(&self, text: &str) -> bool {
        memchr::memmem::find(&self.body, text.as_bytes()).is_some()
    }
}

impl Https {
    pub fn new(server: SocketAddr) -> Https {
        Https { server, stream: None, cookies: BTreeMap::new() }
    }

    /// Somebody who has signed in to the webmail.
    pub fn signed_in(server: SocketAddr, address: &str, password: &str) -> Https {
        let mut https = Https::new(server);
        let page = https.get("/login", &[]).text();
        let mut form = html::forms(&page).into_iter().find(|form| form.has_kind("password")).expect("a form to sign in");
        assert!(form.fill(|field| field.kind == "text" || field.kind == "email", address), "a field for the address");
        assert!(form.fill(|field| field.kind == "password", password), "a field for the password");
        let reply = https.post(&form.action, &String::from_utf8_lossy(&form.encode().1));
        assert_eq!(reply.status, 303, "the box does not let anybody in: {}", html::text(&reply.text()));
        https
    }

    pub fn get(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.ask("GET", path, fields, "")
    }

    /// A form, urlencoded.
    pub fn post(&mut self, path: &str, form: &str) -> Reply {
        self.ask("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], form)
    }

    fn ask(&mut self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: tests\r\nAccept: */*\r\n", self.server);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        fields.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        if method == "POST" {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        let request = format!("{head}\r\n{body}");
        // A server may close a connection that was idle for long: then another is opened, and the time counts from there.
        let reused = self.stream.is_some();
        match self.exchange(&request) {
            Err(_) if reused => {
                self.stream = None;
                self.exchange(&request)
            }
            other => other,
        }
        .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn exchange(&mut self, request: &str) -> io::Result<Reply> {
        if self.stream.is_none() {
            self.stream = Some(connect(self.server)?);
        }
        let stream = self.stream.as_mut().expect("it was opened");
        let started = Instant::now();
        stream.write_all(request.as_bytes())?;
        stream.flush()?;
        let (head, body) = read_reply(stream)?;
        let seconds = started.elapsed().as_secs_f64();
        let mut reply = Reply { status: 0, location: None, body, seconds };
        let mut lines = head.split("\r\n");
        reply.status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or_default();
        let mut closes = false;
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "location" => reply.location = Some(value.to_owned()),
                "connection" => closes = value.eq_ignore_ascii_case("close"),
                "set-cookie" => self.keep(value),
                _ => {}
            }
        }
        if closes {
            self.stream = None;
        }
        Ok(reply)
    }

    fn keep(&mut self, cookie: &str) {
        let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { return };
        if value.is_empty() || value == "-del-" {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn connect(server: SocketAddr) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let socket = TcpStream::connect(server)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(SILENCE))?;
    // Certificates are self-made here.
    let name = ServerName::try_from("localhost").map_err(Error::other)?;
    let mut connection = ClientConnection::new(tls::opportunistic_client(), name).map_err(Error::other)?;
    let mut socket = socket;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(StreamOwned::new(connection, socket))
}

/// Head without its end, and body.
fn read_reply(stream: &mut impl Read) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = memchr::memmem::find(&bytes, b"\r\n\r\n") {
            break at;
        }
        more(stream, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes.split_off(end + 4);
    let field = |wanted: &str| {
        let mut fields = head.split("\r\n").filter_map(|line| line.split_once(": "));
        fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned())
    };
    if let Some(length) = field("content-length") {
        let length: usize = length.parse().map_err(Error::other)?;
        while body.len() < length {
            more(stream, &mut body)?;
        }
    } else if field("transfer-encoding").is_some() {
        body = read_chunks(stream, body)?;
    }
    Ok((head, body))
}

/// RFC 9112 section 7.1.
fn read_chunks(stream: &mut impl Read, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let line = loop {
            match memchr::memmem::find(&bytes[at..], b"\r\n") {
                Some(length) => break &bytes[at..at + length],
                None => more(stream, &mut bytes)?,
            }
        };
        let size = std::str::from_utf8(line).ok().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let size = size.ok_or_else(|| Error::other("a chunk without a size"))?;
        let start = at + line.len() + 2;
        while bytes.len() < start + size + 2 {
            more(stream, &mut bytes)?;
        }
        body.extend_from_slice(&bytes[start..start + size]);
        at = start + size + 2;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn more(stream: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let before = bytes.len();
    bytes.resize(before + READ_OCTETS, 0);
    let read = stream.read(&mut bytes[before..])?;
    bytes.truncate(before + read);
    if read == 0 { Err(Error::other("the server closed the connection")) } else { Ok(()) }
}
