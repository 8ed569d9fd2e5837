//! Which messages somebody is at this moment: a hand-over under way, or an operator who decides about one.
//!
//! Whoever changes the state of a recipient that may be tried holds the message's claim while reading, trying and recording.
//! Without it an operator's bounce and a delivery that is under way would both be recorded, and the sender be told a lie
//! (promise 3: exactly one outcome).

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex};

use super::core::lock;
use crate::relay::Queue;
use crate::store::Seq;

/// Claims of this process. They are not on disk: after a crash a hand-over is in doubt, and nobody's.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    taken: Arc<Mutex<HashSet<(Queue, Seq)>>>,
}

/// One queue's part of a message is its holder's until this is dropped.
#[derive(Debug)]
pub struct Claim {
    claims: Claims,
    what: (Queue, Seq),
}

impl Claims {
    /// None if somebody else has it.
    pub fn take(&self, queue: Queue, message: Seq) -> Option<Claim> {
        let what = (queue, message);
        let is_new = lock(&self.taken).insert(what);
        is_new.then(|| Claim { claims: self.clone(), what })
    }

    /// The message in both queues.
    pub fn take_whole(&self, message: Seq) -> Option<[Claim; 2]> {
        Some([self.take(Queue::Primary, message)?, self.take(Queue::Outbound, message)?])
    }

    pub fn is_taken(&self, queue: Queue, message: Seq) -> bool {
        lock(&self.taken).contains(&(queue, message))
    }

    /// Everything that somebody has, in order.
    pub fn messages(&self) -> BTreeSet<Seq> {
        lock(&self.taken).iter().map(|(_, message)| *message).collect()
    }

    /// Whether nothing of this queue is under way.
    pub fn is_idle(&self, queue: Queue) -> bool {
        !lock(&self.taken).iter().any(|(taken, _)| *taken == queue)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        lock(&self.claims.taken).remove(&self.what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_one_holder_in_each_queue() {
        let claims = Claims::default();
        let primary = claims.take(Queue::Primary, Seq(7));
        assert!(primary.is_some() && claims.is_taken(Queue::Primary, Seq(7)));
        assert!(claims.take(Queue::Primary, Seq(7)).is_none());
        assert!(claims.take_whole(Seq(7)).is_none());
        assert!(claims.is_idle(Queue::Outbound), "half a claim is given back");
        assert!(claims.take_whole(Seq(8)).is_some());
        drop(primary);
        assert!(claims.is_idle(Queue::Primary));
        let whole = claims.take_whole(Seq(7));
        assert!(whole.is_some() && claims.take(Queue::Outbound, Seq(7)).is_none());
    }
}
