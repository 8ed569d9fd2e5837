//! What the machine is told, and what it says.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{EventId, Evidence, Mode, NewScope, ScopeChange};
use crate::clock::Wall;

/// Thresholds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Failures in a row of one probe until the primary is down; 0 is taken as 1.
    pub fall: u32,
    /// Successes in a row (of every configured probe) until it is up again; 0 is taken as 1.
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
    /// A probe or a real relay saw something. Witnesses are to be observed as often as the primary is.
    Observed(Evidence),
    /// Somebody who is neither the primary nor a witness nor this machine connected: our own network works.
    ForeignClient,
    /// How the hand-over goes while recovering.
    Gate(Gate),
    /// `event start`. An event that is open already is taken over: from now on it ends only by an operator.
    Start { by: String, reason: String },
    /// The same with a planned end: then the event ends if the primary works, else it goes on as one that the box began by itself.
    StartPlanned { by: String, reason: String, length: Duration },
    /// A maintenance window is running and has so long to go. One that has begun once is ignored; an event that an operator began without
    /// an end is left alone.
    Window { id: u64, reason: String, left: Duration },
    /// `event end`.
    End { by: String, force: bool },
    /// `automatic on|off`.
    Automatic { by: String, on: bool },
    /// An event for some people begins: see [`Machine::may_start_scope`](super::Machine::may_start_scope).
    StartScope(NewScope),
    /// An operator ends one: an open outage is handed over, a drill is closed.
    EndScope { by: String, id: EventId, force: bool },
    /// Everything of an outage of some is handed over, only deferred or held recipients remain, digests included. To be repeated like
    /// [`Gate::Done`].
    ScopeHandedOver { id: EventId },
    /// Time passed. Wanted about once a second.
    Tick,
}

/// Reports of the hand-over. A report that does not fit the mode is ignored, so a late one does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The primary refused too much of the gate's batch: it is half restored. If no change of mode follows (a forced end
    /// holds the relapse off), the hand-over begins again with a new gate.
    Relapse { refused: usize, tried: usize },
    /// Everything is handed over, only deferred or held recipients remain, digests included. Nothing changes if the primary is red
    /// at this moment or was not looked at yet, so it is to be repeated for as long as it holds.
    Done,
}

/// What has to be done now, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Record it (ledger) before acting on it. At most one for each input.
    Changed(Transition),
    /// Record it like a change of mode. There may be several.
    ScopeChanged(ScopeChange),
    /// Look at the primary (and the witnesses) at once.
    ProbeNow,
    Alarm(Alarm),
    AlarmOver(Alarm),
}

/// What the admin is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alarm {
    Misconfigured,
    Certificate,
    Login,
    Isolated,
    /// No witness answers though the primary does, or none ever did; they are ignored.
    WitnessUnknown,
    /// The box would change its mode, but automatic is off (or held by a forced end): an operator has to.
    AutomaticOff,
}

impl Alarm {
    /// What it means and what to do, in one or two sentences.
    pub fn text(self) -> &'static str {
        match self {
            Alarm::Misconfigured => {
                "A probe of the primary meets a wrong setting (canary, address or connector). \
                 This is not an outage; see the probes and correct the setting."
            }
            Alarm::Certificate => {
                "The primary's certificate is not accepted. This is not an outage; see the probes, renew the certificate, or say \
                 which ones to trust (primary.ca_file)."
            }
            Alarm::Login => {
                "The primary asks this box for a login, or does not take the one it has. This is not an outage; let this box's \
                 address send without a login on the primary's receive connector."
            }
            Alarm::Isolated => "This box has lost its own network: neither the primary nor a witness answers. Check its cable and switch.",
            Alarm::WitnessUnknown => {
                "None of monitor.witnesses answers, whether the primary does or not; they are ignored. Check their addresses."
            }
            Alarm::AutomaticOff => {
                "The box would change its mode, but automatic is off: decide with `lifeboat event start` or `event end`."
            }
        }
    }
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

/// Why `event end` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndError {
    /// None is open, or it is already being handed over.
    NoEvent,
    /// The primary is red; `--force` ends the event all the same.
    PrimaryDown,
}
