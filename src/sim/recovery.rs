//! The way back while the mode is Recovering: the real gate, everybody's digest, the word that all is handed over; and the second try of
//! what a gate held. As `app::recovery`.

use std::collections::BTreeSet;

use super::agenda::Millis;
use super::hand_over::Fate;
use super::intake::{queued_now, recipient};
use super::spool::{Message, Told};
use super::thresholds::millis;
use super::world::{Happening, Mutation, World, next_of_grid};
use crate::clock::Wall;
use crate::continuity::{Gate as Report, Input, Mode};
use crate::failback::{Fared, Gate};
use crate::limits::BACKOFF_FIRST;
use crate::relay::{DeliveryState, Queue, Route};

/// As in `app::recovery`: what is due again is tried within this time.
const AGAIN_WITHIN_MS: Millis = 10_000;
/// Housekeeping looks at what was held this often.
const HOUSEKEEPING_MS: Millis = 15_000;

/// One time in Recovering.
pub(super) struct Recovery {
    since: Wall,
    gate: Gate,
    troubled: BTreeSet<u64>,
    trouble_at: Option<Millis>,
}

impl Recovery {
    pub fn new(since: Wall) -> Recovery {
        Recovery { since, gate: Gate::new(), troubled: BTreeSet::new(), trouble_at: None }
    }

    pub fn since(&self) -> Wall {
        self.since
    }

    pub fn room(&self, in_flight: usize) -> usize {
        self.gate.room(in_flight)
    }

    /// Notes how a message fared; what to report if that is a relapse.
    pub fn note(&mut self, message: u64, fate: &Fate, now: Millis) -> Option<Report> {
        if fate.no_connection || (fate.is_red && self.troubled.insert(message)) {
            self.trouble_at = Some(now);
        }
        let (refused, tried) = self.gate.note(Fared::of(&fate.nexts))?;
        self.gate = Gate::new();
        Some(Report::Relapse { refused, tried })
    }

    fn is_settled(&self, interval: Millis, fall: u32, now: Millis) -> bool {
        let settle = (interval * Millis::from(fall + 1)).max(millis(BACKOFF_FIRST) + AGAIN_WITHIN_MS);
        self.trouble_at.is_none_or(|at| now - at >= settle)
    }
}

impl World {
    pub(super) fn report_relapse(&mut self, report: Report) {
        self.note(format!("{report:?}"));
        self.feed(Input::Gate(report));
    }

    /// Nothing is due and nothing under way: digests first, then the word.
    pub(super) fn finish_recovery(&mut self) {
        let (now, thresholds, mutation) = (self.now, self.options.thresholds, self.options.mutation);
        let Some(recovery) = self.recovery() else { return };
        if !recovery.is_settled(thresholds.interval_ms, thresholds.fall, now) || mutation == Mutation::NeverDone {
            return;
        }
        if self.spool.writers.is_empty() {
            self.feed(Input::Gate(Report::Done));
            return;
        }
        let at = self.wall();
        for writer in std::mem::take(&mut self.spool.writers) {
            let to = vec![recipient(writer, Route::Submit, queued_now(at))];
            self.measure.accepted += 1;
            self.spool.add(Message { since: now, at, told: Told::Ours, poison: false, to });
        }
        self.kick(Queue::Primary);
    }

    pub(super) fn need_housekeeping(&mut self) {
        let is_needed = self.spool.is_anything_held_by_gate() && self.mode() == Mode::Normal;
        let (now, life) = (self.now, self.life);
        if let Some(station) = &mut self.station
            && is_needed
            && !station.housekeeping_noted
        {
            station.housekeeping_noted = true;
            self.agenda.note(next_of_grid(station.booted_at, HOUSEKEEPING_MS, now), Happening::Housekeeping { life });
        }
    }

    /// Tries again, after enough green, what a gate held.
    pub(super) fn housekeeping(&mut self) {
        let wall = self.wall();
        let Some(station) = &mut self.station else { return };
        station.housekeeping_noted = false;
        let green_since = station.machine.saved().green_since.filter(|_| station.machine.mode() == Mode::Normal);
        if let Some(green_since) = green_since {
            let held: Vec<((u64, u32), Wall)> = self.spool.held_by_gate().collect();
            for ((message, number), at) in held {
                self.release_if_green(message, number, green_since.max(at), wall);
            }
        }
        self.need_housekeeping();
    }

    fn release_if_green(&mut self, message: u64, number: u32, since: Wall, wall: Wall) {
        let Some(station) = &self.station else { return };
        let is_claimed = [Queue::Primary, Queue::Outbound].iter().any(|queue| station.claims.contains(&(*queue, message)));
        let state = self.spool.messages.get(&message).and_then(|message| message.to.get(number as usize)).map(|to| &to.state);
        let Some(DeliveryState::Held { attempts, .. }) = state else { return };
        let is_time = state.and_then(DeliveryState::gate_retry_after).is_some_and(|wait| wall.since(since) >= wait);
        if is_time && !is_claimed {
            let held = *attempts;
            let state = DeliveryState::Queued { attempts: 0, next_at: wall, last: None, in_doubt: false, held, reported: false };
            self.write_states(message, vec![(number, state)]);
            self.kick(Queue::Primary);
        }
    }
}
