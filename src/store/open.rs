//! Opening: the lock, then the end of the spool; then mail can be taken. The index thread does the rest.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::append::Log;
use super::ballast::{self, Ballast};
use super::feed::{Durable, Feed};
use super::index::View;
use super::indexer::{Current, Indexer};
use super::reader::Reader;
use super::recover::{self, Replayed};
use super::search::Search;
use super::segment::{self, Paths, Segment};
use super::space::Space;
use super::writer::Writer;
use super::{Files, Inner, Options, Pins, Recovery, Seq, Store, StoreError, Threads};
use crate::clock::Wall;
use crate::limits::WRITER_QUEUE_MAX;

pub const SPOOL: &str = "spool";
/// Within the spool: bodies on their way in.
pub const INCOMING: &str = "incoming";
const LOCK: &str = "lock";

pub fn open(options: &Options, files: Arc<dyn Files>, now: Wall) -> Result<(Store, Recovery), StoreError> {
    let data_dir = &options.data_dir;
    let opened = match open_once(data_dir, files.clone(), now) {
        Err(StoreError::Full) if Ballast::Start.give_up(data_dir) => open_once(data_dir, files.clone(), now),
        opened => opened,
    }?;
    ballast::lay(&*files, data_dir);
    Ok(opened)
}

fn open_once(data_dir: &Path, files: Arc<dyn Files>, now: Wall) -> Result<(Store, Recovery), StoreError> {
    let spool = data_dir.join(SPOOL);
    files.create_dir_all(&spool.join(INCOMING)).map_err(StoreError::of)?;
    // The folders' names must outlive a power cut too; segments only sync the folder they are in.
    files.sync_folder(data_dir).map_err(StoreError::of)?;
    let lock = lock(data_dir)?;
    empty(&*files, &spool.join(INCOMING))?;
    let segments = segment::list(&*files, &spool)?;
    let end = recover::read_end(&*files, &segments)?;
    recover::cut_tail(&*files, &segments, &end);
    let recovery = Recovery { segments: segments.len(), torn_octets: end.torn_octets };
    let store = start(files, data_dir, &segments, &end, lock, now)?;
    Ok((store, recovery))
}

/// Keeps other processes out; goes with the file.
pub fn lock(data_dir: &Path) -> Result<File, StoreError> {
    let file = File::options().create(true).truncate(false).write(true).open(data_dir.join(LOCK)).map_err(StoreError::of)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(StoreError::of(error)),
    }
}

fn empty(files: &dyn Files, incoming: &Path) -> Result<(), StoreError> {
    for name in files.list(incoming).map_err(StoreError::of)? {
        files.remove(&incoming.join(name)).map_err(StoreError::of)?;
    }
    Ok(())
}

fn start(files: Arc<dyn Files>, data_dir: &Path, segments: &[Segment], end: &Replayed, lock: File, now: Wall) -> Result<Store, StoreError> {
    let spool = data_dir.join(SPOOL);
    let paths = Paths::default();
    for segment in segments {
        paths.set(segment.number, segment.path.clone());
    }
    let (last_segment, last_end) = end.previous.unwrap_or_default();
    let reader = Reader::new(Arc::clone(&files), paths.clone());
    let feed = Arc::new(Feed::new(Durable { seq: end.highest_seq, segment: last_segment, end: last_end }));
    let view = Arc::new(View::new(Arc::clone(&feed), reader.clone()));
    let (current, findings) = (Current::default(), Arc::default());
    let next_number = segments.last().map_or(1, |segment| segment.number + 1);
    let search = Search::start(data_dir, paths.clone(), Arc::clone(&feed), Arc::clone(&view));
    let writer = Writer {
        log: Log::new(Arc::clone(&files), spool.clone(), paths.clone(), end.highest_seq.saturating_add(1), next_number, end.previous),
        feed: Arc::clone(&feed),
        index: Arc::clone(&current),
        files: Arc::clone(&files),
        spool: spool.clone(),
        paths,
        reader: reader.clone(),
        space: Space::default(),
        pins: Pins::all(),
    };
    let (sender, receiver) = sync_channel(WRITER_QUEUE_MAX);
    let indexer = Indexer {
        data_dir: data_dir.to_owned(),
        files: Arc::clone(&files),
        feed: Arc::clone(&feed),
        view: Arc::clone(&view),
        current,
        findings: Arc::clone(&findings),
        interrupted: Seq(end.highest_seq),
        started: now,
        refused: 0,
        found: segments.last().map_or(0, |segment| segment.number),
        commands: Some(sender.clone()),
    };
    let writer = thread("store", move || writer.run(&receiver))?;
    let indexer = thread("index", move || indexer.run())?;
    let threads = Mutex::new(Some(Threads { writer, indexer }));
    let inner = Inner { files, spool, reader, view, feed, findings, commands: Mutex::new(Some(sender)), threads, search, _lock: lock };
    Ok(Store { inner: Arc::new(inner) })
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(StoreError::of)
}
