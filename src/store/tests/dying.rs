//! The disk fails from some operation on, for good or for a while, at every operation in turn; or one fsync fails and loses what it
//! should have written. When the disk is well again, the store goes on without a restart; and nothing acknowledged is lost, not even
//! if the power goes then.

use std::time::{Duration, Instant};

use super::simulated::{Failure, Image, Lie, Luck};
use super::trial::{Fact, Known, Replay, Session, compare, go_on, work};
use super::*;

/// Ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many operations fail when it is only for a while.
const A_WHILE: u64 = 9;

/// Two days of work in little; what is open at its end. It goes on whatever the store says.
fn script(session: &Session) -> (Option<Ledger>, Option<Store>) {
    let day = |number: u64| Wall(START.0 + number * DAY_MS);
    let ledger = session.open_ledger().ok().map(|(ledger, _)| ledger);
    ledger.iter().for_each(|ledger| session.line(ledger));
    let Ok((store, _)) = Store::open(&session.folders.options(), Arc::new(session.disk.clone()), START) else { return (ledger, None) };
    let alone = |unit, sizes: &[u32], at| session.write(&store, unit, sizes, at).recv().unwrap();
    alone(0, &[4000], day(0));
    alone(3, &[10, 700], day(0));
    session.state(&store, 3, 1, day(0));
    session.write_together(&store, &[(5, &[300_000, 20]), (6, &[50])], day(1));
    session.relocate(&store, 5, day(1));
    session.noter()(Fact::PurgeAsked);
    let _ = store.purge(day(1), Pins::default(), day(2));
    session.state(&store, 3, 2, day(2));
    ledger.iter().for_each(|ledger| session.line(ledger));
    (ledger, Some(store))
}

/// Waits until the index answers: it is tried again after a while when the disk would not have it.
fn wait_for_the_index(store: &Store) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    while let Err(error) = store.view().counts(&mailbox("ann"), Folder::Inbox) {
        if Instant::now() > end {
            return Err(format!("the index does not come back: {error}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Runs the script with a failure, heals the disk, goes on; then starts again, and once more after a power cut. How many operations the failure could have
/// met.
fn check(failure: Failure, numbers: std::ops::Range<u64>) -> u64 {
    let what = format!("{failure:?} at operations {numbers:?}");
    let root = temporary();
    let session = Session::new(root.path(), Image::default(), Lie::None);
    session.disk.fail(failure, numbers);
    let (ledger, store) = script(&session);
    let met = session.disk.heal();
    let mut known = Known::default();
    session.facts.lock().unwrap().iter().for_each(|fact| known.learn(fact));
    let mut problems = Vec::new();
    if let Some(store) = store {
        problems.extend(wait_for_the_index(&store).err());
        problems.extend(compare(&store, &mut known));
        problems.extend(work(&session, &store, &known, 101));
    }
    ledger.iter().for_each(|ledger| session.line(ledger));
    assert!(problems.is_empty(), "{what}: {}", problems.join("\n"));
    // All that was ever said, and the disk as it is now.
    let mut replay = Replay::new(&session);
    session.disk.events().iter().for_each(|event| replay.play(event));
    for (luck, end) in [(Luck::Everything, "a restart"), (Luck::Nothing, "a power cut")] {
        let again = temporary();
        let after = replay.cut(again.path(), &mut { luck });
        let problems = go_on(&after, &mut replay.known.clone(), 200);
        assert!(problems.is_empty(), "{what}, then {end}: {}", problems.join("\n"));
    }
    met
}

fn check_each(failure: Failure, length: u64) {
    let operations = check(failure, u64::MAX..u64::MAX);
    assert!(operations > 5, "the script does something: {operations}");
    for from in 0..operations {
        check(failure, from..from.saturating_add(length));
    }
}

#[test]
fn a_disk_that_dies_and_is_well_again() {
    check_each(Failure::Dead, u64::MAX);
}

#[test]
fn a_disk_that_is_dead_for_a_while() {
    check_each(Failure::Dead, A_WHILE);
}

#[test]
fn a_disk_that_is_full_and_has_room_again() {
    check_each(Failure::Full, u64::MAX);
}

#[test]
fn writes_that_get_half_way_for_a_while() {
    check_each(Failure::Short, A_WHILE);
}

#[test]
fn an_fsync_that_fails_and_loses_what_it_should_have_written() {
    check_each(Failure::Sync, 1);
    check_each(Failure::Sync, u64::MAX);
}
