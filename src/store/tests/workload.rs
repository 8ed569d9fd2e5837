//! Random work: the index must be the same whichever way it came about, and its counters must be what a recount says.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::relay::Queue;

pub const NAMES: [&str; 4] = ["ann", "bob", "eve", "zoë"];
pub const COMMON: [Folder; 6] = [Folder::Inbox, Folder::Sent, Folder::Drafts, Folder::Archive, Folder::Junk, Folder::Trash];

/// Makes units of changes that refer to messages it made before.
pub struct Work {
    pub random: fastrand::Rng,
    pub messages: Vec<(Seq, usize)>,
    /// Also those that were deleted: what still names them must do no harm.
    folders: Vec<FolderId>,
    digests: u32,
    pub at: Wall,
}

impl Work {
    pub fn new(seed: u64) -> Work {
        Work { random: fastrand::Rng::with_seed(seed), messages: Vec::new(), folders: Vec::new(), digests: 0, at: START }
    }

    /// A night in which most recipients of everything so far get it.
    pub fn deliver_most(&mut self, store: &Store) {
        for (message, recipients) in self.messages.clone() {
            let most = (0..recipients as u32).filter(|_| self.random.u8(..12) > 0);
            store.write_wait(most.map(|recipient| delivery(message, recipient, delivered())).collect(), self.at).unwrap();
        }
    }

    fn state(&mut self) -> DeliveryState {
        match self.random.u8(..6) {
            0 => DeliveryState::InSession,
            1 => queued(),
            2 => delivered(),
            3 => refused(),
            4 => held(),
            _ => DeliveryState::Bounced { at: self.at, reply: "550 no".to_owned(), dsn: Some(1) },
        }
    }

    fn message(&mut self) -> Change {
        // Few and many: they have different rows.
        let count = self.random.usize(..crate::limits::INDEX_FEW + 3);
        let names: Vec<&str> = (0..count).map(|_| NAMES[self.random.usize(..NAMES.len())]).collect();
        let mut one = accepted(&names, &queued(), self.at);
        for recipient in &mut one.recipients {
            recipient.state = self.state();
            recipient.route = [Route::Primary, Route::Submit, Route::Outbound][self.random.usize(..3)];
        }
        for filing in &mut one.filings {
            filing.folder = [Folder::Inbox, Folder::Sent, Folder::Drafts][self.random.usize(..3)];
            filing.flags = if self.random.bool() { Flags::SEEN } else { Flags::NONE };
            if self.random.u8(..4) == 0 {
                filing.recipient = None;
            }
        }
        if self.random.u8(..5) == 0 {
            self.digests += 1;
            one.origin = Origin::Digest { event: "e1".to_owned(), mailbox: mailbox("ann"), part: self.digests };
        }
        one.summary.message_id = self.random.bool().then(|| format!("{}@example.net", self.random.u8(..9)));
        let mut pick = |texts: &[&str]| texts[self.random.usize(..texts.len())].to_owned();
        one.summary.subject = pick(&["Plan", "Re: plan", "AW: Re: Plän", "Zebra", "(zebra)", ""]);
        one.summary.from_name = pick(&["Ärwin", "arwin b", "Zoë", "", " "]);
        one.summary.to = pick(&["Bo", "Ann, Bo", ""]);
        one.summary.attachments = self.random.bool();
        let body: Vec<u8> = (0..self.random.usize(..3000)).map(|_| self.random.u8(..)).collect();
        Change::Message(Box::new(one), Staged::from_bytes(body).into())
    }

    /// A unit, and for each of its messages how many recipients it has.
    fn unit(&mut self) -> Vec<Change> {
        self.at = Wall(self.at.0 + self.random.u64(..2_000_000));
        (0..self.random.usize(1..4)).map(|_| self.change()).collect()
    }

    fn change(&mut self) -> Change {
        if self.messages.is_empty() || self.random.u8(..3) == 0 {
            return self.message();
        }
        let (message, recipients) = self.messages[self.random.usize(..self.messages.len())];
        let mailbox = mailbox(NAMES[self.random.usize(..4)]);
        match self.random.u8(..12) {
            0..=2 => {
                let flags = [Flags::SEEN, Flags::FLAGGED, Flags::ANSWERED.with(Flags::SEEN)][self.random.usize(..3)];
                let (add, remove) = if self.random.bool() { (flags, Flags::NONE) } else { (Flags::NONE, flags) };
                Change::Flags { mailbox, message, add, remove }
            }
            3..=4 => Change::Move { mailbox, message, from: self.folder(), to: self.folder() },
            5 => Change::Remove { mailbox, message, folder: self.folder() },
            6 => self.folder_change(mailbox),
            _ => {
                let recipient = self.random.u32(..recipients as u32 + 1);
                let state = self.state();
                delivery(message, recipient, state)
            }
        }
    }

    fn folder(&mut self) -> Folder {
        match self.random.choice(&self.folders) {
            Some(folder) if self.random.u8(..3) == 0 => Folder::Own(*folder),
            _ => COMMON[self.random.usize(..COMMON.len())],
        }
    }

    fn folder_change(&mut self, mailbox: Mailbox) -> Change {
        let name = format!("folder {}", self.random.u8(..9));
        match self.random.choice(self.folders.clone()) {
            Some(folder) if self.random.bool() => Change::FolderChange { mailbox, folder, parent: None, name },
            Some(folder) if self.random.u8(..4) == 0 => Change::FolderDelete { mailbox, folder },
            parent => Change::FolderCreate { mailbox, parent, name },
        }
    }

    pub fn run(&mut self, store: &Store, units: usize) {
        for _ in 0..units {
            let unit = self.unit();
            let recipients: Vec<Option<usize>> = unit.iter().map(recipients_of).collect();
            let makes: Vec<bool> = unit.iter().map(|change| matches!(change, Change::FolderCreate { .. })).collect();
            let seqs = store.write_wait(unit, self.at).unwrap();
            let folders = seqs.iter().zip(makes).filter(|(_, makes)| *makes);
            self.folders.extend(folders.map(|(seq, _)| FolderId(seq.0)));
            let made = seqs.into_iter().zip(recipients).filter_map(|(seq, count)| Some((seq, count?)));
            self.messages.extend(made);
        }
    }
}

fn recipients_of(change: &Change) -> Option<usize> {
    match change {
        Change::Message(accepted, _) => Some(accepted.recipients.len()),
        _ => None,
    }
}

/// Counts everything again from the rows that the counters count.
pub fn check_counters(store: &Store, seed: u64) {
    let view = store.view();
    let queue = |queue| view.queue(queue, None, usize::MAX).unwrap().len() as u64;
    let counts = view.queue_counts().unwrap();
    let (newest, mut in_session) = (view.newest().0, 0);
    let (mut primary, mut outbound, mut held) = (0, 0, 0);
    let mut mailboxes = BTreeSet::new();
    for message in (1..=newest).map(Seq) {
        for one in view.deliveries(message).unwrap() {
            match one.state {
                DeliveryState::InSession => in_session += 1,
                DeliveryState::Queued { .. } if one.route.queue() == Queue::Primary => primary += 1,
                DeliveryState::Queued { .. } => outbound += 1,
                DeliveryState::Held { .. } => held += 1,
                _ => {}
            }
        }
    }
    assert_eq!(counts, QueueCounts { primary, outbound, held, in_session }, "seed {seed}");
    assert_eq!((queue(Queue::Primary), queue(Queue::Outbound)), (primary, outbound), "seed {seed}");
    assert_eq!(view.held(None, usize::MAX).unwrap().len() as u64, held, "seed {seed}");
    for name in NAMES {
        // Any number may have been a folder's.
        for folder in COMMON.into_iter().chain((1..=newest).map(|number| Folder::Own(FolderId(number)))) {
            let entries = view.folder(&mailbox(name), folder, None, usize::MAX).unwrap();
            let unread = entries.iter().filter(|entry| !entry.flags.has(Flags::SEEN)).count() as u64;
            let counts = view.counts(&mailbox(name), folder).unwrap();
            assert_eq!(counts, Counts { total: entries.len() as u64, unread }, "seed {seed} {name} {folder:?}");
            if !entries.is_empty() {
                mailboxes.insert(mailbox(name));
            }
        }
    }
    assert_eq!(view.mailboxes().unwrap(), mailboxes.into_iter().collect::<Vec<_>>(), "seed {seed}");
}

fn bodies(store: &Store, messages: &[(Seq, usize)]) -> BTreeMap<Seq, Vec<u8>> {
    messages.iter().map(|(seq, _)| (*seq, store.body(*seq).unwrap())).collect()
}

#[test]
fn counters_are_right_and_a_rebuilt_index_equals_the_live_one() {
    for _ in 0..3 {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let folders = Folders::new();
        let (store, _) = folders.open();
        let mut work = Work::new(seed);
        work.run(&store, 150);
        check_counters(&store, seed);
        let (live, bodies_before) = (store.view().dump(), bodies(&store, &work.messages));
        drop(store);
        // No hand-over may be open: opening would queue it, which is work of its own.
        let replica = folders.crashed();
        replica.remove_index();
        let (index, _) = index::Index::open(replica.path()).unwrap();
        let segments = segment::list(&Disk, &replica.path().join("spool")).unwrap();
        recover::catch_up(&Disk, &segments, &index, &mut |_, _| true).unwrap();
        assert_eq!(index.dump(), live, "seed {seed}");
        // Again, and again from the start: nothing changes.
        let mut each = |unit: Vec<record::Placed>| index.apply(&[unit]);
        recover::read_spool(&Disk, &segments, &index::Applied::default(), &mut each).unwrap();
        assert_eq!(index.dump(), live, "seed {seed}: replayed twice");
        drop(index);
        let (store, recovery) = replica.open();
        assert!(recovery.damaged.is_empty(), "seed {seed}: {recovery:?}");
        assert_eq!(bodies(&store, &work.messages), bodies_before, "seed {seed}");
        check_counters(&store, seed);
    }
}

#[test]
fn any_prefix_of_the_spool_is_consistent() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let folders = Folders::new();
    let (store, _) = folders.open();
    Work::new(seed).run(&store, 40);
    drop(store);
    let path = folders.segments()[0].clone();
    let bytes = std::fs::read(&path).unwrap();
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..10 {
        let prefix = Folders::new();
        let target = prefix.path().join("spool").join(path.file_name().unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, &bytes[..random.usize(..=bytes.len())]).unwrap();
        let (store, recovery) = prefix.open();
        assert!(recovery.damaged.is_empty(), "seed {seed}: {recovery:?}");
        check_counters(&store, seed);
    }
}

#[test]
fn work_goes_on_over_many_crashes() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut folders = Folders::new();
    let mut work = Work::new(seed);
    let mut expected = BTreeMap::new();
    for round in 0..6 {
        let (store, recovery) = folders.open();
        assert!(recovery.damaged.is_empty(), "seed {seed} round {round}: {recovery:?}");
        assert_eq!(bodies(&store, &work.messages), expected, "seed {seed} round {round}");
        check_counters(&store, seed);
        work.run(&store, 20);
        expected = bodies(&store, &work.messages);
        let crashed = folders.crashed();
        // A write that the crash tore.
        if let Some(last) = crashed.segments().last() {
            use std::io::Write;
            let mut file = std::fs::OpenOptions::new().append(true).open(last).unwrap();
            file.write_all(&vec![work.random.u8(..); work.random.usize(..200)]).unwrap();
        }
        drop(store);
        folders = crashed;
    }
}

#[test]
fn a_rebuilt_index_equals_the_live_one_after_retention_has_carried_over() {
    for _ in 0..4 {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let folders = Folders::new();
        let (store, _) = folders.open();
        let mut work = Work::new(seed);
        let mut dropped = 0;
        for _ in 0..3 {
            // About a day and a half, then a night in which most of it is delivered: enough is left to be carried.
            work.run(&store, 120);
            work.deliver_most(&store);
            work.at = Wall(work.at.0 + DAY_MS);
            work.run(&store, 5);
            let before: BTreeMap<Seq, Vec<u8>> = open_bodies(&store);
            let older_than = Wall(work.at.0 - DAY_MS / 2);
            dropped += store.purge(older_than, Pins::default(), work.at).unwrap();
            work.messages.retain(|(message, _)| store.view().message(*message).unwrap().is_some());
            assert_eq!(open_bodies(&store), before, "seed {seed}: nothing open is gone");
            check_counters(&store, seed);
            let live = store.view().dump();
            let replica = folders.crashed();
            replica.remove_index();
            let (index, _) = index::Index::open(replica.path()).unwrap();
            let segments = segment::list(&Disk, &replica.path().join("spool")).unwrap();
            let found = recover::catch_up(&Disk, &segments, &index, &mut |_, _| true).unwrap();
            assert_eq!(found.damaged, Vec::<String>::new(), "seed {seed}");
            assert!(index.dump() == live, "seed {seed}: a new index differs");
        }
        assert!(dropped > 0, "seed {seed}: this has to drop something to prove anything");
    }
}

/// Of the messages that somebody still has to get.
fn open_bodies(store: &Store) -> BTreeMap<Seq, Vec<u8>> {
    let messages = (1..=store.view().newest().0).map(Seq);
    let is_open = |message: &Seq| {
        let states = store.view().deliveries(*message).unwrap();
        states.iter().any(|one| matches!(one.state, DeliveryState::Queued { .. } | DeliveryState::Held { .. } | DeliveryState::InSession))
    };
    messages.filter(is_open).map(|message| (message, store.body(message).unwrap())).collect()
}
