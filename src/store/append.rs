//! The end of the spool: appends units to the segment that is being written, and gives a failed one up.

use std::io::{self, IoSlice};
use std::path::PathBuf;
use std::sync::Arc;

use super::feed::Durable;
use super::record::{HEADER_OCTETS, Head, Header, Placed, SUM_OCTETS, VERSION};
use super::segment::{self, Paths, SegmentHeader};
use super::{Files, How, OpenFile, Seq, Staged, StoreError};
use crate::clock::Wall;
use crate::limits::{APPEND_BUFFER_OCTETS, APPEND_COPY_MAX_OCTETS, SEGMENT_FILL_GROUP_MAX_OCTETS, SEGMENT_FILL_OCTETS, SEGMENT_MAX_OCTETS};

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
    queue: Queue,
}

/// What is appended, but not yet handed to the file: its place is `current.handed`.
#[derive(Default)]
struct Queue {
    chunks: Vec<Chunk>,
    octets: u64,
}

enum Chunk {
    /// Heads, and bodies that are small.
    Bytes(Vec<u8>),
    /// A body in memory, written from where it is.
    Body(Arc<Staged>),
}

impl Chunk {
    fn len(&self) -> u64 {
        match self {
            Chunk::Bytes(bytes) => bytes.len() as u64,
            Chunk::Body(body) => body.len(),
        }
    }
}

impl Queue {
    fn bytes(&mut self, bytes: &[u8]) {
        self.octets += bytes.len() as u64;
        match self.chunks.last_mut() {
            Some(Chunk::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.chunks.push(Chunk::Bytes(bytes.to_vec())),
        }
    }

    fn body(&mut self, body: &Arc<Staged>) {
        if body.len() <= APPEND_COPY_MAX_OCTETS {
            return body.slices().for_each(|slice| self.bytes(slice));
        }
        self.octets += body.len();
        self.chunks.push(Chunk::Body(Arc::clone(body)));
    }

    /// Keeps the first `octets`; they end where a unit does.
    fn truncate(&mut self, octets: u64) {
        while self.octets > octets {
            let Some(last) = self.chunks.last_mut() else { return };
            let over = self.octets - octets;
            match last {
                Chunk::Bytes(bytes) if bytes.len() as u64 > over => {
                    bytes.truncate(bytes.len() - over as usize);
                    self.octets = octets;
                }
                _ => {
                    self.octets -= last.len();
                    self.chunks.pop();
                }
            }
        }
    }

    fn write(&self, file: &dyn OpenFile, at: u64) -> io::Result<()> {
        if let [Chunk::Bytes(bytes)] = self.chunks.as_slice() {
            return file.write_at(at, bytes);
        }
        let mut pieces = Vec::new();
        for chunk in &self.chunks {
            match chunk {
                Chunk::Bytes(bytes) => pieces.push(IoSlice::new(bytes)),
                Chunk::Body(body) => pieces.extend(body.slices().map(IoSlice::new)),
            }
        }
        file.write_pieces_at(at, &mut pieces)
    }

    fn clear(&mut self) {
        // The room for many small records is used again and again; one large group must not keep its for ever.
        let kept = match self.chunks.drain(..).next() {
            Some(Chunk::Bytes(mut bytes)) if bytes.capacity() <= 2 * APPEND_BUFFER_OCTETS => {
                bytes.clear();
                Some(Chunk::Bytes(bytes))
            }
            _ => None,
        };
        self.chunks.extend(kept);
        self.octets = 0;
    }
}

struct Current {
    number: u64,
    path: PathBuf,
    day: i64,
    file: Box<dyn OpenFile>,
    tag: u64,
    handed: u64,
    synced: u64,
    /// Length of the file: behind `handed` there may be zeros, see [`SEGMENT_FILL_OCTETS`].
    length: u64,
    /// No zeros any more: the disk has no room for them.
    bare: bool,
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
        Log { files, spool, paths, current: None, next_seq, next_number, previous, previous_synced: false, queue: Queue::default() }
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
        self.current.as_ref().map_or(0, |current| current.handed + self.queue.octets)
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
        self.queue.bytes(&header.encode());
        self.current = Some(Current { number, path, day, file, tag, handed: 0, synced: 0, length: 0, bare: false });
        Ok(())
    }

    fn leave(&mut self) {
        self.queue.clear();
        if let Some(current) = self.current.take()
            && current.synced > 0
        {
            // The zeros are of no use any more. If they stay, they are no harm.
            if current.length > current.synced
                && let Err(error) = current.file.truncate(current.synced)
            {
                log::warn!("segment={} spool not cut to its end: {error}", current.number);
            }
            self.previous = Some((current.number, current.synced));
            self.previous_synced = true;
        }
    }

    /// Leaves the current segment, of which everything is synced.
    pub fn close(&mut self) {
        self.leave();
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
        let mut sum = header.head_sum(&part.head_bytes);
        self.queue.bytes(&header.encode());
        self.queue.bytes(&part.head_bytes);
        self.queue.bytes(&sum.to_be_bytes());
        if let Some(body) = &part.body {
            sum = self.append_body(body, sum)?;
        }
        self.queue.bytes(&sum.to_be_bytes());
        if self.queue.octets >= APPEND_BUFFER_OCTETS as u64 {
            self.hand_over().map_err(AppendError::Segment)?;
        }
        Ok(Placed { segment: number, offset, header, head: None })
    }

    fn append_body(&mut self, body: &Arc<Staged>, sum: u32) -> Result<u32, AppendError> {
        let expected = body.sum_after(sum);
        if body.is_in_memory() {
            self.queue.body(body);
            return Ok(expected);
        }
        // What comes back from the stage is checked like everything that comes back from a disk.
        let (mut at, mut sum) = (0, sum);
        while at < body.len() {
            let piece = body.piece(at, APPEND_BUFFER_OCTETS).map_err(AppendError::Body)?;
            sum = crc32c::crc32c_append(sum, &piece);
            at += piece.len() as u64;
            self.queue.bytes(&piece);
            self.hand_over().map_err(AppendError::Segment)?;
        }
        if sum == expected { Ok(sum) } else { Err(AppendError::Body(io::Error::other("it has changed on the disk"))) }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if self.queue.octets > 0 {
            self.queue.write(&*current.file, current.handed)?;
            current.handed += self.queue.octets;
            current.length = current.length.max(current.handed);
            self.queue.clear();
        }
        Ok(())
    }

    // Takes back what was appended since the segment ended at `start`.
    fn rewind(&mut self, start: u64) -> io::Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if start >= current.handed {
            self.queue.truncate(start - current.handed);
            return Ok(());
        }
        self.queue.clear();
        current.file.truncate(start)?;
        (current.handed, current.length) = (start, start);
        Ok(())
    }

    /// Makes everything appended durable. After an error nothing since the last sync counts: [`Log::retire`] is due.
    pub fn sync(&mut self) -> io::Result<()> {
        self.hand_over()?;
        let Some(current) = &mut self.current else { return Ok(()) };
        current.fill()?;
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
        let Some(current) = &mut self.current else { return };
        current.length = current.synced;
        let result = if current.synced == 0 { self.files.remove(&current.path) } else { current.file.truncate(current.synced) };
        let outcome = result.err().map_or("cut".to_owned(), |error| error.to_string());
        log::error!("segment={} spool retired synced={} tail={outcome}", current.number, current.synced);
        self.leave();
    }
}

impl Current {
    /// Makes the file longer by zeros when small groups have used up those that were there. They need not be on disk before what
    /// overwrites them is: they become so together with the group that is synced next.
    fn fill(&mut self) -> io::Result<()> {
        let group = self.handed - self.synced;
        if self.bare || self.handed < self.length || group > SEGMENT_FILL_GROUP_MAX_OCTETS {
            return Ok(());
        }
        let to = (self.handed / SEGMENT_FILL_OCTETS + 1) * SEGMENT_FILL_OCTETS;
        let mut zeros: Vec<IoSlice<'_>> = Vec::new();
        let mut at = self.handed;
        while at < to {
            let some = (to - at).min(ZEROS.len() as u64);
            zeros.push(IoSlice::new(&ZEROS[..some as usize]));
            at += some;
        }
        match self.file.write_pieces_at(self.handed, &mut zeros) {
            Ok(()) => self.length = to,
            // No room is no failure: what was appended is there already.
            Err(error) if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => self.bare = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

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
