//! Keys of the index: one octet for the kind of row, then numbers in big-endian order and texts with their length in front,
//! so that what is read together lies together and in order.

use sha2::{Digest, Sha256};

use crate::mail::Mailbox;
use crate::relay::Queue;
use crate::store::{Folder, FolderId, Seq};

const APPLIED: u8 = b'A';
const CARRIED: u8 = b'B';
const COUNTS: u8 = b'C';
const DELIVERY: u8 = b'D';
const ENTRY: u8 = b'E';
const FILING: u8 = b'F';
const DIGEST: u8 = b'G';
const HELD: u8 = b'H';
const MESSAGE_ID: u8 = b'I';
const MESSAGE: u8 = b'M';
const QUEUE: u8 = b'Q';
const OWN_FOLDER: u8 = b'O';
const IN_SESSION: u8 = b'S';
const SEGMENT: u8 = b'T';
const QUEUE_COUNTS: u8 = b'Z';

/// In filing keys: bound to no recipient.
const NOBODY: u32 = u32::MAX;

pub struct Key(Vec<u8>);

impl Key {
    fn new(kind: u8) -> Key {
        Key(vec![kind])
    }

    fn u64(mut self, number: u64) -> Key {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    fn u32(mut self, number: u32) -> Key {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    fn u8(mut self, number: u8) -> Key {
        self.0.push(number);
        self
    }

    // Texts are bounded far below 64 KiB before they come here.
    fn text(mut self, text: &str) -> Key {
        self.0.extend_from_slice(&(text.len() as u16).to_be_bytes());
        self.0.extend_from_slice(text.as_bytes());
        self
    }
}

/// How far the index has got, and its format.
pub fn applied() -> Vec<u8> {
    Key::new(APPLIED).0
}

pub fn queue_counts() -> Vec<u8> {
    Key::new(QUEUE_COUNTS).0
}

pub fn all_messages() -> Vec<u8> {
    Key::new(MESSAGE).0
}

pub fn all_deliveries() -> Vec<u8> {
    Key::new(DELIVERY).0
}

pub fn message(seq: Seq) -> Vec<u8> {
    Key::new(MESSAGE).u64(seq.0).0
}

pub fn deliveries(message: Seq) -> Vec<u8> {
    Key::new(DELIVERY).u64(message.0).0
}

pub fn delivery(message: Seq, recipient: u32) -> Vec<u8> {
    Key::new(DELIVERY).u64(message.0).u32(recipient).0
}

/// Filings of a message; with its recipient in the key, so that a change of its state finds only its own.
pub fn filings(message: Seq) -> Vec<u8> {
    Key::new(FILING).u64(message.0).0
}

pub fn filings_of(message: Seq, recipient: u32) -> Vec<u8> {
    Key::new(FILING).u64(message.0).u32(recipient).0
}

pub fn filing(message: Seq, recipient: Option<u32>, index: u32) -> Vec<u8> {
    Key::new(FILING).u64(message.0).u32(recipient.unwrap_or(NOBODY)).u32(index).0
}

// One octet for the folders that everybody has; a person's own ones have their number behind it.
impl Key {
    fn folder(self, folder: Folder) -> Key {
        match folder {
            Folder::Inbox => self.u8(1),
            Folder::Sent => self.u8(2),
            Folder::Drafts => self.u8(3),
            Folder::Archive => self.u8(4),
            Folder::Junk => self.u8(5),
            Folder::Trash => self.u8(6),
            Folder::Own(FolderId(number)) => self.u8(OWN_FOLDER_OCTET).u64(number),
        }
    }
}

const OWN_FOLDER_OCTET: u8 = 200;

pub fn entries(mailbox: &Mailbox, folder: Folder) -> Vec<u8> {
    Key::new(ENTRY).text(mailbox.as_str()).folder(folder).0
}

pub fn entry(mailbox: &Mailbox, folder: Folder, message: Seq) -> Vec<u8> {
    Key::new(ENTRY).text(mailbox.as_str()).folder(folder).u64(message.0).0
}

pub fn all_counts() -> Vec<u8> {
    Key::new(COUNTS).0
}

pub fn counts(mailbox: &Mailbox, folder: Folder) -> Vec<u8> {
    Key::new(COUNTS).text(mailbox.as_str()).folder(folder).0
}

/// The mailbox that a key has behind its kind.
pub fn mailbox_of(key: &[u8]) -> Option<&str> {
    let length = u16::from_be_bytes(key.get(1..3)?.try_into().ok()?);
    std::str::from_utf8(key.get(3..3 + usize::from(length))?).ok()
}

/// Folders of a mailbox that have anything in them.
pub fn counts_of(mailbox: &Mailbox) -> Vec<u8> {
    Key::new(COUNTS).text(mailbox.as_str()).0
}

/// The folder that a key of counts ends with.
pub fn folder_of(key: &[u8]) -> Option<Folder> {
    let text = usize::from(u16::from_be_bytes(key.get(1..3)?.try_into().ok()?));
    match key.get(3 + text..)? {
        [1] => Some(Folder::Inbox),
        [2] => Some(Folder::Sent),
        [3] => Some(Folder::Drafts),
        [4] => Some(Folder::Archive),
        [5] => Some(Folder::Junk),
        [6] => Some(Folder::Trash),
        [OWN_FOLDER_OCTET, number @ ..] => Some(Folder::Own(FolderId(u64::from_be_bytes(number.try_into().ok()?)))),
        _ => None,
    }
}

/// Folders of a mailbox's own.
pub fn own_folders(mailbox: &Mailbox) -> Vec<u8> {
    Key::new(OWN_FOLDER).text(mailbox.as_str()).0
}

pub fn own_folder(mailbox: &Mailbox, folder: FolderId) -> Vec<u8> {
    Key::new(OWN_FOLDER).text(mailbox.as_str()).u64(folder.0).0
}

pub fn all_own_folders() -> Vec<u8> {
    Key::new(OWN_FOLDER).0
}

/// Messages that were carried over to a segment.
pub fn carried_to(segment: u64) -> Vec<u8> {
    Key::new(CARRIED).u64(segment).0
}

pub fn carried(segment: u64, message: Seq) -> Vec<u8> {
    Key::new(CARRIED).u64(segment).u64(message.0).0
}

/// Of a Message-ID: its key is as short as a number, however long it is. Two ids with one hash are told apart by the records.
pub fn hash(message_id: &str) -> u64 {
    let digest = Sha256::digest(message_id.as_bytes());
    digest.iter().take(8).fold(0, |number, octet| number << 8 | u64::from(*octet))
}

pub fn queue(queue: Queue) -> Vec<u8> {
    Key::new(QUEUE).u8(queue as u8).0
}

pub fn queued(in_queue: Queue, message: Seq, recipient: u32) -> Vec<u8> {
    Key(queue(in_queue)).u64(message.0).u32(recipient).0
}

pub fn all_held() -> Vec<u8> {
    Key::new(HELD).0
}

pub fn held(message: Seq, recipient: u32) -> Vec<u8> {
    Key::new(HELD).u64(message.0).u32(recipient).0
}

pub fn all_in_session() -> Vec<u8> {
    Key::new(IN_SESSION).0
}

pub fn in_session(message: Seq, recipient: u32) -> Vec<u8> {
    Key::new(IN_SESSION).u64(message.0).u32(recipient).0
}

/// `prefix` continued by the number of a message.
pub fn from_message(prefix: &[u8], message: Seq) -> Vec<u8> {
    Key(prefix.to_vec()).u64(message.0).0
}

/// The first possible key behind this recipient in a list.
pub fn behind_recipient(prefix: &[u8], message: Seq, recipient: u32) -> Vec<u8> {
    Key(prefix.to_vec()).u64(message.0).u32(recipient).u8(0).0
}

/// The message and recipient that a key of a queue, held or delivery row ends with.
pub fn recipient_of(key: &[u8]) -> Option<(Seq, u32)> {
    let tail = key.len().checked_sub(12)?;
    let seq = key[tail..tail + 8].try_into().ok()?;
    let recipient = key[tail + 8..].try_into().ok()?;
    Some((Seq(u64::from_be_bytes(seq)), u32::from_be_bytes(recipient)))
}

/// The number that a key ends with.
pub fn number_of(key: &[u8]) -> Option<u64> {
    let tail = key.len().checked_sub(8)?;
    Some(u64::from_be_bytes(key[tail..].try_into().ok()?))
}

pub fn message_ids(hash: u64) -> Vec<u8> {
    Key::new(MESSAGE_ID).u64(hash).0
}

pub fn message_id(hash: u64, message: Seq) -> Vec<u8> {
    Key::new(MESSAGE_ID).u64(hash).u64(message.0).0
}

pub fn digests(event: &str) -> Vec<u8> {
    Key::new(DIGEST).text(event).0
}

pub fn digest(event: &str, mailbox: &Mailbox, part: u32) -> Vec<u8> {
    Key::new(DIGEST).text(event).text(mailbox.as_str()).u32(part).0
}

pub fn all_segments() -> Vec<u8> {
    Key::new(SEGMENT).0
}

pub fn segment(number: u64) -> Vec<u8> {
    Key::new(SEGMENT).u64(number).0
}

/// The first key behind all that start with `prefix`; keys start with an ASCII octet, so there is one.
pub fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut key = prefix.to_vec();
    while let Some(last) = key.pop() {
        if last < u8::MAX {
            key.push(last + 1);
            break;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    #[test]
    fn keys_sort_by_number() {
        let numbers = [0, 1, 255, 256, 65_535, 1 << 40, u64::MAX];
        for pair in numbers.windows(2) {
            assert!(message(Seq(pair[0])) < message(Seq(pair[1])));
            assert!(queued(Queue::Primary, Seq(pair[0]), u32::MAX) < queued(Queue::Primary, Seq(pair[1]), 0));
        }
    }

    #[test]
    fn what_goes_in_comes_out() {
        let ann = Address::parse("ann@example.com").unwrap().mailbox();
        assert_eq!(recipient_of(&held(Seq(7), 9)), Some((Seq(7), 9)));
        assert_eq!(recipient_of(&queued(Queue::Outbound, Seq(1 << 50), 3)), Some((Seq(1 << 50), 3)));
        assert_eq!(mailbox_of(&counts(&ann, Folder::Sent)), Some("ann@example.com"));
        for folder in [Folder::Inbox, Folder::Sent, Folder::Drafts, Folder::Archive, Folder::Junk, Folder::Trash, Folder::Own(FolderId(7))]
        {
            assert_eq!(folder_of(&counts(&ann, folder)), Some(folder));
        }
        assert_eq!(folder_of(b"C\0\x01a"), None);
        assert_eq!(number_of(&entry(&ann, Folder::Inbox, Seq(5))), Some(5));
        assert_eq!(recipient_of(b"H"), None);
    }

    #[test]
    fn behind_a_prefix() {
        assert_eq!(behind(b"Q\x01"), b"Q\x02");
        assert_eq!(behind(b"M\xff\xff"), b"N");
        assert!(message(Seq(u64::MAX)) < behind(b"M"));
    }
}
