//! Follows the continuity machine: a drill that is open there is begun here (people are told), one that is not any more gets its report.
//!
//! It looks at the state instead of being told of each change, so that a crash at any point is made good by the next look.

use std::sync::Arc;
use std::time::Duration;

use super::measure::{self, ABOUT};
use super::state::{BegunLine, Open};
use super::{logins, schedule};
use crate::app::core::{Core, ModeLine, lock};
use crate::app::notices::{NoticeLine, Order, To, tell_all};
use crate::clock::Wall;
use crate::continuity::drill::{Ended, Report};
use crate::continuity::{EventId, Kind, Phase, ScopeChange, ScopedEvent};
use crate::mail::Mailbox;
use crate::net::rt;
use crate::notify::Notice;
use crate::store::StoreError;

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// People who are told at a time: the first of many do not wait for the passwords of the last.
const TOLD_AT_A_TIME: usize = 20;

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
        tell(core);
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

/// Tells the people who take part and were not told yet, and the admins.
fn tell(core: &Arc<Core>) {
    let begun = match lock(&core.drills).open.as_ref() {
        Some(open) if !open.told => open.begun.clone(),
        _ => return,
    };
    match tell_people(core, &begun) {
        Ok(()) => {
            if let Some(open) = lock(&core.drills).open.as_mut() {
                open.told = true;
            }
        }
        Err(error) => log::error!("drill={} people not told: {error}", begun.event.id.0),
    }
}

fn tell_people(core: &Arc<Core>, begun: &BegunLine) -> Result<(), StoreError> {
    let drill = &begun.event.id.0;
    // After a crash in the middle nobody is told twice.
    let lines = core.ledger.read("notice")?.into_iter().filter_map(|line| serde_json::from_value::<NoticeLine>(line.data).ok());
    let told: Vec<String> =
        lines.filter(|line| line.about == ABOUT && line.what == *drill).flat_map(|line| line.told).map(|told| told.who).collect();
    let until = begun.event.until.unwrap_or(begun.event.since);
    let order = |notice, to| Order { about: ABOUT, what: drill.clone(), notice, to };
    let reachable: Vec<Mailbox> = begun.people.iter().filter(|mailbox| core.contact_of(mailbox).is_reachable()).cloned().collect();
    let waiting: Vec<Mailbox> = reachable.iter().filter(|mailbox| !told.contains(&mailbox.to_string())).cloned().collect();
    for some in waiting.chunks(TOLD_AT_A_TIME) {
        let logins = logins::logins(core, drill, some)?;
        let orders = logins.into_iter().map(|(mailbox, login)| order(Notice::DrillStart { until, login }, To::Outside(mailbox)));
        tell_all(core, orders.collect())?;
    }
    if !told.iter().any(|who| who == crate::app::notices::ADMINS) {
        let (all, reached) = (begun.people.len(), reachable.len());
        let summary = format!("{all} people take part; {reached} of them are told by mail or phone now.");
        tell_all(core, vec![order(Notice::AdminDrillStart { until, summary }, To::Admins)])?;
    }
    Ok(())
}

/// Writes the report of a drill that is over; what people wrote goes away.
fn finish(core: &Arc<Core>) {
    let Some(open) = lock(&core.drills).open.take() else { return };
    match report(core, &open) {
        Ok(report) => {
            log::info!("drill={} over: {}", report.id.0, report.summary());
            core.record("drill", &report, core.now().wall);
            logins::over(core, &report.id.0);
            tell_end(core, &report);
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

/// People who came are thanked, unless it is real now: then they have other notices to read.
fn tell_end(core: &Arc<Core>, report: &Report) {
    let order = |notice, to| Order { about: ABOUT, what: report.id.0.clone(), notice, to };
    let told = report.people.iter().filter(|person| person.unreachable.is_none() && report.ended != Ended::Outage);
    let people: Vec<Order> = told.map(|person| order(Notice::DrillEnd, To::Outside(person.mailbox.clone()))).collect();
    let admins = vec![order(Notice::AdminDrillEnd { summary: format!("{} {}", report.summary(), report.end_words()) }, To::Admins)];
    for orders in [people, admins] {
        if let Err(error) = tell_all(core, orders) {
            log::error!("drill={} end not told: {error}", report.id.0);
        }
    }
}
