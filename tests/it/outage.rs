//! The main job with real parts: Postfix is the primary, it dies, the office keeps its mail, Postfix comes back and has everything.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::mail::{self, Ledger};
use crate::harness::person::Person;
use crate::harness::postfix::Postfix;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, folder, free_port, heavy, need, run, sender, wait_for};

const FLIP: Duration = Duration::from_secs(30);
const BACK: Duration = Duration::from_secs(120);

/// Sends a message from a file by swaks; what it sends is the file and one more line end.
fn swaks(lifeboat: &Lifeboat, folder: &Path, to: &str, message: &[u8], options: &[&str]) {
    need("swaks", "swaks");
    let has_tls = Command::new("perl").args(["-MNet::SSLeay", "-e1"]).status().is_ok_and(|status| status.success());
    assert!(has_tls, "swaks has no TLS: install Debian's package `libnet-ssleay-perl` (tests/run does)");
    let file = folder.join("swaks.eml");
    let lines = String::from_utf8(message.strip_suffix(b"\r\n").unwrap_or(message).to_vec()).unwrap();
    fs::write(&file, lines.replace("\r\n", "\n")).unwrap();
    let mut command = Command::new("swaks");
    command.args(["--server", &lifeboat.smtp.ip().to_string(), "--port", &lifeboat.smtp.port().to_string()]);
    command.args(["--from", "out@outside.example", "--to", to, "--data", &format!("@{}", file.display())]);
    run(command.args(options));
}

fn send(lifeboat: &Lifeboat, ledger: &mut Ledger, to: &[&str], message: &[u8]) {
    let reply = sender::deliver(lifeboat.smtp, "out@outside.example", to, message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
    for recipient in to {
        ledger.note(recipient, message);
    }
}

/// Messages of every shape; each accepted one is noted.
fn traffic(lifeboat: &Lifeboat, folder: &Path, ledger: &mut Ledger, round: &str) {
    let (ann, bo) = ("ann@example.com", "bo@example.com");
    let plain = mail::message(ann, &format!("{round} swaks"), "Hello Ann,\n\nthe usual.");
    swaks(lifeboat, folder, ann, &plain, &[]);
    ledger.note(ann, &plain);
    let tls = mail::message(bo, &format!("{round} swaks by TLS"), "over STARTTLS");
    swaks(lifeboat, folder, bo, &tls, &["--tls"]);
    ledger.note(bo, &tls);
    let dots = mail::message(ann, &format!("{round} dots"), ".\n..\n...\n.end\n");
    swaks(lifeboat, folder, ann, &dots, &[]);
    ledger.note(ann, &dots);
    let eight_bit = mail::message(ann, &format!("{round} 8bit"), "Grüße, schöne größere Bären, 日本語");
    send(lifeboat, ledger, &[ann, bo], &eight_bit);
    send(lifeboat, ledger, &["carla@example.com"], &with_attachment(&format!("{round} file")));
    send(lifeboat, ledger, &[bo], &mail::message(bo, &format!("{round} empty"), ""));
}

/// A multipart message with 300 KB of base64.
fn with_attachment(subject: &str) -> Vec<u8> {
    let mut text = format!(
        "From: Outside <out@outside.example>\r\nTo: carla@example.com\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b1\r\n\
         Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=data.bin\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    );
    for line in 0..4000 {
        text.push_str(&format!("{:A>72}\r\n", line));
    }
    text.push_str("--b1--\r\n");
    text.into_bytes()
}

/// smtp-source tells nothing about what it sent, only that each got 250; counted by its sender address.
fn smtp_source(lifeboat: &Lifeboat, count: usize) {
    need("smtp-source", "postfix");
    let mut command = Command::new("/usr/sbin/smtp-source");
    command.args(["-s", "5", "-m", &count.to_string(), "-l", "2048", "-f", "source@outside.example", "-t", "bo@example.com"]);
    run(command.arg(lifeboat.smtp.to_string()));
}

#[test]
fn an_office_keeps_its_mail_while_the_primary_is_dead() {
    let _one = heavy();
    let folder = folder();
    let path = folder.path();
    let outside = Sink::start(path, free_port(SMARTHOST));
    let people = ["ann", "bo", "carla"].map(|user| format!("{user}@example.com"));
    let mut postfix = Postfix::start(path, PRIMARY, &people);
    let setup = Setup { smarthost: Some(outside.smtp), ..Setup::new(postfix.smtp) };
    let mut lifeboat = Lifeboat::start(path, &setup);
    let mut ledger = Ledger::default();
    let password = lifeboat.password("ann@example.com");

    traffic(&lifeboat, path, &mut ledger, "before");
    let unknown = sender::deliver(lifeboat.smtp, "out@outside.example", &["nobody@example.com"], b"Subject: x\r\n\r\n").unwrap();
    assert!(unknown.starts_with("550 5.1.1"), "asked of the primary, which is up: {unknown}");
    let relay = sender::deliver(lifeboat.smtp, "out@outside.example", &["x@elsewhere.example"], b"Subject: x\r\n\r\n").unwrap();
    assert!(relay.starts_with('5'), "strangers cannot relay: {relay}");
    wait_for("traffic before the outage is at the primary", FLIP, || (lifeboat.queued() == 0).then_some(()));
    postfix.wait_idle();
    assert_eq!(ledger.compare(&postfix.mailboxes()), (vec![], vec![]), "before the outage");

    postfix.pull_plug();
    traffic(&lifeboat, path, &mut ledger, "at once");
    lifeboat.wait_mode("continuity", FLIP);
    traffic(&lifeboat, path, &mut ledger, "during");
    smtp_source(&lifeboat, 50);
    let unknown = sender::deliver(lifeboat.smtp, "out@outside.example", &["nobody@example.com"], b"Subject: x\r\n\r\n").unwrap();
    assert!(unknown.starts_with('5') || unknown.starts_with("451"), "{unknown}");

    let ann = Person::new(lifeboat.web, path, "ann");
    ann.sign_in("ann@example.com", &password);
    let message = ann.open("during swaks");
    assert!(message.text().contains("the usual"), "{}", message.text());
    ann.answer(&message, "bo@example.com", "Thank you, we have it in spite of the outage.");
    assert!(ann.get("/mail/sent").text().contains("Re: during swaks"));
    let sent = wait_for("the answer is outside", FLIP, || outside.dumps().into_iter().find(|dump| is_answer(&dump.message)));
    assert_eq!(sent.recipients, ["out@outside.example"]);

    // The mode survives, and so does everything that was accepted.
    assert!(lifeboat.stop().success());
    lifeboat.restart();
    assert_eq!(lifeboat.mode(), "continuity");

    postfix.plug_in();
    lifeboat.wait_mode("normal", BACK);
    traffic(&lifeboat, path, &mut ledger, "after");
    wait_for("the queue is empty", FLIP, || (lifeboat.queued() == 0).then_some(()));
    postfix.wait_idle();
    everything_arrived(&ledger, &postfix, &mail::without_trace(&sent.message));
    assert_eq!(outside.dumps().iter().filter(|dump| is_answer(&dump.message)).count(), 1, "the answer went out once");
}

fn is_answer(message: &[u8]) -> bool {
    mail::subject(message) == "Re: during swaks"
}

fn everything_arrived(ledger: &Ledger, postfix: &Postfix, answer: &[u8]) {
    let mailboxes = postfix.mailboxes();
    assert_eq!(ledger.len(), 4 * 7);
    assert_eq!(ledger.compare(&mailboxes), (vec![], vec![]), "(missing, more than once)");
    let bo = &mailboxes["bo@example.com"];
    let answers: Vec<Vec<u8>> = bo.iter().map(|message| mail::without_trace(message)).filter(|message| is_answer(message)).collect();
    assert_eq!(answers.len(), 1, "the colleague has the answer once");
    assert_eq!(answers[0], answer, "and it is the one that went out");
    let from_source = bo.iter().filter(|message| contains(message, b"source@outside.example")).count();
    assert_eq!(from_source, 50, "what smtp-source sent");
    let digests = mailboxes["ann@example.com"].iter().filter(|message| contains(message, b"message/rfc822")).count();
    assert_eq!(digests, 1, "the digest with the sent copy");
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
