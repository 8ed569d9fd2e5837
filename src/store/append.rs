//! The end of the spool: appends units to the segment that is being written, and gives a failed one up.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::feed::Durable;
use super::record::{HEADER_OCTETS, Head, Header, Placed, SUM_OCTETS, VERSION};
use super::segment::{self, Paths, SegmentHeader};
use super::{Files, How, OpenFile, Seq, Staged, StoreError};
use crate::clock::Wall;
use crate::limits::{APPEND_BUFFER_OCTETS, SEGMENT_MAX_OCTETS};

/// The spool, for writing. One owner: the writer thread.
pub struct Log {
    files: Arc<dyn Files>,
    spool: PathBuf,
    paths: Paths,
    current: Option<Current>,
    next_seq: u64,
    next_number: u64,
    /// The last segment that holds anything acknowledged, and how far.
    previous: Option<(u64, u64)>,
    /// It was written by this process.
    previous_synced: bool,
    /// What is appended, but not yet handed to the file: its place is `current.handed`.
    buffer: Vec<u8>,
}

struct Current {
    number: u64,
    path: PathBuf,
    day: i64,
    file: Box<dyn OpenFile>,
    tag: u64,
    handed: u64,
    synced: u64,
}

/// A change on its way to the spool.
pub struct Part {
    pub head: Head,
    pub head_bytes: Vec<u8>,
    pub body: Option<Arc<Staged>>,
}

impl Part {
    pub fn octets(&self) -> u64 {
        (HEADER_OCTETS + 2 * SUM_OCTETS) as u64 + self.head_bytes.len() as u64 + self.body.as_deref().map_or(0, Staged::len)
    }
}

/// Why a unit could not be appended.
#[derive(Debug)]
pub enum AppendError {
    /// The body could not be read; the segment is as before.
    Body(io::Error),
    /// The segment failed: nothing since the last sync counts, and [`Log::retire`] is due.
    Segment(io::Error),
}

impl Log {
    pub fn new(files: Arc<dyn Files>, spool: PathBuf, paths: Paths, next_seq: u64, next_number: u64, previous: Option<(u64, u64)>) -> Log {
        Log { files, spool, paths, current: None, next_seq, next_number, previous, previous_synced: false, buffer: Vec::new() }
    }

    /// How far the spool is on disk, in segments that were begun since the start. To be asked right after [`Log::sync`].
    pub fn durable(&self) -> Durable {
        let (segment, end) = match &self.current {
            Some(current) => (current.number, current.synced),
            None => self.previous.unwrap_or_default(),
        };
        Durable { seq: self.next_seq - 1, segment, end }
    }

    fn end(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.handed + self.buffer.len() as u64)
    }

    /// Whether a unit of `octets` written at `at` belongs into a new segment. Sync first: a segment is left only when all of it is on disk.
    pub fn wants_new_segment(&self, at: Wall, octets: u64) -> bool {
        let Some(current) = &self.current else { return true };
        let day = segment::day(at);
        // Callers near midnight come in any order: one day back is not a new day, a clock set back by more is.
        let another_day = day > current.day || day < current.day - 1;
        let has_records = self.end() > segment::HEADER_OCTETS as u64;
        has_records && (another_day || self.end() + octets > SEGMENT_MAX_OCTETS)
    }

    /// Leaves the current segment, of which everything is synced, and starts the next.
    pub fn start_segment(&mut self, at: Wall) -> io::Result<()> {
        self.leave();
        let number = self.next_number;
        let day = segment::day(at);
        let path = self.spool.join(segment::file_name(day, number));
        let tag = random_tag()?;
        let header =
            SegmentHeader { number, tag, first_seq: self.next_seq, previous: self.previous, previous_synced: self.previous_synced };
        // A number is used once, also when making its file fails half-way.
        self.next_number += 1;
        let file = self.files.open(&path, How::New)?;
        self.buffer.extend_from_slice(&header.encode());
        self.current = Some(Current { number, path, day, file, tag, handed: 0, synced: 0 });
        Ok(())
    }

    fn leave(&mut self) {
        self.buffer.clear();
        if let Some(current) = self.current.take()
            && current.synced > 0
        {
            self.previous = Some((current.number, current.synced));
            self.previous_synced = true;
        }
    }

    /// Appends a unit. Nothing is promised before [`Log::sync`].
    pub fn append(&mut self, parts: &[Part], at: Wall) -> Result<Vec<Placed>, AppendError> {
        let start = self.end();
        let mut placed = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            match self.append_part(part, index, parts.len(), at) {
                Ok(one) => placed.push(one),
                Err(AppendError::Body(error)) => {
                    return Err(match self.rewind(start) {
                        Ok(()) => AppendError::Body(error),
                        Err(error) => AppendError::Segment(error),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(placed)
    }

    fn append_part(&mut self, part: &Part, index: usize, parts: usize, at: Wall) -> Result<Placed, AppendError> {
        let offset = self.end();
        let Some(current) = &self.current else { return Err(AppendError::Segment(io::Error::other("no segment"))) };
        let (number, tag, synced_to) = (current.number, current.tag, current.synced);
        let body_octets = part.body.as_deref().map_or(0, Staged::len);
        let header = Header {
            version: VERSION,
            kind: part.head.kind(),
            tag,
            seq: Seq(self.next_seq),
            at,
            synced_to,
            body_octets,
            head_octets: part.head_bytes.len() as u32,
            unit_at: index as u32,
            unit_left: (parts - 1 - index) as u32,
        };
        self.next_seq += 1;
        self.push(&header.encode()).map_err(AppendError::Segment)?;
        self.push(&part.head_bytes).map_err(AppendError::Segment)?;
        let mut sum = header.head_sum(&part.head_bytes);
        self.push(&sum.to_be_bytes()).map_err(AppendError::Segment)?;
        if let Some(body) = &part.body {
            sum = self.append_body(body, sum)?;
        }
        self.push(&sum.to_be_bytes()).map_err(AppendError::Segment)?;
        Ok(Placed { segment: number, offset, header, head: None })
    }

    fn append_body(&mut self, body: &Staged, mut sum: u32) -> Result<u32, AppendError> {
        if let Some(bytes) = body.in_memory() {
            for piece in bytes.chunks(APPEND_BUFFER_OCTETS) {
                self.push(piece).map_err(AppendError::Segment)?;
            }
            return Ok(crc32c::crc32c_append(sum, bytes));
        }
        let mut at = 0;
        while at < body.len() {
            let piece = body.piece(at, APPEND_BUFFER_OCTETS).map_err(AppendError::Body)?;
            sum = crc32c::crc32c_append(sum, &piece);
            at += piece.len() as u64;
            self.push(&piece).map_err(AppendError::Segment)?;
        }
        Ok(sum)
    }

    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= APPEND_BUFFER_OCTETS {
            self.hand_over()?;
        }
        Ok(())
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        current.file.write_at(current.handed, &self.buffer)?;
        current.handed += self.buffer.len() as u64;
        self.buffer.clear();
        // One large body must not keep its buffer for ever.
        self.buffer.shrink_to(2 * APPEND_BUFFER_OCTETS);
        Ok(())
    }

    // Takes back what was appended since the segment ended at `start`.
    fn rewind(&mut self, start: u64) -> io::Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if start >= current.handed {
            self.buffer.truncate((start - current.handed) as usize);
            return Ok(());
        }
        self.buffer.clear();
        current.file.truncate(start)?;
        current.handed = start;
        Ok(())
    }

    /// Makes everything appended durable. After an error nothing since the last sync counts: [`Log::retire`] is due.
    pub fn sync(&mut self) -> io::Result<()> {
        self.hand_over()?;
        let Some(current) = &mut self.current else { return Ok(()) };
        current.file.sync_data()?;
        if current.synced == 0 {
            self.files.sync_folder(&self.spool)?;
            self.paths.set(current.number, current.path.clone());
        }
        current.synced = current.handed;
        Ok(())
    }

    /// Gives the current segment up after a failed write or fsync: it is never appended to again. The kernel may have
    /// dropped the pages that it could not write and call the next fsync a success. What was acknowledged stays; the
    /// rest is cut if the disk lets us, and the header of the next segment says where this one ends in any case.
    pub fn retire(&mut self) {
        let Some(current) = &self.current else { return };
        let result = if current.synced == 0 { self.files.remove(&current.path) } else { current.file.truncate(current.synced) };
        let outcome = result.err().map_or("cut".to_owned(), |error| error.to_string());
        log::error!("segment={} spool retired synced={} tail={outcome}", current.number, current.synced);
        self.leave();
    }
}

impl From<AppendError> for StoreError {
    fn from(error: AppendError) -> StoreError {
        match error {
            AppendError::Body(error) => StoreError::Io(format!("the staged body cannot be read: {error}")),
            AppendError::Segment(error) => StoreError::of(error),
        }
    }
}

fn random_tag() -> io::Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(u64::from_be_bytes(bytes))
}
