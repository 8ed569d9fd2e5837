//! Mail as data: addresses, parsing, composing, sanitising. Pure.
//!
//! Owns the only import of mail-parser. Never touches a socket, a file or a clock: dates come in as
//! [`crate::clock::Wall`].

mod address;
pub mod compose;
pub mod date;
pub mod form;
pub mod parse;
pub mod sanitise;
pub mod trace;

pub use address::{Address, AddressError, Mailbox};
pub use parse::Summary;
