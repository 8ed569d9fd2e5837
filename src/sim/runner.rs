//! Works a queue off, as `app::queue` does: oldest first, one message at a time for each person, the recovery gate in front, and a pause
//! when there was no connection.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use super::agenda::Millis;
use super::hand_over::{Fate, Maker};
use super::recovery::Recovery;
use super::thresholds::millis;
use super::world::{Happening, Mutation, Station, World, next_of_grid};
use crate::clock::Wall;
use crate::continuity::Mode;
use crate::limits::{BACKOFF_FIRST, DRAIN_PARALLEL_MAX, QUEUE_PAGE_ENTRIES};
use crate::relay::{Queue, plan};

/// As in `app::queue`: found by one scan, tried at a time by the smart host, and looked at again without a kick.
const SCAN_ROOM: usize = 256;
const OUTBOUND_PARALLEL_MAX: usize = 4;
const LOOK_AGAIN_MS: Millis = 5_000;
const LOOK_BEHIND_EVERY_MS: Millis = 1_000;

/// The state of one queue's runner.
pub(super) struct Runner {
    queue: Queue,
    ready: VecDeque<plan::Transaction>,
    /// Messages under way and for whom.
    under_way: BTreeMap<u64, BTreeSet<u8>>,
    recovery: Option<Recovery>,
    paused_until: Option<Millis>,
    looked_behind: Option<Millis>,
    /// The next look without a kick.
    look_at: Option<Millis>,
}

impl Runner {
    pub fn new(queue: Queue) -> Runner {
        Runner {
            queue,
            ready: VecDeque::new(),
            under_way: BTreeMap::new(),
            recovery: None,
            paused_until: None,
            looked_behind: None,
            look_at: None,
        }
    }

    fn follow(&mut self, mode: Mode, since: Wall) {
        if self.queue != Queue::Primary {
            return;
        }
        let recovering = (mode == Mode::Recovering).then_some(since);
        if self.recovery.as_ref().map(Recovery::since) != recovering {
            self.recovery = recovering.map(Recovery::new);
            self.paused_until = None;
        }
        if !self.may_run(mode) {
            self.ready.clear();
        }
    }

    fn may_run(&self, mode: Mode) -> bool {
        self.queue == Queue::Outbound || mode != Mode::Continuity
    }

    fn room(&self) -> usize {
        match (&self.recovery, self.queue) {
            (Some(recovery), _) => recovery.room(self.under_way.len()),
            (None, Queue::Primary) => DRAIN_PARALLEL_MAX.saturating_sub(self.under_way.len()),
            (None, Queue::Outbound) => OUTBOUND_PARALLEL_MAX.saturating_sub(self.under_way.len()),
        }
    }

    fn taken(&self) -> BTreeSet<u8> {
        self.under_way.values().flatten().copied().collect()
    }
}

impl Station {
    fn runner(&mut self, queue: Queue) -> &mut Runner {
        match queue {
            Queue::Primary => &mut self.primary_runner,
            Queue::Outbound => &mut self.outbound_runner,
        }
    }
}

impl World {
    /// Wakes a runner.
    pub(super) fn kick(&mut self, queue: Queue) {
        let life = self.life;
        self.agenda.note(self.now, Happening::Run { queue, life, is_look: false });
    }

    /// One turn of the runner's loop; again if there is more to hand over.
    pub(super) fn run_queue(&mut self, queue: Queue, is_look: bool) {
        let now = self.now;
        if let Some(station) = &mut self.station {
            let (mode, since) = (station.machine.mode(), station.machine.saved().since);
            let runner = station.runner(queue);
            if is_look && runner.look_at != Some(now) {
                return;
            }
            runner.look_at = runner.look_at.filter(|_| !is_look);
            runner.follow(mode, since);
            runner.paused_until = runner.paused_until.filter(|until| now < *until);
            let may_run = runner.may_run(mode) && runner.paused_until.is_none();
            if may_run && self.start_what_is_due(queue) && queue == Queue::Primary {
                self.finish_recovery();
            }
        }
        self.need_look(queue);
    }

    /// A runner looks again after some seconds, if there is anything to look at. What is not due, and a queue that is not to be run, need
    /// no look before that changes.
    pub(super) fn need_look(&mut self, queue: Queue) {
        let (now, life, wall, mode) = (self.now, self.life, self.wall(), self.mode());
        let is_recovering = mode == Mode::Recovering && queue == Queue::Primary;
        let soon = next_of_grid(self.station.as_ref().map_or(0, |station| station.booted_at), LOOK_AGAIN_MS, now);
        let at = match self.spool.due_in(queue, wall) {
            _ if self.options.every_look || is_recovering => soon,
            Some(wait) if queue == Queue::Outbound || mode != Mode::Continuity => soon + wait / LOOK_AGAIN_MS * LOOK_AGAIN_MS,
            _ => return,
        };
        let Some(station) = &mut self.station else { return };
        let runner = station.runner(queue);
        if runner.look_at.is_none_or(|noted| at < noted || noted <= now) {
            runner.look_at = Some(at);
            self.agenda.note(at, Happening::Run { queue, life, is_look: true });
        }
    }

    /// True if the whole queue was looked at, nothing of it is due, and nothing is under way.
    fn start_what_is_due(&mut self, queue: Queue) -> bool {
        let now = self.now;
        if self.room(queue) == 0 {
            return false;
        }
        if self.is_ready_empty(queue) {
            self.scan(queue);
            if self.is_ready_empty(queue) {
                return self.station.as_mut().is_none_or(|station| {
                    let is_idle = !station.claims.iter().any(|(claimed, _)| *claimed == queue);
                    station.runner(queue).under_way.is_empty() && is_idle
                });
            }
        }
        self.start_ready(queue);
        let behind = self.station.as_mut().and_then(|station| station.runner(queue).looked_behind);
        let is_time = behind.is_none_or(|at| now - at >= LOOK_BEHIND_EVERY_MS);
        if self.room(queue) > 0 && !self.is_ready_empty(queue) && is_time {
            if let Some(station) = &mut self.station {
                station.runner(queue).looked_behind = Some(now);
            }
            self.scan(queue);
            self.start_ready(queue);
        }
        false
    }

    fn room(&mut self, queue: Queue) -> usize {
        self.station.as_mut().map_or(0, |station| station.runner(queue).room())
    }

    fn is_ready_empty(&mut self, queue: Queue) -> bool {
        self.station.as_mut().is_none_or(|station| station.runner(queue).ready.is_empty())
    }

    fn scan(&mut self, queue: Queue) {
        let wall = self.wall();
        let Some(station) = &mut self.station else { return };
        let mut ready = std::mem::take(&mut station.runner(queue).ready);
        let known: HashSet<u64> = ready.iter().map(|transaction| transaction.message).collect();
        let mut after = None;
        while ready.len() < SCAN_ROOM {
            let page = self.spool.page(queue, after, QUEUE_PAGE_ENTRIES);
            let Some(last) = page.last() else { break };
            after = Some((last.message, last.recipient));
            let busy = |message| known.contains(&message) || station.claims.contains(&(queue, message));
            ready.extend(plan::due(&page, wall, &busy, SCAN_ROOM - ready.len()));
        }
        if self.options.mutation == Mutation::DrainsBackwards {
            ready.make_contiguous().reverse();
        }
        station.runner(queue).ready = ready;
    }

    fn start_ready(&mut self, queue: Queue) {
        let Some(station) = &mut self.station else { return };
        let ready = std::mem::take(&mut station.runner(queue).ready);
        let mut fill = station.runner(queue).taken();
        let mut passed_over = VecDeque::new();
        let mut rest = ready.into_iter();
        while self.room(queue) > 0
            && let Some(transaction) = rest.next()
        {
            let message = transaction.message;
            if self.station.as_ref().is_some_and(|station| station.claims.contains(&(queue, message))) {
                continue;
            }
            let wanted: Vec<u32> = transaction.recipients.iter().copied().filter(|to| self.is_queued(message, *to)).collect();
            if wanted.is_empty() {
                continue;
            }
            // Order holds for each person: who comes later does not overtake, also not one who waits.
            let lanes: BTreeSet<u8> = wanted.iter().filter_map(|to| self.person(message, *to)).collect();
            let is_free = fill.is_disjoint(&lanes);
            fill.extend(&lanes);
            if !is_free {
                passed_over.push_back(transaction);
                continue;
            }
            let by_gate = self.station.as_mut().is_some_and(|station| {
                let runner = station.runner(queue);
                runner.under_way.insert(message, lanes);
                runner.recovery.is_some()
            });
            self.start_try(message, queue, wanted, Maker::Queue { by_gate });
        }
        passed_over.extend(rest);
        if let Some(station) = &mut self.station {
            station.runner(queue).ready = passed_over;
        }
    }

    /// A try from the queue came to its end.
    pub(super) fn note_done(&mut self, queue: Queue, message: u64, fate: &Fate) {
        let now = self.now;
        let Some(station) = &mut self.station else { return };
        let runner = station.runner(queue);
        runner.under_way.remove(&message);
        if queue == Queue::Primary && fate.no_connection {
            runner.paused_until = Some(now + millis(BACKOFF_FIRST));
            runner.ready.clear();
        }
        let report = runner.recovery.as_mut().and_then(|recovery| recovery.note(message, fate, now));
        if let Some(report) = report {
            self.report_relapse(report);
        }
        self.kick(queue);
    }

    /// The hand-over of the mode as it is now, if the runner has one.
    pub(super) fn recovery(&mut self) -> Option<&mut Recovery> {
        self.station.as_mut()?.primary_runner.recovery.as_mut()
    }
}
