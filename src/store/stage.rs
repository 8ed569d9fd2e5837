//! A body on its way in: in memory while small, in an unnamed or temporary file when large.

use std::path::PathBuf;

/// Collects a body. Above [`crate::limits::STAGE_MEMORY_MAX_OCTETS`] it moves to a file in `folder` that vanishes with it.
#[derive(Debug)]
pub struct Staged {
    _private: (),
}

impl Staged {
    /// `folder` must exist when the body grows large.
    pub fn new(_folder: PathBuf) -> Staged {
        todo!()
    }

    /// A small body that is there already.
    pub fn from_bytes(_bytes: Vec<u8>) -> Staged {
        todo!()
    }

    pub fn write(&mut self, _bytes: &[u8]) -> std::io::Result<()> {
        todo!()
    }

    /// In octets.
    pub fn len(&self) -> u64 {
        todo!()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first octets, at most `length` (for reading the header block).
    pub fn head(&self, _length: usize) -> std::io::Result<Vec<u8>> {
        todo!()
    }

    /// Up to `length` octets from `offset`; empty at the end.
    pub fn piece(&self, _offset: u64, _length: usize) -> std::io::Result<Vec<u8>> {
        todo!()
    }
}
