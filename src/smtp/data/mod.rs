//! The message after DATA: end-of-data, dot-unstuffing, dot-stuffing (RFC 5321 section 4.5.2); and in the chunks of BDAT (RFC 3030).
//!
//! Invariant: only CRLF.CRLF ends a message after DATA, and only the count of the last chunk one after BDAT. A bare CR or LF inside
//! refuses the message (550 5.6.0) after its true end, so that nothing can be smuggled through us.

mod chunks;
mod content;
mod firewall;
mod header;
mod receive;
mod stuff;

pub use chunks::{ChunkReceiver, ChunkStep};
pub use content::{Defect, Rules};
pub use receive::{Receiver, Step};
pub use stuff::Stuffer;
