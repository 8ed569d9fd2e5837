//! The loop: takes what happens next, lets it happen, and has it judged.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::agenda::{Agenda, Millis};
use super::dice::{Dice, For};
use super::hand_over::Try;
use super::judge::{Judge, Violation};
use super::looks::{Eye, Eyes};
use super::mail_judge;
use super::measure::Measure;
use super::network::Network;
use super::primary::{Primary, Seen};
use super::runner::Runner;
use super::spool::{Message, Spool};
use super::thresholds::Thresholds;
use super::truth::Truth;
use super::weather::{Change, Order, Scenario};
use crate::clock::{Mono, Now, Wall};
use crate::continuity::{Action, Input, Machine, Mode, Saved};
use crate::relay::{DeliveryState, Queue};

/// 3 March 2026, 09:15:02 UTC: when a simulation begins by the wall clock.
const BEGINNING: u64 = 1_772_529_302_000;
/// Lines of the trace that are kept.
const TRACE_MAX: usize = 80;
/// Events of the agenda at one moment that end a simulation as stuck.
const AT_ONCE_MAX: u32 = 100_000;

/// A defect that is put into the driver to prove that the judges notice it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mutation {
    #[default]
    None,
    /// What was in session is gone after a crash.
    LosesInSession,
    /// The mode is not saved.
    ForgetsSaved,
    /// One failed probe is enough.
    FlipsEarly,
    /// Slow counts as hanging.
    FlipsOnSlow,
    /// A witness seems to answer, always.
    ImaginesWitnesses,
    /// Witnesses are asked one after the other, so that three dead ones take longer than three failed probes.
    AsksOneByOne,
    /// The primary is looked at ten times less often than configured.
    Sleeps,
    /// Green probes are not passed on in continuity.
    NeverLeaves,
    /// No hold-down.
    Flaps,
    /// The queue is drained from its end.
    DrainsBackwards,
    /// Every tenth delivery is not written down.
    ForgetsOutcomes,
    /// A queued recipient is given up after its third try.
    GivesUp,
    /// The end of the hand-over is not told.
    NeverDone,
}

/// What is simulated, beside the scenario.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub seed: u64,
    pub thresholds: Thresholds,
    /// Mean time between messages while all is well; during trouble they come every few seconds. None: no mail at all.
    pub mail_every_ms: Option<Millis>,
    /// Every probe and every tick, also where nothing can come of it: a hundred times slower.
    pub every_look: bool,
    pub mutation: Mutation,
}

impl Options {
    pub fn new(seed: u64, thresholds: Thresholds) -> Options {
        Options { seed, thresholds, mail_every_ms: Some(3_600_000), every_look: false, mutation: Mutation::None }
    }
}

/// How a simulation ended.
pub struct Outcome {
    pub violations: Vec<Violation>,
    pub measure: Measure,
    /// The last lines of what happened.
    pub trace: Vec<String>,
    /// Changes of the mode by the box: when, from, to, by whom.
    pub transitions: Vec<(Millis, Mode, Mode, String)>,
}

/// What is to happen. What belongs to one run of the box is void after a crash.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    Weather(usize),
    Boot,
    Look {
        eye: Eye,
        turn: u64,
    },
    Seen {
        eye: Eye,
        life: u64,
        seen: Seen,
        started: Millis,
    },
    Tick {
        life: u64,
    },
    Mail,
    Dot(u64),
    End(u64),
    Patience(u64),
    Run {
        queue: Queue,
        life: u64,
        is_look: bool,
    },
    Housekeeping {
        life: u64,
    },
    /// Nothing: a promise is due.
    Judge,
}

/// The box while it runs: all of it is gone after a crash.
pub(super) struct Station {
    pub booted_at: Millis,
    pub machine: Machine,
    pub eyes: Eyes,
    pub foreign_noticed: Option<Millis>,
    /// Transactions under way, by number.
    pub tries: BTreeMap<u64, Try>,
    pub claims: BTreeSet<(Queue, u64)>,
    pub primary_runner: Runner,
    pub outbound_runner: Runner,
    /// When something last happened that may lead to something.
    pub disturbed_at: Millis,
    pub tick_noted: bool,
    pub housekeeping_noted: bool,
}

/// Everything.
pub struct World {
    pub(super) options: Options,
    pub(super) scenario: Scenario,
    pub(super) now: Millis,
    pub(super) agenda: Agenda<Happening>,
    pub(super) dice: Dice,
    pub(super) primary: Primary,
    pub(super) wire: Network,
    wall_offset: i64,
    pub(super) spool: Spool,
    pub(super) station: Option<Station>,
    pub(super) life: u64,
    pub(super) turns: u64,
    /// Transactions so far.
    pub(super) tries: u64,
    pub(super) truth: Truth,
    pub(super) judge: Judge,
    pub(super) measure: Measure,
    pub(super) trace: VecDeque<String>,
    pub(super) order: mail_judge::Order,
    transitions: Vec<(Millis, Mode, Mode, String)>,
    next_weather: Option<Millis>,
    judged_at: Option<Millis>,
    /// When the surroundings changed last.
    pub(super) changed_at: Option<Millis>,
}

impl World {
    pub fn new(options: Options, scenario: Scenario) -> World {
        let (primary, wire) = (Primary::well(), Network::sound());
        let mut agenda = Agenda::new();
        agenda.note(0, Happening::Boot);
        let next_weather = scenario.changes.first().map(|(at, _)| *at);
        if let Some(at) = next_weather {
            agenda.note(at, Happening::Weather(0));
        }
        if options.mail_every_ms.is_some() {
            agenda.note(0, Happening::Mail);
        }
        World {
            now: 0,
            agenda,
            dice: Dice(options.seed),
            primary,
            wire,
            wall_offset: 0,
            spool: Spool::default(),
            station: None,
            life: 0,
            turns: 0,
            tries: 0,
            truth: Truth::of(&primary, &wire, &options.thresholds),
            judge: Judge::new(options.thresholds),
            measure: Measure::default(),
            trace: VecDeque::new(),
            order: mail_judge::Order::default(),
            transitions: Vec::new(),
            next_weather,
            judged_at: None,
            changed_at: None,
            options,
            scenario,
        }
    }

    /// To the end of the scenario, or to the first rule that is broken.
    pub fn run(mut self) -> Outcome {
        let mut at_once = 0;
        while let Some((at, what)) = self.agenda.next() {
            if at > self.scenario.ends_at || !self.judge.violations.is_empty() {
                break;
            }
            at_once = if at == self.now { at_once + 1 } else { 0 };
            if at_once > AT_ONCE_MAX {
                self.judge.complain("progress", at, format!("time stands still: {what:?}"));
                break;
            }
            self.now = at;
            self.happen(what);
            self.look();
        }
        if self.judge.violations.is_empty() {
            self.now = self.scenario.ends_at;
            self.look();
            self.end();
        }
        self.measure.ended(self.now);
        Outcome { violations: self.judge.violations, measure: self.measure, trace: self.trace.into(), transitions: self.transitions }
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Weather(number) => self.weather(number),
            Happening::Boot => self.boot(),
            Happening::Look { eye, turn } => self.begin_look(eye, turn),
            Happening::Seen { eye, life, seen, started } if life == self.life => self.end_look(eye, seen, started),
            Happening::Tick { life } if life == self.life => self.tick(),
            Happening::Mail => self.mail(),
            Happening::Dot(number) => self.dot(number),
            Happening::End(number) => self.end_of_try(number),
            Happening::Patience(number) => self.patience_over(number),
            Happening::Run { queue, life, is_look } if life == self.life => self.run_queue(queue, is_look),
            Happening::Housekeeping { life } if life == self.life => self.housekeeping(),
            _ => {}
        }
    }

    /// Has the rules of time judged, and comes back when a promise is due.
    fn look(&mut self) {
        let lag = self.lag();
        let waiting = self.spool.waiting(Queue::Primary) as Millis;
        let handover = waiting * (self.truth.smtp.took + 3_000);
        let station = self.station.as_ref().map(|station| (station.machine.saved(), station.booted_at));
        self.judge.look(self.now, &self.truth, station, lag, handover);
        if let Some(due) = self.judge.due()
            && self.judged_at != Some(due)
        {
            self.judged_at = Some(due);
            self.agenda.note(due, Happening::Judge);
        }
    }

    /// What is left at the end.
    fn end(&mut self) {
        if !self.scenario.ends_well {
            return;
        }
        let is_open = |message: &Message| message.to.iter().any(|to| matches!(to.state, DeliveryState::InSession) || to.state.is_queued());
        if let Some((number, message)) = self.spool.messages.iter().find(|(_, message)| is_open(message)) {
            let text = format!("message {number} of {} ms has no outcome: {:?}", message.since, message.to);
            self.judge.complain("lost", self.now, text);
        }
        let mode = self.station.as_ref().map(|station| station.machine.mode());
        if mode != Some(Mode::Normal) {
            self.judge.complain("left", self.now, format!("all is well for hours, and the mode is {mode:?}"));
        }
    }

    fn weather(&mut self, number: usize) {
        let Some((_, change)) = self.scenario.changes.get(number).copied() else { return };
        self.next_weather = self.scenario.changes.get(number + 1).map(|(at, _)| *at);
        if let Some(at) = self.next_weather {
            self.agenda.note(at, Happening::Weather(number + 1));
        }
        self.note(format!("{change:?}"));
        self.changed_at = Some(self.now);
        match change {
            Change::Smtp(smtp) => self.primary.smtp = smtp,
            Change::Pages(pages) => self.primary.pages = pages,
            Change::Full(person) => self.primary.full = person,
            Change::CableOut(out) => self.wire.own_cable_out = out,
            Change::SegmentOut(out) => self.wire.segment_out = out,
            Change::Lost(percent) => self.wire.lost_percent = percent,
            Change::Delay(delay_ms) => self.wire.delay_ms = delay_ms,
            Change::WitnessesUp(up) => self.wire.witnesses_up = up,
            Change::OutsideUp(up) => self.wire.outside_up = up,
            Change::Crash { down_ms } => self.crash(down_ms),
            Change::Clock(by) => {
                self.wall_offset = self.wall_offset.saturating_add(by);
                self.judge.clock_was_set();
                // What is due depends on it.
                self.need_look(Queue::Primary);
                self.need_look(Queue::Outbound);
            }
            Change::Operator(order) => self.order(order),
        }
        let truth = Truth::of(&self.primary, &self.wire, &self.options.thresholds);
        self.judge.weather(self.now, &self.truth, &truth);
        self.measure.weather(self.now, truth.is_sick(), truth.is_well());
        self.truth = truth;
        self.disturb();
    }

    fn order(&mut self, order: Order) {
        let by = "ann".to_owned();
        match order {
            Order::Start => self.feed(Input::Start { by, reason: "test".to_owned() }),
            Order::End { force } => self.feed(Input::End { by, force }),
            Order::Automatic(on) => self.feed(Input::Automatic { by, on }),
        }
    }

    // ---- The box ---------------------------------------------------------------------------------

    fn boot(&mut self) {
        if self.station.is_some() {
            return;
        }
        self.life += 1;
        let before = self.spool.saved.take();
        let now = Now { mono: Mono(0), wall: self.wall() };
        let thresholds = &self.options.thresholds;
        let mut policy = thresholds.policy();
        match self.options.mutation {
            Mutation::FlipsEarly => policy.fall = 1,
            Mutation::Flaps => (policy.hold_down_first, policy.hold_down_max) = Default::default(),
            _ => {}
        }
        let saved = before.clone().filter(|_| self.options.mutation != Mutation::ForgetsSaved);
        let machine = match saved.map(|saved| read_back(&saved)) {
            Some(Ok(saved)) => Machine::restore(policy, saved, now),
            Some(Err(what)) => {
                self.judge.complain("restored", self.now, what);
                return;
            }
            None => Machine::new(policy, thresholds.automatic, now),
        };
        self.judge.booted(self.now, machine.saved(), before.as_ref());
        self.note(format!("the box starts in {:?}", machine.mode()));
        self.spool.saved = Some(machine.saved().clone());
        self.spool.recover(now.wall);
        self.station = Some(Station {
            booted_at: self.now,
            machine,
            eyes: Eyes::default(),
            foreign_noticed: None,
            tries: BTreeMap::new(),
            claims: BTreeSet::new(),
            primary_runner: Runner::new(Queue::Primary),
            outbound_runner: Runner::new(Queue::Outbound),
            disturbed_at: self.now,
            tick_noted: false,
            housekeeping_noted: false,
        });
        self.open_eyes();
        self.need_tick();
        self.need_housekeeping();
        self.kick(Queue::Primary);
        self.kick(Queue::Outbound);
    }

    fn crash(&mut self, down_ms: Millis) {
        let Some(station) = self.station.take() else { return };
        for attempt in station.tries.into_values() {
            attempt.broke_off(&mut self.spool);
        }
        if self.options.mutation == Mutation::LosesInSession {
            self.spool.lose_in_session();
        }
        self.life += 1;
        self.agenda.note(self.now + down_ms.max(1), Happening::Boot);
    }

    /// Both clocks of the box.
    pub(super) fn clocks(&self) -> Now {
        let booted_at = self.station.as_ref().map_or(self.now, |station| station.booted_at);
        Now { mono: Mono(self.now - booted_at), wall: self.wall() }
    }

    pub(super) fn wall(&self) -> Wall {
        Wall((BEGINNING + self.now).saturating_add_signed(self.wall_offset))
    }

    pub(super) fn mode(&self) -> Mode {
        self.station.as_ref().map_or(Mode::Normal, |station| station.machine.mode())
    }

    /// As `Core::feed`: one input, and what follows from it. What changed is on disk before anybody acts on it.
    pub(super) fn feed(&mut self, input: Input) {
        let (now, life) = (self.clocks(), self.life);
        let Some(station) = &mut self.station else { return };
        let actions = station.machine.handle(input.clone(), now);
        let (mode, booted_at) = (station.machine.mode(), station.booted_at);
        if self.spool.saved.as_ref() != Some(station.machine.saved()) {
            self.spool.saved = Some(station.machine.saved().clone());
        }
        self.judge.handled(self.now, &input, &actions, mode, &self.truth, booted_at);
        if actions.is_empty() {
            return;
        }
        self.disturb();
        for action in actions {
            match action {
                Action::Changed(change) => {
                    // Suspicions come by the thousand where packets get lost.
                    if [change.from, change.to].iter().any(|mode| matches!(mode, Mode::Continuity | Mode::Recovering)) {
                        self.note(format!("{:?} -> {:?} by {}: {}", change.from, change.to, change.by, change.reason));
                    }
                    self.measure.changed(self.now, change.from, change.to, change.by == "monitor");
                    self.transitions.push((self.now, change.from, change.to, change.by.clone()));
                    if change.to == Mode::Recovering {
                        self.order = mail_judge::Order::default();
                    }
                    self.agenda.note(self.now, Happening::Run { queue: Queue::Primary, life, is_look: false });
                    self.need_tick();
                    self.need_housekeeping();
                }
                Action::ProbeNow => self.probe_at_once(),
                Action::Alarm(_) | Action::AlarmOver(_) | Action::ScopeChanged(_) => {}
            }
        }
    }

    fn tick(&mut self) {
        if let Some(station) = &mut self.station {
            station.tick_noted = false;
        }
        self.feed(Input::Tick);
        self.need_tick();
    }

    /// The machine waits for time only in continuity (hold-down), for a primary that is green, and not for ever.
    pub(super) fn need_tick(&mut self) {
        let is_needed = self.options.every_look || (self.mode() == Mode::Continuity && self.is_green() && !self.is_calm());
        let (now, life) = (self.now, self.life);
        if let Some(station) = &mut self.station
            && is_needed
            && !station.tick_noted
        {
            station.tick_noted = true;
            self.agenda.note(next_of_grid(station.booted_at, 1_000, now), Happening::Tick { life });
        }
    }

    /// Something happened that may lead to something: everybody looks as often as configured again.
    pub(super) fn disturb(&mut self) {
        let now = self.now;
        if let Some(station) = &mut self.station {
            station.disturbed_at = now;
        }
        self.wake_eyes();
        self.need_tick();
    }

    pub(super) fn next_weather(&self) -> Millis {
        self.next_weather.unwrap_or(self.scenario.ends_at)
    }

    /// Records states of recipients, and has what is finished judged.
    pub(super) fn write_states(&mut self, message: u64, states: Vec<(u32, DeliveryState)>) {
        for (recipient, state) in states {
            self.spool.set(message, recipient, state);
        }
        if let Some(finished) = self.spool.take_finished(message) {
            self.measure.finished(&finished);
            for (rule, text) in mail_judge::faults(message, &finished) {
                self.judge.complain(rule, self.now, text);
            }
        } else {
            self.need_housekeeping();
        }
    }

    pub(super) fn note(&mut self, line: String) {
        if self.trace.len() >= TRACE_MAX {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>12} ms  {line}", self.now));
    }

    pub(super) fn random(&self, number: u64) -> u64 {
        self.dice.at(For::Backoff(number), self.now).u64(..)
    }
}

/// The next point of a grid that began at `from`, after `now`.
pub(super) fn next_of_grid(from: Millis, step: Millis, now: Millis) -> Millis {
    from + ((now - from) / step + 1) * step
}

/// What was saved goes through its form on disk.
fn read_back(saved: &Saved) -> Result<Saved, String> {
    let line = serde_json::to_string(saved).map_err(|error| error.to_string())?;
    let read: Saved = serde_json::from_str(&line).map_err(|error| error.to_string())?;
    if read == *saved { Ok(read) } else { Err(format!("{saved:?} is read back as {read:?}")) }
}
