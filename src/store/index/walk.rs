//! Going through messages by their numbers, page by page: for the report of an event, and for who looks for one message.
//!
//! The order is that of the numbers, which is the order of arrival; the wall clock may have jumped. A time can still leave most of the spool
//! out: each segment knows the latest time of its records, whatever their order, and so which numbers cannot be that young ([`View::floor`]).

use super::rows::{SegmentRow, StoredMessage, decode};
use super::{Delivery, View, keys, message_rows, query, sled_error};
use crate::clock::Wall;
use crate::limits::WALK_PAGE_RECIPIENTS;
use crate::store::{Accepted, Seq, StoreError};

/// A range of messages, and from which end it is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The first one.
    pub from: Seq,
    /// The first one behind it; none: up to the newest.
    pub before: Option<Seq>,
    pub newest_first: bool,
    /// Messages that a page looks at.
    pub page: usize,
}

/// A message with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Walked {
    pub message: Seq,
    /// As its record says; of a record that cannot be read the subject tells so.
    pub accepted: Accepted,
    /// Octets of its body.
    pub size: u64,
    /// Each recipient with its present state.
    pub deliveries: Vec<Delivery>,
}

/// One page of a walk.
#[derive(Clone, Debug, PartialEq)]
pub struct Walks {
    pub found: Vec<Walked>,
    /// Messages that were looked at.
    pub looked: usize,
    /// What is left; none at the end.
    pub rest: Option<Walk>,
}

impl View {
    /// The next page. `wants` chooses by the recipients, before a message's record is read.
    pub fn walk(&self, walk: &Walk, wants: &dyn Fn(&[Delivery]) -> bool) -> Result<Walks, StoreError> {
        let prefix = keys::all_messages();
        let end = walk.before.map_or_else(|| keys::behind(&prefix), |before| keys::message(before.max(walk.from)));
        let (rows, last) = self.vessel.read(|tree| {
            let mut range = tree.range(keys::message(walk.from)..end);
            let (mut rows, mut looked, mut recipients, mut last) = (Vec::new(), 0, 0, None);
            while looked < walk.page && recipients < WALK_PAGE_RECIPIENTS {
                let row = if walk.newest_first { range.next_back() } else { range.next() };
                let Some(row) = row else { return Ok(((rows, looked), None)) };
                let (key, value) = row.map_err(sled_error)?;
                let Some(message) = keys::number_of(&key).map(Seq) else { continue };
                let stored: StoredMessage = decode(&value)?;
                let deliveries = match stored.few {
                    Some(few) => (0..).zip(few.deliveries).collect(),
                    None => message_rows::deliveries(tree, message)?,
                };
                let deliveries: Vec<Delivery> =
                    deliveries.into_iter().map(|(recipient, row)| query::to_delivery(message, recipient, row)).collect();
                (looked, last) = (looked + 1, Some(message));
                recipients += deliveries.len();
                if wants(&deliveries) {
                    rows.push((message, stored.place, deliveries));
                }
            }
            Ok(((rows, looked), last))
        })?;
        let (rows, looked) = rows;
        let found = rows.into_iter().map(|(message, place, deliveries)| Walked {
            message,
            accepted: self.accepted(message, &place),
            size: place.body_octets,
            deliveries,
        });
        let rest = last.map(|last| match walk.newest_first {
            true => Walk { before: Some(last), ..*walk },
            false => Walk { from: Seq(last.0 + 1), ..*walk },
        });
        Ok(Walks { found: found.collect(), looked, rest })
    }

    /// No message with a smaller number was accepted at or after `at`, however the clock was set meanwhile.
    pub fn floor(&self, at: Wall) -> Result<Seq, StoreError> {
        self.vessel.read(|tree| {
            let mut floor = Seq(u64::MAX);
            for row in tree.scan_prefix(keys::all_segments()) {
                let (key, value) = row.map_err(sled_error)?;
                let row: SegmentRow = decode(&value)?;
                if row.newest < at {
                    continue;
                }
                floor = floor.min(row.first);
                // What was carried there is older than all that came there.
                let carried = keys::number_of(&key).map(keys::carried_to);
                let carried = carried.and_then(|prefix| tree.scan_prefix(prefix).keys().next());
                if let Some(key) = carried.transpose().map_err(sled_error)? {
                    floor = floor.min(keys::number_of(&key).map_or(floor, Seq));
                }
            }
            Ok(floor)
        })
    }
}
