//! Room that is kept for a full disk: to start on it, and to write a change of mode down.
//!
//! A box that is started again while something else has filled its disk could not even mark its index as in use, and would stay down in
//! front of a healthy primary; and a flip that is not written down is forgotten by a restart. So two files lie in the data folder and
//! are given up then: enough for the index and for changes of state; mail streams through until there is room.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

use super::Files;
use crate::limits::{DISK_BALLAST_LEDGER_OCTETS, DISK_BALLAST_START_OCTETS, DISK_RESERVE_OCTETS};

/// What the room is for: neither use can take that of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ballast {
    Start,
    Ledger,
}

impl Ballast {
    const ALL: [Ballast; 2] = [Ballast::Start, Ballast::Ledger];

    fn path(self, data_dir: &Path) -> PathBuf {
        data_dir.join(match self {
            Ballast::Start => "ballast.start",
            Ballast::Ledger => "ballast.ledger",
        })
    }

    fn octets(self) -> u64 {
        match self {
            Ballast::Start => DISK_BALLAST_START_OCTETS,
            Ballast::Ledger => DISK_BALLAST_LEDGER_OCTETS,
        }
    }

    /// Gives the room up. False if there was none.
    pub fn give_up(self, data_dir: &Path) -> bool {
        let given_up = fs::remove_file(self.path(data_dir)).is_ok();
        if given_up {
            log::warn!("store ballast given up for={self:?}: the disk is full");
        }
        given_up
    }
}

/// Makes the files that are missing if there is plenty of room. Going without is no error.
pub fn lay(files: &dyn Files, data_dir: &Path) {
    for ballast in Ballast::ALL {
        let path = ballast.path(data_dir);
        let roomy = files.free_octets(data_dir).is_ok_and(|free| free >= DISK_RESERVE_OCTETS + ballast.octets());
        if roomy
            && !path.exists()
            && let Err(error) = make(&path, ballast.octets())
        {
            log::warn!("store ballast not made: {error}");
            let _ = fs::remove_file(&path);
        }
    }
}

fn make(path: &Path, octets: u64) -> io::Result<()> {
    // No octet is written: the file system only sets the blocks aside.
    Ok(fallocate(File::create(path)?, FallocateFlags::empty(), 0, octets)?)
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
        for ballast in Ballast::ALL {
            let blocks = fs::metadata(ballast.path(data.path())).unwrap().blocks();
            assert!(blocks * 512 >= ballast.octets(), "{ballast:?}: {blocks} blocks");
        }
        for ballast in Ballast::ALL {
            assert!(ballast.give_up(data.path()), "{ballast:?}");
            assert!(!ballast.give_up(data.path()), "{ballast:?}");
        }
        lay(&Disk, data.path());
        assert!(Ballast::Start.give_up(data.path()), "it is laid again");
    }
}
