//! A body on its way in: pieces in memory while that lasts, an unnamed file when it is large or memory is short.
//!
//! Its checksum is taken as the pieces come, while they are warm, so that the writer does not have to read the body again.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::limits::{STAGE_MEMORY_MAX_OCTETS, STAGE_MEMORY_TOTAL_OCTETS, STAGE_SPARE_MAX_OCTETS};
use crate::mail::Content;

/// Octets of memory that bodies may take together.
#[derive(Debug)]
struct Budget {
    limit: usize,
    held: AtomicUsize,
}

/// Bodies that the disk could take as well.
static MEMORY: Budget = Budget::new(STAGE_MEMORY_TOTAL_OCTETS);
/// Bodies that the disk did not take.
static SPARE: Budget = Budget::new(STAGE_SPARE_MAX_OCTETS);

impl Budget {
    const fn new(limit: usize) -> Budget {
        Budget { limit, held: AtomicUsize::new(0) }
    }
}

/// A body's share of a [`Budget`]; dropping it gives the share back.
#[derive(Debug)]
struct Share {
    budget: &'static Budget,
    octets: usize,
}

impl Share {
    fn of(budget: &'static Budget) -> Share {
        Share { budget, octets: 0 }
    }

    /// False if that is not left.
    fn grow(&mut self, octets: usize) -> bool {
        let more = |held: usize| held.checked_add(octets).filter(|held| *held <= self.budget.limit);
        let room = self.budget.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if room {
            self.octets += octets;
        }
        room
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.octets, Ordering::Relaxed);
    }
}

/// Collects a body, in memory up to [`STAGE_MEMORY_MAX_OCTETS`] and while all bodies together stay within
/// [`STAGE_MEMORY_TOTAL_OCTETS`], then in a file that vanishes with it.
#[derive(Debug)]
pub struct Staged {
    folder: PathBuf,
    /// Stands before what was collected, see [`Staged::prepend`].
    front: Vec<u8>,
    /// Of what was collected, without the front: octets, and CRC32C.
    octets: u64,
    sum: u32,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory { pieces: Vec<Vec<u8>>, share: Share },
    File(File),
}

/// Appends, on the disk where memory does not take it; may wait for it.
impl io::Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(piece) = self.keep(bytes.to_vec()) {
            Staged::write(self, &piece)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<Vec<u8>> for Staged {
    fn from(bytes: Vec<u8>) -> Staged {
        Staged::from_bytes(bytes)
    }
}

impl Content for Staged {
    fn octets(&self) -> u64 {
        self.len()
    }

    fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        Staged::piece(self, offset, length)
    }

    fn is_in_memory(&self) -> bool {
        Staged::is_in_memory(self)
    }
}

/// Keeps names of one process apart; a name lives only between `open` and `unlink`.
static NEXT_NAME: AtomicU64 = AtomicU64::new(0);

impl Staged {
    /// `folder` must exist when the body grows large.
    pub fn new(folder: PathBuf) -> Staged {
        Staged { folder, front: Vec::new(), octets: 0, sum: 0, place: Place::Memory { pieces: Vec::new(), share: Share::of(&MEMORY) } }
    }

    /// A body that is there already; it counts against no budget.
    pub fn from_bytes(bytes: Vec<u8>) -> Staged {
        let mut staged = Staged::new(PathBuf::new());
        staged.take(bytes);
        staged
    }

    fn take(&mut self, piece: Vec<u8>) {
        self.count(&piece);
        if let Place::Memory { pieces, .. } = &mut self.place
            && !piece.is_empty()
        {
            pieces.push(piece);
        }
    }

    fn count(&mut self, piece: &[u8]) {
        self.octets += piece.len() as u64;
        self.sum = crc32c::crc32c_append(self.sum, piece);
    }

    /// Appends in memory. Gives the piece back if it has to go to the disk: see [`Staged::write`].
    pub fn keep(&mut self, piece: Vec<u8>) -> Result<(), Vec<u8>> {
        let Place::Memory { share, .. } = &mut self.place else { return Err(piece) };
        let limit = if std::ptr::eq(share.budget, &SPARE) { usize::MAX } else { STAGE_MEMORY_MAX_OCTETS };
        if share.octets.saturating_add(piece.len()) > limit || !share.grow(piece.len()) {
            return Err(piece);
        }
        self.take(piece);
        Ok(())
    }

    /// Appends on the disk, to which it moves what was in memory. May wait for the disk. After an error the body is as long as before.
    pub fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        if let Place::Memory { pieces, .. } = &self.place {
            let file = unnamed(&self.folder)?;
            let mut at = 0;
            for piece in pieces {
                file.write_all_at(piece, at)?;
                at += piece.len() as u64;
            }
            self.place = Place::File(file);
        }
        if let Place::File(file) = &self.place {
            file.write_all_at(piece, self.octets)?;
        }
        self.count(piece);
        Ok(())
    }

    /// The disk failed: goes on in memory, as far as there is some to spare for that ([`STAGE_SPARE_MAX_OCTETS`]). May wait for the disk.
    ///
    /// # Errors
    /// Of the disk, if what is there cannot be read; `OutOfMemory` if there is none to spare.
    pub fn rescue(&mut self) -> io::Result<()> {
        let mut spare = Share::of(&SPARE);
        if !usize::try_from(self.octets).is_ok_and(|octets| spare.grow(octets)) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let pieces = match &mut self.place {
            Place::Memory { pieces, .. } => std::mem::take(pieces),
            Place::File(file) => {
                let mut bytes = vec![0; spare.octets];
                file.read_exact_at(&mut bytes, 0)?;
                vec![bytes]
            }
        };
        self.place = Place::Memory { pieces, share: spare };
        Ok(())
    }

    /// Puts a few octets (a trace field) before everything, without moving the body.
    pub fn prepend(&mut self, bytes: &[u8]) {
        self.front.splice(0..0, bytes.iter().copied());
    }

    /// In octets.
    pub fn len(&self) -> u64 {
        self.front.len() as u64 + self.octets
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether reading it never waits for the disk.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.place, Place::Memory { .. })
    }

    /// The first octets, at most `length` (for reading the header block).
    pub fn head(&self, length: usize) -> io::Result<Vec<u8>> {
        self.piece(0, length)
    }

    /// Up to `length` octets from `offset`; empty at the end.
    pub fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX).min(length);
        let mut bytes = Vec::with_capacity(left);
        let mut skip = offset;
        for slice in self.slices() {
            let from = usize::try_from(skip).unwrap_or(usize::MAX).min(slice.len());
            let to = (from + left - bytes.len()).min(slice.len());
            bytes.extend_from_slice(&slice[from..to]);
            skip -= from as u64;
        }
        if let Place::File(file) = &self.place
            && bytes.len() < left
        {
            let there = bytes.len();
            bytes.resize(left, 0);
            file.read_exact_at(&mut bytes[there..], skip)?;
        }
        Ok(bytes)
    }

    /// What is in memory, in order: all of it if [`Staged::is_in_memory`], else the front alone.
    pub(super) fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let pieces = match &self.place {
            Place::Memory { pieces, .. } => pieces.as_slice(),
            Place::File(_) => &[],
        };
        std::iter::once(self.front.as_slice()).chain(pieces.iter().map(Vec::as_slice))
    }

    /// The checksum of something that has `sum`, followed by this body.
    pub(super) fn sum_after(&self, sum: u32) -> u32 {
        let sum = crc32c::crc32c_append(sum, &self.front);
        match &self.place {
            // Combining costs as much as reading so much.
            Place::Memory { pieces, .. } if self.octets <= COMBINE_FROM_OCTETS => {
                pieces.iter().fold(sum, |sum, piece| crc32c::crc32c_append(sum, piece))
            }
            _ => crc32c::crc32c_combine(sum, self.sum, usize::try_from(self.octets).unwrap_or(usize::MAX)),
        }
    }

    /// Makes a body in a file unreadable, as a failing disk would.
    #[cfg(test)]
    pub(super) fn lose(&self) {
        if let Place::File(file) = &self.place {
            file.set_len(self.octets - 1).unwrap();
        }
    }

    /// Changes an octet of a body in a file, as a failing disk would.
    #[cfg(test)]
    pub(super) fn rot(&self) {
        if let Place::File(file) = &self.place {
            file.write_all_at(&[0], self.octets / 2).unwrap();
        }
    }
}

const COMBINE_FROM_OCTETS: u64 = 64 * 1024;

/// A file without a name: it is gone when the process is, however that ends.
fn unnamed(folder: &Path) -> io::Result<File> {
    let name = format!("{}-{}", std::process::id(), NEXT_NAME.fetch_add(1, Ordering::Relaxed));
    let path = folder.join(name);
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps what memory takes, writes the rest: what the stage of a session does.
    fn staged(folder: &Path, pieces: &[usize]) -> (Staged, Vec<u8>) {
        let mut staged = Staged::new(folder.to_owned());
        let mut expected = Vec::new();
        for (at, length) in pieces.iter().enumerate() {
            let piece: Vec<u8> = (0..*length).map(|i| (i * 7 + at) as u8).collect();
            expected.extend_from_slice(&piece);
            if let Err(piece) = staged.keep(piece) {
                staged.write(&piece).unwrap();
            }
        }
        (staged, expected)
    }

    fn check(pieces: &[usize]) {
        check_with_front(pieces, b"");
        check_with_front(pieces, b"Received: from here\r\n");
    }

    fn check_with_front(pieces: &[usize], front: &[u8]) {
        let folder = tempfile::tempdir().unwrap();
        let (mut staged, mut expected) = staged(folder.path(), pieces);
        let body_octets = expected.len();
        staged.prepend(front);
        expected.splice(0..0, front.iter().copied());
        assert_eq!(staged.len(), expected.len() as u64);
        assert_eq!(staged.is_empty(), expected.is_empty());
        assert_eq!(staged.head(100).unwrap(), &expected[..expected.len().min(100)]);
        assert!(staged.piece(0, expected.len() + 9).unwrap() == expected);
        assert_eq!(staged.piece(expected.len() as u64, 9).unwrap(), b"");
        assert_eq!(staged.piece(u64::MAX, 9).unwrap(), b"");
        for middle in [expected.len() / 2, 64 * 1024 - 2, 64 * 1024 + front.len()] {
            let middle = middle.min(expected.len());
            assert_eq!(staged.piece(middle as u64, 5).unwrap(), &expected[middle..(middle + 5).min(expected.len())]);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing has a name");
        for offset in 0..front.len().min(expected.len()) {
            assert_eq!(staged.piece(offset as u64, 40).unwrap(), &expected[offset..(offset + 40).min(expected.len())]);
        }
        assert_eq!(staged.is_in_memory(), body_octets <= STAGE_MEMORY_MAX_OCTETS);
        assert_eq!(staged.sum_after(77), crc32c::crc32c_append(77, &expected));
    }

    #[test]
    fn small_and_large() {
        const PIECE: usize = 64 * 1024;
        check(&[]);
        check(&[10, 0, 20]);
        check(&[PIECE]);
        check(&[PIECE, 1]);
        check(&[PIECE, PIECE, 3000]);
        check(&[STAGE_MEMORY_MAX_OCTETS, 1]);
        check(&[5, STAGE_MEMORY_MAX_OCTETS, 3000, 1]);
    }

    #[test]
    fn a_failed_move_to_a_file_keeps_the_body() {
        let mut staged = Staged::new(PathBuf::from("/nonexistent/folder"));
        staged.keep(b"abc".to_vec()).unwrap();
        assert!(staged.write(&vec![0; STAGE_MEMORY_MAX_OCTETS]).is_err());
        assert_eq!(staged.piece(0, 10).unwrap(), b"abc");
        assert_eq!(staged.sum_after(0), crc32c::crc32c(b"abc"));
    }

    #[test]
    fn a_failing_disk_is_replaced_by_memory() {
        let folder = tempfile::tempdir().unwrap();
        for pieces in [vec![100], vec![STAGE_MEMORY_MAX_OCTETS, 60_000]] {
            let (mut staged, mut expected) = staged(folder.path(), &pieces);
            staged.rescue().unwrap();
            let more = vec![7; STAGE_MEMORY_MAX_OCTETS];
            staged.keep(more.clone()).unwrap();
            expected.extend_from_slice(&more);
            assert!(staged.piece(0, usize::MAX).unwrap() == expected);
            assert_eq!(staged.sum_after(0), crc32c::crc32c(&expected));
        }
    }

    #[test]
    fn memory_has_an_end_and_comes_back() {
        static BUDGET: Budget = Budget::new(1000);
        let mut one = Share::of(&BUDGET);
        let mut other = Share::of(&BUDGET);
        assert!(one.grow(600) && other.grow(400));
        assert!(!other.grow(1) && !one.grow(usize::MAX));
        drop(one);
        assert!(other.grow(600) && !other.grow(1));
    }
}
