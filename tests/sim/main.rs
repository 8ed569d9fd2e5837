//! The continuity machine, the queue and the recovery gate in simulated time: years of outages in seconds.
//!
//! Each seed is a storm of outages, crashes, cut cables, set clocks and operators. The judges of `lifeboat::sim` know what is really the
//! matter and name the rule that was broken; a failure prints the seed and the tail of what happened.
//!
//! `LIFEBOAT_SIM_SEEDS=N` runs N seeds; `LIFEBOAT_SEED=N` runs only that one.
//!
//! | rule | what must hold |
//! | --- | --- |
//! | `lost` | every recipient has an outcome in the end, over any crash |
//! | `outcome` | the outcome is what really happened, and what the sender was told |
//! | `duplicate` | nobody has a message more often than ambiguous ends explain |
//! | `order` | while recovering, who gets mail at its first try gets it by sequence |
//! | `chain` | one change at a time, each from the mode that was |
//! | `evidence` | the box takes over only after the configured row of failures (or a relapse), and only while automatic is on |
//! | `cause` | the box takes over only if something was wrong: never for slow answers or certificates |
//! | `isolated` | a box without its network never begins an event |
//! | `entered` | a real outage is entered within what the thresholds promise |
//! | `left`, `handed over` | an event ends soon after the primary is well, and all is normal in the end |
//! | `closed` | no event is closed while the primary is down |
//! | `hold-down` | continuity lasts as long as flap protection says |
//! | `one event` | one outage is one event |
//! | `restored` | what was saved is what the box wakes with |

mod mutations;
mod promises;
mod shortcuts;
mod storms;

use lifeboat::sim::{Options, Outcome, Thresholds, World, storm};

/// Thresholds of different offices, by seed: the defaults twice as often as each other kind.
fn thresholds(seed: u64) -> Thresholds {
    let defaults = Thresholds::default();
    match seed % 6 {
        0 => Thresholds { pages: false, ..defaults },
        1 => Thresholds { canary: false, witnesses: 3, ..defaults },
        2 => Thresholds { interval_ms: 2_000, timeout_ms: 1_500, fall: 2, rise: 4, ..defaults },
        3 => Thresholds { interval_ms: 30_000, timeout_ms: 10_000, fall: 5, rise: 3, witnesses: 2, ..defaults },
        _ => defaults,
    }
}

fn options(seed: u64) -> Options {
    let quiet = [Some(1_200_000), Some(20_000_000), Some(200_000_000), None];
    Options { mail_every_ms: quiet[(seed / 6 % 4) as usize], ..Options::new(seed, thresholds(seed)) }
}

fn run(seed: u64) -> Outcome {
    World::new(options(seed), storm(seed)).run()
}

/// The rules that were broken, with the tail of what happened; empty if none was.
fn faults(what: &str, outcome: &Outcome) -> String {
    let Some(first) = outcome.violations.first() else { return String::new() };
    let rest: String = outcome.violations.iter().skip(1).map(|more| format!("\nalso {}: {}", more.rule, more.text)).collect();
    let trace = outcome.trace.join("\n");
    format!("{what}: rule `{}` broken at {} ms: {}{rest}\nbefore that:\n{trace}", first.rule, first.at, first.text)
}

/// The seed that was asked for, if one was.
fn asked_seed() -> Option<u64> {
    std::env::var("LIFEBOAT_SEED").ok()?.parse().ok()
}

/// How many seeds are run.
fn seeds(usual: u64) -> u64 {
    std::env::var("LIFEBOAT_SIM_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}
