//! What is on the disk, what the process sees, and what is left of it when the power goes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a disk writes whole or not at all, in octets.
const SECTOR: usize = 512;
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
pub enum Entry {
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
pub struct Node {
    pub seen: Vec<u8>,
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

pub type Names = BTreeMap<PathBuf, Entry>;

/// All files at one instant.
#[derive(Clone, Debug, Default)]
pub struct Image {
    pub nodes: BTreeMap<u64, Node>,
    pub seen: Names,
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
    pub fn moved(self, from: &Path, to: &Path) -> Image {
        let path = |path: &Path| path.strip_prefix(from).map_or_else(|_| path.to_owned(), |rest| to.join(rest));
        let names = |names: &Names| names.iter().map(|(name, entry)| (path(name), *entry)).collect();
        let rename = |one: &Rename| match one {
            Rename::Make(name, entry) => Rename::Make(path(name), *entry),
            Rename::Move(from, to) => Rename::Move(path(from), path(to)),
            Rename::Remove(name) => Rename::Remove(path(name)),
        };
        let pending = self.pending.iter().map(rename).collect();
        Image { seen: names(&self.seen), disk: names(&self.disk), pending, nodes: self.nodes }
    }

    fn rename(&mut self, one: Rename) {
        one.apply(&mut self.seen);
        self.pending.push(one);
    }

    pub fn node(&mut self, file: u64) -> &mut Node {
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
