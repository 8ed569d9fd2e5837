//! How fast mail is accepted: the ceiling, the box in an outage, and Postfix with `discard:`, by turns in one run.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Wanted;
use crate::ceiling::{Ceiling, Kept};
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::postfix::Postfix;
use crate::harness::{PRIMARY, need, wait_for};
use crate::machine::{cpu_seconds, free_octets, resident_mib, resident_sum_mib, settle};
use crate::messages;
use crate::table::{Table, median};

const SIZES: [(&str, usize); 3] = [("4 KiB", 4 * 1024), ("64 KiB", 64 * 1024), ("1 MiB", 1024 * 1024)];
const CONNECTIONS: [usize; 4] = [1, 10, 50, 200];
const PAIRS: usize = 5;
/// `--quick` leaves out what lies between.
const QUICK_SIZES: [&str; 2] = ["4 KiB", "1 MiB"];
const QUICK_CONNECTIONS: [usize; 2] = [1, 50];
const QUICK_PAIRS: usize = 1;
/// A run is made about so long.
const RUN: Duration = Duration::from_millis(1500);
const QUICK_RUN: Duration = Duration::from_millis(300);
const MESSAGES_MAX: f64 = 20_000.0;
/// smtp-source ends every file that it sends by an empty line.
const SOURCE_ADDS_OCTETS: usize = 2;
/// The box keeps what it takes in one cell (five runs of 1 MiB messages), and the ceiling a run: room for both.
const ROOM_OCTETS: u64 = 16 << 30;

/// One line of the table.
#[derive(Clone, Copy)]
struct Cell<'a> {
    size: &'a str,
    octets: usize,
    connections: usize,
    /// `smtp-source -d`: many messages a connection.
    many: bool,
}

impl Cell<'_> {
    fn per_connection(&self) -> &'static str {
        if self.many { "many" } else { "one" }
    }

    /// As `--only` finds it.
    fn name(&self) -> String {
        format!("{} x {} {}", self.size, self.connections, self.per_connection())
    }

    /// Messages a second. smtp-source fails unless every message was answered 250.
    fn send(&self, file: &Path, to: SocketAddr, messages: usize) -> f64 {
        let mut source = Command::new("/usr/sbin/smtp-source");
        source.args(["-s", &self.connections.to_string(), "-m", &messages.to_string(), "-F"]).arg(file);
        source.args(["-f", "bench@outside.example", "-t", "ann@example.com"]);
        if self.many {
            source.arg("-d");
        }
        let started = Instant::now();
        let status = source.arg(format!("inet:{}:{}", to.ip(), to.port())).stdout(Stdio::null()).status().expect("smtp-source runs");
        assert!(status.success(), "smtp-source: {status} in {}", self.name());
        messages as f64 / started.elapsed().as_secs_f64()
    }
}

/// A system under test in one cell.
#[derive(Default)]
struct Runs {
    /// Messages of one run.
    messages: usize,
    /// Messages of all runs, also of the calibration.
    sent: usize,
    rates: Vec<f64>,
    cpu_seconds: f64,
}

impl Runs {
    /// A short run says how many messages fill a run of that length; it counts for nothing.
    fn calibrate(&mut self, cell: &Cell<'_>, file: &Path, to: SocketAddr, run: Duration) {
        let first = cell.connections.max(20) * 2;
        let rate = cell.send(file, to, first);
        let wanted = (rate * run.as_secs_f64()).min(MESSAGES_MAX) as usize;
        self.messages = wanted.max(cell.connections * 2);
        self.sent += first;
    }

    fn measure(&mut self, cell: &Cell<'_>, file: &Path, to: SocketAddr) {
        self.rates.push(cell.send(file, to, self.messages));
        self.sent += self.messages;
    }

    /// The same, with what the process and its descendants spend until they are at rest again: work that is put off counts too.
    fn measure_process(&mut self, cell: &Cell<'_>, file: &Path, to: SocketAddr, process: u32, rest: impl Fn()) {
        let before = cpu_seconds(process);
        self.measure(cell, file, to);
        rest();
        self.cpu_seconds += cpu_seconds(process) - before;
    }

    fn rate(&self) -> f64 {
        median(self.rates.clone())
    }

    /// The median of the ratios of the pairs: what slows the machine for a while slows both of a pair.
    fn ratio(&self, other: &Runs) -> f64 {
        median(self.rates.iter().zip(&other.rates).map(|(own, other)| own / other).collect())
    }

    /// Fastest to slowest run, in percent of the median: how much the machine was disturbed.
    fn spread_percent(&self) -> f64 {
        let most = self.rates.iter().copied().fold(f64::MIN, f64::max);
        let least = self.rates.iter().copied().fold(f64::MAX, f64::min);
        (most - least) * 100.0 / self.rate()
    }

    fn cpu_for_1000(&self) -> f64 {
        self.cpu_seconds * 1000.0 / (self.messages * self.rates.len()) as f64
    }
}

/// What was measured in one cell.
struct Measured {
    ceiling: Runs,
    lifeboat: Runs,
    postfix: Runs,
    lifeboat_mib: f64,
    postfix_mib: f64,
}

pub fn run(wanted: &Wanted) {
    need("smtp-source", "postfix");
    let free = free_octets(&wanted.folder);
    assert!(free > ROOM_OCTETS, "{} GiB of free disk are needed in {}", ROOM_OCTETS >> 30, wanted.folder.display());
    let folder = wanted.temporary("accept-");
    let ceiling = Ceiling::start(folder.path());
    let postfix = Postfix::discarding(folder.path(), PRIMARY);
    let idle = idle(folder.path(), &postfix);
    let title = "Accepting mail: messages/s (medians), ratios (medians of the pairs), CPU seconds for 1,000 messages, MiB resident after";
    let head = ["message", "connections", "a connection", "ceiling", "Lifeboat", "Postfix", "of ceiling", "of Postfix", "spread"];
    let mut table = Table::new(title, &[&head[..], &["CPU s", "Postfix's", "MiB", "Postfix's"]].concat());
    let mut ratios = Vec::new();
    for cell in cells(wanted) {
        let measured = measure(wanted, &cell, folder.path(), &ceiling, &postfix);
        ratios.push((cell.name(), measured.lifeboat.ratio(&measured.ceiling), measured.lifeboat.ratio(&measured.postfix)));
        table.row(row(&cell, &measured));
    }
    table.finish(&wanted.results(), "accept");
    println!("{idle}");
    summary(&ratios);
}

fn cells(wanted: &Wanted) -> Vec<Cell<'static>> {
    let mut cells = Vec::new();
    for (size, octets) in SIZES {
        for connections in CONNECTIONS {
            cells.extend([false, true].map(|many| Cell { size, octets, connections, many }));
        }
    }
    let quick = |cell: &Cell<'_>| QUICK_SIZES.contains(&cell.size) && QUICK_CONNECTIONS.contains(&cell.connections);
    match &wanted.only {
        Some(part) => cells.retain(|cell| cell.name().contains(part.as_str())),
        None if wanted.quick => cells.retain(quick),
        None => {}
    }
    cells
}

/// Resident memory of both before any mail, as a line of text.
fn idle(folder: &Path, postfix: &Postfix) -> String {
    let data = folder.join("idle");
    let lifeboat = start(&data, &setup(&["ann@example.com".to_owned()]));
    let text = |name: &str, process: u32| {
        settle(process);
        format!("{name} {:.0} MiB (sum of RSS {:.0})", resident_mib(process), resident_sum_mib(process))
    };
    format!("Resident memory before any mail: {}, {}", text("Lifeboat", lifeboat.pid()), text("Postfix", postfix.pid()))
}

/// The box begins each cell with an empty cache: in an outage it keeps all that it takes, and the disk must not fill.
fn measure(wanted: &Wanted, cell: &Cell<'_>, folder: &Path, ceiling: &Ceiling, postfix: &Postfix) -> Measured {
    let file = folder.join("message");
    let message = messages::message(&mut fastrand::Rng::with_seed(1), 1, cell.octets);
    std::fs::write(&file, &message).expect("the message");
    let data = folder.join("box");
    let lifeboat = start(&data, &setup(&["ann@example.com".to_owned()]));
    let (length, pairs) = if wanted.quick { (QUICK_RUN, QUICK_PAIRS) } else { (RUN, PAIRS) };
    let mut runs: [Runs; 3] = std::array::from_fn(|_| Runs::default());
    for (runs, to) in runs.iter_mut().zip([ceiling.address, lifeboat.smtp, postfix.smtp]) {
        runs.calibrate(cell, &file, to, length);
    }
    let [mut of_ceiling, mut of_lifeboat, mut of_postfix] = runs;
    rest(postfix);
    settle(lifeboat.pid());
    let wire = messages::on_the_wire(&message).len() + SOURCE_ADDS_OCTETS;
    for _ in 0..pairs {
        ceiling.renew();
        of_ceiling.measure(cell, &file, ceiling.address);
        // Complete messages came: the sender sends what it was given, and no more is measured than that.
        let expected = Kept { messages: of_ceiling.messages, octets: (of_ceiling.messages * wire) as u64 };
        assert_eq!(ceiling.renew(), expected, "what smtp-source sent to the ceiling");
        of_lifeboat.measure_process(cell, &file, lifeboat.smtp, lifeboat.pid(), || settle(lifeboat.pid()));
        of_postfix.measure_process(cell, &file, postfix.smtp, postfix.pid(), || rest(postfix));
    }
    assert_eq!(lifeboat.queued(), of_lifeboat.sent as u64, "messages in the box, against those sent, in {}", cell.name());
    let (lifeboat_mib, postfix_mib) = (resident_mib(lifeboat.pid()), resident_mib(postfix.pid()));
    drop(lifeboat);
    std::fs::remove_dir_all(&data).expect("the box's folder goes");
    Measured { ceiling: of_ceiling, lifeboat: of_lifeboat, postfix: of_postfix, lifeboat_mib, postfix_mib }
}

/// What Postfix accepted it still has to discard: that is its work, and must not slow the next.
fn rest(postfix: &Postfix) {
    postfix.wait_idle();
    settle(postfix.pid());
}

fn row(cell: &Cell<'_>, measured: &Measured) -> Vec<String> {
    let Measured { ceiling, lifeboat, postfix, .. } = measured;
    vec![
        cell.size.to_owned(),
        cell.connections.to_string(),
        cell.per_connection().to_owned(),
        format!("{:.0}", ceiling.rate()),
        format!("{:.0}", lifeboat.rate()),
        format!("{:.0}", postfix.rate()),
        format!("{:.2}", lifeboat.ratio(ceiling)),
        format!("{:.1}", lifeboat.ratio(postfix)),
        format!("{:.0} %", lifeboat.spread_percent()),
        format!("{:.2}", lifeboat.cpu_for_1000()),
        format!("{:.2}", postfix.cpu_for_1000()),
        format!("{:.0}", measured.lifeboat_mib),
        format!("{:.0}", measured.postfix_mib),
    ]
}

/// The cells that look worst come first to the eye.
fn summary(ratios: &[(String, f64, f64)]) {
    let enough = ratios.iter().filter(|(_, of_ceiling, _)| *of_ceiling >= 0.8).count();
    println!("At least 0.80 of the ceiling in {enough} of {} cells", ratios.len());
    let least = |which: fn(&(String, f64, f64)) -> f64| ratios.iter().min_by(|one, other| which(one).total_cmp(&which(other)));
    if let (Some(ceiling), Some(postfix)) = (least(|ratio| ratio.1), least(|ratio| ratio.2)) {
        println!("Least: {:.2} of the ceiling ({}), {:.1} of Postfix ({})\n", ceiling.1, ceiling.0, postfix.2, postfix.0);
    }
}

/// 200 connections from one address are a trusted host's.
pub fn setup(people: &[String]) -> Setup {
    Setup { people: people.to_vec(), trusted: vec!["127.0.0.1/32".to_owned()], fall: 1, ..Setup::without_primary() }
}

/// The box in continuity.
pub fn start(folder: &Path, setup: &Setup) -> Lifeboat {
    std::fs::create_dir_all(folder).expect("a folder");
    let lifeboat = Lifeboat::start(folder, setup);
    wait_for("continuity", Duration::from_secs(60), || (lifeboat.mode() == "continuity").then_some(()));
    lifeboat
}
