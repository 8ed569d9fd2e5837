//! The drill that is open, and what was seen of each person.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::sandbox::Sandbox;
use crate::app::core::{Core, lock};
use crate::app::of_kind;
use crate::clock::Wall;
use crate::continuity::drill::Report;
use crate::continuity::{EventId, ScopedEvent};
use crate::mail::Mailbox;
use crate::store::Line;
use crate::web::PracticeLetter;

/// A ledger line of kind `drill-begun`: who was to take part, as the directory was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunLine {
    pub event: ScopedEvent,
    pub people: Vec<Mailbox>,
    /// The time that the schedule named, if it was the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Wall>,
}

/// A ledger line of kind `drill-mark`: the first time that a person did something in a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MarkLine {
    drill: EventId,
    mailbox: Mailbox,
    mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    SignedIn,
    /// Opened a message.
    Opened,
    /// Wrote one, into the sandbox.
    Replied,
}

/// The drill that is open, or that has just ended and has no report yet.
#[derive(Debug)]
pub struct Open {
    pub begun: BegunLine,
    pub marks: BTreeMap<(Mailbox, Mark), Wall>,
    pub sandbox: Sandbox,
}

/// At most one drill is open: see [`crate::continuity::ScopeError::DrillOpen`].
#[derive(Debug, Default)]
pub struct Drills {
    pub(super) open: Option<Open>,
    /// When the schedule starts the next one.
    pub(super) next: Option<Wall>,
}

impl Open {
    pub fn new(begun: BegunLine) -> Open {
        Open { begun, marks: BTreeMap::new(), sandbox: Sandbox::default() }
    }

    pub fn id(&self) -> &EventId {
        &self.begun.event.id
    }
}

/// After a restart: the drill that has begun and has no report, with what was seen in it. What people wrote is gone.
pub fn restore(core: &Core, lines: &[Line]) {
    let Some(begun) = of_kind::<BegunLine>(lines, "drill-begun").pop() else { return };
    if of_kind::<Report>(lines, "drill").iter().any(|report| report.id == begun.event.id) {
        return;
    }
    let mut open = Open::new(begun);
    for line in lines.iter().filter(|line| line.kind == "drill-mark") {
        let Ok(mark) = serde_json::from_value::<MarkLine>(line.data.clone()) else { continue };
        if mark.drill == *open.id() {
            open.marks.entry((mark.mailbox, mark.mark)).or_insert(line.at);
        }
    }
    log::info!("drill={} goes on marks={}", open.id().0, open.marks.len());
    lock(&core.drills).open = Some(open);
}

impl Core {
    /// Notes what a person did in the drill in which they take part, the first time. Waits for the disk: not from async code.
    pub fn note_drill(&self, mailbox: &Mailbox, mark: Mark) {
        let now = self.now().wall;
        let mut drills = lock(&self.drills);
        let Some(open) = drills.open.as_mut().filter(|open| open.begun.people.contains(mailbox)) else { return };
        if open.marks.contains_key(&(mailbox.clone(), mark)) {
            return;
        }
        open.marks.insert((mailbox.clone(), mark), now);
        let line = MarkLine { drill: open.id().clone(), mailbox: mailbox.clone(), mark };
        drop(drills);
        log::info!("drill={} mailbox={mailbox} mark={mark:?}", line.drill.0);
        self.record("drill-mark", &line, now);
    }

    /// Keeps what a person wrote until the drill ends.
    pub fn keep_practice(&self, mailbox: &Mailbox, letter: PracticeLetter) {
        if let Some(open) = lock(&self.drills).open.as_mut() {
            open.sandbox.put(mailbox, letter);
        }
    }

    /// What a person wrote in the drill that is open, newest first.
    pub fn practice_of(&self, mailbox: &Mailbox) -> Vec<Arc<PracticeLetter>> {
        lock(&self.drills).open.as_ref().map(|open| open.sandbox.of(mailbox)).unwrap_or_default()
    }
}
