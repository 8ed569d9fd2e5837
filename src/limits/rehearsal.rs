//! Bounds of drills.

use std::time::Duration;

/// Shortest and longest drill, and the length of one for which nothing is said.
pub const DRILL_MIN: Duration = Duration::from_secs(10);
pub const DRILL_MAX: Duration = Duration::from_secs(24 * 3600);
pub const DRILL_USUAL: Duration = Duration::from_secs(30 * 60);
/// A scheduled drill that could not begin within this time after its time (the box was off, or the clock jumped) is left out.
pub const DRILL_LATE_MAX: Duration = Duration::from_secs(10 * 60);
/// What people write in a drill stays in memory: messages of one person, their octets, and octets of the whole drill. Past these only
/// the head of a message is kept to be shown.
pub const PRACTICE_LETTERS_MAX: usize = 50;
pub const PRACTICE_LETTER_MAX_OCTETS: usize = 256 * 1024;
pub const PRACTICE_TOTAL_MAX_OCTETS: usize = 16 * 1024 * 1024;
/// Drills that are listed.
pub const DRILLS_SHOWN_MAX: usize = 100;
