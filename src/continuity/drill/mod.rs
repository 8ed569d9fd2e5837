//! Rehearsal: how a drill went, as values. Pure.
//!
//! Owns what is measured of each person, the grades with their thresholds, and the words of the report. Never knows how people are told
//! or where they sign in: it is given times.

mod grade;
mod report;
mod words;

pub use grade::{Grade, PROMPT};
pub use report::{Counts, Course, Ended, Participant, Report, Stage};
pub use words::{after, stage};
