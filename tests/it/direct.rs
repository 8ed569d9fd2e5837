//! Delivery to each domain's own mail servers: dnsmasq says who they are, smtp-sink and aiosmtpd are they.
//!
//! Mail servers have no other port than 25: each has an address of its own on loopback.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::harness::aiosmtpd::PYTHON;
use crate::harness::dnsmasq::Dnsmasq;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sink::Sink;
use crate::harness::{SMARTHOST, folder, free_port, mail, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(40);

/// A box that delivers directly, with that zone.
fn box_with(folder: &Path, zone: &[String]) -> (Lifeboat, Dnsmasq) {
    let dns = Dnsmasq::start(free_port(SMARTHOST), zone);
    let more = format!("[outbound]\nroute = \"direct\"\ndns = [\"{}\"]\n", dns.address);
    let setup = Setup { trusted: vec!["127.0.0.1/32".to_owned()], more, ..Setup::without_primary() };
    (Lifeboat::start(folder, &setup), dns)
}

/// The address of a mail server of these tests.
fn mail_server(number: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 25, number], 25))
}

fn host(name: &str, number: u8) -> String {
    format!("host-record={name},{}", mail_server(number).ip())
}

fn send(lifeboat: &Lifeboat, to: &[&str], subject: &str) -> Vec<u8> {
    let message = mail::message(to[0], subject, "text");
    let reply = sender::deliver(lifeboat.smtp, "ann@example.com", to, &message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
    message
}

fn arrived(sink: &Sink, count: usize) -> Vec<Vec<String>> {
    let dumps = wait_for("the server has it", LIMIT, || Some(sink.dumps()).filter(|dumps| dumps.len() >= count));
    dumps.into_iter().map(|dump| dump.recipients).collect()
}

fn all_done(lifeboat: &Lifeboat) {
    wait_for("nothing waits", LIMIT, || (lifeboat.queued() == 0).then_some(()));
}

#[test]
fn the_best_server_that_answers_gets_it() {
    let folder = folder();
    let zone = [
        "mx-host=outside.example,second.outside.example,20".to_owned(),
        "mx-host=outside.example,dead.outside.example,10".to_owned(),
        host("dead.outside.example", 9),
        host("second.outside.example", 1),
    ];
    let sink = Sink::start(folder.path(), mail_server(1));
    let (lifeboat, _dns) = box_with(folder.path(), &zone);
    let message = send(&lifeboat, &["x@outside.example", "y@outside.example"], "to the second");
    assert_eq!(arrived(&sink, 1), [["x@outside.example", "y@outside.example"]]);
    assert!(mail::without_trace(&sink.dumps()[0].message) == message);
    all_done(&lifeboat);
    assert!(lifeboat.log().contains("server=dead.outside.example:25 takes nothing now"));
    let shown = lifeboat.command(&["queue", "show", "1"]);
    assert!(shown.contains("second.outside.example:25"), "{shown}");
}

#[test]
fn each_domain_has_its_own_server() {
    let folder = folder();
    let here = folder.path();
    let (one, two) = (here.join("one"), here.join("two"));
    for path in [&one, &two] {
        std::fs::create_dir(path).unwrap();
    }
    // The first has no MX: its address is the server. The second is written with letters.
    let zone = [host("one.example", 2), "mx-host=xn--bcher-kva.example,mail.two.example,5".to_owned(), host("mail.two.example", 3)];
    let sinks = [Sink::start(&one, mail_server(2)), Sink::start(&two, mail_server(3))];
    let (lifeboat, _dns) = box_with(here, &zone);
    send(&lifeboat, &["a@one.example", "b@xn--bcher-kva.example", "c@one.example", "d@[127.0.25.3]"], "to both");
    assert_eq!(arrived(&sinks[0], 1), [["a@one.example", "c@one.example"]]);
    let mut got = arrived(&sinks[1], 2);
    got.sort();
    assert_eq!(got, [["b@xn--bcher-kva.example"], ["d@[127.0.25.3]"]]);
    all_done(&lifeboat);
}

#[test]
fn a_domain_that_takes_no_mail_is_told_at_once() {
    let folder = folder();
    let zone = [
        // A null MX (RFC 7505): preference 0, the root.
        "dns-rr=null.example,15,000000".to_owned(),
        // It exists, and has neither MX nor address.
        "txt-record=empty.example,here".to_owned(),
        "mx-host=ours.example,lifeboat.example.com,10".to_owned(),
    ];
    let (lifeboat, _dns) = box_with(folder.path(), &zone);
    for (domain, status) in [("null.example", "5.1.10"), ("none.example", "5.1.2"), ("empty.example", "5.1.2"), ("ours.example", "5.4.6")] {
        send(&lifeboat, &[&format!("x@{domain}")], domain);
        let shown = wait_for("it is given up", LIMIT, || {
            let reports = lifeboat.mail_of("ann@example.com");
            let about = format!("Final-Recipient: rfc822; x@{domain}");
            reports.into_iter().map(|report| String::from_utf8_lossy(&report).into_owned()).find(|report| report.contains(&about))
        });
        assert!(shown.contains(&format!("Status: {status}")), "{shown}");
    }
}

#[test]
fn a_slow_domain_does_not_keep_others_waiting() {
    let folder = folder();
    let here = folder.path();
    let zone = [host("fast.example", 4), host("slow.example", 5)];
    let sink = Sink::start(here, mail_server(4));
    // Takes connections and never says anything.
    let _slow = std::net::TcpListener::bind(mail_server(5)).unwrap();
    let (lifeboat, _dns) = box_with(here, &zone);
    for n in 0..30 {
        send(&lifeboat, &["x@slow.example"], &format!("slow {n}"));
    }
    send(&lifeboat, &["x@slow.example", "x@fast.example"], "both");
    send(&lifeboat, &["y@fast.example"], "fast");
    assert_eq!(arrived(&sink, 1)[0], ["y@fast.example"]);
    let list = lifeboat.command(&["queue", "list"]);
    assert!(list.contains("x@slow.example") && !list.contains("1 tries"), "while the slow server was still waited for: {list}");
}

/// What Debian's python3-dkim says of each signature of a message, with a name server of one record.
const VERIFY: &str = r#"
import dkim, sys
message = sys.stdin.buffer.read()
records = dict(zip(sys.argv[1::2], sys.argv[2::2]))
def dns(name, timeout=5):
    return records.get(name.decode().rstrip("."), "").encode()
count = message.split(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
def verify(n):
    try:
        return dkim.DKIM(message).verify(idx=n, dnsfunc=dns)
    except dkim.ValidationError as error:
        return str(error).split(" (")[0]
print(count, [verify(n) for n in range(count)])
"#;

fn verified(message: &[u8], records: &[(String, String)]) -> String {
    use std::io::Write;
    let mut command = Command::new(PYTHON);
    command.args(["-c", VERIFY]).args(records.iter().flat_map(|(name, record)| [name, record]));
    let mut child = command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(message).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "python3-dkim and python3-nacl are there (tests/run installs them)");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn what_leaves_is_signed() {
    let folder = folder();
    let here = folder.path();
    let sink = Sink::start(here, mail_server(7));
    let dns_at = free_port(SMARTHOST);
    let zone = |more: &[String]| [&[host("outside.example", 7)], more].concat();
    let dns = Dnsmasq::start(dns_at, &zone(&[]));
    let more = format!("[outbound]\nroute = \"direct\"\ndns = [\"{dns_at}\"]\n");
    let mut setup = Setup { trusted: vec!["127.0.0.1/32".to_owned()], more, ..Setup::without_primary() };
    let lifeboat = Lifeboat::start(here, &setup);
    let made = lifeboat.command(&["dkim", "create", "lb1"]);
    assert!(made.contains("lb1._domainkey.example.com. IN TXT ( \"v=DKIM1; k=rsa; p="), "{made}");
    lifeboat.command(&["dkim", "create", "lb2", "--kind", "ed25519"]);
    assert!(lifeboat.command(&["dkim", "show"]).contains("DNS does not have it yet."));
    let keys: serde_json::Value = serde_json::from_str(&lifeboat.command(&["dkim", "show", "--json"])).unwrap();
    let records: Vec<(String, String)> = (0..2)
        .map(|n| {
            let key = &keys["keys"][n];
            (format!("{}._domainkey.example.com", key["selector"].as_str().unwrap()), key["record"].as_str().unwrap().to_owned())
        })
        .collect();
    drop((lifeboat, dns));

    // In DNS a record is cut into strings; dnsmasq takes them with commas between.
    let published = |(name, record): &(String, String)| {
        let strings: Vec<&str> = record.as_bytes().chunks(200).map(|chunk| std::str::from_utf8(chunk).unwrap()).collect();
        format!("txt-record={name},{}", strings.join(","))
    };
    let _dns = Dnsmasq::start(dns_at, &zone(&records.iter().map(published).collect::<Vec<_>>()));
    setup.more.push_str("[dkim]\nselectors = [\"lb1\", \"lb2\"]\n");
    let lifeboat = Lifeboat::start(here, &setup);
    let shown = lifeboat.command(&["dkim", "show"]);
    assert_eq!((shown.matches("DNS has it.").count(), shown.matches("): in use").count()), (2, 2), "{shown}");

    let large = "A line  with   spaces \t\n\n".repeat(30_000);
    for (subject, from, body) in [
        ("plain", "ann@example.com", "text\n.dot\n\n\n"),
        ("empty", "ann@example.com", ""),
        ("large", "Ann <ann@example.com>", large.as_str()),
        ("foreign", "x@elsewhere.example", "text\n"),
    ] {
        let message = String::from_utf8(mail::message("x@outside.example", subject, body)).unwrap();
        let message = message.replace("Outside <out@outside.example>", from);
        let reply = sender::deliver(lifeboat.smtp, "ann@example.com", &["x@outside.example"], message.as_bytes()).unwrap();
        assert!(reply.starts_with("250"), "{reply}");
        let subject = format!("Subject: {subject}\n");
        let arrived = wait_for("it is there", LIMIT, || {
            sink.dumps().into_iter().map(|dump| String::from_utf8(dump.message).unwrap()).find(|text| text.contains(&subject))
        });
        let wire = arrived.replace('\n', "\r\n");
        let expected = if from.contains("example.com") { "2 [True, True]" } else { "0 []" };
        assert_eq!(verified(wire.as_bytes(), &records), expected, "{subject}");
        // A body that was touched is found out.
        if expected.starts_with('2') {
            assert_eq!(verified(format!("{wire}more\r\n").as_bytes(), &records), "2 ['body hash mismatch', 'body hash mismatch']");
        }
    }
}
