//! Questions to the index about where a mailbox has a message, for whoever is about to move it.

use super::rows::{EntryRow, StoredMessage, decode};
use super::{Entry, View, keys, message_rows, sled_error};
use crate::mail::Mailbox;
use crate::store::{Filing, Flags, Folder, Origin, Seq, StoreError};

impl View {
    /// The marks of a message in this folder of this mailbox; without reading its record.
    pub fn flags_in(&self, mailbox: &Mailbox, folder: Folder, message: Seq) -> Result<Option<Flags>, StoreError> {
        Ok(self.row::<EntryRow>(&keys::entry(mailbox, folder, message))?.map(|row| row.flags))
    }

    /// The folders of this mailbox that show the message, in the order of [`Folder`], each once.
    pub fn folders_with(&self, mailbox: &Mailbox, message: Seq) -> Result<Vec<Folder>, StoreError> {
        self.vessel.read(|tree| {
            let mut folders: Vec<Folder> =
                message_rows::filings(tree, message)?.into_iter().filter(|filing| filing.mailbox == *mailbox).map(|f| f.folder).collect();
            folders.sort_unstable();
            folders.dedup();
            let mut shown = Vec::new();
            for folder in folders {
                if tree.contains_key(keys::entry(mailbox, folder, message)).map_err(sled_error)? {
                    shown.push(folder);
                }
            }
            Ok(shown)
        })
    }

    /// The octets of a message that this person wrote in the webmail: sent or kept as a draft, wherever it was put since.
    pub fn wrote(&self, mailbox: &Mailbox, message: Seq) -> Result<Option<u64>, StoreError> {
        let Some(stored) = self.row::<StoredMessage>(&keys::message(message))? else { return Ok(None) };
        let accepted = self.accepted(message, &stored.place);
        let filed = |filing: &Filing| filing.mailbox == *mailbox && matches!(filing.folder, Folder::Sent | Folder::Drafts);
        let wrote = match accepted.origin {
            Origin::Draft => accepted.filings.iter().any(|filing| filing.mailbox == *mailbox),
            // One that was carried says where it is now, no more where it was filed first.
            Origin::Webmail => accepted.filings.iter().any(filed) || accepted.reverse_path.is_some_and(|path| path.mailbox() == *mailbox),
            _ => false,
        };
        Ok(wrote.then_some(stored.place.body_octets))
    }

    /// Numbers and marks of what is in a folder, newest first: at most `limit`, those before `before`. Reads no record, so that thousands are cheap.
    pub fn marks(&self, mailbox: &Mailbox, folder: Folder, before: Option<Seq>, limit: usize) -> Result<Vec<(Seq, Flags)>, StoreError> {
        let prefix = keys::entries(mailbox, folder);
        let end = before.map_or_else(|| keys::behind(&prefix), |before| keys::from_message(&prefix, before));
        self.vessel.read(|tree| {
            let mut found = Vec::new();
            for row in tree.range(prefix..end).rev().take(limit) {
                let (key, value) = row.map_err(sled_error)?;
                if let Some(message) = keys::number_of(&key).map(Seq) {
                    found.push((message, decode::<EntryRow>(&value)?.flags));
                }
            }
            Ok(found)
        })
    }

    /// The `limit` messages of a folder that follow `after`, newest first: the page before the one that begins behind `after`.
    pub fn folder_after(&self, mailbox: &Mailbox, folder: Folder, after: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let prefix = keys::entries(mailbox, folder);
        let start = keys::from_message(&prefix, Seq(after.0.saturating_add(1)));
        let mut found = self.entries(folder, start..keys::behind(&prefix), false, limit)?;
        found.reverse();
        Ok(found)
    }
}
