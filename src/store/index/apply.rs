//! What a record does to the index: one deterministic function from the record and the rows that are there.
//!
//! Records that were applied already are skipped by their number, records about messages that are gone are ignored. What a record does
//! depends on no rows but those of its own message or folder: so the index made from what retention left equals the one that saw it all.

use std::collections::BTreeSet;

use super::keys;
use super::overlay::{Overlay, Rows};
use super::rows::{
    Applied, DeliveryRow, EntryRow, FORMAT, Few, FilingRow, Place, QueueRow, SegmentRow, StoredFolder, StoredMessage, encode,
};
use super::{Counts, QueueCounts, message_rows};
use crate::mail::Mailbox;
use crate::relay::{DeliveryState, Queue, Route};
use crate::store::record::{DeliveryHead, FlagsHead, Head, MoveHead, Placed, RemoveHead};
use crate::store::{Accepted, Filing, Flags, Folder, FolderId, Origin, Seq, StoreError};

/// Applies one record; does nothing if it was applied before.
pub fn apply(rows: &mut Overlay<'_>, placed: &Placed) -> Result<(), StoreError> {
    let seq = placed.header.seq;
    let applied: Applied = rows.get(&keys::applied())?.unwrap_or_default();
    if seq.0 <= applied.seq {
        return Ok(());
    }
    let folder = |parent: &Option<FolderId>, name: &String| StoredFolder { parent: *parent, name: name.clone(), segment: placed.segment };
    match &placed.head {
        Some(Head::Message(accepted)) => message(rows, placed, seq, accepted)?,
        Some(Head::Carried(carried)) => {
            forget(rows, carried.message)?;
            message(rows, placed, carried.message, &carried.accepted)?;
        }
        Some(Head::Delivery(head)) => delivery(rows, head)?,
        Some(Head::Flags(head)) => flags(rows, head)?,
        Some(Head::Move(head)) => relocate(rows, head)?,
        Some(Head::Remove(head)) => remove(rows, head)?,
        Some(Head::FolderCreate(head)) => {
            rows.put(keys::own_folder(&head.mailbox, FolderId(seq.0)), encode(&folder(&head.parent, &head.name))?);
        }
        Some(Head::FolderChange(head)) => {
            rows.put(keys::own_folder(&head.mailbox, head.folder), encode(&folder(&head.parent, &head.name))?);
        }
        Some(Head::FolderDelete(head)) => rows.delete(keys::own_folder(&head.mailbox, head.folder)),
        None => {}
    }
    segment(rows, placed)?;
    let applied = Applied { format: FORMAT, segment: placed.segment, end: placed.end(), seq: seq.0, at: placed.header.at };
    rows.put(keys::applied(), encode(&applied)?);
    Ok(())
}

fn segment(rows: &mut Overlay<'_>, placed: &Placed) -> Result<(), StoreError> {
    let key = keys::segment(placed.segment);
    let row: Option<SegmentRow> = rows.get(&key)?;
    // A message that is carried is as old as it was.
    let at = match &placed.head {
        Some(Head::Carried(carried)) => carried.accepted.at,
        _ => placed.header.at,
    };
    let seq = placed.header.seq;
    let mut row = row.unwrap_or(SegmentRow { newest: at, records: 0, first: seq, last: seq });
    row.newest = row.newest.max(at);
    row.records += 1;
    row.last = seq;
    rows.put(key, encode(&row)?);
    Ok(())
}

fn message(rows: &mut Overlay<'_>, placed: &Placed, seq: Seq, accepted: &Accepted) -> Result<(), StoreError> {
    let place = Place {
        record: placed.header.seq,
        segment: placed.segment,
        offset: placed.offset,
        head_octets: placed.header.head_octets,
        body_octets: placed.header.body_octets,
    };
    let digest = match &accepted.origin {
        Origin::Digest { event, mailbox, part } => Some((event.clone(), mailbox.clone(), *part)),
        _ => None,
    };
    let message_id = accepted.summary.message_id.as_deref().map(keys::hash);
    if let Some(hash) = message_id {
        rows.put(keys::message_id(hash, seq), Vec::new());
    }
    if let Some((event, mailbox, part)) = &digest {
        rows.put(keys::digest(event, mailbox, *part), encode(&(mailbox, part, seq))?);
    }
    if place.record != seq {
        rows.put(keys::carried(placed.segment, seq), Vec::new());
    }
    let mut few = Few::default();
    for (index, recipient) in (0..).zip(&accepted.recipients) {
        requeue(rows, seq, index, recipient.route, None, Some(&recipient.state))?;
        few.deliveries.push(DeliveryRow { address: recipient.address.clone(), route: recipient.route, state: recipient.state.clone() });
    }
    for Filing { mailbox, folder, flags, recipient } in &accepted.filings {
        let row = FilingRow { mailbox: mailbox.clone(), folder: *folder, flags: *flags, recipient: *recipient };
        let recipient = recipient.and_then(|recipient| accepted.recipients.get(recipient as usize));
        if recipient.is_none_or(|recipient| shows(&recipient.state)) {
            show(rows, seq, place, &row)?;
        }
        few.filings.push(row);
    }
    message_rows::put(rows, seq, StoredMessage { place, message_id, digest, few: None }, few)
}

fn delivery(rows: &mut Overlay<'_>, head: &DeliveryHead) -> Result<(), StoreError> {
    let Some(stored) = message_rows::stored(rows, head.message)? else { return Ok(()) };
    let Some(DeliveryRow { address, route, state: before }) = message_rows::delivery(rows, head.message, head.recipient)? else {
        return Ok(());
    };
    message_rows::put_delivery(rows, head.message, head.recipient, DeliveryRow { address, route, state: head.state.clone() })?;
    requeue(rows, head.message, head.recipient, route, Some(&before), Some(&head.state))?;
    if shows(&before) == shows(&head.state) {
        return Ok(());
    }
    for filing in message_rows::filings_of(rows, head.message, head.recipient)? {
        if shows(&head.state) {
            show(rows, head.message, stored.place, &filing)?;
        } else {
            hide(rows, head.message, &filing)?;
        }
    }
    Ok(())
}

fn flags(rows: &mut Overlay<'_>, head: &FlagsHead) -> Result<(), StoreError> {
    let mut folders = BTreeSet::new();
    message_rows::retain_filings(rows, head.message, &head.mailbox, |filing| {
        folders.insert(filing.folder);
        filing.flags = filing.flags.with(head.add).without(head.remove);
        true
    })?;
    for folder in folders {
        let key = keys::entry(&head.mailbox, folder, head.message);
        let Some(row) = rows.get::<EntryRow>(&key)? else { continue };
        let flags = row.flags.with(head.add).without(head.remove);
        rows.put(key, encode(&EntryRow { flags, ..row })?);
        count(rows, &head.mailbox, folder, 0, unread(flags) - unread(row.flags))?;
    }
    Ok(())
}

fn unread(flags: Flags) -> i64 {
    if flags.has(Flags::SEEN) { 0 } else { 1 }
}

fn relocate(rows: &mut Overlay<'_>, head: &MoveHead) -> Result<(), StoreError> {
    if head.from == head.to {
        return Ok(());
    }
    message_rows::retain_filings(rows, head.message, &head.mailbox, |filing| {
        if filing.folder == head.from {
            filing.folder = head.to;
        }
        true
    })?;
    let Some(row) = take_entry(rows, &head.mailbox, head.from, head.message)? else { return Ok(()) };
    put_entry(rows, &head.mailbox, head.to, head.message, row)
}

fn remove(rows: &mut Overlay<'_>, head: &RemoveHead) -> Result<(), StoreError> {
    message_rows::retain_filings(rows, head.message, &head.mailbox, |filing| filing.folder != head.folder)?;
    take_entry(rows, &head.mailbox, head.folder, head.message).map(drop)
}

fn take_entry(rows: &mut Overlay<'_>, mailbox: &Mailbox, folder: Folder, message: Seq) -> Result<Option<EntryRow>, StoreError> {
    let key = keys::entry(mailbox, folder, message);
    let Some(row) = rows.get::<EntryRow>(&key)? else { return Ok(None) };
    rows.delete(key);
    count(rows, mailbox, folder, -1, -unread(row.flags))?;
    Ok(Some(row))
}

// Together with what is there already.
fn put_entry(rows: &mut Overlay<'_>, mailbox: &Mailbox, folder: Folder, message: Seq, row: EntryRow) -> Result<(), StoreError> {
    let key = keys::entry(mailbox, folder, message);
    let row = match rows.get::<EntryRow>(&key)? {
        Some(there) => EntryRow { filings: there.filings + row.filings, ..there },
        None => {
            count(rows, mailbox, folder, 1, unread(row.flags))?;
            row
        }
    };
    rows.put(key, encode(&row)?);
    Ok(())
}

// A filing that stands for a recipient shows the message unless the sender was, or may yet be, told no.
fn shows(state: &DeliveryState) -> bool {
    !matches!(state, DeliveryState::InSession | DeliveryState::Refused { .. })
}

fn show(rows: &mut Overlay<'_>, message: Seq, place: Place, filing: &FilingRow) -> Result<(), StoreError> {
    put_entry(rows, &filing.mailbox, filing.folder, message, EntryRow { flags: filing.flags, filings: 1, place })
}

fn hide(rows: &mut Overlay<'_>, message: Seq, filing: &FilingRow) -> Result<(), StoreError> {
    let key = keys::entry(&filing.mailbox, filing.folder, message);
    match rows.get::<EntryRow>(&key)? {
        Some(row) if row.filings > 1 => {
            rows.put(key, encode(&EntryRow { filings: row.filings - 1, ..row })?);
            Ok(())
        }
        _ => take_entry(rows, &filing.mailbox, filing.folder, message).map(drop),
    }
}

fn count(rows: &mut Overlay<'_>, mailbox: &Mailbox, folder: Folder, total: i64, unread: i64) -> Result<(), StoreError> {
    let key = keys::counts(mailbox, folder);
    let mut counts: Counts = rows.get(&key)?.unwrap_or_default();
    counts.total = counts.total.saturating_add_signed(total);
    counts.unread = counts.unread.saturating_add_signed(unread);
    if counts.total == 0 {
        rows.delete(key);
    } else {
        rows.put(key, encode(&counts)?);
    }
    Ok(())
}

// Takes a recipient out of the list that its old state put it into, and puts it where the new one belongs.
fn requeue(
    rows: &mut Overlay<'_>,
    message: Seq,
    recipient: u32,
    route: Route,
    before: Option<&DeliveryState>,
    after: Option<&DeliveryState>,
) -> Result<(), StoreError> {
    let mut counts: QueueCounts = rows.get(&keys::queue_counts())?.unwrap_or_default();
    let listed = |state: Option<&DeliveryState>, counts: &mut QueueCounts, change: i64| {
        let (counter, key, value) = match state? {
            DeliveryState::Queued { attempts, next_at, .. } => {
                let row = QueueRow { route, attempts: *attempts, next_at: *next_at };
                let queue = route.queue();
                let counter = if queue == Queue::Primary { &mut counts.primary } else { &mut counts.outbound };
                (counter, keys::queued(queue, message, recipient), encode(&row))
            }
            DeliveryState::Held { .. } => (&mut counts.held, keys::held(message, recipient), Ok(Vec::new())),
            DeliveryState::InSession => (&mut counts.in_session, keys::in_session(message, recipient), Ok(Vec::new())),
            _ => return None,
        };
        *counter = counter.saturating_add_signed(change);
        Some((key, value))
    };
    if let Some((key, _)) = listed(before, &mut counts, -1) {
        rows.delete(key);
    }
    if let Some((key, value)) = listed(after, &mut counts, 1) {
        rows.put(key, value?);
    }
    if counts == QueueCounts::default() {
        rows.delete(keys::queue_counts());
    } else {
        rows.put(keys::queue_counts(), encode(&counts)?);
    }
    Ok(())
}

/// Removes everything that the index knows of a message.
pub fn forget(rows: &mut Overlay<'_>, message: Seq) -> Result<(), StoreError> {
    let Some(stored) = message_rows::stored(rows, message)? else { return Ok(()) };
    for (recipient, row) in message_rows::deliveries(rows, message)? {
        requeue(rows, message, recipient, row.route, Some(&row.state), None)?;
    }
    for filing in message_rows::filings(rows, message)? {
        take_entry(rows, &filing.mailbox, filing.folder, message)?;
    }
    if let Some(hash) = stored.message_id {
        rows.delete(keys::message_id(hash, message));
    }
    if let Some((event, mailbox, part)) = &stored.digest {
        rows.delete(keys::digest(event, mailbox, *part));
    }
    if stored.place.record != message {
        rows.delete(keys::carried(stored.place.segment, message));
    }
    message_rows::delete(rows, message)
}
