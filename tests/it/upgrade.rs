//! Versions: data that older ones wrote is understood, and one can go to the version before and come back.
//!
//! `tests/data/VERSION/` holds what a box of that version had in an outage. `cargo test --test it upgrade::keep -- --ignored` makes the folder for the
//! present version; it is done once for each release, and never again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, files, folder, free_port, heavy, mail, sender, wait_for};

const ANN: &str = "ann@example.com";
const PATIENCE: Duration = Duration::from_secs(60);
const SIGNATURE: &str = "Ann Smith, Purchasing";
const SUBJECTS: [&str; 4] = ["Offer for chairs", "Truck on Monday", "Parking spaces", "Prices in March"];
/// What makes up a box; everything else is made anew.
const KEPT: [&str; 2] = ["spool", "ledger"];

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn deliver(lifeboat: &Lifeboat, subject: &str) {
    let message = mail::message(ANN, subject, "We need forty of them.");
    let reply = sender::deliver(lifeboat.smtp, "x@outside.example", &[ANN, "bo@example.com"], &message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
}

fn sign_in(lifeboat: &Lifeboat, here: &Path, name: &str, password: &str) -> Person {
    let ann = Person::new(lifeboat.web, here, name);
    ann.sign_in(ANN, password);
    ann
}

/// Mail in an outage, one message read and answered, a setting.
fn live_a_little(lifeboat: &Lifeboat, here: &Path) -> String {
    SUBJECTS.iter().for_each(|subject| deliver(lifeboat, subject));
    let password = lifeboat.password(ANN);
    let ann = sign_in(lifeboat, here, "writer", &password);
    let message = ann.open(SUBJECTS[0]);
    ann.answer(&message, "bo@example.com", "Forty, please.");
    let page = ann.get("/settings");
    ann.send(&page, &[("signature", SIGNATURE)]);
    password
}

fn subjects_at(primary: &Sink) -> BTreeSet<String> {
    primary.dumps().iter().map(|dump| mail::subject(&dump.message)).collect()
}

#[test]
#[ignore = "once for each release"]
fn keep() {
    let folder = folder();
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", PATIENCE);
    let password = live_a_little(&lifeboat, folder.path());
    let event = lifeboat.status()["event"].clone();
    wait_for("the answer is on its way", PATIENCE, || (lifeboat.queued() > 0).then_some(()));
    std::thread::sleep(::lifeboat::limits::SEND_UNDO * 2);
    assert!(lifeboat.stop().success());
    let to = kept().join(env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(&to).unwrap();
    for path in KEPT.iter().flat_map(|name| files(&lifeboat.data().join(name))) {
        let copy = to.join(path.strip_prefix(lifeboat.data()).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(path, copy).unwrap();
    }
    fs::write(to.join("about.json"), format!("{:#}\n", json!({ "password": password, "event": event }))).unwrap();
}

#[test]
fn data_of_every_kept_version_is_understood() {
    let _one = heavy();
    let versions: Vec<PathBuf> = fs::read_dir(kept()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert!(!versions.is_empty(), "nothing in {}", kept().display());
    for version in versions {
        let folder = folder();
        let here = folder.path();
        let primary = free_port(PRIMARY);
        let mut lifeboat = Lifeboat::prepare(here, &Setup::new(primary));
        for path in files(&version) {
            let copy = lifeboat.data().join(path.strip_prefix(&version).unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(path, copy).unwrap();
        }
        let about: Value = serde_json::from_slice(&fs::read(version.join("about.json")).unwrap()).unwrap();
        lifeboat.restart();
        assert_eq!((lifeboat.mode(), &lifeboat.status()["event"]), ("continuity".to_owned(), &about["event"]), "{}", version.display());
        let ann = sign_in(&lifeboat, here, "reader", about["password"].as_str().unwrap());
        let inbox = ann.get("/mail/inbox").text();
        assert!(SUBJECTS.iter().all(|subject| inbox.contains(subject)), "{}: {inbox}", version.display());
        assert!(ann.get("/mail/sent").text().contains(SUBJECTS[0]), "{}", version.display());
        assert!(ann.get("/settings").html.contains(SIGNATURE), "{}", version.display());
        let found: Value = serde_json::from_str(&lifeboat.command(&["fsck", "--json"])).unwrap();
        assert_eq!(found["clean"], true, "{}: {found}", version.display());
        lifeboat.command(&["audit", "verify"]);
        let sink = Sink::start(here, primary);
        lifeboat.wait_mode("normal", PATIENCE);
        wait_for("everything is handed over", PATIENCE, || {
            let there = subjects_at(&sink);
            SUBJECTS.iter().all(|subject| there.contains(*subject)).then_some(())
        });
    }
}

/// There and back again on one box's data: `LIFEBOAT_PREVIOUS` names a binary of the version (or commit) before.
#[test]
fn to_the_version_before_and_back() {
    let Some(previous) = std::env::var_os("LIFEBOAT_PREVIOUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: the version before (LIFEBOAT_PREVIOUS names its binary)");
        return;
    };
    let _one = heavy();
    let folder = folder();
    let here = folder.path();
    let primary = free_port(PRIMARY);
    let outside = Sink::start(&here.join("outside"), free_port(SMARTHOST));
    let mut lifeboat = Lifeboat::prepare(here, &Setup { smarthost: Some(outside.smtp), ..Setup::new(primary) });
    lifeboat.other_build = Some(previous.clone());
    lifeboat.restart();
    lifeboat.wait_mode("continuity", PATIENCE);
    let event = lifeboat.status()["event"].clone();
    let password = live_a_little(&lifeboat, here);
    for (step, build) in [None, Some(previous.clone()), None].into_iter().enumerate() {
        assert!(lifeboat.stop().success(), "step {step}");
        lifeboat.other_build = build;
        lifeboat.restart();
        assert_eq!(lifeboat.status()["event"], event, "step {step}: the same outage");
        deliver(&lifeboat, &format!("after step {step}"));
        let ann = sign_in(&lifeboat, here, &format!("step-{step}"), &password);
        let inbox = ann.get("/mail/inbox").text();
        let earlier = (0..=step).map(|step| format!("after step {step}"));
        for subject in SUBJECTS.iter().map(|subject| (*subject).to_owned()).chain(earlier) {
            assert!(inbox.contains(&subject), "step {step}: {subject}: {inbox}");
        }
        assert!(ann.get("/settings").html.contains(SIGNATURE), "step {step}");
    }
    let sink = Sink::start(here, primary);
    lifeboat.wait_mode("normal", PATIENCE);
    wait_for("the queue is empty", PATIENCE, || (lifeboat.queued() == 0).then_some(()));
    let there = subjects_at(&sink);
    let wanted = SUBJECTS.iter().map(|subject| (*subject).to_owned()).chain((0..3).map(|step| format!("after step {step}")));
    for subject in wanted {
        assert!(there.contains(&subject), "{subject}: {there:?}");
    }
    assert!(subjects_at(&outside).iter().any(|subject| subject.contains(SUBJECTS[0])), "the answer went out");
}
