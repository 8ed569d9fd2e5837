//! The ceiling: as much SMTP as smtp-source needs, and one file with group commit. What this sender and this disk allow at best.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

struct Message {
    octets: Vec<u8>,
    done: SyncSender<()>,
}

/// Listens for ever; the file is made anew at each call of the returned function.
pub fn start(folder: &Path) -> (SocketAddr, impl Fn() + use<>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    rustix::net::listen(&listener, 1024).expect("room for all connections at once");
    let address = listener.local_addr().expect("an address");
    let (messages, incoming) = channel();
    let path = folder.join("ceiling");
    let (fresh, freshened) = sync_channel::<()>(1);
    std::thread::spawn(move || commit(&path, &incoming, &freshened));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let messages = messages.clone();
            std::thread::spawn(move || session(stream, &messages));
        }
    });
    let fresh = move || {
        let _asked_already = fresh.try_send(());
    };
    (address, fresh)
}

fn commit(path: &PathBuf, incoming: &Receiver<Message>, freshened: &Receiver<()>) {
    let mut file = File::create(path).expect("the ceiling's file");
    while let Ok(first) = incoming.recv() {
        if freshened.try_recv().is_ok() {
            file = File::create(path).expect("the ceiling's file");
        }
        let group: Vec<Message> = std::iter::once(first).chain(incoming.try_iter()).collect();
        group.iter().for_each(|message| file.write_all(&message.octets).expect("the disk takes it"));
        file.sync_data().expect("the disk keeps it");
        for message in group {
            let _gone = message.done.send(());
        }
    }
}

fn session(stream: TcpStream, messages: &Sender<Message>) -> Option<()> {
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
                messages.send(Message { octets, done }).ok()?;
                synced.recv().ok()?;
                output.write_all(b"250 ok\r\n").ok()?;
            }
            b"QUIT" => return output.write_all(b"221 bye\r\n").ok(),
            _ => output.write_all(b"250 ok\r\n").ok()?,
        }
    }
}

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
