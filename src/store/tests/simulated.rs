//! A disk in memory that forgets what was not synced when the power goes.
//!
//! It is harsher than a real one. Of each sector any content may be left that it had since its file's last sync, so that later writes may
//! be there while earlier ones are not and every write may be torn; the length may be any that the file had; each name made, changed
//! or removed since the last sync of its folder may have happened or not. Everything done to it is kept, so that a power cut can be tried
//! at each instant of one run.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::{Files, How, OpenFile};
use crate::limits::DISK_RESERVE_OCTETS;

/// What a disk writes whole or not at all, in octets.
const SECTOR: usize = 512;
/// Room that it claims to have: enough for mail, too little for the ballast, which is no file of the trait's.
const FREE_OCTETS: u64 = DISK_RESERVE_OCTETS + 3 * 1024 * 1024;

/// One thing that was done, or a note of the test's own.
#[derive(Clone, Debug)]
pub enum Event {
    Folder(PathBuf),
    Made(PathBuf, u64),
    Renamed(PathBuf, PathBuf),
    Removed(PathBuf),
    FolderSynced(PathBuf),
    Written(u64, u64, Arc<[u8]>),
    Resized(u64, u64),
    Synced(u64),
    /// An fsync failed, and the kernel calls the pages clean that it could not write: no later fsync will write them.
    Dropped(u64),
    Noted(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Folder,
    File(u64),
}

#[derive(Clone, Debug)]
enum Rename {
    Make(PathBuf, Entry),
    Move(PathBuf, PathBuf),
    Remove(PathBuf),
}

/// One file: as the process sees it, and as the disk has it.
#[derive(Clone, Debug, Default)]
struct Node {
    seen: Vec<u8>,
    disk: Vec<u8>,
    /// What each sector has been since the last sync, in order.
    dirty: BTreeMap<usize, Vec<Box<[u8]>>>,
    lengths: Vec<usize>,
}

impl Node {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if end > self.seen.len() {
            self.seen.resize(end, 0);
            self.lengths.push(end);
        }
        self.seen[at..end].copy_from_slice(bytes);
        self.soil(at, end);
    }

    fn resize(&mut self, length: usize) {
        let before = self.seen.len();
        self.seen.resize(length, 0);
        self.lengths.push(length);
        self.soil(length, before);
    }

    fn soil(&mut self, from: usize, to: usize) {
        if from >= to {
            return;
        }
        for sector in from / SECTOR..to.div_ceil(SECTOR) {
            let start = (sector * SECTOR).min(self.seen.len());
            let end = (start + SECTOR).min(self.seen.len());
            let mut content = vec![0; SECTOR];
            content[..end - start].copy_from_slice(&self.seen[start..end]);
            self.dirty.entry(sector).or_default().push(content.into());
        }
    }

    fn sync(&mut self) {
        for (sector, versions) in std::mem::take(&mut self.dirty) {
            if let Some(last) = versions.last() {
                put(&mut self.disk, sector, last);
            }
        }
        self.disk.resize(self.seen.len(), 0);
        self.lengths.clear();
    }

    fn after_cut(&self, luck: &mut Luck) -> Vec<u8> {
        let share = luck.share();
        let length = luck.pick(share, self.lengths.len()).map_or(self.disk.len(), |which| self.lengths[which]);
        let mut left = self.disk.clone();
        for (sector, versions) in &self.dirty {
            if let Some(which) = luck.pick(share, versions.len()) {
                put(&mut left, *sector, &versions[which]);
            }
        }
        left.resize(length, 0);
        left
    }
}

fn put(disk: &mut Vec<u8>, sector: usize, content: &[u8]) {
    let start = sector * SECTOR;
    if disk.len() < start + SECTOR {
        disk.resize(start + SECTOR, 0);
    }
    disk[start..start + SECTOR].copy_from_slice(content);
}

/// Decides what is left of what was not synced.
pub enum Luck {
    Nothing,
    Everything,
    Random(fastrand::Rng),
}

impl Luck {
    // How much of one file's changes is left: all, none and something between are equally worth a try.
    fn share(&mut self) -> f64 {
        match self {
            Luck::Nothing => 0.0,
            Luck::Everything => 1.0,
            Luck::Random(random) => [0.0, 0.1, 0.5, 0.9, 0.99, 1.0][random.usize(..6)],
        }
    }

    // Which of several states in a row is left; none for the one before them.
    fn pick(&mut self, share: f64, states: usize) -> Option<usize> {
        let newest = states.checked_sub(1)?;
        match self {
            Luck::Nothing => None,
            Luck::Everything => Some(newest),
            Luck::Random(random) => {
                if random.f64() < share {
                    Some(newest)
                } else {
                    random.usize(..=newest).checked_sub(1)
                }
            }
        }
    }

    fn happens(&mut self) -> bool {
        match self {
            Luck::Nothing => false,
            Luck::Everything => true,
            Luck::Random(random) => random.bool(),
        }
    }
}

type Names = BTreeMap<PathBuf, Entry>;

/// All files at one instant.
#[derive(Clone, Debug, Default)]
pub struct Image {
    nodes: BTreeMap<u64, Node>,
    seen: Names,
    disk: Names,
    pending: Vec<Rename>,
}

impl Image {
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Folder(path) => self.rename(Rename::Make(path.clone(), Entry::Folder)),
            Event::Made(path, file) => {
                self.nodes.insert(*file, Node::default());
                self.rename(Rename::Make(path.clone(), Entry::File(*file)));
            }
            Event::Renamed(from, to) => self.rename(Rename::Move(from.clone(), to.clone())),
            Event::Removed(path) => self.rename(Rename::Remove(path.clone())),
            Event::FolderSynced(folder) => {
                let pending = std::mem::take(&mut self.pending);
                let (done, left) = pending.into_iter().partition(|one| one.folder() == Some(folder.as_path()));
                self.pending = left;
                Vec::into_iter(done).for_each(|one: Rename| one.apply(&mut self.disk));
            }
            Event::Written(file, at, bytes) => self.node(*file).write(*at as usize, bytes),
            Event::Resized(file, length) => self.node(*file).resize(*length as usize),
            Event::Synced(file) => self.node(*file).sync(),
            Event::Dropped(file) => self.node(*file).dirty.clear(),
            Event::Noted(_) => {}
        }
    }

    /// The same under another root.
    pub fn moved(&self, from: &Path, to: &Path) -> Image {
        let path = |path: &Path| path.strip_prefix(from).map_or_else(|_| path.to_owned(), |rest| to.join(rest));
        let names = |names: &Names| names.iter().map(|(name, entry)| (path(name), *entry)).collect();
        let rename = |one: &Rename| match one {
            Rename::Make(name, entry) => Rename::Make(path(name), *entry),
            Rename::Move(from, to) => Rename::Move(path(from), path(to)),
            Rename::Remove(name) => Rename::Remove(path(name)),
        };
        let pending = self.pending.iter().map(rename).collect();
        Image { nodes: self.nodes.clone(), seen: names(&self.seen), disk: names(&self.disk), pending }
    }

    fn rename(&mut self, one: Rename) {
        one.apply(&mut self.seen);
        self.pending.push(one);
    }

    fn node(&mut self, file: u64) -> &mut Node {
        self.nodes.entry(file).or_default()
    }

    /// What is left when the power goes now.
    pub fn after_cut(&self, root: &Path, luck: &mut Luck) -> Image {
        let mut names = self.disk.clone();
        for one in &self.pending {
            if luck.happens() {
                one.apply(&mut names);
            }
        }
        // What lies in a folder that is not there is not there.
        let reachable =
            |path: &Path| path.ancestors().skip(1).take_while(|folder| *folder != root).all(|folder| names.contains_key(folder));
        let names: Names = names.iter().filter(|(path, _)| reachable(path)).map(|(path, entry)| (path.clone(), *entry)).collect();
        let mut nodes = BTreeMap::new();
        for entry in names.values() {
            if let Entry::File(file) = entry
                && let Some(node) = self.nodes.get(file)
            {
                let left = node.after_cut(luck);
                nodes.insert(*file, Node { seen: left.clone(), disk: left, ..Node::default() });
            }
        }
        Image { nodes, disk: names.clone(), seen: names, pending: Vec::new() }
    }
}

impl Rename {
    fn apply(&self, names: &mut Names) {
        match self {
            Rename::Make(path, entry) => drop(names.insert(path.clone(), *entry)),
            Rename::Move(from, to) => {
                if let Some(entry) = names.remove(from) {
                    names.insert(to.clone(), entry);
                }
            }
            Rename::Remove(path) => drop(names.remove(path)),
        }
    }

    fn folder(&self) -> Option<&Path> {
        match self {
            Rename::Make(path, _) | Rename::Move(path, _) | Rename::Remove(path) => path.parent(),
        }
    }
}

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

#[derive(Default)]
struct State {
    image: Image,
    events: Vec<Event>,
    syncs_to_fail: usize,
    lie: Lie,
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
    fn happen(&mut self, event: Event) {
        self.image.apply(&event);
        self.events.push(event);
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Files for Simulated {
    fn open(&self, path: &Path, how: How) -> io::Result<Box<dyn OpenFile>> {
        let mut state = self.state();
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
        let state = self.state();
        if folder != self.root && !state.image.seen.contains_key(folder) {
            return Err(not_found());
        }
        let within = state.image.seen.iter().filter(|(path, entry)| path.parent() == Some(folder) && matches!(entry, Entry::File(_)));
        Ok(within.filter_map(|(path, _)| Some(path.file_name()?.to_string_lossy().into_owned())).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        if !state.image.seen.contains_key(from) {
            return Err(not_found());
        }
        state.happen(Event::Renamed(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
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
        let missing: Vec<&Path> =
            folder.ancestors().take_while(|one| *one != self.root).filter(|one| !state.image.seen.contains_key(*one)).collect();
        for one in missing.into_iter().rev() {
            state.happen(Event::Folder(one.to_owned()));
        }
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.lie != Lie::Names {
            state.happen(Event::FolderSynced(folder.to_owned()));
        }
        Ok(())
    }

    fn free_octets(&self, _folder: &Path) -> io::Result<u64> {
        Ok(FREE_OCTETS)
    }
}

struct SimulatedFile {
    disk: Simulated,
    file: u64,
}

impl OpenFile for SimulatedFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let seen = &state.image.node(self.file).seen;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(seen.len());
        let read = bytes.len().min(seen.len() - from);
        bytes[..read].copy_from_slice(&seen[from..from + read]);
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.state().happen(Event::Written(self.file, offset, bytes.into()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        if state.syncs_to_fail > 0 {
            state.syncs_to_fail -= 1;
            state.happen(Event::Dropped(self.file));
            return Err(io::Error::from_raw_os_error(5));
        }
        if state.lie != Lie::Content {
            state.happen(Event::Synced(self.file));
        }
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.state().image.node(self.file).seen.len() as u64)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.disk.state().happen(Event::Resized(self.file, length));
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
