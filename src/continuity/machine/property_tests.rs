//! Random inputs over long simulated times, and what must hold whatever comes.

use std::collections::BTreeMap;

use super::tests::{policy, start_of_test};
use super::*;
use crate::clock::Wall;
use crate::continuity::{Class, Members};
use crate::limits::CANARY_FALL;

const SEEDS: u64 = 300;
const STEPS: usize = 1500;

/// One input and what happened to the clocks before it.
#[derive(Clone, Debug)]
struct Step {
    millis: u64,
    /// Seconds that the wall clock is set by.
    wall_jump: i64,
    restart: bool,
    input: Input,
}

const CLASSES: [Class; 12] = [
    Class::Healthy,
    Class::Slow,
    Class::Down,
    Class::Hanging,
    Class::Refusing,
    Class::Draining,
    Class::UnhealthyPage,
    Class::Undelivered,
    Class::Isolated,
    Class::Misconfigured,
    Class::Certificate,
    Class::Login,
];

/// A primary that is up, down or mad for a while, seen by probes that may be late, and operators who do what they like.
fn script(rng: &mut fastrand::Rng, jumps: bool, restarts: bool) -> Vec<Step> {
    let mut weather = 0;
    let mut step = |rng: &mut fastrand::Rng| {
        if rng.u8(..) < 12 {
            weather = rng.u8(..3);
        }
        let class = match weather {
            0 => Class::Healthy,
            1 => CLASSES[rng.usize(2..6)],
            _ => CLASSES[rng.usize(..CLASSES.len())],
        };
        let by = || "ann".to_owned();
        let input = match rng.u8(..100) {
            0..45 => seen(Probe::Smtp, class, rng.bool()),
            45..65 => seen(Probe::HealthPages, class, rng.bool()),
            65..70 => seen(Probe::Relay, class, rng.bool()),
            70..72 => seen(Probe::Canary, if weather == 0 { Class::Healthy } else { Class::Undelivered }, true),
            72..80 => seen(Probe::Witnesses, if rng.u8(..4) == 0 { Class::Isolated } else { Class::Healthy }, false),
            80..82 => Input::ForeignClient,
            82..87 => Input::Gate(Gate::Done),
            87..89 => Input::Gate(Gate::Relapse { refused: 2, tried: 3 }),
            89 => match rng.u8(..3) {
                0 => Input::Start { by: by(), reason: String::new() },
                1 => Input::StartPlanned { by: by(), reason: String::new(), length: length(rng) },
                _ => Input::Window { id: rng.u64(..20), reason: String::new(), left: length(rng) },
            },
            90 => Input::End { by: by(), force: rng.bool() },
            91 => Input::Automatic { by: by(), on: rng.u8(..4) > 0 },
            92 => Input::StartScope(scope(rng)),
            93 => Input::EndScope { by: by(), id: EventId(String::new()), force: rng.bool() },
            94 => Input::ScopeHandedOver { id: EventId(String::new()) },
            _ => Input::Tick,
        };
        let millis = if rng.u8(..) == 0 { rng.u64(..7_200_000) } else { rng.u64(..6_000) };
        let wall_jump = if jumps && rng.u8(..) < 4 { rng.i64(-3_000_000_000..3_000_000_000) } else { 0 };
        Step { millis, wall_jump, restart: restarts && rng.u16(..400) == 0, input }
    };
    (0..STEPS).map(|_| step(rng)).collect()
}

fn has_canary(seed: u64) -> bool {
    seed.is_multiple_of(3)
}

fn length(rng: &mut fastrand::Rng) -> Duration {
    Duration::from_secs(rng.u64(1..7200))
}

fn scope(rng: &mut fastrand::Rng) -> NewScope {
    NewScope {
        kind: if rng.u8(..4) == 0 { Kind::Drill } else { Kind::Outage },
        members: Members { groups: vec!["sales".to_owned()], ..Members::default() },
        length: rng.bool().then(|| length(rng)),
        by: "ann".to_owned(),
        reason: String::new(),
    }
}

fn seen(probe: Probe, class: Class, answered: bool) -> Input {
    Input::Observed(Evidence { answered, ..Evidence::new(Wall(0), probe, class, "seen") })
}

/// A machine, its clocks, and what it did so far.
struct Run {
    seed: u64,
    machine: Machine,
    now: Now,
    mode: Mode,
    names: Vec<String>,
    changes: Vec<(Mode, Mode, String)>,
    /// Open events of some, by name: their phases, as the actions gave them.
    scopes: BTreeMap<EventId, Phase>,
    windows: Vec<u64>,
    /// Reds in a row as the scripts gave them: an independent count, knowing nothing of isolation.
    reds: BTreeMap<Probe, u32>,
}

impl Run {
    fn new(seed: u64, pages: bool) -> Run {
        let now = start_of_test();
        let machine = Machine::new(policy(pages), true, now).watch_canary(has_canary(seed));
        Run {
            seed,
            machine,
            now,
            mode: Mode::Normal,
            names: vec![],
            changes: vec![],
            scopes: BTreeMap::new(),
            windows: vec![],
            reds: BTreeMap::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        self.now.mono.0 += step.millis;
        let wall = self.now.wall.0.saturating_add(step.millis).saturating_add_signed(step.wall_jump.saturating_mul(1000));
        self.now.wall = Wall(wall);
        if step.restart {
            self.restart();
        }
        // Scripts do not know the names of events.
        let oldest = self.machine.saved().scopes.first().map(|event| event.id.clone());
        let input = match (step.input.clone(), oldest) {
            (Input::EndScope { by, force, .. }, Some(id)) => Input::EndScope { by, id, force },
            (Input::ScopeHandedOver { .. }, Some(id)) => Input::ScopeHandedOver { id },
            (input, _) => input,
        };
        self.count(&input);
        let actions = self.machine.handle(input.clone(), self.now);
        self.judge(&input, &actions);
        self.judge_scopes(&input, &actions);
    }

    fn restart(&mut self) {
        let saved = self.machine.saved().clone();
        self.now.mono = Mono(0);
        self.machine = Machine::restore(self.machine.policy.clone(), saved.clone(), self.now).watch_canary(has_canary(self.seed));
        let expected = if saved.mode == Mode::Suspect { Mode::Normal } else { saved.mode };
        assert_eq!(self.machine.mode(), expected, "seed {}", self.seed);
        assert_eq!(self.machine.saved().event, saved.event, "seed {}", self.seed);
        self.mode = expected;
        self.reds.clear();
    }

    fn count(&mut self, input: &Input) {
        if let Input::Observed(seen) = input {
            let reds = self.reds.entry(seen.probe).or_default();
            *reds = if seen.class.is_red() {
                *reds + 1
            } else if seen.class.is_green() {
                0
            } else {
                *reds
            };
        }
    }

    fn judge(&mut self, input: &Input, actions: &[Action]) {
        let seed = self.seed;
        let changes: Vec<&Transition> = actions.iter().filter_map(|a| if let Action::Changed(t) = a { Some(t) } else { None }).collect();
        assert!(changes.len() <= 1, "seed {seed}: two changes at once");
        for change in changes {
            assert_eq!(change.from, self.mode, "seed {seed}: changes form a chain");
            assert_ne!(change.from, change.to, "seed {seed}");
            assert_eq!(actions[0], Action::Changed(change.clone()), "seed {seed}: recorded before anything else is done");
            if change.to == Mode::Continuity {
                self.judge_entering(input, change);
            }
            let open = matches!(change.to, Mode::Continuity | Mode::Recovering) || change.from == Mode::Recovering;
            assert_eq!(change.event.is_some(), open, "seed {seed}");
            assert!(change.evidence.len() <= EVIDENCE_MAX, "seed {seed}");
            self.mode = change.to;
            self.changes.push((change.from, change.to, change.by.clone()));
        }
        assert_eq!(self.machine.mode(), self.mode, "seed {seed}: no change without its record");
        let saved = self.machine.saved();
        let open = matches!(self.mode, Mode::Continuity | Mode::Recovering);
        assert_eq!((saved.event.is_some(), saved.event_since.is_some()), (open, open), "seed {seed}");
        assert!(!self.machine.outlook().is_empty());
        let ended =
            matches!(input, Input::End { .. }) && matches!(actions.first(), Some(Action::Changed(_))) && self.mode == Mode::Recovering;
        if ended && self.machine.watch.is_red() {
            assert!(saved.held_until_green, "seed {seed}: an end against a red primary holds automatic");
        }
    }

    /// Events of some: each change is recorded, each goes through its phases in order, none changes anything for everybody.
    fn judge_scopes(&mut self, input: &Input, actions: &[Action]) {
        let seed = self.seed;
        for change in actions.iter().filter_map(|action| if let Action::ScopeChanged(change) = action { Some(change) } else { None }) {
            let event = &change.event;
            let was = self.scopes.insert(event.id.clone(), event.phase);
            let in_order = match (was, event.phase) {
                (None, Phase::Open) => matches!(input, Input::StartScope(_)),
                (Some(Phase::Open), Phase::HandingOver) => event.kind == Kind::Outage,
                (Some(Phase::HandingOver), Phase::Over) => matches!(input, Input::ScopeHandedOver { .. }) && !self.machine.watch.is_red(),
                (Some(Phase::Open), Phase::Over) => event.kind == Kind::Drill,
                _ => false,
            };
            assert!(in_order, "seed {seed}: {was:?} to {:?} by {input:?}", event.phase);
            assert!(!self.names.contains(&event.id.0) || was.is_some(), "seed {seed}: {} twice", event.id.0);
            if was.is_none() {
                self.names.push(event.id.0.clone());
            }
            if event.phase == Phase::Over {
                self.scopes.remove(&event.id);
            }
        }
        let open: BTreeMap<EventId, Phase> = self.machine.saved().scopes.iter().map(|event| (event.id.clone(), event.phase)).collect();
        assert_eq!(open, self.scopes, "seed {seed}: no change of an event of some without its record");
        if let (Input::Window { id, .. }, Some(Action::Changed(change))) = (input, actions.first())
            && change.by == words::MAINTENANCE
        {
            assert!(!self.windows.contains(id), "seed {seed}: window {id} began twice");
            self.windows.push(*id);
        }
        let planned = self.machine.saved().planned;
        assert!(planned.is_none() || (self.mode == Mode::Continuity && self.machine.saved().by_operator), "seed {seed}: {planned:?}");
    }

    fn judge_entering(&mut self, input: &Input, change: &Transition) {
        let seed = self.seed;
        let fall = self.machine.policy.fall;
        let falls = [(Probe::Smtp, fall), (Probe::HealthPages, fall), (Probe::Canary, CANARY_FALL)];
        let mut falls = falls.iter().filter(|(probe, _)| *probe != Probe::Canary || has_canary(seed));
        let evidence = falls.any(|(probe, fall)| self.reds.get(probe).is_some_and(|reds| reds >= fall));
        let asked = matches!(input, Input::Start { .. } | Input::StartPlanned { .. } | Input::Window { .. });
        let relapse = matches!(input, Input::Gate(Gate::Relapse { .. })) && change.from == Mode::Recovering;
        assert!(asked || relapse || evidence, "seed {seed}: continuity without evidence: {input:?} {:?}", self.reds);
        if !asked && !relapse {
            let saved = self.machine.saved();
            assert!(saved.automatic && !saved.held_until_green, "seed {seed}: automatic is off");
        }
        if matches!(change.from, Mode::Normal | Mode::Suspect) {
            let name = change.event.clone().map(|id| id.0).unwrap_or_default();
            assert!(!self.names.contains(&name), "seed {seed}: {name} twice");
            self.names.push(name);
        }
    }

    /// Everything is well from here on: the box finds back to normal within the longest hold-down and `rise` probes.
    fn leave(&mut self) {
        for input in [Input::Automatic { by: "ann".to_owned(), on: true }, seen(Probe::Witnesses, Class::Healthy, true)] {
            self.step(&Step { millis: 10, wall_jump: 0, restart: false, input });
        }
        let limit = self.now.mono.plus(self.machine.policy.hold_down_max).0 + 60_000;
        while self.now.mono.0 < limit {
            for probe in [Probe::Smtp, Probe::HealthPages, Probe::Canary] {
                self.step(&Step { millis: 2_500, wall_jump: 0, restart: false, input: seen(probe, Class::Healthy, true) });
            }
            if self.machine.saved().by_operator && self.mode == Mode::Continuity {
                let end = Input::End { by: "ann".to_owned(), force: false };
                self.step(&Step { millis: 1, wall_jump: 0, restart: false, input: end });
            }
            let nobody = || EventId(String::new());
            let end = Input::EndScope { by: "ann".to_owned(), id: nobody(), force: false };
            for input in [Input::Gate(Gate::Done), end, Input::ScopeHandedOver { id: nobody() }] {
                self.step(&Step { millis: 1, wall_jump: 0, restart: false, input });
            }
        }
        assert!(self.scopes.is_empty(), "seed {}: events of some were not left: {:?}", self.seed, self.scopes);
        assert_eq!(self.mode, Mode::Normal, "seed {}: an event was not left", self.seed);
    }
}

/// Runs every seed; the seed of a failure is in its message.
fn for_seeds(body: impl Fn(u64, &mut fastrand::Rng)) {
    for seed in 0..SEEDS {
        body(seed, &mut fastrand::Rng::with_seed(seed));
    }
}

#[test]
fn whatever_comes_the_rules_hold_and_every_event_is_left() {
    let entered = std::cell::Cell::new(0);
    for_seeds(|seed, rng| {
        let mut run = Run::new(seed, seed % 2 == 0);
        for step in script(rng, true, true) {
            run.step(&step);
        }
        run.leave();
        entered.set(entered.get() + run.changes.iter().filter(|(_, to, by)| *to == Mode::Continuity && by == MONITOR).count());
    });
    assert!(entered.get() > SEEDS as usize, "the scripts hardly ever enter continuity: {}", entered.get());
}

#[test]
fn the_same_inputs_give_the_same_actions() {
    for_seeds(|seed, rng| {
        let steps = script(rng, true, false);
        let mut now = start_of_test();
        let mut one = Machine::new(policy(true), true, now);
        let mut two = one.clone();
        for step in &steps {
            now.mono.0 += step.millis;
            assert_eq!(one.handle(step.input.clone(), now), two.handle(step.input.clone(), now), "seed {seed}");
            assert_eq!(one.saved(), two.saved(), "seed {seed}");
        }
    });
}

#[test]
fn wall_clock_jumps_change_no_decision() {
    for_seeds(|seed, rng| {
        let steps = script(rng, true, false);
        let mut jumping = Run::new(seed, true);
        let mut steady = Run::new(seed, true);
        for step in &steps {
            jumping.step(step);
            steady.step(&Step { wall_jump: 0, ..step.clone() });
        }
        assert_eq!(jumping.changes, steady.changes, "seed {seed}");
    });
}

#[test]
fn a_steady_outage_is_always_entered_from_normal() {
    for_seeds(|seed, rng| {
        let mut run = Run::new(seed, true);
        for step in script(rng, true, true) {
            run.step(&step);
        }
        run.leave();
        let dead = CLASSES[rng.usize(2..6)];
        for _ in 0..3 {
            run.step(&Step { millis: 5_000, wall_jump: 0, restart: false, input: seen(Probe::Smtp, dead, false) });
        }
        assert_eq!(run.mode, Mode::Continuity, "seed {seed}");
    });
}
