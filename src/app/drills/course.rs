//! Follows the continuity machine: of a drill that is open there is noted here who takes part, one that is not any more gets its report.
//! People are told by `notices`, as of an outage.
//!
//! It looks at the state instead of being told of each change, so that a crash at any point is made good by the next look.

use std::sync::Arc;
use std::time::Duration;

use super::measure;
use super::schedule;
use super::state::{BegunLine, Open};
use crate::app::core::{Core, ModeLine, lock};
use crate::clock::Wall;
use crate::continuity::drill::{Ended, Report};
use crate::continuity::{EventId, Kind, Phase, ScopeChange, ScopedEvent};
use crate::mail::Mailbox;
use crate::net::rt;
use crate::store::StoreError;

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// For ever.
pub async fn run(core: Arc<Core>) {
    let mut schedule = schedule::Scheduler::new(&core);
    loop {
        let there = core.clone();
        schedule = rt::unblock(move || {
            schedule.look(&there);
            look(&there);
            schedule
        })
        .await;
        rt::sleep(LOOK_EVERY).await;
    }
}

/// One look. Waits for files and the store: not from async code.
pub fn look(core: &Arc<Core>) {
    let open = core.scopes().iter().map(|scope| scope.event.clone()).find(|event| event.kind == Kind::Drill && event.phase == Phase::Open);
    let known = lock(&core.drills).open.as_ref().map(|open| open.id().clone());
    if known.is_some() && known != open.as_ref().map(|event| event.id.clone()) {
        finish(core);
    }
    if let Some(event) = open {
        begin(core, event, None);
    }
}

/// Writes down who takes part, once.
pub fn begin(core: &Core, event: ScopedEvent, scheduled: Option<Wall>) {
    let mut drills = lock(&core.drills);
    if drills.open.is_some() {
        return;
    }
    let directory = core.directory();
    let people: Vec<Mailbox> =
        core.mailboxes_of(&event.members).into_iter().filter(|mailbox| directory.person(mailbox).is_some()).collect();
    log::info!("drill={} begins people={}", event.id.0, people.len());
    let line = BegunLine { event, people, scheduled };
    drills.open = Some(Open::new(line.clone()));
    drop(drills);
    core.record("drill-begun", &line, core.now().wall);
}

/// Writes the report of a drill that is over; what people wrote goes away.
fn finish(core: &Arc<Core>) {
    let Some(open) = lock(&core.drills).open.take() else { return };
    match report(core, &open) {
        Ok(report) => {
            log::info!("drill={} over: {}", report.id.0, report.summary());
            core.record("drill", &report, core.now().wall);
        }
        Err(error) => {
            // The index may not be ready yet: the next look tries again.
            log::error!("drill={} report not made: {error}", open.id().0);
            lock(&core.drills).open = Some(open);
        }
    }
}

fn report(core: &Core, open: &Open) -> Result<Report, StoreError> {
    let end = end_of(core, open.id())?;
    let now = core.now().wall;
    let (at, by) = end.as_ref().map_or((now, ""), |change| (change.at, change.by.as_str()));
    let ended = match &end {
        Some(change) if change.is_for_an_outage() => Ended::Outage,
        Some(change) if !change.is_by_itself() => Ended::Operator,
        _ => Ended::Planned,
    };
    // A box that was off at the planned end notices it late.
    let to = if ended == Ended::Planned { open.begun.event.until.map_or(at, |until| until.min(at)) } else { at };
    let by = if ended == Ended::Operator { by.to_owned() } else { String::new() };
    Ok(measure::course(core, open)?.report(to, ended, by))
}

/// The change that closed it.
fn end_of(core: &Core, drill: &EventId) -> Result<Option<ScopeChange>, StoreError> {
    let mut changes = core.ledger.read("mode")?.into_iter().filter_map(|line| serde_json::from_value::<ModeLine>(line.data).ok()?.scope);
    Ok(changes.rfind(|change| change.event.id == *drill && change.event.phase == Phase::Over))
}
