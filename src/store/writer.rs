//! The writer thread: many callers share one fsync, then the completions. The only place that appends.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, PoisonError};

use super::append::{AppendError, Log, Part};
use super::feed::Feed;
use super::index::Index;
use super::indexer::Current;
use super::reader::Reader;
use super::record::{Head, Placed};
use super::segment::Paths;
use super::space::Space;
use super::{Change, Completion, Files, Pins, Seq, StoreError, Written, check, retention};
use crate::clock::Wall;
use crate::limits::{GROUP_COMMIT_MAX, RECORD_BODY_MAX_OCTETS, UNIT_CHANGES_MAX};

pub enum Command {
    Write(Write),
    Purge(retention::Purge, SyncSender<Result<usize, StoreError>>),
}

pub struct Write {
    pub changes: Vec<Change>,
    pub at: Wall,
    pub done: Done,
    /// See [`super::Store::write_unhurried`].
    pub unhurried: bool,
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
pub struct Pending {
    unit: Vec<Placed>,
    done: Done,
    unhurried: bool,
}

pub struct Writer {
    pub log: Log,
    pub feed: Arc<Feed>,
    pub index: Current,
    pub files: Arc<dyn Files>,
    pub spool: PathBuf,
    pub paths: Paths,
    pub reader: Reader,
    pub space: Space,
    /// What retention was last told to keep; everything before it was told anything.
    pub pins: Pins,
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
                        self.pins = purge.pins.clone();
                        let _ = answer.send(self.purge(&purge));
                    }
                }
                taken += 1;
                next = if taken < GROUP_COMMIT_MAX { commands.try_recv().ok() } else { None };
            }
            self.finish(&mut pending);
        }
        self.log.close();
    }

    pub fn write(&mut self, write: Write, pending: &mut Vec<Pending>) {
        let Write { changes, at, done, unhurried } = write;
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
                pending.push(Pending { unit, done, unhurried });
            }
            Err(error) => done.call(Err(error)),
        }
    }

    fn append(&mut self, parts: &[Part], at: Wall, pending: &mut Vec<Pending>) -> Result<Vec<Placed>, StoreError> {
        let octets = parts.iter().map(Part::octets).sum();
        let has_message = parts.iter().any(|part| matches!(part.head, Head::Message(_)));
        if has_message && !self.space.has_room(&*self.files, &self.spool, at, octets) && !self.room_was_made(at, octets, pending) {
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

    // Delivered copies go before new mail is turned away.
    fn room_was_made(&mut self, at: Wall, octets: u64, pending: &mut Vec<Pending>) -> bool {
        if !self.space.may_make_room(at) {
            return false;
        }
        self.finish(pending);
        self.make_room(at) && self.space.has_room(&*self.files, &self.spool, at, octets)
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

    /// One fsync for all that was appended; then index and search hear of it and the completions are called. Nobody waits for those.
    pub fn finish(&mut self, pending: &mut Vec<Pending>) {
        if pending.is_empty() {
            return;
        }
        if let Err(error) = self.log.sync() {
            return self.fail(pending, &AppendError::Segment(error));
        }
        let last_awaited = pending.iter().rev().find(|one| !one.unhurried).and_then(|one| one.unit.last());
        let awaited = last_awaited.map_or(0, |placed| placed.header.seq.0);
        let (units, dones): (Vec<_>, Vec<_>) = pending.drain(..).map(|one| (one.unit, one.done)).unzip();
        let numbers = |unit: &Vec<Placed>| -> Vec<Seq> { unit.iter().map(|placed| placed.header.seq).collect() };
        let seqs: Vec<Vec<Seq>> = units.iter().map(numbers).collect();
        self.feed.publish(self.log.durable(), awaited, units.into_iter());
        for (seqs, done) in seqs.into_iter().zip(dones) {
            done.call(Ok(seqs));
        }
    }

    pub fn current_index(&self) -> Option<Arc<Index>> {
        self.index.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

// Encodes the heads, and refuses what the index could not hold or what would not read back.
fn to_parts(changes: Vec<Change>) -> Result<Vec<Part>, StoreError> {
    if changes.len() > UNIT_CHANGES_MAX {
        return Err(StoreError::Damaged(format!("a write of {} changes is too long", changes.len())));
    }
    let part = |change| {
        let (head, body) = Head::split(change);
        check::check(&head).map_err(StoreError::Damaged)?;
        if body.as_ref().is_some_and(|body| body.len() > RECORD_BODY_MAX_OCTETS) {
            return Err(StoreError::Damaged("a body is too long for a record".to_owned()));
        }
        let head_bytes = head.encode().map_err(StoreError::Damaged)?;
        Ok(Part { head, head_bytes, body })
    };
    changes.into_iter().map(part).collect()
}
