//! The monitor: probes start to start of an interval, as `app::monitor` makes them.
//!
//! Where a look can change nothing until the weather does, looks are left out: see [`World::is_calm`]. That this changes nothing is
//! tested by running seeds both ways.

use super::agenda::Millis;
use super::dice::For;
use super::primary::Seen;
use super::thresholds::millis;
use super::world::{Happening, Mutation, World};
use crate::continuity::{Class, Evidence, Input, Mode, Probe};
use crate::limits::PROBE_SLOW_MAX;

/// Calm begins after so long without anything new, and as many probes as any threshold counts.
const CALM_AFTER: Millis = 90_000;
/// A probe that takes longer than this waits for an answer to MAIL.
const SLOW_MS: Millis = 1_000;

/// What looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eye {
    Smtp,
    Pages,
    Witnesses,
}

/// One of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watching {
    /// The look to come, if it was not put off since; and when it would be if none were left out.
    turn: u64,
    next_at: Millis,
    natural: Millis,
    /// A look that is under way ends then.
    until: Option<Millis>,
    /// Somebody asked for a probe meanwhile.
    asked: bool,
    last: Option<Seen>,
}

/// All of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Eyes {
    smtp: Watching,
    pages: Watching,
    witnesses: Watching,
}

impl Eyes {
    fn of(&mut self, eye: Eye) -> &mut Watching {
        match eye {
            Eye::Smtp => &mut self.smtp,
            Eye::Pages => &mut self.pages,
            Eye::Witnesses => &mut self.witnesses,
        }
    }
}

impl World {
    /// Those that the configuration has.
    fn eyes(&self) -> impl Iterator<Item = Eye> + use<> {
        let thresholds = self.options.thresholds;
        let pages = thresholds.pages.then_some(Eye::Pages);
        let witnesses = (thresholds.witnesses > 0).then_some(Eye::Witnesses);
        [Some(Eye::Smtp), pages, witnesses].into_iter().flatten()
    }

    /// The box has started.
    pub(super) fn open_eyes(&mut self) {
        let mut rng = self.dice.at(For::Scenario, self.now);
        for eye in self.eyes() {
            // Tasks do not begin at the same instant.
            let at = self.now + rng.u64(..200);
            self.look_at(eye, at, at);
        }
    }

    fn look_at(&mut self, eye: Eye, at: Millis, natural: Millis) {
        self.turns += 1;
        let turn = self.turns;
        let Some(station) = &mut self.station else { return };
        let watching = station.eyes.of(eye);
        (watching.turn, watching.next_at, watching.natural) = (turn, at, natural);
        self.agenda.note(at, Happening::Look { eye, turn });
    }

    pub(super) fn begin_look(&mut self, eye: Eye, turn: u64) {
        let (now, life) = (self.now, self.life);
        let seen = self.see(eye);
        let Some(station) = &mut self.station else { return };
        let watching = station.eyes.of(eye);
        if watching.turn != turn {
            return;
        }
        // A slow answer may not come at all.
        let is_slow = seen.took >= SLOW_MS && seen.class.is_green();
        watching.until = Some(now + if is_slow { millis(PROBE_SLOW_MAX) } else { seen.took });
        self.agenda.note(now + seen.took, Happening::Seen { eye, life, seen, started: now });
    }

    /// What is to be seen from here.
    fn see(&self, eye: Eye) -> Seen {
        let thresholds = &self.options.thresholds;
        let mut rng = self.dice.at(For::Probe(eye as u8), self.now);
        let quick = rng.u64(2..60);
        let is_lost = rng.u8(..100) < self.wire.lost_percent;
        let silence = Seen { class: Class::Isolated, took: thresholds.timeout_ms * self.witness_rounds(), answered: false };
        match eye {
            Eye::Witnesses if self.wire.own_cable_out || !self.wire.witnesses_up => silence,
            // One lost answer is enough only where there is one witness.
            Eye::Witnesses if is_lost && thresholds.witnesses == 1 => silence,
            Eye::Witnesses => Seen { class: Class::Healthy, took: 1, answered: true },
            _ if is_lost => Seen { class: Class::Hanging, took: thresholds.timeout_ms, answered: false },
            Eye::Smtp => self.primary.smtp_looks(&self.wire, thresholds, quick),
            Eye::Pages => self.primary.pages_look(&self.wire, thresholds, quick),
        }
    }

    /// Witnesses are asked at the same time.
    fn witness_rounds(&self) -> Millis {
        match self.options.mutation {
            Mutation::AsksOneByOne => Millis::from(self.options.thresholds.witnesses),
            _ => 1,
        }
    }

    /// A probe that waits for a slow answer meets what has become of the primary meanwhile.
    fn overtaken(&mut self, eye: Eye, seen: Seen, started: Millis) -> Option<Seen> {
        if eye != Eye::Smtp || seen.took < SLOW_MS || !seen.class.is_green() {
            return None;
        }
        let now = self.primary.smtp_looks(&self.wire, &self.options.thresholds, 0);
        match now.class {
            Class::Down | Class::Refusing if now.answered || now.class == Class::Refusing => Some(Seen { class: Class::Down, ..seen }),
            Class::Hanging | Class::Down => {
                // MAIL is never answered now.
                let until = (started + millis(PROBE_SLOW_MAX)).max(self.now);
                Some(Seen { class: Class::Hanging, took: until - started, answered: false })
            }
            _ => None,
        }
    }

    pub(super) fn end_look(&mut self, eye: Eye, seen: Seen, started: Millis) {
        let interval = match self.options.mutation {
            Mutation::Sleeps => self.options.thresholds.interval_ms * 10,
            _ => self.options.thresholds.interval_ms,
        };
        let (now, life) = (self.now, self.life);
        let seen = self.overtaken(eye, seen, started).unwrap_or(seen);
        if started + seen.took > now {
            self.agenda.note(started + seen.took, Happening::Seen { eye, life, seen, started });
            return;
        }
        let Some(station) = &mut self.station else { return };
        let watching = station.eyes.of(eye);
        watching.until = None;
        let is_news = watching.last.is_none_or(|last| last.class != seen.class);
        watching.last = Some(seen);
        if is_news {
            self.disturb();
        }
        self.tell(eye, seen);
        self.need_tick();
        let natural = now.max(started + interval);
        let asked = self.station.as_mut().is_some_and(|station| std::mem::take(&mut station.eyes.of(eye).asked));
        if asked {
            self.look_at(eye, now, now);
        } else {
            let at = self.put_off(natural, interval);
            self.look_at(eye, at, natural);
        }
    }

    fn tell(&mut self, eye: Eye, seen: Seen) {
        let (mutation, mode) = (self.options.mutation, self.mode());
        let probe = match eye {
            Eye::Smtp => Probe::Smtp,
            Eye::Pages => Probe::HealthPages,
            Eye::Witnesses => Probe::Witnesses,
        };
        let class = match (mutation, eye, seen.class) {
            (Mutation::FlipsOnSlow, _, Class::Slow) => Class::Hanging,
            (Mutation::ImaginesWitnesses, Eye::Witnesses, _) => Class::Healthy,
            (_, _, class) => class,
        };
        if mutation == Mutation::NeverLeaves && mode == Mode::Continuity && class.is_green() {
            return;
        }
        let mut evidence = Evidence::new(self.wall(), probe, class, "");
        (evidence.latency_ms, evidence.answered) = (Some(seen.took), seen.answered);
        self.feed(Input::Observed(evidence));
    }

    /// While it is calm the next look that matters is the last one before the weather changes.
    fn put_off(&self, natural: Millis, interval: Millis) -> Millis {
        let weather = self.next_weather();
        if self.options.every_look || weather <= natural + interval || !self.is_calm() {
            return natural;
        }
        natural + (weather - natural) / interval * interval
    }

    /// The SMTP probe passed when it last looked.
    pub(super) fn is_green(&self) -> bool {
        self.station.as_ref().is_some_and(|station| station.eyes.smtp.last.is_some_and(|seen| seen.class.is_green()))
    }

    /// Nothing is on its way: every probe has seen the same for so long that one more changes nothing.
    pub(super) fn is_calm(&self) -> bool {
        let Some(station) = &self.station else { return false };
        let thresholds = &self.options.thresholds;
        let counted = Millis::from(thresholds.fall + thresholds.rise + 2) * thresholds.interval_ms;
        if !self.wire.is_clear() || self.now < station.disturbed_at + CALM_AFTER + counted {
            return false;
        }
        let eyes = &station.eyes;
        let is_regular = |seen: Seen| seen.took <= thresholds.interval_ms;
        let is_healthy = |seen: Seen| seen.class == Class::Healthy && is_regular(seen);
        let is_steady = |seen: Seen| (seen.class == Class::Healthy || seen.class.is_setting()) && is_regular(seen);
        let smtp = eyes.smtp.last.filter(|seen| is_regular(*seen));
        let pages = !thresholds.pages || eyes.pages.last.is_some_and(is_regular);
        let witnesses = thresholds.witnesses == 0 || eyes.witnesses.last.is_some_and(is_healthy);
        let Some(smtp) = smtp.filter(|_| pages && witnesses) else { return false };
        let saved = station.machine.saved();
        match station.machine.mode() {
            Mode::Normal => is_steady(smtp) && eyes.pages.last.is_none_or(is_steady),
            Mode::Continuity => smtp.class.is_red() || saved.by_operator || !saved.automatic,
            Mode::Suspect | Mode::Recovering => false,
        }
    }

    /// The calm is over: what was put off comes as it would have come.
    pub(super) fn wake_eyes(&mut self) {
        let interval = self.options.thresholds.interval_ms;
        let now = self.now;
        for eye in self.eyes() {
            let Some(station) = &mut self.station else { return };
            let watching = *station.eyes.of(eye);
            if watching.until.is_some() || watching.next_at <= watching.natural || watching.next_at <= now {
                continue;
            }
            let passed = now.saturating_sub(watching.natural).div_ceil(interval);
            let at = watching.natural + passed * interval;
            if at < watching.next_at {
                self.look_at(eye, at, at);
            }
        }
    }

    /// As `probe_at_once`: a token that waits while a probe is under way.
    pub(super) fn probe_at_once(&mut self) {
        let now = self.now;
        let Some(station) = &mut self.station else { return };
        let watching = station.eyes.of(Eye::Smtp);
        if watching.until.is_some() {
            watching.asked = true;
        } else {
            self.look_at(Eye::Smtp, now, now);
        }
    }

    /// How long it takes at most until every probe that is under way, and a witness that was thought dead, has been heard.
    pub(super) fn lag(&self) -> Millis {
        let Some(station) = &self.station else { return 0 };
        let thresholds = &self.options.thresholds;
        let all = [station.eyes.smtp, station.eyes.pages, station.eyes.witnesses];
        let under_way = all.iter().filter_map(|watching| watching.until).map(|until| until.saturating_sub(self.now)).max().unwrap_or(0);
        let is_thought_dead = station.eyes.witnesses.last.is_some_and(|seen| seen.class != Class::Healthy);
        let witness = if is_thought_dead { thresholds.interval_ms + thresholds.timeout_ms } else { 0 };
        under_way + witness
    }
}
