//! Small texts for people: sizes, delivery states, names made safe to show.

use crate::clock::Wall;
use crate::mail::date;
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
pub fn delivery(route: Route, state: &DeliveryState, now: Wall) -> (Fate, String) {
    let local = route != Route::Outbound;
    match state {
        // What is written here is handed over by the queues only: until then its sender may take it back.
        DeliveryState::InSession if route != Route::Primary => {
            (Fate::Waiting, "Waiting to be sent. For a few seconds you can still take it back.".to_owned())
        }
        DeliveryState::InSession => (Fate::Waiting, "Being handed over right now".to_owned()),
        DeliveryState::Queued { .. } if route == Route::Submit => {
            (Fate::Done, "In their Lifeboat inbox; goes to the normal mailbox when the mail server is back".to_owned())
        }
        DeliveryState::Queued { .. } if local => (Fate::Waiting, "Waiting for the mail server to come back".to_owned()),
        DeliveryState::Queued { attempts: 0, .. } => (Fate::Waiting, "Waiting to be sent".to_owned()),
        DeliveryState::Queued { last: Some(last), .. } => {
            (Fate::Waiting, format!("Not through yet, will be tried again. Last answer: {}", visible(last)))
        }
        DeliveryState::Queued { .. } => (Fate::Waiting, "Not through yet, will be tried again".to_owned()),
        DeliveryState::Delivered { at, .. } if local => (Fate::Done, format!("Handed over to the mail server, {}", date::short(*at, now))),
        DeliveryState::Delivered { at, .. } => (Fate::Done, format!("Delivered to the outside, {}", date::short(*at, now))),
        DeliveryState::Refused { .. } if state.is_withdrawn() => (Fate::Failed, "Not sent: you took it back".to_owned()),
        DeliveryState::Refused { reply, .. } => (Fate::Failed, format!("Refused: {}", visible(reply))),
        DeliveryState::Bounced { reply, .. } => (Fate::Failed, format!("Came back: {}", visible(reply))),
        DeliveryState::Held { by_gate: true, .. } => {
            (Fate::Waiting, "Waiting: the mail server is not quite ready and will be asked again".to_owned())
        }
        DeliveryState::Held { .. } => (Fate::Waiting, "Held; your administrator will look at it".to_owned()),
    }
}

/// `640 bytes`, `12 kB`, `3.4 MB`, with decimal units as file managers show them.
pub fn size(octets: usize) -> String {
    match octets {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{octets} bytes"),
        1_000..1_000_000 => format!("{} kB", octets.div_ceil(1_000)),
        _ => format!("{}.{} MB", octets / 1_000_000, octets / 100_000 % 10),
    }
}

/// Without characters that are not seen or that turn the direction of what follows: a name must not be able to dress up
/// as another (`gpj.exe` shown as `exe.jpg`). Line ends and tabs become spaces.
pub fn visible(text: &str) -> String {
    text.chars().filter(|c| !is_unseen(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

// Directional formatting and isolates (Unicode UAX #9 section 2), zero-width space, word joiner and byte order mark.
// Zero-width joiner and non-joiner stay: Persian, Hindi and emoji need them.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
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
    fn sizes() {
        for (octets, expected) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (1_001, "2 kB"),
            (999_999, "1000 kB"),
            (1_000_000, "1.0 MB"),
            (52_428_800, "52.4 MB"),
        ] {
            assert_eq!(size(octets), expected, "{octets}");
        }
    }

    #[test]
    fn names_cannot_turn_around() {
        assert_eq!(visible("invoice\u{202e}gpj.exe"), "invoicegpj.exe");
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
        let bounced = DeliveryState::Bounced { at: Wall(0), reply: "550 5.1.1 unknown".to_owned(), dsn: None };
        assert_eq!(delivery(Route::Outbound, &bounced, Wall(0)), (Fate::Failed, "Came back: 550 5.1.1 unknown".to_owned()));
        let held = DeliveryState::Held { at: Wall(0), reason: "x".to_owned(), by_gate: false, attempts: 1 };
        assert_eq!(delivery(Route::Primary, &held, Wall(0)).0, Fate::Waiting);
        let queued = DeliveryState::Queued { attempts: 0, next_at: Wall(0), last: None, in_doubt: false, held: 0, reported: false };
        assert_eq!(delivery(Route::Submit, &queued, Wall(0)).0, Fate::Done);
        assert_eq!(delivery(Route::Outbound, &queued, Wall(0)).0, Fate::Waiting);
    }
}
