//! What admins and people are told, on the way outward, and that a person signs in with it.

use std::path::Path;
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, folder, free_port, mail, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(120);

/// The notice to that address with that in its subject, without soft line ends; there is one at most.
fn notice_to(sink: &Sink, to: &str, subject: &str) -> Option<String> {
    let own = sink.dumps().into_iter().filter(|dump| dump.recipients == [to]);
    let texts = own.map(|dump| String::from_utf8(dump.message).unwrap());
    let found: Vec<String> =
        texts.filter(|text| text.lines().any(|line| line.starts_with("Subject: ") && line.contains(subject))).collect();
    assert!(found.len() <= 1, "{found:?}");
    found.into_iter().next().map(|text| text.replace("=\n", ""))
}

fn notice(sink: &Sink, subject: &str) -> Option<String> {
    notice_to(sink, "admin@phone.example", subject)
}

/// The box with people who are reached outside.
fn with_people(here: &Path, setup: &Setup, people: &str) -> Lifeboat {
    let mut lifeboat = Lifeboat::prepare(here, setup);
    std::fs::write(here.join("directory.csv"), format!("address,name,aliases,alternate_email,phone,groups\n{people}")).unwrap();
    lifeboat.restart();
    lifeboat
}

/// What stands behind `Password:`.
fn password(text: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Password:")).unwrap_or_else(|| panic!("no password: {text}"));
    line.trim().to_owned()
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

#[test]
fn people_get_a_password_for_the_event_and_a_flap_keeps_it() {
    let _alone = crate::harness::heavy();
    let folder = folder();
    let here = folder.path();
    let (outside, inside) = (here.join("outside"), here.join("inside"));
    for path in [&outside, &inside] {
        std::fs::create_dir(path).unwrap();
    }
    let private = Sink::start(&outside, free_port(SMARTHOST));
    let primary = free_port(PRIMARY);
    let setup = Setup { smarthost: Some(private.smtp), ..Setup::new(primary) };
    let mut lifeboat = with_people(here, &setup, "ann@example.com,Ann,,ann@mobile.example,,\nbo@example.com,Bo,,,,\n");
    let told = |subject: &str| notice_to(&private, "ann@mobile.example", subject);
    let begun = wait_for("Ann is told", LIMIT, || told("Mail is down: how to read"));
    let first = password(&begun);
    assert!(begun.contains("Hello Ann,") && begun.contains(&format!("https://{}/", lifeboat.web)), "{begun}");
    Person::new(lifeboat.web, here, "ann").sign_in("ann@example.com", &first);
    // A restart tells nobody twice, and the password is still good.
    lifeboat.stop();
    lifeboat.restart();
    let message = mail::message("ann@example.com", "meanwhile", "text");
    assert!(sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message).unwrap().starts_with("250"));
    Person::new(lifeboat.web, here, "ann-again").sign_in("ann@example.com", &first);
    let back = Sink::start(&inside, primary);
    wait_for("Ann is told that it is over", LIMIT, || told("Your normal mailbox works again"));
    let events = lifeboat.command(&["event", "list"]);
    assert!(events.contains("1 message was taken; 1 delivered"), "notices do not count: {events}");
    drop(back);
    let again = wait_for("Ann is told that it is down again", LIMIT, || told("Mail is down again: your last password still holds"));
    assert!(!again.contains(&first), "{again}");
    Person::new(lifeboat.web, here, "ann-later").sign_in("ann@example.com", &first);
    assert_eq!(private.dumps().len(), 3, "nobody else, and nothing twice");
}
