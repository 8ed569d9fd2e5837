//! Whether a primary that hands nothing back is done, or in trouble: one in trouble defers everything, and an empty list of what is due means
//! nothing then. The probes get the time to see it too, and what was put off by it is tried once more.

use std::collections::BTreeSet;
use std::time::Duration;

use super::job::Fate;
use crate::clock::Mono;
use crate::limits;

/// Messages that are remembered to have met a primary in trouble; what is more puts the end off no longer.
const TROUBLED_MAX: usize = 10_000;
/// What is due again is tried within this time: a runner looks every few seconds.
const AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// What messages met.
#[derive(Default)]
pub struct Trouble {
    /// Messages that found the primary in trouble once, and when one did last for its first time.
    troubled: BTreeSet<u64>,
    at: Option<Mono>,
}

impl Trouble {
    /// Notes how a message fared.
    pub fn note(&mut self, message: u64, fate: &Fate, now: Mono) {
        let is_first = fate.is_red && self.troubled.len() < TROUBLED_MAX && self.troubled.insert(message);
        if fate.no_connection || is_first {
            self.at = Some(now);
        }
    }

    /// One message that always meets trouble does not keep a hand-over from its end.
    pub fn is_over(&self, interval: Duration, fall: u32, now: Mono) -> bool {
        let settle = interval.saturating_mul(fall.saturating_add(1)).max(limits::BACKOFF_FIRST + AGAIN_WITHIN);
        self.at.is_none_or(|at| now.since(at) >= settle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(5);

    /// Tries as `(message, second, red, no connection)`; whether the end may be said at `second`.
    fn check(tries: &[(u64, u64, bool, bool)], second: u64, expected: bool) {
        let mut trouble = Trouble::default();
        for &(message, at, is_red, no_connection) in tries {
            trouble.note(message, &Fate { nexts: vec![], no_connection, is_red }, Mono(at * 1000));
        }
        assert_eq!(trouble.is_over(INTERVAL, 3, Mono(second * 1000)), expected, "{tries:?} {second}");
    }

    #[test]
    fn a_primary_in_trouble_is_not_the_end() {
        check(&[], 0, true);
        check(&[(1, 0, false, false)], 0, true);
        check(&[(1, 0, true, false), (2, 1, true, false)], 40, false);
        check(&[(1, 0, true, false), (2, 1, false, false)], 30, false);
        check(&[(1, 0, true, false), (2, 1, true, false)], 42, true);
        // Without any connection it is never the end.
        check(&[(1, 0, true, true), (1, 30, true, true), (1, 60, true, true)], 90, false);
    }

    #[test]
    fn one_odd_message_does_not_put_off_the_end_for_ever() {
        check(&[(1, 0, true, false), (1, 30, true, false), (1, 60, true, false)], 61, true);
    }
}
