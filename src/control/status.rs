//! `status`: the document for scripts and the words for people.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::words;
use crate::clock::Wall;
use crate::continuity::{Class, Kind, Members, Mode, Probe};
use crate::mail::Mailbox;
use crate::store::QueueCounts;

/// `status --json` (DESIGN section 9: stable; extend, don't rename). Times are RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub mode: Mode,
    /// RFC 3339.
    pub since: String,
    /// Id of the open event.
    pub event: Option<String>,
    /// Open events of some people only.
    #[serde(default)]
    pub scopes: Vec<ScopeStatus>,
    /// The maintenance window that is running, or the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<WindowStatus>,
    pub automatic: bool,
    /// The open event is an operator's, or of planned maintenance: it does not end by the box's own decision.
    #[serde(default)]
    pub by_operator: bool,
    /// What happens next, in words.
    pub outlook: String,
    pub listen: ListenStatus,
    pub queue: QueueCounts,
    pub probes: Vec<ProbeStatus>,
    pub alarms: Vec<Alarm>,
    pub store: StoreStatus,
    pub people: usize,
    /// Of these, whom a notice reaches while mail is down, or who has an emergency card.
    #[serde(default)]
    pub reachable: usize,
    /// People who are signed in to the webmail.
    #[serde(default)]
    pub sessions: usize,
    pub version: String,
    pub uptime_s: u64,
    /// When the schedule starts the next drill; RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_drill: Option<String>,
    /// 0 to 100; absent in the first moments after a start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<u32>,
}

/// A window of planned maintenance; times are RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowStatus {
    pub id: u64,
    pub from: String,
    pub to: String,
    pub reason: String,
    pub by: String,
    /// People are told beforehand.
    pub announce: bool,
    /// Its event has begun.
    pub begun: bool,
}

/// An open event of some people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScopeStatus {
    pub id: String,
    pub kind: Kind,
    /// Of these people: `continuity` or `recovering`; in a drill the mode of everybody.
    pub mode: Mode,
    /// RFC 3339.
    pub since: String,
    /// Its planned end, RFC 3339.
    pub until: Option<String>,
    /// As an operator named them.
    pub members: Members,
    /// Everybody who is meant.
    pub mailboxes: Vec<Mailbox>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListenStatus {
    pub smtp: Vec<SocketAddr>,
    pub web: Vec<SocketAddr>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeStatus {
    pub probe: Probe,
    pub class: Class,
    pub detail: String,
    pub latency_ms: Option<u64>,
    /// RFC 3339.
    pub at: String,
    /// Observations of this colour (red or green) in a row.
    pub in_a_row: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Stable name, e.g. `disk-low`, `misconfigured`.
    pub name: String,
    pub text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoreStatus {
    /// Number of the newest record.
    pub newest: u64,
    pub used_octets: u64,
    pub free_octets: u64,
    /// While it is building, mail is taken, and pages and queues wait.
    #[serde(default)]
    pub index: IndexState,
    /// How much of it is built: 100 when it is ready.
    #[serde(default)]
    pub index_percent: u8,
    /// Days of mail that are here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_days: Option<u32>,
    /// For so many days the disk has room, if mail comes as it did; absent if it has for longer than mail is kept, or is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_left: Option<u32>,
    /// Why nothing is removed for its age now, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_waits: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexState {
    #[default]
    Ready,
    Building,
}

impl Status {
    /// What the mode means and what to do, a sentence or two a line; commands stand in backticks.
    pub fn situation(&self) -> Vec<String> {
        words::situation(self)
    }

    /// For people; `now` gives "since 5 minutes".
    pub fn to_text(&self, now: Wall) -> String {
        words::status(self, now)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::control) fn example() -> Status {
        Status {
            mode: Mode::Continuity,
            since: "2026-03-03T09:15:02Z".into(),
            event: Some("2026-03-03T09-15-02".into()),
            scopes: vec![],
            maintenance: None,
            automatic: true,
            by_operator: false,
            outlook: "at 6 successes in a row the mail is handed over; 0 so far".into(),
            listen: ListenStatus { smtp: vec!["0.0.0.0:25".parse().unwrap()], web: vec!["0.0.0.0:443".parse().unwrap()] },
            queue: QueueCounts { primary: 12, outbound: 1, held: 0, in_session: 0 },
            probes: vec![ProbeStatus {
                probe: Probe::Smtp,
                class: Class::Down,
                detail: "192.0.2.10:25 refused the connection".into(),
                latency_ms: Some(3),
                at: "2026-03-03T09:20:00Z".into(),
                in_a_row: 61,
            }],
            alarms: vec![Alarm { name: "disk-low".into(), text: "4 GiB are left for mail".into() }],
            store: StoreStatus {
                newest: 4711,
                used_octets: 3 << 30,
                free_octets: 4 << 30,
                index: IndexState::Building,
                index_percent: 43,
                cached_days: Some(12),
                days_left: None,
                retention_waits: Some("the clock jumped".into()),
            },
            people: 40,
            reachable: 31,
            sessions: 2,
            version: "0.1.0".into(),
            uptime_s: 90_061,
            next_drill: Some("2026-04-07T08:00:00Z".into()),
            readiness: Some(73),
        }
    }

    /// Scripts read this: a change here is a change for them.
    #[test]
    fn the_document_is_stable() {
        let expected = serde_json::json!({
            "mode": "continuity",
            "since": "2026-03-03T09:15:02Z",
            "event": "2026-03-03T09-15-02",
            "scopes": [],
            "automatic": true,
            "by_operator": false,
            "outlook": "at 6 successes in a row the mail is handed over; 0 so far",
            "listen": { "smtp": ["0.0.0.0:25"], "web": ["0.0.0.0:443"] },
            "queue": { "primary": 12, "outbound": 1, "held": 0, "in_session": 0 },
            "probes": [{
                "probe": "smtp", "class": "down", "detail": "192.0.2.10:25 refused the connection",
                "latency_ms": 3, "at": "2026-03-03T09:20:00Z", "in_a_row": 61
            }],
            "alarms": [{ "name": "disk-low", "text": "4 GiB are left for mail" }],
            "store": { "newest": 4711, "used_octets": 3221225472u64, "free_octets": 4294967296u64, "index": "building", "index_percent": 43, "cached_days": 12, "retention_waits": "the clock jumped" },
            "people": 40,
            "reachable": 31,
            "sessions": 2,
            "version": "0.1.0",
            "uptime_s": 90061,
            "next_drill": "2026-04-07T08:00:00Z",
            "readiness": 73
        });
        assert_eq!(serde_json::to_value(example()).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Status>(expected).unwrap(), example());
    }
}
