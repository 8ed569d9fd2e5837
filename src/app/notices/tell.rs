//! The one place that sends a notice: to a person or to the admins, by every way that they can be reached, with a line in the ledger.
//!
//! A notice is a message in the spool before anybody counts as told, so that neither a restart nor a full queue loses it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::outbox::Words;
use crate::app::core::Core;
use crate::app::writing::{Addressed, NewMessage, queued_now};
use crate::clock::Wall;
use crate::mail::{Address, DsnRequest, Mailbox, compose};
use crate::notify::{self, Letter, Letterhead, Notice, Templates};
use crate::relay::{Queue, Route};
use crate::store::{Change, Ledger, Origin, Seq, Staged, StoreError};

/// Who is told, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "parts that come use them")]
pub enum To {
    /// A person, wherever they can be reached in an outage: alternate address, phone.
    Outside(Mailbox),
    /// A person in the normal mailbox, by the primary (and in the webmail).
    Inside(Mailbox),
    /// A person at an address that the directory does not have yet: a code that confirms it, say.
    Address(Mailbox, Address),
    /// A person at a phone that the directory does not have yet.
    Phone(Mailbox, String),
    /// `notify.admins`, and where else admins read.
    Admins,
}

/// A notice to somebody.
#[derive(Clone, Debug)]
pub struct Order {
    /// What it is about: `begun`, `over`, `reminder`, `alarm`, `maintenance`, `drill`, `enrolment`...
    pub about: &'static str,
    /// Id of the event, name of the alarm, ...
    pub what: String,
    pub notice: Notice,
    pub to: To,
}

/// A ledger line of kind `notice`: who was told what, and by which message. One line may name many people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeLine {
    pub about: String,
    pub what: String,
    /// The first message that says so.
    #[serde(default)]
    pub message: Seq,
    /// Name of the template; empty in lines of versions that told admins only.
    #[serde(default)]
    pub notice: String,
    #[serde(default)]
    pub told: Vec<Told>,
}

/// Somebody who was told by one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The person's mailbox, or `admins`.
    pub who: String,
    pub channel: Channel,
    /// Address or number.
    pub to: String,
    pub message: Seq,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Mail,
    Sms,
    Chat,
    Command,
    /// Nothing was sent: for this person it is the same outage as before.
    None,
}

/// Name of the admins in [`Told::who`].
pub const ADMINS: &str = "admins";

/// Sends one notice. Who was told by what; empty if they can be reached nowhere. Waits for the disk: not from async code.
///
/// # Errors
/// It could not be stored: nobody is told.
pub fn tell(core: &Arc<Core>, order: Order) -> Result<Vec<Told>, StoreError> {
    tell_all(core, vec![order])
}

/// Sends several notices: one write to the spool for all of them, and one line in the ledger for those that say the same.
///
/// # Errors
/// They could not be stored: nobody is told.
pub fn tell_all(core: &Arc<Core>, orders: Vec<Order>) -> Result<Vec<Told>, StoreError> {
    let mut items = Vec::new();
    for order in &orders {
        items.extend(self::items(core, order)?.into_iter().map(|item| (order, item)));
    }
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let now = core.now().wall;
    let (changes, told): (Vec<Change>, Vec<(&Order, Vec<Told>)>) =
        items.into_iter().map(|(order, item)| (item.change, (order, item.told))).unzip();
    let written = core.store.write_wait(changes, now)?;
    let mut lines: Vec<NoticeLine> = Vec::new();
    for (message, (order, told)) in written.into_iter().zip(told) {
        let told = told.into_iter().map(|told| Told { message, ..told });
        let notice = order.notice.template();
        match lines.iter_mut().find(|line| line.notice == notice && line.about == order.about && line.what == order.what) {
            Some(line) => line.told.extend(told),
            None => lines.push(NoticeLine {
                about: order.about.to_owned(),
                what: order.what.clone(),
                message,
                notice: notice.to_owned(),
                told: told.collect(),
            }),
        }
    }
    for line in &lines {
        log::info!("notice about={} what={} notice={} told={}", line.about, line.what, line.notice, line.told.len());
        core.record("notice", line, now);
        core.outbox.take(&line.told, now);
    }
    core.kick(Queue::Outbound);
    core.kick(Queue::Primary);
    Ok(lines.into_iter().flat_map(|line| line.told).collect())
}

/// Messages from `from` on that told something, each once, in order.
///
/// # Errors
/// The ledger cannot be read.
pub fn told_since(ledger: &Ledger, from: Seq) -> Result<Vec<Seq>, StoreError> {
    let mut messages = Vec::new();
    for line in ledger.read("notice")?.into_iter().filter_map(|line| serde_json::from_value::<NoticeLine>(line.data).ok()) {
        messages.extend(std::iter::once(line.message).chain(line.told.iter().map(|told| told.message)).filter(|message| *message >= from));
    }
    messages.sort_unstable();
    messages.dedup();
    Ok(messages)
}

/// A message to write, and who is told by it.
struct Item {
    change: Change,
    told: Vec<Told>,
}

fn items(core: &Arc<Core>, order: &Order) -> Result<Vec<Item>, StoreError> {
    let config = &core.config;
    let mut items = Vec::new();
    match &order.to {
        To::Outside(mailbox) => {
            let contact = core.contact_of(mailbox);
            if let Some(address) = &contact.alternate_email {
                items.push(mail(core, order, Some(mailbox), std::slice::from_ref(address), Route::Outbound)?);
            }
            if let (Some(phone), Some(_)) = (&contact.phone, &config.sms) {
                items.push(pushed(core, order, Some(mailbox), Channel::Sms, phone)?);
            }
        }
        To::Inside(mailbox) => {
            if let Some(person) = core.directory().person(mailbox) {
                items.push(mail(core, order, Some(mailbox), std::slice::from_ref(&person.address), Route::Submit)?);
            }
        }
        To::Address(mailbox, address) => items.push(mail(core, order, Some(mailbox), std::slice::from_ref(address), Route::Outbound)?),
        To::Phone(mailbox, phone) => {
            if config.sms.is_some() {
                items.push(pushed(core, order, Some(mailbox), Channel::Sms, phone)?);
            }
        }
        To::Admins => {
            if !config.notify.admins.is_empty() {
                items.push(mail(core, order, None, &config.notify.admins, Route::Outbound)?);
            }
            if config.chat.is_some() {
                items.push(pushed(core, order, None, Channel::Chat, "")?);
            }
            if config.notify.command.is_some() {
                items.push(pushed(core, order, None, Channel::Command, "")?);
            }
        }
    }
    Ok(items)
}

/// What goes out by HTTP or to a program: a message without recipients, which [`super::outbox`] sends.
fn pushed(core: &Arc<Core>, order: &Order, person: Option<&Mailbox>, channel: Channel, to: &str) -> Result<Item, StoreError> {
    let now = core.now().wall;
    let (_, letter) = written(core, &order.notice, person);
    let text = if channel == Channel::Sms { letter.short } else { letter.text };
    let (about, what) = (order.about.to_owned(), order.what.clone());
    let words = Words { to: to.to_owned(), subject: letter.subject, text, about, what };
    let words = serde_json::to_string(&words).map_err(|error| StoreError::Io(error.to_string()))?;
    let body = format!("Subject: a notice\r\nMIME-Version: 1.0\r\nContent-Type: application/json\r\n\r\n{words}\r\n");
    let who = person.map_or_else(|| ADMINS.to_owned(), Mailbox::to_string);
    let told = vec![Told { who, channel, to: to.to_owned(), message: Seq::default() }];
    Ok(Item { change: message(Addressed::default(), body.into_bytes(), false, now)?, told })
}

fn message(addressed: Addressed, body: Vec<u8>, smtputf8: bool, now: Wall) -> Result<Change, StoreError> {
    let body = Staged::from_bytes(body);
    let new = NewMessage {
        origin: Origin::Notice,
        session: "notice".to_owned(),
        client: None,
        reverse_path: None,
        recipients: addressed.recipients,
        filings: addressed.filings,
        eight_bit: true,
        smtputf8,
        dsn: DsnRequest::default(),
    };
    let accepted = new.accepted(&body, now).map_err(|error| StoreError::Io(error.to_string()))?;
    Ok(Change::Message(Box::new(accepted), Arc::new(body)))
}

fn mail(core: &Arc<Core>, order: &Order, person: Option<&Mailbox>, to: &[Address], route: Route) -> Result<Item, StoreError> {
    let now = core.now().wall;
    let (head, letter) = written(core, &order.notice, person);
    let draft = notify::draft(&head, &letter, to, core.message_id(), now);
    let body = compose::write_alternative(&draft, &letter.html)?;
    let mut addressed = Addressed::default();
    for address in to {
        let mailbox = person.filter(|_| route == Route::Submit).cloned();
        addressed.add(address.clone(), route, queued_now(now), mailbox);
    }
    let who = person.map_or_else(|| ADMINS.to_owned(), Mailbox::to_string);
    let told = |to: &Address| Told { who: who.clone(), channel: Channel::Mail, to: to.to_string(), message: Seq::default() };
    let change = message(addressed, body, !to.iter().all(Address::is_ascii), now)?;
    Ok(Item { change, told: to.iter().map(told).collect() })
}

/// The notice in words, for a person or for the admins.
fn written(core: &Core, notice: &Notice, person: Option<&Mailbox>) -> (Letterhead, Letter) {
    let config = &core.config;
    let links = core.links();
    let directory = core.directory();
    let person = person.and_then(|mailbox| directory.person(mailbox));
    let head = Letterhead {
        hostname: config.server.hostname.clone(),
        office: config.smtp.domains.first().unwrap_or(&config.server.hostname).clone(),
        link: links.by_name,
        ip_link: links.by_address.unwrap_or_default(),
        name: person.map(|person| person.name.clone()).unwrap_or_default(),
        address: person.map(|person| person.address.to_string()).unwrap_or_default(),
    };
    let letter = notify::letter(core.templates.get().unwrap_or(&Templates::default()), &head, notice);
    (head, letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;

    fn order(to: To) -> Order {
        Order {
            about: "enrolment",
            what: "ann".to_owned(),
            notice: Notice::ConfirmationCode { code: "481 516".to_owned(), until: Wall(0) },
            to,
        }
    }

    #[test]
    fn a_notice_is_queued_recorded_and_none_of_the_tally() {
        let world = World::new();
        let (ann, private) = (world.address("ann").mailbox(), Address::parse("ann@mobile.example").unwrap());
        world.queued_for("bo");
        let told = tell(&world.core, order(To::Address(ann.clone(), private))).unwrap();
        assert_eq!((told.len(), told[0].who.as_str(), told[0].to.as_str()), (1, "ann@example.com", "ann@mobile.example"));
        let to = &world.core.store.view().deliveries(told[0].message).unwrap()[0];
        assert_eq!((to.address.to_string().as_str(), to.route), ("ann@mobile.example", Route::Outbound));
        let text = String::from_utf8(world.core.store.body(told[0].message).unwrap()).unwrap();
        for part in ["Subject: 481 516 is your code", "multipart/alternative", "Hello Ann,", "text/html"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.lines().all(|line| line.len() <= 78 || line.starts_with('<') || line.contains("http")), "{text}");
        let inside = tell(&world.core, order(To::Inside(ann))).unwrap();
        assert_eq!(world.core.store.view().deliveries(inside[0].message).unwrap()[0].route, Route::Submit);
        assert_eq!(told_since(&world.core.ledger, Seq(0)).unwrap(), [told[0].message, inside[0].message]);
        assert_eq!(told_since(&world.core.ledger, inside[0].message).unwrap(), [inside[0].message]);
        assert_eq!(world.core.tally(Seq(0), None).unwrap().messages, 1);
    }

    #[test]
    fn who_can_be_reached_nowhere_is_told_by_nothing() {
        let world = World::new();
        assert_eq!(tell(&world.core, order(To::Outside(world.address("bo").mailbox()))).unwrap(), []);
        assert_eq!(told_since(&world.core.ledger, Seq(0)).unwrap(), []);
    }

    #[test]
    fn lines_of_older_versions_are_read() {
        let old = r#"{"about":"begun","what":"2026-03-03T09-15-02","message":7}"#;
        let line: NoticeLine = serde_json::from_str(old).unwrap();
        assert_eq!((line.message, line.notice.as_str(), line.told.len()), (Seq(7), "", 0));
    }
}
