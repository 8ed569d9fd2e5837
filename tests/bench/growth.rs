//! What grows with the cache, and what does not: the same box measured with 10 thousand, 100 thousand and 1 million messages.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Wanted;
use crate::accept::{setup, start};
use crate::harness::lifeboat::Lifeboat;
use crate::harness::person::Person;
use crate::harness::{need, wait_for};
use crate::load::{fill, people};
use crate::machine::{disk_octets, forget, free_octets, resident_mib, settle};
use crate::messages;
use crate::table::{Table, median};

const STEPS: [usize; 3] = [10_000, 100_000, 1_000_000];
const QUICK_STEPS: [usize; 2] = [1_000, 10_000];
/// Room on the disk for each message, with its rows in the index and in the search.
const OCTETS_A_MESSAGE: u64 = 8 * 1024;
/// The filling says how far it is after so many.
const FILL_MESSAGES: usize = 50_000;
/// The rate of accepting is the median of so many runs of so many messages, beyond those of the step.
const RUNS: usize = 5;
const RUN_MESSAGES: usize = 2_000;
/// Sent right before a `kill -9`, and while the index is made.
const BURST_MESSAGES: usize = 1_000;
/// Times a page is asked for; the median counts.
const ASKED: usize = 25;
/// Whose pages are looked at.
const PERSON: &str = "p7@example.com";
/// Ends a benchmark that hangs.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Between two looks at the index.
const SHORT: Duration = Duration::from_millis(20);

/// Names and values of one step, in the order of the table.
type Column = Vec<(&'static str, String)>;

/// A box and how many messages it was sent.
struct Growing<'a> {
    folder: &'a Path,
    lifeboat: Lifeboat,
    cached: usize,
    password: String,
}

pub fn run(wanted: &Wanted) {
    need("curl", "curl");
    let steps: &[usize] = if wanted.quick { &QUICK_STEPS } else { &STEPS };
    let needed = steps[steps.len() - 1] as u64 * OCTETS_A_MESSAGE;
    let free = free_octets(&wanted.folder);
    println!("{} MiB of disk are needed, {} MiB are free\n", needed >> 20, free >> 20);
    assert!(free > needed, "not enough room in {}", wanted.folder.display());
    let folder = wanted.temporary("growth-");
    let lifeboat = start(folder.path(), &setup(&people()));
    let password = lifeboat.password(PERSON);
    let mut growing = Growing { folder: folder.path(), lifeboat, cached: 0, password };
    let columns: Vec<Column> = steps.iter().map(|step| growing.step(*step)).collect();
    table(steps, &columns).finish(&wanted.results(), "growth");
}

fn table(steps: &[usize], columns: &[Column]) -> Table {
    let names: Vec<String> = steps.iter().map(usize::to_string).collect();
    let head: Vec<&str> = ["messages cached"].into_iter().chain(names.iter().map(String::as_str)).chain(["last to first"]).collect();
    let mut table = Table::new("What grows with the cache (the same box; medians)", &head);
    for (at, (name, first)) in columns[0].iter().enumerate() {
        let last = &columns[columns.len() - 1][at].1;
        let ratio = match (number(first), number(last)) {
            (Some(first), Some(last)) if first > 0.0 => format!("{:.2}", last / first),
            _ => "-".to_owned(),
        };
        let cells = columns.iter().map(|column| column[at].1.clone());
        table.row(std::iter::once((*name).to_owned()).chain(cells).chain([ratio]).collect());
    }
    table
}

fn number(cell: &str) -> Option<f64> {
    cell.split(' ').next()?.parse().ok()
}

impl Growing<'_> {
    fn step(&mut self, step: usize) -> Column {
        while self.cached < step {
            let more = FILL_MESSAGES.min(step - self.cached);
            let filled = fill(self.lifeboat.smtp, self.cached..self.cached + more);
            self.cached += more;
            eprintln!("  {} of {step} messages, {:.0}/s", self.cached, filled.rate);
        }
        self.at_rest();
        let mut column = Column::new();
        let parts: [fn(&mut Self) -> Column; 6] = [Self::disk, Self::accepting, Self::pages, Self::memory, Self::starts, Self::rebuild];
        for part in parts {
            let values = part(self);
            // The rebuild at the end may take long: what is known is shown.
            values.iter().for_each(|(name, value)| eprintln!("  {step}: {name}: {value}"));
            column.extend(values);
        }
        assert_eq!(self.lifeboat.queued(), self.cached as u64, "messages in the box, against those sent");
        column
    }

    fn send(&mut self, messages: usize) -> crate::load::Filled {
        let numbers = self.cached..self.cached + messages;
        self.cached = numbers.end;
        fill(self.lifeboat.smtp, numbers)
    }

    /// The index is there and nothing is put off any more.
    fn at_rest(&mut self) {
        wait_for("the index is ready", PATIENCE, || is_ready(&self.lifeboat).then_some(()));
        self.lifeboat.look_up_addresses();
        settle(self.lifeboat.pid());
    }

    fn disk(&mut self) -> Column {
        let mb = |part: &str| format!("{:.0}", disk_octets(&self.lifeboat.data().join(part)) as f64 / 1e6);
        vec![("spool, MB", mb("spool")), ("index, MB", mb("index"))]
    }

    fn accepting(&mut self) -> Column {
        let mut rates = Vec::new();
        for _ in 0..RUNS {
            rates.push(self.send(RUN_MESSAGES).rate);
            settle(self.lifeboat.pid());
        }
        vec![("accepted, messages/s", format!("{:.0}", median(rates)))]
    }

    fn pages(&mut self) -> Column {
        // Sessions end with the process, and cookies of an old one must not come into a new one.
        let person = Person::new(self.lifeboat.web, self.folder, &format!("at-{}", self.cached));
        person.sign_in(PERSON, &self.password);
        let inbox = person.get("/mail/inbox");
        let messages: Vec<String> = Person::messages(&inbox).into_iter().map(|(path, _)| path).take(ASKED).collect();
        assert!(!messages.is_empty(), "nothing in the inbox: {}", inbox.text());
        let searches: Vec<String> = (0..ASKED).map(|number| format!("/mail/search?q={}", messages::word(number * 13 + 400))).collect();
        let search = if person.get(&searches[0]).status == 200 { milliseconds(&person, &searches) } else { "-".to_owned() };
        let again = |path: &str| milliseconds(&person, &vec![path.to_owned(); ASKED]);
        vec![
            ("smallest page (/readyz), ms", again("/readyz")),
            ("inbox page, ms", again("/mail/inbox")),
            ("message page, ms", milliseconds(&person, &messages)),
            ("search page, one word, ms", search),
        ]
    }

    fn memory(&mut self) -> Column {
        vec![("resident, MiB", format!("{:.0}", resident_mib(self.lifeboat.pid())))]
    }

    /// After `kill -9` in the middle of the work; then once more with nothing of its files in memory.
    fn starts(&mut self) -> Column {
        self.send(BURST_MESSAGES);
        self.lifeboat.kill();
        let warm = self.lifeboat.restart_until_greeting();
        self.at_rest();
        self.send(BURST_MESSAGES);
        self.lifeboat.kill();
        forget(&self.lifeboat.data());
        let cold = self.lifeboat.restart_until_greeting();
        self.at_rest();
        let seconds = |time: Duration| format!("{:.2}", time.as_secs_f64());
        vec![("kill -9 to greeting, s", seconds(warm)), ("the same, disk cache empty, s", seconds(cold))]
    }

    /// Without an index and with nothing of the spool in memory: how fast the spool is read, and whether mail is taken meanwhile.
    fn rebuild(&mut self) -> Column {
        assert!(self.lifeboat.stop().success(), "the box stops in good order");
        fs::remove_dir_all(self.lifeboat.data().join("index")).expect("an index to remove");
        forget(&self.lifeboat.data());
        let octets = disk_octets(&self.lifeboat.data().join("spool"));
        let started = Instant::now();
        self.lifeboat.restart_until_greeting();
        let numbers = self.cached..self.cached + BURST_MESSAGES;
        self.cached = numbers.end;
        // `status` may answer only when the index is ready, so it is asked beside the sending, not before or after.
        let (meanwhile, sent, (took, highest)) = std::thread::scope(|scope| {
            let ready = scope.spawn(|| ready_after(&self.lifeboat, started));
            let meanwhile = fill(self.lifeboat.smtp, numbers);
            (meanwhile, started.elapsed(), ready.join().expect("the index becomes ready"))
        });
        self.at_rest();
        let overtaken = if took < sent { " (ready before)" } else { "" };
        let took = took.as_secs_f64();
        vec![
            ("index made again, MB/s of spool", format!("{:.0} ({took:.1} s)", octets as f64 / 1e6 / took)),
            ("highest resident meanwhile, MiB", format!("{highest:.0}")),
            ("accepted meanwhile, messages/s", format!("{:.0}{overtaken}", meanwhile.rate)),
            ("longest 250 meanwhile, ms", format!("{:.0}", meanwhile.longest.as_secs_f64() * 1000.0)),
        ]
    }
}

fn is_ready(lifeboat: &Lifeboat) -> bool {
    lifeboat.try_status().is_some_and(|status| status["store"]["index"] == "ready")
}

/// How long after `started` the index is ready, and the most memory seen until then, in MiB.
fn ready_after(lifeboat: &Lifeboat, started: Instant) -> (Duration, f64) {
    let mut highest = resident_mib(lifeboat.pid());
    while !is_ready(lifeboat) {
        assert!(started.elapsed() < PATIENCE, "the index does not become ready");
        highest = highest.max(resident_mib(lifeboat.pid()));
        std::thread::sleep(SHORT);
    }
    (started.elapsed(), highest)
}

/// The median time of these pages, by a warm connection of curl's own.
fn milliseconds(person: &Person, paths: &[String]) -> String {
    format!("{:.1}", median(paths.iter().map(|path| person.seconds(path) * 1000.0).collect()))
}
