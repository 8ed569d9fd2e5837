//! The message after DATA: end-of-data, dot-unstuffing, dot-stuffing (RFC 5321 section 4.5.2).
//!
//! Invariant: only CRLF.CRLF ends a message. A bare CR or LF inside refuses the message (550 5.6.0)
//! after its true end, so that nothing can be smuggled through us.

mod header;
mod receive;
mod stuff;

pub use receive::{Defect, Receiver, Step};
pub use stuff::Stuffer;
