//! `lifeboat fsck`: checks what is stored and changes nothing; with `--rebuild`, and the box stopped, makes the index again.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;
use std::sync::Arc;

use lifeboat::clock::{Clock, SystemClock};
use lifeboat::store::fsck::{self as store, FsckReport, Rebuilt};
use lifeboat::store::{Disk, Files, StoreError};
use serde_json::json;

use super::args::Fsck;
use super::{DONE, FAILED, complain, load, say};

/// Exit codes: 0 all that was acknowledged is there, 1 something is not or could not be done, 78 bad configuration.
pub fn fsck(command: &Fsck) -> u8 {
    let loaded = match load::load_or_complain(&command.config) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let data_dir = &loaded.config.server.data_dir;
    let done = if data_dir.join("spool").is_dir() {
        work(data_dir, command.rebuild)
    } else {
        Err(format!("nothing is stored in {} yet", data_dir.display()))
    };
    match done {
        Ok(Done { report, rebuilt }) => {
            if command.json {
                say(&format!("{:#}", json!({ "clean": report.is_clean(), "found": report, "rebuilt": rebuilt })));
            } else {
                rebuilt.iter().for_each(|rebuilt| say(&rebuilt.to_string()));
                say(&report.to_string());
            }
            if report.is_clean() { DONE } else { FAILED }
        }
        Err(text) => {
            if command.json {
                say(&format!("{:#}", json!({ "error": text })));
            } else {
                complain(&format!("lifeboat: {text}"));
            }
            FAILED
        }
    }
}

struct Done {
    report: FsckReport,
    rebuilt: Option<Rebuilt>,
}

fn work(data_dir: &Path, rebuild: bool) -> Result<Done, String> {
    let files: Arc<dyn Files> = Arc::new(Disk);
    let rebuilt = if rebuild {
        let rebuilt = store::rebuild(data_dir, Arc::clone(&files), SystemClock::new().now().wall);
        // Whatever happened, what was written must belong to the box.
        give_back(data_dir).map_err(|error| format!("cannot give {} back to its owner: {error}", data_dir.display()))?;
        Some(rebuilt.map_err(|error| in_words(data_dir, &error))?)
    } else {
        None
    };
    let report = store::check(data_dir, files).map_err(|error| in_words(data_dir, &error))?;
    Ok(Done { report, rebuilt })
}

fn in_words(data_dir: &Path, error: &StoreError) -> String {
    match error {
        StoreError::InUse => format!("a running box uses {}; stop it first: systemctl stop 'lifeboat*'", data_dir.display()),
        error => error.to_string(),
    }
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
