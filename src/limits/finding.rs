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
/// Rows of one page of a list.
pub const LIST_ROWS_MAX: usize = 200;
/// Folders that one question may name.
pub const SEARCH_QUERY_FOLDERS_MAX: usize = 16;
/// Sent messages (the newest ones), and the recipients of each, from which it is known whom somebody wrote to.
pub const WRITTEN_MESSAGES_MAX: usize = 5000;
pub const WRITTEN_RECIPIENTS_MAX: usize = 50;
/// People that one look for them finds.
pub const WRITTEN_FOUND_MAX: usize = 50;
