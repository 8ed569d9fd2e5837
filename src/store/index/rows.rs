//! Rows of the index: small JSON values that say where things are and how they stand; what a message says is in its record. A row that
//! would be longer than its bound loses text, never facts: the record keeps it all.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::limits::INDEX_ROW_MAX_OCTETS;
use crate::mail::{Address, Mailbox};
use crate::relay::{DeliveryState, Route};
use crate::store::{Flags, Folder, FolderId, Seq, StoreError};

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

pub const FORMAT: u32 = 3;

/// Where a message's record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Number of the record: the message's own, or that of the one it was carried to.
    #[serde(rename = "r")]
    pub record: Seq,
    #[serde(rename = "s")]
    pub segment: u64,
    #[serde(rename = "o")]
    pub offset: u64,
    #[serde(rename = "h")]
    pub head_octets: u32,
    #[serde(rename = "b")]
    pub body_octets: u64,
}

/// What the index knows of a message by itself: where it is, and which rows go when it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredMessage {
    #[serde(rename = "p")]
    pub place: Place,
    /// [`super::keys::hash`] of its Message-ID.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<u64>,
    /// Event, mailbox and part of a digest.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<(String, Mailbox, u32)>,
    /// None: they have rows of their own.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub few: Option<Few>,
}

/// The recipients and filings of a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Few {
    #[serde(rename = "d")]
    pub deliveries: Vec<DeliveryRow>,
    #[serde(rename = "f")]
    pub filings: Vec<FilingRow>,
}

/// The address is here too: what became of a message whose record rotted must still be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRow {
    #[serde(rename = "a")]
    pub address: Address,
    #[serde(rename = "r")]
    pub route: Route,
    #[serde(rename = "s")]
    pub state: DeliveryState,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilingRow {
    #[serde(rename = "m")]
    pub mailbox: Mailbox,
    #[serde(rename = "f")]
    pub folder: Folder,
    #[serde(rename = "l")]
    pub flags: Flags,
    /// The one that it stands for.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryRow {
    #[serde(rename = "l")]
    pub flags: Flags,
    /// How many filings show the message here (several recipients may stand for one mailbox).
    #[serde(rename = "n")]
    pub filings: u32,
    /// Of the message's own row: the rows of a page lie together, the messages on it do not.
    #[serde(rename = "p")]
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRow {
    #[serde(rename = "r")]
    pub route: Route,
    #[serde(rename = "n")]
    pub attempts: u32,
    #[serde(rename = "t")]
    pub next_at: Wall,
}

/// A folder of a person's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFolder {
    pub parent: Option<FolderId>,
    pub name: String,
    /// Where its last record is.
    pub segment: u64,
}

/// What retention must know of a segment without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    /// The latest wall time of its records.
    pub newest: Wall,
    pub records: u64,
    /// Numbers of its first and its last record: the messages that came with them have rows between these.
    pub first: Seq,
    pub last: Seq,
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

impl Shrink for StoredMessage {
    fn shrink(&mut self, octets: usize) {
        for delivery in self.few.iter_mut().flat_map(|few| &mut few.deliveries) {
            delivery.shrink(octets);
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
            check(DeliveryState::Queued {
                attempts: 1,
                next_at: Wall(5),
                last: Some(text.clone()),
                in_doubt: true,
                held: 0,
                reported: false,
            });
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
}
