//! Carries out what people do with their mail, and remembers for a while how it is undone.

use std::collections::VecDeque;
use std::sync::Arc;

use super::core::{Core, lock};
use crate::limits::{ACT_UNIT_CHANGES, DEEDS_KEPT_MAX, DEEDS_KEPT_STEPS_MAX};
use crate::mail::Mailbox;
use crate::store::{Change, StoreError};
use crate::web::{Act, Done, FolderStep, Step};

/// What was done, newest last. In memory only: after a restart nothing can be undone, and nothing is lost.
#[derive(Debug, Default)]
pub struct Deeds {
    kept: VecDeque<(Mailbox, Arc<Done>)>,
    /// Of all that are kept.
    steps: usize,
}

impl Deeds {
    fn keep(&mut self, mailbox: Mailbox, done: Done) {
        self.steps += done.undo.len();
        self.kept.push_back((mailbox, Arc::new(done)));
        while self.kept.len() > DEEDS_KEPT_MAX || self.steps > DEEDS_KEPT_STEPS_MAX && self.kept.len() > 1 {
            let Some((_, oldest)) = self.kept.pop_front() else { return };
            self.steps -= oldest.undo.len();
        }
    }

    /// What this person did; what others did is not there.
    pub fn of(&self, mailbox: &Mailbox, id: &str) -> Option<Arc<Done>> {
        self.kept.iter().rev().find(|(whose, done)| whose == mailbox && done.id == id).map(|(_, done)| Arc::clone(done))
    }

    fn forget(&mut self, mailbox: &Mailbox, id: &str) {
        if let Some(at) = self.kept.iter().position(|(whose, done)| whose == mailbox && done.id == id)
            && let Some((_, gone)) = self.kept.remove(at)
        {
            self.steps -= gone.undo.len();
        }
    }
}

/// Does it, in units of at most [`ACT_UNIT_CHANGES`] changes. If one fails, those before it are done.
///
/// # Errors
/// If the store cannot keep it.
pub fn carry_out(core: &Core, act: Act) -> Result<(), StoreError> {
    let Act { mailbox, steps, folder, done, takes_back } = act;
    let now = core.now().wall;
    let mut changes: VecDeque<Change> = steps.iter().map(|step| of_message(&mailbox, *step)).collect();
    match folder {
        Some(delete @ FolderStep::Delete { .. }) => changes.push_back(of_folder(&mailbox, delete)),
        Some(other) => changes.push_front(of_folder(&mailbox, other)),
        None => {}
    }
    let count = changes.len();
    while !changes.is_empty() {
        let unit = changes.drain(..changes.len().min(ACT_UNIT_CHANGES)).collect();
        core.store.write_wait(unit, now)?;
    }
    log::info!("web acted mailbox=<{mailbox}> changes={count}");
    let mut deeds = lock(&core.deeds);
    if let Some(id) = takes_back {
        deeds.forget(&mailbox, &id);
    }
    deeds.keep(mailbox, done);
    Ok(())
}

fn of_message(mailbox: &Mailbox, step: Step) -> Change {
    let mailbox = mailbox.clone();
    match step {
        Step::Flags { message, add, remove } => Change::Flags { mailbox, message, add, remove },
        Step::Move { message, from, to } => Change::Move { mailbox, message, from, to },
        Step::Remove { message, folder } => Change::Remove { mailbox, message, folder },
    }
}

fn of_folder(mailbox: &Mailbox, step: FolderStep) -> Change {
    let mailbox = mailbox.clone();
    match step {
        FolderStep::Create { parent, name } => Change::FolderCreate { mailbox, parent, name },
        FolderStep::Change { folder, parent, name } => Change::FolderChange { mailbox, folder, parent, name },
        FolderStep::Delete { folder } => Change::FolderDelete { mailbox, folder },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::app::testing::World;
    use crate::mail::Address;
    use crate::store::{Flags, Folder, Seq};
    use crate::web::Deed;

    fn mailbox(name: &str) -> Mailbox {
        Address::parse(&format!("{name}@example.com")).unwrap().mailbox()
    }

    fn done(id: &str, steps: usize) -> Done {
        let step = Step::Remove { message: Seq(1), folder: Folder::Trash };
        let undo = vec![step; steps];
        Done { id: id.to_owned(), deed: Deed::Removed, count: steps, stale: 0, more: false, undo, undo_folder: None }
    }

    #[test]
    fn everybody_finds_what_they_did_themselves() {
        let mut deeds = Deeds::default();
        deeds.keep(mailbox("ann"), done("a", 1));
        deeds.keep(mailbox("bo"), done("b", 1));
        assert!(deeds.of(&mailbox("ann"), "a").is_some() && deeds.of(&mailbox("bo"), "b").is_some());
        assert!(deeds.of(&mailbox("ann"), "b").is_none() && deeds.of(&mailbox("ann"), "").is_none());
        deeds.forget(&mailbox("bo"), "a");
        assert!(deeds.of(&mailbox("ann"), "a").is_some(), "nobody forgets for others");
        deeds.forget(&mailbox("ann"), "a");
        assert!(deeds.of(&mailbox("ann"), "a").is_none());
    }

    #[test]
    fn what_was_done_is_kept_over_a_restart_and_what_was_not_is_not_told() {
        let world = World::new();
        let ann = mailbox("ann");
        let message = world.queued_for("ann");
        let mut steps = vec![Step::Flags { message, add: Flags::FLAGGED, remove: Flags::NONE }; ACT_UNIT_CHANGES];
        steps.push(Step::Move { message, from: Folder::Inbox, to: Folder::Archive });
        let act = |id: &str, folder| Act { mailbox: ann.clone(), steps: steps.clone(), folder, done: done(id, 1), takes_back: None };
        world.files.failing.store(true, Ordering::SeqCst);
        assert!(carry_out(&world.core, act("a", None)).is_err());
        world.files.failing.store(false, Ordering::SeqCst);
        assert!(lock(&world.core.deeds).of(&ann, "a").is_none());
        let create = FolderStep::Create { parent: None, name: "Customers".to_owned() };
        carry_out(&world.core, act("b", Some(create))).unwrap();
        assert!(lock(&world.core.deeds).of(&ann, "b").is_some());
        let world = world.restarted();
        let view = world.core.store.view();
        let entry = view.entry(&ann, message).unwrap().unwrap();
        assert_eq!((entry.folder, entry.flags), (Folder::Archive, Flags::FLAGGED));
        assert_eq!(view.folders(&ann).unwrap()[0].name, "Customers");
        // The primary gets the mail as it came.
        assert_eq!(world.queued().len(), 1);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut deeds = Deeds::default();
        for number in 0..=DEEDS_KEPT_MAX {
            deeds.keep(mailbox("ann"), done(&number.to_string(), 1));
        }
        assert!(deeds.of(&mailbox("ann"), "0").is_none() && deeds.of(&mailbox("ann"), "1").is_some());
        deeds.keep(mailbox("ann"), done("large", DEEDS_KEPT_STEPS_MAX));
        assert_eq!((deeds.kept.len(), deeds.steps), (1, DEEDS_KEPT_STEPS_MAX), "but never the newest");
        deeds.keep(mailbox("ann"), done("small", 1));
        assert_eq!((deeds.kept.len(), deeds.steps), (1, 1));
    }
}
