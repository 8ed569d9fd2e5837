//! A message that rotted on the box's own disk is held for the admin, and never handed over as if it were whole.

use std::fs;
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, folder, free_port, mail, sender, wait_for};

const FLIP: Duration = Duration::from_secs(30);
const BACK: Duration = Duration::from_secs(60);

#[test]
fn a_damaged_message_is_held() {
    let folder = folder();
    let primary = free_port(PRIMARY);
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::new(primary));
    lifeboat.wait_mode("continuity", FLIP);
    for body in ["sound one\n", "rotten one\n", "sound two\n"] {
        let message = mail::message("ann@example.com", body.trim(), body);
        assert!(sender::deliver(lifeboat.smtp, "out@outside.example", &["ann@example.com"], &message).unwrap().starts_with("250"));
    }
    assert!(lifeboat.stop().success());
    let flipped = fs::read_dir(lifeboat.data().join("spool")).unwrap().filter(|entry| flip(&entry.as_ref().unwrap().path())).count();
    assert_eq!(flipped, 1);
    lifeboat.restart();

    let sink = Sink::start(folder.path(), primary);
    lifeboat.wait_mode("normal", BACK);
    wait_for("the queue is empty", BACK, || (lifeboat.queued() == 0).then_some(()));
    let status = lifeboat.status();
    assert_eq!(status["queue"]["held"], 1, "{status}");
    assert!(status["alarms"].as_array().unwrap().iter().any(|alarm| alarm["name"] == "spool-damaged"), "{status}");
    let subjects: Vec<String> = sink.dumps().iter().map(|dump| mail::subject(&dump.message)).collect();
    assert_eq!(subjects.iter().filter(|subject| subject.starts_with("sound")).count(), 2, "{subjects:?}");
    assert!(!subjects.iter().any(|subject| subject.starts_with("rotten")), "{subjects:?}");
}

/// Changes one octet of the body, if this segment holds it.
fn flip(path: &std::path::Path) -> bool {
    let mut bytes = fs::read(path).unwrap_or_default();
    let Some(at) = bytes.windows(12).position(|window| window == b"\r\nrotten one") else { return false };
    bytes[at + 2] ^= 1;
    fs::write(path, bytes).unwrap();
    true
}
