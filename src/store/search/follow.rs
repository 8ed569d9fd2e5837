//! The thread of the search: reads the spool behind the writer, and puts what can be found into the tables.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, mem};

use super::ask::Questions;
use super::condense::Condensed;
use super::courtesy::{Courtesy, Turn};
use super::entries::Filed;
use super::tables::{Document, Fault, Tables};
use super::threads::{Links, Swept};
use super::{Shared, Woken, words};
use crate::clock::Stopwatch;
use crate::limits::{
    CATALOGUE_BATCH_TOUCHED, INDEX_READ_TRIES, SEARCH_BATCH_MESSAGES, SEARCH_BATCH_OCTETS, SEARCH_BATCH_READ_OCTETS,
    SEARCH_FREE_MIN_OCTETS, SEARCH_GATHER, SEARCH_NICE, SEARCH_NOTE_RECORDS, SEARCH_PAUSE, SEARCH_PAUSE_BUSY, SEARCH_PIECE_OCTETS,
    SEARCH_QUESTIONERS, SEARCH_RETRY_WAIT, SEARCH_TEXT_MAX_OCTETS,
};
use crate::mail::parse::{self, Opened, Person};
use crate::mail::{Mailbox, Summary};
use crate::store::feed::Durable;
use crate::store::index::{Applied, Place, Shown, View, shown_date};
use crate::store::reader::Reader;
use crate::store::record::{Head, Placed};
use crate::store::segment::{self, Paths, Segment};
use crate::store::{Accepted, Disk, Files, Filing, Folder, Seq, StoreError, recover};

/// Why the thread left what it was doing.
enum Halt {
    Stopping,
    /// A batch is in: whoever has more to do looks first whether mail is coming in.
    Batch,
    Fault(Fault),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Halt {
        Halt::Fault(fault)
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Halt {
        Halt::Fault(Fault::Failed(error.to_string()))
    }
}

/// What the thread needs. Like sled, it goes around [`Files`]: it may be thrown away, and must not take part in what
/// tests count there.
pub struct Follower {
    pub data_dir: PathBuf,
    pub paths: Paths,
    pub shared: Arc<Shared>,
    /// What mailboxes show: asked, not worked out a second time.
    pub view: Arc<View>,
}

impl Follower {
    /// Works until the store closes. Whatever goes wrong ends here: it is logged, and tried again later.
    pub fn run(self) {
        // On Linux this is the priority of the calling thread alone.
        if let Err(error) = rustix::process::setpriority_process(None, SEARCH_NICE) {
            log::debug!("search priority stays: {error}");
        }
        let mut set_aside = false;
        loop {
            let panicked = |_| Err(Halt::Fault(Fault::Failed("the search thread panicked".to_owned())));
            let Err(halt) = catch_unwind(AssertUnwindSafe(|| self.work())).unwrap_or_else(panicked);
            self.shared.unavailable();
            match halt {
                Halt::Stopping => return,
                Halt::Batch => {}
                Halt::Fault(Fault::Broken(why)) if !mem::replace(&mut set_aside, true) => {
                    log::error!("search set aside, it is made again: {why}");
                    if let Err(error) = put_aside(&self.data_dir) {
                        log::error!("search not set aside: {error}");
                    }
                }
                Halt::Fault(fault) => {
                    log::warn!("search waits: {fault}");
                    if self.shared.pause(SEARCH_RETRY_WAIT) {
                        return;
                    }
                    set_aside = false;
                }
            }
        }
    }

    fn work(&self) -> Result<Infallible, Halt> {
        let mut at_work = self.begin()?;
        loop {
            at_work.step()?;
        }
    }

    fn begin(&self) -> Result<AtWork<'_>, Halt> {
        let folder = self.data_dir.join(super::FOLDER);
        Disk.create_dir_all(&folder).map_err(|error| Fault::Broken(error.to_string()))?;
        let tables = Tables::open(&folder)?;
        let position = tables.applied()?;
        if !self.has(position)? {
            return Err(Fault::Broken("it is ahead of the spool".to_owned()).into());
        }
        let questions: Result<Vec<_>, Fault> = (0..SEARCH_QUESTIONERS).map(|_| Questions::open(&folder)).collect();
        self.shared.available(questions?, position);
        Ok(AtWork {
            follower: self,
            tables,
            noted: position,
            position,
            read: position.seq,
            batch: Batch::default(),
            courtesy: Courtesy::default(),
            is_behind: false,
            looked: Stopwatch::start(),
            refused: 0,
            may_forget: true,
            sweeping: None,
            short_of_room: false,
        })
    }

    // Whether the spool goes as far. A segment that retention has dropped meanwhile is behind, not ahead.
    fn has(&self, position: Durable) -> Result<bool, Halt> {
        let durable = self.shared.feed.durable();
        let is_last_kept = self.paths.get(position.segment).is_some();
        let behind = (position.segment, position.end) <= (durable.segment, durable.end) && position.seq <= durable.seq;
        if !is_last_kept || !behind {
            return Ok(behind);
        }
        let found = self.segments(position.segment, &durable)?;
        Ok(found.first().is_some_and(|segment| segment.number == position.segment && segment.limit() >= position.end))
    }

    // The segments from this one on, as far as they are on disk for certain.
    fn segments(&self, from: u64, durable: &Durable) -> Result<Vec<Segment>, StoreError> {
        Ok(segment::on_disk(segment::read(&Disk, self.paths.from(from))?, durable))
    }
}

// What is on its way into the tables.
#[derive(Default)]
struct Batch {
    documents: Vec<Document>,
    /// Their places in mailboxes.
    filings: usize,
    /// Messages that records were about.
    touched: BTreeSet<Seq>,
    octets: usize,
    read_octets: u64,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.documents.len() >= SEARCH_BATCH_MESSAGES
            || self.octets >= SEARCH_BATCH_OCTETS
            || self.read_octets >= SEARCH_BATCH_READ_OCTETS
            || self.filings.max(self.touched.len()) >= CATALOGUE_BATCH_TOUCHED
    }
}

struct AtWork<'a> {
    follower: &'a Follower,
    tables: Tables,
    /// What the tables say, and what was read: records that say nothing to the search are not worth a transaction each.
    noted: Durable,
    position: Durable,
    /// Number of the last record that was read, of a unit that may have more.
    read: u64,
    batch: Batch,
    courtesy: Courtesy,
    /// There is more to do than one batch.
    is_behind: bool,
    /// Since the last look whether mail is coming in.
    looked: Stopwatch,
    /// So often in a row the disk refused to read some of the spool.
    refused: u32,
    /// Rows of dropped segments may be left.
    may_forget: bool,
    /// How far the tidying behind that is.
    sweeping: Option<Swept>,
    short_of_room: bool,
}

impl AtWork<'_> {
    // Waits for work and does some of it: what the writer wrote, and what retention dropped.
    fn step(&mut self) -> Result<(), Halt> {
        let shared = &self.follower.shared;
        let patience = if self.may_forget { SEARCH_PAUSE } else { SEARCH_RETRY_WAIT };
        let durable = match shared.wait_for_more(&self.position, patience) {
            Woken::At(durable) => durable,
            Woken::Distrusted => return Err(Fault::Broken("a question met damage".to_owned()).into()),
            Woken::Stopping => {
                self.note()?;
                return Err(Halt::Stopping);
            }
        };
        let is_behind = durable > self.position;
        if is_behind {
            self.let_mail_go_first(&durable)?;
        }
        // Forgetting takes room, too, before it gives any back.
        if !self.has_room()? {
            return Ok(());
        }
        if is_behind {
            self.catch_up()?;
        }
        self.forget_dropped()
    }

    // A message that comes alone waits for those that come with it. Between batches the pause is shorter, if mail allows.
    fn let_mail_go_first(&mut self, durable: &Durable) -> Result<(), Halt> {
        let shared = &self.follower.shared;
        let mut pause = SEARCH_PAUSE;
        if !mem::replace(&mut self.is_behind, true) {
            self.courtesy.begin(durable.seq);
            self.looked = Stopwatch::start();
            pause = SEARCH_GATHER;
        }
        loop {
            if shared.pause(pause) {
                return Err(Halt::Stopping);
            }
            let since = mem::replace(&mut self.looked, Stopwatch::start()).elapsed();
            pause = match self.courtesy.look(shared.feed.durable().seq, since) {
                Turn::Go => return Ok(()),
                Turn::Wait => SEARCH_GATHER,
                Turn::GoSlowly if pause == SEARCH_PAUSE_BUSY => return Ok(()),
                Turn::GoSlowly => SEARCH_PAUSE_BUSY,
            };
        }
    }

    // Waits a while if there is none: what is in the tables can be found meanwhile.
    fn has_room(&mut self) -> Result<bool, Halt> {
        let is_short = matches!(Disk.free_octets(&self.follower.data_dir), Ok(free) if free < SEARCH_FREE_MIN_OCTETS);
        if is_short != mem::replace(&mut self.short_of_room, is_short) {
            log::warn!("search {}", if is_short { "waits: the disk is nearly full" } else { "goes on: there is room" });
        }
        if is_short && self.follower.shared.pause(SEARCH_RETRY_WAIT) {
            return Err(Halt::Stopping);
        }
        Ok(!is_short)
    }

    // One batch, or all there is. Files are open only meanwhile: a segment that is dropped leaves the disk when nobody has it open.
    fn catch_up(&mut self) -> Result<(), Halt> {
        let durable = self.follower.shared.feed.durable();
        let begun = self.position;
        let segments = self.follower.segments(begun.segment, &durable)?;
        let reader = Reader::new(Arc::new(Disk), self.follower.paths.clone());
        let from = Applied { segment: begun.segment, end: begun.end, seq: begun.seq, ..Applied::default() };
        let mut halt = None;
        let read = recover::read_spool(&Disk, &segments, &from, &mut |unit| {
            self.unit(&reader, &unit).map_err(|reason| {
                halt = Some(reason);
                StoreError::Closed
            })
        });
        match halt {
            Some(Halt::Batch) => {}
            Some(halt) => return Err(halt),
            None => self.caught_up(&begun, durable, &read?)?,
        }
        self.follower.shared.applied(self.position);
        Ok(())
    }

    fn caught_up(&mut self, begun: &Durable, durable: Durable, read: &recover::Replayed) -> Result<(), Halt> {
        if read.unreadable && self.refused < INDEX_READ_TRIES {
            self.refused += 1;
            log::warn!("search waits: the disk refused to read some of the spool");
            // What was read is put in again with the rest: it replaces itself.
            self.position = *begun;
            self.note()?;
            return if self.follower.shared.pause(SEARCH_RETRY_WAIT) { Err(Halt::Stopping) } else { Ok(()) };
        }
        for place in &read.damaged {
            log::warn!("search passed over: {place}");
        }
        self.refused = 0;
        self.is_behind = false;
        self.position = self.position.max(durable);
        if !self.batch.touched.is_empty() || self.position.seq - self.noted.seq >= SEARCH_NOTE_RECORDS {
            self.note()?;
        }
        Ok(())
    }

    fn unit(&mut self, reader: &Reader, unit: &[Placed]) -> Result<(), Halt> {
        let mut is_full = false;
        for placed in unit {
            match &placed.head {
                Some(Head::Message(accepted)) => self.message(reader, placed, placed.header.seq, accepted),
                // Written again from another segment: what is known of it is replaced.
                Some(Head::Carried(carried)) => self.message(reader, placed, carried.message, &carried.accepted),
                Some(Head::Delivery(head)) => self.touch(head.message),
                Some(Head::Flags(head)) => self.touch(head.message),
                Some(Head::Move(head)) => self.touch(head.message),
                Some(Head::Remove(head)) => self.touch(head.message),
                _ => {}
            }
            self.read = placed.header.seq.0;
            if self.batch.is_full() {
                is_full = true;
                self.note()?;
            }
        }
        if let Some(last) = unit.last() {
            self.position = Durable { segment: last.segment, end: last.end(), seq: last.header.seq.0 };
        }
        // With what is not worth a transaction, closing the store waits for nothing long either.
        if self.follower.shared.is_stopping() {
            return Err(Halt::Stopping);
        }
        if is_full {
            self.note()?;
            return Err(Halt::Batch);
        }
        Ok(())
    }

    fn message(&mut self, reader: &Reader, placed: &Placed, message: Seq, accepted: &Accepted) {
        // What is filed nowhere is nobody's to find.
        if accepted.filings.is_empty() {
            return;
        }
        self.batch.read_octets += placed.header.body_octets;
        self.batch.filings += accepted.filings.len();
        self.touch(message);
        let document = document_of(reader, placed, message, accepted);
        self.batch.octets += document.octets();
        self.batch.documents.push(document);
    }

    fn touch(&mut self, message: Seq) {
        self.batch.touched.insert(message);
    }

    // What was collected, and how far. The position is behind the last whole unit: what of the next one is in already is replaced when
    // it is read again.
    fn note(&mut self) -> Result<(), Halt> {
        if self.batch.touched.is_empty() && self.noted == self.position {
            return Ok(());
        }
        let shown = self.shown()?;
        let Batch { documents, .. } = mem::take(&mut self.batch);
        let reader = Reader::new(Arc::new(Disk), self.follower.paths.clone());
        let summary = |shown: &Shown| shown.place.map(|place| summary_of(&reader, &place)).unwrap_or_default();
        self.tables.put(&documents, &shown, &summary, self.position)?;
        self.noted = self.position;
        Ok(())
    }

    // Waits for the index: what it does not know yet nobody can be shown either.
    fn shown(&self) -> Result<Vec<Shown>, Halt> {
        loop {
            match self.follower.view.shown(&self.batch.touched, self.read) {
                Ok(shown) => return Ok(shown),
                Err(StoreError::NotReady { .. } | StoreError::Damaged(_)) => {}
                Err(StoreError::Closed) => return Err(Halt::Stopping),
                Err(error) => return Err(error.into()),
            }
            if self.follower.shared.pause(SEARCH_GATHER) {
                return Err(Halt::Stopping);
            }
        }
    }

    // Retention drops segments from the oldest on. Until their rows are gone, the index knows that nobody has those messages.
    fn forget_dropped(&mut self) -> Result<(), Halt> {
        let oldest = self.tables.oldest_segment()?.filter(|oldest| self.follower.paths.get(*oldest).is_none());
        if let Some(oldest) = oldest {
            self.tables.forget(oldest, SEARCH_BATCH_MESSAGES)?;
            self.sweeping = Some(Swept::default());
        } else if let Some(from) = self.sweeping {
            self.sweeping = self.tables.sweep(from)?;
        }
        self.may_forget = oldest.is_some() || self.sweeping.is_some();
        Ok(())
    }
}

// One that cannot be read is listed all the same, as pages do: by what its record's head says.
fn document_of(reader: &Reader, placed: &Placed, message: Seq, accepted: &Accepted) -> Document {
    let Placed { segment, offset, header, .. } = *placed;
    let place = Place { record: header.seq, segment, offset, head_octets: header.head_octets, body_octets: header.body_octets };
    let body = condensed(reader, &place).unwrap_or_else(|error| {
        log::warn!("message={message} search cannot read it: {error}");
        Vec::new()
    });
    // One message that the parser stumbles over must not keep all others from being found.
    let opened = catch_unwind(|| parse::open(&body)).unwrap_or_default();
    let mut boxes: Vec<String> = accepted.filings.iter().map(|filing| words::mailbox_word(&filing.mailbox)).collect();
    boxes.sort_unstable();
    boxes.dedup();
    let mut document = document(&opened);
    (document.message, document.segment, document.boxes) = (message.0, segment, boxes.join(" "));
    document.filed = filed(accepted, &opened, header.body_octets);
    document
}

fn filed(accepted: &Accepted, opened: &Opened, size: u64) -> Filed {
    let owners = |wanted: &dyn Fn(&Filing) -> bool| {
        let mut owners: Vec<Mailbox> =
            accepted.filings.iter().filter(|filing| wanted(filing)).map(|filing| filing.mailbox.clone()).collect();
        owners.sort();
        owners.dedup();
        owners
    };
    let senders = owners(&|filing| filing.folder == Folder::Sent);
    let recipients = if senders.is_empty() { Vec::new() } else { opened.to.iter().chain(&opened.cc).cloned().collect() };
    Filed {
        boxes: owners(&|_| true),
        senders,
        recipients,
        links: Links::of(&accepted.summary, &opened.references),
        date: shown_date(accepted.summary.date, accepted.at),
        summary: accepted.summary.clone(),
        size,
    }
}

fn summary_of(reader: &Reader, place: &Place) -> Summary {
    match reader.head(place) {
        Ok(Head::Message(accepted)) => accepted.summary,
        Ok(Head::Carried(carried)) => carried.accepted.summary,
        _ => Summary::default(),
    }
}

fn condensed(reader: &Reader, place: &Place) -> Result<Vec<u8>, StoreError> {
    let mut condensed = Condensed::default();
    let mut offset = 0;
    loop {
        let piece = reader.piece(place, offset, SEARCH_PIECE_OCTETS)?;
        offset += piece.len() as u64;
        if piece.is_empty() || !condensed.push(&piece) {
            return Ok(condensed.finish());
        }
    }
}

// Only what the message itself says: envelope recipients may be nobody's business (Bcc).
fn document(opened: &Opened) -> Document {
    let mut room = SEARCH_TEXT_MAX_OCTETS;
    let Opened { summary, from, to, cc, reply_to, .. } = opened;
    let mut document = Document::default();
    words::push(&mut document.subject, &summary.subject, &mut room);
    let Document { sender, addressees, copies, others, .. } = &mut document;
    for (column, people) in [(sender, from), (addressees, to), (copies, cc), (&mut *others, reply_to)] {
        for Person { name, address } in people {
            words::push(column, &format!("{name} {address}\n"), &mut room);
        }
    }
    for attachment in &opened.attachments {
        words::push(others, &format!("{}\n", attachment.name), &mut room);
    }
    words::push(&mut document.text, &opened.text, &mut room);
    document
}

/// Sets the tables aside, instead of those set aside before.
fn put_aside(data_dir: &Path) -> io::Result<()> {
    let aside = data_dir.join(super::BROKEN);
    remove(&aside)?;
    match fs::rename(data_dir.join(super::FOLDER), aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a folder, or whatever has its name.
pub fn remove(path: &Path) -> io::Result<()> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    match if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) } {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
