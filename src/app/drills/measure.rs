//! Whom the notice reached: from the lines about notices, and from what became of the messages.

use std::collections::HashMap;

use super::state::{BegunLine, Mark, Open};
use crate::app::core::Core;
use crate::app::notices::{Channel, NoticeLine, Told};
use crate::clock::Wall;
use crate::continuity::drill::{Course, Participant, Report};
use crate::mail::Mailbox;
use crate::relay::DeliveryState;
use crate::store::StoreError;

/// What [`crate::app::notices::Order::about`] says of a drill's notices.
pub const ABOUT: &str = "drill";
/// Templates that tell people that it begins.
const BEGINS: &str = "drill-start";

/// The drill as it is now.
///
/// # Errors
/// Ledger or index cannot be read.
pub fn course(core: &Core, open: &Open) -> Result<Course, StoreError> {
    let BegunLine { event, people, .. } = &open.begun;
    let told = told(core, &event.id.0)?;
    let directory = core.directory();
    let person = |mailbox: &Mailbox| {
        let name = directory.person(mailbox).map(|person| person.name.clone()).unwrap_or_default();
        let mark = |mark| open.marks.get(&(mailbox.clone(), mark)).copied();
        let unreachable = (!core.contact_of(mailbox).is_reachable()).then(|| "no other address and no phone".to_owned());
        let word = told.get(mailbox.as_str()).cloned().unwrap_or_default();
        Participant {
            unreachable: unreachable.filter(|_| word == Word::default()),
            trouble: word.trouble.filter(|_| word.at.is_none()),
            told: word.at,
            signed_in: mark(Mark::SignedIn),
            opened: mark(Mark::Opened),
            replied: mark(Mark::Replied),
            ..Participant::new(mailbox.clone(), &name)
        }
    };
    let people = people.iter().map(person).collect();
    let (id, from, until) = (event.id.clone(), event.since, event.until);
    Ok(Course { id, from, until, by: event.by.clone(), reason: event.reason.clone(), people })
}

/// What became of the notices to one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Word {
    at: Option<Wall>,
    trouble: Option<String>,
}

fn told(core: &Core, drill: &str) -> Result<HashMap<String, Word>, StoreError> {
    let lines = core.ledger.read("notice")?.into_iter().filter_map(|line| serde_json::from_value::<NoticeLine>(line.data).ok());
    let of_drill = lines.filter(|line| line.about == ABOUT && line.what == drill && line.notice.starts_with(BEGINS));
    let mut words: HashMap<String, Word> = HashMap::new();
    for told in of_drill.flat_map(|line| line.told) {
        let word = words.entry(told.who.clone()).or_default();
        match outcome(core, &told)? {
            Ok(at) => word.at = Some(word.at.map_or(at, |other| other.min(at))),
            Err(trouble) => word.trouble = Some(trouble),
        }
    }
    Ok(words)
}

/// When the next server (or gateway) took it, or what keeps it.
fn outcome(core: &Core, told: &Told) -> Result<Result<Wall, String>, StoreError> {
    let way = match told.channel {
        Channel::Mail => String::new(),
        Channel::Sms => "by phone: ".to_owned(),
        Channel::Chat => "by chat: ".to_owned(),
        Channel::Command => "by command: ".to_owned(),
    };
    let deliveries = core.store.view().deliveries(told.message)?;
    let Some(delivery) = deliveries.into_iter().find(|to| to.address.to_string() == told.to || told.channel != Channel::Mail) else {
        return Ok(Err(format!("{way}nothing is known of it")));
    };
    Ok(match delivery.state {
        DeliveryState::Delivered { at, .. } => Ok(at),
        DeliveryState::Queued { last: Some(reply), .. } => Err(format!("{way}it waits: {reply}")),
        DeliveryState::Queued { last: None, .. } | DeliveryState::InSession => Err(format!("{way}it was on its way")),
        DeliveryState::Held { reason, .. } => Err(format!("{way}it is held: {reason}")),
        DeliveryState::Refused { reply, .. } | DeliveryState::Bounced { reply, .. } => Err(format!("{way}it was refused: {reply}")),
    })
}

/// The newest report, if there is one.
pub fn last_report(core: &Core) -> Option<Report> {
    reports(core).ok()?.pop()
}

/// All reports, oldest first.
///
/// # Errors
/// The ledger cannot be read.
pub fn reports(core: &Core) -> Result<Vec<Report>, StoreError> {
    Ok(core.ledger.read("drill")?.into_iter().filter_map(|line| serde_json::from_value(line.data).ok()).collect())
}
