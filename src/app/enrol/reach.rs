//! `people list` and `people forget`: who is reached how, and why it is that.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::core::{Core, lock};
use crate::clock::Wall;
use crate::control::Answer;
use crate::directory::{Contact, ContactLine, Person, Said, Source};
use crate::mail::{Address, Mailbox, date};
use crate::store::StoreError;

/// What is known of a person.
struct Reach {
    person: Person,
    contact: Contact,
    invited_at: Option<Wall>,
    confirmed_at: Option<Wall>,
    last_login: Option<Wall>,
    has_password: bool,
    has_event_password: bool,
    /// Codes of the emergency card that were not used yet.
    codes_left: usize,
}

impl Reach {
    /// By what the person is reached; nothing, if the list is empty.
    fn by(&self) -> Vec<&'static str> {
        let (mail, phone) = (self.contact.alternate_email.is_some(), self.contact.phone.is_some());
        let ways = [("mail", mail), ("phone", phone), ("card", self.codes_left > 0)];
        ways.into_iter().filter(|(_, is_so)| *is_so).map(|(way, _)| way).collect()
    }

    fn json(&self) -> Value {
        let time = |at: Option<Wall>| at.map(date::rfc3339);
        let contact = &self.contact;
        json!({
            "address": self.person.address,
            "name": self.person.name,
            "groups": self.person.groups,
            "reachable_by": self.by(),
            "alternate_email": contact.alternate_email,
            "alternate_email_source": contact.email_source.map(Source::name),
            "phone": contact.phone,
            "phone_source": contact.phone_source.map(Source::name),
            "unconfirmed_email": contact.unconfirmed_email,
            "other_email": contact.other_email,
            "other_phone": contact.other_phone,
            "why": self.why(),
            "invited_at": time(self.invited_at),
            "confirmed_at": time(self.confirmed_at),
            "last_login": time(self.last_login),
            "has_password": self.has_password,
            "has_event_password": self.has_event_password,
            "codes_left": self.codes_left,
        })
    }

    /// What counts, and what does not, in words.
    fn why(&self) -> Vec<String> {
        let contact = &self.contact;
        let mut words = Vec::new();
        let mut one = |what: Option<String>, source: Option<Source>, other: Option<String>| {
            let (Some(what), Some(source)) = (what, source) else { return };
            let instead = other.map(|other| format!("; the directory says {other}, which does not count")).unwrap_or_default();
            words.push(format!("{what}: {}{instead}", source.words()));
        };
        let text = |address: &Option<Address>| address.as_ref().map(ToString::to_string);
        one(text(&contact.alternate_email), contact.email_source, text(&contact.other_email));
        one(contact.phone.clone(), contact.phone_source, contact.other_phone.clone());
        if let Some(address) = &contact.unconfirmed_email {
            words.push(format!("{address}: typed by the person and not confirmed; does not count"));
        }
        words
    }

    fn text(&self) -> String {
        let by = self.by();
        let by = if by.is_empty() { "NOTHING".to_owned() } else { by.join(", ") };
        let day =
            |at: Option<Wall>| at.map_or_else(|| "-".to_owned(), |at| date::minute(at).split(' ').next().unwrap_or_default().to_owned());
        let mut text = format!(
            "{:<32} reached by {by:<17}  invited {:<10}  confirmed {:<10}  last login {:<10}  {}{}\n",
            self.person.address.to_string(),
            day(self.invited_at),
            day(self.confirmed_at),
            day(self.last_login),
            if self.has_password { "has a password" } else { "no password" },
            if self.codes_left > 0 { format!(", {} codes on the card", self.codes_left) } else { String::new() },
        );
        for line in self.why() {
            text += &format!("    {line}\n");
        }
        text
    }
}

/// `people list`
pub fn list(core: &Core, unreachable: bool) -> Answer {
    let people = match reaches(core) {
        Ok(people) => people,
        Err(error) => return Answer::failed(format!("The ledger cannot be read: {error}.")),
    };
    let (total, reachable) = (people.len(), people.iter().filter(|reach| !reach.by().is_empty()).count());
    let shown: Vec<&Reach> = people.iter().filter(|reach| !unreachable || reach.by().is_empty()).collect();
    let mut text: String = shown.iter().map(|reach| reach.text()).collect();
    text += &match total {
        0 => "The directory is empty: `lifeboat directory import FILE` brings people in.\n".to_owned(),
        _ => format!("{reachable} of {total} people can be reached while mail is down.\n"),
    };
    if reachable < total {
        text += "`lifeboat people invite --missing` asks the others how.\n";
    }
    let people: Vec<Value> = shown.iter().map(|reach| reach.json()).collect();
    Answer::done(text, json!({ "people": people, "total": total, "reachable": reachable }))
}

fn reaches(core: &Core) -> Result<Vec<Reach>, StoreError> {
    let logins = last_logins(core)?;
    let (directory, credentials) = (core.directory(), core.credentials());
    let reach = |person: &Person| Reach {
        contact: core.contact(person),
        invited_at: lock(&core.enrolment).invited_at(&person.mailbox),
        confirmed_at: lock(&core.contacts).confirmed_at(&person.mailbox),
        last_login: logins.get(&format!("web:{}", person.mailbox)).copied(),
        has_password: credentials.has(&person.mailbox),
        has_event_password: credentials.event_password(&person.mailbox).is_some(),
        codes_left: credentials.codes_left(&person.mailbox),
        person: person.clone(),
    };
    Ok(directory.people().map(reach).collect())
}

/// By who the audit trail says it was.
fn last_logins(core: &Core) -> Result<HashMap<String, Wall>, StoreError> {
    let lines = core.ledger.read("audit")?;
    let sign_ins = lines.into_iter().filter(|line| line.data["action"] == "sign-in");
    Ok(sign_ins.filter_map(|line| Some((line.data["by"].as_str()?.to_owned(), line.at))).collect())
}

/// `people forget`
pub fn forget(core: &Core, address: &str, by: &str) -> Answer {
    let mailbox = match Address::parse(address) {
        // Also of somebody who left the directory.
        Ok(address) => core.mailbox_of(&address).unwrap_or_else(|| address.mailbox()),
        Err(error) => return Answer::failed(format!("{address}: {error}.")),
    };
    if !said_anything(core, &mailbox) {
        return Answer::failed(format!("{address} has not said how to be reached."));
    }
    let line = ContactLine {
        mailbox: mailbox.clone(),
        said: Said::Forgotten,
        alternate_email: None,
        phone: None,
        at: core.now().wall,
        by: by.to_owned(),
    };
    if let Err(error) = core.note_contact(line) {
        return Answer::failed(format!("That could not be recorded: {error}."));
    }
    core.audit(by, "people-forget", format!("mailbox={mailbox}"));
    Answer::done(
        format!("What {mailbox} said counts no longer. What the directory says does.\n"),
        json!({ "address": mailbox, "reachable": core.contact_of(&mailbox).is_reachable() }),
    )
}

fn said_anything(core: &Core, mailbox: &Mailbox) -> bool {
    lock(&core.contacts).has_spoken(mailbox) || core.contact_of(mailbox).unconfirmed_email.is_some()
}
