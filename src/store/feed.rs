//! Between the writer, the index and those who ask it: what is on disk, how far the index has got, and what it still has to take.
//!
//! The writer never waits for the index. What it has synced it hands over here; if the index cannot keep up, or is being made, the
//! hand-over is dropped and the index reads the spool instead, which is the truth in any case. A reader waits until the index has
//! everything that was on disk when the reader came: each answer is as of the last completed write or later. Read marks and the like are not
//! waited for unless somebody says so: opening one message after the other would wait for the mark of the one before each time.
//!
//! The search learns here, too, how far it may read the spool.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::StoreError;
use super::record::Placed;
use crate::clock::Stopwatch;
use crate::limits::{INDEX_FEED_HEAD_OCTETS, INDEX_FEED_RECORDS, INDEX_GATHER, INDEX_GATHER_RECORDS, INDEX_PATIENCE};

/// How far the spool is known to be on disk, or how far it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Durable {
    /// Number of the last record.
    pub seq: u64,
    /// The segment that it is in, and how many of its octets count.
    pub segment: u64,
    pub end: u64,
}

impl Durable {
    /// Behind all that will ever be written.
    pub const NEVER: Durable = Durable { seq: u64::MAX, segment: u64::MAX, end: u64::MAX };
}

/// How the index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Being made, or catching up after a start.
    Building {
        percent: u8,
    },
    /// It was handed more than it could take: it reads the spool until it is there.
    Behind,
    Live,
}

pub struct Feed {
    state: Mutex<State>,
    /// Wakes the index.
    work: Condvar,
    /// Wakes those who wait for the index.
    moved: Condvar,
    /// Wakes the search.
    news: Condvar,
}

struct State {
    durable: Durable,
    /// Number of the last record that every reader has to find.
    awaited: u64,
    /// Number of the last record that the index has.
    applied: u64,
    phase: Phase,
    units: VecDeque<Vec<Placed>>,
    /// When the oldest of `units` came.
    since: Option<Stopwatch>,
    records: usize,
    head_octets: usize,
    waiting: usize,
    /// What the search knows, while it waits for more.
    known: Option<Durable>,
    /// The search has something else to do than to wait.
    roused: bool,
    /// The store closes.
    ending: bool,
    /// The index thread is gone.
    ended: bool,
}

/// What the index thread has to do next.
pub enum Work {
    Units(Vec<Vec<Placed>>),
    /// Everything is applied, and nothing more will come.
    End,
}

impl Feed {
    /// `durable`: what the spool had at the start. The index has to be made to catch up by reading it.
    pub fn new(durable: Durable) -> Feed {
        let state = State {
            durable,
            awaited: durable.seq,
            applied: 0,
            phase: Phase::Building { percent: 0 },
            units: VecDeque::new(),
            since: None,
            records: 0,
            head_octets: 0,
            waiting: 0,
            known: None,
            roused: false,
            ending: false,
            ended: false,
        };
        Feed { state: Mutex::new(state), work: Condvar::new(), moved: Condvar::new(), news: Condvar::new() }
    }

    /// For an index that nobody writes to any more.
    pub fn settled(seq: u64) -> Feed {
        let feed = Feed::new(Durable { seq, ..Durable::default() });
        feed.lock().applied = seq;
        feed.lock().phase = Phase::Live;
        feed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// By the writer, after each sync and before its completions: whoever hears of a write finds it. `awaited`: the last of these records that a
    /// reader has to find without asking for it.
    pub fn publish(&self, durable: Durable, awaited: u64, units: impl Iterator<Item = Vec<Placed>>) {
        let mut state = self.lock();
        state.durable = durable;
        state.awaited = state.awaited.max(awaited);
        // Only once for each time that it waits: under load nobody has to be woken.
        if state.known.is_some_and(|known| durable > known) {
            state.known = None;
            self.news.notify_one();
        }
        if state.phase != Phase::Live {
            return;
        }
        let was_empty = state.units.is_empty();
        for unit in units {
            state.records += unit.len();
            state.head_octets += unit.iter().map(|placed| placed.header.head_octets as usize).sum::<usize>();
            state.units.push_back(unit);
        }
        if state.records > INDEX_FEED_RECORDS || state.head_octets > INDEX_FEED_HEAD_OCTETS {
            state.fall_behind();
        }
        state.since.get_or_insert_with(Stopwatch::start);
        if state.waiting > 0 || state.records >= INDEX_GATHER_RECORDS || state.phase != Phase::Live || was_empty {
            self.work.notify_one();
        }
    }

    pub fn durable(&self) -> Durable {
        self.lock().durable
    }

    pub fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Waits until the index has all that was on disk at the call and that a reader has to find.
    ///
    /// # Errors
    /// [`StoreError::NotReady`] if the index is being made, and is not there after [`INDEX_PATIENCE`].
    pub fn settle(&self) -> Result<(), StoreError> {
        let wanted = self.lock().awaited;
        self.settle_at(wanted)
    }

    /// Waits until the index has everything up to this record.
    ///
    /// # Errors
    /// As [`Feed::settle`].
    pub fn settle_at(&self, wanted: u64) -> Result<(), StoreError> {
        let mut state = self.lock();
        let started = Stopwatch::start();
        state.waiting += 1;
        let result = loop {
            let patience = INDEX_PATIENCE.saturating_sub(started.elapsed());
            match state.phase {
                Phase::Live if state.applied >= wanted => break Ok(()),
                _ if state.ended => break Err(StoreError::Closed),
                Phase::Building { percent } if patience.is_zero() => break Err(StoreError::NotReady { percent }),
                Phase::Building { .. } => state = self.moved.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0,
                Phase::Behind | Phase::Live => {
                    self.work.notify_one();
                    state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        };
        state.waiting -= 1;
        result
    }

    /// Waits until the index is live, or until nobody will make it so.
    pub fn wait_live(&self) -> bool {
        let mut state = self.lock();
        loop {
            if state.phase == Phase::Live || state.ended {
                return state.phase == Phase::Live;
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    // ---- The side of the search, which reads the spool behind the writer ----

    /// Waits until more is on disk than `known`, at most so long and only until it is roused; then what is on disk. For one thread.
    pub fn wait_beyond(&self, known: &Durable, at_most: Duration) -> Durable {
        let mut state = self.lock();
        state.known = Some(*known);
        let waits = |state: &mut State| !state.roused && state.durable <= *known;
        state = self.news.wait_timeout_while(state, at_most, waits).unwrap_or_else(PoisonError::into_inner).0;
        (state.known, state.roused) = (None, false);
        state.durable
    }

    /// Ends the wait, or the next one.
    pub fn rouse(&self) {
        self.lock().roused = true;
        self.news.notify_one();
    }

    // ---- The index's side ----

    /// The index is being made: `done` of `total` octets are read.
    pub fn building(&self, done: u64, total: u64) {
        let percent = u8::try_from(done.saturating_mul(100) / total.max(1)).unwrap_or(100).min(99);
        let mut state = self.lock();
        if state.phase != Phase::Behind {
            state.phase = Phase::Building { percent };
        }
    }

    /// The index cannot be used and is made again.
    pub fn broken(&self) {
        let mut state = self.lock();
        state.fall_behind();
        state.phase = Phase::Building { percent: 0 };
        self.moved.notify_all();
    }

    /// Goes live if nothing came to the disk since `read`, up to which the index has all that can be read; false if there is more.
    pub fn go_live(&self, read: &Durable) -> bool {
        let mut state = self.lock();
        state.applied = read.seq;
        let live = *read == state.durable;
        if live {
            state.phase = Phase::Live;
            self.moved.notify_all();
        }
        live
    }

    /// What was handed over, as much of it together as does not keep anybody waiting. None: read the spool instead.
    pub fn take(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if state.phase != Phase::Live {
                return None;
            }
            let due = state.waiting > 0 || state.ending || state.records >= INDEX_GATHER_RECORDS;
            let patience = match state.since {
                Some(since) if !due => INDEX_GATHER.saturating_sub(since.elapsed()),
                _ => Duration::ZERO,
            };
            if state.units.is_empty() {
                if state.ending {
                    return Some(Work::End);
                }
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else if patience.is_zero() {
                (state.records, state.head_octets, state.since) = (0, 0, None);
                return Some(Work::Units(std::mem::take(&mut state.units).into()));
            } else {
                state = self.work.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// The index has everything up to this record.
    pub fn applied(&self, seq: u64) {
        let mut state = self.lock();
        state.applied = state.applied.max(seq);
        if state.waiting > 0 {
            self.moved.notify_all();
        }
    }

    /// Waits before another try to make the index; false if the store is closing.
    pub fn pause(&self, wait: Duration) -> bool {
        let state = self.lock();
        let (state, _) = self.work.wait_timeout_while(state, wait, |state| !state.ending).unwrap_or_else(PoisonError::into_inner);
        !state.ending
    }

    pub fn is_ending(&self) -> bool {
        self.lock().ending
    }

    /// Nobody keeps the index any more.
    pub fn ended(&self) {
        self.lock().ended = true;
        self.moved.notify_all();
    }

    /// No more will be published: the index takes what it has and ends.
    pub fn end(&self) {
        self.lock().ending = true;
        self.work.notify_all();
        self.moved.notify_all();
    }
}

impl State {
    fn fall_behind(&mut self) {
        self.units = VecDeque::new();
        (self.records, self.head_octets, self.since) = (0, 0, None);
        self.phase = Phase::Behind;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Seq;
    use super::super::record::{Header, VERSION};
    use super::*;
    use crate::clock::Wall;

    fn unit(seq: u64) -> Vec<Placed> {
        let header = Header {
            version: VERSION,
            kind: 9,
            tag: 1,
            seq: Seq(seq),
            at: Wall(0),
            synced_to: 0,
            body_octets: 0,
            head_octets: 10,
            unit_at: 0,
            unit_left: 0,
        };
        vec![Placed { segment: 1, offset: 0, header, head: None }]
    }

    fn durable(seq: u64) -> Durable {
        Durable { seq, segment: 1, end: seq * 100 }
    }

    fn live() -> Feed {
        let feed = Feed::new(durable(0));
        assert!(feed.go_live(&durable(0)));
        feed
    }

    #[test]
    fn what_is_on_disk_before_it_is_live_is_not_missed() {
        let feed = Feed::new(durable(5));
        feed.publish(durable(6), 6, std::iter::once(unit(6)));
        assert!(feed.take().is_none(), "not before the spool was read");
        assert!(!feed.go_live(&durable(5)), "6 has to be read");
        assert!(feed.go_live(&durable(6)));
        assert!(feed.settle().is_ok());
    }

    #[test]
    fn too_much_is_dropped_and_read_from_the_spool() {
        let feed = live();
        let many = INDEX_FEED_RECORDS as u64 + 1;
        (1..=many).for_each(|seq| feed.publish(durable(seq), seq, std::iter::once(unit(seq))));
        assert_eq!(feed.phase(), Phase::Behind);
        assert!(feed.take().is_none());
        feed.publish(durable(many + 1), many + 1, std::iter::once(unit(many + 1)));
        assert!(!feed.go_live(&durable(many)));
        assert!(feed.go_live(&durable(many + 1)));
    }

    #[test]
    fn a_question_hurries_the_index_and_waits_for_it() {
        let feed = live();
        feed.publish(durable(1), 1, std::iter::once(unit(1)));
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| feed.settle());
            let Some(Work::Units(units)) = feed.take() else { panic!("there is work") };
            assert_eq!(units.len(), 1);
            feed.applied(1);
            assert!(asked.join().unwrap().is_ok());
        });
    }

    #[test]
    fn what_is_unhurried_is_waited_for_by_who_asks_for_it() {
        let feed = live();
        feed.publish(durable(1), 0, std::iter::once(unit(1)));
        // The index has not taken it: this would never return if it were waited for.
        assert!(feed.settle().is_ok());
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| feed.settle_at(1));
            assert!(matches!(feed.take(), Some(Work::Units(units)) if units.len() == 1));
            feed.applied(1);
            assert!(asked.join().unwrap().is_ok());
        });
        feed.publish(durable(3), 2, [unit(2), unit(3)].into_iter());
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| feed.settle());
            assert!(matches!(feed.take(), Some(Work::Units(units)) if units.len() == 2));
            feed.applied(3);
            assert!(asked.join().unwrap().is_ok(), "what came before an unhurried one");
        });
    }

    #[test]
    fn the_search_waits_for_news_and_can_be_roused() {
        let hour = Duration::from_secs(3600);
        let feed = live();
        feed.publish(durable(1), 1, std::iter::once(unit(1)));
        assert_eq!(feed.wait_beyond(&durable(0), hour), durable(1), "what is there is not waited for");
        feed.rouse();
        assert_eq!(feed.wait_beyond(&durable(1), hour), durable(1), "roused before");
        assert_eq!(feed.wait_beyond(&durable(1), Duration::ZERO), durable(1), "only once");
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| feed.wait_beyond(&durable(1), hour));
            feed.publish(durable(2), 2, std::iter::once(unit(2)));
            assert_eq!(waits.join().unwrap(), durable(2));
            let waits = scope.spawn(|| feed.wait_beyond(&Durable::NEVER, hour));
            feed.rouse();
            assert_eq!(waits.join().unwrap(), durable(2));
        });
    }

    #[test]
    fn an_end_with_work_left_does_the_work_first() {
        let feed = live();
        feed.publish(durable(1), 1, std::iter::once(unit(1)));
        feed.end();
        assert!(matches!(feed.take(), Some(Work::Units(_))));
        assert!(matches!(feed.take(), Some(Work::End)));
        feed.ended();
        assert!(matches!(feed.settle(), Err(StoreError::Closed)), "nobody applied it");
    }
}
