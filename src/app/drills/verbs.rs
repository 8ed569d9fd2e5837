//! What an operator does with drills, and sees of them. Waits for files and the store: not from async code.

use serde_json::json;

use super::{course, measure};
use crate::app::core::{Core, lock};
use crate::app::scope_verbs;
use crate::clock::Wall;
use crate::continuity::drill::{Ended, Report};
use crate::continuity::{EventId, Kind, Members, NewScope};
use crate::control::{Answer, Whom};
use crate::limits::{DRILL_MAX, DRILL_MIN, DRILLS_SHOWN_MAX};
use crate::mail::date;

/// Starts one by hand.
pub fn start(core: &Core, whom: &Whom, all: bool, reason: &str, by: &str) -> Answer {
    match begin(core, whom, all, reason, by, None) {
        Ok((id, people)) => {
            let until = lock(&core.drills).open.as_ref().and_then(|open| open.begun.event.until);
            let until = until.map(date::minute).unwrap_or_default();
            let text = format!(
                "Drill {} has begun for {people} people, until {until}. Mail flows as ever. `lifeboat event show {}` says how it goes.",
                id.0, id.0
            );
            Answer::done(text, json!({ "event": id, "people": people }))
        }
        Err(text) => Answer::failed(text),
    }
}

/// The same for the schedule; the drill's id, and how many take part.
pub fn begin(core: &Core, whom: &Whom, all: bool, reason: &str, by: &str, scheduled: Option<Wall>) -> Result<(EventId, usize), String> {
    let members = match (all, whom.is_everybody()) {
        (true, true) => Members { everybody: true, ..Members::default() },
        (true, false) => return Err("Say either --all, or who takes part.".to_owned()),
        (false, true) => return Err("Say who takes part: --mailbox ADDRESS, --group NAME, or --all.".to_owned()),
        (false, false) => scope_verbs::members(core, whom)?,
    };
    if core.mailboxes_of(&members).is_empty() {
        return Err("The directory is empty: nobody could take part.".to_owned());
    }
    let length = scope_verbs::length(core, whom)?.unwrap_or(core.config.drill.duration);
    if !(DRILL_MIN..=DRILL_MAX).contains(&length) {
        return Err(format!("A drill lasts {} s to {} h.", DRILL_MIN.as_secs(), DRILL_MAX.as_secs() / 3600));
    }
    let new = NewScope { kind: Kind::Drill, members, length: Some(length), by: by.to_owned(), reason: reason.to_owned() };
    let id = scope_verbs::begin(core, new)?;
    // The loop would do it, too; but whoever asks next is to see it.
    if let Some(event) = core.scopes().iter().map(|scope| scope.event.clone()).find(|event| event.id == id) {
        course::begin(core, event, scheduled);
    }
    let people = lock(&core.drills).open.as_ref().map_or(0, |open| open.begun.people.len());
    Ok((id, people))
}

/// All drills, the newest first, and when the next one comes by itself.
pub fn list(core: &Core) -> Answer {
    let reports = match measure::reports(core) {
        Ok(reports) => reports,
        Err(error) => return Answer::failed(format!("The ledger cannot be read: {error}.")),
    };
    let open = match so_far(core) {
        Ok(open) => open,
        Err(text) => return Answer::failed(text),
    };
    let mut text = String::new();
    if let Some(open) = &open {
        let until = open.until.map(date::minute).unwrap_or_default();
        text += &format!("{}  goes on until {until}. So far: {}\n", open.id.0, open.summary());
    }
    let shown: Vec<&Report> = reports.iter().rev().take(DRILLS_SHOWN_MAX).collect();
    for report in &shown {
        text += &format!("{}  {} to {}  {}\n", report.id.0, date::minute(report.from), date::minute(report.to), report.summary());
    }
    let next = next(core);
    if let Some(next) = next {
        text += &format!("The next one comes by itself: {}.\n", date::minute(next));
    }
    if open.is_none() && shown.is_empty() {
        text += "Nobody has practised yet. `lifeboat event drill --all` starts a drill.\n";
    }
    Answer::done(text, json!({ "open": open, "drills": shown, "next": next.map(date::rfc3339) }))
}

/// One drill: its report, or how it goes.
pub fn show(core: &Core, id: &str) -> Option<Answer> {
    match so_far(core) {
        Ok(Some(open)) if open.id.0 == id => {
            let text = format!("The drill goes on; this is how it stands.\n\n{}", open.text());
            return Some(Answer::done(text, json!({ "id": id, "kind": "drill", "open": true, "report": open })));
        }
        Ok(_) => {}
        Err(text) => return Some(Answer::failed(text)),
    }
    let report = measure::reports(core).ok()?.into_iter().rev().find(|report| report.id.0 == id)?;
    Some(Answer::done(report.text(), json!({ "id": id, "kind": "drill", "open": false, "report": report })))
}

/// When the schedule starts the next one.
pub fn next(core: &Core) -> Option<Wall> {
    lock(&core.drills).next
}

/// The open drill as if it ended now.
fn so_far(core: &Core) -> Result<Option<Report>, String> {
    let drills = lock(&core.drills);
    let Some(open) = &drills.open else { return Ok(None) };
    let course = measure::course(core, open).map_err(|error| format!("How it goes cannot be read now: {error}."))?;
    Ok(Some(course.report(core.now().wall, Ended::Planned, String::new())))
}
