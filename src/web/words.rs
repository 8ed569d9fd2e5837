//! Small texts for people: delivery states, names made safe to show.

use super::texts::Texts;
use crate::clock::Wall;
use crate::mail::parse::Person;
use crate::relay::{DeliveryState, Route};

/// How a recipient's mail fares, for its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Waiting,
    Done,
    Failed,
}

/// A delivery state in plain words.
pub fn delivery(t: Texts, route: Route, state: &DeliveryState, now: Wall) -> (Fate, String) {
    let local = route != Route::Outbound;
    let plain = |fate, key| (fate, t.get(key).to_owned());
    let at = |key, at: &Wall| (Fate::Done, t.with(key, &[("at", t.short(*at, now).into())]));
    let reply = |fate, key, reply: &str| (fate, t.with(key, &[("reply", visible(reply).into())]));
    match state {
        // What is written here is handed over by the queues only: until then its sender may take it back.
        DeliveryState::InSession if route != Route::Primary => plain(Fate::Waiting, "fate-not-yet"),
        DeliveryState::InSession => plain(Fate::Waiting, "fate-in-session"),
        DeliveryState::Queued { .. } if route == Route::Submit => plain(Fate::Done, "fate-inside"),
        DeliveryState::Queued { .. } if local => plain(Fate::Waiting, "fate-waits-for-server"),
        DeliveryState::Queued { attempts: 0, .. } => plain(Fate::Waiting, "fate-waits"),
        DeliveryState::Queued { last: Some(last), .. } => reply(Fate::Waiting, "fate-tried-answer", last),
        DeliveryState::Queued { .. } => plain(Fate::Waiting, "fate-tried"),
        DeliveryState::Delivered { at: when, .. } if local => at("fate-handed-over", when),
        DeliveryState::Delivered { at: when, .. } => at("fate-delivered", when),
        DeliveryState::Refused { .. } if state.is_withdrawn() => plain(Fate::Failed, "fate-withdrawn"),
        DeliveryState::Refused { reply: said, .. } => reply(Fate::Failed, "fate-refused", said),
        DeliveryState::Bounced { reply: said, .. } => reply(Fate::Failed, "fate-bounced", said),
        DeliveryState::Held { by_gate: true, .. } => plain(Fate::Waiting, "fate-gate"),
        DeliveryState::Held { .. } => plain(Fate::Waiting, "fate-held"),
    }
}

/// Without characters that are not seen or that turn the direction of what follows: a name must not be able to dress up
/// as another (`gpj.exe` shown as `exe.jpg`). Line ends and tabs become spaces.
pub fn visible(text: &str) -> String {
    text.chars().filter(|c| !is_unseen(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

// Directional marks, formatting and isolates (Unicode UAX #9 section 2), zero-width space, word joiner and byte order mark.
// Zero-width joiner and non-joiner stay: Persian, Hindi and emoji need them.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// At most `max` characters, with an ellipsis if something is missing.
pub fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// `Ann Smith <ann@example.com>`, as people type it: quoted where a comma would split it.
pub fn recipient(person: &Person) -> String {
    let name = visible(&person.name);
    if name.is_empty() || name == person.address {
        return person.address.clone();
    }
    let plain = name.chars().all(|c| c.is_alphanumeric() || " -'_".contains(c));
    if plain { format!("{name} <{}>", person.address) } else { format!("\"{}\" <{}>", name.replace(['"', '\\'], "'"), person.address) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_turn_around() {
        assert_eq!(visible("invoice\u{202e}gpj.exe"), "invoicegpj.exe");
        assert_eq!(visible("1\u{61c}-2"), "1-2");
        assert_eq!(visible(" two\r\nlines\t"), "two  lines");
        assert_eq!(visible("\u{feff}a\u{200b}b"), "ab");
        assert_eq!(visible("می\u{200c}خواهم"), "می\u{200c}خواهم");
    }

    #[test]
    fn cuts_at_characters() {
        assert_eq!(cut("grüße", 5), "grüße");
        assert_eq!(cut("grüße!", 5), "grüße…");
        assert_eq!(cut("a b c", 2), "a…");
    }

    #[test]
    fn recipients_survive_being_parsed_again() {
        let check = |name: &str, expected: &str| {
            let person = Person { name: name.to_owned(), address: "ann@example.com".to_owned() };
            assert_eq!(recipient(&person), expected);
        };
        check("", "ann@example.com");
        check("ann@example.com", "ann@example.com");
        check("Ann O'Neil", "Ann O'Neil <ann@example.com>");
        check("Smith, Ann", "\"Smith, Ann\" <ann@example.com>");
        check("Ann \"A\" \\Smith", "\"Ann 'A' 'Smith\" <ann@example.com>");
        check("Ann\r\nBcc: x@y", "\"Ann  Bcc: x@y\" <ann@example.com>");
    }

    #[test]
    fn what_came_back_says_why() {
        let t = Texts::english();
        let bounced = DeliveryState::Bounced { at: Wall(0), reply: "550 5.1.1 unknown".to_owned(), dsn: None };
        assert_eq!(delivery(t, Route::Outbound, &bounced, Wall(0)), (Fate::Failed, "Came back: 550 5.1.1 unknown".to_owned()));
        let held = DeliveryState::Held { at: Wall(0), reason: "x".to_owned(), by_gate: false, attempts: 1 };
        assert_eq!(delivery(t, Route::Primary, &held, Wall(0)).0, Fate::Waiting);
        let queued = DeliveryState::Queued { attempts: 0, next_at: Wall(0), last: None, in_doubt: false, held: 0, reported: false };
        assert_eq!(delivery(t, Route::Submit, &queued, Wall(0)).0, Fate::Done);
        assert_eq!(delivery(t, Route::Outbound, &queued, Wall(0)).0, Fate::Waiting);
    }
}
