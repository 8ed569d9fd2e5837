//! What is said to whom, in plain words. Texts only; sending is the relay's work.
//!
//! Pure: values in, values out. Nothing here knows a store, a socket or a clock.

mod digest;
mod notice;
mod summary;

pub use digest::{Digest, DigestItem, digest};
pub use notice::{Letterhead, Notice, notice};
pub use summary::event_summary;
