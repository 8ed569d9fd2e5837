//! Questions to the tables. What they answer was so a moment ago: whoever shows it asks the index first.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params, params_from_iter};

use super::entries::{DAY_SECONDS, HIDDEN, folder_code, folder_of, seconds, seq};
use super::listing::{Cursor, Direction, Filter, Key, Listing, Sort};
use super::query::Facts;
use super::tables::{Fault, connect, signed};
use crate::limits::{LIST_COUNTED_MAX, LIST_SORTED_MAX, THREAD_MESSAGES_MAX, WRITTEN_MESSAGES_MAX};
use crate::mail::Mailbox;
use crate::mail::parse::Person;
use crate::store::{Folder, Seq};

/// The tables, for questions.
pub struct Questions {
    db: Connection,
}

/// A row of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub message: Seq,
    pub thread: i64,
    key: Key,
}

impl Place {
    pub fn cursor(&self) -> Cursor {
        Cursor { message: self.message, key: self.key.clone() }
    }
}

/// A message of a conversation in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub message: Seq,
    pub folder: Folder,
    pub unread: bool,
    pub flagged: bool,
    pub attached: bool,
}

/// Between which messages to look.
#[derive(Clone, Copy)]
struct Bounds {
    from: i64,
    before: i64,
}

enum Bound<'a> {
    None,
    /// In the order in which messages came.
    Beyond(i64),
    /// Of those with this key, behind this message.
    Same(&'a Value, i64),
    /// Behind all with this key.
    Past(&'a Value),
}

impl Questions {
    /// Of tables that are open for writing already.
    pub fn open(folder: &Path) -> Result<Questions, Fault> {
        let db = connect(folder, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        db.pragma_update(None, "query_only", true)?;
        Ok(Questions { db })
    }

    /// Numbers of the messages that an expression finds, wherever they are, newest first, those before `before`.
    pub fn words(&self, expression: &str, before: Option<Seq>, limit: usize) -> Result<Vec<Seq>, Fault> {
        let mut ask = self.db.prepare_cached("SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?")?;
        let rows = ask.query_map(params![expression, beginning(before), signed(limit as u64)?], |row| row.get::<_, i64>(0))?;
        rows.map(|row| seq(row?)).collect()
    }

    /// The number of a mailbox; none: nothing was ever filed there.
    pub fn mailbox(&self, mailbox: &Mailbox) -> Result<Option<i64>, Fault> {
        let mut ask = self.db.prepare_cached("SELECT id FROM box WHERE name = ?")?;
        Ok(ask.query_row([mailbox.as_str()], |row| row.get(0)).optional()?)
    }

    /// What an expression finds in a mailbox where the facts are true, newest first, and in which folders it is: a message in several
    /// comes several times in a row.
    pub fn find(
        &self,
        number: i64,
        expression: &str,
        facts: &Facts,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<(Seq, Folder)>, Fault> {
        let bounds = self.bounds(facts, before)?;
        let mut values = vec![Value::from(number), expression.to_owned().into(), bounds.before.into(), bounds.from.into(), HIDDEN.into()];
        let conditions = conditions(facts, &mut values);
        values.push(signed(limit as u64)?.into());
        // The words come first: they are in the order that is asked for.
        let sql = format!(
            "SELECT words.rowid, e.folder FROM words CROSS JOIN entry e INDEXED BY entry_message
             ON e.message = words.rowid AND e.box = ?
             WHERE words MATCH ? AND words.rowid < ? AND words.rowid >= ? AND e.folder > ?{conditions}
             ORDER BY words.rowid DESC LIMIT ?"
        );
        self.places(&sql, &values)
    }

    /// What is in a folder where the facts are true, newest first.
    pub fn find_in(
        &self,
        number: i64,
        folder: Folder,
        facts: &Facts,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<(Seq, Folder)>, Fault> {
        let bounds = self.bounds(facts, before)?;
        let facts = Facts { folders: Vec::new(), not_folders: Vec::new(), ..facts.clone() };
        let mut values = vec![Value::from(number), folder_code(folder).into(), bounds.before.into(), bounds.from.into()];
        let conditions = conditions(&facts, &mut values);
        values.push(signed(limit as u64)?.into());
        let index = if facts.flagged == Some(true) {
            "INDEXED BY entry_flagged"
        } else if facts.attachment == Some(true) {
            "INDEXED BY entry_attached"
        } else if facts.unread == Some(true) {
            "INDEXED BY entry_unread"
        } else {
            "NOT INDEXED"
        };
        let sql = format!(
            "SELECT e.message, e.folder FROM entry e {index} WHERE e.box = ? AND e.folder = ? AND e.message < ? AND e.message >= ?{conditions}
             ORDER BY e.message DESC LIMIT ?"
        );
        self.places(&sql, &values)
    }

    fn places(&self, sql: &str, values: &[Value]) -> Result<Vec<(Seq, Folder)>, Fault> {
        let mut ask = self.db.prepare_cached(sql)?;
        let rows = ask.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut found = Vec::new();
        for row in rows {
            let (message, folder) = row?;
            found.extend(folder_of(folder).map(|folder| Ok::<_, Fault>((seq(message)?, folder))).transpose()?);
        }
        Ok(found)
    }

    // Dates rise with numbers but for a few: nothing that was written in time is outside of these.
    fn bounds(&self, facts: &Facts, before: Option<Seq>) -> Result<Bounds, Fault> {
        let mut bounds = Bounds { from: 0, before: beginning(before) };
        if let Some(date) = facts.before {
            let mut ask = self.db.prepare_cached("SELECT max(last) FROM span WHERE day <= ?")?;
            let last: Option<i64> = ask.query_row([seconds(date) / DAY_SECONDS], |row| row.get(0))?;
            bounds.before = bounds.before.min(last.unwrap_or(0).saturating_add(1));
        }
        if let Some(date) = facts.from {
            let mut ask = self.db.prepare_cached("SELECT min(first) FROM span WHERE day >= ?")?;
            let first: Option<i64> = ask.query_row([seconds(date) / DAY_SECONDS], |row| row.get(0))?;
            bounds.from = first.unwrap_or(i64::MAX);
        }
        Ok(bounds)
    }

    /// One page of a folder behind `cursor`.
    pub fn page(&self, number: i64, folder: Folder, listing: &Listing, cursor: Option<&Cursor>, limit: usize) -> Result<Vec<Place>, Fault> {
        let key = |cursor: &Cursor| match (&cursor.key, listing.sort) {
            (Key::Text(text), Sort::Person | Sort::Subject) => Some(Value::from(text.clone())),
            (Key::Size(octets), Sort::Size) => signed(*octets).ok().map(Value::from),
            _ => None,
        };
        let Some(cursor) = cursor else { return self.part(number, folder, listing, &Bound::None, limit) };
        let message = signed(cursor.message.0).unwrap_or(i64::MAX);
        if listing.sort == Sort::Date {
            return self.part(number, folder, listing, &Bound::Beyond(message), limit);
        }
        // One of another sorting: from the beginning.
        let Some(key) = key(cursor) else { return self.part(number, folder, listing, &Bound::None, limit) };
        let mut places = self.part(number, folder, listing, &Bound::Same(&key, message), limit)?;
        if places.len() < limit {
            places.extend(self.part(number, folder, listing, &Bound::Past(&key), limit - places.len())?);
        }
        Ok(places)
    }

    fn part(&self, number: i64, folder: Folder, listing: &Listing, bound: &Bound<'_>, limit: usize) -> Result<Vec<Place>, Fault> {
        let Listing { sort, direction, filter, conversations, .. } = listing;
        let is_descending = *direction == Direction::Descending;
        let column = match sort {
            Sort::Date => None,
            Sort::Person => Some("person"),
            Sort::Subject => Some("subject"),
            Sort::Size => Some("size"),
        };
        let index = match (self.index_of(number, folder, *filter, *sort)?, column) {
            (Some(index), _) => format!("INDEXED BY entry_{index}"),
            (None, Some(column)) => format!("INDEXED BY entry_{column}"),
            (None, None) => "NOT INDEXED".to_owned(),
        };
        let mut values = vec![Value::from(number), folder_code(folder).into()];
        // Those with one key: the newest first where the small is first.
        let newest_first = if column.is_some() { !is_descending } else { is_descending };
        let (later, after) = (if newest_first { '<' } else { '>' }, if is_descending { '<' } else { '>' });
        let name = column.unwrap_or("message");
        let bound = match bound {
            Bound::None => String::new(),
            Bound::Beyond(message) => {
                values.push((*message).into());
                format!(" AND e.message {later} ?")
            }
            Bound::Same(key, message) => {
                values.extend([(*key).clone(), (*message).into()]);
                format!(" AND e.{name} = ? AND e.message {later} ?")
            }
            Bound::Past(key) => {
                values.push((*key).clone());
                format!(" AND e.{name} {after} ?")
            }
        };
        values.push(signed(limit as u64)?.into());
        let newest = if *conversations {
            format!(
                " AND NOT EXISTS (SELECT 1 FROM entry n INDEXED BY entry_thread WHERE n.box = e.box AND n.thread = e.thread
                  AND n.message > e.message AND n.folder = e.folder{})",
                filtered(*filter, 'n')
            )
        } else {
            String::new()
        };
        let way = |descending: bool| if descending { "DESC" } else { "ASC" };
        let order = match column {
            None => format!("e.message {}", way(is_descending)),
            Some(column) => format!("e.{column} {}, e.message {}", way(is_descending), way(newest_first)),
        };
        let sql = format!(
            "SELECT e.message, e.thread, {} FROM entry e {index} WHERE e.box = ? AND e.folder = ?{}{bound}{newest} ORDER BY {order} LIMIT ?",
            column.map_or("0".to_owned(), |column| format!("e.{column}")),
            filtered(*filter, 'e'),
        );
        let mut ask = self.db.prepare_cached(&sql)?;
        let mut rows = ask.query(params_from_iter(&values))?;
        let mut places = Vec::new();
        while let Some(row) = rows.next()? {
            let key = match sort {
                Sort::Date => Key::Date,
                Sort::Person | Sort::Subject => Key::Text(row.get(2)?),
                Sort::Size => Key::Size(super::tables::unsigned(row.get(2)?)?),
            };
            places.push(Place { message: seq(row.get(0)?)?, thread: row.get(1)?, key });
        }
        Ok(places)
    }

    // The index of a filter that lets few through; of one that lets many through only if the order is its own.
    fn index_of(&self, number: i64, folder: Folder, filter: Filter, sort: Sort) -> Result<Option<&'static str>, Fault> {
        let Some(index) = narrowest(filter) else { return Ok(None) };
        let is_few = sort == Sort::Date || self.up_to(number, folder, filter, LIST_SORTED_MAX)? < LIST_SORTED_MAX;
        Ok(is_few.then_some(index))
    }

    fn up_to(&self, number: i64, folder: Folder, filter: Filter, limit: usize) -> Result<usize, Fault> {
        let index = narrowest(filter).map_or("NOT INDEXED".to_owned(), |index| format!("INDEXED BY entry_{index}"));
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM entry e {index} WHERE e.box = ? AND e.folder = ?{} LIMIT ?)",
            filtered(filter, 'e')
        );
        let mut ask = self.db.prepare_cached(&sql)?;
        let count: i64 = ask.query_row(params![number, folder_code(folder), signed(limit as u64)?], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(limit))
    }

    /// How many messages a filter lets through; none if they are more than [`LIST_COUNTED_MAX`].
    pub fn count(&self, number: i64, folder: Folder, filter: Filter) -> Result<Option<u64>, Fault> {
        let counted = self.up_to(number, folder, filter, LIST_COUNTED_MAX as usize + 1)? as u64;
        Ok((counted <= LIST_COUNTED_MAX).then_some(counted))
    }

    /// The conversation of a message.
    pub fn thread(&self, number: i64, message: Seq) -> Result<Option<i64>, Fault> {
        let mut ask = self.db.prepare_cached("SELECT thread FROM entry INDEXED BY entry_message WHERE message = ? AND box = ? LIMIT 1")?;
        Ok(ask.query_row(params![signed(message.0)?, number], |row| row.get(0)).optional()?)
    }

    /// What a mailbox shows of a conversation, oldest first.
    pub fn members(&self, number: i64, thread: i64) -> Result<Vec<Member>, Fault> {
        let mut ask = self.db.prepare_cached(
            "SELECT message, folder, unread, flagged, attached FROM entry INDEXED BY entry_thread WHERE box = ? AND thread = ?
             ORDER BY message LIMIT ?",
        )?;
        // A message may be in more than one folder.
        let mut rows = ask.query(params![number, thread, 2 * THREAD_MESSAGES_MAX as i64])?;
        let mut members = Vec::new();
        while let Some(row) = rows.next()? {
            let Some(folder) = folder_of(row.get(1)?) else { continue };
            members.push(Member { message: seq(row.get(0)?)?, folder, unread: row.get(2)?, flagged: row.get(3)?, attached: row.get(4)? });
        }
        Ok(members)
    }

    /// Whom the newest messages that a mailbox sent were for, newest first.
    pub fn written(&self, number: i64) -> Result<Vec<Person>, Fault> {
        let mut ask = self.db.prepare_cached("SELECT name, address FROM written WHERE box = ? ORDER BY message DESC LIMIT ?")?;
        let rows =
            ask.query_map(params![number, WRITTEN_MESSAGES_MAX as i64], |row| Ok(Person { name: row.get(0)?, address: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn beginning(before: Option<Seq>) -> i64 {
    before.and_then(|seq| i64::try_from(seq.0).ok()).unwrap_or(i64::MAX)
}

fn narrowest(filter: Filter) -> Option<&'static str> {
    match filter {
        Filter { flagged: true, .. } => Some("flagged"),
        Filter { attachment: true, .. } => Some("attached"),
        Filter { unread: true, .. } => Some("unread"),
        Filter { .. } => None,
    }
}

// In the words of the partial indexes.
fn filtered(filter: Filter, table: char) -> String {
    let Filter { unread, flagged, attachment } = filter;
    let columns = [(unread, "unread"), (flagged, "flagged"), (attachment, "attached")];
    columns.iter().filter(|(wanted, _)| *wanted).map(|(_, column)| format!(" AND {table}.{column} = 1")).collect()
}

fn conditions(facts: &Facts, values: &mut Vec<Value>) -> String {
    let mut sql = String::new();
    for (wanted, column) in [(facts.unread, "unread"), (facts.flagged, "flagged"), (facts.attachment, "attached")] {
        if let Some(wanted) = wanted {
            sql.push_str(&format!(" AND e.{column} = {}", i32::from(wanted)));
        }
    }
    for (date, sign) in [(facts.before, "<"), (facts.from, ">=")] {
        if let Some(date) = date {
            values.push(seconds(date).into());
            sql.push_str(&format!(" AND e.date {sign} ?"));
        }
    }
    for (folders, within) in [(&facts.folders, "IN"), (&facts.not_folders, "NOT IN")] {
        if !folders.is_empty() {
            values.extend(folders.iter().map(|folder| Value::from(folder_code(*folder))));
            let marks = vec!["?"; folders.len()].join(", ");
            sql.push_str(&format!(" AND e.folder {within} ({marks})"));
        }
    }
    sql
}
