//! Read marks that are on their way to the disk.
//!
//! Opening a message must not wait for the disk, nor for the index to take the mark of the one before: its mark is handed to the writer, and the page
//! goes out. So that nobody sees the message unread in a list afterwards, whatever else the person asks for waits until the own marks are there.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::core::{Core, lock};
use crate::limits::MARKS_PATIENCE;
use crate::mail::Mailbox;
use crate::store::{Change, Flags, Seq};

/// Marks that a person may not see yet.
#[derive(Default)]
pub struct Marks {
    of: Mutex<HashMap<Mailbox, Own>>,
    arrived: Condvar,
}

/// Those of one person.
#[derive(Clone, Copy, Default)]
struct Own {
    /// On their way to the disk.
    under_way: usize,
    /// The last record that is there; the index may not have it.
    written: Seq,
}

/// One of them; dropping it says that it has arrived, or failed.
struct UnderWay {
    marks: Arc<Marks>,
    mailbox: Mailbox,
}

impl Marks {
    /// Marks a message as read, and does not wait. A mark that cannot be kept is no reason not to show the message: it is logged.
    pub fn seen(self: &Arc<Self>, core: &Core, mailbox: Mailbox, message: Seq) {
        let under_way = self.begin(mailbox.clone());
        let change = Change::Flags { mailbox, message, add: Flags::SEEN, remove: Flags::NONE };
        let done = Box::new(move |written: crate::store::Written| {
            match written {
                Ok(records) => under_way.written(&records),
                Err(error) => log::warn!("web message={message} read mark not kept: {error}"),
            }
            drop(under_way);
        });
        core.store.write_unhurried(vec![change], core.now().wall, done);
    }

    fn begin(self: &Arc<Self>, mailbox: Mailbox) -> UnderWay {
        lock(&self.of).entry(mailbox.clone()).or_default().under_way += 1;
        UnderWay { marks: self.clone(), mailbox }
    }

    /// Waits until the marks of this person have arrived; at most [`MARKS_PATIENCE`], because a page with an old mark is better than none.
    pub fn wait(&self, core: &Core, mailbox: &Mailbox) {
        let waits = |of: &mut HashMap<Mailbox, Own>| of.get(mailbox).is_some_and(|own| own.under_way > 0);
        let waited = self.arrived.wait_timeout_while(lock(&self.of), MARKS_PATIENCE, waits);
        let own = waited.unwrap_or_else(PoisonError::into_inner).0.get(mailbox).copied();
        let Some(Own { written, .. }) = own else { return };
        // An index that is being made says so to whoever asks it.
        if core.store.view().wait_for(written).is_ok() {
            let mut of = lock(&self.of);
            if of.get(mailbox).is_some_and(|own| own.under_way == 0 && own.written == written) {
                of.remove(mailbox);
            }
        }
    }
}

impl UnderWay {
    fn written(&self, records: &[Seq]) {
        if let Some(own) = lock(&self.marks.of).get_mut(&self.mailbox) {
            own.written = own.written.max(records.last().copied().unwrap_or_default());
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(own) = lock(&self.marks.of).get_mut(&self.mailbox) {
            own.under_way -= 1;
            if own.under_way == 0 {
                self.marks.arrived.notify_all();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;

    #[test]
    fn whoever_waits_sees_what_was_marked() {
        let world = World::new();
        let ann = world.address("ann").mailbox();
        let marks = Arc::new(Marks::default());
        let message = world.queued_for("ann");
        marks.seen(&world.core, ann.clone(), message);
        marks.wait(&world.core, &ann);
        assert!(lock(&marks.of).is_empty());
        let entry = world.core.store.view().entry(&ann, message).unwrap().unwrap();
        assert!(entry.flags.has(Flags::SEEN));
    }

    #[test]
    fn nobody_waits_for_the_marks_of_others_nor_for_one_that_failed() {
        let world = World::new();
        let (ann, bo) = (world.address("ann").mailbox(), world.address("bo").mailbox());
        let marks = Arc::new(Marks::default());
        let held = marks.begin(bo.clone());
        marks.wait(&world.core, &ann);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| marks.wait(&world.core, &bo));
            drop(held);
            waits.join().unwrap();
        });
        world.files.failing.store(true, std::sync::atomic::Ordering::SeqCst);
        marks.seen(&world.core, ann.clone(), Seq(1));
        marks.wait(&world.core, &ann);
        assert!(lock(&marks.of).is_empty());
    }
}
