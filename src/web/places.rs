//! The folders of a reader, with their names, and how forms name them.

use super::pages::layout::folder_name;
use super::reader::Reader;
use super::texts::Texts;
use super::words::{cut, visible};
use super::{Context, table};
use crate::limits::ROW_TEXT_MAX_CHARS;
use crate::store::{Counts, Folder, FolderId, FolderRow, StoreError};

/// The order in which everybody's folders are listed.
pub const COMMON: [Folder; 6] = [Folder::Inbox, Folder::Drafts, Folder::Sent, Folder::Archive, Folder::Junk, Folder::Trash];

/// A reader's folders.
pub struct Places {
    texts: Texts,
    own: Vec<FolderRow>,
}

/// A folder in the order of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub folder: Folder,
    /// For people.
    pub name: String,
    pub counts: Counts,
    /// 0 at the top.
    pub depth: usize,
}

impl Places {
    pub fn load(context: &Context<'_>, reader: Reader<'_>) -> Result<Places, StoreError> {
        Ok(Places::of(context.texts, context.store.view().folders(reader.mailbox())?))
    }

    pub fn of(texts: Texts, own: Vec<FolderRow>) -> Places {
        Places { texts, own }
    }

    /// The person's own.
    pub fn own(&self) -> &[FolderRow] {
        &self.own
    }

    pub fn find(&self, id: FolderId) -> Option<&FolderRow> {
        self.own.iter().find(|row| row.id == id)
    }

    /// Whether there is such a folder: an own one may have been deleted, or be somebody else's.
    pub fn has(&self, folder: Folder) -> bool {
        match folder {
            Folder::Own(id) => self.find(id).is_some(),
            _ => true,
        }
    }

    /// For people.
    pub fn name(&self, folder: Folder) -> String {
        let own = match folder {
            Folder::Own(id) => self.find(id),
            _ => None,
        };
        own.map_or_else(|| folder_name(self.texts, folder).to_owned(), |row| cut(&visible(&row.name), ROW_TEXT_MAX_CHARS))
    }

    /// The folder that a form names, if it is one of this reader's.
    pub fn named(&self, key: &str) -> Option<Folder> {
        folder_of(key).filter(|folder| self.has(*folder))
    }

    /// A person's own folders as a tree, those of one parent by name. What hangs under itself, or under nothing, is at the top.
    pub fn tree(&self) -> Vec<Place> {
        let mut left: Vec<&FolderRow> = self.own.iter().collect();
        left.sort_by_cached_key(|row| (row.name.to_lowercase(), row.id));
        let mut tree = Vec::new();
        self.branch(None, 0, &mut left, &mut tree);
        while let Some(row) = left.first().copied() {
            left.remove(0);
            tree.push(self.place(row, 0));
            self.branch(Some(row.id), 1, &mut left, &mut tree);
        }
        tree
    }

    fn branch(&self, parent: Option<FolderId>, depth: usize, left: &mut Vec<&FolderRow>, tree: &mut Vec<Place>) {
        let parent_of = |row: &FolderRow| row.parent.filter(|parent| self.find(*parent).is_some());
        // Each row leaves `left` before its children are looked for: a ring cannot hold this up.
        while let Some(at) = left.iter().position(|row| parent_of(row) == parent) {
            let row = left.remove(at);
            tree.push(self.place(row, depth));
            self.branch(Some(row.id), depth + 1, left, tree);
        }
    }

    fn place(&self, row: &FolderRow, depth: usize) -> Place {
        Place { folder: Folder::Own(row.id), name: self.name(Folder::Own(row.id)), counts: row.counts, depth }
    }
}

/// How a form names a folder: `inbox`, `f4711`.
pub fn key(folder: Folder) -> String {
    match folder {
        Folder::Inbox => "inbox".to_owned(),
        Folder::Sent => "sent".to_owned(),
        Folder::Drafts => "drafts".to_owned(),
        Folder::Archive => "archive".to_owned(),
        Folder::Junk => "junk".to_owned(),
        Folder::Trash => "deleted".to_owned(),
        Folder::Own(FolderId(id)) => format!("f{id}"),
    }
}

/// The other way round; whether it is there is another question.
pub fn folder_of(key: &str) -> Option<Folder> {
    COMMON.into_iter().find(|folder| self::key(*folder) == key).or_else(|| {
        let id = table::number(key.strip_prefix('f')?)?;
        Some(Folder::Own(FolderId(id)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64, parent: Option<u64>, name: &str) -> FolderRow {
        FolderRow { id: FolderId(id), parent: parent.map(FolderId), name: name.to_owned(), counts: Counts::default() }
    }

    fn check(rows: &[FolderRow], expected: &[(&str, usize)]) {
        let tree = Places::of(Texts::english(), rows.to_vec()).tree();
        let found: Vec<(&str, usize)> = tree.iter().map(|place| (place.name.as_str(), place.depth)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn folders_hang_under_their_parents_by_name() {
        check(&[], &[]);
        check(
            &[row(1, None, "beta"), row(2, None, "Alpha"), row(3, Some(1), "x"), row(4, Some(3), "y"), row(5, Some(2), "z")],
            &[("Alpha", 0), ("z", 1), ("beta", 0), ("x", 1), ("y", 2)],
        );
    }

    #[test]
    fn what_hangs_under_nothing_or_itself_is_still_there_once() {
        check(&[row(1, Some(9), "lost"), row(2, Some(1), "child")], &[("lost", 0), ("child", 1)]);
        check(&[row(1, Some(2), "a"), row(2, Some(1), "b")], &[("a", 0), ("b", 1)]);
        check(&[row(1, Some(1), "self")], &[("self", 0)]);
    }

    #[test]
    fn forms_name_folders_in_one_way() {
        for folder in COMMON.into_iter().chain([Folder::Own(FolderId(7))]) {
            assert_eq!(folder_of(&key(folder)), Some(folder));
        }
        for text in ["", "f", "f07", "f-1", "Inbox", "trash", "fx"] {
            assert_eq!(folder_of(text), None, "{text}");
        }
        let places = Places::of(Texts::english(), vec![row(7, None, "mine")]);
        assert_eq!(places.named("f7"), Some(Folder::Own(FolderId(7))));
        assert_eq!(places.named("f8"), None, "somebody else's, or nobody's");
    }
}
