//! Garbage never takes the box down and gets a clear answer.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sender::{self, Session};
use crate::harness::{folder, heavy, mail, slow, wait_for};

const FLIP: Duration = Duration::from_secs(30);
const RESIDENT_MAX_MIB: u64 = 150;
const MIB: usize = 1024 * 1024;

fn start(folder: &std::path::Path) -> Lifeboat {
    let lifeboat = Lifeboat::start(folder, &Setup::without_primary());
    lifeboat.wait_mode("continuity", FLIP);
    lifeboat
}

/// Takes mail as if nothing had happened, and has not grown.
fn is_well(lifeboat: &Lifeboat, what: &str) {
    let message = mail::message("ann@example.com", what, "still here");
    let reply = sender::deliver(lifeboat.smtp, "out@outside.example", &["ann@example.com"], &message).unwrap();
    assert!(reply.starts_with("250"), "after {what}: {reply}");
    let resident = lifeboat.resident_mib();
    assert!(resident < RESIDENT_MAX_MIB, "after {what}: {resident} MiB resident");
}

/// Sends everything it can and reads until the other side closes; what was read at first.
fn pour(server: SocketAddr, pieces: impl Iterator<Item = Vec<u8>>) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(90))).unwrap();
    let mut reader = stream.try_clone().unwrap();
    let listener = std::thread::spawn(move || {
        let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
        // A reset after the answer is an end, too.
        while let Ok(length @ 1..) = reader.read(&mut piece) {
            if heard.len() < 256 * 1024 {
                heard.extend_from_slice(&piece[..length]);
            }
        }
        String::from_utf8_lossy(&heard).into_owned()
    });
    for piece in pieces {
        if stream.write_all(&piece).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Write);
    listener.join().unwrap()
}

#[test]
fn random_bytes_on_both_ports() {
    let folder = folder();
    let lifeboat = start(folder.path());
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..40 {
        let bytes: Vec<u8> = (0..random.usize(1..20_000)).map(|_| random.u8(..)).collect();
        let server = if round % 2 == 0 { lifeboat.smtp } else { lifeboat.web };
        let heard = pour(server, std::iter::once(bytes));
        assert!(server != lifeboat.smtp || heard.starts_with("220"), "round {round}: {heard}");
    }
    is_well(&lifeboat, "random bytes");
}

#[test]
fn one_endless_line() {
    let _one = heavy();
    let folder = folder();
    let lifeboat = start(folder.path());
    let mib = if slow() { 1024 } else { 256 };
    let line = (0..mib).map(|_| vec![b'A'; MIB]).chain(std::iter::once(b"\r\nQUIT\r\n".to_vec()));
    let heard = pour(lifeboat.smtp, line);
    assert!(heard.lines().any(|line| line.starts_with('5') || line.starts_with("421")), "as a command: {heard}");
    is_well(&lifeboat, "an endless command");

    let head = b"EHLO x\r\nMAIL FROM:<out@outside.example>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\nSubject: ".to_vec();
    let body = std::iter::once(head).chain((0..mib).map(|_| vec![b'B'; MIB])).chain(std::iter::once(b"\r\n.\r\nQUIT\r\n".to_vec()));
    let heard = pour(lifeboat.smtp, body);
    assert!(heard.lines().any(|line| line.starts_with("55") || line.starts_with("421")), "as a message: {heard}");
    is_well(&lifeboat, "an endless body line");
}

#[test]
fn a_hundred_thousand_recipients() {
    let _one = heavy();
    let folder = folder();
    let lifeboat = start(folder.path());
    let head = b"EHLO x\r\nMAIL FROM:<out@outside.example>\r\n".to_vec();
    // All different, and all Ann's: what follows + is for herself.
    let recipients = (0..100_000).map(|number| format!("RCPT TO:<ann+{number}@example.com>\r\n").into_bytes());
    let heard = pour(lifeboat.smtp, std::iter::once(head).chain(recipients).chain(std::iter::once(b"QUIT\r\n".to_vec())));
    assert!(heard.contains("\n452") || heard.contains("\n421"), "{}", &heard[heard.len().saturating_sub(500)..]);
    is_well(&lifeboat, "a hundred thousand recipients");
}

#[test]
fn tls_on_the_plain_port() {
    let folder = folder();
    let lifeboat = start(folder.path());
    // The beginning of a ClientHello (RFC 8446 section 4.1.2), as a client sends it that expects TLS at once.
    let mut hello = vec![0x16, 0x03, 0x01, 0x00, 0xc8, 0x01, 0x00, 0x00, 0xc4, 0x03, 0x03];
    hello.extend((0..190).map(|octet: u8| octet.wrapping_mul(37)));
    let heard = pour(lifeboat.smtp, std::iter::once(hello));
    assert!(heard.starts_with("220"), "{heard}");
    is_well(&lifeboat, "TLS on the plain port");
}

#[test]
fn garbage_on_the_web_port() {
    let folder = folder();
    let lifeboat = start(folder.path());
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\r\n\r\n\r\n", b"\x16\x03\x01\xff\xff", b"EHLO there\r\n"] {
        pour(lifeboat.web, std::iter::once(bytes.to_vec()));
    }
    let person = crate::harness::person::Person::new(lifeboat.web, folder.path(), "web");
    for path in ["/%00", "/mail/message/99999999999999999999999", "/mail/../../etc/passwd", "/mail/inbox?before=x", "/%ff%fe"] {
        let status = person.get(path).status;
        assert!((200..500).contains(&status), "{path}: {status}");
    }
    assert_eq!(person.get("/login").status, 200);
    is_well(&lifeboat, "garbage on the web port");
}

#[test]
fn two_hundred_slow_senders() {
    let _one = heavy();
    let folder = folder();
    let lifeboat = start(folder.path());
    let mut slow: Vec<TcpStream> = Vec::new();
    // Past the cap the box answers 421 and closes; that is a clear answer, too.
    for _ in 0..200 {
        let stream = TcpStream::connect(lifeboat.smtp).unwrap();
        stream.set_nonblocking(true).unwrap();
        slow.push(stream);
    }
    for octet in b"EHLO slow" {
        for stream in &mut slow {
            match stream.write(&[*octet]) {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::WouldBlock) => {}
                Err(error) => panic!("{error}"),
            }
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(lifeboat.resident_mib() < RESIDENT_MAX_MIB, "{} MiB resident", lifeboat.resident_mib());
    let refused = wait_for("an answer", FLIP, || Session::open(lifeboat.smtp).ok()).1;
    assert!(refused.starts_with("220") || refused.starts_with("421"), "{refused}");
    drop(slow);
    wait_for("room for others", FLIP, || Session::open(lifeboat.smtp).ok().filter(|(_, greeting)| greeting.starts_with("220")));
    is_well(&lifeboat, "slow senders");
}
