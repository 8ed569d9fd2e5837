//! What the index knows of one message: a row of its own, in which its recipients and filings are too while they are few.
//!
//! sled puts at most 16 rows into a page, however short they are, and remembers each page in memory: what an index costs is how many rows
//! it has. Most messages have one recipient. Those with many have a row for each recipient and filing, so that none gets too long.

use super::keys;
use super::overlay::{Overlay, Rows};
use super::rows::{DeliveryRow, Few, FilingRow, StoredMessage, encode, encode_bounded};
use crate::limits::{INDEX_FEW, INDEX_FEW_OCTETS};
use crate::mail::Mailbox;
use crate::store::{Seq, StoreError};

pub fn stored(rows: &impl Rows, message: Seq) -> Result<Option<StoredMessage>, StoreError> {
    rows.get(&keys::message(message))
}

/// All recipients of a message in order, by their numbers.
pub fn deliveries(rows: &impl Rows, message: Seq) -> Result<Vec<(u32, DeliveryRow)>, StoreError> {
    match stored(rows, message)? {
        Some(StoredMessage { few: Some(few), .. }) => Ok((0..).zip(few.deliveries).collect()),
        _ => {
            let found = rows.scan(&keys::deliveries(message))?;
            Ok(found.into_iter().filter_map(|(key, row)| Some((keys::recipient_of(&key)?.1, row))).collect())
        }
    }
}

pub fn delivery(rows: &impl Rows, message: Seq, recipient: u32) -> Result<Option<DeliveryRow>, StoreError> {
    match stored(rows, message)? {
        Some(StoredMessage { few: Some(few), .. }) => Ok(few.deliveries.into_iter().nth(recipient as usize)),
        _ => rows.get(&keys::delivery(message, recipient)),
    }
}

/// All filings of a message, hidden ones too.
pub fn filings(rows: &impl Rows, message: Seq) -> Result<Vec<FilingRow>, StoreError> {
    match stored(rows, message)? {
        Some(StoredMessage { few: Some(few), .. }) => Ok(few.filings),
        _ => only_rows(rows.scan(&keys::filings(message))?),
    }
}

/// Those that stand for one recipient.
pub fn filings_of(rows: &impl Rows, message: Seq, recipient: u32) -> Result<Vec<FilingRow>, StoreError> {
    match stored(rows, message)? {
        Some(StoredMessage { few: Some(few), .. }) => {
            Ok(few.filings.into_iter().filter(|filing| filing.recipient == Some(recipient)).collect())
        }
        _ => only_rows(rows.scan(&keys::filings_of(message, recipient))?),
    }
}

fn only_rows(found: Vec<(Vec<u8>, FilingRow)>) -> Result<Vec<FilingRow>, StoreError> {
    Ok(found.into_iter().map(|(_, row)| row).collect())
}

/// A new message. Which rows it has follows from the message alone, and stays so.
pub fn put(rows: &mut Overlay<'_>, message: Seq, stored: StoredMessage, few: Few) -> Result<(), StoreError> {
    let is_few = few.deliveries.len() <= INDEX_FEW && few.filings.len() <= INDEX_FEW;
    let whole = StoredMessage { few: Some(few), ..stored };
    let value = if is_few { encode(&whole)? } else { Vec::new() };
    if is_few && value.len() <= INDEX_FEW_OCTETS {
        rows.put(keys::message(message), value);
        return Ok(());
    }
    let few = whole.few.unwrap_or_default();
    rows.put(keys::message(message), encode(&StoredMessage { few: None, ..whole })?);
    for (recipient, row) in (0..).zip(&few.deliveries) {
        rows.put(keys::delivery(message, recipient), encode_bounded(row)?);
    }
    for (number, row) in (0..).zip(&few.filings) {
        rows.put(keys::filing(message, row.recipient, number), encode(row)?);
    }
    Ok(())
}

/// One that is there, with another state.
pub fn put_delivery(rows: &mut Overlay<'_>, message: Seq, recipient: u32, row: DeliveryRow) -> Result<(), StoreError> {
    let Some(mut stored) = stored(rows, message)? else { return Ok(()) };
    match &mut stored.few {
        Some(few) => {
            if let Some(there) = few.deliveries.get_mut(recipient as usize) {
                *there = row;
                rows.put(keys::message(message), encode_bounded(&stored)?);
            }
        }
        None => rows.put(keys::delivery(message, recipient), encode_bounded(&row)?),
    }
    Ok(())
}

/// Changes or removes the filings of a message in one mailbox; hidden ones too.
pub fn retain_filings(
    rows: &mut Overlay<'_>,
    message: Seq,
    mailbox: &Mailbox,
    mut keep: impl FnMut(&mut FilingRow) -> bool,
) -> Result<(), StoreError> {
    let Some(mut stored) = stored(rows, message)? else { return Ok(()) };
    if let Some(few) = &mut stored.few {
        few.filings.retain_mut(|filing| filing.mailbox != *mailbox || keep(filing));
        rows.put(keys::message(message), encode_bounded(&stored)?);
        return Ok(());
    }
    for (key, mut filing) in rows.scan::<FilingRow>(&keys::filings(message))? {
        if filing.mailbox != *mailbox {
            continue;
        }
        if keep(&mut filing) {
            rows.put(key, encode(&filing)?);
        } else {
            rows.delete(key);
        }
    }
    Ok(())
}

/// Removes all of its rows.
pub fn delete(rows: &mut Overlay<'_>, message: Seq) -> Result<(), StoreError> {
    for prefix in [keys::deliveries(message), keys::filings(message), keys::message(message)] {
        for key in rows.keys(&prefix)? {
            rows.delete(key);
        }
    }
    Ok(())
}
