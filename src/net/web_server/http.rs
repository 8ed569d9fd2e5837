//! Request and response heads (RFC 9112) as the front reads them. Pure.
//!
//! The front parses each request head strictly and writes it anew for tiny_http, so that the two cannot disagree about where a request
//! ends. What tiny_http handles badly never reaches it: `Expect`, `Upgrade`, bodies, fields that are not ASCII, heads without end.

use crate::limits::{WEB_BODY_MAX_OCTETS, WEB_HEAD_FIELDS_MAX};
use crate::web::Why;

/// An answer of the front itself; the connection is closed after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    pub why: Why,
}

pub(super) const BAD_REQUEST: Refusal = Refusal { status: 400, why: Why::BadRequest };
pub(super) const PLAIN_ON_TLS: Refusal = Refusal { status: 400, why: Why::PlainOnTls };
pub(super) const TLS_ON_PLAIN: Refusal = Refusal { status: 400, why: Why::TlsOnPlain };
pub(super) const OUTSIDE: Refusal = Refusal { status: 403, why: Why::Outside };
pub(super) const TOO_SLOW: Refusal = Refusal { status: 408, why: Why::TooSlow };
pub(super) const LENGTH_REQUIRED: Refusal = Refusal { status: 411, why: Why::LengthRequired };
pub(super) const TOO_LARGE: Refusal = Refusal { status: 413, why: Why::TooLarge };
pub(super) const EXPECTATION: Refusal = Refusal { status: 417, why: Why::Expectation };
pub(super) const HEAD_TOO_LARGE: Refusal = Refusal { status: 431, why: Why::HeadTooLarge };
pub(super) const BUSY: Refusal = Refusal { status: 503, why: Why::Busy };
pub(super) const DISK_FULL: Refusal = Refusal { status: 507, why: Why::DiskFull };
pub(super) const DISK_FAILED: Refusal = Refusal { status: 503, why: Why::DiskFailed };
pub(super) const VERSION: Refusal = Refusal { status: 505, why: Why::Version };

/// What the front needs to know of a request, and its head as tiny_http gets it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RequestHead {
    pub forward: Vec<u8>,
    pub method: String,
    /// `/path?query`, as it came.
    pub target: String,
    pub host: Option<String>,
    /// HEAD: the response has no body whatever it says.
    pub is_head: bool,
    /// Octets of the body.
    pub body: usize,
    pub expects_continue: bool,
    pub keep_alive: bool,
}

/// End of the head, if the buffer holds one: behind the first empty line. Searches from `from`, which may be
/// anywhere before the new octets.
pub(super) fn head_end(buffer: &[u8], from: usize) -> Option<usize> {
    let start = from.saturating_sub(3);
    let found = |pattern: &[u8]| buffer[start..].windows(pattern.len()).position(|at| at == pattern).map(|at| start + at + pattern.len());
    // A bare LF ends a line too (RFC 9112 section 2.2).
    [found(b"\n\r\n"), found(b"\n\n")].into_iter().flatten().min()
}

/// The value of `Accept-Language`, of a head that need not be a good one: also what is refused is refused in the language of who reads it.
pub(super) fn language(head: &[u8]) -> String {
    const NAME: &[u8] = b"accept-language:";
    let value =
        |line: &[u8]| line.get(..NAME.len())?.eq_ignore_ascii_case(NAME).then(|| String::from_utf8_lossy(&line[NAME.len()..]).into_owned());
    head.split(|octet| *octet == b'\n').find_map(value).unwrap_or_default()
}

/// Reads a whole head.
pub(super) fn parse_request(head: &[u8]) -> Result<RequestHead, Refusal> {
    let mut fields = [httparse::EMPTY_HEADER; WEB_HEAD_FIELDS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(BAD_REQUEST),
        Err(httparse::Error::TooManyHeaders) => return Err(HEAD_TOO_LARGE),
        Err(httparse::Error::Version) => return Err(VERSION),
        Err(_) => return Err(BAD_REQUEST),
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(BAD_REQUEST);
    };
    let target = origin_form(target).ok_or(BAD_REQUEST)?;
    let fields: &[httparse::Header<'_>] = request.headers;
    let hosts = values(fields, "host").count();
    // RFC 9112 section 3.2: exactly one Host, which HTTP/1.0 may leave out.
    if hosts > 1 || (hosts == 0 && version == 1) {
        return Err(BAD_REQUEST);
    }
    let host = values(fields, "host").next().and_then(|host| std::str::from_utf8(host).ok()).map(str::to_owned);
    let body = body_length(fields)?;
    let expects_continue = expects_continue(fields, version)?;
    let keep_alive = keep_alive(fields, version);
    Ok(RequestHead {
        forward: forward(method, target, fields),
        method: method.to_owned(),
        target: target.to_owned(),
        host,
        is_head: method == "HEAD",
        body,
        expects_continue,
        keep_alive,
    })
}

/// `/path?query`; of an absolute form (RFC 9112 section 3.2.2) the part from the path on.
fn origin_form(target: &str) -> Option<&str> {
    if !target.is_ascii() {
        return None;
    }
    if target.starts_with('/') {
        return Some(target);
    }
    let rest = target.strip_prefix("http://").or_else(|| target.strip_prefix("https://"))?;
    Some(rest.find('/').map_or("/", |at| &rest[at..]))
}

fn values<'a>(fields: &'a [httparse::Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
}

/// RFC 9112 section 6. Browsers give a length; a request without one is refused, which RFC 9110 section 15.5.12 allows. Two lengths, or a
/// length beside a transfer coding, are how requests are smuggled.
fn body_length(fields: &[httparse::Header<'_>]) -> Result<usize, Refusal> {
    let mut lengths = values(fields, "content-length");
    let (length, second) = (lengths.next(), lengths.next());
    let coded = values(fields, "transfer-encoding").next().is_some();
    match (length, second, coded) {
        (None, _, false) => Ok(0),
        (None, _, true) => Err(LENGTH_REQUIRED),
        (Some(_), Some(_), _) | (Some(_), _, true) => Err(BAD_REQUEST),
        (Some(length), None, false) => parse_length(length),
    }
}

fn parse_length(digits: &[u8]) -> Result<usize, Refusal> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(BAD_REQUEST);
    }
    match std::str::from_utf8(digits).map(str::parse::<usize>) {
        Ok(Ok(length)) if length <= WEB_BODY_MAX_OCTETS => Ok(length),
        // A number too long to read is also too large.
        _ => Err(TOO_LARGE),
    }
}

/// RFC 9110 section 10.1.1; HTTP/1.0 clients cannot mean it.
fn expects_continue(fields: &[httparse::Header<'_>], version: u8) -> Result<bool, Refusal> {
    match values(fields, "expect").next() {
        None => Ok(false),
        Some(value) if value.eq_ignore_ascii_case(b"100-continue") => Ok(version == 1),
        Some(_) => Err(EXPECTATION),
    }
}

/// RFC 9112 section 9.3.
fn keep_alive(fields: &[httparse::Header<'_>], version: u8) -> bool {
    let says = |word: &[u8]| {
        values(fields, "connection")
            .flat_map(|value| value.split(|octet| *octet == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(word))
    };
    if version == 0 { says(b"keep-alive") && !says(b"close") } else { !says(b"close") }
}

/// Fields that speak of one hop only, and the length of a body, which goes another way.
const NOT_FORWARDED: [&str; 9] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect", "content-length"];

fn forward(method: &str, target: &str, fields: &[httparse::Header<'_>]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
    for field in fields {
        let hidden = NOT_FORWARDED.iter().any(|name| field.name.eq_ignore_ascii_case(name));
        // tiny_http drops the connection at a field that is not ASCII; nothing here needs such a field.
        if !hidden && field.value.is_ascii() {
            head.extend([field.name.as_bytes(), b": ", field.value, b"\r\n"].concat());
        }
    }
    head.extend(b"Connection: close\r\n\r\n");
    head
}

/// A response head of tiny_http as the client gets it, and the length of the body that follows. None if it cannot be understood.
pub(super) fn parse_response(head: &[u8], to_head: bool, keep_alive: bool) -> Option<(Vec<u8>, usize)> {
    let mut fields = [httparse::EMPTY_HEADER; WEB_HEAD_FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    if !matches!(response.parse(head), Ok(httparse::Status::Complete(length)) if length == head.len()) {
        return None;
    }
    let bare = to_head || matches!(response.code, Some(204 | 304));
    let length = values(response.headers, "content-length").next().and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    let body = if bare { 0 } else { length? };
    let mut out = head[..head.len() - 2].to_vec();
    out.extend(if keep_alive { &b"Connection: keep-alive\r\n\r\n"[..] } else { &b"Connection: close\r\n\r\n"[..] });
    Some((out, body))
}

/// Wire form of a page that the front gives itself, as the last of its connection.
pub(super) fn last_response(response: &crate::web::Response) -> Vec<u8> {
    let reason = tiny_http::StatusCode(response.status).default_reason_phrase();
    let mut out = format!("HTTP/1.1 {} {reason}\r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        if is_sound_field(name, value) {
            out.extend(format!("{name}: {value}\r\n").into_bytes());
        }
    }
    // Pages are in memory.
    let body = response.body.bytes().unwrap_or_default();
    out.extend(format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()).into_bytes());
    out.extend(body);
    out
}

/// Whether a response field may be sent: a token as its name, no control characters, and not one that the server writes itself.
pub(super) fn is_sound_field(name: &str, value: &str) -> bool {
    let token = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_');
    let printable = value.bytes().all(|octet| (0x20..0x7f).contains(&octet) || octet == b'\t');
    let own = ["connection", "content-length", "transfer-encoding", "keep-alive"].iter().any(|own| name.eq_ignore_ascii_case(own));
    token && printable && !own
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
