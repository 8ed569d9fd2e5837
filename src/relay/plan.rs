//! What to try next out of a page of queue entries.

use super::{Queue, Route};
use crate::clock::Wall;

/// A queued recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// Sequence number of the message.
    pub message: u64,
    /// Number of the recipient within the message.
    pub recipient: u32,
    pub route: Route,
    pub attempts: u32,
    pub next_at: Wall,
}

/// One transaction to make: recipients of one message and one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub message: u64,
    pub route: Route,
    pub recipients: Vec<u32>,
}

/// Transactions that are due, oldest message first, at most `room` of them, without messages in `busy`.
/// `page` is in queue order. A `next_at` further away than the longest back-off is due too: the wall clock jumped.
pub fn due(_page: &[QueueEntry], _now: Wall, _busy: &dyn Fn(u64) -> bool, _room: usize) -> Vec<Transaction> {
    todo!()
}

/// When something of the page becomes due, if nothing is now.
pub fn next_due(_page: &[QueueEntry], _queue: Queue) -> Option<Wall> {
    todo!()
}
