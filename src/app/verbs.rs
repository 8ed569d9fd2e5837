//! Carries out what the control socket asks. Waits for files and the store: not from async code.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use super::core::{Core, EventLine, ModeLine, lock};
use super::{dkim, pins, queue_verbs, status};
use crate::auth::{Verifier, password};
use crate::continuity::{EndError, EventId, Input, Mode, Transition};
use crate::control::{Answer, Verb};
use crate::directory::Directory;
use crate::mail::{Address, date};
use crate::store::Seq;

/// Events that `event list` shows.
const EVENTS_SHOWN: usize = 100;

/// Carries out one verb. `Status` lacks the listening addresses, which are the caller's to fill in.
pub fn execute(core: &Arc<Core>, verb: Verb) -> Answer {
    match verb {
        Verb::Status => {
            let status = status::status(core);
            Answer::done(status.to_text(core.now().wall), json!(status))
        }
        Verb::EventStart { reason, by } => event_start(core, reason, by),
        Verb::EventEnd { force, by } => event_end(core, force, by),
        Verb::EventList => events(core, None),
        Verb::EventShow { id } => events(core, Some(&id)),
        Verb::EventRelease { id, by } => event_release(core, &id, &by),
        Verb::Automatic { on, by } => {
            core.audit(&by, "automatic", format!("on={on}"));
            core.feed(Input::Automatic { by, on });
            Answer::done(
                if on { "Automatic is on." } else { "Automatic is off: the box does not take over by itself." },
                json!({ "automatic": on }),
            )
        }
        Verb::QueueList { selection } => queue_verbs::list(core, &selection),
        Verb::QueueShow { message } => queue_verbs::show(core, Seq(message)),
        Verb::QueueRetry { selection, by } => queue_verbs::retry(core, &selection, &by),
        Verb::QueueHold { selection, by } => queue_verbs::hold(core, &selection, &by),
        Verb::QueueRelease { selection, by } => queue_verbs::release(core, &selection, &by),
        Verb::QueueBounce { selection, yes, by } => queue_verbs::bounce(core, &selection, yes, &by),
        Verb::CredentialIssue { address, by } => issue(core, &address, &by),
        Verb::DkimCreate { selector, kind, by } => dkim::create(core, &selector, &kind, &by),
        Verb::DkimShow => dkim::show(core),
        Verb::DirectoryImport { csv, by } => import(core, &csv, &by),
    }
}

fn event_start(core: &Core, reason: String, by: String) -> Answer {
    if core.mode().mode == Mode::Continuity {
        return Answer::failed("A continuity event is open already.");
    }
    core.audit(&by, "event-start", format!("reason={reason:?}"));
    core.feed(Input::Start { by, reason });
    let mode = core.mode();
    let id = mode.event.map(|event| event.id.0).unwrap_or_default();
    Answer::done(format!("Continuity event {id} has begun. People can use the webmail now."), json!({ "event": id, "mode": mode.mode }))
}

fn event_end(core: &Core, force: bool, by: String) -> Answer {
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

fn event_release(core: &Core, id: &str, by: &str) -> Answer {
    match pins::release(core, id, by) {
        Ok(true) => {
            core.audit(by, "event-release", format!("event={id}"));
            Answer::done(format!("The mail of event {id} is kept as long as other mail from now on."), json!({ "event": id }))
        }
        Ok(false) => Answer::failed(format!("No ended event {id} has its mail kept. `lifeboat event list` shows all.")),
        Err(error) => Answer::failed(format!("The ledger cannot be read or written: {error}.")),
    }
}

fn events(core: &Core, wanted: Option<&str>) -> Answer {
    let (changes, closed) = match (core.ledger.read("mode"), core.ledger.read("event")) {
        (Ok(changes), Ok(closed)) => (changes, closed),
        (Err(error), _) | (_, Err(error)) => return Answer::failed(format!("The ledger cannot be read: {error}.")),
    };
    let mut closed: Vec<EventLine> = closed.into_iter().filter_map(|line| serde_json::from_value(line.data).ok()).collect();
    // After a crash in the middle an event is closed twice; the first report is the earlier half of the same one.
    let mut seen = HashSet::new();
    closed.reverse();
    closed.retain(|event| seen.insert(event.id.clone()));
    closed.reverse();
    if let Some(id) = wanted {
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
        return Answer::done(text, json!({ "id": id, "transitions": transitions, "report": report }));
    }
    let open = core.mode().event;
    let kept: Vec<EventId> = match pins::pinned(core) {
        Ok(pinned) => pinned.into_iter().map(|pinned| pinned.event.id).collect(),
        Err(error) => return Answer::failed(format!("The ledger cannot be read: {error}.")),
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

fn issue(core: &Core, address: &str, by: &str) -> Answer {
    let parsed = match Address::parse(address) {
        Ok(parsed) => parsed,
        Err(error) => return Answer::failed(format!("{address}: {error}.")),
    };
    let directory = core.directory();
    let Some(person) = directory.resolve(&parsed) else {
        return Answer::failed(format!("{address} is not in the directory. `lifeboat directory import FILE` brings people in."));
    };
    let (mut word_bits, mut salt) = ([0; 16], [0; 16]);
    if getrandom::fill(&mut word_bits).is_err() || getrandom::fill(&mut salt).is_err() {
        return Answer::failed("The box has no random numbers yet. Try again in a minute.");
    }
    let password = password(word_bits);
    let now = core.now().wall;
    let verifier = Verifier::make(&person.mailbox, &password, salt, now, by);
    // A password that is not on disk would be gone with the next restart: better none.
    if let Err(error) = core.ledger.append("credential", &verifier, now) {
        return Answer::failed(format!("The password could not be recorded: {error}."));
    }
    core.audit(by, "credential-issue", format!("mailbox={}", person.mailbox));
    let mut credentials = core.credentials.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    Arc::make_mut(&mut credentials).insert(verifier);
    drop(credentials);
    let text = format!("{}\npassword: {password}\nIt is shown only now. A password issued before no longer works.\n", person.address);
    Answer::done(text, json!({ "address": person.address, "password": password }))
}

fn import(core: &Core, csv: &str, by: &str) -> Answer {
    let directory = match Directory::parse_csv(csv, &core.config.smtp.domains) {
        Ok(directory) => directory,
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(|problem| format!("{}: {}", problem.line, problem.text)).collect();
            return Answer::failed(format!("Nothing was imported:\n{}", lines.join("\n")));
        }
    };
    let people = directory.len();
    if let Err(error) = core.ledger.append("directory", &super::people::DirectoryLine::new(csv), core.now().wall) {
        return Answer::failed(format!("The directory could not be recorded: {error}."));
    }
    core.audit(by, "directory-import", format!("people={people}"));
    *core.directory.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(directory);
    lock(&core.verdicts).clear();
    Answer::done(format!("{people} people are in the directory now.\n"), json!({ "people": people }))
}
