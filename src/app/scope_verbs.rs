//! What an operator does with events for some people: starting one for mailboxes and groups, ending it, and how those look that are open.
//! Waits for files and the store: not from async code.

use std::time::Duration;

use serde_json::json;

use super::core::Core;
use super::events;
use crate::continuity::{EndError, EventId, Input, Kind, Members, Mode, NewScope, ScopeError};
use crate::control::{Answer, Whom};
use crate::limits::{SCOPE_LENGTH_MAX, SCOPE_MEMBERS_MAX, SCOPES_MAX};
use crate::mail::{Address, date};

/// Begins an event for some people.
pub fn start(core: &Core, kind: Kind, whom: &Whom, reason: String, by: String) -> Answer {
    let members = match members(core, whom) {
        Ok(members) => members,
        Err(text) => return Answer::failed(text),
    };
    let length = match length(core, whom) {
        Ok(length) => length,
        Err(text) => return Answer::failed(text),
    };
    let words = members.words();
    match begin(core, NewScope { kind, members, length, by, reason }) {
        Ok(id) => {
            let text = format!("Event {} has begun for {words}. Everybody else's mail flows as ever.", id.0);
            Answer::done(text, json!({ "event": id }))
        }
        Err(text) => Answer::failed(text),
    }
}

/// Begins everybody's event, with or without a planned end.
pub fn start_everybodys(core: &Core, whom: &Whom, reason: String, by: String) -> Answer {
    let length = match length(core, whom) {
        Ok(None) => return events::start(core, reason, by),
        Ok(Some(length)) if length.is_zero() || length > SCOPE_LENGTH_MAX => return Answer::failed(length_words()),
        Ok(Some(length)) => length,
        Err(text) => return Answer::failed(text),
    };
    if core.mode().mode == Mode::Continuity {
        return Answer::failed("A continuity event is open already.");
    }
    core.audit(&by, "event-start", format!("reason={reason:?} length_s={}", length.as_secs()));
    core.feed(Input::StartPlanned { by, reason, length });
    let mode = core.mode();
    let id = mode.event.map(|event| event.id.0).unwrap_or_default();
    let text = format!(
        "Continuity event {id} has begun. People can use the webmail now. It ends at {}, if the mail server works then, else as soon as it does.",
        date::minute(core.now().wall.plus(length))
    );
    Answer::done(text, json!({ "event": id, "mode": mode.mode }))
}

fn length_words() -> String {
    format!("The end must lie ahead, and at most {} days from now.", SCOPE_LENGTH_MAX.as_secs() / 86_400)
}

/// The same for other parts of the box; the reason of a refusal in words.
pub fn begin(core: &Core, new: NewScope) -> Result<EventId, String> {
    let refused = core.machine().may_start_scope(&new).err();
    match refused {
        Some(ScopeError::NobodyNamed) => return Err("Say for whom: --mailbox ADDRESS or --group NAME.".to_owned()),
        Some(ScopeError::TooManyNamed) => return Err(format!("At most {SCOPE_MEMBERS_MAX} mailboxes and groups: use groups.")),
        Some(ScopeError::TooManyOpen) => return Err(format!("{SCOPES_MAX} events for some people are open already. End one first.")),
        Some(ScopeError::Length) => {
            return Err(length_words());
        }
        Some(ScopeError::DrillOpen) => return Err("A drill is going on already: `lifeboat event end ID` ends it.".to_owned()),
        Some(ScopeError::Outage) => return Err("This is no time for a drill: a continuity event is open.".to_owned()),
        None => {}
    }
    let known: Vec<EventId> = core.scopes().iter().map(|scope| scope.event.id.clone()).collect();
    core.audit(&new.by, "event-start", format!("kind={:?} for={:?} reason={:?}", new.kind, new.members.words(), new.reason));
    core.feed(Input::StartScope(new));
    let scopes = core.scopes();
    let begun = scopes.iter().rev().find(|scope| !known.contains(&scope.event.id));
    begun.map(|scope| scope.event.id.clone()).ok_or_else(|| "It was not started: another event began at this very moment.".to_owned())
}

/// Ends an event for some people, if there is one of that name.
pub fn end(core: &Core, id: &str, force: bool, by: String) -> Option<Answer> {
    let open = core.scopes().iter().find(|scope| scope.event.id.0 == id)?.event.clone();
    let refused = core.machine().may_end_scope(&open.id, force).err();
    Some(match refused {
        Some(EndError::NoEvent) => Answer::failed("Its mail is being handed over already."),
        Some(EndError::PrimaryDown) => Answer::failed(
            "The primary does not work. End the event all the same with --force: the mail then waits until the primary works again.",
        ),
        None => {
            core.audit(&by, "event-end", format!("event={id} force={force}"));
            core.feed(Input::EndScope { by, id: open.id, force });
            let text = match open.kind {
                Kind::Outage => "The event ends: what was taken for these people is being handed over to the primary.",
                Kind::Drill => "The drill has ended.",
            };
            Answer::done(text, json!({ "event": id }))
        }
    })
}

/// The named mailboxes and groups; each must exist, so that a typing mistake is no outage of nobody.
pub fn members(core: &Core, whom: &Whom) -> Result<Members, String> {
    let directory = core.directory();
    let mut members = Members::default();
    for text in &whom.mailboxes {
        let address = Address::parse(text).map_err(|error| format!("{text}: {error}."))?;
        let mailbox =
            directory.resolve(&address).map(|person| person.mailbox.clone()).ok_or_else(|| format!("{text} is not in the directory."))?;
        if !members.mailboxes.contains(&mailbox) {
            members.mailboxes.push(mailbox);
        }
    }
    for group in &whom.groups {
        let is_theirs = |name: &String| name.to_lowercase() == group.to_lowercase();
        if !directory.people().any(|person| person.groups.iter().any(is_theirs)) {
            return Err(format!("Nobody in the directory is in the group {group}."));
        }
        members.groups.push(group.clone());
    }
    Ok(members)
}

/// Its length, if something is said about it.
pub fn length(core: &Core, whom: &Whom) -> Result<Option<Duration>, String> {
    match (&whom.until, whom.length_s) {
        (Some(until), _) => {
            let until = date::read(until).ok_or_else(|| format!("{until:?} is no time. Write it like this: \"2026-12-01 20:00\"."))?;
            Ok(Some(until.since(core.now().wall)))
        }
        (None, length_s) => Ok(length_s.map(Duration::from_secs)),
    }
}
