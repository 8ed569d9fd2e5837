//! What strangers may do, and what runs in a circle.

use std::process::Command;
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sender::{self, Session};
use crate::harness::sink::Sink;
use crate::harness::{SMARTHOST, folder, free_port, mail, need, wait_for};

const LIMIT: Duration = Duration::from_secs(40);

fn begin(lifeboat: &Lifeboat) -> Session {
    let (mut session, greeting) = Session::open(lifeboat.smtp).unwrap();
    assert!(greeting.starts_with("220"), "{greeting}");
    session.command("EHLO sender.outside.example").unwrap();
    session.command("MAIL FROM:<x@outside.example>").unwrap();
    session
}

#[test]
fn an_address_writes_to_so_many_people_an_hour() {
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup { smtp: "stranger_rate = 3".to_owned(), ..Setup::without_primary() });
    let mut session = begin(&lifeboat);
    let replies: Vec<String> = ["ann", "bo", "carla", "postmaster"]
        .map(|user| session.command(&format!("RCPT TO:<{user}@example.com>")).unwrap()[..9].to_owned())
        .to_vec();
    assert_eq!(replies, ["250 2.1.5", "250 2.1.5", "250 2.1.5", "451 4.7.1"]);
}

#[test]
fn who_guesses_addresses_learns_less_and_less() {
    let folder = folder();
    let setup = Setup { smtp: "directory_only = [\"example.com\"]".to_owned(), ..Setup::without_primary() };
    let lifeboat = Lifeboat::start(folder.path(), &setup);
    let mut told = Vec::new();
    // Many sessions at a time, since each answer waits.
    let guessing: Vec<_> = (0..44)
        .map(|n| {
            let mut session = begin(&lifeboat);
            std::thread::spawn(move || {
                let ask = |guess| session.command(&format!("RCPT TO:<guess{n}.{guess}@example.com>")).unwrap();
                (0..3).map(ask).collect::<Vec<String>>()
            })
        })
        .collect();
    for session in guessing {
        told.extend(session.join().unwrap());
    }
    let truths = told.iter().filter(|reply| reply.starts_with("550 5.1.1")).count();
    // A little of the allowance comes back meanwhile.
    assert!((100..110).contains(&truths), "{truths} of {}", told.len());
    assert!(told.iter().all(|reply| reply.starts_with("550 5.1.1") || reply.starts_with("450 4.7.1")), "{told:?}");
    // Who exists is told, and gets mail.
    let message = mail::message("ann@example.com", "still", "text");
    let reply = sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
}

#[test]
fn each_domain_has_its_rule() {
    let folder = folder();
    let rules = "accept_all = [\"any.example\"]\ndirectory_only = [\"example.com\"]";
    let setup = Setup { smtp: rules.to_owned(), ..Setup::without_primary() };
    let lifeboat = Lifeboat::prepare(folder.path(), &setup);
    let file = folder.path().join("lifeboat.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("[\"example.com\"]\ntrusted", "[\"example.com\", \"any.example\", \"asked.example\"]\ntrusted"))
        .unwrap();
    let mut lifeboat = lifeboat;
    lifeboat.restart();
    let mut session = begin(&lifeboat);
    for (address, expected) in
        [("ann@example.com", "250"), ("new@example.com", "550 5.1.1"), ("anybody@any.example", "250"), ("new@asked.example", "451 4.3.0")]
    {
        let reply = session.command(&format!("RCPT TO:<{address}>")).unwrap();
        assert!(reply.starts_with(expected), "{address}: {reply}");
    }
}

#[test]
fn mail_that_runs_in_a_circle_is_refused() {
    let folder = folder();
    let here = folder.path();
    let sink = Sink::start(here, free_port(SMARTHOST));
    let setup = Setup { trusted: vec!["127.0.0.1/32".to_owned()], smarthost: Some(sink.smtp), ..Setup::without_primary() };
    let lifeboat = Lifeboat::start(here, &setup);
    let mut message = mail::message("x@outside.example", "round", "text");
    for pass in 1..=3 {
        let reply = sender::deliver(lifeboat.smtp, "ann@example.com", &["x@outside.example"], &message).unwrap();
        if pass == 3 {
            assert!(reply.starts_with("554 5.4.6"), "{reply}");
            break;
        }
        assert!(reply.starts_with("250"), "{reply}");
        let dump = wait_for("it went around", LIMIT, || sink.dumps().into_iter().find(|dump| count(&dump.message) == pass));
        message = String::from_utf8(dump.message).unwrap().replace('\n', "\r\n").into_bytes();
    }
    assert!(lifeboat.status()["alarms"].to_string().contains("runs in a circle"));
}

fn count(message: &[u8]) -> usize {
    String::from_utf8_lossy(message).matches("Lifeboat-Loop: ").count()
}

/// Where a filter stands.
const FILTER: &str = "127.0.26.1";

/// Sends through the filter by swaks with these options; what was said.
fn by_filter(lifeboat: &Lifeboat, options: &[&str]) -> String {
    need("swaks", "swaks");
    let mut command = Command::new("swaks");
    command.args(["--server", &lifeboat.smtp.ip().to_string(), "--port", &lifeboat.smtp.port().to_string(), "--local-interface", FILTER]);
    command.args(["--ehlo", "filter.example.com", "--from", "x@outside.example", "--to", "ann@example.com"]).args(options);
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn received_by_ann(lifeboat: &Lifeboat) -> String {
    let mail = wait_for("it is there", LIMIT, || lifeboat.mail_of("ann@example.com").pop());
    String::from_utf8(mail).unwrap().lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_filter_says_by_xclient_whose_mail_it_is() {
    let folder = folder();
    let smtp = format!("xclient = [\"{FILTER}\"]\nstranger_rate = 1");
    let lifeboat = Lifeboat::start(folder.path(), &Setup { smtp, ..Setup::without_primary() });
    let said = by_filter(&lifeboat, &["--xclient", "ADDR=203.0.113.9 HELO=mail.outside.example"]);
    assert!(said.contains("250 2.0.0 stored as"), "{said}");
    let header = received_by_ann(&lifeboat);
    assert!(header.contains("from mail.outside.example ([203.0.113.9])"), "{header}");
    // The limits count for the sender, not for the filter.
    let said = by_filter(&lifeboat, &["--xclient", "ADDR=203.0.113.9"]);
    assert!(said.contains("451 4.7.1"), "{said}");
    let said = by_filter(&lifeboat, &["--xclient", "ADDR=203.0.113.10"]);
    assert!(said.contains("250 2.0.0 stored as"), "{said}");
    // Nobody else may say so.
    let mut session = begin(&lifeboat);
    assert!(session.command("XCLIENT ADDR=203.0.113.11").unwrap().starts_with("502"));
}

#[test]
fn a_proxy_says_whose_connection_it_is() {
    let folder = folder();
    let smtp = format!("proxy = [\"{FILTER}\"]\nstranger_rate = 1");
    let lifeboat = Lifeboat::start(folder.path(), &Setup { smtp, ..Setup::without_primary() });
    let proxied = |source: &str| {
        let family = if source.contains(':') { "AF_INET6" } else { "AF_INET" };
        let destination = if source.contains(':') { "2001:db8::20" } else { "192.0.2.20" };
        let options = [
            "--proxy-version",
            "2",
            "--proxy-family",
            family,
            "--proxy-protocol",
            "STREAM",
            "--proxy-source",
            source,
            "--proxy-source-port",
            "4711",
        ];
        let to = ["--proxy-dest", destination, "--proxy-dest-port", "25"];
        by_filter(&lifeboat, &[&options[..], &to].concat())
    };
    let said = proxied("203.0.113.9");
    assert!(said.contains("250 2.0.0 stored as"), "{said}");
    assert!(received_by_ann(&lifeboat).contains("([203.0.113.9])"));
    assert!(proxied("203.0.113.9").contains("451 4.7.1"));
    let said = proxied("2001:db8::9");
    assert!(said.contains("250 2.0.0 stored as"), "{said}");
    // Without the header nobody gets in there, and elsewhere it is no greeting.
    let said = by_filter(&lifeboat, &[]);
    assert!(!said.contains("<-  220"), "{said}");
    wait_for("it is in the log", LIMIT, || lifeboat.log().contains("rejected connection proxy=127.0.26.1").then_some(()));
    assert!(begin(&lifeboat).command("RCPT TO:<ann@example.com>").unwrap().starts_with("250"));
}
