//! What the page behind an invitation asks and wants done.

use std::net::IpAddr;
use std::sync::Arc;

use super::super::core::{Core, lock};
use super::super::notices::{Order, To, tell};
use crate::auth::{CodeVerdict, enrol_code};
use crate::clock::Wall;
use crate::directory::{ContactLine, Person, Said};
use crate::limits::ENROL_CODE_AGE;
use crate::mail::{Address, Mailbox};
use crate::notify::Notice;
use crate::store::StoreError;
use crate::web::{Enrol, EnrolLink, Enrolling};

impl Enrol for Core {
    fn link(&self, client: IpAddr, token: &str) -> EnrolLink {
        let now = self.now();
        if !lock(&self.enrol_throttle).allows(client, None, now.mono) {
            return EnrolLink::TooMany;
        }
        let directory = self.directory();
        let whose = lock(&self.enrolment).whose(token, now.wall).cloned();
        let Some(person) = whose.and_then(|mailbox| directory.person(&mailbox).cloned()) else {
            log::warn!("enrol client={client} unknown link");
            lock(&self.enrol_throttle).failed(client, None, now.mono);
            return EnrolLink::Unknown;
        };
        EnrolLink::Of(Box::new(enrolling(self, person)))
    }

    fn of(&self, mailbox: &Mailbox) -> Option<Enrolling> {
        let person = self.directory().person(mailbox).cloned()?;
        Some(enrolling(self, person))
    }

    fn try_code(&self, mailbox: &Mailbox, typed: &str) -> CodeVerdict {
        lock(&self.enrolment).try_code(mailbox, typed, self.now().mono)
    }

    fn is_local(&self, address: &Address) -> bool {
        Core::is_local(self, address)
    }
}

fn enrolling(core: &Core, person: Person) -> Enrolling {
    let (contact, now) = (core.contact(&person), core.now().mono);
    let enrolment = lock(&core.enrolment);
    Enrolling {
        waits_for: enrolment.waits_for(&person.mailbox, now).cloned(),
        may_send: enrolment.may_send(&person.mailbox, now),
        done: enrolment.is_done(&person.mailbox),
        contact,
        person,
    }
}

/// The person typed an address, a phone or both. The address gets a code.
pub fn give(core: &Arc<Core>, mailbox: &Mailbox, email: Option<Address>, phone: Option<String>) -> Result<(), StoreError> {
    let now = core.now();
    let by = format!("enrol:{mailbox}");
    let line = ContactLine {
        mailbox: mailbox.clone(),
        said: Said::Given,
        alternate_email: email.clone(),
        phone: phone.clone(),
        at: now.wall,
        by: by.clone(),
    };
    core.note_contact(line)?;
    core.audit(&by, "contact-given", format!("email={} phone={}", email.is_some(), phone.is_some()));
    let Some(email) = email else {
        lock(&core.enrolment).gave(mailbox, now.mono);
        return Ok(());
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| StoreError::Io("the box has no random numbers yet".to_owned()))?;
    let code = enrol_code(random);
    // Known before it is on its way: it may be typed the moment it arrives.
    lock(&core.enrolment).send(mailbox, email.clone(), code.clone(), now.mono);
    let until = Wall(now.wall.0.saturating_add(u64::try_from(ENROL_CODE_AGE.as_millis()).unwrap_or(u64::MAX)));
    let (one, two) = code.split_at_checked(3).unwrap_or((&code, ""));
    let notice = Notice::ConfirmationCode { code: format!("{one} {two}"), until };
    tell(core, Order { about: "enrolment", what: mailbox.to_string(), notice, to: To::Address(mailbox.clone(), email) })?;
    Ok(())
}

/// The code came back: the address is the person's.
pub fn confirm(core: &Core, mailbox: &Mailbox, email: Address) -> Result<(), StoreError> {
    let by = format!("enrol:{mailbox}");
    let line = ContactLine {
        mailbox: mailbox.clone(),
        said: Said::Confirmed,
        alternate_email: Some(email),
        phone: None,
        at: core.now().wall,
        by: by.clone(),
    };
    core.note_contact(line)?;
    lock(&core.enrolment).done(mailbox);
    core.audit(&by, "contact-confirmed", "email=true".to_owned());
    Ok(())
}
