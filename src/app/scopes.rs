//! Events for some people: where each person stands, whose mail is kept back, and what a change of one brings about.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use super::core::{Core, EventNow, ModeLine, ScopeLine, lock};
use super::their_mail::TheirMail;
use crate::clock::Wall;
use crate::config::Access;
use crate::continuity::{Kind, Machine, Members, Mode, Phase, ScopeChange, ScopedEvent, Standing, Whose, standing};
use crate::mail::{Address, Mailbox};
use crate::relay::Queue;
use crate::store::Seq;

/// An open event for some people, and where its mail begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeNow {
    pub event: ScopedEvent,
    /// Messages from this one on belong to it.
    pub first: Seq,
}

impl ScopeNow {
    pub fn as_event(&self) -> EventNow {
        EventNow { id: self.event.id.clone(), since: self.event.since, first: self.first }
    }
}

/// The events with their first messages, as they were noted; `next` for one that has just begun.
pub fn with_firsts(scopes: &[ScopedEvent], known: &[EventNow], next: Seq) -> Vec<ScopeNow> {
    let first = |event: &ScopedEvent| known.iter().find(|known| known.id == event.id).map_or(next, |known| known.first);
    scopes.iter().map(|event| ScopeNow { first: first(event), event: event.clone() }).collect()
}

impl Core {
    /// Open events for some people, oldest first.
    pub fn scopes(&self) -> Arc<Vec<ScopeNow>> {
        self.scopes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everybody's mode: where a person stands whom no other event concerns.
    pub fn standing_of_everybody(&self) -> Standing {
        let mode = self.mode();
        let since = mode.event.as_ref().map_or(mode.since, |event| event.since);
        Standing { mode: mode.mode, whose: Whose::Everybody, since, event: mode.event.map(|event| event.id), until: None }
    }

    /// Where this person stands: everybody's event, their own, their drill, or everybody's mode.
    pub fn standing_of(&self, mailbox: &Mailbox) -> Standing {
        let scopes = self.scopes();
        let concerning = scopes.iter().map(|scope| &scope.event).filter(|event| self.concerns(&event.members, mailbox));
        standing(self.standing_of_everybody(), concerning)
    }

    /// Whether these members include a person, by mailbox or by a group of the directory.
    pub fn concerns(&self, members: &Members, mailbox: &Mailbox) -> bool {
        let directory = self.directory();
        members.concern(mailbox, directory.person(mailbox).map_or(&[], |person| person.groups.as_slice()))
    }

    /// Everybody who is meant: the named mailboxes, and who is in the named groups now.
    pub fn mailboxes_of(&self, members: &Members) -> BTreeSet<Mailbox> {
        let directory = self.directory();
        let meant = directory.people().filter(|person| members.concern(&person.mailbox, &person.groups));
        meant.map(|person| person.mailbox.clone()).chain(members.mailboxes.iter().cloned()).collect()
    }

    /// How an outage of some stands with this person's mail; drills never touch mail flow.
    pub fn outage_of(&self, mailbox: &Mailbox) -> Option<Phase> {
        let scopes = self.scopes();
        let outages = scopes.iter().map(|scope| &scope.event).filter(|event| event.kind == Kind::Outage);
        let phases: Vec<Phase> = outages.filter(|event| self.concerns(&event.members, mailbox)).map(|event| event.phase).collect();
        phases.iter().copied().find(|phase| *phase == Phase::Open).or(phases.first().copied())
    }

    /// Whether mail for this address waits for the end of an outage of some.
    pub fn is_kept_back(&self, address: &Address) -> bool {
        !self.scopes().is_empty() && self.outage_of(&self.mailbox_for(address)) == Some(Phase::Open)
    }

    /// What is open for some: an outage rather than a drill.
    pub fn open_for_some(&self) -> Option<Kind> {
        let scopes = self.scopes();
        scopes.iter().map(|scope| scope.event.kind).min_by_key(|kind| *kind == Kind::Drill)
    }

    /// Records a change of an event for some, then makes it true for everybody.
    pub(super) fn change_scope(&self, machine: &Machine, change: &ScopeChange) {
        let event = &change.event;
        log::warn!(
            "continuity event={} kind={:?} phase={:?} for={:?} by={} reason={:?}",
            event.id.0,
            event.kind,
            event.phase,
            event.members.words(),
            change.by,
            change.reason
        );
        // Before the change itself, as with everybody's event.
        if let (Phase::Over, Kind::Outage) = (event.phase, event.kind) {
            self.report_scope(event, change.at);
        }
        let known: Vec<EventNow> = self.scopes().iter().map(ScopeNow::as_event).collect();
        let next = Seq(self.store.view().newest().0 + 1);
        let now = with_firsts(&machine.saved().scopes, &known, next);
        let firsts = now.iter().map(ScopeNow::as_event).collect();
        let line = ModeLine { scope: Some(change.clone()), scopes: firsts, ..ModeLine::of(machine.saved().clone(), self.mode().event) };
        self.record_mode(line, change.at);
        *self.scopes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(now);
        if event.phase == Phase::Over {
            self.sign_out_whom_mail_works_for();
        }
        self.kick(Queue::Primary);
    }

    /// How an outage of some went, in numbers that are only theirs.
    fn report_scope(&self, event: &ScopedEvent, at: Wall) {
        let scopes = self.scopes();
        let Some(scope) = scopes.iter().find(|scope| scope.event.id == event.id) else { return };
        let theirs = TheirMail { mailboxes: self.mailboxes_of(&event.members) };
        let tally = theirs.tally(self, scope.first, None);
        let whose = ScopeLine { members: event.members.clone(), mailboxes: theirs.mailboxes.into_iter().collect() };
        self.close_event(&scope.as_event(), at, tally, Some(whose));
    }

    /// Ends the sessions of people for whom no event is open any more.
    pub(super) fn sign_out_whom_mail_works_for(&self) {
        if self.config.web.access == Access::Always {
            return;
        }
        let concerned = |mailbox: &Mailbox| {
            let standing = self.standing_of(mailbox);
            standing.whose == Whose::Drill || matches!(standing.mode, Mode::Continuity | Mode::Recovering)
        };
        lock(&self.sessions).keep(concerned);
    }
}
