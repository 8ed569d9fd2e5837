//! Wiring: from a configuration to a running box, and the order in which it stops.
//!
//! Owns no idea of its own: the machines decide, the store keeps, `net` talks; here they are put together. All state that
//! several parts share is in [`core::Core`].

mod acting;
mod admin_totp;
mod admin_verbs;
mod admins;
mod audit_trail;
mod canary;
mod claims;
mod clock_watch;
mod conduct;
mod contacts;
mod core;
mod credentials;
mod digests;
mod direct;
mod dkim;
pub mod doctor;
mod drills;
mod enrol;
mod events;
pub mod guide;
mod hand_over;
mod history;
mod housekeeping;
mod intake;
mod job;
mod journal;
mod kept_back;
mod lanes;
mod links;
mod loops;
mod mail_trace;
mod maintenance;
mod marks;
mod metrics;
mod monitor;
mod notices;
mod outgoing;
mod people;
mod pins;
mod preferences;
mod progress;
mod queue;
mod queue_verbs;
mod rates;
mod readiness;
mod recovery;
mod reports;
mod scope_end;
mod scope_verbs;
mod scopes;
mod seen;
mod server;
mod status;
mod submitting;
mod targets;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod their_mail;
mod trouble;
mod unsent;
mod upkeep;
mod verbs;
mod verdicts;
mod webmail;
mod witnesses;
pub mod wizard;
mod writing;

pub use self::notices::read_templates;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use self::core::{Core, ModeLine, Parts};
use crate::clock::Clock;
use crate::config::{Config, SmtpTls};
use crate::continuity::{Machine, Policy};
use crate::control::{Answer, ListenStatus, Status, Verb};
use crate::limits;
use crate::net::control_socket::{self, ControlServer};
use crate::net::deadline;
use crate::net::dns::Resolver;
use crate::net::listen::{Inherited, ListenOn};
use crate::net::rt::{self, Task};
use crate::net::smtp_server::{self, Server};
use crate::net::tls;
use crate::net::web_server::{BodyOptions, Uploads, WebOptions, WebServer};
use crate::relay::Queue;
use crate::store::{Disk, Ledger, Line, Options, Recovery, Store};

/// Why the box does not start; shown to the admin.
#[derive(Debug)]
pub struct StartError(pub String);

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// Sessions under way get this long to finish when the box stops.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// A running box.
pub struct Running {
    core: Arc<Core>,
    smtp: Server,
    web: WebServer,
    control: ControlServer,
    listen: Arc<Listen>,
    tasks: Vec<Task<()>>,
}

/// The bound addresses.
struct Listen {
    smtp: Vec<SocketAddr>,
    web: Vec<SocketAddr>,
}

impl Running {
    /// Opens the store, starts everything; listening when it returns. Must not be called from async code.
    pub fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
        Running::start_on(Inherited::default(), config, clock)
    }

    /// The same on sockets that the service manager holds; where it holds none, on the configured addresses.
    pub fn start_on(held: Inherited, config: Config, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
        let core = Arc::new(open_core(config, clock)?);
        let config = &core.config;
        let outgoing = Arc::new(outgoing::Outgoing::new(core.clone(), Resolver::new()).map_err(StartError)?);
        let tls_folder = config.server.data_dir.join("tls");
        let web_config = &config.web;
        let identity = tls::Identity::open(
            web_config.certificate.as_deref(),
            web_config.key.as_deref(),
            &tls_folder,
            &config.server.hostname,
            core.now().wall,
        )
        .map_err(|error| StartError(format!("TLS: {}", error.0)))?;
        let identity = core.identity.get_or_init(|| Arc::new(identity)).clone();
        let certificate = identity.config();
        let intake = Arc::new(intake::Intake::new(core.clone(), outgoing.clone()));
        let smtp_options = smtp_server::ServerOptions {
            listen: ListenOn::sockets_or(held.smtp, "smtp.listen", &config.smtp.listen),
            tls: (config.smtp.tls != SmtpTls::Off).then(|| certificate.clone()),
            stage_folder: core.store.stage_folder(),
        };
        let smtp = Server::start(smtp_options, intake, core.clock.clone())
            .map_err(|error| listening("smtp.listen", &config.smtp.listen, &error))?;
        let webmail = webmail::Webmail::new(core.clone());
        let web_options = WebOptions {
            listen: ListenOn::sockets_or(held.web, "web.listen", &web_config.listen),
            tls: web_config.tls.then_some(certificate),
            networks: web_config.networks.clone(),
            bodies: BodyOptions { octets_max: crate::web::body_octets_max, uploads: Some(uploads(&core)) },
            redirect_listen: ListenOn::sockets_or(held.redirect, "web.redirect_listen", &web_config.redirect_listen),
            hostname: config.server.hostname.clone(),
        };
        let web = WebServer::start(web_options, Arc::new(move |request| webmail.handle(request)))
            .map_err(|error| listening("web.listen", &[&web_config.listen[..], &web_config.redirect_listen].concat(), &error))?;
        let _set_once = core.web_bound.set(web.addresses());
        let listen = Arc::new(Listen { smtp: smtp.addresses(), web: web.addresses() });
        admins::offer_setup(&core);
        let _first_time = core.listen.set(ListenStatus { smtp: smtp.addresses(), web: web.addresses() });
        log::info!("listening smtp={:?} web={:?} redirect={:?}", listen.smtp, listen.web, web.redirect_addresses());
        let control = {
            let core = core.clone();
            let handler: control_socket::Handler = Arc::new(move |verb| {
                let is_status = verb == Verb::Status;
                let answer = verbs::execute(&core, verb);
                // Only here: whoever may open the socket is admin, whoever else sees a status need not be.
                if is_status { admins::with_setup_links(&core, answer) } else { answer }
            });
            ControlServer::start(&config.server.control_socket, handler)
                .map_err(|error| StartError(format!("server.control_socket {}: {error}", config.server.control_socket.display())))?
        };
        let tasks = background(&core, &outgoing, identity);
        Ok(Running { core, smtp, web, control, listen, tasks })
    }

    pub fn smtp_addresses(&self) -> Vec<SocketAddr> {
        self.listen.smtp.clone()
    }

    pub fn web_addresses(&self) -> Vec<SocketAddr> {
        self.listen.web.clone()
    }

    pub fn status(&self) -> Status {
        status::status(&self.core)
    }

    /// Carries out what the control socket would; may wait.
    pub fn execute(&self, verb: Verb) -> Answer {
        verbs::execute(&self.core, verb)
    }

    /// Orderly: no new sessions, those under way finish, queues stop, the store is closed last.
    pub fn stop(self) {
        log::info!("stopping");
        self.control.stop();
        rt::block_on(async {
            rt::both(self.web.stop(STOP_GRACE), self.smtp.stop(STOP_GRACE)).await;
        });
        // Nobody can take it back any more.
        unsent::release_all(&self.core);
        // No new tries; those under way get a moment to write down how they ended. Without that an orderly stop would deliver
        // twice what the primary took just now.
        drop(self.tasks);
        rt::block_on(async {
            let _stays_in_doubt = deadline::within(STOP_GRACE, self.core.nothing_under_way()).await;
        });
        self.core.save_verdicts();
        self.core.probes.save();
        self.core.save_seen();
        self.core.store.close();
        log::info!("stopped");
    }
}

fn open_core(config: Config, clock: Arc<dyn Clock>) -> Result<Core, StartError> {
    if let Some(zone) = config.server.time_zone.as_deref().and_then(crate::mail::date::zone_named) {
        crate::mail::date::use_zone(zone);
    }
    let now = clock.now();
    let files = Arc::new(Disk);
    let options = Options { data_dir: config.server.data_dir.clone() };
    let data_dir = config.server.data_dir.display();
    let (store, recovery) = Store::open(&options, files.clone(), now.wall).map_err(|error| StartError(format!("{data_dir}: {error}")))?;
    report(&recovery);
    // A primary that is suspected often leaves very many lines about the mode. One that cannot be read supersedes none.
    let is_mode = |line: &Line| line.kind == "mode" && ModeLine::deserialize(&line.data).is_ok();
    let (ledger, lines) = Ledger::open_superseding(&config.server.data_dir.join("ledger"), files, is_mode)
        .map_err(|error| StartError(format!("{data_dir}/ledger: {error}")))?;
    let (directory, trouble) = people::load(&config, &ledger, &lines, now.wall);
    let credentials = credentials::load(&lines);
    let (admins, tokens) = admins::load(&lines);
    let last = of_kind::<ModeLine>(&lines, "mode").pop();
    let event = last.as_ref().and_then(|line| line.event.clone());
    let scopes = last.as_ref().map(|line| line.scopes.clone()).unwrap_or_default();
    let machine = restore(&config, last, now);
    log::info!("started mode={:?} people={} newest={}", machine.mode(), directory.len(), store.view().newest());
    let broken = ledger.broken_at();
    let core = Core::new(Parts { config, clock, store, ledger, directory, credentials, admins, tokens, machine, event, scopes });
    enrol::load(&core, &lines);
    preferences::load(&core, &lines);
    for line in of_kind::<maintenance::MaintenanceLine>(&lines, "maintenance") {
        core::lock(&core.maintenance).apply(line);
    }
    notices::take_templates(&core);
    drills::restore(&core, &lines);
    if let Some(text) = trouble {
        core.raise_alarm("directory", text);
    }
    if let Some(number) = broken {
        core.raise_alarm("ledger-chain", format!("The audit trail was changed from outside at line {number}."));
    }
    Ok(core)
}

fn of_kind<T: serde::de::DeserializeOwned>(lines: &[Line], kind: &str) -> Vec<T> {
    lines.iter().filter(|line| line.kind == kind).filter_map(|line| serde_json::from_value(line.data.clone()).ok()).collect()
}

/// The mode survives a restart: a box that starts in an outage wakes in continuity.
fn restore(config: &Config, last: Option<ModeLine>, now: crate::clock::Now) -> Machine {
    let policy = Policy {
        fall: config.monitor.fall,
        rise: config.monitor.rise,
        health_pages: !config.primary.health_urls.is_empty(),
        hold_down_first: limits::HOLD_DOWN_FIRST,
        hold_down_max: limits::HOLD_DOWN_MAX,
        flap_window: limits::FLAP_WINDOW,
    };
    let canary = config.canary.end_to_end && config.primary.canary.is_some();
    match last {
        Some(mut line) => {
            // What an operator said last counts, until the file says something new.
            if line.configured_automatic.is_some_and(|was| was != config.monitor.automatic) {
                line.saved.automatic = config.monitor.automatic;
            }
            Machine::restore(policy, line.saved, now).watch_canary(canary)
        }
        None => Machine::new(policy, config.monitor.automatic, now).watch_canary(canary),
    }
}

fn report(recovery: &Recovery) {
    log::info!("store opened segments={} torn={}", recovery.segments, recovery.torn_octets,);
}

/// Large bodies of requests lie where bodies of mail do on their way in.
fn uploads(core: &Arc<Core>) -> Uploads {
    let store = core.clone();
    Uploads { folder: core.store.stage_folder(), has_room: Arc::new(move |octets| store.store.has_room_to_stage(octets)) }
}

fn listening(key: &str, addresses: &[SocketAddr], error: &std::io::Error) -> StartError {
    let shown: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    StartError(format!("{key} {}: {error}", shown.join(", ")))
}

fn background(core: &Arc<Core>, outgoing: &Arc<outgoing::Outgoing>, identity: Arc<tls::Identity>) -> Vec<Task<()>> {
    let parts = Arc::new(housekeeping::Parts::default());
    let mut tasks = vec![
        parts.spawn(queue::Runner::new(core.clone(), outgoing.clone(), Queue::Primary).run()),
        parts.spawn(queue::Runner::new(core.clone(), outgoing.clone(), Queue::Outbound).run()),
        parts.spawn(monitor::watch_smtp(core.clone(), outgoing.clone())),
        parts.spawn(monitor::tick(core.clone())),
        parts.spawn(history::keep(core.clone())),
        parts.spawn(housekeeping::run(core.clone(), outgoing.clone())),
        parts.spawn(notices::run(core.clone())),
        parts.spawn(enrol::rounds::run(core.clone())),
        parts.spawn(notices::send(core.clone())),
        parts.spawn(readiness::run(core.clone())),
        parts.spawn(drills::run(core.clone())),
        parts.spawn(housekeeping::watch_certificate(core.clone(), identity)),
    ];
    if !core.config.primary.health_urls.is_empty() {
        tasks.push(parts.spawn(monitor::watch_pages(core.clone(), outgoing.clone())));
    }
    if core.has_canary_message() {
        tasks.push(parts.spawn(canary::run(core.clone(), outgoing.clone())));
    }
    if witnesses::are_of_use(&core.config) {
        tasks.push(parts.spawn(witnesses::watch(core.clone(), outgoing.clone())));
    }
    tasks.push(rt::spawn(notices::heartbeat::run(core.clone(), parts.clone())));
    tasks.push(rt::spawn(housekeeping::feed_watchdog(core.clone(), parts)));
    tasks
}
