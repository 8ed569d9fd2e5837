//! What is said to whom, in plain words. Texts only; sending is the relay's work.
//!
//! Pure: values in, values out. Nothing here knows a store, a socket or a clock.

mod digest;
mod hook;
mod letter;
mod notice;
mod summary;
mod template;

pub use digest::{Digest, DigestItem, digest};
pub use hook::{Post, post};
pub use letter::{Letter, Letterhead, draft, letter};
pub use notice::{Login, Notice};
pub use summary::event_summary;
pub use template::{TemplateProblem, Templates};
