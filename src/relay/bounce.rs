//! Bounces in words that a person understands (RFC 3464).

use crate::clock::Wall;
use crate::mail::Address;
use crate::mail::compose::Dsn;

/// A recipient that could not be reached.
#[derive(Clone, Debug)]
pub struct Unreached {
    pub address: Address,
    /// The other server's reply in one line, or our own words.
    pub reply: String,
}

/// The original message.
#[derive(Clone, Debug)]
pub struct Original<'a> {
    pub reverse_path: &'a Address,
    pub subject: &'a str,
    pub accepted_at: Wall,
    pub header: &'a [u8],
}

/// The bounce to the sender.
pub fn dsn(_hostname: &str, _message_id: String, _original: &Original<'_>, _recipients: &[Unreached], _now: Wall) -> Dsn {
    todo!()
}
