//! Bounds of reading a message: what is inside it, and what is shown of it.

/// Messages inside messages that can be opened one out of the other.
pub const NESTED_DEPTH_MAX: usize = 10;
/// Files of one `winmail.dat`.
pub const TNEF_FILES_MAX: usize = 500;
/// Rich text of a `winmail.dat`, uncompressed, in octets.
pub const TNEF_RTF_MAX_OCTETS: usize = 8 * 1024 * 1024;
/// A message of at least so many octets is read without the long stretches of base64 in it, those of at least the second; they stay on the disk.
pub const SPARSE_FROM_OCTETS: u64 = 512 * 1024;
pub const SPARSE_GAP_MIN_OCTETS: usize = 64 * 1024;
/// Nesting of the elements of a signed message.
pub const BER_DEPTH_MAX: usize = 50;
/// An archive of all files of a message, in octets (a message has at most [`super::WEB_BODY_MAX_OCTETS`]), and its files.
pub const ZIP_MAX_OCTETS: usize = 64 * 1024 * 1024;
pub const ZIP_FILES_MAX: usize = 2000;
/// Source of a message that is shown in a page, in octets.
pub const SOURCE_SHOWN_MAX_OCTETS: usize = 512 * 1024;
/// Messages of one page of hits that are read again to show where the words stand, together, in octets.
pub const SEARCH_SNIPPETS_MAX_OCTETS: u64 = 512 * 1024;
/// Header fields that are shown when a message is printed.
pub const PRINTED_FIELDS_MAX: usize = 200;
/// Recipients of a report that are shown.
pub const REPORT_RECIPIENTS_MAX: usize = 100;
/// Ways to unsubscribe that are shown.
pub const UNSUBSCRIBE_MAX: usize = 4;
/// A calendar in a message: its lines, the longest line in octets, events, and guests and exceptions of one event.
pub const CALENDAR_LINES_MAX: usize = 20_000;
pub const CALENDAR_LINE_MAX_OCTETS: usize = 64 * 1024;
pub const CALENDAR_EVENTS_MAX: usize = 100;
pub const CALENDAR_GUESTS_MAX: usize = 500;
pub const CALENDAR_EXCEPTIONS_MAX: usize = 1000;
/// Days of a series that are looked at: 30 years.
pub const CALENDAR_DAYS_MAX: usize = 11_000;
/// The agenda looks for invitations in so many of a person's newest messages, and at none that is larger, in octets; it shows so many days.
pub const AGENDA_MESSAGES_MAX: usize = 500;
pub const AGENDA_MESSAGE_MAX_OCTETS: u64 = 512 * 1024;
pub const AGENDA_DAYS: u64 = 14;
/// And so that nobody can send what keeps the box busy: octets of all messages with a calendar that are taken apart for one page, events
/// that are known, days of series that are looked at, and lines that are shown.
pub const AGENDA_OCTETS_MAX: usize = 16 * 1024 * 1024;
pub const AGENDA_EVENTS_MAX: usize = 2_000;
pub const AGENDA_LOOKS_MAX: usize = 1_000_000;
/// Newest messages in Sent in which the answer to an invitation is looked for, and how many answers to it are read.
pub const ANSWERS_LOOKED_AT_MAX: usize = 200;
pub const ANSWERS_READ_MAX: usize = 5;
pub const AGENDA_LINES_MAX: usize = 300;
/// Guests of an invitation, and next times of a series, that are shown.
pub const INVITATION_GUESTS_SHOWN: usize = 50;
pub const INVITATION_NEXT_SHOWN: usize = 3;
/// Longest comment with the answer to an invitation, in characters.
pub const ANSWER_COMMENT_MAX_CHARS: usize = 1000;
