//! What grows with the cache, and what does not: the same things measured with 10 thousand, 100 thousand and 1 million messages.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Wanted;
use crate::accept::{open_to_all, results, start};
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::wait_for;
use crate::machine::{free_octets, resident_mib};
use crate::messages;
use crate::table::{Table, median};

const STEPS: [usize; 3] = [10_000, 100_000, 1_000_000];
const QUICK_STEPS: [usize; 2] = [1_000, 10_000];
/// Room on the disk for each message, with its rows in the index and in the search.
const OCTETS_A_MESSAGE: u64 = 8 * 1024;
const SENDERS: usize = 20;
/// Messages a sender has on the way at a time, by pipelining.
const PIPELINE: usize = 8;
const PEOPLE: usize = 50;
/// Sent to see how fast the box takes mail with that much cached.
const PROBE: usize = 4_000;
/// Times a page is asked for.
const ASKED: usize = 15;
const PATIENCE: Duration = Duration::from_secs(3600);

fn people() -> Vec<String> {
    (0..PEOPLE).map(|number| format!("p{number}@example.com")).collect()
}

/// Sends messages `from..to`, numbered, each to one of the people.
fn fill(server: SocketAddr, from: usize, to: usize) -> f64 {
    let next = AtomicUsize::new(from);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| sender(server, &next, to).expect("the box takes the mail"));
        }
    });
    (to - from) as f64 / started.elapsed().as_secs_f64()
}

fn sender(server: SocketAddr, next: &AtomicUsize, to: usize) -> std::io::Result<()> {
    let stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    let (mut input, mut output) = (BufReader::new(stream.try_clone()?), stream);
    let mut reply = || -> std::io::Result<String> {
        let mut line = String::new();
        loop {
            line.clear();
            input.read_line(&mut line)?;
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    };
    reply()?;
    output.write_all(b"EHLO bench.outside.example\r\n")?;
    reply()?;
    loop {
        let first = next.fetch_add(PIPELINE, Ordering::Relaxed);
        if first >= to {
            return output.write_all(b"QUIT\r\n");
        }
        for number in first..(first + PIPELINE).min(to) {
            let person = number % PEOPLE;
            write!(output, "MAIL FROM:<bench@outside.example>\r\nRCPT TO:<p{person}@example.com>\r\nDATA\r\n")?;
            for _ in 0..3 {
                reply()?;
            }
            let mut random = fastrand::Rng::with_seed(number as u64);
            let octets = 2048 + random.usize(..2048);
            let message = messages::message(&mut random, number, octets);
            output.write_all((message.replace('\n', "\r\n") + ".\r\n").as_bytes())?;
            let taken = reply()?;
            if !taken.starts_with("250") {
                return Err(std::io::Error::other(taken));
            }
        }
    }
}

/// Milliseconds that a page takes, by a warm connection of curl's own.
fn page(person: &Person, paths: &[String]) -> f64 {
    let times = paths.iter().map(|path| person.seconds(path) * 1000.0).collect();
    median(times)
}

fn is_ready(lifeboat: &Lifeboat) -> bool {
    lifeboat.status()["store"]["index"] == "ready"
}

pub fn run(wanted: &Wanted) {
    let steps: &[usize] = if wanted.quick { &QUICK_STEPS } else { &STEPS };
    let largest = steps.last().copied().unwrap_or(0);
    let needed = largest as u64 * OCTETS_A_MESSAGE;
    assert!(free_octets(&wanted.folder) > needed, "{} GiB of free disk are needed in {}", needed >> 30, wanted.folder.display());
    let folder = tempfile::Builder::new().prefix("growth-").tempdir_in(&wanted.folder).expect("a folder");
    open_to_all(folder.path());
    let setup = Setup { people: people(), trusted: vec!["127.0.0.1/32".to_owned()], ..Setup::without_primary() };
    let mut lifeboat = start(folder.path(), &setup);
    let password = lifeboat.password("p7@example.com");
    let mut columns: Vec<BTreeMap<&str, String>> = Vec::new();
    let mut cached = 0;
    for step in steps {
        fill(lifeboat.smtp, cached, *step - PROBE.min(*step / 2));
        wait_for("the index is ready", PATIENCE, || is_ready(&lifeboat).then_some(()));
        let rate = fill(lifeboat.smtp, *step - PROBE.min(*step / 2), *step);
        cached = *step;
        let mut column = BTreeMap::from([("1 accepted, messages/s", format!("{rate:.0}"))]);
        pages(&lifeboat, folder.path(), &password, &mut column);
        column.insert("6 resident, MiB", format!("{:.0}", resident_mib(lifeboat.pid())));
        starts(&mut lifeboat, &mut column);
        rebuild(&mut lifeboat, &mut cached, &mut column);
        eprintln!("  {step}: {column:?}");
        columns.push(column);
    }
    let head: Vec<String> = std::iter::once("messages cached".to_owned()).chain(steps.iter().map(usize::to_string)).collect();
    let mut table = Table::new("What grows with the cache", &head.iter().map(String::as_str).collect::<Vec<_>>());
    for name in columns[0].keys() {
        let cells = columns.iter().map(|column| column.get(name).cloned().unwrap_or_default());
        table.row(std::iter::once(name[2..].to_owned()).chain(cells).collect());
    }
    table.finish(&results(), "growth");
}

fn pages(lifeboat: &Lifeboat, folder: &Path, password: &str, column: &mut BTreeMap<&str, String>) {
    let person = Person::new(lifeboat.web, folder, "p7");
    person.sign_in("p7@example.com", password);
    let inbox = vec!["/mail/inbox".to_owned(); ASKED];
    column.insert("2 inbox page, ms", format!("{:.1}", page(&person, &inbox)));
    let messages: Vec<String> = Person::messages(&person.get("/mail/inbox")).into_iter().map(|(path, _)| path).take(ASKED).collect();
    column.insert("3 message page, ms", format!("{:.1}", page(&person, &messages)));
    let searches: Vec<String> =
        (0..ASKED).map(|number| format!("/mail/search?q={}+{}", messages::word(number * 13 + 400), messages::word(number + 21))).collect();
    if person.get(&searches[0]).status == 200 {
        column.insert("4 search page, ms", format!("{:.1}", page(&person, &searches)));
        column.insert("5 static page (the floor), ms", format!("{:.1}", page(&person, &vec!["/healthz".to_owned(); ASKED])));
    }
}

/// After `kill -9`: until the first SMTP greeting.
fn starts(lifeboat: &mut Lifeboat, column: &mut BTreeMap<&str, String>) {
    lifeboat.kill();
    let took = lifeboat.restart_until_greeting();
    column.insert("7 start to greeting, s", format!("{:.2}", took.as_secs_f64()));
}

/// Without an index: how fast the spool is read, and whether mail is taken meanwhile.
fn rebuild(lifeboat: &mut Lifeboat, cached: &mut usize, column: &mut BTreeMap<&str, String>) {
    lifeboat.stop();
    std::fs::remove_dir_all(lifeboat.data().join("index")).expect("an index to remove");
    let octets: u64 = std::fs::read_dir(lifeboat.data().join("spool"))
        .expect("a spool")
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .map(|file| file.len())
        .sum();
    let started = Instant::now();
    lifeboat.restart();
    let during = fill(lifeboat.smtp, *cached, *cached + 200);
    *cached += 200;
    let while_building = if is_ready(lifeboat) { " (it was done before)" } else { "" };
    wait_for("the index is ready", PATIENCE, || is_ready(lifeboat).then_some(()));
    let seconds = started.elapsed().as_secs_f64();
    column.insert("8 index made again, MB/s", format!("{:.0} ({seconds:.1} s)", octets as f64 / 1e6 / seconds));
    column.insert("9 accepted meanwhile, messages/s", format!("{during:.0}{while_building}"));
}
