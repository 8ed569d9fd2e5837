//! How fast mail is accepted: the box in an outage, Postfix with `discard:`, and the ceiling, by turns in one run.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Wanted;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::postfix::Postfix;
use crate::harness::{PRIMARY, need, wait_for};
use crate::machine::{cpu_seconds, resident_mib};
use crate::table::{Table, median};
use crate::{ceiling, messages};

const SIZES: [(&str, usize); 3] = [("4 KiB", 4 * 1024), ("64 KiB", 64 * 1024), ("1 MiB", 1024 * 1024)];
const CONNECTIONS: [usize; 4] = [1, 10, 50, 200];
const PAIRS: usize = 5;
/// A run is made about so long.
const RUN: Duration = Duration::from_millis(1500);
const QUICK_RUN: Duration = Duration::from_millis(300);
const MESSAGES_MAX: f64 = 20_000.0;
/// After a run the box still brings its index up to date: that counts as its work.
const SETTLE: Duration = Duration::from_millis(1200);

struct Cell<'a> {
    connections: usize,
    message: &'a Path,
    /// `smtp-source -d`: many messages a connection.
    many: bool,
}

impl Cell<'_> {
    /// Messages a second.
    fn send(&self, to: SocketAddr, messages: usize) -> f64 {
        let mut source = Command::new("/usr/sbin/smtp-source");
        source.args(["-s", &self.connections.to_string(), "-m", &messages.to_string(), "-F"]).arg(self.message);
        source.args(["-f", "bench@outside.example", "-t", "ann@example.com"]);
        if self.many {
            source.arg("-d");
        }
        let started = Instant::now();
        let status = source.arg(format!("inet:{}:{}", to.ip(), to.port())).stdout(Stdio::null()).status().expect("smtp-source runs");
        assert!(status.success(), "smtp-source: {status}");
        messages as f64 / started.elapsed().as_secs_f64()
    }
}

/// A system under test: where it listens, what its process is, and how much to send.
struct Runner {
    address: SocketAddr,
    process: Option<u32>,
    messages: usize,
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

impl Runner {
    fn new(address: SocketAddr, process: Option<u32>) -> Runner {
        Runner { address, process, messages: 0, rates: Vec::new(), cpu: Vec::new() }
    }

    /// A short run says how many messages fill a run; it counts for nothing.
    fn calibrate(&mut self, cell: &Cell<'_>, run: Duration) {
        let first = cell.send(self.address, cell.connections.max(20) * 2);
        let wanted = (first * run.as_secs_f64()).min(MESSAGES_MAX) as usize;
        self.messages = wanted.max(cell.connections * 2);
    }

    fn measure(&mut self, cell: &Cell<'_>) {
        let before = self.process.map(cpu_seconds);
        self.rates.push(cell.send(self.address, self.messages));
        if let (Some(process), Some(before)) = (self.process, before) {
            std::thread::sleep(SETTLE);
            self.cpu.push((cpu_seconds(process) - before) * 1000.0 / self.messages as f64);
        }
    }

    fn rate(&self) -> f64 {
        median(self.rates.clone())
    }

    fn cpu(&self) -> f64 {
        median(self.cpu.clone())
    }
}

pub fn run(wanted: &Wanted) {
    need("smtp-source", "postfix");
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&wanted.folder).expect("a folder");
    open_to_all(folder.path());
    let (ceiling, fresh) = ceiling::start(folder.path());
    let postfix = Postfix::discarding(folder.path(), PRIMARY);
    std::thread::sleep(Duration::from_secs(1));
    let idle_postfix = resident_mib(postfix.pid());
    let (mut idle, mut after) = (f64::NAN, f64::NAN);
    let mut table = Table::new(
        "Accepting mail: messages a second (medians), and CPU seconds for 1,000 messages",
        &["message", "connections", "a connection", "ceiling", "Lifeboat", "Postfix", "of ceiling", "of Postfix", "CPU s", "Postfix's"],
    );
    for (size, octets) in SIZES {
        let path = folder.path().join("message");
        let message = messages::message(&mut fastrand::Rng::with_seed(1), 1, octets);
        std::fs::write(&path, message).expect("the message");
        for connections in CONNECTIONS {
            for many in [false, true] {
                let name = format!("{size} x {connections} {}", if many { "many" } else { "one" });
                if wanted.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
                    continue;
                }
                // A cache of its own for each cell: the disk must not fill.
                let data = folder.path().join("box");
                let lifeboat = start(&data, &setup());
                idle = if idle.is_nan() { resident_mib(lifeboat.pid()) } else { idle };
                let cell = Cell { connections, message: &path, many };
                let mut runners = [
                    Runner::new(ceiling, None),
                    Runner::new(lifeboat.smtp, Some(lifeboat.pid())),
                    Runner::new(postfix.smtp, Some(postfix.pid())),
                ];
                let run = if wanted.quick { QUICK_RUN } else { RUN };
                runners.iter_mut().for_each(|runner| runner.calibrate(&cell, run));
                for _ in 0..if wanted.quick { 1 } else { PAIRS } {
                    fresh();
                    runners.iter_mut().for_each(|runner| runner.measure(&cell));
                }
                after = resident_mib(lifeboat.pid());
                drop(lifeboat);
                let _ = std::fs::remove_dir_all(&data);
                table.row(row(size, &cell, &runners));
            }
        }
    }
    let idle_text =
        format!("Resident memory, idle: Lifeboat {idle:.0} MiB, Postfix {idle_postfix:.0} MiB; after the last cell: {after:.0} MiB");
    table.finish(&results(), "accept");
    println!("{idle_text}\n");
}

fn row(size: &str, cell: &Cell<'_>, [ceiling, lifeboat, postfix]: &[Runner; 3]) -> Vec<String> {
    vec![
        size.to_owned(),
        cell.connections.to_string(),
        if cell.many { "many" } else { "one" }.to_owned(),
        format!("{:.0}", ceiling.rate()),
        format!("{:.0}", lifeboat.rate()),
        format!("{:.0}", postfix.rate()),
        format!("{:.2}", lifeboat.rate() / ceiling.rate()),
        format!("{:.1}", lifeboat.rate() / postfix.rate()),
        format!("{:.2}", lifeboat.cpu()),
        format!("{:.2}", postfix.cpu()),
    ]
}

/// Where tables go as files.
pub fn results() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-results")
}

/// 200 connections from one address are a trusted host's.
fn setup() -> Setup {
    Setup { trusted: vec!["127.0.0.1/32".to_owned()], ..Setup::without_primary() }
}

/// The box in continuity, with an empty cache.
pub fn start(folder: &Path, setup: &Setup) -> Lifeboat {
    std::fs::create_dir_all(folder).expect("a folder");
    let lifeboat = Lifeboat::start(folder, setup);
    wait_for("continuity", Duration::from_secs(60), || (lifeboat.mode() == "continuity").then_some(()));
    lifeboat
}

/// Postfix's processes run under other names.
pub fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}
