//! One canary, then a small batch, then the full drain: a half-restored primary must not get everything at once.

/// Where the hand-over stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// One message only.
    Canary,
    /// [`crate::limits::GATE_BATCH_MESSAGES`] messages.
    Batch,
    /// Everything, [`crate::limits::DRAIN_PARALLEL_MAX`] at a time.
    Drain,
}

/// How one message fared at the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fared {
    Delivered,
    /// 4xx, or no answer.
    Deferred,
    /// 5xx: held by the gate.
    Refused,
}

/// The recovery gate of one event.
#[derive(Clone, Debug)]
pub struct Gate {
    _private: (),
}

impl Gate {
    pub fn new() -> Gate {
        todo!()
    }

    pub fn stage(&self) -> Stage {
        todo!()
    }

    /// How many more messages may be started now, with `in_flight` under way.
    pub fn room(&self, _in_flight: usize) -> usize {
        todo!()
    }

    /// Notes how a message fared. `Some((refused, tried))` means a relapse: more than
    /// [`crate::limits::GATE_REFUSED_MAX_PERCENT`] of the canary and batch were refused.
    /// A deferred canary is tried with the next message.
    pub fn note(&mut self, _fared: Fared) -> Option<(usize, usize)> {
        todo!()
    }
}

impl Default for Gate {
    fn default() -> Self {
        Gate::new()
    }
}
