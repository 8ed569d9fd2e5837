//! The index is a view: without it the same pages come back.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use lifeboat::clock::{Clock, SystemClock};
use lifeboat::mail::{Address, DsnRequest, parse};
use lifeboat::store::{Accepted, Change, Disk, Filing, Flags, Folder, Options, Origin, Staged, Store};

use crate::harness::lifeboat::{Lifeboat, Setup, binary};
use crate::harness::person::{Page, Person};
use crate::harness::{folder, heavy, mail, sender, wait_for};

const FLIP: Duration = Duration::from_secs(30);

/// Folders as a person sees them, and how often an open message can be opened.
fn seen(person: &Person) -> Vec<String> {
    let mut texts = Vec::new();
    for path in ["/mail/inbox", "/mail/sent"] {
        for page in person.folder(path) {
            texts.push(listing(&page));
            texts.extend(Person::messages(&page).iter().map(|(path, _)| person.get(path).text()));
        }
    }
    texts
}

/// What a folder page shows, without what changes from visit to visit (times since, tokens).
fn listing(page: &Page) -> String {
    Person::messages(page).into_iter().map(|(path, line)| format!("{path} {line}\n")).collect()
}

#[test]
fn deleting_the_index_loses_nothing_that_a_person_sees() {
    let folder = folder();
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", FLIP);
    for number in 0..60 {
        let to = ["ann@example.com", "bo@example.com"][number % 2];
        let message = mail::message(to, &format!("index {number}"), "text");
        assert!(sender::deliver(lifeboat.smtp, "out@outside.example", &[to, "carla@example.com"], &message).unwrap().starts_with("250"));
    }
    let password = lifeboat.password("carla@example.com");
    let carla = Person::new(lifeboat.web, folder.path(), "before");
    carla.sign_in("carla@example.com", &password);
    let message = carla.open("index 57");
    carla.answer(&message, "bo@example.com", "noted");
    wait_for("it can be taken back no more", FLIP, || (lifeboat.status()["queue"]["in_session"] == 0).then_some(()));
    // The first round opens everything, so that unread marks are the same afterwards.
    seen(&carla);
    let before = seen(&carla);
    assert!(before.len() > 60, "{}", before.len());
    let queue = lifeboat.status()["queue"].clone();

    assert!(lifeboat.stop().success());
    std::fs::remove_dir_all(lifeboat.data().join("index")).expect("there is an index folder");
    lifeboat.restart();

    assert_eq!(lifeboat.mode(), "continuity");
    assert_eq!(lifeboat.status()["queue"], queue);
    let carla = Person::new(lifeboat.web, folder.path(), "after");
    carla.sign_in("carla@example.com", &password);
    let after = seen(&carla);
    assert_eq!(before, after);
}

/// The box as its unit runs it: of /proc only its own part is there. `boot` holds the boot's name, which is handed over.
fn as_the_unit_runs_it(folder: &Path) -> PathBuf {
    let inner = "mount -t proc -o subset=pid proc /proc && exec env LIFEBOAT_BOOT_ID=$(cat \"$0/boot\") \"$@\"";
    let script = format!("#!/bin/sh\nexec unshare --mount sh -c '{inner}' '{}' '{}' \"$@\"\n", folder.display(), binary());
    let file = folder.join("as-the-unit");
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file
}

#[test]
fn after_a_power_cut_the_index_is_made_again_and_after_a_crash_it_is_not() {
    let folder = folder();
    if !Command::new("unshare").args(["--mount", "mount", "-t", "proc", "-o", "subset=pid", "proc", "/proc"]).status().unwrap().success() {
        return eprintln!("SKIPPED after_a_power_cut: nothing may be mounted here (tests/run tells so, too)");
    }
    let boot = |name: &str| std::fs::write(folder.path().join("boot"), name).unwrap();
    let mut lifeboat = Lifeboat::prepare(folder.path(), &Setup::without_primary());
    lifeboat.other_build = Some(as_the_unit_runs_it(folder.path()));
    let made_again = |lifeboat: &Lifeboat| lifeboat.log().matches("the machine stopped while the index was in use").count();
    let mut expected = 0;
    boot("0123456789abcdef0123456789abcdef");
    lifeboat.restart();
    // A crash, a power cut, and a machine that does not say when it was started: the worst is assumed.
    for (name, is_trusted) in
        [("0123456789abcdef0123456789abcdef", true), ("fedcba9876543210fedcba9876543210", false), ("", false), ("", false)]
    {
        lifeboat.wait_mode("continuity", FLIP);
        let message = mail::message("ann@example.com", "before the end", "text");
        assert!(sender::deliver(lifeboat.smtp, "out@outside.example", &["ann@example.com"], &message).unwrap().starts_with("250"));
        lifeboat.kill();
        boot(name);
        lifeboat.restart();
        expected += usize::from(!is_trusted);
        assert_eq!(made_again(&lifeboat), expected, "boot {name:?}");
    }
    wait_for("all messages are there", FLIP, || (lifeboat.mail_of("ann@example.com").len() == 4).then_some(()));
}

/// Messages that are put there before the box starts, and again so many if their index was made before anybody could look.
const CACHED: usize = 50_000;
const TRIES: usize = 20;
/// Written together.
const UNIT: usize = 1_000;
const MADE: Duration = Duration::from_secs(300);

/// Small messages for one person, as the box would have stored them; the box is stopped.
fn fill(data: &Path, address: &str) {
    let now = SystemClock::new().now().wall;
    let (store, _) = Store::open(&Options { data_dir: data.to_owned() }, Arc::new(Disk), now).unwrap();
    let mailbox = Address::parse(address).unwrap().mailbox();
    for unit in 0..CACHED / UNIT {
        let change = |number: usize| {
            let message = mail::message(address, &format!("cached {}", unit * UNIT + number), "text");
            let accepted = Accepted {
                at: now,
                origin: Origin::Inbound,
                session: "fill".to_owned(),
                client: None,
                reverse_path: None,
                recipients: Vec::new(),
                filings: vec![Filing { mailbox: mailbox.clone(), folder: Folder::Inbox, flags: Flags::NONE, recipient: None }],
                eight_bit: false,
                smtputf8: false,
                dsn: DsnRequest::default(),
                summary: parse::summarise(&message),
            };
            Change::Message(Box::new(accepted), Arc::new(Staged::from_bytes(message)))
        };
        store.write_wait((0..UNIT).map(change).collect(), now).unwrap();
    }
    store.close();
}

#[test]
fn mail_is_accepted_while_the_index_is_made() {
    let _one = heavy();
    let folder = folder();
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", FLIP);
    let password = lifeboat.password("ann@example.com");
    assert!(lifeboat.stop().success());
    let index = |lifeboat: &Lifeboat| lifeboat.status()["store"]["index"].as_str().unwrap_or_default().to_owned();
    let mut cached = 0;
    let mut seen = false;
    for _ in 0..TRIES {
        fill(&lifeboat.data(), "ann@example.com");
        std::fs::remove_dir_all(lifeboat.data().join("index")).expect("there is an index folder");
        lifeboat.restart();
        let message = mail::message("ann@example.com", "came meanwhile", "text");
        let reply = sender::deliver(lifeboat.smtp, "out@outside.example", &["ann@example.com"], &message).unwrap();
        assert!(reply.starts_with("250"), "{reply}");
        cached += CACHED + 1;
        let ann = Person::new(lifeboat.web, folder.path(), "ann");
        let page = ann.sign_in_to_any("ann@example.com", &password);
        // It was being made before, during and behind both: otherwise nothing was shown, and there must be more to do.
        if index(&lifeboat) == "building" {
            assert_eq!(page.status, 503, "{}", page.text());
            assert!(page.text().contains('%'), "{}", page.text());
            seen = true;
            break;
        }
        assert!(lifeboat.stop().success());
    }
    assert!(seen, "the index of {cached} messages was always there at once");
    let ann = Person::new(lifeboat.web, folder.path(), "ann");
    wait_for("the index is made", MADE, || (index(&lifeboat) == "ready").then_some(()));
    let page = wait_for("the page is shown", FLIP, || Some(ann.get("/mail/inbox")).filter(|page| page.status == 200));
    let (_, newest) = Person::messages(&page).into_iter().next().expect("messages");
    assert!(newest.contains("came meanwhile"), "{newest}");
    let listed = lifeboat.command(&["mailbox", "list"]);
    assert!(listed.contains(&format!("ann@example.com: Inbox {cached} (")), "{listed}");
}
