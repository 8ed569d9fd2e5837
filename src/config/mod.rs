//! The configuration: `lifeboat.toml` and every mistake in it. Pure.
//!
//! Unknown keys are errors; all mistakes are reported in one run, each with its line:
//! `lifeboat.toml:12: cache.retention_days: "30d" is not a number of days (example: 30)`.
//!
//! Owns the keys of `lifeboat.toml`, their defaults and what may stand together. Never reads a file, and never
//! ignores a key: what cannot be honoured yet is an error that says so.
//!
//! [`parse`] goes in three steps: `reader` takes the TOML apart and notes every key that nobody knows, `sections`
//! turns each table into values or defaults, `checks` looks at what only makes sense together.

mod canary;
mod checks;
mod cron;
mod draft;
mod drill;
mod read;
mod reader;
mod sections;
mod settings;
mod suggest;
mod telling;
#[cfg(test)]
mod tests;
mod units;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use canary::Canary;
pub use cron::Schedule;
pub use draft::Draft;
pub use read::{Problem, Report, parse};
pub use settings::Setting;
pub use suggest::nearest;
pub use telling::{BodyForm, Credentials, Hook, Notify};
pub use units::duration;
pub use values::{HealthUrl, HostPort, Network, NetworkSet};

/// The whole configuration, checked. Defaults are those of `assets/lifeboat.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub server: Server,
    pub smtp: Smtp,
    pub primary: Primary,
    pub monitor: Monitor,
    pub outbound: Outbound,
    pub dkim: Dkim,
    pub notify: Notify,
    /// Text messages to people.
    pub sms: Option<Hook>,
    /// What admins are told, posted to where they chat.
    pub chat: Option<Hook>,
    pub credentials: Credentials,
    pub enrolment: Enrolment,
    pub web: Web,
    pub cache: Cache,
    pub directory: DirectoryFile,
    pub drill: Drill,
    pub canary: Canary,
    /// Every key as it stands in the file, or its default: for showing.
    pub settings: Vec<Setting>,
}

impl Config {
    /// Where the private key of a DKIM selector lies.
    pub fn dkim_key_file(&self, selector: &str) -> PathBuf {
        self.server.data_dir.join("dkim").join(format!("{selector}.pem"))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// EHLO name, and the name in links.
    pub hostname: String,
    pub data_dir: PathBuf,
    pub control_socket: PathBuf,
    /// Name of the office's time zone; the system's without one.
    pub time_zone: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    pub listen: Vec<SocketAddr>,
    /// Lower case. Mail is accepted for these only.
    pub domains: Vec<String>,
    /// May relay outward.
    pub trusted: NetworkSet,
    /// Recipients outside that each of these may write to in an hour.
    pub trusted_rate: u32,
    /// Recipients that any other address may write to in an hour.
    pub stranger_rate: u32,
    /// Domains whose people are all in the directory: nobody else exists there. Some of `domains`.
    pub directory_only: Vec<String>,
    /// Domains in which every address exists. Some of `domains`.
    pub accept_all: Vec<String>,
    /// Whose connections begin with a PROXY header (version 2).
    pub proxy: NetworkSet,
    /// Filters that may say for whom they speak (XCLIENT).
    pub xclient: NetworkSet,
    /// Who gets what is for nobody in their domain; at most one for each.
    pub catch_all: Vec<crate::mail::Address>,
    /// In octets.
    pub max_message_size: u64,
    pub tls: SmtpTls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    Off,
    Opportunistic,
    Required,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Primary {
    pub smtp: HostPort,
    /// Where the primary's own mail comes from.
    pub source: NetworkSet,
    /// Connector for what webmail and the box wrote; the same as `smtp` if empty in the file.
    pub smtp_submit: HostPort,
    /// STARTTLS towards it. Opportunistic is unverified, required is verified with `ca_file`.
    pub tls: SmtpTls,
    /// PEM file: the certificates that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Where the primary sends journal reports; none are taken without it.
    pub journal: Option<crate::mail::Address>,
    /// Asked for by RCPT in each probe; without one the probe stops after MAIL.
    pub canary: Option<crate::mail::Address>,
    pub health_urls: Vec<HealthUrl>,
    pub health_pass: HealthPass,
}

/// Which health pages must pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthPass {
    /// One is enough.
    Any,
    All,
    /// Some of `health_urls`; the others cause alarms only.
    These(Vec<HealthUrl>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    /// From start to start of a probe.
    pub interval: Duration,
    /// From connect to the reply to EHLO.
    pub timeout: Duration,
    /// Failures in a row until the primary is down.
    pub fall: u32,
    /// Successes in a row until it is up again.
    pub rise: u32,
    pub witnesses: Vec<HostPort>,
    pub automatic: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    pub route: OutboundRoute,
    /// Tried in this order. Without one, mail to the outside waits in the queue.
    pub smarthosts: Vec<HostPort>,
    /// Name servers for delivery by MX; the system's if there are none.
    pub dns: Vec<SocketAddr>,
    pub tls: OutboundTls,
    /// PEM file: the certificates that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// With `password_file`; AUTH is used only over TLS.
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboundRoute {
    Smarthost,
    /// To the mail servers of each domain, by MX.
    Direct,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboundTls {
    /// Never. Only for a smart host on this machine or a trusted wire.
    Off,
    /// STARTTLS when offered, certificate not verified (RFC 7435).
    Opportunistic,
    /// STARTTLS with a verified certificate, or no mail.
    Required,
    /// TLS from the first octet on (RFC 8314), with a verified certificate.
    Implicit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dkim {
    /// Keys that sign what goes to the outside; none, and nothing is signed.
    pub selectors: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// People whom nothing reaches are invited by themselves, once.
    pub invite: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    pub listen: Vec<SocketAddr>,
    /// Plain HTTP that leads to HTTPS; none by default.
    pub redirect_listen: Vec<SocketAddr>,
    /// The box's own address as it stands in links (`192.0.2.5`, `192.0.2.5:8443`); None: found out.
    pub address: Option<String>,
    /// False only on loopback.
    pub tls: bool,
    /// PEM files; none means the self-made certificate.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub access: Access,
    pub networks: NetworkSet,
}

/// When people may use the webmail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only in continuity (and read-only while recovering).
    Continuity,
    /// Read-only also in normal times.
    Always,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    pub retention_days: u32,
}

/// Drills that come by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drill {
    /// None: only by hand.
    pub schedule: Option<Schedule>,
    /// With `groups`: who practises then; everybody, if both are empty.
    pub people: Vec<crate::mail::Address>,
    pub groups: Vec<String>,
    /// From its start to its end, also the default of one that is started by hand.
    pub duration: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryFile {
    pub file: Option<PathBuf>,
}
