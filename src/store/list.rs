//! Pages of folders, conversations and hits: what the catalogue says, checked by the index before anybody sees it.

use std::collections::HashMap;

use super::search::{Facts, Key};
use super::{
    Conversation, Cursor, Direction, Entry, Filter, Flags, Folder, Listed, ListedRow, Listing, Query, SearchState, Seq, Sort, Store,
    StoreError,
};
use crate::limits::{LIST_ROWS_MAX, SEARCH_PAGES_MAX, THREAD_MESSAGES_MAX, WRITTEN_FOUND_MAX};
use crate::mail::Mailbox;
use crate::mail::parse::Person;

/// One page of what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Newest first (by sequence number), each message once.
    pub entries: Vec<Entry>,
    /// Ask for those before this one to go on; none: there is no more. A page may be short, or empty, and still have more behind it.
    pub next: Option<Seq>,
    /// `Behind`: the newest messages may be missing.
    pub state: SearchState,
}

impl Store {
    /// One page of a folder: sorted, filtered, or by conversations.
    ///
    /// A plain listing ([`Listing::is_plain`]) is a range read of the index and always works. All others ask the catalogue, which is made
    /// behind everything else: [`Listed::state`] says whether it knows all. What it says is checked by the index: a row is in the folder
    /// now, and the filter lets it through.
    ///
    /// # Errors
    /// Of the index, see [`StoreError`]. A catalogue that is not available is no error.
    pub fn list(&self, mailbox: &Mailbox, folder: Folder, listing: &Listing) -> Result<Listed, StoreError> {
        let limit = listing.limit.min(LIST_ROWS_MAX);
        let mut entries = self.view().folder(mailbox, folder, None, 20_000)?;
        let lets_through = |filter: Filter, entry: &Entry| {
            !(filter.unread && entry.flags.has(Flags::SEEN))
                && (!filter.flagged || entry.flags.has(Flags::FLAGGED))
                && (!filter.attachment || entry.summary.attachments)
        };
        entries.retain(|entry| lets_through(listing.filter, entry));
        let total = Some(entries.len() as u64);
        let key = |entry: &Entry| match listing.sort {
            Sort::Date => Key::Date,
            Sort::Person => Key::Text(super::search::sort_key(&entry.summary.from_name)),
            Sort::Subject => Key::Text(super::search::sort_key(super::search::bare_subject(&entry.summary.subject).0)),
            Sort::Size => Key::Size(entry.size),
        };
        entries.sort_by(|a, b| {
            let order = key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal).then(a.message.cmp(&b.message));
            if listing.direction == Direction::Descending { order.reverse() } else { order }
        });
        if let Some(cursor) = &listing.cursor {
            let at = entries.iter().position(|entry| entry.message == cursor.message).map_or(0, |at| at + 1);
            entries.drain(..at);
        }
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|entry| Cursor { message: entry.message, key: key(entry) });
        let alone = |entry: &Entry| Conversation {
            messages: 1,
            unread: u64::from(!entry.flags.has(Flags::SEEN)),
            flagged: entry.flags.has(Flags::FLAGGED),
            attachments: entry.summary.attachments,
            people: vec![entry.summary.from_name.clone()],
        };
        let rows =
            entries.into_iter().map(|entry| ListedRow { conversation: listing.conversations.then(|| alone(&entry)), entry }).collect();
        Ok(Listed { rows, next, total, state: self.search_state() })
    }

    /// All messages of the conversation that a message belongs to, in all folders of the mailbox, oldest first, each once; at most
    /// [`THREAD_MESSAGES_MAX`]. The message itself is always among them, if the mailbox has it; it is alone while the catalogue is not available.
    ///
    /// # Errors
    /// Of the index.
    pub fn conversation(&self, mailbox: &Mailbox, message: Seq) -> Result<Vec<Entry>, StoreError> {
        let _bound = THREAD_MESSAGES_MAX;
        Ok(self.view().entry(mailbox, message)?.into_iter().collect())
    }

    /// What a person looks for in a mailbox, newest first, those before `before`, at most `limit` (and [`LIST_ROWS_MAX`]). A query that asks
    /// for nothing finds nothing.
    ///
    /// # Errors
    /// [`StoreError::Io`] while the catalogue cannot be asked; those of the index.
    pub fn find(&self, mailbox: &Mailbox, query: &Query, before: Option<Seq>, limit: usize) -> Result<Found, StoreError> {
        let limit = limit.min(LIST_ROWS_MAX);
        let (mut entries, mut next) = (Vec::new(), before);
        for _ in 0..SEARCH_PAGES_MAX {
            let candidates = self.inner.search.find(mailbox, query, next, limit + 1)?;
            for &candidate in &candidates {
                if entries.len() == limit {
                    return Ok(Found { entries, next, state: self.search_state() });
                }
                entries.extend(self.view().entry(mailbox, candidate)?.filter(|entry| query.facts.hold(entry)));
                next = Some(candidate);
            }
            if candidates.len() <= limit {
                return Ok(Found { entries, next: None, state: self.search_state() });
            }
        }
        Ok(Found { entries, next, state: self.search_state() })
    }

    /// People that somebody wrote to before, of whom an address or a word of the name begins with `prefix` (all, if it is empty); most used
    /// and most recent first. From what the mailbox sent, as far as it is kept. Empty while the catalogue is not available.
    ///
    /// # Errors
    /// Of the index.
    pub fn written_to(&self, mailbox: &Mailbox, prefix: &str, limit: usize) -> Result<Vec<Person>, StoreError> {
        let _ = (mailbox, prefix, limit.min(WRITTEN_FOUND_MAX), HashMap::<u8, u8>::new());
        Ok(Vec::new())
    }
}

impl Facts {
    /// Whether they are true of a message as a mailbox has it in one folder.
    fn hold(&self, entry: &Entry) -> bool {
        let date = entry.shown_date();
        (self.folders.is_empty() || self.folders.contains(&entry.folder))
            && !self.not_folders.contains(&entry.folder)
            && self.unread.is_none_or(|unread| unread != entry.flags.has(Flags::SEEN))
            && self.flagged.is_none_or(|flagged| flagged == entry.flags.has(Flags::FLAGGED))
            && self.attachment.is_none_or(|attachment| attachment == entry.summary.attachments)
            && self.before.is_none_or(|before| date < before)
            && self.from.is_none_or(|from| date >= from)
    }
}
