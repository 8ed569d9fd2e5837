//! The list of an event's mail, recipient by recipient, a page at a time: an event may have a hundred thousand of them.

use super::counts::origin_word;
use super::range;
use crate::app::core::Core;
use crate::control::{EventMessage, csv_row};
use crate::limits::{EVENT_LIST_PAGE_ROWS, WALK_PAGE_MESSAGES};
use crate::mail::{Address, date};
use crate::relay::DeliveryState;
use crate::store::{Delivery, Seq, StoreError, Walk, Walked};

/// The header of the table.
pub const HEADER: [&str; 8] = ["message", "accepted", "from", "recipient", "outcome", "reply", "at", "origin"];

/// One page of the list.
pub struct Page {
    pub rows: Vec<EventMessage>,
    /// The message with which the next page begins.
    pub next: Option<Seq>,
}

/// The page that begins with message `start`, or with the event's first; about [`EVENT_LIST_PAGE_ROWS`] rows. None if there is no event
/// of that name.
///
/// # Errors
/// The ledger or the store cannot be read.
pub fn page(core: &Core, id: &str, start: Option<Seq>) -> Result<Option<Page>, StoreError> {
    let Some((first, before)) = range(core, id)? else { return Ok(None) };
    let from = start.map_or(first, |start| start.max(first));
    let mut walk = Some(Walk { from, before, newest_first: false, page: WALK_PAGE_MESSAGES });
    let mut rows = Vec::new();
    while let Some(next) = walk.filter(|_| rows.len() < EVENT_LIST_PAGE_ROWS) {
        let page = core.store.view().walk(&next, &|_| true)?;
        page.found.iter().for_each(|message| rows.extend(rows_of(message)));
        walk = page.rest;
    }
    Ok(Some(Page { rows, next: walk.map(|walk| walk.from) }))
}

/// The rows as lines of CSV; the header is [`HEADER`].
pub fn csv(rows: &[EventMessage]) -> String {
    let line = |row: &EventMessage| {
        let message = row.message.to_string();
        csv_row(&[&message, &row.accepted, &row.from, &row.recipient, &row.outcome, &row.reply, &row.at, &row.origin])
    };
    rows.iter().map(line).collect()
}

fn rows_of(message: &Walked) -> Vec<EventMessage> {
    let accepted = &message.accepted;
    let row = EventMessage {
        message: message.message.0,
        accepted: date::rfc3339(accepted.at),
        from: accepted.reverse_path.as_ref().map_or_else(|| "<>".to_owned(), Address::to_string),
        origin: origin_word(&accepted.origin).to_owned(),
        ..EventMessage::default()
    };
    if message.deliveries.is_empty() {
        return vec![EventMessage { outcome: "filed".to_owned(), ..row }];
    }
    message.deliveries.iter().map(|to| with_outcome(&row, to)).collect()
}

fn with_outcome(row: &EventMessage, to: &Delivery) -> EventMessage {
    let (outcome, reply, at) = match &to.state {
        DeliveryState::InSession => ("in-session", "", None),
        DeliveryState::Queued { last, .. } => ("queued", last.as_deref().unwrap_or_default(), None),
        DeliveryState::Delivered { at, reply, .. } => ("delivered", reply.as_str(), Some(*at)),
        DeliveryState::Refused { at, reply } => ("refused", reply.as_str(), Some(*at)),
        DeliveryState::Bounced { at, reply, .. } => ("bounced", reply.as_str(), Some(*at)),
        DeliveryState::Held { at, reason, .. } => ("held", reason.as_str(), Some(*at)),
    };
    EventMessage {
        recipient: to.address.to_string(),
        outcome: outcome.to_owned(),
        reply: reply.to_owned(),
        at: at.map(date::rfc3339).unwrap_or_default(),
        ..row.clone()
    }
}
