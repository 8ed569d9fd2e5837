//! Time as a value. The only place in the program that reads a clock.
//!
//! Two clocks, because they fail differently: [`Mono`] never jumps and decides deadlines; [`Wall`]
//! is what people read and may jump at any time (a box without a clock battery boots in 1970).
//! Nothing is ordered by `Wall`.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Wall clock: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wall(pub u64);

/// Monotonic clock: milliseconds since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub u64);

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    pub mono: Mono,
    pub wall: Wall,
}

impl Wall {
    /// 2026-01-01. A clock before it is not set yet: this program is younger.
    pub const FLOOR: Wall = Wall(1_767_225_600_000);

    /// Later by `duration`, saturating.
    pub fn plus(self, duration: Duration) -> Wall {
        Wall(self.0.saturating_add(millis(duration)))
    }

    /// Time since `earlier`; zero if `earlier` is later (the clock may have jumped).
    pub fn since(self, earlier: Wall) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Whole seconds since the epoch.
    pub fn seconds(self) -> i64 {
        (self.0 / 1000) as i64
    }
}

impl Mono {
    /// Later by `duration`, saturating.
    pub fn plus(self, duration: Duration) -> Mono {
        Mono(self.0.saturating_add(millis(duration)))
    }

    /// Time since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: Mono) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// How long something has taken, for waits inside the store: nothing is decided or written by it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Now;
}

/// The clocks of the operating system.
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    pub fn new() -> SystemClock {
        SystemClock { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: Mono(millis(self.started.elapsed())), wall: Wall(millis(wall)) }
    }
}
