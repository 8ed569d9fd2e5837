//! Tells the admins by mail, on the way that mail to the outside takes: what began, what is over, what needs them.
//!
//! It follows the state of the box instead of being told of each change: a flap that is over before it looks is no news. What was told is in the
//! ledger, so that a restart tells nothing twice.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::tell::{NoticeLine, Order, To, tell};
use crate::app::core::{Core, EventLine, EventNow};
use crate::app::status;
use crate::clock::Mono;
use crate::limits::{NOTICE_ALARM_AFTER, NOTICE_ALARM_AGAIN_AFTER, NOTICES_HOUR_MAX};
use crate::net::rt;
use crate::notify::Notice;

const LOOK_EVERY: Duration = Duration::from_secs(2);
const HOUR: Duration = Duration::from_secs(3600);

/// Looks, and tells.
struct Herald {
    core: Arc<Core>,
    /// The event that they know of.
    event: Option<String>,
    /// Since when each alarm is there, and when it was told last.
    alarms: HashMap<String, Alarm>,
    /// When notices went out within the last hour.
    sent: VecDeque<Mono>,
}

#[derive(Clone, Copy)]
struct Alarm {
    since: Mono,
    told: Option<Mono>,
}

/// For ever; at once over if there is nobody to tell.
pub async fn run(core: Arc<Core>) {
    if core.config.notify.admins.is_empty() {
        // A part that ends is missed by the watchdog.
        return std::future::pending().await;
    }
    let mut herald = Herald::new(core).await;
    loop {
        herald.look().await;
        rt::sleep(LOOK_EVERY).await;
    }
}

impl Herald {
    async fn new(core: Arc<Core>) -> Herald {
        let of = core.clone();
        let lines = rt::unblock(move || of.ledger.read("notice")).await.unwrap_or_default();
        let told = lines.into_iter().filter_map(|line| serde_json::from_value::<NoticeLine>(line.data).ok());
        let event = told
            .filter(|line| matches!(line.about.as_str(), "begun" | "over"))
            .last()
            .filter(|line| line.about == "begun")
            .map(|line| line.what);
        Herald { core, event, alarms: HashMap::new(), sent: VecDeque::new() }
    }

    async fn look(&mut self) {
        let now = self.core.mode().event;
        if self.event != now.as_ref().map(|event| event.id.0.clone()) {
            if let Some(over) = self.event.take() {
                self.tell_over(over).await;
            }
            if let Some(event) = now {
                self.tell_begun(event).await;
            }
        }
        self.look_at_alarms().await;
    }

    async fn tell_begun(&mut self, event: EventNow) {
        let (core, since) = (self.core.clone(), event.since);
        let reason = rt::unblock(move || reason(&core, &event.id.0).map(|reason| (event.id.0, reason))).await;
        // Its line is written before the mode changes; a ledger that cannot be read must not keep the news back.
        let (id, reason) = reason.unwrap_or_else(|id| (id, "see `lifeboat event list`".to_owned()));
        if self.tell("begun", &id, Notice::AdminEventStart { since, reason, scope: String::new(), told: String::new() }).await {
            self.event = Some(id);
        }
    }

    async fn tell_over(&mut self, id: String) {
        let core = self.core.clone();
        let closed = rt::unblock(move || core.ledger.read("event")).await.unwrap_or_default();
        let closed = closed.into_iter().filter_map(|line| serde_json::from_value::<EventLine>(line.data).ok());
        let summary = closed.rev().find(|line| line.id.0 == id).map(|line| line.summary);
        let summary = summary.unwrap_or_else(|| format!("Mail works normally again. `lifeboat event show {id}` says more."));
        if !self.tell("over", &id, Notice::AdminHandOver { scope: String::new(), summary }).await {
            self.event = Some(id);
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

    /// Whether it is on its way, or was one too many; false: try again.
    async fn tell(&mut self, about: &'static str, what: &str, notice: Notice) -> bool {
        let now = self.core.now().mono;
        while self.sent.front().is_some_and(|at| now.since(*at) >= HOUR) {
            self.sent.pop_front();
        }
        if self.sent.len() >= NOTICES_HOUR_MAX {
            log::warn!("notice about={about} what={what} not sent: too many in an hour");
            return true;
        }
        let (core, order) = (self.core.clone(), Order { about, what: what.to_owned(), notice, to: To::Admins });
        match rt::unblock(move || tell(&core, order)).await {
            Ok(_) => {
                self.sent.push_back(now);
                true
            }
            Err(error) => {
                log::error!("notice about={about} what={what} not written: {error}");
                false
            }
        }
    }
}

/// Why an event began, as the machine said it.
///
/// # Errors
/// The event's id, if it is nowhere said.
fn reason(core: &Core, id: &str) -> Result<String, String> {
    let lines = core.ledger.read("mode").map_err(|_| id.to_owned())?;
    let of_event = |data: &serde_json::Value| data["event"]["id"] == id && data["transition"]["to"] == "continuity";
    let first = lines.iter().map(|line| &line.data).find(|data| of_event(data));
    first.and_then(|data| data["transition"]["reason"].as_str()).map(str::to_owned).ok_or_else(|| id.to_owned())
}
