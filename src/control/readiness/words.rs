//! `readiness` in plain words.

use super::{Readiness, State};

/// Widest name of an item.
const NAME_CHARS: usize = 17;

pub(super) fn text(readiness: &Readiness) -> String {
    let mut text = format!("READINESS {} of 100\n{}\n", readiness.score, verdict(readiness));
    let to_do = readiness.to_do();
    if !to_do.is_empty() {
        text += "\nWhat would help most\n";
        for item in &to_do {
            text += &format!("  {} {}  ({}: {} of {})\n", mark(item.state), item.text, item.name, item.points, item.of);
        }
    }
    text.push('\n');
    for item in readiness.items.iter().filter(|item| item.state == State::Ok) {
        text += &format!("{:<NAME_CHARS$} {}\n", item.name, item.text);
    }
    text
}

fn verdict(readiness: &Readiness) -> &'static str {
    match readiness.score {
        90.. => "The office is ready for an outage.",
        70.. => "Most is in place.",
        40.. => "An outage would be covered in part.",
        _ => "The box would help little in an outage yet.",
    }
}

fn mark(state: State) -> char {
    match state {
        State::Ok => '+',
        State::Warn => '-',
        State::Bad => '!',
        State::Unknown => '?',
    }
}
