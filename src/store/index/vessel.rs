//! sled in its folder, with what it takes to know whether it can be trusted.
//!
//! sled 0.34 may panic while it opens a damaged folder, its `flush` is no fsync, and a file that lost its end may open without
//! a word. So there are two small files beside the folder:
//! - `index.opening` is there while sled opens. Found at start, it says that the last open did not come back.
//! - `index.session` is there while the index is in use; it names the boot of the machine. Found at start with the same boot,
//!   only the process died: what sled wrote is in the kernel's hands and whole. With another boot the power was cut: what
//!   sled wrote since may be there in any order, so it is made again. An orderly close syncs sled's files and replaces the
//!   file by `index.closed`, which holds their lengths and checksums.

use std::fs;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::sled_error;
use crate::clock::Stopwatch;
use crate::limits::{INDEX_CACHE_OCTETS, INDEX_CHECKED_OCTETS, INDEX_FLUSH_MS, INDEX_LOCK_PATIENCE};
use crate::store::StoreError;

const FOLDER: &str = "index";
const BROKEN: &str = "index.broken-";
const OPENING: &str = "index.opening";
const SESSION: &str = "index.session";
const CLOSED: &str = "index.closed";
/// The environment variable in which `systemd/lifeboat.service` names the boot of the machine.
const BOOT_ID: &str = "LIFEBOAT_BOOT_ID";
/// Never equal to any other, not even to itself.
const UNKNOWN_BOOT: &str = "unknown";
/// The file in the folder that sled locks.
const SLED_FILE: &str = "db";
/// Between two looks whether it is free.
const LOCK_LOOK: Duration = Duration::from_millis(5);

pub struct Vessel {
    db: sled::Db,
    data_dir: PathBuf,
}

impl Vessel {
    /// Opens the folder if it can be trusted, an empty one otherwise; then the second part says why.
    pub fn open(data_dir: &Path) -> Result<(Vessel, Option<String>), StoreError> {
        let mut why = distrusted(data_dir);
        if let Some(why) = &why {
            quarantine(data_dir, why)?;
        }
        let_go(&data_dir.join(FOLDER)).map_err(StoreError::of)?;
        begin(data_dir).map_err(StoreError::of)?;
        let db = match open_sled(&data_dir.join(FOLDER)) {
            Ok(db) => db,
            Err(error) => {
                let text = error.to_string();
                quarantine(data_dir, &text)?;
                why = Some(text);
                begin(data_dir).map_err(StoreError::of)?;
                open_sled(&data_dir.join(FOLDER))?
            }
        };
        remove_if_there(&data_dir.join(OPENING)).map_err(StoreError::of)?;
        Ok((Vessel { db, data_dir: data_dir.to_owned() }, why))
    }

    /// Runs `what` on the tree. sled panics on some damage; that is damage too, not the end of the process.
    pub fn read<T>(&self, what: impl FnOnce(&sled::Tree) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let result =
            catch_unwind(AssertUnwindSafe(|| what(&self.db))).unwrap_or_else(|_| Err(StoreError::Damaged("the index panicked".to_owned())));
        if let Err(StoreError::Damaged(text)) = &result {
            self.distrust(text);
        }
        result
    }

    pub fn distrust(&self, why: &str) {
        log::error!("index distrusted, the next start makes it again: {why}");
        if let Err(error) = fs::write(self.data_dir.join(OPENING), why) {
            log::error!("index marker not written: {error}");
        }
    }

    pub fn size(&self) -> u64 {
        self.db.size_on_disk().unwrap_or(0)
    }

    /// Ends sled first, and then writes down how its files are: what its threads still had to do would change them.
    pub fn close(self) -> Result<(), StoreError> {
        self.read(|tree| tree.flush().map(drop).map_err(sled_error))?;
        let Vessel { db, data_dir } = self;
        drop(db);
        let_go(&data_dir.join(FOLDER)).map_err(StoreError::of)?;
        seal(&data_dir).map_err(StoreError::of)
    }
}

// Waits until nobody holds sled's lock. Its threads of the time before may still be at work on the files for a moment after the
// last handle is gone, and sled itself does not wait when it opens: it fails, and a good index would be set aside for that.
fn let_go(folder: &Path) -> io::Result<()> {
    let file = match fs::File::open(folder.join(SLED_FILE)) {
        // What else is there in its place, sled will say.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(()),
        file => file?,
    };
    let waited = Stopwatch::start();
    loop {
        match file.try_lock() {
            // Its own, which ends with it.
            Ok(()) => return Ok(()),
            Err(fs::TryLockError::WouldBlock) if waited.elapsed() < INDEX_LOCK_PATIENCE => std::thread::sleep(LOCK_LOOK),
            Err(fs::TryLockError::WouldBlock) => return Err(io::Error::other("another process holds the index")),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

fn open_sled(folder: &Path) -> Result<sled::Db, StoreError> {
    let config = sled::Config::new()
        .path(folder)
        .cache_capacity(INDEX_CACHE_OCTETS)
        .mode(sled::Mode::HighThroughput)
        .flush_every_ms(Some(INDEX_FLUSH_MS));
    catch_unwind(AssertUnwindSafe(|| config.open()))
        .unwrap_or_else(|_| Err(sled::Error::Corruption { at: None, bt: () }))
        .map_err(sled_error)
}

/// Sets the folder aside under a new name, keeping only the newest of those.
pub fn quarantine(data_dir: &Path, why: &str) -> Result<(), StoreError> {
    set_aside(data_dir, why).map_err(StoreError::of)
}

fn set_aside(data_dir: &Path, why: &str) -> io::Result<()> {
    let mut newest = 0;
    for entry in fs::read_dir(data_dir)? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.strip_prefix(BROKEN)?.parse::<u64>().ok());
        if let Some(number) = number {
            newest = newest.max(number);
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let removed = if is_folder { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
            // Old rubbish that will not go is no reason not to start.
            if let Err(error) = removed {
                log::warn!("index {} not removed: {error}", entry.path().display());
            }
        }
    }
    let folder = data_dir.join(FOLDER);
    if folder.exists() {
        let aside = data_dir.join(format!("{BROKEN}{}", newest + 1));
        log::warn!("index set aside as {}: {why}", aside.display());
        fs::rename(&folder, aside)?;
    }
    for marker in [OPENING, SESSION, CLOSED] {
        remove_if_there(&data_dir.join(marker))?;
    }
    Ok(())
}

/// Whether there is a folder at all, and why what is there cannot be trusted, if so. Changes nothing.
pub fn look(data_dir: &Path) -> (bool, Option<String>) {
    (data_dir.join(FOLDER).exists(), distrusted(data_dir))
}

// Why what is there cannot be trusted, if so.
fn distrusted(data_dir: &Path) -> Option<String> {
    if !data_dir.join(FOLDER).exists() {
        return Some("there is no index".to_owned());
    }
    if data_dir.join(OPENING).exists() {
        return Some("the last open did not come back, or damage was met".to_owned());
    }
    if let Ok(boot) = fs::read_to_string(data_dir.join(SESSION)) {
        let is_same = boot_id().is_some_and(|now| now == plain(&boot));
        return (!is_same).then(|| "the machine stopped while the index was in use".to_owned());
    }
    match (fs::read_to_string(data_dir.join(CLOSED)), fingerprint(&data_dir.join(FOLDER))) {
        (Ok(closed), Ok(found)) if closed == found => None,
        _ => Some("the index is not as it was left".to_owned()),
    }
}

fn begin(data_dir: &Path) -> io::Result<()> {
    fs::write(data_dir.join(OPENING), "opening")?;
    let session = data_dir.join(SESSION);
    fs::write(&session, boot_id().as_deref().unwrap_or(UNKNOWN_BOOT))?;
    fs::File::open(&session)?.sync_all()?;
    remove_if_there(&data_dir.join(CLOSED))?;
    fs::File::open(data_dir)?.sync_all()
}

fn seal(data_dir: &Path) -> io::Result<()> {
    let folder = data_dir.join(FOLDER);
    for path in files_of(&folder)? {
        fs::File::open(path)?.sync_all()?;
    }
    fs::File::open(&folder)?.sync_all()?;
    let closed = data_dir.join(CLOSED);
    fs::write(&closed, fingerprint(&folder)?)?;
    fs::File::open(&closed)?.sync_all()?;
    fs::File::open(data_dir)?.sync_all()?;
    remove_if_there(&data_dir.join(SESSION))
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

// One line a file: name, length, and the checksum of its beginning.
fn fingerprint(folder: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut left = INDEX_CHECKED_OCTETS;
    for path in files_of(folder)? {
        let file = fs::File::open(&path)?;
        let length = file.metadata()?.len();
        let sum = checksum(file.take(left))?;
        left = left.saturating_sub(length);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        text.push_str(&format!("{name} {length} {sum:08x}\n"));
    }
    Ok(text)
}

fn checksum(mut bytes: impl Read) -> io::Result<u32> {
    let mut buffer = vec![0; 256 * 1024];
    let mut sum = 0;
    loop {
        match bytes.read(&mut buffer)? {
            0 => return Ok(sum),
            read => sum = crc32c::crc32c_append(sum, &buffer[..read]),
        }
    }
}

// Names this run of the machine. The unit's ProcSubset=pid hides the kernel's file from the service, so that systemd hands it over.
// None if nobody knows it: then what a dead process left may be from before a power cut, and counts as such.
fn boot_id() -> Option<String> {
    let of_kernel = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    let id = plain(&of_kernel.or_else(|| std::env::var(BOOT_ID).ok())?);
    (!id.is_empty() && id != UNKNOWN_BOOT).then_some(id)
}

// The kernel writes it with hyphens, systemd without.
fn plain(id: &str) -> String {
    id.trim().replace('-', "")
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Makes an index with one row, closes it, lets something happen to the folder; is the row there on the next open?
    fn check(happens: impl FnOnce(&Path), expected: bool) {
        let data = tempfile::tempdir().unwrap();
        let (vessel, why) = Vessel::open(data.path()).unwrap();
        assert!(why.is_some(), "the first index is new");
        vessel.db.insert("key", "value").unwrap();
        vessel.close().unwrap();
        happens(data.path());
        let (vessel, why) = Vessel::open(data.path()).unwrap();
        assert_eq!(vessel.db.get("key").unwrap().is_some(), expected, "{why:?}");
        assert_eq!(why.is_none(), expected, "{why:?}");
        let broken = fs::read_dir(data.path()).unwrap().filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with(BROKEN));
        assert!(broken.count() <= 1);
    }

    #[test]
    fn what_was_closed_in_order_is_trusted() {
        check(|_| {}, true);
    }

    #[test]
    fn files_that_are_held_a_moment_longer_are_waited_for() {
        check(
            |data| {
                let (held, holds) = std::sync::mpsc::channel();
                let file = fs::File::open(data.join(FOLDER).join(SLED_FILE)).unwrap();
                std::thread::spawn(move || {
                    file.try_lock().unwrap();
                    held.send(()).unwrap();
                    std::thread::sleep(20 * LOCK_LOOK);
                });
                holds.recv().unwrap();
            },
            true,
        );
    }

    #[test]
    fn anything_else_is_not() {
        check(|data| fs::remove_dir_all(data.join(FOLDER)).unwrap(), false);
        check(|data| fs::write(data.join(OPENING), "").unwrap(), false);
        check(|data| fs::remove_file(data.join(CLOSED)).unwrap(), false);
        check(|data| fs::write(data.join(SESSION), "another boot").unwrap(), false);
        check(|data| fs::write(data.join(SESSION), UNKNOWN_BOOT).unwrap(), false);
        check(|data| fs::OpenOptions::new().write(true).open(data.join("index/db")).unwrap().set_len(1000).unwrap(), false);
        check(|data| fs::write(data.join("index/conf"), "no").unwrap(), false);
        check(put_a_file_in_its_place, false);
    }

    fn put_a_file_in_its_place(data: &Path) {
        fs::remove_dir_all(data.join(FOLDER)).unwrap();
        fs::write(data.join(FOLDER), "no folder").unwrap();
    }

    #[test]
    fn a_file_in_place_of_the_index_is_set_aside_like_any_other() {
        let data = tempfile::tempdir().unwrap();
        for round in 1..4 {
            fs::write(data.path().join(FOLDER), "no folder").unwrap();
            let (_, why) = Vessel::open(data.path()).unwrap();
            assert!(why.is_some(), "round {round}");
            fs::remove_dir_all(data.path().join(FOLDER)).unwrap();
        }
    }

    #[test]
    fn a_process_that_died_leaves_a_good_index() {
        let boot = boot_id().expect("the kernel names its boot");
        check(|data| fs::write(data.join(SESSION), &boot).unwrap(), true);
        // Of the version before, which kept it as the kernel writes it.
        check(|data| fs::write(data.join(SESSION), fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap()).unwrap(), true);
    }

    #[test]
    fn only_one_broken_index_is_kept() {
        let data = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            fs::create_dir_all(data.path().join(FOLDER)).unwrap();
            quarantine(data.path(), "test").unwrap();
        }
        let names: Vec<_> = fs::read_dir(data.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["index.broken-3"]);
    }
}
