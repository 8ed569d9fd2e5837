//! Decides when the primary is down and when it is back. Pure: no sockets, no clock, no log.
//!
//! Invariant: nothing here knows what a probe *is*, only whether it passed and how it looked.
//! Stands on promise 4: [`Machine`] is the only thing that changes the mode.

mod evidence;
mod machine;

pub use evidence::{Class, Evidence, Probe};
pub use machine::{Action, Alarm, EndError, EventId, Gate, Input, Machine, Mode, Policy, Saved, Transition};
