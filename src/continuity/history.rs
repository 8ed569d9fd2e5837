//! What probes have seen over the last days, in buckets: by the minute for two days, by the hour for a month. Pure; never grows.
//!
//! A bucket is a slot of fixed size in a ring: its number is its time, so a slot that holds another time is empty. That is also its form
//! on disk ([`History::to_octets`]): after a restart old slots are known by their times, and nothing has to be cleared. Each slot has its
//! own checksum, so that only what changed has to be written, and a slot that was torn by a power cut is one empty slot.

use std::collections::BTreeSet;

use super::{Class, Evidence, Probe};
use crate::clock::Wall;
use crate::limits::{HISTORY_HOURS, HISTORY_LATENCIES, HISTORY_MINUTES};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 3_600_000;

/// Probes that have a history; their order is that on disk.
pub const PROBES: [Probe; 5] = [Probe::Smtp, Probe::HealthPages, Probe::Relay, Probe::Witnesses, Probe::Canary];
/// Classes from best to worst; their order is that on disk, so new ones go to the end of [`CODES`] and into their place here.
const WORST_LAST: [Class; 12] = [
    Class::Healthy,
    Class::Slow,
    Class::Certificate,
    Class::Login,
    Class::Misconfigured,
    Class::Isolated,
    Class::UnhealthyPage,
    Class::Undelivered,
    Class::Draining,
    Class::Refusing,
    Class::Hanging,
    Class::Down,
];
/// What stands on disk for a class: its place here.
const CODES: [Class; 12] = [
    Class::Healthy,
    Class::Slow,
    Class::Down,
    Class::Hanging,
    Class::Refusing,
    Class::Draining,
    Class::UnhealthyPage,
    Class::Isolated,
    Class::Misconfigured,
    Class::Certificate,
    Class::Login,
    Class::Undelivered,
];

/// What one probe saw in one minute or hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Number of its minute or hour since 1970, plus one; 0 is empty.
    tick: u32,
    /// Observations of each class, in the order of `CODES`.
    counts: [u16; 12],
    /// Of all observations that were measured, in milliseconds; [`u32::MAX`] and 0 if none was.
    min_ms: u32,
    max_ms: u32,
    /// A sample of them, for the median: the last ones.
    sample: [u16; HISTORY_LATENCIES],
    measured: u16,
}

/// Octets of one bucket on disk, without and with its CRC-32C.
const BARE_OCTETS: usize = 4 + 12 * 2 + 4 + 4 + HISTORY_LATENCIES * 2 + 2;
const BUCKET_OCTETS: usize = BARE_OCTETS + 4;
const SLOTS: usize = HISTORY_MINUTES + HISTORY_HOURS;
/// Octets of the whole on disk, always.
pub const HISTORY_OCTETS: usize = HEAD.len() + PROBES.len() * SLOTS * BUCKET_OCTETS;
const HEAD: &[u8; 16] = b"lifeboat probes1";

/// Which buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    Minutes,
    Hours,
}

impl Grain {
    /// Length of one bucket.
    pub fn ms(self) -> u64 {
        match self {
            Grain::Minutes => MINUTE_MS,
            Grain::Hours => HOUR_MS,
        }
    }
}

/// One bucket as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When it begins.
    pub at: Wall,
    pub worst: Class,
    pub count: u32,
    /// Of these, of a red class.
    pub red: u32,
    /// Smallest, middle and largest time in milliseconds; None if nothing was measured.
    pub latency_ms: Option<(u32, u32, u32)>,
}

#[derive(Clone, Debug)]
pub struct History {
    /// For each of [`PROBES`]: the minutes, then the hours.
    slots: Vec<Bucket>,
    /// Changed since [`History::take_changes`].
    changed: BTreeSet<usize>,
}

impl Default for History {
    fn default() -> Self {
        History { slots: vec![Bucket::default(); PROBES.len() * SLOTS], changed: BTreeSet::new() }
    }
}

impl History {
    /// Takes an observation. One of a probe that has no history (the operator's word) is nothing.
    pub fn note(&mut self, evidence: &Evidence) {
        let Some(probe) = PROBES.iter().position(|probe| *probe == evidence.probe) else { return };
        for grain in [Grain::Minutes, Grain::Hours] {
            let (slot, tick) = place(probe, grain, evidence.at);
            let bucket = &mut self.slots[slot];
            if bucket.tick != tick {
                *bucket = Bucket { tick, min_ms: u32::MAX, ..Bucket::default() };
            }
            bucket.note(evidence);
            self.changed.insert(slot);
        }
    }

    /// What has to be written since the last time: where in the file, and what.
    pub fn take_changes(&mut self) -> Vec<(u64, Vec<u8>)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|slot| ((HEAD.len() + slot * BUCKET_OCTETS) as u64, self.slots[slot].to_octets())).collect()
    }

    /// The buckets of a probe from `from` to `to`, oldest first, without the empty ones.
    pub fn seen(&self, probe: Probe, grain: Grain, from: Wall, to: Wall) -> Vec<Seen> {
        let Some(probe) = PROBES.iter().position(|known| *known == probe) else { return Vec::new() };
        let slots = if grain == Grain::Minutes { HISTORY_MINUTES } else { HISTORY_HOURS } as u64;
        let (first, last) = (from.0 / grain.ms(), to.0 / grain.ms());
        let first = first.max((last + 1).saturating_sub(slots));
        let shown = |number: u64| {
            let at = Wall(number * grain.ms());
            let (slot, tick) = place(probe, grain, at);
            Some(&self.slots[slot]).filter(|bucket| bucket.tick == tick).and_then(|bucket| bucket.seen(at))
        };
        (first..=last).filter_map(shown).collect()
    }

    /// Its form on disk, [`HISTORY_OCTETS`] long: a head, then the buckets, each with its CRC-32C; numbers in little-endian order.
    pub fn to_octets(&self) -> Vec<u8> {
        let mut octets = HEAD.to_vec();
        self.slots.iter().for_each(|bucket| octets.extend(bucket.to_octets()));
        octets
    }

    /// Reads it back, and how many slots were damaged (they are empty). None if it is not that form at all.
    pub fn from_octets(octets: &[u8]) -> Option<(History, usize)> {
        if octets.len() != HISTORY_OCTETS {
            return None;
        }
        let slots: Vec<Option<Bucket>> = octets.strip_prefix(HEAD)?.chunks_exact(BUCKET_OCTETS).map(Bucket::of_octets).collect();
        let damaged = slots.iter().filter(|slot| slot.is_none()).count();
        Some((History { slots: slots.into_iter().map(Option::unwrap_or_default).collect(), changed: BTreeSet::new() }, damaged))
    }
}

/// The slot and the tick of a time.
fn place(probe: usize, grain: Grain, at: Wall) -> (usize, u32) {
    let number = at.0 / grain.ms();
    let (first, slots) = match grain {
        Grain::Minutes => (0, HISTORY_MINUTES),
        Grain::Hours => (HISTORY_MINUTES, HISTORY_HOURS),
    };
    // A clock in the year 10,000 is still a number.
    let tick = u32::try_from(number + 1).unwrap_or(u32::MAX);
    (probe * SLOTS + first + (number % slots as u64) as usize, tick)
}

impl Bucket {
    fn note(&mut self, evidence: &Evidence) {
        if let Some(code) = CODES.iter().position(|class| *class == evidence.class) {
            self.counts[code] = self.counts[code].saturating_add(1);
        }
        if let Some(ms) = evidence.latency_ms {
            let ms = u32::try_from(ms).unwrap_or(u32::MAX - 1);
            (self.min_ms, self.max_ms) = (self.min_ms.min(ms), self.max_ms.max(ms));
            self.sample[usize::from(self.measured) % HISTORY_LATENCIES] = u16::try_from(ms).unwrap_or(u16::MAX);
            // It stays in phase when it is full.
            self.measured = self.measured.checked_add(1).unwrap_or(u16::MAX - (u16::MAX % HISTORY_LATENCIES as u16));
        }
    }

    fn seen(&self, at: Wall) -> Option<Seen> {
        let count_of = |class: &Class| CODES.iter().position(|known| known == class).map_or(0, |code| u32::from(self.counts[code]));
        let worst = *WORST_LAST.iter().rev().find(|class| count_of(class) > 0)?;
        let mut sample = self.sample[..usize::from(self.measured).min(HISTORY_LATENCIES)].to_vec();
        sample.sort_unstable();
        let median = sample.get(sample.len() / 2).map(|ms| u32::from(*ms).clamp(self.min_ms.min(self.max_ms), self.max_ms));
        Some(Seen {
            at,
            worst,
            count: WORST_LAST.iter().map(count_of).sum(),
            red: WORST_LAST.iter().filter(|class| class.is_red()).map(count_of).sum(),
            latency_ms: median.map(|median| (self.min_ms, median, self.max_ms)),
        })
    }

    fn to_octets(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(BUCKET_OCTETS);
        octets.extend_from_slice(&self.tick.to_le_bytes());
        self.counts.iter().for_each(|count| octets.extend_from_slice(&count.to_le_bytes()));
        octets.extend_from_slice(&self.min_ms.to_le_bytes());
        octets.extend_from_slice(&self.max_ms.to_le_bytes());
        self.sample.iter().for_each(|ms| octets.extend_from_slice(&ms.to_le_bytes()));
        octets.extend_from_slice(&self.measured.to_le_bytes());
        let sum = crc32c::crc32c(&octets);
        octets.extend_from_slice(&sum.to_le_bytes());
        octets
    }

    fn of_octets(octets: &[u8]) -> Option<Bucket> {
        let (octets, sum) = octets.split_last_chunk::<4>()?;
        if crc32c::crc32c(octets) != u32::from_le_bytes(*sum) {
            return None;
        }
        let mut numbers = octets.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let mut two = || numbers.next().unwrap_or_default();
        let mut four = || u32::from(two()) | u32::from(two()) << 16;
        let tick = four();
        let counts = std::array::from_fn(|_| two());
        let mut four = || u32::from(two()) | u32::from(two()) << 16;
        let (min_ms, max_ms) = (four(), four());
        let sample = std::array::from_fn(|_| two());
        Some(Bucket { tick, counts, min_ms, max_ms, sample, measured: two() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 24 * HOUR_MS;
    /// 2026-03-03T09:15:00Z.
    const START: u64 = 1_772_529_300_000;

    fn seen(at: u64, class: Class, ms: Option<u64>) -> Evidence {
        Evidence { latency_ms: ms, ..Evidence::new(Wall(at), Probe::Smtp, class, "") }
    }

    fn minutes(history: &History, from: u64, to: u64) -> Vec<Seen> {
        history.seen(Probe::Smtp, Grain::Minutes, Wall(from), Wall(to))
    }

    #[test]
    fn a_bucket_says_the_worst_and_the_times() {
        let mut history = History::default();
        for (offset, class, ms) in
            [(0, Class::Healthy, Some(4)), (5, Class::Slow, Some(900)), (10, Class::Down, None), (15, Class::Healthy, Some(6))]
        {
            history.note(&seen(START + offset * 1000, class, ms));
        }
        history.note(&seen(START + MINUTE_MS, Class::Healthy, Some(70_000)));
        let expected = Seen { at: Wall(START), worst: Class::Down, count: 4, red: 1, latency_ms: Some((4, 6, 900)) };
        let next =
            Seen { at: Wall(START + MINUTE_MS), worst: Class::Healthy, count: 1, red: 0, latency_ms: Some((70_000, 70_000, 70_000)) };
        assert_eq!(minutes(&history, START, START + HOUR_MS), [expected, next]);
        let hours = history.seen(Probe::Smtp, Grain::Hours, Wall(START), Wall(START));
        assert_eq!((hours.len(), hours[0].count, hours[0].at), (1, 5, Wall(START - 15 * MINUTE_MS)));
        assert_eq!(history.seen(Probe::Witnesses, Grain::Hours, Wall(0), Wall(START)), []);
        assert_eq!(history.seen(Probe::Operator, Grain::Hours, Wall(0), Wall(START)), []);
    }

    #[test]
    fn old_slots_are_used_again_and_never_shown_as_new() {
        let mut history = History::default();
        history.note(&seen(START, Class::Down, None));
        let later = START + 2 * DAY_MS;
        assert_eq!(minutes(&history, later - HOUR_MS, later + MINUTE_MS), [], "the same slot two days later");
        history.note(&seen(later, Class::Healthy, None));
        assert_eq!(minutes(&history, later, later)[0].worst, Class::Healthy);
        assert_eq!(minutes(&history, START, START), [], "what was there is gone");
        let month = |at: u64| history.seen(Probe::Smtp, Grain::Hours, Wall(0), Wall(at)).len();
        assert_eq!((month(later), month(START + 30 * DAY_MS), month(START + 40 * DAY_MS)), (2, 2, 0));
    }

    #[test]
    fn every_class_has_its_place_in_both_orders() {
        let mut codes = CODES.to_vec();
        let mut worst = WORST_LAST.to_vec();
        codes.sort_unstable();
        worst.sort_unstable();
        assert_eq!(codes, worst);
        codes.dedup();
        assert_eq!(codes.len(), CODES.len());
        assert!(WORST_LAST.iter().skip_while(|class| !class.is_red()).all(|class| class.is_red()), "red ones are the worst");
        // All of them: serde lists those that it knows.
        let error = serde_json::from_str::<Class>("\"?\"").unwrap_err().to_string();
        assert_eq!(error.matches('`').count() / 2, CODES.len() + 1, "{error}");
    }

    #[test]
    fn what_is_written_is_read_back_and_anything_else_is_refused() {
        let mut history = History::default();
        for number in 0..5000u64 {
            history.note(&seen(START + number * 5000, CODES[(number % 12) as usize], Some(number)));
        }
        let octets = history.to_octets();
        assert_eq!(octets.len(), HISTORY_OCTETS);
        let back = |octets: &[u8]| History::from_octets(octets).map(|(read, damaged)| (read.slots == history.slots, damaged));
        assert_eq!(back(&octets), Some((true, 0)));
        assert_eq!(back(&octets[1..]), None);
        assert_eq!(back(&[]), None);
        let mut other = octets.clone();
        other[0] ^= 1;
        assert_eq!(back(&other), None);
        for place in [HEAD.len(), HISTORY_OCTETS / 2, HISTORY_OCTETS - 1] {
            let mut damaged = octets.clone();
            damaged[place] ^= 1;
            assert_eq!(back(&damaged).map(|(_, damaged)| damaged), Some(1), "{place}");
        }
    }

    #[test]
    fn changes_alone_make_the_same_file() {
        let mut history = History::default();
        let mut file = history.to_octets();
        for number in 0..300u64 {
            history.note(&seen(START + number * 5000, Class::Healthy, Some(number)));
            if number % 12 == 0 {
                for (at, octets) in history.take_changes() {
                    file[at as usize..at as usize + octets.len()].copy_from_slice(&octets);
                }
            }
        }
        assert!(history.take_changes().len() <= 4, "what was not written yet is little");
        let (read, damaged) = History::from_octets(&file).unwrap();
        let last = START + 288 * 5000;
        assert_eq!((damaged, minutes(&read, START, last - MINUTE_MS)), (0, minutes(&history, START, last - MINUTE_MS)));
    }

    #[test]
    fn counts_and_clocks_have_an_end() {
        let mut history = History::default();
        for _ in 0..70_000 {
            history.note(&seen(START, Class::Healthy, Some(u64::MAX)));
        }
        let shown = minutes(&history, START, START);
        assert_eq!((shown[0].count, shown[0].worst), (65_535, Class::Healthy));
        history.note(&seen(u64::MAX, Class::Down, None));
        assert!(minutes(&history, 0, u64::MAX - MINUTE_MS).len() <= HISTORY_MINUTES);
        assert_eq!(
            History::from_octets(&history.to_octets()).map(|(read, damaged)| (read.slots == history.slots, damaged)),
            Some((true, 0))
        );
    }
}
