//! The writer thread: many callers share one fsync, then the index, then the completions. The only place that appends.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use super::append::{AppendError, Log, Part};
use super::index::Index;
use super::reader::Reader;
use super::record::{Head, Placed};
use super::segment::{self, Paths};
use super::space::Space;
use super::{Change, Completion, Files, Origin, Seq, StoreError, Written, recover, retention, search};
use crate::clock::Wall;
use crate::limits::{EVENT_ID_MAX_OCTETS, GROUP_COMMIT_MAX, MAILBOX_NAME_MAX_OCTETS, RECORD_BODY_MAX_OCTETS, UNIT_CHANGES_MAX};
use crate::mail::{Address, Mailbox};

pub enum Command {
    Write(Write),
    Purge(retention::Purge, SyncSender<Result<usize, StoreError>>),
}

pub struct Write {
    pub changes: Vec<Change>,
    pub at: Wall,
    pub done: Done,
}

/// A completion that is called exactly once: if nobody does, dropping it says that the store is closed.
pub struct Done(Option<Completion>);

impl Done {
    pub fn new(completion: Completion) -> Done {
        Done(Some(completion))
    }

    pub fn call(mut self, written: Written) {
        self.run(written);
    }

    fn run(&mut self, written: Written) {
        let Some(completion) = self.0.take() else { return };
        // A caller's mistake must not stop the one thread that writes.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| completion(written))).is_err() {
            log::error!("store completion panicked");
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        self.run(Err(StoreError::Closed));
    }
}

/// Appended, not yet synced.
struct Pending {
    unit: Vec<Placed>,
    done: Done,
}

pub struct Writer {
    pub log: Log,
    pub index: Index,
    pub files: Arc<dyn Files>,
    pub spool: PathBuf,
    pub paths: Paths,
    pub reader: Reader,
    pub space: Space,
    /// The index failed to take a group; the spool has it.
    pub behind: bool,
    pub search: search::Notice,
}

impl Writer {
    /// Works until all senders are gone and everything sent is done.
    pub fn run(mut self, commands: &Receiver<Command>) {
        while let Ok(first) = commands.recv() {
            let mut pending = Vec::new();
            let mut next = Some(first);
            let mut taken = 0;
            while let Some(command) = next {
                match command {
                    Command::Write(write) => self.write(write, &mut pending),
                    Command::Purge(purge, answer) => {
                        self.finish(&mut pending);
                        let _ = answer.send(self.purge(&purge));
                    }
                }
                taken += 1;
                next = if taken < GROUP_COMMIT_MAX { commands.try_recv().ok() } else { None };
            }
            self.finish(&mut pending);
        }
        if let Err(error) = self.index.close() {
            log::error!("index not closed, the next start makes it again: {error}");
        }
    }

    fn write(&mut self, write: Write, pending: &mut Vec<Pending>) {
        let Write { changes, at, done } = write;
        if changes.is_empty() {
            return done.call(Ok(Vec::new()));
        }
        let parts = match to_parts(changes) {
            Ok(parts) => parts,
            Err(error) => return done.call(Err(error)),
        };
        match self.append(&parts, at, pending) {
            Ok(mut unit) => {
                for (placed, part) in unit.iter_mut().zip(parts) {
                    placed.head = Some(part.head);
                }
                pending.push(Pending { unit, done });
            }
            Err(error) => done.call(Err(error)),
        }
    }

    fn append(&mut self, parts: &[Part], at: Wall, pending: &mut Vec<Pending>) -> Result<Vec<Placed>, StoreError> {
        let octets = parts.iter().map(Part::octets).sum();
        let has_message = parts.iter().any(|part| matches!(part.head, Head::Message(_)));
        if has_message && !self.space.has_room(&*self.files, &self.spool, at, octets) {
            return Err(StoreError::Full);
        }
        if self.log.wants_new_segment(at, octets) {
            self.finish(pending);
            if let Err(error) = self.log.start_segment(at) {
                self.log.retire();
                return Err(StoreError::of(error));
            }
        }
        self.log.append(parts, at).map_err(|error| {
            if let AppendError::Segment(_) = &error {
                self.fail(pending, &error);
            }
            error.into()
        })
    }

    fn fail(&mut self, pending: &mut Vec<Pending>, error: &AppendError) {
        self.log.retire();
        let error = match error {
            AppendError::Body(error) | AppendError::Segment(error) => StoreError::of_ref(error),
        };
        for Pending { done, .. } in pending.drain(..) {
            done.call(Err(error.clone()));
        }
    }

    /// One fsync for all that was appended, then the index, then the completions.
    fn finish(&mut self, pending: &mut Vec<Pending>) {
        if pending.is_empty() {
            return;
        }
        if let Err(error) = self.log.sync() {
            return self.fail(pending, &AppendError::Segment(error));
        }
        let (units, dones): (Vec<_>, Vec<_>) = pending.drain(..).map(|one| (one.unit, one.done)).unzip();
        if let Some(last) = units.last().and_then(|unit: &Vec<Placed>| unit.last()) {
            self.search.durable(search::Position { segment: last.segment, end: last.end(), seq: last.header.seq.0 });
        }
        let applied = self.apply(&units);
        for (unit, done) in units.iter().zip(dones) {
            let seqs: Vec<Seq> = unit.iter().map(|placed| placed.header.seq).collect();
            done.call(applied.clone().map(|()| seqs));
        }
    }

    // What the index could not take is read again from the spool before anything else goes in: order is kept. While that
    // fails, callers are told so although their changes are on disk: a duplicate is better than a change nobody sees.
    fn apply(&mut self, units: &[Vec<Placed>]) -> Result<(), StoreError> {
        if !self.behind {
            match self.index.apply(units) {
                Ok(()) => return Ok(()),
                Err(error) => log::error!("index did not take a group: {error}"),
            }
            self.behind = true;
        }
        let segments = segment::list(&*self.files, &self.spool)?;
        recover::catch_up(&*self.files, &segments, &self.index)?;
        self.behind = false;
        Ok(())
    }

    fn purge(&mut self, purge: &retention::Purge) -> Result<usize, StoreError> {
        if self.behind {
            self.apply(&[])?;
        }
        retention::run(purge, &*self.files, &self.spool, &self.paths, &self.reader, &self.index)
    }
}

// Encodes the heads, and refuses what the index could not hold or what would not read back.
fn to_parts(changes: Vec<Change>) -> Result<Vec<Part>, StoreError> {
    if changes.len() > UNIT_CHANGES_MAX {
        return Err(StoreError::Damaged(format!("a write of {} changes is too long", changes.len())));
    }
    let part = |change| {
        let (head, body) = Head::split(change);
        check(&head).map_err(StoreError::Damaged)?;
        if body.as_ref().is_some_and(|body| body.len() > RECORD_BODY_MAX_OCTETS) {
            return Err(StoreError::Damaged("a body is too long for a record".to_owned()));
        }
        let head_bytes = head.encode().map_err(StoreError::Damaged)?;
        Ok(Part { head, head_bytes, body })
    };
    changes.into_iter().map(part).collect()
}

fn check(head: &Head) -> Result<(), String> {
    let mailbox = |mailbox: &Mailbox| {
        let fits = mailbox.as_str().len() <= MAILBOX_NAME_MAX_OCTETS;
        fits.then_some(()).ok_or_else(|| format!("the name of mailbox {mailbox} is too long"))
    };
    // Lower-casing a domain can make it one that does not parse; a record with it could never be read.
    let address = |address: &Address| {
        let same = Address::parse(&address.to_string()).as_ref() == Ok(address);
        same.then_some(()).ok_or_else(|| format!("address {address} does not read back"))
    };
    match head {
        Head::Message(accepted) => {
            accepted.reverse_path.iter().try_for_each(address)?;
            accepted.recipients.iter().try_for_each(|recipient| address(&recipient.address))?;
            accepted.filings.iter().try_for_each(|filing| mailbox(&filing.mailbox))?;
            if let Origin::Digest { event, mailbox: name, .. } = &accepted.origin {
                mailbox(name)?;
                if event.len() > EVENT_ID_MAX_OCTETS || event.contains(char::is_control) {
                    return Err(format!("event id {event:?} is too long or has control characters"));
                }
            }
            Ok(())
        }
        Head::Seen(head) => mailbox(&head.mailbox),
        Head::Delivery(_) => Ok(()),
    }
}
