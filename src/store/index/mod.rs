//! The index: a view of the spool in sled. The only import of sled.
//!
//! One tree: a record's rows and the position it moves the index to go in by one batch, so that the index is always as of
//! some record. It is never the only place of anything: what is missing, suspect or of another format is made again.

mod apply;
mod filed;
mod keys;
mod lines;
mod message_rows;
mod overlay;
mod query;
mod rows;
mod vessel;
mod walk;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use self::lines::Lines;
use self::overlay::Overlay;
pub use self::rows::{Applied, Place, SegmentRow};
use self::vessel::Vessel;
pub use self::vessel::{look, quarantine as throw_away};
pub use self::walk::{Walk, Walked, Walks};
use super::feed::Feed;
use super::reader::Reader;
use super::record::Placed;
use super::{Accepted, Carried, Change, Filing, Flags, Folder, FolderId, Origin, Seq, StoreError};
use crate::clock::Wall;
use crate::limits::{DATE_AHEAD_MAX, INDEX_BATCH_ROWS};
use crate::mail::{Address, DsnRequest, Mailbox, Summary};
use crate::relay::{DeliveryState, Route};

/// A message in a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub message: Seq,
    pub folder: Folder,
    pub flags: Flags,
    pub at: Wall,
    pub size: u64,
    pub summary: Summary,
}

/// Where mailboxes show a message now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Shown {
    pub message: Seq,
    pub entries: Vec<(Mailbox, Folder, Flags)>,
    /// None: the message is gone.
    pub place: Option<Place>,
}

impl Entry {
    /// The Date field says when it was written, but anybody can write anything there: one from the future would mislead.
    pub fn shown_date(&self) -> Wall {
        shown_date(self.summary.date, self.at)
    }
}

/// See [`Entry::shown_date`]; `at`: when it came.
pub(in crate::store) fn shown_date(date: Option<Wall>, at: Wall) -> Wall {
    date.filter(|date| *date <= at.plus(DATE_AHEAD_MAX)).unwrap_or(at)
}

/// A folder of a person's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderRow {
    pub id: FolderId,
    /// None: it is at the top.
    pub parent: Option<FolderId>,
    pub name: String,
    pub counts: Counts,
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
    /// By the numbers of the recipients.
    pub dsn: DsnRequest,
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

/// Reading the index. All answers are as of the last completed write or later, but for unhurried ones; every list is a range read.
///
/// While the index is being made, questions are answered by [`StoreError::NotReady`].
pub struct View {
    vessel: Slot,
    reader: Reader,
    lines: Lines,
}

/// The place of the index that is in use; empty while one is being made.
struct Slot {
    vessel: RwLock<Option<Arc<Vessel>>>,
    feed: Arc<Feed>,
}

impl Slot {
    /// Runs `what` on the tree when it has everything that was on disk at the call.
    fn read<T>(&self, what: impl FnOnce(&sled::Tree) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.feed.settle()?;
        self.read_settled(what)
    }

    /// When it has everything up to this record.
    fn read_at<T>(&self, wanted: u64, what: impl FnOnce(&sled::Tree) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.feed.settle_at(wanted)?;
        self.read_settled(what)
    }

    fn read_settled<T>(&self, what: impl FnOnce(&sled::Tree) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let vessel = self.vessel.read().unwrap_or_else(PoisonError::into_inner).clone();
        let result = vessel.ok_or(StoreError::NotReady { percent: 0 })?.read(what);
        if let Err(StoreError::Damaged(_)) = &result {
            // The index thread makes another one, while the box runs.
            self.feed.broken();
        }
        result
    }
}

impl Slot {
    fn size(&self) -> u64 {
        self.vessel.read().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |vessel| vessel.size())
    }
}

impl View {
    pub(super) fn new(feed: Arc<Feed>, reader: Reader) -> View {
        View { vessel: Slot { vessel: RwLock::new(None), feed }, reader, lines: Lines::default() }
    }

    /// Waits until the index has a record, also one that was written without hurry.
    ///
    /// # Errors
    /// [`StoreError::NotReady`] while the index is being made.
    pub fn wait_for(&self, record: Seq) -> Result<(), StoreError> {
        self.vessel.feed.settle_at(record.0)
    }

    /// Which index is asked from now on.
    pub(super) fn set(&self, index: Option<&Index>) {
        *self.vessel.vessel.write().unwrap_or_else(PoisonError::into_inner) = index.map(|index| Arc::clone(&index.vessel));
    }
}

/// The index, for writing.
pub struct Index {
    vessel: Arc<Vessel>,
    /// Changes read rows and write them again: one at a time.
    changing: Mutex<()>,
}

fn sled_error(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Corruption { .. } => StoreError::Damaged(format!("the index is damaged: {error}")),
        error => StoreError::Io(format!("the index failed: {error}")),
    }
}

impl Index {
    /// Opens what is there if it can be trusted; otherwise sets it aside and starts empty (then the answer's second part says why).
    pub fn open(data_dir: &Path) -> Result<(Index, Option<String>), StoreError> {
        let (vessel, renewed) = Vessel::open(data_dir)?;
        let index = Index::of(vessel);
        match index.applied() {
            Ok(_) => Ok((index, renewed)),
            Err(error) => Ok((index.renew(data_dir, &error.to_string())?, Some(error.to_string()))),
        }
    }

    fn of(vessel: Vessel) -> Index {
        Index { vessel: Arc::new(vessel), changing: Mutex::new(()) }
    }

    /// Throws the index away and starts an empty one. Whoever still reads the old one reads a file without a name.
    pub fn renew(self, data_dir: &Path, why: &str) -> Result<Index, StoreError> {
        drop(self);
        vessel::quarantine(data_dir, why)?;
        let (vessel, _) = Vessel::open(data_dir)?;
        Ok(Index::of(vessel))
    }

    /// How far the index has got. Another format is an error: it is rebuilt.
    pub fn applied(&self) -> Result<Applied, StoreError> {
        let applied = self.vessel.read(|tree| match tree.get(keys::applied()).map_err(sled_error)? {
            Some(bytes) => rows::decode::<Applied>(&bytes).map(Some),
            None => Ok(None),
        })?;
        match applied {
            Some(applied) if applied.format != rows::FORMAT => {
                Err(StoreError::Damaged(format!("the index has format {} instead of {}", applied.format, rows::FORMAT)))
            }
            applied => Ok(applied.unwrap_or_default()),
        }
    }

    /// Applies units in order, each of them at once or not at all.
    pub fn apply(&self, units: &[Vec<Placed>]) -> Result<(), StoreError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.vessel.read(|tree| {
            let mut rows = Overlay::new(tree);
            for unit in units {
                for placed in unit {
                    apply::apply(&mut rows, placed)?;
                }
                if rows.len() >= INDEX_BATCH_ROWS {
                    std::mem::replace(&mut rows, Overlay::new(tree)).commit()?;
                }
            }
            rows.commit()
        })
    }

    /// Recipients that are being handed over right now, or were when the process ended.
    pub fn in_session(&self) -> Result<Vec<(Seq, u32)>, StoreError> {
        self.vessel.read(|tree| {
            let rows = tree.scan_prefix(keys::all_in_session());
            rows.map(|row| row.map_err(sled_error)).filter_map(|row| row.map(|(key, _)| keys::recipient_of(&key)).transpose()).collect()
        })
    }

    /// What the index knows of the segments, in order.
    pub fn segments(&self) -> Result<Vec<(u64, SegmentRow)>, StoreError> {
        self.vessel.read(|tree| {
            let mut segments = Vec::new();
            for row in tree.scan_prefix(keys::all_segments()) {
                let (key, value) = row.map_err(sled_error)?;
                let Some(number) = keys::number_of(&key) else { continue };
                segments.push((number, rows::decode(&value)?));
            }
            Ok(segments)
        })
    }

    /// Removes all rows about the messages whose records are in a segment, and at last the segment's own. May be interrupted and done
    /// again.
    pub fn forget_segment(&self, number: u64) -> Result<(), StoreError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.vessel.read(|tree| {
            let mut rows = Overlay::new(tree);
            for message in query::messages_in(tree, number, Seq(0))? {
                apply::forget(&mut rows, message?.0)?;
                if rows.len() >= INDEX_BATCH_ROWS {
                    std::mem::replace(&mut rows, Overlay::new(tree)).commit()?;
                }
            }
            rows.delete(keys::segment(number));
            rows.commit()
        })
    }

    /// Messages whose records are in a segment, in order, those after `after`, with where.
    pub fn messages_in(&self, segment: u64, after: Option<Seq>, limit: usize) -> Result<Vec<(Seq, Place)>, StoreError> {
        let start = after.map_or(Seq(0), |after| Seq(after.0.saturating_add(1)));
        self.vessel.read(|tree| query::messages_in(tree, segment, start)?.take(limit).collect())
    }

    /// Whether a recipient of the message is queued, held, or being handed over.
    pub fn is_open(&self, message: Seq) -> Result<bool, StoreError> {
        use crate::relay::Queue;
        let lists = [keys::queue(Queue::Primary), keys::queue(Queue::Outbound), keys::all_held(), keys::all_in_session()];
        self.vessel.read(|tree| {
            for list in &lists {
                if tree.scan_prefix(keys::from_message(list, message)).next().transpose().map_err(sled_error)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// All that is known of a message now, for writing it again. `accepted`: what its record said.
    pub fn snapshot(&self, message: Seq, accepted: Accepted) -> Result<Carried, StoreError> {
        self.vessel.read(|tree| {
            let mut accepted = accepted;
            for (recipient, row) in message_rows::deliveries(tree, message)? {
                if let Some(recipient) = accepted.recipients.get_mut(recipient as usize) {
                    recipient.state = row.state;
                }
            }
            accepted.filings.clear();
            for rows::FilingRow { mailbox, folder, flags, recipient } in message_rows::filings(tree, message)? {
                accepted.filings.push(Filing { mailbox, folder, flags, recipient });
            }
            Ok(Carried { message, accepted })
        })
    }

    /// The folders whose last records are in a segment, as changes that write them again.
    pub fn folders_in(&self, segment: u64) -> Result<Vec<Change>, StoreError> {
        self.vessel.read(|tree| {
            let mut changes = Vec::new();
            for row in tree.scan_prefix(keys::all_own_folders()) {
                let (key, value) = row.map_err(sled_error)?;
                let stored: rows::StoredFolder = rows::decode(&value)?;
                let (Some(name), Some(id)) = (keys::mailbox_of(&key), keys::number_of(&key)) else { continue };
                if stored.segment == segment {
                    let mailbox: Mailbox = rows::decode(&rows::encode(&name)?)?;
                    changes.push(Change::FolderChange { mailbox, folder: FolderId(id), parent: stored.parent, name: stored.name });
                }
            }
            Ok(changes)
        })
    }

    /// Every row, for comparing indexes.
    #[cfg(test)]
    pub fn dump(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.vessel.read(|tree| Ok(query::rows_of(tree))).unwrap()
    }

    /// Whether nobody else reads it.
    pub fn is_alone(&self) -> bool {
        Arc::strong_count(&self.vessel) == 1
    }

    /// The next start makes the index again.
    pub fn distrust(&self, why: &str) {
        self.vessel.distrust(why);
    }

    /// Makes all of it durable, so that the next start may trust it. Nobody else may read it any more: see [`Index::is_alone`].
    pub fn close(self) -> Result<(), StoreError> {
        match Arc::into_inner(self.vessel) {
            Some(vessel) => vessel.close(),
            // The next start finds that it was not closed, and that it is as good as after the end of the process.
            None => Ok(()),
        }
    }
}
