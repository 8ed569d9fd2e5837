//! How fast what waited leaves when the primary is back: the box, which notices that by itself, and a Postfix whose queue is flushed by hand.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Wanted;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::postfix::Postfix;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, free_port, wait_for};
use crate::load;
use crate::table::{Table, median};

const MESSAGES: usize = 5000;
const QUICK_MESSAGES: usize = 300;
const PAIRS: usize = 3;
/// Where Postfix takes the mail that waits.
const POSTFIX: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));
const LIMIT: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_millis(20);

/// From the primary's return.
struct Drained {
    first: Duration,
    /// Messages a second, from the first to the last.
    rate: f64,
}

pub fn run(wanted: &Wanted) {
    let messages = if wanted.quick { QUICK_MESSAGES } else { MESSAGES };
    let pairs = if wanted.quick { 1 } else { PAIRS };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        // By turns: what the machine does meanwhile hits both.
        for first in [pair % 2 == 0, pair % 2 != 0] {
            let folder = wanted.temporary("drain-");
            match first {
                true => ours.push(by_the_box(folder.path(), messages)),
                false => theirs.push(by_postfix(folder.path(), messages)),
            }
        }
    }
    let title = format!("Draining {messages} messages of 2 to 4 KiB when the primary is back; medians of {pairs}");
    let mut table = Table::new(&title, &["who", "told by", "first after", "messages/s", "of Postfix"]);
    let of_postfix = median(theirs.iter().map(|drained| drained.rate).collect());
    for (who, told, runs) in [("lifeboat", "nobody", &ours), ("postfix", "postqueue -f", &theirs)] {
        let first = median(runs.iter().map(|drained| drained.first.as_secs_f64()).collect());
        let rate = median(runs.iter().map(|drained| drained.rate).collect());
        let cells = [who.to_owned(), told.to_owned(), format!("{first:.1} s"), format!("{rate:.0}"), format!("{:.2}", rate / of_postfix)];
        table.row(cells.to_vec());
    }
    table.finish(&wanted.results(), "drain");
}

fn by_the_box(folder: &Path, messages: usize) -> Drained {
    let setup = Setup { people: load::people(), ..Setup::new(free_port(PRIMARY)) };
    let mut lifeboat = Lifeboat::prepare(folder, &setup);
    // The monitor as it is by default, not as tests want it.
    let file = folder.join("lifeboat.toml");
    let text = fs::read_to_string(&file).expect("the configuration");
    let monitor = "[monitor]\ninterval = \"1s\"\ntimeout = \"900ms\"\nfall = 3\nrise = 3\n";
    assert!(text.contains(monitor), "{text}");
    fs::write(&file, text.replace(monitor, "")).expect("the configuration");
    lifeboat.restart();
    lifeboat.wait_mode("continuity", LIMIT);
    load::fill(lifeboat.smtp, 0..messages);
    wait_for("all of it waits", LIMIT, || (lifeboat.queued() == messages as u64).then_some(()));
    drained(Sink::start(folder, setup.primary), messages, || {})
}

fn by_postfix(folder: &Path, messages: usize) -> Drained {
    let primary = free_port(PRIMARY);
    let postfix = Postfix::relaying(folder, POSTFIX, primary, "none");
    load::fill(postfix.smtp, 0..messages);
    postfix.wait_deferred(messages, LIMIT);
    drained(Sink::start(folder, primary), messages, || postfix.flush())
}

/// What comes to the primary from its return on.
fn drained(sink: Sink, messages: usize, flush: impl FnOnce()) -> Drained {
    let back = Instant::now();
    flush();
    let came = |count: usize| {
        while sink.count() < count {
            assert!(back.elapsed() < LIMIT, "{} of {count} came", sink.count());
            std::thread::sleep(LOOK);
        }
        Instant::now()
    };
    let first = came(1);
    let last = came(messages);
    Drained { first: first - back, rate: messages as f64 / (last - first).as_secs_f64() }
}
