//! The index: a view of the spool in sled. The only import of sled.

use serde::{Deserialize, Serialize};

use super::{Folder, Origin, Seq, StoreError};
use crate::clock::Wall;
use crate::mail::{Address, Mailbox, Summary};
use crate::relay::plan::QueueEntry;
use crate::relay::{DeliveryState, Queue, Route};

/// A message in a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub message: Seq,
    pub folder: Folder,
    pub seen: bool,
    pub at: Wall,
    pub size: u64,
    pub summary: Summary,
}

/// A message, whoever may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRow {
    pub at: Wall,
    pub origin: Origin,
    pub reverse_path: Option<Address>,
    /// Number of recipients.
    pub recipients: u32,
    pub eight_bit: bool,
    pub smtputf8: bool,
    pub size: u64,
    pub summary: Summary,
}

/// A recipient of a message and its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub message: Seq,
    pub recipient: u32,
    pub address: Address,
    pub route: Route,
    pub state: DeliveryState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub total: u64,
    pub unread: u64,
}

/// Recipients that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueCounts {
    pub primary: u64,
    pub outbound: u64,
    pub held: u64,
    pub in_session: u64,
}

/// Outcomes of the recipients of a range of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub messages: u64,
    pub recipients: u64,
    pub delivered: u64,
    pub refused: u64,
    pub bounced: u64,
    pub held: u64,
    pub queued: u64,
}

/// Reading the index. All answers are as of the last completed write or later; every list is a range read.
pub struct View {
    _private: (),
}

impl View {
    /// Newest first, those before `before`.
    pub fn folder(&self, _mailbox: &Mailbox, _folder: Folder, _before: Option<Seq>, _limit: usize) -> Result<Vec<Entry>, StoreError> {
        todo!()
    }

    pub fn counts(&self, _mailbox: &Mailbox, _folder: Folder) -> Result<Counts, StoreError> {
        todo!()
    }

    /// The message as this mailbox has it; none if it is not (or not visibly) filed there.
    pub fn entry(&self, _mailbox: &Mailbox, _message: Seq) -> Result<Option<Entry>, StoreError> {
        todo!()
    }

    pub fn message(&self, _message: Seq) -> Result<Option<MessageRow>, StoreError> {
        todo!()
    }

    pub fn deliveries(&self, _message: Seq) -> Result<Vec<Delivery>, StoreError> {
        todo!()
    }

    /// Queued recipients in order of (message, recipient), those after `after`.
    pub fn queue(&self, _queue: Queue, _after: Option<(Seq, u32)>, _limit: usize) -> Result<Vec<QueueEntry>, StoreError> {
        todo!()
    }

    /// Held recipients in order of (message, recipient), those after `after`.
    pub fn held(&self, _after: Option<(Seq, u32)>, _limit: usize) -> Result<Vec<Delivery>, StoreError> {
        todo!()
    }

    pub fn queue_counts(&self) -> Result<QueueCounts, StoreError> {
        todo!()
    }

    /// Messages with this Message-ID, oldest first.
    pub fn by_message_id(&self, _message_id: &str) -> Result<Vec<Seq>, StoreError> {
        todo!()
    }

    /// Digests of an event: who has got which part.
    pub fn digests(&self, _event: &str) -> Result<Vec<(Mailbox, u32)>, StoreError> {
        todo!()
    }

    /// Mailboxes that have anything filed.
    pub fn mailboxes(&self) -> Result<Vec<Mailbox>, StoreError> {
        todo!()
    }

    /// Outcomes of messages from `from` on, before `to`.
    pub fn tally(&self, _from: Seq, _to: Option<Seq>) -> Result<Tally, StoreError> {
        todo!()
    }

    /// Number of the newest record.
    pub fn newest(&self) -> Seq {
        todo!()
    }
}
