//! Where the box stands, and what of it survives a restart.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Phase, ScopedEvent};
use crate::clock::Wall;
use crate::limits::SCOPES_MAX;

/// The mode of the box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Normal,
    /// Evidence against the primary, below the threshold.
    Suspect,
    /// The primary is down: we take the mail and people use the webmail.
    Continuity,
    /// The primary is back: what was accepted is handed over.
    Recovering,
}

/// Name of a continuity event, made from its start in UTC: `2026-03-03T09-15-02`.
///
/// Unique on this box for ever: if the wall clock stood still or jumped back, the number of the event follows
/// (`2026-03-03T09-15-02-7`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub String);

/// What survives a restart. Written to the ledger whenever it differs from what was written last: with each
/// [`super::Action::Changed`], and also after inputs that change no mode (`automatic on|off`, an operator who takes over an open event).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saved {
    pub mode: Mode,
    pub since: Wall,
    /// Since when no event is open, whatever was suspected meanwhile; none while one is.
    pub green_since: Option<Wall>,
    pub event: Option<EventId>,
    /// When the open event began.
    pub event_since: Option<Wall>,
    /// The open event was started by an operator and ends only by one.
    pub by_operator: bool,
    pub automatic: bool,
    /// A forced end holds automatic until the primary was green again.
    pub held_until_green: bool,
    /// Starts of recent failovers, for flap protection; oldest first, at most [`crate::limits::FAILOVERS_MAX`].
    pub recent_failovers: Vec<Wall>,
    /// Events of this box so far.
    pub events: u64,
    /// The latest start that an event ever had, for unique names.
    pub latest_start: Wall,
    /// The planned end of the open event, if it has one.
    pub planned: Option<Planned>,
    /// Maintenance windows that have begun, oldest first, at most [`crate::limits::WINDOWS_BEGUN_MAX`]: none begins twice.
    pub windows_begun: Vec<u64>,
    /// Open events of some people, oldest first, at most [`crate::limits::SCOPES_MAX`].
    pub scopes: Vec<ScopedEvent>,
}

/// Until when everybody's event is planned. The monotonic clock decides; the times are for people and for a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub since: Wall,
    pub until: Wall,
    /// The maintenance window, if it is one.
    #[serde(default)]
    pub window: Option<u64>,
}

impl Saved {
    /// Opens everybody's event and names it.
    pub(super) fn open_event(&mut self, at: Wall) {
        self.event = Some(self.name(at));
        self.event_since = Some(at);
    }

    /// A name for an event that begins now.
    pub(super) fn name(&mut self, at: Wall) -> EventId {
        // Names have whole seconds. A name without a number is later than every name before it, and each number is used once:
        // so no two are equal, however the clock jumps.
        let second = Wall(at.0 - at.0 % 1000);
        self.events = self.events.saturating_add(1);
        let time = time_of_name(second);
        let fresh = self.events == 1 || second > self.latest_start;
        self.latest_start = self.latest_start.max(second);
        EventId(if fresh { time } else { format!("{time}-{}", self.events) })
    }

    /// Closes the open event and gives its name.
    pub(super) fn close_event(&mut self) -> Option<EventId> {
        self.event_since = None;
        self.by_operator = false;
        self.planned = None;
        self.event.take()
    }

    /// The same without contradictions, whatever was on disk: an event is open in Continuity and Recovering, and only there.
    pub(super) fn sane(mut self, now: Wall) -> Saved {
        let latest = self.event_since.map_or(0, |at| at.0 - at.0 % 1000);
        self.latest_start = self.latest_start.max(Wall(latest));
        if self.mode == Mode::Suspect {
            self.mode = Mode::Normal;
        }
        // Versions that did not say so knew when the mode began.
        self.green_since = (self.mode == Mode::Normal).then(|| self.green_since.unwrap_or(self.since));
        if self.mode == Mode::Normal {
            self.close_event();
        } else if self.event.is_none() {
            self.open_event(now);
        }
        self.planned = self.planned.filter(|_| self.mode == Mode::Continuity && self.by_operator);
        let mut seen = BTreeSet::new();
        self.scopes.retain(|event| event.phase != Phase::Over && seen.insert(event.id.clone()) && seen.len() <= SCOPES_MAX);
        // An event on record counts even if the record is of a version that did not count.
        if self.event.is_some() || !self.scopes.is_empty() {
            self.events = self.events.max(1);
        }
        self
    }
}

fn time_of_name(second: Wall) -> String {
    match jiff::Timestamp::from_second(second.seconds()) {
        Ok(at) => at.strftime("%Y-%m-%dT%H-%M-%S").to_string(),
        // Past the year 9999: a clock that is this wrong still needs a name.
        Err(_) => format!("at-{}", second.seconds()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Wall = Wall(1_772_529_302_000);

    fn names(starts: &[u64]) -> Vec<String> {
        let mut saved = Saved::default();
        let mut name = |&at: &u64| {
            saved.open_event(Wall(at));
            saved.close_event().map(|id| id.0).unwrap_or_default()
        };
        starts.iter().map(&mut name).collect()
    }

    #[test]
    fn names_say_when_an_event_began() {
        assert_eq!(names(&[START.0 + 999]), ["2026-03-03T09-15-02"]);
        assert_eq!(names(&[START.0, START.0 + 1000]), ["2026-03-03T09-15-02", "2026-03-03T09-15-03"]);
        assert_eq!(names(&[0]), ["1970-01-01T00-00-00"]);
    }

    #[test]
    fn names_are_unique_however_the_clock_jumps() {
        let again = names(&[START.0, START.0 + 5, START.0, 0, START.0 + 1000, 0, u64::MAX, START.0 + 2000, u64::MAX]);
        assert_eq!(again[1], "2026-03-03T09-15-02-2");
        assert_eq!(again[7], "2026-03-03T09-15-04-8", "the time is still told as the clock had it");
        assert_eq!(again.iter().collect::<BTreeSet<_>>().len(), again.len(), "{again:?}");
    }

    #[test]
    fn what_was_saved_is_read_back() {
        let mut saved = Saved { mode: Mode::Continuity, automatic: true, recent_failovers: vec![START], ..Saved::default() };
        saved.open_event(START);
        let json = serde_json::to_string(&saved).unwrap();
        assert_eq!(serde_json::from_str::<Saved>(&json).unwrap(), saved);
        assert!(json.contains(r#""mode":"continuity""#), "{json}");
    }

    #[test]
    fn what_older_versions_saved_is_read_with_the_time_of_its_mode() {
        let read = |json: &str| serde_json::from_str::<Saved>(json).unwrap().sane(START).green_since;
        assert_eq!(read(r#"{"mode":"normal","since":5}"#), Some(Wall(5)));
        assert_eq!(read(r#"{"mode":"suspect","since":5,"green_since":3}"#), Some(Wall(3)));
        assert_eq!(read(r#"{"mode":"recovering","since":5,"green_since":3}"#), None);
    }

    #[test]
    fn contradictions_on_disk_are_settled() {
        let id = Some(EventId("2026-03-03T09-15-02".to_owned()));
        let closed = Saved { mode: Mode::Suspect, event: id.clone(), by_operator: true, ..Saved::default() }.sane(START);
        assert_eq!((closed.mode, closed.event, closed.by_operator), (Mode::Normal, None, false));

        let opened = Saved { mode: Mode::Recovering, ..Saved::default() }.sane(START);
        assert_eq!((opened.mode, opened.event), (Mode::Recovering, id.clone()));

        let mut kept = Saved { mode: Mode::Continuity, event: id.clone(), event_since: Some(START), ..Saved::default() }.sane(START);
        assert_eq!(kept.close_event(), id);
        kept.open_event(START);
        assert_ne!(kept.event, id, "a name that an older version gave is not given again");
    }
}
