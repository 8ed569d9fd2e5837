//! The way back while the mode is Recovering: the gate in front of the drain, then everybody's digest, then the word that all
//! is handed over.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::core::{Core, EventNow};
use super::digests::Digests;
use super::job::Fate;
use super::trouble::Trouble;
use crate::clock::Wall;
use crate::continuity::{EventId, Gate as Report, Input, Mode};
use crate::failback::{Fared, Gate, Stage};
use crate::limits;
use crate::net::rt;
use crate::relay::{DeliveryState, Queue};
use crate::store::{Delivery, StoreError};

/// One time in Recovering.
pub struct Recovery {
    since: Wall,
    gate: Gate,
    event: Option<EventNow>,
    trouble: Trouble,
}

/// A ledger line of kind `gate`: the recovery gate of an event opened further. Three for each hand-over at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct GateLine {
    event: EventId,
    /// The stage that it is in now: `batch`, `drain`.
    stage: String,
    /// In words for people.
    text: String,
}

impl Recovery {
    pub fn new(since: Wall, event: Option<EventNow>) -> Recovery {
        Recovery { since, gate: Gate::new(), event, trouble: Trouble::default() }
    }

    /// When the mode became Recovering.
    pub fn since(&self) -> Wall {
        self.since
    }

    pub fn room(&self, in_flight: usize) -> usize {
        self.gate.room(in_flight)
    }

    /// Notes how a message fared; too many refusals are a relapse.
    pub async fn note(&mut self, core: &Arc<Core>, message: u64, fate: &Fate) {
        self.trouble.note(message, fate, core.now().mono);
        let before = self.gate.stage();
        if let Some((refused, tried)) = self.gate.note(Fared::of(&fate.nexts)) {
            feed(core, Input::Gate(Report::Relapse { refused, tried })).await;
            // If a forced end holds the relapse off, the hand-over begins again behind a new gate.
            self.gate = Gate::new();
        } else if self.gate.stage() != before {
            self.record_stage(core).await;
        }
    }

    /// For the report of the event: how the gate opened.
    async fn record_stage(&self, core: &Arc<Core>) {
        let text = match self.gate.stage() {
            Stage::Canary => return,
            Stage::Batch => "The mail server took the first message; a small batch is handed over next.",
            Stage::Drain => "The mail server took the small batch; everything is handed over now.",
        };
        let Some(event) = &self.event else { return };
        let (core, line) = (
            core.clone(),
            GateLine { event: event.id.clone(), stage: format!("{:?}", self.gate.stage()).to_lowercase(), text: text.to_owned() },
        );
        rt::unblock(move || core.record("gate", &line, core.now().wall)).await;
    }

    /// Called when nothing is due and nothing under way. True if there is more to hand over now.
    pub async fn finish(&mut self, core: &Arc<Core>) -> bool {
        let monitor = &core.config.monitor;
        if !self.trouble.is_over(monitor.interval, monitor.fall, core.now().mono) {
            return false;
        }
        let written = match &self.event {
            Some(event) => Digests::of_everybody(event.clone()).write(core).await,
            None => Ok(0),
        };
        match written {
            Ok(0) => {
                feed(core, Input::Gate(Report::Done)).await;
                false
            }
            Ok(_) => true,
            Err(error) => {
                log::error!("failback digests not written: {error}");
                false
            }
        }
    }
}

async fn feed(core: &Arc<Core>, input: Input) {
    let core = core.clone();
    rt::unblock(move || core.feed(input)).await;
}

/// Tries again, after enough green, what a gate held (DESIGN section 3); then it waits for the admin.
pub async fn release_held(core: &Arc<Core>) -> Result<(), StoreError> {
    let mode = core.mode();
    let Some(green_since) = mode.green_since.filter(|_| mode.mode == Mode::Normal) else { return Ok(()) };
    let mut after = None;
    loop {
        let core_there = core.clone();
        let page = rt::unblock(move || core_there.store.view().held(after, limits::QUEUE_PAGE_ENTRIES)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.message, last.recipient));
        for to in page.iter().filter(|to| is_green_long_enough(&to.state, green_since, core.now().wall)) {
            release(core, to).await?;
        }
    }
}

fn is_green_long_enough(state: &DeliveryState, green_since: Wall, now: Wall) -> bool {
    match (state, state.gate_retry_after()) {
        (DeliveryState::Held { at, .. }, Some(wait)) => now.since(green_since.max(*at)) >= wait,
        _ => false,
    }
}

async fn release(core: &Arc<Core>, to: &Delivery) -> Result<(), StoreError> {
    let Some(claim) = core.claims.take_whole(to.message) else { return Ok(()) };
    // An operator may have decided since the list was read.
    let (there, message) = (core.clone(), to.message);
    let deliveries = rt::unblock(move || there.store.view().deliveries(message)).await?;
    let newest = deliveries.into_iter().find(|newest| newest.recipient == to.recipient);
    if let Some(DeliveryState::Held { attempts: held, .. }) = newest.map(|newest| newest.state).filter(|state| *state == to.state) {
        let state = DeliveryState::Queued { attempts: 0, next_at: core.now().wall, last: None, in_doubt: false, held, reported: false };
        core.write_states(to.message, vec![(to.recipient, state)]).await;
    }
    drop(claim);
    core.kick(Queue::Primary);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::core::ModeLine;
    use crate::app::testing::World;
    use crate::continuity::{Class, Evidence, Probe, Saved};

    /// Whether a recipient that a gate held an hour ago is tried again, if no event has been open for so long and this was seen just now.
    fn is_released(green: Duration, seen: &[Class]) -> bool {
        let world = World::new();
        let ago = |age: Duration| Wall(world.core.now().wall.0 - age.as_millis() as u64);
        let saved = Saved { automatic: true, since: ago(green), ..Saved::default() };
        world.core.record_mode(ModeLine::of(saved, None), world.core.now().wall);
        let at = ago(Duration::from_secs(3600));
        let message = world.stored("ann", DeliveryState::Held { at, reason: "550 no such user".to_owned(), by_gate: true, attempts: 1 });
        let world = world.restarted();
        for class in seen {
            world.core.feed(Input::Observed(Evidence::new(world.core.now().wall, Probe::Smtp, *class, "")));
        }
        rt::block_on(release_held(&world.core)).unwrap();
        matches!(world.state(message), DeliveryState::Queued { held: 1, .. })
    }

    #[test]
    fn a_suspicion_does_not_put_off_what_the_gate_held() {
        let half_an_hour = limits::HELD_RETRY_AFTER[0];
        assert!(is_released(half_an_hour, &[]));
        assert!(is_released(half_an_hour, &[Class::Healthy, Class::Down, Class::Healthy]));
        assert!(!is_released(half_an_hour, &[Class::Healthy, Class::Down]), "the primary may be going away");
        assert!(!is_released(half_an_hour / 2, &[]));
    }
}
