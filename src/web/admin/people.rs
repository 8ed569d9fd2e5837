//! `/admin/people`: who is reached how; a password that is shown once, an invitation.

use super::visit::Visit;
use crate::control::{Verb, WhichPeople};
use crate::web::Answer;
use crate::web::pages::admin::confirm::Confirm;
use crate::web::pages::admin::people::{self, PeoplePage, PersonRow};

const SECTION: &str = "/admin/people";

/// `GET /admin/people`
pub fn list(visit: &Visit<'_>) -> Answer {
    let unreachable = visit.query("unreachable").is_some_and(|said| said == "yes");
    let answer = visit.execute(Verb::PeopleList { unreachable });
    let people: Vec<PersonRow> = super::part(&answer, "people")?;
    let number = |name: &str| answer.json[name].as_u64().unwrap_or_default();
    let page = PeoplePage { people: &people, unreachable, total: number("total"), reachable: number("reachable") };
    visit.page(people::page(&visit.shell("People", SECTION), &page))
}

/// `POST /admin/people/password`
pub fn password(visit: &Visit<'_>) -> Answer {
    let address = visit.field("address").to_owned();
    let confirm = Confirm {
        title: "Make a new password?".to_owned(),
        text: vec![format!(
            "For {address}. It is shown once, on the next page. Passwords from before no longer work, also the one that was sent for an outage; codes of a card do."
        )],
        button: "Make it".to_owned(),
        back: SECTION.to_owned(),
    };
    if let Some(page) = visit.unconfirmed(SECTION, &confirm) {
        return page;
    }
    visit.done(SECTION, &visit.execute(Verb::CredentialIssue { address, by: visit.by() }))
}

/// `POST /admin/people/invite`: one, or all whom nothing reaches.
pub fn invite(visit: &Visit<'_>) -> Answer {
    let who = match visit.field("address") {
        "" => WhichPeople::Missing,
        address => WhichPeople::Addresses(vec![address.to_owned()]),
    };
    visit.done(SECTION, &visit.execute(Verb::PeopleInvite { who, by: visit.by() }))
}
