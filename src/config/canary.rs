//! `[canary]`: a small message that the primary must bring back.

use std::time::Duration;

use super::Config;
use super::reader::{Reader, Section, Wanted};
use super::sections::{probe_time, yes_no};

/// The canary message; without `primary.canary` there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    /// Whether it is sent.
    pub end_to_end: bool,
    /// From start to start.
    pub interval: Duration,
    /// It must be back within this time.
    pub timeout: Duration,
}

pub(super) fn read<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Canary {
    let wanted = Wanted { what: "true or false", example: "true" };
    let time = |example| Wanted { what: "a time with its unit", example };
    Canary {
        end_to_end: r.get(s, "end_to_end", wanted, yes_no).unwrap_or(false),
        interval: r.get(s, "interval", time("\"10m\""), probe_time).unwrap_or(Duration::from_secs(600)),
        timeout: r.get(s, "timeout", time("\"5m\""), probe_time).unwrap_or(Duration::from_secs(300)),
    }
}

pub(super) fn check(r: &mut Reader<'_>, config: &Config) {
    let canary = &config.canary;
    if canary.end_to_end && config.primary.canary.is_none() && r.sound(&["primary.canary"]) {
        r.error("canary.end_to_end", "needs a mailbox (example: primary.canary = \"lifeboat-canary@example.com\")");
    }
    if canary.timeout > canary.interval && r.sound(&["canary.timeout", "canary.interval"]) {
        let key = if r.given("canary.timeout") { "canary.timeout" } else { "canary.interval" };
        r.error(key, format!("timeout ({:?}) is longer than interval ({:?}): messages would overlap", canary.timeout, canary.interval));
    }
}
