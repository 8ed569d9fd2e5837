//! Planned maintenance of the primary: from when to when the box takes over, and whether the clock that says so may be believed.
//!
//! A window is about the wall clock, and so the only thing here that begins by it. [`super::Machine`] remembers which ones have begun, so
//! that none begins twice, and ends them by the clock that never jumps.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::{Mono, Now, Wall};
use crate::limits::{WINDOW_CLOCK_STEADY, WINDOW_CLOCK_STEP_MAX, WINDOW_LENGTH_MAX, WINDOW_REASON_MAX_OCTETS, WINDOWS_MAX};

/// One window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// From 1; used once.
    pub id: u64,
    pub from: Wall,
    /// It is over at this time.
    pub to: Wall,
    /// May be empty.
    pub reason: String,
    /// Who planned it.
    pub by: String,
    /// Whether people are told beforehand.
    pub announce: bool,
}

/// Why a window is not planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowError {
    /// It ends before it begins.
    Backwards,
    /// It is over already.
    Past,
    /// Longer than [`WINDOW_LENGTH_MAX`].
    TooLong,
    /// It overlaps with this one.
    Overlap(u64),
    /// [`WINDOWS_MAX`] are planned.
    TooMany,
}

impl Window {
    pub fn is_now(&self, now: Wall) -> bool {
        self.from <= now && now < self.to
    }

    /// The same with its reason cut to one line of at most [`WINDOW_REASON_MAX_OCTETS`].
    pub fn bounded(self) -> Window {
        Window { reason: super::evidence::one_line(&self.reason, WINDOW_REASON_MAX_OCTETS), ..self }
    }
}

/// Whether a new window fits to those that are planned.
pub fn may_plan(windows: &[Window], new: &Window, now: Wall) -> Result<(), WindowError> {
    let ahead = windows.iter().filter(|window| window.to > now);
    match () {
        () if new.to <= new.from => Err(WindowError::Backwards),
        () if new.to <= now => Err(WindowError::Past),
        () if new.to.since(new.from) > WINDOW_LENGTH_MAX => Err(WindowError::TooLong),
        () if ahead.clone().count() >= WINDOWS_MAX => Err(WindowError::TooMany),
        () => match ahead.clone().find(|window| window.from < new.to && new.from < window.to) {
            Some(window) => Err(WindowError::Overlap(window.id)),
            None => Ok(()),
        },
    }
}

/// The window that is running, or the next one to come.
pub fn next(windows: &[Window], now: Wall) -> Option<&Window> {
    windows.iter().filter(|window| window.to > now).min_by_key(|window| window.from)
}

/// Whether the wall clock may begin a window. After a step (a dead battery, a typing mistake, a suspended machine) it has to go steadily for
/// a while first.
#[derive(Clone, Copy, Debug)]
pub struct WindowClock {
    last: Now,
    stepped: Option<Mono>,
}

impl WindowClock {
    pub fn new(now: Now) -> WindowClock {
        WindowClock { last: now, stepped: None }
    }

    /// Takes in the time. Wanted about once a second.
    pub fn is_steady(&mut self, now: Now) -> bool {
        let expected = self.last.wall.plus(now.mono.since(self.last.mono));
        if now.wall.since(expected).max(expected.since(now.wall)) > WINDOW_CLOCK_STEP_MAX {
            self.stepped = Some(now.mono);
        }
        self.last = now;
        self.stepped = self.stepped.filter(|at| now.mono.since(*at) < WINDOW_CLOCK_STEADY);
        self.stepped.is_none()
    }
}

/// How long a running window has to go.
pub fn rest(window: &Window, now: Wall) -> Duration {
    window.to.since(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(id: u64, from: u64, to: u64) -> Window {
        Window { id, from: Wall(from * 1000), to: Wall(to * 1000), reason: String::new(), by: "ann".to_owned(), announce: false }
    }

    fn check(planned: &[Window], (from, to): (u64, u64), expected: Result<(), WindowError>) {
        assert_eq!(may_plan(planned, &window(9, from, to), Wall(1_000_000)), expected, "{from} {to}");
    }

    #[test]
    fn windows_lie_ahead_and_do_not_overlap() {
        let planned = [window(1, 500, 900), window(2, 2_000, 3_000)];
        check(&planned, (3_000, 4_000), Ok(()));
        check(&planned, (1_500, 2_000), Ok(()));
        check(&planned, (500, 1_500), Ok(()));
        check(&planned, (500, 900), Err(WindowError::Past));
        check(&planned, (2_000, 1_500), Err(WindowError::Backwards));
        check(&planned, (2_999, 4_000), Err(WindowError::Overlap(2)));
        check(&planned, (1_500, 4_000), Err(WindowError::Overlap(2)));
        check(&planned, (5_000, 5_001 + WINDOW_LENGTH_MAX.as_secs()), Err(WindowError::TooLong));
        let many: Vec<Window> = (0..WINDOWS_MAX as u64).map(|n| window(n, 2_000 + n, 2_001 + n)).collect();
        check(&many, (9_000, 9_001), Err(WindowError::TooMany));
    }

    #[test]
    fn the_next_window_is_the_one_that_runs_or_comes_first() {
        let planned = [window(1, 3_000, 4_000), window(2, 1_000, 2_000)];
        let id = |now: u64| next(&planned, Wall(now * 1000)).map(|window| window.id);
        assert_eq!((id(0), id(1_500), id(2_000), id(4_000)), (Some(2), Some(2), Some(1), None));
        assert!(planned[1].is_now(Wall(1_000_000)) && !planned[1].is_now(Wall(2_000_000)));
    }

    #[test]
    fn a_clock_that_stepped_begins_nothing_for_a_while() {
        let at = |mono_s: u64, wall_s: u64| Now { mono: Mono(mono_s * 1000), wall: Wall(wall_s * 1000) };
        let mut clock = WindowClock::new(at(0, 1_000));
        assert!(clock.is_steady(at(1, 1_001)) && clock.is_steady(at(2, 1_030)), "a small correction is no step");
        assert!(!clock.is_steady(at(3, 9_000)));
        let steady = WINDOW_CLOCK_STEADY.as_secs();
        assert!(!clock.is_steady(at(2 + steady, 8_999 + steady)));
        assert!(clock.is_steady(at(3 + steady, 9_000 + steady)));
        assert!(!clock.is_steady(at(4 + steady, 100)), "backwards is a step, too");
    }
}
