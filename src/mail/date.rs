//! Dates as mail writes and people read them.

use crate::clock::Wall;

/// `Tue, 3 Mar 2026 09:15:02 +0000` (RFC 5322 section 3.3), in the box's time zone.
pub fn rfc5322(_at: Wall) -> String {
    todo!()
}

/// For people, in the box's time zone: `2026-03-03 09:15`.
pub fn minute(_at: Wall) -> String {
    todo!()
}

/// For people, in the box's time zone, short as seen from `now`: `09:15` today, `3 Mar` this year, `2025-03-03` before.
pub fn short(_at: Wall, _now: Wall) -> String {
    todo!()
}

/// RFC 3339 in UTC with seconds, for logs, JSON and the ledger: `2026-03-03T09:15:02Z`.
pub fn rfc3339(_at: Wall) -> String {
    todo!()
}
