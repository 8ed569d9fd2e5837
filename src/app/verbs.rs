//! Carries out what the control socket asks. Waits for files and the store: not from async code.

use std::sync::Arc;

use serde_json::json;

use super::core::{Core, lock};
use super::enrol::{cards, invite, reach};
use super::maintenance::{self, Plan};
use super::people::{DirectoryLine, SAME_DIRECTORY};
use super::{admin_verbs, audit_trail, dkim, drills, events, history, mail_trace, queue_verbs, scope_verbs, status};
use crate::auth::{EventPasswordsLine, Verifier, password};
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
    if !core.config.credentials.standing {
        return Answer::failed(
            "credentials.standing is false: such a password would let nobody in. Passwords are sent when an outage begins; `lifeboat people cards` makes codes.",
        );
    }
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
    // Whoever needs a new one may have lost the other, too: the phone that it was sent to, say. Codes of a card are on paper, and stay.
    let credentials = core.credentials();
    if let Some(event) = credentials.event_password(&person.mailbox).map(|password| password.good_for.clone()) {
        let line = EventPasswordsLine { event, ended: vec![person.mailbox.clone()], ..EventPasswordsLine::default() };
        if let Err(error) = core.record_event_passwords(line) {
            return Answer::failed(format!("The password of the outage could not be ended: {error}. Try again."));
        }
    }
    // Whoever came in with the password before goes with it.
    lock(&core.sessions).keep(|mailbox| *mailbox != person.mailbox);
    let mut text = format!("{}\npassword: {password}\nIt is shown only now. No password from before works any longer.\n", person.address);
    let codes = credentials.codes_left(&person.mailbox);
    if codes > 0 {
        text.push_str(&format!("{codes} codes of an emergency card still work; a new card (`lifeboat people cards`) makes them void.\n"));
    }
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
    let is_same = *core.directory() == directory;
    // The list is kept for ever with each of its changes. That it was looked at is a line without it: a script may send the same one each hour.
    let recorded = match is_same {
        true => core.ledger.append(SAME_DIRECTORY, &json!({}), core.now().wall),
        false => core.ledger.append("directory", &DirectoryLine::new(csv), core.now().wall),
    };
    if let Err(error) = recorded {
        return Answer::failed(format!("The directory could not be recorded: {error}."));
    }
    if is_same {
        return Answer::done(format!("{people} people are in the directory, as before.\n"), json!({ "people": people }));
    }
    core.audit(by, "directory-import", format!("people={people}"));
    *core.directory.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(directory);
    lock(&core.verdicts).forget_refusals();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::auth::Accepted;

    #[test]
    fn a_new_password_ends_that_of_the_outage_too() {
        let world = World::new();
        let (core, ann) = (&world.core, world.address("ann").mailbox());
        let (event, sent_to_a_phone) = ("20261126-1".to_owned(), password([7; 16]));
        let fresh = vec![Verifier::make(&ann, &sent_to_a_phone, [7; 16], core.now().wall, "event")];
        core.record_event_passwords(EventPasswordsLine { event, fresh, ..EventPasswordsLine::default() }).unwrap();
        let opens =
            |core: &Core, typed: &str| core.credentials().check(Some(&ann), typed, Accepted { standing: true, event: true }).is_some();
        assert!(opens(core, &sent_to_a_phone));
        let answer = issue(core, "ann@example.com", "test");
        let new = answer.json["password"].as_str().unwrap().to_owned();
        assert!(!opens(core, &sent_to_a_phone) && opens(core, &new), "{}", answer.text);
        let world = world.restarted();
        assert!(!opens(&world.core, &sent_to_a_phone) && opens(&world.core, &new), "after a restart");
    }

    #[test]
    fn a_password_that_would_open_nothing_is_not_made() {
        let mut world = World::new();
        Arc::get_mut(&mut world.core).unwrap().config.credentials.standing = false;
        assert_eq!(issue(&world.core, "ann@example.com", "test").exit, 1);
        assert!(!world.core.credentials().has(&world.address("ann").mailbox()));
    }

    #[test]
    fn the_same_list_again_is_no_news() {
        let world = World::new();
        let core = &world.core;
        let lines = |kind: &str| core.ledger.read(kind).unwrap().len();
        let list = "address,name\nann@example.com,Ann\ncleo@example.com,Cleo\n";
        let (group, nobody) = (world.address("sales").mailbox(), world.address("dora").mailbox());
        let before = lines("directory");
        for (round, csv) in [list, list, "address,name\ncleo@example.com,Cleo\nann@example.com,Ann\n"].iter().enumerate() {
            lock(&core.verdicts).note(group.clone(), true, core.now().wall);
            lock(&core.verdicts).note(nobody.clone(), false, core.now().wall);
            assert!(import(core, csv, "test").exit == 0, "{round}");
            assert_eq!((lines("directory"), lines(SAME_DIRECTORY)), (before + 1, round));
            let known = |mailbox| lock(&core.verdicts).get(mailbox, false, core.now().wall);
            // Nobody can be asked in an outage.
            assert_eq!(known(&group), Some(true), "{round}");
            assert_eq!(known(&nobody), if round == 0 { None } else { Some(false) }, "{round}");
        }
        assert!(import(core, "address,name\nann@example.com,Ann\n", "test").exit == 0);
        assert_eq!(lines("directory"), before + 2);
    }
}
