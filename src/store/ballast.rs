//! Room that is kept for a full disk: to start on it, and to write a change of mode down.
//!
//! A box that is started again while something else has filled its disk could not even mark its index as in use, and would stay down in
//! front of a healthy primary. So a file of [`DISK_BALLAST_OCTETS`] lies in the data folder and is given up then: enough for
//! the index and for changes of state; mail streams through until there is room.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate};

use super::Files;
use crate::limits::{DISK_BALLAST_OCTETS, DISK_RESERVE_OCTETS};

const FILE: &str = "ballast";

/// Makes the file if it is missing and there is plenty of room. Going without it is no error.
pub fn lay(files: &dyn Files, data_dir: &Path) {
    let path = data_dir.join(FILE);
    let roomy = files.free_octets(data_dir).is_ok_and(|free| free >= DISK_RESERVE_OCTETS + DISK_BALLAST_OCTETS);
    if !roomy || path.exists() {
        return;
    }
    if let Err(error) = make(&path) {
        log::warn!("store ballast not made: {error}");
        let _ = fs::remove_file(&path);
    }
}

fn make(path: &Path) -> io::Result<()> {
    // No octet is written: the file system only sets the blocks aside.
    Ok(fallocate(File::create(path)?, FallocateFlags::empty(), 0, DISK_BALLAST_OCTETS)?)
}

/// Gives the room up. False if there was none.
pub fn give_up(data_dir: &Path) -> bool {
    let given_up = fs::remove_file(data_dir.join(FILE)).is_ok();
    if given_up {
        log::warn!("store ballast given up: the disk is full");
    }
    given_up
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::store::Disk;

    #[test]
    fn it_takes_real_room_and_gives_it_back_once() {
        let data = tempfile::tempdir().unwrap();
        lay(&Disk, data.path());
        let blocks = fs::metadata(data.path().join(FILE)).unwrap().blocks();
        assert!(blocks * 512 >= DISK_BALLAST_OCTETS, "{blocks} blocks");
        assert!(give_up(data.path()));
        assert!(!give_up(data.path()));
    }
}
