//! Who a message goes to: what was typed into To, Cc and Bcc, checked. Groups stand for their members.

use std::collections::HashSet;

use super::pages::compose::{Field, Problem, Typed};
use super::texts::Texts;
use super::words::{cut, visible};
use crate::directory::{Directory, Group};
use crate::limits::{COMPOSE_FIELD_MAX_OCTETS, COMPOSE_RECIPIENTS_MAX};
use crate::mail::{Address, Mailbox, compose, parse};

/// Bad addresses that are named in one problem.
const NAMED_MAX: usize = 5;

#[derive(Debug, Default)]
pub struct Addressed {
    /// As they stand in the header: a group with an address by that, one without by its members.
    pub to: Vec<parse::Person>,
    pub cc: Vec<parse::Person>,
    pub bcc: Vec<parse::Person>,
    /// Envelope recipients: To, Cc and Bcc, without doubles.
    pub all: Vec<Address>,
    /// What keeps it from being sent.
    pub problems: Vec<Problem>,
    /// Something that was typed is no address.
    pub broken: bool,
    /// Who is in `all` already.
    known: HashSet<Mailbox>,
}

impl Addressed {
    pub fn of(typed: &Typed, directory: &Directory, t: Texts) -> Addressed {
        let mut addressed = Addressed::default();
        addressed.to = addressed.take(Field::To, &typed.to, directory, t);
        addressed.cc = addressed.take(Field::Cc, &typed.cc, directory, t);
        addressed.bcc = addressed.take(Field::Bcc, &typed.bcc, directory, t);
        if addressed.all.is_empty() && !addressed.broken {
            addressed.problems.push(Problem::new(Field::To, t.get("write-nobody").to_owned()));
        }
        if addressed.all.len() > COMPOSE_RECIPIENTS_MAX {
            let arguments = [("count", addressed.all.len().into()), ("max", COMPOSE_RECIPIENTS_MAX.into())];
            addressed.problems.push(Problem::new(Field::To, t.with("write-too-many", &arguments)));
        }
        addressed
    }

    fn take(&mut self, field: Field, typed: &str, directory: &Directory, t: Texts) -> Vec<parse::Person> {
        if typed.len() > COMPOSE_FIELD_MAX_OCTETS {
            self.broken = true;
            self.problems.push(Problem::new(field, t.with("write-too-long", &[("max", COMPOSE_RECIPIENTS_MAX.into())])));
            return Vec::new();
        }
        let (mut shown, mut bad) = (Vec::new(), Vec::new());
        for piece in compose::each_recipient(typed) {
            match piece {
                Ok((name, address)) => match directory.group_at(&address) {
                    Some(group) => self.add_group(directory, group, &mut shown),
                    None => shown.push(self.add(name, address)),
                },
                Err(piece) => match directory.group(&compose::group_name(&piece)) {
                    Some(group) => self.add_group(directory, group, &mut shown),
                    None => bad.push(piece),
                },
            }
        }
        if !bad.is_empty() {
            self.broken = true;
            self.problems.push(Problem::new(field, not_addresses(&bad, t)));
        }
        let mut seen = HashSet::new();
        shown.retain(|person| seen.insert(person.address.to_lowercase()));
        shown
    }

    fn add(&mut self, name: String, address: Address) -> parse::Person {
        let person = parse::Person { name, address: address.to_string() };
        if self.known.insert(address.mailbox()) {
            self.all.push(address);
        }
        person
    }

    fn add_group(&mut self, directory: &Directory, group: &Group, shown: &mut Vec<parse::Person>) {
        let members: Vec<parse::Person> =
            directory.members(group).map(|member| self.add(member.name.clone(), member.address.clone())).collect();
        match &group.address {
            Some(address) => shown.push(parse::Person { name: group.name.clone(), address: address.to_string() }),
            None => shown.extend(members),
        }
    }
}

fn not_addresses(bad: &[String], t: Texts) -> String {
    let named: Vec<String> = bad.iter().take(NAMED_MAX).map(|part| format!("“{}”", cut(&visible(part), 80))).collect();
    let named = named.join(", ");
    match bad.len() {
        0..=NAMED_MAX => t.with("write-no-address", &[("which", named.into()), ("count", bad.len().into())]),
        count => t.with("write-no-address-more", &[("which", named.into()), ("more", (count - NAMED_MAX).into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(typed: &Typed) -> Addressed {
        let list = "address,name,groups\nann@x.test,Ann,\"Sales, North <north@x.test>;Staff\"\nbo@x.test,Bo,Staff\n";
        Addressed::of(typed, &Directory::parse_csv(list, &[]).unwrap(), Texts::english())
    }

    fn to(text: &str) -> Typed {
        Typed { to: text.to_owned(), ..Typed::default() }
    }

    fn all(addressed: &Addressed) -> Vec<String> {
        addressed.all.iter().map(Address::to_string).collect()
    }

    #[test]
    fn bad_addresses_are_named() {
        let check = |bad: &[&str], start: &str| {
            let text = not_addresses(&bad.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>(), Texts::english());
            assert!(text.starts_with(start), "{text}");
        };
        check(&["ann@"], "“ann@” is not an address (like ann@example.com).");
        check(&["ann", "b@@"], "“ann”, “b@@” are not addresses (like ann@example.com).");
        check(&["1", "2", "3", "4", "5", "6", "7"], "“1”, “2”, “3”, “4”, “5” and 2 more are not addresses (like ann@example.com).");
    }

    #[test]
    fn nobody_is_a_problem() {
        let addressed = of(&to("  "));
        assert_eq!(addressed.problems.len(), 1);
        assert!(!addressed.broken);
    }

    #[test]
    fn everybody_gets_it_once() {
        let typed = Typed {
            to: "Ann <ann@x.test>, bo@x.test".to_owned(),
            cc: "ANN@x.test".to_owned(),
            bcc: "carl@x.test, bo@x.test".to_owned(),
            ..Typed::default()
        };
        let addressed = of(&typed);
        assert_eq!(all(&addressed), ["ann@x.test", "bo@x.test", "carl@x.test"]);
        assert_eq!((addressed.to.len(), addressed.cc.len(), addressed.bcc.len()), (2, 1, 2));
        assert_eq!(addressed.problems, Vec::new());
    }

    #[test]
    fn groups_stand_for_their_members() {
        let check = |typed: &str, expected: &[&str], shown: &[&str]| {
            let addressed = of(&to(typed));
            assert_eq!(all(&addressed), expected, "{typed}");
            let header: Vec<&str> = addressed.to.iter().map(|person| person.address.as_str()).collect();
            assert_eq!(header, shown, "{typed}");
            assert_eq!(addressed.problems, Vec::new(), "{typed}");
        };
        check("staff", &["ann@x.test", "bo@x.test"], &["ann@x.test", "bo@x.test"]);
        check("Staff (group), bo@x.test", &["ann@x.test", "bo@x.test"], &["ann@x.test", "bo@x.test"]);
        check("\"Sales, North\"", &["ann@x.test"], &["north@x.test"]);
        check("NORTH@x.test; carl@x.test", &["ann@x.test", "carl@x.test"], &["north@x.test", "carl@x.test"]);
        let unknown = of(&to("Nobody, Staff"));
        assert!(unknown.broken && unknown.all.len() == 2 && unknown.problems[0].text.contains("“Nobody”"));
    }
}
