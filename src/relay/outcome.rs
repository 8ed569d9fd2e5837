//! Routes and outcomes, as they are recorded.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::limits::HELD_RETRY_AFTER;

/// How a recipient is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// Strangers' mail: the primary's ordinary connector.
    Primary,
    /// What webmail and the box wrote for local people: the primary's trusted connector.
    Submit,
    /// The outside world, by the smart host or directly.
    Outbound,
}

/// What is tried together: the primary (both connectors), or the outside world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Queue {
    Primary,
    Outbound,
}

impl Route {
    pub fn queue(self) -> Queue {
        match self {
            Route::Primary | Route::Submit => Queue::Primary,
            Route::Outbound => Queue::Outbound,
        }
    }
}

/// What became of one recipient of one message. Replies are one line: `550 5.1.1 unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum DeliveryState {
    /// On disk, and being handed to the primary while the sender waits. After a crash: queued, in doubt.
    InSession,
    Queued {
        /// Tries that the other server answered for this recipient, or that broke off in the middle of the message. Towards the
        /// primary a connection that fails before does not count: it says nothing about the recipient.
        #[serde(default)]
        attempts: u32,
        /// Not before.
        next_at: Wall,
        #[serde(default)]
        last: Option<String>,
        /// An attempt got as far as the final dot and has no answer: the next may duplicate.
        #[serde(default)]
        in_doubt: bool,
        /// How often the recovery gate held it before this try (`Held::attempts`); 0 if it never did.
        #[serde(default)]
        held: u32,
        /// The sender was told of the delay.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reported: bool,
    },
    Delivered {
        at: Wall,
        reply: String,
        by: String,
    },
    /// Refused within the session: the sender was told. Never shown in a mailbox.
    Refused {
        at: Wall,
        reply: String,
    },
    /// Given up, and the sender was told by a DSN (`dsn` is its sequence number; none for a null reverse-path).
    Bounced {
        at: Wall,
        reply: String,
        dsn: Option<u64>,
    },
    /// Waits for the admin. `by_gate`: the recovery gate held it and tries it again by itself.
    Held {
        at: Wall,
        reason: String,
        #[serde(default)]
        by_gate: bool,
        /// How often it was held.
        #[serde(default)]
        attempts: u32,
    },
}

/// The reply of a message that its sender took back before anybody got it.
const WITHDRAWN: &str = "withdrawn by the sender";

impl DeliveryState {
    /// Taken back by the sender at that time. A refusal: nobody got it, the sender knows, and no mailbox shows it.
    pub fn withdrawn(at: Wall) -> DeliveryState {
        DeliveryState::Refused { at, reply: WITHDRAWN.to_owned() }
    }

    pub fn is_withdrawn(&self) -> bool {
        matches!(self, DeliveryState::Refused { reply, .. } if reply == WITHDRAWN)
    }

    pub fn is_queued(&self) -> bool {
        matches!(self, DeliveryState::Queued { .. })
    }

    /// After how much green of the primary a recipient that the gate held is tried again by itself; none if it is not
    /// (or no longer) the gate's.
    pub fn gate_retry_after(&self) -> Option<Duration> {
        match self {
            DeliveryState::Held { by_gate: true, attempts, .. } => {
                HELD_RETRY_AFTER.get(usize::try_from(attempts.saturating_sub(1)).ok()?).copied()
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(by_gate: bool, attempts: u32, expected_minutes: Option<u64>) {
        let held = DeliveryState::Held { at: Wall(0), reason: String::new(), by_gate, attempts };
        assert_eq!(held.gate_retry_after().map(|after| after.as_secs() / 60), expected_minutes, "{held:?}");
    }

    #[test]
    fn what_the_gate_held_is_tried_twice_more() {
        check(true, 1, Some(30));
        check(true, 2, Some(120));
        check(true, 3, None);
        check(true, u32::MAX, None);
        check(false, 1, None);
    }

    #[test]
    fn states_are_read_back_from_records() {
        let queued = r#"{"state":"queued","next_at":7}"#;
        let expected = DeliveryState::Queued { attempts: 0, next_at: Wall(7), last: None, in_doubt: false, held: 0, reported: false };
        assert_eq!(serde_json::from_str::<DeliveryState>(queued).unwrap(), expected);
        assert_eq!(serde_json::to_string(&DeliveryState::InSession).unwrap(), r#"{"state":"in-session"}"#);
    }

    #[test]
    fn both_connectors_of_the_primary_are_one_queue() {
        let queues = [Route::Primary, Route::Submit, Route::Outbound].map(Route::queue);
        assert_eq!(queues, [Queue::Primary, Queue::Primary, Queue::Outbound]);
    }
}
