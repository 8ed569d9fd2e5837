//! Opening: the lock, then the spool, then the index, then what a crash interrupted.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use super::append::Log;
use super::ballast::{self, Ballast};
use super::index::Index;
use super::reader::Reader;
use super::recover::{self, Replayed};
use super::search::{self, Search};
use super::segment::{self, Paths, Segment};
use super::space::Space;
use super::writer::Writer;
use super::{Change, Files, Inner, Options, Recovery, Seq, Store, StoreError};
use crate::clock::Wall;
use crate::limits::WRITER_QUEUE_MAX;
use crate::relay::DeliveryState;

pub const SPOOL: &str = "spool";
/// Within the spool: bodies on their way in.
pub const INCOMING: &str = "incoming";
const LOCK: &str = "lock";
/// Changes of one unit when interrupted hand-overs are queued.
const IN_DOUBT_UNIT: usize = 500;

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
    let (index, replayed, rebuilt) = open_index(data_dir, &*files, &segments)?;
    recover::finish_drops(&*files, &spool, &segments, &index)?;
    recover::cut_tail(&*files, &segments, &replayed);
    if replayed.unreadable {
        index.distrust("the disk refused to read some of the spool");
    }
    let mut recovery = Recovery {
        segments: segments.len(),
        records: replayed.records,
        torn_octets: replayed.torn_octets,
        damaged: replayed.damaged.clone(),
        index_rebuilt: rebuilt,
        in_doubt: 0,
    };
    let store = start(files, &spool, &segments, index, &replayed, lock)?;
    recovery.in_doubt = queue_in_doubt(&store.0, store.1, now)?;
    Ok((store.0, recovery))
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

// The index as it is, brought up to the spool; or a new one, made from the whole spool.
fn open_index(data_dir: &Path, files: &dyn Files, segments: &[Segment]) -> Result<(Index, Replayed, bool), StoreError> {
    let (mut index, renewed) = Index::open(data_dir)?;
    let mut rebuilt = renewed.is_some();
    if !recover::has_applied(segments, &index.applied()?) {
        index = index.renew(data_dir, "it is ahead of the spool")?;
        rebuilt = true;
    }
    match recover::catch_up(files, segments, &index) {
        // A row that cannot be read, met while changing it.
        Err(StoreError::Damaged(why)) if !rebuilt => {
            index = index.renew(data_dir, &why)?;
            rebuilt = true;
            let replayed = recover::catch_up(files, segments, &index)?;
            Ok((index, replayed, rebuilt))
        }
        replayed => Ok((index, replayed?, rebuilt && !segments.is_empty())),
    }
}

fn start(
    files: Arc<dyn Files>,
    spool: &Path,
    segments: &[Segment],
    index: Index,
    replayed: &Replayed,
    lock: File,
) -> Result<(Store, Vec<(Seq, u32)>), StoreError> {
    let paths = Paths::default();
    for segment in segments {
        paths.set(segment.number, segment.path.clone());
    }
    let in_session = index.in_session()?;
    let view = Arc::clone(index.view());
    let next_number = segments.last().map_or(1, |segment| segment.number + 1);
    let next_seq = replayed.highest_seq.saturating_add(1);
    let reader = Reader::new(Arc::clone(&files), paths.clone());
    let log = Log::new(Arc::clone(&files), spool.to_owned(), paths.clone(), next_seq, next_number, replayed.previous);
    let (segment, end) = replayed.previous.unwrap_or_default();
    let data_dir = spool.parent().unwrap_or(spool);
    let search = Search::start(data_dir, paths.clone(), search::Position { segment, end, seq: view.newest().0 });
    let writer = Writer {
        log,
        index,
        files: Arc::clone(&files),
        spool: spool.to_owned(),
        paths: paths.clone(),
        reader: reader.clone(),
        space: Space::default(),
        behind: false,
        search: search.notice(),
    };
    let (sender, receiver) = sync_channel(WRITER_QUEUE_MAX);
    let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || writer.run(&receiver)).map_err(StoreError::of)?;
    let inner = Inner {
        files,
        spool: spool.to_owned(),
        reader,
        view,
        commands: Mutex::new(Some(sender)),
        thread: Mutex::new(Some(thread)),
        search,
        _lock: lock,
    };
    Ok((Store { inner: Arc::new(inner) }, in_session))
}

// The process ended while these were being handed over: the other side may have them or not, and a message may come twice
// but never not at all (promise 3).
fn queue_in_doubt(store: &Store, in_session: Vec<(Seq, u32)>, now: Wall) -> Result<usize, StoreError> {
    for unit in in_session.chunks(IN_DOUBT_UNIT) {
        let queued = |&(message, recipient): &(Seq, u32)| Change::Delivery {
            message,
            recipient,
            state: DeliveryState::Queued { attempts: 0, next_at: now, last: None, in_doubt: true, held: 0 },
        };
        store.write_wait(unit.iter().map(queued).collect(), now)?;
    }
    Ok(in_session.len())
}
