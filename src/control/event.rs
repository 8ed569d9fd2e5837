//! `event show`: the document about one event, for scripts, for the report page and for the words of the command line.

use serde::{Deserialize, Serialize};

use super::event_words;
use crate::continuity::{Evidence, ScopeChange, Transition};

/// All that is known of one event (DESIGN section 9: stable; extend, don't rename). Everything in it comes from the ledger and the store, so
/// that it is the same after a restart. Times are RFC 3339 in UTC; those inside `transitions`, `evidence` and `report` are milliseconds, as in the
/// ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventDocument {
    pub id: String,
    /// Each change of mode that belongs to it.
    pub transitions: Vec<Transition>,
    /// The same of an event for some people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ScopeChange>,
    /// The ledger's line about its end; none while it is open.
    pub report: Option<serde_json::Value>,
    pub kind: EventKind,
    pub state: EventState,
    pub scope: EventScope,
    pub from: String,
    pub to: Option<String>,
    /// Who began it: `monitor`, or an operator.
    pub by: String,
    pub reason: String,
    /// What was seen when it began, the newest first.
    pub evidence: Vec<Evidence>,
    pub durations: Durations,
    /// What happened, in the order in which it was put on record; at most [`crate::limits::EVENT_TIMELINE_MAX`].
    pub timeline: Vec<Moment>,
    /// Moments that found no room in the timeline.
    pub left_out: usize,
    pub told: Vec<Told>,
    pub signed_in: Vec<SignedIn>,
    pub counts: EventCounts,
    /// Its mail is kept until all of it was handed back, or `event release`.
    pub kept: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The box decided.
    Outage,
    /// An operator decided.
    Operator,
    /// Planned beforehand.
    Maintenance,
    /// Practice: mail flowed as ever.
    Drill,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventState {
    Open,
    HandingOver,
    Over,
}

/// Whom an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventScope {
    pub everybody: bool,
    /// Mailboxes and groups, as they were named.
    pub members: Vec<String>,
}

/// In seconds by the wall clock; none where that has not happened, or where the clock was set back meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    /// From the first failure that was seen until the box took over.
    pub detected_s: Option<u64>,
    /// From the first failure that was seen until people could sign in and knew how: with the first notice to people, or, where nobody
    /// is sent a password, when the box took over.
    pub usable_s: Option<u64>,
    /// From taking over until the first person signed in.
    pub first_sign_in_s: Option<u64>,
    /// From the first failure that was seen until the primary was found to work again.
    pub down_s: Option<u64>,
    /// From then until everything was handed over.
    pub hand_over_s: Option<u64>,
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub at: String,
    pub what: MomentKind,
    pub by: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MomentKind {
    Mode,
    Operator,
    Notice,
    SignIn,
    HandOver,
}

/// Who was told what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub at: String,
    /// What it said: `begun`, `over`...
    pub about: String,
    /// The person's mailbox, or `admins`.
    pub who: String,
    /// Address or number.
    pub to: String,
    /// `mail`, `sms`...
    pub channel: String,
    /// What became of it, in words.
    pub outcome: String,
}

/// Who used the webmail while the event was open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub mailbox: String,
    /// For the first time.
    pub at: String,
    pub times: u64,
}

/// What became of the event's mail. A recipient counts once, with its present state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventCounts {
    /// All but notices: what `report` has as its tally.
    pub total: CountRow,
    /// By where it came from, in the order of [`ORIGINS`]; only those that occur.
    pub origins: Vec<CountRow>,
    /// Copies in mailboxes of what did not come through this box's queue: journal reports, and what the primary sent.
    pub copies: u64,
    /// Who wrote in the webmail, and how many messages.
    pub written_by: Vec<(String, u64)>,
    /// RFC 3339: when the first and the last recipient of the hand-over was taken by the primary, after the event was opened.
    pub handed_over: Option<(String, String)>,
    /// RFC 3339: when they were counted.
    pub at: String,
    /// Retention has taken some of the mail since: these are the last numbers that were put on record.
    pub is_history: bool,
}

/// The origins in the order of the table, with their words for people.
pub const ORIGINS: [(&str, &str); 8] = [
    ("inbound", "From outside"),
    ("trusted", "From the mail server and devices"),
    ("webmail", "Written in the webmail"),
    ("draft", "Drafts kept in the webmail"),
    ("journal", "Copies by journal reports"),
    ("digest", "Digests to people"),
    ("dsn", "Reports to senders"),
    ("notice", "Notices (not in the sum)"),
];

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CountRow {
    /// Empty in the total.
    pub origin: String,
    pub messages: u64,
    pub recipients: u64,
    pub delivered: u64,
    pub waiting: u64,
    pub held: u64,
    pub refused: u64,
    pub bounced: u64,
    /// Being handed over at this moment.
    pub in_hand: u64,
}

/// A recipient of a message of an event, as `event show ID --csv` lists it: a row of that table. Times are RFC 3339.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMessage {
    /// Number of the message.
    pub message: u64,
    pub accepted: String,
    /// Reverse-path; `<>` for none.
    pub from: String,
    /// Empty for what has no recipients: drafts, and copies.
    pub recipient: String,
    /// The name of a [`crate::relay::DeliveryState`], or `filed` for what has no recipients.
    pub outcome: String,
    /// What the other server said last.
    pub reply: String,
    /// When that was; empty while it waits.
    pub at: String,
    /// As in [`ORIGINS`].
    pub origin: String,
}

/// An event in the list of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    pub id: String,
    pub kind: EventKind,
    pub state: EventState,
    pub scope: EventScope,
    /// RFC 3339.
    pub from: String,
    pub to: Option<String>,
    pub by: String,
    pub reason: String,
    /// How it went; empty while it is open.
    pub summary: String,
    pub kept: bool,
}

impl EventDocument {
    /// For people.
    pub fn to_text(&self) -> String {
        event_words::event(self)
    }
}

impl EventScope {
    pub fn everybody() -> EventScope {
        EventScope { everybody: true, members: Vec::new() }
    }
}

impl EventCounts {
    /// Words for an origin.
    pub fn origin_words(origin: &str) -> &str {
        ORIGINS.iter().find(|(name, _)| *name == origin).map_or(origin, |(_, words)| words)
    }
}
