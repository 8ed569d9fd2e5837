//! The part of the tables that sorts, filters and threads: what each mailbox has, and where.
//!
//! | table | a row |
//! | --- | --- |
//! | `box` | a mailbox and its number |
//! | `entry` | a message in a folder of a mailbox: its flags, its conversation, and by what it is sorted. One folder lies together. In folder 0 is what the mailbox does not show now: refused, not yet handed over, or removed |
//! | `known` | a Message-ID or a subject that a message of the mailbox has or refers to, as a hash, and the newest such message |
//! | `written` | whom a message that the mailbox sent was for |
//! | `span` | the messages that were written on one day: from the first to the last |
//!
//! What a mailbox shows is not worked out here a second time: a message that a record was about is looked up in the index, and its rows
//! are made the same ([`Shown`]). So it does not matter how often a record is read, or in which order.

use rusqlite::{OptionalExtension, Transaction, params};

use super::fold::sort_key;
use super::tables::{Fault, signed};
use super::threads::{self, Links};
use crate::clock::Wall;
use crate::limits::{WRITTEN_RECIPIENTS_MAX, WRITTEN_TEXT_MAX_OCTETS};
use crate::mail::parse::Person;
use crate::mail::{Mailbox, Summary};
use crate::store::index::Shown;
use crate::store::{Flags, Folder, FolderId, Seq};

pub const SCHEMA: &str = "
    CREATE TABLE box(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE entry(box INTEGER NOT NULL, folder INTEGER NOT NULL, message INTEGER NOT NULL,
        unread INTEGER NOT NULL, flagged INTEGER NOT NULL, attached INTEGER NOT NULL, thread INTEGER NOT NULL,
        date INTEGER NOT NULL, size INTEGER NOT NULL, person TEXT NOT NULL, subject TEXT NOT NULL,
        PRIMARY KEY(box, folder, message)) WITHOUT ROWID;
    CREATE INDEX entry_message ON entry(message, box);
    CREATE INDEX entry_thread ON entry(box, thread, message);
    CREATE INDEX entry_person ON entry(box, folder, person, message DESC);
    CREATE INDEX entry_subject ON entry(box, folder, subject, message DESC);
    CREATE INDEX entry_size ON entry(box, folder, size, message DESC);
    CREATE INDEX entry_unread ON entry(box, folder, message) WHERE unread = 1;
    CREATE INDEX entry_flagged ON entry(box, folder, message) WHERE flagged = 1;
    CREATE INDEX entry_attached ON entry(box, folder, message) WHERE attached = 1;
    CREATE TABLE known(box INTEGER NOT NULL, hash INTEGER NOT NULL, message INTEGER NOT NULL, PRIMARY KEY(box, hash)) WITHOUT ROWID;
    CREATE TABLE written(box INTEGER NOT NULL, message INTEGER NOT NULL, address TEXT NOT NULL, name TEXT NOT NULL,
        PRIMARY KEY(box, message, address)) WITHOUT ROWID;
    CREATE TABLE span(day INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);";

/// Each table and index is asked for something when the file is opened.
pub const CHECKS: [&str; 5] = [
    "SELECT message FROM entry WHERE box = 0 AND folder = 0 AND person = '' LIMIT 1",
    "SELECT id FROM box WHERE name = ''",
    "SELECT message FROM known WHERE box = 0 AND hash = 0",
    "SELECT name FROM written WHERE box = 0 LIMIT 1",
    "SELECT last FROM span WHERE day = 0",
];

/// The folder of what a mailbox does not show.
pub const HIDDEN: i64 = 0;
const OWN: u64 = 16;
pub const DAY_SECONDS: i64 = 24 * 3600;

/// The number of a folder here.
pub fn folder_code(folder: Folder) -> i64 {
    match folder {
        Folder::Inbox => 1,
        Folder::Sent => 2,
        Folder::Drafts => 3,
        Folder::Archive => 4,
        Folder::Junk => 5,
        Folder::Trash => 6,
        // Numbers of records never come near the end.
        Folder::Own(FolderId(number)) => i64::try_from(number.saturating_add(OWN)).unwrap_or(i64::MAX),
    }
}

/// The folder of a number; none of [`HIDDEN`] and of numbers that no folder has.
pub fn folder_of(code: i64) -> Option<Folder> {
    Some(match code {
        1 => Folder::Inbox,
        2 => Folder::Sent,
        3 => Folder::Drafts,
        4 => Folder::Archive,
        5 => Folder::Junk,
        6 => Folder::Trash,
        _ => Folder::Own(FolderId(u64::try_from(code).ok()?.checked_sub(OWN)?)),
    })
}

/// By what a message is sorted in a folder, as to its people: where somebody's own mail lies, those whom it is to.
pub fn person_key(summary: &Summary, folder: Folder) -> String {
    match folder {
        Folder::Sent | Folder::Drafts => sort_key(&summary.to),
        _ if summary.from_name.trim().is_empty() => sort_key(&summary.from_address),
        _ => sort_key(&summary.from_name),
    }
}

pub fn subject_sort_key(summary: &Summary) -> String {
    sort_key(super::fold::bare_subject(&summary.subject).0)
}

pub fn seconds(at: Wall) -> i64 {
    i64::try_from(at.0 / 1000).unwrap_or(i64::MAX)
}

/// What the catalogue keeps of a message, wherever it is filed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    pub boxes: Vec<Mailbox>,
    /// Of these, whose Sent it was filed in first.
    pub senders: Vec<Mailbox>,
    pub recipients: Vec<Person>,
    pub summary: Summary,
    /// When it was written, as pages show it.
    pub date: Wall,
    pub size: u64,
    pub links: Links,
}

/// A new message, or one that is written again: it gets its conversation in each mailbox, and a row there.
pub fn file(transaction: &Transaction<'_>, message: i64, filed: &Filed) -> Result<(), Fault> {
    let row = Row {
        attached: filed.summary.attachments,
        date: seconds(filed.date),
        size: signed(filed.size)?,
        person: String::new(),
        subject: subject_sort_key(&filed.summary),
    };
    for mailbox in &filed.boxes {
        let number = box_number(transaction, mailbox)?;
        if threads::of(transaction, number, message)?.is_none() {
            let thread = threads::assign(transaction, number, message, row.date, &filed.links)?;
            put(transaction, number, HIDDEN, message, Flags::SEEN, thread, &row)?;
        }
    }
    for mailbox in &filed.senders {
        let number = box_number(transaction, mailbox)?;
        let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO written(box, message, address, name) VALUES(?, ?, ?, ?)")?;
        let written = filed.recipients.iter().filter(|person| person.address.contains('@'));
        for Person { name, address } in written.take(WRITTEN_RECIPIENTS_MAX) {
            insert.execute(params![number, message, bounded(address), bounded(name)])?;
        }
    }
    let day = row.date / DAY_SECONDS;
    let mut widen = transaction.prepare_cached(
        "INSERT INTO span(day, first, last) VALUES(?1, ?2, ?2)
         ON CONFLICT(day) DO UPDATE SET first = min(first, ?2), last = max(last, ?2) WHERE ?2 < first OR ?2 > last",
    )?;
    widen.execute(params![day, message])?;
    Ok(())
}

fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(WRITTEN_TEXT_MAX_OCTETS)]
}

struct Row {
    attached: bool,
    date: i64,
    size: i64,
    person: String,
    subject: String,
}

/// A row that is there.
struct Found {
    number: i64,
    folder: i64,
    unread: bool,
    flagged: bool,
    thread: i64,
}

/// Makes the rows of a message what its mailboxes show. `summary` is asked for only where it is shown in a folder anew.
pub fn show(transaction: &Transaction<'_>, shown: &Shown, summary: &dyn Fn() -> Summary) -> Result<(), Fault> {
    let message = signed(shown.message.0)?;
    let there = rows_of(transaction, message)?;
    let mut numbers: Vec<i64> = there.iter().map(|row| row.number).collect();
    numbers.dedup();
    let mut known = None;
    for number in numbers {
        let there: Vec<&Found> = there.iter().filter(|row| row.number == number).collect();
        let name: String = transaction.prepare_cached("SELECT name FROM box WHERE id = ?")?.query_row([number], |row| row.get(0))?;
        let mut wanted: Vec<(i64, Option<Folder>, Flags)> = shown
            .entries
            .iter()
            .filter(|(mailbox, ..)| mailbox.as_str() == name)
            .map(|(_, folder, flags)| (folder_code(*folder), Some(*folder), *flags))
            .collect();
        if wanted.is_empty() {
            wanted.push((HIDDEN, None, Flags::SEEN));
        }
        let Some(first) = there.first() else { continue };
        let missing: Vec<_> = wanted.iter().filter(|(code, ..)| there.iter().all(|row| row.folder != *code)).collect();
        if !missing.is_empty() {
            let mut row = statics(transaction, first, message)?;
            for (code, folder, flags) in missing {
                let summary = known.get_or_insert_with(summary);
                row.person = folder.map(|folder| person_key(summary, folder)).unwrap_or_default();
                put(transaction, number, *code, message, *flags, first.thread, &row)?;
            }
        }
        for row in there {
            match wanted.iter().find(|(code, ..)| *code == row.folder) {
                None => {
                    let mut delete = transaction.prepare_cached("DELETE FROM entry WHERE box = ? AND folder = ? AND message = ?")?;
                    delete.execute(params![number, row.folder, message])?;
                }
                Some((_, _, flags)) => {
                    let (unread, flagged) = (!flags.has(Flags::SEEN), flags.has(Flags::FLAGGED));
                    if (row.unread, row.flagged) != (unread, flagged) {
                        let mut update = transaction
                            .prepare_cached("UPDATE entry SET unread = ?, flagged = ? WHERE box = ? AND folder = ? AND message = ?")?;
                        update.execute(params![unread, flagged, number, row.folder, message])?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn rows_of(transaction: &Transaction<'_>, message: i64) -> Result<Vec<Found>, Fault> {
    let mut ask = transaction.prepare_cached(
        "SELECT box, folder, unread, flagged, thread FROM entry INDEXED BY entry_message WHERE message = ? ORDER BY box, folder",
    )?;
    let rows = ask.query_map([message], |row| {
        Ok(Found { number: row.get(0)?, folder: row.get(1)?, unread: row.get(2)?, flagged: row.get(3)?, thread: row.get(4)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn statics(transaction: &Transaction<'_>, row: &Found, message: i64) -> Result<Row, Fault> {
    let mut ask =
        transaction.prepare_cached("SELECT attached, date, size, subject FROM entry WHERE box = ? AND folder = ? AND message = ?")?;
    let row = ask.query_row(params![row.number, row.folder, message], |row| {
        Ok(Row { attached: row.get(0)?, date: row.get(1)?, size: row.get(2)?, subject: row.get(3)?, person: String::new() })
    })?;
    Ok(row)
}

fn put(transaction: &Transaction<'_>, number: i64, folder: i64, message: i64, flags: Flags, thread: i64, row: &Row) -> Result<(), Fault> {
    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO entry(box, folder, message, unread, flagged, attached, thread, date, size, person, subject)
         VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let (unread, flagged) = (!flags.has(Flags::SEEN), flags.has(Flags::FLAGGED));
    let Row { attached, date, size, person, subject } = row;
    insert.execute(params![number, folder, message, unread, flagged, attached, thread, date, size, person, subject])?;
    Ok(())
}

/// Takes out all rows about a message but those of `known`: see [`threads::sweep`].
pub fn forget(transaction: &Transaction<'_>, message: i64) -> Result<(), Fault> {
    let rows = rows_of(transaction, message)?;
    for Found { number, folder, .. } in rows {
        transaction.prepare_cached("DELETE FROM written WHERE box = ? AND message = ?")?.execute(params![number, message])?;
        let mut delete = transaction.prepare_cached("DELETE FROM entry WHERE box = ? AND folder = ? AND message = ?")?;
        delete.execute(params![number, folder, message])?;
    }
    Ok(())
}

/// Days on which nothing that is left was written.
pub fn forget_days(transaction: &Transaction<'_>) -> Result<(), Fault> {
    transaction.prepare_cached("DELETE FROM span WHERE last < (SELECT min(message) FROM messages)")?.execute([])?;
    Ok(())
}

fn box_number(transaction: &Transaction<'_>, mailbox: &Mailbox) -> Result<i64, Fault> {
    let name = mailbox.as_str();
    let found = transaction.prepare_cached("SELECT id FROM box WHERE name = ?")?.query_row([name], |row| row.get(0)).optional()?;
    if let Some(number) = found {
        return Ok(number);
    }
    transaction.prepare_cached("INSERT INTO box(name) VALUES(?)")?.execute([name])?;
    Ok(transaction.last_insert_rowid())
}

/// Of numbers of messages in the tables.
pub fn seq(number: i64) -> Result<Seq, Fault> {
    super::tables::unsigned(number).map(Seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_number() {
        for folder in [Folder::Inbox, Folder::Sent, Folder::Drafts, Folder::Archive, Folder::Junk, Folder::Trash] {
            assert_eq!(folder_of(folder_code(folder)), Some(folder));
        }
        for number in [0, 1, 7, 1 << 50] {
            assert_eq!(folder_of(folder_code(Folder::Own(FolderId(number)))), Some(Folder::Own(FolderId(number))));
        }
        assert_eq!((folder_of(HIDDEN), folder_of(-1), folder_of(9)), (None, None, None));
    }

    #[test]
    fn people_are_those_whom_a_page_shows() {
        let summary = Summary {
            from_name: "Ärwin".to_owned(),
            from_address: "e@example.com".to_owned(),
            to: "Bo, Carla".to_owned(),
            ..Summary::default()
        };
        assert_eq!(person_key(&summary, Folder::Inbox), "arwin");
        assert_eq!(person_key(&summary, Folder::Sent), "bo, carla");
        assert_eq!(person_key(&Summary { from_name: " ".to_owned(), ..summary }, Folder::Archive), "e@example.com");
    }
}
