//! How each person is reached while the office's mail is down: what the directory file says, and what the person said.
//!
//! What a person confirmed counts before the file, so that a later import of an old list does not undo it. An alternate address
//! that was typed and never confirmed counts for nothing: it may be a typing mistake, and then a stranger would get a password.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Person;
use crate::clock::Wall;
use crate::mail::{Address, Mailbox, date};

/// A ledger line of kind `contact`. All of a person together say what is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactLine {
    pub mailbox: Mailbox,
    pub said: Said,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternate_email: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    pub at: Wall,
    /// Who said it: `enrol:ann@example.com`, `cli:root`.
    pub by: String,
}

/// What a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// The person typed it. The phone counts from now on, the address when it is confirmed.
    Given,
    /// The code that went to the alternate address came back.
    Confirmed,
    /// An admin: what the person said counts no longer.
    Forgotten,
}

/// Where a contact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The person gave the phone, or confirmed the address, then.
    Person(Wall),
    /// The directory file.
    Directory,
}

impl Source {
    /// For scripts.
    pub fn name(self) -> &'static str {
        match self {
            Source::Person(_) => "person",
            Source::Directory => "directory",
        }
    }

    /// Why it counts.
    pub fn words(self) -> String {
        match self {
            Source::Person(at) => format!("said by the person on {}", date::minute(at).split(' ').next().unwrap_or_default()),
            Source::Directory => "from the directory".to_owned(),
        }
    }
}

/// How a person is reached, and why it is that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Never inside the served domains.
    pub alternate_email: Option<Address>,
    pub email_source: Option<Source>,
    pub phone: Option<String>,
    pub phone_source: Option<Source>,
    /// Typed by the person and not confirmed yet: not used.
    pub unconfirmed_email: Option<Address>,
    /// What the directory says instead; not used, because the person said otherwise.
    pub other_email: Option<Address>,
    pub other_phone: Option<String>,
}

impl Contact {
    pub fn is_reachable(&self) -> bool {
        self.alternate_email.is_some() || self.phone.is_some()
    }
}

/// What people said. Bounded by the people who were ever in the directory.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    by_mailbox: HashMap<Mailbox, Kept>,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    confirmed: Option<(Address, Wall)>,
    unconfirmed: Option<Address>,
    phone: Option<(String, Wall)>,
}

impl Contacts {
    /// Takes a line of the ledger, in their order.
    pub fn apply(&mut self, line: ContactLine) {
        let kept = self.by_mailbox.entry(line.mailbox).or_default();
        match line.said {
            Said::Given => kept.unconfirmed = line.alternate_email.or(kept.unconfirmed.take()),
            Said::Confirmed => {
                kept.confirmed = line.alternate_email.map(|address| (address, line.at));
                kept.unconfirmed = None;
            }
            Said::Forgotten => *kept = Kept::default(),
        }
        if let Some(phone) = line.phone {
            kept.phone = Some((phone, line.at));
        }
    }

    /// When the person's alternate address was confirmed.
    pub fn confirmed_at(&self, mailbox: &Mailbox) -> Option<Wall> {
        self.by_mailbox.get(mailbox)?.confirmed.as_ref().map(|(_, at)| *at)
    }

    /// Whether the person has said anything that counts.
    pub fn has_spoken(&self, mailbox: &Mailbox) -> bool {
        self.by_mailbox.get(mailbox).is_some_and(|kept| kept.confirmed.is_some() || kept.phone.is_some())
    }

    /// How a person is reached. `domains` are the served ones: an address there dies with the mail, whoever said it.
    pub fn of(&self, person: &Person, domains: &[String]) -> Contact {
        let kept = self.by_mailbox.get(&person.mailbox).cloned().unwrap_or_default();
        let outside = |address: &Address| !address.is_in(domains);
        let listed = person.alternate_email.clone().filter(outside);
        let confirmed = kept.confirmed.filter(|(address, _)| outside(address));
        let (alternate_email, email_source, other_email) = chosen(confirmed, listed);
        let (phone, phone_source, other_phone) = chosen(kept.phone, person.phone.clone());
        Contact { alternate_email, email_source, phone, phone_source, unconfirmed_email: kept.unconfirmed, other_email, other_phone }
    }
}

/// The person's own word first; then what does not count because of it.
fn chosen<T: PartialEq>(own: Option<(T, Wall)>, listed: Option<T>) -> (Option<T>, Option<Source>, Option<T>) {
    match (own, listed) {
        (Some((own, at)), listed) => {
            let other = listed.filter(|listed| *listed != own);
            (Some(own), Some(Source::Person(at)), other)
        }
        (None, Some(listed)) => (Some(listed), Some(Source::Directory), None),
        (None, None) => (None, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;

    const DAY: Wall = Wall(1_772_530_000_000);

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn line(said: Said, email: Option<&str>, phone: Option<&str>) -> ContactLine {
        ContactLine {
            mailbox: address("ann@example.com").mailbox(),
            said,
            alternate_email: email.map(address),
            phone: phone.map(str::to_owned),
            at: DAY,
            by: "enrol:ann@example.com".to_owned(),
        }
    }

    /// The address and the phone of Ann, whose row in the directory ends so, after these lines.
    fn check(row: &str, lines: &[ContactLine], email: Option<&str>, phone: Option<&str>) -> Contact {
        let directory = Directory::parse_csv(&format!("address,alternate_email,phone\nann@example.com,{row}\n"), &[]).unwrap();
        let mut contacts = Contacts::default();
        lines.iter().cloned().for_each(|line| contacts.apply(line));
        let contact = contacts.of(directory.people().next().unwrap(), &["example.com".to_owned()]);
        assert_eq!(contact.alternate_email.as_ref().map(ToString::to_string).as_deref(), email, "{row} {lines:?}");
        assert_eq!(contact.phone.as_deref(), phone, "{row} {lines:?}");
        contact
    }

    #[test]
    fn the_directory_counts_until_the_person_speaks() {
        let contact = check("ann@a.test,1", &[], Some("ann@a.test"), Some("1"));
        assert_eq!((contact.email_source, contact.phone_source), (Some(Source::Directory), Some(Source::Directory)));
        assert!(!check(",", &[], None, None).is_reachable());
    }

    #[test]
    fn what_was_typed_and_not_confirmed_is_not_used() {
        let given = line(Said::Given, Some("ann@b.test"), Some("2"));
        let contact = check("ann@a.test,1", std::slice::from_ref(&given), Some("ann@a.test"), Some("2"));
        assert_eq!(contact.unconfirmed_email, Some(address("ann@b.test")));
        assert_eq!(contact.other_phone.as_deref(), Some("1"));
        assert!(check(",", &[line(Said::Given, Some("ann@b.test"), None)], None, None).unconfirmed_email.is_some());
    }

    #[test]
    fn what_was_confirmed_outlives_the_list_and_later_typing() {
        let confirmed = line(Said::Confirmed, Some("ann@b.test"), None);
        let contact = check("ann@a.test,1", std::slice::from_ref(&confirmed), Some("ann@b.test"), Some("1"));
        assert_eq!((contact.email_source, contact.other_email), (Some(Source::Person(DAY)), Some(address("ann@a.test"))));
        assert_eq!(Source::Person(DAY).words(), "said by the person on 2026-03-03");
        check(",", &[confirmed.clone(), line(Said::Given, Some("ann@c.test"), None)], Some("ann@b.test"), None);
        check("ann@a.test,", &[confirmed, line(Said::Forgotten, None, None)], Some("ann@a.test"), None);
    }

    #[test]
    fn an_address_in_our_own_domain_reaches_nobody() {
        check("ann@example.com,", &[], None, None);
        check("ann@a.test,", &[line(Said::Confirmed, Some("x@example.com"), None)], Some("ann@a.test"), None);
    }

    #[test]
    fn the_wire_form_is_stable() {
        let text = r#"{"mailbox":"ann@example.com","said":"given","alternate_email":"ann@b.test","at":1772530000000,"by":"enrol:ann@example.com"}"#;
        let read: ContactLine = serde_json::from_str(text).unwrap();
        assert_eq!(read, line(Said::Given, Some("ann@b.test"), None));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}
