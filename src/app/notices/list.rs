//! Who was told what, and how it went: for the admin.

use serde::Serialize;

use super::outbox::{self, Outcomes};
use super::tell::{Channel, NoticeLine, Told};
use crate::app::core::Core;
use crate::control::Answer;
use crate::limits::NOTICES_LISTED_MAX;
use crate::mail::date;
use crate::relay::DeliveryState;
use crate::store::{Seq, StoreError};

/// One person (or address of an admin) and one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeStatus {
    /// RFC 3339.
    pub at: String,
    pub about: String,
    pub what: String,
    /// Name of the template.
    pub notice: String,
    pub who: String,
    pub channel: Channel,
    pub to: String,
    pub message: Seq,
    /// `sent`, `waiting`, `failed`, `held`, `unknown`.
    pub state: &'static str,
    /// In words: the last answer, mostly.
    pub detail: String,
    pub attempts: u32,
}

/// Of an event, or all: the newest [`NOTICES_LISTED_MAX`], oldest first.
///
/// # Errors
/// The ledger or the index cannot be read.
pub fn statuses(core: &Core, event: Option<&str>) -> Result<Vec<NoticeStatus>, StoreError> {
    let outcomes = outbox::outcomes(core)?;
    let mut found = Vec::new();
    for line in core.ledger.read("notice")?.into_iter().rev() {
        let Ok(notice) = serde_json::from_value::<NoticeLine>(line.data) else { continue };
        if event.is_some_and(|event| event != notice.what) {
            continue;
        }
        for told in told_of(core, &notice)?.into_iter().rev() {
            if found.len() >= NOTICES_LISTED_MAX {
                break;
            }
            let (state, detail, attempts) = state(core, &outcomes, &told)?;
            let (about, what, notice) = (notice.about.clone(), notice.what.clone(), notice.notice.clone());
            let Told { who, channel, to, message } = told;
            found.push(NoticeStatus {
                at: date::rfc3339(line.at),
                about,
                what,
                notice,
                who,
                channel,
                to,
                message,
                state,
                detail,
                attempts,
            });
        }
    }
    found.reverse();
    Ok(found)
}

/// Lines of older versions name only the message.
fn told_of(core: &Core, notice: &NoticeLine) -> Result<Vec<Told>, StoreError> {
    if !notice.told.is_empty() {
        return Ok(notice.told.clone());
    }
    let to = core.store.view().deliveries(notice.message)?;
    let told = |address: String| Told { who: super::tell::ADMINS.to_owned(), channel: Channel::Mail, to: address, message: notice.message };
    Ok(to.into_iter().map(|to| told(to.address.to_string())).collect())
}

/// What became of what is no mail: state and words. None for mail, whose outcome is the queue's.
pub fn outcome_of_push(core: &Core, outcomes: &Outcomes, told: &Told) -> Option<(&'static str, String)> {
    push(core, outcomes, told).map(|(state, detail, _)| (state, detail))
}

fn push(core: &Core, outcomes: &Outcomes, told: &Told) -> Option<(&'static str, String, u32)> {
    if told.channel == Channel::Mail {
        return None;
    }
    if told.channel == Channel::None {
        return Some(("none", "the same outage as before: nothing was sent".to_owned(), 0));
    }
    Some(match (outcomes.get(&told.message), core.outbox.waiting(told.message)) {
        (Some(line), _) => (if line.is_sent { "sent" } else { "failed" }, line.detail.clone(), line.attempts),
        (None, Some((attempts, last))) => ("waiting", last, attempts),
        (None, None) => ("unknown", String::new(), 0),
    })
}

fn state(core: &Core, outcomes: &Outcomes, told: &Told) -> Result<(&'static str, String, u32), StoreError> {
    if let Some(pushed) = push(core, outcomes, told) {
        return Ok(pushed);
    }
    let deliveries = core.store.view().deliveries(told.message)?;
    let own = deliveries.into_iter().find(|to| to.address.to_string() == told.to);
    Ok(match own.map(|to| to.state) {
        Some(DeliveryState::Delivered { reply, .. }) => ("sent", reply, 0),
        Some(DeliveryState::InSession) => ("waiting", String::new(), 0),
        Some(DeliveryState::Queued { attempts, last, .. }) => ("waiting", last.unwrap_or_default(), attempts),
        Some(DeliveryState::Refused { reply, .. } | DeliveryState::Bounced { reply, .. }) => ("failed", reply, 0),
        Some(DeliveryState::Held { reason, attempts, .. }) => ("held", reason, attempts),
        // Retention dropped the message.
        None => ("unknown", "the message is kept no longer".to_owned(), 0),
    })
}

/// `notices list`.
pub fn answer(core: &Core, event: Option<&str>) -> Answer {
    let found = match statuses(core, event) {
        Ok(found) => found,
        Err(error) => return Answer::failed(format!("What was told cannot be read: {error}.")),
    };
    let mut text = String::new();
    for one in &found {
        let channel = serde_json::to_value(one.channel).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        let detail = if one.detail.is_empty() { String::new() } else { format!(": {}", one.detail) };
        text += &format!("{}  {} {}  {} by {channel} to {}  {}{detail}\n", one.at, one.about, one.what, one.who, one.to, one.state);
    }
    if text.is_empty() {
        text.push_str("Nobody was told anything.\n");
    }
    Answer::done(text, serde_json::json!({ "notices": found }))
}
