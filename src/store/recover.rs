//! From what is on disk to a store that can go on: reads the spool, brings the index up to it, cuts the torn tail.

use std::path::Path;

use super::index::{Applied, Index};
use super::record::{Head, Placed};
use super::scan::Record;
use super::segment::{self, Segment};
use super::units::{self, Walked};
use super::{Files, How, StoreError};
use crate::limits::{REPLAY_BATCH_HEAD_OCTETS, REPLAY_BATCH_RECORDS};

/// What reading the spool found.
#[derive(Debug, Default)]
pub struct Replayed {
    pub records: u64,
    pub torn_octets: u64,
    pub damaged: Vec<String>,
    /// No record may get this number or a smaller one.
    pub highest_seq: u64,
    /// The disk refused some reads.
    pub unreadable: bool,
    /// The last segment that says anything, and how far it counts: the next segment's header repeats it.
    pub previous: Option<(u64, u64)>,
    /// The last record that counts (or where reading began), whether what it says was understood or not.
    pub reached: Applied,
}

/// Reads every record that counts behind `from`, in units and in order.
pub fn read_spool(
    files: &dyn Files,
    segments: &[Segment],
    from: &Applied,
    each: &mut dyn FnMut(Vec<Placed>) -> Result<(), StoreError>,
) -> Result<Replayed, StoreError> {
    let mut replayed = Replayed { highest_seq: from.seq, ..Replayed::default() };
    let mut last_seq = from.seq;
    for segment in segments.iter().filter(|segment| segment.number >= from.segment) {
        let start = if segment.number == from.segment { from.end } else { 0 };
        let mut undecoded = Vec::new();
        let before = last_seq;
        let mut one = |records: Vec<Record>| {
            last_seq = records.last().map_or(last_seq, |record| record.header.seq.0);
            each(records.into_iter().map(|record| place(segment, record, &mut undecoded)).collect())
        };
        let file = files.open(&segment.path, How::Read).map_err(StoreError::of)?;
        let walked = units::walk(segment, &*file, start, before, &mut one)?;
        replayed.add(segment, walked, undecoded);
    }
    let first_seqs = segments.iter().filter_map(|segment| segment.header).map(|header| header.first_seq.saturating_sub(1));
    replayed.highest_seq = first_seqs.fold(replayed.highest_seq, u64::max);
    Ok(replayed)
}

impl Replayed {
    fn add(&mut self, segment: &Segment, walked: Walked, undecoded: Vec<String>) {
        if segment.header.is_some() || walked.records > 0 {
            // What could not be read is not given up: it may be readable tomorrow.
            let end = if walked.unreadable { segment.length } else { walked.end };
            self.previous = Some((segment.number, end));
        }
        self.records += walked.records;
        self.torn_octets += walked.torn_octets;
        self.damaged.extend(walked.damaged);
        self.damaged.extend(undecoded);
        self.highest_seq = self.highest_seq.max(walked.highest_seq);
        self.unreadable |= walked.unreadable;
    }
}

fn place(segment: &Segment, record: Record, undecoded: &mut Vec<String>) -> Placed {
    let head = Head::decode(&record.header, &record.head);
    if let Err(text) = &head {
        undecoded.push(format!("{}: record {} at octet {}: {text}", segment.name(), record.header.seq, record.offset));
    }
    Placed { segment: segment.number, offset: record.offset, header: record.header, head: head.ok() }
}

/// Whether the spool has the record that the index applied last.
pub fn has_applied(segments: &[Segment], applied: &Applied) -> bool {
    let reaches = |segment: &Segment| segment.number == applied.segment && segment.limit() >= applied.end;
    applied.seq == 0 || segments.iter().any(reaches)
}

/// Told of each batch: the segment that is being read, and how far; false ends the reading.
pub type Progress<'a> = dyn FnMut(u64, u64) -> bool + 'a;

/// Applies to the index what it lacks.
pub fn catch_up(files: &dyn Files, segments: &[Segment], index: &Index, progress: &mut Progress<'_>) -> Result<Replayed, StoreError> {
    let applied = index.applied()?;
    let mut batch: Vec<Vec<Placed>> = Vec::new();
    let (mut records, mut octets) = (0, 0);
    let mut replayed = read_spool(files, segments, &applied, &mut |unit| {
        records += unit.len();
        octets += unit.iter().map(|placed| placed.header.head_octets as usize).sum::<usize>();
        let at = unit.last().map_or((0, 0), |last| (last.segment, last.end()));
        batch.push(unit);
        if records >= REPLAY_BATCH_RECORDS || octets >= REPLAY_BATCH_HEAD_OCTETS {
            index.apply(&std::mem::take(&mut batch))?;
            (records, octets) = (0, 0);
            if !progress(at.0, at.1) {
                return Err(StoreError::Closed);
            }
        }
        Ok(())
    })?;
    index.apply(&batch)?;
    replayed.reached = index.applied()?;
    Ok(replayed)
}

/// What the writer must know of the spool to go on: read from its end, as far back as it takes to find a segment that counts.
pub fn read_end(files: &dyn Files, segments: &[Segment]) -> Result<Replayed, StoreError> {
    let mut found = Replayed::default();
    for at in (0..segments.len()).rev() {
        let segment = &segments[at];
        let first_seq = segment.header.map_or(0, |header| header.first_seq.saturating_sub(1));
        let from = Applied { segment: segment.number, seq: first_seq, ..Applied::default() };
        let one = read_spool(files, std::slice::from_ref(segment), &from, &mut |_| Ok(()))?;
        found.highest_seq = found.highest_seq.max(one.highest_seq);
        found.records += one.records;
        found.torn_octets += one.torn_octets;
        found.damaged.extend(one.damaged);
        found.unreadable |= one.unreadable;
        if one.previous.is_some() {
            found.previous = one.previous;
            break;
        }
    }
    let first_seqs = segments.iter().filter_map(|segment| segment.header).map(|header| header.first_seq.saturating_sub(1));
    found.highest_seq = first_seqs.fold(found.highest_seq, u64::max);
    Ok(found)
}

/// Cuts what is torn off the last segment. If the disk refuses, the next segment's header says where this one ends.
pub fn cut_tail(files: &dyn Files, segments: &[Segment], replayed: &Replayed) {
    let Some(last) = segments.last() else { return };
    let end = match replayed.previous {
        Some((number, end)) if number == last.number => end,
        _ => 0,
    };
    if replayed.unreadable || end >= last.length {
        return;
    }
    let cut = files.open(&last.path, How::Write).and_then(|file| {
        file.truncate(end)?;
        file.sync_data()
    });
    match cut {
        Ok(()) if replayed.torn_octets == 0 => log::info!("segment={} spool cut to its end={end}", last.number),
        Ok(()) => log::warn!("segment={} spool torn tail cut from={end} to={}", last.number, last.length),
        Err(error) => log::error!("segment={} spool torn tail not cut: {error}", last.number),
    }
}

/// Removes from the index what it says about segments that are gone, then the files that retention had given up.
pub fn finish_drops(files: &dyn Files, spool: &Path, segments: &[Segment], index: &Index) -> Result<(), StoreError> {
    for (number, row) in index.segments()? {
        if !segments.iter().any(|segment| segment.number == number) {
            log::info!("segment={number} index forgets records={}", row.records);
            index.forget_segment(number)?;
        }
    }
    for (number, path) in segment::list_set_aside(files, spool)? {
        if let Err(error) = files.remove(&path) {
            log::error!("segment={number} spool dropped file stays: {error}");
        }
    }
    Ok(())
}
