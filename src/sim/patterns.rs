//! Scripts: outages of every length and kind for an admin's question, and storms of everything at once for the tests.

use fastrand::Rng;

use super::agenda::Millis;
use super::dice::{Dice, For, between};
use super::primary::{Pages, Smtp};
use super::weather::{Change, Order, Scenario};

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;
/// A storm ends with so much fine weather: what is not settled then never will be. Longer than the gate's retries together.
const FINE_AT_THE_END: Millis = 12 * HOUR;

type Changes = Vec<(Millis, Change)>;

/// What an admin may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    All,
    /// 20 seconds to 5 minutes: restarts, updates.
    Short,
    /// An hour to five days.
    Long,
    /// Up and down again, several times.
    Flapping,
    /// Half of it works: maintenance, back pressure, no answer to MAIL, health pages.
    HalfDead,
    /// No outage at all: blips, slow answers, lost probes, a bad certificate.
    Quiet,
}

impl Pattern {
    pub const NAMES: [(&str, Pattern); 6] = [
        ("all", Pattern::All),
        ("short", Pattern::Short),
        ("long", Pattern::Long),
        ("flapping", Pattern::Flapping),
        ("half-dead", Pattern::HalfDead),
        ("quiet", Pattern::Quiet),
    ];

    pub fn name(self) -> &'static str {
        Pattern::NAMES.iter().find(|(_, pattern)| *pattern == self).map_or("all", |(name, _)| name)
    }
}

/// So many outages of a pattern, hours or days apart, and small troubles between them that are no reason to take over.
pub fn outages(pattern: Pattern, count: u32, seed: u64) -> Scenario {
    let mut rng = Dice(seed).at(For::Scenario, 0);
    let (mut at, mut changes) = (HOUR, Vec::new());
    for _ in 0..count {
        let kind = match pattern {
            Pattern::All => {
                *rng.choice([Pattern::Short, Pattern::Long, Pattern::Flapping, Pattern::HalfDead].iter()).unwrap_or(&Pattern::Short)
            }
            pattern => pattern,
        };
        at += between(&mut rng, 2 * HOUR, 3 * DAY);
        at = match kind {
            Pattern::Short => dead(&mut rng, at, 20 * SECOND, 5 * MINUTE, &mut changes),
            Pattern::Long => dead(&mut rng, at, HOUR, 5 * DAY, &mut changes),
            Pattern::Flapping => flapping(&mut rng, at, &mut changes),
            Pattern::HalfDead => half_dead(&mut rng, at, 2 * MINUTE, DAY, &mut changes),
            Pattern::Quiet | Pattern::All => at,
        };
        at += between(&mut rng, 2 * HOUR, DAY);
        at = small_trouble(&mut rng, at, &mut changes);
    }
    Scenario::new(changes, at + 6 * HOUR, false)
}

/// Everything at once: outages of all kinds, a network that fails, crashes, clocks that are set, operators; then fine weather.
pub fn storm(seed: u64) -> Scenario {
    let mut rng = Dice(seed).at(For::Scenario, 1);
    let mut changes = Vec::new();
    let mut at = between(&mut rng, SECOND, DAY);
    for _ in 0..rng.usize(2..7) {
        let from = at;
        at = episode(&mut rng, at, &mut changes);
        befalls(&mut rng, from, at + 20 * MINUTE, &mut changes);
        at += between(&mut rng, SECOND, 20 * DAY);
    }
    at += 40 * MINUTE;
    changes.extend(all_is_well().map(|change| (at, change)));
    changes.push((at + SECOND, Change::Operator(Order::Automatic(true))));
    // An event that an operator began ends only by one.
    changes.push((at + 10 * MINUTE, Change::Operator(Order::End { force: false })));
    Scenario::new(changes, at + FINE_AT_THE_END, true)
}

fn all_is_well() -> impl Iterator<Item = Change> {
    [
        Change::Smtp(Smtp::Up),
        Change::Pages(Pages::Fine),
        Change::Full(None),
        Change::CableOut(false),
        Change::SegmentOut(false),
        Change::Lost(0),
        Change::Delay(0),
        Change::WitnessesUp(true),
        Change::OutsideUp(true),
    ]
    .into_iter()
}

/// One trouble from `at` on; when it is over.
fn episode(rng: &mut Rng, at: Millis, changes: &mut Changes) -> Millis {
    match rng.u8(..12) {
        0..3 => dead(rng, at, SECOND, 3 * DAY, changes),
        3..5 => half_dead(rng, at, SECOND, DAY, changes),
        5 => flapping(rng, at, changes),
        6 => small_trouble(rng, at, changes),
        7 => {
            let person = Some(rng.u8(..12));
            lasting(at, between(rng, MINUTE, 2 * DAY), Change::Full(person), Change::Full(None), changes)
        }
        8 => lasting(at, between(rng, SECOND, DAY), Change::CableOut(true), Change::CableOut(false), changes),
        9 => lasting(at, between(rng, SECOND, DAY), Change::SegmentOut(true), Change::SegmentOut(false), changes),
        10 => lasting(at, between(rng, SECOND, DAY), Change::WitnessesUp(false), Change::WitnessesUp(true), changes),
        _ => lasting(at, between(rng, SECOND, DAY), Change::OutsideUp(false), Change::OutsideUp(true), changes),
    }
}

fn lasting(at: Millis, length: Millis, begin: Change, end: Change, changes: &mut Changes) -> Millis {
    changes.push((at, begin));
    changes.push((at + length, end));
    at + length
}

/// The machine or its service is gone, with its health pages or without; sometimes half of it comes back first.
fn dead(rng: &mut Rng, at: Millis, shortest: Millis, longest: Millis, changes: &mut Changes) -> Millis {
    let mut at = at;
    let (smtp, pages) = match rng.u8(..4) {
        0 => (Smtp::Refusing, Pages::Refusing),
        1 => (Smtp::Dropping, Pages::Silent),
        2 => (Smtp::Hanging, Pages::Silent),
        _ => (Smtp::Refusing, Pages::Fine),
    };
    changes.push((at, Change::Smtp(smtp)));
    changes.push((at, Change::Pages(pages)));
    at += between(rng, shortest, longest);
    if rng.u8(..4) == 0 {
        changes.push((at, Change::Smtp(Smtp::HalfRestored)));
        at += between(rng, SECOND, 30 * MINUTE);
    }
    changes.push((at, Change::Smtp(Smtp::Up)));
    if rng.bool() {
        at += between(rng, SECOND, 10 * MINUTE);
    }
    changes.push((at, Change::Pages(Pages::Fine)));
    at
}

/// Half of it works.
fn half_dead(rng: &mut Rng, at: Millis, shortest: Millis, longest: Millis, changes: &mut Changes) -> Millis {
    let length = between(rng, shortest, longest);
    let smtp = match rng.u8(..8) {
        0 | 1 => Smtp::Draining,
        2 => Smtp::BackPressure,
        3 => Smtp::Stuck,
        4 => Smtp::Closed,
        5 => Smtp::DropsAtDot,
        _ => {
            let pages = [Pages::Unavailable, Pages::Redirect, Pages::Silent][rng.usize(..3)];
            return lasting(at, length, Change::Pages(pages), Change::Pages(Pages::Fine), changes);
        }
    };
    lasting(at, length, Change::Smtp(smtp), Change::Smtp(Smtp::Up), changes)
}

fn flapping(rng: &mut Rng, at: Millis, changes: &mut Changes) -> Millis {
    let mut at = at;
    let smtp = [Smtp::Refusing, Smtp::Hanging, Smtp::Draining][rng.usize(..3)];
    for _ in 0..rng.usize(3..20) {
        at = lasting(at, between(rng, 5 * SECOND, 3 * MINUTE), Change::Smtp(smtp), Change::Smtp(Smtp::Up), changes);
        at += between(rng, 5 * SECOND, 3 * MINUTE);
    }
    at
}

/// No reason to take over: too short, slow, late, or a matter of settings.
fn small_trouble(rng: &mut Rng, at: Millis, changes: &mut Changes) -> Millis {
    let up = Change::Smtp(Smtp::Up);
    match rng.u8(..6) {
        0 => lasting(at, between(rng, SECOND, 9 * SECOND), Change::Smtp(Smtp::Refusing), up, changes),
        1 => lasting(at, between(rng, SECOND, 6 * SECOND), Change::Smtp(Smtp::Hanging), up, changes),
        2 => {
            let slow = Smtp::Slow(rng.u8(1..58));
            lasting(at, between(rng, MINUTE, 2 * HOUR), Change::Smtp(slow), up, changes)
        }
        3 => lasting(at, between(rng, MINUTE, DAY), Change::Smtp(Smtp::BadCertificate), up, changes),
        4 => {
            let lost = Change::Lost(rng.u8(1..10));
            lasting(at, between(rng, MINUTE, HOUR), lost, Change::Lost(0), changes)
        }
        _ => {
            let delay = Change::Delay(between(rng, 100, 3 * SECOND));
            lasting(at, between(rng, MINUTE, HOUR), delay, Change::Delay(0), changes)
        }
    }
}

/// What befalls the box itself in this time.
fn befalls(rng: &mut Rng, from: Millis, until: Millis, changes: &mut Changes) {
    // The first minutes of an outage are when it matters; a random instant of three days is none of them.
    let moment = |rng: &mut Rng| if rng.bool() { rng.u64(from..until) } else { rng.u64(from..until.min(from + 3 * MINUTE)) };
    if rng.u8(..5) < 2 {
        for _ in 0..rng.usize(1..4) {
            let at = moment(rng);
            changes.push((at, Change::Crash { down_ms: between(rng, SECOND, 10 * MINUTE) }));
        }
    }
    if rng.u8(..7) == 0 {
        // A step of less than the shortest wait delays what is queued by that much: nobody promises more.
        let by = between(rng, MINUTE, 400 * DAY) as i64;
        let at = moment(rng);
        changes.push((at, Change::Clock(if rng.bool() { by } else { -by })));
    }
    if rng.u8(..4) == 0 {
        for _ in 0..rng.usize(1..4) {
            let order = match rng.u8(..5) {
                0 => Order::Start,
                1 => Order::End { force: false },
                2 => Order::End { force: true },
                3 => Order::Automatic(false),
                _ => Order::Automatic(true),
            };
            let at = moment(rng);
            changes.push((at, Change::Operator(order)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_in_order_and_repeated_by_its_seed() {
        for seed in 0..50 {
            let storm = storm(seed);
            assert!(storm.changes.is_sorted_by_key(|(at, _)| *at), "{seed}");
            assert!(storm.changes.last().is_some_and(|(at, _)| at + FINE_AT_THE_END / 2 < storm.ends_at), "{seed}");
            assert_eq!(storm.changes, super::storm(seed).changes);
            assert_ne!(storm.changes, super::storm(seed + 1).changes);
        }
    }

    #[test]
    fn each_pattern_has_a_name() {
        for (name, pattern) in Pattern::NAMES {
            assert_eq!(pattern.name(), name);
            assert!(!outages(pattern, 3, 1).changes.is_empty(), "{name}");
        }
    }
}
