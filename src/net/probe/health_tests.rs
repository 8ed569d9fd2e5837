use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;
use crate::clock::{SystemClock, Wall};
use crate::config::HostPort;

/// How a stand-in answers one connection.
#[derive(Clone)]
enum Server {
    Says(&'static str),
    /// Takes the request and never answers.
    Silent,
    /// Speaks before it was asked.
    Babbles(&'static str),
    /// Closes at once.
    Closes,
    Tls(Arc<rustls::ServerConfig>, &'static str),
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n200 OK<br/>MAIL.example.com";

fn start(server: Server) -> HealthUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let https = matches!(server, Server::Tls(..));
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().flatten() {
            match &server {
                Server::Says(answer) => answer_plain(stream, answer),
                Server::Silent => kept.push(stream),
                Server::Babbles(words) => {
                    (&stream).write_all(words.as_bytes()).unwrap();
                    kept.push(stream);
                }
                Server::Closes => drop(stream),
                Server::Tls(config, answer) => answer_tls(stream, config.clone(), answer),
            }
        }
    });
    url(https, port)
}

fn url(https: bool, port: u16) -> HealthUrl {
    HealthUrl { https, server: HostPort { host: "127.0.0.1".into(), port }, path: "/owa/healthcheck.htm?secret".into() }
}

fn answer_plain(mut stream: std::net::TcpStream, answer: &str) {
    let mut request = [0; 1024];
    let length = stream.read(&mut request).unwrap();
    assert!(request[..length].starts_with(b"GET /owa/healthcheck.htm?secret HTTP/1.1\r\nHost: 127.0.0.1:"));
    stream.write_all(answer.as_bytes()).unwrap();
}

fn answer_tls(mut socket: std::net::TcpStream, config: Arc<rustls::ServerConfig>, answer: &str) {
    let mut session = rustls::ServerConnection::new(config).unwrap();
    let mut stream = rustls::Stream::new(&mut session, &mut socket);
    let mut request = [0; 1024];
    // Ends without close_notify, as many servers do.
    let _ = stream.read(&mut request).and_then(|_| stream.write_all(answer.as_bytes())).and_then(|()| stream.flush());
}

fn refused() -> HealthUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    url(false, listener.local_addr().unwrap().port())
}

fn probe(urls: &[HealthUrl], timeout_ms: u64) -> (Evidence, Vec<String>) {
    probe_with(urls, &Pass::Any, timeout_ms)
}

fn probe_with(urls: &[HealthUrl], pass: &Pass, timeout_ms: u64) -> (Evidence, Vec<String>) {
    let resolver = Resolver::with_servers(vec![]);
    rt::block_on(health_pages(urls, pass, Duration::from_millis(timeout_ms), &resolver, Arc::new(SystemClock::new())))
}

fn check(urls: &[HealthUrl], class: Class, words: &str, alarms: usize) {
    // Long for whoever answers, short for whoever never will.
    let timeout_ms = if class == Class::Hanging { 200 } else { 20_000 };
    let (evidence, found) = probe(urls, timeout_ms);
    assert_eq!((evidence.class, found.len()), (class, alarms), "{} {found:?}", evidence.detail);
    assert!(evidence.detail.contains(words), "{:?} lacks {words:?}", evidence.detail);
    assert!(!evidence.detail.contains("secret") && found.iter().all(|alarm| !alarm.contains("secret")));
}

#[test]
fn one_page_is_judged() {
    check(&[start(Server::Says(OK))], Class::Healthy, "/owa/healthcheck.htm says 200 OK", 0);
    check(&[start(Server::Says("HTTP/1.1 200 OK\r\n\r\nfine"))], Class::UnhealthyPage, "does not say 200 OK", 0);
    check(&[start(Server::Says("HTTP/1.1 503 Service Unavailable\r\n\r\n200 OK"))], Class::UnhealthyPage, "answers 503", 0);
    check(&[start(Server::Says("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n200 OK"))], Class::UnhealthyPage, "redirects (302)", 0);
    check(&[start(Server::Says("SSH-2.0-x\r\n"))], Class::UnhealthyPage, "no HTTP", 0);
    check(&[refused()], Class::Down, "refused the connection", 0);
    check(&[start(Server::Closes)], Class::Down, "broke the connection off", 0);
    check(&[start(Server::Silent)], Class::Hanging, "did not answer in time", 0);
    check(&[], Class::Healthy, "no health pages", 0);
}

#[test]
fn a_name_that_is_not_found_is_down() {
    let mut url = refused();
    url.server.host = "no-such-host.invalid".into();
    check(&[url], Class::Down, "cannot be reached", 0);
}

#[test]
fn one_healthy_page_is_enough_and_the_others_are_alarms() {
    let sick = start(Server::Says("HTTP/1.1 503 No\r\n\r\n"));
    check(&[sick.clone(), start(Server::Says(OK)), refused()], Class::Healthy, "200 OK", 2);
    check(&[refused(), sick], Class::UnhealthyPage, "all 2 pages fail", 0);
}

#[test]
fn a_self_made_certificate_is_ordinary_and_an_expired_one_is_an_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let old = params.self_signed(&key).unwrap();
    let (certificate, key_file) = (folder.path().join("old.crt"), folder.path().join("old.key"));
    std::fs::write(&certificate, old.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let expired = tls::server(Some(&certificate), Some(&key_file), folder.path(), "x", Wall(0)).unwrap();
    let self_made = tls::server(None, None, folder.path(), "localhost", Wall(0)).unwrap();
    // Without roots on this system there is nothing to judge certificates by.
    let alarms = usize::from(tls::verifying_client().is_ok());
    check(&[start(Server::Tls(self_made, OK))], Class::Healthy, "200 OK", 0);
    check(&[start(Server::Tls(expired, OK))], Class::Healthy, "200 OK", alarms);
}

#[test]
fn a_failed_handshake_is_a_configuration_alarm_and_no_outage() {
    let mut plain = start(Server::Babbles("HTTP/1.1 400 Bad Request\r\n\r\n"));
    plain.https = true;
    check(&[plain.clone()], Class::Misconfigured, "TLS handshake failed", 1);
    check(&[plain.clone(), start(Server::Says(OK))], Class::Healthy, "200 OK", 1);
    // Beside a page that can be judged it speaks for nothing.
    check(&[plain, refused()], Class::Down, "refused", 1);
}

#[test]
fn the_policy_says_which_pages_must_pass() {
    let urls = [start(Server::Says(OK)), start(Server::Says("HTTP/1.1 503 No\r\n\r\n"))];
    let class = |pass| {
        let (evidence, odd) = probe_with(&urls, &pass, 20_000);
        (evidence.class, odd.len())
    };
    assert_eq!(class(Pass::Any), (Class::Healthy, 1));
    assert_eq!(class(Pass::All), (Class::UnhealthyPage, 0));
    assert_eq!(class(Pass::These(vec![0])), (Class::Healthy, 1));
    assert_eq!(class(Pass::These(vec![1])), (Class::UnhealthyPage, 0));
}
