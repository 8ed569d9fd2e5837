//! Reads a segment front to back and finds every good record, also behind damage.
//!
//! Nothing that is read decides how much is allocated or skipped unless a checksum has vouched for it.

use super::OpenFile;
use super::record::{HEADER_OCTETS, Header, MAGIC, SUM_OCTETS, u32_at};

/// What the scanner meets, in order and without a hole.
#[derive(Debug)]
pub enum Item {
    Record(Record),
    /// Octets `from..to` that are no record.
    Gap(u64, u64),
}

/// A record whose checksums hold.
#[derive(Clone, Debug)]
pub struct Record {
    pub offset: u64,
    pub header: Header,
    pub head: Vec<u8>,
}

impl Record {
    pub fn end(&self) -> u64 {
        self.offset + self.header.record_octets()
    }
}

pub struct Scanner<'a> {
    window: Window<'a>,
    at: u64,
    limit: u64,
    /// None while unknown (the segment's header is damaged): the first good record tells.
    tag: Option<u64>,
    /// Numbers rise: what does not is a stray copy, not a record.
    last_seq: u64,
    /// Highest number in any readable header, also of records whose rest is torn: it is not given out again.
    pub highest_seq: u64,
    found: Option<Record>,
}

enum Tried {
    Good(Box<Record>),
    /// The header is good, the rest is not; the record would end here.
    Bad {
        end: u64,
    },
    Nothing,
}

impl<'a> Scanner<'a> {
    /// Scans `from..limit`; `last_seq` is the number of the last record before.
    pub fn new(file: &'a dyn OpenFile, from: u64, limit: u64, tag: Option<u64>, last_seq: u64) -> Scanner<'a> {
        Scanner { window: Window::new(file, limit), at: from, limit, tag, last_seq, highest_seq: last_seq, found: None }
    }

    /// Whether the disk refused to read some of it.
    pub fn unreadable(&self) -> bool {
        self.window.unreadable
    }

    /// Where the last octet at or behind `from` lies that is not zero, and one more; `from` if there is none.
    pub fn content_end(&mut self, from: u64) -> u64 {
        let (mut at, mut end) = (from, from);
        while at < self.limit {
            let bytes = self.window.bytes(at, WINDOW_OCTETS);
            if bytes.is_empty() {
                break;
            }
            if let Some(last) = bytes.iter().rposition(|octet| *octet != 0) {
                end = at + last as u64 + 1;
            }
            at += bytes.len() as u64;
        }
        end
    }

    fn record(&mut self, record: Record) -> Item {
        self.tag = Some(record.header.tag);
        self.last_seq = record.header.seq.0;
        self.highest_seq = self.highest_seq.max(self.last_seq);
        self.at = record.end();
        Item::Record(record)
    }

    // Behind damage: the next place with a good record, at or after `from`; the limit if there is none.
    fn resync(&mut self, mut from: u64) -> u64 {
        while let Some(at) = self.window.find_magic(from) {
            match self.try_record(at) {
                Tried::Good(record) => {
                    self.found = Some(*record);
                    return at;
                }
                Tried::Bad { end } => from = end,
                Tried::Nothing => from = at + 1,
            }
        }
        self.limit
    }

    fn try_record(&mut self, at: u64) -> Tried {
        let Some(header) = Header::decode(self.window.bytes(at, HEADER_OCTETS)) else { return Tried::Nothing };
        let end = at.saturating_add(header.record_octets());
        let foreign = self.tag.is_some_and(|tag| tag != header.tag);
        if foreign || header.seq.0 <= self.last_seq {
            return Tried::Nothing;
        }
        if self.tag.is_some() {
            self.highest_seq = self.highest_seq.max(header.seq.0);
        }
        if end > self.limit {
            return Tried::Nothing;
        }
        let head_octets = header.head_octets as usize;
        let read = self.window.bytes(at + HEADER_OCTETS as u64, head_octets + SUM_OCTETS);
        if read.len() < head_octets + SUM_OCTETS {
            return Tried::Bad { end };
        }
        let (head, sum) = (read[..head_octets].to_vec(), u32_at(read, head_octets));
        if sum != header.head_sum(&head) || !self.body_is_good(at + header.body_offset(), end - SUM_OCTETS as u64, sum) {
            return Tried::Bad { end };
        }
        Tried::Good(Box::new(Record { offset: at, header, head }))
    }

    // `sum` is the checksum behind the head; the one behind the body goes on from there.
    fn body_is_good(&mut self, from: u64, to: u64, mut sum: u32) -> bool {
        let mut at = from;
        while at < to {
            let wanted = (to - at).min(WINDOW_OCTETS as u64) as usize;
            let piece = self.window.bytes(at, wanted);
            if piece.is_empty() {
                return false;
            }
            sum = crc32c::crc32c_append(sum, piece);
            at += piece.len() as u64;
        }
        let trailer = self.window.bytes(to, SUM_OCTETS);
        trailer.len() == SUM_OCTETS && u32_at(trailer, 0) == sum
    }
}

impl Iterator for Scanner<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if let Some(record) = self.found.take() {
            return Some(self.record(record));
        }
        if self.at >= self.limit {
            return None;
        }
        let start = self.at;
        let next = match self.try_record(start) {
            Tried::Good(record) => return Some(self.record(*record)),
            Tried::Bad { end } => end,
            Tried::Nothing => start + 1,
        };
        self.at = self.resync(next);
        Some(Item::Gap(start, self.at))
    }
}

/// Octets read ahead.
const WINDOW_OCTETS: usize = 256 * 1024;
/// Octets that are given up together when the disk refuses to read them.
const BLOCK_OCTETS: usize = 4096;

/// A moving view of a file.
pub struct Window<'a> {
    file: &'a dyn OpenFile,
    limit: u64,
    start: u64,
    buffer: Vec<u8>,
    unreadable: bool,
}

impl<'a> Window<'a> {
    pub fn new(file: &'a dyn OpenFile, limit: u64) -> Window<'a> {
        Window { file, limit, start: 0, buffer: Vec::new(), unreadable: false }
    }

    /// `length` octets from `at`; fewer only at the limit or the file's end.
    pub fn bytes(&mut self, at: u64, length: usize) -> &[u8] {
        let end = at.saturating_add(length as u64).min(self.limit);
        if at < self.start || end > self.start + self.buffer.len() as u64 {
            self.fill(at, length.max(WINDOW_OCTETS));
        }
        let from = at.saturating_sub(self.start).min(self.buffer.len() as u64) as usize;
        let to = (from + length).min(self.buffer.len());
        &self.buffer[from..to]
    }

    fn fill(&mut self, at: u64, length: usize) {
        self.start = at;
        self.buffer.resize(self.limit.saturating_sub(at).min(length as u64) as usize, 0);
        match self.file.read_at(at, &mut self.buffer) {
            Ok(read) => self.buffer.truncate(read),
            Err(_) => self.fill_by_blocks(at),
        }
    }

    // Some of it cannot be read: the rest still counts, and unreadable blocks read as zeros, which no checksum likes.
    fn fill_by_blocks(&mut self, at: u64) {
        let mut filled = 0;
        for block in self.buffer.chunks_mut(BLOCK_OCTETS) {
            block.fill(0);
            match self.file.read_at(at + filled as u64, block) {
                Ok(read) if read < block.len() => {
                    filled += read;
                    break;
                }
                Ok(read) => filled += read,
                Err(_) => {
                    self.unreadable = true;
                    block.fill(0);
                    filled += block.len();
                }
            }
        }
        self.buffer.truncate(filled);
    }

    /// The next place at or after `at` that starts like a record.
    pub fn find_magic(&mut self, mut at: u64) -> Option<u64> {
        while at + HEADER_OCTETS as u64 <= self.limit {
            let bytes = self.bytes(at, WINDOW_OCTETS);
            if bytes.len() < MAGIC.len() {
                return None;
            }
            if let Some(found) = memchr::memmem::find(bytes, &MAGIC) {
                return Some(at + found as u64);
            }
            // The last three octets may be the start of a magic.
            at += (bytes.len() - MAGIC.len() + 1) as u64;
        }
        None
    }
}
