//! The wires between the box, the primary, the witnesses and the world.

/// What of the network works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The box's own cable is out: nobody reaches it, it reaches nobody.
    pub own_cable_out: bool,
    /// The primary's segment is out: the box is well, the primary is not to be reached.
    pub segment_out: bool,
    /// So many probes in a hundred get no answer.
    pub lost_percent: u8,
    /// Answers take longer by this, in milliseconds.
    pub delay_ms: u64,
    /// The witnesses' own machines are there.
    pub witnesses_up: bool,
    /// The smart host takes mail.
    pub outside_up: bool,
}

impl Network {
    pub fn sound() -> Network {
        Network { own_cable_out: false, segment_out: false, lost_percent: 0, delay_ms: 0, witnesses_up: true, outside_up: true }
    }

    /// Whether packets get to the primary and back.
    pub fn reaches_primary(&self) -> bool {
        !self.own_cable_out && !self.segment_out
    }

    /// Whether every probe meets what is really there.
    pub fn is_clear(&self) -> bool {
        self.lost_percent == 0 && self.delay_ms == 0
    }
}
