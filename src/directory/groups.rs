//! Groups that people can write to: by name, and by address where the list gives one (`Sales <sales-team@example.com>`).

use std::collections::BTreeMap;

use super::{Directory, Person};
use crate::mail::{Address, Mailbox};

/// A group with its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// As it is written first.
    pub name: String,
    pub address: Option<Address>,
    /// In the order of their addresses.
    pub members: Vec<Mailbox>,
}

/// All groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Groups {
    /// By name in lower case.
    named: BTreeMap<String, Group>,
    /// Names in lower case by address.
    addressed: BTreeMap<Mailbox, String>,
}

impl Groups {
    /// Collects them from everybody; `addresses` by name in lower case.
    pub fn of<'a>(people: impl Iterator<Item = &'a Person>, addresses: BTreeMap<String, Address>) -> Groups {
        let mut groups = Groups::default();
        for person in people {
            for name in &person.groups {
                let key = name.to_lowercase();
                let address = addresses.get(&key).cloned();
                if let Some(address) = &address {
                    groups.addressed.insert(address.mailbox(), key.clone());
                }
                let group = groups.named.entry(key).or_insert_with(|| Group { name: name.clone(), address, members: Vec::new() });
                if group.members.last() != Some(&person.mailbox) {
                    group.members.push(person.mailbox.clone());
                }
            }
        }
        groups
    }
}

impl Directory {
    /// By their names.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.named.values()
    }

    /// Ignoring case.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.named.get(&name.trim().to_lowercase())
    }

    /// The group with this address.
    pub fn group_at(&self, address: &Address) -> Option<&Group> {
        self.groups.named.get(self.groups.addressed.get(&address.mailbox())?)
    }

    /// Members who are (still) in the list.
    pub fn members<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = &'a Person> {
        group.members.iter().filter_map(|mailbox| self.person(mailbox))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "address,name,groups,send_as\n\
        ann@example.com,Ann,Sales <sales-team@example.com>;Staff,info@example.com;bo@example.com\n\
        bo@example.com,Bo,sales;Staff,\n\
        info@example.com,Info,,\n";

    fn read(text: &str) -> Result<Directory, String> {
        Directory::parse_csv(text, &["example.com".to_owned()])
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn groups_are_found_by_name_and_by_address() {
        let directory = read(LIST).unwrap();
        let names: Vec<&str> = directory.groups().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["Sales", "Staff"]);
        let sales = directory.group(" SALES ").unwrap();
        assert_eq!(directory.members(sales).map(|person| person.name.as_str()).collect::<Vec<_>>(), ["Ann", "Bo"]);
        let at = |text: &str| directory.group_at(&Address::parse(text).unwrap()).map(|group| group.name.as_str());
        assert_eq!((at("Sales-Team@example.com"), at("staff@example.com")), (Some("Sales"), None));
        assert!(directory.group("nobody").is_none());
        let ann = directory.people().next().unwrap();
        assert_eq!(ann.groups, ["Sales", "Staff"], "names alone");
        assert_eq!(ann.send_as.iter().map(ToString::to_string).collect::<Vec<_>>(), ["info@example.com", "bo@example.com"]);
    }

    #[test]
    fn mistakes_are_named() {
        let check = |rows: &str, expected: &str| {
            let text = read(&format!("address,name,groups,send_as\n{rows}")).unwrap_err();
            assert!(text.contains(expected), "{text}");
        };
        check("ann@example.com,Ann,Sales <ann@example.com>,\n", "2: groups: ann@example.com is already the address of line 2");
        check("ann@example.com,Ann,Sales <sales@>,\n", "2: groups: \"sales@\"");
        check("ann@example.com,Ann,Sales <s@other.test>,\n", "2: groups: s@other.test is in none of the domains");
        check(
            "ann@example.com,Ann,Sales <s@example.com>;Staff <s@example.com>,\n",
            "2: groups: s@example.com is already the address of the group \"Sales\"",
        );
        check(
            "ann@example.com,Ann,Sales <s@example.com>,\nbo@example.com,Bo,Sales <t@example.com>,\n",
            "3: groups: \"Sales\" has another address in line 2",
        );
        check("ann@example.com,Ann,,x@other.test\n", "2: send_as: x@other.test is in none of the domains");
    }
}
