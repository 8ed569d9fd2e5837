//! A disk that fails at one chosen operation.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::{Disk, Files, How, OpenFile};

/// How the operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Any operation.
    Eio,
    /// Operations that need room: writes and new files.
    Enospc,
    /// Writes; they get half-way.
    Short,
}

/// Counts the operations that the fault can meet and fails the one with the chosen number.
pub struct Faulty {
    state: Arc<State>,
}

struct State {
    fault: Fault,
    fails_at: u64,
    count: AtomicU64,
    /// Free space that is reported; `u64::MAX` asks the disk.
    free: AtomicU64,
}

impl Faulty {
    pub fn new(fault: Fault, fails_at: u64) -> Faulty {
        let state = State { fault, fails_at, count: AtomicU64::new(0), free: AtomicU64::new(u64::MAX) };
        Faulty { state: Arc::new(state) }
    }

    pub fn operations(&self) -> u64 {
        self.state.count.load(Ordering::SeqCst)
    }

    pub fn set_free(&self, octets: u64) {
        self.state.free.store(octets, Ordering::SeqCst);
    }
}

impl State {
    fn fails(&self, needs_room: bool) -> bool {
        let meets = self.fault == Fault::Eio || needs_room;
        meets && self.count.fetch_add(1, Ordering::SeqCst) == self.fails_at
    }

    fn error(&self) -> io::Error {
        match self.fault {
            Fault::Enospc => io::Error::from_raw_os_error(28),
            Fault::Eio | Fault::Short => io::Error::from_raw_os_error(5),
        }
    }

    fn may(&self) -> io::Result<()> {
        if self.fails(false) { Err(self.error()) } else { Ok(()) }
    }
}

impl Files for Faulty {
    fn open(&self, path: &Path, how: How) -> io::Result<Box<dyn OpenFile>> {
        if self.state.fails(how == How::New && self.state.fault == Fault::Enospc) {
            return Err(self.state.error());
        }
        Ok(Box::new(FaultyFile { file: Disk.open(path, how)?, state: Arc::clone(&self.state) }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.state.may()?;
        Disk.list(folder)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.state.may()?;
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state.may()?;
        Disk.remove(path)
    }

    fn create_dir_all(&self, folder: &Path) -> io::Result<()> {
        self.state.may()?;
        Disk.create_dir_all(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.state.may()?;
        Disk.sync_folder(folder)
    }

    fn free_octets(&self, folder: &Path) -> io::Result<u64> {
        self.state.may()?;
        match self.state.free.load(Ordering::SeqCst) {
            u64::MAX => Disk.free_octets(folder),
            octets => Ok(octets),
        }
    }
}

struct FaultyFile {
    file: Box<dyn OpenFile>,
    state: Arc<State>,
}

impl OpenFile for FaultyFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        self.state.may()?;
        self.file.read_at(offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if self.state.fails(true) {
            if self.state.fault == Fault::Short {
                self.file.write_at(offset, &bytes[..bytes.len() / 2])?;
            }
            return Err(self.state.error());
        }
        self.file.write_at(offset, bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.state.may()?;
        self.file.sync_data()
    }

    fn length(&self) -> io::Result<u64> {
        self.state.may()?;
        self.file.length()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.state.may()?;
        self.file.truncate(length)
    }
}
