//! Looks at a data folder without changing it, and makes what is derived from it again on request.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::index::{self, Applied, throw_away};
use super::open::{SPOOL, lock};
use super::{Files, Options, Seq, Store, StoreError, ledger, recover, search, segment};
use crate::clock::{Stopwatch, Wall};
use crate::limits::DISK_BALLAST_START_OCTETS;

/// What there is. While the store runs, a group that is being written looks like a torn tail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FsckReport {
    pub segments: usize,
    pub records: u64,
    /// Octets behind the last good record of the last segment; opening cuts them.
    pub torn_octets: u64,
    /// Places that were acknowledged once and cannot be read now.
    pub damaged: Vec<String>,
    pub index: FoundIndex,
    pub ledger_lines: u64,
    pub ledger_torn_octets: u64,
    /// Number of the first line whose chain does not hold.
    pub ledger_broken_at: Option<u64>,
}

/// What the next start would do with the index, as far as its markers tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "why")]
pub enum FoundIndex {
    /// Make it from the spool.
    #[default]
    Missing,
    /// Set it aside and make it again.
    Distrusted(String),
    /// Use it, and add what it lacks. So also while a box uses it.
    Trusted,
}

impl FoundIndex {
    fn look(data_dir: &Path) -> FoundIndex {
        match index::look(data_dir) {
            (false, _) => FoundIndex::Missing,
            (true, Some(why)) => FoundIndex::Distrusted(why),
            (true, None) => FoundIndex::Trusted,
        }
    }
}

impl fmt::Display for FoundIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FoundIndex::Missing => write!(f, "there is none; the next start makes it from the spool"),
            FoundIndex::Distrusted(why) => write!(f, "not trusted ({why}); the next start sets it aside and makes it again"),
            FoundIndex::Trusted => write!(f, "trusted; the next start uses it"),
        }
    }
}

impl FsckReport {
    /// Nothing that was acknowledged is missing, as far as the data themselves can tell.
    pub fn is_clean(&self) -> bool {
        self.damaged.is_empty() && self.ledger_broken_at.is_none()
    }
}

impl fmt::Display for FsckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "spool: {} records in {} segments", self.records, self.segments)?;
        if self.torn_octets > 0 {
            writeln!(
                f,
                "spool: {} octets at the end are of no whole unit (never acknowledged, or being written now); the next start cuts them",
                self.torn_octets
            )?;
        }
        for place in &self.damaged {
            writeln!(f, "spool: DAMAGED: {place}; what is before and behind it is whole")?;
        }
        writeln!(f, "index: {}", self.index)?;
        writeln!(f, "ledger: {} lines", self.ledger_lines)?;
        if self.ledger_torn_octets > 0 {
            writeln!(f, "ledger: {} octets at the end are no whole line; the next start cuts them", self.ledger_torn_octets)?;
        }
        if let Some(line) = self.ledger_broken_at {
            writeln!(f, "ledger: BROKEN: from line {line} on it is not as it was written")?;
        }
        write!(f, "{}", if self.is_clean() { "clean" } else { "not clean: what is named above cannot be read, the rest is whole" })
    }
}

/// Reads every octet of spool and ledger; changes nothing.
pub fn check(data_dir: &Path, files: Arc<dyn Files>) -> Result<FsckReport, StoreError> {
    let segments = segment::list(&*files, &data_dir.join(SPOOL))?;
    let found = recover::read_spool(&*files, &segments, &Applied::default(), &mut |_| Ok(()))?;
    let mut report = FsckReport {
        segments: segments.len(),
        records: found.records,
        torn_octets: found.torn_octets,
        damaged: found.damaged,
        index: FoundIndex::look(data_dir),
        ..FsckReport::default()
    };
    if let Some((chain, torn)) = ledger::check(&data_dir.join("ledger"), &*files)? {
        report.ledger_lines = chain.lines;
        report.ledger_torn_octets = torn;
        report.ledger_broken_at = chain.broken_at;
    }
    Ok(report)
}

/// What was made again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    pub messages: u64,
    pub mailboxes: usize,
    /// Of the spool that was read, in octets.
    pub octets: u64,
    /// For reading it into the index, in milliseconds.
    pub took_ms: u64,
}

impl fmt::Display for Rebuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rebuilt { messages, mailboxes, octets, took_ms } = self;
        // Octets in a millisecond are thousands of them in a second.
        let (mb, rate) = (octets / 1_000_000, octets / (*took_ms).max(1) / 1000);
        let took = Duration::from_millis(*took_ms).as_secs_f64();
        write!(f, "index: made again: {messages} messages in {mailboxes} mailboxes, from {mb} MB of spool in {took:.1} s ({rate} MB/s)")
    }
}

/// Throws the index and the tables of the search away and makes the index again, as a start does: torn tails are cut, and hand-overs that a
/// crash interrupted are queued, in doubt. The search follows at the next start.
///
/// # Errors
/// [`StoreError::InUse`] while the store is open, [`StoreError::Full`] without room for an index; then nothing was thrown away.
pub fn rebuild(data_dir: &Path, files: Arc<dyn Files>, now: Wall) -> Result<Rebuilt, StoreError> {
    // On a full disk the making would be tried again and again, and what is there may well be good.
    if files.free_octets(data_dir).map_err(StoreError::of)? < DISK_BALLAST_START_OCTETS {
        return Err(StoreError::Full);
    }
    throw_views_away(data_dir)?;
    let stopwatch = Stopwatch::start();
    let (store, _) = Store::open(&Options { data_dir: data_dir.to_owned() }, Arc::clone(&files), now)?;
    store.wait_ready();
    let took_ms = u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX);
    let view = store.view();
    let (messages, mailboxes) = (view.tally(Seq(0), None, &[])?.messages, view.mailboxes()?.len());
    store.close();
    let octets = segment::list(&*files, &data_dir.join(SPOOL))?.iter().map(|segment| segment.length).sum();
    Ok(Rebuilt { messages, mailboxes, octets, took_ms })
}

/// Throws the index and the tables of the search away: the next open makes them again from the spool.
///
/// # Errors
/// [`StoreError::InUse`] while the store is open.
pub fn throw_views_away(data_dir: &Path) -> Result<(), StoreError> {
    let _lock = lock(data_dir)?;
    search::throw_away(data_dir)?;
    throw_away(data_dir, "fsck asked for a new one")
}
