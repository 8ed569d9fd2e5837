//! A disk in memory that forgets what was not synced when the power goes.
//!
//! It is harsher than a real one. Of each sector any content may be left that it had since its file's last sync, so that later writes may
//! be there while earlier ones are not and every write may be torn; the length may be any that the file had; each name made, changed
//! or removed since the last sync of its folder may have happened or not. Everything done to it is kept, so that a power cut can be tried
//! at each instant of one run.

mod image;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use image::{Event, Image, Luck};

use self::image::Entry;
use super::super::{Files, How, OpenFile};
use crate::limits::DISK_RESERVE_OCTETS;

/// Room that it claims to have: enough for mail, too little for the ballast, which is no file of the trait's.
const FREE_OCTETS: u64 = DISK_RESERVE_OCTETS + 3 * 1024 * 1024;

/// Ways in which a disk can lie about what it has synced, to see that the tests would notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lie {
    #[default]
    None,
    /// The content of files is not synced.
    Content,
    /// Names are not synced.
    Names,
}

/// How operations fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Any operation.
    Dead,
    /// Operations that need room: writes and new files. No room is said to be free.
    Full,
    /// Writes; they get half-way.
    Short,
    /// fsyncs; what they should have written is dropped, and no later one says so.
    Sync,
}

/// Which operations fail: of those that the failure can meet, the ones with these numbers.
#[derive(Clone, Debug)]
struct Plan {
    failure: Failure,
    numbers: Range<u64>,
    met: u64,
}

#[derive(Default)]
struct State {
    image: Image,
    events: Vec<Event>,
    syncs_to_fail: usize,
    lie: Lie,
    plan: Option<Plan>,
}

/// What an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Nothing,
    Room,
    Sync,
}

/// The disk. Clones are the same one.
#[derive(Clone)]
pub struct Simulated {
    root: PathBuf,
    state: Arc<Mutex<State>>,
}

impl Simulated {
    /// `root` is there already; what is outside of it is not this disk's.
    pub fn new(root: &Path, image: Image, lie: Lie) -> Simulated {
        Simulated { root: root.to_owned(), state: Arc::new(Mutex::new(State { image, lie, ..State::default() })) }
    }

    /// So many of the next fsyncs fail and lose what they should have written.
    pub fn fail_syncs(&self, syncs: usize) {
        self.state().syncs_to_fail = syncs;
    }

    /// Operations with these numbers, of those that the failure can meet, will fail.
    pub fn fail(&self, failure: Failure, numbers: Range<u64>) {
        self.state().plan = Some(Plan { failure, numbers, met: 0 });
    }

    /// Nothing fails any more. How many operations the failure could have met.
    pub fn heal(&self) -> u64 {
        self.state().plan.take().map_or(0, |plan| plan.met)
    }

    pub fn note(&self, note: usize) {
        self.state().events.push(Event::Noted(note));
    }

    /// Everything that was done, in order.
    pub fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    pub fn image(&self) -> Image {
        self.state().image.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn may(&mut self, need: Need) -> Result<(), Failure> {
        let Some(plan) = &mut self.plan else { return Ok(()) };
        let meets = match plan.failure {
            Failure::Dead => true,
            Failure::Full | Failure::Short => need == Need::Room,
            Failure::Sync => need == Need::Sync,
        };
        if !meets {
            return Ok(());
        }
        plan.met += 1;
        if plan.numbers.contains(&(plan.met - 1)) { Err(plan.failure) } else { Ok(()) }
    }

    fn is_full(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.failure == Failure::Full && plan.numbers.contains(&plan.met))
    }

    fn happen(&mut self, event: Event) {
        self.image.apply(&event);
        self.events.push(event);
    }
}

fn error(failure: Failure) -> io::Error {
    io::Error::from_raw_os_error(if failure == Failure::Full { 28 } else { 5 })
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Files for Simulated {
    fn open(&self, path: &Path, how: How) -> io::Result<Box<dyn OpenFile>> {
        let mut state = self.state();
        let makes = how != How::Read && !state.image.seen.contains_key(path);
        state.may(if makes { Need::Room } else { Need::Nothing }).map_err(error)?;
        let file = match (state.image.seen.get(path), how) {
            (Some(Entry::File(_)), How::New) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Some(Entry::File(file)), _) => *file,
            (Some(Entry::Folder), _) => return Err(io::ErrorKind::IsADirectory.into()),
            (None, How::Read) => return Err(not_found()),
            (None, How::Write | How::New) => {
                let folder = path.parent().ok_or_else(not_found)?;
                if folder != self.root && state.image.seen.get(folder) != Some(&Entry::Folder) {
                    return Err(not_found());
                }
                let file = state.image.nodes.last_key_value().map_or(0, |(last, _)| last + 1);
                state.happen(Event::Made(path.to_owned(), file));
                file
            }
        };
        Ok(Box::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.may(Need::Nothing).map_err(error)?;
        if folder != self.root && !state.image.seen.contains_key(folder) {
            return Err(not_found());
        }
        let within = state.image.seen.iter().filter(|(path, entry)| path.parent() == Some(folder) && matches!(entry, Entry::File(_)));
        Ok(within.filter_map(|(path, _)| Some(path.file_name()?.to_string_lossy().into_owned())).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.may(Need::Nothing).map_err(error)?;
        if !state.image.seen.contains_key(from) {
            return Err(not_found());
        }
        state.happen(Event::Renamed(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.may(Need::Nothing).map_err(error)?;
        if !state.image.seen.contains_key(path) {
            return Err(not_found());
        }
        state.happen(Event::Removed(path.to_owned()));
        Ok(())
    }

    fn create_dir_all(&self, folder: &Path) -> io::Result<()> {
        // Staged bodies are no files of this disk: they need the folder for real.
        std::fs::create_dir_all(folder)?;
        let mut state = self.state();
        state.may(Need::Nothing).map_err(error)?;
        let missing: Vec<&Path> =
            folder.ancestors().take_while(|one| *one != self.root).filter(|one| !state.image.seen.contains_key(*one)).collect();
        for one in missing.into_iter().rev() {
            state.happen(Event::Folder(one.to_owned()));
        }
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.may(Need::Nothing).map_err(error)?;
        if state.lie != Lie::Names {
            state.happen(Event::FolderSynced(folder.to_owned()));
        }
        Ok(())
    }

    fn free_octets(&self, _folder: &Path) -> io::Result<u64> {
        let mut state = self.state();
        state.may(Need::Nothing).map_err(error)?;
        Ok(if state.is_full() { 0 } else { FREE_OCTETS })
    }
}

struct SimulatedFile {
    disk: Simulated,
    file: u64,
}

impl OpenFile for SimulatedFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.may(Need::Nothing).map_err(error)?;
        let seen = &state.image.node(self.file).seen;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(seen.len());
        let read = bytes.len().min(seen.len() - from);
        bytes[..read].copy_from_slice(&seen[from..from + read]);
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let written = match state.may(Need::Room) {
            Ok(()) => bytes.len(),
            Err(Failure::Short) => bytes.len() / 2,
            Err(failure) => return Err(error(failure)),
        };
        state.happen(Event::Written(self.file, offset, bytes[..written].into()));
        if written < bytes.len() { Err(error(Failure::Short)) } else { Ok(()) }
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        let fails = state.syncs_to_fail > 0;
        state.syncs_to_fail = state.syncs_to_fail.saturating_sub(1);
        if let Some(failure) = state.may(Need::Sync).err().or(fails.then_some(Failure::Sync)) {
            state.happen(Event::Dropped(self.file));
            return Err(error(failure));
        }
        if state.lie != Lie::Content {
            state.happen(Event::Synced(self.file));
        }
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        let mut state = self.disk.state();
        state.may(Need::Nothing).map_err(error)?;
        Ok(state.image.node(self.file).seen.len() as u64)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.may(Need::Nothing).map_err(error)?;
        state.happen(Event::Resized(self.file, length));
        Ok(())
    }
}

#[test]
fn it_keeps_what_was_synced_and_may_lose_the_rest() {
    let root = tempfile::tempdir().unwrap();
    let disk = Simulated::new(root.path(), Image::default(), Lie::None);
    let path = root.path().join("file");
    let file = disk.open(&path, How::New).unwrap();
    file.write_at(0, &[1; 2000]).unwrap();
    file.sync_data().unwrap();
    let left = |luck: &mut Luck| {
        let image = disk.image().after_cut(root.path(), luck);
        image.seen.values().next().map(|entry| match entry {
            Entry::File(file) => image.nodes[file].seen.clone(),
            Entry::Folder => panic!("a folder"),
        })
    };
    assert_eq!(left(&mut Luck::Nothing), None, "its name was not synced");
    assert_eq!(left(&mut Luck::Everything), Some(vec![1; 2000]));
    disk.sync_folder(root.path()).unwrap();
    assert_eq!(left(&mut Luck::Nothing), Some(vec![1; 2000]));
    file.write_at(1000, &[2; 2000]).unwrap();
    file.write_at(2500, &[3; 100]).unwrap();
    let (mut torn, mut disordered, mut random) = (0, 0, fastrand::Rng::with_seed(7));
    for _ in 0..500 {
        let left = left(&mut Luck::Random(random.fork())).unwrap();
        assert_eq!(left[..1000], [1; 1000], "what lies before was synced");
        assert!(left.len() == 2000 || left.len() == 3000);
        torn += u32::from(left.contains(&2) && left[1000..].contains(&1));
        disordered += u32::from(left.len() == 3000 && left[2500] == 3 && left[1100] == 1);
    }
    assert!(torn > 0 && disordered > 0, "{torn} {disordered}");
    // The fsync that fails drops what it had to write; the next one says nothing about that.
    disk.fail_syncs(1);
    assert!(file.sync_data().is_err());
    file.sync_data().unwrap();
    let mut seen = vec![0; 3000];
    file.read_at(0, &mut seen).unwrap();
    assert_eq!(seen[2550], 3, "the process still sees it");
    let left = left(&mut Luck::Everything).unwrap();
    assert_eq!((left[..2000].to_vec(), left[2000..].to_vec()), (vec![1; 2000], vec![0; 1000]));
}
