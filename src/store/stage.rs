//! A body on its way in: in memory while small, in an unnamed or temporary file when large.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits::STAGE_MEMORY_MAX_OCTETS;

/// Collects a body. Above [`crate::limits::STAGE_MEMORY_MAX_OCTETS`] it moves to a file in `folder` that vanishes with it.
#[derive(Debug)]
pub struct Staged {
    folder: Option<PathBuf>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<u8>),
    /// `front` stands before what is in the file (see [`Staged::prepend`]); `length` counts the file alone.
    File {
        front: Vec<u8>,
        file: File,
        length: u64,
    },
}

/// Keeps names of one process apart; a name lives only between `open` and `unlink`.
static NEXT_NAME: AtomicU64 = AtomicU64::new(0);

impl Staged {
    /// `folder` must exist when the body grows large.
    pub fn new(folder: PathBuf) -> Staged {
        Staged { folder: Some(folder), place: Place::Memory(Vec::new()) }
    }

    /// A small body that is there already.
    pub fn from_bytes(bytes: Vec<u8>) -> Staged {
        Staged { folder: None, place: Place::Memory(bytes) }
    }

    /// Appends. After an error the body is as long as before.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Place::Memory(memory) = &mut self.place {
            let Some(folder) = &self.folder else {
                memory.extend_from_slice(bytes);
                return Ok(());
            };
            if memory.len() + bytes.len() <= STAGE_MEMORY_MAX_OCTETS {
                memory.extend_from_slice(bytes);
                return Ok(());
            }
            let file = unnamed(folder)?;
            file.write_all_at(memory, 0)?;
            self.place = Place::File { front: Vec::new(), length: memory.len() as u64, file };
        }
        if let Place::File { file, length, .. } = &mut self.place {
            file.write_all_at(bytes, *length)?;
            *length += bytes.len() as u64;
        }
        Ok(())
    }

    /// Puts a few octets (a trace field) before everything, without moving a large body.
    pub fn prepend(&mut self, bytes: &[u8]) {
        let front = match &mut self.place {
            Place::Memory(memory) => memory,
            Place::File { front, .. } => front,
        };
        front.splice(0..0, bytes.iter().copied());
    }

    /// In octets.
    pub fn len(&self) -> u64 {
        match &self.place {
            Place::Memory(memory) => memory.len() as u64,
            Place::File { front, length, .. } => front.len() as u64 + *length,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first octets, at most `length` (for reading the header block).
    pub fn head(&self, length: usize) -> io::Result<Vec<u8>> {
        self.piece(0, length)
    }

    /// Up to `length` octets from `offset`; empty at the end.
    pub fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX).min(length);
        if left == 0 {
            return Ok(Vec::new());
        }
        match &self.place {
            Place::Memory(memory) => {
                let start = offset as usize;
                Ok(memory[start..start + left].to_vec())
            }
            Place::File { front, file, .. } => {
                let mut bytes = vec![0; left];
                let fronted = front.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
                let fronted = &fronted[..fronted.len().min(left)];
                bytes[..fronted.len()].copy_from_slice(fronted);
                let at = offset.saturating_sub(front.len() as u64);
                file.read_exact_at(&mut bytes[fronted.len()..], at)?;
                Ok(bytes)
            }
        }
    }

    /// Makes a body in a file unreadable, as a failing disk would.
    #[cfg(test)]
    pub(super) fn lose(&self) {
        if let Place::File { file, length, .. } = &self.place {
            file.set_len(length - 1).unwrap();
        }
    }

    /// The whole body, if it is in memory.
    pub(super) fn in_memory(&self) -> Option<&[u8]> {
        match &self.place {
            Place::Memory(memory) => Some(memory),
            Place::File { .. } => None,
        }
    }
}

/// A file without a name: it is gone when the process is, however that ends.
fn unnamed(folder: &std::path::Path) -> io::Result<File> {
    let name = format!("{}-{}", std::process::id(), NEXT_NAME.fetch_add(1, Ordering::Relaxed));
    let path = folder.join(name);
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[usize]) {
        check_with_front(pieces, b"");
        check_with_front(pieces, b"Received: from here\r\n");
    }

    fn check_with_front(pieces: &[usize], front: &[u8]) {
        let folder = tempfile::tempdir().unwrap();
        let mut staged = Staged::new(folder.path().to_owned());
        let mut expected = Vec::new();
        for (at, length) in pieces.iter().enumerate() {
            let piece: Vec<u8> = (0..*length).map(|i| (i * 7 + at) as u8).collect();
            staged.write(&piece).unwrap();
            expected.extend_from_slice(&piece);
        }
        let body_octets = expected.len();
        staged.prepend(front);
        expected.splice(0..0, front.iter().copied());
        assert_eq!(staged.len(), expected.len() as u64);
        assert_eq!(staged.is_empty(), expected.is_empty());
        assert_eq!(staged.head(100).unwrap(), &expected[..expected.len().min(100)]);
        assert_eq!(staged.piece(0, expected.len() + 9).unwrap(), expected);
        assert_eq!(staged.piece(expected.len() as u64, 9).unwrap(), b"");
        assert_eq!(staged.piece(u64::MAX, 9).unwrap(), b"");
        let middle = expected.len() / 2;
        assert_eq!(staged.piece(middle as u64, 5).unwrap(), &expected[middle..(middle + 5).min(expected.len())]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing has a name");
        for offset in 0..front.len().min(expected.len()) {
            assert_eq!(staged.piece(offset as u64, 40).unwrap(), &expected[offset..(offset + 40).min(expected.len())]);
        }
        assert_eq!(staged.in_memory().is_some(), body_octets <= STAGE_MEMORY_MAX_OCTETS);
    }

    #[test]
    fn small_and_large() {
        check(&[]);
        check(&[10, 0, 20]);
        check(&[STAGE_MEMORY_MAX_OCTETS]);
        check(&[STAGE_MEMORY_MAX_OCTETS, 1]);
        check(&[5, STAGE_MEMORY_MAX_OCTETS, 3000, 1]);
    }

    #[test]
    fn a_failed_move_to_a_file_keeps_the_body() {
        let mut staged = Staged::new(PathBuf::from("/nonexistent/folder"));
        staged.write(b"abc").unwrap();
        assert!(staged.write(&vec![0; STAGE_MEMORY_MAX_OCTETS]).is_err());
        assert_eq!(staged.piece(0, 10).unwrap(), b"abc");
    }
}
