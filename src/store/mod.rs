//! Everything on disk.
//!
//! Owns the spool (append-only segments: the truth), the index (sled: a view), the ledger (events, credentials, audit;
//! hash-chained), retention and recovery. One writer thread with completions, no async. Stands on promises 1, 2, 3 and 6.

pub mod change;
mod file;
pub mod fsck;
mod index;
pub mod ledger;
mod record;
mod retention;
mod segment;
mod stage;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

pub use change::{Accepted, Change, Filing, Folder, Origin, Recipient, Seq};
pub use file::{Disk, Files};
pub use index::{Counts, Delivery, Entry, MessageRow, QueueCounts, Tally, View};
pub use ledger::{Ledger, Line};
pub use stage::Staged;

use crate::clock::Wall;

/// Where and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Holds `spool/`, `index/`, `ledger/`; made if missing.
    pub data_dir: PathBuf,
}

/// Why the store said no.
#[derive(Clone, Debug)]
pub enum StoreError {
    /// No room: answer 452 4.3.1.
    Full,
    /// The disk failed; the writer goes on in a new segment. Answer 451 4.3.0.
    Io(String),
    /// Another process has this data folder.
    InUse,
    /// Something on disk is not what it should be, in words.
    Damaged(String),
    /// The store is closed.
    Closed,
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreError::Full => write!(f, "the disk is full"),
            StoreError::Io(text) => write!(f, "the disk failed: {text}"),
            StoreError::InUse => write!(f, "another Lifeboat uses this data folder"),
            StoreError::Damaged(text) => write!(f, "damaged: {text}"),
            StoreError::Closed => write!(f, "the store is closed"),
        }
    }
}

impl std::error::Error for StoreError {}

/// What opening found and did.
#[derive(Clone, Debug, Default)]
pub struct Recovery {
    pub segments: usize,
    pub records: u64,
    /// Octets of a torn tail that were cut (never acknowledged).
    pub torn_octets: u64,
    /// Places in the middle that were unreadable and skipped.
    pub damaged: Vec<String>,
    /// The index was missing or broken and was made again.
    pub index_rebuilt: bool,
    /// Hand-overs that a crash interrupted; they are queued, in doubt.
    pub in_doubt: usize,
}

/// What a completion gets: the sequence number of each change, in order.
pub type Written = Result<Vec<Seq>, StoreError>;

/// Called once from the writer thread, after the fsync and after the index has the changes.
pub type Completion = Box<dyn FnOnce(Written) + Send>;

/// The open store. Clones share it.
#[derive(Clone)]
pub struct Store {
    _inner: Arc<()>,
}

impl Store {
    /// Opens, recovers (cuts a torn tail, replays what the index lacks, queues interrupted hand-overs)
    /// and starts the writer thread.
    pub fn open(_options: &Options, _files: Arc<dyn Files>, _now: Wall) -> Result<(Store, Recovery), StoreError> {
        todo!()
    }

    /// Writes changes as one unit in order: appended, fsynced (together with whatever else waits), applied to the index; then `done`.
    /// If the writer's queue is full, `done` gets [`StoreError::Io`] at once.
    pub fn write(&self, _changes: Vec<Change>, _at: Wall, _done: Completion) {
        todo!()
    }

    /// [`Store::write`], waiting. Not from async code.
    pub fn write_wait(&self, _changes: Vec<Change>, _at: Wall) -> Written {
        todo!()
    }

    /// The index.
    pub fn view(&self) -> &View {
        todo!()
    }

    /// A place for a body that is on its way in.
    pub fn stage(&self) -> Staged {
        todo!()
    }

    /// The whole body of a message. Checks its checksum.
    pub fn body(&self, _message: Seq) -> Result<Vec<u8>, StoreError> {
        todo!()
    }

    /// Up to `length` octets of a body from `offset`; empty at the end. Does not check the checksum.
    pub fn body_piece(&self, _message: Seq, _offset: u64, _length: usize) -> Result<Vec<u8>, StoreError> {
        todo!()
    }

    /// Drops whole old segments, oldest first, as far as nothing in them is undelivered, held or pinned.
    /// `pinned_from`: messages from this one on stay (an open continuity event). Returns how many segments went.
    pub fn purge(&self, _older_than: Wall, _pinned_from: Option<Seq>, _now: Wall) -> Result<usize, StoreError> {
        todo!()
    }

    /// Free octets of the file system, and octets of spool and index together.
    pub fn usage(&self) -> Result<Usage, StoreError> {
        todo!()
    }

    /// Writes what is queued, then stops the writer thread. Later writes get [`StoreError::Closed`].
    pub fn close(&self) {
        todo!()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub free_octets: u64,
    pub used_octets: u64,
}
