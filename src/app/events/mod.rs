//! Continuity events as an operator meets them: starting and ending one, the list of all, and the document that says how one went.
//! Waits for files and the store: not from async code.

use std::collections::HashSet;

use serde_json::json;

use super::core::{Core, EventLine, ModeLine};
use super::pins;
use crate::continuity::{EndError, EventId, Input, Mode, Transition};
use crate::control::Answer;
use crate::mail::date;
use crate::store::StoreError;

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
    let closed = match closed(core) {
        Ok(closed) => closed,
        Err(error) => return unreadable(&error),
    };
    let open = core.mode().event;
    let kept: Vec<EventId> = match pins::pinned(core) {
        Ok(pinned) => pinned.into_iter().map(|pinned| pinned.event.id).collect(),
        Err(error) => return unreadable(&error),
    };
    let mut text = String::new();
    if let Some(event) = &open {
        text += &format!("{}  open since {}\n", event.id.0, date::rfc3339(event.since));
    }
    for event in closed.iter().rev().take(EVENTS_SHOWN) {
        text += &format!("{}  {} to {}  {}\n", event.id.0, date::rfc3339(event.from), date::rfc3339(event.to), event.summary);
        if kept.contains(&event.id) {
            text += "    its mail is kept until all of it was handed back, or `lifeboat event release`\n";
        }
    }
    if text.is_empty() {
        text.push_str("There has been no continuity event.\n");
    }
    Answer::done(text, json!({ "open": open, "closed": closed, "kept": kept }))
}

/// One event with its evidence.
pub fn show(core: &Core, id: &str) -> Answer {
    let (changes, closed) = match (core.ledger.read("mode"), closed(core)) {
        (Ok(changes), Ok(closed)) => (changes, closed),
        (Err(error), _) | (_, Err(error)) => return unreadable(&error),
    };
    let transitions: Vec<Transition> = changes
        .into_iter()
        .filter_map(|line| serde_json::from_value::<ModeLine>(line.data).ok()?.transition)
        .filter(|change| change.event.as_ref().is_some_and(|event| event.0 == id))
        .collect();
    if transitions.is_empty() {
        return Answer::failed(format!("There is no event {id}. `lifeboat event list` shows all."));
    }
    let mut text = format!("Event {id}\n");
    for change in &transitions {
        text += &format!("{}  {:?} -> {:?}  by {}: {}\n", date::rfc3339(change.at), change.from, change.to, change.by, change.reason);
    }
    let report = closed.iter().find(|event| event.id.0 == id);
    text += &report.map_or_else(|| "The event is open.\n".to_owned(), |event| format!("{}\n", event.summary));
    Answer::done(text, json!({ "id": id, "transitions": transitions, "report": report }))
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
