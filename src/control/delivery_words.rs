//! What became of a recipient, in words: the same on the command line, in reports and on the admin's pages.

use crate::mail::date;
use crate::relay::DeliveryState;

/// What became of a recipient so far, in words.
pub fn state_words(state: &DeliveryState) -> String {
    match state {
        DeliveryState::Queued { attempts, next_at, last, .. } => {
            let last = last.as_deref().map(|last| format!(" ({last})")).unwrap_or_default();
            format!("queued, {attempts} tries, next {}{last}", date::rfc3339(*next_at))
        }
        DeliveryState::Held { reason, .. } => format!("held: {reason}"),
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
