//! Walks through messages by number.

use super::*;

fn filled(times: &[u64]) -> (Folders, Store) {
    let folders = Folders::new();
    let (store, _) = folders.open();
    for seconds in times {
        let at = START.plus(std::time::Duration::from_secs(*seconds));
        store.write_wait(vec![message(&["ann", "bob"], &queued(), at, b"x")], at).unwrap();
    }
    (folders, store)
}

fn numbers(store: &Store, mut walk: Option<Walk>, wants: &dyn Fn(&[Delivery]) -> bool) -> (Vec<u64>, usize) {
    let (mut found, mut looked) = (Vec::new(), 0);
    while let Some(next) = walk {
        let page = store.view().walk(&next, wants).unwrap();
        assert!(page.looked <= next.page);
        looked += page.looked;
        found.extend(page.found.iter().map(|one| one.message.0));
        walk = page.rest;
    }
    (found, looked)
}

fn check(from: u64, before: Option<u64>, newest_first: bool, expected: &[u64]) {
    let (_folders, store) = filled(&(0..10).collect::<Vec<_>>());
    for page in [1, 3, 100] {
        let walk = Walk { from: Seq(from), before: before.map(Seq), newest_first, page };
        assert_eq!(numbers(&store, Some(walk), &|_| true), (expected.to_vec(), expected.len()), "{walk:?}");
    }
}

#[test]
fn both_ways_whatever_the_size_of_a_page() {
    check(0, None, false, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    check(0, None, true, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    check(3, Some(6), false, &[3, 4, 5]);
    check(3, Some(6), true, &[5, 4, 3]);
    check(11, None, true, &[]);
    check(6, Some(3), true, &[]);
    check(6, Some(3), false, &[]);
}

#[test]
fn what_nobody_wants_is_looked_at_and_not_read() {
    let (_folders, store) = filled(&[0, 1, 2]);
    store.write_wait(vec![delivery(Seq(2), 0, held())], START).unwrap();
    let walk = Walk { from: Seq(0), before: None, newest_first: true, page: 2 };
    let is_held = |deliveries: &[Delivery]| deliveries.iter().any(|to| to.state == held());
    assert_eq!(numbers(&store, Some(walk), &is_held), (vec![2], 3));
    let found = store.view().walk(&Walk { page: 10, ..walk }, &is_held).unwrap().found.remove(0);
    assert_eq!((found.accepted.session.as_str(), found.deliveries.len(), found.size), ("4f2a", 2, 1));
}

#[test]
fn a_time_leaves_out_no_message_however_the_clock_was_set() {
    // It went a day on and came back: the third message is older by the clock than the second.
    let (folders, store) = filled(&[100, 90_000, 50, 60]);
    assert_eq!(store.view().floor(START).unwrap(), Seq(1));
    let floor = |seconds| store.view().floor(START.plus(std::time::Duration::from_secs(seconds))).unwrap();
    assert_eq!([floor(60), floor(100), floor(101)], [Seq(1), Seq(1), Seq(2)]);
    assert_eq!([floor(90_000), floor(90_001)], [Seq(2), Seq(u64::MAX)]);
    store.close();
    drop(store);
    let (store, _) = folders.open();
    assert_eq!(store.view().floor(START).unwrap(), Seq(1));
}
