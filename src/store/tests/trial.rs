//! Work whose every message says what it is, on a simulated disk, and the comparison of what is there with what was said.
//!
//! What was acknowledged must be there, octet for octet and in its last acknowledged state; of what was not, units are there whole
//! or not at all; nothing is reported as damaged; what was shown once stays; and the store goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use super::simulated::{Event, Image, Lie, Luck, Simulated};
use super::*;

const NAME: &str = "ann";

/// A message of a unit; its body is made from this, and says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub unit: u32,
    pub at: u32,
    pub of: u32,
    pub octets: u32,
}

impl Part {
    pub fn body(self) -> Vec<u8> {
        let mut body = format!("{} {} {} {}\n", self.unit, self.at, self.of, self.octets).into_bytes();
        let start = body.len();
        body.resize(start + self.octets as usize, 0);
        fastrand::Rng::with_seed(u64::from(self.unit) << 32 | u64::from(self.at)).fill(&mut body[start..]);
        body
    }

    pub fn read(body: &[u8]) -> Option<Part> {
        let line = body.split(|octet| *octet == b'\n').next()?;
        let mut numbers = std::str::from_utf8(line).ok()?.split(' ').map(|number| number.parse().ok());
        Some(Part { unit: numbers.next()??, at: numbers.next()??, of: numbers.next()??, octets: numbers.next()?? })
    }
}

/// What was asked of the store, and what it said.
#[derive(Clone, Debug)]
pub enum Fact {
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
pub struct Message {
    pub seq: Option<Seq>,
    pub state_asked: u32,
    pub state_told: u32,
    pub move_asked: bool,
    pub move_told: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Known {
    pub told: BTreeMap<Part, Seq>,
    /// By unit.
    pub first: BTreeMap<u32, Message>,
    pub purged: bool,
    pub lines_asked: usize,
    pub lines_told: usize,
}

/// Units of the first day that are delivered when they are written: retention may drop them.
pub const DELIVERED: std::ops::Range<u32> = 0..3;

impl Known {
    pub fn learn(&mut self, fact: &Fact) {
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

    pub fn of(&mut self, unit: u32) -> &mut Message {
        self.first.entry(unit).or_default()
    }

    pub fn may_be_gone(&self, unit: u32) -> bool {
        self.purged && DELIVERED.contains(&unit)
    }
}

/// A run of the store on a simulated disk, with everything that was said.
pub struct Session {
    pub folders: Folders,
    pub disk: Simulated,
    pub facts: Arc<Mutex<Vec<Fact>>>,
}

impl Session {
    pub fn new(root: &Path, image: Image, lie: Lie) -> Session {
        // The index and the lock lie in the folder for real; a power cut leaves an index that is made again.
        let folders = Folders::at(root);
        Session { disk: Simulated::new(root, image, lie), folders, facts: Arc::default() }
    }

    pub fn noter(&self) -> impl Fn(Fact) + Clone + Send + 'static {
        let (disk, facts) = (self.disk.clone(), Arc::clone(&self.facts));
        move |fact| {
            let mut facts = facts.lock().unwrap();
            disk.note(facts.len());
            facts.push(fact);
        }
    }

    pub fn open(&self) -> Result<(Store, Found), StoreError> {
        let (store, Recovery { torn_octets, .. }) = Store::open(&self.folders.options(), Arc::new(self.disk.clone()), START)?;
        let Findings { records, damaged, index_rebuilt, in_doubt } = store.wait_ready();
        Ok((store, Found { records, torn_octets, damaged, index_rebuilt, in_doubt }))
    }

    pub fn open_ledger(&self) -> Result<(Ledger, Vec<Line>), StoreError> {
        Ledger::open(&self.folders.path().join("ledger"), Arc::new(self.disk.clone()))
    }

    pub fn line(&self, ledger: &Ledger) {
        let note = self.noter();
        note(Fact::LineAsked);
        if ledger.append("audit", &"x".repeat(150), START).is_ok() {
            note(Fact::LineTold);
        }
    }

    /// Messages of one unit; the unit is asked for now and told when it is on disk.
    pub fn write(&self, store: &Store, unit: u32, sizes: &[u32], at: Wall) -> Receiver<()> {
        let of = sizes.len() as u32;
        let parts: Vec<Part> = sizes.iter().enumerate().map(|(at, octets)| Part { unit, at: at as u32, of, octets: *octets }).collect();
        let state = match unit {
            unit if DELIVERED.contains(&unit) => delivered(),
            unit if unit.is_multiple_of(4) => DeliveryState::InSession,
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
    pub fn write_together(&self, store: &Store, units: &[(u32, &[u32])], at: Wall) {
        let (hold, held) = channel::<()>();
        store.write(vec![delivery(Seq(u64::MAX), 0, delivered())], at, Box::new(move |_| held.recv().unwrap_or_default()));
        let waiting: Vec<_> = units.iter().map(|(unit, sizes)| self.write(store, *unit, sizes, at)).collect();
        drop(hold);
        waiting.into_iter().for_each(|one| one.recv().unwrap());
    }

    pub fn seq_of(&self, unit: u32) -> Option<Seq> {
        let facts = self.facts.lock().unwrap();
        facts.iter().find_map(|fact| match fact {
            Fact::Written(parts, seqs) if parts[0].unit == unit => Some(seqs[0]),
            _ => None,
        })
    }

    pub fn state(&self, store: &Store, unit: u32, number: u32, at: Wall) {
        if let Some(message) = self.seq_of(unit) {
            self.state_of(store, (unit, message), number, at);
        }
    }

    pub fn state_of(&self, store: &Store, message: (u32, Seq), number: u32, at: Wall) {
        let note = self.noter();
        note(Fact::StateAsked(message.0, number));
        let state = DeliveryState::Held { at: START, reason: number.to_string(), by_gate: false, attempts: 0 };
        if store.write_wait(vec![delivery(message.1, 0, state)], at).is_ok() {
            note(Fact::StateTold(message.0, number));
        }
    }

    pub fn relocate(&self, store: &Store, unit: u32, at: Wall) {
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

/// What the store shows must be what the facts allow; the problems. What is shown counts as told from now on.
pub fn compare(store: &Store, known: &mut Known) -> Vec<String> {
    let mut problems = Vec::new();
    let mut shown: BTreeMap<Part, Seq> = BTreeMap::new();
    let folder = |folder| store.view().folder(&mailbox(NAME), folder, None, usize::MAX);
    let (inbox, archive) = match (folder(Folder::Inbox), folder(Folder::Archive)) {
        (Ok(inbox), Ok(archive)) => (inbox, archive),
        (inbox, archive) => return vec![format!("the index does not answer: {:?} {:?}", inbox.err(), archive.err())],
    };
    let archived: BTreeSet<Seq> = archive.iter().map(|entry| entry.message).collect();
    for entry in inbox.into_iter().chain(archive) {
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
        DeliveryState::Queued { in_doubt, .. } if *in_doubt == unit.is_multiple_of(4) => 0,
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
pub fn go_on(session: &Session, known: &mut Known, unit: u32) -> Vec<String> {
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
    problems.extend(compare(&store, known));
    problems.extend(work(session, &store, known, unit));
    problems
}

/// Two units together and a change of state: all of it must be taken.
pub fn work(session: &Session, store: &Store, known: &Known, unit: u32) -> Vec<String> {
    let mut problems = Vec::new();
    let highest = known.told.values().max().copied();
    let at = Wall(START.0 + 3 * DAY_MS);
    session.write_together(store, &[(unit, &[500]), (unit + 1, &[30, 4000])], at);
    if session.seq_of(unit + 1).is_none() || session.seq_of(unit) <= highest {
        problems.push(format!("number {:?} is not above {highest:?}", session.seq_of(unit)));
    }
    if let Some((other, seq, asked)) = known.first.iter().rev().find_map(|(unit, message)| Some((*unit, message.seq?, message.state_asked)))
    {
        session.state_of(store, (other, seq), asked + 1, at);
    }
    problems
}

/// The disk and the facts while the events of a session are played again.
pub struct Replay<'a> {
    pub session: &'a Session,
    pub image: Image,
    pub known: Known,
}

impl<'a> Replay<'a> {
    /// From an empty disk on.
    pub fn new(session: &'a Session) -> Replay<'a> {
        Replay { session, image: Image::default(), known: Known::default() }
    }

    pub fn play(&mut self, event: &Event) {
        self.image.apply(event);
        if let Event::Noted(note) = event {
            self.known.learn(&self.session.facts.lock().unwrap()[*note]);
        }
    }

    /// Cuts the power now, and puts what is left into a new session.
    pub fn cut(&self, root: &Path, luck: &mut Luck) -> Session {
        let here = self.session.folders.path();
        Session::new(root, self.image.after_cut(here, luck).moved(here, root), Lie::None)
    }
}
