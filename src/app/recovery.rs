//! The way back while the mode is Recovering: the gate in front of the drain, then everybody's digest, then the word that all
//! is handed over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::core::{Core, EventNow};
use super::job::Fate;
use super::writing::{Addressed, NewMessage, queued_now};
use crate::clock::{Mono, Wall};
use crate::continuity::{EventId, Gate as Report, Input};
use crate::failback::{DigestPart, Fared, Gate, Stage, plan_digests};
use crate::limits;
use crate::mail::{Address, DsnRequest, Mailbox, compose};
use crate::net::rt;
use crate::notify::{self, Digest, DigestItem};
use crate::relay::{DeliveryState, Queue, Route};
use crate::store::{Change, Delivery, Entry, Folder, Origin, Seq, Staged, StoreError};

/// Messages that are remembered to have met a primary in trouble; what is more puts the end off no longer.
const TROUBLED_MAX: usize = 10_000;
/// What is due again is tried within this time: a runner looks every few seconds.
const AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// One time in Recovering.
pub struct Recovery {
    since: Wall,
    gate: Gate,
    event: Option<EventNow>,
    /// None before the ledger was asked.
    rounds: Option<Vec<Round>>,
    /// Messages that found the primary in trouble once, and when one did last for its first time.
    troubled: BTreeSet<u64>,
    trouble_at: Option<Mono>,
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

/// A ledger line of kind `digest`: the messages that one round of digests is made from. After a relapse people go on
/// writing, and a draft may come while the digests are made: what came after one round is in the next. Where a round ends
/// is written down before its first digest, so that a crash in the middle continues where it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Round {
    event: EventId,
    /// From 1.
    number: usize,
    from: Seq,
    before: Seq,
}

impl Round {
    fn next(event: &EventNow, rounds: &[Round], newest: Seq) -> Round {
        let from = rounds.last().map_or(event.first, |last| last.before);
        Round { event: event.id.clone(), number: rounds.len() + 1, from, before: Seq(newest.0 + 1).max(from) }
    }

    /// The name under which its digests are found.
    fn key(&self) -> String {
        match self.number {
            1 => self.event.0.clone(),
            number => format!("{}+{number}", self.event.0),
        }
    }
}

impl Recovery {
    pub fn new(since: Wall, event: Option<EventNow>) -> Recovery {
        Recovery { since, gate: Gate::new(), event, rounds: None, troubled: BTreeSet::new(), trouble_at: None }
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
        self.note_trouble(message, fate, core.now().mono);
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

    fn note_trouble(&mut self, message: u64, fate: &Fate, now: Mono) {
        let is_first = fate.is_red && self.troubled.len() < TROUBLED_MAX && self.troubled.insert(message);
        if fate.no_connection || is_first {
            self.trouble_at = Some(now);
        }
    }

    /// A primary in trouble defers everything, and an empty list of what is due means nothing then: the probes get the time to
    /// see it too, and what was put off by it is tried once more. One message that always meets trouble does not keep
    /// the hand-over from its end.
    fn is_settled(&self, interval: Duration, fall: u32, now: Mono) -> bool {
        let settle = interval.saturating_mul(fall.saturating_add(1)).max(limits::BACKOFF_FIRST + AGAIN_WITHIN);
        self.trouble_at.is_none_or(|at| now.since(at) >= settle)
    }

    /// Called when nothing is due and nothing under way. True if there is more to hand over now.
    pub async fn finish(&mut self, core: &Arc<Core>) -> bool {
        let monitor = &core.config.monitor;
        if !self.is_settled(monitor.interval, monitor.fall, core.now().mono) {
            return false;
        }
        match self.write_digests(core).await {
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

    /// Queues the digests of the event that are not there yet.
    async fn write_digests(&mut self, core: &Arc<Core>) -> Result<usize, StoreError> {
        let Some(event) = self.event.clone() else { return Ok(0) };
        let (there, of, known) = (core.clone(), event.clone(), self.rounds.clone());
        let rounds = rt::unblock(move || with_newest_round(&there, &of, known)).await?;
        self.rounds = Some(rounds.clone());
        let mut written = 0;
        for round in rounds {
            let (there, of) = (core.clone(), round.clone());
            for part in rt::unblock(move || missing_digests(&there, &of)).await? {
                let (there, event, of, wanted) = (core.clone(), event.clone(), round.clone(), part.clone());
                let change = rt::unblock(move || digest_change(&there, &event, &of, &wanted)).await?;
                core.write(vec![change]).await?;
                log::info!("failback event={} digest mailbox=<{}> part={}/{}", round.key(), part.mailbox, part.part, part.parts);
                written += 1;
            }
        }
        core.kick(Queue::Primary);
        Ok(written)
    }
}

async fn feed(core: &Arc<Core>, input: Input) {
    let core = core.clone();
    rt::unblock(move || core.feed(input)).await;
}

/// The digests of a closed event whose messages are before `before`; None if not everything that people wrote in it is in one.
pub fn digests_of(core: &Core, event: &EventNow, before: Seq) -> Result<Option<Vec<Seq>>, StoreError> {
    let rounds = recorded_rounds(core, event)?;
    let rest = Round { before, ..Round::next(event, &rounds, Seq(0)) };
    if !written_in(core, &rest)?.is_empty() {
        return Ok(None);
    }
    let mut digests = Vec::new();
    for round in rounds {
        if !missing_digests(core, &round)?.is_empty() {
            return Ok(None);
        }
        digests.extend(core.store.view().digest_messages(&round.key())?);
    }
    Ok(Some(digests))
}

fn recorded_rounds(core: &Core, event: &EventNow) -> Result<Vec<Round>, StoreError> {
    let lines = core.ledger.read("digest")?.into_iter();
    let rounds = lines.filter_map(|line| serde_json::from_value::<Round>(line.data).ok());
    Ok(rounds.filter(|round| round.event == event.id).collect())
}

/// The rounds of an event so far, and one more if people wrote anything since the last.
fn with_newest_round(core: &Core, event: &EventNow, known: Option<Vec<Round>>) -> Result<Vec<Round>, StoreError> {
    let mut rounds = known.map_or_else(|| recorded_rounds(core, event), Ok)?;
    let next = Round::next(event, &rounds, core.store.view().newest());
    if !written_in(core, &next)?.is_empty() {
        core.record("digest", &next, core.now().wall);
        rounds.push(next);
    }
    Ok(rounds)
}

fn missing_digests(core: &Core, round: &Round) -> Result<Vec<DigestPart>, StoreError> {
    Ok(plan_digests(&written_in(core, round)?, &core.store.view().digests(&round.key())?))
}

/// What a person wrote: sequence numbers and sizes.
type Written = (Mailbox, Vec<(u64, u64)>);

/// What each person wrote in a round.
fn written_in(core: &Core, round: &Round) -> Result<Vec<Written>, StoreError> {
    let mut written = Vec::new();
    for mailbox in core.store.view().mailboxes()? {
        let mut entries = written_by(core, &mailbox, Folder::Sent, round)?;
        entries.extend(written_by(core, &mailbox, Folder::Drafts, round)?);
        if !entries.is_empty() {
            let sizes = entries.iter().map(|entry| (entry.message.0, entry.size)).collect();
            written.push((mailbox, sizes));
        }
    }
    Ok(written)
}

/// Entries of a folder in this round that were written in the webmail.
fn written_by(core: &Core, mailbox: &Mailbox, folder: Folder, round: &Round) -> Result<Vec<Entry>, StoreError> {
    let view = core.store.view();
    let (mut found, mut before) = (Vec::new(), Some(round.before));
    loop {
        let page = view.folder(mailbox, folder, before, limits::PAGE_ENTRIES)?;
        let Some(last) = page.last() else { return Ok(found) };
        before = Some(last.message);
        for entry in page {
            if entry.message < round.from {
                return Ok(found);
            }
            let origin = view.message(entry.message)?.map(|row| row.origin);
            if matches!(origin, Some(Origin::Webmail | Origin::Draft)) {
                found.push(entry);
            }
        }
    }
}

fn digest_change(core: &Core, event: &EventNow, round: &Round, part: &DigestPart) -> Result<Change, StoreError> {
    let now = core.now().wall;
    let mut items = Vec::new();
    for number in &part.messages {
        items.push(digest_item(core, Seq(*number))?);
    }
    let directory = core.directory();
    let draft = notify::digest(Digest {
        hostname: &core.config.server.hostname,
        mailbox: &part.mailbox,
        name: directory.person(&part.mailbox).map_or("", |person| person.name.as_str()),
        event_from: event.since,
        event_to: now,
        part: part.part,
        parts: part.parts,
        items,
        message_id: core.message_id(),
        now,
    });
    let body = Staged::from_bytes(compose::write(&draft));
    let address = match directory.person(&part.mailbox) {
        Some(person) => person.address.clone(),
        None => Address::parse(part.mailbox.as_str()).map_err(|error| StoreError::Damaged(format!("mailbox {}: {error}", part.mailbox)))?,
    };
    let mut addressed = Addressed::default();
    addressed.add(address, Route::Submit, queued_now(now), None);
    let new = NewMessage {
        origin: Origin::Digest { event: round.key(), mailbox: part.mailbox.clone(), part: part.part },
        session: format!("digest-{}", event.id.0),
        client: None,
        reverse_path: None,
        recipients: addressed.recipients,
        filings: addressed.filings,
        eight_bit: true,
        smtputf8: false,
        dsn: DsnRequest::default(),
    };
    let accepted = new.accepted(&body, now).map_err(|error| StoreError::Io(error.to_string()))?;
    Ok(Change::Message(Box::new(accepted), Arc::new(body)))
}

fn digest_item(core: &Core, message: Seq) -> Result<DigestItem, StoreError> {
    let view = core.store.view();
    let row = view.message(message)?.ok_or_else(|| StoreError::Damaged(format!("message {message} is not there")))?;
    let recipients = view.deliveries(message)?.into_iter().map(|to| (to.address.clone(), outcome(&to))).collect();
    let body = match core.store.body(message) {
        // One rotten copy must not keep everybody's mail from being handed over.
        Err(StoreError::Damaged(what)) => {
            core.raise_alarm("spool-damaged", format!("A copy of what somebody wrote cannot be read: {what}."));
            DAMAGED_COPY.to_vec()
        }
        read => read?,
    };
    Ok(DigestItem { subject: row.summary.subject, at: row.at, draft: row.origin == Origin::Draft, recipients, message: body })
}

/// Stands in the digest for a copy that cannot be read any more.
const DAMAGED_COPY: &[u8] =
    b"Subject: (this copy is damaged)\r\n\r\nThe copy of this message was damaged on the disk of the continuity box \
and cannot be read.\r\nThe list in the mail that it came with says to whom it went.\r\n";

/// What became of a recipient, for the writer.
fn outcome(to: &Delivery) -> String {
    match &to.state {
        DeliveryState::InSession | DeliveryState::Queued { .. } => "waiting to be sent".to_owned(),
        DeliveryState::Delivered { .. } => "delivered".to_owned(),
        DeliveryState::Refused { reply, .. } | DeliveryState::Bounced { reply, .. } => format!("came back: {reply}"),
        DeliveryState::Held { reason, .. } => format!("held for the administrator: {reason}"),
    }
}

/// Tries again, after enough green, what a gate held (DESIGN section 3); then it waits for the admin.
pub async fn release_held(core: &Arc<Core>) -> Result<(), StoreError> {
    let mode = core.mode();
    if mode.mode != crate::continuity::Mode::Normal {
        return Ok(());
    }
    let mut after = None;
    loop {
        let core_there = core.clone();
        let page = rt::unblock(move || core_there.store.view().held(after, limits::QUEUE_PAGE_ENTRIES)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.message, last.recipient));
        for to in page.iter().filter(|to| is_green_long_enough(&to.state, mode.since, core.now().wall)) {
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

/// One time in Recovering; how many digests it writes.
#[cfg(test)]
pub fn digests_in_one_round(core: &Arc<Core>, event: &EventNow) -> usize {
    let mut recovery = Recovery::new(Wall(0), Some(event.clone()));
    rt::block_on(async { recovery.write_digests(core).await.unwrap() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;

    const INTERVAL: Duration = Duration::from_secs(5);

    fn event() -> EventNow {
        EventNow { id: EventId("2026-03-03T09-15-02".to_owned()), since: Wall(0), first: Seq(10) }
    }

    #[test]
    fn rounds_leave_no_gap() {
        let first = Round::next(&event(), &[], Seq(40));
        assert_eq!((first.from, first.before, first.key().as_str()), (Seq(10), Seq(41), "2026-03-03T09-15-02"));
        let second = Round::next(&event(), std::slice::from_ref(&first), Seq(41));
        assert_eq!((second.from, second.before, second.key().as_str()), (Seq(41), Seq(42), "2026-03-03T09-15-02+2"));
        let empty = Round::next(&event(), &[first], Seq(3));
        assert_eq!((empty.from, empty.before), (Seq(41), Seq(41)));
    }

    #[test]
    fn what_is_written_after_a_relapse_is_handed_over_too() {
        let world = World::new();
        let event = EventNow { id: EventId("2026-03-03T09-15-02".to_owned()), since: Wall(0), first: Seq(1) };
        assert_eq!(digests_in_one_round(&world.core, &event), 0);
        world.wrote("ann", "one");
        assert_eq!(digests_in_one_round(&world.core, &event), 1);
        assert_eq!(digests_in_one_round(&world.core, &event), 0, "each once");
        world.wrote("ann", "two");
        world.wrote("bo", "three");
        assert_eq!(digests_in_one_round(&world.core, &event), 2);
        assert_eq!(digests_in_one_round(&world.core, &event), 0, "each once");
        let digests = world.queued().iter().filter(|entry| entry.route == Route::Submit).count();
        assert_eq!(digests, 3);
    }

    #[test]
    fn a_draft_that_comes_while_digests_are_made_is_in_the_next() {
        let world = World::new();
        let event = EventNow { id: EventId("2026-03-03T09-15-02".to_owned()), since: Wall(0), first: Seq(1) };
        world.wrote("ann", "one");
        let mut recovery = Recovery::new(Wall(0), Some(event));
        rt::block_on(async {
            assert_eq!(recovery.write_digests(&world.core).await.unwrap(), 1);
            world.wrote("ann", "late");
            assert_eq!(recovery.write_digests(&world.core).await.unwrap(), 1);
            assert_eq!(recovery.write_digests(&world.core).await.unwrap(), 0);
        });
    }

    /// Tries as `(message, second, red, no connection)`; whether the end may be said at `second`.
    fn check(tries: &[(u64, u64, bool, bool)], second: u64, expected: bool) {
        let mut recovery = Recovery::new(Wall(0), None);
        for &(message, at, is_red, no_connection) in tries {
            recovery.note_trouble(message, &Fate { nexts: vec![], no_connection, is_red }, Mono(at * 1000));
        }
        assert_eq!(recovery.is_settled(INTERVAL, 3, Mono(second * 1000)), expected, "{tries:?} {second}");
    }

    #[test]
    fn a_primary_in_trouble_is_not_the_end() {
        check(&[], 0, true);
        check(&[(1, 0, false, false)], 0, true);
        check(&[(1, 0, true, false), (2, 1, true, false)], 40, false);
        check(&[(1, 0, true, false), (2, 1, false, false)], 30, false);
        check(&[(1, 0, true, false), (2, 1, true, false)], 42, true);
        // Without any connection it is never the end.
        check(&[(1, 0, true, true), (1, 30, true, true), (1, 60, true, true)], 90, false);
    }

    #[test]
    fn one_odd_message_does_not_put_off_the_end_for_ever() {
        check(&[(1, 0, true, false), (1, 30, true, false), (1, 60, true, false)], 61, true);
    }
}
