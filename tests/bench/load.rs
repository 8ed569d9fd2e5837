//! Fills the box by its own SMTP listener: many connections, commands pipelined (RFC 2920), every message different.

use std::io::{self, BufRead, BufReader, Error, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::messages;

/// Connections at a time.
const SENDERS: usize = 20;
/// A reply that does not come within this time ends the benchmark.
const SILENCE: Duration = Duration::from_secs(120);
/// Messages have 2 to 4 KiB.
const MESSAGE_MIN_OCTETS: usize = 2048;
const MESSAGE_MORE_OCTETS: usize = 2048;
/// Mailboxes that share the mail evenly.
const PEOPLE: usize = 50;

pub fn people() -> Vec<String> {
    (0..PEOPLE).map(person).collect()
}

/// Who gets message `number`.
fn person(number: usize) -> String {
    format!("p{}@example.com", number % PEOPLE)
}

/// How it went.
pub struct Filled {
    /// Messages answered 250, a second.
    pub rate: f64,
    /// The longest time from a message's first octet to its 250.
    pub longest: Duration,
}

/// Sends these messages, each to one person; all must be answered 250. A message is the same whenever its number is sent.
pub fn fill(server: SocketAddr, numbers: Range<usize>) -> Filled {
    fill_with(server, numbers, &|number| {
        let mut random = fastrand::Rng::with_seed(number as u64);
        let octets = MESSAGE_MIN_OCTETS + random.usize(..MESSAGE_MORE_OCTETS);
        (person(number), messages::message(&mut random, number, octets))
    })
}

/// Sends what `mail` has for these numbers: to whom, and the message with line feeds.
pub fn fill_with(server: SocketAddr, numbers: Range<usize>, mail: &(dyn Fn(usize) -> (String, String) + Sync)) -> Filled {
    let (next, started) = (AtomicUsize::new(numbers.start), Instant::now());
    let longest = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(|| sender(server, &next, numbers.end, mail))).collect();
        let waits = senders.into_iter().map(|sender| sender.join().expect("a sender").expect("the box takes the mail"));
        waits.max().unwrap_or_default()
    });
    Filled { rate: numbers.len() as f64 / started.elapsed().as_secs_f64(), longest }
}

fn sender(server: SocketAddr, next: &AtomicUsize, end: usize, mail: &(dyn Fn(usize) -> (String, String) + Sync)) -> io::Result<Duration> {
    let mut session = Session::open(server)?;
    let mut longest = Duration::ZERO;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            session.output.write_all(b"QUIT\r\n")?;
            return Ok(longest);
        }
        let (to, message) = mail(number);
        let message = messages::on_the_wire(&message);
        let started = Instant::now();
        session.send(&to, &message)?;
        longest = longest.max(started.elapsed());
    }
}

struct Session {
    input: BufReader<TcpStream>,
    output: TcpStream,
}

impl Session {
    fn open(server: SocketAddr) -> io::Result<Session> {
        let output = TcpStream::connect(server)?;
        output.set_nodelay(true)?;
        output.set_read_timeout(Some(SILENCE))?;
        let mut session = Session { input: BufReader::new(output.try_clone()?), output };
        session.expect("220")?;
        session.output.write_all(b"EHLO bench.outside.example\r\n")?;
        session.expect("250")?;
        Ok(session)
    }

    fn send(&mut self, to: &str, message: &str) -> io::Result<()> {
        let commands = format!("MAIL FROM:<bench@outside.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n");
        self.output.write_all(commands.as_bytes())?;
        self.expect("250")?;
        self.expect("250")?;
        self.expect("354")?;
        self.output.write_all(message.as_bytes())?;
        self.expect("250")
    }

    /// One reply, all its lines.
    fn expect(&mut self, code: &str) -> io::Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            self.input.read_line(&mut line)?;
            if !line.starts_with(code) {
                return Err(Error::other(format!("`{}` instead of {code}", line.trim_end())));
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }
}
