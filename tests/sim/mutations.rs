//! The judges can fail: a defect in the driver is noticed, each by its rule.

use lifeboat::sim::{Change, Mutation, Options, Scenario, Thresholds, World, storm};

use super::{options, thresholds};

/// Seeds that are tried until one shows the defect.
const SEEDS_MAX: u64 = 150;

/// The rules that this defect breaks, by seeds one after the other until the wanted one is among them.
fn check(mutation: Mutation, rule: &str) {
    let mut broken = Vec::new();
    for seed in 0..SEEDS_MAX {
        let options = Options { mutation, mail_every_ms: Some(1_200_000), ..options(seed) };
        let outcome = World::new(Options { thresholds: thresholds(seed), ..options }, storm(seed)).run();
        broken.extend(outcome.violations.iter().map(|violation| violation.rule));
        if broken.contains(&rule) {
            return;
        }
    }
    panic!("{mutation:?} does not break `{rule}` in {SEEDS_MAX} seeds; broken were {broken:?}");
}

#[test]
fn a_box_that_loses_mail_is_noticed() {
    check(Mutation::LosesInSession, "lost");
    check(Mutation::GivesUp, "lost");
}

#[test]
fn a_box_that_forgets_is_noticed() {
    check(Mutation::ForgetsSaved, "restored");
    check(Mutation::ForgetsOutcomes, "duplicate");
    check(Mutation::DrainsBackwards, "order");
}

#[test]
fn a_box_that_cries_wolf_is_noticed() {
    check(Mutation::FlipsEarly, "evidence");
    check(Mutation::FlipsOnSlow, "cause");
    check(Mutation::ImaginesWitnesses, "isolated");
}

#[test]
fn a_box_that_asks_its_witnesses_for_too_long_is_noticed() {
    let thresholds = Thresholds { witnesses: 8, ..Thresholds::default() };
    let options = Options { mutation: Mutation::AsksOneByOne, ..Options::new(1, thresholds) };
    let cable_out = Scenario::new(vec![(1_200_000, Change::CableOut(true))], 3_600_000, false);
    let outcome = World::new(options, cable_out).run();
    assert_eq!(outcome.violations.first().map(|violation| violation.rule), Some("isolated"));
}

#[test]
fn a_box_that_sleeps_is_noticed() {
    check(Mutation::Sleeps, "entered");
    check(Mutation::NeverLeaves, "left");
    check(Mutation::NeverDone, "handed over");
    check(Mutation::Flaps, "hold-down");
}
