//! The people of the office.
//!
//! Owns the directory: who has a mailbox here, under which addresses, and how each is reached while mail is down: by the file, and
//! by what the person said. Never decides about mail or logins: an address
//! that is not here may still exist at the primary, and `postmaster@` needs no line here.

mod contacts;
mod csv;
mod export;
mod groups;
mod preferences;

use std::collections::BTreeMap;
use std::fmt;

pub use contacts::{Contact, ContactLine, Contacts, Said, Source};
pub use csv::is_phone;
pub use groups::Group;
pub use preferences::{AllPreferences, Preferences, PreferencesLine};

use crate::mail::{Address, Mailbox};

/// One person, as in the CSV `address,name,aliases,alternate_email,phone,groups,send_as`; lists are separated by `;`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub mailbox: Mailbox,
    pub address: Address,
    pub name: String,
    pub aliases: Vec<Address>,
    pub alternate_email: Option<Address>,
    pub phone: Option<String>,
    pub groups: Vec<String>,
    /// Other addresses of ours that this person may send as: shared mailboxes, or people whose delegate this is.
    pub send_as: Vec<Address>,
}

/// Everybody. Bounded by the file's size ([`crate::limits::DIRECTORY_FILE_MAX_OCTETS`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    people: BTreeMap<Mailbox, Person>,
    aliases: BTreeMap<Mailbox, Mailbox>,
    groups: groups::Groups,
}

/// A mistake in the file: `directory.csv:3: address: ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: u64,
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.text)
    }
}

impl Directory {
    /// Reads the CSV (RFC 4180, UTF-8, a byte order mark is allowed, header line required, more columns may follow).
    ///
    /// # Errors
    /// Every mistake: no or double address, an alias twice, an address outside `domains` (if any are given). At most
    /// [`crate::limits::FILE_PROBLEMS_MAX`] are listed, with one line that counts the rest.
    pub fn parse_csv(text: &str, domains: &[String]) -> Result<Directory, Vec<Problem>> {
        csv::parse(text, domains)
    }

    /// Whose mailbox this address is, ignoring case; `+detail` of the local part is ignored if there is no exact match.
    pub fn resolve(&self, address: &Address) -> Option<&Person> {
        self.exact(&address.mailbox()).or_else(|| self.exact(&without_detail(address)?.mailbox()))
    }

    fn exact(&self, mailbox: &Mailbox) -> Option<&Person> {
        self.people.get(mailbox).or_else(|| self.people.get(self.aliases.get(mailbox)?))
    }

    pub fn person(&self, mailbox: &Mailbox) -> Option<&Person> {
        self.people.get(mailbox)
    }

    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    pub fn len(&self) -> usize {
        self.people.len()
    }

    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}

/// `ann+news@example.com` is Ann's (RFC 5233 calls it a subaddress). A quoted local part is taken as it is.
fn without_detail(address: &Address) -> Option<Address> {
    let (user, _detail) = address.local().split_once('+')?;
    Address::parse(&format!("{user}@{}", address.domain())).ok()
}

#[cfg(test)]
mod tests;
