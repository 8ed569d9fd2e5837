//! Servers that stand in for the world around the box: the primary with its mailboxes, and the internet behind the smart host.
//!
//! They keep every message exactly as it came. Pulling the plug closes everything at once; what was kept stays.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Mono};
use crate::limits::DEMO_MESSAGES_MAX;
use crate::mail::Address;
use crate::net::rt;
use crate::net::smtp_server::{Host, Server, ServerOptions, SessionInfo};
use crate::net::web_server::{WebOptions, WebServer};
use crate::smtp::Reply;
use crate::smtp::server::{Envelope, Options};
use crate::store::Staged;
use crate::web::{Request, Response};

/// Largest message that a stand-in takes, in octets.
const MESSAGE_MAX_OCTETS: u64 = 50 * 1024 * 1024;
/// Octets read from a staged body at a time.
const PIECE_OCTETS: usize = 64 * 1024;
/// Replies that are on their way get this long to leave before the plug is out.
const LAST_REPLIES: Duration = Duration::from_millis(50);
/// Binding the old port again is tried for this long.
const BIND_TRIES: u32 = 50;
const BIND_WAIT: Duration = Duration::from_millis(100);

/// A message as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub reverse_path: Option<String>,
    /// As given by RCPT.
    pub recipients: Vec<String>,
    pub bytes: Arc<[u8]>,
    pub at: Mono,
}

/// A server with mailboxes in memory.
pub struct StandIn {
    mailboxes: Arc<Mailboxes>,
    clock: Arc<dyn Clock>,
    folder: PathBuf,
    smtp: SocketAddr,
    page: Option<SocketAddr>,
    plugged: Option<Plugged>,
}

struct Plugged {
    server: Server,
    page: Option<WebServer>,
}

/// What a stand-in is.
pub struct Setup {
    pub hostname: &'static str,
    pub address: IpAddr,
    /// None takes mail for everybody.
    pub known: Option<Vec<String>>,
    /// Whether there is an Exchange-like health page.
    pub health_page: bool,
    /// For large bodies; must exist.
    pub folder: PathBuf,
}

impl StandIn {
    /// Starts on free ports, which stay the same from then on.
    pub fn start(setup: Setup, clock: Arc<dyn Clock>) -> io::Result<StandIn> {
        let mailboxes = Mailboxes {
            hostname: setup.hostname,
            known: setup.known.map(|known| known.into_iter().map(|address| address.to_lowercase()).collect()),
            clock: clock.clone(),
            state: Mutex::new(State { open: true, kept: Vec::new() }),
        };
        let free = SocketAddr::new(setup.address, 0);
        let mut stand_in = StandIn {
            mailboxes: Arc::new(mailboxes),
            clock,
            folder: setup.folder,
            smtp: free,
            page: setup.health_page.then_some(free),
            plugged: None,
        };
        let plugged = stand_in.bind()?;
        stand_in.smtp = plugged.server.addresses().first().copied().unwrap_or(free);
        stand_in.page = plugged.page.as_ref().and_then(|page| page.addresses().first().copied());
        stand_in.plugged = Some(plugged);
        Ok(stand_in)
    }

    pub fn smtp_address(&self) -> SocketAddr {
        self.smtp
    }

    pub fn page_address(&self) -> Option<SocketAddr> {
        self.page
    }

    pub fn is_plugged(&self) -> bool {
        self.plugged.is_some()
    }

    /// Everything that arrived so far, in order.
    pub fn kept(&self) -> Vec<Kept> {
        self.mailboxes.state().kept.clone()
    }

    pub fn kept_len(&self) -> usize {
        self.mailboxes.state().kept.len()
    }

    /// What arrived last, newest first.
    pub fn kept_last(&self, count: usize) -> Vec<Kept> {
        self.mailboxes.state().kept.iter().rev().take(count).cloned().collect()
    }

    /// Connections die, the ports refuse.
    ///
    /// It first stops keeping mail and lets replies under way leave. So it never keeps a message without having said so: a
    /// server that does makes a second delivery right (a retry may duplicate, it may never lose), and the demonstration
    /// could not tell that from a mistake of the box.
    pub async fn pull_plug(&mut self) {
        let Some(plugged) = self.plugged.take() else { return };
        self.mailboxes.state().open = false;
        rt::sleep(LAST_REPLIES).await;
        plugged.server.kill().await;
        if let Some(page) = plugged.page {
            page.stop(Duration::ZERO).await;
        }
    }

    /// Back on the same ports, with the mailboxes as they were.
    pub async fn plug_in(&mut self) -> io::Result<()> {
        if self.plugged.is_some() {
            return Ok(());
        }
        self.mailboxes.state().open = true;
        let mut tries = 1;
        loop {
            match self.bind() {
                Ok(plugged) => {
                    self.plugged = Some(plugged);
                    return Ok(());
                }
                // Connections of before may hold the port for a moment.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < BIND_TRIES => {
                    tries += 1;
                    rt::sleep(BIND_WAIT).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn bind(&self) -> io::Result<Plugged> {
        let options = ServerOptions { listen: vec![self.smtp].into(), tls: None, stage_folder: self.folder.clone() };
        let server = Server::start(options, self.mailboxes.clone(), self.clock.clone())?;
        let page = match self.page {
            None => None,
            Some(address) => {
                let options = WebOptions::plain(address);
                Some(WebServer::start(options, Arc::new(|request| health_page(&request)))?)
            }
        };
        Ok(Plugged { server, page })
    }
}

/// Exchange's health page says the same for a server that works.
fn health_page(request: &Request) -> Response {
    let (status, body) = match request.path.as_str() {
        "/owa/healthcheck.htm" | "/ews/healthcheck.htm" => (200, "200 OK<br/>STANDIN.EXAMPLE.COM"),
        _ => (404, "404 Not Found"),
    };
    Response { status, headers: vec![("Content-Type".to_owned(), "text/html".to_owned())], body: body.as_bytes().into() }
}

struct Mailboxes {
    hostname: &'static str,
    known: Option<BTreeSet<String>>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    /// False while the plug is out.
    open: bool,
    kept: Vec<Kept>,
}

impl Mailboxes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows(&self, recipient: &Address) -> bool {
        self.known.as_ref().is_none_or(|known| known.contains(recipient.to_string().to_lowercase().as_str()))
    }

    fn keep(&self, message: Kept) -> Reply {
        let mut state = self.state();
        if !state.open {
            return Reply::new(421, "4.3.2 Service not active");
        }
        if state.kept.len() >= DEMO_MESSAGES_MAX {
            return Reply::new(452, "4.3.1 Insufficient system resources");
        }
        state.kept.push(message);
        Reply::new(250, "2.6.0 Queued mail for delivery")
    }
}

impl Host for Mailboxes {
    fn greet(&self, _client: IpAddr) -> Result<Options, Reply> {
        Ok(Options {
            hostname: self.hostname.to_owned(),
            max_message_size: MESSAGE_MAX_OCTETS,
            starttls: false,
            tls_required: false,
            smtputf8: true,
            eight_bit_mime: true,
            dsn: true,
            xclient: false,
            header_firewall: false,
            reports_to: None,
        })
    }

    async fn check_sender(&self, _session: &SessionInfo, _reverse_path: Option<&Address>) -> Reply {
        Reply::new(250, "2.1.0 Sender OK")
    }

    async fn check_recipient(&self, _session: &SessionInfo, _reverse_path: Option<&Address>, recipient: &Address) -> Reply {
        if self.knows(recipient) { Reply::new(250, "2.1.5 Recipient OK") } else { Reply::new(550, "5.1.1 User unknown") }
    }

    async fn commit(&self, _session: &SessionInfo, envelope: Envelope, body: Staged) -> Reply {
        match read_all(&body) {
            Ok(bytes) => self.keep(Kept {
                reverse_path: envelope.reverse_path.map(|address| address.to_string()),
                recipients: envelope.recipients.iter().map(Address::to_string).collect(),
                bytes: bytes.into(),
                at: self.clock.now().mono,
            }),
            Err(_) => Reply::new(451, "4.3.0 Local error in processing"),
        }
    }
}

fn read_all(body: &Staged) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let piece = body.piece(bytes.len() as u64, PIECE_OCTETS)?;
        if piece.is_empty() {
            return Ok(bytes);
        }
        bytes.extend_from_slice(&piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn mailboxes(known: Option<&[&str]>) -> Mailboxes {
        Mailboxes {
            hostname: "primary.example.com",
            known: known.map(|known| known.iter().map(|address| (*address).to_owned()).collect()),
            clock: Arc::new(SystemClock::new()),
            state: Mutex::new(State { open: true, kept: Vec::new() }),
        }
    }

    fn message() -> Kept {
        Kept { reverse_path: None, recipients: vec!["ann@example.com".to_owned()], bytes: Arc::from(*b"text\r\n"), at: Mono(0) }
    }

    #[test]
    fn knows_its_people_only() {
        let check = |mailboxes: &Mailboxes, address: &str, expected: bool| {
            assert_eq!(mailboxes.knows(&Address::parse(address).unwrap()), expected, "{address}");
        };
        let primary = mailboxes(Some(&["ann@example.com"]));
        check(&primary, "ann@example.com", true);
        check(&primary, "Ann@EXAMPLE.com", true);
        check(&primary, "bob@example.com", false);
        check(&mailboxes(None), "anybody@elsewhere.example", true);
    }

    #[test]
    fn keeps_nothing_while_unplugged() {
        let primary = mailboxes(None);
        assert_eq!(primary.keep(message()).code, 250);
        primary.state().open = false;
        assert_eq!(primary.keep(message()).code, 421);
        assert_eq!(primary.state().kept.len(), 1);
    }

    #[test]
    fn health_page_is_where_exchange_has_it() {
        let get = |path: &str| Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new().into(),
            client: IpAddr::from([127, 0, 0, 1]),
        };
        assert!(health_page(&get("/owa/healthcheck.htm")).body.bytes().unwrap().starts_with(b"200 OK"));
        assert_eq!(health_page(&get("/")).status, 404);
    }
}
