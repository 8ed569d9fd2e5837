//! Reading messages. The only import of mail-parser.
//!
//! Owns what a page or the index shows of a message. Never fails, never walks into messages inside messages
//! (they are files), never keeps more than the bounds of [`crate::limits`] allow. Field values and charsets are
//! read by mail-parser; the walk over the parts is [`mime`], for the reasons given there.

mod clean;
mod decode;
mod decoded;
mod fields;
mod flowed;
mod letter;
mod mime;
mod sparse;
mod text;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::limits::{HEADER_BLOCK_MAX_OCTETS, SUMMARY_SCAN_MAX_OCTETS};
pub(super) use clean::file_name;
use fields::Header;
pub use letter::Letter;
pub use sparse::Sparse;
pub use text::html_to_text;

use super::trace::split_header;

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
    /// Whether `text`, or a part of it, was made from HTML because there was no text part.
    pub text_is_derived: bool,
    /// Unsanitised HTML parts, joined (with the text parts between them, escaped); never shown as they are.
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
    /// Decoded size in octets; text is offered in the charset it came in.
    pub size: usize,
    /// Content-ID without angle brackets, for `cid:` pictures.
    pub content_id: Option<String>,
}

/// Reads the header fields, and the body only for whether there are attachments. Looks at no more than the first
/// [`SUMMARY_SCAN_MAX_OCTETS`] of `message`, and gives the same for these alone as for the whole. A longer multipart/mixed counts as one with attachments.
/// Never fails: a message without any field has an empty summary.
pub fn summarise(message: &[u8]) -> Summary {
    let is_whole = message.len() < SUMMARY_SCAN_MAX_OCTETS;
    let message = normal(&message[..message.len().min(SUMMARY_SCAN_MAX_OCTETS)]);
    let (header, body) = split_header(&message);
    let mut summary = summary(Header(bounded_header(header)));
    let parts = mime::walk(bounded_header(header), body);
    summary.attachments = parts.leaves.iter().any(view::counts_as_attachment) || (parts.is_mixed && !is_whole);
    summary
}

/// Opens a message for reading. Never fails; what cannot be parsed is shown as text.
pub fn open(message: &[u8]) -> Opened {
    Letter::new(&normal(message)).opened()
}

/// Decoded content of attachment `number` of [`Opened::attachments`].
pub fn attachment_body(message: &[u8], number: usize) -> Option<(Attachment, Vec<u8>)> {
    let message = normal(message);
    let letter = Letter::new(&message);
    letter.attachment(number).map(|(attachment, content)| (attachment, content.into_owned()))
}

/// One line that can be shown: no control characters, nothing that turns the direction, cut at a bound.
pub fn one_line(text: &str, max_octets: usize) -> String {
    clean::line(text, max_octets)
}

/// At most `max_octets` of a text, whole characters.
pub(super) fn start_of(text: &str, max_octets: usize) -> &str {
    let mut end = text.len().min(max_octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Text in a charset; without one, or with an unknown one, UTF-8 if it is that, else windows-1252.
pub(super) fn decoded(bytes: &[u8], charset: Option<&str>) -> String {
    decode::charset(bytes, charset)
}

fn summary(header: Header<'_>) -> Summary {
    const SUBJECT_MAX_OCTETS: usize = 500;
    const TO_MAX_OCTETS: usize = 300;
    let from = header.persons("From").into_iter().next();
    let to = header.persons("To");
    let shown: Vec<&str> = to.iter().take(20).map(|p| if p.name.is_empty() { p.address.as_str() } else { p.name.as_str() }).collect();
    Summary {
        message_id: header.ids("Message-ID").into_iter().next(),
        in_reply_to: header.ids("In-Reply-To").into_iter().next(),
        from_name: from.as_ref().map(|p| p.name.clone()).unwrap_or_default(),
        from_address: from.map(|p| p.address).unwrap_or_default(),
        to: clean::line(&shown.join(", "), TO_MAX_OCTETS),
        subject: header.text("Subject", SUBJECT_MAX_OCTETS),
        date: header.date("Date"),
        attachments: false,
    }
}

// A message without any field is all body.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let (header, body) = split_header(message);
    if Header(bounded_header(header)).iter().next().is_none() { (&[], message) } else { (header, body) }
}

fn bounded_header(header: &[u8]) -> &[u8] {
    &header[..header.len().min(HEADER_BLOCK_MAX_OCTETS)]
}

/// The message with an LF at the end of each line, as [`Letter`] wants it. Some old software ends its lines with CR alone; such a message
/// has no LF where the header should be. All others are given back as they are.
pub fn normal(message: &[u8]) -> Cow<'_, [u8]> {
    let start = &message[..message.len().min(HEADER_BLOCK_MAX_OCTETS)];
    if start.contains(&b'\n') || !start.contains(&b'\r') {
        return Cow::Borrowed(message);
    }
    let mut out = Vec::with_capacity(message.len() + message.len() / 32);
    for (at, &byte) in message.iter().enumerate() {
        out.push(byte);
        if byte == b'\r' && message.get(at + 1) != Some(&b'\n') {
            out.push(b'\n');
        }
    }
    Cow::Owned(out)
}
