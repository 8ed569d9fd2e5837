//! The spool's format against every cut and every flipped octet.

use super::*;
use crate::store::record::Placed;

/// Numbers of the records that count, in order, and what else reading found.
fn read(spool: &Path) -> (Vec<u64>, recover::Replayed) {
    let segments = segment::list(&Disk, spool).unwrap();
    let mut seqs = Vec::new();
    let mut each = |unit: Vec<Placed>| {
        seqs.extend(unit.iter().map(|placed| placed.header.seq.0));
        Ok(())
    };
    let replayed = recover::read_spool(&Disk, &segments, &index::Applied::default(), &mut each).unwrap();
    (seqs, replayed)
}

/// A spool with one segment: units of 1, 3, 1, 2 and 1 records, each in a group of its own. Gives where each record ends.
fn sample() -> (Folders, PathBuf, Vec<u64>) {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let small = |body: &[u8]| message(&["ann"], &queued(), START, body);
    store.write_wait(vec![small(b"one")], START).unwrap();
    store.write_wait(vec![delivery(Seq(1), 0, held()), small(b"two"), delivery(Seq(1), 0, queued())], START).unwrap();
    store.write_wait(vec![small(b"three")], START).unwrap();
    store.write_wait(vec![delivery(Seq(1), 0, delivered()), small(b"four")], START).unwrap();
    store.write_wait(vec![small(b"five")], START).unwrap();
    drop(store);
    let path = folders.segments()[0].clone();
    let segments = segment::list(&Disk, &folders.path().join("spool")).unwrap();
    let mut ends = Vec::new();
    let mut each = |unit: Vec<Placed>| {
        ends.extend(unit.iter().map(Placed::end));
        Ok(())
    };
    recover::read_spool(&Disk, &segments, &index::Applied::default(), &mut each).unwrap();
    assert_eq!(ends.len(), 8);
    (folders, path, ends)
}

/// The unit of each record, by its number from 0.
const UNITS: [&[u64]; 5] = [&[1], &[2, 3, 4], &[5], &[6, 7], &[8]];

#[test]
fn a_cut_at_any_octet_leaves_the_whole_units_before_it() {
    let (folders, path, ends) = sample();
    let bytes = std::fs::read(&path).unwrap();
    let file = Disk.open(&path, How::Write).unwrap();
    for cut in (0..=bytes.len()).rev() {
        file.truncate(cut as u64).unwrap();
        let (seqs, replayed) = read(&folders.path().join("spool"));
        let whole = UNITS.iter().filter(|unit| ends[*unit.last().unwrap() as usize - 1] <= cut as u64);
        let expected: Vec<u64> = whole.copied().flatten().copied().collect();
        assert_eq!(seqs, expected, "cut at {cut}");
        assert_eq!(replayed.damaged, Vec::<String>::new(), "cut at {cut}");
        let end = expected.last().map_or(64.min(cut as u64), |last| ends[*last as usize - 1]);
        let torn = bytes[end as usize..cut].iter().rposition(|octet| *octet != 0).map_or(0, |last| last as u64 + 1);
        assert_eq!(replayed.torn_octets, torn, "cut at {cut}");
    }
}

#[test]
fn a_flipped_octet_anywhere_loses_one_record_at_most() {
    let (folders, path, ends) = sample();
    let bytes = std::fs::read(&path).unwrap();
    let file = Disk.open(&path, How::Write).unwrap();
    for at in 0..bytes.len() {
        file.write_at(at as u64, &[bytes[at] ^ 0x10]).unwrap();
        let (seqs, replayed) = read(&folders.path().join("spool"));
        file.write_at(at as u64, &bytes[at..=at]).unwrap();
        let hit = ends.iter().position(|end| (at as u64) < *end).filter(|_| at >= 64).map(|record| record as u64 + 1);
        let expected: Vec<u64> = (1..=8).filter(|seq| Some(*seq) != hit).collect();
        assert_eq!(seqs, expected, "flipped {at}");
        // The last record may have been torn as well as damaged; everything before it was acknowledged.
        let torn = hit == Some(8);
        assert_eq!(replayed.damaged.is_empty(), torn, "flipped {at}: {:?}", replayed.damaged);
        assert_eq!(replayed.torn_octets > 0, torn, "flipped {at}");
    }
}

#[test]
fn a_destroyed_block_loses_only_what_it_touches() {
    let (folders, path, ends) = sample();
    let bytes = std::fs::read(&path).unwrap();
    for start in (0..bytes.len()).step_by(37) {
        let end = (start + 400).min(bytes.len());
        let mut broken = bytes.clone();
        broken[start..end].fill(0);
        std::fs::write(&path, &broken).unwrap();
        let (seqs, _) = read(&folders.path().join("spool"));
        let starts = std::iter::once(64).chain(ends.iter().copied());
        let untouched = starts.zip(&ends).map(|(from, to)| *to <= start as u64 || from >= end as u64);
        let expected: Vec<u64> = (1..=8).zip(untouched).filter(|(_, untouched)| *untouched).map(|(seq, _)| seq).collect();
        // A fragment of the last units may be one that was never acknowledged.
        let missing: Vec<u64> = expected.iter().copied().filter(|seq| !seqs.contains(seq)).collect();
        let last_known = seqs.last().copied().unwrap_or(0);
        assert!(missing.iter().all(|seq| *seq > last_known), "{start}: {seqs:?} instead of {expected:?}");
        assert!(seqs.iter().all(|seq| expected.contains(seq)), "{start}: {seqs:?}");
        if end < 64 + 400 {
            assert!(missing.is_empty());
        }
    }
}

#[test]
fn records_inside_a_body_are_never_taken_for_records() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    // A message that carries a copy of another segment, as an attachment may.
    let (_other, other_path, _) = sample();
    let smuggled = std::fs::read(other_path).unwrap();
    store.write_wait(vec![message(&["ann"], &queued(), START, b"before")], START).unwrap();
    store.write_wait(vec![message(&["ann"], &queued(), START, &smuggled)], START).unwrap();
    store.write_wait(vec![message(&["ann"], &queued(), START, b"after")], START).unwrap();
    let second = store.view().place(Seq(2)).unwrap().unwrap();
    drop(store);
    let path = &folders.segments()[0];
    let mut bytes = std::fs::read(path).unwrap();
    bytes[second.offset as usize + 20] ^= 1;
    std::fs::write(path, bytes).unwrap();
    let (seqs, replayed) = read(&folders.path().join("spool"));
    assert_eq!(seqs, [1, 3]);
    assert_eq!(replayed.damaged.len(), 1);
}

#[test]
fn random_garbage_is_read_without_harm() {
    let (folders, path, _) = sample();
    let bytes = std::fs::read(&path).unwrap();
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..300 {
        let mut broken = bytes.clone();
        for _ in 0..random.usize(1..20) {
            let at = random.usize(..broken.len());
            match random.u8(..4) {
                0 => broken[at] = random.u8(..),
                1 => drop(broken.drain(at..(at + random.usize(..200)).min(broken.len() - 1).max(at))),
                2 => broken.splice(at..at, bytes[..random.usize(..bytes.len())].iter().copied()).for_each(drop),
                _ => broken.truncate(at.max(1)),
            }
        }
        std::fs::write(&path, &broken).unwrap();
        let (seqs, _) = read(&folders.path().join("spool"));
        assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed} round {round}: {seqs:?}");
        assert!(seqs.iter().all(|seq| (1..=8).contains(seq)), "seed {seed} round {round}: {seqs:?}");
    }
}
