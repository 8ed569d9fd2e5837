//! Emergency cards: codes on paper, made before anything happens, good also when everything else is down.

use serde_json::json;

use super::super::core::Core;
use super::invite::chosen;
use crate::control::{Answer, Card, WhichPeople};
use crate::limits::{CARD_CODES, CARDS_AT_ONCE_MAX};
use crate::mail::date;

/// `people cards`
pub fn verb(core: &Core, who: &WhichPeople, by: &str) -> Answer {
    let people = match chosen(core, who) {
        Ok(people) => people,
        Err(text) => return Answer::failed(text),
    };
    if people.is_empty() {
        return Answer::failed("Nobody was named.");
    }
    if people.len() > CARDS_AT_ONCE_MAX {
        return Answer::failed(format!("{} people are too many at once: at most {CARDS_AT_ONCE_MAX}.", people.len()));
    }
    let (links, made) = (core.links(), date::minute(core.now().wall));
    let mut cards = Vec::with_capacity(people.len());
    for person in &people {
        let codes = match core.issue_codes(&person.mailbox, CARD_CODES, by) {
            Ok(codes) => codes,
            Err(error) => {
                return Answer::failed(format!("The codes of {} could not be recorded: {error}. Make the cards again.", person.address));
            }
        };
        cards.push(Card {
            address: person.address.to_string(),
            name: person.name.clone(),
            link: links.by_name.clone(),
            ip_link: links.by_address.clone(),
            codes,
            made: made.split(' ').next().unwrap_or_default().to_owned(),
        });
    }
    // The codes are in the JSON only: text is what ends in logs and on screens.
    let text = format!(
        "{} {} made. Older cards of the same people are void.\n",
        cards.len(),
        if cards.len() == 1 { "card is" } else { "cards are" }
    );
    Answer::done(text, json!({ "cards": cards }))
}
