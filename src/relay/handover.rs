//! What an attempt means: from the replies of the other server to outcomes and to our own reply.

use super::{DeliveryState, Queue};
use crate::clock::Wall;
use crate::smtp::Reply;
use crate::smtp::client::{Failure, Sent};

/// What an attempt met: the transaction's replies, or no connection at all, or not in time.
#[derive(Clone, Debug)]
pub enum Attempt {
    Sent(Sent),
    Failed(Failure),
}

/// In-session hand-over (cut-through, DESIGN section 4): what each recipient's state is now and
/// what the sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// In the order of the recipients.
    pub states: Vec<DeliveryState>,
    /// None means: our own `250` (the message is ours now).
    pub reply: Option<Reply>,
}

/// Normal mode, inside the session. A 5xx after the dot for all means: refused, the sender hears it.
/// 4xx, 5xx before DATA's end, or nothing in time: ours, queued. Mixed verdicts: 4xx recipients queue, 5xx recipients are held.
pub fn in_session(_attempt: &Attempt, _recipients: usize, _by: &str, _now: Wall) -> Verdict {
    todo!()
}

/// From the queue. `attempts` is the count of each recipient before this one. Towards the primary
/// a 5xx is held, outward it is [`Next::Bounce`].
pub fn from_queue(_attempt: &Attempt, _queue: Queue, _recipients: &[Tried], _by: &str, _random: u64, _now: Wall) -> Vec<Next> {
    todo!()
}

/// A recipient as the queue knew it.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    pub attempts: u32,
    pub accepted_at: Wall,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    State(DeliveryState),
    /// Outward mail was refused or expired: write a DSN, then record `Bounced`.
    Bounce {
        reply: String,
    },
}
