//! The set-up in the browser: keeps what was typed, looks at the mail path, and writes the files for whoever takes them over.
//!
//! It runs before there is a configuration, as a program of its own that may write into one folder and nothing else; on the appliance
//! `setup` (image/box) takes the files over as it takes them from a stick. When the answers are to be used, the file `ready` is written last.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::core::lock;
use super::{StartError, doctor};
use crate::auth;
use crate::clock::Clock;
use crate::config::NetworkSet;
use crate::limits::WEB_FORM_MAX_OCTETS;
use crate::mail::form::Form;
use crate::net::web_server::{BodyOptions, Uploads, WebOptions, WebServer};
use crate::net::{own_address, tls};
use crate::store::replace_file;
use crate::web::wizard::{self, Answers, Found, Place, Progress, Secrets, Taken};
use crate::web::{Request, Response};

/// Of the box as long as it has no other.
const NAME: &str = "lifeboat";
/// Where the address of a route out is looked for (RFC 5737); nothing is sent there.
const ELSEWHERE: ([u8; 4], u16) = ([192, 0, 2, 1], 9);

pub struct Options {
    pub listen: SocketAddr,
    /// Where the files go. Nobody else may write there.
    pub folder: PathBuf,
    /// In it stands why they were not taken over, if they were not.
    pub problems: Option<PathBuf>,
}

/// A running set-up; it ends when it is dropped.
pub struct Wizard {
    server: WebServer,
    code: String,
}

impl Wizard {
    /// Listens, with a certificate of its own, and writes the code into the file `code`.
    ///
    /// # Errors
    /// An address that cannot be bound, a folder that cannot be written, no random numbers.
    pub fn start(options: Options, clock: Arc<dyn Clock>) -> Result<Wizard, StartError> {
        let failed = |what: &str, error: &dyn std::fmt::Display| StartError(format!("{what}: {error}"));
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| failed("no random numbers", &error))?;
        let code = auth::code(random);
        let tls = tls::server(None, None, &options.folder.join("tls"), NAME, clock.now().wall).map_err(|error| StartError(error.0))?;
        // What an earlier run left must not be taken for an answer.
        let ready = options.folder.join("ready");
        if ready.exists() {
            std::fs::remove_file(&ready).map_err(|error| failed(&ready.display().to_string(), &error))?;
        }
        let web = WebOptions {
            listen: vec![options.listen].into(),
            tls: Some(tls),
            hostname: NAME.to_owned(),
            ..WebOptions::plain(options.listen)
        };
        // A list of people may be long.
        let uploads = Uploads { folder: options.folder.join("uploads"), has_room: Arc::new(|_| true) };
        let bodies = BodyOptions { octets_max: |_, _| WEB_FORM_MAX_OCTETS, uploads: Some(uploads) };
        let web = WebOptions { networks: NetworkSet::private(), bodies, ..web };
        let (folder, shown) = (options.folder.clone(), code.clone());
        let desk = Arc::new(Desk { options, clock, code: code.clone(), state: Mutex::default() });
        let server =
            WebServer::start(web, Arc::new(move |request| desk.answer(&request))).map_err(|error| StartError(error.to_string()))?;
        let file = folder.join("code");
        replace_file(&file, format!("{shown}\n").as_bytes()).map_err(|error| failed(&file.display().to_string(), &error))?;
        Ok(Wizard { server, code })
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.server.addresses()
    }

    /// Whoever has it may set the box up.
    pub fn code(&self) -> &str {
        &self.code
    }
}

struct Desk {
    options: Options,
    clock: Arc<dyn Clock>,
    code: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// None before anybody has answered.
    answers: Option<Answers>,
    secrets: Secrets,
    /// Good answers, and how often good answers came.
    taken: Option<Arc<Taken>>,
    turn: u64,
    /// What was found with them, when the look is over.
    found: Option<Vec<Found>>,
    /// The address at which the box was asked.
    host: String,
}

impl Desk {
    fn answer(self: &Arc<Desk>, request: &Request) -> Response {
        match wizard::place(request, &self.code) {
            Place::Elsewhere(response) => response,
            Place::Questions => wizard::questions(&self.code, &lock(&self.state).answers.clone().unwrap_or_else(usual), &[]),
            Place::Answered(form) => self.answered(&form, request),
            Place::Found => match &*lock(&self.state) {
                State { taken: None, .. } => wizard::go_to(&self.code, ""),
                state => wizard::found(&self.code, state.found.as_deref()),
            },
            Place::Use => self.hand_over(),
            Place::Wait => self.wait(),
        }
    }

    fn answered(self: &Arc<Desk>, form: &Form, request: &Request) -> Response {
        let mut state = lock(&self.state);
        let answers = Answers::of(form);
        state.secrets = Secrets::of(form, std::mem::take(&mut state.secrets));
        state.answers = Some(answers.clone());
        state.host = host(request);
        (state.taken, state.found) = (None, None);
        match wizard::judge(&answers, &state.secrets) {
            Err(mistakes) => wizard::questions(&self.code, &answers, &mistakes),
            Ok(taken) => {
                let taken = Arc::new(taken);
                state.turn += 1;
                state.taken = Some(taken.clone());
                let (desk, turn) = (self.clone(), state.turn);
                // Servers that do not answer take longer than a browser waits.
                let look = std::thread::Builder::new().name("mail-path".to_owned()).spawn(move || desk.look(&taken, turn));
                if let Err(error) = look {
                    log::error!("wizard look failed error={error}");
                    state.found = Some(Vec::new());
                }
                wizard::go_to(&self.code, "found")
            }
        }
    }

    fn look(&self, taken: &Taken, turn: u64) {
        let findings = doctor::surroundings(&taken.config, self.clock.clone());
        let found = findings.into_iter().map(|finding| Found { state: finding.state, text: finding.text }).collect();
        let mut state = lock(&self.state);
        if state.turn == turn && state.taken.is_some() {
            state.found = Some(found);
        }
    }

    fn hand_over(&self) -> Response {
        let state = lock(&self.state);
        let Some(taken) = &state.taken else { return wizard::go_to(&self.code, "") };
        match write(&self.options.folder, taken) {
            Ok(()) => {
                log::info!("wizard answers written folder={}", self.options.folder.display());
                wizard::go_to(&self.code, "wait")
            }
            Err(error) => {
                log::error!("wizard answers not written folder={} error={error}", self.options.folder.display());
                let why = format!("The box cannot write its files: {error}");
                wizard::progress(&self.code, &Progress::Refused { why })
            }
        }
    }

    fn wait(&self) -> Response {
        let state = lock(&self.state);
        let Some(taken) = &state.taken else { return wizard::go_to(&self.code, "") };
        // While `ready` is there, nobody has looked at the files yet.
        let is_looked_at = !self.options.folder.join("ready").exists();
        let why = self.options.problems.as_ref().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        if is_looked_at && !why.trim().is_empty() {
            return wizard::progress(&self.code, &Progress::Refused { why });
        }
        let to = match taken.address {
            Some(address) => format!("https://{}", SocketAddr::new(address, 443)).trim_end_matches(":443").to_owned(),
            None => format!("https://{}", state.host),
        };
        wizard::progress(&self.code, &Progress::Going { to })
    }
}

/// The name or address at which the box was asked, without anything that belongs into no address.
fn host(request: &Request) -> String {
    let given = request.header("host").unwrap_or_default();
    if given.chars().all(|sign| sign.is_ascii_alphanumeric() || ".:[]-".contains(sign)) { given.to_owned() } else { String::new() }
}

/// What is likely, before anybody has answered.
fn usual() -> Answers {
    let own = own_address::toward(ELSEWHERE.into()).filter(|address| !address.is_loopback());
    Answers { name: "admin".to_owned(), address: own.map(|address| format!("{address}/24")).unwrap_or_default(), ..Answers::default() }
}

/// `ready` last: without it nothing counts.
fn write(folder: &Path, taken: &Taken) -> std::io::Result<()> {
    let (name, password) = &taken.account;
    let account = format!("{name}\n{password}\n");
    let files = [
        ("lifeboat.toml", Some(taken.toml.as_str())),
        ("directory.csv", Some(taken.directory.as_str())),
        ("network.conf", taken.network.as_deref()),
        ("smarthost.password", taken.smarthost_password.as_deref()),
        ("account", Some(account.as_str())),
        ("ready", Some("")),
    ];
    for (file, content) in files {
        let path = folder.join(file);
        match content {
            Some(content) => replace_file(&path, content.as_bytes())?,
            // Of earlier answers.
            None if path.exists() => std::fs::remove_file(&path)?,
            None => {}
        }
    }
    Ok(())
}
