//! One trouble at a time: the kinds that are an outage are entered in time and left, the others never are.

use lifeboat::continuity::Mode;
use lifeboat::sim::{Change, Options, Order, Outcome, Pages, Scenario, Smtp, Thresholds, World};

use super::faults;

const MINUTE: u64 = 60_000;
/// The trouble begins after so long, by seed, so that it meets probes at every phase.
const BEGINS: u64 = 20 * MINUTE;

fn run(trouble: &[Change], lasts: u64, seed: u64) -> Outcome {
    run_with(trouble, lasts, seed, |_| vec![])
}

/// The same, and what else happens if it begins then.
fn run_with(trouble: &[Change], lasts: u64, seed: u64, more: impl Fn(u64) -> Vec<(u64, Change)>) -> Outcome {
    let from = BEGINS + seed * 137 % 5_000;
    let mut changes: Vec<(u64, Change)> = trouble.iter().map(|change| (from, *change)).collect();
    let well = [
        Change::Smtp(Smtp::Up),
        Change::Pages(Pages::Fine),
        Change::CableOut(false),
        Change::SegmentOut(false),
        Change::Full(None),
        Change::Lost(0),
        Change::WitnessesUp(true),
    ];
    changes.extend(well.map(|change| (from + lasts, change)));
    changes.extend(more(from));
    let scenario = Scenario::new(changes, from + lasts + 12 * 60 * MINUTE, true);
    let outcome = World::new(Options { mail_every_ms: Some(30_000), ..Options::new(seed, Thresholds::default()) }, scenario).run();
    assert!(outcome.violations.is_empty(), "{}", faults(&format!("{trouble:?}, seed {seed}"), &outcome));
    outcome
}

/// An outage: entered within so many milliseconds whenever it begins, one event, left afterwards.
fn check_entered(trouble: &[Change], within: u64) {
    let mut worst = 0;
    for seed in 0..40 {
        let outcome = run(trouble, 30 * MINUTE, seed);
        let measure = &outcome.measure;
        assert_eq!((measure.events, measure.false_events, measure.outages), (1, 0, 1), "{trouble:?} seed {seed}: {measure:?}");
        assert_eq!((measure.entered_after.len(), measure.left_after.len()), (1, 1), "{trouble:?} seed {seed}: {measure:?}");
        worst = worst.max(measure.entered_after[0]);
    }
    assert!(worst <= within, "{trouble:?} was entered after {worst} ms, promised are {within}");
    assert!(worst * 2 > within, "{trouble:?}: the promise of {within} ms says nothing, the worst was {worst}");
}

/// No outage: nothing happens, however long it lasts.
fn check_ignored(trouble: &[Change]) {
    for seed in 0..10 {
        let outcome = run(trouble, 6 * 60 * MINUTE, seed);
        assert_eq!((outcome.measure.events, outcome.measure.false_events), (0, 0), "{trouble:?} seed {seed}");
    }
}

#[test]
fn a_dead_primary_is_entered_in_time() {
    check_entered(&[Change::Smtp(Smtp::Refusing)], 15_100);
    check_entered(&[Change::Smtp(Smtp::Dropping), Change::Pages(Pages::Silent)], 19_100);
    check_entered(&[Change::SegmentOut(true)], 19_100);
    check_entered(&[Change::Smtp(Smtp::Hanging)], 19_100);
}

#[test]
fn a_half_dead_primary_is_entered_in_time() {
    check_entered(&[Change::Smtp(Smtp::Draining)], 15_100);
    check_entered(&[Change::Smtp(Smtp::BackPressure)], 15_100);
    check_entered(&[Change::Smtp(Smtp::Closed)], 15_100);
    check_entered(&[Change::Pages(Pages::Unavailable)], 15_100);
    check_entered(&[Change::Pages(Pages::Redirect)], 15_100);
    check_entered(&[Change::Pages(Pages::Silent)], 19_100);
    // It may only be slow, so that each probe waits a minute.
    check_entered(&[Change::Smtp(Smtp::Stuck)], 185_000);
}

#[test]
fn what_is_slow_or_a_matter_of_settings_is_no_outage() {
    check_ignored(&[Change::Smtp(Smtp::Slow(6))]);
    check_ignored(&[Change::Smtp(Smtp::Slow(58))]);
    check_ignored(&[Change::Smtp(Smtp::BadCertificate)]);
    check_ignored(&[Change::Smtp(Smtp::HalfRestored)]);
    check_ignored(&[Change::Pages(Pages::BadCertificate)]);
    check_ignored(&[Change::Full(Some(3))]);
    check_ignored(&[Change::WitnessesUp(false)]);
}

#[test]
fn an_isolated_box_begins_no_event() {
    check_ignored(&[Change::CableOut(true)]);
    check_ignored(&[Change::CableOut(true), Change::Smtp(Smtp::Slow(30))]);
}

#[test]
fn a_clock_that_is_set_back_in_an_outage_delays_and_reorders_nothing() {
    for (seed, back) in [1, 7, 14, 29, 31, 300].into_iter().enumerate() {
        let outcome = run_with(&[Change::Smtp(Smtp::Hanging)], 20 * MINUTE, seed as u64, |from| {
            vec![(from + 10 * MINUTE, Change::Clock(-(back * 60_000)))]
        });
        let left = outcome.measure.left_after.first().copied().unwrap_or(u64::MAX);
        assert!(left < 5 * MINUTE, "{back} minutes back: normal again after {left} ms");
    }
}

#[test]
fn a_box_that_is_alone_is_no_witness_short_however_many_it_asks() {
    for witnesses in [1, 2, 3, 8] {
        for seed in 0..10 {
            // A slow primary first: the probes are out of step then.
            let changes = [(20 * MINUTE, Change::Smtp(Smtp::Slow(7))), (30 * MINUTE + seed * 777, Change::CableOut(true))];
            let scenario = Scenario::new(changes.to_vec(), 3 * 60 * MINUTE, false);
            let thresholds = Thresholds { witnesses, ..Thresholds::default() };
            let outcome = World::new(Options::new(seed, thresholds), scenario).run();
            assert!(outcome.violations.is_empty(), "{}", faults(&format!("{witnesses} witnesses, seed {seed}"), &outcome));
            assert_eq!(outcome.measure.events, 0, "{witnesses} witnesses, seed {seed}");
        }
    }
}

#[test]
fn a_restart_does_not_close_an_event_before_somebody_has_looked() {
    let changes = vec![
        (20 * MINUTE, Change::Smtp(Smtp::Hanging)),
        (25 * MINUTE, Change::Operator(Order::End { force: true })),
        (30 * MINUTE, Change::Crash { down_ms: 5_000 }),
    ];
    let outcome = World::new(Options::new(1, Thresholds::default()), Scenario::new(changes, 60 * MINUTE, false)).run();
    assert!(outcome.violations.is_empty(), "{}", faults("restart", &outcome));
    let last = outcome.transitions.last().map(|(_, _, to, _)| *to);
    assert_eq!(last, Some(Mode::Recovering), "{:?}", outcome.transitions);
}
