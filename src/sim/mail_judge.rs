//! What must hold of the mail: each recipient has one outcome and it is true, duplicates have a reason, order holds in the drain.

use std::collections::BTreeMap;

use super::spool::{Message, Recipient, Told};
use crate::relay::{DeliveryState, Route};

/// What is wrong with a message whose every recipient has its last outcome: the rule and the words.
pub fn faults(number: u64, message: &Message) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    for (place, to) in message.to.iter().enumerate() {
        let mut complain = |rule, what: &str| faults.push((rule, format!("message {number} recipient {place}: {what}: {to:?}")));
        if let Some(what) = untrue(message, to) {
            complain("outcome", what);
        }
        let known = u32::from(matches!(to.state, DeliveryState::Delivered { .. }));
        if to.copies > known + to.doubts {
            complain("duplicate", "more copies than doubts explain");
        }
    }
    faults
}

/// Why an outcome is not what really happened.
fn untrue(message: &Message, to: &Recipient) -> Option<&'static str> {
    match &to.state {
        DeliveryState::Delivered { .. } if to.copies == 0 => Some("delivered, but nobody has it"),
        DeliveryState::Refused { .. } if message.told == Told::Ours => Some("refused after the sender was told that it is ours"),
        DeliveryState::Bounced { .. } if to.route != Route::Outbound => Some("mail for the primary never bounces"),
        DeliveryState::Delivered { .. } | DeliveryState::Held { .. } if message.told == Told::Refused => {
            Some("the sender was told that it is refused")
        }
        DeliveryState::InSession | DeliveryState::Queued { .. } => Some("no outcome"),
        _ => None,
    }
}

/// The order of one hand-over: who gets mail for the first time gets it by sequence.
#[derive(Debug, Default)]
pub struct Order {
    newest: BTreeMap<u8, u64>,
}

impl Order {
    /// Notes that the drain handed a message over that was never tried before; words if a later one was faster.
    pub fn note(&mut self, person: u8, message: u64) -> Option<String> {
        let newest = self.newest.entry(person).or_default();
        if message < *newest {
            return Some(format!("person {person} got message {message} after {newest}"));
        }
        *newest = message;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;

    fn check(state: DeliveryState, copies: u32, doubts: u32, told: Told, expected: &[&str]) {
        let to = Recipient { person: 0, route: Route::Primary, state, copies, doubts, tries: 1 };
        let message = Message { since: 0, at: Wall(0), told, poison: false, to: vec![to] };
        let rules: Vec<&str> = faults(1, &message).into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(rules, expected, "{message:?}");
    }

    #[test]
    fn outcomes_are_held_against_what_happened() {
        let delivered = || DeliveryState::Delivered { at: Wall(0), reply: String::new(), by: String::new() };
        let refused = || DeliveryState::Refused { at: Wall(0), reply: String::new() };
        let bounced = || DeliveryState::Bounced { at: Wall(0), reply: String::new(), dsn: None };
        check(delivered(), 1, 0, Told::Ours, &[]);
        check(delivered(), 0, 0, Told::Ours, &["outcome"]);
        check(delivered(), 2, 0, Told::Ours, &["duplicate"]);
        check(delivered(), 2, 1, Told::Ours, &[]);
        check(delivered(), 1, 0, Told::Refused, &["outcome"]);
        check(refused(), 0, 0, Told::Refused, &[]);
        check(refused(), 0, 0, Told::Ours, &["outcome"]);
        check(refused(), 1, 0, Told::Refused, &["duplicate"]);
        check(bounced(), 0, 0, Told::Ours, &["outcome"]);
        check(DeliveryState::InSession, 0, 0, Told::Ours, &["outcome"]);
    }

    #[test]
    fn order_is_each_persons_own() {
        let mut order = Order::default();
        assert_eq!((order.note(1, 5), order.note(2, 4), order.note(1, 6)), (None, None, None));
        assert!(order.note(1, 5).is_some());
    }
}
