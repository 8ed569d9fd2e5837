//! What lets a person in, each with its purpose: a standing password (`credential issue`), a password for the event, one-time codes of
//! an emergency card.
//!
//! A login always costs two argon2id checks and one look-up, for everybody, known or not: neither who exists nor what they have shows
//! in the time that it takes.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::codes::{CodeHash, CodeUsedLine, CodesLine};
use super::verifier::{Verifier, phc_matches};
use super::words::fold;
use crate::clock::Wall;
use crate::limits::{EVENT_PASSWORD_KEPT, PASSWORD_MAX_OCTETS};
use crate::mail::Mailbox;

/// A ledger line of kind `credential-event`: what became of the passwords of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPasswordsLine {
    /// Id of the event.
    pub event: String,
    /// Made for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fresh: Vec<Verifier>,
    /// Made for an event before, and good for this one too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Mailbox>,
    /// Good for nothing from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Mailbox>,
    /// The event is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_at: Option<Wall>,
}

/// A person's password for an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPassword {
    verifier: Verifier,
    /// The event that it was made for, and the last one that it is good for.
    pub made_for: String,
    pub good_for: String,
    /// When that one was over, if it is.
    pub over_at: Option<Wall>,
}

/// What one person has.
#[derive(Clone, Debug, Default)]
struct Keys {
    standing: Option<Verifier>,
    event: Option<EventPassword>,
    codes: BTreeSet<CodeHash>,
}

/// Which purposes count at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// `credentials.standing`.
    pub standing: bool,
    /// An event is open for this person.
    pub event: bool,
}

/// What let a person in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    Standing,
    Event,
    /// Has to be spent (in the ledger, then here) before the login counts.
    Code(CodeHash),
}

/// Everything in force.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    people: HashMap<Mailbox, Keys>,
}

impl Credentials {
    /// A standing password; an older one ends.
    pub fn insert(&mut self, verifier: Verifier) {
        let keys = self.people.entry(verifier.mailbox.clone()).or_default();
        keys.standing = Some(verifier);
    }

    pub fn apply_event(&mut self, line: EventPasswordsLine) {
        let EventPasswordsLine { event, fresh, kept, ended, over_at } = line;
        for mailbox in ended {
            if let Some(keys) = self.people.get_mut(&mailbox) {
                keys.event = None;
            }
        }
        for mailbox in kept {
            if let Some(password) = self.people.get_mut(&mailbox).and_then(|keys| keys.event.as_mut()) {
                (password.good_for, password.over_at) = (event.clone(), None);
            }
        }
        for verifier in fresh {
            let keys = self.people.entry(verifier.mailbox.clone()).or_default();
            keys.event = Some(EventPassword { verifier, made_for: event.clone(), good_for: event.clone(), over_at: None });
        }
        if over_at.is_some() {
            let of_event = self.people.values_mut().filter_map(|keys| keys.event.as_mut()).filter(|password| password.good_for == event);
            of_event.for_each(|password| password.over_at = over_at);
        }
    }

    /// New codes of a person; all older ones end.
    pub fn apply_codes(&mut self, line: CodesLine) {
        self.people.entry(line.mailbox).or_default().codes = line.codes.into_iter().collect();
    }

    /// Takes a code away. Whether it was there: only one of two logins at the same time gets it.
    pub fn spend(&mut self, line: &CodeUsedLine) -> bool {
        self.people.get_mut(&line.mailbox).is_some_and(|keys| keys.codes.remove(&line.code))
    }

    /// Gives a code back that could not be recorded as used.
    pub fn unspend(&mut self, line: &CodeUsedLine) {
        self.people.entry(line.mailbox.clone()).or_default().codes.insert(line.code.clone());
    }

    /// Whether there is a standing password.
    pub fn has(&self, mailbox: &Mailbox) -> bool {
        self.people.get(mailbox).is_some_and(|keys| keys.standing.is_some())
    }

    /// The password for events, if there is one.
    pub fn event_password(&self, mailbox: &Mailbox) -> Option<&EventPassword> {
        self.people.get(mailbox)?.event.as_ref()
    }

    /// Events that passwords are good for and that are not known to be over.
    pub fn events(&self) -> BTreeSet<String> {
        let passwords = self.people.values().filter_map(|keys| keys.event.as_ref());
        passwords.filter(|password| password.over_at.is_none()).map(|password| password.good_for.clone()).collect()
    }

    /// Codes that were not used yet.
    pub fn codes_left(&self, mailbox: &Mailbox) -> usize {
        self.people.get(mailbox).map_or(0, |keys| keys.codes.len())
    }

    /// Checks what was typed; spaces and case do not matter. Takes as long for an unknown mailbox as for a known one, whatever it has.
    pub fn check(&self, mailbox: Option<&Mailbox>, typed: &str, accepted: Accepted) -> Option<Passed> {
        let keys = mailbox.and_then(|mailbox| self.people.get(mailbox));
        let too_long = typed.len() > PASSWORD_MAX_OCTETS;
        let typed = if too_long { "" } else { typed };
        let (password, code) = (fold(typed), CodeHash::of(typed));
        let standing =
            phc_matches(keys.and_then(|keys| keys.standing.as_ref()).map(|verifier| verifier.phc.as_str()), &password) && accepted.standing;
        let event =
            phc_matches(keys.and_then(|keys| keys.event.as_ref()).map(|event| event.verifier.phc.as_str()), &password) && accepted.event;
        let is_code = keys.is_some_and(|keys| keys.codes.contains(&code));
        match (standing, event, is_code) {
            _ if too_long => None,
            (_, true, _) => Some(Passed::Event),
            (true, ..) => Some(Passed::Standing),
            (_, _, true) => Some(Passed::Code(code)),
            _ => None,
        }
    }
}

impl EventPassword {
    /// Whether it is good for an event that begins now: an event shortly after another kills no password that people just got.
    pub fn is_kept(&self, now: Wall) -> bool {
        self.over_at.is_none_or(|over_at| now.since(over_at) <= EVENT_PASSWORD_KEPT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::code;
    use crate::mail::Address;

    const ALL: Accepted = Accepted { standing: true, event: true };

    fn mailbox(name: &str) -> Mailbox {
        Address::parse(&format!("{name}@example.com")).unwrap().mailbox()
    }

    fn verifier(name: &str, password: &str) -> Verifier {
        Verifier::make(&mailbox(name), password, [7; 16], Wall(1), "cli:root")
    }

    fn of_event(event: &str) -> EventPasswordsLine {
        EventPasswordsLine { event: event.to_owned(), ..EventPasswordsLine::default() }
    }

    fn with_event(event: &str, password: &str) -> Credentials {
        let mut credentials = Credentials::default();
        credentials.apply_event(EventPasswordsLine { fresh: vec![verifier("ann", password)], ..of_event(event) });
        credentials
    }

    #[test]
    fn typed_passwords_are_folded_and_unknown_people_refused() {
        let mut credentials = Credentials::default();
        let ann = mailbox("ann");
        assert!(!credentials.has(&ann));
        credentials.insert(verifier("ann", "lamp-river-seven-coat"));
        assert!(credentials.has(&ann));
        assert_eq!(credentials.check(Some(&ann), "Lamp river SEVEN coat ", ALL), Some(Passed::Standing));
        assert_eq!(credentials.check(Some(&ann), "", ALL), None);
        assert_eq!(credentials.check(Some(&ann), &"x".repeat(PASSWORD_MAX_OCTETS + 1), ALL), None);
        assert_eq!(credentials.check(Some(&mailbox("bob")), "lamp-river-seven-coat", ALL), None);
        assert_eq!(credentials.check(None, "lamp-river-seven-coat", ALL), None);
        assert_eq!(credentials.check(Some(&ann), "lamp-river-seven-coat", Accepted { standing: false, event: true }), None);
    }

    #[test]
    fn a_new_password_ends_the_old_one() {
        let mut credentials = Credentials::default();
        credentials.insert(verifier("ann", "lamp-river-seven-coat"));
        credentials.insert(verifier("ann", "new-password-for-ann"));
        assert_eq!(credentials.check(Some(&mailbox("ann")), "new password for ann", ALL), Some(Passed::Standing));
        assert_eq!(credentials.check(Some(&mailbox("ann")), "lamp-river-seven-coat", ALL), None);
    }

    #[test]
    fn a_password_for_an_event_counts_only_in_one() {
        let mut credentials = with_event("one", "lamp-river-seven-coat");
        let ann = mailbox("ann");
        credentials.insert(verifier("ann", "standing"));
        let check = |accepted, expected| assert_eq!(credentials.check(Some(&ann), "lamp river seven coat", accepted), expected);
        check(ALL, Some(Passed::Event));
        check(Accepted { standing: false, event: true }, Some(Passed::Event));
        check(Accepted { standing: true, event: false }, None);
        assert_eq!(credentials.check(Some(&ann), "standing", ALL), Some(Passed::Standing), "both are there");
    }

    #[test]
    fn a_flap_keeps_the_password_and_a_later_event_ends_it() {
        let mut credentials = with_event("one", "lamp-river-seven-coat");
        let ann = mailbox("ann");
        let day = 24 * 3600 * 1000;
        credentials.apply_event(EventPasswordsLine { over_at: Some(Wall(1000)), ..of_event("one") });
        let kept = |credentials: &Credentials, at| credentials.event_password(&ann).unwrap().is_kept(Wall(at));
        assert!(kept(&credentials, 1000 + day) && !kept(&credentials, 1001 + day));
        credentials.apply_event(EventPasswordsLine { kept: vec![ann.clone()], ..of_event("two") });
        let password = credentials.event_password(&ann).unwrap();
        assert_eq!((password.made_for.as_str(), password.good_for.as_str(), password.over_at), ("one", "two", None));
        assert!(credentials.check(Some(&ann), "lamp-river-seven-coat", ALL).is_some());
        credentials.apply_event(EventPasswordsLine { over_at: Some(Wall(5)), ..of_event("one") });
        assert_eq!(credentials.event_password(&ann).unwrap().over_at, None, "of another event");
        credentials.apply_event(EventPasswordsLine { ended: vec![ann.clone()], ..of_event("three") });
        assert_eq!(credentials.check(Some(&ann), "lamp-river-seven-coat", ALL), None);
    }

    #[test]
    fn a_code_is_good_once_and_new_ones_end_the_old() {
        let (ann, first, second) = (mailbox("ann"), code([3; 16]), code([4; 16]));
        let set = |codes: &[&String]| CodesLine {
            mailbox: ann.clone(),
            codes: codes.iter().map(|code| CodeHash::of(code)).collect(),
            issued_at: Wall(1),
            by: "cli:root".to_owned(),
        };
        let mut credentials = Credentials::default();
        credentials.apply_codes(set(&[&first, &second]));
        let Some(Passed::Code(hash)) = credentials.check(Some(&ann), &first.to_lowercase(), ALL) else { panic!("the code is good") };
        assert_eq!(credentials.check(Some(&mailbox("bob")), &first, ALL), None, "it is Ann's");
        let used = CodeUsedLine { mailbox: ann.clone(), code: hash };
        assert!(credentials.spend(&used) && !credentials.spend(&used));
        assert_eq!((credentials.check(Some(&ann), &first, ALL), credentials.codes_left(&ann)), (None, 1));
        credentials.unspend(&used);
        assert_eq!(credentials.codes_left(&ann), 2);
        credentials.apply_codes(set(&[&second]));
        assert_eq!(credentials.check(Some(&ann), &first, ALL), None);
    }

    #[test]
    fn the_wire_form_is_stable() {
        let line = r#"{"event":"2026-03-03T09-15-02","kept":["ann@example.com"],"over_at":5}"#;
        assert_eq!(serde_json::to_string(&serde_json::from_str::<EventPasswordsLine>(line).unwrap()).unwrap(), line);
    }
}
