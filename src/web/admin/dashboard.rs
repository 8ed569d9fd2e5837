//! `/admin`: how things are, why, what comes next and what to do; and the part of it that looks again by itself.

use super::routes::may_look;
use super::visit::Visit;
use crate::clock::Wall;
use crate::control::{EventDocument, EventKind, EventRow, Status, Verb};
use crate::limits::{EVIDENCE_SHOWN, HISTORY_HOURS};
use crate::mail::date;
use crate::web::pages::admin::dashboard::{self, Dashboard, State, Why};
use crate::web::pages::admin::timeline::{Band, Lane, Point, Timeline};
use crate::web::{Answer, Trouble, response};

/// `GET /admin`; `?days=30` shows the month.
pub fn show(visit: &Visit<'_>) -> Answer {
    let status = status(visit)?;
    let month = visit.query("days").is_some_and(|days| days == "30");
    let hours = if month { 30 * 24 } else { 24 };
    let view = Dashboard {
        why: why(visit, &status),
        timeline: timeline(visit, hours),
        month,
        may_act: visit.may(&Verb::Automatic { on: true, by: String::new() }),
        drills: may_look("/admin/drills", visit.role()),
        state: state(visit, status),
    };
    let page = dashboard::page(&visit.shell("Dashboard", "/admin"), &view, visit.context.now.wall);
    visit.shown(response::page_with_script(200, page))
}

/// `GET /admin/live`: the part that changes, for the script. It keeps nobody signed in.
pub fn live(visit: &Visit<'_>) -> Answer {
    let state = state(visit, status(visit)?);
    Ok(response::page(200, dashboard::live(&state, visit.context.now.wall)).into())
}

fn status(visit: &Visit<'_>) -> Result<Status, Trouble> {
    let answer = visit.execute(Verb::Status);
    serde_json::from_value(answer.json).map_err(|error| {
        log::error!("web dashboard status not understood: {error}");
        Trouble::NotFound
    })
}

fn state(visit: &Visit<'_>, status: Status) -> State {
    let role = visit.role();
    State { status, may_see_queue: may_look("/admin/queue", role), may_see_events: may_look("/admin/events", role) }
}

/// Why the box is not in its ordinary mode.
fn why(visit: &Visit<'_>, status: &Status) -> Option<Why> {
    let id = status.event.clone()?;
    let answer = visit.execute(Verb::EventShow { id });
    let event: EventDocument = serde_json::from_value(answer.json).ok()?;
    let seen = event.evidence.iter().take(EVIDENCE_SHOWN).map(|evidence| {
        let at = date::moment(evidence.at, visit.context.now.wall);
        (at, evidence.probe, evidence.class, evidence.detail.clone())
    });
    Some(Why { by: event.by, reason: event.reason, seen: seen.collect() })
}

/// What probes saw; empty where the history cannot be had.
fn timeline(visit: &Visit<'_>, hours: u32) -> Timeline {
    let now = visit.context.now.wall;
    let answer = visit.execute(Verb::ProbeHistory { hours: Some(hours.min(HISTORY_HOURS as u32)) });
    let number = |value: &serde_json::Value, name: &str| value[name].as_u64();
    let small = |value: &serde_json::Value, name: &str| number(value, name).and_then(|number| u32::try_from(number).ok());
    let point = |value: &serde_json::Value| -> Option<Point> {
        let times = || Some((small(value, "min_ms")?, small(value, "median_ms")?, small(value, "max_ms")?));
        Some(Point {
            at: Wall(number(value, "at")?),
            worst: serde_json::from_value(value["worst"].clone()).ok()?,
            count: small(value, "count")?,
            red: small(value, "red")?,
            latency_ms: times(),
        })
    };
    let lane = |value: &serde_json::Value| -> Option<Lane> {
        let seen: Vec<Point> = value["seen"].as_array()?.iter().filter_map(point).collect();
        // A probe that never looks has no lane.
        (!seen.is_empty()).then_some(Lane { probe: serde_json::from_value(value["probe"].clone()).ok()?, seen })
    };
    let from = Wall(now.0.saturating_sub(u64::from(hours) * 3_600_000));
    Timeline {
        title: if hours > 48 { "the last 30 days" } else { "the last 24 hours" }.to_owned(),
        from,
        to: now,
        lanes: answer.json["probes"].as_array().map(|lanes| lanes.iter().filter_map(lane).collect()).unwrap_or_default(),
        events: bands(visit, from, now),
        marks: marks(from, now, hours),
    }
}

fn bands(visit: &Visit<'_>, from: Wall, now: Wall) -> Vec<Band> {
    let answer = visit.execute(Verb::EventList);
    let rows: Vec<EventRow> = serde_json::from_value(answer.json["events"].clone()).unwrap_or_default();
    let time = |text: &str| date::from_rfc3339(text);
    let band = |row: EventRow| {
        let begins = time(&row.from)?;
        let ends = row.to.as_deref().map_or(Some(now), time)?;
        (ends >= from).then_some(Band { id: row.id, from: begins.max(from), to: ends, is_drill: row.kind == EventKind::Drill })
    };
    rows.into_iter().filter_map(band).collect()
}

/// Where the time is written: each four hours of a day, each five days of a month.
fn marks(from: Wall, to: Wall, hours: u32) -> Vec<(Wall, String)> {
    let step = if hours > 48 { 5 * 24 * 3_600_000 } else { 4 * 3_600_000 };
    let label = |at: Wall| {
        let minute = date::minute(at);
        let (day, time) = minute.split_once(' ').unwrap_or((minute.as_str(), ""));
        if hours > 48 { day.to_owned() } else { time.get(..5).unwrap_or(time).to_owned() }
    };
    // The last one would be cut off at the edge.
    (1..).map(|number| Wall(from.0 + number * step)).take_while(|at| at.0 + step / 2 < to.0).map(|at| (at, label(at))).collect()
}
