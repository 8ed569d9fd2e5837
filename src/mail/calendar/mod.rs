//! Calendars in mail (RFC 5545, RFC 5546): what an invitation says, when it takes place, and the answer to it.
//!
//! Read leniently: what cannot be understood is left out. `icalendar` and `rrule` were looked at; they bring chrono and regex, and
//! a card and a page of days need only a part of it. Dates are jiff's, as everywhere.

mod event;
mod lines;
mod reply;
mod rule;
#[cfg(test)]
mod tests;
mod zone;

pub use event::{Answer, Calendar, Event, Guest, Method, Moment, Status, read};
pub use reply::reply;
pub use rule::{Frequency, Rule};
