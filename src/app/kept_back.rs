//! Which entries of the primary's queue wait for the end of an outage of some people. An entry does not say whom it is for, so that is
//! looked up once and remembered, until the events or the directory change.

use std::collections::HashMap;
use std::sync::Arc;

use super::core::Core;
use super::scopes::ScopeNow;
use crate::directory::Directory;
use crate::limits::KEPT_BACK_REMEMBERED_MAX;
use crate::relay::plan::QueueEntry;
use crate::store::{Seq, StoreError};

/// What is known about the queue.
#[derive(Default)]
pub struct KeptBack {
    /// As of these events and these people.
    of: Option<(Arc<Vec<ScopeNow>>, Arc<Directory>)>,
    /// By message and recipient.
    known: HashMap<(u64, u32), bool>,
}

impl KeptBack {
    /// Leaves in a page what may be tried. Reads the index: not from async code.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn sift(&mut self, core: &Core, page: &mut Vec<QueueEntry>) -> Result<(), StoreError> {
        self.follow(core);
        if self.of.is_none() {
            return Ok(());
        }
        for entry in page.iter() {
            if !self.known.contains_key(&(entry.message, entry.recipient)) {
                for to in core.store.view().deliveries(Seq(entry.message))? {
                    self.known.insert((entry.message, to.recipient), core.is_kept_back(&to.address));
                }
            }
        }
        page.retain(|entry| !self.known.get(&(entry.message, entry.recipient)).copied().unwrap_or(false));
        Ok(())
    }

    fn follow(&mut self, core: &Core) {
        let (scopes, directory) = (core.scopes(), core.directory());
        let same = self.of.as_ref().is_some_and(|(old, people)| Arc::ptr_eq(old, &scopes) && Arc::ptr_eq(people, &directory));
        if !same || self.known.len() > KEPT_BACK_REMEMBERED_MAX {
            self.known.clear();
        }
        self.of = (!scopes.is_empty()).then_some((scopes, directory));
    }
}
