//! The webmail beside Roundcube and Dovecot: the same mailbox, the same actions, by turns in one run, over TLS.

mod lifeboat;
mod mailbox;
mod roundcube;
mod visit;

use std::time::{Duration, Instant};

use crate::Wanted;
use crate::machine::free_octets;
use crate::table::Table;
use lifeboat::Box_;
use roundcube::Roundcube;
use visit::{Action, Length, Samples, Visitor};

const STEPS: [usize; 2] = [10_000, 100_000];
const QUICK_STEPS: [usize; 1] = [1_000];
const MILLION: usize = 1_000_000;
const CLIENTS: [usize; 2] = [1, 8];
/// Octets of disk for each message, both sides together, and of the box alone.
const OCTETS_A_MESSAGE: u64 = 30 * 1024;
const OCTETS_A_MESSAGE_ALONE: u64 = 12 * 1024;
/// By turns, so often.
const ROUNDS: usize = 5;
/// No more rounds of an action after so long: eight searches of the peer at a time may take minutes.
const CELL_AT_MOST: Duration = Duration::from_secs(90);
/// One client of the box acts so often in a round.
const OURS: Length = Length { least: 100, most: 400, time: Duration::from_secs(2) };
const OURS_QUICK: Length = Length { least: 20, most: 50, time: Duration::from_millis(500) };
/// One client of the peer, which is slower.
const THEIRS: Length = Length { least: 1, most: 100, time: Duration::from_secs(4) };
const THEIRS_QUICK: Length = Length { least: 1, most: 20, time: Duration::from_secs(1) };
/// Before anything is measured, each client acts so often.
const WARM: usize = 3;
/// A full text index that takes longer is given up, and said so.
const INDEX_AT_MOST: Duration = Duration::from_secs(400);
const INDEX_AT_MOST_QUICK: Duration = Duration::from_secs(60);
/// As Dovecot names its plugin. Of the others in Debian, xapian took a minute for some hundred messages, and squat crashed.
const FULL_TEXT: &str = "fts fts_lucene";

pub fn run(wanted: &Wanted) {
    let steps: &[usize] = if wanted.million {
        &[MILLION]
    } else if wanted.quick {
        &QUICK_STEPS
    } else {
        &STEPS
    };
    let octets = if wanted.million { OCTETS_A_MESSAGE_ALONE } else { OCTETS_A_MESSAGE };
    let needed = steps.iter().max().map_or(0, |most| *most as u64 * octets);
    let free = free_octets(&wanted.folder);
    println!("{} MiB of disk are needed, {} MiB are free\n", needed >> 20, free >> 20);
    assert!(free > needed, "not enough room in {}", wanted.folder.display());
    let head =
        ["messages", "action", "clients", "ours p50 ms", "p99", "p99/p50", "samples", "theirs p50 ms", "p99", "samples", "times as fast"];
    let mut table = Table::new("The webmail beside Roundcube and Dovecot: milliseconds over TLS, signed in, connections kept open", &head);
    let mut memory =
        Table::new("Memory of the whole service, MiB (shared pages once)", &["messages", "service", "after the run", "at most"]);
    for step in steps {
        measure(wanted, *step, &mut table, &mut memory);
    }
    table.finish(&wanted.results(), "webmail");
    memory.finish(&wanted.results(), "webmail-memory");
}

fn lengths(wanted: &Wanted) -> (Length, Length) {
    if wanted.quick { (OURS_QUICK, THEIRS_QUICK) } else { (OURS, THEIRS) }
}

/// One of the two services, with people in front of it.
struct Side {
    visitors: Vec<Vec<Box<dyn Visitor>>>,
    samples: Samples,
    length: Length,
    turn: usize,
    highest_mib: f64,
}

impl Side {
    fn new(visitor: impl Fn() -> Box<dyn Visitor>, length: Length) -> Side {
        let visitors = CLIENTS.iter().map(|clients| (0..*clients).map(|_| visitor()).collect()).collect();
        Side { visitors, samples: Samples::default(), length, turn: 0, highest_mib: 0.0 }
    }

    fn warm(&mut self, action: Action) {
        let length = Length { least: 1, most: WARM, time: self.length.time };
        for visitors in &mut self.visitors {
            self.turn = Samples::default().take(action, visitors, length, self.turn);
        }
    }

    fn act(&mut self, action: Action, at: usize, memory: &dyn Fn() -> f64) {
        self.turn = self.samples.take(action, &mut self.visitors[at], self.length, self.turn);
        self.highest_mib = self.highest_mib.max(memory());
    }
}

fn measure(wanted: &Wanted, messages: usize, table: &mut Table, memory: &mut Table) {
    let folder = wanted.temporary("webmail-");
    let (ours_length, theirs_length) = lengths(wanted);
    let rounds = if wanted.quick { 2 } else { ROUNDS };
    let filled = Box_::filled(folder.path(), messages);
    let mut ours = Side::new(|| filled.visitor(), ours_length);
    let mut peer = (!wanted.million).then(|| {
        let mut roundcube = Roundcube::prepare(folder.path(), messages);
        roundcube.start("");
        roundcube.index(INDEX_AT_MOST);
        roundcube
    });
    let mut theirs = peer.as_ref().map(|peer| Side::new(|| peer.visitor(messages), theirs_length));
    for action in Action::ALL {
        ours.warm(action);
        theirs.iter_mut().for_each(|side| side.warm(action));
        for (at, clients) in CLIENTS.iter().enumerate() {
            let began = Instant::now();
            for _ in 0..rounds {
                ours.act(action, at, &|| filled.resident_mib());
                if let (Some(side), Some(peer)) = (&mut theirs, &peer) {
                    side.act(action, at, &|| peer.resident_mib());
                }
                if began.elapsed() > CELL_AT_MOST {
                    break;
                }
            }
            let none = Samples::default();
            row(table, messages, action, "", *clients, &ours.samples, theirs.as_ref().map_or(&none, |side| &side.samples));
        }
    }
    let mib = |mib: f64| format!("{mib:.0}");
    memory.row(vec![messages.to_string(), "Lifeboat".to_owned(), mib(filled.resident_mib()), mib(ours.highest_mib)]);
    if let (Some(theirs), Some(peer)) = (theirs, &mut peer) {
        memory.row(vec![messages.to_string(), "Roundcube, Dovecot".to_owned(), mib(peer.resident_mib()), mib(theirs.highest_mib)]);
        drop(theirs);
        with_full_text(wanted, messages, FULL_TEXT, peer, &filled, table, memory);
    }
}

fn with_full_text(
    wanted: &Wanted,
    messages: usize,
    plugin: &str,
    peer: &mut Roundcube,
    filled: &Box_,
    table: &mut Table,
    memory: &mut Table,
) {
    let name = plugin.rsplit('_').next().unwrap_or_default();
    peer.start(plugin);
    let at_most = if wanted.quick { INDEX_AT_MOST_QUICK } else { INDEX_AT_MOST };
    let Some(seconds) = peer.index(at_most) else {
        println!("{name}: its index of {messages} messages was not made within {} s\n", at_most.as_secs());
        return;
    };
    println!("{name}: its index of {messages} messages took {seconds:.0} s, {:.0} messages/s\n", messages as f64 / seconds);
    let (ours_length, theirs_length) = lengths(wanted);
    let mut side = Side::new(|| peer.visitor(messages), theirs_length);
    let mut again = Side::new(|| filled.visitor(), ours_length);
    side.warm(Action::Search);
    again.warm(Action::Search);
    for (at, clients) in CLIENTS.iter().enumerate() {
        for _ in 0..2 {
            again.act(Action::Search, at, &|| filled.resident_mib());
            side.act(Action::Search, at, &|| peer.resident_mib());
        }
        row(table, messages, Action::Search, name, *clients, &again.samples, &side.samples);
    }
    let mib = |mib: f64| format!("{mib:.0}");
    memory.row(vec![messages.to_string(), format!("Roundcube, Dovecot with {name}"), mib(peer.resident_mib()), mib(side.highest_mib)]);
}

fn row(table: &mut Table, messages: usize, action: Action, variant: &str, clients: usize, ours: &Samples, theirs: &Samples) {
    let (own, peer) = (ours.of(action, clients), theirs.of(action, clients));
    let name = if variant.is_empty() { action.name().to_owned() } else { format!("{}, {variant}", action.name()) };
    let line = |name: String, p50: f64, p99: f64| {
        vec![
            messages.to_string(),
            name,
            clients.to_string(),
            format!("{:.2}", own.whole(50)),
            format!("{:.2}", own.whole(99)),
            format!("{:.1}", own.whole(99) / own.whole(50)),
            own.count().to_string(),
            format!("{p50:.1}"),
            format!("{p99:.1}"),
            peer.count().to_string(),
            format!("{:.0}", p50 / own.whole(50)),
        ]
    };
    table.row(line(name, peer.whole(50), peer.whole(99)));
    if peer.requests() > 1 {
        for (at, part) in ["its page alone", "its list alone"].iter().enumerate() {
            table.row(line(format!("{}: {part}", action.name()), peer.part(at, 50), peer.part(at, 99)));
        }
    }
}
