//! Segment files: their names, their header, and which part of each one counts. Layout: `FORMAT.md`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::feed::Durable;
use super::record::{u32_at, u64_at};
use super::{Files, How, StoreError};
use crate::clock::Wall;

const MAGIC: [u8; 8] = *b"LBSPOOL\n";
const VERSION: u32 = 1;
/// Records start here.
pub const HEADER_OCTETS: usize = 64;
const SUFFIX: &str = ".seg";
/// A segment that retention has given up: its file goes as soon as the index has forgotten it.
const DROPPED_SUFFIX: &str = ".dropped";

/// First octets of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    pub number: u64,
    /// Random, repeated in each record's header. A sender does not know it, so that octets inside a message never pass
    /// for a record when recovery looks for the next one behind damage.
    pub tag: u64,
    /// No record of this segment has a smaller number.
    pub first_seq: u64,
    /// The segment before, and how many of its octets count. What a failed write left behind there was refused, and so
    /// was everything in segments whose numbers lie between.
    pub previous: Option<(u64, u64)>,
    /// The process that wrote this had synced all of those octets itself. Otherwise a start found them: a power cut may have left holes.
    pub previous_synced: bool,
}

/// [`SegmentHeader::previous_synced`], in octets 12 to 15.
const PREVIOUS_SYNCED: u32 = 1;

impl SegmentHeader {
    pub fn encode(&self) -> [u8; HEADER_OCTETS] {
        let (previous, end) = self.previous.unwrap_or((0, 0));
        let mut bytes = [0; HEADER_OCTETS];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_be_bytes());
        bytes[12..16].copy_from_slice(&if self.previous_synced { PREVIOUS_SYNCED } else { 0 }.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.number.to_be_bytes());
        bytes[24..32].copy_from_slice(&self.tag.to_be_bytes());
        bytes[32..40].copy_from_slice(&self.first_seq.to_be_bytes());
        bytes[40..48].copy_from_slice(&previous.to_be_bytes());
        bytes[48..56].copy_from_slice(&end.to_be_bytes());
        let sum = crc32c::crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Option<SegmentHeader> {
        let bytes = bytes.get(..HEADER_OCTETS)?;
        if bytes[..8] != MAGIC || u32_at(bytes, 8) != VERSION || u32_at(bytes, 60) != crc32c::crc32c(&bytes[..60]) {
            return None;
        }
        let previous = (u64_at(bytes, 40) != 0).then(|| (u64_at(bytes, 40), u64_at(bytes, 48)));
        let previous_synced = u32_at(bytes, 12) & PREVIOUS_SYNCED != 0;
        Some(SegmentHeader { number: u64_at(bytes, 16), tag: u64_at(bytes, 24), first_seq: u64_at(bytes, 32), previous, previous_synced })
    }
}

/// A segment found in the spool.
#[derive(Clone, Debug)]
pub struct Segment {
    pub number: u64,
    pub path: PathBuf,
    /// Length of the file, in octets.
    pub length: u64,
    /// None if it is damaged or torn; the records may be good all the same.
    pub header: Option<SegmentHeader>,
    /// Octets that count, as a later segment says; none if nobody says.
    pub known_end: Option<u64>,
    /// All octets that count were on disk once: what is not readable there is damaged.
    pub all_synced: bool,
}

impl Segment {
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Nothing behind this octet counts.
    pub fn limit(&self) -> u64 {
        self.known_end.unwrap_or(u64::MAX).min(self.length)
    }
}

/// `2026-03-01-000017.seg`: the day (UTC) of the first record, and a number that rises over all segments.
pub fn file_name(day: i64, number: u64) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}-{number:06}{SUFFIX}")
}

/// Days since 1970-01-01.
pub fn day(at: Wall) -> i64 {
    at.seconds().div_euclid(86_400)
}

// Days to a date of the Gregorian calendar: eras of 400 years that start on 1 March.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Midnight of the day in a segment's name.
pub fn day_of_name(name: &str) -> Option<Wall> {
    let day: jiff::civil::Date = name.get(..10)?.parse().ok()?;
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    u64::try_from(midnight).ok().map(Wall)
}

fn number_of(name: &str, suffix: &str) -> Option<u64> {
    let (_, number) = name.strip_suffix(suffix)?.rsplit_once('-')?;
    number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok())?
}

/// All segments in order, with their headers read.
pub fn list(files: &dyn Files, spool: &Path) -> Result<Vec<Segment>, StoreError> {
    let names = files.list(spool).map_err(StoreError::of)?;
    let mut found: Vec<_> = names.iter().filter_map(|name| Some((number_of(name, SUFFIX)?, spool.join(name)))).collect();
    found.sort_unstable_by_key(|(number, _)| *number);
    read(files, found)
}

/// Reads the headers of some segments, in order of their numbers: up to the newest, or else nobody says where the last one ends.
pub fn read(files: &dyn Files, found: Vec<(u64, PathBuf)>) -> Result<Vec<Segment>, StoreError> {
    let segments = found.into_iter().map(|(number, path)| read_header(files, path, number).map_err(StoreError::of));
    let mut segments = segments.collect::<Result<Vec<_>, _>>()?;
    settle_ends(&mut segments);
    Ok(segments)
}

/// Of segments in order: those that hold anything which is known to be on disk, each only as far as it is.
pub fn on_disk(mut segments: Vec<Segment>, durable: &Durable) -> Vec<Segment> {
    segments.retain(|segment| segment.number <= durable.segment);
    if let Some(last) = segments.last_mut().filter(|last| last.number == durable.segment) {
        last.known_end = Some(durable.end);
    }
    segments
}

fn read_header(files: &dyn Files, path: PathBuf, number: u64) -> io::Result<Segment> {
    let file = files.open(&path, How::Read)?;
    let length = file.length()?;
    let mut bytes = [0; HEADER_OCTETS];
    // An unreadable header is a damaged one: the records behind it may be good.
    let read = file.read_at(0, &mut bytes).unwrap_or(0);
    let header = SegmentHeader::decode(&bytes[..read]).filter(|header| header.number == number);
    Ok(Segment { number, path, length, header, known_end: None, all_synced: false })
}

// Each header speaks about the segment before it and about those between, which hold only what was refused.
fn settle_ends(segments: &mut [Segment]) {
    for at in 0..segments.len() {
        let Some(SegmentHeader { number, previous: Some((previous, end)), previous_synced, .. }) = segments[at].header else { continue };
        for segment in &mut segments[..at] {
            if segment.number == previous {
                segment.known_end = Some(end);
                segment.all_synced = previous_synced;
            } else if segment.number > previous && segment.number < number {
                segment.known_end = Some(HEADER_OCTETS as u64);
            }
        }
    }
}

/// The name under which a segment waits for its removal.
pub fn aside(spool: &Path, segment: &Segment) -> PathBuf {
    spool.join(segment.name() + DROPPED_SUFFIX)
}

/// Segments that were set aside and are still there: (number, path).
pub fn list_set_aside(files: &dyn Files, spool: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let names = files.list(spool).map_err(StoreError::of)?;
    let suffix = format!("{SUFFIX}{DROPPED_SUFFIX}");
    Ok(names.iter().filter_map(|name| Some((number_of(name, &suffix)?, spool.join(name)))).collect())
}

/// Where the segments are, for readers; the writer thread keeps it up to date.
#[derive(Clone, Debug, Default)]
pub struct Paths(Arc<RwLock<BTreeMap<u64, PathBuf>>>);

impl Paths {
    pub fn get(&self, number: u64) -> Option<PathBuf> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    /// This segment, if it is there, and all behind it, in order.
    pub fn from(&self, number: u64) -> Vec<(u64, PathBuf)> {
        let paths = self.0.read().unwrap_or_else(PoisonError::into_inner);
        paths.range(number..).map(|(number, path)| (*number, path.clone())).collect()
    }

    pub fn set(&self, number: u64, path: PathBuf) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(number, path);
    }

    pub fn remove(&self, number: u64) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at: Wall, number: u64, expected: &str) {
        assert_eq!(file_name(day(at), number), expected);
        assert_eq!(number_of(expected, SUFFIX), Some(number));
    }

    #[test]
    fn names() {
        check(Wall(0), 1, "1970-01-01-000001.seg");
        check(Wall(951_782_400_000), 42, "2000-02-29-000042.seg");
        check(Wall(951_868_799_999), 42, "2000-02-29-000042.seg");
        check(Wall(951_868_800_000), 999_999, "2000-03-01-999999.seg");
        check(Wall(1_798_761_599_000), 1_000_000, "2026-12-31-1000000.seg");
        assert_eq!(number_of("2026-12-31-+1.seg", SUFFIX), None);
        assert_eq!(number_of("2026-12-31-000001.seg.dropped", SUFFIX), None);
    }

    #[test]
    fn header_round_trip_and_any_flipped_bit_is_found() {
        let header = SegmentHeader { number: 7, tag: 99, first_seq: 1234, previous: Some((6, 4711)), previous_synced: true };
        let good = header.encode();
        assert_eq!(SegmentHeader::decode(&good), Some(header));
        for bit in 0..good.len() * 8 {
            let mut bytes = good;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::decode(&bytes), None, "bit {bit}");
        }
    }

    #[test]
    fn a_header_speaks_about_those_before() {
        let segment = |number, previous| Segment {
            number,
            path: PathBuf::new(),
            length: 500,
            header: Some(SegmentHeader { number, tag: 1, first_seq: 1, previous, previous_synced: false }),
            known_end: None,
            all_synced: false,
        };
        let mut segments = [segment(3, None), segment(4, Some((3, 200))), segment(6, Some((3, 200))), segment(7, Some((6, 300)))];
        settle_ends(&mut segments);
        let ends: Vec<_> = segments.iter().map(|segment| segment.known_end).collect();
        assert_eq!(ends, [Some(200), Some(HEADER_OCTETS as u64), Some(300), None]);
    }
}
