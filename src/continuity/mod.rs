//! Decides when the primary is down and when it is back. Pure: no sockets, no clock, no log.
//!
//! Invariant: nothing here knows what a probe *is*, only whether it passed and how it looked.
//! Stands on promise 4: [`Machine`] is the only thing that changes the mode.
//!
//! `history` keeps what was seen for pages, `watch` counts, `hold_down` protects against flapping, `machine` decides, `pages` weighs health pages, `scopes` has the events of some people only, `windows` planned maintenance, `words` tells
//! people why.

pub mod drill;
mod evidence;
pub mod history;
mod hold_down;
mod input;
mod log;
mod machine;
mod pages;
mod scopes;
mod state;
mod watch;
mod windows;
mod words;

pub use evidence::{Class, Evidence, Probe};
pub use input::{Action, Alarm, EndError, Gate, Input, Policy, Transition};
pub use machine::Machine;
pub use pages::{Pass, Verdict, judge};
pub use scopes::{Kind, Members, NewScope, Phase, ScopeChange, ScopeError, ScopedEvent, Standing, Whose, standing};
pub use state::{EventId, Mode, Planned, Saved};
pub use windows::{Window, WindowClock, WindowError, may_plan, next as next_window, rest as rest_of_window};
