//! Continuity events as an operator meets them: starting and ending one, the list of all, and the document that says how one went.
//! Waits for files and the store: not from async code.

mod counts;
mod document;
mod messages;
#[cfg(test)]
mod tests;

pub use self::counts::origin_word;

use std::collections::{HashMap, HashSet};

use serde_json::json;

use self::counts::ReportLine;
use super::core::{Core, EventLine, ModeLine};
use super::pins;
use crate::clock::Wall;
use crate::continuity::{EndError, EventId, Input, Mode, Phase};
use crate::control::{Answer, EventCounts, EventKind, EventRow, EventScope, EventState, csv_row};
use crate::mail::date;
use crate::store::{Seq, StoreError};

/// Events that `event list` shows.
const EVENTS_SHOWN: usize = 100;

/// An operator begins an event, or takes over the one that is open.
pub fn start(core: &Core, reason: String, by: String) -> Answer {
    if core.mode().mode == Mode::Continuity {
        return Answer::failed("A continuity event is open already.");
    }
    core.audit(&by, "event-start", format!("reason={reason:?}"));
    core.feed(Input::Start { by, reason });
    let mode = core.mode();
    let id = mode.event.map(|event| event.id.0).unwrap_or_default();
    Answer::done(format!("Continuity event {id} has begun. People can use the webmail now."), json!({ "event": id, "mode": mode.mode }))
}

/// An operator ends the event.
pub fn end(core: &Core, force: bool, by: String) -> Answer {
    let refused = core.machine().may_end(force).err();
    match refused {
        Some(EndError::NoEvent) => return Answer::failed("No continuity event is open."),
        Some(EndError::PrimaryDown) => {
            return Answer::failed(
                "The primary does not work. End the event all the same with --force (automatic then waits until the primary works again).",
            );
        }
        None => {}
    }
    core.audit(&by, "event-end", format!("force={force}"));
    core.feed(Input::End { by, force });
    let mode = core.mode().mode;
    if mode == Mode::Continuity {
        return Answer::failed("The primary stopped working at this very moment: the event goes on.");
    }
    Answer::done("The event ends: what was taken is being handed over to the primary.", json!({ "mode": mode }))
}

/// The mail of a closed event need not be kept for its sake any more.
pub fn release(core: &Core, id: &str, by: &str) -> Answer {
    match pins::release(core, id, by) {
        Ok(true) => {
            core.audit(by, "event-release", format!("event={id}"));
            Answer::done(format!("The mail of event {id} is kept as long as other mail from now on."), json!({ "event": id }))
        }
        Ok(false) => Answer::failed(format!("No ended event {id} has its mail kept. `lifeboat event list` shows all.")),
        Err(error) => Answer::failed(format!("The ledger cannot be read or written: {error}.")),
    }
}

/// Every event, the newest first.
pub fn list(core: &Core) -> Answer {
    match listed(core) {
        Ok((text, json)) => Answer::done(text, json),
        Err(error) => unreadable(&error),
    }
}

fn listed(core: &Core) -> Result<(String, serde_json::Value), StoreError> {
    let closed = closed(core)?;
    let open = core.mode().event;
    let kept: Vec<EventId> = pins::pinned(core)?.into_iter().map(|pinned| pinned.event.id).collect();
    let rows = rows(core, &closed, &kept)?;
    let mut text = String::new();
    for row in &rows {
        match &row.to {
            None => text += &format!("{}  open since {}  {}, {}\n", row.id, row.from, row.kind.words(), row.scope.words()),
            Some(to) => {
                text += &format!("{}  {} to {to}  {}, {}: {}\n", row.id, row.from, row.kind.words(), row.scope.words(), row.summary)
            }
        }
        if row.kept {
            text += "    its mail is kept until all of it was handed back, or `lifeboat event release`\n";
        }
    }
    if text.is_empty() {
        text.push_str("There has been no continuity event.\n");
    }
    text.push_str("Drills have a list of their own: `lifeboat event drill --list`.\n");
    Ok((text, json!({ "open": open, "closed": closed, "kept": kept, "events": rows })))
}

/// At most [`EVENTS_SHOWN`]: the open ones, then those that are over, the newest first.
fn rows(core: &Core, closed: &[EventLine], kept: &[EventId]) -> Result<Vec<EventRow>, StoreError> {
    let known = beginnings(core)?;
    let of = |id: &EventId, from: Wall, state: EventState, over: Option<&EventLine>| {
        let begun = known.get(id).cloned().unwrap_or_default();
        EventRow {
            id: id.0.clone(),
            kind: begun.kind.unwrap_or(EventKind::Operator),
            state,
            scope: begun.scope.unwrap_or_else(EventScope::everybody),
            from: date::rfc3339(from),
            to: over.map(|over| date::rfc3339(over.to)),
            by: begun.by,
            reason: begun.reason,
            summary: over.map(|over| over.summary.clone()).unwrap_or_default(),
            kept: kept.contains(id),
        }
    };
    let mode = core.mode();
    let state = if mode.mode == Mode::Recovering { EventState::HandingOver } else { EventState::Open };
    let everybodys = mode.event.map(|event| of(&event.id, event.since, state, None));
    let scopes = core.scopes();
    let of_some = scopes.iter().rev().map(|open| {
        let state = if open.event.phase == Phase::HandingOver { EventState::HandingOver } else { EventState::Open };
        of(&open.event.id, open.event.since, state, None)
    });
    let closed = closed.iter().rev().map(|event| of(&event.id, event.from, EventState::Over, Some(event)));
    Ok(everybodys.into_iter().chain(of_some).chain(closed).take(EVENTS_SHOWN).collect())
}

/// How an event began.
#[derive(Clone, Default)]
struct Beginning {
    kind: Option<EventKind>,
    scope: Option<EventScope>,
    by: String,
    reason: String,
}

fn beginnings(core: &Core) -> Result<HashMap<EventId, Beginning>, StoreError> {
    let mut found = HashMap::new();
    for line in core.ledger.read("mode")? {
        let Ok(line) = serde_json::from_value::<ModeLine>(line.data) else { continue };
        if let Some(change) = line.scope {
            let (kind, scope) = (Some(document::kind_of_scope(change.event.kind)), Some(document::scope_of(&change.event)));
            found.entry(change.event.id).or_insert(Beginning { kind, scope, by: change.by, reason: change.reason });
        }
        let Some(change) = line.transition else { continue };
        let Some(id) = change.event else { continue };
        let kind = Some(document::kind_of(&change.by));
        found.entry(id).or_insert(Beginning { kind, scope: None, by: change.by, reason: change.reason });
    }
    Ok(found)
}

/// Everything about one event.
pub fn show(core: &Core, id: &str) -> Answer {
    match document::document(core, id) {
        Ok(Some(document)) => Answer::done(document.to_text(), json!(document)),
        Ok(None) => Answer::failed(format!("There is no event {id}. `lifeboat event list` shows all.")),
        Err(error) => unreadable(&error),
    }
}

/// Puts the numbers of the events that are over on record, before retention may take their mail: once when an event is over, and again when
/// something changed while its mail was kept.
///
/// # Errors
/// The ledger or the store cannot be read.
pub fn record_reports(core: &Core) -> Result<(), StoreError> {
    let mut recorded: HashMap<EventId, EventCounts> = HashMap::new();
    for line in core.ledger.read("report")? {
        if let Ok(line) = serde_json::from_value::<ReportLine>(line.data) {
            recorded.insert(line.id, line.counts);
        }
    }
    let kept: Vec<EventId> = pins::pinned(core)?.into_iter().map(|pinned| pinned.event.id).collect();
    for event in closed(core)? {
        let Some((first, before)) = event.messages.filter(|_| kept.contains(&event.id)) else { continue };
        let members = event.scope.map(|scope| scope.mailboxes.into_iter().collect());
        let counts = counts::count(core, first, Some(before), members.as_ref())?;
        let is_news = recorded.get(&event.id).is_none_or(|known| EventCounts { at: counts.at.clone(), ..known.clone() } != counts);
        if is_news {
            core.record("report", &ReportLine { id: event.id, counts }, core.now().wall);
        }
    }
    Ok(())
}

/// A page of the list of its mail; the text is CSV, with the header on the first page.
pub fn messages(core: &Core, id: &str, start: Option<Seq>) -> Answer {
    match messages::page(core, id, start) {
        Ok(Some(page)) => {
            let header = if start.is_none() { csv_row(&messages::HEADER) } else { String::new() };
            let text = header + &messages::csv(&page.rows);
            Answer::done(text, json!({ "rows": page.rows, "next": page.next }))
        }
        Ok(None) => Answer::failed(format!("There is no event {id} whose mail is known. `lifeboat event list` shows all.")),
        Err(error) => unreadable(&error),
    }
}

/// The messages of an event: the first one, and the first one after it if it is over.
fn range(core: &Core, id: &str) -> Result<Option<(Seq, Option<Seq>)>, StoreError> {
    if let Some(open) = core.mode().event.filter(|open| open.id.0 == id) {
        return Ok(Some((open.first, None)));
    }
    if let Some(open) = core.scopes().iter().find(|open| open.event.id.0 == id) {
        return Ok(Some((open.first, None)));
    }
    let closed = closed(core)?.into_iter().find(|event| event.id.0 == id);
    Ok(closed.and_then(|event| event.messages).map(|(first, before)| (first, Some(before))))
}

/// Reports of the events that are over, oldest first. After a crash in the middle an event is closed twice; the first report is the
/// earlier half of the same one.
fn closed(core: &Core) -> Result<Vec<EventLine>, StoreError> {
    let lines = core.ledger.read("event")?;
    let mut closed: Vec<EventLine> = lines.into_iter().filter_map(|line| serde_json::from_value(line.data).ok()).collect();
    let mut seen = HashSet::new();
    closed.reverse();
    closed.retain(|event| seen.insert(event.id.clone()));
    closed.reverse();
    Ok(closed)
}

fn unreadable(error: &StoreError) -> Answer {
    Answer::failed(format!("The ledger cannot be read: {error}."))
}
