//! `[drill]`: drills that come by themselves.

use std::time::Duration;

use toml::de::DeValue;

use super::cron::Schedule;
use super::reader::{Reader, Section, Wanted, Wrong};
use super::sections::{DURATION, address, optional, string};
use super::{Drill, units};
use crate::limits::{DRILL_MAX, DRILL_MIN, DRILL_USUAL};

pub(super) fn read<'t>(r: &mut Reader<'t>, s: &Section<'t>) -> Drill {
    let when = Wanted { what: "five fields as of cron", example: "\"0 10 * * tue#1\"" };
    let who = Wanted { what: "an address", example: "\"ann@example.com\"" };
    let group = Wanted { what: "the name of a group", example: "\"sales\"" };
    let drill = Drill {
        schedule: r.get(s, "schedule", when, optional(schedule)).flatten(),
        people: r.list(s, "people", who, address).unwrap_or_default(),
        groups: r.list(s, "groups", group, name).unwrap_or_default(),
        duration: r.get(s, "duration", DURATION, duration).unwrap_or(DRILL_USUAL),
    };
    let chosen = !drill.people.is_empty() || !drill.groups.is_empty();
    if drill.schedule.is_none() && chosen && r.sound(&["drill.schedule"]) {
        let key = if drill.people.is_empty() { "drill.groups" } else { "drill.people" };
        r.warn(key, "counts for scheduled drills only, and there is no drill.schedule");
    }
    drill
}

fn schedule(value: &DeValue<'_>) -> Result<Schedule, Wrong> {
    Schedule::parse(string(value)?).map_err(|why| Wrong::Because(format!("{why} (example: \"0 10 * * tue#1\")")))
}

fn name(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = string(value)?.trim();
    if name.is_empty() || name.chars().any(char::is_control) { Err(Wrong::Kind) } else { Ok(name.to_owned()) }
}

fn duration(value: &DeValue<'_>) -> Result<Duration, Wrong> {
    let time = units::duration(string(value)?).ok_or(Wrong::Kind)?;
    if (DRILL_MIN..=DRILL_MAX).contains(&time) {
        return Ok(time);
    }
    Err(Wrong::Because("is out of range: 10s to 24h are possible (example: \"30m\")".into()))
}
