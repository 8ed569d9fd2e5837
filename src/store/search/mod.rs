//! The catalogue and full text search: the second view of the spool.
//!
//! Owns `search/` in the data folder: for each message that is filed somewhere, the words of its header fields for people and subject,
//! of its text and of the names of its attachments, and the mailboxes it was filed in. A thread of its own ([`follow`]) reads the
//! spool behind the writer, at a lower priority and in small transactions. Mail goes first ([`courtesy`]): on a quiet box a new message can be
//! found after a quarter of a second; while much is written the search waits for a quiet moment, five minutes at most. How far
//! it got stands in the same transaction as what it put in, so that it goes on from there after any end.
//!
//! Beside the words it is a catalogue ([`entries`]): a row for each message in each folder of each mailbox, in the orders in which pages list
//! a folder, with its flags and its conversation ([`threads`]). Records only say which messages to look at again; what a mailbox shows of
//! them is asked of the [`View`](super::View), so that nothing is worked out twice and any record may be read again.
//!
//! It never decides who sees what: it finds candidates among the messages of a mailbox, and whoever asks looks them up in the view, which
//! knows what the mailbox shows now. Rows of segments that retention dropped may go later, in small steps.
//!
//! It is never a reason not to start, not to accept mail or not to show a page. Tables that SQLite finds damaged, that are of another format
//! or ahead of the spool are set aside as `search.broken` and made again while everything else works; other failures (a full disk)
//! are tried again later. The folder may be deleted at any time while nothing runs.
//!
//! # Why SQLite
//!
//! FTS5 against tantivy 0.27, measured with 100,000 messages of 1 to 2 KiB of text in 50 mailboxes on two cores, the first page of 50
//! hits of one mailbox, newest first:
//!
//! | | FTS5 | tantivy |
//! | --- | --- | --- |
//! | CPU to put them in | 15 s | 16 s |
//! | resident memory while doing so | 16 MB | 64 MB, then 73 MB with its files mapped |
//! | on disk | 111 MB with the log | 55 to 64 MB |
//! | one word, two words, phrase | 0.4, 1.4, 1.1 ms | 0.1, 0.2, 0.8 ms |
//! | one new message findable | 0.4 ms | 13 ms |
//! | the static binary grows by | 1.0 MB | 5.6 MB |
//! | crates | 7 | 120 |
//!
//! Both are fast enough. What decided: the box may have 150 MB for everything, its binary little room, and tantivy maps its files, so that
//! one that lost its end kills the process where SQLite returns an error.
//!
//! # What can be found
//!
//! Case and diacritics do not matter. Scripts without spaces between words are taken character by character, so that any run of
//! characters is found. See [`query`] for the questions.

mod ask;
mod condense;
mod courtesy;
mod entries;
mod fold;
mod follow;
mod listing;
mod marks;
mod query;
mod tables;
mod threads;
mod words;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use self::ask::Questions;
pub(super) use self::ask::{Member, Place};
#[cfg(test)]
pub(super) use self::entries::{person_key, subject_sort_key};
pub(super) use self::fold::fold;
use self::follow::Follower;
pub(super) use self::listing::Key;
pub use self::listing::{Conversation, Cursor, Direction, Filter, Listed, ListedRow, Listing, Sort};
pub use self::marks::Marks;
pub(super) use self::query::Facts;
pub use self::query::{Field, Names, Query};
use self::tables::Fault;
use super::feed::{Durable, Feed};
use super::segment::Paths;
use super::{Folder, Seq, StoreError, View};
use crate::limits::{SEARCH_HITS_MAX, SEARCH_QUESTIONERS};
use crate::mail::Mailbox;
use crate::mail::parse::Person;

const FOLDER: &str = "search";
const BROKEN: &str = "search.broken";

/// How far the search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchState {
    /// It knows every message.
    Ready,
    /// It does not know the newest ones yet: at most so many.
    Behind(u64),
    /// It cannot be asked: it is just being opened, or failed and tries again.
    Unavailable,
}

/// The search of an open store.
pub struct Search {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread shares with callers.
struct Shared {
    feed: Arc<Feed>,
    state: Mutex<State>,
    questions: [Mutex<Option<Questions>>; SEARCH_QUESTIONERS],
    /// Counts those that had to wait: by turns for one and the other.
    waited: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// Everything up to here can be found. None while nothing can.
    applied: Option<Durable>,
    /// A question met damage.
    distrusted: bool,
    stopping: bool,
}

/// Why the thread goes on.
enum Woken {
    /// There is more in the spool, or time has passed: so far it is on disk.
    At(Durable),
    Distrusted,
    Stopping,
}

impl Search {
    /// Starts the thread, which opens the tables or makes them anew. Without a thread (the system has none to give) the search
    /// stays unavailable.
    pub fn start(data_dir: &Path, paths: Paths, feed: Arc<Feed>, view: Arc<View>) -> Search {
        let shared = Arc::new(Shared { feed, state: Mutex::default(), questions: Default::default(), waited: AtomicUsize::new(0) });
        let follower = Follower { data_dir: data_dir.to_owned(), paths, shared: Arc::clone(&shared), view };
        let thread = std::thread::Builder::new().name("search".to_owned()).spawn(move || follower.run());
        let thread = thread.inspect_err(|error| log::error!("search not started: {error}")).ok();
        Search { shared, thread: Mutex::new(thread) }
    }

    /// Candidates, newest first; see [`super::Store::search`].
    pub fn candidates(&self, mailbox: &Mailbox, query: &Query, before: Option<Seq>, limit: usize) -> Result<Vec<Seq>, StoreError> {
        let Some(expression) = query.expression(mailbox) else { return Ok(Vec::new()) };
        self.ask(|questions| questions.words(&expression, before, limit.min(SEARCH_HITS_MAX)))
    }

    /// What may be what `query` asks for, newest first, with the folder that it is in; a message in several comes several times in a row.
    /// `folders`: those to look in if no word is asked for.
    pub fn find(
        &self,
        mailbox: &Mailbox,
        query: &Query,
        folders: &[Folder],
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<(Seq, Folder)>, StoreError> {
        let expression = query.expression(mailbox);
        self.ask(|questions| {
            let Some(number) = questions.mailbox(mailbox)? else { return Ok(Vec::new()) };
            if let Some(expression) = &expression {
                return questions.find(number, expression, &query.facts, before, limit);
            }
            let mut found = Vec::new();
            for folder in folders {
                found.extend(questions.find_in(number, *folder, &query.facts, before, limit)?);
            }
            found.sort_by_key(|(message, folder)| (std::cmp::Reverse(*message), *folder));
            found.truncate(limit);
            Ok(found)
        })
    }

    /// One page of a folder behind `cursor`.
    pub fn page(
        &self,
        mailbox: &Mailbox,
        folder: Folder,
        listing: &Listing,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<Place>, StoreError> {
        self.of_mailbox(mailbox, |questions, number| questions.page(number, folder, listing, cursor, limit))
    }

    /// Messages that a filter lets through, unless they are too many to count.
    pub fn count(&self, mailbox: &Mailbox, folder: Folder, filter: Filter) -> Result<Option<u64>, StoreError> {
        self.of_mailbox(mailbox, |questions, number| questions.count(number, folder, filter))
    }

    /// The messages of these conversations, each oldest first.
    pub fn members(&self, mailbox: &Mailbox, threads: &[i64]) -> Result<Vec<Vec<Member>>, StoreError> {
        self.of_mailbox(mailbox, |questions, number| threads.iter().map(|thread| questions.members(number, *thread)).collect())
    }

    /// The messages of the conversation that a message belongs to, oldest first.
    pub fn conversation(&self, mailbox: &Mailbox, message: Seq) -> Result<Vec<Member>, StoreError> {
        self.of_mailbox(mailbox, |questions, number| match questions.thread(number, message)? {
            Some(thread) => questions.members(number, thread),
            None => Ok(Vec::new()),
        })
    }

    /// Whom the newest messages that a mailbox sent were for, newest first.
    pub fn written(&self, mailbox: &Mailbox) -> Result<Vec<Person>, StoreError> {
        self.of_mailbox(mailbox, |questions, number| questions.written(number))
    }

    // Of a mailbox in which nothing was ever filed, nothing is known.
    fn of_mailbox<T: Default>(&self, mailbox: &Mailbox, what: impl FnOnce(&Questions, i64) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.ask(|questions| match questions.mailbox(mailbox)? {
            Some(number) => what(questions, number),
            None => Ok(T::default()),
        })
    }

    fn ask<T>(&self, what: impl FnOnce(&Questions) -> Result<T, Fault>) -> Result<T, StoreError> {
        let questions = self.shared.questions();
        let Some(asked) = questions.as_ref() else { return Err(StoreError::Io("the search is not available".to_owned())) };
        what(asked).map_err(|fault| {
            log::error!("search failed: {fault}");
            if matches!(fault, Fault::Broken(_)) {
                self.shared.distrust();
            }
            StoreError::Io(format!("the search failed: {fault}"))
        })
    }

    /// Number of the last record that it knows; 0 while it is not available.
    pub fn reached(&self) -> Seq {
        Seq(self.shared.state().applied.map_or(0, |applied| applied.seq))
    }

    pub fn state(&self) -> SearchState {
        let durable = self.shared.feed.durable();
        let applied = self.shared.state().applied;
        match applied {
            None => SearchState::Unavailable,
            Some(applied) if applied >= durable => SearchState::Ready,
            Some(applied) => SearchState::Behind(durable.seq.saturating_sub(applied.seq)),
        }
    }

    /// Stops the thread and waits for it: at most for one small transaction.
    pub fn stop(&self) {
        self.shared.state().stopping = true;
        self.shared.feed.rouse();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            log::error!("search thread panicked");
        }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // Whoever is free; the first one, whose cache is warm, if several are.
    fn questions(&self) -> MutexGuard<'_, Option<Questions>> {
        for questions in &self.questions {
            match questions.try_lock() {
                Ok(free) => return free,
                Err(TryLockError::Poisoned(free)) => return free.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let turn = self.waited.fetch_add(1, Ordering::Relaxed) % self.questions.len();
        self.questions[turn].lock().unwrap_or_else(PoisonError::into_inner)
    }

    // Each at the end of the question that it answers now.
    fn replace_questions(&self, mut with: impl FnMut() -> Option<Questions>) {
        for questions in &self.questions {
            *questions.lock().unwrap_or_else(PoisonError::into_inner) = with();
        }
    }

    /// `questions`: [`SEARCH_QUESTIONERS`] of them.
    fn available(&self, questions: Vec<Questions>, applied: Durable) {
        let mut questions = questions.into_iter();
        self.replace_questions(|| questions.next());
        let mut state = self.state();
        state.distrusted = false;
        state.applied = Some(applied);
    }

    fn unavailable(&self) {
        self.replace_questions(|| None);
        self.state().applied = None;
    }

    fn applied(&self, applied: Durable) {
        self.state().applied = Some(applied);
    }

    fn distrust(&self) {
        self.state().distrusted = true;
        self.feed.rouse();
    }

    fn is_stopping(&self) -> bool {
        self.state().stopping
    }

    fn wait_for_more(&self, known: &Durable, at_most: Duration) -> Woken {
        let durable = self.feed.wait_beyond(known, at_most);
        match *self.state() {
            State { stopping: true, .. } => Woken::Stopping,
            State { distrusted: true, .. } => Woken::Distrusted,
            _ => Woken::At(durable),
        }
    }

    /// Waits, whatever is written; true if the store closes meanwhile.
    fn pause(&self, duration: Duration) -> bool {
        self.feed.wait_beyond(&Durable::NEVER, duration);
        self.is_stopping()
    }
}

/// Removes the tables, and those set aside: the next open makes them again. Nobody has the store open.
pub fn throw_away(data_dir: &Path) -> Result<(), StoreError> {
    let all: [PathBuf; 2] = [FOLDER, BROKEN].map(|name| data_dir.join(name));
    all.iter().try_for_each(|path| follow::remove(path)).map_err(StoreError::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_does_not_hold_up_another() {
        let folder = tempfile::tempdir().unwrap();
        let tables = tables::Tables::open(folder.path()).unwrap();
        let feed = Arc::new(Feed::settled(0));
        let shared = Shared { feed, state: Mutex::default(), questions: Default::default(), waited: AtomicUsize::new(0) };
        let open = (0..SEARCH_QUESTIONERS).map(|_| Questions::open(folder.path()).unwrap()).collect();
        shared.available(open, tables.applied().unwrap());
        let at_work: Vec<_> = (0..SEARCH_QUESTIONERS).map(|_| shared.questions()).collect();
        assert!(at_work.iter().all(|questions| questions.is_some()));
        drop(at_work);
        shared.unavailable();
        let at_work: Vec<_> = (0..SEARCH_QUESTIONERS).map(|_| shared.questions()).collect();
        assert!(at_work.iter().all(|questions| questions.is_none()));
    }
}
