//! The power goes at every single operation of a scripted piece of work, and again later in what comes after.
//!
//! What was acknowledged is there afterwards, octet for octet and in its last acknowledged state; of what was not, units are there whole
//! or not at all; nothing is reported as damaged; what was shown once stays; and the store goes on.
//!
//! `LIFEBOAT_POWERCUTS=N` tries N outcomes of each cut instead of a few, `LIFEBOAT_SEED=N` repeats a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::mpsc::channel;

use super::simulated::{Event, Image, Lie, Luck, Simulated};
use super::*;

const OUTCOMES: usize = 4;
/// So many are enough.
const PROBLEMS_MAX: usize = 200;
const NAME: &str = "ann";

/// A message of a unit; its body is made from this, and says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    unit: u32,
    at: u32,
    of: u32,
    octets: u32,
}

impl Part {
    fn body(self) -> Vec<u8> {
        let mut body = format!("{} {} {} {}\n", self.unit, self.at, self.of, self.octets).into_bytes();
        let mut random = fastrand::Rng::with_seed(u64::from(self.unit) << 32 | u64::from(self.at));
        body.extend((0..self.octets).map(|_| random.u8(..)));
        body
    }

    fn read(body: &[u8]) -> Option<Part> {
        let line = body.split(|octet| *octet == b'\n').next()?;
        let mut numbers = std::str::from_utf8(line).ok()?.split(' ').map(|number| number.parse().ok());
        Some(Part { unit: numbers.next()??, at: numbers.next()??, of: numbers.next()??, octets: numbers.next()?? })
    }
}

/// What was asked of the store, and what it said.
#[derive(Clone, Debug)]
enum Fact {
    Written(Vec<Part>, Vec<Seq>),
    /// The unit's first message will be, or is, held with this number as its reason.
    StateAsked(u32, u32),
    StateTold(u32, u32),
    /// The same, moved to the archive and flagged, by one unit.
    MoveAsked(u32),
    MoveTold(u32),
    /// From here on delivered copies of the first day may be gone.
    PurgeAsked,
    LineAsked,
    LineTold,
}

/// The state of a message as the facts have it.
#[derive(Clone, Debug, Default)]
struct Message {
    seq: Option<Seq>,
    state_asked: u32,
    state_told: u32,
    move_asked: bool,
    move_told: bool,
}

#[derive(Clone, Debug, Default)]
struct Known {
    told: BTreeMap<Part, Seq>,
    /// By unit.
    first: BTreeMap<u32, Message>,
    purged: bool,
    lines_asked: usize,
    lines_told: usize,
}

/// Units of the first day that are delivered when they are written: retention may drop them.
const DELIVERED: std::ops::Range<u32> = 0..3;

impl Known {
    fn learn(&mut self, fact: &Fact) {
        match fact {
            Fact::Written(parts, seqs) => {
                for (part, seq) in parts.iter().zip(seqs) {
                    self.told.insert(*part, *seq);
                }
                self.of(parts[0].unit).seq = Some(seqs[0]);
            }
            Fact::StateAsked(unit, state) => self.of(*unit).state_asked = *state,
            Fact::StateTold(unit, state) => self.of(*unit).state_told = *state,
            Fact::MoveAsked(unit) => self.of(*unit).move_asked = true,
            Fact::MoveTold(unit) => self.of(*unit).move_told = true,
            Fact::PurgeAsked => self.purged = true,
            Fact::LineAsked => self.lines_asked += 1,
            Fact::LineTold => self.lines_told += 1,
        }
    }

    fn of(&mut self, unit: u32) -> &mut Message {
        self.first.entry(unit).or_default()
    }

    fn may_be_gone(&self, unit: u32) -> bool {
        self.purged && DELIVERED.contains(&unit)
    }
}

/// A run of the store on a simulated disk, with everything that was said.
struct Session {
    folders: Folders,
    disk: Simulated,
    facts: Arc<Mutex<Vec<Fact>>>,
}

impl Session {
    fn new(root: &Path, image: Image, lie: Lie) -> Session {
        // The index and the lock lie in the folder for real; a power cut leaves an index that is made again.
        let folders = Folders::at(root);
        Session { disk: Simulated::new(root, image, lie), folders, facts: Arc::default() }
    }

    fn noter(&self) -> impl Fn(Fact) + Clone + Send + 'static {
        let (disk, facts) = (self.disk.clone(), Arc::clone(&self.facts));
        move |fact| {
            let mut facts = facts.lock().unwrap();
            disk.note(facts.len());
            facts.push(fact);
        }
    }

    fn open(&self) -> Result<(Store, Found), StoreError> {
        let (store, Recovery { torn_octets, .. }) = Store::open(&self.folders.options(), Arc::new(self.disk.clone()), START)?;
        let Findings { records, damaged, index_rebuilt, in_doubt } = store.wait_ready();
        Ok((store, Found { records, torn_octets, damaged, index_rebuilt, in_doubt }))
    }

    fn open_ledger(&self) -> Result<(Ledger, Vec<Line>), StoreError> {
        Ledger::open(&self.folders.path().join("ledger"), Arc::new(self.disk.clone()))
    }

    fn line(&self, ledger: &Ledger) {
        let note = self.noter();
        note(Fact::LineAsked);
        ledger.append("audit", &"x".repeat(150), START).unwrap();
        note(Fact::LineTold);
    }

    /// Messages of one unit; the unit is asked for now and told when it is on disk.
    fn write(&self, store: &Store, unit: u32, sizes: &[u32], at: Wall) -> std::sync::mpsc::Receiver<()> {
        let of = sizes.len() as u32;
        let parts: Vec<Part> = sizes.iter().enumerate().map(|(at, octets)| Part { unit, at: at as u32, of, octets: *octets }).collect();
        let state = match unit {
            unit if DELIVERED.contains(&unit) => delivered(),
            unit if unit % 4 == 0 => DeliveryState::InSession,
            _ => queued(),
        };
        let changes = parts.iter().map(|part| message(&[NAME], &state, at, &part.body())).collect();
        let (sender, receiver) = channel();
        let note = self.noter();
        let done = move |written: Written| {
            if let Ok(seqs) = written {
                note(Fact::Written(parts, seqs));
            }
            let _ = sender.send(());
        };
        store.write(changes, at, Box::new(done));
        receiver
    }

    /// Several units that share one fsync: the writer is kept busy until all of them wait.
    fn write_together(&self, store: &Store, units: &[(u32, &[u32])], at: Wall) {
        let (hold, held) = channel::<()>();
        store.write(vec![delivery(Seq(u64::MAX), 0, delivered())], at, Box::new(move |_| held.recv().unwrap_or_default()));
        let waiting: Vec<_> = units.iter().map(|(unit, sizes)| self.write(store, *unit, sizes, at)).collect();
        drop(hold);
        waiting.into_iter().for_each(|one| one.recv().unwrap());
    }

    fn seq_of(&self, unit: u32) -> Option<Seq> {
        let facts = self.facts.lock().unwrap();
        facts.iter().find_map(|fact| match fact {
            Fact::Written(parts, seqs) if parts[0].unit == unit => Some(seqs[0]),
            _ => None,
        })
    }

    fn state(&self, store: &Store, message: (u32, Seq), number: u32, at: Wall) {
        let note = self.noter();
        note(Fact::StateAsked(message.0, number));
        let state = DeliveryState::Held { at: START, reason: number.to_string(), by_gate: false, attempts: 0 };
        if store.write_wait(vec![delivery(message.1, 0, state)], at).is_ok() {
            note(Fact::StateTold(message.0, number));
        }
    }

    fn relocate(&self, store: &Store, unit: u32, at: Wall) {
        let Some(message) = self.seq_of(unit) else { return };
        let note = self.noter();
        note(Fact::MoveAsked(unit));
        let flags = Change::Flags { mailbox: mailbox(NAME), message, add: Flags::FLAGGED, remove: Flags::NONE };
        let relocate = Change::Move { mailbox: mailbox(NAME), message, from: Folder::Inbox, to: Folder::Archive };
        if store.write_wait(vec![flags, relocate], at).is_ok() {
            note(Fact::MoveTold(unit));
        }
    }
}

/// Three days of work: small and large messages, alone and together, changes of state, failed fsyncs, a purge that carries over.
fn script(session: &Session) {
    let day = |number: u64| Wall(START.0 + number * DAY_MS);
    let (ledger, _) = session.open_ledger().unwrap();
    (0..3).for_each(|_| session.line(&ledger));
    let (store, _) = session.open().unwrap();
    let alone = |unit, sizes: &[u32], at| session.write(&store, unit, sizes, at).recv().unwrap();
    let state = |unit, number, at| session.state(&store, (unit, session.seq_of(unit).unwrap()), number, at);
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
    store.purge(day(1), None, day(2)).unwrap();
    state(3, 2, day(2));
    session.relocate(&store, 13, day(2));
    session.disk.fail_syncs(1);
    session.write_together(&store, &[(16, &[600]), (17, &[1, 2])], day(2));
    session.write_together(&store, &[(18, &[600]), (19, &[1, 2])], day(2));
    session.line(&ledger);
}

/// What the store shows must be what the facts allow; the problems. What is shown counts as told from now on.
fn compare(store: &Store, known: &mut Known) -> Vec<String> {
    let mut problems = Vec::new();
    let mut shown: BTreeMap<Part, Seq> = BTreeMap::new();
    let folder = |folder| store.view().folder(&mailbox(NAME), folder, None, usize::MAX).unwrap();
    let archived: BTreeSet<Seq> = folder(Folder::Archive).iter().map(|entry| entry.message).collect();
    for entry in folder(Folder::Inbox).into_iter().chain(folder(Folder::Archive)) {
        match store.body(entry.message) {
            Ok(body) => match Part::read(&body).filter(|part| part.body() == body) {
                Some(part) if shown.insert(part, entry.message).is_some() => problems.push(format!("{part:?} is there twice")),
                Some(_) => {}
                None => problems.push(format!("message {} is not what was written", entry.message)),
            },
            Err(error) => problems.push(format!("message {}: {error}", entry.message)),
        }
        let flagged = entry.flags.has(Flags::FLAGGED);
        if flagged != archived.contains(&entry.message) {
            problems.push(format!("message {} is half moved: flagged {flagged}", entry.message));
        }
    }
    for (part, seq) in &known.told {
        match shown.get(part) {
            Some(found) if found != seq => problems.push(format!("{part:?} was {seq} and is {found}")),
            None if !known.may_be_gone(part.unit) => problems.push(format!("{part:?} is lost")),
            _ => {}
        }
    }
    for (part, seq) in &shown {
        let together = (0..part.of).filter(|at| shown.keys().any(|other| other.unit == part.unit && other.at == *at)).count();
        if together != part.of as usize {
            problems.push(format!("unit {} is half there: {together} of {}", part.unit, part.of));
        }
        known.told.insert(*part, *seq);
        if part.at == 0 {
            let message = known.of(part.unit);
            message.seq = Some(*seq);
            problems.extend(compare_states(store, part.unit, message, *seq, archived.contains(seq)));
        }
    }
    problems
}

fn compare_states(store: &Store, unit: u32, message: &mut Message, seq: Seq, archived: bool) -> Option<String> {
    let number = match &store.view().deliveries(seq).unwrap()[0].state {
        DeliveryState::Held { reason, .. } => reason.parse().unwrap(),
        DeliveryState::Queued { in_doubt, .. } if *in_doubt == (unit % 4 == 0) => 0,
        DeliveryState::Delivered { .. } if DELIVERED.contains(&unit) => 0,
        other => return Some(format!("unit {unit} is {other:?}")),
    };
    let allowed = message.state_told..=message.state_asked;
    let moves = message.move_told..=message.move_asked;
    let (before, moved) = (message.state_told, archived);
    (message.state_told, message.move_told) = (number, archived);
    if !allowed.contains(&number) {
        return Some(format!("unit {unit} is in state {number}: {before} was acknowledged, up to {} asked for", message.state_asked));
    }
    (!moves.contains(&moved)).then(|| format!("unit {unit}: moved {moved}, allowed {moves:?}"))
}

fn compare_lines(session: &Session, known: &mut Known) -> Vec<String> {
    match session.open_ledger() {
        Ok((ledger, lines)) => {
            let allowed = known.lines_told..=known.lines_asked;
            let mut problems = Vec::new();
            if !allowed.contains(&lines.len()) || ledger.broken_at().is_some() {
                problems.push(format!("the ledger has {} lines of {allowed:?}, broken at {:?}", lines.len(), ledger.broken_at()));
            }
            (known.lines_told, known.lines_asked) = (lines.len(), lines.len());
            session.line(&ledger);
            problems
        }
        Err(error) => vec![format!("the ledger does not open: {error}")],
    }
}

/// Opens what is left, compares, and goes on with some work of units from `unit` on.
fn go_on(session: &Session, known: &mut Known, unit: u32) -> Vec<String> {
    let mut problems = compare_lines(session, known);
    let spool = session.folders.path().join("spool");
    match fsck::check(session.folders.path(), Arc::new(session.disk.clone())) {
        Ok(report) if !report.is_clean() => problems.push(format!("fsck: {report}")),
        // Before the first start there is nothing to look at.
        Err(error) if session.disk.list(&spool).is_ok() => problems.push(format!("fsck: {error}")),
        _ => {}
    }
    let (store, found) = match session.open() {
        Ok(opened) => opened,
        Err(error) => return vec![format!("it does not open: {error}")],
    };
    problems.extend(found.damaged.iter().map(|place| format!("reported: {place}")));
    let highest = known.told.values().max().copied();
    problems.extend(compare(&store, known));
    let at = Wall(START.0 + 3 * DAY_MS);
    session.write_together(&store, &[(unit, &[500]), (unit + 1, &[30, 4000])], at);
    if session.seq_of(unit) <= highest {
        problems.push(format!("number {:?} is not above {highest:?}", session.seq_of(unit)));
    }
    if let Some((other, seq)) = known.first.iter().rev().find_map(|(unit, message)| Some((*unit, message.seq?))) {
        let next = known.of(other).state_asked + 1;
        session.state(&store, (other, seq), next, at);
    }
    problems
}

/// The facts and the disk as they were after `events`.
fn at_cut(session: &Session, before: &Image, known: &Known, events: &[Event]) -> (Image, Known) {
    let (mut image, mut known) = (before.clone(), known.clone());
    let facts = session.facts.lock().unwrap();
    for event in events {
        image.apply(event);
        if let Event::Noted(note) = event {
            known.learn(&facts[*note]);
        }
    }
    (image, known)
}

/// Cuts the power at `image`; opens, compares and goes on; cuts it again at some instant of that; opens and compares again.
fn cut_twice(image: &Image, mut known: Known, luck: &mut Luck, random: &mut fastrand::Rng) -> Vec<String> {
    let root = temporary();
    let left = image.after_cut(root_of_images(), luck);
    let session = Session::new(root.path(), left.moved(root_of_images(), root.path()), Lie::None);
    let (start, before) = (session.disk.image(), known.clone());
    let mut problems = go_on(&session, &mut known, 100);
    if !problems.is_empty() {
        return problems;
    }
    // What was shown had been on disk before anything was done in this session: it counts from its first event on.
    let shown = Known { lines_asked: before.lines_asked.max(known.lines_asked), ..known };
    let events = session.disk.events();
    let (image, mut known) = at_cut(&session, &start, &shown, &events[..random.usize(..=events.len())]);
    let again = temporary();
    let left = image.after_cut(root.path(), &mut Luck::Random(random.fork()));
    let session = Session::new(again.path(), left.moved(root.path(), again.path()), Lie::None);
    problems.extend(go_on(&session, &mut known, 200).into_iter().map(|problem| format!("after a second cut: {problem}")));
    problems
}

/// The index is real, and sled syncs: in memory where that is to be had.
fn temporary() -> tempfile::TempDir {
    let fast = Path::new("/dev/shm");
    if fast.is_dir() { tempfile::tempdir_in(fast).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Runs the script once and cuts the power at every operation of it; the problems that were found, and how many cuts were tried.
fn cut_everywhere(lie: Lie, outcomes: usize, seed: u64) -> (Vec<String>, usize) {
    let root = temporary();
    let session = Session::new(root.path(), Image::default(), lie);
    script(&session);
    let events: Vec<Event> = session.disk.events();
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut problems, mut cuts) = (Vec::new(), 0);
    for after in 0..=events.len() {
        // Nothing happened to the disk since the cut before this one.
        if after > 0 && matches!(events[after - 1], Event::Noted(_)) {
            continue;
        }
        let (image, known) = at_cut(&session, &Image::default(), &Known::default(), &events[..after]);
        let image = image.moved(root.path(), root_of_images());
        for outcome in 0..outcomes {
            let mut luck = match outcome {
                0 => Luck::Nothing,
                1 => Luck::Everything,
                _ => Luck::Random(random.fork()),
            };
            let found = cut_twice(&image, known.clone(), &mut luck, &mut random);
            cuts += 1;
            problems
                .extend(found.into_iter().map(|problem| format!("seed {seed}, cut after {after} events, outcome {outcome}: {problem}")));
            if problems.len() >= PROBLEMS_MAX {
                return (problems, cuts);
            }
        }
    }
    (problems, cuts)
}

/// A root that is nobody's folder, for images between two sessions.
fn root_of_images() -> &'static Path {
    Path::new("/simulated")
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
