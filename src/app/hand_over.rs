//! Cut-through: a message on its way to the primary while its sender waits for the reply (DESIGN section 4).

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::claims::Claim;
use super::core::Core;
use super::outgoing::{Outgoing, Source};
use super::writing::queued_now;
use crate::clock::Wall;
use crate::net::deadline;
use crate::net::rt::channel;
use crate::relay::handover::{self, Attempt, Verdict};
use crate::relay::{DeliveryState, Queue, Route};
use crate::smtp::client::Transaction;
use crate::store::{Change, Seq};

/// The verdict for the sender, and the way to say that the session is still there to pass it on.
pub(super) type Told = (Verdict, channel::Sender<bool>);

/// A message on its way to the primary while its sender waits.
pub(super) struct HandOver {
    /// From the message's first moment on: the queue must not try what is under way here.
    pub _claim: Option<Claim>,
    pub core: Arc<Core>,
    pub outgoing: Arc<Outgoing>,
    /// Its id, for the log.
    pub session: String,
    pub message: Seq,
    pub transaction: Transaction,
    /// Numbers of the recipients of `transaction`.
    pub recipients: Vec<u32>,
    /// The sender waits this long.
    pub patience: Duration,
}

impl HandOver {
    /// To the recorded outcome. Closing `asked` without a verdict tells the session that the message is ours.
    pub async fn run(self, asked: channel::Sender<Told>) {
        let (attempt, asked) = self.attempt(asked).await;
        let (core, message) = (self.core.clone(), self.message);
        let now = core.now().wall;
        let states = match attempt {
            Some(attempt) => self.judge(&attempt, asked, now).await,
            // Every connection is busy: nothing was tried, the queue does it.
            None => vec![queued_now(now); self.recipients.len()],
        };
        log::info!("session={} smtp handed-over message={message} states={}", self.session, words(&states));
        let waits = states.iter().any(DeliveryState::is_queued);
        core.write_states(message, self.recipients.iter().copied().zip(states).collect()).await;
        // The queue finds it only when the claim is gone.
        drop(self);
        if waits {
            core.kick(Queue::Primary);
        }
    }

    /// Gives the channel back while the sender still waits.
    async fn attempt(&self, asked: channel::Sender<Told>) -> (Option<Attempt>, Option<channel::Sender<Told>>) {
        let source = Source::Stored { store: self.core.store.clone(), message: self.message };
        let mut send = pin!(self.outgoing.send_if_free(Route::Primary, &self.transaction, &source, self.patience));
        if let Ok(attempt) = deadline::within(self.patience, &mut send).await {
            return (attempt, Some(asked));
        }
        drop(asked);
        self.is_ours().await;
        (send.await, None)
    }

    /// The sender was told that the message is ours: people may see it, however long the primary takes to answer.
    async fn is_ours(&self) {
        let (message, last) = (self.message, Some("the primary has not answered yet".to_owned()));
        let state = DeliveryState::Queued { attempts: 0, next_at: self.core.now().wall, last, in_doubt: true, held: 0, reported: false };
        let change = |recipient: &u32| Change::Delivery { message, recipient: *recipient, state: state.clone() };
        // Tried once: the transaction goes on meanwhile, and its outcome is written in any case.
        if let Err(error) = self.core.write(self.recipients.iter().map(change).collect()).await {
            log::error!("store message={message} not shown yet: {error}");
        }
    }

    async fn judge(&self, attempt: &Attempt, asked: Option<channel::Sender<Told>>, now: Wall) -> Vec<DeliveryState> {
        let by = self.outgoing.name(Route::Primary);
        self.core.observe_relay(handover::evidence(attempt, &by, now)).await;
        let verdict = handover::in_session(attempt, self.recipients.len(), &by, now);
        let states = verdict.states.clone();
        // The session takes the verdict and says whether its reply still reaches the sender; if it is gone, the message is ours.
        let reached = match asked {
            Some(asked) => {
                let (told_sender, told) = channel::bounded(1);
                let taken = asked.send((verdict, told_sender)).await.is_ok();
                // A verdict that nobody takes out any more goes with the channel; while this end lived, it would be waited for
                // for ever.
                drop(asked);
                taken && told.recv().await.unwrap_or(false)
            }
            None => false,
        };
        if reached { states } else { states.into_iter().map(|state| held_if_refused(state, now)).collect() }
    }
}

fn held_if_refused(state: DeliveryState, now: Wall) -> DeliveryState {
    match state {
        DeliveryState::Refused { reply, .. } => DeliveryState::Held {
            at: now,
            reason: format!("the primary refused it after the sender had been told that it was taken: {reply}"),
            by_gate: false,
            attempts: 1,
        },
        state => state,
    }
}

/// States for the log: `delivered,queued`.
fn words(states: &[DeliveryState]) -> String {
    let word = |state: &DeliveryState| match state {
        DeliveryState::InSession => "in-session",
        DeliveryState::Queued { .. } => "queued",
        DeliveryState::Delivered { .. } => "delivered",
        DeliveryState::Refused { .. } => "refused",
        DeliveryState::Bounced { .. } => "bounced",
        DeliveryState::Held { .. } => "held",
    };
    states.iter().map(word).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{Primary, World, wait_for};
    use crate::mail::DsnRequest;
    use crate::net::rt;

    /// A hand-over whose sender is not patient, of a message that is stored.
    fn hand_over(world: &World, patience: Duration) -> (HandOver, Seq) {
        let message = world.stored("ann", DeliveryState::InSession);
        let hand_over = HandOver {
            _claim: world.core.claims.take(Queue::Primary, message),
            core: world.core.clone(),
            outgoing: world.outgoing(),
            session: "test".to_owned(),
            message,
            transaction: Transaction {
                reverse_path: None,
                recipients: vec![world.address("ann")],
                eight_bit: true,
                smtputf8: false,
                size: 100,
                dsn: DsnRequest::default(),
            },
            recipients: vec![0],
            patience,
        };
        (hand_over, message)
    }

    #[test]
    fn what_the_sender_was_told_is_ours_is_shown_while_the_primary_thinks() {
        let primary = Primary::start();
        primary.think(true);
        let world = World::with_primary(primary.address);
        let (hand_over, message) = hand_over(&world, Duration::from_millis(200));
        let (asked, answer) = channel::bounded(1);
        rt::spawn(hand_over.run(asked)).detach();
        assert!(rt::block_on(answer.recv()).is_err(), "no verdict: ours");
        wait_for("it is queued", || world.state(message).is_queued());
        assert!(matches!(world.state(message), DeliveryState::Queued { in_doubt: true, .. }));
        assert!(world.core.claims.is_taken(Queue::Primary, message), "and the queue leaves it alone");
        primary.think(false);
        wait_for("the outcome is recorded", || matches!(world.state(message), DeliveryState::Delivered { .. }));
        wait_for("the claim is gone", || world.core.claims.is_idle(Queue::Primary));
        assert_eq!(primary.taken(), 1);
    }

    #[test]
    fn a_verdict_that_no_session_takes_is_recorded_all_the_same() {
        let primary = Primary::start();
        let world = World::with_primary(primary.address);
        let (hand_over, message) = hand_over(&world, Duration::from_secs(20));
        let (asked, answer) = channel::bounded(1);
        rt::spawn(hand_over.run(asked)).detach();
        wait_for("the verdict is there", || !answer.is_empty());
        // The session is cut with the verdict on its way to it.
        drop(answer);
        wait_for("the outcome is recorded", || matches!(world.state(message), DeliveryState::Delivered { .. }));
    }
}
