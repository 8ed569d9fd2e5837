//! What a record can say. Every change to mail is one of these; the index is what they add up to.
//!
//! Heads are JSON: unknown fields are ignored and missing ones have defaults, so that older and newer versions read each other.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Staged;
use crate::clock::Wall;
use crate::mail::{Address, Mailbox, Summary};
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
    /// A recipient's new state.
    Delivery { message: Seq, recipient: u32, state: DeliveryState },
    /// A person read (or un-read) a message.
    Seen { mailbox: Mailbox, message: Seq, seen: bool },
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
    /// Written in the webmail.
    Webmail,
    /// A draft kept in the webmail; it has no recipients.
    Draft,
    /// A digest at the end of an event for one mailbox.
    Digest { event: String, mailbox: Mailbox, part: u32 },
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
    pub seen: bool,
    /// The recipient this filing stands for: it is hidden while that one is `InSession` and gone when `Refused`.
    #[serde(default)]
    pub recipient: Option<u32>,
}

/// Folders every mailbox has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Folder {
    Inbox,
    Sent,
    Drafts,
}
