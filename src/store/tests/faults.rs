//! Every single operation of a scripted piece of work fails once; nothing that was acknowledged may be lost.

use std::collections::BTreeMap;

use super::faulty::{Fault, Faulty};
use super::*;

/// What was acknowledged: bodies by number, and the last state of the first recipient.
#[derive(Default)]
struct Known {
    bodies: BTreeMap<Seq, Vec<u8>>,
    states: BTreeMap<Seq, DeliveryState>,
    purged: Option<usize>,
}

/// Opens, writes over three days, purges, appends to the ledger, closes; keeps what was acknowledged.
fn script(folders: &Folders, files: &Arc<Faulty>, known: &mut Known) -> Vec<Line> {
    let files: Arc<dyn Files> = Arc::clone(files) as Arc<dyn Files>;
    let mut lines = Vec::new();
    if let Ok((ledger, _)) = Ledger::open(&folders.path().join("ledger"), Arc::clone(&files)) {
        lines.extend((0..3).filter_map(|number| ledger.append("audit", &number, START).ok()));
    }
    let Ok((store, _)) = Store::open(&folders.options(), files, START) else { return lines };
    let old = Wall(START.0 - 5 * DAY_MS);
    let _ = store.write_wait(vec![message(&["ann"], &delivered(), old, b"old")], old);
    for number in 0..6_u64 {
        let at = Wall(START.0 + number / 2 * DAY_MS);
        let body = vec![number as u8; if number == 3 { 700_000 } else { 100 }];
        let Ok(seqs) = store.write_wait(vec![message(&["ann"], &queued(), at, &body), message(&["bob"], &queued(), at, b"b")], at) else {
            continue;
        };
        known.bodies.insert(seqs[0], body);
        known.states.insert(seqs[0], queued());
        if store.write_wait(vec![delivery(seqs[0], 0, held())], at).is_ok() {
            known.states.insert(seqs[0], held());
        }
        let _ = store.write_wait(vec![delivery(seqs[1], 0, delivered())], at);
    }
    // The index shows what is acknowledged, also after a failure.
    for (seq, state) in &known.states {
        assert_eq!(&store.view().deliveries(*seq).unwrap()[0].state, state);
    }
    let first = known.bodies.keys().next().copied();
    if let Some(first) = first
        && store.write_wait(vec![delivery(first, 0, delivered())], START).is_ok()
    {
        known.states.insert(first, delivered());
    }
    known.purged = store.purge(Wall(START.0 + DAY_MS), Pins::default(), Wall(START.0 + 3 * DAY_MS)).ok();
    // A segment that was left early may hold nothing but this one, and then it may go.
    let gone = |seq: &Seq| known.states[seq] == delivered();
    known.bodies.retain(|seq, _| !gone(seq));
    lines
}

fn check(folders: &Folders, known: &Known, lines: &[Line], what: &str) {
    let (store, recovery) = folders.open();
    assert_eq!(recovery.damaged, Vec::<String>::new(), "{what}");
    for (seq, body) in &known.bodies {
        assert_eq!(&store.body(*seq).unwrap_or_else(|error| panic!("{what}: {seq}: {error}")), body, "{what}");
        assert_eq!(store.view().deliveries(*seq).unwrap()[0].state, known.states[seq], "{what}");
    }
    let live = store.view().dump();
    drop(store);
    folders.remove_index();
    let (store, _) = folders.open();
    assert_eq!(store.view().dump(), live, "{what}");
    let (ledger, found) = Ledger::open(&folders.path().join("ledger"), Arc::new(Disk)).unwrap();
    assert_eq!((found.as_slice(), ledger.broken_at()), (lines, None), "{what}");
}

/// Runs the script once without a fault and once for each operation that the fault can meet.
fn check_each_operation(fault: Fault) {
    let healthy = Arc::new(Faulty::new(fault, u64::MAX));
    let folders = Folders::new();
    let mut known = Known::default();
    let lines = script(&folders, &healthy, &mut known);
    assert_eq!((known.bodies.len(), lines.len(), known.purged), (5, 3, Some(2)), "without faults everything is acknowledged");
    check(&folders, &known, &lines, "healthy");
    assert!(healthy.operations() > 20, "{}", healthy.operations());
    for fails_at in 0..healthy.operations() {
        let folders = Folders::new();
        let mut known = Known::default();
        let lines = script(&folders, &Arc::new(Faulty::new(fault, fails_at)), &mut known);
        check(&folders, &known, &lines, &format!("{fault:?} at operation {fails_at}"));
    }
}

#[test]
fn any_operation_that_fails_loses_nothing_acknowledged() {
    check_each_operation(Fault::Eio);
}

#[test]
fn a_full_disk_loses_nothing_acknowledged() {
    check_each_operation(Fault::Enospc);
}

#[test]
fn a_short_write_loses_nothing_acknowledged() {
    check_each_operation(Fault::Short);
}

#[test]
fn opening_with_a_failure_harms_nothing() {
    let folders = Folders::new();
    let mut known = Known::default();
    let lines = script(&folders, &Arc::new(Faulty::new(Fault::Eio, u64::MAX)), &mut known);
    for remove_index in [false, true] {
        for fails_at in 0..40 {
            let crashed = folders.crashed();
            if remove_index {
                crashed.remove_index();
            }
            let faulty = Arc::new(Faulty::new(Fault::Eio, fails_at));
            drop(Store::open(&crashed.options(), faulty, START));
            check(&crashed, &known, &lines, &format!("operation {fails_at} of opening, index removed: {remove_index}"));
        }
    }
}

#[test]
fn a_failed_segment_is_left_and_the_next_write_goes_on() {
    let folders = Folders::new();
    let healthy = Arc::new(Faulty::new(Fault::Eio, u64::MAX));
    let (store, _) = folders.open_with(healthy.clone());
    store.write_wait(vec![message(&["ann"], &queued(), START, b"first")], START).unwrap();
    let before = healthy.operations();
    drop(store);
    // The same again, with the fault at the sync of the second write: free space, write, sync.
    for later in [1, 2] {
        let folders = Folders::new();
        let faulty = Arc::new(Faulty::new(Fault::Eio, before + later - 1));
        let (store, _) = folders.open_with(faulty);
        store.write_wait(vec![message(&["ann"], &queued(), START, b"first")], START).unwrap();
        let failed = store.write_wait(vec![message(&["ann"], &queued(), START, b"second")], START);
        assert!(matches!(failed, Err(StoreError::Io(_))), "{later}: {failed:?}");
        let seqs = store.write_wait(vec![message(&["ann"], &queued(), START, b"third")], START).unwrap();
        assert_eq!(seqs, [Seq(3)], "the number of the failed one is not used again");
        assert_eq!(folders.segments().len(), 2);
        assert_eq!(store.body(Seq(1)).unwrap(), b"first");
        assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, 2);
        drop(store);
        folders.remove_index();
        let (store, _) = folders.open();
        assert!(store.view().message(Seq(2)).unwrap().is_none(), "what was refused stays away");
        assert_eq!(store.body(Seq(3)).unwrap(), b"third");
    }
}

#[test]
fn what_a_failed_segment_still_holds_is_void_even_if_it_was_not_cut() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    store.write_wait(vec![message(&["ann"], &queued(), START, b"first")], START).unwrap();
    let first = folders.segments()[0].clone();
    let acknowledged = folders.written(&first).len();
    store.write_wait(vec![message(&["ann"], &queued(), START, b"refused")], START).unwrap();
    let with_refused = folders.written(&first);
    drop(store);
    // As if the second write had failed: cut, a new segment, and then the octets come back.
    let again = Folders::new();
    let path = again.path().join("spool").join(first.file_name().unwrap());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, &with_refused[..acknowledged]).unwrap();
    let (store, _) = again.open();
    store.write_wait(vec![message(&["ann"], &queued(), START, b"next")], START).unwrap();
    drop(store);
    std::fs::write(&path, &with_refused).unwrap();
    again.remove_index();
    let (store, recovery) = again.open();
    assert_eq!(recovery.damaged, Vec::<String>::new());
    assert_eq!(store.view().counts(&mailbox("ann"), Folder::Inbox).unwrap().total, 2);
    assert_eq!(store.body(Seq(2)).unwrap(), b"next");
}

#[test]
fn below_the_reserve_mail_is_refused_and_state_still_fits() {
    let folders = Folders::new();
    let faulty = Arc::new(Faulty::new(Fault::Enospc, u64::MAX));
    let (store, _) = folders.open_with(faulty.clone());
    let at = |second: u64| Wall(START.0 + second * 1000);
    let mail = |second| store.write_wait(vec![message(&["ann"], &queued(), at(second), b"x")], at(second));
    mail(0).unwrap();
    faulty.set_free(crate::limits::DISK_RESERVE_OCTETS - 1);
    assert!(matches!(mail(5), Err(StoreError::Full)));
    store.write_wait(vec![delivery(Seq(1), 0, delivered())], at(5)).unwrap();
    faulty.set_free(crate::limits::DISK_RESERVE_OCTETS + 100_000);
    mail(10).unwrap();
    let large = vec![0; 200_000];
    let refused = store.write_wait(vec![message(&["ann"], &queued(), at(10), &large)], at(10));
    assert!(matches!(refused, Err(StoreError::Full)));
}

#[test]
fn a_body_that_cannot_be_read_fails_its_own_write_only() {
    for spoil in [Staged::lose, Staged::rot] {
        a_body_spoilt(spoil);
    }
}

fn a_body_spoilt(spoil: impl Fn(&Staged)) {
    let folders = Folders::new();
    let (store, _) = folders.open();
    store.write_wait(vec![message(&["ann"], &queued(), START, b"before")], START).unwrap();
    let mut staged = store.stage();
    staged.write(&vec![7; 1_000_000]).unwrap();
    spoil(&staged);
    let lost = Change::Message(Box::new(accepted(&["ann"], &queued(), START)), staged.into());
    let unit = vec![message(&["ann"], &queued(), START, b"same unit"), lost];
    assert!(matches!(store.write_wait(unit, START), Err(StoreError::Io(_))));
    let after = store.write_wait(vec![message(&["ann"], &queued(), START, b"after")], START).unwrap()[0];
    assert_eq!(folders.segments().len(), 1, "the segment did nothing wrong");
    drop(store);
    folders.remove_index();
    let (store, recovery) = folders.open();
    assert_eq!((recovery.records, recovery.damaged.len(), recovery.torn_octets), (2, 0, 0));
    assert_eq!(store.body(after).unwrap(), b"after");
}
