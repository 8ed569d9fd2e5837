//! Trace fields and header blocks, at the level of bytes (no MIME parsing).

use std::net::IpAddr;

use super::Address;
use crate::clock::Wall;

/// What a `Received:` field says (RFC 5321 section 4.4).
#[derive(Clone, Debug)]
pub struct Received<'a> {
    /// What the client said in EHLO or HELO.
    pub helo: &'a str,
    pub client: Option<IpAddr>,
    /// Our own name.
    pub by: &'a str,
    /// `SMTP`, `ESMTP`, `ESMTPS`, `UTF8SMTP`... (RFC 3848, RFC 6531); `HTTPS` for the webmail.
    pub with: &'a str,
    pub id: &'a str,
    /// Shown only if there is exactly one recipient (or Bcc would leak).
    pub for_recipient: Option<&'a Address>,
    pub at: Wall,
}

/// The folded field with its final CRLF.
pub fn received(_field: &Received<'_>) -> Vec<u8> {
    todo!()
}

/// The header block of a message (without the empty line) and its body.
pub fn split_header(_message: &[u8]) -> (&[u8], &[u8]) {
    todo!()
}

/// How many `Received:` fields a header block has.
pub fn count_received(_header: &[u8]) -> usize {
    todo!()
}
