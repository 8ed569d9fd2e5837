//! What probes and relays saw, as data.

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::limits::EVIDENCE_DETAIL_MAX_OCTETS;

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
    /// A message that the primary has to bring back.
    Canary,
    /// Default gateway and other hosts, all together: `Healthy` if one answers, else `Isolated`.
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
    /// Says 421 or 452: back pressure.
    Refusing,
    /// Greets as ever, and says 421 to MAIL: Exchange in maintenance.
    Draining,
    /// Every health page says something else than "200 OK".
    UnhealthyPage,
    /// Takes a message and does not bring it back.
    Undelivered,
    /// Our own network is gone: no witness answers.
    Isolated,
    /// Canary, address or connector is wrong: a configuration alarm, never an outage.
    Misconfigured,
    /// Its certificate is not accepted: the same.
    Certificate,
    /// It wants another login than ours: the same.
    Login,
}

impl Class {
    /// Whether it counts towards an outage.
    pub fn is_red(self) -> bool {
        matches!(self, Class::Down | Class::Hanging | Class::Refusing | Class::Draining | Class::UnhealthyPage | Class::Undelivered)
    }

    /// Whether it is a setting that an admin has to correct, at our side or at the primary's.
    pub fn is_setting(self) -> bool {
        matches!(self, Class::Misconfigured | Class::Certificate | Class::Login)
    }

    /// Whether it counts towards the way back. What is neither red nor green counts for nothing.
    pub fn is_green(self) -> bool {
        matches!(self, Class::Healthy | Class::Slow)
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
    /// Something came back from the primary's machine, be it only the reset of a refused connection: the network
    /// between it and us works, so a red is about the primary and not about our own cable.
    #[serde(default)]
    pub answered: bool,
}

impl Evidence {
    /// An observation without a measured time. The detail is cut to one line of at most 300 octets.
    pub fn new(at: Wall, probe: Probe, class: Class, detail: &str) -> Evidence {
        let detail = one_line(detail, EVIDENCE_DETAIL_MAX_OCTETS);
        Evidence { at, probe, class, detail, latency_ms: None, answered: false }
    }

    /// Whether the network between us and the primary has just been seen to work.
    pub fn shows_network(&self) -> bool {
        self.answered || !matches!(self.class, Class::Down | Class::Hanging | Class::Isolated)
    }

    /// The same, with its detail cut to what its documentation promises.
    pub(super) fn bounded(mut self) -> Evidence {
        self.detail = one_line(&self.detail, EVIDENCE_DETAIL_MAX_OCTETS);
        self
    }
}

/// Text from outside as one line of at most `octets_max` octets: a reply of a broken server may hold anything.
pub(super) fn one_line(text: &str, octets_max: usize) -> String {
    let mut line = String::new();
    for c in text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if line.len() + c.len_utf8() > octets_max {
            break;
        }
        line.push(c);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_counts_one_way_at_most() {
        let expected = [
            (Class::Healthy, false, true),
            (Class::Slow, false, true),
            (Class::Down, true, false),
            (Class::Hanging, true, false),
            (Class::Refusing, true, false),
            (Class::Draining, true, false),
            (Class::UnhealthyPage, true, false),
            (Class::Undelivered, true, false),
            (Class::Isolated, false, false),
            (Class::Misconfigured, false, false),
            (Class::Certificate, false, false),
            (Class::Login, false, false),
        ];
        for (class, red, green) in expected {
            assert_eq!((class.is_red(), class.is_green()), (red, green), "{class:?}");
            assert!(!(class.is_setting() && (red || green)), "{class:?}");
        }
    }

    #[test]
    fn only_silence_leaves_the_network_in_doubt() {
        let shows = |class, answered| Evidence { answered, ..Evidence::new(Wall(0), Probe::Smtp, class, "") }.shows_network();
        assert!(!shows(Class::Down, false));
        assert!(!shows(Class::Hanging, false));
        assert!(shows(Class::Down, true));
        assert!(shows(Class::Refusing, false));
        assert!(shows(Class::UnhealthyPage, false));
    }

    #[test]
    fn details_stay_one_short_line() {
        let evidence = Evidence::new(Wall(0), Probe::Smtp, Class::Down, &format!("a\r\nb{}", "ü".repeat(500)));
        assert!(evidence.detail.starts_with("a  bü"));
        assert!(evidence.detail.len() <= EVIDENCE_DETAIL_MAX_OCTETS);
    }

    #[test]
    fn evidence_of_older_versions_is_read() {
        let line = r#"{"at":5,"probe":"health-pages","class":"unhealthy-page","detail":"503","latency_ms":null}"#;
        let evidence: Evidence = serde_json::from_str(line).unwrap();
        assert_eq!((evidence.probe, evidence.class, evidence.answered), (Probe::HealthPages, Class::UnhealthyPage, false));
    }
}
