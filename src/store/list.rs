//! Pages of folders, conversations and hits: what the catalogue says, checked by the index before anybody sees it.

use std::collections::{BTreeMap, HashMap};

use super::search::{Facts, Key, Member, Place, fold};
use super::{
    Conversation, Cursor, Direction, Entry, Filter, Flags, Folder, Listed, ListedRow, Listing, Query, SearchState, Seq, Sort, Store,
    StoreError,
};
use crate::limits::{
    LIST_ROWS_MAX, LIST_TAIL_MAX, SEARCH_PAGES_MAX, THREAD_MESSAGES_MAX, THREAD_PEOPLE_MAX, THREAD_PEOPLE_MESSAGES_MAX, WRITTEN_FOUND_MAX,
};
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
        let listing = Listing { limit: listing.limit.clamp(1, LIST_ROWS_MAX), ..listing.clone() };
        if listing.is_plain() {
            return self.list_plain(mailbox, folder, &listing);
        }
        let state = self.search_state();
        match self.list_sorted(mailbox, folder, &listing, state) {
            Err(StoreError::Io(why)) => {
                log::info!("list waits: {why}");
                Ok(Listed { rows: Vec::new(), next: None, total: None, state: SearchState::Unavailable })
            }
            listed => listed,
        }
    }

    fn list_plain(&self, mailbox: &Mailbox, folder: Folder, listing: &Listing) -> Result<Listed, StoreError> {
        let cursor = listing.cursor.as_ref().map(|cursor| cursor.message);
        // One more than is shown tells whether there are others.
        let mut entries = match listing.direction {
            Direction::Descending => self.view().folder(mailbox, folder, cursor, listing.limit + 1)?,
            Direction::Ascending => self.view().folder_ascending(mailbox, folder, cursor, listing.limit + 1)?,
        };
        let more = entries.len() > listing.limit;
        entries.truncate(listing.limit);
        let next = entries.last().filter(|_| more).map(|entry| Cursor { message: entry.message, key: Key::Date });
        let total = Some(self.view().counts(mailbox, folder)?.total);
        let rows = entries.into_iter().map(|entry| ListedRow { entry, conversation: None }).collect();
        Ok(Listed { rows, next, total, state: SearchState::Ready })
    }

    fn list_sorted(&self, mailbox: &Mailbox, folder: Folder, listing: &Listing, state: SearchState) -> Result<Listed, StoreError> {
        let search = &self.inner.search;
        let mut listed = Listed { rows: Vec::new(), next: None, total: None, state };
        let mut cursor = listing.cursor.clone();
        let is_newest_first = listing.sort == Sort::Date && listing.direction == Direction::Descending && !listing.conversations;
        if is_newest_first && matches!(state, SearchState::Behind(_)) {
            let (tail, behind) = self.tail(mailbox, folder, listing, search.reached())?;
            listed.rows = tail;
            cursor = behind;
        }
        let mut threads: Vec<i64> = vec![0; listed.rows.len()];
        // Behind each row: a page may take several looks, when the catalogue still has rows of messages that are gone.
        let mut behind: Vec<Cursor> = listed.rows.iter().map(|row| Cursor { message: row.entry.message, key: Key::Date }).collect();
        let mut ended = listed.rows.len() > listing.limit;
        for _ in 0..SEARCH_PAGES_MAX {
            if ended || listed.rows.len() > listing.limit {
                break;
            }
            let wanted = listing.limit + 1 - listed.rows.len();
            let places = search.page(mailbox, folder, listing, cursor.as_ref(), wanted)?;
            ended = places.len() < wanted;
            cursor = places.last().map(Place::cursor).or(cursor);
            let asked: Vec<(Seq, Folder)> = places.iter().map(|place| (place.message, folder)).collect();
            for entry in self.view().entries_in(mailbox, &asked)? {
                if let Some(place) =
                    places.iter().find(|place| place.message == entry.message).filter(|_| listing.filter.lets_through(&entry))
                {
                    threads.push(place.thread);
                    behind.push(place.cursor());
                    listed.rows.push(ListedRow { entry, conversation: None });
                }
            }
        }
        if listed.rows.len() > listing.limit {
            listed.rows.truncate(listing.limit);
            threads.truncate(listing.limit);
            listed.next = behind.into_iter().nth(listing.limit - 1);
        } else if !ended {
            listed.next = cursor;
        }
        listed.total = match listing.filter {
            Filter { unread: true, flagged: false, attachment: false } => Some(self.view().counts(mailbox, folder)?.unread),
            Filter::NONE => Some(self.view().counts(mailbox, folder)?.total),
            filter => search.count(mailbox, folder, filter)?,
        };
        if listing.conversations {
            self.add_conversations(mailbox, folder, &mut listed.rows, &threads)?;
        }
        Ok(listed)
    }

    // What came after the last record that the catalogue knows, and where the catalogue goes on.
    fn tail(
        &self,
        mailbox: &Mailbox,
        folder: Folder,
        listing: &Listing,
        reached: Seq,
    ) -> Result<(Vec<ListedRow>, Option<Cursor>), StoreError> {
        let cursor = listing.cursor.as_ref().map(|cursor| cursor.message);
        let newest = self.view().folder(mailbox, folder, cursor, LIST_TAIL_MAX)?;
        let looked = newest.len();
        let unknown: Vec<Entry> = newest.into_iter().take_while(|entry| entry.message > reached).collect();
        let behind = match unknown.last() {
            // There may be more of them: they come with the next pages, when the catalogue may know them.
            Some(last) if unknown.len() == looked && looked == LIST_TAIL_MAX => Some(last.message),
            Some(_) => Some(Seq(reached.0.saturating_add(1))),
            None => cursor,
        };
        let rows = unknown.into_iter().filter(|entry| listing.filter.lets_through(entry));
        let rows = rows.map(|entry| ListedRow { entry, conversation: None }).collect();
        Ok((rows, behind.map(|message| Cursor { message, key: Key::Date })))
    }

    fn add_conversations(&self, mailbox: &Mailbox, folder: Folder, rows: &mut [ListedRow], threads: &[i64]) -> Result<(), StoreError> {
        let mut all = self.inner.search.members(mailbox, threads)?;
        all.resize(rows.len(), Vec::new());
        // Of each the newest messages, once, for who wrote them.
        let newest = |members: &[Member]| {
            let mut newest: Vec<(Seq, Folder)> = Vec::new();
            for member in members.iter().rev().filter(|member| belongs(member.folder, folder)) {
                if newest.len() < THREAD_PEOPLE_MESSAGES_MAX && newest.last().is_none_or(|(message, _)| *message != member.message) {
                    newest.push((member.message, member.folder));
                }
            }
            newest
        };
        let wanted: Vec<(Seq, Folder)> = all.iter().flat_map(|members| newest(members)).collect();
        let found = self.view().entries_in(mailbox, &wanted)?;
        let writers: HashMap<Seq, String> = found.into_iter().map(|entry| (entry.message, writer(&entry))).collect();
        for (row, members) in rows.iter_mut().zip(&all) {
            let mut conversation = summed(members, folder);
            if conversation.messages == 0 {
                conversation = alone(&row.entry);
            }
            for (message, _) in newest(members) {
                let Some(writer) = writers.get(&message) else { continue };
                if conversation.people.len() < THREAD_PEOPLE_MAX && !conversation.people.contains(writer) {
                    conversation.people.push(writer.clone());
                }
            }
            if conversation.people.is_empty() {
                conversation.people.push(writer(&row.entry));
            }
            row.conversation = Some(conversation);
        }
        Ok(())
    }

    /// All messages of the conversation that a message belongs to, in all folders of the mailbox, oldest first, each once; at most
    /// [`THREAD_MESSAGES_MAX`]. What is in Junk or Deleted belongs to it only if the message itself is there. The message itself is always
    /// among them, if the mailbox has it; it is alone while the catalogue is not available.
    ///
    /// # Errors
    /// Of the index.
    pub fn conversation(&self, mailbox: &Mailbox, message: Seq) -> Result<Vec<Entry>, StoreError> {
        let Some(entry) = self.view().entry(mailbox, message)? else { return Ok(Vec::new()) };
        let members = self.inner.search.conversation(mailbox, message).unwrap_or_default();
        let mut wanted: BTreeMap<Seq, Folder> = BTreeMap::new();
        for member in members.into_iter().filter(|member| belongs(member.folder, entry.folder)) {
            wanted.entry(member.message).or_insert(member.folder);
        }
        wanted.insert(message, entry.folder);
        while wanted.len() > THREAD_MESSAGES_MAX {
            wanted.pop_first();
        }
        let wanted: Vec<(Seq, Folder)> = wanted.into_iter().collect();
        self.view().entries_in(mailbox, &wanted)
    }

    /// What a person looks for in a mailbox, newest first, those before `before`, at most `limit` (and [`LIST_ROWS_MAX`]). A query that asks
    /// for nothing finds nothing.
    ///
    /// # Errors
    /// [`StoreError::Io`] while the catalogue cannot be asked; those of the index.
    pub fn find(&self, mailbox: &Mailbox, query: &Query, before: Option<Seq>, limit: usize) -> Result<Found, StoreError> {
        let limit = limit.clamp(1, LIST_ROWS_MAX);
        let mut found = Found { entries: Vec::new(), next: before, state: self.search_state() };
        if query.is_empty() {
            return Ok(Found { next: None, ..found });
        }
        let folders = self.folders_to_look_in(mailbox, &query.facts)?;
        for _ in 0..SEARCH_PAGES_MAX {
            let candidates = self.inner.search.find(mailbox, query, &folders, found.next, limit + 1)?;
            for entry in self.view().entries_in(mailbox, &candidates)? {
                if found.entries.last().is_some_and(|last| last.message == entry.message) || !query.facts.hold(&entry) {
                    continue;
                }
                if found.entries.len() == limit {
                    found.next = found.entries.last().map(|entry| entry.message);
                    return Ok(found);
                }
                found.entries.push(entry);
            }
            found.next = candidates.last().map(|(message, _)| *message);
            if candidates.len() <= limit {
                found.next = None;
                break;
            }
        }
        Ok(found)
    }

    fn folders_to_look_in(&self, mailbox: &Mailbox, facts: &Facts) -> Result<Vec<Folder>, StoreError> {
        let filled = self.view().filled_folders(mailbox)?.into_iter().map(|(folder, _)| folder);
        Ok(filled.filter(|folder| facts.within(*folder)).collect())
    }

    /// People that somebody wrote to before, of whom an address or a word of the name begins with `prefix` (all, if it is empty); most used
    /// and most recent first, at most `limit` (and [`WRITTEN_FOUND_MAX`]). From what the mailbox sent, as far as it is kept. Empty while
    /// the catalogue knows nothing yet.
    ///
    /// # Errors
    /// [`StoreError::Io`] while the catalogue cannot be asked.
    pub fn written_to(&self, mailbox: &Mailbox, prefix: &str, limit: usize) -> Result<Vec<Person>, StoreError> {
        let written = self.inner.search.written(mailbox)?;
        Ok(ranked(written, prefix, limit.min(WRITTEN_FOUND_MAX)))
    }
}

// Newest first: what was used lately weighs more.
fn ranked(written: Vec<Person>, prefix: &str, limit: usize) -> Vec<Person> {
    let prefix = fold(prefix.trim());
    let mut people: Vec<(u32, Person)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (rank, person) in written.into_iter().enumerate() {
        let weight = match rank {
            0..100 => 4,
            100..1000 => 2,
            _ => 1,
        };
        match places.get(&person.address.to_lowercase()) {
            Some(&at) => people[at].0 += weight,
            None => {
                places.insert(person.address.to_lowercase(), people.len());
                people.push((weight, person));
            }
        }
    }
    let begins = |person: &Person| {
        let name = fold(&person.name);
        fold(&person.address).starts_with(&prefix)
            || name.starts_with(&prefix)
            || name.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(&prefix))
    };
    people.retain(|(_, person)| prefix.is_empty() || begins(person));
    // Stable: of two that weigh the same the more recent one is first.
    people.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    people.into_iter().take(limit).map(|(_, person)| person).collect()
}

// What somebody threw away is not shown with what is kept.
fn belongs(folder: Folder, here: Folder) -> bool {
    folder == here || !matches!(folder, Folder::Junk | Folder::Trash)
}

fn writer(entry: &Entry) -> String {
    let summary = &entry.summary;
    if summary.from_name.trim().is_empty() { summary.from_address.clone() } else { summary.from_name.clone() }
}

fn alone(entry: &Entry) -> Conversation {
    Conversation {
        messages: 1,
        unread: u64::from(!entry.flags.has(Flags::SEEN)),
        flagged: entry.flags.has(Flags::FLAGGED),
        attachments: entry.summary.attachments,
        people: Vec::new(),
    }
}

// Each message counts once, wherever it is.
fn summed(members: &[Member], folder: Folder) -> Conversation {
    let mut conversation = Conversation::default();
    let mut last = None;
    for member in members.iter().filter(|member| belongs(member.folder, folder)) {
        conversation.flagged |= member.flagged;
        conversation.attachments |= member.attached;
        if last != Some(member.message) {
            conversation.messages += 1;
            conversation.unread += u64::from(member.unread);
            last = Some(member.message);
        }
    }
    conversation
}

impl Filter {
    /// Whether it lets a message through as a mailbox has it.
    pub fn lets_through(self, entry: &Entry) -> bool {
        let Filter { unread, flagged, attachment } = self;
        !(unread && entry.flags.has(Flags::SEEN))
            && (!flagged || entry.flags.has(Flags::FLAGGED))
            && (!attachment || entry.summary.attachments)
    }
}

impl Facts {
    /// Whether they are true of a message as a mailbox has it in one folder.
    fn hold(&self, entry: &Entry) -> bool {
        // In whole seconds, as the catalogue has it.
        let date = entry.shown_date().0 / 1000;
        self.within(entry.folder)
            && self.unread.is_none_or(|unread| unread != entry.flags.has(Flags::SEEN))
            && self.flagged.is_none_or(|flagged| flagged == entry.flags.has(Flags::FLAGGED))
            && self.attachment.is_none_or(|attachment| attachment == entry.summary.attachments)
            && self.before.is_none_or(|before| date < before.0 / 1000)
            && self.from.is_none_or(|from| date >= from.0 / 1000)
    }

    fn within(&self, folder: Folder) -> bool {
        (self.folders.is_empty() || self.folders.contains(&folder)) && !self.not_folders.contains(&folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prefix: &str, expected: &[&str]) {
        let person = |name: &str, address: &str| Person { name: name.to_owned(), address: address.to_owned() };
        let newest_first = vec![
            person("Zoë Ärmel", "zoe@example.com"),
            person("Bo", "bo@example.com"),
            person("", "anna@example.net"),
            person("Bo B.", "BO@example.com"),
        ];
        let found: Vec<String> = ranked(newest_first, prefix, 10).into_iter().map(|person| person.address).collect();
        assert_eq!(found, expected, "{prefix:?}");
    }

    #[test]
    fn people_are_found_by_how_a_word_begins() {
        check("", &["bo@example.com", "zoe@example.com", "anna@example.net"]);
        check("zo", &["zoe@example.com"]);
        check("ARM", &["zoe@example.com"]);
        check("an", &["anna@example.net"]);
        check("BO", &["bo@example.com"]);
        check("example", &[]);
        check("zoe a", &["zoe@example.com"]);
    }
}
