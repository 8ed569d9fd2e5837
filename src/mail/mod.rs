//! Mail as data: addresses, parsing, composing, sanitising. Pure.
//!
//! Owns the only imports of mail-parser ([`parse`]), ammonia and html5ever ([`sanitise`]). What it reads was written by
//! strangers: nothing here fails, grows past the bounds of [`crate::limits`] or nests on the stack because of it.
//! Stands on promise 7 (every bound is named) of the blueprint. Never touches a socket, a file or a clock: dates come in as
//! [`crate::clock::Wall`].

mod address;
mod blob;
pub mod calendar;
pub mod compose;
pub mod date;
pub mod dkim;
mod dsn_request;
pub mod form;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod journal;
pub mod mbox;
pub mod nested;
pub mod parse;
pub mod report;
pub mod sanitise;
pub mod seal;
pub mod signed;
#[cfg(test)]
mod tests;
pub mod tnef;
pub mod trace;
pub mod zip;

pub use address::{Address, AddressError, Mailbox};
pub use blob::{Blob, Content, Reader};
pub use dsn_request::{DsnRequest, Notify, OriginalRecipient, RecipientDsn, Ret, Xtext};
pub use parse::Summary;
