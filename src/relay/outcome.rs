//! Routes and outcomes, as they are recorded.

use serde::{Deserialize, Serialize};

use crate::clock::Wall;

/// How a recipient is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// Strangers' mail: the primary's ordinary connector.
    Primary,
    /// What webmail and the box wrote for local people: the primary's trusted connector.
    Submit,
    /// The outside world, by the smart host.
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
        #[serde(default)]
        attempts: u32,
        /// Not before.
        next_at: Wall,
        #[serde(default)]
        last: Option<String>,
        /// An attempt got as far as the final dot and has no answer: the next may duplicate.
        #[serde(default)]
        in_doubt: bool,
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
        #[serde(default)]
        attempts: u32,
    },
}

impl DeliveryState {
    /// Nothing more will be tried.
    pub fn is_final(&self) -> bool {
        matches!(self, DeliveryState::Delivered { .. } | DeliveryState::Refused { .. } | DeliveryState::Bounced { .. })
    }

    pub fn is_queued(&self) -> bool {
        matches!(self, DeliveryState::Queued { .. })
    }
}
