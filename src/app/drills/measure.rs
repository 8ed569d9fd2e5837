//! Whom the notice reached: from the lines about notices, and from what became of the messages.

use std::collections::HashMap;

use super::state::{BegunLine, Mark, Open};
use crate::app::core::Core;
use crate::app::notices::{Channel, NoticeLine, StateLine, Told};
use crate::clock::Wall;
use crate::continuity::drill::{Course, Participant, Report};
use crate::mail::Mailbox;
use crate::relay::DeliveryState;
use crate::store::{Seq, StoreError};

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
    let of_drill = lines.filter(|line| line.what == drill && line.notice.starts_with(BEGINS));
    let pushed = Pushed::read(core)?;
    let mut words: HashMap<String, Word> = HashMap::new();
    for told in of_drill.flat_map(|line| line.told) {
        let word = words.entry(told.who.clone()).or_default();
        match outcome(core, &pushed, &told)? {
            Ok(at) => word.at = Some(word.at.map_or(at, |other| other.min(at))),
            Err(trouble) => word.trouble = Some(trouble),
        }
    }
    Ok(words)
}

/// How notices that are no mail ended.
struct Pushed(HashMap<Seq, (Wall, StateLine)>);

impl Pushed {
    fn read(core: &Core) -> Result<Pushed, StoreError> {
        let lines = core.ledger.read("notice-state")?.into_iter();
        let states = lines.filter_map(|line| Some((line.at, serde_json::from_value::<StateLine>(line.data).ok()?)));
        Ok(Pushed(states.map(|(at, state)| (state.message, (at, state))).collect()))
    }
}

/// When the next server (or gateway) took it, or what keeps it.
fn outcome(core: &Core, pushed: &Pushed, told: &Told) -> Result<Result<Wall, String>, StoreError> {
    let way = match told.channel {
        Channel::Mail => return mailed(core, told),
        Channel::None => return Ok(Err("nothing was sent: the password of the last notice still holds".to_owned())),
        Channel::Sms => "by phone",
        Channel::Chat => "by chat",
        Channel::Command => "by the program",
    };
    Ok(match pushed.0.get(&told.message) {
        Some((at, state)) if state.is_sent => Ok(*at),
        Some((_, state)) => Err(format!("{way}: {}", state.detail)),
        None => Err(format!("{way}: it was on its way")),
    })
}

fn mailed(core: &Core, told: &Told) -> Result<Result<Wall, String>, StoreError> {
    let deliveries = core.store.view().deliveries(told.message)?;
    let own = deliveries.into_iter().find(|to| to.address.to_string() == told.to);
    Ok(match own.map(|to| to.state) {
        Some(DeliveryState::Delivered { at, .. }) => Ok(at),
        Some(DeliveryState::Queued { last: Some(reply), .. }) => Err(format!("it waits: {reply}")),
        Some(DeliveryState::Queued { last: None, .. } | DeliveryState::InSession) => Err("it was on its way".to_owned()),
        Some(DeliveryState::Held { reason, .. }) => Err(format!("it is held: {reason}")),
        Some(DeliveryState::Refused { reply, .. } | DeliveryState::Bounced { reply, .. }) => Err(format!("it was refused: {reply}")),
        // Retention dropped the message.
        None => Err("what became of it is not known any more".to_owned()),
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
