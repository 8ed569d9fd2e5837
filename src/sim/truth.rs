//! What is really the matter, as somebody would know it who sees everything at once.

use super::agenda::Millis;
use super::network::Network;
use super::primary::{Primary, Seen};
use super::thresholds::Thresholds;
use crate::continuity::Class;

/// The state of the surroundings at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    pub smtp: Seen,
    /// None if no health pages are configured.
    pub pages: Option<Seen>,
    pub own_cable_out: bool,
    pub witnesses_up: bool,
    /// Probes meet what is there: none is lost or late.
    pub clear: bool,
}

impl Truth {
    pub fn of(primary: &Primary, wire: &Network, thresholds: &Thresholds) -> Truth {
        Truth {
            smtp: primary.smtp_looks(wire, thresholds, 0),
            pages: thresholds.pages.then(|| primary.pages_look(wire, thresholds, 0)),
            own_cable_out: wire.own_cable_out,
            witnesses_up: wire.witnesses_up,
            clear: wire.is_clear(),
        }
    }

    fn probes(&self) -> impl Iterator<Item = Seen> {
        [Some(self.smtp), self.pages].into_iter().flatten()
    }

    /// The primary (or the way to it beyond our own cable) is down in a sense that counts.
    pub fn is_sick(&self) -> bool {
        !self.own_cable_out && self.probes().any(|seen| seen.class.is_red())
    }

    /// Nothing comes back to a probe: without a witness this looks like our own cable.
    fn is_silent(&self) -> bool {
        self.probes().any(|seen| matches!(seen.class, Class::Hanging | Class::Down) && !seen.answered)
    }

    /// Every probe is green.
    pub fn is_well(&self) -> bool {
        !self.own_cable_out && self.clear && self.probes().all(|seen| seen.class.is_green())
    }

    /// The time within which the thresholds promise to see it, if it is an outage that can be seen for sure.
    pub fn entered_within(&self, thresholds: &Thresholds) -> Option<Millis> {
        let reds = self.probes().filter(|seen| seen.class.is_red());
        let soonest = reds.map(|seen| thresholds.entered_within(seen.took)).min();
        let is_doubtful = thresholds.witnesses > 0 && !self.witnesses_up && self.is_silent();
        soonest.filter(|_| self.is_sick() && self.clear && !is_doubtful)
    }

    /// The time within which the thresholds promise to see that all is well.
    pub fn risen_within(&self, thresholds: &Thresholds) -> Option<Millis> {
        let slowest = self.probes().map(|seen| thresholds.risen_within(seen.took)).max();
        slowest.filter(|_| self.is_well())
    }
}
