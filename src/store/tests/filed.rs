//! Where a mailbox has its messages.

use super::*;

#[test]
fn pages_go_back_as_they_went_forth() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    for _ in 0..25 {
        store.write_wait(vec![message(&["ann", "bob"], &queued(), START, b"x")], START).unwrap();
    }
    let (ann, view) = (mailbox("ann"), store.view());
    let check = |after: u64, limit: usize, expected: &[u64]| {
        let found = view.folder_after(&ann, Folder::Inbox, Seq(after), limit).unwrap();
        assert_eq!(found.iter().map(|entry| entry.message.0).collect::<Vec<_>>(), expected, "{after} {limit}");
    };
    check(0, 3, &[3, 2, 1]);
    check(5, 3, &[8, 7, 6]);
    check(23, 3, &[25, 24]);
    check(25, 3, &[]);
    check(u64::MAX, 3, &[]);
    check(5, 0, &[]);
    let marks = view.marks(&ann, Folder::Inbox, Some(Seq(4)), 2).unwrap();
    assert_eq!(marks, [(Seq(3), Flags::NONE), (Seq(2), Flags::NONE)]);
    assert_eq!(view.marks(&mailbox("an"), Folder::Inbox, None, 2).unwrap(), []);
}

#[test]
fn a_folder_shows_what_is_in_it_now() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let (ann, bob) = (mailbox("ann"), mailbox("bob"));
    let seq = store.write_wait(vec![message(&["ann", "bob"], &queued(), START, b"x")], START).unwrap()[0];
    let moved = Change::Move { mailbox: ann.clone(), message: seq, from: Folder::Inbox, to: Folder::Archive };
    let flagged = Change::Flags { mailbox: ann.clone(), message: seq, add: Flags::FLAGGED, remove: Flags::NONE };
    store.write_wait(vec![moved, flagged], START).unwrap();
    let view = store.view();
    assert_eq!(view.folders_with(&ann, seq).unwrap(), [Folder::Archive]);
    assert_eq!(view.folders_with(&bob, seq).unwrap(), [Folder::Inbox]);
    assert_eq!(view.folders_with(&mailbox("carl"), seq).unwrap(), []);
    assert_eq!(view.flags_in(&ann, Folder::Archive, seq).unwrap(), Some(Flags::FLAGGED));
    assert_eq!(view.flags_in(&ann, Folder::Inbox, seq).unwrap(), None);
    assert_eq!(view.flags_in(&bob, Folder::Inbox, seq).unwrap(), Some(Flags::NONE));
}
