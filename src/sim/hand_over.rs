//! Transactions with the primary and the smart host, in a session (as `app::hand_over`) and from a queue (as `app::job`): a beginning, the
//! final dot, an end. The surroundings may change between, and the box may crash.

use super::dice::For;
use super::primary::{Letter, Meeting, Primary, Smtp};
use super::spool::{Spool, Told};
use super::thresholds::millis;
use super::world::{Happening, Mutation, World};
use crate::continuity::{Class, Input, Mode};
use crate::limits::HANDOVER_DEADLINE;
use crate::relay::handover::{self, Attempt, Conditions, Next, Tried};
use crate::relay::{DeliveryState, Queue, Route};

/// Who makes a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// A session whose sender waits, or waited.
    Session {
        waits: bool,
    },
    Queue {
        by_gate: bool,
    },
}

/// A transaction under way.
pub(super) struct Try {
    pub message: u64,
    pub queue: Queue,
    pub maker: Maker,
    pub recipients: Vec<u32>,
    people: Vec<u8>,
    poison: bool,
    /// Recipients, by their place here, that have the message whether the box will ever know or not.
    stored: Vec<usize>,
    /// What the box will know at the end; none before the dot.
    known: Option<Attempt>,
}

impl Try {
    /// The box crashed: whoever was stored is in doubt.
    pub fn broke_off(self, spool: &mut Spool) {
        self.doubt(spool);
    }

    fn doubt(&self, spool: &mut Spool) {
        for place in &self.stored {
            if let Some(to) = to_mut(spool, self.message, self.recipients.get(*place)) {
                to.doubts += 1;
            }
        }
    }

    fn letter(&self) -> Letter<'_> {
        Letter { to: &self.people, poison: self.poison }
    }
}

fn to_mut<'a>(spool: &'a mut Spool, message: u64, recipient: Option<&u32>) -> Option<&'a mut super::spool::Recipient> {
    spool.messages.get_mut(&message)?.to.get_mut(*recipient? as usize)
}

/// How a try from a queue went, for the runner.
pub(super) struct Fate {
    pub nexts: Vec<Next>,
    pub no_connection: bool,
    pub is_red: bool,
}

impl World {
    /// Cut-through: the sender waits.
    pub(super) fn hand_over(&mut self, message: u64, recipients: Vec<u32>) {
        let number = self.start_try(message, Queue::Primary, recipients, Maker::Session { waits: true });
        self.agenda.note(self.now + millis(HANDOVER_DEADLINE), Happening::Patience(number));
    }

    /// Begins a transaction and claims its message; its number.
    pub(super) fn start_try(&mut self, message: u64, queue: Queue, recipients: Vec<u32>, maker: Maker) -> u64 {
        self.tries += 1;
        let number = self.tries;
        let (mut people, mut poison) = (Vec::new(), false);
        if let Some(stored) = self.spool.messages.get_mut(&message) {
            poison = stored.poison;
            for recipient in &recipients {
                if let Some(to) = stored.to.get_mut(*recipient as usize) {
                    to.tries += 1;
                    people.push(to.person);
                }
            }
        }
        let (server, wire) = self.server(queue);
        let mut rng = self.dice.at(For::Attempt(number), self.now);
        let meeting = server.meet(&wire, &self.options.thresholds, &Letter { to: &people, poison }, &mut rng);
        let known = match meeting {
            Meeting::Over { after, attempt } => {
                self.agenda.note(self.now + after, Happening::End(number));
                Some(attempt)
            }
            Meeting::Dot { after } => {
                self.agenda.note(self.now + after, Happening::Dot(number));
                None
            }
        };
        if let Some(station) = &mut self.station {
            station.claims.insert((queue, message));
            station.tries.insert(number, Try { message, queue, maker, recipients, people, poison, stored: Vec::new(), known });
        }
        number
    }

    /// The primary, or the smart host: the same machine in better health.
    fn server(&self, queue: Queue) -> (Primary, super::network::Network) {
        match queue {
            Queue::Primary => (self.primary, self.wire),
            Queue::Outbound => {
                let smtp = if self.wire.outside_up { Smtp::Up } else { Smtp::Refusing };
                (Primary { smtp, ..Primary::well() }, super::network::Network { segment_out: false, ..self.wire })
            }
        }
    }

    /// The final dot is sent.
    pub(super) fn dot(&mut self, number: u64) {
        let Some(mut attempt) = self.station.as_mut().and_then(|station| station.tries.remove(&number)) else { return };
        let (server, wire) = self.server(attempt.queue);
        let mut rng = self.dice.at(For::Attempt(number), self.now);
        let dot = server.at_dot(&wire, &attempt.letter(), &mut rng);
        attempt.stored = dot.stored;
        for place in &attempt.stored {
            if let Some(to) = to_mut(&mut self.spool, attempt.message, attempt.recipients.get(*place)) {
                to.copies += 1;
            }
        }
        self.judge_order(&attempt);
        attempt.known = Some(Attempt::Sent(dot.sent));
        self.agenda.note(self.now + dot.after, Happening::End(number));
        if let Some(station) = &mut self.station {
            station.tries.insert(number, attempt);
        }
    }

    /// While recovering, whoever gets a message at its first try gets it in order.
    fn judge_order(&mut self, attempt: &Try) {
        if !matches!(attempt.maker, Maker::Queue { .. }) || attempt.queue != Queue::Primary || self.mode() != Mode::Recovering {
            return;
        }
        for place in &attempt.stored {
            let Some(to) = to_mut(&mut self.spool, attempt.message, attempt.recipients.get(*place)) else { continue };
            let (person, tries) = (to.person, to.tries);
            if tries == 1
                && let Some(text) = self.order.note(person, attempt.message)
            {
                self.judge.complain("order", self.now, text);
            }
        }
    }

    /// The sender has waited long enough: the message is ours, whatever the primary says later.
    pub(super) fn patience_over(&mut self, number: u64) {
        let now = self.wall();
        let Some(attempt) = self.station.as_mut().and_then(|station| station.tries.get_mut(&number)) else { return };
        attempt.maker = Maker::Session { waits: false };
        let (message, recipients) = (attempt.message, attempt.recipients.clone());
        let last = Some("the primary has not answered yet".to_owned());
        let state = DeliveryState::Queued { attempts: 0, next_at: now, last, in_doubt: true, held: 0, reported: false };
        self.write_states(message, recipients.iter().map(|recipient| (*recipient, state.clone())).collect());
        self.tell_sender(message, Told::Ours);
    }

    fn tell_sender(&mut self, message: u64, told: Told) {
        if let Some(message) = self.spool.messages.get_mut(&message) {
            message.told = told;
        }
    }

    /// A transaction is over, unless its last reply got lost on the way.
    pub(super) fn end_of_try(&mut self, number: u64) {
        let Some(mut attempt) = self.station.as_mut().and_then(|station| station.tries.remove(&number)) else { return };
        let (server, wire) = self.server(attempt.queue);
        let known = match attempt.known.take() {
            Some(Attempt::Sent(sent)) => {
                let (later, sent) = server.at_end(&wire, sent);
                if later > 0 {
                    attempt.known = Some(Attempt::Sent(sent));
                    self.agenda.note(self.now + later, Happening::End(number));
                    if let Some(station) = &mut self.station {
                        station.tries.insert(number, attempt);
                    }
                    return;
                }
                Attempt::Sent(sent)
            }
            Some(failed) => failed,
            None => return,
        };
        if matches!(&known, Attempt::Sent(sent) if sent.end.is_none()) {
            attempt.doubt(&mut self.spool);
        }
        match attempt.maker {
            Maker::Session { waits } => self.end_in_session(&attempt, &known, waits),
            Maker::Queue { by_gate } => self.end_of_queued(&attempt, &known, by_gate),
        }
    }

    fn release_claim(&mut self, queue: Queue, message: u64) {
        if let Some(station) = &mut self.station {
            station.claims.remove(&(queue, message));
        }
    }

    /// As `observe_relay`: healthy relays are passed on only while the primary is in doubt.
    fn observe_relay(&mut self, known: &Attempt) -> bool {
        let evidence = handover::evidence(known, "primary", self.wall());
        let is_red = evidence.class.is_red();
        if self.mode() != Mode::Normal || evidence.class != Class::Healthy {
            self.feed(Input::Observed(evidence));
        }
        is_red
    }

    fn end_in_session(&mut self, attempt: &Try, known: &Attempt, waits: bool) {
        self.observe_relay(known);
        let now = self.wall();
        let verdict = handover::in_session(known, attempt.recipients.len(), "primary", now);
        if waits {
            self.tell_sender(attempt.message, if verdict.reply.is_some() { Told::Refused } else { Told::Ours });
        }
        let as_told = |state| match state {
            DeliveryState::Refused { reply, .. } if !waits => DeliveryState::Held { at: now, reason: reply, by_gate: false, attempts: 1 },
            state => state,
        };
        let states: Vec<DeliveryState> = verdict.states.into_iter().map(as_told).collect();
        let is_waiting = states.iter().any(DeliveryState::is_queued);
        self.write_states(attempt.message, attempt.recipients.iter().copied().zip(states).collect());
        self.release_claim(Queue::Primary, attempt.message);
        if is_waiting {
            self.kick(Queue::Primary);
        }
    }

    fn end_of_queued(&mut self, attempt: &Try, known: &Attempt, by_gate: bool) {
        let now = self.wall();
        let tried: Vec<Tried> = attempt.recipients.iter().map(|recipient| self.tried(attempt.message, *recipient)).collect();
        let is_calm = self.mode() == Mode::Normal;
        let is_red = match attempt.queue {
            Queue::Primary if is_calm && handover::is_known(known, &tried) => handover::evidence(known, "primary", now).class.is_red(),
            Queue::Primary => self.observe_relay(known),
            Queue::Outbound => false,
        };
        let by_gate = by_gate || tried.iter().any(|tried| tried.held > 0);
        let random = self.random(attempt.message);
        let nexts = handover::from_queue(known, attempt.queue, Conditions { by_gate, is_calm }, &tried, "primary", random, now);
        let state = |next: &Next| match next {
            Next::State(state) => state.clone(),
            Next::Bounce { reply } => DeliveryState::Bounced { at: now, reply: reply.clone(), dsn: None },
        };
        let states: Vec<(u32, DeliveryState)> = attempt.recipients.iter().copied().zip(nexts.iter().map(state)).collect();
        self.record(attempt.message, states);
        self.release_claim(attempt.queue, attempt.message);
        let fate = Fate { nexts, no_connection: matches!(known, Attempt::Failed(_)), is_red };
        self.note_done(attempt.queue, attempt.message, &fate);
    }

    /// Writes outcomes down, as far as the driver is sound.
    fn record(&mut self, message: u64, mut states: Vec<(u32, DeliveryState)>) {
        match self.options.mutation {
            Mutation::ForgetsOutcomes if message.is_multiple_of(10) => {
                let now = self.wall();
                for (_, state) in &mut states {
                    if matches!(state, DeliveryState::Delivered { .. }) && self.random(message).is_multiple_of(2) {
                        *state = super::intake::queued_now(now);
                    }
                }
            }
            Mutation::GivesUp => {
                let is_hopeless = |state: &DeliveryState| matches!(state, DeliveryState::Queued { attempts: 2.., .. });
                for (recipient, _) in states.extract_if(.., |(_, state)| is_hopeless(state)) {
                    self.spool.lose_queued(message, recipient);
                }
            }
            _ => {}
        }
        self.write_states(message, states);
    }

    fn tried(&self, message: u64, recipient: u32) -> Tried {
        let Some(message) = self.spool.messages.get(&message) else { return Tried::default() };
        let accepted_at = message.at;
        match message.to.get(recipient as usize).map(|to| &to.state) {
            Some(DeliveryState::Queued { attempts, in_doubt, held, reported, .. }) => {
                Tried { attempts: *attempts, accepted_at, in_doubt: *in_doubt, held: *held, reported: *reported }
            }
            _ => Tried { accepted_at, ..Tried::default() },
        }
    }

    /// Which person a recipient is, for order; none for the outside.
    pub(super) fn person(&self, message: u64, recipient: u32) -> Option<u8> {
        let to = self.spool.messages.get(&message)?.to.get(recipient as usize)?;
        (to.route != Route::Outbound).then_some(to.person)
    }

    /// Whether the recipient still waits in its queue.
    pub(super) fn is_queued(&self, message: u64, recipient: u32) -> bool {
        let message = self.spool.messages.get(&message);
        message.and_then(|message| message.to.get(recipient as usize)).is_some_and(|to| to.state.is_queued())
    }
}
