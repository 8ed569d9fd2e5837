//! The directory as a CSV file again, with what people said about themselves in it.

use super::csv::{HEADER, SEND_AS};
use super::{Contacts, Directory};

impl Directory {
    /// What [`Directory::parse_csv`] reads as the same people, with the contacts that count now. `domains` are the served ones.
    pub fn to_csv(&self, contacts: &Contacts, domains: &[String]) -> String {
        // Scripts read the usual columns: the further one is there only where it says something.
        let sends_as = self.people().any(|person| !person.send_as.is_empty());
        let mut text = if sends_as { format!("{HEADER},{SEND_AS}\n") } else { format!("{HEADER}\n") };
        for person in self.people() {
            let contact = contacts.of(person, domains);
            let aliases: Vec<String> = person.aliases.iter().map(ToString::to_string).collect();
            let cells = [
                person.address.to_string(),
                person.name.clone(),
                aliases.join(";"),
                contact.alternate_email.map(|address| address.to_string()).unwrap_or_default(),
                contact.phone.unwrap_or_default(),
                person.groups.iter().map(|name| self.group_cell(name)).collect::<Vec<_>>().join(";"),
                person.send_as.iter().map(ToString::to_string).collect::<Vec<_>>().join(";"),
            ];
            let cells: Vec<String> = cells.iter().take(if sends_as { 7 } else { 6 }).map(|cell| quoted(cell)).collect();
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        text
    }

    fn group_cell(&self, name: &str) -> String {
        match self.group(name).and_then(|group| group.address.as_ref()) {
            Some(address) => format!("{name} <{address}>"),
            None => name.to_owned(),
        }
    }
}

/// RFC 4180 section 2: what has a comma, a quote or a line break stands in quotes, and a quote within is doubled.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) || cell.trim() != cell {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;
    use crate::directory::{ContactLine, Said};
    use crate::mail::Address;

    fn ours() -> Vec<String> {
        vec!["example.com".to_owned()]
    }

    #[test]
    fn what_goes_out_comes_in_again() {
        let example = include_str!("../../assets/directory.csv");
        let odd = "address,name,groups\nx@example.com,\"Miller, \"\"Ann\"\"\",\"A, B;C\"\n\"\"\"odd one\"\"@example.com\",,\n";
        let more = "address,groups,send_as\nann@example.com,Sales <sales@example.com>;Staff,bob@example.com\nbob@example.com,Sales,\n";
        for text in [example, odd, more, "address\n"] {
            let directory = Directory::parse_csv(text, &ours()).expect("no mistakes");
            let exported = directory.to_csv(&Contacts::default(), &ours());
            assert_eq!(Directory::parse_csv(&exported, &ours()), Ok(directory), "{exported}");
        }
    }

    #[test]
    fn contacts_that_count_are_in_it() {
        let directory =
            Directory::parse_csv("address,alternate_email,phone\nann@example.com,old@a.test,1\nbob@example.com,,\n", &ours()).unwrap();
        let mut contacts = Contacts::default();
        contacts.apply(ContactLine {
            mailbox: Address::parse("ann@example.com").unwrap().mailbox(),
            said: Said::Confirmed,
            alternate_email: Address::parse("new@b.test").ok(),
            phone: Some("+49 30 2".to_owned()),
            at: Wall(1),
            by: "test".to_owned(),
        });
        let exported = directory.to_csv(&contacts, &ours());
        assert_eq!(exported, format!("{HEADER}\nann@example.com,ann,,new@b.test,+49 30 2,\nbob@example.com,bob,,,,\n"));
    }
}
