//! Which of the mail that came in an event for some people is theirs: what came to them, what they wrote, and their digests. Everybody
//! else's mail flowed as ever meanwhile, and counts for nothing.

use std::collections::BTreeSet;

use super::core::Core;
use super::notices;
use crate::limits::WALK_PAGE_MESSAGES;
use crate::mail::Mailbox;
use crate::relay::Queue;
use crate::store::{Delivery, Filing, Folder, Origin, Seq, StoreError, Tally, Walk, Walked};

/// The people of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TheirMail {
    pub mailboxes: BTreeSet<Mailbox>,
}

impl TheirMail {
    /// What of a message is theirs; None if nothing.
    pub fn sift(&self, core: &Core, mut message: Walked) -> Option<Walked> {
        if self.is_written_by_them(&message) {
            return Some(message);
        }
        message.deliveries.retain(|to| self.is_to_them(core, to));
        message.accepted.filings.retain(|filing| self.mailboxes.contains(&filing.mailbox));
        (!message.deliveries.is_empty() || !message.accepted.filings.is_empty()).then_some(message)
    }

    fn is_written_by_them(&self, message: &Walked) -> bool {
        let accepted = &message.accepted;
        match &accepted.origin {
            Origin::Webmail | Origin::Draft => {
                let own =
                    |filing: &Filing| matches!(filing.folder, Folder::Sent | Folder::Drafts) && self.mailboxes.contains(&filing.mailbox);
                accepted.filings.iter().any(own)
            }
            Origin::Digest { mailbox, .. } => self.mailboxes.contains(mailbox),
            Origin::Inbound | Origin::Trusted | Origin::Journal | Origin::Notice | Origin::Dsn { .. } => false,
        }
    }

    fn is_to_them(&self, core: &Core, to: &Delivery) -> bool {
        to.route.queue() == Queue::Primary && self.mailboxes.contains(&core.mailbox_for(&to.address))
    }

    /// Outcomes of their mail from `from` on, before `before`.
    pub fn tally(&self, core: &Core, from: Seq, before: Option<Seq>) -> Result<Tally, StoreError> {
        let told = notices::told_since(&core.ledger, from)?;
        let mut tally = Tally::default();
        let mut next = Some(Walk { from, before, newest_first: false, page: WALK_PAGE_MESSAGES });
        while let Some(walk) = next {
            let page = core.store.view().walk(&walk, &|_| true)?;
            for message in page.found.into_iter().filter(|message| !told.contains(&message.message)) {
                let Some(theirs) = self.sift(core, message) else { continue };
                tally.messages += 1;
                theirs.deliveries.iter().for_each(|to| tally.add(&to.state));
            }
            next = page.rest;
        }
        Ok(tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;

    #[test]
    fn only_their_mail_counts() {
        let world = World::new();
        for user in ["ann", "bo", "bo"] {
            world.queued_for(user);
        }
        world.wrote("ann", "hers");
        world.wrote("bo", "his");
        let ann = TheirMail { mailboxes: BTreeSet::from([world.address("ann").mailbox()]) };
        let tally = ann.tally(&world.core, Seq(1), None).unwrap();
        assert_eq!((tally.messages, tally.recipients, tally.queued), (2, 1, 1));
        assert_eq!(ann.tally(&world.core, Seq(2), None).unwrap().recipients, 0);
    }
}
