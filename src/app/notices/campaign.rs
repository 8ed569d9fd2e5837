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
use crate::continuity::Window;
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

/// Tells everybody in the normal mailbox, and the admins, of planned work.
pub fn announce(core: &Arc<Core>, window: &Window) -> Result<(), StoreError> {
    let (book, what) = (Book::read(core)?, format!("window-{}", window.id));
    let (from, to, reason) = (window.from, window.to, window.reason.clone());
    let people: Vec<Mailbox> = core.directory().people().map(|person| person.mailbox.clone()).collect();
    if !book.is_announced(&what, ADMINS) {
        let told = format!("{} will be told in the normal mailbox.", persons(people.len()));
        let notice = Notice::AdminMaintenance { from, to, reason: reason.clone(), told };
        tell_all(core, vec![Order { about: "maintenance", what: what.clone(), notice, to: To::Admins }])?;
    }
    let untold: Vec<Mailbox> = people.into_iter().filter(|mailbox| !book.is_announced(&what, mailbox.as_str())).collect();
    for batch in untold.chunks(NOTICE_BATCH_PEOPLE) {
        let notice = || Notice::Maintenance { from, to, reason: reason.clone() };
        let order =
            |mailbox: &Mailbox| Order { about: "maintenance", what: what.clone(), notice: notice(), to: To::Inside(mailbox.clone()) };
        tell_all(core, batch.iter().map(order).collect())?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::notices::list::statuses;
    use crate::app::testing::World;
    use crate::clock::Wall;
    use crate::continuity::Input;
    use crate::directory::Directory;

    /// Ann is reached outside, Bo is not; everybody's event is open.
    fn in_an_event() -> (World, Open) {
        let world = World::new();
        let csv = "address,name,aliases,alternate_email,phone,groups\nann@example.com,Ann,,ann@mobile.example,,\nbo@example.com,Bo,,,,\n";
        *world.core.directory.write().unwrap() = Arc::new(Directory::parse_csv(csv, &[]).unwrap());
        let open = open(&world);
        (world, open)
    }

    fn open(world: &World) -> Open {
        world.core.feed(Input::Start { by: "cli:root".to_owned(), reason: "test".to_owned() });
        Open::all(&world.core).remove(0)
    }

    fn end(world: &World, open: &Open, over_at: Wall) {
        let line = EventPasswordsLine { event: open.id.clone(), over_at: Some(over_at), ..EventPasswordsLine::default() };
        world.core.record_event_passwords(line).unwrap();
    }

    /// Runs a campaign to its end; the templates by which people were told in that event.
    fn campaign(world: &World, open: &Open) -> Vec<String> {
        for mailbox in plan(&world.core, open).unwrap() {
            tell_batch(&world.core, open, &[mailbox]).unwrap();
        }
        statuses(&world.core, Some(&open.id)).unwrap().into_iter().map(|told| format!("{} {}", told.who, told.notice)).collect()
    }

    #[test]
    fn a_campaign_tells_each_reachable_person_once() {
        let (world, open) = in_an_event();
        assert_eq!(Reach::of(&world.core, &open), Reach { reachable: 1, unreachable: 1 });
        assert_eq!(campaign(&world, &open), ["ann@example.com event-start"]);
        assert_eq!(campaign(&world, &open), ["ann@example.com event-start"], "nothing twice");
        assert!(world.core.credentials().event_password(&world.address("ann").mailbox()).is_some());
    }

    #[test]
    fn a_flap_keeps_the_password_and_a_later_event_makes_a_new_one() {
        let (world, first) = in_an_event();
        campaign(&world, &first);
        let now = world.core.now().wall;
        let second = Open { id: "second".to_owned(), ..first.clone() };
        end(&world, &first, Wall(now.0 - 23 * 3600 * 1000));
        assert_eq!(campaign(&world, &second), ["ann@example.com event-start-again"]);
        let third = Open { id: "third".to_owned(), ..first };
        end(&world, &second, Wall(now.0 - 25 * 3600 * 1000));
        assert_eq!(campaign(&world, &third), ["ann@example.com event-start"]);
    }

    #[test]
    fn whose_password_was_recorded_and_not_sent_gets_another_one() {
        let (world, open) = in_an_event();
        let ann = world.address("ann").mailbox();
        let mut line = EventPasswordsLine { event: open.id.clone(), ..EventPasswordsLine::default() };
        let lost = password_for(&world.core, &ann, &open.id, &mut line).unwrap();
        world.core.record_event_passwords(line).unwrap();
        assert!(world.core.lets_in(Some(&ann), &lost));
        assert_eq!(campaign(&world, &open), ["ann@example.com event-start"]);
        assert!(!world.core.lets_in(Some(&ann), &lost));
    }

    #[test]
    fn a_flap_before_the_end_was_told_is_no_news() {
        let (world, first) = in_an_event();
        campaign(&world, &first);
        let second = Open { id: "second".to_owned(), ..first.clone() };
        join(&world.core, &second, &first.id).unwrap();
        assert_eq!(campaign(&world, &second), ["ann@example.com event-start-again"], "noted, not sent");
        let book = Book::read(&world.core).unwrap();
        assert!(book.waiting_for_end(&first.id).is_empty() && book.waiting_for_end("second").contains("ann@example.com"));
    }

    #[test]
    fn the_end_is_told_to_those_who_know_of_the_beginning() {
        let (world, open) = in_an_event();
        campaign(&world, &open);
        assert_eq!(tell_waiting(&world.core, &open.id, "over", &Notice::EventEnd).unwrap(), 1);
        assert_eq!(tell_waiting(&world.core, &open.id, "over", &Notice::EventEnd).unwrap(), 0);
    }
}
