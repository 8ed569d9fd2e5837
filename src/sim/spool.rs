//! What the box has on its disk: accepted messages with each recipient's state, and what was saved of the mode.
//!
//! Everything here survives a crash. A write is whole or not there at all: that is the store's own promise, and has its own tests.

use std::collections::{BTreeMap, BTreeSet};

use super::agenda::Millis;
use super::thresholds::millis;
use crate::clock::Wall;
use crate::continuity::Saved;
use crate::relay::plan::QueueEntry;
use crate::relay::{DeliveryState, Queue, Route, backoff};

/// What the sender was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing yet: the sender waits, or never heard.
    Nothing,
    /// 250: it is ours now.
    Ours,
    /// The primary's own 5xx.
    Refused,
}

/// One recipient, and what is really true of it.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// A person by number.
    pub person: u8,
    pub route: Route,
    pub state: DeliveryState,
    /// Times that the other server has stored it.
    pub copies: u32,
    /// Times that it was stored and the box cannot know.
    pub doubts: u32,
    pub tries: u32,
}

/// One accepted message.
#[derive(Clone, Debug)]
pub struct Message {
    /// When, really.
    pub since: Millis,
    pub at: Wall,
    pub told: Told,
    pub poison: bool,
    pub to: Vec<Recipient>,
}

/// The disk.
#[derive(Clone, Debug, Default)]
pub struct Spool {
    /// None before the first start.
    pub saved: Option<Saved>,
    pub messages: BTreeMap<u64, Message>,
    pub newest: u64,
    /// Who wrote in the open event and has no digest yet.
    pub writers: BTreeSet<u8>,
    primary: BTreeMap<(u64, u32), QueueEntry>,
    outbound: BTreeMap<(u64, u32), QueueEntry>,
    in_session: BTreeSet<(u64, u32)>,
    held_by_gate: BTreeMap<(u64, u32), Wall>,
}

impl Spool {
    /// Stores a message; its number.
    pub fn add(&mut self, message: Message) -> u64 {
        self.newest += 1;
        let number = self.newest;
        let states: Vec<DeliveryState> = message.to.iter().map(|to| to.state.clone()).collect();
        self.messages.insert(number, message);
        for (recipient, state) in (0..).zip(states) {
            self.set(number, recipient, state);
        }
        number
    }

    /// Records the state of one recipient.
    pub fn set(&mut self, message: u64, recipient: u32, state: DeliveryState) {
        let key = (message, recipient);
        let Some(to) = self.messages.get_mut(&message).and_then(|message| message.to.get_mut(recipient as usize)) else { return };
        let queue = match to.route.queue() {
            Queue::Primary => &mut self.primary,
            Queue::Outbound => &mut self.outbound,
        };
        queue.remove(&key);
        self.in_session.remove(&key);
        self.held_by_gate.remove(&key);
        match &state {
            DeliveryState::Queued { attempts, next_at, .. } => {
                let entry = QueueEntry { message, recipient, route: to.route, attempts: *attempts, next_at: *next_at };
                queue.insert(key, entry);
            }
            DeliveryState::InSession => _ = self.in_session.insert(key),
            DeliveryState::Held { at, .. } if state.gate_retry_after().is_some() => _ = self.held_by_gate.insert(key, *at),
            _ => {}
        }
        to.state = state;
    }

    /// Entries of a queue after one of them, in order.
    pub fn page(&self, queue: Queue, after: Option<(u64, u32)>, entries_max: usize) -> Vec<QueueEntry> {
        let queue = match queue {
            Queue::Primary => &self.primary,
            Queue::Outbound => &self.outbound,
        };
        let from = after.map_or((0, 0), |(message, recipient)| (message, recipient + 1));
        queue.range(from..).take(entries_max).map(|(_, entry)| entry.clone()).collect()
    }

    pub fn waiting(&self, queue: Queue) -> usize {
        match queue {
            Queue::Primary => self.primary.len(),
            Queue::Outbound => self.outbound.len(),
        }
    }

    /// How long until something of a queue is due by this wall clock; none if nothing waits.
    pub fn due_in(&self, queue: Queue, wall: Wall) -> Option<Millis> {
        let queue = match queue {
            Queue::Primary => &self.primary,
            Queue::Outbound => &self.outbound,
        };
        let wait = |entry: &QueueEntry| {
            let wait = entry.next_at.since(wall);
            if wait > backoff::longest(entry.attempts) { 0 } else { millis(wait) }
        };
        let waits = queue.values().map(wait);
        // Whoever is due at once ends the search.
        let mut soonest = None;
        for wait in waits {
            soonest = Some(soonest.map_or(wait, |soonest: Millis| soonest.min(wait)));
            if wait == 0 {
                break;
            }
        }
        soonest
    }

    /// What the gate holds and since when, in order.
    pub fn held_by_gate(&self) -> impl Iterator<Item = ((u64, u32), Wall)> {
        self.held_by_gate.iter().map(|(key, at)| (*key, *at))
    }

    pub fn is_anything_held_by_gate(&self) -> bool {
        !self.held_by_gate.is_empty()
    }

    /// What was being handed over when the process ended is queued, in doubt.
    pub fn recover(&mut self, now: Wall) {
        for (message, recipient) in std::mem::take(&mut self.in_session) {
            let state = DeliveryState::Queued { attempts: 0, next_at: now, last: None, in_doubt: true, held: 0, reported: false };
            self.set(message, recipient, state);
        }
    }

    /// A broken store that the judges must notice: what was in session is gone.
    pub fn lose_in_session(&mut self) {
        self.in_session.clear();
    }

    /// As [`Spool::lose_in_session`]: an entry of the queue is forgotten without an outcome.
    pub fn lose_queued(&mut self, message: u64, recipient: u32) {
        self.primary.remove(&(message, recipient));
    }

    /// Takes a message out whose every recipient has its last outcome.
    pub fn take_finished(&mut self, message: u64) -> Option<Message> {
        let is_open = |to: &Recipient| match &to.state {
            DeliveryState::InSession | DeliveryState::Queued { .. } => true,
            state => state.gate_retry_after().is_some(),
        };
        let finished = self.messages.get(&message).is_some_and(|message| !message.to.iter().any(is_open));
        if finished { self.messages.remove(&message) } else { None }
    }
}
