//! How much room the disk has, without asking it for each message.

use std::path::Path;

use super::Files;
use crate::clock::Wall;
use crate::limits::{DISK_CHECK_OCTETS, DISK_MAKE_ROOM_EVERY, DISK_RESERVE_OCTETS};

/// Milliseconds of the callers' wall clock between two looks.
const CHECK_EVERY_MS: u64 = 1000;

/// The last look at the free space, and what was written since.
#[derive(Debug, Default)]
pub struct Space {
    seen: Option<(Wall, u64)>,
    written: u64,
    /// When room was last made, or was tried to be.
    made: Option<Wall>,
}

impl Space {
    /// Whether it is time to try; then it counts as tried. Not for each message: there may be nothing to drop for hours.
    pub fn may_make_room(&mut self, at: Wall) -> bool {
        let due = self.made.is_none_or(|made| at.0.abs_diff(made.0) >= DISK_MAKE_ROOM_EVERY.as_millis() as u64);
        if due {
            self.made = Some(at);
            // The next look counts what is free then.
            self.seen = None;
        }
        due
    }

    /// Whether `octets` of new mail may be written without touching the reserve, which is kept for changes of state.
    pub fn has_room(&mut self, files: &dyn Files, spool: &Path, at: Wall, octets: u64) -> bool {
        let stale = match self.seen {
            // The clock may jump either way.
            Some((seen_at, _)) => at.0.abs_diff(seen_at.0) >= CHECK_EVERY_MS || self.written >= DISK_CHECK_OCTETS,
            None => true,
        };
        if stale {
            // A disk that does not say how full it is may be tried: the write itself will tell.
            self.seen = Some((at, files.free_octets(spool).unwrap_or(u64::MAX)));
            self.written = 0;
        }
        let free = self.seen.map_or(u64::MAX, |(_, free)| free);
        let room = free.saturating_sub(self.written).saturating_sub(octets) >= DISK_RESERVE_OCTETS;
        if room {
            self.written += octets;
        }
        room
    }
}
