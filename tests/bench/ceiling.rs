//! The ceiling: as much SMTP as smtp-source needs, and one file with group commit. What this sender and this disk allow at best.
//!
//! It appends to a file that grows, as a simple program would; it does not preallocate. So it can be beaten.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// What came since the file was made.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub messages: usize,
    pub octets: u64,
}

enum Order {
    Keep(Vec<u8>, SyncSender<()>),
    Renew(SyncSender<Kept>),
}

/// A server that runs as long as this program.
pub struct Ceiling {
    pub address: SocketAddr,
    orders: Sender<Order>,
}

impl Ceiling {
    pub fn start(folder: &Path) -> Ceiling {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        // The standard library asks for room for 128 that wait; 200 come at once, and who finds none tries again a second later.
        rustix::net::listen(&listener, BACKLOG).expect("room for all connections at once");
        let address = listener.local_addr().expect("an address");
        let (orders, incoming) = channel();
        let path = folder.join("ceiling");
        std::thread::spawn(move || commit(&path, &incoming));
        let for_sessions = orders.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let orders = for_sessions.clone();
                std::thread::spawn(move || session(stream, &orders));
            }
        });
        Ceiling { address, orders }
    }

    /// Makes the file anew (outside of any measured time); what was in the old one.
    pub fn renew(&self) -> Kept {
        let (done, renewed) = sync_channel(1);
        self.orders.send(Order::Renew(done)).expect("the committer runs");
        renewed.recv().expect("the committer runs")
    }
}

fn commit(path: &PathBuf, incoming: &Receiver<Order>) {
    let mut file = File::create(path).expect("the ceiling's file");
    let mut kept = Kept::default();
    while let Ok(first) = incoming.recv() {
        let (mut waiting, mut renewals) = (Vec::new(), Vec::new());
        for order in std::iter::once(first).chain(incoming.try_iter()) {
            match order {
                Order::Keep(octets, done) => {
                    file.write_all(&octets).expect("the disk takes it");
                    kept.messages += 1;
                    kept.octets += octets.len() as u64;
                    waiting.push(done);
                }
                Order::Renew(done) => renewals.push(done),
            }
        }
        if !waiting.is_empty() {
            file.sync_data().expect("the disk keeps it");
        }
        for done in waiting {
            let _gone = done.send(());
        }
        for done in renewals {
            file = File::create(path).expect("the ceiling's file");
            file.sync_all().expect("the disk keeps it");
            let _gone = done.send(std::mem::take(&mut kept));
        }
    }
}

fn session(stream: TcpStream, orders: &Sender<Order>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut input = BufReader::with_capacity(256 * 1024, stream.try_clone().ok()?);
    let mut output = stream;
    output.write_all(b"220 ceiling\r\n").ok()?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        match line.get(..4)? {
            b"DATA" => {
                output.write_all(b"354 go\r\n").ok()?;
                let octets = body(&mut input)?;
                let (done, synced) = sync_channel(1);
                orders.send(Order::Keep(octets, done)).ok()?;
                synced.recv().ok()?;
                output.write_all(b"250 ok\r\n").ok()?;
            }
            b"QUIT" => return output.write_all(b"221 bye\r\n").ok(),
            _ => output.write_all(b"250 ok\r\n").ok()?,
        }
    }
}

/// The content as it was on the wire, with the final dot.
fn body(input: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    const END: &[u8] = b"\r\n.\r\n";
    let mut octets = Vec::new();
    loop {
        let some = input.fill_buf().ok()?;
        if some.is_empty() {
            return None;
        }
        // smtp-source waits for the reply: nothing follows the end.
        let length = some.len();
        input.by_ref().take(length as u64).read_to_end(&mut octets).ok()?;
        if octets.ends_with(END) {
            return Some(octets);
        }
    }
}
