//! Flap protection: the more failovers in a short time, the longer continuity lasts.

use std::collections::VecDeque;
use std::time::Duration;

use super::Policy;
use crate::clock::{Now, Wall};
use crate::limits::FAILOVERS_MAX;

/// Recent failovers by the clock that never jumps.
#[derive(Clone, Debug, Default)]
pub(super) struct Failovers {
    /// Milliseconds on the monotonic clock, below zero if before this process; and the wall clock for the ledger.
    recent: VecDeque<(i128, Wall)>,
}

impl Failovers {
    /// Takes over what was saved. Times that the wall clock cannot explain (it jumped) are left out.
    pub fn restore(saved: &[Wall], window: Duration, now: Now) -> Failovers {
        let mut failovers = Failovers::default();
        for &wall in saved.iter().rev().take(FAILOVERS_MAX).rev() {
            if let Some(age) = plausible_age(wall, window, now.wall) {
                failovers.recent.push_back((i128::from(now.mono.0) - age.as_millis() as i128, wall));
            }
        }
        failovers
    }

    /// Notes a failover.
    pub fn note(&mut self, window: Duration, now: Now) {
        let oldest = i128::from(now.mono.0) - window.as_millis() as i128;
        self.recent.retain(|&(at, _)| at >= oldest);
        if self.recent.len() >= FAILOVERS_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back((i128::from(now.mono.0), now.wall));
    }

    /// How long continuity lasts at least: doubled with each failover within the window after the first.
    pub fn hold_down(&self, policy: &Policy, now: Now) -> Duration {
        let oldest = i128::from(now.mono.0) - policy.flap_window.as_millis() as i128;
        let count = self.recent.iter().filter(|&&(at, _)| at >= oldest).count();
        let mut hold = policy.hold_down_first;
        for _ in 1..count {
            hold = hold.saturating_mul(2);
        }
        hold.min(policy.hold_down_max)
    }

    /// For the ledger, oldest first.
    pub fn walls(&self) -> Vec<Wall> {
        self.recent.iter().map(|&(_, wall)| wall).collect()
    }
}

/// The age of a time on disk; none if it lies in the future or further back than `longest`: the wall clock may have
/// jumped while the box was off, so such an age means nothing.
pub(super) fn plausible_age(then: Wall, longest: Duration, now: Wall) -> Option<Duration> {
    (then <= now).then(|| now.since(then)).filter(|age| *age <= longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Mono;

    fn policy() -> Policy {
        Policy {
            fall: 3,
            rise: 6,
            health_pages: false,
            hold_down_first: Duration::from_secs(15),
            hold_down_max: Duration::from_secs(900),
            flap_window: Duration::from_secs(3600),
        }
    }

    fn at(mono_s: u64, wall_s: u64) -> Now {
        Now { mono: Mono(mono_s * 1000), wall: Wall(wall_s * 1000) }
    }

    /// Failovers at these seconds; the hold-down that the last one gets, in seconds.
    fn check(failovers: &[u64], expected: u64) {
        let mut noted = Failovers::default();
        let mut last = at(0, 0);
        for &second in failovers {
            last = at(second, second);
            noted.note(policy().flap_window, last);
        }
        assert_eq!(noted.hold_down(&policy(), last).as_secs(), expected, "{failovers:?}");
    }

    #[test]
    fn grows_with_each_failover_in_the_window() {
        check(&[], 15);
        check(&[10], 15);
        check(&[10, 100], 30);
        check(&[10, 100, 200], 60);
        check(&[10, 20, 30, 40, 50, 60, 70], 900);
        check(&(0..200).collect::<Vec<_>>(), 900);
        check(&[10, 100, 3800], 15);
        check(&[10, 100, 3650], 30);
    }

    #[test]
    fn a_restart_forgets_nothing_that_the_clock_can_explain() {
        let saved = [Wall(9_000_000), Wall(9_500_000)];
        let hold = |now: Now| Failovers::restore(&saved, policy().flap_window, now).hold_down(&policy(), now).as_secs();
        assert_eq!(hold(at(0, 9_600)), 30);
        assert_eq!(hold(at(0, 12_700)), 15, "one has left the window");
        assert_eq!(hold(at(0, 0)), 15, "the clock stands in 1970");
        assert_eq!(hold(at(0, 4_000_000_000)), 15, "the clock has jumped ahead");
    }

    #[test]
    fn memory_stays_flat() {
        let mut failovers = Failovers::default();
        for second in 0..1000 {
            failovers.note(policy().flap_window, at(second, second));
        }
        assert_eq!(failovers.walls().len(), FAILOVERS_MAX);
        let many: Vec<Wall> = (0..1000).map(Wall).collect();
        assert_eq!(Failovers::restore(&many, policy().flap_window, at(0, 1)).walls().len(), FAILOVERS_MAX);
    }
}
