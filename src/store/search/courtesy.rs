//! When the search may work: mail goes first. Pure: time and the spool's growth come in as values.

use std::time::Duration;

use crate::limits::{SEARCH_BUSY_RECORDS_PER_S, SEARCH_GATHER, SEARCH_YIELD_MAX};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Go,
    /// Mail is coming in.
    Wait,
    /// Mail has been coming in for so long that the search goes on beside it, with long pauses.
    GoSlowly,
}

#[derive(Debug, Default)]
pub struct Courtesy {
    /// Number of the last record on disk at the look before.
    seq: u64,
    /// Time without a quiet moment.
    busy: Duration,
}

impl Courtesy {
    /// After a time in which nobody looked.
    pub fn begin(&mut self, seq: u64) {
        *self = Courtesy { seq, busy: Duration::ZERO };
    }

    /// `seq`: of the last record on disk; `since`: time since the look before.
    pub fn look(&mut self, seq: u64, since: Duration) -> Turn {
        let records = u128::from(seq.saturating_sub(std::mem::replace(&mut self.seq, seq)));
        // A few records at once are no load: a message has a record for each recipient's outcome, too.
        if records * 1000 <= u128::from(SEARCH_BUSY_RECORDS_PER_S) * since.max(SEARCH_GATHER).as_millis() {
            self.busy = Duration::ZERO;
            return Turn::Go;
        }
        self.busy = self.busy.saturating_add(since);
        if self.busy < SEARCH_YIELD_MAX { Turn::Wait } else { Turn::GoSlowly }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_quiet_box_goes_at_once() {
        let mut courtesy = Courtesy::default();
        courtesy.begin(1_000_000);
        assert_eq!(courtesy.look(1_000_001, SEARCH_GATHER), Turn::Go);
        assert_eq!(courtesy.look(1_000_001, Duration::ZERO), Turn::Go);
        assert_eq!(courtesy.look(1_000_003, Duration::from_millis(1)), Turn::Go, "two in a moment are no load");
        assert_eq!(courtesy.look(1_000_003 + SEARCH_BUSY_RECORDS_PER_S, SECOND), Turn::Go);
    }

    #[test]
    fn under_load_it_waits_and_goes_in_the_first_quiet_moment() {
        let mut courtesy = Courtesy::default();
        courtesy.begin(0);
        let mut seq = 0;
        for _ in 0..SEARCH_YIELD_MAX.as_secs() - 1 {
            seq += SEARCH_BUSY_RECORDS_PER_S + 1;
            assert_eq!(courtesy.look(seq, SECOND), Turn::Wait);
        }
        assert_eq!(courtesy.look(seq, SEARCH_GATHER), Turn::Go);
        assert_eq!(courtesy.look(seq + 1000, SECOND), Turn::Wait, "it waits anew");
    }

    #[test]
    fn it_never_waits_for_ever() {
        let mut courtesy = Courtesy::default();
        courtesy.begin(0);
        let turns: Vec<Turn> = (1..=2 * SEARCH_YIELD_MAX.as_secs()).map(|second| courtesy.look(second * 5000, SECOND)).collect();
        let waited = turns.iter().take_while(|turn| **turn == Turn::Wait).count() as u64;
        assert_eq!(waited, SEARCH_YIELD_MAX.as_secs() - 1);
        assert!(turns[waited as usize..].iter().all(|turn| *turn == Turn::GoSlowly), "until it has caught up");
        courtesy.begin(turns.len() as u64 * 5000);
        assert_eq!(courtesy.look(turns.len() as u64 * 5000 + 5000, SECOND), Turn::Wait);
    }
}
