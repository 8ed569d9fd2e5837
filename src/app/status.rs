//! The box's state as a document.

use super::core::{Core, lock};
use super::scopes::ScopeNow;
use crate::continuity::{Kind, Mode, Phase as ScopePhase};
use crate::control::readiness::disk_days_left;
use crate::control::{Alarm, IndexState, ProbeStatus, ScopeStatus, Status, StoreStatus};
use crate::mail::date;
use crate::store::{Phase, StoreError};

/// What `status` shows.
pub fn status(core: &Core) -> Status {
    let (mode, now) = (core.mode(), core.now());
    let (observations, outlook, continuity_alarms, automatic, by_operator) = {
        let machine = core.machine();
        let saved = machine.saved();
        (machine.observations(), machine.outlook(), machine.alarms(), saved.automatic, saved.by_operator)
    };
    let view = core.store.view();
    let sessions = lock(&core.sessions).len();
    let mut alarms: Vec<Alarm> =
        lock(&core.alarms).iter().map(|(name, text)| Alarm { name: (*name).to_owned(), text: text.clone() }).collect();
    alarms.extend(continuity_alarms.into_iter().map(|alarm| Alarm {
        name: serde_json::to_value(alarm).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default(),
        text: alarm.text().to_owned(),
    }));
    alarms.sort_by(|one, other| one.name.cmp(&other.name));
    Status {
        mode: mode.mode,
        since: date::rfc3339(mode.since),
        event: mode.event.map(|event| event.id.0),
        maintenance: core.next_window(),
        scopes: core.scopes().iter().map(|scope| scope_status(core, scope)).collect(),
        automatic,
        by_operator,
        outlook,
        listen: core.listen.get().cloned().unwrap_or_default(),
        queue: view.queue_counts().unwrap_or_default(),
        probes: observations
            .into_iter()
            .map(|(evidence, in_a_row)| ProbeStatus {
                probe: evidence.probe,
                class: evidence.class,
                detail: evidence.detail,
                latency_ms: evidence.latency_ms,
                at: date::rfc3339(evidence.at),
                in_a_row,
            })
            .collect(),
        alarms,
        store: store_status(core),
        people: core.directory().len(),
        reachable: core.reachable(),
        sessions,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_s: now.mono.since(core.started.mono).as_secs(),
        next_drill: super::drills::next(core).map(date::rfc3339),
        readiness: super::readiness::newest(core).map(|readiness| readiness.score),
    }
}

fn scope_status(core: &Core, scope: &ScopeNow) -> ScopeStatus {
    let event = &scope.event;
    ScopeStatus {
        id: event.id.0.clone(),
        kind: event.kind,
        mode: match (event.kind, event.phase) {
            (Kind::Outage, ScopePhase::Open) => Mode::Continuity,
            (Kind::Outage, _) => Mode::Recovering,
            (Kind::Drill, _) => core.mode().mode,
        },
        since: date::rfc3339(event.since),
        until: event.until.map(date::rfc3339),
        members: event.members.clone(),
        mailboxes: core.mailboxes_of(&event.members).into_iter().collect(),
    }
}

fn store_status(core: &Core) -> StoreStatus {
    let usage = core.store.usage().unwrap_or_default();
    let (index, index_percent) = match core.store.phase() {
        Phase::Live | Phase::Behind => (IndexState::Ready, 100),
        Phase::Building { percent } => (IndexState::Building, percent),
    };
    let newest = core.store.view().newest().0;
    let retention_waits = lock(&core.retention_waits).map(|refusal| refusal.to_string());
    let cached_days = usage.oldest.map(|oldest| (core.now().wall.since(oldest).as_secs() / (24 * 3600)) as u32);
    let days_left = disk_days_left(usage.used_octets, cached_days.unwrap_or_default(), usage.free_octets);
    StoreStatus {
        newest,
        used_octets: usage.used_octets,
        free_octets: usage.free_octets,
        index,
        index_percent,
        cached_days,
        days_left,
        retention_waits,
    }
}

/// Whether the box can do its work. An index that is being made is no reason to send mail elsewhere, or for the service manager to
/// start the box again; one that cannot be read is.
pub fn is_ready(core: &Core) -> bool {
    matches!(core.store.view().queue_counts(), Ok(_) | Err(StoreError::NotReady { .. }))
}
