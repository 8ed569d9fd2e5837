//! Thousands of storms, and what must hold in each.

use std::time::Instant;

use lifeboat::sim::{Measure, Outcome};

use super::{asked_seed, faults, run, seeds};

const SEEDS: u64 = 2_000;
/// Seeds whose failures are shown in full.
const SHOWN_MAX: usize = 3;

/// What these storms did together, and those that broke a rule.
fn weather<'a>(seeds: impl Iterator<Item = &'a u64>) -> (Measure, Vec<(u64, Outcome)>) {
    let (mut total, mut broken) = (Measure::default(), Vec::new());
    for seed in seeds {
        let outcome = run(*seed);
        total.add(&outcome.measure);
        if !outcome.violations.is_empty() {
            broken.push((*seed, outcome));
        }
    }
    (total, broken)
}

#[test]
fn whatever_comes_no_rule_is_broken() {
    let all: Vec<u64> = match asked_seed() {
        Some(seed) => vec![seed],
        None => (0..seeds(SEEDS)).collect(),
    };
    let started = Instant::now();
    let mut total = Measure::default();
    let mut broken = Vec::new();
    // A storm depends on its seed alone, so two cores may share them.
    let halves = std::thread::scope(|scope| {
        let all = &all;
        let halves = [0, 1].map(|half| scope.spawn(move || weather(all.iter().skip(half).step_by(2))));
        halves.map(|half| half.join().expect("a half of the storms"))
    });
    for (measure, outcomes) in halves {
        total.add(&measure);
        broken.extend(outcomes);
    }
    broken.sort_by_key(|(seed, _)| *seed);
    let years = total.simulated_ms as f64 / (365.25 * 86_400_000.0);
    println!(
        "{} seeds, {years:.0} years, {:.1} years a second: {} outages, {} events, {} recipients, {} delivered, {} held, {} refused, \
         {} bounced, {} duplicates",
        all.len(),
        years / started.elapsed().as_secs_f64(),
        total.outages,
        total.events,
        total.accepted,
        total.delivered,
        total.held,
        total.refused,
        total.bounced,
        total.duplicates
    );
    let shown: Vec<String> =
        broken.iter().take(SHOWN_MAX).map(|(seed, outcome)| faults(&format!("LIFEBOAT_SEED={seed}"), outcome)).collect();
    let list: Vec<String> = broken.iter().map(|(seed, outcome)| format!("{seed} {}", outcome.violations[0].rule)).collect();
    assert!(broken.is_empty(), "{} of {} seeds: {}\n\n{}", broken.len(), all.len(), list.join(", "), shown.join("\n\n"));
    if asked_seed().is_none() && all.len() as u64 >= SEEDS {
        let rich = [total.outages, total.events, total.delivered, total.held, total.refused, total.bounced, total.duplicates];
        assert!(rich.iter().all(|count| *count > 100), "the storms hardly try something: {rich:?}");
    }
}
