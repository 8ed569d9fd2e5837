//! The file of the catalogue in SQLite, and its words; what sorts, filters and threads is in [`super::entries`] and [`super::threads`].
//!
//! | table | holds |
//! | --- | --- |
//! | `words` | FTS5 without its content: a row a message, named by the message's number |
//! | `messages` | in which segment each message of `words` lies |
//! | `applied` | how far in the spool this goes; one row, written in the transaction of what it says |
//!
//! The journal is a write-ahead log that is synced before each checkpoint: after a crash or a power cut the tables are as of some
//! transaction, and the thread goes on from there. What SQLite itself finds damaged is [`Fault::Broken`].

use std::fmt;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, params};

use super::entries::{self, Filed};
use super::threads::{self, Swept};
use crate::limits::{CATALOGUE_SWEEP_ROWS, SEARCH_CACHE_KIB, SEARCH_MERGE_PARTS, SEARCH_STATEMENTS_KEPT};
use crate::mail::Summary;
use crate::store::feed::Durable;
use crate::store::index::Shown;

const FILE: &str = "search.db";
/// Of tables and words; another one is made again.
const FORMAT: i64 = 2;
const SCHEMA: &str = "
    CREATE VIRTUAL TABLE words USING fts5(box, sender, addressees, copies, subject, others, text,
        content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
    CREATE TABLE messages(message INTEGER PRIMARY KEY, segment INTEGER NOT NULL);
    CREATE INDEX messages_of_segment ON messages(segment);
    CREATE TABLE applied(id INTEGER PRIMARY KEY CHECK(id = 1), segment INTEGER NOT NULL, end INTEGER NOT NULL, seq INTEGER NOT NULL);";

/// What can be found of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub message: u64,
    /// For the tables that sort and thread.
    pub filed: Filed,
    pub segment: u64,
    /// The words of its mailboxes.
    pub boxes: String,
    /// From, To and Cc.
    pub sender: String,
    pub addressees: String,
    pub copies: String,
    pub subject: String,
    /// Names of files, Reply-To.
    pub others: String,
    pub text: String,
}

impl Document {
    pub fn octets(&self) -> usize {
        let Document { boxes, sender, addressees, copies, subject, others, text, .. } = self;
        [boxes, sender, addressees, copies, subject, others, text].iter().map(|text| text.len()).sum()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The tables are not what they should be: to be thrown away.
    Broken(String),
    /// The disk or the memory: may be better later.
    Failed(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Broken(text) => write!(f, "broken: {text}"),
            Fault::Failed(text) => write!(f, "{text}"),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Broken(text),
            _ => Fault::Failed(text),
        }
    }
}

/// The tables, for writing. One owner: the search thread.
pub struct Tables {
    db: Connection,
}

impl Tables {
    /// Opens the tables in `folder`, or makes them.
    pub fn open(folder: &Path) -> Result<Tables, Fault> {
        let mut db = connect(folder, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // WAL keeps readers and the writer out of each other's way.
        db.pragma_update(None, "journal_mode", "wal")?;
        db.pragma_update(None, "synchronous", "normal")?;
        let format: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if format != FORMAT {
            let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables > 0 {
                return Err(Fault::Broken(format!("it has format {format}")));
            }
            let transaction = db.transaction()?;
            transaction.execute_batch(SCHEMA)?;
            transaction.execute_batch(entries::SCHEMA)?;
            transaction.execute("INSERT INTO words(words, rank) VALUES('automerge', ?)", [SEARCH_MERGE_PARTS])?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
            transaction.commit()?;
        }
        Ok(Tables { db })
    }

    /// How far the tables go; the beginning of the spool if they are new. Asks each of them for something: one that is not there,
    /// or has other columns, is a table that is broken.
    pub fn applied(&self) -> Result<Durable, Fault> {
        for sql in
            ["SELECT rowid FROM words WHERE words MATCH 'text : \"a\"' LIMIT 1", "SELECT message FROM messages WHERE segment = 0 LIMIT 1"]
        {
            let asked = self.db.query_row(sql, [], |row| row.get::<_, i64>(0)).optional();
            asked.map_err(|error| Fault::Broken(error.to_string()))?;
        }
        for sql in entries::CHECKS {
            let asked = self.db.query_row(sql, [], |_| Ok(())).optional();
            asked.map_err(|error| Fault::Broken(error.to_string()))?;
        }
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let found = self.db.query_row("SELECT segment, end, seq FROM applied", [], row).optional();
        let found = found.map_err(|error| Fault::Broken(error.to_string()))?;
        found.map_or(Ok(Durable::default()), |(segment, end, seq)| {
            Ok(Durable { segment: unsigned(segment)?, end: unsigned(end)?, seq: unsigned(seq)? })
        })
    }

    /// Puts messages in, instead of what was known of them, makes the rows of those that records were about what mailboxes show, and moves the
    /// position: all of it or nothing.
    pub fn put(
        &mut self,
        documents: &[Document],
        shown: &[Shown],
        summary: &dyn Fn(&Shown) -> Summary,
        position: Durable,
    ) -> Result<(), Fault> {
        let transaction = self.db.transaction()?;
        put_documents(&transaction, documents)?;
        for document in documents {
            entries::file(&transaction, signed(document.message)?, &document.filed)?;
        }
        for shown in shown {
            entries::show(&transaction, shown, &|| summary(shown))?;
        }
        transaction.execute(
            "INSERT OR REPLACE INTO applied(id, segment, end, seq) VALUES(1, ?, ?, ?)",
            params![signed(position.segment)?, signed(position.end)?, signed(position.seq)?],
        )?;
        Ok(transaction.commit()?)
    }

    /// The first segment that a message lies in.
    pub fn oldest_segment(&self) -> Result<Option<u64>, Fault> {
        let oldest: Option<i64> = self.db.query_row("SELECT min(segment) FROM messages", [], |row| row.get(0))?;
        oldest.map(unsigned).transpose()
    }

    /// Takes out messages that lie in this segment, at most `limit`; returns how many.
    pub fn forget(&mut self, segment: u64, limit: usize) -> Result<usize, Fault> {
        let transaction = self.db.transaction()?;
        let messages: Vec<i64> = {
            let mut some = transaction.prepare("SELECT message FROM messages WHERE segment = ? LIMIT ?")?;
            let rows = some.query_map(params![signed(segment)?, signed(limit as u64)?], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        {
            let mut words = transaction.prepare("DELETE FROM words WHERE rowid = ?")?;
            let mut place = transaction.prepare("DELETE FROM messages WHERE message = ?")?;
            for message in &messages {
                words.execute([message])?;
                place.execute([message])?;
                entries::forget(&transaction, *message)?;
            }
        }
        entries::forget_days(&transaction)?;
        transaction.commit()?;
        Ok(messages.len())
    }
}

impl Tables {
    /// One step of tidying behind [`Tables::forget`]; None when there is nothing more.
    pub fn sweep(&mut self, from: Swept) -> Result<Option<Swept>, Fault> {
        let transaction = self.db.transaction()?;
        let reached = threads::sweep(&transaction, from, CATALOGUE_SWEEP_ROWS)?;
        transaction.commit()?;
        Ok(reached)
    }
}

fn put_documents(transaction: &Transaction<'_>, documents: &[Document]) -> Result<(), Fault> {
    let mut words = transaction.prepare(
        "INSERT OR REPLACE INTO words(rowid, box, sender, addressees, copies, subject, others, text) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut place = transaction.prepare("INSERT OR REPLACE INTO messages(message, segment) VALUES(?, ?)")?;
    for document in documents {
        let message = signed(document.message)?;
        let Document { boxes, sender, addressees, copies, subject, others, text, .. } = document;
        words.execute(params![message, boxes, sender, addressees, copies, subject, others, text])?;
        place.execute(params![message, signed(document.segment)?])?;
    }
    Ok(())
}

pub fn connect(folder: &Path, flags: OpenFlags) -> Result<Connection, Fault> {
    // Each connection has one user at a time: SQLite's own locks around it are not needed.
    let db = Connection::open_with_flags(folder.join(FILE), flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.pragma_update(None, "cache_size", -SEARCH_CACHE_KIB)?;
    db.set_prepared_statement_cache_capacity(SEARCH_STATEMENTS_KEPT);
    // A damaged file must not get further than an error.
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    Ok(db)
}

// SQLite's integers are signed. Sequence numbers and offsets never come near the difference.
pub fn signed(number: u64) -> Result<i64, Fault> {
    i64::try_from(number).map_err(|_| Fault::Failed(format!("{number} is too large a number")))
}

pub fn unsigned(number: i64) -> Result<u64, Fault> {
    u64::try_from(number).map_err(|_| Fault::Broken(format!("{number} is no position")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Address, Mailbox};
    use crate::store::search::ask::Questions;
    use crate::store::search::{query::Query, words};

    fn mailbox(name: &str) -> Mailbox {
        Address::parse(&format!("{name}@example.com")).unwrap().mailbox()
    }

    fn document(message: u64, segment: u64, who: &str, text: &str) -> Document {
        Document { message, segment, boxes: words::mailbox_word(&mailbox(who)), text: text.to_owned(), ..Document::default() }
    }

    fn check(folder: &Path, who: &str, query: &str, expected: &[u64]) {
        let expression = Query::words(query).expression(&mailbox(who)).unwrap();
        let found: Vec<u64> = Questions::open(folder).unwrap().words(&expression, None, 10).unwrap().into_iter().map(|seq| seq.0).collect();
        assert_eq!(found, expected, "{expression}");
    }

    #[test]
    fn finds_newest_first_within_a_mailbox() {
        let folder = tempfile::tempdir().unwrap();
        let mut tables = Tables::open(folder.path()).unwrap();
        let position = Durable { segment: 1, end: 500, seq: 9 };
        let documents = [
            document(3, 1, "ann", "the Annual Report, Größe é"),
            document(5, 1, "bo", "annual report"),
            document(9, 2, "ann", "report: annual"),
        ];
        tables.put(&documents, &[], &|_| Summary::default(), position).unwrap();
        assert_eq!(tables.applied().unwrap(), position);
        check(folder.path(), "ann", "annual report", &[9, 3]);
        check(folder.path(), "ann", "\"annual report\"", &[3]);
        check(folder.path(), "ann", "ANNUAL grosse", &[]);
        check(folder.path(), "ann", "E annu* große", &[3]);
        check(folder.path(), "ann", "E annu* GROßE", &[3]);
        check(folder.path(), "ann", "e annu* grösse", &[]);
        check(folder.path(), "ann", "E annu* größe", &[3]);
        check(folder.path(), "bo", "annual", &[5]);
        check(folder.path(), "bo", "m", &[]);
        check(folder.path(), "bo", &words::mailbox_word(&mailbox("bo")), &[]);
        check(folder.path(), "eve", "annual", &[]);
    }

    #[test]
    fn a_message_put_again_is_replaced_and_a_segment_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut tables = Tables::open(folder.path()).unwrap();
        tables
            .put(&[document(3, 1, "ann", "old"), document(4, 1, "ann", "old")], &[], &|_| Summary::default(), Durable::default())
            .unwrap();
        tables.put(&[document(3, 2, "ann", "new")], &[], &|_| Summary::default(), Durable::default()).unwrap();
        check(folder.path(), "ann", "old", &[4]);
        check(folder.path(), "ann", "new", &[3]);
        assert_eq!(tables.oldest_segment().unwrap(), Some(1));
        assert_eq!((tables.forget(1, 10).unwrap(), tables.forget(1, 10).unwrap()), (1, 0));
        assert_eq!(tables.oldest_segment().unwrap(), Some(2));
        check(folder.path(), "ann", "old", &[]);
        check(folder.path(), "ann", "new", &[3]);
    }

    #[test]
    fn what_is_no_table_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "no database at all, and long enough to be one if it were").unwrap();
        assert!(matches!(Tables::open(folder.path()), Err(Fault::Broken(_))));
        let other = tempfile::tempdir().unwrap();
        Tables::open(other.path()).unwrap().db.pragma_update(None, "user_version", 77).unwrap();
        assert!(matches!(Tables::open(other.path()), Err(Fault::Broken(_))));
    }
}
