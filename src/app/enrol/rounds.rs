//! What enrolment sends by itself: reminders, and with `enrolment.invite` invitations to people who are new.

use std::sync::Arc;
use std::time::Duration;

use super::super::core::{Core, lock};
use super::invite;
use crate::continuity::Mode;
use crate::directory::Person;
use crate::limits::ENROL_ROUND_MAX;
use crate::net::rt;

const ROUND: Duration = Duration::from_secs(20);

/// For ever, a round each [`ROUND`].
pub async fn run(core: Arc<Core>) {
    loop {
        rt::sleep(ROUND).await;
        let there = core.clone();
        if let Err(error) = rt::unblock(move || round(&there)).await {
            log::error!("enrol: {error}");
        }
    }
}

/// In an outage nobody is asked: the mail would only wait, and people have other worries.
fn round(core: &Arc<Core>) -> Result<(), String> {
    if core.mode().mode != Mode::Normal {
        return Ok(());
    }
    let due = due(core);
    if due.is_empty() { Ok(()) } else { invite::invite(core, &due, "box") }
}

/// Who is written to now, with the number of the reminder; 0 for an invitation.
fn due(core: &Core) -> Vec<(Person, u32)> {
    let (directory, now) = (core.directory(), core.now().wall);
    let asks = core.config.enrolment.invite;
    let due = directory.people().filter_map(|person| {
        let has_spoken = lock(&core.contacts).has_spoken(&person.mailbox);
        let enrolment = lock(&core.enrolment);
        let number = match enrolment.invited_at(&person.mailbox) {
            Some(_) => enrolment.reminder_due(&person.mailbox, now).filter(|_| !has_spoken),
            None => (asks && !core.contact(person).is_reachable()).then_some(0),
        };
        number.map(|number| (person.clone(), number))
    });
    due.take(ENROL_ROUND_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::auth::InvitationLine;
    use crate::clock::Wall;
    use crate::directory::{ContactLine, Said};

    const DAY_MS: u64 = 24 * 3600 * 1000;

    #[test]
    fn who_was_asked_days_ago_is_reminded_until_they_answer() {
        let world = World::new();
        let (core, ann) = (&world.core, world.address("ann").mailbox());
        let now = core.now().wall;
        assert!(due(core).is_empty(), "nobody is asked by itself without enrolment.invite");
        lock(&core.enrolment).apply(InvitationLine::new(&ann, "t", Wall(now.0 - 4 * DAY_MS), 0, "cli:root"));
        let found = due(core);
        assert_eq!((found.len(), found[0].0.mailbox == ann, found[0].1), (1, true, 1));
        round(core).unwrap();
        assert!(due(core).is_empty(), "told once");
        assert_eq!(core.ledger.read("invitation").unwrap().len(), 1);
        assert_eq!(core.ledger.read("notice").unwrap()[0].data["notice"], "invitation-reminder");
        lock(&core.enrolment).apply(InvitationLine::new(&ann, "t", Wall(now.0 - 4 * DAY_MS), 0, "cli:root"));
        let (phone, at) = (Some("+49 30 1".to_owned()), now);
        let line = ContactLine { mailbox: ann, said: Said::Given, alternate_email: None, phone, at, by: "test".to_owned() };
        core.note_contact(line).unwrap();
        assert!(due(core).is_empty(), "she gave a phone");
    }
}
