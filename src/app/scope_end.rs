//! The way back of an outage of some people: when nothing of theirs is due any more, their digests are written; when those have gone too,
//! the event is closed. Runs beside the ordinary mail of everybody else, so without a gate: what the primary refuses is held for the admin.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::core::Core;
use super::digests::Digests;
use super::job::Fate;
use super::trouble::Trouble;
use crate::continuity::{Input, Kind, Mode, Phase};
use crate::mail::Mailbox;
use crate::net::rt;

/// Ends events for some people.
#[derive(Default)]
pub struct ScopeEnd {
    trouble: Trouble,
}

impl ScopeEnd {
    pub fn note(&mut self, core: &Core, message: u64, fate: &Fate) {
        self.trouble.note(message, fate, core.now().mono);
    }

    /// Called when nothing that may be tried is due. `under_way`: people whose mail is. True if there is more to hand over now.
    pub async fn finish(&mut self, core: &Arc<Core>, under_way: &BTreeSet<Mailbox>) -> bool {
        if core.mode().mode != Mode::Normal || core.scopes().is_empty() {
            return false;
        }
        let monitor = &core.config.monitor;
        if !self.trouble.is_over(monitor.interval, monitor.fall, core.now().mono) {
            return false;
        }
        let mut more = false;
        for scope in core.scopes().iter().filter(|scope| (scope.event.kind, scope.event.phase) == (Kind::Outage, Phase::HandingOver)) {
            let mailboxes: Vec<Mailbox> = core.mailboxes_of(&scope.event.members).into_iter().collect();
            if mailboxes.iter().any(|mailbox| under_way.contains(mailbox) || !core.unsent.of(mailbox, core.now().mono).is_empty()) {
                continue;
            }
            match Digests::of_some(scope.as_event(), mailboxes).write(core).await {
                Ok(0) => {
                    let (core, id) = (core.clone(), scope.event.id.clone());
                    rt::unblock(move || core.feed(Input::ScopeHandedOver { id })).await;
                }
                Ok(_) => more = true,
                Err(error) => log::error!("failback event={} digests not written: {error}", scope.event.id.0),
            }
        }
        more
    }
}
