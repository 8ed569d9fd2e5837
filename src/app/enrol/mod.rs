//! Enrolment: people say before any outage how they are reached during one.
//!
//! Owns the way from an invitation in the normal mailbox to a confirmed address in the ledger. A link or a contact counts when its line is on the disk.

pub mod cards;
pub mod desk;
pub mod invite;
pub mod reach;
pub mod rounds;

use super::core::{Core, lock};
use crate::auth::InvitationLine;
use crate::directory::{ContactLine, Said};
use crate::store::Line;

/// What the ledger says about contacts and invitations, in the order in which it happened.
pub fn load(core: &Core, lines: &[Line]) {
    let (mut contacts, mut enrolment) = (lock(&core.contacts), lock(&core.enrolment));
    for line in lines {
        match line.kind.as_str() {
            "contact" => {
                let Ok(line) = serde_json::from_value::<ContactLine>(line.data.clone()) else { continue };
                if line.said == Said::Confirmed {
                    enrolment.done(&line.mailbox);
                }
                contacts.apply(line);
            }
            "invitation" => {
                let Ok(line) = serde_json::from_value::<InvitationLine>(line.data.clone()) else { continue };
                enrolment.apply(line);
            }
            _ => {}
        }
    }
}
