//! What the tests of this room share: a box without listeners, a primary that does as it is told, a disk that fails.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use super::core::{Core, Parts, lock};
use super::outgoing::Outgoing;
use super::writing::{Addressed, NewMessage, queued_now};
use crate::auth::{Admins, Credentials, Tokens};
use crate::clock::{Clock, SystemClock, Wall};
use crate::config::{self, Config};
use crate::directory::Directory;
use crate::mail::{Address, DsnRequest};
use crate::net::dns::Resolver;
use crate::net::rt;
use crate::net::smtp_server::{Host, Server, ServerOptions, SessionInfo};
use crate::relay::plan::QueueEntry;
use crate::relay::{DeliveryState, Queue, Route};
use crate::smtp::Reply;
use crate::smtp::server::{Envelope, Options};
use crate::store::{self, Change, Disk, Files, Folder, How, Ledger, OpenFile, Origin, Seq, Staged, Store};

/// A port that nobody listens on.
pub fn nowhere() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Looks again and again; a limit that passes is a failure.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}

pub fn config(folder: &Path, primary: SocketAddr) -> Config {
    let folder = folder.display();
    let text = format!(
        "[server]\nhostname = \"box.example.com\"\ndata_dir = \"{folder}/data\"\ncontrol_socket = \"{folder}/control.sock\"\n\
         [smtp]\nlisten = [\"127.0.0.1:0\"]\ndomains = [\"example.com\"]\ntrusted = [\"127.0.0.9/32\"]\n\
         [primary]\nsmtp = \"{primary}\"\nsource = [\"127.0.0.9/32\"]\ncanary = \"canary@example.com\"\nhealth_urls = []\n\
         [outbound]\nroute = \"smarthost\"\nsmarthost = \"127.0.0.8:25\"\ntls = \"off\"\n\
         [web]\nlisten = [\"127.0.0.1:0\"]\ntls = \"off\"\n\
         [directory]\nfile = \"{folder}/directory.csv\"\n"
    );
    std::fs::write(format!("{folder}/directory.csv"), DIRECTORY).unwrap();
    let report = config::parse(&text, None);
    report.config.unwrap_or_else(|| panic!("{:?}", report.errors))
}

const DIRECTORY: &str = "address,name,aliases,alternate_email,phone,groups\nann@example.com,Ann,a@example.com,,,\nbo@example.com,Bo,,,,\n";

/// The shared state of a box, without listeners and without background work.
pub struct World {
    pub core: Arc<Core>,
    pub files: Arc<Faulty>,
    _folder: TempDir,
}

impl World {
    pub fn new() -> World {
        World::with_primary(nowhere())
    }

    pub fn with_primary(primary: SocketAddr) -> World {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let config = config(folder.path(), primary);
        let files = Arc::new(Faulty::default());
        let now = clock.now();
        let options = store::Options { data_dir: config.server.data_dir.clone() };
        let (store, _) = Store::open(&options, files.clone(), now.wall).unwrap();
        let (ledger, _) = Ledger::open(&config.server.data_dir.join("ledger"), Arc::new(Disk)).unwrap();
        let directory = Directory::parse_csv(DIRECTORY, &config.smtp.domains).unwrap();
        let machine = super::restore(&config, None, now);
        let parts = Parts {
            config,
            clock,
            store,
            ledger,
            directory,
            credentials: Credentials::default(),
            admins: Admins::default(),
            tokens: Tokens::default(),
            machine,
            event: None,
            scopes: vec![],
        };
        World { core: Arc::new(Core::new(parts)), files, _folder: folder }
    }

    /// The same data folder, started again.
    pub fn restarted(self) -> World {
        let World { core, files, _folder } = self;
        let (config, clock) = (core.config.clone(), core.clock.clone());
        core.store.close();
        drop(core);
        let core = Arc::new(super::open_core(config, clock).unwrap());
        core.store.wait_ready();
        World { core, files, _folder }
    }

    pub fn outgoing(&self) -> Arc<Outgoing> {
        Arc::new(Outgoing::new(self.core.clone(), Resolver::new()).unwrap())
    }

    pub fn address(&self, user: &str) -> Address {
        Address::parse(&format!("{user}@example.com")).unwrap()
    }

    /// A message for one person, in that state.
    pub fn stored(&self, user: &str, state: DeliveryState) -> Seq {
        let mut addressed = Addressed::default();
        let address = self.address(user);
        let mailbox = self.core.mailbox_of(&address);
        addressed.add(address, Route::Primary, state, mailbox);
        self.write(Origin::Inbound, addressed, "stored", self.core.now().wall)
    }

    /// Accepted at that time, and waiting since.
    pub fn queued_since(&self, user: &str, at: Wall) -> Seq {
        let mut addressed = Addressed::default();
        addressed.add(self.address(user), Route::Primary, queued_now(at), None);
        self.write(Origin::Inbound, addressed, "waiting", at)
    }

    /// What the box itself wrote for one person.
    pub fn submitted(&self, user: &str) -> Seq {
        let now = self.core.now().wall;
        let mut addressed = Addressed::default();
        addressed.add(self.address(user), Route::Submit, queued_now(now), None);
        self.write(Origin::Notice, addressed, "submitted", now)
    }

    pub fn queued_for(&self, user: &str) -> Seq {
        self.stored(user, queued_now(self.core.now().wall))
    }

    /// A Sent copy of what a person wrote.
    pub fn wrote(&self, user: &str, subject: &str) -> Seq {
        let mut addressed = Addressed::default();
        addressed.file(self.address(user).mailbox(), Folder::Sent);
        self.write(Origin::Webmail, addressed, subject, self.core.now().wall)
    }

    /// Written to the outside at that time, and waiting since.
    pub fn outward(&self, from: Option<Address>, to: &[&str], dsn: DsnRequest, at: Wall) -> Seq {
        let mut addressed = Addressed::default();
        for address in to {
            addressed.add(Address::parse(address).unwrap(), Route::Outbound, queued_now(at), None);
        }
        self.write_from(from, dsn, Origin::Trusted, addressed, "outward", at)
    }

    fn write(&self, origin: Origin, addressed: Addressed, subject: &str, now: Wall) -> Seq {
        self.write_from(None, DsnRequest::default(), origin, addressed, subject, now)
    }

    fn write_from(
        &self,
        reverse_path: Option<Address>,
        dsn: DsnRequest,
        origin: Origin,
        addressed: Addressed,
        subject: &str,
        now: Wall,
    ) -> Seq {
        let body = Staged::from_bytes(format!("From: x@example.com\r\nSubject: {subject}\r\n\r\ntext\r\n").into_bytes());
        let new = NewMessage {
            origin,
            session: "test".to_owned(),
            client: None,
            reverse_path,
            recipients: addressed.recipients,
            filings: addressed.filings,
            eight_bit: true,
            smtputf8: false,
            dsn,
        };
        let accepted = new.accepted(&body, now).unwrap();
        self.core.store.write_wait(vec![Change::Message(Box::new(accepted), Arc::new(body))], now).unwrap()[0]
    }

    /// Of the first recipient.
    pub fn state(&self, message: Seq) -> DeliveryState {
        self.core.store.view().deliveries(message).unwrap()[0].state.clone()
    }

    pub fn queued(&self) -> Vec<QueueEntry> {
        self.core.store.view().queue(Queue::Primary, None, 1000).unwrap()
    }
}

/// A disk whose writes fail while it is told so.
#[derive(Default)]
pub struct Faulty {
    pub failing: Arc<AtomicBool>,
}

struct FaultyFile {
    file: Box<dyn OpenFile>,
    failing: Arc<AtomicBool>,
}

impl Files for Faulty {
    fn open(&self, path: &Path, how: How) -> io::Result<Box<dyn OpenFile>> {
        Ok(Box::new(FaultyFile { file: Disk.open(path, how)?, failing: self.failing.clone() }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        Disk.list(folder)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Disk.remove(path)
    }

    fn create_dir_all(&self, folder: &Path) -> io::Result<()> {
        Disk.create_dir_all(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        Disk.sync_folder(folder)
    }

    fn free_octets(&self, folder: &Path) -> io::Result<u64> {
        Disk.free_octets(folder)
    }
}

impl OpenFile for FaultyFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match self.failing.load(Ordering::SeqCst) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => self.file.write_at(offset, bytes),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }
}

/// A primary that takes everything, unless it is told otherwise.
pub struct Primary {
    pub address: SocketAddr,
    script: Arc<Script>,
    _server: Server,
    _folder: TempDir,
}

#[derive(Default)]
struct Script {
    taken: AtomicUsize,
    recipients: Mutex<Vec<String>>,
    /// Has the message, and does not say so yet.
    thinks: AtomicBool,
    /// Says "not now" to MAIL.
    puts_off: AtomicBool,
}

impl Primary {
    pub fn start() -> Primary {
        let folder = tempfile::tempdir().unwrap();
        let listen = vec!["127.0.0.1:0".parse().unwrap()];
        let options = ServerOptions { listen: listen.into(), tls: None, stage_folder: folder.path().to_owned() };
        let script = Arc::new(Script::default());
        let server = Server::start(options, script.clone(), Arc::new(SystemClock::new())).unwrap();
        Primary { address: server.addresses()[0], script, _server: server, _folder: folder }
    }

    pub fn think(&self, on: bool) {
        self.script.thinks.store(on, Ordering::SeqCst);
    }

    pub fn put_off(&self, on: bool) {
        self.script.puts_off.store(on, Ordering::SeqCst);
    }

    pub fn taken(&self) -> usize {
        self.script.taken.load(Ordering::SeqCst)
    }

    pub fn recipients(&self) -> Vec<String> {
        lock(&self.script.recipients).clone()
    }
}

impl Host for Script {
    fn greet(&self, _client: IpAddr) -> Result<Options, Reply> {
        Ok(Options {
            hostname: "primary.example.com".to_owned(),
            max_message_size: 1 << 20,
            starttls: false,
            tls_required: false,
            eight_bit_mime: true,
            dsn: true,
            xclient: false,
            header_firewall: false,
            reports_to: None,
            smtputf8: true,
        })
    }

    async fn check_sender(&self, _session: &SessionInfo, _reverse_path: Option<&Address>) -> Reply {
        match self.puts_off.load(Ordering::SeqCst) {
            true => Reply::new(451, "4.7.1 Sender cannot be checked now"),
            false => Reply::new(250, "2.1.0 Sender OK"),
        }
    }

    async fn check_recipient(&self, _session: &SessionInfo, _reverse_path: Option<&Address>, _recipient: &Address) -> Reply {
        Reply::new(250, "2.1.5 Recipient OK")
    }

    async fn commit(&self, _session: &SessionInfo, envelope: Envelope, _body: Staged) -> Reply {
        self.taken.fetch_add(1, Ordering::SeqCst);
        lock(&self.recipients).extend(envelope.recipients.iter().map(Address::to_string));
        while self.thinks.load(Ordering::SeqCst) {
            rt::sleep(Duration::from_millis(10)).await;
        }
        Reply::new(250, "2.6.0 Queued mail for delivery")
    }
}
