//! Dialogs over TCP, sent as a polite client would: each group of lines after the replies to the one before.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lifeboat::clock::{SystemClock, Wall};
use lifeboat::mail::Address;
use lifeboat::net::smtp_server::{Host, Server, ServerOptions, SessionInfo};
use lifeboat::net::{rt, tls};
use lifeboat::smtp::Reply;
use lifeboat::smtp::server::{Envelope, Options};
use lifeboat::store::Staged;

use super::{Dialog, Message, Script, Step, all, fits};

/// A wait that only ends a test that has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct ScriptedHost {
    pub script: Script,
    pub messages: Mutex<Vec<Message>>,
}

impl Host for ScriptedHost {
    fn greet(&self, _client: IpAddr) -> Result<Options, Reply> {
        Ok(self.script.options.clone())
    }

    async fn check_sender(&self, _session: &SessionInfo, reverse_path: Option<&Address>) -> Reply {
        self.script.sender(reverse_path)
    }

    async fn check_recipient(&self, _session: &SessionInfo, _reverse_path: Option<&Address>, recipient: &Address) -> Reply {
        self.script.recipient(recipient)
    }

    async fn commit(&self, _session: &SessionInfo, envelope: Envelope, body: Staged) -> Reply {
        let reply = self.script.commit();
        if reply.is_positive() {
            let content = body.piece(0, body.len() as usize).unwrap();
            self.messages.lock().unwrap().push(Message::new(&envelope, content));
        }
        reply
    }
}

/// The connection, in the clear or inside TLS.
enum Wire {
    Plain(TcpStream),
    Tls(Box<rustls::StreamOwned<rustls::ClientConnection, TcpStream>>),
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read(buffer),
            Wire::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.write_all(bytes),
            Wire::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    fn secure(self) -> Wire {
        let Wire::Plain(stream) = self else { panic!("TLS inside TLS") };
        let name = "box.example".try_into().unwrap();
        let connection = rustls::ClientConnection::new(tls::opportunistic_client(), name).unwrap();
        Wire::Tls(Box::new(rustls::StreamOwned::new(connection, stream)))
    }
}

/// Plays the client's part against whoever listens at `address`.
pub fn play(dialog: &Dialog, address: SocketAddr) {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut wire = BufReader::new(Wire::Plain(stream));
    let mut group = Vec::new();
    for step in &dialog.steps {
        if let Step::Client(octets) = step {
            group.extend_from_slice(octets);
            continue;
        }
        // A server that has closed already takes no more; what it said before is what counts.
        let _ = wire.get_mut().write(&std::mem::take(&mut group));
        match step {
            Step::Server(pattern) => {
                let mut line = String::new();
                wire.read_line(&mut line).unwrap_or_else(|error| panic!("{}: {error} instead of {pattern:?}", dialog.name));
                let line = line.strip_suffix("\r\n").unwrap_or_else(|| panic!("{}: {line:?} instead of {pattern:?}", dialog.name));
                assert!(fits(pattern, line), "{}: {line:?} instead of {pattern:?}", dialog.name);
            }
            Step::Tls => wire = BufReader::new(wire.into_inner().secure()),
            Step::ClientCloses => return,
            Step::Client(_) => (),
        }
    }
    let _ = wire.get_mut().write(&group);
    if dialog.server_closes {
        let mut rest = Vec::new();
        // A reset is an end too; a time-out is not.
        let end = wire.read_to_end(&mut rest);
        assert!(!matches!(&end, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock), "{}: still open", dialog.name);
        assert!(rest.is_empty(), "{}: more was said: {:?}", dialog.name, String::from_utf8_lossy(&rest));
    }
}

fn check(dialog: &Dialog, folder: &std::path::Path) {
    let host = Arc::new(ScriptedHost { script: dialog.host.clone(), messages: Mutex::default() });
    let tls = dialog.host.options.starttls.then(|| tls::server(None, None, folder, "box.example", Wall(1_800_000_000_000)).unwrap());
    let options = ServerOptions { listen: vec!["127.0.0.1:0".parse().unwrap()].into(), tls, stage_folder: folder.to_owned() };
    let server = Server::start(options, host.clone(), Arc::new(SystemClock::new())).unwrap();
    play(dialog, server.addresses()[0]);
    rt::block_on(server.stop(Duration::ZERO));
    assert_eq!(*host.messages.lock().unwrap(), dialog.messages, "{}", dialog.name);
}

#[test]
fn every_dialog_over_tcp() {
    let folder = tempfile::tempdir().unwrap();
    all().iter().filter(|dialog| !dialog.memory_only).for_each(|dialog| check(dialog, folder.path()));
}
