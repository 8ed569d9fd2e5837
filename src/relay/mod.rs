//! Where mail goes, what became of it, and what to try next. Pure: it is given pages of queue entries, it has no store.
//!
//! Stands on promise 3: each accepted recipient ends in exactly one outcome.

pub mod backoff;
pub mod bounce;
pub mod handover;
mod outcome;
pub mod plan;

pub use outcome::{DeliveryState, Queue, Route};
