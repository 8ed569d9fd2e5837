//! Writing messages. The only import of mail-builder.

use super::{Address, Mailbox, parse::Person};
use crate::clock::Wall;

/// A message that a person wrote in the webmail, or that the box writes itself.
#[derive(Clone, Debug)]
pub struct Draft {
    pub from: Person,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub subject: String,
    /// Plain text with `\n` or CRLF line ends.
    pub text: String,
    /// Without angle brackets.
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    pub attachments: Vec<File>,
    /// Local part and host of the Message-ID, without angle brackets.
    pub message_id: String,
    pub date: Wall,
    /// `Auto-Submitted:` value (RFC 3834), for what the box writes itself.
    pub auto_submitted: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub media_type: String,
    pub content: Vec<u8>,
}

/// The message in wire form (CRLF line ends, no line over 998 octets). Never contains a Bcc field.
/// A `message/rfc822` file is attached unencoded if it is 7bit-safe as RFC 2046 section 5.2.1 demands,
/// else as a 8bit part.
pub fn write(_draft: &Draft) -> Vec<u8> {
    todo!()
}

/// A bounce (RFC 3464): multipart/report with a text for people, the delivery-status, and the
/// header of the original message.
pub fn write_dsn(_dsn: &Dsn) -> Vec<u8> {
    todo!()
}

/// The parts of a DSN.
#[derive(Clone, Debug)]
pub struct Dsn {
    pub reporting_mta: String,
    pub to: Address,
    pub message_id: String,
    pub date: Wall,
    pub arrived: Wall,
    pub subject: String,
    /// Text for people, with `\n` line ends.
    pub text: String,
    pub recipients: Vec<DsnRecipient>,
    /// Header block of the original message, with its final empty line left out.
    pub original_header: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct DsnRecipient {
    pub address: Address,
    /// Enhanced status code, e.g. `5.1.1`.
    pub status: String,
    /// The reply of the other server, if one answered.
    pub diagnostic: Option<String>,
}

/// Quotes `text` for an answer: `> ` before each line, below an attribution line.
pub fn quote(_attribution: &str, _text: &str) -> String {
    todo!()
}

/// `Re: subject`, once.
pub fn reply_subject(_subject: &str) -> String {
    todo!()
}

/// Parses what a person typed into To or Cc: `ann@x.com, "Bo, B" <bo@x.com>; carl@x.com`.
///
/// # Errors
/// The parts that are no address, as typed.
pub fn parse_recipients(_typed: &str) -> Result<Vec<(String, Address)>, Vec<String>> {
    todo!()
}

/// The name of a mailbox's owner for From.
pub fn person(name: &str, mailbox: &Mailbox) -> Person {
    Person { name: name.to_owned(), address: mailbox.as_str().to_owned() }
}
