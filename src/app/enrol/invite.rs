//! Inviting people: `lifeboat people invite`, and what the box sends by itself.

use std::sync::Arc;

use serde_json::json;

use super::super::core::{Core, lock};
use super::super::notices::{Order, To, tell_all};
use crate::auth::{InvitationLine, link_token};
use crate::continuity::Mode;
use crate::control::{Answer, WhichPeople};
use crate::directory::Person;
use crate::limits::ENROL_INVITED_AT_ONCE_MAX;
use crate::mail::Address;
use crate::notify::Notice;

/// Messages that are written as one unit.
const UNIT: usize = 50;

/// The people that are meant, in the order of the directory.
///
/// # Errors
/// In words, if somebody is not in the directory.
pub fn chosen(core: &Core, who: &WhichPeople) -> Result<Vec<Person>, String> {
    let directory = core.directory();
    match who {
        WhichPeople::All => Ok(directory.people().cloned().collect()),
        WhichPeople::Missing => Ok(directory.people().filter(|person| !core.contact(person).is_reachable()).cloned().collect()),
        WhichPeople::Addresses(addresses) => {
            let mut chosen: Vec<Person> = Vec::new();
            for text in addresses {
                let address = Address::parse(text).map_err(|error| format!("{text}: {error}."))?;
                let person = directory
                    .resolve(&address)
                    .ok_or_else(|| format!("{text} is not in the directory. `lifeboat directory import FILE` brings people in."))?;
                if !chosen.iter().any(|other| other.mailbox == person.mailbox) {
                    chosen.push(person.clone());
                }
            }
            Ok(chosen)
        }
    }
}

/// `people invite`
pub fn verb(core: &Arc<Core>, who: &WhichPeople, by: &str) -> Answer {
    let people = match chosen(core, who) {
        Ok(people) => people,
        Err(text) => return Answer::failed(text),
    };
    if people.is_empty() {
        let text = if *who == WhichPeople::Missing { "Everybody can be reached: nobody was invited." } else { "Nobody was named." };
        return Answer::done(text, json!({ "invited": [] }));
    }
    if people.len() > ENROL_INVITED_AT_ONCE_MAX {
        return Answer::failed(format!("{} people are too many at once: at most {ENROL_INVITED_AT_ONCE_MAX}.", people.len()));
    }
    let invited: Vec<(Person, u32)> = people.into_iter().map(|person| (person, 0)).collect();
    if let Err(error) = invite(core, &invited, by) {
        return Answer::failed(format!("Not everybody was invited: {error}. Try again."));
    }
    core.audit(by, "people-invite", format!("people={}", invited.len()));
    let addresses: Vec<&Address> = invited.iter().map(|(person, _)| &person.address).collect();
    let mut text = format!(
        "{} {} invited, by mail to the normal mailbox.\n",
        invited.len(),
        if invited.len() == 1 { "person is" } else { "people are" }
    );
    if core.mode().mode != Mode::Normal {
        text += "The mail goes out when the mail server works again.\n";
    }
    Answer::done(text, json!({ "invited": addresses }))
}

/// Makes links and sends them; with each person the number of the reminder. Waits for the disk.
///
/// # Errors
/// In words; those before the one that failed have their mail.
pub fn invite(core: &Arc<Core>, people: &[(Person, u32)], by: &str) -> Result<(), String> {
    for unit in people.chunks(UNIT) {
        let mut orders = Vec::with_capacity(unit.len());
        for (person, reminder) in unit {
            orders.push(order(core, person, *reminder, by)?);
        }
        tell_all(core, orders).map_err(|error| error.to_string())?;
        for (person, reminder) in unit {
            log::info!("enrol invited mailbox={} reminder={reminder} by={by}", person.mailbox);
        }
    }
    Ok(())
}

/// A link that is on record, and the notice that takes it to the person.
fn order(core: &Core, person: &Person, reminder: u32, by: &str) -> Result<Order, String> {
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|_| "the box has no random numbers yet".to_owned())?;
    let (token, now) = (link_token(random), core.now().wall);
    let line = InvitationLine::new(&person.mailbox, &token, now, reminder, by);
    core.ledger.append("invitation", &line, now).map_err(|error| error.to_string())?;
    let until = line.expires_at;
    lock(&core.enrolment).apply(line);
    let mut links = core.links().to(&format!("enrol/{token}")).into_iter();
    let (form_link, form_ip_link) = (links.next().unwrap_or_default(), links.next().unwrap_or_default());
    let notice = match reminder {
        0 => Notice::Invitation { form_link, form_ip_link, until },
        _ => Notice::InvitationReminder { form_link, form_ip_link, until },
    };
    Ok(Order { about: "enrolment", what: person.mailbox.to_string(), notice, to: To::Inside(person.mailbox.clone()) })
}
