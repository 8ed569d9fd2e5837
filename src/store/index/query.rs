//! Questions to the index.

use super::apply::FOLDERS;
use super::rows::{DeliveryRow, EntryRow, Place, QueueRow, StoredMessage, decode, known_message_id};
use super::{Counts, Delivery, Entry, MessageRow, QueueCounts, Tally, View, keys, sled_error};
use crate::mail::Mailbox;
use crate::relay::plan::QueueEntry;
use crate::relay::{DeliveryState, Queue};
use crate::store::{Folder, Seq, StoreError};

impl View {
    /// Newest first, those before `before`.
    pub fn folder(&self, mailbox: &Mailbox, folder: Folder, before: Option<Seq>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let prefix = keys::entries(mailbox, folder);
        let end = before.map_or_else(|| keys::behind(&prefix), |before| keys::from_message(&prefix, before));
        self.vessel.read(|tree| {
            let mut entries = Vec::new();
            for row in tree.range(prefix..end).rev().take(limit) {
                let (key, value) = row.map_err(sled_error)?;
                if let Some(message) = keys::number_of(&key) {
                    entries.push(to_entry(Seq(message), folder, decode(&value)?));
                }
            }
            Ok(entries)
        })
    }

    pub fn counts(&self, mailbox: &Mailbox, folder: Folder) -> Result<Counts, StoreError> {
        Ok(self.row(&keys::counts(mailbox, folder))?.unwrap_or_default())
    }

    /// The message as this mailbox has it; none if it is not (or not visibly) filed there.
    pub fn entry(&self, mailbox: &Mailbox, message: Seq) -> Result<Option<Entry>, StoreError> {
        for folder in FOLDERS {
            if let Some(row) = self.row(&keys::entry(mailbox, folder, message))? {
                return Ok(Some(to_entry(message, folder, row)));
            }
        }
        Ok(None)
    }

    pub fn message(&self, message: Seq) -> Result<Option<MessageRow>, StoreError> {
        Ok(self.row::<StoredMessage>(&keys::message(message))?.map(|stored| stored.row))
    }

    pub fn deliveries(&self, message: Seq) -> Result<Vec<Delivery>, StoreError> {
        self.vessel.read(|tree| {
            let mut deliveries = Vec::new();
            for row in tree.scan_prefix(keys::deliveries(message)) {
                let (key, value) = row.map_err(sled_error)?;
                if let Some((message, recipient)) = keys::recipient_of(&key) {
                    deliveries.push(to_delivery(message, recipient, decode(&value)?));
                }
            }
            Ok(deliveries)
        })
    }

    /// Queued recipients in order of (message, recipient), those after `after`.
    pub fn queue(&self, queue: Queue, after: Option<(Seq, u32)>, limit: usize) -> Result<Vec<QueueEntry>, StoreError> {
        let prefix = keys::queue(queue);
        self.after(&prefix, after, limit, |_, (message, recipient), value| {
            let row: QueueRow = decode(value)?;
            let QueueRow { route, attempts, next_at } = row;
            Ok(Some(QueueEntry { message: message.0, recipient, route, attempts, next_at }))
        })
    }

    /// Held recipients in order of (message, recipient), those after `after`.
    pub fn held(&self, after: Option<(Seq, u32)>, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        self.after(&keys::all_held(), after, limit, |tree, (message, recipient), _| {
            // The two rows are read one after the other: a change in between may have taken the second away.
            match tree.get(keys::delivery(message, recipient)).map_err(sled_error)? {
                Some(value) => Ok(Some(to_delivery(message, recipient, decode(&value)?))),
                None => Ok(None),
            }
        })
    }

    pub fn queue_counts(&self) -> Result<QueueCounts, StoreError> {
        Ok(self.row(&keys::queue_counts())?.unwrap_or_default())
    }

    /// Messages with this Message-ID, oldest first.
    pub fn by_message_id(&self, message_id: &str) -> Result<Vec<Seq>, StoreError> {
        let prefix = keys::message_ids(known_message_id(message_id));
        self.vessel.read(|tree| {
            let keys = tree.scan_prefix(prefix).keys();
            keys.map(|key| key.map_err(sled_error)).filter_map(|key| key.map(|key| keys::number_of(&key).map(Seq)).transpose()).collect()
        })
    }

    /// Digests of an event: who has got which part.
    pub fn digests(&self, event: &str) -> Result<Vec<(Mailbox, u32)>, StoreError> {
        self.vessel.read(|tree| {
            let mut digests = Vec::new();
            for row in tree.scan_prefix(keys::digests(event)) {
                let (_, value) = row.map_err(sled_error)?;
                let (mailbox, part, _): (Mailbox, u32, Seq) = decode(&value)?;
                digests.push((mailbox, part));
            }
            Ok(digests)
        })
    }

    /// Mailboxes that have anything filed.
    pub fn mailboxes(&self) -> Result<Vec<Mailbox>, StoreError> {
        let mut names: Vec<String> = self.vessel.read(|tree| {
            let keys = tree.scan_prefix(keys::all_counts()).keys();
            keys.map(|key| key.map_err(sled_error))
                .filter_map(|key| key.map(|key| keys::mailbox_of_counts(&key).map(str::to_owned)).transpose())
                .collect()
        })?;
        names.sort();
        names.dedup();
        names.into_iter().map(|name| decode(&super::rows::encode(&name)?)).collect()
    }

    /// Outcomes of messages from `from` on, before `to`.
    pub fn tally(&self, from: Seq, to: Option<Seq>) -> Result<Tally, StoreError> {
        let range = |prefix: Vec<u8>| {
            let end = to.map_or_else(|| keys::behind(&prefix), |to| keys::from_message(&prefix, to.max(from)));
            keys::from_message(&prefix, from)..end
        };
        self.vessel.read(|tree| {
            let mut tally = Tally::default();
            for key in tree.range(range(keys::all_messages())).keys() {
                key.map_err(sled_error)?;
                tally.messages += 1;
            }
            for row in tree.range(range(keys::all_deliveries())) {
                let (_, value) = row.map_err(sled_error)?;
                let row: DeliveryRow = decode(&value)?;
                tally.recipients += 1;
                match row.state {
                    DeliveryState::InSession => {}
                    DeliveryState::Queued { .. } => tally.queued += 1,
                    DeliveryState::Delivered { .. } => tally.delivered += 1,
                    DeliveryState::Refused { .. } => tally.refused += 1,
                    DeliveryState::Bounced { .. } => tally.bounced += 1,
                    DeliveryState::Held { .. } => tally.held += 1,
                }
            }
            Ok(tally)
        })
    }

    /// No record has a greater number: that of the newest on disk, or of one that a crash tore.
    pub fn newest(&self) -> Seq {
        Seq(self.vessel.feed.durable().seq)
    }

    /// Size of the index, in octets.
    pub(in crate::store) fn size(&self) -> u64 {
        self.vessel.size()
    }

    /// Makes a row unreadable, as damage would.
    #[cfg(test)]
    pub(in crate::store) fn spoil(&self, mailbox: &Mailbox, folder: Folder) {
        self.vessel.read(|tree| tree.insert(keys::counts(mailbox, folder), "{").map(drop).map_err(sled_error)).unwrap();
    }

    /// Every row, for comparing indexes.
    #[cfg(test)]
    pub(in crate::store) fn dump(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.vessel.read(|tree| Ok(rows_of(tree))).unwrap()
    }

    /// Where a message's record is.
    pub(in crate::store) fn place(&self, message: Seq) -> Result<Option<Place>, StoreError> {
        Ok(self.row::<StoredMessage>(&keys::message(message))?.map(|stored| stored.place))
    }

    fn row<T: serde::de::DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.vessel.read(|tree| tree.get(key).map_err(sled_error)?.map(|value| decode(&value)).transpose())
    }

    // Up to `limit` rows of a list whose keys end with message and recipient, behind `after`.
    fn after<T>(
        &self,
        prefix: &[u8],
        after: Option<(Seq, u32)>,
        limit: usize,
        read: impl Fn(&sled::Tree, (Seq, u32), &[u8]) -> Result<Option<T>, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let start = after.map_or_else(|| prefix.to_vec(), |(message, recipient)| keys::behind_recipient(prefix, message, recipient));
        self.vessel.read(|tree| {
            let mut found = Vec::new();
            for row in tree.range(start..keys::behind(prefix)) {
                if found.len() >= limit {
                    break;
                }
                let (key, value) = row.map_err(sled_error)?;
                if let Some(recipient) = keys::recipient_of(&key) {
                    found.extend(read(tree, recipient, &value)?);
                }
            }
            Ok(found)
        })
    }
}

#[cfg(test)]
pub(super) fn rows_of(tree: &sled::Tree) -> Vec<(Vec<u8>, Vec<u8>)> {
    tree.iter().map(|row| row.unwrap()).map(|(k, v)| (k.to_vec(), v.to_vec())).collect()
}

fn to_entry(message: Seq, folder: Folder, row: EntryRow) -> Entry {
    let EntryRow { seen, at, size, summary, .. } = row;
    Entry { message, folder, seen, at, size, summary }
}

fn to_delivery(message: Seq, recipient: u32, row: DeliveryRow) -> Delivery {
    let DeliveryRow { address, route, state } = row;
    Delivery { message, recipient, address, route, state }
}
