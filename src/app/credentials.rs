//! Passwords and codes between the ledger and memory: what is not on disk counts for nothing.

#![allow(dead_code, reason = "cards and events come to use it")]

use std::sync::{Arc, PoisonError};

use super::core::Core;
use super::of_kind;
use crate::auth::{Accepted, CodeHash, CodeUsedLine, CodesLine, Credentials, EventPasswordsLine, Passed, Verifier, code};
use crate::config::Access;
use crate::mail::Mailbox;
use crate::store::{Line, StoreError};

/// What the ledger says.
pub fn load(lines: &[Line]) -> Credentials {
    let mut credentials = Credentials::default();
    of_kind::<Verifier>(lines, "credential").into_iter().for_each(|verifier| credentials.insert(verifier));
    of_kind::<EventPasswordsLine>(lines, "credential-event").into_iter().for_each(|line| credentials.apply_event(line));
    of_kind::<CodesLine>(lines, "credential-codes").into_iter().for_each(|line| credentials.apply_codes(line));
    // Codes are never made twice: one that was used before newer ones were made is not among those.
    for used in of_kind::<CodeUsedLine>(lines, "credential-code-used") {
        credentials.spend(&used);
    }
    credentials
}

impl Core {
    /// Whether this lets the person in. Waits for the disk when it is a one-time code, which is spent by it.
    pub fn lets_in(&self, mailbox: Option<&Mailbox>, typed: &str) -> bool {
        let standing = mailbox.map(|mailbox| self.standing_of(mailbox));
        let in_event = standing.is_some_and(|standing| standing.event.is_some());
        let accepted = Accepted { standing: self.config.credentials.standing, event: in_event };
        match (self.credentials().check(mailbox, typed, accepted), mailbox) {
            // A person to whom the door is closed now is told so; the code stays good.
            (Some(Passed::Code(_)), _) if !in_event && self.config.web.access == Access::Continuity => true,
            (Some(Passed::Code(code)), Some(mailbox)) => self.spend(CodeUsedLine { mailbox: mailbox.clone(), code }),
            (passed, _) => passed.is_some(),
        }
    }

    /// Whether it was still there, and is on disk as used.
    fn spend(&self, used: CodeUsedLine) -> bool {
        if !self.change_credentials(|credentials| credentials.spend(&used)) {
            return false;
        }
        match self.ledger.append("credential-code-used", &used, self.now().wall) {
            Ok(_) => true,
            Err(error) => {
                log::error!("credential mailbox=<{}> code not recorded as used: {error}", used.mailbox);
                self.change_credentials(|credentials| credentials.unspend(&used));
                false
            }
        }
    }

    /// Makes new one-time codes for a person; older ones end. They are shown only now.
    ///
    /// # Errors
    /// They could not be recorded, or the box has no random numbers yet: the older ones stay.
    pub fn issue_codes(&self, mailbox: &Mailbox, count: usize, by: &str) -> Result<Vec<String>, StoreError> {
        let codes = (0..count).map(|_| random_16().map(code)).collect::<Option<Vec<String>>>().ok_or_else(no_random)?;
        let hashes = codes.iter().map(|code| CodeHash::of(code)).collect();
        let line = CodesLine { mailbox: mailbox.clone(), codes: hashes, issued_at: self.now().wall, by: by.to_owned() };
        self.ledger.append("credential-codes", &line, line.issued_at)?;
        self.change_credentials(|credentials| credentials.apply_codes(line));
        self.audit(by, "codes-issue", format!("mailbox={mailbox} codes={count}"));
        Ok(codes)
    }

    /// Records what becomes of passwords of an event, then makes it true.
    ///
    /// # Errors
    /// It could not be recorded: nothing changes.
    pub fn record_event_passwords(&self, line: EventPasswordsLine) -> Result<(), StoreError> {
        self.ledger.append("credential-event", &line, self.now().wall)?;
        self.change_credentials(|credentials| credentials.apply_event(line));
        Ok(())
    }

    pub fn change_credentials<T>(&self, change: impl FnOnce(&mut Credentials) -> T) -> T {
        change(Arc::make_mut(&mut self.credentials.write().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// None if the box has no random numbers yet.
pub fn random_16() -> Option<[u8; 16]> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok().map(|()| random)
}

pub fn no_random() -> StoreError {
    StoreError::Io("the box has no random numbers yet".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::continuity::Input;

    /// The credentials as the next start would read them.
    fn after_a_restart(world: &World) -> Credentials {
        let lines = ["credential", "credential-event", "credential-codes", "credential-code-used"];
        load(&lines.iter().flat_map(|kind| world.core.ledger.read(kind).unwrap()).collect::<Vec<_>>())
    }

    fn in_an_event() -> World {
        let world = World::new();
        world.core.feed(Input::Start { by: "cli:root".to_owned(), reason: "test".to_owned() });
        world
    }

    #[test]
    fn a_code_lets_in_once_also_after_a_restart() {
        let world = in_an_event();
        let ann = world.address("ann").mailbox();
        let codes = world.core.issue_codes(&ann, 2, "cli:root").unwrap();
        assert!(world.core.lets_in(Some(&ann), &codes[0]) && !world.core.lets_in(Some(&ann), &codes[0]));
        let read = after_a_restart(&world);
        assert_eq!((read.codes_left(&ann), read.check(Some(&ann), &codes[0], Accepted { standing: true, event: true })), (1, None));
        assert!(world.core.lets_in(Some(&ann), &codes[1]));
        assert_eq!(after_a_restart(&world).codes_left(&ann), 0);
    }

    #[test]
    fn a_code_is_not_lost_while_the_door_is_closed() {
        let world = World::new();
        let ann = world.address("ann").mailbox();
        let codes = world.core.issue_codes(&ann, 1, "cli:root").unwrap();
        assert!(world.core.lets_in(Some(&ann), &codes[0]));
        assert_eq!(world.core.credentials().codes_left(&ann), 1);
    }

    #[test]
    fn passwords_of_an_event_are_there_after_a_restart() {
        let world = in_an_event();
        let ann = world.address("ann").mailbox();
        let fresh = vec![Verifier::make(&ann, "lamp-river-seven-coat", [1; 16], world.core.now().wall, "event")];
        let line = EventPasswordsLine { event: "one".to_owned(), fresh, ..EventPasswordsLine::default() };
        world.core.record_event_passwords(line).unwrap();
        assert!(world.core.lets_in(Some(&ann), "lamp river seven coat"));
        assert!(after_a_restart(&world).event_password(&ann).is_some_and(|password| password.made_for == "one"));
    }
}
