//! The mode machine. All changes of the mode go through [`Machine::enter`], at most one for each input.
//!
//! | mode | `decide`, after each input | `Start` | `End` | gate |
//! | --- | --- | --- | --- | --- |
//! | Normal | doubt → Suspect; fallen → Continuity | → Continuity | refused | ignored |
//! | Suspect | settled → Normal; fallen → Continuity | → Continuity | refused | ignored |
//! | Continuity | risen and held down long enough → Recovering | taken over | → Recovering | ignored |
//! | Recovering | fallen → Continuity (same event) | → Continuity (same event) | refused | `Relapse` → Continuity, `Done` → Normal |
//!
//! A start with a planned end, or by a maintenance window, is a `Start` whose event turns into one of the box's own when its time has come,
//! unless the primary works then: so it never ends into a dead primary, and never stays open for want of an operator. Events of some people
//! (`scopes`) lie beneath the mode and change nothing in this table.
//!
//! "Automatic off" means that the box changes nothing by itself in either direction: neither does it take over, nor does it leave an event
//! that is open (whoever switched automatic off is at work on the primary, and a box that left could not come back). It raises
//! [`Alarm::AutomaticOff`] instead. Two things happen all the same: a hand-over that is complete closes its event, and one whose
//! mail the primary refuses goes back to Continuity, because going on would do harm.

use std::collections::BTreeSet;
use std::time::Duration;

use super::hold_down::{Failovers, plausible_age};
use super::log::Log;
use super::scopes::{self, PlannedEnds};
use super::watch::Watch;
use super::words::{self, MONITOR};
use super::{
    Action, Alarm, Class, EndError, EventId, Evidence, Gate, Input, Kind, Mode, NewScope, Phase, Planned, Policy, Probe, Saved,
    ScopeChange, ScopeError, ScopedEvent, Transition, evidence,
};
use crate::clock::{Mono, Now};
use crate::limits::{
    EVIDENCE_MAX, EVIDENCE_OF_SUSPICION_MAX, OPERATOR_NAME_MAX_OCTETS, OPERATOR_REASON_MAX_OCTETS, PROBE_NOW_EVERY, WINDOWS_BEGUN_MAX,
};

/// Decides. Deterministic: the same inputs with the same times give the same actions. Only the monotonic clock decides;
/// the wall clock is written down, and read across a restart where it is plausible.
#[derive(Clone, Debug)]
pub struct Machine {
    policy: Policy,
    saved: Saved,
    watch: Watch,
    log: Log,
    failovers: Failovers,
    /// Continuity is not left by itself before this.
    held_down_until: Mono,
    probe_asked: Option<Mono>,
    /// Of everybody's event, if it has one.
    planned_end: Mono,
    /// Of the events of some people.
    planned_ends: PlannedEnds,
    alarms: BTreeSet<Alarm>,
    isolated: bool,
}

impl Machine {
    /// A box that never ran before.
    pub fn new(policy: Policy, automatic: bool, now: Now) -> Machine {
        Machine::restore(policy, Saved { automatic, since: now.wall, ..Saved::default() }, now)
    }

    /// After a restart: wakes in the saved mode (`Suspect` as `Normal`). Counts start at zero, so leaving asks for a fresh row of greens.
    pub fn restore(policy: Policy, saved: Saved, now: Now) -> Machine {
        let saved = saved.sane(now.wall);
        let failovers = Failovers::restore(&saved.recent_failovers, policy.flap_window, now);
        let hold_down = failovers.hold_down(&policy, now);
        let passed = plausible_age(saved.since, policy.flap_window, now.wall).unwrap_or_default();
        Machine {
            held_down_until: now.mono.plus(hold_down.saturating_sub(passed)),
            watch: Watch::new(policy.health_pages),
            log: Log::default(),
            failovers,
            probe_asked: None,
            planned_end: now
                .mono
                .plus(saved.planned.map_or(Duration::ZERO, |planned| scopes::left(planned.since, planned.until, now.wall))),
            planned_ends: PlannedEnds::restore(&saved.scopes, now),
            alarms: BTreeSet::new(),
            isolated: false,
            policy: Policy { fall: policy.fall.max(1), rise: policy.rise.max(1), ..policy },
            saved,
        }
    }

    /// The same with a canary message that decides, too: two that do not come back are an outage, and one that does ends it.
    #[must_use]
    pub fn watch_canary(mut self, on: bool) -> Machine {
        if on {
            self.watch.watch_canary();
        }
        self
    }

    /// What has to be on disk. Compare it with what was written last after each input: see [`Saved`].
    pub fn saved(&self) -> &Saved {
        &self.saved
    }

    pub fn mode(&self) -> Mode {
        self.saved.mode
    }

    /// The newest observation of each probe, and the counts in a row, for status.
    pub fn observations(&self) -> Vec<(Evidence, u32)> {
        self.watch.observations()
    }

    /// Active alarms.
    pub fn alarms(&self) -> Vec<Alarm> {
        self.alarms.iter().copied().collect()
    }

    /// What happens next, in words for people: `2 of 3 failed probes in a row; at 3 the box takes over.`
    pub fn outlook(&self) -> String {
        words::outlook(&self.policy, &self.saved, &self.watch, self.isolated)
    }

    /// Whether `event end` would be refused.
    pub fn may_end(&self, force: bool) -> Result<(), EndError> {
        match self.saved.mode {
            Mode::Continuity if self.watch.is_red() && !force => Err(EndError::PrimaryDown),
            Mode::Continuity => Ok(()),
            Mode::Normal | Mode::Suspect | Mode::Recovering => Err(EndError::NoEvent),
        }
    }

    /// Whether an event for some people would be refused.
    pub fn may_start_scope(&self, new: &NewScope) -> Result<(), ScopeError> {
        scopes::may_start(&self.saved, new)
    }

    /// Whether the end of an event of some people would be refused. A drill may always end.
    pub fn may_end_scope(&self, id: &EventId, force: bool) -> Result<(), EndError> {
        match self.saved.scopes.iter().find(|event| event.id == *id) {
            Some(ScopedEvent { phase: Phase::Open, kind: Kind::Outage, .. }) if self.watch.is_red() && !force => Err(EndError::PrimaryDown),
            Some(ScopedEvent { phase: Phase::Open, .. }) => Ok(()),
            Some(_) | None => Err(EndError::NoEvent),
        }
    }

    /// Takes one input; gives what has to be done.
    pub fn handle(&mut self, input: Input, now: Now) -> Vec<Action> {
        let mut actions = match input {
            Input::Observed(evidence) => self.observe(evidence, now),
            Input::ForeignClient => {
                self.watch.foreign_client(now.mono);
                vec![]
            }
            Input::Gate(gate) => self.gate(gate, now),
            Input::Start { by, reason } => self.start(&by, &reason, now),
            Input::StartPlanned { by, reason, length } => self.start_planned(&by, &reason, (length, None), now),
            Input::Window { id, reason, left } => self.begin_window(id, &reason, left, now),
            Input::End { by, force } => self.end(&by, force, now),
            Input::Automatic { on, .. } => self.automatic(on),
            Input::StartScope(new) => self.scope_changed(|saved, ends| scopes::start(saved, ends, new, now)),
            Input::EndScope { by, id, force } => self.end_scope(&by, &id, force, now),
            Input::ScopeHandedOver { id } => self.close_scope(&id, now),
            Input::Tick => vec![],
        };
        self.isolated = self.watch.isolated(now.mono);
        if !actions.iter().any(|action| matches!(action, Action::Changed(_))) {
            actions.splice(0..0, self.reach_planned_end(now));
        }
        if !actions.iter().any(|action| matches!(action, Action::Changed(_))) {
            // The record of a change comes before everything else that is to be done.
            actions.splice(0..0, self.decide(now));
        }
        actions.extend(self.end_planned(now));
        actions.extend(self.end_drills(now));
        self.note_alarms(now, &mut actions);
        actions
    }

    fn observe(&mut self, evidence: Evidence, now: Now) -> Vec<Action> {
        let evidence = evidence.bounded();
        let failed_relay = evidence.probe == Probe::Relay && evidence.class.is_red();
        self.log.push(evidence.clone());
        self.watch.note(evidence, self.policy.fall, now.mono);
        if matches!(self.saved.mode, Mode::Normal | Mode::Suspect) {
            self.watch.learn_settings(self.policy.fall);
        }
        if self.saved.held_until_green && self.watch.newest(Probe::Smtp).is_some_and(|e| e.class.is_green()) && !self.watch.is_red() {
            self.saved.held_until_green = false;
        }
        if failed_relay && self.may_ask_for_probe(now.mono) {
            self.probe_asked = Some(now.mono);
            return vec![Action::ProbeNow];
        }
        vec![]
    }

    // Once a probe is red, the regular ones go on looking: asking for more after each failing relay would reach the fall
    // threshold in seconds, and turn a short restart of the primary into an event.
    fn may_ask_for_probe(&self, now: Mono) -> bool {
        !self.watch.is_red() && self.probe_asked.is_none_or(|asked| now.since(asked) >= PROBE_NOW_EVERY)
    }

    fn gate(&mut self, gate: Gate, now: Now) -> Vec<Action> {
        match (self.saved.mode, gate) {
            (Mode::Recovering, Gate::Relapse { refused, tried }) if !self.saved.held_until_green => {
                vec![self.fail_over(words::relapse(refused, tried), now)]
            }
            // After a restart nothing is red before somebody has looked: an empty queue proves nothing then.
            (Mode::Recovering, Gate::Done) if self.watch.is_seen_up() => {
                vec![self.enter(Mode::Normal, MONITOR, words::handed_over(), now)]
            }
            _ => vec![],
        }
    }

    fn start(&mut self, by: &str, reason: &str, now: Now) -> Vec<Action> {
        let by = evidence::one_line(by, OPERATOR_NAME_MAX_OCTETS);
        let reason = words::started(&by, &evidence::one_line(reason, OPERATOR_REASON_MAX_OCTETS));
        self.saved.by_operator = true;
        self.saved.planned = None;
        self.saved.held_until_green = false;
        match self.saved.mode {
            Mode::Continuity => vec![],
            Mode::Normal | Mode::Suspect | Mode::Recovering => vec![self.enter(Mode::Continuity, &by, reason, now)],
        }
    }

    fn start_planned(&mut self, by: &str, reason: &str, (length, window): (Duration, Option<u64>), now: Now) -> Vec<Action> {
        let actions = self.start(by, reason, now);
        let planned = Planned { since: now.wall, until: now.wall.plus(length), window };
        (self.saved.planned, self.planned_end) = (Some(planned), now.mono.plus(length));
        actions
    }

    fn begin_window(&mut self, id: u64, reason: &str, left: Duration, now: Now) -> Vec<Action> {
        let begun = &mut self.saved.windows_begun;
        if begun.contains(&id) || left.is_zero() {
            return vec![];
        }
        if begun.len() >= WINDOWS_BEGUN_MAX {
            begun.remove(0);
        }
        begun.push(id);
        // What an operator began stays at least as long as it was to.
        let lasts = self.saved.planned.is_none() || self.planned_end >= now.mono.plus(left);
        let lasts = self.saved.mode == Mode::Continuity && self.saved.by_operator && lasts;
        if lasts { vec![] } else { self.start_planned(words::MAINTENANCE, reason, (left, Some(id)), now) }
    }

    /// At the planned end the event is left if the primary works; else it is an ordinary one from now on and ends by itself.
    fn reach_planned_end(&mut self, now: Now) -> Option<Action> {
        if self.saved.planned.is_none() || now.mono < self.planned_end {
            return None;
        }
        self.saved.planned = None;
        self.saved.by_operator = false;
        let steady = self.saved.mode == Mode::Continuity && self.watch.risen(self.policy.rise);
        steady.then(|| self.enter(Mode::Recovering, MONITOR, words::planned_end(), now))
    }

    fn end(&mut self, by: &str, force: bool, now: Now) -> Vec<Action> {
        if self.may_end(force).is_err() {
            return vec![];
        }
        let by = evidence::one_line(by, OPERATOR_NAME_MAX_OCTETS);
        self.saved.held_until_green = self.watch.is_red();
        let reason = words::ended_by(&by, self.saved.held_until_green);
        vec![self.enter(Mode::Recovering, &by, reason, now)]
    }

    fn automatic(&mut self, on: bool) -> Vec<Action> {
        self.saved.automatic = on;
        // Whoever says "on" means it: a hold that a forced end left is lifted.
        self.saved.held_until_green &= !on;
        vec![]
    }

    fn scope_changed(&mut self, change: impl FnOnce(&mut Saved, &mut PlannedEnds) -> Option<ScopeChange>) -> Vec<Action> {
        change(&mut self.saved, &mut self.planned_ends).map(Action::ScopeChanged).into_iter().collect()
    }

    fn end_scope(&mut self, by: &str, id: &EventId, force: bool, now: Now) -> Vec<Action> {
        if self.may_end_scope(id, force).is_err() {
            return vec![];
        }
        let reason = words::scope_ended_by(&evidence::one_line(by, OPERATOR_NAME_MAX_OCTETS));
        self.scope_changed(|saved, ends| scopes::advance(saved, ends, id, (by, reason), now))
    }

    /// A primary that is red at this moment, or was not looked at yet, has not been handed everything.
    fn close_scope(&mut self, id: &EventId, now: Now) -> Vec<Action> {
        let handing = |event: &ScopedEvent| event.id == *id && event.phase == Phase::HandingOver;
        let calm = matches!(self.saved.mode, Mode::Normal | Mode::Suspect) && self.watch.is_seen_up();
        if !calm || !self.saved.scopes.iter().any(handing) {
            return vec![];
        }
        self.scope_changed(|saved, ends| scopes::advance(saved, ends, id, (MONITOR, words::scope_handed_over()), now))
    }

    /// Ends what is planned to end now; an outage of some waits for a primary that is not red.
    fn end_planned(&mut self, now: Now) -> Vec<Action> {
        let mut actions = vec![];
        for id in self.planned_ends.due(now.mono) {
            if self.may_end_scope(&id, false).is_ok() {
                let word = (MONITOR, words::scope_planned_end());
                actions.extend(self.scope_changed(|saved, ends| scopes::advance(saved, ends, &id, word, now)));
            }
        }
        actions
    }

    /// Nobody practises while it is real.
    fn end_drills(&mut self, now: Now) -> Vec<Action> {
        if self.saved.mode != Mode::Continuity {
            return vec![];
        }
        let drills = self.saved.scopes.iter().filter(|event| event.kind == Kind::Drill).map(|event| event.id.clone());
        let drills: Vec<EventId> = drills.collect();
        let mut end = |id: &EventId| self.scope_changed(|saved, ends| scopes::advance(saved, ends, id, (MONITOR, words::no_drill()), now));
        drills.iter().flat_map(&mut end).collect()
    }

    /// What the evidence asks for now.
    fn decide(&mut self, now: Now) -> Option<Action> {
        match self.saved.mode {
            Mode::Normal | Mode::Suspect | Mode::Recovering if self.wants_continuity() && self.may_take_over() => {
                let (probe, reds) = self.watch.fallen(self.policy.fall)?;
                Some(self.fail_over(words::fallen(&self.watch, probe, reds), now))
            }
            Mode::Normal if self.watch.is_doubtful() => Some(self.enter(Mode::Suspect, MONITOR, words::suspected(&self.watch), now)),
            Mode::Suspect if self.watch.is_settled() => Some(self.enter(Mode::Normal, MONITOR, words::calm_again(), now)),
            Mode::Continuity if self.wants_to_leave(now.mono) && self.saved.automatic => {
                Some(self.enter(Mode::Recovering, MONITOR, words::risen(self.policy.rise), now))
            }
            _ => None,
        }
    }

    fn wants_continuity(&self) -> bool {
        self.saved.mode != Mode::Continuity && self.watch.fallen(self.policy.fall).is_some()
    }

    fn may_take_over(&self) -> bool {
        self.saved.automatic && !self.saved.held_until_green
    }

    fn wants_to_leave(&self, now: Mono) -> bool {
        let steady = self.watch.risen(self.policy.rise) && now >= self.held_down_until;
        self.saved.mode == Mode::Continuity && !self.saved.by_operator && steady
    }

    /// Into Continuity by the box's own decision: this is what flap protection counts.
    fn fail_over(&mut self, reason: String, now: Now) -> Action {
        self.failovers.note(self.policy.flap_window, now);
        self.saved.recent_failovers = self.failovers.walls();
        self.enter(Mode::Continuity, MONITOR, reason, now)
    }

    /// The only place where the mode changes.
    fn enter(&mut self, to: Mode, by: &str, reason: String, now: Now) -> Action {
        let from = self.saved.mode;
        self.saved.mode = to;
        self.saved.since = now.wall;
        let mut event = self.saved.event.clone();
        match (from, to) {
            (_, Mode::Continuity) => {
                if event.is_none() {
                    self.saved.open_event(now.wall);
                    event = self.saved.event.clone();
                }
                self.saved.green_since = None;
                self.watch.forget_greens();
                self.held_down_until = now.mono.plus(self.failovers.hold_down(&self.policy, now));
            }
            (_, Mode::Recovering) => {
                self.saved.green_since = None;
                self.saved.by_operator = false;
                self.saved.planned = None;
                self.watch.forget_reds();
            }
            (Mode::Recovering, Mode::Normal) => {
                event = self.saved.close_event();
                self.saved.green_since = Some(now.wall);
                self.watch.forget_reds();
                self.watch.forget_relay_doubt();
            }
            (_, Mode::Normal | Mode::Suspect) => {}
        }
        let suspicion = [from, to].iter().all(|mode| matches!(mode, Mode::Normal | Mode::Suspect));
        let evidence = self.log.newest(if suspicion { EVIDENCE_OF_SUSPICION_MAX } else { EVIDENCE_MAX });
        Action::Changed(Transition { at: now.wall, from, to, event, by: by.to_owned(), reason, evidence })
    }

    /// Alarms are a function of the state: what came and what went since the last input is said.
    fn note_alarms(&mut self, now: Now, actions: &mut Vec<Action>) {
        let blocked = (self.wants_continuity() && !self.may_take_over()) || (self.wants_to_leave(now.mono) && !self.saved.automatic);
        let active = [
            (Alarm::Misconfigured, self.watch.has_setting(Class::Misconfigured)),
            (Alarm::Certificate, self.watch.has_setting(Class::Certificate)),
            (Alarm::Login, self.watch.has_setting(Class::Login)),
            (Alarm::Isolated, self.isolated),
            (Alarm::WitnessUnknown, self.watch.witness_unknown()),
            (Alarm::AutomaticOff, blocked),
        ];
        let active: BTreeSet<Alarm> = active.into_iter().filter(|(_, on)| *on).map(|(alarm, _)| alarm).collect();
        actions.extend(active.difference(&self.alarms).map(|alarm| Action::Alarm(*alarm)));
        actions.extend(self.alarms.difference(&active).map(|alarm| Action::AlarmOver(*alarm)));
        self.alarms = active;
    }
}

#[cfg(test)]
mod planned_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod scope_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wrong_tests;
