//! The directory as a CSV file again, with what people said about themselves in it.

use super::csv::HEADER;
use super::{Contacts, Directory};

impl Directory {
    /// What [`Directory::parse_csv`] reads as the same people, with the contacts that count now. `domains` are the served ones.
    pub fn to_csv(&self, contacts: &Contacts, domains: &[String]) -> String {
        let mut text = format!("{HEADER}\n");
        for person in self.people() {
            let contact = contacts.of(person, domains);
            let aliases: Vec<String> = person.aliases.iter().map(ToString::to_string).collect();
            let cells = [
                person.address.to_string(),
                person.name.clone(),
                aliases.join(";"),
                contact.alternate_email.map(|address| address.to_string()).unwrap_or_default(),
                contact.phone.unwrap_or_default(),
                person.groups.join(";"),
            ];
            let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        text
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
        for text in [example, odd, "address\n"] {
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
