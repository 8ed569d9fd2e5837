//! What changes when: the whole script of a simulation, made before it begins.

use super::agenda::Millis;
use super::primary::{Pages, Smtp};

/// One change of the surroundings, or something that befalls the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Smtp(Smtp),
    Pages(Pages),
    /// The mailbox of this person is full; none: nobody's is.
    Full(Option<u8>),
    /// The box's own cable: out or in.
    CableOut(bool),
    /// The primary's segment of the network.
    SegmentOut(bool),
    /// Probes in a hundred that get no answer.
    Lost(u8),
    /// How much longer answers take.
    Delay(Millis),
    WitnessesUp(bool),
    OutsideUp(bool),
    /// The power goes, or the process is killed; it is back after so long.
    Crash {
        down_ms: Millis,
    },
    /// Somebody sets the wall clock, by milliseconds.
    Clock(i64),
    Operator(Order),
}

/// What an operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Start,
    End { force: bool },
    Automatic(bool),
}

/// A script. Everything is well at its beginning.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// In order of time.
    pub changes: Vec<(Millis, Change)>,
    pub ends_at: Millis,
    /// The script leaves everything well for the last hours, with automatic on: what is not settled at its end never will be.
    pub ends_well: bool,
}

impl Scenario {
    /// Sorts; changes of the same time keep their order.
    pub fn new(mut changes: Vec<(Millis, Change)>, ends_at: Millis, ends_well: bool) -> Scenario {
        changes.sort_by_key(|(at, _)| *at);
        Scenario { changes, ends_at, ends_well }
    }
}
