//! Every way in which a primary dies, on the real binary with the product's own thresholds: what the box calls it, whether it takes
//! over, how long it is until somebody has signed in, and that everything is as before when the primary is back.
//!
//! All ways run side by side, each with a box of its own. Nothing is asserted about times but that the test does not hang; they are printed
//! and written to `target/dying.tsv`.

mod cables;
mod relapse;
mod report;
mod stage;
mod ways;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lifeboat::control::Verb;
use serde_json::Value;

use crate::harness::lifeboat::Lifeboat;
use crate::harness::mail::{self, Ledger};
use crate::harness::person::Person;
use crate::harness::{heavy, sender, wait_for};
use stage::{ANN, Stage};
use ways::{Ends, Way};

/// Only ends a test that hangs.
const HANG: Duration = Duration::from_secs(180);
/// A primary that must not count as down is watched for so long: two falls with the default settings.
const WATCHED: Duration = Duration::from_secs(45);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A line of the table.
struct Row {
    way: Way,
    class: String,
    /// In seconds from the death; none where nothing had to happen.
    detected: Option<f64>,
    usable: Option<f64>,
    /// In seconds from the primary's return.
    back: f64,
}

impl Row {
    fn line(&self, name: &str) -> String {
        let seconds = |time: Option<f64>| time.map_or_else(|| "-".to_owned(), |time| format!("{time:.1}"));
        format!("{name}\t{}\t{}\t{:.1}\t{}", seconds(self.detected), seconds(self.usable), self.back, self.class)
    }
}

const HEAD: &str = "kind\tdetected_s\tusable_s\tback_s\tclass";

#[test]
fn every_way_of_dying_gets_its_name_and_only_real_outages_begin_an_event() {
    let _one = heavy();
    let shared = stage::Shared::start();
    let results: Vec<(Way, Result<Option<Row>, String>)> = std::thread::scope(|scope| {
        let shared = &shared;
        let start =
            |way: Way| std::thread::Builder::new().name(way.name().to_owned()).spawn_scoped(scope, move || play(way, shared)).unwrap();
        let running: Vec<_> = Way::ALL.into_iter().map(|way| (way, start(way))).collect();
        let words = |panic: Box<dyn std::any::Any + Send>| {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
        };
        running.into_iter().map(|(way, thread)| (way, thread.join().map_err(words))).collect()
    });
    let rows: Vec<&Row> = results.iter().filter_map(|(_, result)| result.as_ref().ok()?.as_ref()).collect();
    write_table(&rows);
    for (way, result) in &results {
        if let Ok(None) = result {
            eprintln!("SKIPPED: {} (no network namespaces here)", way.name());
        }
    }
    let failed: Vec<String> =
        results.iter().filter_map(|(way, result)| Some(format!("{}: {}", way.name(), result.as_ref().err()?))).collect();
    assert!(failed.is_empty(), "{} of {} ways:\n{}", failed.len(), results.len(), failed.join("\n"));
}

fn write_table(rows: &[&Row]) {
    let lines: String = rows.iter().map(|row| row.line(&row.way.name().replace(' ', "-")) + "\n").collect();
    fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/target/dying.tsv"), format!("{HEAD}\n{lines}")).unwrap();
    println!("{}", HEAD.replace('\t', "  "));
    for row in rows {
        println!("{}", row.line(&format!("{:<32}", row.way.name())).replace('\t', "  "));
    }
}

/// One way from the first message to the last; none where it cannot be played.
fn play(way: Way, shared: &stage::Shared) -> Option<Row> {
    let folder = crate::harness::folder();
    let mut stage = Stage::set(way, folder.path(), shared)?;
    let lifeboat = stage.start_box();
    let mut ledger = Ledger::default();
    let password = lifeboat.password(ANN);
    wait_for("the first probe is good", HANG, || looks(&lifeboat).filter(|looks| looks.classes(way) == [way.before()]));
    send(way, &stage, &lifeboat, &mut ledger, "before");

    let death = Instant::now();
    way.die(&mut stage);
    let (class, detected, usable) = std::thread::scope(|scope| {
        // Its sender may have to wait until the box gives up on the primary.
        let at_once = scope.spawn(|| sent(way, &stage, &lifeboat, "at once"));
        let seen = match way.ends() {
            Ends::Event { classes } => outage(way, &stage, &lifeboat, classes, &password, death),
            Ends::Alarm { classes, alarm } => (no_outage(&lifeboat, way, classes, alarm), None, None),
        };
        ledger.note(ANN, &at_once.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        seen
    });
    send(way, &stage, &lifeboat, &mut ledger, "during");

    let life = Instant::now();
    way.come_back(&mut stage);
    let healthy =
        || looks(&lifeboat).filter(|looks| looks.mode == "normal" && looks.classes(way) == ["healthy"] && looks.alarms.is_empty());
    let looks = wait_for("all is as before", HANG, healthy);
    let back = looks.normal_since.duration_since(life).as_secs_f64();
    send(way, &stage, &lifeboat, &mut ledger, "after");
    wait_for("the queue is empty", HANG, || (lifeboat.queued() == 0).then_some(()));
    wait_for("everything is at the primary", HANG, || {
        let (missing, double) = ledger.compare(&stage.mailboxes());
        assert!(double.is_empty(), "twice: {double:?}");
        missing.is_empty().then_some(())
    });
    let events = events(&lifeboat);
    let expected = usize::from(matches!(way.ends(), Ends::Event { .. }));
    assert_eq!(events["closed"].as_array().map(Vec::len), Some(expected), "events: {events}");
    assert!(events["open"].is_null(), "{events}");
    Some(Row { way, class, detected, usable, back })
}

/// The primary is down: its class, when the box took over, and when the first person was in.
fn outage(
    way: Way,
    stage: &Stage,
    lifeboat: &Lifeboat,
    classes: &[&str],
    password: &str,
    death: Instant,
) -> (String, Option<f64>, Option<f64>) {
    let looks = wait_for("the box takes over", HANG, || looks(lifeboat).filter(|looks| looks.mode == "continuity"));
    let detected = death.elapsed().as_secs_f64();
    let inbox = stage.at_the_box(|| {
        let ann = Person::new(lifeboat.web, stage.folder(), "ann");
        ann.sign_in(ANN, password);
        ann.get("/mail/inbox")
    });
    let usable = death.elapsed().as_secs_f64();
    assert!(inbox.text().contains(&subject(way, "before")), "{}", inbox.text());
    let class = looks.classes(way).join(",");
    assert!(classes.contains(&class.as_str()), "class {class}, not one of {classes:?}: {}", looks.status);
    (class, Some(detected), Some(usable))
}

/// The primary has some trouble, but works: what the box calls it.
fn no_outage(lifeboat: &Lifeboat, way: Way, classes: &[&str], alarm: Option<&str>) -> String {
    let end = Instant::now() + WATCHED;
    let mut seen = Vec::new();
    while Instant::now() < end {
        if let Some(looks) = looks(lifeboat) {
            assert!(matches!(looks.mode.as_str(), "normal" | "suspect"), "{}", looks.status);
            seen.push((looks.classes(way).join(","), looks.alarms.clone()));
        }
        std::thread::sleep(LOOK_EVERY);
    }
    let (class, alarms) = seen.last().expect("the box answers").clone();
    assert!(classes.contains(&class.as_str()), "class {class}, not one of {classes:?}");
    match alarm {
        Some(alarm) => assert!(alarms.iter().any(|name| name == alarm), "no alarm {alarm}: {alarms:?}"),
        None => assert!(alarms.is_empty(), "{alarms:?}"),
    }
    class
}

/// What the box says of itself.
struct Looks {
    mode: String,
    alarms: Vec<String>,
    status: Value,
    /// When the test saw it; what comes before costs no more than one look.
    normal_since: Instant,
}

impl Looks {
    /// Of the probe that this way of dying concerns.
    fn classes(&self, way: Way) -> Vec<&str> {
        let probes = self.status["probes"].as_array().map(Vec::as_slice).unwrap_or_default();
        probes.iter().filter(|probe| probe["probe"] == way.probe()).filter_map(|probe| probe["class"].as_str()).collect()
    }
}

fn looks(lifeboat: &Lifeboat) -> Option<Looks> {
    let status = lifeboat.ask(&Verb::Status)?;
    let alarms = status["alarms"].as_array()?.iter().filter_map(|alarm| alarm["name"].as_str().map(str::to_owned));
    let alarms = alarms.filter(|name| stage::is_of_the_primary(name)).collect();
    Some(Looks { mode: status["mode"].as_str()?.to_owned(), alarms, status, normal_since: Instant::now() })
}

fn events(lifeboat: &Lifeboat) -> Value {
    serde_json::from_str(&lifeboat.command(&["event", "list", "--json"])).unwrap()
}

fn subject(way: Way, when: &str) -> String {
    format!("{}, {when}", way.name())
}

fn sent(way: Way, stage: &Stage, lifeboat: &Lifeboat, when: &str) -> Vec<u8> {
    let message = mail::message(ANN, &subject(way, when), &format!("Sent {when}.\n.\nEnd."));
    let reply = stage.at_the_box(|| sender::deliver(lifeboat.smtp, "out@outside.example", &[ANN], &message)).unwrap();
    assert!(reply.starts_with("250"), "{when}: {reply}");
    message
}

fn send(way: Way, stage: &Stage, lifeboat: &Lifeboat, ledger: &mut Ledger, when: &str) {
    ledger.note(ANN, &sent(way, stage, lifeboat, when));
}

/// Folders of the stages lie in the test's own.
fn folder_in(folder: &Path, name: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(&path).unwrap();
    path
}
