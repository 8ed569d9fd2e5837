//! Looks at a data folder without changing it, and makes the index go away on request.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::index::{Applied, throw_away};
use super::open::{SPOOL, lock};
use super::{Files, StoreError, ledger, recover, search, segment};

/// What there is. While the store runs, a group that is being written looks like a torn tail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FsckReport {
    pub segments: usize,
    pub records: u64,
    /// Octets behind the last good record of the last segment; opening cuts them.
    pub torn_octets: u64,
    /// Places that were acknowledged once and cannot be read now.
    pub damaged: Vec<String>,
    pub ledger_lines: u64,
    pub ledger_torn_octets: u64,
    /// Number of the first line whose chain does not hold.
    pub ledger_broken_at: Option<u64>,
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
            writeln!(f, "spool: {} octets at the end were never acknowledged; the next start cuts them", self.torn_octets)?;
        }
        for place in &self.damaged {
            writeln!(f, "spool: DAMAGED: {place}")?;
        }
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
        ..FsckReport::default()
    };
    if let Some((chain, torn)) = ledger::check(&data_dir.join("ledger"), &*files)? {
        report.ledger_lines = chain.lines;
        report.ledger_torn_octets = torn;
        report.ledger_broken_at = chain.broken_at;
    }
    Ok(report)
}

/// Throws index and search away: the next open makes them again from the spool. Refuses while the store is open.
pub fn rebuild(data_dir: &Path) -> Result<(), StoreError> {
    let _lock = lock(data_dir)?;
    search::throw_away(data_dir)?;
    throw_away(data_dir, "fsck asked for a new one")
}
