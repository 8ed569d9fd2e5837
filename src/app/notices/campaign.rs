//! Tells the people of an event, in the background: a fresh password for each (or that the last one still holds), in small batches, so that
//! the first ones know within seconds and a thousand argon2id verifiers keep nothing else waiting.
//!
//! What was done is read from the ledger: after a restart a campaign goes on where it was. Whose fresh password was recorded and not sent
//! gets another one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::open::{Book, Open};
use super::tell::{ADMINS, Channel, NoticeLine, Order, To, Told, tell_all};
use crate::app::core::Core;
use crate::app::credentials::{no_random, random_16};
use crate::auth::{EventPasswordsLine, Verifier, password};
use crate::limits::{NOTICE_BATCH_PEOPLE, NOTICE_LOOK_AGAIN};
use crate::mail::Mailbox;
use crate::net::rt;
use crate::notify::{Login, Notice};
use crate::store::{Seq, StoreError};

/// After a disk that took nothing.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Whom the box can tell of an event, and whom not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub reachable: usize,
    pub unreachable: usize,
}

impl Reach {
    pub fn of(core: &Core, open: &Open) -> Reach {
        let people = open.people(core);
        let reachable = people.iter().filter(|mailbox| is_reachable(core, mailbox)).count();
        Reach { reachable, unreachable: people.len() - reachable }
    }

    /// For the admins.
    pub fn words(self) -> String {
        let (told, not) = (persons(self.reachable), persons(self.unreachable));
        match (self.reachable, self.unreachable) {
            (0, 0) => String::new(),
            (0, _) => format!("{not} cannot be told: nobody has an alternate address."),
            (_, 0) => format!("{told} will be told where and how to sign in."),
            _ => format!("{told} will be told where and how to sign in; {not} cannot be: no alternate address."),
        }
    }
}

fn persons(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

fn is_reachable(core: &Core, mailbox: &Mailbox) -> bool {
    let contact = core.contact_of(mailbox);
    contact.alternate_email.is_some() || (contact.phone.is_some() && core.config.sms.is_some())
}

/// Until the event is over. With `goes_on` it is the same outage for people as that event, whose end they were not told: then they are told
/// nothing new.
pub async fn begin(core: Arc<Core>, open: Open, goes_on: Option<String>) {
    if let Some(before) = goes_on {
        let (there, of) = (core.clone(), open.clone());
        if let Err(error) = rt::unblock(move || join(&there, &of, &before)).await {
            log::error!("notice event={} not joined to the one before: {error}", open.id);
        }
    }
    loop {
        let (there, of) = (core.clone(), open.clone());
        let wait = match rt::unblock(move || plan(&there, &of)).await {
            Ok(people) => tell_people(&core, &open, people).await,
            Err(error) => {
                log::error!("notice event={} people not told: {error}", open.id);
                AGAIN_AFTER
            }
        };
        rt::sleep(wait).await;
        if !Open::is_open(&core, &open.id) {
            return;
        }
    }
}

/// Tells them batch by batch; how long to wait before looking again.
async fn tell_people(core: &Arc<Core>, open: &Open, mut people: VecDeque<Mailbox>) -> Duration {
    let mut size = 1;
    while !people.is_empty() && Open::is_open(core, &open.id) {
        let batch: Vec<Mailbox> = people.drain(..size.min(people.len())).collect();
        let (there, of) = (core.clone(), open.clone());
        if let Err(error) = rt::unblock(move || tell_batch(&there, &of, &batch)).await {
            log::error!("notice event={} people not told: {error}", open.id);
            return AGAIN_AFTER;
        }
        size = (size * 2).min(NOTICE_BATCH_PEOPLE);
    }
    NOTICE_LOOK_AGAIN
}

/// People were told of the event before and not of its end: for them this one is the same.
fn join(core: &Core, open: &Open, before: &str) -> Result<(), StoreError> {
    let concerned = open.people(core);
    let waiting = Book::read(core)?.waiting_for_end(before).into_iter().filter(|who| who != ADMINS);
    let told = |who: String| Told { who, channel: Channel::None, to: String::new(), message: Seq::default() };
    let told: Vec<Told> = waiting.filter(|who| concerned.iter().any(|mailbox| mailbox.as_str() == who)).map(told).collect();
    for (about, what, notice) in [("over", before, "event-end"), ("begun", open.id.as_str(), "event-start-again")] {
        if !told.is_empty() {
            let (about, what, notice) = (about.to_owned(), what.to_owned(), notice.to_owned());
            let line = NoticeLine { about, what, message: Seq::default(), notice, told: told.clone() };
            core.ledger.append("notice", &line, core.now().wall)?;
        }
    }
    Ok(())
}

/// Ends passwords of long ago, keeps those of just now, and says who is to be told.
fn plan(core: &Core, open: &Open) -> Result<VecDeque<Mailbox>, StoreError> {
    let now = core.now().wall;
    let book = Book::read(core)?;
    let people = open.people(core);
    let credentials = core.credentials();
    let mut line = EventPasswordsLine { event: open.id.clone(), ..EventPasswordsLine::default() };
    for mailbox in &people {
        match credentials.event_password(mailbox) {
            Some(password) if password.good_for == open.id => {}
            Some(password) if password.is_kept(now) => line.kept.push(mailbox.clone()),
            Some(_) => line.ended.push(mailbox.clone()),
            None => {}
        }
    }
    if !(line.kept.is_empty() && line.ended.is_empty()) {
        core.record_event_passwords(line)?;
    }
    let untold = |mailbox: &Mailbox| !book.is_told_begun(&open.id, mailbox.as_str()) && is_reachable(core, mailbox);
    Ok(people.into_iter().filter(untold).collect())
}

/// Makes what passwords are missing, records them, and only then sends them.
fn tell_batch(core: &Arc<Core>, open: &Open, batch: &[Mailbox]) -> Result<(), StoreError> {
    let credentials = core.credentials();
    let mut line = EventPasswordsLine { event: open.id.clone(), ..EventPasswordsLine::default() };
    let mut orders = Vec::new();
    for mailbox in batch {
        let password = credentials.event_password(mailbox);
        let login = match password {
            _ if !core.config.credentials.event => Login::Standing,
            Some(password) if password.good_for == open.id && password.made_for != open.id => Login::AsBefore,
            _ => {
                let password = password_for(core, mailbox, &open.id, &mut line)?;
                Login::Fresh { password }
            }
        };
        orders.push(Order { about: "begun", what: open.id.clone(), notice: open.begun(login), to: To::Outside(mailbox.clone()) });
    }
    if !line.fresh.is_empty() {
        core.record_event_passwords(line)?;
    }
    tell_all(core, orders).map(drop)
}

fn password_for(core: &Core, mailbox: &Mailbox, event: &str, line: &mut EventPasswordsLine) -> Result<String, StoreError> {
    let (words, salt) = random_16().zip(random_16()).ok_or_else(no_random)?;
    let password = password(words);
    line.fresh.push(Verifier::make(mailbox, &password, salt, core.now().wall, &format!("event:{event}")));
    Ok(password)
}

/// Tells those who wait for it that the event is over, or once more that it lasts.
pub fn tell_waiting(core: &Arc<Core>, event: &str, about: &'static str, notice: &Notice) -> Result<usize, StoreError> {
    let waiting = Book::read(core)?.waiting_for_end(event);
    let directory = core.directory();
    let people: Vec<Mailbox> =
        directory.people().map(|person| person.mailbox.clone()).filter(|mailbox| waiting.contains(mailbox.as_str())).collect();
    for batch in people.chunks(NOTICE_BATCH_PEOPLE) {
        let order = |mailbox: &Mailbox| Order { about, what: event.to_owned(), notice: notice.clone(), to: To::Outside(mailbox.clone()) };
        tell_all(core, batch.iter().map(order).collect())?;
    }
    Ok(people.len())
}
