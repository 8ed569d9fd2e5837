//! Emergency cards made in the browser: what `lifeboat people cards` makes.

use super::visit::Visit;
use crate::control::{Card, Verb, WhichPeople};
use crate::web::pages::admin::confirm::Confirm;
use crate::web::pages::admin::people_cards::{self, CardsForm};
use crate::web::{Answer, response};

const SECTION: &str = "/admin/people";
const PATH: &str = "/admin/people/cards";

/// `GET /admin/people/cards`; `?address=` fills the form in.
pub fn form(visit: &Visit<'_>) -> Answer {
    let page = CardsForm { addresses: visit.query("address").unwrap_or_default() };
    visit.page(people_cards::form(&visit.shell("Emergency cards", SECTION), &page))
}

/// `POST /admin/people/cards`
pub fn make(visit: &Visit<'_>) -> Answer {
    let named: Vec<String> =
        visit.field("addresses").split([',', ';', ' ', '\n', '\r']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let who = match (visit.field("who"), named.is_empty()) {
        ("all", _) => WhichPeople::All,
        (_, false) => WhichPeople::Addresses(named),
        (_, true) => return visit.say(PATH, false, "Please name somebody, or choose everybody."),
    };
    let confirm = Confirm {
        title: "Make new emergency cards?".to_owned(),
        text: vec![
            "The codes are shown only once, on the next page: print it at once.".to_owned(),
            "Cards that these people had before are void from then on.".to_owned(),
        ],
        button: "Make the cards".to_owned(),
        back: PATH.to_owned(),
    };
    if let Some(page) = visit.unconfirmed(SECTION, &confirm) {
        return page;
    }
    let answer = visit.execute(Verb::PeopleCards { who, by: visit.by() });
    let cards: Vec<Card> = serde_json::from_value(answer.json["cards"].clone()).unwrap_or_default();
    if answer.exit != 0 || cards.is_empty() {
        return visit.say(PATH, false, &answer.text);
    }
    // Not by a redirect: nothing of it is kept anywhere for a second look.
    visit.shown(response::page(200, people_cards::sheet(&visit.shell("Emergency cards", SECTION), &cards)))
}
