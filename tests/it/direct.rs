//! Delivery to each domain's own mail servers: dnsmasq says who they are, smtp-sink and aiosmtpd are they.
//!
//! Mail servers have no other port than 25: each has an address of its own on loopback.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

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
}
