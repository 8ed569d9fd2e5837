//! What must hold of the mode, whatever comes: judged against the truth, with counts of its own.

use std::collections::{BTreeMap, VecDeque};

use super::agenda::Millis;
use super::thresholds::{Thresholds, millis};
use super::truth::Truth;
use crate::continuity::{Action, Gate, Input, Mode, Probe, Saved, Transition};
use crate::limits::{FLAP_WINDOW, HOLD_DOWN_FIRST, HOLD_DOWN_MAX, PROBE_SLOW_MAX, SMTP_FINAL_REPLY_TIMEOUT};

/// Probes take a little time of their own, and the machine is told of the time once a second.
const SLACK: Millis = 3_000;
/// Small things of the hand-over: the gate's patience after trouble, tries that are put off, digests.
const HAND_OVER: Millis = 30 * 60_000;

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule's name: see the properties in `tests/sim`.
    pub rule: &'static str,
    pub at: Millis,
    pub text: String,
}

/// What the rules of time depend on. While it stays the same, a promise that runs goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Situation {
    truth: Truth,
    mode: Mode,
    automatic: bool,
    held_until_green: bool,
    by_operator: bool,
    booted_at: Option<Millis>,
}

/// A promise and the time until which it has to be kept.
#[derive(Clone, Debug)]
struct Promise {
    rule: &'static str,
    until: Millis,
    text: String,
}

/// Watches one run.
pub struct Judge {
    thresholds: Thresholds,
    pub violations: Vec<Violation>,
    mode: Mode,
    situation: Option<Situation>,
    promise: Option<Promise>,
    /// Reds in a row of each probe as they were told, knowing nothing of isolation.
    reds: BTreeMap<Probe, u32>,
    witness_known: bool,
    /// When something was last so that an event had a cause.
    cause_at: Option<Millis>,
    sick_since: Option<Millis>,
    /// Events that the box opened within the outage that lasts.
    events: u32,
    failovers: VecDeque<Millis>,
    entered_at: Millis,
    entered_in: Option<Millis>,
    /// The wall clock was set at least once.
    clock_set: bool,
}

impl Judge {
    pub fn new(thresholds: Thresholds) -> Judge {
        Judge {
            thresholds,
            violations: Vec::new(),
            mode: Mode::Normal,
            situation: None,
            promise: None,
            reds: BTreeMap::new(),
            witness_known: false,
            cause_at: None,
            sick_since: None,
            events: 0,
            failovers: VecDeque::new(),
            entered_at: 0,
            entered_in: None,
            clock_set: false,
        }
    }

    pub fn complain(&mut self, rule: &'static str, at: Millis, text: String) {
        self.violations.push(Violation { rule, at, text });
    }

    /// The box has started with what was saved.
    pub fn booted(&mut self, now: Millis, saved: &Saved, before: Option<&Saved>) {
        self.reds.clear();
        self.witness_known = false;
        let expected = match self.mode {
            Mode::Suspect => Mode::Normal,
            mode => mode,
        };
        if saved.mode != expected {
            self.complain("restored", now, format!("wakes in {:?}, was in {:?}", saved.mode, self.mode));
        }
        if before.is_some_and(|before| before.event != saved.event) {
            self.complain(
                "restored",
                now,
                format!("the event {:?} became {:?}", before.and_then(|saved| saved.event.clone()), saved.event),
            );
        }
        self.mode = saved.mode;
    }

    pub fn clock_was_set(&mut self) {
        self.clock_set = true;
    }

    /// The surroundings are about to change, from this truth to that.
    pub fn weather(&mut self, now: Millis, before: &Truth, after: &Truth) {
        if self.is_cause(before) || self.is_cause(after) {
            self.cause_at = Some(now);
        }
        if !after.is_sick() {
            self.events = 0;
        }
        self.sick_since = after.is_sick().then(|| self.sick_since.unwrap_or(now));
    }

    /// Whether the box may well take this for an outage. Without a witness that it knows it cannot tell its own cable from the primary.
    fn is_cause(&self, truth: &Truth) -> bool {
        truth.is_sick() || !truth.clear || (truth.own_cable_out && !self.witness_known)
    }

    /// One input and what the machine did with it.
    pub fn handled(&mut self, now: Millis, input: &Input, actions: &[Action], mode: Mode, truth: &Truth, booted_at: Millis) {
        if let Input::Observed(seen) = input {
            let reds = self.reds.entry(seen.probe).or_default();
            if seen.class.is_red() {
                *reds += 1;
            } else if seen.class.is_green() {
                *reds = 0;
            }
            self.witness_known |= seen.probe == Probe::Witnesses && seen.class.is_green();
        }
        if actions.is_empty() && mode == self.mode {
            return;
        }
        let changes: Vec<&Transition> = actions.iter().filter_map(|a| if let Action::Changed(t) = a { Some(t) } else { None }).collect();
        if changes.len() > 1 {
            self.complain("chain", now, format!("{} changes at once", changes.len()));
        }
        for change in changes {
            if change.from != self.mode || change.from == change.to {
                self.complain("chain", now, format!("{:?} to {:?}, but the mode was {:?}", change.from, change.to, self.mode));
            }
            self.mode = change.to;
            self.changed(now, input, change, truth, booted_at);
        }
        if mode != self.mode {
            self.complain("chain", now, format!("the mode is {mode:?} without a record, which says {:?}", self.mode));
            self.mode = mode;
        }
    }

    fn changed(&mut self, now: Millis, input: &Input, change: &Transition, truth: &Truth, booted_at: Millis) {
        let is_by_box = change.by == "monitor";
        match change.to {
            Mode::Continuity => {
                if is_by_box {
                    self.failed_over(now, input, change, truth);
                }
                (self.entered_at, self.entered_in) = (now, Some(booted_at));
            }
            Mode::Normal if change.from == Mode::Recovering => {
                let enough = self.thresholds.interval_ms + millis(PROBE_SLOW_MAX) + SLACK;
                if truth.entered_within(&self.thresholds).is_some() && self.sick_since.is_some_and(|since| now - since > enough) {
                    self.complain("closed", now, format!("the event is closed, and the primary is down: {truth:?}"));
                }
            }
            Mode::Recovering if is_by_box && self.entered_in == Some(booted_at) && !self.clock_set => {
                let lasted = now - self.entered_at;
                if lasted < self.hold_down() {
                    self.complain(
                        "hold-down",
                        now,
                        format!("continuity was left after {lasted} ms, the hold-down is {}", self.hold_down()),
                    );
                }
            }
            _ => {}
        }
    }

    fn failed_over(&mut self, now: Millis, input: &Input, change: &Transition, truth: &Truth) {
        self.failovers.push_back(now);
        while self.failovers.front().is_some_and(|at| now - at > millis(FLAP_WINDOW)) {
            self.failovers.pop_front();
        }
        if matches!(input, Input::Gate(Gate::Relapse { .. })) && change.from == Mode::Recovering {
            return;
        }
        let fall = self.thresholds.fall.max(1);
        let has_evidence = [Probe::Smtp, Probe::HealthPages].iter().any(|probe| self.reds.get(probe).is_some_and(|reds| *reds >= fall));
        if !has_evidence {
            self.complain("evidence", now, format!("took over after {:?}, {fall} in a row are configured", self.reds));
        }
        let is_just_switched = matches!(input, Input::Automatic { on: true, .. });
        let is_held = |situation: &Situation| !situation.automatic || situation.held_until_green;
        if !is_just_switched && self.situation.as_ref().is_some_and(is_held) {
            self.complain("evidence", now, "took over although automatic is off".to_owned());
        }
        // A probe that began in the trouble may end a minute after it.
        let window = Millis::from(fall + 1) * self.thresholds.interval_ms + millis(PROBE_SLOW_MAX) + SLACK;
        let has_cause = self.is_cause(truth) || self.cause_at.is_some_and(|at| now - at <= window);
        if !has_cause {
            let rule = if truth.own_cable_out { "isolated" } else { "cause" };
            self.complain(rule, now, format!("took over although nothing was wrong with the primary: {truth:?}"));
        }
        if matches!(change.from, Mode::Normal | Mode::Suspect) && truth.is_sick() {
            self.events += 1;
            if self.events > 1 {
                self.complain("one event", now, format!("{} events in one outage", self.events));
            }
        }
    }

    /// The hold-down of the newest failover: doubled for each one before it within the window.
    fn hold_down(&self) -> Millis {
        let doublings = self.failovers.len().saturating_sub(1).min(16);
        (millis(HOLD_DOWN_FIRST) << doublings).min(millis(HOLD_DOWN_MAX))
    }

    /// Looks whether what was promised has come. To be called after everything that happens; `lag` is the time until every probe
    /// that is under way has ended and been told of; `handover` how long the queue takes by itself.
    pub fn look(&mut self, now: Millis, truth: &Truth, station: Option<(&Saved, Millis)>, lag: Millis, handover: Millis) {
        if let Some(promise) = self.promise.take_if(|promise| now > promise.until) {
            self.complain(promise.rule, promise.until, promise.text);
        }
        let situation = Situation {
            truth: *truth,
            mode: if self.mode == Mode::Suspect { Mode::Normal } else { self.mode },
            automatic: station.is_some_and(|(saved, _)| saved.automatic),
            held_until_green: station.is_some_and(|(saved, _)| saved.held_until_green),
            by_operator: station.is_some_and(|(saved, _)| saved.by_operator),
            booted_at: station.map(|(_, booted_at)| booted_at),
        };
        if self.situation.as_ref() != Some(&situation) {
            self.promise = self.promised(now, &situation, lag, handover);
            self.situation = Some(situation);
        }
    }

    /// When the promise of the moment has to be kept; for looking at the right time.
    pub fn due(&self) -> Option<Millis> {
        self.promise.as_ref().map(|promise| promise.until + 1)
    }

    fn promised(&self, now: Millis, situation: &Situation, lag: Millis, handover: Millis) -> Option<Promise> {
        let booted_at = situation.booted_at?;
        let truth = &situation.truth;
        let promise = |rule, within: Millis, what: &str| {
            let text = format!("{what} since {now} ms, and nothing happened for {within} ms: {truth:?}");
            Some(Promise { rule, until: now + within, text })
        };
        match situation.mode {
            Mode::Continuity if situation.by_operator || !situation.automatic => None,
            Mode::Continuity => {
                let risen = truth.risen_within(&self.thresholds)? + lag;
                let hold = if self.clock_set { millis(HOLD_DOWN_MAX) } else { self.hold_down() };
                let held_until = self.entered_at.max(booted_at) + hold;
                promise("left", risen.max(held_until.saturating_sub(now)) + SLACK, "the primary is back")
            }
            _ if truth.is_sick() && situation.automatic && !situation.held_until_green => {
                promise("entered", truth.entered_within(&self.thresholds)? + lag + SLACK, "the primary is down")
            }
            Mode::Recovering => {
                truth.risen_within(&self.thresholds)?;
                promise("handed over", handover + HAND_OVER + millis(SMTP_FINAL_REPLY_TIMEOUT) + lag, "the primary takes mail")
            }
            _ => None,
        }
    }
}
