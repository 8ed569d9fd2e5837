//! What a message goes through.

use super::*;
use crate::relay::Queue;

#[test]
fn a_message_is_stored_and_read_back() {
    let folders = Folders::new();
    let (store, recovery) = folders.open();
    assert!(!recovery.index_rebuilt, "the first start rebuilds nothing");
    let body: Vec<u8> = (0..3_000_000_u32).map(|i| (i.wrapping_mul(i) / 7) as u8).collect();
    let mut staged = store.stage();
    for piece in body.chunks(10_000) {
        staged.write(piece).unwrap();
    }
    let large = Change::Message(Box::new(accepted(&["ann"], &queued(), START)), staged.into());
    let small = message(&["ann", "bob"], &queued(), START, b"small");
    let seqs = store.write_wait(vec![large, small, message(&[], &queued(), START, b"")], START).unwrap();
    assert_eq!(seqs, [Seq(1), Seq(2), Seq(3)]);
    let check = |store: &Store| {
        assert_eq!(store.body(Seq(1)).unwrap(), body);
        assert_eq!(store.body(Seq(2)).unwrap(), b"small");
        assert_eq!(store.body(Seq(3)).unwrap(), b"");
        (1..=3).for_each(|number| store.verify(Seq(number)).unwrap());
        assert_eq!(store.body_piece(Seq(1), 1_000_000, 5).unwrap(), &body[1_000_000..1_000_005]);
        assert_eq!(store.body_piece(Seq(1), 2_999_999, 500).unwrap(), &body[2_999_999..]);
        assert_eq!(store.body_piece(Seq(1), 3_000_000, 5).unwrap(), b"");
        assert!(store.body(Seq(4)).is_err());
        assert!(store.verify(Seq(4)).is_err());
        assert_eq!(store.view().message(Seq(1)).unwrap().unwrap().size, 3_000_000);
        assert_eq!(store.view().newest(), Seq(3));
    };
    check(&store);
    drop(store);
    let (store, recovery) = folders.open();
    assert!(!recovery.index_rebuilt && recovery.damaged.is_empty(), "{recovery:?}");
    check(&store);
}

#[test]
fn a_flipped_octet_of_a_body_is_found_when_it_is_read() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    store.write_wait(vec![message(&["ann"], &queued(), START, b"a body to damage")], START).unwrap();
    let path = &folders.segments()[0];
    let mut bytes = folders.written(path);
    let at = bytes.len() - 10;
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
    assert!(matches!(store.body(Seq(1)), Err(StoreError::Damaged(_))));
    assert!(matches!(store.verify(Seq(1)), Err(StoreError::Damaged(_))));
}

#[test]
fn a_filing_follows_its_recipient() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let (ann, view) = (mailbox("ann"), store.view());
    let seq = store.write_wait(vec![message(&["ann"], &DeliveryState::InSession, START, b"x")], START).unwrap()[0];
    let check = |shown: bool, unread: u64, counts: QueueCounts| {
        assert_eq!(view.folder(&ann, Folder::Inbox, None, 10).unwrap().len(), usize::from(shown));
        assert_eq!(view.entry(&ann, seq).unwrap().is_some(), shown);
        assert_eq!(view.counts(&ann, Folder::Inbox).unwrap(), Counts { total: u64::from(shown), unread });
        assert_eq!(view.mailboxes().unwrap().len(), usize::from(shown));
        assert_eq!(view.queue_counts().unwrap(), counts);
        let queue = view.queue(Queue::Primary, None, 10).unwrap();
        assert_eq!(queue.len() as u64, counts.primary);
        assert_eq!(view.held(None, 10).unwrap().len() as u64, counts.held);
    };
    let none = QueueCounts::default();
    let set = |state| drop(store.write_wait(vec![delivery(seq, 0, state)], START).unwrap());
    check(false, 0, QueueCounts { in_session: 1, ..none });
    set(refused());
    check(false, 0, none);
    set(queued());
    check(true, 1, QueueCounts { primary: 1, ..none });
    store.write_wait(vec![Change::Flags { mailbox: ann.clone(), message: seq, add: Flags::SEEN, remove: Flags::NONE }], START).unwrap();
    check(true, 0, QueueCounts { primary: 1, ..none });
    set(held());
    check(true, 0, QueueCounts { held: 1, ..none });
    set(delivered());
    check(true, 0, none);
    set(refused());
    check(false, 0, none);
}

#[test]
fn two_recipients_of_one_mailbox_show_one_entry() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let (ann, view) = (mailbox("ann"), store.view());
    let states = DeliveryState::InSession;
    let seq = store.write_wait(vec![message(&["ann", "ann"], &states, START, b"x")], START).unwrap()[0];
    let check = |total| assert_eq!(view.counts(&ann, Folder::Inbox).unwrap(), Counts { total, unread: total });
    check(0);
    store.write_wait(vec![delivery(seq, 1, delivered())], START).unwrap();
    check(1);
    store.write_wait(vec![delivery(seq, 0, delivered())], START).unwrap();
    check(1);
    store.write_wait(vec![delivery(seq, 1, refused())], START).unwrap();
    check(1);
    store.write_wait(vec![delivery(seq, 0, refused())], START).unwrap();
    check(0);
}

#[test]
fn writes_are_in_order_and_each_is_completed_once() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let (sender, receiver) = std::sync::mpsc::channel();
    for number in 0..300_u32 {
        let sender = sender.clone();
        let done: Completion = Box::new(move |written| sender.send((number, written.unwrap())).unwrap());
        store.write(vec![message(&["ann"], &queued(), START, b"x"), message(&["bob"], &queued(), START, b"y")], START, done);
    }
    store.close();
    drop(sender);
    let all: Vec<(u32, Vec<Seq>)> = receiver.into_iter().collect();
    assert_eq!(all.len(), 300);
    for (at, (number, seqs)) in all.into_iter().enumerate() {
        let first = 2 * at as u64 + 1;
        assert_eq!((number, seqs), (at as u32, vec![Seq(first), Seq(first + 1)]));
    }
    assert!(matches!(store.write_wait(vec![delivery(Seq(1), 0, queued())], START), Err(StoreError::Closed)));
    assert!(matches!(store.purge(START, Pins::default(), START), Err(StoreError::Closed)));
}

#[test]
fn a_completion_that_panics_stops_nobody() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    store.write(vec![message(&["ann"], &queued(), START, b"x")], START, Box::new(|_| panic!("on purpose")));
    assert_eq!(store.write_wait(vec![message(&["ann"], &queued(), START, b"x")], START).unwrap(), [Seq(2)]);
    assert_eq!(store.write_wait(vec![], START).unwrap(), []);
}

#[test]
fn one_process_at_a_time() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    assert!(matches!(Store::open(&folders.options(), Arc::new(Disk), START), Err(StoreError::InUse)));
    assert!(matches!(fsck::throw_views_away(folders.path()), Err(StoreError::InUse)));
    drop(store);
    folders.open();
}

#[test]
fn what_could_not_be_read_back_is_refused() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let odd = Address::unchecked("ann", "no domain");
    let mut bad = accepted(&["ann"], &queued(), START);
    bad.recipients[0].address = odd;
    let change = Change::Message(Box::new(bad), Staged::from_bytes(vec![]).into());
    assert!(matches!(store.write_wait(vec![change], START), Err(StoreError::Damaged(_))));
    assert_eq!(store.write_wait(vec![message(&["ann"], &queued(), START, b"x")], START).unwrap(), [Seq(1)]);
}

/// Prints how many lone and grouped messages a second this disk takes.
#[test]
#[ignore = "a measurement"]
fn throughput() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let body = vec![b'x'; 4096];
    let started = std::time::Instant::now();
    for _ in 0..500 {
        store.write_wait(vec![message(&["ann"], &queued(), START, &body)], START).unwrap();
    }
    let lone = 500.0 / started.elapsed().as_secs_f64();
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| (0..100).for_each(|_| drop(store.write_wait(vec![message(&["ann"], &queued(), START, &body)], START).unwrap())));
        }
    });
    println!("lone: {lone:.0}/s, 50 at a time: {:.0}/s", 5000.0 / started.elapsed().as_secs_f64());
    println!("index: {} octets for 5500 messages", store.view().size());
    let started = std::time::Instant::now();
    drop(store);
    folders.remove_index();
    let started_rebuild = std::time::Instant::now();
    let (_store, recovery) = folders.open();
    println!("close: {:?}, rebuild: {:?} for {} records", started_rebuild - started, started_rebuild.elapsed(), recovery.records);
}
