//! What probes and relays saw, as data.

use serde::{Deserialize, Serialize};

use crate::clock::Wall;

/// Who saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// SMTP to the primary, up to RCPT of the canary.
    Smtp,
    /// All health pages together.
    HealthPages,
    /// What a real relay to the primary met.
    Relay,
    /// Default gateway and other hosts.
    Witnesses,
    /// The operator said so.
    Operator,
}

/// How it looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// As it should be.
    Healthy,
    /// Works, but MAIL or RCPT took long (Exchange tarpits under back pressure).
    Slow,
    /// Connection refused, unreachable, or broken off.
    Down,
    /// Connects and then says nothing in time.
    Hanging,
    /// Says 421 or 452: maintenance, draining, back pressure.
    Refusing,
    /// Every health page says something else than "200 OK".
    UnhealthyPage,
    /// Our own network is gone: no witness answers.
    Isolated,
    /// Certificate, password, canary or address is wrong: a configuration alarm, never an outage.
    Misconfigured,
}

impl Class {
    /// Whether it counts towards an outage.
    pub fn is_red(self) -> bool {
        matches!(self, Class::Down | Class::Hanging | Class::Refusing | Class::UnhealthyPage)
    }
}

/// One observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub at: Wall,
    pub probe: Probe,
    pub class: Class,
    /// For people: `mail.example.com:25 refused the connection`. One line, at most 300 octets.
    pub detail: String,
    /// In milliseconds, if something was measured.
    pub latency_ms: Option<u64>,
}
