//! One transaction from a queue, from the store to the recorded outcome.

use std::sync::Arc;

use super::core::{Core, lock};
use super::outgoing::{Outgoing, Source};
use super::seen::Sight;
use crate::clock::Wall;
use crate::continuity::Mode;
use crate::limits;
use crate::net::rt;
use crate::relay::bounce::Report;
use crate::relay::handover::{self, Attempt, Conditions, Next, Tried};
use crate::relay::{DeliveryState, Queue, Route, backoff};
use crate::smtp::client::Transaction;
use crate::store::{Delivery, MessageRow, Seq, StoreError};

/// How a message fared, for the recovery gate.
pub struct Fate {
    pub nexts: Vec<Next>,
    /// There was no working connection at all.
    pub no_connection: bool,
    /// What it met speaks against the primary, not about the message.
    pub is_red: bool,
}

/// One transaction from the queue, from the store to the recorded outcome.
pub struct Job {
    pub core: Arc<Core>,
    pub outgoing: Arc<Outgoing>,
    pub queue: Queue,
    pub by_gate: bool,
    pub message: Seq,
    pub route: Route,
    pub row: MessageRow,
    pub wanted: Vec<Delivery>,
}

impl Job {
    pub async fn run(self) -> Fate {
        match self.damage().await {
            Some(damage) => self.hold(&damage).await,
            None => self.hand_over().await,
        }
    }

    /// What is wrong with the message on our own disk: it must not go out as if it were whole.
    async fn damage(&self) -> Option<String> {
        let (store, message) = (self.core.store.clone(), self.message);
        match rt::unblock(move || store.verify(message)).await {
            Err(StoreError::Damaged(text)) => Some(text),
            // A disk that does not answer just now is met again, and told apart, while the body is read.
            _ => None,
        }
    }

    async fn hold(&self, damage: &str) -> Fate {
        let reason = format!("damaged on the disk of this box, not handed over: {damage}");
        self.core.raise_alarm("spool-damaged", format!("Message {} is {reason}.", self.message));
        let (at, attempts) = (self.core.now().wall, 0);
        let held = DeliveryState::Held { at, reason, by_gate: false, attempts };
        let nexts = vec![Next::State(held); self.wanted.len()];
        self.record(&nexts).await;
        Fate { nexts, no_connection: false, is_red: false }
    }

    async fn hand_over(self) -> Fate {
        let numbers: Vec<u32> = self.wanted.iter().map(|to| to.recipient).collect();
        let (source, size) = self.source().await;
        let transaction = Transaction {
            reverse_path: self.row.reverse_path.clone(),
            recipients: self.wanted.iter().map(|to| to.address.clone()).collect(),
            eight_bit: self.row.eight_bit,
            smtputf8: self.row.smtputf8,
            size,
            dsn: self.row.dsn.only(&numbers),
        };
        let (attempt, by) = self.outgoing.send(self.route, &transaction, &source).await;
        let now = self.core.now().wall;
        let evidence = handover::evidence(&attempt, &by, now);
        let is_red = evidence.class.is_red();
        let tried: Vec<Tried> = self.wanted.iter().map(|to| tried(&to.state, self.row.at)).collect();
        let is_calm = self.core.mode().mode == Mode::Normal;
        let is_news = !(is_calm && handover::is_known(&attempt, &tried));
        if self.queue == Queue::Primary && !self.outgoing.is_apart(self.route) && is_news {
            self.core.observe_relay(evidence).await;
        }
        // What the gate held stays the gate's when it is tried again.
        let by_gate = self.by_gate || tried.iter().any(|tried| tried.held > 0);
        let conditions = Conditions { by_gate, is_calm };
        let nexts = handover::from_queue(&attempt, self.queue, conditions, &tried, &by, random(), now);
        self.report_relayed(&attempt, &nexts).await;
        self.record(&nexts).await;
        Fate { nexts, no_connection: matches!(attempt, Attempt::Failed(_)), is_red }
    }

    /// The message as it is on disk, and signed if it leaves the office; and its size then.
    async fn source(&self) -> (Source, u64) {
        let (store, message) = (self.core.store.clone(), self.message);
        if self.route == Route::Outbound && !self.outgoing.signatures().is_empty() {
            let (outgoing, of, now) = (self.outgoing.clone(), store.clone(), self.core.now().wall);
            match rt::unblock(move || outgoing.signatures().sign(&of, message, now)).await {
                Ok(fields) if fields.is_empty() => {}
                Ok(fields) => {
                    let size = self.row.size + fields.len() as u64;
                    return (Source::Signed { fields: fields.into(), store, message }, size);
                }
                Err(why) => log::error!("queue={:?} message={message} not signed: {why}", self.queue),
            }
        }
        (Source::Stored { store, message }, self.row.size)
    }

    async fn record(&self, nexts: &[Next]) {
        let now = self.core.now().wall;
        let (mut states, mut unreached, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for (to, next) in self.wanted.iter().zip(nexts) {
            match next {
                Next::State(state) if self.is_late(to, state, now) => late.push((to, state.clone())),
                Next::State(state) => states.push((to.recipient, state.clone())),
                Next::Bounce { reply } => unreached.push((to, reply.clone())),
            }
        }
        if !unreached.is_empty() {
            match self.core.report(Report::Failure, self.message, &self.row, &unreached).await {
                Ok(dsn) => states.extend(unreached.iter().map(|(to, reply)| {
                    (to.recipient, DeliveryState::Bounced { at: now, reply: reply.clone(), dsn: dsn.map(|seq| seq.0) })
                })),
                // Without the bounce on disk the recipient stays queued and is tried again, but not at once.
                Err(error) => {
                    log::error!("queue={:?} message={} bounce not written: {error}", self.queue, self.message);
                    states.extend(unreached.iter().map(|(to, reply)| (to.recipient, again(to, reply, now))));
                }
            }
        }
        if !late.is_empty() {
            states.extend(self.report_delay(late).await);
        }
        if self.queue == Queue::Outbound && states.iter().any(|(_, state)| matches!(state, DeliveryState::Delivered { .. })) {
            lock(&self.core.seen).note(Sight::Delivered, now);
        }
        for (number, state) in &states {
            log::info!("queue={:?} message={} rcpt={number} state={}", self.queue, self.message, serde_json::json!(state));
        }
        self.core.write_states(self.message, states).await;
    }

    /// Who asked for a report of success gets it from us if the next server does not send any.
    async fn report_relayed(&self, attempt: &Attempt, nexts: &[Next]) {
        if self.queue != Queue::Outbound || !matches!(attempt, Attempt::Sent(sent) if !sent.dsn_passed) {
            return;
        }
        let relayed = self.wanted.iter().zip(nexts).filter_map(|(to, next)| match next {
            Next::State(DeliveryState::Delivered { reply, .. }) => Some((to, reply.clone())),
            _ => None,
        });
        let relayed: Vec<(&Delivery, String)> = relayed.collect();
        if !relayed.is_empty()
            && let Err(error) = self.core.report(Report::Relayed, self.message, &self.row, &relayed).await
        {
            log::error!("queue={:?} message={} success not reported: {error}", self.queue, self.message);
        }
    }

    /// Whether it is time to tell the sender that this recipient waits.
    fn is_late(&self, to: &Delivery, state: &DeliveryState, now: Wall) -> bool {
        let waits = matches!(state, DeliveryState::Queued { reported: false, .. });
        let dsn = self.row.dsn.recipient(to.recipient as usize);
        self.queue == Queue::Outbound && waits && now.since(self.row.at) >= limits::DELAY_REPORT_AFTER && Report::Delay.is_wanted(&dsn)
    }

    /// The states of those whose delay is reported; if it cannot be written now, the next try does it.
    async fn report_delay(&self, late: Vec<(&Delivery, DeliveryState)>) -> Vec<(u32, DeliveryState)> {
        let words = |state: &DeliveryState| match state {
            DeliveryState::Queued { last: Some(last), .. } => last.clone(),
            _ => "no answer".to_owned(),
        };
        let waiting: Vec<(&Delivery, String)> = late.iter().map(|(to, state)| (*to, words(state))).collect();
        let is_told = self.core.report(Report::Delay, self.message, &self.row, &waiting).await.unwrap_or_else(|error| {
            log::error!("queue={:?} message={} delay not reported: {error}", self.queue, self.message);
            None
        });
        let told = |(to, mut state): (&Delivery, DeliveryState)| {
            if let (Some(_), DeliveryState::Queued { reported, .. }) = (is_told, &mut state) {
                *reported = true;
            }
            (to.recipient, state)
        };
        late.into_iter().map(told).collect()
    }
}

/// Random bits from the kernel; zero if it has none (then there is only no jitter).
pub fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

fn again(to: &Delivery, reply: &str, now: Wall) -> DeliveryState {
    let Tried { attempts, in_doubt, held, reported, .. } = tried(&to.state, now);
    let attempts = attempts.saturating_add(1);
    let next_at = now.plus(backoff::wait(attempts, random()));
    DeliveryState::Queued { attempts, next_at, last: Some(reply.to_owned()), in_doubt, held, reported }
}

fn tried(state: &DeliveryState, accepted_at: Wall) -> Tried {
    match state {
        DeliveryState::Queued { attempts, in_doubt, held, reported, .. } => {
            Tried { attempts: *attempts, accepted_at, in_doubt: *in_doubt, held: *held, reported: *reported }
        }
        _ => Tried { accepted_at, ..Tried::default() },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::testing::World;

    /// What is recorded after a try at that age, and whether a report was written with it.
    fn record_late(world: &World, message: Seq, age: Duration) -> bool {
        let view = world.core.store.view();
        let row = view.message(message).unwrap().unwrap();
        let wanted = view.deliveries(message).unwrap();
        let job = Job {
            core: world.core.clone(),
            outgoing: world.outgoing(),
            queue: Queue::Outbound,
            by_gate: false,
            message,
            route: Route::Outbound,
            row: MessageRow { at: Wall(world.core.now().wall.0 - age.as_millis() as u64), ..row },
            wanted: wanted.clone(),
        };
        let nexts: Vec<Next> = wanted.iter().map(|to| Next::State(again(to, "451 4.3.0 busy", world.core.now().wall))).collect();
        let before = view.newest();
        rt::block_on(job.record(&nexts));
        // One record a recipient, and one of the report.
        world.core.store.view().newest().0 - before.0 > wanted.len() as u64
    }

    #[test]
    fn a_sender_hears_of_a_delay_once() {
        let world = World::new();
        let message = world.outward(Some(world.address("ann")), &["bo@example.net"], Default::default(), world.core.now().wall);
        let late = limits::DELAY_REPORT_AFTER;
        assert!(!record_late(&world, message, late - Duration::from_secs(60)));
        assert!(record_late(&world, message, late));
        assert!(matches!(world.state(message), DeliveryState::Queued { reported: true, attempts: 2, .. }));
        assert!(!record_late(&world, message, late * 2), "a second time");
        let strangers = world.outward(None, &["bo@example.net"], Default::default(), world.core.now().wall);
        assert!(!record_late(&world, strangers, late * 2));
    }
}
