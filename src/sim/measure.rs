//! How the thresholds fared: times and counts over a whole run.

use super::agenda::Millis;
use super::spool::Message;
use crate::continuity::Mode;
use crate::relay::DeliveryState;

/// Outages with less than this between them are one outage that flaps.
const ONE_OUTAGE_MS: Millis = 5 * 60_000;

/// Counts and times in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Measure {
    /// Outages, flapping ones counted once.
    pub outages: u64,
    /// From the beginning of what was seen to continuity, one for each outage that was entered.
    pub entered_after: Vec<Millis>,
    /// From the end of each outage that was entered to normal.
    pub left_after: Vec<Millis>,
    /// Lengths of outages that were over before the box took over.
    pub missed: Vec<Millis>,
    /// Events that the box opened while nothing was wrong with the primary.
    pub false_events: u64,
    /// Events that the box opened, false ones and all.
    pub events: u64,
    /// Most events in one outage.
    pub events_in_one_max: u64,
    /// Recipients accepted, and what became of them.
    pub accepted: u64,
    pub delivered: u64,
    pub refused: u64,
    pub held: u64,
    pub bounced: u64,
    pub duplicates: u64,
    /// Simulated time.
    pub simulated_ms: Millis,
    open: Option<Outage>,
    sick_since: Option<Millis>,
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    from: Millis,
    /// When it was last sick.
    until: Millis,
    is_entered: bool,
    events: u64,
    is_left: bool,
}

impl Measure {
    /// The primary is sick, or well, or neither, from now on.
    pub fn weather(&mut self, now: Millis, is_sick: bool, _is_well: bool) {
        match (is_sick, self.sick_since) {
            (true, None) => {
                self.sick_since = Some(now);
                if self.open.is_none_or(|open| now - open.until >= ONE_OUTAGE_MS) {
                    self.close();
                    self.outages += 1;
                    self.open = Some(Outage { from: now, until: now, is_entered: false, events: 0, is_left: false });
                }
            }
            (false, Some(_)) => {
                self.sick_since = None;
                if let Some(open) = &mut self.open {
                    open.until = now;
                }
            }
            _ => {}
        }
    }

    pub fn changed(&mut self, now: Millis, from: Mode, to: Mode, by_box: bool) {
        let is_event = by_box && to == Mode::Continuity && matches!(from, Mode::Normal | Mode::Suspect);
        if is_event {
            self.events += 1;
            let belongs = self.open.as_mut().filter(|open| self.sick_since.is_some() || now - open.until < ONE_OUTAGE_MS);
            match belongs {
                Some(open) => {
                    open.events += 1;
                    self.events_in_one_max = self.events_in_one_max.max(open.events);
                    if !open.is_entered {
                        self.entered_after.push(now - self.sick_since.unwrap_or(open.from));
                    }
                    (open.is_entered, open.is_left) = (true, false);
                }
                None => self.false_events += 1,
            }
        }
        if to == Mode::Normal
            && from == Mode::Recovering
            && let Some(open) = &mut self.open
            && open.is_entered
            && !open.is_left
            && self.sick_since.is_none()
        {
            open.is_left = true;
            self.left_after.push(now - open.until);
        }
    }

    /// A message has its outcomes.
    pub fn finished(&mut self, message: &Message) {
        for to in &message.to {
            match &to.state {
                DeliveryState::Delivered { .. } => self.delivered += 1,
                DeliveryState::Refused { .. } => self.refused += 1,
                DeliveryState::Held { .. } => self.held += 1,
                DeliveryState::Bounced { .. } => self.bounced += 1,
                DeliveryState::InSession | DeliveryState::Queued { .. } => {}
            }
            self.duplicates += u64::from(to.copies.saturating_sub(1));
        }
    }

    pub fn ended(&mut self, now: Millis) {
        self.close();
        self.simulated_ms = now;
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take()
            && !open.is_entered
        {
            self.missed.push(open.until.saturating_sub(open.from));
        }
    }

    /// Adds another run.
    pub fn add(&mut self, other: &Measure) {
        self.outages += other.outages;
        self.entered_after.extend(&other.entered_after);
        self.left_after.extend(&other.left_after);
        self.missed.extend(&other.missed);
        self.false_events += other.false_events;
        self.events += other.events;
        self.events_in_one_max = self.events_in_one_max.max(other.events_in_one_max);
        self.accepted += other.accepted;
        self.delivered += other.delivered;
        self.refused += other.refused;
        self.held += other.held;
        self.bounced += other.bounced;
        self.duplicates += other.duplicates;
        self.simulated_ms += other.simulated_ms;
    }
}
