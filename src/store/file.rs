//! File access behind one small trait, so that tests can make any operation fail.
//!
//! Everything that the spool and the ledger do to the disk goes through [`Files`]. Two things do not: sled
//! (the index is a view and may be thrown away) and staged bodies (nothing was promised about them yet).

use std::fs;
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;

/// How to open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// An existing file, for reading.
    Read,
    /// For reading and writing; made if missing.
    Write,
    /// For reading and writing; fails with `AlreadyExists` if it is there.
    New,
}

/// A folder tree.
pub trait Files: Send + Sync {
    fn open(&self, path: &Path, how: How) -> io::Result<Box<dyn OpenFile>>;
    /// Names of the plain files in a folder, in any order.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    fn create_dir_all(&self, folder: &Path) -> io::Result<()>;
    /// Makes names made, renamed and removed in the folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Octets that may still be written to the file system of `folder`.
    fn free_octets(&self, folder: &Path) -> io::Result<u64>;
}

/// An open file. All access names its offset: there is no position to get wrong after a failed write.
pub trait OpenFile: Send + Sync {
    /// Fills `bytes` from `offset` as far as the file goes; returns how much that was.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize>;
    /// Writes all of `bytes`. After an error any part of them may be there.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Writes all pieces, one behind the other. After an error any part of them may be there.
    fn write_pieces_at(&self, mut offset: u64, pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
        for piece in pieces {
            self.write_at(offset, piece)?;
            offset += piece.len() as u64;
        }
        Ok(())
    }
    /// Makes content and length durable (`fdatasync`).
    fn sync_data(&self) -> io::Result<()>;
    /// In octets.
    fn length(&self) -> io::Result<u64>;
    fn truncate(&self, length: u64) -> io::Result<()>;
}

/// Writes a small file beside the store as a whole, for nobody else to read: a temporary file, fsync, rename, fsync of the folder, which is made if
/// it is missing.
///
/// # Errors
/// Of the disk; what was there is there then.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_folder(folder)?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let _not_there = fs::remove_file(&temporary);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    fs::File::open(folder)?.sync_all()
}

/// Makes a folder, and those above it that are missing, for this user alone: mail and the passwords in notices lie in files whose own
/// mode the umask decides.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Pieces that the kernel takes at a time (`IOV_MAX` of Linux).
const WRITE_PIECES_MAX: usize = 1024;

/// The real disk.
pub struct Disk;

impl Files for Disk {
    fn open(&self, path: &Path, how: How) -> io::Result<Box<dyn OpenFile>> {
        let mut options = fs::OpenOptions::new();
        match how {
            How::Read => options.read(true),
            How::Write => options.read(true).write(true).create(true).truncate(false),
            How::New => options.read(true).write(true).create_new(true),
        };
        Ok(Box::new(options.open(path)?))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        Ok(names)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_dir_all(&self, folder: &Path) -> io::Result<()> {
        make_folder(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        fs::File::open(folder)?.sync_all()
    }

    fn free_octets(&self, folder: &Path) -> io::Result<u64> {
        let room = rustix::fs::statvfs(folder)?;
        Ok(room.f_bavail.saturating_mul(room.f_frsize))
    }
}

impl OpenFile for fs::File {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < bytes.len() {
            match FileExt::read_at(self, &mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn write_pieces_at(&self, mut offset: u64, mut pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
        // Pieces without octets at the front would look like a write that got nowhere.
        IoSlice::advance_slices(&mut pieces, 0);
        while !pieces.is_empty() {
            let some = pieces.len().min(WRITE_PIECES_MAX);
            match rustix::io::pwritev(self, &pieces[..some], offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    offset += written as u64;
                    IoSlice::advance_slices(&mut pieces, written);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        fs::File::sync_data(self)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn folders_are_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("data/spool");
        Disk.create_dir_all(&inner).unwrap();
        Disk.create_dir_all(&inner).unwrap();
        for made in [folder.path().join("data"), inner] {
            assert_eq!(std::fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700, "{}", made.display());
        }
    }

    #[test]
    fn reads_back_what_was_written_at_any_offset() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file = Disk.open(&path, How::New).unwrap();
        file.write_at(3, b"def").unwrap();
        file.write_at(0, b"abc").unwrap();
        let mut bytes = [0; 10];
        assert_eq!(file.read_at(1, &mut bytes).unwrap(), 5);
        assert_eq!(&bytes[..5], b"bcdef");
        file.truncate(2).unwrap();
        assert_eq!(file.length().unwrap(), 2);
        let many: Vec<[u8; 3]> = (0..3000u32).map(|number| [number as u8, 1, 2]).collect();
        let mut pieces: Vec<IoSlice<'_>> = many.iter().flat_map(|piece| [IoSlice::new(&[]), IoSlice::new(piece)]).collect();
        file.write_pieces_at(1, &mut pieces).unwrap();
        let mut written = vec![0; 9001];
        assert_eq!(file.read_at(0, &mut written).unwrap(), 9001);
        assert_eq!((written[0], &written[1..]), (b'a', many.concat().as_slice()));
        assert!(Disk.open(&path, How::New).is_err());
        assert_eq!(Disk.list(folder.path()).unwrap(), ["file"]);
        assert!(Disk.free_octets(folder.path()).unwrap() > 0);
    }
}
