//! A box, its primary and its network in simulated time: years in seconds, the same for the same seed.
//!
//! Owns the model of everything around the decisions (primary, network, crashes, clocks, traffic, operators), drives the real
//! [`crate::continuity::Machine`], the real queue logic of [`crate::relay`] and the real [`crate::failback::Gate`] through it, and
//! judges what they do against what was really the matter. `tests/sim/` and `lifeboat simulate` share it.
//!
//! It has no sockets, no clock and no files: time is a number of milliseconds that [`agenda`] hands out.
//!
//! | file | owns |
//! | --- | --- |
//! | `agenda` | what happens next |
//! | `dice` | chance that depends on the seed and the time, never on how often it was asked |
//! | `primary`, `network` | what is there to be met, and how it answers |
//! | `weather`, `patterns` | what changes when |
//! | `thresholds` | the configured numbers, and the time within which they promise to see an outage |
//! | `spool` | what the box has on its disk |
//! | `world` | the loop; `looks` (probes), `intake`, `hand_over`, `runner` and `recovery` are the box's parts in it |
//! | `truth`, `judge`, `mail_judge` | what must hold, whatever comes |
//! | `measure`, `comparison` | how thresholds fare, in numbers and in words |
//!
//! # What the driver leaves out
//!
//! `app` is full of sockets and tasks, so the driver mirrors its logic instead of running it. It leaves out: the look-up of unknown
//! recipients at the primary, pooled connections and their slots, journal reports, streaming through on a full disk, what an
//! operator does with single recipients, and DSNs as messages of their own (a bounce is an outcome here).

mod agenda;
mod comparison;
mod dice;
mod hand_over;
mod intake;
mod judge;
mod looks;
mod mail_judge;
mod measure;
mod network;
mod patterns;
mod primary;
mod recovery;
mod runner;
mod spool;
mod thresholds;
mod truth;
mod weather;
mod world;

pub use comparison::{Comparison, compare};
pub use judge::Violation;
pub use measure::Measure;
pub use network::Network;
pub use patterns::{Pattern, outages, storm};
pub use primary::{Pages, Smtp};
pub use thresholds::Thresholds;
pub use weather::{Change, Order, Scenario};
pub use world::{Mutation, Options, Outcome, World};
