//! Everything on disk.
//!
//! Owns the spool (append-only segments: the truth), the index (sled: a view), the ledger (events, credentials, audit;
//! hash-chained), retention and recovery. One writer thread with completions, no async. Stands on promises 1, 2, 3 and 6.
//! It never decides what becomes of mail: it keeps what it is told, and says what it has.
//!
//! | part | owns |
//! | --- | --- |
//! | [`change`] | what a record can say |
//! | `record`, `segment` | the format, octet by octet |
//! | `append`, `writer`, `space` | one group, one fsync; a failed segment is never trusted again |
//! | `ballast` | room for a start, and for the ledger, on a full disk |
//! | `scan`, `units`, `recover` | reading it all back, also behind damage |
//! | `reader` | records where they lie |
//! | `index/` | the view that pages and queues read |
//! | `feed`, `indexer` | how the view follows what is on disk, without holding it up |
//! | `search/` | the catalogue: the view that finds words, sorts, filters and threads |
//! | `list` | pages of folders, conversations and hits: what the catalogue says, checked by the index |
//! | `retention` | what may go |
//! | `frozen` | all of it for reading alone, also while a box runs |
//! | [`ledger`], [`fsck`] | events and audit; looking without touching |
//!
#![doc = include_str!("FORMAT.md")]

mod append;
pub mod backup;
mod ballast;
pub mod change;
mod check;
mod feed;
mod file;
mod frozen;
pub mod fsck;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod index;
mod indexer;
pub mod ledger;
mod list;
mod open;
mod reader;
mod record;
mod recover;
mod retention;
mod scan;
mod search;
mod segment;
mod space;
mod stage;
#[cfg(test)]
mod tests;
mod units;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use change::{Accepted, Carried, Change, Filing, Flags, Folder, FolderId, Origin, Recipient, Seq};
pub use feed::Phase;
pub use file::{Disk, Files, How, OpenFile, make_folder, replace_file};
pub use frozen::Frozen;
pub use index::{Counts, Delivery, Entry, FolderRow, MessageRow, QueueCounts, Tally, View, Walk, Walked, Walks};
pub use ledger::{Ledger, Line};
pub use list::Found;
pub use retention::Pins;
pub use search::{Conversation, Cursor, Direction, Field, Filter, Listed, ListedRow, Listing, Marks, Names, Query, SearchState, Sort};
pub use stage::Staged;

use self::feed::Feed;
use self::reader::Reader;
use self::search::Search;
use self::writer::{Command, Done, Write};
use crate::clock::Wall;
use crate::limits::SPARSE_FROM_OCTETS;
use crate::mail::{Blob, Mailbox};

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
    /// Something on disk, or in what was to be written, is not what it should be, in words.
    Damaged(String),
    /// The index is being made, and is so far: what asks it must wait; mail is taken meanwhile.
    NotReady { percent: u8 },
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
            StoreError::NotReady { percent } => write!(f, "the index is being made again ({percent} %)"),
            StoreError::Closed => write!(f, "the store is closed"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> StoreError {
        StoreError::of(error)
    }
}

impl StoreError {
    fn of(error: io::Error) -> StoreError {
        StoreError::of_ref(&error)
    }

    fn of_ref(error: &io::Error) -> StoreError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
            _ => StoreError::Io(error.to_string()),
        }
    }
}

/// What opening found and did. What takes reading all of the spool comes later: [`Store::findings`].
#[derive(Clone, Debug, Default)]
pub struct Recovery {
    pub segments: usize,
    /// Octets of a torn tail that were cut (never acknowledged).
    pub torn_octets: u64,
}

/// What the index thread has found since the start.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Records that the index lacked.
    pub records: u64,
    /// Places in the middle that were unreadable and skipped.
    pub damaged: Vec<String>,
    /// The index was missing or broken and was made again.
    pub index_rebuilt: bool,
    /// Hand-overs that a crash interrupted; they are queued, in doubt.
    pub in_doubt: usize,
}

impl Findings {
    fn add(&mut self, replayed: &recover::Replayed) {
        self.records += replayed.records;
        for place in &replayed.damaged {
            if !self.damaged.contains(place) {
                self.damaged.push(place.clone());
            }
        }
    }
}

/// What a completion gets: the sequence number of each change, in order.
pub type Written = Result<Vec<Seq>, StoreError>;

/// Called once from the writer thread, after the fsync. Whoever asks the index afterwards finds the changes, if the write was not unhurried.
pub type Completion = Box<dyn FnOnce(Written) + Send>;

/// The open store. Clones share it; when the last one goes, it closes.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    files: Arc<dyn Files>,
    spool: PathBuf,
    reader: Reader,
    view: Arc<View>,
    feed: Arc<Feed>,
    findings: Arc<Mutex<Findings>>,
    /// None once closed.
    commands: Mutex<Option<SyncSender<Command>>>,
    threads: Mutex<Option<Threads>>,
    search: Search,
    /// Held while open; goes last.
    _lock: std::fs::File,
}

struct Threads {
    writer: JoinHandle<()>,
    indexer: JoinHandle<()>,
}

impl Store {
    /// Opens, cuts a torn tail and starts the threads. Mail can be written at once; the index thread replays what the index lacks and
    /// queues interrupted hand-overs.
    pub fn open(options: &Options, files: Arc<dyn Files>, now: Wall) -> Result<(Store, Recovery), StoreError> {
        open::open(options, files, now)
    }

    /// Writes changes as one unit in order: appended, fsynced (together with whatever else waits); then `done`, and the index has them
    /// before it is asked again.
    /// If the writer's queue is full, `done` gets [`StoreError::Io`] at once.
    ///
    /// After an error the changes are usually gone, but a crash soon after may bring them back: the caller may see a
    /// change twice, never lose one that was acknowledged. `done` runs on the writer thread: it must be short, and must
    /// not wait for another write.
    pub fn write(&self, changes: Vec<Change>, at: Wall, done: Completion) {
        self.send(Write { changes, at, done: Done::new(done), unhurried: false });
    }

    /// [`Store::write`] of what no reader has to find at once: it is as durable, but the index may take it a moment later, together with others.
    /// Who relies on it asks [`View::wait_for`] first.
    pub fn write_unhurried(&self, changes: Vec<Change>, at: Wall, done: Completion) {
        self.send(Write { changes, at, done: Done::new(done), unhurried: true });
    }

    fn send(&self, write: Write) {
        let Some(commands) = self.commands() else { return write.done.call(Err(StoreError::Closed)) };
        match commands.try_send(Command::Write(write)) {
            Ok(()) => {}
            Err(TrySendError::Full(Command::Write(write))) => {
                write.done.call(Err(StoreError::Io("too many writes are waiting".to_owned())));
            }
            // Dropping the command tells its caller that the store is closed.
            Err(_) => {}
        }
    }

    /// [`Store::write`], waiting. Not from async code, nor from a completion.
    pub fn write_wait(&self, changes: Vec<Change>, at: Wall) -> Written {
        let (sender, receiver) = sync_channel(1);
        let done: Completion = Box::new(move |written| drop(sender.send(written)));
        self.write(changes, at, done);
        receiver.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// How the index is.
    pub fn phase(&self) -> Phase {
        self.inner.feed.phase()
    }

    /// What was found since the start.
    pub fn findings(&self) -> Findings {
        self.inner.findings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the index is up to date for the first time since the start, and says what was found. Ends early if the store closes.
    pub fn wait_ready(&self) -> Findings {
        self.inner.feed.wait_live();
        self.findings()
    }

    /// The index.
    pub fn view(&self) -> &View {
        &self.inner.view
    }

    /// A place for a body that is on its way in.
    pub fn stage(&self) -> Staged {
        Staged::new(self.stage_folder())
    }

    /// The folder of such places, for whoever makes its own [`Staged`].
    pub fn stage_folder(&self) -> PathBuf {
        self.inner.spool.join(open::INCOMING)
    }

    /// Whether a body of so many octets can be staged without touching the reserve, which is kept for mail and changes of state.
    pub fn has_room_to_stage(&self, octets: u64) -> bool {
        let free = self.inner.files.free_octets(&self.inner.spool).unwrap_or(u64::MAX);
        free.saturating_sub(octets) >= crate::limits::DISK_RESERVE_OCTETS
    }

    /// The whole body of a message. Checks its checksum.
    pub fn body(&self, message: Seq) -> Result<Vec<u8>, StoreError> {
        self.inner.reader.body(&self.place(message)?)
    }

    /// The body of a message where it lies, to be read piece by piece; a small one is in memory. Checks its checksum first. It can be read to its
    /// end also when retention drops it meanwhile.
    pub fn blob(&self, message: Seq) -> Result<Blob, StoreError> {
        let place = self.place(message)?;
        if place.body_octets < SPARSE_FROM_OCTETS { Ok(self.inner.reader.body(&place)?.into()) } else { self.inner.reader.blob(&place) }
    }

    /// A copy of a message that can become part of another, on the disk if it is large. Checks its checksum.
    pub fn copy(&self, message: Seq) -> Result<Staged, StoreError> {
        self.verify(message)?;
        let mut copy = self.stage();
        loop {
            let piece = self.body_piece(message, copy.len(), crate::limits::STAGE_WRITE_OCTETS)?;
            if piece.is_empty() {
                return Ok(copy);
            }
            io::Write::write_all(&mut copy, &piece)?;
        }
    }

    /// Checks a message against its checksum, piece by piece: what was damaged on disk must not go out as if it were whole.
    pub fn verify(&self, message: Seq) -> Result<(), StoreError> {
        self.inner.reader.verify(&self.place(message)?)
    }

    /// Up to `length` octets of a body from `offset`; empty at the end. Does not check the checksum.
    pub fn body_piece(&self, message: Seq, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        self.inner.reader.piece(&self.place(message)?, offset, length)
    }

    /// Candidates for what a person looks for in a mailbox, newest first, those before `before`, at most `limit` (and
    /// [`crate::limits::SEARCH_HITS_MAX`]): messages that were filed there and hold all words of `query`. Whether the mailbox
    /// (still) shows one, and in which folder, [`View::entry`] says.
    ///
    /// Any text is a query: words, `"several words in a row"`, and `begin*`; case and accents do not matter. Without any word in it nothing is found.
    ///
    /// # Errors
    /// [`StoreError::Io`] while the search cannot be asked; see [`Store::search_state`].
    pub fn search(&self, mailbox: &Mailbox, query: &str, before: Option<Seq>, limit: usize) -> Result<Vec<Seq>, StoreError> {
        self.inner.search.candidates(mailbox, &Query::words(query), before, limit)
    }

    /// Whether the search knows all that is on disk. It is made from the spool behind everything else.
    pub fn search_state(&self) -> SearchState {
        self.inner.search.state()
    }

    fn place(&self, message: Seq) -> Result<index::Place, StoreError> {
        self.inner.view.place(message)?.ok_or_else(|| StoreError::Damaged(format!("there is no message {message}")))
    }

    /// Drops whole old segments, oldest first. What in them is undelivered, held or pinned is carried over, unless that is much and
    /// more than half of a segment: then it stays, and all behind it.
    /// `pins`: what stays for the sake of continuity events; until the first call everything is pinned. Returns how many segments went; none while `now` is before the newest record (the clock was set back). Lays the ballast again if there is room. Waits for the
    /// writer thread.
    pub fn purge(&self, older_than: Wall, pins: Pins, now: Wall) -> Result<usize, StoreError> {
        let commands = self.commands().ok_or(StoreError::Closed)?;
        let (answer, answered) = sync_channel(1);
        if let Some(data_dir) = self.inner.spool.parent() {
            ballast::lay(&*self.inner.files, data_dir);
        }
        let purge = retention::Purge { older_than: Some(older_than), pins, now };
        commands.send(Command::Purge(purge, answer)).map_err(|_| StoreError::Closed)?;
        answered.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Free octets of the file system, and octets of spool and index together.
    pub fn usage(&self) -> Result<Usage, StoreError> {
        let Inner { files, spool, view, .. } = &*self.inner;
        let segments = segment::list(&**files, spool)?;
        let spooled: u64 = segments.iter().map(|segment| segment.length).sum();
        let oldest = segments.first().and_then(|segment| segment::day_of_name(&segment.name()));
        Ok(Usage { free_octets: files.free_octets(spool).map_err(StoreError::of)?, used_octets: spooled + view.size(), oldest })
    }

    /// Writes what is queued, then stops the writer thread. Later writes get [`StoreError::Closed`].
    pub fn close(&self) {
        self.inner.close();
    }

    fn commands(&self) -> Option<SyncSender<Command>> {
        self.inner.commands.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Inner {
    fn close(&self) {
        drop(self.commands.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some(Threads { writer, indexer }) = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        // A completion may hold the last clone: the writer thread does not wait for itself.
        let is_writer = writer.thread().id() == std::thread::current().id();
        // An index that is still being made is given up: the next start goes on with it.
        if self.feed.phase() != Phase::Live || is_writer {
            self.feed.end();
        }
        if !is_writer && writer.join().is_err() {
            log::error!("store writer panicked");
        }
        self.search.stop();
        self.feed.end();
        if indexer.join().is_err() {
            log::error!("store index thread panicked");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub free_octets: u64,
    pub used_octets: u64,
    /// Midnight (UTC) of the day of the oldest mail that is kept; None if there is none.
    pub oldest: Option<Wall>,
}
