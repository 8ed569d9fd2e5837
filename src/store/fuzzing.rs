//! What must hold of the record reader whatever the octets are. Only for the fuzzer (`tests/fuzz/`) and for a test with seeded octets.

use std::io;
use std::path::{Path, PathBuf};

use super::index::{Applied, Index};
use super::record::{HEADER_OCTETS, Head, Header, Placed, SUM_OCTETS, VERSION};
use super::scan::{Item, Record, Scanner};
use super::segment::{HEADER_OCTETS as SEGMENT_HEADER_OCTETS, Segment, SegmentHeader};
use super::units;
use super::{OpenFile, Seq};
use crate::clock::Wall;
use crate::limits::RECORD_HEAD_MAX_OCTETS;

/// Octets as a file that cannot be changed.
struct Octets<'a>(&'a [u8]);

impl OpenFile for Octets<'_> {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        // Whoever reads has made room for it: no length in the octets may have decided how much.
        assert!(bytes.len() <= HEADER_OCTETS + RECORD_HEAD_MAX_OCTETS + SUM_OCTETS, "{} octets at once", bytes.len());
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let read = bytes.len().min(self.0.len() - from);
        bytes[..read].copy_from_slice(&self.0[from..from + read]);
        Ok(read)
    }

    fn write_at(&self, _offset: u64, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn truncate(&self, _length: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

/// Reads any octets as a segment: what comes out is checked against the octets themselves.
///
/// # Panics
/// If the reader breaks a promise.
pub fn read(octets: &[u8]) {
    for all_synced in [false, true] {
        walk(octets, all_synced);
    }
}

/// Changes a good segment as `orders` say: each record whose octets are as they were must come back.
///
/// # Panics
/// If the reader breaks a promise.
pub fn mutate(orders: &[u8]) {
    let (good, records) = sample();
    let mut octets = good.clone();
    for order in orders.chunks(6) {
        let &[kind, a, b, c, length, value] = order else { break };
        if octets.is_empty() {
            break;
        }
        let at = (usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)) % octets.len();
        let end = (at + 1 + usize::from(length) * 4).min(octets.len());
        match kind % 8 {
            0..=3 => octets[at] ^= value.max(1),
            4 => octets[at..end].fill(0),
            // No piece of it may move: a good header at another place would say how far to skip.
            5 | 6 => octets[at..end].fill(value),
            _ => octets.truncate(at),
        }
    }
    let found = walk(&octets, true);
    // Without the segment's header its tag is not known, and the first record that looks good tells it.
    if octets.get(..SEGMENT_HEADER_OCTETS) != good.get(..SEGMENT_HEADER_OCTETS) {
        return;
    }
    for (from, end, seq) in records {
        let whole = octets.get(from..end).is_some_and(|left| left == &good[from..end]);
        assert!(!whole || found.contains(&seq), "record {seq} at octet {from} is whole and was not found");
    }
}

/// An index that takes what [`Heads::apply`] makes.
pub struct Heads {
    index: Index,
    next_seq: u64,
}

impl Heads {
    /// `data_dir` must exist.
    ///
    /// # Panics
    /// If no index can be made there.
    pub fn new(data_dir: &Path) -> Heads {
        let (index, _) = Index::open(data_dir).unwrap_or_else(|error| panic!("no index in {}: {error}", data_dir.display()));
        Heads { index, next_seq: 1 }
    }

    /// Makes good records with any octets as their heads, reads them back and applies them.
    ///
    /// # Panics
    /// If a record does not come back, or the index refuses what could be decoded.
    pub fn apply(&mut self, octets: &[u8]) {
        let mut segment = begin();
        let first = self.next_seq;
        let mut rest = octets;
        while let [kind, length, behind @ ..] = rest {
            let (head, behind) = behind.split_at((usize::from(*length) * 8).min(behind.len()));
            append(&mut segment, *kind, self.next_seq, (0, 0), head, b"body");
            self.next_seq += 1;
            rest = behind;
        }
        let found = records(&segment, 0);
        assert_eq!(found.iter().map(|record| record.header.seq.0).collect::<Vec<_>>(), (first..self.next_seq).collect::<Vec<_>>());
        let place = |record: Record| Placed {
            segment: 1,
            offset: record.offset,
            header: record.header,
            head: Head::decode(&record.header, &record.head).ok().filter(|head| super::check::check(head).is_ok()),
        };
        let units: Vec<Vec<Placed>> = found.into_iter().map(|record| vec![place(record)]).collect();
        if let Err(error) = self.index.apply(&units) {
            panic!("the index refused: {error}");
        }
        let applied: Applied = self.index.applied().unwrap_or_else(|error| panic!("the index does not answer: {error}"));
        assert!(units.is_empty() || applied.seq == self.next_seq - 1, "{applied:?}");
    }
}

const TAG: u64 = 0x5eed_5eed_5eed_5eed;

fn begin() -> Vec<u8> {
    SegmentHeader { number: 1, tag: TAG, first_seq: 1, previous: None, previous_synced: false }.encode().to_vec()
}

/// `unit` is the place in it and how many follow.
fn append(segment: &mut Vec<u8>, kind: u8, seq: u64, unit: (u32, u32), head: &[u8], body: &[u8]) {
    let header = Header {
        version: VERSION,
        kind,
        tag: TAG,
        seq: Seq(seq),
        at: Wall(1_772_323_200_000),
        synced_to: segment.len() as u64,
        body_octets: body.len() as u64,
        head_octets: head.len() as u32,
        unit_at: unit.0,
        unit_left: unit.1,
    };
    let sum = header.head_sum(head);
    segment.extend_from_slice(&header.encode());
    segment.extend_from_slice(head);
    segment.extend_from_slice(&sum.to_be_bytes());
    segment.extend_from_slice(body);
    segment.extend_from_slice(&crc32c::crc32c_append(sum, body).to_be_bytes());
}

/// A segment of eleven records, and where each one lies: from, end, number.
fn sample() -> (Vec<u8>, Vec<(usize, usize, u64)>) {
    let (mut segment, mut places) = (begin(), Vec::new());
    // A message may hold octets that look like records; their tag is another.
    let mut stray = Vec::new();
    append(&mut stray, 1, 7, (0, 0), b"{}", b"not a record of this segment");
    stray[8..16].fill(9);
    let long: Vec<u8> = (0..3000_u32).map(|number| (number * number / 7) as u8).collect();
    let bodies: [&[u8]; 11] = [b"", b"short", &long, &stray, b"\x89LBR", b"", &long[..700], b"x", b"", b"zeros\0\0\0\0", b"last"];
    for (at, body) in bodies.iter().enumerate() {
        let (from, seq) = (segment.len(), at as u64 * 2 + 1);
        let (seq, unit) = match at {
            // One unit of three.
            4..=6 => (at as u64 + 5, (at as u32 - 4, 6 - at as u32)),
            _ => (seq, (0, 0)),
        };
        append(&mut segment, 1 + at as u8 % 9, seq, unit, br#"{"message":1,"recipient":0}"#, body);
        places.push((from, segment.len(), seq));
    }
    (segment, places)
}

fn records(octets: &[u8], last_seq: u64) -> Vec<Record> {
    let (file, limit) = (Octets(octets), octets.len() as u64);
    let tag = SegmentHeader::decode(octets).filter(|header| header.number == 1).map(|header| header.tag);
    let mut at = SEGMENT_HEADER_OCTETS as u64;
    let mut scanner = Scanner::new(&file, at, limit, tag, last_seq);
    let mut records: Vec<Record> = Vec::new();
    for item in scanner.by_ref() {
        match item {
            Item::Record(record) => {
                assert_eq!(record.offset, at, "no hole");
                assert!(record.end() <= limit);
                let last = records.last().map_or((last_seq, tag.unwrap_or(record.header.tag)), |last| (last.header.seq.0, last.header.tag));
                assert!(record.header.seq.0 > last.0 && record.header.tag == last.1, "{:?} behind {last:?}", record.header);
                check_sums(octets, &record);
                at = record.end();
                records.push(record);
            }
            Item::Gap(from, to) => {
                assert!(from == at && to > from && to <= limit, "gap {from} to {to} at {at}");
                at = to;
            }
        }
    }
    assert!(at == limit || limit < SEGMENT_HEADER_OCTETS as u64, "{at} of {limit}");
    assert!(scanner.highest_seq >= records.last().map_or(last_seq, |record| record.header.seq.0));
    records
}

// By the description of the format, not by the reader's code.
fn check_sums(octets: &[u8], record: &Record) {
    let whole = &octets[record.offset as usize..record.end() as usize];
    let number = |at: usize| u32::from_be_bytes([whole[at], whole[at + 1], whole[at + 2], whole[at + 3]]);
    let head_end = HEADER_OCTETS + number(48) as usize;
    assert_eq!(&whole[HEADER_OCTETS..head_end], record.head);
    assert_eq!(number(60), crc32c::crc32c(&whole[..60]));
    let sum = crc32c::crc32c_append(number(60), &whole[HEADER_OCTETS..head_end]);
    assert_eq!(number(head_end), sum);
    let body = &whole[head_end + SUM_OCTETS..whole.len() - SUM_OCTETS];
    assert_eq!(number(whole.len() - SUM_OCTETS), crc32c::crc32c_append(sum, body));
}

/// Numbers of the records that count.
fn walk(octets: &[u8], all_synced: bool) -> Vec<u64> {
    let scanned = records(octets, 0);
    let header = SegmentHeader::decode(octets).filter(|header| header.number == 1);
    let length = octets.len() as u64;
    let segment = Segment { number: 1, path: PathBuf::from("2026-03-01-000001.seg"), length, header, known_end: None, all_synced };
    let mut found = Vec::new();
    let mut last_end = 0;
    let mut each = |unit: Vec<Record>| {
        for (at, record) in unit.iter().enumerate() {
            assert!(record.offset >= last_end && (at == 0 || record.offset == last_end), "a unit lies together, and all in order");
            assert!(scanned.iter().any(|one| one.offset == record.offset && one.header == record.header));
            assert!(at == 0 || record.header.unit_at == unit[0].header.unit_at + at as u32);
            last_end = record.end();
            let _ = Head::decode(&record.header, &record.head);
            found.push(record.header.seq.0);
        }
        Ok(())
    };
    let walked = units::walk(&segment, &Octets(octets), 0, 0, &mut each).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(walked.records, found.len() as u64);
    assert!(walked.end <= length && walked.end + walked.torn_octets <= length, "{walked:?}");
    assert!(last_end <= walked.end, "what counts lies before the end: {walked:?}");
    assert!(!all_synced || found.len() == scanned.len(), "all that is readable counts if all of it was on disk");
    assert!(walked.highest_seq >= found.last().copied().unwrap_or(0));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDS: usize = 10_000;

    #[test]
    fn ten_thousand_mutations_of_a_good_segment() {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let (good, records) = sample();
        assert_eq!(walk(&good, false).len(), records.len(), "without a change all of it comes back");
        for _ in 0..ROUNDS {
            let mut orders = vec![0; 6 * random.usize(1..6)];
            random.fill(&mut orders);
            mutate(&orders);
        }
    }

    #[test]
    fn any_octets_are_read_without_harm() {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let (good, _) = sample();
        for _ in 0..ROUNDS / 10 {
            let mut octets = vec![0; random.usize(..500)];
            random.fill(&mut octets);
            // Pieces of good segments in any order and any number, with noise between them.
            for _ in 0..random.usize(..4) {
                let from = random.usize(..good.len());
                octets.extend_from_slice(&good[from..random.usize(from..good.len())]);
            }
            read(&octets);
        }
    }

    #[test]
    fn heads_of_any_kind_are_applied_or_ignored() {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut heads = Heads::new(folder.path());
        let texts: [&str; 5] = [
            r#"{"message":1,"recipient":4294967295,"state":"in-session"}"#,
            r#"{"mailbox":"ann@example.com","message":18446744073709551615,"add":255,"remove":255}"#,
            r#"{"mailbox":"ann@example.com","message":1,"from":"inbox","to":{"own":1}}"#,
            r#"{"mailbox":"ann@example.com","parent":null,"name":"Offers"}"#,
            r#"{"mailbox":"ann@example.com","folder":1,"parent":1,"name":"Offers"}"#,
        ];
        for _ in 0..300 {
            let mut octets = Vec::new();
            for _ in 0..random.usize(..6) {
                let mut text = texts[random.usize(..texts.len())].as_bytes().to_vec();
                text.resize(text.len().next_multiple_of(8), b' ');
                if random.u8(..4) == 0 {
                    let at = random.usize(..text.len());
                    text[at] = random.u8(..);
                }
                octets.extend_from_slice(&[random.u8(..12), (text.len() / 8) as u8]);
                octets.extend_from_slice(&text);
            }
            heads.apply(&octets);
        }
    }
}
