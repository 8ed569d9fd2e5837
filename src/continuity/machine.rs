//! The mode machine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::clock::{Now, Wall};

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

/// Name of a continuity event, made from its start: `2026-03-03T09-15-02`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub String);

/// Thresholds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Failures in a row of one probe until the primary is down.
    pub fall: u32,
    /// Successes in a row (of every configured probe) until it is up again.
    pub rise: u32,
    /// Whether health pages are configured (then they must be green to rise).
    pub health_pages: bool,
    pub hold_down_first: Duration,
    pub hold_down_max: Duration,
    pub flap_window: Duration,
}

/// What the machine is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A probe or a real relay saw something.
    Observed(Evidence),
    /// How the hand-over goes while recovering.
    Gate(Gate),
    /// `event start`.
    Start { by: String, reason: String },
    /// `event end`.
    End { by: String, force: bool },
    /// `automatic on|off`.
    Automatic { by: String, on: bool },
    /// Time passed.
    Tick,
}

/// Reports of the hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The primary refused too much of the gate's batch: it is half restored.
    Relapse { refused: usize, tried: usize },
    /// Everything is handed over, only deferred or held recipients remain, digests included.
    Done,
}

/// What has to be done now, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Record it (ledger) before acting on it.
    Changed(Transition),
    /// Look at the primary at once.
    ProbeNow,
    Alarm(Alarm),
    AlarmOver(Alarm),
}

/// What the admin is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alarm {
    Misconfigured,
    Isolated,
    /// A witness never answered; it is ignored.
    WitnessUnknown,
    /// Automatic is off and the primary is down.
    AutomaticOff,
}

/// A change of mode with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    pub at: Wall,
    pub from: Mode,
    pub to: Mode,
    /// The event that is open after (or was closed by) this change.
    pub event: Option<EventId>,
    /// Who: `monitor`, or the operator's name.
    pub by: String,
    /// In words for people.
    pub reason: String,
    /// The newest first, at most [`crate::limits::EVIDENCE_MAX`].
    pub evidence: Vec<Evidence>,
}

/// What survives a restart; written to the ledger with each change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saved {
    pub mode: Mode,
    pub since: Wall,
    pub event: Option<EventId>,
    /// When the open event began.
    pub event_since: Option<Wall>,
    /// The open event was started by an operator and ends only by one.
    pub by_operator: bool,
    pub automatic: bool,
    /// A forced end holds automatic until the primary was green again.
    pub held_until_green: bool,
    /// Starts of recent failovers, for flap protection.
    pub recent_failovers: Vec<Wall>,
}

/// Why `event end` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndError {
    NoEvent,
    /// The primary is red; `--force` ends the event all the same.
    PrimaryDown,
}

/// Decides. Deterministic: the same inputs with the same times give the same actions.
#[derive(Clone, Debug)]
pub struct Machine {
    _private: (),
}

impl Machine {
    pub fn new(_policy: Policy, _automatic: bool, _now: Now) -> Machine {
        todo!()
    }

    /// After a restart: wakes in the saved mode (`Suspect` as `Normal`).
    pub fn restore(_policy: Policy, _saved: Saved, _now: Now) -> Machine {
        todo!()
    }

    pub fn saved(&self) -> &Saved {
        todo!()
    }

    pub fn mode(&self) -> Mode {
        todo!()
    }

    /// The newest observation of each probe, and the counts in a row, for status.
    pub fn observations(&self) -> Vec<(Evidence, u32)> {
        todo!()
    }

    /// Active alarms.
    pub fn alarms(&self) -> Vec<Alarm> {
        todo!()
    }

    /// What happens next, in words for people: `2 of 3 failed probes; at 3 the box takes over`.
    pub fn outlook(&self) -> String {
        todo!()
    }

    /// Whether `event end` would be refused.
    pub fn may_end(&self, _force: bool) -> Result<(), EndError> {
        todo!()
    }

    /// Takes one input; gives what has to be done.
    pub fn handle(&mut self, _input: Input, _now: Now) -> Vec<Action> {
        todo!()
    }
}
