//! The index follows what is on disk, whatever happens to it.

use super::*;

fn write(store: &Store, number: u64) {
    store.write_wait(vec![message(&["ann"], &queued(), START, format!("body {number}").as_bytes())], START).unwrap();
}

/// As [`View`] shows it, and as a new index would.
fn check_equals_a_new_one(folders: &Folders, store: Store) {
    let live = store.view().dump();
    store.close();
    drop(store);
    folders.remove_index();
    let (store, found) = folders.open();
    assert!(found.index_rebuilt && found.damaged.is_empty(), "{found:?}");
    assert_eq!(store.view().dump(), live);
}

#[test]
fn what_was_written_is_found_at_once() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    for number in 1..=200 {
        write(&store, number);
        assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, number);
    }
}

#[test]
fn mail_is_taken_while_the_index_is_made() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    (0..500).for_each(|number| write(&store, number));
    drop(store);
    folders.remove_index();
    let (store, _) = Store::open(&folders.options(), Arc::new(Disk), START).unwrap();
    // No wait in between: some of these are on disk before the index has got there.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|number| write(&store, number)));
        }
    });
    assert_eq!(store.wait_ready().damaged, Vec::<String>::new());
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, 900);
    check_equals_a_new_one(&folders, store);
}

#[test]
fn an_index_that_breaks_is_made_again_while_the_store_is_open() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    (0..20).for_each(|number| write(&store, number));
    store.view().spoil(&mailbox("ann"), Folder::Inbox);
    // The row is met by the next change, or by the next question: either way a good one comes in its place.
    write(&store, 20);
    let found = (0..100).find_map(|_| store.view().counts(&mailbox("ann"), Folder::Inbox).ok());
    assert_eq!(found, Some(Counts { total: 21, unread: 21 }));
    assert!(store.findings().index_rebuilt);
    write(&store, 21);
    check_equals_a_new_one(&folders, store);
}

#[test]
fn closing_while_the_index_is_made_loses_nothing() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    (0..300).for_each(|number| write(&store, number));
    drop(store);
    folders.remove_index();
    let (store, _) = Store::open(&folders.options(), Arc::new(Disk), START).unwrap();
    write(&store, 300);
    drop(store);
    let (store, _) = folders.open();
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, 301);
    check_equals_a_new_one(&folders, store);
}
