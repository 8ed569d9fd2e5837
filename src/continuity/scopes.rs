//! Events for some people only: an operator opens them for mailboxes and groups (a single dead mailbox database), or to practise.
//!
//! They lie beneath everybody's mode and never change it. When everybody's event begins, they stay, and go on after it. An outage of
//! some ends by an operator or at its planned end, hands its mail over and is closed then; a drill, which never touches mail flow, is
//! just closed. Who belongs to a group is not known here: see [`standing`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hold_down::plausible_age;
use super::{EventId, Mode, Saved, evidence};
use crate::clock::{Mono, Now, Wall};
use crate::limits::{
    OPERATOR_NAME_MAX_OCTETS, OPERATOR_REASON_MAX_OCTETS, SCOPE_LENGTH_MAX, SCOPE_MEMBERS_MAX, SCOPE_OVERDUE_MAX, SCOPES_MAX,
};
use crate::mail::Mailbox;

/// What an event for some people is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Their mail is kept here, and they use the webmail.
    Outage,
    /// They practise; their mail flows as ever.
    Drill,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Open,
    /// Outages only: what was taken for these people goes to the primary.
    HandingOver,
    /// Only in a [`ScopeChange`]: it is closed.
    Over,
}

/// For whom: as an operator named them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Members {
    pub mailboxes: Vec<Mailbox>,
    /// Groups of the directory, compared without case.
    pub groups: Vec<String>,
    /// All of the directory: for drills only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub everybody: bool,
}

impl Members {
    /// Whether a person with this mailbox in these groups is meant.
    pub fn concern(&self, mailbox: &Mailbox, groups: &[String]) -> bool {
        let named = |group: &String| self.groups.iter().any(|wanted| wanted.to_lowercase() == group.to_lowercase());
        self.everybody || self.mailboxes.contains(mailbox) || groups.iter().any(named)
    }

    /// `ann@example.com, group sales`, in the order in which they were named.
    pub fn words(&self) -> String {
        let everybody = self.everybody.then(|| "everybody".to_owned());
        let mailboxes = everybody.into_iter().chain(self.mailboxes.iter().map(Mailbox::to_string));
        mailboxes.chain(self.groups.iter().map(|group| format!("group {group}"))).collect::<Vec<_>>().join(", ")
    }

    fn count(&self) -> usize {
        self.mailboxes.len() + self.groups.len() + usize::from(self.everybody)
    }
}

/// An event for some people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopedEvent {
    pub id: EventId,
    pub kind: Kind,
    pub members: Members,
    pub since: Wall,
    /// Its planned end, for people; the monotonic clock decides.
    #[serde(default)]
    pub until: Option<Wall>,
    /// Who started it.
    pub by: String,
    /// Why, as the operator wrote it; may be empty.
    pub reason: String,
    pub phase: Phase,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewScope {
    pub kind: Kind,
    pub members: Members,
    /// Until its planned end; at most [`SCOPE_LENGTH_MAX`]. None: only an operator ends it.
    pub length: Option<Duration>,
    pub by: String,
    pub reason: String,
}

/// Why an event for some people is not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// No mailbox and no group was named.
    NobodyNamed,
    /// More than [`SCOPE_MEMBERS_MAX`] mailboxes and groups.
    TooManyNamed,
    /// [`SCOPES_MAX`] are open.
    TooManyOpen,
    /// Longer than [`SCOPE_LENGTH_MAX`], or no time at all.
    Length,
    /// A drill while another one is open.
    DrillOpen,
    /// A drill in an outage of everybody.
    Outage,
}

/// A change of one such event with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeChange {
    pub at: Wall,
    /// As it is after the change: [`Phase::Over`] if it is closed.
    pub event: ScopedEvent,
    /// Who: `monitor`, or the operator's name.
    pub by: String,
    /// In words for people.
    pub reason: String,
}

impl ScopeChange {
    /// The box itself brought it about, and no operator.
    pub fn is_by_itself(&self) -> bool {
        self.by == super::words::MONITOR
    }

    /// A drill that became real.
    pub fn is_for_an_outage(&self) -> bool {
        self.is_by_itself() && self.reason == super::words::no_drill()
    }
}

/// Where one person stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it means for this person's mail. In a drill everybody's mode.
    pub mode: Mode,
    pub whose: Whose,
    /// Since when the event is open; without one, the mode.
    pub since: Wall,
    pub event: Option<EventId>,
    /// Its planned end.
    pub until: Option<Wall>,
}

/// Whose event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Everybody,
    /// Of some people, this one among them.
    Some,
    /// A drill, this person takes part.
    Drill,
}

/// The standing of a person whom these events concern: everybody's event comes first, then an outage that is open, one that is being
/// handed over, a drill.
pub fn standing<'a>(everybody: Standing, concerning: impl Iterator<Item = &'a ScopedEvent>) -> Standing {
    if matches!(everybody.mode, Mode::Continuity | Mode::Recovering) {
        return everybody;
    }
    let rank = |event: &&ScopedEvent| match (event.kind, event.phase) {
        (Kind::Outage, Phase::Open) => 0,
        (Kind::Outage, _) => 1,
        (Kind::Drill, _) => 2,
    };
    let Some(event) = concerning.min_by_key(rank) else { return everybody };
    let (mode, whose) = match (event.kind, event.phase) {
        (Kind::Outage, Phase::Open) => (Mode::Continuity, Whose::Some),
        (Kind::Outage, _) => (Mode::Recovering, Whose::Some),
        (Kind::Drill, _) => (everybody.mode, Whose::Drill),
    };
    Standing { mode, whose, since: event.since, event: Some(event.id.clone()), until: event.until }
}

/// When each one ends by itself, on the clock that never jumps.
#[derive(Clone, Debug, Default)]
pub(super) struct PlannedEnds(BTreeMap<EventId, Mono>);

impl PlannedEnds {
    pub fn restore(scopes: &[ScopedEvent], now: Now) -> PlannedEnds {
        let end = |event: &ScopedEvent| event.until.map(|until| (event.id.clone(), now.mono.plus(left(event.since, until, now.wall))));
        PlannedEnds(scopes.iter().filter_map(end).collect())
    }

    /// The events whose time has come.
    pub fn due(&self, now: Mono) -> Vec<EventId> {
        self.0.iter().filter(|(_, end)| now >= **end).map(|(id, _)| id.clone()).collect()
    }
}

/// How much of a planned time is left after a restart. A wall clock that cannot be right leaves all of it.
pub(super) fn left(since: Wall, until: Wall, now: Wall) -> Duration {
    let length = until.since(since);
    let age = plausible_age(since, length.saturating_add(SCOPE_OVERDUE_MAX), now).unwrap_or_default();
    length.saturating_sub(age)
}

pub(super) fn may_start(saved: &Saved, new: &NewScope) -> Result<(), ScopeError> {
    let drill = new.kind == Kind::Drill;
    match new.members.count() {
        _ if drill && matches!(saved.mode, Mode::Continuity | Mode::Recovering) => Err(ScopeError::Outage),
        _ if drill && saved.scopes.iter().any(|event| event.kind == Kind::Drill) => Err(ScopeError::DrillOpen),
        0 => Err(ScopeError::NobodyNamed),
        named if named > SCOPE_MEMBERS_MAX => Err(ScopeError::TooManyNamed),
        _ if saved.scopes.len() >= SCOPES_MAX => Err(ScopeError::TooManyOpen),
        _ if new.length.is_some_and(|length| length.is_zero() || length > SCOPE_LENGTH_MAX) => Err(ScopeError::Length),
        _ => Ok(()),
    }
}

/// Opens one, if it may be.
pub(super) fn start(saved: &mut Saved, ends: &mut PlannedEnds, new: NewScope, now: Now) -> Option<ScopeChange> {
    may_start(saved, &new).ok()?;
    let by = evidence::one_line(&new.by, OPERATOR_NAME_MAX_OCTETS);
    let event = ScopedEvent {
        id: saved.name(now.wall),
        kind: new.kind,
        members: new.members,
        since: now.wall,
        until: new.length.map(|length| now.wall.plus(length)),
        by: by.clone(),
        reason: evidence::one_line(&new.reason, OPERATOR_REASON_MAX_OCTETS),
        phase: Phase::Open,
    };
    if let Some(length) = new.length {
        ends.0.insert(event.id.clone(), now.mono.plus(length));
    }
    saved.scopes.push(event.clone());
    let reason = super::words::started(&by, &event.reason);
    Some(ScopeChange { at: now.wall, event, by, reason })
}

/// Brings one further: an open outage to its hand-over, everything else to its end.
pub(super) fn advance(saved: &mut Saved, ends: &mut PlannedEnds, id: &EventId, word: (&str, String), now: Now) -> Option<ScopeChange> {
    let at = saved.scopes.iter().position(|event| event.id == *id)?;
    ends.0.remove(id);
    let event = match saved.scopes.get_mut(at) {
        Some(event) if (event.kind, event.phase) == (Kind::Outage, Phase::Open) => {
            event.phase = Phase::HandingOver;
            event.clone()
        }
        _ => ScopedEvent { phase: Phase::Over, ..saved.scopes.remove(at) },
    };
    let (by, reason) = word;
    Some(ScopeChange { at: now.wall, event, by: evidence::one_line(by, OPERATOR_NAME_MAX_OCTETS), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    fn mailbox(text: &str) -> Mailbox {
        Address::parse(text).unwrap().mailbox()
    }

    fn everybody(mode: Mode) -> Standing {
        Standing { mode, whose: Whose::Everybody, since: Wall(1), event: None, until: None }
    }

    fn event(kind: Kind, phase: Phase) -> ScopedEvent {
        let id = EventId(format!("{kind:?}-{phase:?}"));
        ScopedEvent { id, kind, members: Members::default(), since: Wall(2), until: None, by: String::new(), reason: String::new(), phase }
    }

    fn check(mode: Mode, events: &[(Kind, Phase)], expected: (Mode, Whose)) {
        let events: Vec<ScopedEvent> = events.iter().map(|(kind, phase)| event(*kind, *phase)).collect();
        let found = standing(everybody(mode), events.iter());
        assert_eq!((found.mode, found.whose), expected, "{mode:?} {events:?}");
    }

    #[test]
    fn everybodys_event_comes_first_then_the_persons_own_then_a_drill() {
        use Kind::{Drill, Outage};
        use Phase::{HandingOver, Open};
        check(Mode::Normal, &[], (Mode::Normal, Whose::Everybody));
        check(Mode::Normal, &[(Outage, Open)], (Mode::Continuity, Whose::Some));
        check(Mode::Suspect, &[(Outage, HandingOver)], (Mode::Recovering, Whose::Some));
        check(Mode::Suspect, &[(Drill, Open)], (Mode::Suspect, Whose::Drill));
        check(Mode::Normal, &[(Drill, Open), (Outage, HandingOver), (Outage, Open)], (Mode::Continuity, Whose::Some));
        check(Mode::Normal, &[(Drill, Open), (Outage, HandingOver)], (Mode::Recovering, Whose::Some));
        check(Mode::Continuity, &[(Outage, HandingOver)], (Mode::Continuity, Whose::Everybody));
        check(Mode::Recovering, &[(Outage, Open)], (Mode::Recovering, Whose::Everybody));
    }

    #[test]
    fn members_are_named_by_mailbox_or_by_group() {
        let members = Members { mailboxes: vec![mailbox("ann@example.com")], groups: vec!["Sales".to_owned()], ..Members::default() };
        let groups = |text: &str| vec![text.to_owned()];
        assert!(members.concern(&mailbox("ann@example.com"), &[]));
        assert!(members.concern(&mailbox("bo@example.com"), &groups("sales")));
        assert!(!members.concern(&mailbox("bo@example.com"), &groups("sale")));
        assert_eq!(members.words(), "ann@example.com, group Sales");
        let everybody = Members { everybody: true, ..Members::default() };
        assert!(everybody.concern(&mailbox("bo@example.com"), &[]));
        assert_eq!((everybody.words().as_str(), everybody.count()), ("everybody", 1));
    }

    fn check_left(since: u64, until: u64, now: u64, expected: u64) {
        let found = left(Wall(since * 1000), Wall(until * 1000), Wall(now * 1000));
        assert_eq!(found.as_secs(), expected, "{since} {until} {now}");
    }

    #[test]
    fn a_restart_takes_the_wall_clocks_word_where_it_can_be_right() {
        check_left(1_000, 4_600, 2_000, 2_600);
        check_left(1_000, 4_600, 9_000, 0);
        check_left(1_000, 4_600, 5, 3_600);
        check_left(1_000, 4_600, 4_000_000_000, 3_600);
    }
}
