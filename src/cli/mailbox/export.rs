//! Mail as files that any mail program reads.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use lifeboat::mail::{Mailbox, date, mbox, trace};
use lifeboat::store::{Counts, Entry, Folder, FolderId, FolderRow, Frozen, Origin, StoreError};
use serde::Serialize;

use super::Trouble;
use crate::cli::args::ExportFormat;

/// Entries read at a time.
const PAGE_ENTRIES: usize = 500;
/// Longest name of an exported folder, in octets (file systems take 255, with what is put behind it).
const NAME_MAX_OCTETS: usize = 200;

pub struct Export<'a> {
    pub frozen: &'a Frozen,
    pub to: &'a Path,
    pub format: ExportFormat,
}

/// What became of one mailbox.
#[derive(Serialize)]
pub struct Exported {
    pub mailbox: Mailbox,
    pub to: PathBuf,
    pub messages: u64,
    /// Messages that could not be read, in words.
    pub unreadable: Vec<String>,
}

/// Only for its owner: it is other people's mail.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A folder that has any mail.
pub struct Named {
    pub folder: Folder,
    /// With the folders that it lies in: `Projects/2026`.
    pub name: String,
    /// The file it is written to: no other folder of the mailbox has this name, whatever the case of its letters.
    pub file: String,
    pub counts: Counts,
}

/// The folders of a mailbox that have any mail, with the names they get.
pub fn folders(frozen: &Frozen, mailbox: &Mailbox) -> Result<Vec<Named>, StoreError> {
    let own = frozen.view().folders(mailbox)?;
    let mut taken = BTreeSet::new();
    let mut folders = Vec::new();
    for (folder, counts) in frozen.view().filled_folders(mailbox)? {
        let path = path_of(folder, &own);
        let file = untaken(&file_name(&path.join(" - ")), &mut taken);
        folders.push(Named { folder, name: path.join("/"), file, counts });
    }
    Ok(folders)
}

// Names from the outermost folder in.
fn path_of(folder: Folder, own: &[FolderRow]) -> Vec<String> {
    let usual = match folder {
        Folder::Inbox => "Inbox",
        Folder::Sent => "Sent",
        Folder::Drafts => "Drafts",
        Folder::Archive => "Archive",
        Folder::Junk => "Junk",
        Folder::Trash => "Trash",
        Folder::Own(id) => return own_path(id, own),
    };
    vec![usual.to_owned()]
}

fn own_path(id: FolderId, own: &[FolderRow]) -> Vec<String> {
    let mut path = Vec::new();
    let mut next = Some(id);
    // No path is longer than there are folders, unless a folder lies in itself.
    while let Some(row) = next.and_then(|id| own.iter().find(|row| row.id == id)).filter(|_| path.len() < own.len()) {
        path.insert(0, row.name.clone());
        next = row.parent;
    }
    // Its record is damaged, or gone: the mail is there all the same.
    if path.is_empty() { vec![format!("Folder {}", id.0)] } else { path }
}

fn untaken(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut number = 1;
    let mut untaken = name.to_owned();
    while !taken.insert(untaken.to_lowercase()) {
        number += 1;
        untaken = format!("{name} ({number})");
    }
    untaken
}

impl Export<'_> {
    /// Writes a mailbox into a folder of its own. What is there already is never written over.
    pub fn mailbox(&self, mailbox: &Mailbox) -> Result<Exported, Trouble> {
        let to = self.to.join(file_name(mailbox.as_str()));
        let mut done = Exported { mailbox: mailbox.clone(), to: to.clone(), messages: 0, unreadable: Vec::new() };
        for Named { folder, file, .. } in folders(self.frozen, mailbox)? {
            make_folder(&to).map_err(|error| at(&to, &error))?;
            self.folder(mailbox, folder, &to.join(file), &mut done)?;
        }
        Ok(done)
    }

    // Oldest first, as mail programs write an mbox.
    fn folder(&self, mailbox: &Mailbox, folder: Folder, to: &Path, done: &mut Exported) -> Result<(), Trouble> {
        let mut sink = Sink::open(self.format, to)?;
        for entry in self.entries(mailbox, folder)?.iter().rev() {
            match self.frozen.body(entry.message) {
                Ok(body) => {
                    self.write(&mut sink, entry, &body)?;
                    done.messages += 1;
                }
                Err(error) => done.unreadable.push(format!("message {} could not be read: {error}", entry.message)),
            }
        }
        sink.finish()
    }

    fn entries(&self, mailbox: &Mailbox, folder: Folder) -> Result<Vec<Entry>, StoreError> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let before = entries.last().map(|entry| entry.message);
            let page = self.frozen.view().folder(mailbox, folder, before, PAGE_ENTRIES)?;
            if page.is_empty() {
                return Ok(entries);
            }
            entries.extend(page);
        }
    }

    fn write(&self, sink: &mut Sink, entry: &Entry, body: &[u8]) -> Result<(), Trouble> {
        let row = self.frozen.view().message(entry.message)?;
        let reverse_path = row.as_ref().and_then(|row| row.reverse_path.as_ref());
        // What came by SMTP leaves it here; a copy was delivered elsewhere.
        let front = match &row {
            Some(row) if row.origin == Origin::Inbound => trace::return_path(reverse_path),
            _ => Vec::new(),
        };
        match sink {
            Sink::Eml(folder) => {
                let stamp: String = date::rfc3339(entry.at).chars().filter(|c| c.is_ascii_alphanumeric()).collect();
                let path = folder.join(format!("{stamp}-{}.eml", entry.message));
                let mut file = create(&path)?;
                let written = file.write_all(&front).and_then(|()| file.write_all(body)).and_then(|()| file.sync_all());
                written.map_err(|error| at(&path, &error))
            }
            Sink::Mbox(path, file) => {
                let message = [&front, body].concat();
                file.write_all(&mbox::entry(reverse_path, entry.at, &message)).map_err(|error| at(path, &error))
            }
        }
    }
}

enum Sink {
    Eml(PathBuf),
    Mbox(PathBuf, File),
}

impl Sink {
    fn open(format: ExportFormat, to: &Path) -> Result<Sink, Trouble> {
        match format {
            ExportFormat::Eml => {
                make_folder(to).map_err(|error| at(to, &error))?;
                Ok(Sink::Eml(to.to_owned()))
            }
            ExportFormat::Mbox => {
                let path = to.with_added_extension("mbox");
                let file = create(&path)?;
                Ok(Sink::Mbox(path, file))
            }
        }
    }

    fn finish(self) -> Result<(), Trouble> {
        let (path, file) = match self {
            Sink::Eml(folder) => (folder.clone(), File::open(&folder)),
            Sink::Mbox(path, file) => (path, Ok(file)),
        };
        file.and_then(|file| file.sync_all()).map_err(|error| at(&path, &error))
    }
}

fn create(path: &Path) -> Result<File, Trouble> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &io::Error) -> Trouble {
    Trouble::failed(format!("{}: {error}", path.display()))
}

/// A name that is one name on every file system, whatever a mailbox or a folder is called.
fn file_name(name: &str) -> String {
    let harmless = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    let mut cleaned: String = name.chars().map(harmless).collect();
    cleaned.truncate(cleaned.floor_char_boundary(NAME_MAX_OCTETS));
    let cleaned = cleaned.trim_matches(['.', ' ']);
    if cleaned.is_empty() { "_".to_owned() } else { cleaned.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str) {
        assert_eq!(file_name(name), expected);
    }

    #[test]
    fn names_never_leave_the_folder() {
        check("ann@example.com", "ann@example.com");
        check("../../etc/passwd", "_.._etc_passwd");
        check("..", "_");
        check("a/b\\c:d\n", "a_b_c_d_");
        check("", "_");
        check(&"ü".repeat(200), &"ü".repeat(100));
    }
}
