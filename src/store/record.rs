//! One record: its fixed header, its head (JSON) and its checksums. Layout: `FORMAT.md`.

use serde::{Deserialize, Serialize};

use std::sync::Arc;

use super::{Accepted, Carried, Change, Flags, Folder, FolderId, Seq, Staged};
use crate::clock::Wall;
use crate::limits::{RECORD_BODY_MAX_OCTETS, RECORD_HEAD_MAX_OCTETS};
use crate::mail::Mailbox;
use crate::relay::DeliveryState;

/// The first octet is not ASCII and not valid UTF-8 at that place, so that text never looks like a record.
pub const MAGIC: [u8; 4] = *b"\x89LBR";
pub const VERSION: u8 = 2;
pub const HEADER_OCTETS: usize = 64;
/// A checksum, behind the head and behind the body.
pub const SUM_OCTETS: usize = 4;

const KIND_MESSAGE: u8 = 1;
const KIND_DELIVERY: u8 = 2;
const KIND_FLAGS: u8 = 3;
const KIND_MOVE: u8 = 4;
const KIND_REMOVE: u8 = 5;
const KIND_FOLDER_CREATE: u8 = 6;
const KIND_FOLDER_CHANGE: u8 = 7;
const KIND_FOLDER_DELETE: u8 = 8;
const KIND_CARRIED: u8 = 9;

/// The fixed part in front of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub version: u8,
    pub kind: u8,
    /// The random tag of the segment.
    pub tag: u64,
    pub seq: Seq,
    pub at: Wall,
    /// Octets of the segment that were known to be on disk when this was written.
    pub synced_to: u64,
    pub body_octets: u64,
    pub head_octets: u32,
    /// Place within the unit, from 0, and how many records of the unit follow.
    pub unit_at: u32,
    pub unit_left: u32,
}

impl Header {
    /// The whole record, in octets.
    pub fn record_octets(&self) -> u64 {
        self.body_offset() + self.body_octets + SUM_OCTETS as u64
    }

    /// From the record's first octet to its body's.
    pub fn body_offset(&self) -> u64 {
        (HEADER_OCTETS + SUM_OCTETS) as u64 + u64::from(self.head_octets)
    }

    pub fn encode(&self) -> [u8; HEADER_OCTETS] {
        let mut bytes = [0; HEADER_OCTETS];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4] = self.version;
        bytes[5] = self.kind;
        bytes[8..16].copy_from_slice(&self.tag.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.seq.0.to_be_bytes());
        bytes[24..32].copy_from_slice(&self.at.0.to_be_bytes());
        bytes[32..40].copy_from_slice(&self.synced_to.to_be_bytes());
        bytes[40..48].copy_from_slice(&self.body_octets.to_be_bytes());
        bytes[48..52].copy_from_slice(&self.head_octets.to_be_bytes());
        bytes[52..56].copy_from_slice(&self.unit_left.to_be_bytes());
        bytes[56..60].copy_from_slice(&self.unit_at.to_be_bytes());
        let sum = crc32c::crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    /// None unless magic, checksum and bounds hold: a length that comes out of here may be used.
    pub fn decode(bytes: &[u8]) -> Option<Header> {
        let bytes = bytes.get(..HEADER_OCTETS)?;
        if bytes[..4] != MAGIC || u32_at(bytes, 60) != crc32c::crc32c(&bytes[..60]) {
            return None;
        }
        let header = Header {
            version: bytes[4],
            kind: bytes[5],
            tag: u64_at(bytes, 8),
            seq: Seq(u64_at(bytes, 16)),
            at: Wall(u64_at(bytes, 24)),
            synced_to: u64_at(bytes, 32),
            body_octets: u64_at(bytes, 40),
            head_octets: u32_at(bytes, 48),
            unit_left: u32_at(bytes, 52),
            unit_at: u32_at(bytes, 56),
        };
        let bounded = header.head_octets as usize <= RECORD_HEAD_MAX_OCTETS && header.body_octets <= RECORD_BODY_MAX_OCTETS;
        bounded.then_some(header)
    }

    /// The checksum behind the head. It starts with the header's own, so that a head never passes under a foreign header.
    pub fn head_sum(&self, head: &[u8]) -> u32 {
        crc32c::crc32c_append(u32_at(&self.encode(), 60), head)
    }
}

pub fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// A change without its body.
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    Message(Box<Accepted>),
    Carried(Box<Carried>),
    Delivery(DeliveryHead),
    Flags(FlagsHead),
    Move(MoveHead),
    Remove(RemoveHead),
    FolderCreate(FolderCreateHead),
    FolderChange(FolderChangeHead),
    FolderDelete(FolderDeleteHead),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryHead {
    pub message: Seq,
    pub recipient: u32,
    pub state: DeliveryState,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlagsHead {
    pub mailbox: Mailbox,
    pub message: Seq,
    pub add: Flags,
    pub remove: Flags,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveHead {
    pub mailbox: Mailbox,
    pub message: Seq,
    pub from: Folder,
    pub to: Folder,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoveHead {
    pub mailbox: Mailbox,
    pub message: Seq,
    pub folder: Folder,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FolderCreateHead {
    pub mailbox: Mailbox,
    pub parent: Option<FolderId>,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FolderChangeHead {
    pub mailbox: Mailbox,
    pub folder: FolderId,
    pub parent: Option<FolderId>,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FolderDeleteHead {
    pub mailbox: Mailbox,
    pub folder: FolderId,
}

impl Head {
    pub fn split(change: Change) -> (Head, Option<Arc<Staged>>) {
        match change {
            Change::Message(accepted, body) => (Head::Message(accepted), Some(body)),
            Change::Carried(carried, body) => (Head::Carried(carried), Some(body)),
            other => (Head::without_body(other), None),
        }
    }

    fn without_body(change: Change) -> Head {
        match change {
            Change::Message(accepted, _) => Head::Message(accepted),
            Change::Carried(carried, _) => Head::Carried(carried),
            Change::Delivery { message, recipient, state } => Head::Delivery(DeliveryHead { message, recipient, state }),
            Change::Flags { mailbox, message, add, remove } => Head::Flags(FlagsHead { mailbox, message, add, remove }),
            Change::Move { mailbox, message, from, to } => Head::Move(MoveHead { mailbox, message, from, to }),
            Change::Remove { mailbox, message, folder } => Head::Remove(RemoveHead { mailbox, message, folder }),
            Change::FolderCreate { mailbox, parent, name } => Head::FolderCreate(FolderCreateHead { mailbox, parent, name }),
            Change::FolderChange { mailbox, folder, parent, name } => {
                Head::FolderChange(FolderChangeHead { mailbox, folder, parent, name })
            }
            Change::FolderDelete { mailbox, folder } => Head::FolderDelete(FolderDeleteHead { mailbox, folder }),
        }
    }

    pub fn kind(&self) -> u8 {
        match self {
            Head::Message(_) => KIND_MESSAGE,
            Head::Carried(_) => KIND_CARRIED,
            Head::Delivery(_) => KIND_DELIVERY,
            Head::Flags(_) => KIND_FLAGS,
            Head::Move(_) => KIND_MOVE,
            Head::Remove(_) => KIND_REMOVE,
            Head::FolderCreate(_) => KIND_FOLDER_CREATE,
            Head::FolderChange(_) => KIND_FOLDER_CHANGE,
            Head::FolderDelete(_) => KIND_FOLDER_DELETE,
        }
    }

    pub fn encode(&self) -> Result<Vec<u8>, String> {
        let bytes = match self {
            Head::Message(head) => serde_json::to_vec(head),
            Head::Carried(head) => serde_json::to_vec(head),
            Head::Delivery(head) => serde_json::to_vec(head),
            Head::Flags(head) => serde_json::to_vec(head),
            Head::Move(head) => serde_json::to_vec(head),
            Head::Remove(head) => serde_json::to_vec(head),
            Head::FolderCreate(head) => serde_json::to_vec(head),
            Head::FolderChange(head) => serde_json::to_vec(head),
            Head::FolderDelete(head) => serde_json::to_vec(head),
        };
        let bytes = bytes.map_err(|error| error.to_string())?;
        if bytes.len() > RECORD_HEAD_MAX_OCTETS {
            return Err(format!("a record head of {} octets is too long", bytes.len()));
        }
        Ok(bytes)
    }

    /// Errors are in words: a kind or version of a newer program, or a head that is no such JSON.
    pub fn decode(header: &Header, bytes: &[u8]) -> Result<Head, String> {
        if header.version != VERSION {
            return Err(format!("version {} is not known here", header.version));
        }
        let head = match header.kind {
            KIND_MESSAGE => serde_json::from_slice(bytes).map(Head::Message),
            KIND_CARRIED => serde_json::from_slice(bytes).map(Head::Carried),
            KIND_DELIVERY => serde_json::from_slice(bytes).map(Head::Delivery),
            KIND_FLAGS => serde_json::from_slice(bytes).map(Head::Flags),
            KIND_MOVE => serde_json::from_slice(bytes).map(Head::Move),
            KIND_REMOVE => serde_json::from_slice(bytes).map(Head::Remove),
            KIND_FOLDER_CREATE => serde_json::from_slice(bytes).map(Head::FolderCreate),
            KIND_FOLDER_CHANGE => serde_json::from_slice(bytes).map(Head::FolderChange),
            KIND_FOLDER_DELETE => serde_json::from_slice(bytes).map(Head::FolderDelete),
            kind => return Err(format!("kind {kind} is not known here")),
        };
        head.map_err(|error| format!("the head cannot be read: {error}"))
    }
}

/// A record at its place in the spool, ready to be applied to the index.
#[derive(Clone, Debug)]
pub struct Placed {
    pub segment: u64,
    /// Where its header starts.
    pub offset: u64,
    pub header: Header,
    /// None: good by its checksum, but not understood; it only moves the applied position.
    pub head: Option<Head>,
}

impl Placed {
    pub fn end(&self) -> u64 {
        self.offset + self.header.record_octets()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Header {
        Header {
            version: VERSION,
            kind: KIND_FLAGS,
            tag: 0x0123_4567_89ab_cdef,
            seq: Seq(77),
            at: Wall(1_700_000_000_000),
            synced_to: 64,
            body_octets: 123_456,
            head_octets: 300,
            unit_at: 1,
            unit_left: 2,
        }
    }

    #[test]
    fn header_round_trip() {
        assert_eq!(Header::decode(&sample().encode()), Some(sample()));
    }

    #[test]
    fn any_flipped_bit_of_a_header_is_found() {
        let good = sample().encode();
        for bit in 0..HEADER_OCTETS * 8 {
            let mut bytes = good;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&bytes), None, "bit {bit}");
        }
    }

    #[test]
    fn lengths_past_the_bounds_are_no_header() {
        let head = Header { head_octets: RECORD_HEAD_MAX_OCTETS as u32 + 1, ..sample() };
        let body = Header { body_octets: RECORD_BODY_MAX_OCTETS + 1, ..sample() };
        assert_eq!(Header::decode(&head.encode()), None);
        assert_eq!(Header::decode(&body.encode()), None);
        assert_eq!(Header::decode(&sample().encode()[..63]), None);
    }

    #[test]
    fn heads_round_trip_and_unknown_kinds_say_so() {
        let head = Head::Delivery(DeliveryHead { message: Seq(5), recipient: 2, state: DeliveryState::InSession });
        let header = Header { kind: head.kind(), ..sample() };
        let bytes = head.encode().unwrap();
        assert_eq!(Head::decode(&header, &bytes), Ok(head));
        assert!(Head::decode(&Header { kind: 99, ..sample() }, b"{}").is_err());
        assert!(Head::decode(&Header { version: VERSION + 1, ..header }, &bytes).is_err());
        assert!(Head::decode(&sample(), b"{").is_err());
    }
}
