//! Which messages retention keeps for the sake of continuity events: those of the open one, and of each closed one until its hand-back is
//! verified, or an administrator says that it is not needed any more (after an export).
//!
//! Nothing of this is remembered: which events are over is in the ledger's lines of kind `event`, which of them are released in those of
//! kind `release`. So it is the same after a restart.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::core::{Core, EventLine, EventNow, ScopeLine};
use super::digests::Digests;
use super::their_mail::TheirMail;
use crate::clock::Wall;
use crate::continuity::{EventId, Kind};
use crate::limits;
use crate::relay::DeliveryState;
use crate::store::{Pins, Seq, StoreError};

const ALARM_PINNED: &str = "event-pinned";

/// A ledger line of kind `release`: the messages of an event need not stay for its sake any more.
#[derive(Debug, Serialize, Deserialize)]
struct ReleaseLine {
    event: EventId,
    /// None: the hand-back was verified.
    by: Option<String>,
}

/// A closed event whose messages stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    pub event: EventNow,
    pub closed: Wall,
    /// Messages from this one on came after it.
    pub before: Seq,
    /// Of an event for some people: whose mail it is about.
    pub scope: Option<ScopeLine>,
}

/// Closed events that were not released, oldest first.
///
/// # Errors
/// If the ledger cannot be read.
pub fn pinned(core: &Core) -> Result<Vec<Pinned>, StoreError> {
    let released = core.ledger.read("release")?.into_iter().filter_map(|line| serde_json::from_value::<ReleaseLine>(line.data).ok());
    let released: HashSet<EventId> = released.map(|line| line.event).collect();
    let mut pinned = BTreeMap::new();
    for line in core.ledger.read("event")? {
        let Ok(EventLine { id, from, to, messages: Some((first, before)), scope, .. }) = serde_json::from_value(line.data) else {
            continue;
        };
        if !released.contains(&id) {
            // After a crash in the middle an event is closed twice: the later line counts.
            let event = EventNow { id: id.clone(), since: from, first };
            pinned.insert((from, id.0), Pinned { event, closed: to, before, scope });
        }
    }
    Ok(pinned.into_values().collect())
}

/// What has to stay now. Releases the events whose hand-back is found to be complete, and raises the alarm about those that wait too long.
pub fn look(core: &Core) -> Result<Pins, StoreError> {
    let mut pins = Pins::default();
    let mut waits_long = Vec::new();
    let now = core.now().wall;
    for pinned in pinned(core)? {
        let is_handed_back = is_handed_back(core, &pinned)?;
        let Pinned { event, closed, before, .. } = pinned;
        if is_handed_back {
            log::info!("continuity event={} hand-back verified, its messages are released", event.id.0);
            core.record("release", &ReleaseLine { event: event.id, by: None }, now);
            continue;
        }
        pins.keep(event.first, Some(before));
        if now.since(closed) > limits::EVENT_PINNED_LONG {
            waits_long.push(event.id.0);
        }
    }
    if let Some(open) = core.mode().event {
        pins.keep(open.first, None);
    }
    for open in core.scopes().iter().filter(|open| open.event.kind == Kind::Outage) {
        pins.keep(open.first, None);
    }
    if waits_long.is_empty() {
        core.clear_alarm(ALARM_PINNED);
    } else {
        let text =
            "Not everything of these events was handed back, and their mail is kept: {}. Export it, then say `lifeboat event release ID`.";
        core.raise_alarm(ALARM_PINNED, text.replace("{}", &waits_long.join(", ")));
    }
    Ok(pins)
}

// Everything that came in the event has its final outcome, and what people wrote has arrived at the primary in digests.
fn is_handed_back(core: &Core, pinned: &Pinned) -> Result<bool, StoreError> {
    let Pinned { event, before, scope, .. } = pinned;
    let view = core.store.view();
    let (tally, digests) = match scope {
        None => (core.tally(event.first, Some(*before))?, Digests::of_everybody(event.clone())),
        Some(ScopeLine { mailboxes, .. }) => {
            let theirs = TheirMail { mailboxes: mailboxes.iter().cloned().collect() };
            (theirs.tally(core, event.first, Some(*before))?, Digests::of_some(event.clone(), mailboxes.clone()))
        }
    };
    if tally.delivered + tally.refused + tally.bounced < tally.recipients {
        return Ok(false);
    }
    let Some(digests) = digests.complete(core, *before)? else { return Ok(false) };
    for digest in digests {
        let arrived = |state: &DeliveryState| matches!(state, DeliveryState::Delivered { .. });
        if !view.deliveries(digest)?.iter().all(|to| arrived(&to.state)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Releases a closed event at an administrator's word. False if there is none of that name that is still pinned.
///
/// # Errors
/// If the ledger cannot be read or written.
pub fn release(core: &Core, id: &str, by: &str) -> Result<bool, StoreError> {
    let Some(pinned) = pinned(core)?.into_iter().find(|pinned| pinned.event.id.0 == id) else { return Ok(false) };
    let line = ReleaseLine { event: pinned.event.id, by: Some(by.to_owned()) };
    core.ledger.append("release", &line, core.now().wall)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::net::rt;
    use crate::store::Tally;

    const ID: &str = "2026-03-03T09-15-02";

    fn event() -> EventNow {
        EventNow { id: EventId(ID.to_owned()), since: Wall(0), first: Seq(1) }
    }

    /// As if the event ended at that message.
    fn close(world: &World, before: Seq) {
        let line = EventLine {
            id: event().id,
            from: Wall(0),
            to: world.core.now().wall,
            tally: Tally::default(),
            summary: String::new(),
            messages: Some((Seq(1), before)),
            scope: None,
        };
        world.core.record("event", &line, line.to);
    }

    fn delivered(world: &World) -> DeliveryState {
        DeliveryState::Delivered { at: world.core.now().wall, reply: "250 ok".to_owned(), by: "primary".to_owned() }
    }

    fn settle(world: &World, message: Seq, state: DeliveryState) {
        rt::block_on(world.core.write_states(message, vec![(0, state)]));
    }

    fn check(world: &World, message: Seq, stays: bool) {
        let pins = look(&world.core).unwrap();
        assert_eq!(pins.hold(message), stays, "{pins:?}");
        assert_eq!(pinned(&world.core).unwrap().len(), usize::from(stays));
    }

    #[test]
    fn what_came_stays_until_the_primary_has_it() {
        let world = World::new();
        let message = world.queued_for("ann");
        close(&world, Seq(message.0 + 1));
        let later = world.queued_for("ann");
        check(&world, message, true);
        assert!(!look(&world.core).unwrap().hold(later), "it came after the event");
        settle(&world, message, delivered(&world));
        check(&world, message, false);
    }

    #[test]
    fn what_was_written_stays_until_its_digest_has_arrived() {
        let world = World::new();
        let message = world.wrote("ann", "one");
        assert_eq!(rt::block_on(Digests::of_everybody(event()).write(&world.core)).unwrap(), 1);
        let newest = world.core.store.view().newest();
        close(&world, Seq(newest.0 + 1));
        check(&world, message, true);
        let digest = world.queued().pop().unwrap();
        settle(&world, Seq(digest.message), DeliveryState::Bounced { at: Wall(0), reply: "550 no".to_owned(), dsn: None });
        check(&world, message, true);
        settle(&world, Seq(digest.message), delivered(&world));
        check(&world, message, false);
        // It is written down: not even a queue that fills again takes it back.
        assert!(!release(&world.core, ID, "admin").unwrap());
    }

    #[test]
    fn an_event_that_was_ended_without_a_hand_back_waits_for_the_administrator() {
        let world = World::new();
        let message = world.wrote("ann", "one");
        close(&world, Seq(message.0 + 1));
        check(&world, message, true);
        assert!(!release(&world.core, "another", "admin").unwrap());
        assert!(release(&world.core, ID, "admin").unwrap());
        check(&world, message, false);
    }

    #[test]
    fn several_events_and_the_open_one_stay() {
        let mut pins = Pins::default();
        pins.keep(Seq(3), Some(Seq(5)));
        pins.keep(Seq(9), None);
        let held: Vec<u64> = (1..12).filter(|number| pins.hold(Seq(*number))).collect();
        assert_eq!(held, [3, 4, 9, 10, 11]);
    }
}
