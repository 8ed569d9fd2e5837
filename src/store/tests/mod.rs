//! Tests of the store as a whole.

mod catalogue;
mod dying;
mod faults;
pub(super) mod faulty;
mod filed;
mod flow;
mod following;
mod powercut;
mod property;
mod purge;
mod recovery;
mod search;
mod simulated;
mod spool;
mod trial;
mod view;
mod walk;
mod workload;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::mail::{Address, DsnRequest, Mailbox, Summary};
use crate::relay::{DeliveryState, Route};

/// 2026-03-01T00:00:00Z.
pub const START: Wall = Wall(1_772_323_200_000);
pub const DAY_MS: u64 = 86_400_000;

pub fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@example.com")).unwrap()
}

pub fn mailbox(name: &str) -> Mailbox {
    address(name).mailbox()
}

pub fn queued() -> DeliveryState {
    DeliveryState::Queued { attempts: 0, next_at: START, last: None, in_doubt: false, held: 0, reported: false }
}

pub fn delivered() -> DeliveryState {
    DeliveryState::Delivered { at: START, reply: "250 2.0.0 ok".to_owned(), by: "primary".to_owned() }
}

pub fn refused() -> DeliveryState {
    DeliveryState::Refused { at: START, reply: "550 5.1.1 unknown".to_owned() }
}

pub fn held() -> DeliveryState {
    DeliveryState::Held { at: START, reason: "550 5.7.1 no".to_owned(), by_gate: false, attempts: 1 }
}

/// A message for each of `names`, filed in each one's inbox.
pub fn accepted(names: &[&str], state: &DeliveryState, at: Wall) -> Accepted {
    let recipient = |name: &&str| Recipient { address: address(name), route: Route::Primary, state: state.clone() };
    let filing = |(index, name): (usize, &&str)| Filing {
        mailbox: mailbox(name),
        folder: Folder::Inbox,
        flags: Flags::NONE,
        recipient: Some(index as u32),
    };
    Accepted {
        at,
        origin: Origin::Inbound,
        session: "4f2a".to_owned(),
        client: Some("192.0.2.7".parse().unwrap()),
        reverse_path: Some(address("sender")),
        recipients: names.iter().map(recipient).collect(),
        filings: names.iter().enumerate().map(filing).collect(),
        eight_bit: false,
        smtputf8: false,
        dsn: DsnRequest::default(),
        summary: Summary {
            message_id: Some(format!("{}@example.net", at.0)),
            from_address: "sender@example.com".to_owned(),
            subject: "Grüße".to_owned(),
            ..Summary::default()
        },
    }
}

pub fn message(names: &[&str], state: &DeliveryState, at: Wall, body: &[u8]) -> Change {
    Change::Message(Box::new(accepted(names, state, at)), Staged::from_bytes(body.to_vec()).into())
}

pub fn delivery(message: Seq, recipient: u32, state: DeliveryState) -> Change {
    Change::Delivery { message, recipient, state }
}

/// All that a start finds, at once and later.
#[derive(Debug)]
pub struct Found {
    pub records: u64,
    pub torn_octets: u64,
    pub damaged: Vec<String>,
    pub index_rebuilt: bool,
    pub in_doubt: usize,
}

/// A data folder that may be opened again and again.
pub struct Folders {
    path: PathBuf,
    /// Removed with this, unless it is somebody else's.
    _folder: Option<tempfile::TempDir>,
}

impl Folders {
    pub fn new() -> Folders {
        let folder = temporary();
        Folders { path: folder.path().to_owned(), _folder: Some(folder) }
    }

    /// In a folder that somebody else removes.
    pub fn at(path: &Path) -> Folders {
        Folders { path: path.to_owned(), _folder: None }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn options(&self) -> Options {
        Options { data_dir: self.path().to_owned() }
    }

    pub fn open(&self) -> (Store, Found) {
        self.open_with(Arc::new(Disk))
    }

    /// With the index up to date.
    pub fn open_with(&self, files: Arc<dyn Files>) -> (Store, Found) {
        let (store, Recovery { torn_octets, .. }) = Store::open(&self.options(), files, START).unwrap();
        let Findings { records, damaged, index_rebuilt, in_doubt } = store.wait_ready();
        (store, Found { records, torn_octets, damaged, index_rebuilt, in_doubt })
    }

    /// What the disk would hold if the process died now.
    pub fn crashed(&self) -> Folders {
        let copy = Folders::new();
        copy_folder(self.path(), copy.path());
        copy
    }

    /// What a segment holds, without the zeros behind it.
    pub fn written(&self, path: &Path) -> Vec<u8> {
        let mut segments = segment::list(&Disk, path.parent().unwrap()).unwrap();
        segments.retain(|segment| segment.path == path);
        let end = recover::read_end(&Disk, &segments).unwrap().previous.unwrap().1;
        let mut bytes = std::fs::read(path).unwrap();
        assert!(bytes[end as usize..].iter().all(|octet| *octet == 0));
        bytes.truncate(end as usize);
        bytes
    }

    pub fn segments(&self) -> Vec<PathBuf> {
        let found = segment::list(&Disk, &self.path().join("spool")).unwrap();
        found.into_iter().map(|segment| segment.path).collect()
    }

    pub fn remove_index(&self) {
        std::fs::remove_dir_all(self.path().join("index")).unwrap();
    }
}

/// Room that the fast place for temporary folders must have; a small one would look like a full disk.
const FAST_ROOM_OCTETS: u64 = 2 * 1024 * 1024 * 1024;

/// In memory where there is enough of it: these tests sync all the time, and none of them pulls a plug for real.
pub fn temporary() -> tempfile::TempDir {
    let fast = Path::new("/dev/shm");
    let roomy = Disk.free_octets(fast).is_ok_and(|free| free >= FAST_ROOM_OCTETS);
    if roomy { tempfile::tempdir_in(fast).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        // The ballast is only room.
        if entry.file_name().to_string_lossy().starts_with("ballast") {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
