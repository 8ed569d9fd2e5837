//! What a record does to the index: one deterministic function from the record and the rows that are there.
//!
//! Records that were applied already are skipped by their number, records about messages that are gone are ignored.

use super::overlay::Overlay;
use super::rows::{
    Applied, DeliveryRow, EntryRow, FORMAT, FilingRow, Place, QueueRow, SegmentRow, StoredMessage, encode, encode_bounded,
    known_message_id, known_summary,
};
use super::{Counts, MessageRow, QueueCounts, keys};
use crate::relay::{DeliveryState, Queue, Route};
use crate::store::record::{DeliveryHead, Head, Placed, SeenHead};
use crate::store::{Accepted, Folder, Origin, Seq, StoreError};

pub const FOLDERS: [Folder; 3] = [Folder::Inbox, Folder::Sent, Folder::Drafts];

/// Applies one record; does nothing if it was applied before.
pub fn apply(rows: &mut Overlay<'_>, placed: &Placed) -> Result<(), StoreError> {
    let seq = placed.header.seq;
    let applied: Applied = rows.get(&keys::applied())?.unwrap_or_default();
    if seq.0 <= applied.seq {
        return Ok(());
    }
    match &placed.head {
        Some(Head::Message(accepted)) => message(rows, placed, accepted)?,
        Some(Head::Delivery(head)) => delivery(rows, head)?,
        Some(Head::Seen(head)) => seen(rows, head)?,
        None => {}
    }
    segment(rows, placed)?;
    let applied = Applied { format: FORMAT, segment: placed.segment, end: placed.end(), seq: seq.0, at: placed.header.at };
    rows.put(keys::applied(), encode(&applied)?);
    Ok(())
}

fn segment(rows: &mut Overlay<'_>, placed: &Placed) -> Result<(), StoreError> {
    let (key, seq, at) = (keys::segment(placed.segment), placed.header.seq.0, placed.header.at);
    let row: Option<SegmentRow> = rows.get(&key)?;
    let mut row = row.unwrap_or(SegmentRow { first: seq, last: seq, newest: at, records: 0 });
    row.last = seq;
    row.newest = row.newest.max(at);
    row.records += 1;
    rows.put(key, encode(&row)?);
    Ok(())
}

fn message(rows: &mut Overlay<'_>, placed: &Placed, accepted: &Accepted) -> Result<(), StoreError> {
    let seq = placed.header.seq;
    let row = MessageRow {
        at: accepted.at,
        origin: accepted.origin.clone(),
        reverse_path: accepted.reverse_path.clone(),
        recipients: accepted.recipients.len() as u32,
        eight_bit: accepted.eight_bit,
        smtputf8: accepted.smtputf8,
        size: placed.header.body_octets,
        summary: known_summary(&accepted.summary),
    };
    let place = Place {
        segment: placed.segment,
        offset: placed.offset,
        head_octets: placed.header.head_octets,
        body_octets: placed.header.body_octets,
    };
    let stored = StoredMessage { row, place };
    rows.put(keys::message(seq), encode_bounded(&stored)?);
    if let Some(message_id) = &stored.row.summary.message_id {
        rows.put(keys::message_id(message_id, seq), Vec::new());
    }
    if let Origin::Digest { event, mailbox, part } = &accepted.origin {
        rows.put(keys::digest(event, mailbox, *part), encode(&(mailbox, part, seq))?);
    }
    for (index, recipient) in accepted.recipients.iter().enumerate() {
        let row = DeliveryRow { address: recipient.address.clone(), route: recipient.route, state: recipient.state.clone() };
        rows.put(keys::delivery(seq, index as u32), encode_bounded(&row)?);
        requeue(rows, seq, index as u32, row.route, None, Some(&row.state))?;
    }
    for (index, filing) in accepted.filings.iter().enumerate() {
        let row = FilingRow { mailbox: filing.mailbox.clone(), folder: filing.folder, seen: filing.seen };
        rows.put(keys::filing(seq, filing.recipient, index as u32), encode(&row)?);
        let recipient = filing.recipient.and_then(|recipient| accepted.recipients.get(recipient as usize));
        if recipient.is_none_or(|recipient| shows(&recipient.state)) {
            show(rows, seq, &row, &stored)?;
        }
    }
    Ok(())
}

fn delivery(rows: &mut Overlay<'_>, head: &DeliveryHead) -> Result<(), StoreError> {
    let key = keys::delivery(head.message, head.recipient);
    let Some(mut row) = rows.get::<DeliveryRow>(&key)? else { return Ok(()) };
    let before = std::mem::replace(&mut row.state, head.state.clone());
    rows.put(key, encode_bounded(&row)?);
    requeue(rows, head.message, head.recipient, row.route, Some(&before), Some(&row.state))?;
    if shows(&before) == shows(&row.state) {
        return Ok(());
    }
    let Some(stored) = rows.get::<StoredMessage>(&keys::message(head.message))? else { return Ok(()) };
    for (_, filing) in rows.scan::<FilingRow>(&keys::filings_of(head.message, head.recipient))? {
        if shows(&row.state) {
            show(rows, head.message, &filing, &stored)?;
        } else {
            hide(rows, head.message, &filing)?;
        }
    }
    Ok(())
}

fn seen(rows: &mut Overlay<'_>, head: &SeenHead) -> Result<(), StoreError> {
    for folder in FOLDERS {
        let key = keys::entry(&head.mailbox, folder, head.message);
        let Some(mut row) = rows.get::<EntryRow>(&key)? else { continue };
        if row.seen != head.seen {
            row.seen = head.seen;
            rows.put(key, encode_bounded(&row)?);
            let filing = FilingRow { mailbox: head.mailbox.clone(), folder, seen: head.seen };
            count(rows, &filing, 0, if head.seen { -1 } else { 1 })?;
        }
    }
    Ok(())
}

// A filing that stands for a recipient shows the message unless the sender was, or may yet be, told no.
fn shows(state: &DeliveryState) -> bool {
    !matches!(state, DeliveryState::InSession | DeliveryState::Refused { .. })
}

fn show(rows: &mut Overlay<'_>, message: Seq, filing: &FilingRow, stored: &StoredMessage) -> Result<(), StoreError> {
    let key = keys::entry(&filing.mailbox, filing.folder, message);
    let row = match rows.get::<EntryRow>(&key)? {
        Some(row) => EntryRow { filings: row.filings + 1, ..row },
        None => {
            count(rows, filing, 1, if filing.seen { 0 } else { 1 })?;
            let summary = stored.row.summary.clone();
            EntryRow { seen: filing.seen, filings: 1, at: stored.row.at, size: stored.row.size, summary }
        }
    };
    rows.put(key, encode_bounded(&row)?);
    Ok(())
}

fn hide(rows: &mut Overlay<'_>, message: Seq, filing: &FilingRow) -> Result<(), StoreError> {
    let key = keys::entry(&filing.mailbox, filing.folder, message);
    let Some(mut row) = rows.get::<EntryRow>(&key)? else { return Ok(()) };
    if row.filings > 1 {
        row.filings -= 1;
        rows.put(key, encode_bounded(&row)?);
        return Ok(());
    }
    rows.delete(key);
    count(rows, filing, -1, if row.seen { 0 } else { -1 })
}

fn count(rows: &mut Overlay<'_>, filing: &FilingRow, total: i64, unread: i64) -> Result<(), StoreError> {
    let key = keys::counts(&filing.mailbox, filing.folder);
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
    for (key, row) in rows.scan::<DeliveryRow>(&keys::deliveries(message))? {
        if let Some((_, recipient)) = keys::recipient_of(&key) {
            requeue(rows, message, recipient, row.route, Some(&row.state), None)?;
        }
        rows.delete(key);
    }
    for (key, filing) in rows.scan::<FilingRow>(&keys::filings(message))? {
        let entry = keys::entry(&filing.mailbox, filing.folder, message);
        if let Some(row) = rows.get::<EntryRow>(&entry)? {
            rows.delete(entry);
            count(rows, &filing, -1, if row.seen { 0 } else { -1 })?;
        }
        rows.delete(key);
    }
    let Some(stored) = rows.get::<StoredMessage>(&keys::message(message))? else { return Ok(()) };
    if let Some(message_id) = &stored.row.summary.message_id {
        rows.delete(keys::message_id(known_message_id(message_id), message));
    }
    if let Origin::Digest { event, mailbox, part } = &stored.row.origin {
        rows.delete(keys::digest(event, mailbox, *part));
    }
    rows.delete(keys::message(message));
    Ok(())
}
