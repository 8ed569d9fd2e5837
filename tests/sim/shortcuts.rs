//! The simulator leaves out looks and ticks that change nothing. That they change nothing is shown here: the same seeds with every look
//! and every tick give the same changes of the mode at the same times, and the same mail.

use lifeboat::sim::{Options, Outcome, Pattern, Scenario, World, outages};

use super::{options, seeds, thresholds};

/// Everything at once is a hundred times slower.
const SEEDS: u64 = 12;

fn both(options: Options, scenario: &Scenario) -> [Outcome; 2] {
    [false, true].map(|every_look| World::new(Options { every_look, ..options }, scenario.clone()).run())
}

fn check(seed: u64, options: Options, scenario: &Scenario) -> usize {
    let [quick, whole] = both(options, scenario);
    let first = quick.transitions.iter().zip(&whole.transitions).find(|(quick, whole)| quick != whole);
    assert_eq!(first, None, "LIFEBOAT_SEED={seed}");
    let (few, many) = (&quick.transitions, &whole.transitions);
    assert_eq!(few.len(), many.len(), "LIFEBOAT_SEED={seed}: {:?} {:?}\n{scenario:?}\n{:#?}", few.last(), many.last(), quick.violations);
    let mail = |outcome: &Outcome| {
        let measure = &outcome.measure;
        [measure.accepted, measure.delivered, measure.held, measure.refused, measure.bounced, measure.duplicates]
    };
    assert_eq!(mail(&quick), mail(&whole), "LIFEBOAT_SEED={seed}");
    quick.transitions.len()
}

/// The first hours of a storm: long enough for calm, short enough to look at each second of it.
fn beginning(seed: u64) -> Scenario {
    let storm = lifeboat::sim::storm(seed);
    let first = storm.changes.first().map_or(0, |(at, _)| *at);
    // As if the storm had begun soon after the start.
    let early = first.saturating_sub(900_000);
    let changes = storm.changes.iter().map(|(at, change)| (at - early, *change)).filter(|(at, _)| *at < 7_200_000).collect();
    Scenario::new(changes, 9_000_000, false)
}

#[test]
fn what_is_left_out_changes_nothing() {
    let changes: usize = (0..seeds(SEEDS).min(50)).map(|seed| check(seed, options(seed), &beginning(seed))).sum();
    assert!(changes > 20, "hardly anything happened: {changes}");
}

#[test]
fn what_is_left_out_of_outages_changes_nothing() {
    for (seed, pattern) in [(1, Pattern::Short), (2, Pattern::Flapping)] {
        check(seed, Options { mail_every_ms: None, ..Options::new(seed, thresholds(seed)) }, &outages(pattern, 1, seed));
    }
}
