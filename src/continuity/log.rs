//! The newest evidence, bounded for each probe, so that a hundred failing relays do not push out what the probes saw.

use std::collections::{BTreeMap, VecDeque};

use super::{Evidence, Probe};
use crate::limits::{EVIDENCE_MAX, EVIDENCE_PER_PROBE_MAX};

#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// Numbered in order of arrival: nothing is ordered by the wall clock.
    by_probe: BTreeMap<Probe, VecDeque<(u64, Evidence)>>,
    taken: u64,
}

impl Log {
    pub fn push(&mut self, evidence: Evidence) {
        let kept = self.by_probe.entry(evidence.probe).or_default();
        if kept.len() >= EVIDENCE_PER_PROBE_MAX {
            kept.pop_front();
        }
        kept.push_back((self.taken, evidence));
        self.taken += 1;
    }

    /// The newest first, at most `count` and never more than [`EVIDENCE_MAX`].
    pub fn newest(&self, count: usize) -> Vec<Evidence> {
        let mut all: Vec<&(u64, Evidence)> = self.by_probe.values().flatten().collect();
        all.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        all.into_iter().take(count.min(EVIDENCE_MAX)).map(|(_, evidence)| evidence.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;
    use crate::continuity::Class;

    #[test]
    fn newest_first_and_bounded_for_each_probe() {
        let mut log = Log::default();
        log.push(Evidence::new(Wall(9), Probe::Smtp, Class::Down, "first"));
        for n in 0..1000 {
            // The wall clock runs backwards; the order is that of arrival all the same.
            log.push(Evidence::new(Wall(1000 - n), Probe::Relay, Class::Down, &n.to_string()));
        }
        let newest = log.newest(EVIDENCE_MAX);
        assert_eq!(newest.len(), EVIDENCE_PER_PROBE_MAX + 1);
        assert_eq!((newest[0].detail.as_str(), newest[1].detail.as_str()), ("999", "998"));
        assert_eq!(newest.last().map(|e| e.detail.as_str()), Some("first"));
        assert_eq!(log.newest(2).len(), 2);
    }
}
