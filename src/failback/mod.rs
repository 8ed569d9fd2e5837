//! The way back: the recovery gate and what each person gets handed over. Pure plans; `app` carries them out.
//!
//! Until hand-back by EWS or IMAP exists, Sent copies and drafts of an event reach the normal mailbox as a digest.

mod digest;
mod gate;

pub use digest::{DigestPart, plan_digests};
pub use gate::{Fared, Gate, Stage};
