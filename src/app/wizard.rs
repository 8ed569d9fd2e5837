//! The set-up in the browser: keeps what was typed, looks at the mail path, and writes the files for whoever takes them over.
//!
//! It runs before there is a configuration, as a program of its own that may write into one folder and nothing else; on the appliance
//! `setup` (image/box) takes the files over as it takes them from a stick. When the answers are to be used, the file `ready` is written last.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::StartError;
use super::core::lock;
use super::doctor::{self, Finding};
use crate::auth;
use crate::clock::Clock;
use crate::config::NetworkSet;
use crate::control::readiness::State as Shape;
use crate::limits::WEB_FORM_MAX_OCTETS;
use crate::mail::form::Form;
use crate::net::tls;
use crate::net::web_server::{BodyOptions, Uploads, WebOptions, WebServer};
use crate::store::{make_folder, replace_file};
use crate::web::wizard::{self, Answers, Found, Place, Progress, Secrets, Taken};
use crate::web::{Request, Response};

/// Of the box as long as it has no other.
const NAME: &str = "lifeboat";
/// Where the smart host's password lies while the way out is looked at.
const LOOK_PASSWORD: &str = "look.password";

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
    /// Listens, with a certificate of its own, and writes the code into the file `code`. Only private networks are answered.
    ///
    /// # Errors
    /// An address that cannot be bound, a folder that cannot be written, no certificate, no random numbers.
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
        let uploads = options.folder.join("uploads");
        make_folder(&uploads).map_err(|error| failed(&uploads.display().to_string(), &error))?;
        let uploads = Uploads { folder: uploads, has_room: Arc::new(|_| true) };
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

    /// Where it listens.
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
    /// Good answers, and how often somebody has answered.
    taken: Option<Arc<Taken>>,
    turn: u64,
    /// One look at a time; it goes on with the newest answers.
    is_looking: bool,
    /// What was found with them, when the look is over.
    found: Option<Vec<Found>>,
    /// The answers were handed over.
    is_used: bool,
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
        (state.taken, state.found, state.is_used) = (None, None, false);
        state.turn += 1;
        match wizard::judge(&answers, &state.secrets) {
            Err(mistakes) => wizard::questions(&self.code, &answers, &mistakes),
            Ok(taken) => {
                state.taken = Some(Arc::new(taken));
                if !state.is_looking {
                    // Servers that do not answer take longer than a browser waits.
                    let desk = self.clone();
                    let look = std::thread::Builder::new().name("mail-path".to_owned()).spawn(move || desk.look());
                    state.is_looking = look.is_ok();
                    if let Err(error) = look {
                        log::error!("wizard look failed error={error}");
                        state.found = Some(vec![not_looked()]);
                    }
                }
                wizard::go_to(&self.code, "found")
            }
        }
    }

    /// Until the newest answers were looked at.
    fn look(&self) {
        loop {
            let (taken, turn) = {
                let mut state = lock(&self.state);
                let Some(taken) = state.taken.clone() else {
                    state.is_looking = false;
                    return;
                };
                (taken, state.turn)
            };
            // Somebody waits in front of it: even a fault in here must end in an answer.
            let found = catch_unwind(AssertUnwindSafe(|| self.found(&taken))).unwrap_or_else(|_| vec![not_looked()]);
            let mut state = lock(&self.state);
            if state.turn == turn {
                (state.found, state.is_looking) = (Some(found), false);
                return;
            }
        }
    }

    fn found(&self, taken: &Taken) -> Vec<Found> {
        let mut config = taken.config.clone();
        let file = self.options.folder.join(LOOK_PASSWORD);
        // The configuration names a place that is there only when the service runs.
        if let Some(password) = &taken.smarthost_password {
            match replace_file(&file, password.as_bytes()) {
                Ok(()) => config.outbound.password_file = Some(file.clone()),
                Err(error) => log::error!("wizard password not written file={} error={error}", file.display()),
            }
        }
        let findings = doctor::surroundings(&config, self.clock.clone());
        let _it_may_not_be_there = std::fs::remove_file(&file);
        findings.into_iter().map(|finding| Found { state: finding.state, text: in_plain_words(&finding) }).collect()
    }

    fn hand_over(&self) -> Response {
        let mut state = lock(&self.state);
        let Some(taken) = state.taken.clone() else { return wizard::go_to(&self.code, "") };
        match write(&self.options.folder, &taken) {
            Ok(()) => {
                state.is_used = true;
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
        let Some(taken) = state.taken.as_ref().filter(|_| state.is_used) else { return wizard::go_to(&self.code, "found") };
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
    Answers { name: "admin".to_owned(), ..Answers::default() }
}

fn not_looked() -> Found {
    Found { state: Shape::Bad, text: "the box could not look: please send the answers once more".to_owned() }
}

/// What the doctor says to whoever has a command line and lifeboat.toml, for whoever has a browser and the questions.
fn in_plain_words(finding: &Finding) -> String {
    const WORDS: [(&str, &str); 7] = [
        ("outbound.user and outbound.password_file", "user name and password"),
        ("outbound.tls and outbound.ca_file", "name and port"),
        ("set outbound.smarthost to your provider's mail server", "name your provider's mail server, now or later"),
        (", or smtp.domains", ", or the domains in the answers"),
        (", and at [primary] in lifeboat.toml", ", and at its address in the answers"),
        ("the name servers in /etc/resolv.conf", "the name servers in the answers, or those of the router,"),
        (" (`lifeboat maintenance add`)", ""),
    ];
    if finding.name == "clock" && finding.state != Shape::Ok {
        return "no time server has set the clock yet: the box goes on asking (UDP port 123 to the outside)".to_owned();
    }
    WORDS.iter().fold(finding.text.clone(), |text, (from, to)| text.replace(from, to))
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
