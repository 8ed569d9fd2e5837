//! A primary that dies again: in the middle of the hand-over, and every few seconds.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::stage::PEOPLE;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::mail::{self, Ledger};
use crate::harness::postfix::Postfix;
use crate::harness::{PRIMARY, folder, heavy, sender, slow, wait_for};

const LIMIT: Duration = Duration::from_secs(240);
const BO: &str = "bo@example.com";
/// Handed over at a time (`limits::DRAIN_PARALLEL_MAX`): so many may have got their final dot when the primary died.
const IN_DOUBT_MAX: usize = 4;
const WAITING: usize = 60;

fn send(lifeboat: &Lifeboat, ledger: &mut Ledger, subject: &str) {
    let message = mail::message(BO, subject, "text");
    let reply = sender::deliver(lifeboat.smtp, "out@outside.example", &[BO], &message).unwrap();
    assert!(reply.starts_with("250"), "{subject}: {reply}");
    ledger.note(BO, &message);
}

fn json(lifeboat: &Lifeboat, arguments: &[&str]) -> Value {
    serde_json::from_str(&lifeboat.command(arguments)).unwrap()
}

/// Modes that the event of this id went into, in order.
fn ways_through(lifeboat: &Lifeboat, id: &str) -> Vec<String> {
    let shown = json(lifeboat, &["event", "show", id, "--json"]);
    shown["transitions"].as_array().unwrap().iter().map(|change| change["to"].as_str().unwrap().to_lowercase()).collect()
}

#[test]
fn a_primary_that_dies_in_the_hand_over_gets_the_rest_in_the_same_event() {
    let _one = heavy();
    let folder = folder();
    let mut postfix = Postfix::start(folder.path(), PRIMARY, &PEOPLE.map(str::to_owned));
    let lifeboat = Lifeboat::start(folder.path(), &Setup::new(postfix.smtp));
    postfix.pull_plug();
    lifeboat.wait_mode("continuity", LIMIT);
    let mut ledger = Ledger::default();
    for number in 0..WAITING {
        send(&lifeboat, &mut ledger, &format!("waits {number}"));
    }
    // A second for each message: there is time to die in the middle.
    postfix.set_before_start("smtpd_data_restrictions = sleep 1\n");
    postfix.plug_in();
    lifeboat.wait_mode("recovering", LIMIT);
    wait_for("some of it is there", LIMIT, || {
        let there = postfix.mailboxes().get(BO).map_or(0, Vec::len);
        assert!(there < WAITING, "all of it is there");
        (there >= 15).then_some(())
    });
    postfix.pull_plug();
    send(&lifeboat, &mut ledger, "while it relapses");
    lifeboat.wait_mode("continuity", LIMIT);
    send(&lifeboat, &mut ledger, "after the relapse");
    postfix.set_before_start("smtpd_data_restrictions =\n");
    postfix.plug_in();
    lifeboat.wait_mode("normal", LIMIT);
    wait_for("the queue is empty", LIMIT, || (lifeboat.queued() == 0).then_some(()));
    postfix.wait_idle();
    let (missing, double) = ledger.compare(&postfix.mailboxes());
    assert!(missing.is_empty(), "{missing:?}");
    assert!(double.len() <= IN_DOUBT_MAX, "{double:?}");

    let events = json(&lifeboat, &["event", "list", "--json"]);
    assert_eq!((events["closed"].as_array().unwrap().len(), &events["open"]), (1, &Value::Null), "{events}");
    let id = events["closed"][0]["id"].as_str().unwrap();
    assert_eq!(ways_through(&lifeboat, id), ["continuity", "recovering", "continuity", "recovering", "normal"]);
    let tally = &events["closed"][0]["tally"];
    assert_eq!((&tally["recipients"], &tally["delivered"]), (&(WAITING + 2).into(), &(WAITING + 2).into()), "{tally}");
}

/// A primary that dies and comes back for four minutes, and how many events it may make.
struct Flapping {
    /// With the product's own thresholds.
    patient: bool,
    dead: Duration,
    alive: Duration,
    events: std::ops::RangeInclusive<usize>,
}

fn check(flapping: &Flapping) {
    let folder = folder();
    let mut postfix = Postfix::start(folder.path(), PRIMARY, &PEOPLE.map(str::to_owned));
    let setup = Setup { patient: flapping.patient, ..Setup::new(postfix.smtp) };
    let lifeboat = Lifeboat::start(folder.path(), &setup);
    let mut ledger = Ledger::default();
    let end = Instant::now() + Duration::from_secs(240);
    let mut deaths = 0;
    while Instant::now() < end {
        postfix.pull_plug();
        deaths += 1;
        send(&lifeboat, &mut ledger, &format!("dead {deaths}"));
        std::thread::sleep(flapping.dead);
        postfix.plug_in();
        send(&lifeboat, &mut ledger, &format!("alive {deaths}"));
        std::thread::sleep(flapping.alive);
    }
    // The longest hold-down (`limits::HOLD_DOWN_MAX`) and the hand-over.
    lifeboat.wait_mode("normal", Duration::from_secs(20 * 60));
    wait_for("the queue is empty", LIMIT, || (lifeboat.queued() == 0).then_some(()));
    postfix.wait_idle();
    assert_eq!(ledger.compare(&postfix.mailboxes()), (vec![], vec![]), "(missing, twice)");
    let events = json(&lifeboat, &["event", "list", "--json"]);
    let count = events["closed"].as_array().unwrap().len();
    println!("{deaths} deaths, {count} events");
    assert!(events["open"].is_null() && flapping.events.contains(&count), "{deaths} deaths, {count} events: {events}");
}

#[test]
fn a_primary_that_flaps_makes_few_events() {
    if !slow() {
        eprintln!("SKIPPED: a primary that flaps for four minutes (LIFEBOAT_SLOW=1 runs it)");
        return;
    }
    let _one = heavy();
    // With the product's thresholds it is never good for long enough: the first event goes on until it stays.
    let patient = Flapping { patient: true, dead: Duration::from_secs(25), alive: Duration::from_secs(25), events: 1..=1 };
    // In a hurry, each event could end before the next death; the hold-down doubles with each, so that most deaths fall into an event.
    let hurried = Flapping { patient: false, dead: Duration::from_secs(10), alive: Duration::from_secs(25), events: 2..=4 };
    std::thread::scope(|scope| {
        for flapping in [&patient, &hurried] {
            scope.spawn(move || check(flapping));
        }
    });
}
