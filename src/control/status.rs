//! `status`: the document for scripts and the words for people.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::continuity::{Class, Mode, Probe};
use crate::store::QueueCounts;

/// `status --json` (DESIGN section 9: stable; extend, don't rename). Times are RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub mode: Mode,
    /// RFC 3339.
    pub since: String,
    /// Id of the open event.
    pub event: Option<String>,
    pub automatic: bool,
    /// What happens next, in words.
    pub outlook: String,
    pub listen: ListenStatus,
    pub queue: QueueCounts,
    pub probes: Vec<ProbeStatus>,
    pub alarms: Vec<Alarm>,
    pub store: StoreStatus,
    pub people: usize,
    pub version: String,
    pub uptime_s: u64,
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
}

impl Status {
    /// For people; `now` gives "since 5 minutes".
    pub fn to_text(&self, _now: Wall) -> String {
        todo!()
    }
}
