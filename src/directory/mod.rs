//! The people of the office.
//!
//! Owns the directory: who has a mailbox here, under which addresses. Never decides about mail or logins.

use std::collections::BTreeMap;

use crate::mail::{Address, Mailbox};

/// One person, as in the CSV `address,name,aliases,alternate_email,phone,groups`; lists are separated by `;`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub mailbox: Mailbox,
    pub address: Address,
    pub name: String,
    pub aliases: Vec<Address>,
    pub alternate_email: Option<Address>,
    pub phone: Option<String>,
    pub groups: Vec<String>,
}

/// Everybody. Bounded by the file's size ([`crate::limits::DIRECTORY_FILE_MAX_OCTETS`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    people: BTreeMap<Mailbox, Person>,
    aliases: BTreeMap<Mailbox, Mailbox>,
}

/// A mistake in the file: `directory.csv:3: address: ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: u64,
    pub text: String,
}

impl Directory {
    /// Reads the CSV (RFC 4180, UTF-8, a byte order mark is allowed, header line required, more columns may follow).
    ///
    /// # Errors
    /// Every mistake: no or double address, an alias twice, an address outside `domains` (if any are given).
    pub fn parse_csv(_text: &str, _domains: &[String]) -> Result<Directory, Vec<Problem>> {
        todo!()
    }

    /// Whose mailbox this address is, ignoring case; `+detail` of the local part is ignored if there is no exact match.
    pub fn resolve(&self, _address: &Address) -> Option<&Person> {
        todo!()
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
