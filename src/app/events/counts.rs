//! What became of an event's mail, counted from the store: the same numbers before and after a restart.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::app::core::Core;
use crate::clock::Wall;
use crate::continuity::EventId;
use crate::control::{CountRow, EventCounts, ORIGINS};
use crate::limits::{EVENT_PEOPLE_MAX, WALK_PAGE_MESSAGES};
use crate::mail::{Mailbox, date};
use crate::relay::{DeliveryState, Queue};
use crate::store::{Filing, Folder, Origin, Seq, StoreError, Walk, Walked};

/// A ledger line of kind `report`: the numbers of an event that is over, for when retention has taken its mail. The last one counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportLine {
    pub id: EventId,
    pub counts: EventCounts,
}

/// Counts the messages from `from` on, before `before`; of an event for some people only `members`' mail.
pub fn count(core: &Core, from: Seq, before: Option<Seq>, members: Option<&BTreeSet<Mailbox>>) -> Result<EventCounts, StoreError> {
    let mut counting = Counting::default();
    let mut next = Some(Walk { from, before, newest_first: false, page: WALK_PAGE_MESSAGES });
    while let Some(walk) = next {
        let page = core.store.view().walk(&walk, &|_| true)?;
        for mut message in page.found {
            if members.is_none_or(|members| is_of(core, members, &mut message)) {
                counting.take(&message);
            }
        }
        next = page.rest;
    }
    Ok(counting.done(core.now().wall))
}

/// Leaves the recipients that are members; of what a member wrote, all. False if nothing of the message is theirs.
fn is_of(core: &Core, members: &BTreeSet<Mailbox>, message: &mut Walked) -> bool {
    let theirs = |filing: &Filing| members.contains(&filing.mailbox);
    if matches!(message.accepted.origin, Origin::Webmail | Origin::Draft) {
        // A record that was carried says where its writer put the message since: then only the reverse-path still tells who wrote it.
        let by_them = message.accepted.reverse_path.as_ref().is_some_and(|path| members.contains(&core.mailbox_for(path)));
        let filed = |filing: &Filing| matches!(filing.folder, Folder::Sent | Folder::Drafts) && theirs(filing);
        return by_them || message.accepted.filings.iter().any(filed);
    }
    message.deliveries.retain(|to| core.is_local(&to.address) && members.contains(&core.mailbox_for(&to.address)));
    message.accepted.filings.retain(theirs);
    !message.deliveries.is_empty() || !message.accepted.filings.is_empty()
}

#[derive(Default)]
struct Counting {
    rows: BTreeMap<&'static str, CountRow>,
    copies: u64,
    written_by: HashMap<String, u64>,
    handed_over: Option<(Wall, Wall)>,
}

impl Counting {
    fn take(&mut self, message: &Walked) {
        let accepted = &message.accepted;
        let row = self.rows.entry(origin_word(&accepted.origin)).or_default();
        row.messages += 1;
        message.deliveries.iter().for_each(|to| add(row, &to.state));
        for to in &message.deliveries {
            if let (Queue::Primary, DeliveryState::Delivered { at, .. }) = (to.route.queue(), &to.state) {
                let (first, last) = self.handed_over.unwrap_or((*at, *at));
                self.handed_over = Some((first.min(*at), last.max(*at)));
            }
        }
        let is_copy = |filing: &&Filing| filing.recipient.is_none();
        match accepted.origin {
            Origin::Inbound | Origin::Trusted | Origin::Journal => self.copies += accepted.filings.iter().filter(is_copy).count() as u64,
            Origin::Webmail => {
                let sent = || accepted.filings.iter().find(|filing| filing.folder == Folder::Sent).map(|filing| filing.mailbox.to_string());
                let writer = accepted.reverse_path.as_ref().map(|path| path.mailbox().to_string()).or_else(sent);
                *self.written_by.entry(writer.unwrap_or_default()).or_default() += 1;
            }
            Origin::Draft | Origin::Digest { .. } | Origin::Notice | Origin::Dsn { .. } => {}
        }
    }

    fn done(self, now: Wall) -> EventCounts {
        let mut total = CountRow::default();
        let mut origins = Vec::new();
        for (origin, _) in ORIGINS {
            let Some(row) = self.rows.get(origin) else { continue };
            if origin != "notice" {
                total.messages += row.messages;
                total.recipients += row.recipients;
                total.delivered += row.delivered;
                total.waiting += row.waiting;
                total.held += row.held;
                total.refused += row.refused;
                total.bounced += row.bounced;
                total.in_hand += row.in_hand;
            }
            origins.push(CountRow { origin: origin.to_owned(), ..row.clone() });
        }
        let mut written_by: Vec<(String, u64)> = self.written_by.into_iter().collect();
        written_by.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        written_by.truncate(EVENT_PEOPLE_MAX);
        EventCounts {
            total,
            origins,
            copies: self.copies,
            written_by,
            handed_over: self.handed_over.map(|(first, last)| (date::rfc3339(first), date::rfc3339(last))),
            at: date::rfc3339(now),
            is_history: false,
        }
    }
}

fn add(row: &mut CountRow, state: &DeliveryState) {
    row.recipients += 1;
    let of_state = match state {
        DeliveryState::InSession => &mut row.in_hand,
        DeliveryState::Queued { .. } => &mut row.waiting,
        DeliveryState::Delivered { .. } => &mut row.delivered,
        DeliveryState::Refused { .. } => &mut row.refused,
        DeliveryState::Bounced { .. } => &mut row.bounced,
        DeliveryState::Held { .. } => &mut row.held,
    };
    *of_state += 1;
}

/// The word of [`ORIGINS`].
pub fn origin_word(origin: &Origin) -> &'static str {
    match origin {
        Origin::Inbound => "inbound",
        Origin::Trusted => "trusted",
        Origin::Journal => "journal",
        Origin::Webmail => "webmail",
        Origin::Draft => "draft",
        Origin::Digest { .. } => "digest",
        Origin::Notice => "notice",
        Origin::Dsn { .. } => "dsn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::mail::Address;
    use crate::store::Flags;

    /// What somebody wrote, as its record says after it was carried: where the writer has put it since.
    fn written(world: &World, writer: &str, now_in: &str, folder: Folder) -> Walked {
        let message = world.wrote(writer, "plans");
        let walk = Walk { from: message, before: None, newest_first: false, page: 10 };
        let mut walked = world.core.store.view().walk(&walk, &|_| true).unwrap().found.remove(0);
        walked.accepted.reverse_path = Some(world.address(writer));
        walked.accepted.filings = vec![Filing { mailbox: world.address(now_in).mailbox(), folder, flags: Flags::SEEN, recipient: None }];
        walked
    }

    #[test]
    fn what_a_member_wrote_is_theirs_wherever_they_put_it() {
        let world = World::new();
        let members = |who: &str| BTreeSet::from([Address::parse(who).unwrap().mailbox()]);
        let check = |writer, folder, whose, expected| {
            let mut walked = written(&world, writer, writer, folder);
            assert_eq!(is_of(&world.core, &members(whose), &mut walked), expected, "{writer} {folder:?} {whose}");
        };
        for folder in [Folder::Sent, Folder::Archive, Folder::Trash, Folder::Own(crate::store::FolderId(7))] {
            check("ann", folder, "ann@example.com", true);
            check("ann", folder, "bo@example.com", false);
        }
        // Written as somebody else: it is in that one's Sent.
        let mut shared = written(&world, "ann", "bo", Folder::Sent);
        assert!(is_of(&world.core, &members("bo@example.com"), &mut shared));
        let mut counting = Counting::default();
        counting.take(&shared);
        assert_eq!(counting.done(Wall(0)).written_by, [("ann@example.com".to_owned(), 1)]);
    }
}
