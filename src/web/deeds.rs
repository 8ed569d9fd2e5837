//! What people do with their mail, as values: the changes, how it is told afterwards, and how it is undone.

use crate::mail::Mailbox;
use crate::store::{Flags, Folder, FolderId, Seq};

/// One change of one message in the reader's own mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Flags { message: Seq, add: Flags, remove: Flags },
    Move { message: Seq, from: Folder, to: Folder },
    Remove { message: Seq, folder: Folder },
}

/// A change of the reader's own folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderStep {
    Create {
        parent: Option<FolderId>,
        name: String,
    },
    /// Name and place; makes it again if it was deleted.
    Change {
        folder: FolderId,
        parent: Option<FolderId>,
        name: String,
    },
    /// Comes after the steps that empty it.
    Delete {
        folder: FolderId,
    },
}

/// Something that a person wants done. Every message in it was looked up in the person's own mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub mailbox: Mailbox,
    pub steps: Vec<Step>,
    pub folder: Option<FolderStep>,
    /// How it is told.
    pub done: Done,
    /// The action that this one takes back: that is possible once.
    pub takes_back: Option<String>,
}

/// What was done, for the notice on the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Random, so that it is nobody else's.
    pub id: String,
    pub deed: Deed,
    /// Messages.
    pub count: usize,
    /// Messages that were asked for and are not there any more.
    pub stale: usize,
    /// The folder has more than one action takes.
    pub more: bool,
    /// What takes it back.
    pub undo: Vec<Step>,
    pub undo_folder: Option<FolderStep>,
}

impl Done {
    /// Whether there is anything to take back.
    pub fn can_be_undone(&self) -> bool {
        !self.undo.is_empty() || self.undo_folder.is_some()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Read,
    Unread,
    Flagged,
    Unflagged,
    /// The name is that of an own folder.
    Moved {
        to: Folder,
        name: String,
    },
    /// For good.
    Removed,
    Undone,
    FolderMade {
        name: String,
    },
    FolderRenamed {
        name: String,
    },
    FolderDeleted {
        name: String,
    },
    /// Nothing was chosen, or nothing can be done with it.
    Nothing,
    /// It was taken back before, or too long ago.
    NotUndone,
}
