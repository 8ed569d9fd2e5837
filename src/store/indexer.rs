//! The index thread: keeps the index at what is on disk, makes it when it is missing, and again when it breaks while the box runs.

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::feed::{Durable, Feed, Work};
use super::index::{Applied, Index, View};
use super::open::SPOOL;
use super::segment::{self, Segment};
use super::writer::{Command, Done, Write};
use super::{Change, Completion, Files, Findings, Seq, StoreError, recover};
use crate::clock::Wall;
use crate::limits::{INDEX_READ_TRIES, INDEX_RETRY_FIRST, INDEX_RETRY_MAX};
use crate::relay::DeliveryState;

/// Changes of one unit when interrupted hand-overs are queued.
const IN_DOUBT_UNIT: usize = 500;
/// Between two looks whether the last reader of an index that is given up has gone.
const LAST_READER_LOOK: Duration = Duration::from_millis(5);

/// The index that is in use, for the writer thread (retention).
pub type Current = Arc<RwLock<Option<Arc<Index>>>>;

pub struct Indexer {
    pub data_dir: PathBuf,
    pub files: Arc<dyn Files>,
    pub feed: Arc<Feed>,
    pub view: Arc<View>,
    pub current: Current,
    pub findings: Arc<Mutex<Findings>>,
    /// Hand-overs up to this message were interrupted by the end of the process before.
    pub interrupted: Seq,
    pub started: Wall,
    /// Segments up to this one were written by processes before.
    pub found: u64,
    /// So often in a row the disk refused to read some of the spool.
    pub refused: u32,
    /// For queuing those; given back when that is done, or the writer would wait for this thread when the store closes.
    pub commands: Option<SyncSender<Command>>,
}

impl Indexer {
    /// Works until the feed ends.
    pub fn run(mut self) {
        self.work();
        self.feed.ended();
    }

    fn work(&mut self) {
        let mut wait = INDEX_RETRY_FIRST;
        while !self.feed.is_ending() {
            match self.keep() {
                Ok(()) => return,
                Err(error) => log::error!("index not in use: {error}; trying again in {} s", wait.as_secs()),
            }
            self.feed.broken();
            if !self.feed.pause(wait) {
                return;
            }
            wait = (wait * 2).min(INDEX_RETRY_MAX);
        }
    }

    // Opens or makes an index and keeps it up to date; back when the store closes, or with why this index cannot be used.
    fn keep(&mut self) -> Result<(), StoreError> {
        let mut index = self.open()?;
        loop {
            let kept = match self.catch_up(&index) {
                Ok(()) => self.follow(&index),
                Err(error) => Err(error),
            };
            match kept {
                Ok(true) => {
                    self.show(None);
                    return alone(index)?.close();
                }
                // It fell behind: the spool is read from where it is.
                Ok(false) => {}
                // A row that cannot be read, or sled fell over.
                Err(StoreError::Damaged(why)) if !self.feed.is_ending() => {
                    self.feed.broken();
                    self.show(None);
                    index = Arc::new(alone(index)?.renew(&self.data_dir, &why)?);
                    self.find(|findings| findings.index_rebuilt = true);
                }
                Err(error) => {
                    self.show(None);
                    return Err(error);
                }
            }
        }
    }

    fn open(&self) -> Result<Arc<Index>, StoreError> {
        let (mut index, renewed) = Index::open(&self.data_dir)?;
        let durable = self.feed.durable();
        let segments = self.segments(&durable)?;
        let mut rebuilt = renewed.is_some() && durable.segment > 0;
        if !recover::has_applied(&segments, &index.applied()?) {
            index = index.renew(&self.data_dir, "it is ahead of the spool")?;
            rebuilt = true;
        }
        if rebuilt {
            self.find(|findings| findings.index_rebuilt = true);
        }
        Ok(Arc::new(index))
    }

    fn segments(&self, durable: &Durable) -> Result<Vec<Segment>, StoreError> {
        let mut segments = segment::on_disk(segment::list(&*self.files, &self.data_dir.join(SPOOL))?, durable);
        if let Some(last) = segments.last_mut().filter(|last| last.number == durable.segment) {
            last.all_synced = last.number > self.found;
        }
        Ok(segments)
    }

    // Reads the spool until the index has all that is on disk.
    fn catch_up(&mut self, index: &Arc<Index>) -> Result<(), StoreError> {
        let mut first = true;
        loop {
            let (durable, applied) = (self.feed.durable(), index.applied()?);
            let segments = self.segments(&durable)?;
            if first {
                recover::finish_drops(&*self.files, &self.data_dir.join(SPOOL), &segments, index)?;
            }
            let progress = Reading::new(&segments, &applied);
            let replayed = recover::catch_up(&*self.files, &segments, index, &mut |segment, octets| {
                self.feed.building(progress.before(segment) + octets, progress.total);
                !self.feed.is_ending()
            })?;
            if self.feed.is_ending() {
                return Ok(());
            }
            if replayed.unreadable {
                self.refused += 1;
                let why = "the disk refused to read some of the spool";
                // It may be well again in a moment, and what it has acknowledged must not be missing from the queue until the next start.
                if self.refused < INDEX_READ_TRIES && self.feed.pause(INDEX_RETRY_FIRST * (1 << self.refused)) {
                    return Err(StoreError::Damaged(why.to_owned()));
                }
                index.distrust(why);
            } else {
                self.refused = 0;
            }
            self.find(|findings| findings.add(&replayed));
            if first {
                self.queue_interrupted(index)?;
                first = false;
            }
            self.show(Some(index));
            if self.feed.go_live(&durable) {
                log::info!("index live seq={} records={} damaged={}", durable.seq, replayed.records, replayed.damaged.len());
                return Ok(());
            }
        }
    }

    // True when the store closes; false if the spool has to be read again.
    fn follow(&self, index: &Index) -> Result<bool, StoreError> {
        loop {
            match self.feed.take() {
                None => return Ok(self.feed.is_ending()),
                Some(Work::End) => return Ok(true),
                Some(Work::Units(units)) => {
                    index.apply(&units)?;
                    if let Some(last) = units.iter().flatten().next_back() {
                        self.feed.applied(last.header.seq.0);
                    }
                }
            }
        }
    }

    // The process ended while these were being handed over: the other side may have them or not, and a message may come twice
    // but never not at all (promise 3).
    fn queue_interrupted(&mut self, index: &Index) -> Result<(), StoreError> {
        let Some(commands) = self.commands.take() else { return Ok(()) };
        let mut interrupted = index.in_session()?;
        interrupted.retain(|(message, _)| *message <= self.interrupted);
        for unit in interrupted.chunks(IN_DOUBT_UNIT) {
            let queued = |&(message, recipient): &(Seq, u32)| Change::Delivery {
                message,
                recipient,
                state: DeliveryState::Queued { attempts: 0, next_at: self.started, last: None, in_doubt: true, held: 0, reported: false },
            };
            let (sender, receiver) = sync_channel(1);
            let done: Completion = Box::new(move |written| drop(sender.send(written)));
            let write = Write { changes: unit.iter().map(queued).collect(), at: self.started, done: Done::new(done), unhurried: false };
            let sent = commands.send(Command::Write(write)).map_err(|_| StoreError::Closed);
            if let Err(error) = sent.and_then(|()| receiver.recv().unwrap_or(Err(StoreError::Closed))) {
                // It is tried again: nothing of it may be left in a state that only the process before could end.
                self.commands = Some(commands);
                return Err(error);
            }
        }
        self.find(|findings| findings.in_doubt += interrupted.len());
        Ok(())
    }

    fn show(&self, index: Option<&Arc<Index>>) {
        self.view.set(index.map(Arc::as_ref));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = index.map(Arc::clone);
    }

    fn find(&self, change: impl FnOnce(&mut Findings)) {
        change(&mut self.findings.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

// Nobody is shown the index any more; those who still look at it will soon be done.
fn alone(mut index: Arc<Index>) -> Result<Index, StoreError> {
    loop {
        match Arc::try_unwrap(index) {
            Ok(index) if index.is_alone() => return Ok(index),
            Ok(shared) => index = Arc::new(shared),
            Err(shared) => index = shared,
        }
        std::thread::sleep(LAST_READER_LOOK);
    }
}

/// How many octets there are to read.
struct Reading {
    sizes: Vec<(u64, u64)>,
    total: u64,
}

impl Reading {
    fn new(segments: &[Segment], applied: &Applied) -> Reading {
        let to_read = segments.iter().filter(|segment| segment.number >= applied.segment);
        let sizes: Vec<(u64, u64)> = to_read.map(|segment| (segment.number, segment.limit())).collect();
        Reading { total: sizes.iter().map(|(_, octets)| octets).sum(), sizes }
    }

    fn before(&self, segment: u64) -> u64 {
        self.sizes.iter().filter(|(number, _)| *number < segment).map(|(_, octets)| octets).sum()
    }
}
