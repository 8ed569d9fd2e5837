//! `lifeboat fsck`: checks what is stored while the box is stopped.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;
use std::sync::Arc;

use lifeboat::store::{Disk, StoreError, fsck as store};

use super::{DONE, FAILED, complain, load, say};

pub fn fsck(config: &Path, rebuild: bool) -> u8 {
    let loaded = match load::load_or_complain(config) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let data_dir = &loaded.config.server.data_dir;
    if !data_dir.join("spool").is_dir() {
        complain(&format!("lifeboat: nothing is stored in {} yet", data_dir.display()));
        return FAILED;
    }
    let checked = check(data_dir, rebuild);
    // Whatever happened, what was written must belong to the box.
    if let Err(error) = give_back(data_dir) {
        complain(&format!("lifeboat: cannot give {} back to its owner: {error}", data_dir.display()));
        return FAILED;
    }
    match checked {
        Ok((report, true)) => {
            say(&report);
            DONE
        }
        Ok((report, false)) => {
            say(&report);
            FAILED
        }
        Err(StoreError::InUse) => {
            complain(&format!("lifeboat: a running box uses {}; stop it first: systemctl stop lifeboat", data_dir.display()));
            FAILED
        }
        Err(error) => {
            complain(&format!("lifeboat: {error}"));
            FAILED
        }
    }
}

/// The report, and whether it is clean.
fn check(data_dir: &Path, rebuild: bool) -> Result<(String, bool), StoreError> {
    if rebuild {
        store::rebuild(data_dir)?;
    }
    let report = store::check(data_dir, Arc::new(Disk))?;
    Ok((report.to_string(), report.is_clean()))
}

/// Run by root, fsck leaves files that the box's own user could not open: they get the owner of the data folder.
fn give_back(data_dir: &Path) -> io::Result<()> {
    let owner = fs::metadata(data_dir)?;
    for entry in fs::read_dir(data_dir)? {
        give_to(&entry?.path(), owner.uid(), owner.gid())?;
    }
    Ok(())
}

fn give_to(path: &Path, uid: u32, gid: u32) -> io::Result<()> {
    let there = fs::symlink_metadata(path)?;
    if there.uid() != uid || there.gid() != gid {
        // Never through a symbolic link: it may point anywhere.
        lchown(path, Some(uid), Some(gid))?;
    }
    if there.is_dir() {
        for entry in fs::read_dir(path)? {
            give_to(&entry?.path(), uid, gid)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_root_wrote_belongs_to_the_box_again() {
        let folder = tempfile::tempdir().unwrap();
        let nested = folder.path().join("index");
        fs::create_dir(&nested).unwrap();
        fs::write(nested.join("db"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", nested.join("link")).unwrap();
        // Only root may give files away; for anybody else everything is already right.
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            std::os::unix::fs::chown(folder.path(), Some(4711), Some(4711)).unwrap();
        }
        let outside = fs::metadata("/etc/hostname").map(|there| there.uid()).ok();
        give_back(folder.path()).unwrap();
        let owner = fs::metadata(folder.path()).unwrap().uid();
        for path in [nested.clone(), nested.join("db"), nested.join("link")] {
            assert_eq!(fs::symlink_metadata(&path).unwrap().uid(), owner, "{}", path.display());
        }
        assert_eq!(fs::metadata("/etc/hostname").map(|there| there.uid()).ok(), outside);
    }
}
