//! What is said to whom, in plain words. Texts only; sending is the relay's work.

use crate::clock::Wall;
use crate::mail::compose::Draft;
use crate::mail::{Address, Mailbox};

/// A message inside a digest.
#[derive(Clone, Debug)]
pub struct DigestItem {
    pub subject: String,
    pub at: Wall,
    pub draft: bool,
    /// Everyone it was for, Bcc included, with what became of it: `bo@x.com: delivered`.
    pub recipients: Vec<(Address, String)>,
    /// The message itself, attached as message/rfc822.
    pub message: Vec<u8>,
}

/// A digest to compose.
#[derive(Clone, Debug)]
pub struct Digest<'a> {
    pub hostname: &'a str,
    pub mailbox: &'a Mailbox,
    pub name: &'a str,
    pub event_from: Wall,
    pub event_to: Wall,
    pub part: u32,
    pub parts: u32,
    pub items: Vec<DigestItem>,
    pub message_id: String,
    pub now: Wall,
}

/// The mail that hands a person's Sent copies and drafts over to the normal mailbox.
pub fn digest(_digest: Digest<'_>) -> Draft {
    todo!()
}

/// How an event went, for the log, `event show` and the demo:
/// `Mail works normally again. 12 messages were taken; 12 delivered, 0 held, 0 failed, 0 still waiting.`
pub fn event_summary(_accepted: u64, _delivered: u64, _held: u64, _failed: u64, _waiting: u64) -> String {
    todo!()
}
