//! What people write in the webmail, on its way into the store: sent, or kept as a draft.

use std::sync::Arc;

use super::core::Core;
use super::unsent;
use super::writing::{Addressed, NewMessage, queued_now};
use crate::mail::{DsnRequest, Mailbox};
use crate::relay::{DeliveryState, Queue, Route};
use crate::store::{Change, Flags, Folder, Origin, Seq, Staged, StoreError};
use crate::web::Submission;

/// Stores what a person sent. Local people have it, and the queues get it, at once or when it cannot be taken back any more.
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
    let mut changes = vec![new_message(core, Origin::Webmail, &mailbox, message, addressed)?];
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
}
