//! Read marks that are on their way to the disk.
//!
//! Opening a message must not wait for the disk: its mark is handed to the writer, and the page goes out. So that nobody sees the message unread
//! in a list afterwards, whatever else the person asks for waits until the own marks are there.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::core::{Core, lock};
use crate::limits::MARKS_PATIENCE;
use crate::mail::Mailbox;
use crate::store::{Change, Flags, Seq};

/// Marks under way.
#[derive(Default)]
pub struct Marks {
    under_way: Mutex<HashMap<Mailbox, usize>>,
    arrived: Condvar,
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
            if let Err(error) = written {
                log::warn!("web message={message} read mark not kept: {error}");
            }
            drop(under_way);
        });
        core.store.write(vec![change], core.now().wall, done);
    }

    fn begin(self: &Arc<Self>, mailbox: Mailbox) -> UnderWay {
        *lock(&self.under_way).entry(mailbox.clone()).or_default() += 1;
        UnderWay { marks: self.clone(), mailbox }
    }

    /// Waits until the marks of this person have arrived; at most [`MARKS_PATIENCE`], because a page with an old mark is better than none.
    pub fn wait(&self, mailbox: &Mailbox) {
        let waits = |under_way: &mut HashMap<Mailbox, usize>| under_way.contains_key(mailbox);
        let waited = self.arrived.wait_timeout_while(lock(&self.under_way), MARKS_PATIENCE, waits);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut under_way = lock(&self.marks.under_way);
        if let Some(count) = under_way.get_mut(&self.mailbox) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.mailbox);
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
        marks.wait(&ann);
        let entry = world.core.store.view().entry(&ann, message).unwrap().unwrap();
        assert!(entry.flags.has(Flags::SEEN));
    }

    #[test]
    fn nobody_waits_for_the_marks_of_others_nor_for_one_that_failed() {
        let world = World::new();
        let (ann, bo) = (world.address("ann").mailbox(), world.address("bo").mailbox());
        let marks = Arc::new(Marks::default());
        let held = marks.begin(bo.clone());
        marks.wait(&ann);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| marks.wait(&bo));
            drop(held);
            waits.join().unwrap();
        });
        world.files.failing.store(true, std::sync::atomic::Ordering::SeqCst);
        marks.seen(&world.core, ann.clone(), Seq(1));
        marks.wait(&ann);
        assert!(lock(&marks.under_way).is_empty());
    }
}
