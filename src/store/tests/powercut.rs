//! The power goes at every single operation of a scripted piece of work, and again later in what comes after.
//!
//! `LIFEBOAT_POWERCUTS=N` tries N outcomes of each cut instead of a few, `LIFEBOAT_SEED=N` repeats a run.

use super::simulated::{Event, Image, Lie, Luck};
use super::trial::{DELIVERED, Fact, Replay, Session, go_on};
use super::*;

const OUTCOMES: usize = 3;
/// So many are enough.
const PROBLEMS_MAX: usize = 200;

/// Three days of work: small and large messages, alone and together, changes of state, failed fsyncs, a purge that carries over.
fn script(session: &Session) {
    let day = |number: u64| Wall(START.0 + number * DAY_MS);
    let (ledger, _) = session.open_ledger().unwrap();
    (0..3).for_each(|_| session.line(&ledger));
    let (store, _) = session.open().unwrap();
    let alone = |unit, sizes: &[u32], at| session.write(&store, unit, sizes, at).recv().unwrap();
    let state = |unit, number, at| session.state(&store, unit, number, at);
    for unit in DELIVERED {
        alone(unit, &[4000], day(0));
    }
    alone(3, &[10, 700], day(0));
    state(3, 1, day(0));
    session.write_together(&store, &[(4, &[100]), (5, &[3000, 20, 900]), (6, &[50]), (7, &[1400])], day(1));
    session.relocate(&store, 5, day(1));
    alone(8, &[300_000], day(1));
    session.write_together(&store, &[(9, &[2000]), (10, &[270_000, 5]), (11, &[10])], day(1));
    state(5, 1, day(1));
    // The disk refuses: the segment is left, and what was acknowledged stays.
    session.disk.fail_syncs(1);
    alone(12, &[800, 800], day(1));
    alone(13, &[60], day(1));
    session.disk.fail_syncs(1);
    state(5, 2, day(1));
    state(5, 3, day(1));
    session.line(&ledger);
    session.write_together(&store, &[(14, &[600, 600]), (15, &[0])], day(2));
    session.noter()(Fact::PurgeAsked);
    store.purge(day(1), Pins::default(), day(2)).unwrap();
    state(3, 2, day(2));
    session.relocate(&store, 13, day(2));
    session.disk.fail_syncs(1);
    session.write_together(&store, &[(16, &[600]), (17, &[1, 2])], day(2));
    session.write_together(&store, &[(18, &[600]), (19, &[1, 2])], day(2));
    session.line(&ledger);
}

/// Cuts the power; opens, compares and goes on; cuts it again at some instant of that; opens and compares again.
fn cut_twice(replay: &Replay<'_>, luck: &mut Luck, random: &mut fastrand::Rng) -> Vec<String> {
    let (root, again) = (temporary(), temporary());
    let session = replay.cut(root.path(), luck);
    let (image, mut known) = (session.disk.image(), replay.known.clone());
    let problems = go_on(&session, &mut known, 100);
    if !problems.is_empty() {
        return problems;
    }
    // What was shown had been on disk before anything was done in this session: it counts from its first event on.
    let mut replay = Replay { session: &session, image, known };
    let events = session.disk.events();
    events[..random.usize(..=events.len())].iter().for_each(|event| replay.play(event));
    let after = replay.cut(again.path(), &mut Luck::Random(random.fork()));
    let problems = go_on(&after, &mut replay.known, 200);
    problems.into_iter().map(|problem| format!("after a second cut: {problem}")).collect()
}

/// Runs the script once and cuts the power at every operation of it; the problems that were found, and how many cuts were tried.
fn cut_everywhere(lie: Lie, outcomes: usize, seed: u64) -> (Vec<String>, usize) {
    let root = temporary();
    let session = Session::new(root.path(), Image::default(), lie);
    script(&session);
    let events: Vec<Event> = session.disk.events();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut replay = Replay::new(&session);
    let (mut problems, mut cuts) = (Vec::new(), 0);
    for (at, event) in events.iter().enumerate() {
        replay.play(event);
        // A note changes nothing on the disk: the cut comes behind it, when more was promised.
        if matches!(events.get(at + 1), Some(Event::Noted(_))) {
            continue;
        }
        for outcome in 0..outcomes {
            let mut luck = match outcome {
                0 => Luck::Nothing,
                1 => Luck::Everything,
                _ => Luck::Random(random.fork()),
            };
            let found = cut_twice(&replay, &mut luck, &mut random);
            cuts += 1;
            problems.extend(found.into_iter().map(|problem| format!("seed {seed}, cut after event {at}, outcome {outcome}: {problem}")));
            if problems.len() >= PROBLEMS_MAX {
                return (problems, cuts);
            }
        }
    }
    (problems, cuts)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn a_power_cut_at_any_operation_loses_nothing_acknowledged() {
    let seed = number("LIFEBOAT_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("LIFEBOAT_SEED={seed}");
    let outcomes = number("LIFEBOAT_POWERCUTS").map_or(OUTCOMES, |outcomes| outcomes as usize);
    let (problems, cuts) = cut_everywhere(Lie::None, outcomes, seed);
    assert!(problems.is_empty(), "{} problems, the first:\n{}", problems.len(), problems[..problems.len().min(20)].join("\n"));
    println!("{cuts} cuts");
    assert!(cuts > 60 * outcomes, "the script does something: {cuts}");
}

/// The tests above are worth something only if they would notice.
#[test]
fn a_disk_that_only_says_that_it_synced_is_found_out() {
    for (lie, sign) in [(Lie::Content, "lost"), (Lie::Names, "lost")] {
        let (problems, _) = cut_everywhere(lie, 1, 1);
        assert!(problems.iter().any(|problem| problem.contains(sign)), "{lie:?}: {problems:?}");
    }
}
