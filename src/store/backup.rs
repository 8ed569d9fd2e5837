//! What a copy of the store has to hold, and how a store begins that goes on after another one without its mail. Reads and writes files; needs no index, and
//! works beside a running box: everything is only ever appended to.

use std::io;
use std::path::{Path, PathBuf};

use super::open::SPOOL;
use super::segment::{self, HEADER_OCTETS, SegmentHeader};
use super::{Disk, StoreError, replace_file};
use crate::clock::Wall;

/// Octets of the smallest record: its fixed part. See `FORMAT.md`.
const RECORD_MIN_OCTETS: u64 = 64;

/// The spool's files, and the numbers after everything in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    /// The newest first: a segment says how much of the one before it counts, so a copy that is made in this order never has a segment that
    /// speaks of more than was copied. One may go meanwhile, by retention.
    pub segments: Vec<PathBuf>,
    /// No record has this sequence number or a larger one.
    pub next_seq: u64,
    /// No segment has this number or a larger one.
    pub next_number: u64,
}

/// What lies in the spool of `data_dir` now. A box that never ran has nothing.
///
/// # Errors
/// The folder or a header cannot be read.
pub fn spooled(data_dir: &Path) -> Result<Spooled, StoreError> {
    let spool = data_dir.join(SPOOL);
    if !spool.is_dir() {
        return Ok(Spooled { segments: Vec::new(), next_seq: 1, next_number: 1 });
    }
    let found = segment::list(&Disk, &spool)?;
    // More records than that have no room in a segment.
    let next_seq =
        found.iter().map(|segment| segment.header.map_or(0, |header| header.first_seq) + segment.length / RECORD_MIN_OCTETS + 1).max();
    Ok(Spooled {
        next_seq: next_seq.unwrap_or(1),
        next_number: found.last().map_or(1, |segment| segment.number + 1),
        segments: found.into_iter().rev().map(|segment| segment.path).collect(),
    })
}

/// Begins an empty spool in `data_dir` whose numbers come after those of another: what a ledger that was taken along says about messages means none
/// of the new ones.
///
/// # Errors
/// Of the disk, or there is a spool already.
pub fn begin_after(data_dir: &Path, number: u64, seq: u64, now: Wall) -> io::Result<()> {
    let spool = data_dir.join(SPOOL);
    if spool.exists() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} is there already", spool.display())));
    }
    let mut tag = [0; 8];
    getrandom::fill(&mut tag).map_err(io::Error::other)?;
    let header = SegmentHeader { number, tag: u64::from_be_bytes(tag), first_seq: seq, previous: None, previous_synced: false };
    let bytes: [u8; HEADER_OCTETS] = header.encode();
    replace_file(&spool.join(segment::file_name(segment::day(now), number)), &bytes)
}
