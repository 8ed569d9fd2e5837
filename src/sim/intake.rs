//! Mail coming in, and what people write in the webmail: as `app::intake` and `app::webmail` take it.

use super::agenda::Millis;
use super::dice::{For, waiting};
use super::spool::{Message, Recipient, Told};
use super::world::{Happening, World};
use crate::clock::Wall;
use crate::continuity::{Input, Mode};
use crate::relay::{DeliveryState, Queue, Route};

/// People of the office.
const PEOPLE: u8 = 12;
/// Mean time between messages for a while after each change of the surroundings: that is when it counts.
const BUSY_MS: Millis = 12_000;
const BUSY_FOR_MS: Millis = 5 * 60_000;
/// Who writes later than this before the end would not have an answer by then.
const LAST_MAIL_MS: Millis = 6 * 3_600_000;
/// Notices of foreign clients go to the machine at most this often.
const FOREIGN_NOTICE_MS: Millis = 5_000;

impl World {
    /// Somebody writes.
    pub(super) fn mail(&mut self) {
        let Some(mean) = self.options.mail_every_ms else { return };
        if self.scenario.ends_well && self.now + LAST_MAIL_MS > self.scenario.ends_at {
            return;
        }
        let mut rng = self.dice.at(For::Traffic, self.now);
        // What matters happens soon after something changed; days of an outage are alike.
        let is_busy = self.changed_at.is_some_and(|at| self.now - at < BUSY_FOR_MS);
        let gap = if is_busy { BUSY_MS.min(mean) } else { mean };
        self.agenda.note(self.now + waiting(&mut rng, gap).max(1), Happening::Mail);
        if self.station.is_none() || self.wire.own_cable_out {
            return;
        }
        if self.mode() == Mode::Continuity && rng.u8(..4) == 0 {
            self.write_in_webmail(&mut rng);
        } else {
            self.receive(&mut rng);
        }
    }

    /// A stranger's message.
    fn receive(&mut self, rng: &mut fastrand::Rng) {
        self.notice_foreign();
        let count = if rng.u8(..4) == 0 { rng.usize(2..6) } else { 1 };
        let mut people: Vec<u8> = (0..count).map(|_| rng.u8(..PEOPLE)).collect();
        people.sort_unstable();
        people.dedup();
        let now = self.wall();
        let is_normal = self.mode() == Mode::Normal;
        let state = || if is_normal { DeliveryState::InSession } else { queued_now(now) };
        let to: Vec<Recipient> = people.iter().map(|person| recipient(*person, Route::Primary, state())).collect();
        let told = if is_normal { Told::Nothing } else { Told::Ours };
        let recipients: Vec<u32> = (0..).zip(&to).map(|(number, _)| number).collect();
        let message = self.spool.add(Message { since: self.now, at: now, told, poison: rng.u8(..50) == 0, to });
        self.measure.accepted += recipients.len() as u64;
        if is_normal {
            self.hand_over(message, recipients);
        } else if self.mode() != Mode::Continuity {
            self.kick(Queue::Primary);
        }
    }

    /// A person answers somebody here, somebody outside, or both.
    fn write_in_webmail(&mut self, rng: &mut fastrand::Rng) {
        let now = self.wall();
        let writer = rng.u8(..PEOPLE);
        let mut to = Vec::new();
        if rng.bool() {
            to.push(recipient(rng.u8(..PEOPLE), Route::Submit, queued_now(now)));
        }
        if to.is_empty() || rng.bool() {
            to.push(recipient(u8::MAX, Route::Outbound, queued_now(now)));
        }
        self.measure.accepted += to.len() as u64;
        self.spool.add(Message { since: self.now, at: now, told: Told::Ours, poison: rng.u8(..50) == 0, to });
        self.spool.writers.insert(writer);
        self.kick(Queue::Outbound);
    }

    fn notice_foreign(&mut self) {
        let now = self.now;
        let Some(station) = &mut self.station else { return };
        if station.foreign_noticed.is_some_and(|at| now - at < FOREIGN_NOTICE_MS) {
            return;
        }
        station.foreign_noticed = Some(now);
        self.feed(Input::ForeignClient);
    }
}

pub(super) fn recipient(person: u8, route: Route, state: DeliveryState) -> Recipient {
    Recipient { person, route, state, copies: 0, doubts: 0, tries: 0 }
}

pub(super) fn queued_now(now: Wall) -> DeliveryState {
    DeliveryState::Queued { attempts: 0, next_at: now, last: None, in_doubt: false, held: 0, reported: false }
}
