//! The server over real sockets, with a trivial handler.

use std::io::{Read, Write};
use std::net::TcpStream as Socket;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::clock::Wall;
use crate::limits::*;
use crate::net::tls;

/// A peer that says nothing for this long has failed the test.
const STUCK: Duration = Duration::from_secs(30);

/// Answers with what it was asked; `/panic` panics, `/large` and `/empty` and `/split` are special.
fn echo(request: Request) -> Response {
    let mut headers = vec![("Content-Type".to_owned(), "text/plain".to_owned())];
    let body = match request.path.as_str() {
        "/panic" => panic!("as asked"),
        "/large" => vec![b'x'; 4 * 1024 * 1024],
        "/empty" => Vec::new(),
        "/split" => {
            headers.push(("X-Evil".into(), "a\r\nSet-Cookie: b".into()));
            Vec::new()
        }
        _ => format!("{} {} {:?} {} {}", request.method, request.path, request.query, request.client, request.body.len()).into_bytes(),
    };
    Response { status: 200, headers, body: body.into() }
}

/// With uploads of up to 50 MiB to `/p`, in a folder.
fn options(folder: Option<&std::path::Path>) -> WebOptions {
    let folder = folder.map_or_else(std::env::temp_dir, std::path::Path::to_owned);
    let octets_max = |_: &str, path: &str| if path == "/p" { WEB_BODY_MAX_OCTETS } else { WEB_FORM_MAX_OCTETS };
    let bodies = BodyOptions { octets_max, uploads: Some(Uploads { folder, has_room: Arc::new(|_| true) }) };
    WebOptions { bodies, ..WebOptions::plain("127.0.0.1:0".parse().unwrap()) }
}

fn start(patience: Patience) -> (WebServer, SocketAddr) {
    let options = options(None);
    let server = WebServer::start_with(options, Arc::new(echo), patience).unwrap();
    let address = server.addresses()[0];
    (server, address)
}

fn connect(address: SocketAddr) -> Socket {
    let socket = Socket::connect(address).unwrap();
    socket.set_read_timeout(Some(STUCK)).unwrap();
    socket
}

/// Reads one response: status and body. None if the connection ends instead.
fn read_response(stream: &mut impl Read, to_head: bool) -> Option<(u16, String, String)> {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut octet) {
            Ok(1) => head.push(octet[0]),
            Ok(_) => return None,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock) => panic!("no answer"),
            Err(_) => return None,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let field =
        |name: &str| head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix(name).map(|value| value.trim().to_owned()));
    let length: usize = field("content-length:").expect("a length").parse().unwrap();
    let mut body = vec![0; if to_head { 0 } else { length }];
    stream.read_exact(&mut body).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some((status, String::from_utf8(body).unwrap(), head))
}

fn ask(stream: &mut (impl Read + Write), request: &str) -> Option<(u16, String)> {
    stream.write_all(request.as_bytes()).unwrap();
    read_response(stream, request.starts_with("HEAD")).map(|(status, body, _)| (status, body))
}

fn is_closed(stream: &mut impl Read) -> bool {
    read_response(stream, false).is_none()
}

/// One request on its own connection to a fresh server.
fn check(request: &str, status: u16, body: &str) {
    let (_server, address) = start(Patience::default());
    let got = ask(&mut connect(address), request).expect("an answer");
    assert_eq!(got.0, status, "{:?}", &request[..request.len().min(200)]);
    // A refusal is a whole page around the words.
    let fits = if status == 200 { got.1 == body } else { got.1.contains(body) };
    assert!(fits, "{:?}: {}", &request[..request.len().min(200)], got.1);
}

/// What people are told.
fn text(refusal: http::Refusal) -> &'static str {
    refusal.why.words(crate::web::Texts::english())
}

#[test]
fn requests_reach_the_handler_with_the_clients_address() {
    check("GET /mail%20x?a=b HTTP/1.1\r\nHost: x\r\n\r\n", 200, "GET /mail x \"a=b\" 127.0.0.1 0");
    check("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200, "POST /p \"\" 127.0.0.1 3");
    check("GET / HTTP/1.0\r\n\r\n", 200, "GET / \"\" 127.0.0.1 0");
    check("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, "GET / \"\" 127.0.0.1 0");
    check("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 200, "");
    let body = "b".repeat(2 * 1024 * 1024);
    check(&format!("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len()), 200, "POST /p \"\" 127.0.0.1 2097152");
}

#[test]
fn what_is_no_request_gets_a_page() {
    check("rubbish\r\n\r\n", 400, text(http::BAD_REQUEST));
    check("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "The address is not valid.");
    check("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "The address is not valid.");
    check("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, text(http::LENGTH_REQUIRED));
    check("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 52428801\r\n\r\nabc", 413, text(http::TOO_LARGE));
    check(&format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(WEB_HEAD_MAX_OCTETS)), 431, text(http::HEAD_TOO_LARGE));
}

#[test]
fn refusals_are_in_the_language_that_is_asked_for() {
    let german = |refusal: http::Refusal| refusal.why.words(crate::web::Texts::named("de").unwrap());
    let head = |path: &str, language: &str| format!("POST {path} HTTP/1.1\r\nHost: x\r\nAccept-Language: {language}\r\n");
    check(&format!("{}Content-Length: 52428801\r\n\r\nabc", head("/", "de-AT,de;q=0.9,en;q=0.5")), 413, german(http::TOO_LARGE));
    let large = WEB_FORM_MAX_OCTETS + 1;
    check(&format!("{}Content-Length: {large}\r\n\r\nabc", head("/login", "de-AT,de;q=0.9,en;q=0.5")), 413, german(http::TOO_LARGE));
    check(&format!("{}Content-Length: {large}\r\n\r\nabc", head("/login", "fr, en;q=0.5")), 413, text(http::TOO_LARGE));
    check(&format!("{}Content-Length: 0\r\n\r\n", head("/%zz", "de")), 400, "nicht gültig");
}

#[test]
fn a_head_without_end_is_refused_while_it_is_still_coming() {
    let (_server, address) = start(Patience::default());
    let mut stream = connect(address);
    let mut writer = stream.try_clone().unwrap();
    // Writes until the other side has had enough; a buffer that grew along would never end this.
    let flood = std::thread::spawn(move || while writer.write_all(&[b'x'; 64 * 1024]).is_ok() {});
    assert_eq!(read_response(&mut stream, false).map(|(status, ..)| status), Some(431));
    flood.join().unwrap();
}

#[test]
fn a_connection_serves_many_requests() {
    let (_server, address) = start(Patience::default());
    let mut stream = connect(address);
    for number in 0..20 {
        let got = ask(&mut stream, &format!("GET /{number} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(got, Some((200, format!("GET /{number} \"\" 127.0.0.1 0"))));
    }
    // Two in one write are answered in order.
    let two = "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert_eq!(ask(&mut stream, two).map(|(_, body)| body).as_deref(), Some("GET /a \"\" 127.0.0.1 0"));
    assert_eq!(read_response(&mut stream, false).map(|(_, body, _)| body).as_deref(), Some("GET /b \"\" 127.0.0.1 0"));
    assert!(is_closed(&mut stream));
}

#[test]
fn a_client_that_waits_for_leave_gets_it() {
    let (_server, address) = start(Patience::default());
    let mut stream = connect(address);
    stream.write_all(b"POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n").unwrap();
    let mut leave = [0; 25];
    stream.read_exact(&mut leave).unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(ask(&mut stream, "abc"), Some((200, "POST /p \"\" 127.0.0.1 3".into())));
}

#[test]
fn large_responses_arrive_whole() {
    let (_server, address) = start(Patience::default());
    let mut stream = connect(address);
    for _ in 0..3 {
        let (status, body) = ask(&mut stream, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!((status, body.len()), (200, 4 * 1024 * 1024));
    }
}

#[test]
fn clients_that_take_nothing_do_not_hold_the_workers() {
    let (_server, address) = start(Patience::default());
    let lazy: Vec<_> = (0..WEB_WORKERS * 2)
        .map(|_| {
            let mut stream = connect(address);
            stream.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            stream
        })
        .collect();
    // Uploads that never end, too.
    let slow: Vec<_> = (0..WEB_WORKERS * 2)
        .map(|_| {
            let mut stream = connect(address);
            stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nabc").unwrap();
            stream
        })
        .collect();
    assert_eq!(ask(&mut connect(address), "GET / HTTP/1.1\r\nHost: x\r\n\r\n").map(|(status, _)| status), Some(200));
    drop((lazy, slow));
}

#[test]
fn a_panicking_handler_costs_a_500() {
    let (_server, address) = start(Patience::default());
    let mut stream = connect(address);
    for _ in 0..WEB_WORKERS * 2 {
        assert_eq!(ask(&mut stream, "GET /panic HTTP/1.1\r\nHost: x\r\n\r\n").map(|(status, _)| status), Some(500));
    }
    assert_eq!(ask(&mut stream, "GET /empty HTTP/1.1\r\nHost: x\r\n\r\n"), Some((200, String::new())));
}

#[test]
fn response_fields_are_checked_and_tiny_http_keeps_its_name_to_itself() {
    let (_server, address) = start(Patience::default());
    let mut stream = connect(address);
    stream.write_all(b"GET /split HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let (_, _, head) = read_response(&mut stream, false).unwrap();
    assert!(!head.contains("Set-Cookie") && !head.contains("tiny") && head.contains("Date: "), "{head}");
}

#[test]
fn slow_heads_are_cut_off() {
    let (_server, address) = start(Patience { head: Duration::from_millis(100), idle: STUCK, ..Patience::default() });
    let mut silent = connect(address);
    assert!(is_closed(&mut silent));
    let mut slow = connect(address);
    slow.write_all(b"GET / HTTP/1.1\r\nHost").unwrap();
    assert_eq!(read_response(&mut slow, false).map(|(status, ..)| status), Some(408));
    let mut slow_body = connect(address);
    slow_body.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc").unwrap();
    assert_eq!(read_response(&mut slow_body, false).map(|(status, ..)| status), Some(408));
}

#[test]
fn idle_connections_are_closed() {
    let (_server, address) = start(Patience { head: STUCK, idle: Duration::from_millis(100), ..Patience::default() });
    let mut stream = connect(address);
    assert_eq!(ask(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").map(|(status, _)| status), Some(200));
    assert!(is_closed(&mut stream));
}

#[test]
fn what_did_not_come_through_the_front_is_refused() {
    let (server, _) = start(Patience::default());
    let private = server.front.backend.current().address;
    assert!(private.ip().is_loopback());
    let got = ask(&mut connect(private), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(got, Some((403, "Forbidden\n".into())));
}

#[test]
fn one_client_gets_so_many_connections_and_no_more() {
    const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let (_server, address) = start(Patience::default());
    let mut open: Vec<_> = (0..WEB_CONNECTIONS_PER_CLIENT_MAX).map(|_| connect(address)).collect();
    // All of them are about to ask something.
    assert!(is_closed(&mut connect(address)));
    assert_eq!(ask(&mut open[0], GET).map(|(status, _)| status), Some(200));
    assert_eq!(ask(&mut open[1], GET).map(|(status, _)| status), Some(200));
    let mut next = wait_for_room(address);
    assert!(is_closed(&mut open[0]), "the one that had its answer first makes room");
    assert_eq!(ask(&mut next, GET).map(|(status, _)| status), Some(200));
    assert_eq!(ask(&mut open[1], GET).map(|(status, _)| status), Some(200), "and nobody else");
}

/// A connection that is answered; that the one before became idle may be a moment away.
fn wait_for_room(address: SocketAddr) -> Socket {
    for _ in 0..1000 {
        let mut stream = connect(address);
        if ask(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").is_some() {
            return stream;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no room");
}

#[test]
fn an_old_connection_ends_with_an_answer() {
    const GET: &str = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
    let (_server, address) = start(Patience { connection: Duration::ZERO, ..Patience::default() });
    let mut stream = connect(address);
    let (status, body) = ask(&mut stream, GET).expect("a whole answer");
    assert_eq!((status, body.len()), (200, 4 * 1024 * 1024));
    assert!(is_closed(&mut stream));
}

#[test]
fn a_dead_backend_is_replaced() {
    let (server, address) = start(Patience::default());
    let mut stream = connect(address);
    assert_eq!(ask(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").map(|(status, _)| status), Some(200));
    let dead = server.front.backend.current();
    server.front.backend.restart(&dead);
    assert_ne!(server.front.backend.current().address, dead.address);
    assert_eq!(ask(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").map(|(status, _)| status), Some(200));
}

#[test]
fn stopping_finishes_the_request_under_way() {
    let (entered, inside) = std::sync::mpsc::channel();
    let (leave, gate) = std::sync::mpsc::channel::<()>();
    let (entered, gate) = (Mutex::new(entered), Mutex::new(gate));
    let handler = move |request: Request| {
        entered.lock().unwrap().send(()).unwrap();
        gate.lock().unwrap().recv().unwrap();
        echo(request)
    };
    let options = options(None);
    let server = WebServer::start(options, Arc::new(handler)).unwrap();
    let address = server.addresses()[0];
    let mut idle = connect(address);
    let mut busy = connect(address);
    busy.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    inside.recv().unwrap();
    let stopping = std::thread::spawn(move || rt::block_on(server.stop(STUCK)));
    assert!(is_closed(&mut idle));
    leave.send(()).unwrap();
    let (status, _, head) = read_response(&mut busy, false).unwrap();
    assert!(status == 200 && head.contains("Connection: close"), "{head}");
    drop(busy);
    stopping.join().unwrap();
    assert!(Socket::connect(address).is_err());
}

#[test]
fn tls_works_and_plain_http_gets_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let config = tls::server(None, None, folder.path(), "box.example", Wall(1_780_272_000_000)).unwrap();
    let options = WebOptions { tls: Some(config), hostname: "box.example".to_owned(), ..options(None) };
    let server = WebServer::start(options, Arc::new(echo)).unwrap();
    let address = server.addresses()[0];

    let mut client = rustls::ClientConfig::clone(&tls::opportunistic_client());
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut session = rustls::ClientConnection::new(Arc::new(client), name).unwrap();
    let mut socket = connect(address);
    let mut stream = rustls::Stream::new(&mut session, &mut socket);
    for _ in 0..2 {
        let got = ask(&mut stream, "GET /t HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(got, Some((200, "GET /t \"\" 127.0.0.1 0".into())));
    }
    let (_, body) = ask(&mut stream, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(body.len(), 4 * 1024 * 1024);
    assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));

    // Plain HTTP is led on; what it already gave away is not taken.
    let mut plain = connect(address);
    plain.write_all(b"GET /mail?a HTTP/1.1\r\nHost: evil.example\r\n\r\n").unwrap();
    let (status, _, head) = read_response(&mut plain, false).expect("an answer");
    assert_eq!(status, 308);
    assert!(head.contains(&format!("Location: https://box.example:{}/mail?a\r\n", address.port())), "{head}");
    let (status, page) = ask(&mut connect(address), "POST / HTTP/1.1\r\nHost: x\r\n\r\n").expect("an answer");
    assert_eq!(status, 400);
    assert!(page.contains(text(http::PLAIN_ON_TLS)), "{page}");
    let mut garbage = connect(address);
    garbage.write_all(&[0x16; 4000]).unwrap();
    let mut rest = Vec::new();
    let _ = garbage.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"HTTP"));
}

#[test]
fn a_tls_greeting_on_a_plain_port_gets_a_hint() {
    let (_server, address) = start(Patience::default());
    let mut stream = connect(address);
    stream.write_all(b"\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03").unwrap();
    let (status, page, _) = read_response(&mut stream, false).expect("an answer");
    assert_eq!(status, 400);
    assert!(page.contains(text(http::TLS_ON_PLAIN)), "{page}");
}

#[test]
fn large_bodies_lie_in_a_file_that_vanishes() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Arc::new(Mutex::new(Vec::new()));
    let kept = whole.clone();
    let handler = move |request: Request| {
        *kept.lock().unwrap() = request.body.bytes().unwrap();
        echo(request)
    };
    let server = WebServer::start(options(Some(folder.path())), Arc::new(handler)).unwrap();
    let address = server.addresses()[0];
    let mut stream = connect(address);
    for octets in [WEB_BODY_SMALL_MAX_OCTETS, WEB_BODY_SMALL_MAX_OCTETS + 1, 3 * STAGE_WRITE_OCTETS, 3_000_001] {
        let body: Vec<u8> = (0..octets).map(|at| (at * 7 + at / 256) as u8).collect();
        stream.write_all(format!("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: {octets}\r\n\r\n").as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        assert_eq!(read_response(&mut stream, false).map(|(_, body, _)| body), Some(format!("POST /p \"\" 127.0.0.1 {octets}")));
        assert!(*whole.lock().unwrap() == body, "{octets}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing has a name");
    // One that breaks off leaves nothing, and its place is free again.
    for _ in 0..WEB_UPLOADS_PER_CLIENT_MAX * 2 {
        let mut broken = connect(address);
        broken.write_all(b"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n").unwrap();
        broken.write_all(&[b'x'; 200_000]).unwrap();
        broken.shutdown(std::net::Shutdown::Write).unwrap();
        assert!(is_closed(&mut broken));
    }
}

/// An upload that the server refuses by this, before it has read it.
fn check_upload(options: WebOptions, path: &str, octets: usize, refusal: http::Refusal) {
    let server = WebServer::start(options, Arc::new(echo)).unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {octets}\r\n\r\n");
    let (status, page) = ask(&mut connect(server.addresses()[0]), &head).expect("an answer");
    assert_eq!(status, refusal.status, "{path} {octets}");
    assert!(page.contains(text(refusal)), "{page}");
}

#[test]
fn uploads_are_refused_where_there_is_no_place_for_them() {
    let large = WEB_BODY_SMALL_MAX_OCTETS + 1;
    check_upload(options(None), "/p", WEB_BODY_MAX_OCTETS + 1, http::TOO_LARGE);
    check_upload(options(None), "/login", WEB_FORM_MAX_OCTETS + 1, http::TOO_LARGE);
    check_upload(WebOptions::plain("127.0.0.1:0".parse().unwrap()), "/", large, http::TOO_LARGE);
    let mut full = options(None);
    full.bodies.uploads.as_mut().unwrap().has_room = Arc::new(|octets| octets < 1000);
    check_upload(full, "/p", large, http::DISK_FULL);
}

#[test]
fn a_disk_that_takes_nothing_is_told() {
    let server = WebServer::start(options(Some(std::path::Path::new("/nonexistent-folder"))), Arc::new(echo)).unwrap();
    let mut stream = connect(server.addresses()[0]);
    let body = "b".repeat(200_000);
    let (status, page) =
        ask(&mut stream, &format!("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n{body}")).expect("an answer");
    assert_eq!(status, http::DISK_FAILED.status);
    assert!(page.contains(text(http::DISK_FAILED)), "{page}");
}

#[test]
fn one_client_gets_so_many_uploads_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let server = WebServer::start(options(Some(folder.path())), Arc::new(echo)).unwrap();
    let address = server.addresses()[0];
    let head = "POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n";
    let mut leave = [0; 25];
    let open: Vec<_> = (0..WEB_UPLOADS_PER_CLIENT_MAX)
        .map(|_| {
            let mut stream = connect(address);
            stream.write_all(head.as_bytes()).unwrap();
            // It has its place.
            stream.read_exact(&mut leave).unwrap();
            stream
        })
        .collect();
    assert_eq!(ask(&mut connect(address), head).map(|(status, _)| status), Some(503));
    assert_eq!(ask(&mut connect(address), "GET / HTTP/1.1\r\nHost: x\r\n\r\n").map(|(status, _)| status), Some(200));
    drop(open);
}

#[test]
fn plain_http_is_led_on() {
    let options =
        WebOptions { redirect_listen: vec!["127.0.0.1:0".parse().unwrap()].into(), hostname: "box.example".to_owned(), ..options(None) };
    let server = WebServer::start(options, Arc::new(echo)).unwrap();
    let (address, port) = (server.redirect_addresses()[0], server.addresses()[0].port());
    let follow = |request: &str| {
        let mut stream = connect(address);
        stream.write_all(request.as_bytes()).unwrap();
        let (status, _, head) = read_response(&mut stream, request.starts_with("HEAD")).expect("an answer");
        assert!(is_closed(&mut stream));
        (status, head.lines().find_map(|line| line.strip_prefix("Location: ")).map(str::to_owned))
    };
    let check = |request: &str, expected: &str| assert_eq!(follow(request), (308, Some(expected.replace("PORT", &port.to_string()))));
    check("GET /mail?a=b HTTP/1.1\r\nHost: box.example\r\n\r\n", "https://box.example:PORT/mail?a=b");
    check("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "https://box.example:PORT/");
    check("GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", "https://127.0.0.1:PORT/");
    check("GET / HTTP/1.0\r\n\r\n", "https://box.example:PORT/");
    assert_eq!(follow("POST /login HTTP/1.1\r\nHost: box.example\r\nContent-Length: 3\r\n\r\na=b").0, 400);
    assert_eq!(follow("rubbish\r\n\r\n").0, 400);
    assert_eq!(follow("\x16\x03\x01").0, 400);
    let silent: Vec<_> = (0..WEB_REDIRECTS_PER_CLIENT_MAX).map(|_| connect(address)).collect();
    assert!(is_closed(&mut connect(address)), "so many at a time and no more");
    drop(silent);
}
