use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;

/// A name server on loopback: `a.example` has two IPv4 addresses, `six.example` only an IPv6 one, `both.example` one of each; anything else is
/// no such name. Silent while `silent` is set.
struct NameServer {
    address: SocketAddr,
    silent: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl NameServer {
    fn start() -> NameServer {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let (silent, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (quiet, count) = (silent.clone(), asked.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((length, client)) = socket.recv_from(&mut buffer) {
                count.fetch_add(1, Ordering::SeqCst);
                if !quiet.load(Ordering::SeqCst) {
                    let _ = socket.send_to(&answer(&buffer[..length]), client);
                }
            }
        });
        NameServer { address, silent, asked }
    }
}

/// RFC 1035 section 4: header, the question copied, answers with a pointer to its name. TTL 0, so that nothing is cached.
fn answer(query: &[u8]) -> Vec<u8> {
    let mut name = String::new();
    let mut at = 12;
    while query[at] != 0 {
        let length = usize::from(query[at]);
        name.push_str(&String::from_utf8_lossy(&query[at + 1..=at + length]).to_lowercase());
        name.push('.');
        at += length + 1;
    }
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    let question = &query[12..at + 5];
    let (known, records): (bool, Vec<Vec<u8>>) = match (name.as_str(), kind) {
        ("a.example.", 1) => (true, vec![vec![192, 0, 2, 1], vec![192, 0, 2, 2]]),
        ("both.example.", 1) => (true, vec![vec![192, 0, 2, 3]]),
        ("six.example.", 28) | ("both.example.", 28) => {
            (true, vec!["2001:db8::5".parse::<std::net::Ipv6Addr>().unwrap().octets().to_vec()])
        }
        ("a.example." | "six.example." | "both.example.", _) => (true, vec![]),
        _ => (false, vec![]),
    };
    let mut reply = query[..2].to_vec();
    reply.extend([0x81, if known { 0x80 } else { 0x83 }, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    reply.extend(question);
    for record in records {
        reply.extend([0xc0, 12]);
        reply.extend(kind.to_be_bytes());
        reply.extend([0, 1, 0, 0, 0, 0, 0, record.len() as u8]);
        reply.extend(record);
    }
    reply
}

fn resolve(resolver: &Resolver, host: &str) -> Result<Vec<String>, String> {
    let server = HostPort { host: host.into(), port: 25 };
    rt::block_on(resolver.resolve(&server)).map(|found| found.iter().map(SocketAddr::to_string).collect())
}

fn check(resolver: &Resolver, host: &str, expected: Result<&[&str], &str>) {
    match (resolve(resolver, host), expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{host}"),
        (Err(why), Err(words)) => assert!(why.contains(words), "{host}: {why}"),
        (found, expected) => panic!("{host}: {found:?} instead of {expected:?}"),
    }
}

#[test]
fn literal_addresses_and_localhost_need_no_name_server() {
    let resolver = Resolver::with_servers(vec![]);
    check(&resolver, "192.0.2.7", Ok(&["192.0.2.7:25"]));
    check(&resolver, "2001:db8::7", Ok(&["[2001:db8::7]:25"]));
    check(&resolver, "LocalHost.", Ok(&["127.0.0.1:25", "[::1]:25"]));
    check(&Resolver::new(), "192.0.2.7", Ok(&["192.0.2.7:25"]));
}

#[test]
fn names_are_looked_up() {
    let server = NameServer::start();
    let resolver = Resolver::with_servers(vec![server.address]);
    check(&resolver, "a.example", Ok(&["192.0.2.1:25", "192.0.2.2:25"]));
    check(&resolver, "A.Example.", Ok(&["192.0.2.1:25", "192.0.2.2:25"]));
    check(&resolver, "six.example", Ok(&["[2001:db8::5]:25"]));
    check(&resolver, "both.example", Ok(&["192.0.2.3:25"]));
    check(&resolver, "none.example", Err("none.example: no such name"));
    check(&resolver, "not a name", Err("not a name"));
}

#[test]
fn the_last_good_answer_outlives_the_name_server() {
    let server = NameServer::start();
    let resolver = Resolver::with_servers(vec![server.address]);
    check(&resolver, "a.example", Ok(&["192.0.2.1:25", "192.0.2.2:25"]));
    let asked = server.asked.load(Ordering::SeqCst);
    server.silent.store(true, Ordering::SeqCst);
    check(&resolver, "a.example", Ok(&["192.0.2.1:25", "192.0.2.2:25"]));
    assert!(server.asked.load(Ordering::SeqCst) > asked, "the name server was asked again first");
}

#[test]
fn no_name_server_is_an_error_in_words() {
    check(&Resolver::with_servers(vec![]), "a.example", Err("a.example: "));
}

#[test]
fn without_a_name_server_mail_waits() {
    let found = rt::block_on(Resolver::with_servers(vec![]).mail_hosts("a.example", "box.example"));
    assert!(matches!(&found, Err(NoMailHost::Later(why)) if why.starts_with("a.example: ")), "{found:?}");
}

#[test]
fn mail_goes_to_both_address_families() {
    let server = NameServer::start();
    let resolver = Resolver::for_mail(vec![server.address]);
    check(&resolver, "both.example", Ok(&["192.0.2.3:25", "[2001:db8::5]:25"]));
    let hosts = |domain: &str| rt::block_on(resolver.mail_hosts(domain, "box.example"));
    assert_eq!(hosts("six.example"), Ok(vec!["six.example".to_owned()]));
    assert!(matches!(hosts("none.example"), Err(NoMailHost::Never(why)) if why.starts_with("5.1.2 ")));
}
