//! Rehearsal: how a drill went, as values. Pure.
//!
//! Owns the grades and their thresholds. Never knows how people are told or where they sign in: it is given times.

mod grade;

pub use grade::Grade;
