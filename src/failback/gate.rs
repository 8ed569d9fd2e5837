//! One canary, then a small batch, then the full drain: a half-restored primary must not get everything at once.

use crate::limits::{DRAIN_PARALLEL_MAX, GATE_BATCH_MESSAGES, GATE_REFUSED_MAX_PERCENT};
use crate::relay::DeliveryState;
use crate::relay::handover::Next;

/// Where the hand-over stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// One message only.
    Canary,
    /// [`GATE_BATCH_MESSAGES`] messages.
    Batch,
    /// Everything, [`DRAIN_PARALLEL_MAX`] at a time.
    Drain,
}

/// How one message fared at the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fared {
    Delivered,
    /// 4xx, or no answer.
    Deferred,
    /// 5xx: held by the gate.
    Refused,
}

impl Fared {
    /// A message by what became of its recipients in one try: delivered if the primary took it for anybody, else refused if the gate
    /// held it for anybody. What does not fit the primary's limits says nothing about its health.
    pub fn of(recipients: &[Next]) -> Fared {
        let any = |is: fn(&DeliveryState) -> bool| recipients.iter().any(|next| matches!(next, Next::State(state) if is(state)));
        if any(|state| matches!(state, DeliveryState::Delivered { .. })) {
            Fared::Delivered
        } else if any(|state| matches!(state, DeliveryState::Held { by_gate: true, .. })) {
            Fared::Refused
        } else {
            Fared::Deferred
        }
    }
}

/// The recovery gate of one hand-over. Each begins with a new one: after a relapse, and after a restart.
///
/// The gate never waits for mail that does not exist: if nothing is due and nothing under way, the hand-over is done, in
/// whatever stage the gate is.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    tried: usize,
    refused: usize,
}

/// Canary and batch together.
const JUDGED_MESSAGES: usize = 1 + GATE_BATCH_MESSAGES;

impl Gate {
    pub fn new() -> Gate {
        Gate::default()
    }

    pub fn stage(&self) -> Stage {
        match self.tried {
            0 => Stage::Canary,
            tried if tried < JUDGED_MESSAGES || self.is_relapse() => Stage::Batch,
            _ => Stage::Drain,
        }
    }

    /// How many more messages may be started now, with `in_flight` under way. None after a relapse.
    pub fn room(&self, in_flight: usize) -> usize {
        let allowed = match self.stage() {
            _ if self.is_relapse() => 0,
            Stage::Canary => 1,
            Stage::Batch => DRAIN_PARALLEL_MAX.min(JUDGED_MESSAGES - self.tried),
            Stage::Drain => DRAIN_PARALLEL_MAX,
        };
        allowed.saturating_sub(in_flight)
    }

    /// Notes how a message fared. `Some((refused, tried))` means a relapse: the canary was refused, or more than
    /// [`GATE_REFUSED_MAX_PERCENT`] of canary and batch were, measured against their full number, so that one odd message among
    /// few is none. A deferred message counts for nothing: the next one is tried instead.
    pub fn note(&mut self, fared: Fared) -> Option<(usize, usize)> {
        if self.stage() == Stage::Drain || self.is_relapse() || fared == Fared::Deferred {
            return None;
        }
        self.tried += 1;
        self.refused += usize::from(fared == Fared::Refused);
        self.is_relapse().then_some((self.refused, self.tried))
    }

    fn is_relapse(&self) -> bool {
        let canary_refused = self.tried == 1 && self.refused == 1;
        canary_refused || self.refused * 100 > GATE_REFUSED_MAX_PERCENT * JUDGED_MESSAGES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;

    /// Messages one after the other: `d`elivered, `l`ater, `r`efused. Where the gate stands then, and the relapse that was said.
    fn check(fared: &str, stage: Stage, room: usize, relapse: Option<(usize, usize)>) {
        let mut gate = Gate::new();
        let mut said = None;
        for letter in fared.chars() {
            let fared = match letter {
                'd' => Fared::Delivered,
                'l' => Fared::Deferred,
                _ => Fared::Refused,
            };
            let now = gate.note(fared);
            assert!(now.is_none() || said.is_none(), "{letter}: a relapse is said once");
            said = said.or(now);
        }
        assert_eq!((gate.stage(), gate.room(0), said), (stage, room, relapse), "{fared}");
    }

    #[test]
    fn canary_batch_drain() {
        check("", Stage::Canary, 1, None);
        check("d", Stage::Batch, 4, None);
        check("dddddddd", Stage::Batch, 3, None);
        check("dddddddddd", Stage::Batch, 1, None);
        check("ddddddddddd", Stage::Drain, 4, None);
        check("drddddddddd", Stage::Drain, 4, None);
        check("dddddddddddrrrrr", Stage::Drain, 4, None);
    }

    #[test]
    fn a_half_restored_primary_is_a_relapse() {
        check("r", Stage::Batch, 0, Some((1, 1)));
        check("llr", Stage::Batch, 0, Some((1, 1)));
        check("drr", Stage::Batch, 0, Some((2, 3)));
        check("dddddddddrr", Stage::Batch, 0, Some((2, 11)));
        check("rrrddd", Stage::Batch, 0, Some((1, 1)));
    }

    #[test]
    fn deferred_messages_step_aside() {
        check("llllllll", Stage::Canary, 1, None);
        check("dllllllll", Stage::Batch, 4, None);
        check("dlrlllll", Stage::Batch, 4, None);
    }

    #[test]
    fn what_is_under_way_takes_room() {
        let mut gate = Gate::new();
        assert_eq!((gate.room(0), gate.room(1), gate.room(9)), (1, 0, 0));
        (0..8).for_each(|_| assert_eq!(gate.note(Fared::Delivered), None));
        assert_eq!((gate.room(1), gate.room(3)), (2, 0), "three of the batch are left");
        (0..9).for_each(|_| assert_eq!(gate.note(Fared::Delivered), None));
        assert_eq!((gate.room(1), gate.room(4)), (3, 0));
    }

    #[test]
    fn any_amount_of_mail_gets_through() {
        for messages in 0..40 {
            let mut gate = Gate::new();
            let mut left = messages;
            while left > 0 {
                let started = gate.room(0).min(left);
                assert!(started > 0, "{messages} messages: stuck at {left}");
                (0..started).for_each(|_| assert_eq!(gate.note(Fared::Delivered), None));
                left -= started;
            }
        }
    }

    #[test]
    fn a_message_fares_as_its_recipients() {
        let state = |word: &str| {
            Next::State(match word {
                "delivered" => DeliveryState::Delivered { at: Wall(0), reply: String::new(), by: String::new() },
                "queued" => DeliveryState::Queued { attempts: 1, next_at: Wall(0), last: None, in_doubt: false, held: 0, reported: false },
                other => DeliveryState::Held { at: Wall(0), reason: String::new(), by_gate: other == "gate", attempts: 1 },
            })
        };
        let check = |words: &str, expected: Fared| {
            let states: Vec<Next> = words.split_whitespace().map(state).collect();
            assert_eq!(Fared::of(&states), expected, "{words}");
        };
        check("delivered", Fared::Delivered);
        check("gate gate delivered", Fared::Delivered);
        check("gate queued", Fared::Refused);
        check("queued queued", Fared::Deferred);
        check("misfit", Fared::Deferred);
        check("", Fared::Deferred);
    }
}
