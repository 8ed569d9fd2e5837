//! Conversations: which messages of a mailbox belong together.
//!
//! A message belongs to the conversation of those that it refers to, of those that refer to it, and of those with the same Message-ID
//! (RFC 5322 section 3.6.4). An answer that refers to nothing belongs to a conversation with the same subject that is not much older. Nothing
//! else joins: two messages that merely have one subject are two conversations. References may name what was never here, each other or
//! themselves; each is only looked up, none is followed.
//!
//! A conversation is named by the number of one of its messages. One that is full takes no more, so that nobody can make a page endless.

use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::fold::{bare_subject, subject_key};
use super::tables::Fault;
use crate::limits::{THREAD_MESSAGES_MAX, THREAD_REFERENCES_MAX, THREAD_SUBJECT_AGE_MAX};
use crate::mail::Summary;

/// What a message says of its conversation, as hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    own: Option<i64>,
    /// The nearest first.
    references: Vec<i64>,
    /// None if there is no subject.
    subject: Option<i64>,
    /// Its subject begins with `Re:` or the like.
    answers: bool,
}

impl Links {
    /// `references`: of the field References, oldest first.
    pub fn of(summary: &Summary, references: &[String]) -> Links {
        let own = summary.message_id.as_deref().map(|id| hash("id", id));
        let newest = references.iter().rev().take(THREAD_REFERENCES_MAX - 2);
        let all = summary.in_reply_to.iter().chain(newest).chain(references.first());
        let mut nearest: Vec<i64> = Vec::new();
        for hash in all.map(|id| hash("id", id)).filter(|hash| Some(*hash) != own) {
            if !nearest.contains(&hash) {
                nearest.push(hash);
            }
        }
        let (bare, answers) = bare_subject(&summary.subject);
        let key = subject_key(bare);
        Links { own, references: nearest, subject: (!key.is_empty()).then(|| hash("subject", &key)), answers }
    }
}

fn hash(kind: &str, text: &str) -> i64 {
    let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(text).finalize();
    digest.iter().take(8).fold(0, |number, octet| number << 8 | i64::from(*octet))
}

/// The conversation of a message that has rows already.
pub fn of(transaction: &Transaction<'_>, number: i64, message: i64) -> Result<Option<i64>, Fault> {
    let mut ask = transaction.prepare_cached("SELECT thread FROM entry INDEXED BY entry_message WHERE message = ? AND box = ? LIMIT 1")?;
    Ok(ask.query_row(params![message, number], |row| row.get(0)).optional()?)
}

/// Finds the conversation of a new message, joins those that it connects, and remembers what the message is known by.
pub fn assign(transaction: &Transaction<'_>, number: i64, message: i64, date: i64, links: &Links) -> Result<i64, Fault> {
    let mut found: Vec<i64> = Vec::new();
    let mut known = Vec::new();
    for hash in links.references.iter().chain(&links.own) {
        let there = known_by(transaction, number, *hash)?;
        known.push((*hash, there));
        if let Some((thread, _)) = there
            && !found.contains(&thread)
        {
            found.push(thread);
        }
    }
    if let (true, true, true, Some(subject)) = (found.is_empty(), links.references.is_empty(), links.answers, links.subject)
        && let Some((thread, before)) = known_by(transaction, number, subject)?
        && date.abs_diff(before) <= THREAD_SUBJECT_AGE_MAX.as_secs()
    {
        found.push(thread);
    }
    let (thread, joined) = join(transaction, number, &found)?.unwrap_or_else(|| (message, Vec::new()));
    for (hash, there) in known {
        // One that names a message which is gone, or is in a conversation that was full, is of no use any more.
        if there.is_none_or(|(before, _)| !joined.contains(&before)) {
            remember(transaction, number, hash, message)?;
        }
    }
    if let Some(subject) = links.subject {
        remember(transaction, number, subject, message)?;
    }
    Ok(thread)
}

// The first conversation that there is room in, and those that are part of it now: others as far as there is room.
fn join(transaction: &Transaction<'_>, number: i64, found: &[i64]) -> Result<Option<(i64, Vec<i64>)>, Fault> {
    let mut joined: Option<(i64, Vec<i64>)> = None;
    let mut messages = 0;
    for &thread in found {
        let size = size(transaction, number, thread)?;
        if messages + size >= THREAD_MESSAGES_MAX {
            continue;
        }
        messages += size;
        match &mut joined {
            None => joined = Some((thread, vec![thread])),
            Some((into, parts)) => {
                let mut update = transaction.prepare_cached("UPDATE entry SET thread = ? WHERE box = ? AND thread = ?")?;
                update.execute(params![*into, number, thread])?;
                parts.push(thread);
            }
        }
    }
    Ok(joined)
}

fn size(transaction: &Transaction<'_>, number: i64, thread: i64) -> Result<usize, Fault> {
    let mut count = transaction.prepare_cached(
        "SELECT count(*) FROM (SELECT DISTINCT message FROM entry INDEXED BY entry_thread WHERE box = ? AND thread = ? LIMIT ?)",
    )?;
    let count: i64 = count.query_row(params![number, thread, THREAD_MESSAGES_MAX as i64], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(THREAD_MESSAGES_MAX))
}

// The conversation of the message that is known by this, and the date of that message.
fn known_by(transaction: &Transaction<'_>, number: i64, hash: i64) -> Result<Option<(i64, i64)>, Fault> {
    let mut ask = transaction.prepare_cached(
        "SELECT entry.thread, entry.date FROM known CROSS JOIN entry INDEXED BY entry_message
         ON entry.message = known.message AND entry.box = known.box WHERE known.box = ? AND known.hash = ? LIMIT 1",
    )?;
    Ok(ask.query_row(params![number, hash], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

fn remember(transaction: &Transaction<'_>, number: i64, hash: i64, message: i64) -> Result<(), Fault> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO known(box, hash, message) VALUES(?, ?, ?)")?
        .execute(params![number, hash, message])?;
    Ok(())
}

/// Where a sweep through `known` is.
pub type Swept = (i64, i64);

/// Takes out what names messages that are gone: looks at `limit` rows behind `from`. None at the end.
pub fn sweep(transaction: &Transaction<'_>, from: Swept, limit: usize) -> Result<Option<Swept>, Fault> {
    let rows: Vec<(i64, i64, bool)> = {
        let mut some = transaction.prepare_cached(
            "SELECT box, hash, EXISTS(SELECT 1 FROM entry INDEXED BY entry_message WHERE entry.message = known.message)
             FROM known WHERE (box, hash) > (?, ?) ORDER BY box, hash LIMIT ?",
        )?;
        let rows = some.query_map(params![from.0, from.1, limit as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    let mut delete = transaction.prepare_cached("DELETE FROM known WHERE box = ? AND hash = ?")?;
    for (number, hash, _) in rows.iter().filter(|(_, _, is_there)| !is_there) {
        delete.execute(params![number, hash])?;
    }
    Ok(rows.last().filter(|_| rows.len() == limit).map(|(number, hash, _)| (*number, *hash)))
}
