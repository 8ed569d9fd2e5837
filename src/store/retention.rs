//! What may go: whole segments, oldest first.
//!
//! Only from the oldest on: a later segment may hold what became of messages in an earlier one, never the other way round.

use std::path::Path;

use super::index::{Index, SegmentRow};
use super::reader::Reader;
use super::segment::{self, Paths, Segment};
use super::{Files, Seq, StoreError};
use crate::clock::Wall;

/// See [`super::Store::purge`].
#[derive(Clone, Copy, Debug)]
pub struct Purge {
    pub older_than: Wall,
    pub pinned_from: Option<Seq>,
    pub now: Wall,
}

/// Drops what may go. For each segment: one rename takes it out of the spool, then the index forgets it, then the file
/// goes. A crash in between is finished by the next start, which removes from the index what has no segment and then
/// every file that was set aside.
pub fn run(purge: &Purge, files: &dyn Files, spool: &Path, paths: &Paths, reader: &Reader, index: &Index) -> Result<usize, StoreError> {
    let applied = index.applied()?;
    // The clock is behind what it was when the last record was written: no age can be told from it.
    if purge.now < applied.at {
        return Ok(0);
    }
    let known = index.segments()?;
    let segments = segment::list(files, spool)?;
    let mut dropped = 0;
    for (at, segment) in segments.iter().enumerate() {
        let last = at + 1 == segments.len();
        if last || segment.number >= applied.segment {
            break;
        }
        let row = known.iter().find(|(number, _)| *number == segment.number).map(|(_, row)| row);
        if !may_go(purge, files, segment, row, index)? {
            break;
        }
        drop_segment(files, spool, paths, segment, row, index)?;
        reader.forget(segment.number);
        dropped += 1;
    }
    Ok(dropped)
}

fn may_go(purge: &Purge, files: &dyn Files, segment: &Segment, row: Option<&SegmentRow>, index: &Index) -> Result<bool, StoreError> {
    let Some(row) = row else { return holds_nothing(files, segment, index) };
    if row.newest >= purge.older_than || purge.pinned_from.is_some_and(|pinned| row.last >= pinned.0) {
        return Ok(false);
    }
    Ok(!index.has_open_recipients(Seq(row.first), Seq(row.last))?)
}

// The index knows nothing of it: that is right only if there is no record in it. The spool is the truth.
fn holds_nothing(files: &dyn Files, segment: &Segment, index: &Index) -> Result<bool, StoreError> {
    let start = super::index::Applied::default();
    let found = super::recover::read_spool(files, std::slice::from_ref(segment), &start, &mut |_| Ok(()))?;
    if found.records > 0 {
        index.distrust(&format!("it does not know segment {}", segment.number));
    }
    Ok(found.records == 0 && !found.unreadable && found.damaged.is_empty())
}

fn drop_segment(
    files: &dyn Files,
    spool: &Path,
    paths: &Paths,
    segment: &Segment,
    row: Option<&SegmentRow>,
    index: &Index,
) -> Result<(), StoreError> {
    let aside = segment::aside(spool, segment);
    files.rename(&segment.path, &aside).map_err(StoreError::of)?;
    paths.set(segment.number, aside.clone());
    files.sync_folder(spool).map_err(StoreError::of)?;
    if let Some(row) = row {
        index.forget_segment(segment.number, row)?;
    }
    paths.remove(segment.number);
    files.remove(&aside).map_err(StoreError::of)?;
    log::info!("segment={} spool dropped records={}", segment.number, row.map_or(0, |row| row.records));
    Ok(())
}
