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

/// How many segments a purge drops; the segments and the messages that are left, also in an index that is made again.
fn check(folders: &Folders, store: &Store, purge: (Wall, Pins, Wall), dropped: usize, left: (u64, u64)) {
    assert_eq!(store.purge(purge.0, purge.1, purge.2).unwrap(), dropped);
    let (segments, messages) = left;
    assert_eq!(folders.segments().len() as u64, segments);
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap(), Counts { total: messages, unread: messages });
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
    check(&folders, &store, (day(0), Pins::default(), day(6)), 0, (6, 6));
    check(&folders, &store, (day(2), Pins::default(), day(6)), 2, (4, 4));
    assert!(store.view().message(Seq(1)).unwrap().is_none());
    assert_eq!(store.view().by_message_id(&format!("{}@example.net", day(0).0)).unwrap(), []);
    assert_eq!(store.view().tally(Seq(0), None, &[]).unwrap().messages, 4);
    assert!(store.body(Seq(1)).is_err());
    assert_eq!(store.body(Seq(3)).unwrap(), b"x");
    // The one being written stays.
    check(&folders, &store, (Wall(u64::MAX), Pins::default(), Wall(u64::MAX)), 3, (1, 1));
    assert_eq!(store.write_wait(vec![message(&["ann"], &delivered(), day(9), b"x")], day(9)).unwrap(), [Seq(7)]);
}

#[test]
fn numbers_go_on_after_everything_was_dropped() {
    let (folders, store) = days(3);
    store.purge(day(9), Pins::default(), day(9)).unwrap();
    drop(store);
    folders.remove_index();
    let (store, _) = folders.open();
    assert_eq!(store.write_wait(vec![message(&["ann"], &delivered(), day(9), b"x")], day(9)).unwrap(), [Seq(4)]);
    assert_eq!(store.purge(day(9), Pins::default(), day(9)).unwrap(), 1);
}

#[test]
fn what_is_open_stays_and_stops_nothing() {
    for state in [queued(), held(), DeliveryState::InSession] {
        let (folders, store) = days(4);
        // The record of the change is in the newest segment, the message, all that there is in its segment, in the second.
        store.write_wait(vec![delivery(Seq(2), 0, state.clone())], day(3)).unwrap();
        assert_eq!(store.purge(day(3), Pins::default(), day(4)).unwrap(), 3);
        assert_eq!((store.body(Seq(2)).unwrap(), store.view().message(Seq(3)).unwrap()), (b"x".to_vec(), None));
        assert_eq!(store.view().deliveries(Seq(2)).unwrap()[0].state, state);
        // It goes in its turn, once it is delivered.
        store.write_wait(vec![delivery(Seq(2), 0, delivered())], day(4)).unwrap();
        store.write_wait(vec![message(&["ann"], &delivered(), day(5), b"x")], day(5)).unwrap();
        check(&folders, &store, (day(5), Pins::default(), day(6)), 2, (1, 1));
    }
}

#[test]
fn where_nothing_goes_nothing_is_written_again() {
    let (folders, store) = days(4);
    let hold = |message| delivery(Seq(message), 0, held());
    store.write_wait(vec![hold(1), hold(2), hold(3)], day(3)).unwrap();
    let newest = store.view().newest();
    check(&folders, &store, (day(3), Pins::default(), day(4)), 0, (4, 4));
    assert_eq!(store.view().newest(), newest);
    // What is delivered is not kept for the sake of what is not, and what was written again for it is not written once more.
    store.write_wait(vec![delivery(Seq(2), 0, delivered())], day(3)).unwrap();
    check(&folders, &store, (day(3), Pins::default(), day(4)), 2, (3, 3));
    let newest = store.view().newest();
    check(&folders, &store, (day(3), Pins::default(), day(4)), 0, (3, 3));
    assert_eq!(store.view().newest(), newest);
}

/// Two days with ten messages each; the fourth is queued.
fn busy_days() -> (Folders, Store) {
    let folders = Folders::new();
    let (store, _) = folders.open();
    for number in 0..20 {
        let (state, at) = (if number == 3 { queued() } else { delivered() }, day(number / 10));
        store.write_wait(vec![message(&["ann"], &state, at, format!("body {number}").as_bytes())], at).unwrap();
    }
    (folders, store)
}

#[test]
fn what_is_open_is_carried_over() {
    let (folders, store) = busy_days();
    let flags = Change::Flags { mailbox: mailbox("ann"), message: Seq(4), add: Flags::FLAGGED, remove: Flags::NONE };
    let relocate = Change::Move { mailbox: mailbox("ann"), message: Seq(4), from: Folder::Inbox, to: Folder::Archive };
    let folder = Change::FolderCreate { mailbox: mailbox("ann"), parent: None, name: "Offers".to_owned() };
    store.write_wait(vec![flags, relocate, folder], day(1)).unwrap();
    let entry = store.view().entry(&mailbox("ann"), Seq(4)).unwrap();
    assert_eq!(entry.as_ref().map(|entry| (entry.folder, entry.flags)), Some((Folder::Archive, Flags::FLAGGED)));
    assert_eq!(store.purge(day(1), Pins::default(), day(2)).unwrap(), 1);
    let check = |store: &Store| {
        assert_eq!(store.body(Seq(4)).unwrap(), b"body 3");
        store.verify(Seq(4)).unwrap();
        assert_eq!(store.view().entry(&mailbox("ann"), Seq(4)).unwrap(), entry);
        assert_eq!(store.view().deliveries(Seq(4)).unwrap()[0].state, queued());
        assert_eq!(store.view().queue_counts().unwrap().primary, 1);
        assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, 10);
        assert_eq!(store.view().folders(&mailbox("ann")).unwrap().len(), 1);
        assert!(store.view().message(Seq(3)).unwrap().is_none());
    };
    check(&store);
    let live = store.view().dump();
    let crashed = folders.crashed();
    crashed.remove_index();
    let (again, _) = crashed.open();
    check(&again);
    assert_eq!(again.view().dump(), live);
    // It goes in its turn, once it is delivered.
    store.write_wait(vec![delivery(Seq(4), 0, delivered())], day(2)).unwrap();
    store.write_wait(vec![message(&["ann"], &delivered(), day(3), b"x")], day(3)).unwrap();
    assert!(store.purge(day(3), Pins::default(), day(4)).unwrap() > 0);
    assert!(store.view().message(Seq(4)).unwrap().is_none());
    assert_eq!(store.view().folders(&mailbox("ann")).unwrap().len(), 1, "a folder has no age");
}

#[test]
fn most_of_a_segment_is_carried_over_if_it_is_little() {
    let (folders, store) = busy_days();
    for message in [1, 2, 5, 6, 7, 8, 9, 10] {
        store.write_wait(vec![delivery(Seq(message), 0, held())], day(1)).unwrap();
    }
    assert_eq!(store.purge(day(1), Pins::default(), day(2)).unwrap(), 1);
    assert!(store.view().message(Seq(3)).unwrap().is_none());
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, 19);
    let live = store.view().dump();
    let crashed = folders.crashed();
    crashed.remove_index();
    assert_eq!(crashed.open().0.view().dump(), live);
}

#[test]
fn a_rotten_message_is_not_carried_and_its_segment_stays() {
    let (folders, store) = busy_days();
    let path = &folders.segments()[0];
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.windows(6).position(|window| window == b"body 3").unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
    assert!(matches!(store.purge(day(1), Pins::default(), day(2)), Err(StoreError::Damaged(_))));
    assert!(path.exists());
}

#[test]
fn a_crash_between_carrying_and_dropping_doubles_nothing() {
    let (folders, store) = busy_days();
    let old = std::fs::read(&folders.segments()[0]).unwrap();
    let path = folders.segments()[0].clone();
    assert_eq!(store.purge(day(1), Pins::default(), day(2)).unwrap(), 1);
    let live = store.view().queue_counts().unwrap();
    drop(store);
    // As if the rename had not happened.
    std::fs::write(path, old).unwrap();
    folders.remove_index();
    let (store, found) = folders.open();
    assert!(found.damaged.is_empty(), "{found:?}");
    assert_eq!(store.view().queue_counts().unwrap(), live);
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, 20);
    assert_eq!(store.body(Seq(4)).unwrap(), b"body 3");
    assert_eq!(store.purge(day(1), Pins::default(), day(2)).unwrap(), 1);
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, 11);
}

#[test]
fn a_full_disk_gives_up_delivered_copies_before_it_turns_mail_away() {
    let folders = Folders::new();
    let files = Arc::new(faulty::Faulty::new(faulty::Fault::Eio, u64::MAX));
    let (store, _) = folders.open_with(files.clone());
    for number in 0..20 {
        let (state, at) = (if number == 3 { queued() } else { delivered() }, day(number / 10));
        store.write_wait(vec![message(&["ann"], &state, at, b"x")], at).unwrap();
    }
    // Nothing was said about pins yet: then nothing may go.
    files.set_free(crate::limits::DISK_RESERVE_OCTETS / 2);
    let again = || store.write_wait(vec![message(&["ann"], &queued(), day(2), b"new")], day(2));
    assert!(matches!(again(), Err(StoreError::Full)));
    assert_eq!(folders.segments().len(), 2);
    // States still fit.
    store.write_wait(vec![delivery(Seq(4), 0, held())], day(2)).unwrap();
    assert_eq!(store.purge(day(0), Pins::default(), day(2)).unwrap(), 0);
    let later = Wall(day(2).0 + 60_000);
    // Making room here changes nothing about what the disk says: mail is turned away, but what could go is gone.
    assert!(matches!(store.write_wait(vec![message(&["ann"], &queued(), later, b"new")], later), Err(StoreError::Full)));
    assert!(store.view().message(Seq(1)).unwrap().is_none());
    assert_eq!(store.body(Seq(4)).unwrap(), b"x", "what is held was carried over");
    files.set_free(u64::MAX);
    let later = Wall(day(2).0 + 120_000);
    store.write_wait(vec![message(&["ann"], &queued(), later, b"new")], later).unwrap();
}

/// What a full disk leaves of one message a day, of which these are held: the segments that are there.
fn left_by_a_full_disk(held_ones: &[u64]) -> usize {
    let folders = Folders::new();
    let files = Arc::new(faulty::Faulty::new(faulty::Fault::Eio, u64::MAX));
    let (store, _) = folders.open_with(files.clone());
    for number in 0..6 {
        let state = if held_ones.contains(&number) { held() } else { delivered() };
        store.write_wait(vec![message(&["ann"], &state, day(number), b"x")], day(number)).unwrap();
    }
    store.purge(Wall(0), Pins::default(), day(6)).unwrap();
    files.set_free(crate::limits::DISK_RESERVE_OCTETS / 2);
    let later = Wall(day(5).0 + 60_000);
    let again = store.write_wait(vec![message(&["ann"], &queued(), later, b"new")], later);
    assert!(matches!(again, Err(StoreError::Full)));
    held_ones.iter().for_each(|number| assert_eq!(store.body(Seq(number + 1)).unwrap(), b"x"));
    folders.segments().len()
}

#[test]
fn on_a_full_disk_what_is_written_again_frees_as_much() {
    assert_eq!(left_by_a_full_disk(&[]), 1);
    // The segments of the held ones hold nothing else; those behind them make up for it, as far as they do.
    assert_eq!(left_by_a_full_disk(&[0]), 1);
    assert_eq!(left_by_a_full_disk(&[0, 1]), 1);
    assert_eq!(left_by_a_full_disk(&[0, 1, 2, 3]), 6);
    assert_eq!(left_by_a_full_disk(&[1, 2, 3, 4]), 5);
}

fn pins(first: u64, before: Option<u64>) -> Pins {
    let mut pins = Pins::default();
    pins.keep(Seq(first), before.map(Seq));
    pins
}

#[test]
fn an_event_that_is_over_pins_nothing_that_came_after_it() {
    let (folders, store) = days(4);
    check(&folders, &store, (day(9), pins(1, Some(2)), day(9)), 3, (2, 2));
    let (folders, store) = days(4);
    let mut two = pins(1, Some(1));
    two.keep(Seq(3), Some(Seq(4)));
    check(&folders, &store, (day(9), two, day(9)), 2, (2, 2));
}

#[test]
fn what_is_pinned_stays() {
    let (folders, store) = days(4);
    check(&folders, &store, (day(9), pins(2, None), day(9)), 1, (3, 3));
    check(&folders, &store, (day(9), pins(2, None), day(9)), 0, (3, 3));
    check(&folders, &store, (day(9), Pins::default(), day(9)), 2, (1, 1));
}

#[test]
fn a_clock_that_was_set_back_drops_nothing() {
    let (folders, store) = days(4);
    check(&folders, &store, (day(2), Pins::default(), Wall(5)), 0, (4, 4));
    check(&folders, &store, (day(2), Pins::default(), Wall(day(3).0 - 1)), 0, (4, 4));
    check(&folders, &store, (day(2), Pins::default(), day(3)), 2, (2, 2));
}

#[test]
fn a_clock_that_was_ahead_for_an_hour_stops_nothing() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    for number in [0, 4000, 1, 2, 3] {
        store.write_wait(vec![message(&["ann"], &delivered(), day(number), b"x")], day(number)).unwrap();
    }
    check(&folders, &store, (day(2), Pins::default(), day(4)), 1, (4, 4));
    check(&folders, &store, (day(3), Pins::default(), day(4)), 3, (1, 1));
}

#[test]
fn records_about_messages_that_are_gone_are_ignored() {
    let (folders, store) = days(3);
    let seen = Change::Flags { mailbox: mailbox("ann"), message: Seq(1), add: Flags::SEEN, remove: Flags::NONE };
    store.write_wait(vec![delivery(Seq(1), 0, held()), delivery(Seq(1), 0, delivered()), seen], day(2)).unwrap();
    check(&folders, &store, (day(1), Pins::default(), day(3)), 1, (2, 2));
    let seen = Change::Flags { mailbox: mailbox("ann"), message: Seq(1), add: Flags::SEEN, remove: Flags::NONE };
    store.write_wait(vec![delivery(Seq(1), 0, queued()), seen], day(2)).unwrap();
    check(&folders, &store, (day(1), Pins::default(), day(3)), 0, (2, 2));
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
