//! The whole set: the real box, the stand-in primary and the internet, on loopback, data in a temporary folder.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::folder::Folder;
use super::outside::Outside;
use super::people::{self, Login, OFFICE};
use super::settings::{self, Around};
use super::stand_in::{Setup, StandIn};
use super::timeline::{Timeline, seconds};
use crate::app::Running;
use crate::clock::{Clock, Mono, SystemClock};
use crate::continuity::Mode;
use crate::control::{Status, Verb};
use crate::net::rt;

/// The whole of 127/8 is loopback on Linux: the stand-ins have addresses of their own, so that the box can tell them apart.
const PRIMARY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const INTERNET: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));
/// How often the mode is looked at.
pub const GLANCE: Duration = Duration::from_millis(100);

/// Everything that runs.
pub struct Stage {
    pub running: Running,
    pub primary: StandIn,
    pub internet: StandIn,
    pub logins: Vec<Login>,
    pub outside: Outside,
    pub timeline: Timeline,
    pub clock: Arc<dyn Clock>,
    mode: Mode,
    /// When the plug was last pulled or put back.
    plug_moved: Option<Mono>,
    // Last: the folder goes when everything else is gone.
    folder: Folder,
}

impl Stage {
    /// Starts everything; listening when it returns.
    ///
    /// # Errors
    /// In words.
    pub fn start() -> Result<Stage, String> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let timeline = Timeline::new(clock.clone());
        let folder = Folder::new().map_err(|error| format!("no temporary folder: {error}"))?;
        let primary = stand_in(&folder, &clock, "standin.example.com", PRIMARY, true)?;
        let internet = stand_in(&folder, &clock, "smarthost.provider.example", INTERNET, false)?;
        let directory = folder.path().join("directory.csv");
        std::fs::write(&directory, people::directory_csv()).map_err(|error| format!("{}: {error}", directory.display()))?;
        let config = settings::read(&Around {
            folder: folder.path(),
            directory: &directory,
            primary: primary.smtp_address(),
            health_page: primary.page_address().ok_or("the stand-in has no health page")?,
            internet: internet.smtp_address(),
        })?;
        let running = Running::start(config, clock.clone()).map_err(|error| format!("the box does not start: {}", error.0))?;
        let logins = match OFFICE.iter().map(|person| login(&running, person)).collect::<Result<Vec<_>, _>>() {
            Ok(logins) => logins,
            Err(error) => {
                running.stop();
                return Err(error);
            }
        };
        let smtp = first(&running.smtp_addresses(), "SMTP")?;
        let outside = Outside::new(smtp, clock.clone());
        let mode = running.status().mode;
        Ok(Stage { running, primary, internet, logins, outside, timeline, clock, mode, plug_moved: None, folder })
    }

    pub fn smtp(&self) -> Result<SocketAddr, String> {
        first(&self.running.smtp_addresses(), "SMTP")
    }

    pub fn web(&self) -> Result<SocketAddr, String> {
        first(&self.running.web_addresses(), "HTTPS")
    }

    pub fn now(&self) -> Mono {
        self.clock.now().mono
    }

    pub async fn pull_plug(&mut self) {
        if self.primary.is_plugged() {
            self.primary.pull_plug().await;
            self.plug_moved = Some(self.now());
            self.timeline.tell("the primary's plug is pulled: connections die, its ports refuse");
        }
    }

    /// # Errors
    /// Its port is taken; in words.
    pub async fn plug_in(&mut self) -> Result<(), String> {
        if !self.primary.is_plugged() {
            self.primary.plug_in().await.map_err(|error| format!("the primary does not come back: {error}"))?;
            self.plug_moved = Some(self.now());
            self.timeline.tell("the primary is plugged in again, with its mailboxes as they were");
        }
        Ok(())
    }

    /// When the plug was last moved.
    pub fn plug_moved(&self) -> Option<Mono> {
        self.plug_moved
    }

    /// Looks at the box; tells a change of mode with the time it took.
    pub fn glance(&mut self) -> Status {
        let status = self.running.status();
        if status.mode != self.mode {
            self.mode = status.mode;
            let took = self.plug_moved.map(|moved| self.now().since(moved));
            let plug = if self.primary.is_plugged() { "plug was put back" } else { "plug was pulled" };
            let after = took.map(|took| format!(", {} after the {plug}", seconds(took))).unwrap_or_default();
            self.timeline.tell(format!("the box is in mode {}{after}", mode_name(status.mode)));
        }
        status
    }

    /// Waits until the box looks as wanted.
    ///
    /// # Errors
    /// It does not within `limit`.
    pub async fn wait(&mut self, what: &str, limit: Duration, wanted: impl Fn(&Status) -> bool) -> Result<Status, String> {
        let start = self.now();
        loop {
            let status = self.glance();
            if wanted(&status) {
                return Ok(status);
            }
            if self.now().since(start) > limit {
                return Err(format!("not {what} within {} (mode {}, {})", seconds(limit), mode_name(status.mode), status.outlook));
            }
            rt::sleep(GLANCE).await;
        }
    }

    /// Stops everything in order and removes the folder.
    pub async fn stop(mut self) {
        let Stage { running, folder, .. } = {
            self.primary.pull_plug().await;
            self.internet.pull_plug().await;
            self
        };
        rt::unblock(move || {
            running.stop();
            drop(folder);
        })
        .await;
    }
}

pub fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Normal => "Normal",
        Mode::Suspect => "Suspect",
        Mode::Continuity => "Continuity",
        Mode::Recovering => "Recovering",
    }
}

fn first(addresses: &[SocketAddr], what: &str) -> Result<SocketAddr, String> {
    addresses.first().copied().ok_or_else(|| format!("the box has no {what} address"))
}

fn stand_in(folder: &Folder, clock: &Arc<dyn Clock>, hostname: &'static str, address: IpAddr, primary: bool) -> Result<StandIn, String> {
    let path = folder.path().join(hostname);
    std::fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let known = primary.then(people::known_addresses);
    let setup = Setup { hostname, address, known, health_page: primary, folder: path };
    StandIn::start(setup, clock.clone()).map_err(|error| format!("{hostname} at {address}: {error}"))
}

/// Issues a password as the helpdesk would.
fn login(running: &Running, person: &people::Colleague) -> Result<Login, String> {
    let answer = running.execute(Verb::CredentialIssue { address: person.address(), by: "demo".to_owned() });
    match answer.json.get("password").and_then(|password| password.as_str()) {
        Some(password) if answer.exit == 0 => Ok(Login { name: person.name, address: person.address(), password: password.to_owned() }),
        _ => Err(format!("no password for {}: {}", person.address(), answer.text)),
    }
}
