//! Who a message goes to: what was typed into To, Cc and Bcc, checked.

use std::collections::HashSet;

use super::pages::compose::{Field, Problem, Typed};
use super::texts::Texts;
use super::words::{cut, visible};
use crate::limits::{COMPOSE_FIELD_MAX_OCTETS, COMPOSE_RECIPIENTS_MAX};
use crate::mail::{Address, Mailbox, compose, parse};

/// Bad addresses that are named in one problem.
const NAMED_MAX: usize = 5;

#[derive(Debug, Default)]
pub struct Addressed {
    pub to: Vec<parse::Person>,
    pub cc: Vec<parse::Person>,
    /// Envelope recipients: To, Cc and Bcc, without doubles.
    pub all: Vec<Address>,
    /// What keeps it from being sent.
    pub problems: Vec<Problem>,
    /// Something that was typed is no address.
    pub broken: bool,
    /// Who is in `all` already.
    pub known: HashSet<Mailbox>,
}

impl Addressed {
    pub fn of(t: Texts, typed: &Typed) -> Addressed {
        let mut addressed = Addressed::default();
        addressed.to = addressed.take(t, Field::To, &typed.to);
        addressed.cc = addressed.take(t, Field::Cc, &typed.cc);
        addressed.take(t, Field::Bcc, &typed.bcc);
        if addressed.all.is_empty() && !addressed.broken {
            addressed.problems.push(Problem::new(Field::To, t.get("problem-nobody").to_owned()));
        }
        if addressed.all.len() > COMPOSE_RECIPIENTS_MAX {
            let text = t.with("problem-too-many", &[("count", addressed.all.len().into()), ("max", COMPOSE_RECIPIENTS_MAX.into())]);
            addressed.problems.push(Problem::new(Field::To, text));
        }
        addressed
    }

    /// Whether something would be lost if only the good addresses were kept.
    pub fn has_broken(&self) -> bool {
        self.broken
    }

    fn take(&mut self, t: Texts, field: Field, typed: &str) -> Vec<parse::Person> {
        // An empty field is fine; whether there is anybody at all is looked at in the end.
        if typed.trim().is_empty() {
            return Vec::new();
        }
        if typed.len() > COMPOSE_FIELD_MAX_OCTETS {
            self.broken = true;
            self.problems.push(Problem::new(field, t.with("problem-field-long", &[("max", COMPOSE_RECIPIENTS_MAX.into())])));
            return Vec::new();
        }
        match compose::parse_recipients(typed) {
            Ok(found) => found.into_iter().map(|(name, address)| self.add(name, address)).collect(),
            Err(bad) => {
                self.broken = true;
                self.problems.push(Problem::new(field, not_addresses(t, &bad)));
                Vec::new()
            }
        }
    }

    fn add(&mut self, name: String, address: Address) -> parse::Person {
        let person = parse::Person { name, address: address.to_string() };
        if self.known.insert(address.mailbox()) {
            self.all.push(address);
        }
        person
    }
}

fn not_addresses(t: Texts, bad: &[String]) -> String {
    let named: Vec<String> = bad.iter().take(NAMED_MAX).map(|part| format!("“{}”", cut(&visible(part), 80))).collect();
    let named = ("named", named.join(", ").into());
    match bad.len() {
        1 => t.with("problem-not-address", &[named]),
        2..=NAMED_MAX => t.with("problem-not-addresses", &[named]),
        all => t.with("problem-not-addresses-more", &[named, ("more", (all - NAMED_MAX).into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_addresses_are_named() {
        let check = |bad: &[&str], start: &str| {
            let text = not_addresses(Texts::english(), &bad.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
            assert!(text.starts_with(start), "{text}");
        };
        check(&["ann@"], "“ann@” is not an address (like ann@example.com).");
        check(&["ann", "b@@"], "“ann”, “b@@” are not addresses (like ann@example.com).");
        check(&["1", "2", "3", "4", "5", "6", "7"], "“1”, “2”, “3”, “4”, “5” and 2 more are not addresses (like ann@example.com).");
    }

    #[test]
    fn nobody_is_a_problem() {
        let addressed = Addressed::of(Texts::english(), &Typed { to: "  ".to_owned(), ..Typed::default() });
        assert_eq!(addressed.problems.len(), 1);
        assert!(!addressed.has_broken());
    }

    #[test]
    fn everybody_gets_it_once() {
        let typed = Typed {
            to: "Ann <ann@x.test>, bo@x.test".to_owned(),
            cc: "ANN@x.test".to_owned(),
            bcc: "carl@x.test, bo@x.test".to_owned(),
            ..Typed::default()
        };
        let addressed = Addressed::of(Texts::english(), &typed);
        let all: Vec<String> = addressed.all.iter().map(Address::to_string).collect();
        assert_eq!(all, ["ann@x.test", "bo@x.test", "carl@x.test"]);
        assert_eq!(addressed.to.len(), 2);
        assert_eq!(addressed.cc.len(), 1);
        assert_eq!(addressed.problems, Vec::new());
    }
}
