//! Rows of the index: small JSON values. A row that would be longer than its bound loses text, never facts: the record keeps it all.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::MessageRow;
use crate::clock::Wall;
use crate::limits::{INDEX_ROW_MAX_OCTETS, MESSAGE_ID_MAX_OCTETS};
use crate::mail::{Address, Mailbox, Summary};
use crate::relay::{DeliveryState, Route};
use crate::store::{Folder, StoreError};

/// How far the index has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Format of the index; another one is rebuilt.
    pub format: u32,
    /// Last applied record: its segment, where it ends there, its number, and its wall time.
    pub segment: u64,
    pub end: u64,
    pub seq: u64,
    pub at: Wall,
}

pub const FORMAT: u32 = 1;

/// Where a message's record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub segment: u64,
    pub offset: u64,
    pub head_octets: u32,
    pub body_octets: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredMessage {
    pub row: MessageRow,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRow {
    pub address: Address,
    pub route: Route,
    pub state: DeliveryState,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilingRow {
    pub mailbox: Mailbox,
    pub folder: Folder,
    pub seen: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryRow {
    pub seen: bool,
    /// How many filings show the message here (several recipients may stand for one mailbox).
    pub filings: u32,
    pub at: Wall,
    pub size: u64,
    pub summary: Summary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRow {
    pub route: Route,
    pub attempts: u32,
    pub next_at: Wall,
}

/// What retention must know of a segment without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    pub first: u64,
    pub last: u64,
    /// The latest wall time of its records.
    pub newest: Wall,
    pub records: u64,
}

pub fn encode(row: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(row).map_err(|error| StoreError::Damaged(format!("a row of the index cannot be written: {error}")))
}

pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::Damaged(format!("a row of the index cannot be read: {error}")))
}

/// The longest value; the rest of a row's bound is its key's.
const VALUE_MAX_OCTETS: usize = INDEX_ROW_MAX_OCTETS - 1024;

/// A row that knows how to lose text.
pub trait Shrink: Serialize + Clone {
    /// Cuts each text that may be cut to at most `octets`.
    fn shrink(&mut self, octets: usize);
}

/// Encodes below the bound; texts are cut only as far as that needs.
pub fn encode_bounded<T: Shrink>(row: &T) -> Result<Vec<u8>, StoreError> {
    let bytes = encode(row)?;
    if bytes.len() <= VALUE_MAX_OCTETS {
        return Ok(bytes);
    }
    for octets in [500, 250, 100, 30, 0] {
        let mut row = row.clone();
        row.shrink(octets);
        let bytes = encode(&row)?;
        if bytes.len() <= VALUE_MAX_OCTETS {
            return Ok(bytes);
        }
    }
    Err(StoreError::Damaged("a row of the index is too long".to_owned()))
}

fn cut(text: &mut String, octets: usize) {
    text.truncate(text.floor_char_boundary(octets));
}

/// The Message-ID as the index knows it. Control characters take six octets in JSON: such an id is cut harder.
pub fn known_message_id(message_id: &str) -> &str {
    let plain = message_id.chars().all(|c| !c.is_control() && c != '"' && c != '\\');
    let octets = if plain { MESSAGE_ID_MAX_OCTETS } else { MESSAGE_ID_MAX_OCTETS / 4 };
    &message_id[..message_id.floor_char_boundary(octets)]
}

fn shrink_summary(summary: &mut Summary, octets: usize) {
    for text in [&mut summary.subject, &mut summary.to, &mut summary.from_name, &mut summary.from_address] {
        cut(text, octets);
    }
    if let Some(text) = &mut summary.in_reply_to {
        cut(text, octets);
    }
}

/// The summary with its Message-ID as the index knows it.
pub fn known_summary(summary: &Summary) -> Summary {
    let mut summary = summary.clone();
    if let Some(message_id) = &mut summary.message_id {
        let known = known_message_id(message_id).len();
        message_id.truncate(known);
    }
    summary
}

impl Shrink for StoredMessage {
    fn shrink(&mut self, octets: usize) {
        shrink_summary(&mut self.row.summary, octets);
    }
}

impl Shrink for EntryRow {
    fn shrink(&mut self, octets: usize) {
        shrink_summary(&mut self.summary, octets);
    }
}

impl Shrink for DeliveryRow {
    fn shrink(&mut self, octets: usize) {
        match &mut self.state {
            DeliveryState::InSession => {}
            DeliveryState::Queued { last, .. } => {
                if let Some(last) = last {
                    cut(last, octets);
                }
            }
            DeliveryState::Delivered { reply, by, .. } => {
                cut(reply, octets);
                cut(by, octets);
            }
            DeliveryState::Refused { reply, .. } | DeliveryState::Bounced { reply, .. } => cut(reply, octets),
            DeliveryState::Held { reason, .. } => cut(reason, octets),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(state: DeliveryState) {
        let row = DeliveryRow { address: Address::parse("ann@example.com").unwrap(), route: Route::Primary, state };
        let bytes = encode_bounded(&row).unwrap();
        assert!(bytes.len() < INDEX_ROW_MAX_OCTETS, "{}", bytes.len());
        let read: DeliveryRow = decode(&bytes).unwrap();
        assert_eq!((read.address, read.route), (row.address, row.route));
        assert_eq!(std::mem::discriminant(&read.state), std::mem::discriminant(&row.state));
    }

    #[test]
    fn long_texts_are_cut_and_the_row_stays_readable() {
        for text in ["550 no".to_owned(), "ü".repeat(4000), "\u{1}".repeat(4000)] {
            check(DeliveryState::Queued { attempts: 1, next_at: Wall(5), last: Some(text.clone()), in_doubt: true, held: 0 });
            check(DeliveryState::Delivered { at: Wall(1), reply: text.clone(), by: text.clone() });
            check(DeliveryState::Held { at: Wall(1), reason: text, by_gate: false, attempts: 0 });
        }
    }

    #[test]
    fn short_texts_are_kept() {
        let state = DeliveryState::Refused { at: Wall(1), reply: "550 ".to_owned() + &"x".repeat(2000) };
        let row = DeliveryRow { address: Address::parse("ann@example.com").unwrap(), route: Route::Primary, state };
        assert_eq!(decode::<DeliveryRow>(&encode_bounded(&row).unwrap()).unwrap(), row);
    }

    #[test]
    fn message_ids_are_cut_on_a_character() {
        assert_eq!(known_message_id("a@b"), "a@b");
        assert_eq!(known_message_id(&"ü".repeat(400)).len(), 500);
        assert_eq!(known_message_id(&"\u{1}".repeat(400)).len(), 125);
    }
}
