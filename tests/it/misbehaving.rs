//! A primary that misbehaves in every way: what the sender is told, what is recorded, and that in the end everything has arrived and nobody
//! got a bounce.

use std::time::Duration;

use serde_json::Value;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::scripted::Behaviour::{self, *};
use crate::harness::scripted::{Command, Scripted};
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, folder, free_port, mail, sender, slow, wait_for};

const BACK: Duration = Duration::from_secs(180);

/// What has to come of it.
struct Expected {
    /// Code of the reply to the sender.
    told: &'static str,
    /// In the log, right after the hand-over.
    state: &'static str,
    /// How often the primary has it in the end.
    arrives: std::ops::RangeInclusive<usize>,
}

const OURS: Expected = Expected { told: "250", state: "queued", arrives: 1..=1 };

fn check(behaviour: Behaviour, expected: Expected) {
    let folder = folder();
    let primary = Scripted::start();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::new(primary.smtp));
    wait_for("a good probe", Duration::from_secs(20), || healthy(&lifeboat));
    primary.behave(behaviour);
    let message = b"From: x@outside.example\r\nSubject: the message\r\n\r\ntext\r\n";
    let told = sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], message).unwrap();
    assert!(told.starts_with(expected.told), "{behaviour:?}: {told}");
    let line = wait_for("the outcome", Duration::from_secs(120), || {
        lifeboat.log().lines().find(|line| line.contains("smtp handed-over message=1 ")).map(str::to_owned)
    });
    assert!(line.contains(&format!("states={}", expected.state)), "{behaviour:?}: {line}");
    let in_doubt = || lifeboat.command(&["queue", "list", "--json"]).replace(' ', "").contains("\"in_doubt\":true");
    match behaviour {
        DropAfterDot => wait_for("it is recorded as ambiguous", Duration::from_secs(20), || in_doubt().then_some(())),
        _ => assert!(!in_doubt(), "{behaviour:?}"),
    }

    primary.behave(Good);
    wait_for("all is handed over", BACK, || (lifeboat.mode() == "normal" && lifeboat.queued() == 0).then_some(()));
    let taken = primary.taken();
    let count = taken.iter().filter(|taken| taken.subject == "the message" && taken.answered).count();
    assert!(expected.arrives.contains(&count), "{behaviour:?}: {taken:?}");
    assert!(taken.iter().all(|taken| taken.subject == "the message" && !taken.reverse_path.contains("<>")), "no bounces: {taken:?}");
    let list: Value = serde_json::from_str(&lifeboat.command(&["queue", "list", "--json"])).unwrap();
    assert!(!list.to_string().contains("\"recipient\""), "{behaviour:?}: nothing is held or waits: {list}");
}

fn healthy(lifeboat: &Lifeboat) -> Option<()> {
    lifeboat.status()["probes"].to_string().to_lowercase().contains("healthy").then_some(())
}

/// Side by side: what takes long is the wait for the next try.
#[test]
fn whatever_a_primary_does_nothing_is_lost_and_nobody_gets_a_bounce() {
    let tarpit = Duration::from_secs(if slow() { 55 } else { 3 });
    let taken = || Expected { told: "250", state: "delivered", arrives: 1..=1 };
    let plays = [
        (NoBanner, OURS),
        (BannerThenSilence, OURS),
        // Maintenance.
        (Says(Command::Mail, "421 4.3.2 Service not available"), OURS),
        // A connector that does not let us in.
        (Says(Command::Mail, "550 5.7.1 Client was not authenticated"), OURS),
        // Back pressure with a tarpit; the same that only takes long.
        (Tarpit(Command::Mail, "452 4.3.1 Insufficient system resources", tarpit), OURS),
        (Tarpit(Command::Mail, "250 2.1.0 Sender OK", Duration::from_secs(3)), taken()),
        (Says(Command::Rcpt, "451 4.3.0 try later"), OURS),
        // A half-restored server that knows nobody.
        (Says(Command::Rcpt, "550 5.1.1 unknown"), OURS),
        (Says(Command::Data, "451 4.3.0 try later"), OURS),
        // It has it twice: once without an answer. Nobody could know better.
        (DropAfterDot, OURS),
        // The sender's own server tells the sender.
        (Says(Command::Dot, "554 5.6.0 spam"), Expected { told: "554", state: "refused", arrives: 0..=0 }),
        (Says(Command::Dot, "451 4.3.0 try later"), OURS),
        (HalfClosed, OURS),
        // It was only a wish: the mail goes without.
        (TlsFails, taken()),
        (TlsCloses, taken()),
    ];
    let running = plays.map(|(behaviour, expected)| (behaviour, std::thread::spawn(move || check(behaviour, expected))));
    let failed: Vec<Behaviour> = running.into_iter().filter_map(|(behaviour, play)| play.join().is_err().then_some(behaviour)).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn what_the_primary_said_about_recipients_is_known_after_a_restart_in_an_outage() {
    let folder = folder();
    let primary = Scripted::start();
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::new(primary.smtp));
    let deliver = |lifeboat: &Lifeboat, to: &str| {
        sender::deliver(lifeboat.smtp, "x@outside.example", &[to], b"Subject: the message\r\n\r\ntext\r\n").unwrap()
    };
    assert!(deliver(&lifeboat, "new@example.com").starts_with("250"));
    primary.behave(Says(Command::Rcpt, "550 5.1.1 unknown"));
    assert!(deliver(&lifeboat, "nobody@example.com").starts_with("550 5.1.1"));
    primary.behave(NoBanner);
    assert!(lifeboat.stop().success());
    lifeboat.restart();
    lifeboat.wait_mode("continuity", Duration::from_secs(40));
    assert!(deliver(&lifeboat, "new@example.com").starts_with("250"));
    assert!(deliver(&lifeboat, "nobody@example.com").starts_with("550 5.1.1"));
    // Whom nobody knows anything about is told to come again: new staff must not be refused.
    assert!(deliver(&lifeboat, "never-asked@example.com").starts_with("451"));
}

/// What is said to MAIL is about the sender, also on a connection that was used before.
#[test]
fn a_sender_that_is_refused_makes_nobody_unknown() {
    let folder = folder();
    let primary = Scripted::start();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::new(primary.smtp));
    wait_for("a good probe", Duration::from_secs(20), || healthy(&lifeboat));
    let deliver = |from: &str| sender::deliver(lifeboat.smtp, from, &["new@example.com"], b"Subject: the message\r\n\r\ntext\r\n").unwrap();
    // Leaves an idle connection behind.
    assert!(
        sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], b"Subject: first\r\n\r\ntext\r\n")
            .unwrap()
            .starts_with("250")
    );
    primary.behave(Says(Command::Mail, "550 5.7.1 Client does not have permissions to send as this sender"));
    for _ in 0..2 {
        let told = deliver("ceo@example.com");
        assert!(told.starts_with("451"), "{told}");
    }
    primary.behave(Good);
    let told = wait_for("the next sender is asked about", Duration::from_secs(60), || {
        Some(deliver("x@outside.example")).filter(|told| told.starts_with("250"))
    });
    assert!(told.starts_with("250"), "{told}");
}

/// A trusted device writes to a colleague and to the outside: who is told that it was refused takes it for lost, and sends it to both again.
#[test]
fn a_refusal_is_not_told_where_others_of_the_message_were_taken() {
    let folder = folder();
    let primary = Scripted::start();
    let outside = Sink::start(folder.path(), free_port(SMARTHOST));
    let setup = Setup { trusted: vec!["127.0.0.1/32".to_owned()], smarthost: Some(outside.smtp), ..Setup::new(primary.smtp) };
    let lifeboat = Lifeboat::start(folder.path(), &setup);
    wait_for("a good probe", Duration::from_secs(20), || healthy(&lifeboat));
    primary.behave(Says(Command::Dot, "554 5.6.0 spam"));
    let message = b"From: ann@example.com\r\nSubject: the message\r\n\r\ntext\r\n";
    let told = sender::deliver(lifeboat.smtp, "ann@example.com", &["bo@example.com", "shop@outside.example"], message).unwrap();
    assert!(told.starts_with("250"), "{told}");
    wait_for("it is outside", Duration::from_secs(60), || (outside.dumps().len() == 1).then_some(()));
    let list = wait_for("the refusal is held", Duration::from_secs(20), || {
        Some(lifeboat.command(&["queue", "list"])).filter(|list| list.contains("bo@example.com"))
    });
    assert!(list.contains("554 5.6.0 spam"), "{list}");
    // To the same colleague alone it is passed on.
    let told = sender::deliver(lifeboat.smtp, "ann@example.com", &["bo@example.com"], message).unwrap();
    assert!(told.starts_with("554"), "{told}");
}

#[test]
fn details_and_what_nobody_has_are_taken_in_an_outage_where_the_admin_says_so() {
    let folder = folder();
    let here = folder.path();
    let smtp = "catch_all = [\"carla@example.com\"]".to_owned();
    let lifeboat = Lifeboat::start(here, &Setup { smtp, ..Setup::without_primary() });
    lifeboat.wait_mode("continuity", Duration::from_secs(40));
    for (number, to) in ["Ann+shop@example.com", "nobody@example.com", "bo@example.com"].iter().enumerate() {
        let message = format!("Subject: {number}\r\n\r\ntext\r\n");
        assert!(sender::deliver(lifeboat.smtp, "x@outside.example", &[to], message.as_bytes()).unwrap().starts_with("250"), "{to}");
    }
    let list = wait_for("all is filed", Duration::from_secs(20), || {
        Some(lifeboat.command(&["mailbox", "list"])).filter(|list| ["ann@", "bo@", "carla@"].iter().all(|user| list.contains(user)))
    });
    assert!(!list.contains("nobody@") && !list.contains("shop"), "{list}");
    let queue = lifeboat.command(&["queue", "list"]);
    assert!(
        queue.contains("Ann+shop@example.com") && queue.contains("nobody@example.com"),
        "the primary gets the addresses as they were: {queue}"
    );
}

/// One fault of smtp-sink's own: the message is ours, and is there once when the sink is well again (in doubt: at most twice).
fn check_sink(fault: &[&str], copies_max: usize) {
    let folder = folder();
    let smtp = free_port(PRIMARY);
    let lifeboat = {
        let _well = Sink::start(folder.path(), smtp);
        let lifeboat = Lifeboat::start(folder.path(), &Setup::new(smtp));
        wait_for("a good probe", Duration::from_secs(20), || healthy(&lifeboat));
        lifeboat
    };
    let message = mail::message("ann@example.com", "through faults", "text\n.\n");
    {
        let _ill = Sink::start_with(folder.path(), smtp, fault);
        let reply = sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message).unwrap();
        assert!(reply.starts_with("250"), "{fault:?}: {reply}");
        wait_for("it was tried", Duration::from_secs(60), || lifeboat.log().contains("smtp handed-over message=1 ").then_some(()));
    }
    let well = Sink::start(folder.path(), smtp);
    wait_for("all is handed over", BACK, || (lifeboat.mode() == "normal" && lifeboat.queued() == 0).then_some(()));
    let dumps = well.dumps();
    let count = dumps.iter().filter(|dump| mail::without_trace(&dump.message) == message).count();
    assert!((1..=copies_max).contains(&count) && count == dumps.len(), "{fault:?}: {count} of {}", dumps.len());
}

#[test]
fn with_the_faults_of_smtp_sink() {
    let faults: [(&[&str], usize); 12] = [
        (&["-r", "mail"], 1),
        (&["-r", "rcpt"], 1),
        (&["-r", "data"], 1),
        (&["-r", "."], 2),
        (&["-f", "mail"], 1),
        (&["-f", "rcpt"], 1),
        (&["-q", "mail"], 1),
        (&["-q", "data"], 1),
        (&["-q", "."], 2),
        (&["-Q", "rcpt"], 1),
        (&["-e"], 1),
        (&["-p", "-8", "-E"], 1),
    ];
    let checks = faults.map(|(fault, copies_max)| std::thread::spawn(move || check_sink(fault, copies_max)));
    checks.into_iter().for_each(|check| check.join().expect("it went well"));
}
