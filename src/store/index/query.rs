//! Questions to the index.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::lines::Line;
use super::overlay::Rows;
use super::rows::{Applied, DeliveryRow, EntryRow, Place, QueueRow, SegmentRow, StoredFolder, StoredMessage, decode};
use super::{Counts, Delivery, Entry, FolderRow, MessageRow, QueueCounts, Shown, Tally, View, keys, message_rows, sled_error};
use crate::clock::Wall;
use crate::mail::{DsnRequest, Mailbox, Summary};
use crate::relay::plan::QueueEntry;
use crate::relay::{DeliveryState, Queue};
use crate::store::record::Head;
use crate::store::{Accepted, Folder, FolderId, Origin, Seq, StoreError};

impl View {
    /// Newest first, those before `before`.
    pub fn folder(&self, mailbox: &Mailbox, folder: Folder, before: Option<Seq>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let prefix = keys::entries(mailbox, folder);
        let end = before.map_or_else(|| keys::behind(&prefix), |before| keys::from_message(&prefix, before));
        self.entries(folder, prefix..end, true, limit)
    }

    /// Of the rows of a folder the `limit` at one end of this range, from that end on.
    pub(super) fn entries(
        &self,
        folder: Folder,
        range: Range<Vec<u8>>,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let found = self.vessel.read(|tree| {
            let mut rows = tree.range(range);
            let mut found = Vec::new();
            while found.len() < limit {
                let row = if newest_first { rows.next_back() } else { rows.next() };
                let Some(row) = row else { break };
                let (key, value) = row.map_err(sled_error)?;
                if let Some(message) = keys::number_of(&key).map(Seq) {
                    found.push((message, decode::<EntryRow>(&value)?));
                }
            }
            Ok(found)
        })?;
        Ok(found.into_iter().map(|(message, row)| self.to_entry(message, folder, row)).collect())
    }

    pub fn counts(&self, mailbox: &Mailbox, folder: Folder) -> Result<Counts, StoreError> {
        Ok(self.row(&keys::counts(mailbox, folder))?.unwrap_or_default())
    }

    /// Every folder of a mailbox that has any mail, in the order of [`Folder`]: one that lost its name too.
    pub fn filled_folders(&self, mailbox: &Mailbox) -> Result<Vec<(Folder, Counts)>, StoreError> {
        self.vessel.read(|tree| {
            let mut folders = Vec::new();
            for row in tree.scan_prefix(keys::counts_of(mailbox)) {
                let (key, value) = row.map_err(sled_error)?;
                if let Some(folder) = keys::folder_of(&key) {
                    folders.push((folder, decode(&value)?));
                }
            }
            Ok(folders)
        })
    }

    /// A person's own folders, in the order in which they were made.
    pub fn folders(&self, mailbox: &Mailbox) -> Result<Vec<FolderRow>, StoreError> {
        self.vessel.read(|tree| {
            let mut folders = Vec::new();
            for row in tree.scan_prefix(keys::own_folders(mailbox)) {
                let (key, value) = row.map_err(sled_error)?;
                let Some(id) = keys::number_of(&key).map(FolderId) else { continue };
                let StoredFolder { parent, name, .. } = decode(&value)?;
                let counts = tree.get(keys::counts(mailbox, Folder::Own(id))).map_err(sled_error)?;
                let counts = counts.map(|counts| decode(&counts)).transpose()?.unwrap_or_default();
                folders.push(FolderRow { id, parent, name, counts });
            }
            Ok(folders)
        })
    }

    /// The message as this mailbox has it; none if it is not (or not visibly) filed there. Of several folders the first one in the order
    /// of [`Folder`] is told.
    pub fn entry(&self, mailbox: &Mailbox, message: Seq) -> Result<Option<Entry>, StoreError> {
        let found = self.vessel.read(|tree| {
            let mut folders = BTreeSet::new();
            for filing in message_rows::filings(tree, message)? {
                if filing.mailbox == *mailbox {
                    folders.insert(filing.folder);
                }
            }
            for folder in folders {
                if let Some(value) = tree.get(keys::entry(mailbox, folder, message)).map_err(sled_error)? {
                    return Ok(Some((folder, decode::<EntryRow>(&value)?)));
                }
            }
            Ok(None)
        })?;
        Ok(found.map(|(folder, row)| self.to_entry(message, folder, row)))
    }

    /// Oldest first, those after `after`.
    pub fn folder_ascending(&self, mailbox: &Mailbox, folder: Folder, after: Option<Seq>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let prefix = keys::entries(mailbox, folder);
        let start = after.map_or_else(|| prefix.clone(), |after| keys::from_message(&prefix, Seq(after.0.saturating_add(1))));
        self.entries(folder, start..keys::behind(&prefix), false, limit)
    }

    /// Of these messages those that a folder of the mailbox shows, in the same order.
    pub fn entries_in(&self, mailbox: &Mailbox, wanted: &[(Seq, Folder)]) -> Result<Vec<Entry>, StoreError> {
        let found = self.vessel.read(|tree| {
            let mut found = Vec::with_capacity(wanted.len());
            for (message, folder) in wanted {
                if let Some(value) = tree.get(keys::entry(mailbox, *folder, *message)).map_err(sled_error)? {
                    found.push((*message, *folder, decode::<EntryRow>(&value)?));
                }
            }
            Ok(found)
        })?;
        Ok(found.into_iter().map(|(message, folder, row)| self.to_entry(message, folder, row)).collect())
    }

    /// Where mailboxes show these messages, as of record `at_least` or later.
    pub(in crate::store) fn shown(&self, messages: &BTreeSet<Seq>, at_least: u64) -> Result<Vec<Shown>, StoreError> {
        self.vessel.read_at(at_least, |tree| {
            let mut all = Vec::with_capacity(messages.len());
            for &message in messages {
                let mut shown = Shown { message, entries: Vec::new(), place: None };
                if let Some(stored) = message_rows::stored(tree, message)? {
                    shown.place = Some(stored.place);
                    let filings = match stored.few {
                        Some(few) => few.filings,
                        None => message_rows::filings(tree, message)?,
                    };
                    let mut places: Vec<_> = filings.into_iter().map(|filing| (filing.mailbox, filing.folder)).collect();
                    places.sort();
                    places.dedup();
                    for (mailbox, folder) in places {
                        if let Some(value) = tree.get(keys::entry(&mailbox, folder, message)).map_err(sled_error)? {
                            shown.entries.push((mailbox, folder, decode::<EntryRow>(&value)?.flags));
                        }
                    }
                }
                all.push(shown);
            }
            Ok(all)
        })
    }

    /// Of a message whose record cannot be read any more this tells so in its subject; its recipients are still known.
    pub fn message(&self, message: Seq) -> Result<Option<MessageRow>, StoreError> {
        let Some(stored) = self.row::<StoredMessage>(&keys::message(message))? else { return Ok(None) };
        let accepted = self.accepted(message, &stored.place);
        Ok(Some(MessageRow {
            at: accepted.at,
            origin: accepted.origin,
            reverse_path: accepted.reverse_path,
            recipients: accepted.recipients.len() as u32,
            eight_bit: accepted.eight_bit,
            smtputf8: accepted.smtputf8,
            dsn: accepted.dsn,
            size: stored.place.body_octets,
            summary: accepted.summary,
        }))
    }

    pub(super) fn to_entry(&self, message: Seq, folder: Folder, row: EntryRow) -> Entry {
        let line = self.line(message, &row.place);
        Entry { message, folder, flags: row.flags, at: line.at, size: row.place.body_octets, summary: line.summary.clone() }
    }

    // A record that cannot be read is tried again each time: what was wrong with the disk may have passed.
    fn line(&self, message: Seq, place: &Place) -> Arc<Line> {
        if let Some(line) = self.lines.get(place.record) {
            return line;
        }
        let read = self.readable(message, place);
        let is_readable = read.is_some();
        let Accepted { at, summary, .. } = read.unwrap_or_else(unreadable);
        let line = Arc::new(Line { at, summary });
        if is_readable {
            self.lines.put(place.record, line.clone());
        }
        line
    }

    // The head of a message's record. Damage of one must not take a page with it: then the subject tells.
    pub(super) fn accepted(&self, message: Seq, place: &Place) -> Accepted {
        self.readable(message, place).unwrap_or_else(unreadable)
    }

    fn readable(&self, message: Seq, place: &Place) -> Option<Accepted> {
        match self.reader.head(place) {
            Ok(Head::Message(accepted)) => Some(*accepted),
            Ok(Head::Carried(carried)) => Some(carried.accepted),
            Ok(_) => None,
            Err(error) => {
                log::error!("message={message} record not readable: {error}");
                None
            }
        }
    }

    pub fn deliveries(&self, message: Seq) -> Result<Vec<Delivery>, StoreError> {
        self.vessel.read(|tree| {
            let deliveries = message_rows::deliveries(tree, message)?;
            Ok(deliveries.into_iter().map(|(recipient, row)| to_delivery(message, recipient, row)).collect())
        })
    }

    /// Queued recipients in order of (message, recipient), those after `after`.
    /// Where a message is filed, also where it does not show yet.
    pub fn filings(&self, message: Seq) -> Result<Vec<(Mailbox, Folder)>, StoreError> {
        let filings = self.vessel.read(|tree| message_rows::filings(tree, message))?;
        Ok(filings.into_iter().map(|filing| (filing.mailbox, filing.folder)).collect())
    }

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
            Ok(message_rows::delivery(tree, message, recipient)?.map(|row| to_delivery(message, recipient, row)))
        })
    }

    pub fn queue_counts(&self) -> Result<QueueCounts, StoreError> {
        Ok(self.row(&keys::queue_counts())?.unwrap_or_default())
    }

    /// Messages with this Message-ID, oldest first.
    pub fn by_message_id(&self, message_id: &str) -> Result<Vec<Seq>, StoreError> {
        let found = self.vessel.read(|tree| {
            let mut found = Vec::new();
            for key in tree.scan_prefix(keys::message_ids(keys::hash(message_id))).keys() {
                let Some(message) = keys::number_of(&key.map_err(sled_error)?).map(Seq) else { continue };
                found.extend(message_rows::stored(tree, message)?.map(|stored| (message, stored.place)));
            }
            Ok(found)
        })?;
        let same = |(message, place): &(Seq, Place)| self.accepted(*message, place).summary.message_id.as_deref() == Some(message_id);
        Ok(found.into_iter().filter(same).map(|(message, _)| message).collect())
    }

    /// Digests of an event: who has got which part.
    pub fn digests(&self, event: &str) -> Result<Vec<(Mailbox, u32)>, StoreError> {
        Ok(self.digest_rows(event)?.into_iter().map(|(mailbox, part, _)| (mailbox, part)).collect())
    }

    /// The digests of an event themselves.
    pub fn digest_messages(&self, event: &str) -> Result<Vec<Seq>, StoreError> {
        Ok(self.digest_rows(event)?.into_iter().map(|(_, _, message)| message).collect())
    }

    fn digest_rows(&self, event: &str) -> Result<Vec<(Mailbox, u32, Seq)>, StoreError> {
        let rows = self.vessel.read(|tree| Rows::scan(tree, &keys::digests(event)))?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Mailboxes that have anything filed.
    pub fn mailboxes(&self) -> Result<Vec<Mailbox>, StoreError> {
        let mut names: Vec<String> = self.vessel.read(|tree| {
            let keys = tree.scan_prefix(keys::all_counts()).keys();
            keys.map(|key| key.map_err(sled_error))
                .filter_map(|key| key.map(|key| keys::mailbox_of(&key).map(str::to_owned)).transpose())
                .collect()
        })?;
        names.sort();
        names.dedup();
        names.into_iter().map(|name| decode(&super::rows::encode(&name)?)).collect()
    }

    /// Outcomes of messages from `from` on, before `to`; those of `without` do not count.
    pub fn tally(&self, from: Seq, to: Option<Seq>, without: &[Seq]) -> Result<Tally, StoreError> {
        let mut tally = self.tally_of_all(from, to)?;
        for message in without.iter().filter(|message| **message >= from && to.is_none_or(|to| **message < to)) {
            let deliveries = self.deliveries(*message)?;
            tally.messages = tally.messages.saturating_sub(u64::from(!deliveries.is_empty()));
            deliveries.iter().for_each(|delivery| tally.count(&delivery.state, |count| count.saturating_sub(1)));
        }
        Ok(tally)
    }

    fn tally_of_all(&self, from: Seq, to: Option<Seq>) -> Result<Tally, StoreError> {
        let range = |prefix: Vec<u8>| {
            let end = to.map_or_else(|| keys::behind(&prefix), |to| keys::from_message(&prefix, to.max(from)));
            keys::from_message(&prefix, from)..end
        };
        self.vessel.read(|tree| {
            let mut tally = Tally::default();
            for row in tree.range(range(keys::all_messages())) {
                let (_, value) = row.map_err(sled_error)?;
                let row: StoredMessage = decode(&value)?;
                tally.messages += 1;
                row.few.iter().flat_map(|few| &few.deliveries).for_each(|delivery| tally.add(&delivery.state));
            }
            for row in tree.range(range(keys::all_deliveries())) {
                let (_, value) = row.map_err(sled_error)?;
                tally.add(&decode::<DeliveryRow>(&value)?.state);
            }
            Ok(tally)
        })
    }

    /// Wall time of the newest record that the index has; none if it has none.
    pub fn newest_at(&self) -> Result<Option<Wall>, StoreError> {
        let applied: Option<Applied> = self.row(&keys::applied())?;
        Ok(applied.filter(|applied| applied.seq > 0).map(|applied| applied.at))
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

    pub(super) fn row<T: serde::de::DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
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

impl Tally {
    /// Counts one recipient.
    pub fn add(&mut self, state: &DeliveryState) {
        self.count(state, |count| count + 1);
    }

    fn count(&mut self, state: &DeliveryState, change: impl Fn(u64) -> u64) {
        self.recipients = change(self.recipients);
        let of_state = match state {
            DeliveryState::InSession => return,
            DeliveryState::Queued { .. } => &mut self.queued,
            DeliveryState::Delivered { .. } => &mut self.delivered,
            DeliveryState::Refused { .. } => &mut self.refused,
            DeliveryState::Bounced { .. } => &mut self.bounced,
            DeliveryState::Held { .. } => &mut self.held,
        };
        *of_state = change(*of_state);
    }
}

#[cfg(test)]
pub(super) fn rows_of(tree: &sled::Tree) -> Vec<(Vec<u8>, Vec<u8>)> {
    tree.iter().map(|row| row.unwrap()).map(|(k, v)| (k.to_vec(), v.to_vec())).collect()
}

/// Messages from `start` on whose records are in a segment, in order, with where: what was carried there is older than all that came there.
pub(super) fn messages_in(
    tree: &sled::Tree,
    segment: u64,
    start: Seq,
) -> Result<impl Iterator<Item = Result<(Seq, Place), StoreError>>, StoreError> {
    let row: Option<SegmentRow> = tree.get(keys::segment(segment)).map_err(sled_error)?.map(|value| decode(&value)).transpose()?;
    let prefix = keys::carried_to(segment);
    let carried = tree.range(keys::from_message(&prefix, start)..keys::behind(&prefix)).keys();
    let own = row.map(|row| tree.range(keys::message(row.first.max(start))..=keys::message(row.last.max(start))));
    let carried = carried.map(move |key| {
        let Some(message) = keys::number_of(&key.map_err(sled_error)?).map(Seq) else { return Ok(None) };
        Ok(message_rows::stored(tree, message)?.map(|stored| (message, stored.place)))
    });
    let own = own.into_iter().flatten().map(move |row| {
        let (key, value) = row.map_err(sled_error)?;
        let place = decode::<StoredMessage>(&value)?.place;
        // Some may have been carried on from here.
        Ok(keys::number_of(&key).map(|message| (Seq(message), place)).filter(|(_, place)| place.segment == segment))
    });
    Ok(carried.chain(own).filter_map(Result::transpose))
}

fn unreadable() -> Accepted {
    Accepted {
        at: Wall(0),
        origin: Origin::Inbound,
        session: String::new(),
        client: None,
        reverse_path: None,
        recipients: Vec::new(),
        filings: Vec::new(),
        eight_bit: false,
        smtputf8: false,
        dsn: DsnRequest::default(),
        summary: Summary { subject: "(damaged on this disk, cannot be read)".to_owned(), ..Summary::default() },
    }
}

pub(super) fn to_delivery(message: Seq, recipient: u32, row: DeliveryRow) -> Delivery {
    let DeliveryRow { address, route, state } = row;
    Delivery { message, recipient, address, route, state }
}
