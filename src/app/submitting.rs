//! What people write in the webmail, on its way into the store: sent, or kept as a draft.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::core::{Core, lock};
use super::unsent;
use super::writing::{Addressed, NewMessage, queued_now};
use crate::mail::{DsnRequest, Mailbox};
use crate::relay::{DeliveryState, Queue, Route};
use crate::store::{Change, Flags, Folder, Origin, Seq, Staged, StoreError};
use crate::web::Submission;

/// Who sends something at this moment. What one person sends is stored one after the other, so that two presses of the same button cannot
/// both find that nothing was sent yet.
#[derive(Default)]
pub struct Turns {
    taken: Mutex<HashSet<Mailbox>>,
    free: Condvar,
}

struct Turn<'a>(&'a Turns, Mailbox);

impl Turns {
    fn take(&self, mailbox: &Mailbox) -> Turn<'_> {
        let others = |taken: &mut HashSet<Mailbox>| taken.contains(mailbox);
        let mut taken = self.free.wait_while(lock(&self.taken), others).unwrap_or_else(PoisonError::into_inner);
        taken.insert(mailbox.clone());
        Turn(self, mailbox.clone())
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.0.taken).remove(&self.1);
        self.0.free.notify_all();
    }
}

/// Stores what a person sent. Local people have it, and the queues get it, at once or when it cannot be taken back any more.
/// What has the Message-ID of something that this person sent already is the same form, pressed twice: it is not sent again.
/// Waits for the disk.
///
/// # Errors
/// Of the store: then neither is it sent nor is its draft gone.
pub fn submit(core: &Arc<Core>, submission: Submission) -> Result<Seq, StoreError> {
    let Submission { mailbox, recipients, message, replaces, sent_as, marks, draft_fields, .. } = submission;
    // Hidden from its recipients, and from the queues; after a crash the next start queues it.
    let first = if draft_fields.is_some() { DeliveryState::InSession } else { queued_now(core.now().wall) };
    let mut addressed = Addressed::default();
    for recipient in recipients {
        let (route, mailbox) =
            if core.is_local(&recipient) { (Route::Submit, core.mailbox_of(&recipient)) } else { (Route::Outbound, None) };
        addressed.add(recipient, route, first.clone(), mailbox);
    }
    addressed.file(mailbox.clone(), Folder::Sent);
    let shared = sent_as.as_ref().and_then(|address| core.directory().resolve(address).map(|person| person.mailbox.clone()));
    if let Some(shared) = shared.filter(|shared| *shared != mailbox) {
        addressed.file(shared, Folder::Sent);
    }
    // In one unit: there is never both the sent message and its draft, nor neither.
    let gone = replaces.map(|message| Change::Remove { mailbox: mailbox.clone(), message, folder: Folder::Drafts });
    let mark = marks.and_then(|(message, flags)| fresh_mark(core, &mailbox, message, flags));
    let also =
        gone.into_iter().chain(mark.map(|(message, add)| Change::Flags { mailbox: mailbox.clone(), message, add, remove: Flags::NONE }));
    let filed: Vec<Mailbox> = addressed.filings.iter().filter(|filing| filing.folder == Folder::Sent).map(|f| f.mailbox.clone()).collect();
    let recipients = addressed.recipients.len();
    let message = new_message(core, Origin::Webmail, &mailbox, message, addressed)?;
    let _turn = core.turns.take(&mailbox);
    if let Some(sent) = sent_already(core, &mailbox, &message)? {
        log::info!("web not-sent-twice message={sent} mailbox=<{mailbox}>");
        return Ok(sent);
    }
    let mut changes = vec![message];
    changes.extend(also);
    let written = core.store.write_wait(changes, core.now().wall)?.first().copied().unwrap_or_default();
    log::info!("web submitted message={written} mailbox=<{mailbox}> recipients={recipients}");
    if let Some(address) = sent_as {
        core.audit(&format!("web:{mailbox}"), "send-as", format!("from={address} message={written}"));
    }
    match draft_fields {
        Some(draft_fields) => {
            unsent::hold(core, unsent::Held { message: written, mailbox, filed, recipients, draft_fields, mark });
        }
        None => {
            core.kick(Queue::Primary);
            core.kick(Queue::Outbound);
        }
    }
    Ok(written)
}

/// Keeps a draft in place of the one before, in one unit. Waits for the disk.
///
/// # Errors
/// Of the store: then the one before is still there.
pub fn keep_draft(core: &Core, draft: Submission) -> Result<Seq, StoreError> {
    let Submission { mailbox, message, replaces, .. } = draft;
    let mut changes = vec![draft_change(core, &mailbox, message)?];
    changes.extend(replaces.map(|message| Change::Remove { mailbox, message, folder: Folder::Drafts }));
    Ok(core.store.write_wait(changes, core.now().wall)?.first().copied().unwrap_or_default())
}

/// A draft goes into Deleted. Waits for the disk.
///
/// # Errors
/// Of the store: then it is still there.
pub fn discard(core: &Core, mailbox: Mailbox, message: Seq) -> Result<(), StoreError> {
    let change = Change::Move { mailbox, message, from: Folder::Drafts, to: Folder::Trash };
    core.store.write_wait(vec![change], core.now().wall).map(drop)
}

/// A new draft of this person.
pub fn draft_change(core: &Core, mailbox: &Mailbox, message: Arc<Staged>) -> Result<Change, StoreError> {
    let mut addressed = Addressed::default();
    addressed.file(mailbox.clone(), Folder::Drafts);
    new_message(core, Origin::Draft, mailbox, message, addressed)
}

fn new_message(core: &Core, origin: Origin, writer: &Mailbox, body: Arc<Staged>, addressed: Addressed) -> Result<Change, StoreError> {
    let reverse_path = core.directory().person(writer).map(|person| person.address.clone());
    let smtputf8 =
        addressed.recipients.iter().any(|to| !to.address.is_ascii()) || reverse_path.as_ref().is_some_and(|path| !path.is_ascii());
    let new = NewMessage {
        origin,
        session: "web".to_owned(),
        client: None,
        reverse_path,
        recipients: addressed.recipients,
        filings: addressed.filings,
        eight_bit: true,
        smtputf8,
        dsn: DsnRequest::default(),
    };
    let accepted = new.accepted(&body, core.now().wall)?;
    Ok(Change::Message(Box::new(accepted), body))
}

/// The message with the same Message-ID that this person sent before and did not take back.
fn sent_already(core: &Core, mailbox: &Mailbox, new: &Change) -> Result<Option<Seq>, StoreError> {
    let Change::Message(new, _) = new else { return Ok(None) };
    let Some(message_id) = &new.summary.message_id else { return Ok(None) };
    let view = core.store.view();
    for message in view.by_message_id(message_id)? {
        let Some(row) = view.message(message)? else { continue };
        let is_own = row.origin == Origin::Webmail && row.reverse_path.is_some_and(|path| core.mailbox_for(&path) == *mailbox);
        if is_own && !view.deliveries(message)?.iter().all(|to| to.state.is_withdrawn()) {
            return Ok(Some(message));
        }
    }
    Ok(None)
}

/// The mark, if the message is there and has it not yet.
fn fresh_mark(core: &Core, mailbox: &Mailbox, message: Seq, flags: Flags) -> Option<(Seq, Flags)> {
    let entry = core.store.view().entry(mailbox, message).ok().flatten()?;
    (!entry.flags.has(flags)).then_some((message, flags))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::app::testing::World;

    #[test]
    fn a_sent_draft_leaves_drafts_and_one_that_could_not_be_sent_stays() {
        let world = World::new();
        let ann = world.address("ann").mailbox();
        let letter = |replaces| Submission {
            replaces,
            ..Submission::new(ann.clone(), vec![world.address("bo")], b"Subject: plans\r\n\r\ntext\r\n".to_vec())
        };
        let in_folder = |folder| world.core.store.view().counts(&ann, folder).unwrap().total;
        let draft = keep_draft(&world.core, letter(None)).unwrap();
        let draft = keep_draft(&world.core, letter(Some(draft))).unwrap();
        assert_eq!(in_folder(Folder::Drafts), 1, "a newer one takes the place of the one before");
        world.files.failing.store(true, Ordering::SeqCst);
        assert!(submit(&world.core, letter(Some(draft))).is_err());
        assert!(keep_draft(&world.core, letter(Some(draft))).is_err());
        world.files.failing.store(false, Ordering::SeqCst);
        assert_eq!((in_folder(Folder::Drafts), in_folder(Folder::Sent)), (1, 0));
        submit(&world.core, letter(Some(draft))).unwrap();
        assert_eq!((in_folder(Folder::Drafts), in_folder(Folder::Sent)), (0, 1));
    }

    fn letter(world: &World, who: &str, id: &str) -> Submission {
        let text = format!("Message-ID: <{id}>\r\nSubject: plans\r\n\r\ntext\r\n");
        let new = Submission::new(world.address(who).mailbox(), vec![world.address("bo")], text.into_bytes());
        Submission { draft_fields: Some(Vec::new()), ..new }
    }

    fn sent_by(world: &World, who: &str) -> u64 {
        world.core.store.view().counts(&world.address(who).mailbox(), Folder::Sent).unwrap().total
    }

    #[test]
    fn who_presses_twice_sends_once() {
        let world = World::new();
        let first = submit(&world.core, letter(&world, "ann", "one@x")).unwrap();
        assert_eq!(submit(&world.core, letter(&world, "ann", "one@x")).unwrap(), first);
        assert_eq!(sent_by(&world, "ann"), 1);
        // The same Message-ID of somebody else, or another one, is another message.
        submit(&world.core, letter(&world, "bo", "one@x")).unwrap();
        submit(&world.core, letter(&world, "ann", "two@x")).unwrap();
        assert_eq!((sent_by(&world, "ann"), sent_by(&world, "bo")), (2, 1));
        let world = world.restarted();
        assert_eq!(submit(&world.core, letter(&world, "ann", "one@x")).unwrap(), first, "also after a restart");
    }

    #[test]
    fn what_was_taken_back_can_be_sent_again() {
        let world = World::new();
        let ann = world.address("ann").mailbox();
        let first = submit(&world.core, letter(&world, "ann", "one@x")).unwrap();
        unsent::take_back(&world.core, &ann, first).unwrap().unwrap();
        assert_ne!(submit(&world.core, letter(&world, "ann", "one@x")).unwrap(), first);
        assert_eq!(sent_by(&world, "ann"), 1);
    }

    #[test]
    fn a_try_that_failed_does_not_count() {
        let world = World::new();
        world.files.failing.store(true, Ordering::SeqCst);
        assert!(submit(&world.core, letter(&world, "ann", "one@x")).is_err());
        world.files.failing.store(false, Ordering::SeqCst);
        submit(&world.core, letter(&world, "ann", "one@x")).unwrap();
        assert_eq!(sent_by(&world, "ann"), 1);
    }

    #[test]
    fn of_many_presses_at_once_one_sends() {
        let world = World::new();
        for round in 0..10 {
            let id = format!("{round}@x");
            let sent: Vec<Seq> = std::thread::scope(|scope| {
                let presses: Vec<_> = (0..4).map(|_| scope.spawn(|| submit(&world.core, letter(&world, "ann", &id)).unwrap())).collect();
                presses.into_iter().map(|press| press.join().unwrap()).collect()
            });
            assert!(sent.iter().all(|message| *message == sent[0]), "{sent:?}");
        }
        assert_eq!(sent_by(&world, "ann"), 10);
    }
}
