//! What a start makes of what it finds.

use super::*;
use crate::relay::Queue;

/// Five messages for ann; closed in order.
fn sample() -> Folders {
    let folders = Folders::new();
    let (store, _) = folders.open();
    for number in 0..5 {
        store.write_wait(vec![message(&["ann"], &queued(), START, format!("body {number}").as_bytes())], START).unwrap();
    }
    folders
}

fn check_all_there(folders: &Folders, rebuilt: bool) {
    let (store, recovery) = folders.open();
    assert_eq!(recovery.index_rebuilt, rebuilt, "{recovery:?}");
    assert_eq!(store.view().folder(&mailbox("ann"), Folder::Inbox, None, 10).unwrap().len(), 5);
    for number in 0..5 {
        assert_eq!(store.body(Seq(number + 1)).unwrap(), format!("body {number}").as_bytes());
    }
}

#[test]
fn an_index_that_was_closed_in_order_is_used() {
    check_all_there(&sample(), false);
}

#[test]
fn a_deleted_index_comes_back() {
    let folders = sample();
    folders.remove_index();
    check_all_there(&folders, true);
    fsck::throw_views_away(folders.path()).unwrap();
    check_all_there(&folders, true);
    check_all_there(&folders, false);
}

#[test]
fn a_damaged_index_is_set_aside() {
    let index_files = |folders: &Folders| -> Vec<PathBuf> {
        std::fs::read_dir(folders.path().join("index")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
    };
    for length in [0, 1, 1000, 100_000] {
        for which in 0..index_files(&sample()).len() {
            let folders = sample();
            let path = &index_files(&folders)[which];
            if std::fs::metadata(path).unwrap().len() == length {
                continue;
            }
            std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
            check_all_there(&folders, true);
        }
    }
    let folders = sample();
    for path in index_files(&folders) {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.iter_mut().step_by(97).for_each(|octet| *octet ^= 0x40);
        std::fs::write(path, bytes).unwrap();
    }
    check_all_there(&folders, true);
}

#[test]
fn an_index_ahead_of_the_spool_is_made_again() {
    let folders = sample();
    let path = &folders.segments()[0];
    let length = std::fs::metadata(path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length - 1).unwrap();
    let (store, recovery) = folders.open();
    assert!(recovery.index_rebuilt && recovery.torn_octets > 0);
    assert_eq!(store.view().folder(&mailbox("ann"), Folder::Inbox, None, 10).unwrap().len(), 4);
    // The torn record's number was seen on disk: it is not given out again.
    assert_eq!(store.view().newest(), Seq(5));
    assert_eq!(store.write_wait(vec![message(&["ann"], &queued(), START, b"next")], START).unwrap(), [Seq(6)]);
}

#[test]
fn an_index_behind_the_spool_catches_up() {
    let folders = sample();
    let (store, _) = folders.open();
    let before = folders.crashed();
    store.write_wait(vec![message(&["ann"], &queued(), START, b"more")], START).unwrap();
    drop(store);
    // The index of an earlier moment with the spool of now.
    let newer = &folders.segments()[1];
    std::fs::copy(newer, before.path().join("spool").join(newer.file_name().unwrap())).unwrap();
    let (store, recovery) = before.open();
    assert!(!recovery.index_rebuilt);
    assert_eq!(store.view().newest(), Seq(6));
    assert_eq!(store.body(Seq(6)).unwrap(), b"more");
}

#[test]
fn hand_overs_that_a_crash_interrupted_are_queued_in_doubt() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    store.write_wait(vec![message(&["ann", "bob"], &DeliveryState::InSession, START, b"x")], START).unwrap();
    store.write_wait(vec![delivery(Seq(1), 1, delivered())], START).unwrap();
    let crashed = folders.crashed();
    let (store, recovery) = crashed.open();
    assert_eq!(recovery.in_doubt, 1);
    let state = DeliveryState::Queued { attempts: 0, next_at: START, last: None, in_doubt: true, held: 0, reported: false };
    assert_eq!(store.view().deliveries(Seq(1)).unwrap()[0].state, state);
    assert_eq!(store.view().queue(Queue::Primary, None, 9).unwrap().len(), 1);
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap(), Counts { total: 1, unread: 1 });
    drop(store);
    assert_eq!(crashed.open().1.in_doubt, 0);
}

#[test]
fn a_torn_tail_is_cut_once() {
    let folders = sample();
    let path = &folders.segments()[0];
    let mut bytes = std::fs::read(path).unwrap();
    let whole = bytes.len();
    bytes.extend_from_slice(&[7; 100]);
    // Room for records that were not written any more.
    bytes.extend_from_slice(&[0; 900]);
    std::fs::write(path, bytes).unwrap();
    let (store, recovery) = folders.open();
    assert_eq!((recovery.torn_octets, recovery.damaged.len()), (100, 0));
    assert_eq!(std::fs::metadata(path).unwrap().len(), whole as u64);
    drop(store);
    assert_eq!(folders.open().1.torn_octets, 0);
}

#[test]
fn damage_in_the_middle_is_reported_and_the_rest_is_whole() {
    let folders = sample();
    let path = &folders.segments()[0];
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
    let report = fsck::check(folders.path(), Arc::new(Disk)).unwrap();
    assert_eq!((report.records, report.damaged.len(), report.is_clean()), (4, 1, false));
    assert!(report.to_string().contains("DAMAGED"));
    folders.remove_index();
    let (store, recovery) = folders.open();
    assert_eq!((recovery.records, recovery.damaged.len(), recovery.torn_octets), (4, 1, 0));
    assert_eq!(store.view().folder(&mailbox("ann"), Folder::Inbox, None, 10).unwrap().len(), 4);
}

#[test]
fn fsck_changes_nothing() {
    let folders = sample();
    let spool = folders.path().join("spool");
    let (_ledger, _) = Ledger::open(&folders.path().join("ledger"), Arc::new(Disk)).unwrap();
    let path = &folders.segments()[0];
    let mut bytes = std::fs::read(path).unwrap();
    bytes.extend_from_slice(b"torn");
    std::fs::write(path, &bytes).unwrap();
    let report = fsck::check(folders.path(), Arc::new(Disk)).unwrap();
    assert_eq!((report.segments, report.records, report.torn_octets), (1, 5, 4));
    assert!(report.is_clean());
    assert_eq!(std::fs::read(path).unwrap(), bytes);
    assert_eq!(std::fs::read_dir(spool).unwrap().count(), 2, "one segment and incoming/");
}

#[test]
fn staged_files_of_an_earlier_run_are_gone() {
    let folders = sample();
    std::fs::write(folders.path().join("spool/incoming/1-1"), "left").unwrap();
    check_all_there(&folders, false);
    assert_eq!(std::fs::read_dir(folders.path().join("spool/incoming")).unwrap().count(), 0);
}
