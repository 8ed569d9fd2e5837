//! What a record can say. Every change to mail is one of these; the index is what they add up to.
//!
//! Heads are JSON: unknown fields are ignored and missing ones have defaults, so that older and newer versions read each other.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Staged;
use crate::clock::Wall;
use crate::mail::{Address, DsnRequest, Mailbox, Summary};
use crate::relay::{DeliveryState, Route};

/// Number of a record: unique, rising, never reused. A message is named by its record's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One change.
#[derive(Debug)]
pub enum Change {
    /// A message with its envelope and its body.
    Message(Box<Accepted>, Arc<Staged>),
    /// A message written again before the segment with its first record goes: all that is known of it now.
    Carried(Box<Carried>, Arc<Staged>),
    /// A recipient's new state.
    Delivery { message: Seq, recipient: u32, state: DeliveryState },
    /// Flags of a message in one mailbox, in whichever folders it has it.
    Flags { mailbox: Mailbox, message: Seq, add: Flags, remove: Flags },
    /// From one folder of a mailbox to another.
    Move { mailbox: Mailbox, message: Seq, from: Folder, to: Folder },
    /// Out of a folder, and gone from the mailbox if it was in no other.
    Remove { mailbox: Mailbox, message: Seq, folder: Folder },
    /// A new folder of a person's own; its id is the number of this record.
    FolderCreate { mailbox: Mailbox, parent: Option<FolderId>, name: String },
    /// A folder's name and place are these. Makes it if it is not there: it is also how a folder is written again before the segment
    /// with its last record goes.
    FolderChange { mailbox: Mailbox, folder: FolderId, parent: Option<FolderId>, name: String },
    /// The folder is gone. Whoever asks for it moves what is in it elsewhere in the same unit.
    FolderDelete { mailbox: Mailbox, folder: FolderId },
}

/// Marks of a message in a mailbox (RFC 9051 section 2.3.2), as a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(u8);

impl Flags {
    pub const NONE: Flags = Flags(0);
    pub const SEEN: Flags = Flags(1);
    pub const FLAGGED: Flags = Flags(2);
    pub const ANSWERED: Flags = Flags(4);
    pub const FORWARDED: Flags = Flags(8);

    pub fn has(self, flags: Flags) -> bool {
        self.0 & flags.0 == flags.0
    }

    pub fn with(self, flags: Flags) -> Flags {
        Flags(self.0 | flags.0)
    }

    pub fn without(self, flags: Flags) -> Flags {
        Flags(self.0 & !flags.0)
    }
}

/// Head of a message that is written again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// The message keeps its name.
    pub message: Seq,
    /// With the present states of its recipients, and with its present filings.
    pub accepted: Accepted,
}

/// Head of a message record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    pub at: Wall,
    pub origin: Origin,
    /// Id of the SMTP or web session, for the log.
    pub session: String,
    #[serde(default)]
    pub client: Option<IpAddr>,
    #[serde(default)]
    pub reverse_path: Option<Address>,
    pub recipients: Vec<Recipient>,
    pub filings: Vec<Filing>,
    #[serde(default)]
    pub eight_bit: bool,
    #[serde(default)]
    pub smtputf8: bool,
    /// By the places in `recipients`.
    #[serde(default, skip_serializing_if = "DsnRequest::is_empty")]
    pub dsn: DsnRequest,
    pub summary: Summary,
}

/// Who brought it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "from")]
pub enum Origin {
    /// From the outside, for our domains.
    Inbound,
    /// From the primary or another trusted host, outward.
    Trusted,
    /// Copied from a journal report: delivered by the primary itself, and never to be sent on.
    Journal,
    /// Written in the webmail.
    Webmail,
    /// A draft kept in the webmail; it has no recipients.
    Draft,
    /// A digest at the end of an event for one mailbox.
    Digest { event: String, mailbox: Mailbox, part: u32 },
    /// What the box tells its admins.
    Notice,
    /// A bounce that the box wrote about a message.
    Dsn { about: Seq },
}

/// One recipient with its first state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipient {
    pub address: Address,
    pub route: Route,
    pub state: DeliveryState,
}

/// A place in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    pub mailbox: Mailbox,
    pub folder: Folder,
    #[serde(default)]
    pub flags: Flags,
    /// The recipient this filing stands for: it is hidden while that one is `InSession` and gone when `Refused`.
    #[serde(default)]
    pub recipient: Option<u32>,
}

/// Folders every mailbox has, and a person's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Folder {
    #[default]
    Inbox,
    Sent,
    Drafts,
    Archive,
    Junk,
    Trash,
    Own(FolderId),
}

/// Number of the record that created a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FolderId(pub u64);
