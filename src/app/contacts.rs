//! How each person is reached: the directory and what people said, together. What people say is in the ledger first.

use super::core::{Core, lock};
use crate::directory::{Contact, ContactLine, Person};
use crate::mail::Mailbox;
use crate::store::StoreError;

impl Core {
    /// How a person of the directory is reached while mail is down; nothing for who is not in it.
    pub fn contact_of(&self, mailbox: &Mailbox) -> Contact {
        self.directory().person(mailbox).map(|person| self.contact(person)).unwrap_or_default()
    }

    /// The same for a person at hand.
    pub fn contact(&self, person: &Person) -> Contact {
        lock(&self.contacts).of(person, &self.config.smtp.domains)
    }

    /// Records what was said, then makes it true. Waits for the disk.
    ///
    /// # Errors
    /// It is not on record, and does not count.
    pub fn note_contact(&self, line: ContactLine) -> Result<(), StoreError> {
        self.ledger.append("contact", &line, line.at)?;
        lock(&self.contacts).apply(line);
        Ok(())
    }

    /// People whom some channel reaches: mail to the outside, a phone, or a card in their hands.
    pub fn reachable(&self) -> usize {
        let (directory, credentials) = (self.directory(), self.credentials());
        let reaches = |person: &&Person| self.contact(person).is_reachable() || credentials.codes_left(&person.mailbox) > 0;
        directory.people().filter(reaches).count()
    }
}
