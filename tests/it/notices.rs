//! What the admins are told, on the way outward.

use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, folder, free_port, mail, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(120);

/// The notice with that in its subject; there is one at most.
fn notice(sink: &Sink, subject: &str) -> Option<String> {
    let texts = sink.dumps().into_iter().map(|dump| {
        assert_eq!(dump.recipients, ["admin@phone.example"]);
        String::from_utf8(dump.message).unwrap()
    });
    let found: Vec<String> =
        texts.filter(|text| text.lines().any(|line| line.starts_with("Subject: ") && line.contains(subject))).collect();
    assert!(found.len() <= 1, "{found:?}");
    found.into_iter().next()
}

#[test]
fn admins_are_told_once_what_begins_and_what_ends() {
    let folder = folder();
    let here = folder.path();
    let (outside, inside) = (here.join("outside"), here.join("inside"));
    for path in [&outside, &inside] {
        std::fs::create_dir(path).unwrap();
    }
    let phone = Sink::start(&outside, free_port(SMARTHOST));
    let primary = free_port(PRIMARY);
    let more = "[notify]\nadmins = [\"admin@phone.example\"]\n".to_owned();
    let setup = Setup { smarthost: Some(phone.smtp), more, ..Setup::new(primary) };
    let mut lifeboat = Lifeboat::start(here, &setup);
    let begun = wait_for("the beginning is told", LIMIT, || notice(&phone, "Exchange is down"));
    for part in [
        "Why: The primary could not be reached",
        "https://lifeboat.example.com:",
        "From: Lifeboat <postmaster@example.com>",
        "Auto-Submitted:",
    ] {
        assert!(begun.replace("=\n", "").contains(part), "{part}: {begun}");
    }
    let message = mail::message("ann@example.com", "meanwhile", "text");
    assert!(sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message).unwrap().starts_with("250"));
    // A restart in the middle tells nothing again.
    lifeboat.stop();
    lifeboat.restart();
    let _primary = Sink::start(&inside, primary);
    let over = wait_for("the end is told", LIMIT, || notice(&phone, "Exchange is back"));
    assert!(over.replace("=\n", "").contains("1 message was taken; 1 delivered"), "{over}");
    assert_eq!(phone.dumps().len(), 2);
}
