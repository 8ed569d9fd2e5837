//! Any prefix of the spool is a spool: its index is consistent, replaying changes nothing, and a second index equals the first.

use std::collections::BTreeSet;

use super::super::scan::{Item, Scanner};
use super::super::segment::Segment;
use super::workload::{Work, check_counters};
use super::*;

/// Besides every end of a record, the spool is cut at so many octets at random.
const RANDOM_CUTS: usize = 40;

/// Random work of some days, in which retention may have dropped and carried over; closed in order.
fn spool(random: &mut fastrand::Rng, with_purge: bool) -> Folders {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let mut work = Work::new(random.u64(..));
    let mut dropped = 0;
    for round in 0..3 {
        work.run(&store, 20);
        if with_purge {
            work.deliver_most(&store);
        }
        work.at = Wall(work.at.0 + 2 * DAY_MS);
        work.run(&store, 3);
        // The last days stay.
        if with_purge && round < 2 {
            dropped += store.purge(Wall(work.at.0 - DAY_MS), Pins::default(), work.at).unwrap();
            work.messages.retain(|(message, _)| store.view().message(*message).unwrap().is_some());
        }
    }
    assert_eq!(dropped > 0, with_purge, "retention had something to do, if it was asked");
    drop(store);
    folders
}

fn segments(folders: &Folders) -> Vec<Segment> {
    segment::list(&Disk, &folders.path().join("spool")).unwrap()
}

/// Where the records of a segment end.
fn ends(segment: &Segment) -> BTreeSet<u64> {
    let file = Disk.open(&segment.path, How::Read).unwrap();
    let from = record::HEADER_OCTETS as u64;
    let scanner = Scanner::new(&*file, from, segment.limit(), segment.header.map(|header| header.tag), 0);
    let end = |item| match item {
        Item::Record(record) => record.end(),
        Item::Gap(from, to) => panic!("{}: a gap from {from} to {to}", segment.name()),
    };
    scanner.map(end).chain([from]).collect()
}

/// The spool up to an octet of one of its segments.
fn prefix(segments: &[Segment], last: usize, octets: u64) -> Folders {
    let folders = Folders::new();
    let spool = folders.path().join("spool");
    std::fs::create_dir_all(&spool).unwrap();
    for (at, segment) in segments[..=last].iter().enumerate() {
        let mut bytes = std::fs::read(&segment.path).unwrap();
        if at == last {
            bytes.truncate(octets as usize);
        }
        std::fs::write(spool.join(segment.name()), bytes).unwrap();
    }
    folders
}

fn new_index(folders: &Folders) -> (tempfile::TempDir, index::Index, recover::Replayed) {
    let folder = temporary();
    let (index, _) = index::Index::open(folder.path()).unwrap();
    let replayed = recover::catch_up(&Disk, &segments(folders), &index, &mut |_, _| true).unwrap();
    (folder, index, replayed)
}

fn check(folders: &Folders, what: &str) {
    let (_first_folder, index, replayed) = new_index(folders);
    assert_eq!(replayed.damaged, Vec::<String>::new(), "{what}");
    let once = index.dump();
    // Once more from the start, and once more from where it is: nothing changes.
    let mut each = |unit: Vec<record::Placed>| index.apply(&[unit]);
    recover::read_spool(&Disk, &segments(folders), &index::Applied::default(), &mut each).unwrap();
    recover::catch_up(&Disk, &segments(folders), &index, &mut |_, _| true).unwrap();
    assert!(index.dump() == once, "{what}: replayed twice");
    let (_second_folder, second, _) = new_index(folders);
    assert!(second.dump() == once, "{what}: a second index differs");
    // The store that opens on it has the same, after it has queued what was interrupted.
    let (store, found) = folders.open();
    assert_eq!(found.damaged, Vec::<String>::new(), "{what}");
    check_counters(&store, 0);
    let live = store.view().dump();
    drop(store);
    let (_third_folder, third, _) = new_index(folders);
    assert!(third.dump() == live, "{what}: a new index differs from the live one");
}

fn check_prefixes(with_purge: bool) {
    let seed = std::env::var("LIFEBOAT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("LIFEBOAT_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let whole = spool(&mut random, with_purge);
    let segments = segments(&whole);
    assert!(segments.len() > 1, "several days");
    for (at, segment) in segments.iter().enumerate() {
        let mut cuts = ends(segment);
        cuts.extend((0..RANDOM_CUTS / segments.len()).map(|_| random.u64(..=segment.limit())));
        for octets in cuts {
            check(&prefix(&segments, at, octets), &format!("seed {seed}, {} up to octet {octets}", segment.name()));
        }
    }
}

#[test]
fn any_prefix_replays_to_a_consistent_index() {
    check_prefixes(false);
}

#[test]
fn any_prefix_of_what_retention_left_does_too() {
    check_prefixes(true);
}
