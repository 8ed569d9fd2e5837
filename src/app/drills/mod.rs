//! Drills: chosen people practise what they would do in an outage, and mail is not touched.
//!
//! | file | owns |
//! | --- | --- |
//! | `state` | the drill that is open: who takes part, what was seen of them; it survives a restart by the ledger |
//! | `sandbox` | what people write in it: in memory, gone with the drill |
//! | `measure` | whom the notice reached, from the notices on record and the queue |
//! | `course` | follows the continuity machine: notes who takes part, and writes the report |
//! | `schedule` | drills that come by themselves |
//! | `verbs` | what an operator does with them, and sees |
//!
//! The machine says whether a drill is open ([`crate::continuity::Kind::Drill`]); nothing here changes that but through it.

mod course;
mod measure;
mod sandbox;
mod schedule;
mod state;
#[cfg(test)]
mod tests;
mod verbs;

pub use course::run;
pub use measure::last_report;
pub use state::{Drills, Mark, restore};
pub use verbs::{list, next, show, start};
