//! What retention may drop.

use super::*;

fn day(number: u64) -> Wall {
    Wall(START.0 + number * DAY_MS)
}

/// One segment a day, each with one delivered message.
fn days(count: u64) -> (Folders, Store) {
    let folders = Folders::new();
    let (store, _) = folders.open();
    for number in 0..count {
        store.write_wait(vec![message(&["ann"], &delivered(), day(number), b"x")], day(number)).unwrap();
    }
    assert_eq!(folders.segments().len() as u64, count);
    (folders, store)
}

fn check(folders: &Folders, store: &Store, purge: (Wall, Option<Seq>, Wall), dropped: usize, left: u64) {
    assert_eq!(store.purge(purge.0, purge.1, purge.2).unwrap(), dropped);
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap(), Counts { total: left, unread: left });
    assert_eq!(folders.segments().len() as u64, left);
    let live = store.view().dump();
    let rebuilt = folders.crashed();
    rebuilt.remove_index();
    let (again, recovery) = rebuilt.open();
    assert!(recovery.damaged.is_empty(), "{recovery:?}");
    assert_eq!(again.view().dump(), live);
}

#[test]
fn old_segments_go_oldest_first() {
    let (folders, store) = days(6);
    check(&folders, &store, (day(0), None, day(6)), 0, 6);
    check(&folders, &store, (day(2), None, day(6)), 2, 4);
    assert!(store.view().message(Seq(1)).unwrap().is_none());
    assert_eq!(store.view().by_message_id(&format!("{}@example.net", day(0).0)).unwrap(), []);
    assert_eq!(store.view().tally(Seq(0), None).unwrap().messages, 4);
    assert!(store.body(Seq(1)).is_err());
    assert_eq!(store.body(Seq(3)).unwrap(), b"x");
    // The one being written stays.
    check(&folders, &store, (Wall(u64::MAX), None, Wall(u64::MAX)), 3, 1);
    assert_eq!(store.write_wait(vec![message(&["ann"], &delivered(), day(9), b"x")], day(9)).unwrap(), [Seq(7)]);
}

#[test]
fn numbers_go_on_after_everything_was_dropped() {
    let (folders, store) = days(3);
    store.purge(day(9), None, day(9)).unwrap();
    drop(store);
    folders.remove_index();
    let (store, _) = folders.open();
    assert_eq!(store.write_wait(vec![message(&["ann"], &delivered(), day(9), b"x")], day(9)).unwrap(), [Seq(4)]);
    assert_eq!(store.purge(day(9), None, day(9)).unwrap(), 1);
}

#[test]
fn what_is_open_stops_it() {
    for state in [queued(), held(), DeliveryState::InSession] {
        let (folders, store) = days(4);
        // The record of the change is in the newest segment, the message in the second.
        store.write_wait(vec![delivery(Seq(2), 0, state)], day(3)).unwrap();
        assert_eq!(store.purge(day(3), None, day(4)).unwrap(), 1);
        assert_eq!(folders.segments().len(), 3);
        store.write_wait(vec![delivery(Seq(2), 0, delivered())], day(3)).unwrap();
        assert_eq!(store.purge(day(3), None, day(4)).unwrap(), 2);
    }
}

#[test]
fn what_is_pinned_stays() {
    let (folders, store) = days(4);
    check(&folders, &store, (day(9), Some(Seq(2)), day(9)), 1, 3);
    check(&folders, &store, (day(9), Some(Seq(2)), day(9)), 0, 3);
    check(&folders, &store, (day(9), None, day(9)), 2, 1);
}

#[test]
fn a_clock_that_was_set_back_drops_nothing() {
    let (folders, store) = days(4);
    check(&folders, &store, (day(2), None, Wall(5)), 0, 4);
    check(&folders, &store, (day(2), None, Wall(day(3).0 - 1)), 0, 4);
    check(&folders, &store, (day(2), None, day(3)), 2, 2);
}

#[test]
fn records_about_messages_that_are_gone_are_ignored() {
    let (folders, store) = days(3);
    let seen = Change::Seen { mailbox: mailbox("ann"), message: Seq(1), seen: true };
    store.write_wait(vec![delivery(Seq(1), 0, held()), delivery(Seq(1), 0, delivered()), seen], day(2)).unwrap();
    check(&folders, &store, (day(1), None, day(3)), 1, 2);
    let seen = Change::Seen { mailbox: mailbox("ann"), message: Seq(1), seen: true };
    store.write_wait(vec![delivery(Seq(1), 0, queued()), seen], day(2)).unwrap();
    check(&folders, &store, (day(1), None, day(3)), 0, 2);
    assert_eq!(store.view().queue_counts().unwrap(), QueueCounts::default());
}

#[test]
fn a_drop_that_a_crash_interrupted_is_finished() {
    let (folders, store) = days(4);
    drop(store);
    // After the rename, before the index forgot.
    let first = &folders.segments()[0];
    let mut aside = first.clone().into_os_string();
    aside.push(".dropped");
    std::fs::rename(first, &aside).unwrap();
    let (store, recovery) = folders.open();
    assert!(!recovery.index_rebuilt);
    assert!(!Path::new(&aside).exists());
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, 3);
    assert!(store.view().message(Seq(1)).unwrap().is_none());
}
