//! Messages that were sent a moment ago and may still be taken back.
//!
//! Such a message is on disk, with all its recipients `InSession`: nobody is shown it, and no queue tries it. After
//! [`SEND_UNDO`] it is released: its recipients are queued. If the box dies before, the next start queues them (promise 3); if it stops
//! in order, they are queued then. Whoever takes the entry out of [`Unsent`] decides: there is exactly one outcome.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::claims::Claim;
use super::core::{Core, lock};
use super::submitting::draft_change;
use super::writing::queued_now;
use crate::clock::Mono;
use crate::limits::SEND_UNDO;
use crate::mail::Mailbox;
use crate::net::rt;
use crate::relay::{DeliveryState, Queue};
use crate::store::{Change, Flags, Folder, Seq, StoreError};
use crate::web;

/// What waits. Bounded by what people can send in [`SEND_UNDO`].
#[derive(Default)]
pub struct Unsent {
    waiting: Mutex<BTreeMap<Seq, Waiting>>,
}

struct Waiting {
    held: Held,
    until: Mono,
    /// An operator must not decide about it meanwhile, and the mail server's return is not over before it is on its way.
    claims: Option<[Claim; 2]>,
}

/// A message to be held.
pub struct Held {
    pub message: Seq,
    pub mailbox: Mailbox,
    /// Where its Sent copies are.
    pub filed: Vec<Mailbox>,
    pub recipients: usize,
    /// Make a draft of it.
    pub draft_fields: Vec<u8>,
    /// A mark that it made on another message.
    pub mark: Option<(Seq, Flags)>,
}

impl Unsent {
    /// What this person may take back, newest first.
    pub fn of(&self, mailbox: &Mailbox, now: Mono) -> Vec<web::Unsent> {
        let waiting = lock(&self.waiting);
        let own = waiting.values().rev().filter(|waiting| waiting.held.mailbox == *mailbox && now < waiting.until);
        own.map(|waiting| web::Unsent { message: waiting.held.message, left_s: waiting.until.since(now).as_millis().div_ceil(1000) as u64 })
            .collect()
    }

    fn take(&self, message: Seq) -> Option<Waiting> {
        lock(&self.waiting).remove(&message)
    }

    fn take_own(&self, message: Seq, mailbox: &Mailbox, now: Mono) -> Option<Waiting> {
        let mut waiting = lock(&self.waiting);
        let is_own = waiting.get(&message).is_some_and(|waiting| waiting.held.mailbox == *mailbox && now < waiting.until);
        is_own.then(|| waiting.remove(&message))?
    }
}

/// Holds a message that was just stored, and releases it in time.
pub fn hold(core: &Arc<Core>, held: Held) {
    let message = held.message;
    let claims = core.claims.take_whole(message);
    let until = core.now().mono.plus(SEND_UNDO);
    lock(&core.unsent.waiting).insert(message, Waiting { held, until, claims });
    let there = Arc::downgrade(core);
    rt::spawn(async move {
        rt::sleep(SEND_UNDO).await;
        if let Some(core) = there.upgrade() {
            release(&core, message).await;
        }
    })
    .detach();
}

/// Queues it, if nobody has decided yet. However long the disk refuses: until it is written down, it waits.
async fn release(core: &Arc<Core>, message: Seq) {
    if let Some(waiting) = core.unsent.take(message) {
        queue(core, waiting).await;
    }
}

async fn queue(core: &Arc<Core>, waiting: Waiting) {
    let Held { message, recipients, .. } = waiting.held;
    core.write_states(message, states(recipients, &queued_now(core.now().wall))).await;
    log::info!("web released message={message}");
    // The queues find it only when the claims are gone.
    drop(waiting.claims);
    core.kick(Queue::Primary);
    core.kick(Queue::Outbound);
}

/// When the box stops: tried once. What cannot be written now, the next start queues.
pub fn release_all(core: &Core) {
    let all: Vec<Waiting> = std::mem::take(&mut *lock(&core.unsent.waiting)).into_values().collect();
    for waiting in all {
        let Held { message, recipients, .. } = waiting.held;
        let queued = states(recipients, &queued_now(core.now().wall));
        let changes = queued.into_iter().map(|(recipient, state)| Change::Delivery { message, recipient, state });
        if let Err(error) = core.store.write_wait(changes.collect(), core.now().wall) {
            log::error!("store message={message} not released yet: {error}");
        }
    }
}

/// Makes a draft of it again, in one unit with its end as a message. None if it is on its way, or not this person's. Waits for the disk.
///
/// # Errors
/// Of the store: then it is on its way.
pub fn take_back(core: &Arc<Core>, mailbox: &Mailbox, message: Seq) -> Result<Option<Seq>, StoreError> {
    let Some(waiting) = core.unsent.take_own(message, mailbox, core.now().mono) else { return Ok(None) };
    let written = withdrawal(core, &waiting.held).and_then(|changes| core.store.write_wait(changes, core.now().wall));
    match written {
        Ok(written) => {
            log::info!("web withdrawn message={message} mailbox=<{mailbox}>");
            drop(waiting.claims);
            // A hand-over that waited for this message goes on.
            core.kick(Queue::Primary);
            Ok(Some(written.first().copied().unwrap_or_default()))
        }
        Err(error) => {
            log::error!("web message={message} not withdrawn: {error}");
            let there = core.clone();
            rt::spawn(async move { queue(&there, waiting).await }).detach();
            Err(error)
        }
    }
}

fn withdrawal(core: &Core, held: &Held) -> Result<Vec<Change>, StoreError> {
    let Held { message, mailbox, filed, recipients, draft_fields, mark } = held;
    let mut draft = core.store.copy(*message)?;
    draft.prepend(draft_fields);
    let mut changes = vec![draft_change(core, mailbox, draft.into())?];
    let ended = states(*recipients, &DeliveryState::withdrawn(core.now().wall));
    changes.extend(ended.into_iter().map(|(recipient, state)| Change::Delivery { message: *message, recipient, state }));
    changes.extend(filed.iter().map(|mailbox| Change::Remove { mailbox: mailbox.clone(), message: *message, folder: Folder::Sent }));
    changes.extend(mark.map(|(message, remove)| Change::Flags { mailbox: mailbox.clone(), message, add: Flags::NONE, remove }));
    Ok(changes)
}

fn states(recipients: usize, state: &DeliveryState) -> Vec<(u32, DeliveryState)> {
    (0..u32::try_from(recipients).unwrap_or(u32::MAX)).map(|recipient| (recipient, state.clone())).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::app::submitting::submit;
    use crate::app::testing::{World, wait_for};
    use crate::mail::Address;
    use crate::web::Submission;

    fn sent(world: &World) -> Seq {
        let recipients = vec![world.address("bo"), Address::parse("shop@outside.example").unwrap()];
        let letter = b"From: ann@example.com\r\nSubject: plans\r\n\r\ntext\r\n".to_vec();
        let new = Submission::new(ann(world), recipients, letter);
        submit(&world.core, Submission { draft_fields: Some(b"X-Kept: 1\r\n".to_vec()), ..new }).unwrap()
    }

    fn ann(world: &World) -> Mailbox {
        world.address("ann").mailbox()
    }

    fn count(world: &World, user: &str, folder: Folder) -> u64 {
        world.core.store.view().counts(&world.address(user).mailbox(), folder).unwrap().total
    }

    fn states(world: &World, message: Seq) -> Vec<DeliveryState> {
        world.core.store.view().deliveries(message).unwrap().into_iter().map(|to| to.state).collect()
    }

    /// Ann's Sent and Drafts, Bo's Inbox.
    fn folders(world: &World) -> (u64, u64, u64) {
        (count(world, "ann", Folder::Sent), count(world, "ann", Folder::Drafts), count(world, "bo", Folder::Inbox))
    }

    #[test]
    fn nobody_gets_what_was_taken_back() {
        let world = World::new();
        let message = sent(&world);
        assert_eq!(states(&world, message), [DeliveryState::InSession, DeliveryState::InSession]);
        assert_eq!(folders(&world), (1, 0, 0), "hidden from Bo, not from Ann");
        let own = world.core.unsent.of(&ann(&world), world.core.now().mono);
        assert!(matches!(own.as_slice(), [web::Unsent { message: held, left_s: 1..=10 }] if *held == message), "{own:?}");
        assert_eq!(take_back(&world.core, &world.address("bo").mailbox(), message).unwrap(), None, "it is not Bo's");
        let draft = take_back(&world.core, &ann(&world), message).unwrap().unwrap();
        assert!(states(&world, message).iter().all(DeliveryState::is_withdrawn));
        assert_eq!(folders(&world), (0, 1, 0));
        assert!(world.core.store.body(draft).unwrap().starts_with(b"X-Kept: 1\r\nFrom: ann@"));
        assert_eq!(take_back(&world.core, &ann(&world), message).unwrap(), None, "once");
        rt::block_on(release(&world.core, message));
        assert!(world.queued().is_empty() && world.core.claims.messages().is_empty());
    }

    #[test]
    fn what_was_not_taken_back_is_on_its_way() {
        let world = World::new();
        let message = sent(&world);
        rt::block_on(release(&world.core, message));
        assert!(states(&world, message).iter().all(DeliveryState::is_queued));
        assert_eq!(folders(&world), (1, 0, 1));
        assert_eq!(take_back(&world.core, &ann(&world), message).unwrap(), None);
        assert!(world.core.claims.messages().is_empty() && world.core.unsent.of(&ann(&world), world.core.now().mono).is_empty());
    }

    #[test]
    fn of_two_that_decide_at_once_one_does() {
        let world = World::new();
        for _ in 0..40 {
            let message = sent(&world);
            let core = world.core.clone();
            let released = std::thread::spawn(move || rt::block_on(release(&core, message)));
            let withdrawn = take_back(&world.core, &ann(&world), message).unwrap().is_some();
            released.join().unwrap();
            let expected = if withdrawn { DeliveryState::is_withdrawn } else { DeliveryState::is_queued };
            assert!(states(&world, message).iter().all(expected), "{withdrawn} {:?}", states(&world, message));
        }
        assert_eq!(count(&world, "ann", Folder::Drafts) + count(&world, "bo", Folder::Inbox), 40);
    }

    #[test]
    fn a_box_that_stops_or_dies_sends_it_after_all() {
        let world = World::new();
        let stopped = sent(&world);
        release_all(&world.core);
        assert!(states(&world, stopped).iter().all(DeliveryState::is_queued));
        let died = sent(&world);
        let world = world.restarted();
        assert!(states(&world, died).iter().all(DeliveryState::is_queued), "{:?}", states(&world, died));
        assert_eq!(folders(&world), (2, 0, 2));
    }

    #[test]
    fn what_cannot_be_withdrawn_is_sent() {
        let world = World::new();
        let message = sent(&world);
        world.files.failing.store(true, Ordering::SeqCst);
        assert!(take_back(&world.core, &ann(&world), message).is_err());
        world.files.failing.store(false, Ordering::SeqCst);
        wait_for("it is queued", || states(&world, message).iter().all(DeliveryState::is_queued));
        assert_eq!(folders(&world), (1, 0, 1));
    }

    #[test]
    fn an_answer_that_is_taken_back_marks_nothing() {
        let world = World::new();
        let original = world.queued_for("ann");
        let flags = || world.core.store.view().entry(&ann(&world), original).unwrap().unwrap().flags;
        let answer = |draft_fields| {
            let new = Submission::new(ann(&world), vec![world.address("bo")], b"Subject: Re\r\n\r\nx\r\n".to_vec());
            submit(&world.core, Submission { draft_fields, marks: Some((original, Flags::ANSWERED)), ..new }).unwrap()
        };
        let message = answer(Some(Vec::new()));
        assert_eq!(flags(), Flags::ANSWERED);
        take_back(&world.core, &ann(&world), message).unwrap().unwrap();
        assert_eq!(flags(), Flags::NONE);
        answer(None);
        let second = answer(Some(Vec::new()));
        take_back(&world.core, &ann(&world), second).unwrap().unwrap();
        assert_eq!(flags(), Flags::ANSWERED, "the first answer is on its way");
    }
}
