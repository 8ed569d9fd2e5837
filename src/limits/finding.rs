//! Bounds of what sorts, filters, threads and finds mail.

use std::time::Duration;

/// Part of a sender's name or a subject by which a folder is sorted, in octets of UTF-8; texts that are the same so far stand newest first.
pub const SORT_KEY_MAX_OCTETS: usize = 32;
/// Messages of one conversation; one more begins another conversation.
pub const THREAD_MESSAGES_MAX: usize = 500;
/// Message-IDs of one message that are looked up for its conversation: the newest ones that it refers to, and the oldest.
pub const THREAD_REFERENCES_MAX: usize = 24;
/// Part of a subject by which a conversation is known, in octets.
pub const THREAD_SUBJECT_MAX_OCTETS: usize = 200;
/// An answer that refers to nothing belongs to a conversation of its subject that is at most this much older.
pub const THREAD_SUBJECT_AGE_MAX: Duration = Duration::from_secs(14 * 24 * 3600);
/// People of a conversation that a list names: those of its newest messages, as far as these are looked at.
pub const THREAD_PEOPLE_MAX: usize = 4;
pub const THREAD_PEOPLE_MESSAGES_MAX: usize = 6;
/// Messages whose rows are made anew by one transaction, because a record was about them.
pub const CATALOGUE_BATCH_TOUCHED: usize = 2000;
/// Rows that one step of tidying looks at.
pub const CATALOGUE_SWEEP_ROWS: usize = 2000;
/// A filter that lets through fewer rows than these is sorted as a whole; of more, rows are taken in the order that is asked for until there
/// are enough.
pub const LIST_SORTED_MAX: usize = 5000;
/// Messages that a filter lets through are counted up to this number.
pub const LIST_COUNTED_MAX: u64 = 10_000;
/// Newest messages that the catalogue does not know yet, and that a filtered page looks through.
pub const LIST_TAIL_MAX: usize = 200;
/// Rows of one page of a list.
pub const LIST_ROWS_MAX: usize = 200;
/// Folders that one question may name.
pub const SEARCH_QUERY_FOLDERS_MAX: usize = 16;
/// Sent messages (the newest ones), and the recipients of each, from which it is known whom somebody wrote to.
pub const WRITTEN_MESSAGES_MAX: usize = 5000;
pub const WRITTEN_RECIPIENTS_MAX: usize = 50;
/// Part of a name or address of such a person that is kept, in octets.
pub const WRITTEN_TEXT_MAX_OCTETS: usize = 320;
/// People that one look for them finds.
pub const WRITTEN_FOUND_MAX: usize = 50;
