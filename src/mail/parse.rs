//! Reading messages. The only import of mail-parser.

use serde::{Deserialize, Serialize};

use crate::clock::Wall;

/// What a folder page and the index need of a message. Every field is cut to a bound, so that an
/// index row stays below [`crate::limits::INDEX_ROW_MAX_OCTETS`] (subject 500, each address 320,
/// names 120, message-id 500 octets; `to` is one shown line of at most 300).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    pub in_reply_to: Option<String>,
    /// Display name of the first From address, decoded.
    pub from_name: String,
    /// First From address as written.
    pub from_address: String,
    /// To, for showing: names or addresses, comma separated.
    pub to: String,
    pub subject: String,
    /// The Date field, if it is one.
    pub date: Option<Wall>,
    pub attachments: bool,
}

/// A message opened for reading.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    pub summary: Summary,
    /// From, To, Cc and Reply-To for showing and answering: (name, address).
    pub from: Vec<Person>,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub reply_to: Vec<Person>,
    /// Message-IDs of References, oldest first, without angle brackets.
    pub references: Vec<String>,
    /// The text to show: the text/plain parts, or text made from the HTML ones.
    pub text: String,
    /// Whether `text` was made from HTML because there was no text part.
    pub text_is_derived: bool,
    /// Unsanitised HTML parts, joined; never shown as they are.
    pub html: Option<String>,
    pub attachments: Vec<Attachment>,
    /// Whether something was cut at a bound of `limits.rs`.
    pub cut: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub address: String,
}

/// A part that is offered as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Number to ask for it with [`attachment_body`].
    pub number: usize,
    /// Cleaned file name: no path, no control characters, never empty.
    pub name: String,
    /// Media type, lower case, e.g. `image/png`.
    pub media_type: String,
    /// Decoded size in octets.
    pub size: usize,
    /// Content-ID without angle brackets, for `cid:` pictures.
    pub content_id: Option<String>,
}

/// Reads the header fields (the body only for whether there are attachments).
/// Never fails: a message without any field has an empty summary.
pub fn summarise(_message: &[u8]) -> Summary {
    todo!()
}

/// Opens a message for reading. Never fails; what cannot be parsed is shown as text.
pub fn open(_message: &[u8]) -> Opened {
    todo!()
}

/// Decoded content of attachment `number` of [`Opened::attachments`].
pub fn attachment_body(_message: &[u8], _number: usize) -> Option<(Attachment, Vec<u8>)> {
    todo!()
}
