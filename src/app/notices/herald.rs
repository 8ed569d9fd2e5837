//! Follows the state of the box and tells what changed: what began, what is over, what needs the admins.
//!
//! It looks instead of being told of each change: a flap that is over before it looks is no news. What was told is in the ledger, so that a
//! restart tells nothing twice.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::campaign::{self, Reach};
use super::open::{Book, Open};
use super::tell::{ADMINS, Order, To, tell};
use crate::app::core::{Core, EventLine};
use crate::app::status;
use crate::auth::EventPasswordsLine;
use crate::clock::Mono;
use crate::continuity::Window;
use crate::limits::{
    MAINTENANCE_ANNOUNCED_BEFORE, NOTICE_ALARM_AFTER, NOTICE_ALARM_AGAIN_AFTER, NOTICE_END_WAIT, NOTICE_EVENTS_HOUR_MAX, NOTICES_HOUR_MAX,
};
use crate::net::rt::{self, Task};
use crate::notify::Notice;

const LOOK_EVERY: Duration = Duration::from_secs(2);
const HOUR: Duration = Duration::from_secs(3600);

/// Looks, and tells.
struct Herald {
    core: Arc<Core>,
    /// Events that are open as far as anybody was told.
    known: BTreeMap<String, Known>,
    /// Events that are over, and whose people are not told yet.
    ending: BTreeMap<String, Ending>,
    /// Since when each alarm is there, and when it was told last.
    alarms: HashMap<String, Alarm>,
    /// Planned work that was announced since the start; before it, the ledger says.
    announced: BTreeSet<u64>,
    /// When notices to the admins went out, and when people were told of a beginning, within the last hour.
    sent: VecDeque<Mono>,
    begun: VecDeque<Mono>,
}

struct Known {
    is_drill: bool,
    is_everybodys: bool,
    scope: String,
    reminded: Mono,
    people_reminded: Mono,
    /// Tells people while the event is open; none while there were too many events in an hour.
    campaign: Option<Task<()>>,
}

struct Ending {
    since: Mono,
    is_drill: bool,
    is_everybodys: bool,
}

#[derive(Clone, Copy)]
struct Alarm {
    since: Mono,
    told: Option<Mono>,
}

/// For ever.
pub async fn run(core: Arc<Core>) {
    let mut herald = Herald::new(core).await;
    loop {
        herald.look().await;
        rt::sleep(LOOK_EVERY).await;
    }
}

impl Herald {
    async fn new(core: Arc<Core>) -> Herald {
        let of = core.clone();
        let book = rt::unblock(move || Book::read(&of)).await.unwrap_or_default();
        let mut herald = Herald {
            core,
            known: BTreeMap::new(),
            ending: BTreeMap::new(),
            alarms: HashMap::new(),
            announced: BTreeSet::new(),
            sent: VecDeque::new(),
            begun: VecDeque::new(),
        };
        let now = herald.core.now().mono;
        let open = Open::all(&herald.core);
        for (id, is_drill) in book.unfinished() {
            if let Some(open) = open.iter().find(|open| open.id == id) {
                // People who were not told yet are told now.
                let campaign = rt::spawn(campaign::begin(herald.core.clone(), open.clone(), None));
                herald.know(open, Some(campaign));
            } else {
                // Over while the box was not there to tell.
                let known =
                    Known { is_drill, is_everybodys: true, scope: String::new(), reminded: now, people_reminded: now, campaign: None };
                herald.known.insert(id, known);
            }
        }
        herald
    }

    fn know(&mut self, open: &Open, campaign: Option<Task<()>>) {
        let now = self.core.now().mono;
        let known = Known {
            is_drill: open.is_drill,
            is_everybodys: open.members.is_none(),
            scope: open.scope(),
            reminded: now,
            people_reminded: now,
            campaign,
        };
        self.known.insert(open.id.clone(), known);
    }

    async fn look(&mut self) {
        let open = Open::all(&self.core);
        self.end_passwords(&open).await;
        let over: Vec<String> = self.known.keys().filter(|id| !open.iter().any(|open| open.id == **id)).cloned().collect();
        for id in over {
            self.tell_over(id).await;
        }
        for open in &open {
            match self.known.get(&open.id) {
                None => self.tell_begun(open).await,
                Some(known) if known.campaign.is_none() => self.tell_people(open),
                Some(_) => {}
            }
        }
        self.tell_people_over().await;
        self.remind(&open).await;
        self.announce().await;
        self.look_at_alarms().await;
    }

    /// Planned work is announced a day before, or as soon as it is planned.
    async fn announce(&mut self) {
        let now = self.core.now().wall;
        let is_due = |window: &&Window| window.announce && now < window.from && window.from.since(now) <= MAINTENANCE_ANNOUNCED_BEFORE;
        let windows = self.core.windows();
        for window in windows.iter().filter(is_due) {
            if self.announced.contains(&window.id) {
                continue;
            }
            let (core, of) = (self.core.clone(), window.clone());
            match rt::unblock(move || campaign::announce(&core, &of)).await {
                Ok(()) => {
                    self.announced.insert(window.id);
                }
                Err(error) => log::error!("notice about=maintenance what=window-{} not written: {error}", window.id),
            }
        }
    }

    /// From now on the 24 hours count in which the next event goes on with them.
    async fn end_passwords(&self, open: &[Open]) {
        let events = self.core.credentials().events();
        for event in events.into_iter().filter(|event| !open.iter().any(|open| open.id == *event)) {
            let core = self.core.clone();
            let over = EventPasswordsLine { event, over_at: Some(core.now().wall), ..EventPasswordsLine::default() };
            if let Err(error) = rt::unblock(move || core.record_event_passwords(over)).await {
                log::error!("credential end of an event not recorded: {error}");
            }
        }
    }

    async fn tell_begun(&mut self, open: &Open) {
        let (core, of) = (self.core.clone(), open.clone());
        let notice = rt::unblock(move || begun(&core, &of)).await;
        if !self.tell("begun", &open.id, notice).await {
            return;
        }
        self.know(open, None);
        self.tell_people(open);
        if self.known.get(&open.id).is_some_and(|known| known.campaign.is_none()) {
            log::warn!("notice event={} people are told later: too many events in an hour", open.id);
        }
    }

    /// Begins to tell people, unless they were told of too many events in this hour: then it is tried again.
    fn tell_people(&mut self, open: &Open) {
        let now = self.core.now().mono;
        forget_older(&mut self.begun, now);
        if self.begun.len() >= NOTICE_EVENTS_HOUR_MAX {
            return;
        }
        self.begun.push_back(now);
        // A flap: who was not told yet that it is over is told nothing at all.
        let before = self.ending.iter().find(|(_, ending)| ending.is_everybodys && !ending.is_drill && open.members.is_none());
        let before = before.map(|(id, _)| id.clone());
        if let Some(before) = &before {
            self.ending.remove(before);
        }
        let campaign = rt::spawn(campaign::begin(self.core.clone(), open.clone(), before));
        self.know(open, Some(campaign));
    }

    async fn tell_over(&mut self, id: String) {
        let Some(known) = self.known.get(&id) else { return };
        let (core, event, scope, is_drill) = (self.core.clone(), id.clone(), known.scope.clone(), known.is_drill);
        let is_everybodys = known.is_everybodys;
        let notice = rt::unblock(move || over(&core, &event, scope, is_drill)).await;
        let is_told = match notice {
            Some(notice) => self.tell("over", &id, notice).await,
            None => true,
        };
        if is_told {
            self.known.remove(&id);
            self.ending.insert(id, Ending { since: self.core.now().mono, is_drill, is_everybodys });
        }
    }

    async fn tell_people_over(&mut self) {
        let now = self.core.now().mono;
        let due: Vec<String> =
            self.ending.iter().filter(|(_, ending)| now.since(ending.since) >= NOTICE_END_WAIT).map(|(id, _)| id.clone()).collect();
        for id in due {
            let is_drill = self.ending.get(&id).is_some_and(|ending| ending.is_drill);
            let core = self.core.clone();
            let (event, notice) = (id.clone(), if is_drill { Notice::DrillEnd } else { Notice::EventEnd });
            match rt::unblock(move || campaign::tell_waiting(&core, &event, "over", &notice)).await {
                Ok(_) => {
                    self.ending.remove(&id);
                }
                Err(error) => log::error!("notice about=over what={id} not written: {error}"),
            }
        }
    }

    async fn remind(&mut self, open: &[Open]) {
        let now = self.core.now().mono;
        let (admins, people) = (self.core.config.notify.reminder, self.core.config.notify.people_reminder);
        let is_due = |every: Option<Duration>, last: Mono| every.is_some_and(|every| now.since(last) >= every);
        for open in open.iter().filter(|open| !open.is_drill) {
            let Some(known) = self.known.get(&open.id) else { continue };
            let (admins, people) = (is_due(admins, known.reminded), is_due(people, known.people_reminded));
            if admins {
                let (core, of) = (self.core.clone(), open.clone());
                let notice = rt::unblock(move || reminder(&core, &of)).await;
                self.tell("reminder", &open.id, notice).await;
            }
            if people {
                let (core, of) = (self.core.clone(), open.clone());
                let notice = Notice::EventReminder { since: open.since };
                if let Err(error) = rt::unblock(move || campaign::tell_waiting(&core, &of.id, "reminder", &notice)).await {
                    log::error!("notice about=reminder what={} not written: {error}", open.id);
                }
            }
            if let Some(known) = self.known.get_mut(&open.id) {
                known.reminded = if admins { now } else { known.reminded };
                known.people_reminded = if people { now } else { known.people_reminded };
            }
        }
    }

    async fn look_at_alarms(&mut self) {
        let now = self.core.now().mono;
        let core = self.core.clone();
        let active = rt::unblock(move || status::status(&core).alarms).await;
        self.alarms.retain(|name, alarm| {
            active.iter().any(|active| active.name == *name) || alarm.told.is_some_and(|told| now.since(told) < NOTICE_ALARM_AGAIN_AFTER)
        });
        for alarm in active {
            let known = *self.alarms.entry(alarm.name.clone()).or_insert(Alarm { since: now, told: None });
            let is_news = known.told.is_none_or(|told| now.since(told) >= NOTICE_ALARM_AGAIN_AFTER);
            if is_news
                && now.since(known.since) >= NOTICE_ALARM_AFTER
                && self.tell("alarm", &alarm.name, Notice::AdminAlarm { alarm: alarm.text }).await
            {
                self.alarms.insert(alarm.name, Alarm { told: Some(now), ..known });
            }
        }
    }

    /// Whether the admins' notice is on its way, or was one too many; false: try again.
    async fn tell(&mut self, about: &'static str, what: &str, notice: Notice) -> bool {
        let now = self.core.now().mono;
        forget_older(&mut self.sent, now);
        if self.sent.len() >= NOTICES_HOUR_MAX {
            log::warn!("notice about={about} what={what} not sent: too many in an hour");
            return true;
        }
        let (core, order) = (self.core.clone(), Order { about, what: what.to_owned(), notice, to: To::Admins });
        match rt::unblock(move || tell(&core, order)).await {
            Ok(told) => {
                if !told.is_empty() {
                    self.sent.push_back(now);
                }
                true
            }
            Err(error) => {
                log::error!("notice about={about} what={what} not written: {error}");
                false
            }
        }
    }
}

fn forget_older(times: &mut VecDeque<Mono>, now: Mono) {
    while times.front().is_some_and(|at| now.since(*at) >= HOUR) {
        times.pop_front();
    }
}

fn begun(core: &Core, open: &Open) -> Notice {
    let told = Reach::of(core, open).words();
    if open.is_drill {
        return Notice::AdminDrillStart { until: open.until, summary: told };
    }
    Notice::AdminEventStart { since: open.since, reason: reason(core, open), scope: open.scope(), told }
}

fn reminder(core: &Core, open: &Open) -> Notice {
    let queue = core.store.view().queue_counts().unwrap_or_default();
    let summary = format!("{} wait for Exchange, {} for the outside, {} are held for you.", queue.primary, queue.outbound, queue.held);
    Notice::AdminEventReminder { since: open.since, reason: reason(core, open), scope: open.scope(), summary }
}

/// None if the admins were not told that it began, or know already that it is over.
fn over(core: &Core, id: &str, scope: String, is_drill: bool) -> Option<Notice> {
    // A ledger that cannot be read must not keep the news back.
    if Book::read(core).is_ok_and(|book| !book.waiting_for_end(id).contains(ADMINS)) {
        return None;
    }
    if is_drill {
        return Some(Notice::AdminDrillEnd { summary: format!("`lifeboat event show {id}` says how it went.") });
    }
    let closed = core.ledger.read("event").unwrap_or_default();
    let closed = closed.into_iter().filter_map(|line| serde_json::from_value::<EventLine>(line.data).ok());
    let summary = closed.rev().find(|line| line.id.0 == id).map(|line| line.summary);
    let summary = summary.unwrap_or_else(|| format!("Mail works normally again. `lifeboat event show {id}` says more."));
    Some(Notice::AdminHandOver { scope, summary })
}

/// Why an event began, as the machine or the operator said it. Everybody's line is written before the mode changes; a ledger that cannot be
/// read must not keep the news back.
fn reason(core: &Core, open: &Open) -> String {
    if open.members.is_some() {
        return if open.reason.is_empty() { "an operator started it".to_owned() } else { open.reason.clone() };
    }
    let lines = core.ledger.read("mode").unwrap_or_default();
    let of_event = |data: &serde_json::Value| data["event"]["id"] == open.id.as_str() && data["transition"]["to"] == "continuity";
    let first = lines.iter().map(|line| &line.data).find(|data| of_event(data));
    let reason = first.and_then(|data| data["transition"]["reason"].as_str()).map(str::to_owned);
    reason.unwrap_or_else(|| "see `lifeboat event list`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::continuity::{Input, Kind, Members, NewScope};

    #[test]
    fn an_event_too_many_in_an_hour_is_told_later() {
        let world = World::new();
        for user in ["ann", "bo"].iter().cycle().take(NOTICE_EVENTS_HOUR_MAX + 1) {
            let members = Members { mailboxes: vec![world.address(user).mailbox()], ..Members::default() };
            let new = NewScope { kind: Kind::Outage, members, length: None, by: "cli:ann".to_owned(), reason: String::new() };
            world.core.feed(Input::StartScope(new));
        }
        rt::block_on(async {
            let mut herald = Herald::new(world.core.clone()).await;
            let untold = |herald: &Herald| herald.known.values().filter(|known| known.campaign.is_none()).count();
            herald.look().await;
            herald.look().await;
            assert_eq!((herald.known.len(), untold(&herald)), (NOTICE_EVENTS_HOUR_MAX + 1, 1));
            // An hour later.
            herald.begun.clear();
            herald.look().await;
            assert_eq!(untold(&herald), 0);
        });
    }
}
