//! Threads that take requests from tiny_http and give them to the handler.
//!
//! A worker never waits for a client: the front has the whole body before it forwards a request and takes small responses at once; large
//! responses are written by a thread of the blocking pool.

use std::io::{Read, Write};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tiny_http::{Header, StatusCode};

use super::Handler;
use super::admission::Budget;
use super::backend::{Backend, Server};
use super::http::is_sound_field;
use crate::limits::{ACCEPT_RETRY_WAIT, WEB_RESPONSE_SMALL_MAX_OCTETS, WEB_RESPONSES_HELD_MAX_OCTETS, WEB_WORKERS};
use crate::mail::Blob;
use crate::web::{Request, Response, Why, refusal};

/// A worker looks up from an empty queue this often; it is woken for a stop or a restart.
const LOOK_UP: Duration = Duration::from_secs(10);

pub(super) fn start(backend: &Arc<Backend>, handler: &Handler) -> std::io::Result<()> {
    let large = Budget::new(WEB_RESPONSE_SMALL_MAX_OCTETS, WEB_RESPONSES_HELD_MAX_OCTETS);
    for number in 1..=WEB_WORKERS {
        let worker = Worker { backend: backend.clone(), handler: handler.clone(), large: large.clone() };
        std::thread::Builder::new().name(format!("web-{number}")).spawn(move || worker.run())?;
    }
    Ok(())
}

struct Worker {
    backend: Arc<Backend>,
    handler: Handler,
    /// Of large responses, all workers together.
    large: Budget,
}

impl Worker {
    fn run(&self) {
        while !self.backend.stopped() {
            let server = self.backend.current();
            match server.http.recv_timeout(LOOK_UP) {
                Ok(Some(request)) => self.take(&server, request),
                Ok(None) => {}
                Err(error) => self.replace(&server, &error),
            }
        }
    }

    /// tiny_http has stopped accepting; what it still holds is answered.
    fn replace(&self, server: &Arc<Server>, error: &std::io::Error) {
        log::error!("web backend stopped error={error}");
        std::thread::sleep(ACCEPT_RETRY_WAIT);
        self.backend.restart(server);
        while let Ok(Some(request)) = server.http.try_recv() {
            self.take(server, request);
        }
    }

    /// A panic here (tiny_http's or ours) costs the request, which tiny_http then answers with an empty 500.
    fn take(&self, server: &Server, request: tiny_http::Request) {
        if catch_unwind(AssertUnwindSafe(|| self.answer(server, request))).is_err() {
            log::error!("web request abandoned reason=panic");
        }
    }

    fn answer(&self, server: &Server, request: tiny_http::Request) {
        let Some((client, body)) = self.backend.take(server, request.remote_addr()) else {
            log::warn!("web request refused reason=not-through-the-front peer={:?}", request.remote_addr());
            let _ = request.respond(tiny_http::Response::from_string("Forbidden\n").with_status_code(403));
            return;
        };
        let response = match build(&request, body, client) {
            Some(request) => self.handle(request),
            None => refusal(400, Why::BadAddress, language(&request)),
        };
        self.send(request, response);
    }

    fn handle(&self, request: Request) -> Response {
        let line = format!("method={} path={:?} client={}", request.method, request.path, request.client);
        let language = request.header("accept-language").unwrap_or_default().to_owned();
        match catch_unwind(AssertUnwindSafe(|| (self.handler)(request))) {
            Ok(response) => {
                log::debug!("web answered {line} status={}", response.status);
                response
            }
            Err(_) => {
                log::error!("web handler panicked {line} status=500");
                refusal(500, Why::Failed, &language)
            }
        }
    }

    fn send(&self, request: tiny_http::Request, response: Response) {
        let octets = usize::try_from(response.body.len()).unwrap_or(usize::MAX);
        if octets <= WEB_RESPONSE_SMALL_MAX_OCTETS {
            return send_small(request, response);
        }
        // What lies on the disk is read while it is sent.
        match self.large.share(if response.body.is_in_memory() { octets } else { 0 }) {
            Some(share) => {
                let write = move || {
                    let _ = request.respond(wire_form(response));
                    drop(share);
                };
                smol::unblock(write).detach();
            }
            None => {
                let response = refusal(503, Why::Downloads, language(&request));
                send_small(request, response);
            }
        }
    }
}

fn language(request: &tiny_http::Request) -> &str {
    let field = request.headers().iter().find(|header| header.field.equiv("Accept-Language"));
    field.map(|header| header.value.as_str()).unwrap_or_default()
}

/// Head and body in one write: in two, Nagle's algorithm would hold the second back until the front's delayed acknowledgement of the
/// first, 40 ms later, and tiny_http lets nobody set TCP_NODELAY.
fn send_small(request: tiny_http::Request, response: Response) {
    let bare = *request.method() == tiny_http::Method::Head;
    let mut bytes = Vec::with_capacity(response.body.len() as usize + 1024);
    let printed = wire_form(response).raw_print(&mut bytes, request.http_version().clone(), request.headers(), bare, None);
    if printed.is_ok() {
        let mut writer = request.into_writer();
        // A front that has gone away needs no answer.
        let _ = writer.write_all(&bytes).and_then(|()| writer.flush());
    }
}

fn wire_form(response: Response) -> tiny_http::Response<impl Read> {
    let mut fields = vec![("Server", "Lifeboat")];
    for (name, value) in &response.headers {
        match is_sound_field(name, value) {
            true => fields.push((name, value)),
            false => log::error!("web response field left out name={name:?}"),
        }
    }
    let fields = fields.into_iter().filter_map(|(name, value)| Header::from_bytes(name, value).ok()).collect();
    let length = usize::try_from(response.body.len()).unwrap_or(usize::MAX);
    // Never chunked: the front goes by the length. A disk that fails meanwhile ends the connection before it.
    tiny_http::Response::new(StatusCode(response.status), fields, response.body.reader(), Some(length), None)
        .with_chunked_threshold(usize::MAX)
}

/// None if the path is not UTF-8 behind its percent signs, or has control characters.
fn build(request: &tiny_http::Request, body: Blob, client: IpAddr) -> Option<Request> {
    let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
    let headers = request
        .headers()
        .iter()
        .map(|header| (header.field.as_str().as_str().to_ascii_lowercase(), header.value.as_str().to_owned()))
        .collect();
    Some(Request {
        method: request.method().as_str().to_ascii_uppercase(),
        path: percent_decode(path)?,
        query: query.to_owned(),
        headers,
        body,
        client,
    })
}

/// RFC 3986 section 2.1. Nothing is normalised: `..` is a name like any other to whoever compares whole paths.
fn percent_decode(path: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut octets = path.bytes();
    while let Some(octet) = octets.next() {
        decoded.push(match octet {
            b'%' => hex(octets.next()?)? * 16 + hex(octets.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok().filter(|path| !path.chars().any(char::is_control))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: Option<&str>) {
        assert_eq!(percent_decode(input).as_deref(), expected, "{input:?}");
    }

    #[test]
    fn paths_are_decoded() {
        check("/mail/inbox", Some("/mail/inbox"));
        check("/a%20b%2Fc+d", Some("/a b/c+d"));
        check("/%C3%A4", Some("/\u{e4}"));
        check("/../%2e%2e/x", Some("/../../x"));
        for bad in ["/%", "/%1", "/%zz", "/%+1", "/%c3", "/%ff", "/%00", "/%0d%0a"] {
            check(bad, None);
        }
    }
}
