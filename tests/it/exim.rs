//! Exim on both sides of the box: it sends by BDAT, inside TLS, and it is the primary.

use std::time::Duration;

use crate::harness::exim::Exim;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::{PRIMARY, folder, free_port, mail, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(40);

fn body(message: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(message).replace("\r\n", "\n");
    text.split_once("\n\n").map(|(_, body)| body.as_bytes().to_vec()).unwrap_or_default()
}

#[test]
fn sends_in_chunks() {
    let folder = folder();
    let here = folder.path();
    let lifeboat = Lifeboat::start(here, &Setup::without_primary());
    let exim = Exim::new(here, Some(lifeboat.smtp));
    let large = "a line of text that is repeated until it is large enough to come in many chunks\n".repeat(30_000);
    let messages = [
        mail::message("ann@example.com", "dots", ".\n..\n.end\n\nMAIL FROM:<x@example.com>\n"),
        mail::message("ann@example.com", "8bit", "Grüße, größere Bären\n"),
        mail::message("ann@example.com", "large", &large),
    ];
    for message in &messages {
        let unix = String::from_utf8(message.clone()).unwrap().replace("\r\n", "\n");
        let log = exim.send("out@outside.example", "ann@example.com", unix.as_bytes());
        let last = log.lines().rfind(|line| line.contains(" => ann")).unwrap_or_default();
        // K: CHUNKING was used; X: inside TLS.
        assert!(last.contains(" K ") && last.contains(" X=TLS1.3") && last.contains("C=\"250 2.0.0 stored as"), "{log}");
    }
    let found = wait_for("all is indexed", LIMIT, || {
        let found = lifeboat.mail_of("ann@example.com");
        (found.len() == messages.len()).then_some(found)
    });
    for message in &messages {
        assert!(found.iter().any(|file| body(file) == body(message)), "{}", String::from_utf8_lossy(&message[..200]));
    }
}

#[test]
fn is_the_primary() {
    let folder = folder();
    let here = folder.path();
    let primary = free_port(PRIMARY);
    let mut exim = Exim::new(here, None);
    exim.listen(primary);
    let lifeboat = Lifeboat::start(here, &Setup::new(primary));
    let message = mail::message("ann@example.com", "to exim", ".dot\ntext\n");
    let reply = sender::deliver(lifeboat.smtp, "out@outside.example", &["ann@example.com"], &message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
    let filed = wait_for("exim has filed it", LIMIT, || Some(exim.mailbox()).filter(|text| text.contains("Subject: to exim")));
    assert!(filed.contains("\n.dot\ntext\n") && filed.contains("by lifeboat.example.com"), "{filed}");
    wait_for("it is recorded", LIMIT, || lifeboat.log().contains("states=delivered").then_some(()));
}
