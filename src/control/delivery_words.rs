//! What became of a recipient, in words: the same on the command line, in reports and on the admin's pages.

use crate::mail::date;
use crate::relay::{DeliveryState, Route};

/// What became of a recipient so far, in words.
pub fn state_words(route: Route, state: &DeliveryState) -> String {
    match state {
        DeliveryState::Queued { attempts, next_at, last, .. } => {
            let last = last.as_deref().map(|last| format!(" ({last})")).unwrap_or_default();
            format!("queued, {attempts} tries, next {}{last}", date::rfc3339(*next_at))
        }
        DeliveryState::Held { reason, .. } => format!("held: {reason}"),
        // What people write here is never handed over in a session.
        DeliveryState::InSession if route != Route::Primary => "waits a moment: its sender may still take it back".to_owned(),
        DeliveryState::InSession => "being handed over while its sender waits".to_owned(),
        DeliveryState::Delivered { at, reply, by } => format!("delivered {} to {by}: {reply}", date::rfc3339(*at)),
        DeliveryState::Refused { at, .. } if state.is_withdrawn() => format!("withdrawn {} by the sender", date::rfc3339(*at)),
        DeliveryState::Refused { at, reply } => format!("refused {} within the session: {reply}", date::rfc3339(*at)),
        DeliveryState::Bounced { at, reply, dsn } => {
            let told = dsn.map_or_else(|| "nobody was told".to_owned(), |dsn| format!("the sender was told by message {dsn}"));
            format!("given up {}: {reply} ({told})", date::rfc3339(*at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_not_handed_over_in_a_session() {
        let check = |route, expected: &str| assert_eq!(state_words(route, &DeliveryState::InSession), expected);
        check(Route::Primary, "being handed over while its sender waits");
        check(Route::Submit, "waits a moment: its sender may still take it back");
        check(Route::Outbound, "waits a moment: its sender may still take it back");
    }
}
