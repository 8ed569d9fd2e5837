//! The digests of an event: what people wrote in it comes to their normal mailboxes, each person's in a mail of its own (DESIGN section 4).
//!
//! They are made in rounds, because people may go on writing: after a relapse, or while the digests are made. An event for some people
//! has only theirs, and what was in a digest of another event already is in no second one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::core::{Core, EventNow};
use super::writing::{Addressed, NewMessage, queued_now};
use crate::continuity::EventId;
use crate::failback::{DigestPart, plan_digests};
use crate::limits;
use crate::mail::{Address, DsnRequest, Mailbox, compose};
use crate::net::rt;
use crate::notify::{self, Digest, DigestItem};
use crate::relay::{DeliveryState, Queue, Route};
use crate::store::{Change, Delivery, Folder, Origin, Seq, Staged, StoreError};

/// The digests of one event.
#[derive(Clone, Debug)]
pub struct Digests {
    event: EventNow,
    /// None: everybody's.
    whose: Option<Vec<Mailbox>>,
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
    /// Whose; None: everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whose: Option<Vec<Mailbox>>,
}

impl Round {
    fn next(event: &EventNow, rounds: &[Round], newest: Seq) -> Round {
        let from = rounds.last().map_or(event.first, |last| last.before);
        Round { event: event.id.clone(), number: rounds.len() + 1, from, before: Seq(newest.0 + 1).max(from), whose: None }
    }

    /// The name under which its digests are found.
    fn key(&self) -> String {
        match self.number {
            1 => self.event.0.clone(),
            number => format!("{}+{number}", self.event.0),
        }
    }

    fn is_about(&self, mailbox: &Mailbox) -> bool {
        self.whose.as_ref().is_none_or(|whose| whose.contains(mailbox))
    }

    fn has(&self, mailbox: &Mailbox, message: Seq) -> bool {
        self.is_about(mailbox) && (self.from..self.before).contains(&message)
    }
}

/// A round, and those of other events that were made before it.
#[derive(Clone, Debug)]
struct Place {
    round: Round,
    others: Vec<Round>,
}

impl Digests {
    pub fn of_everybody(event: EventNow) -> Digests {
        Digests { event, whose: None }
    }

    pub fn of_some(event: EventNow, whose: Vec<Mailbox>) -> Digests {
        Digests { event, whose: Some(whose) }
    }

    /// Queues those that are not there yet; how many.
    pub async fn write(&self, core: &Arc<Core>) -> Result<usize, StoreError> {
        let (there, of) = (core.clone(), self.clone());
        let places = rt::unblock(move || of.with_newest_round(&there)).await?;
        let mut written = 0;
        for place in places {
            let (there, of) = (core.clone(), place.clone());
            for part in rt::unblock(move || missing(&there, &of)).await? {
                let (there, event, of, wanted) = (core.clone(), self.event.clone(), place.round.clone(), part.clone());
                let change = rt::unblock(move || digest_change(&there, &event, &of, &wanted)).await?;
                core.write(vec![change]).await?;
                log::info!("failback event={} digest mailbox=<{}> part={}/{}", place.round.key(), part.mailbox, part.part, part.parts);
                written += 1;
            }
        }
        core.kick(Queue::Primary);
        Ok(written)
    }

    /// Those of a closed event whose messages are before `before`; None if not everything that people wrote in it is in one.
    pub fn complete(&self, core: &Core, before: Seq) -> Result<Option<Vec<Seq>>, StoreError> {
        let (places, others) = self.recorded(core)?;
        let rounds: Vec<Round> = places.iter().map(|place| place.round.clone()).collect();
        let rest = Round { before, whose: self.whose.clone(), ..Round::next(&self.event, &rounds, Seq(0)) };
        if !written_in(core, &Place { round: rest, others })?.is_empty() {
            return Ok(None);
        }
        let mut digests = Vec::new();
        for place in places {
            if !missing(core, &place)?.is_empty() {
                return Ok(None);
            }
            digests.extend(core.store.view().digest_messages(&place.round.key())?);
        }
        Ok(Some(digests))
    }

    /// The rounds of this event so far, and all of other events.
    fn recorded(&self, core: &Core) -> Result<(Vec<Place>, Vec<Round>), StoreError> {
        let (mut places, mut others) = (Vec::new(), Vec::new());
        for line in core.ledger.read("digest")? {
            let Ok(round) = serde_json::from_value::<Round>(line.data) else { continue };
            if round.event == self.event.id {
                places.push(Place { round, others: others.clone() });
            } else if round.before > self.event.first {
                others.push(round);
            }
        }
        Ok((places, others))
    }

    /// The rounds so far, and one more if people wrote anything since the last.
    fn with_newest_round(&self, core: &Core) -> Result<Vec<Place>, StoreError> {
        let (mut places, others) = self.recorded(core)?;
        let rounds: Vec<Round> = places.iter().map(|place| place.round.clone()).collect();
        let next = Round { whose: self.whose.clone(), ..Round::next(&self.event, &rounds, core.store.view().newest()) };
        let next = Place { round: next, others };
        if !written_in(core, &next)?.is_empty() {
            core.record("digest", &next.round, core.now().wall);
            places.push(next);
        }
        Ok(places)
    }
}

fn missing(core: &Core, place: &Place) -> Result<Vec<DigestPart>, StoreError> {
    Ok(plan_digests(&written_in(core, place)?, &core.store.view().digests(&place.round.key())?))
}

/// What a person wrote: sequence numbers and sizes.
type Written = (Mailbox, Vec<(u64, u64)>);

/// What each person wrote in a round.
fn written_in(core: &Core, place: &Place) -> Result<Vec<Written>, StoreError> {
    let Place { round, others } = place;
    let mut written = Vec::new();
    for mailbox in core.store.view().mailboxes()?.into_iter().filter(|mailbox| round.is_about(mailbox)) {
        // People put what they sent elsewhere, too: sorting here must not keep it out of their normal mailbox.
        let mut sizes = BTreeMap::new();
        for (folder, _) in core.store.view().filled_folders(&mailbox)? {
            let mut entries = written_by(core, &mailbox, folder, round)?;
            entries.retain(|(message, _)| !others.iter().any(|other| other.has(&mailbox, *message)));
            sizes.extend(entries.into_iter().map(|(message, octets)| (message.0, octets)));
        }
        if !sizes.is_empty() {
            written.push((mailbox, sizes.into_iter().collect()));
        }
    }
    Ok(written)
}

/// What a person wrote in this round, of a folder: numbers and sizes.
fn written_by(core: &Core, mailbox: &Mailbox, folder: Folder, round: &Round) -> Result<Vec<(Seq, u64)>, StoreError> {
    let view = core.store.view();
    let (mut found, mut before) = (Vec::new(), Some(round.before));
    loop {
        let page = view.marks(mailbox, folder, before, limits::WALK_PAGE_MESSAGES)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        before = Some(*last);
        for (message, _) in page {
            if message < round.from {
                return Ok(found);
            }
            found.extend(view.wrote(mailbox, message)?.map(|octets| (message, octets)));
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
    let body = Staged::from_bytes(compose::write_small(&draft)?);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::submitting::keep_draft;
    use crate::app::testing::World;
    use crate::clock::Wall;
    use crate::web::Submission;

    fn everybodys(first: u64) -> Digests {
        Digests::of_everybody(EventNow { id: EventId("2026-03-03T09-15-02".to_owned()), since: Wall(0), first: Seq(first) })
    }

    fn of_ann(world: &World, first: u64) -> Digests {
        let event = EventNow { id: EventId("2026-03-03T10-00-00".to_owned()), since: Wall(0), first: Seq(first) };
        Digests::of_some(event, vec![world.address("ann").mailbox()])
    }

    fn write(world: &World, digests: &Digests) -> usize {
        rt::block_on(digests.write(&world.core)).unwrap()
    }

    #[test]
    fn rounds_leave_no_gap() {
        let event = everybodys(10).event;
        let first = Round::next(&event, &[], Seq(40));
        assert_eq!((first.from, first.before, first.key().as_str()), (Seq(10), Seq(41), "2026-03-03T09-15-02"));
        let second = Round::next(&event, std::slice::from_ref(&first), Seq(41));
        assert_eq!((second.from, second.before, second.key().as_str()), (Seq(41), Seq(42), "2026-03-03T09-15-02+2"));
        let empty = Round::next(&event, &[first], Seq(3));
        assert_eq!((empty.from, empty.before), (Seq(41), Seq(41)));
    }

    #[test]
    fn what_is_written_after_a_relapse_is_handed_over_too() {
        let world = World::new();
        let digests = everybodys(1);
        assert_eq!(write(&world, &digests), 0);
        world.wrote("ann", "one");
        assert_eq!(write(&world, &digests), 1);
        assert_eq!(write(&world, &digests), 0, "each once");
        world.wrote("ann", "two");
        world.wrote("bo", "three");
        assert_eq!(write(&world, &digests), 2);
        assert_eq!(write(&world, &digests), 0, "each once");
        let queued = world.queued().iter().filter(|entry| entry.route == Route::Submit).count();
        assert_eq!(queued, 3);
    }

    #[test]
    fn what_was_sorted_elsewhere_is_handed_over_all_the_same() {
        let world = World::new();
        let (ann, digests) = (world.address("ann").mailbox(), everybodys(1));
        for (subject, to) in [("one", Folder::Archive), ("two", Folder::Trash), ("three", Folder::Inbox)] {
            let message = world.wrote("ann", subject);
            let change = Change::Move { mailbox: ann.clone(), message, from: Folder::Sent, to };
            world.core.store.write_wait(vec![change], Wall(0)).unwrap();
        }
        let whole = Place { round: Round::next(&digests.event, &[], world.core.store.view().newest()), others: Vec::new() };
        let written = written_in(&world.core, &whole).unwrap();
        assert_eq!(written.iter().map(|(whose, messages)| (whose, messages.len())).collect::<Vec<_>>(), [(&ann, 3)]);
    }

    #[test]
    fn a_draft_that_comes_while_digests_are_made_is_in_the_next() {
        let world = World::new();
        let digests = everybodys(1);
        world.wrote("ann", "one");
        assert_eq!(write(&world, &digests), 1);
        world.wrote("ann", "late");
        assert_eq!((write(&world, &digests), write(&world, &digests)), (1, 0));
    }

    #[test]
    fn of_a_draft_that_was_saved_often_only_the_newest_is_handed_over() {
        let world = World::new();
        let digests = everybodys(1);
        let mut newest = None;
        for words in ["one", "two", "three"] {
            let message = format!("Subject: {words}\r\n\r\nx\r\n").into_bytes();
            let new = Submission::new(world.address("ann").mailbox(), Vec::new(), message);
            newest = Some(keep_draft(&world.core, Submission { replaces: newest, ..new }).unwrap());
        }
        assert_eq!((write(&world, &digests), write(&world, &digests)), (1, 0));
        let (places, _) = digests.recorded(&world.core).unwrap();
        let written = written_in(&world.core, &places[0]).unwrap();
        let messages: Vec<Seq> = written[0].1.iter().map(|(number, _)| Seq(*number)).collect();
        assert_eq!((written.len(), messages), (1, newest.into_iter().collect()));
    }

    #[test]
    fn an_event_for_some_has_only_their_digests() {
        let world = World::new();
        world.wrote("ann", "one");
        world.wrote("bo", "two");
        let before = Seq(world.core.store.view().newest().0 + 1);
        let some = of_ann(&world, 1);
        assert_eq!(some.complete(&world.core, before).unwrap(), None);
        assert_eq!((write(&world, &some), write(&world, &some)), (1, 0));
        assert_eq!(some.complete(&world.core, before).unwrap().map(|digests| digests.len()), Some(1));
    }

    #[test]
    fn what_everybodys_event_handed_over_is_in_no_second_digest() {
        let world = World::new();
        world.wrote("ann", "before everybody's event");
        let (some, everybody) = (of_ann(&world, 1), everybodys(world.core.store.view().newest().0 + 1));
        world.wrote("ann", "during both");
        assert_eq!(write(&world, &everybody), 1);
        assert_eq!(write(&world, &some), 1);
        let newest = world.core.store.view().newest();
        let of = |digest: Option<&DigestPart>| digest.map(|part| part.messages.len());
        let (places, _) = some.recorded(&world.core).unwrap();
        assert_eq!(of(plan_digests(&written_in(&world.core, &places[0]).unwrap(), &[]).first()), Some(1));
        // It stays so, whatever comes later.
        assert!(some.complete(&world.core, Seq(newest.0 + 1)).unwrap().is_some());
        assert_eq!((write(&world, &everybody), write(&world, &some)), (0, 0));
    }
}
