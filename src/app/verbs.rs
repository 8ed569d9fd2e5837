//! Carries out what the control socket asks. Waits for files and the store: not from async code.

use std::sync::Arc;

use serde_json::json;

use super::core::{Core, lock};
use super::enrol::{cards, invite, reach};
use super::maintenance::{self, Plan};
use super::{admin_verbs, audit_trail, dkim, drills, events, history, mail_trace, queue_verbs, scope_verbs, status};
use crate::auth::{Verifier, password};
use crate::continuity::{Input, Kind};
use crate::control::{Answer, Verb};
use crate::directory::Directory;
use crate::mail::Address;
use crate::store::Seq;

/// Carries out one verb.
pub fn execute(core: &Arc<Core>, verb: Verb) -> Answer {
    match verb {
        Verb::Status => {
            let status = status::status(core);
            Answer::done(status.to_text(core.now().wall), json!(status))
        }
        Verb::Readiness => {
            let readiness = super::readiness::look(core);
            Answer::done(readiness.to_text(), json!(readiness))
        }
        Verb::EventStart { reason, by, whom } if !whom.is_everybody() => scope_verbs::start(core, Kind::Outage, &whom, reason, by),
        Verb::EventStart { reason, by, whom } => scope_verbs::start_everybodys(core, &whom, reason, by),
        Verb::EventEnd { force, by, id: None } => events::end(core, force, by),
        Verb::EventEnd { force, by, id: Some(id) } => match core.mode().event.is_some_and(|event| event.id.0 == id) {
            true => events::end(core, force, by),
            false => scope_verbs::end(core, &id, force, by).unwrap_or_else(|| Answer::failed(format!("No event {id} is open."))),
        },
        Verb::EventList => events::list(core),
        Verb::EventDrill { reason, by, whom, all } => drills::start(core, &whom, all, &reason, &by),
        Verb::DrillList => drills::list(core),
        Verb::EventShow { id } => drills::show(core, &id).unwrap_or_else(|| events::show(core, &id)),
        Verb::EventMessages { id, start } => events::messages(core, &id, start.map(Seq)),
        Verb::EventRelease { id, by } => events::release(core, &id, &by),
        Verb::MaintenanceAdd { from, to, reason, announce, by } => maintenance::add(core, Plan { from, to, reason, announce, by }),
        Verb::MaintenanceList => maintenance::list(core),
        Verb::MaintenanceRemove { id, by } => maintenance::remove(core, id, &by),
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
        Verb::Settings => settings(core),
        Verb::Guide => super::guide::answer(&core.config),
        Verb::AuditList { query } => audit_trail::list(core, &query),
        Verb::Trace { query } => mail_trace::trace(core, &query),
        Verb::NoticesList { event } => super::notices::answer(core, event.as_deref()),
        Verb::CredentialIssue { address, by } => issue(core, &address, &by),
        Verb::ProbeHistory { hours } => history::show(core, hours.unwrap_or(24)),
        Verb::AdminList => admin_verbs::list(core),
        Verb::AdminPassword { name, role, password, by } => admin_verbs::password(core, &name, role, password, &by),
        Verb::AdminRemove { name, by } => admin_verbs::remove(core, &name, &by),
        Verb::AdminTotpOff { name, by } => admin_verbs::totp_off(core, &name, &by),
        Verb::AdminSetup { by } => admin_verbs::setup(core, &by),
        Verb::TokenList => admin_verbs::tokens(core),
        Verb::TokenCreate { name, role, by } => admin_verbs::token_create(core, &name, role, &by),
        Verb::TokenRevoke { name, by } => admin_verbs::token_revoke(core, &name, &by),
        Verb::DkimCreate { selector, kind, by } => dkim::create(core, &selector, &kind, &by),
        Verb::DkimShow => dkim::show(core),
        Verb::PeopleInvite { who, by } => invite::verb(core, &who, &by),
        Verb::PeopleList { unreachable } => reach::list(core, unreachable),
        Verb::PeopleCards { who, by } => cards::verb(core, &who, &by),
        Verb::PeopleForget { address, by } => reach::forget(core, &address, &by),
        Verb::DirectoryExport => export(core),
        Verb::DirectoryImport { csv, by } => import(core, &csv, &by),
    }
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
    core.change_credentials(|credentials| credentials.insert(verifier));
    // Whoever came in with the password before goes with it.
    lock(&core.sessions).keep(|mailbox| *mailbox != person.mailbox);
    let text = format!("{}\npassword: {password}\nIt is shown only now. A password issued before no longer works.\n", person.address);
    Answer::done(text, json!({ "address": person.address, "password": password }))
}

fn export(core: &Core) -> Answer {
    let csv = core.directory().to_csv(&lock(&core.contacts), &core.config.smtp.domains);
    Answer::done(csv.clone(), json!({ "csv": csv }))
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

fn settings(core: &Core) -> Answer {
    let all = &core.config.settings;
    let automatic = core.machine().saved().automatic;
    let line = |setting: &crate::config::Setting| {
        let from = if setting.is_default { "  (default)" } else { "" };
        format!("{} = {}{from}\n", setting.key, setting.value)
    };
    let rows: Vec<serde_json::Value> =
        all.iter().map(|one| json!({ "key": one.key, "value": one.value, "is_default": one.is_default })).collect();
    Answer::done(all.iter().map(line).collect::<String>(), json!({ "settings": rows, "automatic": automatic }))
}
