//! From records to units: what was written by one call comes back whole or, if it was never acknowledged, not at all.

use std::collections::VecDeque;

use super::scan::{Item, Record, Scanner};
use super::segment::{HEADER_OCTETS, Segment};
use super::{OpenFile, StoreError};

/// What one segment had to say.
#[derive(Debug, Default)]
pub struct Walked {
    pub records: u64,
    /// Where the part that counts ends; behind it is only what was torn.
    pub end: u64,
    /// Of these: up to the last octet that is not zero. Zeros are room that was made ready for records.
    pub torn_octets: u64,
    /// Places that were acknowledged once and cannot be read now.
    pub damaged: Vec<String>,
    pub highest_seq: u64,
    /// The disk refused some reads: what looks torn may be good.
    pub unreadable: bool,
}

struct Piece {
    records: Vec<Record>,
    whole: bool,
}

impl Piece {
    fn end(&self) -> u64 {
        self.records.last().map_or(0, Record::end)
    }
}

/// Puts records together; holds back what is not decided yet.
#[derive(Default)]
struct Assembly {
    /// Everything up to the limit was acknowledged.
    all_acknowledged: bool,
    /// Octets of the segment that a later record knows to be on disk: they were acknowledged.
    synced_to: u64,
    unit: Vec<Record>,
    waiting: VecDeque<Piece>,
}

impl Assembly {
    fn record(&mut self, record: Record) {
        self.synced_to = self.synced_to.max(record.header.synced_to);
        let follows = self.unit.last().is_some_and(|last| {
            record.offset == last.end()
                && record.header.seq.0 == last.header.seq.0 + 1
                && record.header.unit_at == last.header.unit_at.wrapping_add(1)
                && record.header.unit_left.wrapping_add(1) == last.header.unit_left
        });
        if !follows {
            self.close();
        }
        let last = record.header.unit_left == 0;
        self.unit.push(record);
        if last {
            self.close();
        }
    }

    fn close(&mut self) {
        let (Some(first), Some(last)) = (self.unit.first(), self.unit.last()) else { return };
        let whole = first.header.unit_at == 0 && last.header.unit_left == 0;
        self.waiting.push_back(Piece { records: std::mem::take(&mut self.unit), whole });
    }

    /// The next piece that is decided. Order is kept: a whole unit waits for the fragment before it.
    fn next(&mut self) -> Option<Piece> {
        let front = self.waiting.front()?;
        self.counts(front).then(|| self.waiting.pop_front())?
    }

    fn counts(&self, piece: &Piece) -> bool {
        piece.whole || self.all_acknowledged || piece.end() <= self.synced_to
    }

    /// At the end: what counts of that which still waits.
    fn rest(&mut self) -> Vec<Piece> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().filter(|piece| self.counts(piece)).collect()
    }
}

type Each<'a> = dyn FnMut(Vec<Record>) -> Result<(), StoreError> + 'a;

/// Walks through a segment from `from` and gives every record that counts, in units and in order. `last_seq` is the
/// number of the last record before.
pub fn walk(segment: &Segment, file: &dyn OpenFile, from: u64, last_seq: u64, each: &mut Each<'_>) -> Result<Walked, StoreError> {
    let limit = segment.limit();
    let from = from.max(HEADER_OCTETS as u64);
    let mut scanner = Scanner::new(file, from, limit, segment.header.map(|header| header.tag), last_seq);
    let mut assembly = Assembly { all_acknowledged: segment.all_synced, ..Assembly::default() };
    let mut walked = Walked { end: from.min(limit), ..Walked::default() };
    let mut gaps = Vec::new();
    for item in scanner.by_ref() {
        match item {
            Item::Record(record) => assembly.record(record),
            Item::Gap(from, to) => {
                assembly.close();
                gaps.push((from, to));
            }
        }
        while let Some(piece) = assembly.next() {
            walked.count(piece, each)?;
        }
    }
    assembly.close();
    // Fragments that are undecided at the end were never acknowledged.
    for piece in assembly.rest() {
        walked.count(piece, each)?;
    }
    let acknowledged_to = if assembly.all_acknowledged { limit } else { assembly.synced_to.min(limit) };
    walked.end = if segment.known_end.is_some() { limit } else { walked.end.max(acknowledged_to) };
    walked.torn_octets = scanner.content_end(walked.end).saturating_sub(walked.end);
    walked.highest_seq = scanner.highest_seq;
    walked.unreadable = scanner.unreadable();
    // A power cut tears holes into what nobody was told to be on disk, also before what is whole.
    // What rotted in the last group looks the same: whoever reads the log learns of both.
    for (from, to) in gaps.iter().filter(|(from, _)| *from >= acknowledged_to && *from < walked.end) {
        log::warn!("segment={} spool hole from={from} to={to}: never acknowledged, or damaged", segment.number);
    }
    gaps.retain(|(from, _)| *from < acknowledged_to);
    let header_acknowledged = acknowledged_to >= HEADER_OCTETS as u64;
    report(segment, header_acknowledged, &gaps, &mut walked);
    Ok(walked)
}

impl Walked {
    fn count(&mut self, piece: Piece, each: &mut Each<'_>) -> Result<(), StoreError> {
        self.records += piece.records.len() as u64;
        self.end = self.end.max(piece.end());
        each(piece.records)
    }
}

fn report(segment: &Segment, header_acknowledged: bool, gaps: &[(u64, u64)], walked: &mut Walked) {
    let name = segment.name();
    if segment.header.is_none() && header_acknowledged && segment.length > 0 && walked.records > 0 {
        walked.damaged.push(format!("{name}: the header is damaged"));
    }
    for (from, to) in gaps {
        walked.damaged.push(format!("{name}: octets {from} to {to} are damaged"));
    }
    // A void segment may even have lost its header.
    if let Some(end) = segment.known_end.filter(|end| *end > segment.length && *end > HEADER_OCTETS as u64) {
        walked.damaged.push(format!("{name}: ends at octet {} instead of {end}", segment.length));
    }
}
