//! `kill -9` at random instants of heavy traffic, many times: every message that got 250 is on the disk, octet for octet.
//!
//! `LIFEBOAT_CRASH_ROUNDS=N` makes more rounds than usual; `LIFEBOAT_SEED=N` repeats what a failed run did.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lifeboat::mail::{Address, Mailbox};
use lifeboat::store::{Disk, Files, Folder, Frozen, Seq};

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sender::{Session, stuffed};
use crate::harness::{folder, heavy, mail};

const ROUNDS: usize = 200;
/// Rounds with one data folder; then all that lies in it is compared.
const ROUNDS_TOGETHER: usize = 10;
const SENDERS: u64 = 6;
const BOTH: [&str; 2] = ["ann@example.com", "bo@example.com"];

/// The messages of a run: each one is made from its number.
struct Messages {
    noise: Vec<u8>,
}

impl Messages {
    fn new(seed: u64) -> Messages {
        let mut random = fastrand::Rng::with_seed(seed);
        // Lines of printable octets with dots in front and eight-bit ones among them, and never a line end alone.
        let line = |random: &mut fastrand::Rng| {
            let mut line: Vec<u8> =
                (0..random.usize(..90)).map(|_| random.choice(*b" .abcdefghijk0123456789=\xe4\xff\t").unwrap_or(b'x')).collect();
            line.extend_from_slice(b"\r\n");
            line
        };
        Messages { noise: (0..40_000).flat_map(|_| line(&mut random)).collect() }
    }

    /// From 100 octets to 1.5 MiB; most are small.
    fn message(&self, number: u64) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(number);
        let octets = match random.u8(..20) {
            0 => random.usize(1_000_000..1_500_000),
            1..=3 => random.usize(30_000..300_000),
            _ => random.usize(1..8000),
        };
        let mut message = mail::message(BOTH[0], &format!("kill {number}"), "");
        let from = random.usize(..self.noise.len() / 4);
        let end = (from + octets).min(self.noise.len() - 2);
        // Not in the middle of a line end.
        let end = if self.noise[end - 1] == b'\r' { end + 1 } else { end };
        let from = if self.noise[from] == b'\n' { from + 1 } else { from };
        message.extend_from_slice(&self.noise[from..end.max(from)]);
        if !message.ends_with(b"\r\n") {
            message.extend_from_slice(b"\r\n");
        }
        message
    }
}

fn recipients(number: u64) -> &'static [&'static str] {
    if number.is_multiple_of(2) { &BOTH } else { &BOTH[..1] }
}

/// What the senders share in one round.
struct Load {
    server: SocketAddr,
    messages: Arc<Messages>,
    next: AtomicU64,
    stop: AtomicBool,
    accepted: Mutex<Vec<u64>>,
}

impl Load {
    /// Sends until the box is gone. Every sender has a manner of its own.
    fn send(&self, sender: u64) {
        while !self.stop.load(Ordering::Relaxed) {
            let sent = match sender % 3 {
                0 => self.one_a_connection(),
                1 => self.many_a_connection(),
                _ => self.pipelined(),
            };
            if sent.is_err() {
                return;
            }
        }
    }

    fn one_a_connection(&self) -> io::Result<()> {
        let mut session = self.open()?;
        self.transaction(&mut session)?;
        session.command("QUIT").map(drop)
    }

    fn many_a_connection(&self) -> io::Result<()> {
        let mut session = self.open()?;
        (0..20).try_for_each(|_| self.transaction(&mut session))
    }

    // The next transaction's commands travel in front of the reply to this one's message.
    fn pipelined(&self) -> io::Result<()> {
        let mut session = self.open()?;
        let mut number = self.number();
        session.write(commands(number).as_bytes())?;
        for _ in 0..20 {
            for _ in 0..recipients(number).len() + 2 {
                expect_positive(&session.reply()?)?;
            }
            let next = self.number();
            let mut octets = stuffed(&self.messages.message(number));
            octets.extend_from_slice(commands(next).as_bytes());
            session.write(&octets)?;
            self.note(number, &session.reply()?);
            number = next;
        }
        Ok(())
    }

    fn transaction(&self, session: &mut Session) -> io::Result<()> {
        let number = self.number();
        let message = self.messages.message(number);
        let reply = session.send("out@outside.example", recipients(number), &message)?;
        self.note(number, &reply);
        Ok(())
    }

    fn open(&self) -> io::Result<Session> {
        let (mut session, _) = Session::open(self.server)?;
        expect_positive(&session.command("EHLO kills.outside.example")?)?;
        Ok(session)
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn note(&self, number: u64, reply: &str) {
        if reply.starts_with("250") {
            self.accepted.lock().unwrap().push(number);
        }
    }
}

fn commands(number: u64) -> String {
    let recipients: String = recipients(number).iter().map(|recipient| format!("RCPT TO:<{recipient}>\r\n")).collect();
    format!("MAIL FROM:<out@outside.example> BODY=8BITMIME\r\n{recipients}DATA\r\n")
}

fn expect_positive(reply: &str) -> io::Result<()> {
    if reply.starts_with(['2', '3']) { Ok(()) } else { Err(io::Error::other(reply.to_owned())) }
}

/// One box with one data folder, and what it has acknowledged.
struct Trial {
    lifeboat: Lifeboat,
    folder: tempfile::TempDir,
    messages: Arc<Messages>,
    accepted: Vec<u64>,
    next: u64,
}

impl Trial {
    fn new(messages: &Arc<Messages>, next: u64) -> Trial {
        let folder = folder();
        let lifeboat = Lifeboat::prepare(folder.path(), &Setup::without_primary());
        Trial { lifeboat, folder, messages: Arc::clone(messages), accepted: Vec::new(), next }
    }

    fn round(&mut self, random: &mut fastrand::Rng) {
        // Without its index it has all of the spool to read, and may be killed in the middle of that.
        if random.u8(..8) == 0 {
            let _ = std::fs::remove_dir_all(self.lifeboat.data().join("index"));
        }
        if random.u8(..5) == 0 {
            self.lifeboat.spawn();
            std::thread::sleep(Duration::from_millis(random.u64(..300)));
            self.lifeboat.kill();
        }
        self.lifeboat.restart();
        let load = Load {
            server: self.lifeboat.smtp,
            messages: Arc::clone(&self.messages),
            next: AtomicU64::new(self.next),
            stop: AtomicBool::new(false),
            accepted: Mutex::default(),
        };
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let load = &load;
                scope.spawn(move || load.send(sender));
            }
            std::thread::sleep(Duration::from_millis(random.u64(20..700)));
            self.lifeboat.kill();
            load.stop.store(true, Ordering::Relaxed);
        });
        self.next = load.next.into_inner();
        self.accepted.extend(load.accepted.into_inner().unwrap());
    }

    /// Starts once more, stops in order, and compares what lies on the disk with what was acknowledged.
    fn compare(&mut self) {
        self.lifeboat.restart();
        let status = self.lifeboat.stop();
        assert!(status.success(), "{status}");
        assert!(!self.lifeboat.log().contains("panicked"), "the box panicked");
        let files: Arc<dyn Files> = Arc::new(Disk);
        let frozen = Frozen::open(&self.lifeboat.data(), self.folder.path(), &files).unwrap();
        assert_eq!(frozen.damaged(), Vec::<String>::new());
        let held = BOTH.map(|name| numbers(&frozen, name));
        let all: BTreeSet<u64> = held.iter().flat_map(BTreeMap::keys).copied().collect();
        for number in &all {
            let message = self.messages.message(*number);
            for (name, held) in BOTH.iter().zip(&held).filter(|(name, _)| recipients(*number).contains(name)) {
                // Also what was never acknowledged is there whole or not at all.
                let seq = held.get(number).unwrap_or_else(|| panic!("message {number} is not in the mailbox of {name}"));
                let body = frozen.body(*seq).unwrap_or_else(|error| panic!("message {number}: {error}"));
                assert!(body.ends_with(&message) && mail::without_trace(&body) == message, "message {number} is not as it was sent");
            }
        }
        let lost: Vec<&u64> = self.accepted.iter().filter(|number| !all.contains(number)).collect();
        assert!(lost.is_empty(), "{} of {} acknowledged messages are lost: {lost:?}", lost.len(), self.accepted.len());
    }
}

/// The messages of a mailbox by their numbers; each is there once.
fn numbers(frozen: &Frozen, name: &str) -> BTreeMap<u64, Seq> {
    let mailbox: Mailbox = Address::parse(name).unwrap().mailbox();
    let mut numbers = BTreeMap::new();
    for entry in frozen.view().folder(&mailbox, Folder::Inbox, None, usize::MAX).unwrap() {
        let subject = &entry.summary.subject;
        let number = subject.strip_prefix("kill ").and_then(|number| number.parse().ok());
        let number: u64 = number.unwrap_or_else(|| panic!("a message that nobody sent: {subject:?}"));
        assert!(numbers.insert(number, entry.message).is_none(), "message {number} is there twice");
    }
    numbers
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn nothing_acknowledged_is_lost_by_any_of_many_kills() {
    let _one = heavy();
    let rounds = variable("LIFEBOAT_CRASH_ROUNDS").map_or(ROUNDS, |rounds| rounds as usize);
    let seed = variable("LIFEBOAT_SEED").unwrap_or_else(|| fastrand::u64(..));
    eprintln!("LIFEBOAT_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let messages = Arc::new(Messages::new(seed));
    let (mut done, mut next, mut accepted, mut octets) = (0, 0, 0, 0);
    while done < rounds {
        let mut trial = Trial::new(&messages, next);
        for _ in 0..ROUNDS_TOGETHER.min(rounds - done) {
            trial.round(&mut random);
            done += 1;
        }
        trial.compare();
        next = trial.next;
        accepted += trial.accepted.len();
        octets += size(&trial.lifeboat.data().join("spool"));
        eprintln!("{done} kills, {accepted} messages acknowledged and found, {} MB", octets / 1_000_000);
    }
    assert!(accepted > rounds, "{accepted} messages in {rounds} rounds are no load");
}

fn size(folder: &Path) -> u64 {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}
