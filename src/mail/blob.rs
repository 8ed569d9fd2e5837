//! Octets that can be read again and again, wherever they lie: in memory, or in a file that another room holds.
//!
//! An upload, and each file in it, may be large: nothing that reads one has to have all of it in memory.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

/// Where the octets lie.
pub trait Content: Send + Sync {
    /// In octets.
    fn octets(&self) -> u64;

    /// Up to `length` octets from `offset`; empty at the end and beyond it. May wait for the disk.
    ///
    /// # Errors
    /// Of the disk.
    fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>>;

    /// Whether it takes as much memory as it has octets.
    fn is_in_memory(&self) -> bool {
        false
    }
}

impl Content for Vec<u8> {
    fn octets(&self) -> u64 {
        self.len() as u64
    }

    fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        Ok(self[from..from.saturating_add(length).min(self.len())].to_vec())
    }

    fn is_in_memory(&self) -> bool {
        true
    }
}

/// Several, one behind the other.
struct Row {
    /// Each with where it ends.
    blobs: Vec<(u64, Blob)>,
}

impl Content for Row {
    fn octets(&self) -> u64 {
        self.blobs.last().map_or(0, |(end, _)| *end)
    }

    fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let first = self.blobs.partition_point(|(end, _)| *end <= offset);
        let mut found = Vec::new();
        for (end, blob) in &self.blobs[first..] {
            let begins = end - blob.len();
            found.extend(blob.piece(offset + found.len() as u64 - begins, length - found.len())?);
            // Less than was asked for: what is missing stands in the same one.
            if found.len() == length || offset + (found.len() as u64) < *end {
                break;
            }
        }
        Ok(found)
    }

    fn is_in_memory(&self) -> bool {
        self.blobs.iter().any(|(_, blob)| blob.len() > ROW_SMALL_OCTETS && blob.is_in_memory())
    }
}

/// Heads between what lies elsewhere count for nothing.
const ROW_SMALL_OCTETS: u64 = 64 * 1024;

/// Some content, or a range of it. A clone is another name for the same octets.
#[derive(Clone)]
pub struct Blob {
    content: Arc<dyn Content>,
    start: u64,
    length: u64,
}

impl Blob {
    pub fn new(content: Arc<dyn Content>) -> Blob {
        let length = content.octets();
        Blob { content, start: 0, length }
    }

    /// One that is all of these, one behind the other.
    pub fn row(blobs: impl IntoIterator<Item = Blob>) -> Blob {
        let mut end = 0;
        let ends = blobs.into_iter().map(|blob| {
            end += blob.len();
            (end, blob)
        });
        Blob::new(Arc::new(Row { blobs: ends.collect() }))
    }

    /// Whether it takes as much memory as it has octets.
    pub fn is_in_memory(&self) -> bool {
        self.content.is_in_memory()
    }

    /// In octets.
    pub fn len(&self) -> u64 {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// A part of it; what lies beyond its end is left out.
    pub fn slice(&self, range: Range<u64>) -> Blob {
        let end = range.end.min(self.length);
        let start = range.start.min(end);
        Blob { content: self.content.clone(), start: self.start + start, length: end - start }
    }

    /// At least one and up to `length` octets from `offset`; none at the end.
    ///
    /// # Errors
    /// Of the disk, if it lies there.
    pub fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let left = self.length.saturating_sub(offset);
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(length);
        if length == 0 { Ok(Vec::new()) } else { self.content.piece(self.start + offset, length) }
    }

    /// All of it, in memory: for what is known to be small.
    ///
    /// # Errors
    /// Of the disk; `UnexpectedEof` if its file has become shorter.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.length).unwrap_or_default());
        self.reader().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads from its beginning, in pieces of a bounded size.
    pub fn reader(&self) -> Reader {
        Reader { blob: self.clone(), at: 0 }
    }
}

impl Default for Blob {
    fn default() -> Blob {
        Vec::new().into()
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Blob {
        Blob::new(Arc::new(bytes))
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Blob {
        bytes.to_vec().into()
    }
}

impl<const N: usize> From<&[u8; N]> for Blob {
    fn from(bytes: &[u8; N]) -> Blob {
        bytes.to_vec().into()
    }
}

/// Its size alone: content never gets into a log.
impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} octets)", self.length)
    }
}

const READ_OCTETS: usize = 64 * 1024;

/// See [`Blob::reader`].
#[derive(Debug)]
pub struct Reader {
    blob: Blob,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.blob.piece(self.at, buffer.len().min(READ_OCTETS))?;
        if piece.is_empty() && !buffer.is_empty() && self.at < self.blob.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer[..piece.len()].copy_from_slice(&piece);
        self.at += piece.len() as u64;
        Ok(piece.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(blob: &Blob, expected: &[u8]) {
        assert_eq!(blob.len(), expected.len() as u64);
        assert_eq!(blob.is_empty(), expected.is_empty());
        assert_eq!(blob.bytes().unwrap(), expected);
        for at in 0..=expected.len() + 1 {
            assert_eq!(blob.piece(at as u64, 2).unwrap(), &expected[at.min(expected.len())..(at + 2).min(expected.len())]);
        }
        assert_eq!(blob.piece(u64::MAX, 2).unwrap(), b"");
    }

    #[test]
    fn parts_are_what_they_name() {
        let whole = Blob::from(b"0123456789");
        check(&whole, b"0123456789");
        check(&whole.slice(3..6), b"345");
        check(&whole.slice(3..8).slice(1..3), b"45");
        check(&whole.slice(3..8).slice(1..99), b"4567");
        check(&whole.slice(8..u64::MAX), b"89");
        check(&whole.slice(20..30), b"");
        check(&whole.slice(0..0), b"");
        check(&Blob::default(), b"");
    }

    #[test]
    fn a_row_is_one() {
        let row = Blob::row([Blob::default(), b"012".into(), Blob::from(b"x345").slice(1..4), Blob::default(), b"6789".into()]);
        check(&row, b"0123456789");
        check(&row.slice(2..7), b"23456");
        check(&Blob::row([]), b"");
    }

    #[test]
    fn large_ones_come_whole() {
        let bytes: Vec<u8> = (0..3 * READ_OCTETS + 7).map(|at| (at * 7) as u8).collect();
        assert!(Blob::from(bytes.clone()).slice(1..u64::MAX).bytes().unwrap() == bytes[1..]);
    }

    #[test]
    fn content_that_has_become_shorter_is_an_error() {
        struct Short;
        impl Content for Short {
            fn octets(&self) -> u64 {
                10
            }
            fn piece(&self, offset: u64, _: usize) -> io::Result<Vec<u8>> {
                Ok(if offset == 0 { b"abc".to_vec() } else { Vec::new() })
            }
        }
        assert_eq!(Blob::new(Arc::new(Short)).bytes().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn content_stays_out_of_logs() {
        assert_eq!(format!("{:?}", Blob::from(b"secret")), "Blob(6 octets)");
    }
}
