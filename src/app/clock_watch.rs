//! Whether the wall clock may say what is old enough to be dropped. Pure: it is given the time.
//!
//! A box without a clock battery boots in 1970; a dead battery, a wrong time server or a typo can make it 2038. Retention that believes
//! that drops everything. So nothing is dropped while the clock is behind the newest record, in the first hour after a start, and
//! for a week of steady progress after the clock jumped, or was far ahead of the newest record at the start.
//! A suspended machine looks like a jump, because the monotonic clock stands still meanwhile; so does a box that was off for long. That costs
//! a week of waiting and no mail. A full disk is not governed by this: it drops oldest first, whatever the clock says.

use std::fmt;
use std::time::Duration;

use crate::clock::{Mono, Now, Wall};
use crate::limits::{CLOCK_AHEAD_MAX, CLOCK_STEADY, CLOCK_STEP_MAX, RETENTION_FIRST_AFTER};

/// Why nothing is dropped now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The box has just started, or what it has is not known yet.
    JustStarted,
    /// The clock is behind the newest record.
    Behind,
    /// The clock jumped or was implausible; it has to be steady for so long yet.
    Unsteady { left: Duration },
}

impl Refusal {
    /// Whether something is wrong, not only early.
    pub fn is_doubt(self) -> bool {
        self != Refusal::JustStarted
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::JustStarted => write!(f, "nothing is dropped in the first hour after a start"),
            Refusal::Behind => write!(f, "the clock of this box is behind its newest record"),
            Refusal::Unsteady { left } => {
                let hours = left.as_secs().div_ceil(3600);
                write!(f, "the clock of this box jumped, or was far ahead of its newest record; it must be steady for {hours} h more")
            }
        }
    }
}

/// Looks at both clocks again and again.
#[derive(Clone, Copy, Debug)]
pub struct ClockWatch {
    /// The first hour is counted from here.
    started: Mono,
    last: Now,
    /// Wall time of the newest record when it was first known.
    newest: Option<Wall>,
    behind: bool,
    /// Doubted; steady since.
    steady_since: Option<Mono>,
}

impl ClockWatch {
    /// `doubted`: it was so when the box stopped.
    pub fn new(now: Now, doubted: bool) -> ClockWatch {
        let steady_since = doubted.then_some(now.mono);
        ClockWatch { started: now.mono, last: now, newest: None, behind: false, steady_since }
    }

    /// Whether a week of steady progress is being waited for: this must survive a restart, for mail that is recorded with a wrong time
    /// makes that time look right.
    pub fn is_doubted(&self) -> bool {
        self.steady_since.is_some()
    }

    /// Whether [`ClockWatch::look`] wants to be told of the newest record.
    pub fn wants_newest(&self) -> bool {
        self.newest.is_none()
    }

    /// Takes in the time; may anything be dropped now? `newest`: the wall time of the newest record, none while it is not known.
    pub fn look(&mut self, now: Now, newest: Option<Wall>) -> Result<(), Refusal> {
        let stepped = has_stepped(self.last, now);
        self.last = now;
        let first_known = self.newest.is_none() && newest.is_some();
        self.newest = self.newest.or(newest);
        let Some(newest) = self.newest else {
            // Without a record nothing vouches for the time before or after the step.
            if stepped {
                self.steady_since = Some(now.mono);
            }
            return Err(Refusal::JustStarted);
        };
        let plausible = now.wall >= newest && now.wall.since(newest) <= CLOCK_AHEAD_MAX;
        if stepped && self.behind && plausible {
            // It had been set wrong at boot and has been put right: as if it had just started.
            self.started = now.mono;
            self.steady_since = self.steady_since.map(|_| now.mono);
        } else if stepped || (first_known && now.wall >= newest && !plausible) {
            self.steady_since = Some(now.mono);
        }
        self.behind = now.wall < newest;
        self.verdict(now)
    }

    fn verdict(&mut self, now: Now) -> Result<(), Refusal> {
        if self.behind {
            return Err(Refusal::Behind);
        }
        if let Some(since) = self.steady_since {
            let left = CLOCK_STEADY.saturating_sub(now.mono.since(since));
            if !left.is_zero() {
                return Err(Refusal::Unsteady { left });
            }
            self.steady_since = None;
        }
        if now.mono.since(self.started) < RETENTION_FIRST_AFTER { Err(Refusal::JustStarted) } else { Ok(()) }
    }
}

// Whether the wall clock has gone further, or less far, than the monotonic one.
fn has_stepped(last: Now, now: Now) -> bool {
    let expected = last.wall.plus(now.mono.since(last.mono));
    now.wall.since(expected).max(expected.since(now.wall)) > CLOCK_STEP_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: Duration = Duration::from_secs(24 * 3600);
    /// 24 November 2026.
    const TODAY: Wall = Wall(1_795_478_400_000);
    const IN_2038: Wall = Wall(2_147_483_647_000);

    /// A box with clocks that the test moves.
    struct Clocked {
        now: Now,
        watch: ClockWatch,
        newest: Option<Wall>,
    }

    impl Clocked {
        fn boot(wall: Wall, newest: Wall, doubted: bool) -> Clocked {
            let now = Now { mono: Mono(5_000), wall };
            Clocked { now, watch: ClockWatch::new(now, doubted), newest: Some(newest) }
        }

        /// Both clocks go on; looks every 15 s at first, then every quarter of an hour.
        fn run(&mut self, time: Duration) -> Result<(), Refusal> {
            let step = if time <= HOUR { Duration::from_secs(15) } else { HOUR / 4 };
            let mut left = time;
            while !left.is_zero() {
                let step = step.min(left);
                self.now = Now { mono: self.now.mono.plus(step), wall: self.now.wall.plus(step) };
                let _ = self.look();
                left -= step;
            }
            self.look()
        }

        fn look(&mut self) -> Result<(), Refusal> {
            self.watch.look(self.now, self.newest)
        }

        /// Somebody or something sets the clock.
        fn set(&mut self, wall: Wall) -> Result<(), Refusal> {
            self.now.wall = wall;
            self.look()
        }
    }

    fn is_unsteady(verdict: Result<(), Refusal>) -> bool {
        matches!(verdict, Err(Refusal::Unsteady { .. }))
    }

    #[test]
    fn nothing_in_the_first_hour_then_as_usual() {
        let mut quiet = Clocked::boot(TODAY.plus(DAY), TODAY, false);
        assert_eq!(quiet.look(), Err(Refusal::JustStarted));
        assert_eq!(quiet.run(HOUR - Duration::from_secs(1)), Err(Refusal::JustStarted));
        assert_eq!(quiet.run(Duration::from_secs(1)), Ok(()));
        assert_eq!(quiet.run(DAY * 40), Ok(()));
        assert!(!quiet.watch.is_doubted());
    }

    #[test]
    fn a_boot_in_1970_waits_for_the_time_and_then_an_hour() {
        let mut old = Clocked::boot(Wall(0), TODAY, false);
        assert_eq!(old.run(HOUR * 3), Err(Refusal::Behind));
        assert_eq!(old.set(TODAY.plus(HOUR * 4)), Err(Refusal::JustStarted));
        assert_eq!(old.run(HOUR), Ok(()));
        // Never corrected: never dropped.
        let mut old = Clocked::boot(Wall(0), TODAY, false);
        assert_eq!(old.run(DAY * 60), Err(Refusal::Behind));
    }

    #[test]
    fn a_boot_in_1970_that_is_put_right_too_far_waits_a_week() {
        let mut old = Clocked::boot(Wall(0), TODAY, false);
        assert_eq!(old.run(HOUR), Err(Refusal::Behind));
        assert!(is_unsteady(old.set(IN_2038)));
        assert!(is_unsteady(old.run(DAY * 6)));
    }

    #[test]
    fn a_jump_to_2038_and_back_costs_a_week_from_the_last() {
        let mut jumping = Clocked::boot(TODAY, TODAY, false);
        assert_eq!(jumping.run(HOUR * 2), Ok(()));
        let right = jumping.now.wall;
        assert!(is_unsteady(jumping.set(IN_2038)));
        assert!(is_unsteady(jumping.run(DAY * 3)));
        assert!(is_unsteady(jumping.set(right.plus(DAY * 3))));
        assert!(is_unsteady(jumping.run(DAY * 7 - HOUR)));
        assert_eq!(jumping.run(HOUR), Ok(()));
    }

    #[test]
    fn a_restart_in_2038_does_not_make_it_true() {
        let mut jumping = Clocked::boot(TODAY, TODAY, false);
        assert_eq!(jumping.run(HOUR * 2), Ok(()));
        assert!(is_unsteady(jumping.set(IN_2038)));
        assert!(jumping.watch.is_doubted());
        // Mail was recorded with the wrong time.
        let mut again = Clocked::boot(IN_2038.plus(HOUR), IN_2038, true);
        assert!(is_unsteady(again.run(DAY)));
        // It is put right: behind the newest record, until that is one of today's.
        assert_eq!(again.set(TODAY), Err(Refusal::Behind));
        let mut right = Clocked::boot(TODAY, TODAY, true);
        assert!(is_unsteady(right.run(DAY * 7 - HOUR)));
        assert_eq!(right.run(HOUR), Ok(()));
        assert!(!right.watch.is_doubted());
    }

    #[test]
    fn far_ahead_of_the_newest_record_at_start_waits_a_week() {
        let mut off = Clocked::boot(TODAY.plus(CLOCK_AHEAD_MAX - HOUR), TODAY, false);
        assert_eq!(off.run(HOUR), Ok(()));
        let mut off = Clocked::boot(TODAY.plus(CLOCK_AHEAD_MAX + HOUR), TODAY, false);
        assert!(is_unsteady(off.look()));
        assert!(is_unsteady(off.run(DAY * 7 - HOUR)));
        assert_eq!(off.run(HOUR), Ok(()));
    }

    #[test]
    fn a_suspended_machine_waits_a_week_and_a_small_correction_does_not() {
        let mut laptop = Clocked::boot(TODAY, TODAY, false);
        assert_eq!(laptop.run(HOUR * 2), Ok(()));
        assert_eq!(laptop.set(laptop.now.wall.plus(CLOCK_STEP_MAX)), Ok(()));
        assert_eq!(laptop.set(Wall(laptop.now.wall.0 - 60_000)), Ok(()));
        // The wall clock went on, the monotonic one did not.
        assert!(is_unsteady(laptop.set(laptop.now.wall.plus(HOUR * 12))));
        assert_eq!(laptop.run(DAY * 7), Ok(()));
    }

    #[test]
    fn while_the_newest_record_is_not_known_nothing_is_dropped() {
        let mut building = Clocked::boot(TODAY, TODAY, false);
        building.newest = None;
        assert_eq!(building.run(HOUR * 5), Err(Refusal::JustStarted));
        building.newest = Some(TODAY);
        assert_eq!(building.look(), Ok(()));
        // A jump meanwhile is not forgotten.
        let mut building = Clocked::boot(Wall(0), TODAY, false);
        building.newest = None;
        assert_eq!(building.set(IN_2038), Err(Refusal::JustStarted));
        building.newest = Some(IN_2038);
        assert!(is_unsteady(building.run(HOUR * 5)));
    }
}
