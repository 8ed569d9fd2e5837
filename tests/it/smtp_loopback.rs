//! Both SMTP drivers against each other and against scripted peers, over loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lifeboat::clock::{Clock, SystemClock, Wall};
use lifeboat::config::HostPort;
use lifeboat::limits::SMTP_CONNECTIONS_PER_CLIENT_MAX;
use lifeboat::mail::{Address, DsnRequest};
use lifeboat::net::dns::Resolver;
use lifeboat::net::smtp_client::{Body, Connection, Target};
use lifeboat::net::smtp_server::{Host, Server, ServerOptions, SessionInfo};
use lifeboat::net::{rt, tls};
use lifeboat::smtp::client::{Cause, Failure, Options as ClientOptions, Sent, Stage, Timeouts, Tls, Transaction};
use lifeboat::smtp::server::{Envelope, Facts, Options};
use lifeboat::smtp::{Reply, reply};
use lifeboat::store::Staged;

const SIZE_MAX: u64 = 20_000_000;

/// Accepts everything but `refused@...`, and keeps it. A message whose reverse-path is `slow@...` waits to be let go.
struct Office {
    kept: Mutex<Vec<(SessionInfo, Envelope, Vec<u8>)>>,
    starttls: bool,
    let_go: rt::channel::Receiver<()>,
    entered: rt::channel::Sender<()>,
}

/// The other ends of an office's channels.
struct Door {
    let_go: rt::channel::Sender<()>,
    entered: rt::channel::Receiver<()>,
}

fn office(starttls: bool) -> (Arc<Office>, Door) {
    let (go_in, let_go) = rt::channel::unbounded();
    let (entered, seen) = rt::channel::unbounded();
    (Arc::new(Office { kept: Mutex::default(), starttls, let_go, entered }), Door { let_go: go_in, entered: seen })
}

impl Host for Office {
    fn greet(&self, _client: IpAddr) -> Result<Options, Reply> {
        Ok(Options {
            hostname: "office.example".into(),
            max_message_size: SIZE_MAX,
            starttls: self.starttls,
            tls_required: false,
            smtputf8: true,
            eight_bit_mime: true,
            dsn: true,
            xclient: false,
            header_firewall: false,
            reports_to: None,
        })
    }

    async fn check_sender(&self, _session: &SessionInfo, _reverse_path: Option<&Address>) -> Reply {
        reply::sender_ok()
    }

    async fn check_recipient(&self, _session: &SessionInfo, _reverse_path: Option<&Address>, recipient: &Address) -> Reply {
        if recipient.local() == "refused" { reply::mailbox_unknown() } else { reply::recipient_ok() }
    }

    async fn commit(&self, session: &SessionInfo, envelope: Envelope, body: Staged) -> Reply {
        if envelope.reverse_path.as_ref().is_some_and(|address| address.local() == "slow") {
            let _ = self.entered.send(()).await;
            let _ = self.let_go.recv().await;
        }
        let mut content = Vec::new();
        loop {
            let piece = body.piece(content.len() as u64, 1_000_000).unwrap();
            if piece.is_empty() {
                break;
            }
            content.extend(piece);
        }
        let mut kept = self.kept.lock().unwrap();
        kept.push((session.clone(), envelope, content));
        reply::stored(kept.len())
    }
}

fn start(office: &Arc<Office>, stage_folder: PathBuf) -> Server {
    let tls = office.starttls.then(|| tls::server(None, None, &stage_folder, "office.example", Wall(1_800_000_000_000)).unwrap());
    let options = ServerOptions { listen: vec!["127.0.0.1:0".parse().unwrap()].into(), tls, stage_folder };
    Server::start(options, office.clone(), Arc::new(SystemClock::new())).unwrap()
}

fn target(address: SocketAddr, policy: Tls) -> Target {
    let long = Duration::from_secs(60);
    Target {
        server: HostPort { host: address.ip().to_string(), port: address.port() },
        options: ClientOptions {
            hostname: "box.example".into(),
            tls: policy,
            auth: None,
            auth_in_clear: false,
            timeouts: Timeouts { hello: long, reply: long, final_reply: long },
        },
        tls: Some(tls::opportunistic_client()),
        connect_timeout: long,
    }
}

async fn open(address: SocketAddr, policy: Tls) -> Result<Connection, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    Connection::open(&target(address, policy), &Resolver::new(), clock).await
}

fn message(from: &str, to: &[&str], size: u64) -> Transaction {
    Transaction {
        reverse_path: Some(Address::parse(from).unwrap()),
        recipients: to.iter().map(|text| Address::parse(text).unwrap()).collect(),
        eight_bit: false,
        smtputf8: false,
        dsn: DsnRequest::default(),
        size,
    }
}

/// A body in pieces of odd size.
struct Pieces<'a>(std::slice::Chunks<'a, u8>);

fn pieces(content: &[u8]) -> Pieces<'_> {
    Pieces(content.chunks(60_001))
}

impl Body for Pieces<'_> {
    async fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        Ok(self.0.next().map(<[u8]>::to_vec))
    }
}

/// A message with dots at odd places.
fn content(octets: usize) -> Vec<u8> {
    let mut content = b"Subject: large\r\n\r\n".to_vec();
    let mut number = 0;
    while content.len() < octets {
        content.extend_from_slice(format!("{}line {number}\r\n..\r\n.\r\n", ".".repeat(number % 3)).as_bytes());
        number += 1;
    }
    content
}

fn accepted(sent: &Sent) -> bool {
    sent.end.as_ref().is_some_and(Reply::is_positive) && sent.connection_lost.is_none()
}

#[test]
fn several_messages_over_one_connection() {
    let folder = tempfile::tempdir().unwrap();
    for (starttls, policy) in [(false, Tls::Off), (false, Tls::IfOffered), (true, Tls::Required)] {
        let (office, _door) = office(starttls);
        let server = start(&office, folder.path().to_owned());
        let bodies = [content(100), content(5_000_000), content(300_000), Vec::new()];
        rt::block_on(async {
            let mut connection = open(server.addresses()[0], policy).await.unwrap();
            assert_eq!(connection.capabilities().size, Some(SIZE_MAX));
            for body in &bodies {
                let transaction = message("ann@example.com", &["bob@example.com", "refused@example.com"], body.len() as u64);
                let sent = connection.send(transaction, &mut pieces(body)).await;
                assert!(accepted(&sent), "{sent:?}");
                assert_eq!(sent.recipients, [reply::recipient_ok(), reply::mailbox_unknown()]);
                // Refused whole: the connection stays good.
                let sent = connection.send(message("ann@example.com", &["refused@example.com"], 1), &mut pieces(b"x")).await;
                assert_eq!((sent.end, sent.connection_lost), (None, None));
            }
            let canary = Address::parse("canary@example.com").unwrap();
            assert_eq!(connection.verify(None, Some(canary)).await, Ok((reply::sender_ok(), Some(reply::recipient_ok()))));
            connection.quit().await;
            server.stop(Duration::from_secs(60)).await;
        });
        let kept = office.kept.lock().unwrap();
        assert_eq!(kept.len(), bodies.len());
        for ((session, envelope, content), body) in kept.iter().zip(&bodies) {
            assert!(content == body, "{} octets came as {}", body.len(), content.len());
            assert_eq!(envelope.declared_size, Some(body.len() as u64));
            assert_eq!(envelope.recipients, [Address::parse("bob@example.com").unwrap()]);
            assert_eq!(session.facts, Facts { helo: "box.example".into(), extended: true, tls: starttls });
        }
    }
}

#[test]
fn a_stage_that_fails_keeps_large_mail_in_memory() {
    let (office, _door) = office(false);
    let server = start(&office, PathBuf::from("/nonexistent-folder"));
    rt::block_on(async {
        let mut connection = open(server.addresses()[0], Tls::Off).await.unwrap();
        let large = content(1_000_000);
        let sent = connection.send(message("a@example.com", &["b@example.com"], 1), &mut pieces(&large)).await;
        // Whether it can be taken is the host's to say: a primary that works may take it although our disk is full.
        assert!(accepted(&sent), "{sent:?}");
        let small = connection.send(message("a@example.com", &["b@example.com"], 1), &mut pieces(b"small\r\n")).await;
        assert!(accepted(&small), "{small:?}");
    });
}

#[test]
fn a_message_over_the_limit_is_refused_after_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (office, _door) = office(false);
    let server = start(&office, folder.path().to_owned());
    rt::block_on(async {
        let mut connection = open(server.addresses()[0], Tls::Off).await.unwrap();
        // The declared size is a lie.
        let sent = connection.send(message("a@example.com", &["b@example.com"], 1), &mut pieces(&content(21_000_000))).await;
        assert_eq!((sent.end, sent.connection_lost), (Some(reply::too_big()), None));
        assert!(accepted(&connection.send(message("a@example.com", &["b@example.com"], 1), &mut pieces(b"")).await));
    });
}

#[test]
fn stopping_lets_a_message_finish_and_ends_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (office, door) = office(false);
    let server = start(&office, folder.path().to_owned());
    let address = server.addresses()[0];
    let mut idle = BufReader::new(TcpStream::connect(address).unwrap());
    read_line(&mut idle, "220 ");
    let sending = rt::spawn(async move {
        let mut connection = open(address, Tls::Off).await.unwrap();
        connection.send(message("slow@example.com", &["b@example.com"], 6), &mut pieces(b"text\r\n")).await
    });
    let sent = rt::block_on(async {
        door.entered.recv().await.unwrap();
        let stopping = rt::spawn(server.stop(Duration::from_secs(600)));
        rt::unblock(move || {
            read_line(&mut idle, "421 4.3.2 ");
            assert_eq!(idle.read(&mut [0]).unwrap(), 0);
        })
        .await;
        door.let_go.send(()).await.unwrap();
        let sent = sending.await;
        stopping.await;
        sent
    });
    assert_eq!(sent.end, Some(reply::stored(1)));
    assert!(TcpStream::connect(address).is_err(), "still listening");
}

#[test]
fn killing_leaves_an_ambiguous_end() {
    let folder = tempfile::tempdir().unwrap();
    let (office, door) = office(false);
    let server = start(&office, folder.path().to_owned());
    let address = server.addresses()[0];
    let sent = rt::block_on(async {
        let sending = rt::spawn(async move {
            let mut connection = open(address, Tls::Off).await.unwrap();
            connection.send(message("slow@example.com", &["b@example.com"], 6), &mut pieces(b"text\r\n")).await
        });
        door.entered.recv().await.unwrap();
        server.kill().await;
        sending.await
    });
    assert!(sent.dot_sent && sent.end.is_none(), "{sent:?}");
    assert_eq!(sent.connection_lost, Some(Failure { stage: Stage::EndOfData, cause: Cause::Lost }));
    assert!(office.kept.lock().unwrap().is_empty());
}

#[test]
fn one_address_has_a_share_of_the_connections() {
    let folder = tempfile::tempdir().unwrap();
    let (office, _door) = office(false);
    let server = start(&office, folder.path().to_owned());
    let connect = || BufReader::new(TcpStream::connect(server.addresses()[0]).unwrap());
    let mut open: Vec<_> = (0..SMTP_CONNECTIONS_PER_CLIENT_MAX).map(|_| connect()).collect();
    open.iter_mut().for_each(|connection| read_line(connection, "220 "));
    let mut over = connect();
    read_line(&mut over, "421 4.7.0 ");
    let first = &mut open[0];
    first.get_mut().write_all(b"QUIT\r\n").unwrap();
    read_line(first, "221 ");
    assert_eq!(first.read(&mut [0]).unwrap(), 0);
    // Its place comes back after its last octet was sent; how long after is not ours to say.
    let again = (0..1000).any(|_| {
        let mut line = String::new();
        let _ = connect().read_line(&mut line);
        std::thread::sleep(Duration::from_millis(5));
        line.starts_with("220 ")
    });
    assert!(again);
}

#[test]
fn a_line_without_end_is_cut_off_and_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let (office, _door) = office(false);
    let server = start(&office, folder.path().to_owned());
    let mut connection = BufReader::new(TcpStream::connect(server.addresses()[0]).unwrap());
    read_line(&mut connection, "220 ");
    let mut writing = connection.get_ref().try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        let junk = [b'x'; 65536];
        // Until the server closes.
        (0..20_000).take_while(|_| writing.write_all(&junk).is_ok()).count()
    });
    read_line(&mut connection, "500 5.5.2 ");
    read_line(&mut connection, "421 4.7.0 ");
    drop(server);
    assert!(writer.join().unwrap() < 20_000);
}

fn read_line(connection: &mut BufReader<TcpStream>, start: &str) {
    let mut line = String::new();
    connection.get_ref().set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    connection.read_line(&mut line).unwrap();
    assert!(line.starts_with(start), "{line:?} instead of {start:?}");
}

// ---- The client against peers that misbehave -----------------------------------------------

/// A server that runs `script` on one connection after another.
fn peer(scripts: Vec<fn(BufReader<TcpStream>)>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for script in scripts {
            script(BufReader::new(listener.accept().unwrap().0));
        }
    });
    address
}

/// Says something, then waits for a line.
fn say(connection: &mut BufReader<TcpStream>, text: &str) {
    connection.get_mut().write_all(text.as_bytes()).unwrap();
    let mut line = String::new();
    let _ = connection.read_line(&mut line);
}

async fn open_failure(address: SocketAddr, policy: Tls) -> Failure {
    match open(address, policy).await {
        Ok(_) => panic!("a connection came about"),
        Err(failure) => failure,
    }
}

#[test]
fn connections_that_do_not_come_about() {
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let silent = peer(vec![drop]);
    rt::block_on(async {
        assert_eq!(open_failure(nobody, Tls::Off).await, Failure { stage: Stage::Connect, cause: Cause::Refused });
        assert_eq!(open_failure(silent, Tls::Off).await, Failure { stage: Stage::Greeting, cause: Cause::Lost });
        let name = HostPort { host: "no such name".into(), port: 25 };
        let nowhere = Target { server: name, ..target(nobody, Tls::Off) };
        let outcome = Connection::open(&nowhere, &Resolver::new(), Arc::new(SystemClock::new())).await;
        assert!(matches!(outcome, Err(Failure { stage: Stage::Connect, cause: Cause::Unreachable(_) })));
    });
}

#[test]
fn a_server_that_says_nothing_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut hanging = target(listener.local_addr().unwrap(), Tls::Off);
    hanging.options.timeouts.hello = Duration::from_millis(50);
    let outcome = rt::block_on(Connection::open(&hanging, &Resolver::new(), Arc::new(SystemClock::new())));
    assert_eq!(outcome.err(), Some(Failure { stage: Stage::Greeting, cause: Cause::Timeout }));
}

fn broken_tls(mut connection: BufReader<TcpStream>) {
    say(&mut connection, "220 mx\r\n");
    say(&mut connection, "250-mx\r\n250 STARTTLS\r\n");
    connection.get_mut().write_all(b"220 go\r\nthis is no handshake\r\n").unwrap();
}

#[test]
fn tls_that_fails() {
    fn handshake_fails(mut connection: BufReader<TcpStream>) {
        say(&mut connection, "220 mx\r\n");
        say(&mut connection, "250-mx\r\n250 STARTTLS\r\n");
        connection.get_mut().write_all(b"220 go\r\n").unwrap();
        let mut hello = [0; 5];
        let _ = connection.read_exact(&mut hello);
        connection.get_mut().write_all(b"this is no handshake\r\n").unwrap();
    }
    fn plain(mut connection: BufReader<TcpStream>) {
        say(&mut connection, "220 mx\r\n");
        say(&mut connection, "250-mx\r\n250 STARTTLS\r\n");
        say(&mut connection, "221 bye\r\n");
    }
    rt::block_on(async {
        let required = open_failure(peer(vec![handshake_fails]), Tls::Required).await;
        assert!(matches!(required, Failure { stage: Stage::Tls, cause: Cause::Tls(_) }), "{required:?}");
        // A wish only: once more, in the clear.
        let connection = open(peer(vec![handshake_fails, plain]), Tls::IfOffered).await.unwrap();
        connection.quit().await;
        // Octets behind the 220 are an attack or nonsense, never a reason to go on in the clear.
        let attack = open_failure(peer(vec![broken_tls]), Tls::IfOffered).await;
        assert_eq!(attack.stage, Stage::Tls);
    });
}

#[test]
fn a_connection_that_ended_while_idle_is_no_refusal() {
    fn goes(mut connection: BufReader<TcpStream>) {
        say(&mut connection, "220 mx\r\n");
        connection.get_mut().write_all(b"250 mx\r\n421 4.4.2 idle\r\n").unwrap();
    }
    let sent = rt::block_on(async {
        let address = peer(vec![goes]);
        let Ok(mut connection) = open(address, Tls::Off).await else { return None };
        Some(connection.send(message("a@example.com", &["b@example.com"], 1), &mut pieces(b"x")).await)
    });
    // The 421 may come with the reply to EHLO or after it; in no case is it the answer to a MAIL.
    if let Some(sent) = sent {
        assert_eq!(sent.mail, None);
        assert_eq!(sent.connection_lost.map(|failure| failure.stage), Some(Stage::Idle));
    }
}

#[test]
fn a_refusal_in_the_middle_of_a_large_body() {
    fn refuses(mut connection: BufReader<TcpStream>) {
        for text in ["220 mx\r\n", "250 mx\r\n", "250 m\r\n", "250 r\r\n"] {
            say(&mut connection, text);
        }
        say(&mut connection, "354 go\r\n");
        connection.get_mut().write_all(b"552 5.3.4 too big\r\n").unwrap();
        // Reads on, so that no reset overtakes the reply.
        let _ = std::io::copy(&mut connection, &mut std::io::sink());
    }
    let address = peer(vec![refuses]);
    let sent = rt::block_on(async {
        let mut connection = open(address, Tls::Off).await.unwrap();
        connection.send(message("a@example.com", &["b@example.com"], 1), &mut pieces(&content(50_000_000))).await
    });
    assert_eq!((sent.end.map(|reply| reply.code), sent.dot_sent), (Some(552), false));
    assert_eq!(sent.connection_lost.map(|failure| failure.stage), Some(Stage::Body));
}

#[test]
fn a_body_that_cannot_be_read_is_never_finished() {
    struct Failing(bool);
    impl Body for Failing {
        async fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
            if std::mem::replace(&mut self.0, true) { Err(std::io::ErrorKind::Other.into()) } else { Ok(Some(b"half\r\n".to_vec())) }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let (office, _door) = office(false);
    let server = start(&office, folder.path().to_owned());
    rt::block_on(async {
        let mut connection = open(server.addresses()[0], Tls::Off).await.unwrap();
        let sent = connection.send(message("a@example.com", &["b@example.com"], 1), &mut Failing(false)).await;
        assert_eq!((sent.dot_sent, sent.connection_lost), (false, Some(Failure { stage: Stage::Body, cause: Cause::Lost })));
        server.stop(Duration::from_secs(60)).await;
    });
    assert!(office.kept.lock().unwrap().is_empty());
}
