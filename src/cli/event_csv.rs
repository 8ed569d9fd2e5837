//! `lifeboat event show ID --csv`: the list of an event's mail, asked for page by page and written as it comes.

use std::io::Write;
use std::path::Path;

use lifeboat::control::Verb;

use super::ask;
use super::{DONE, FAILED};

/// Writes the table to standard output; the exit code.
pub fn run(config: &Path, id: &str) -> u8 {
    let mut start = None;
    loop {
        let answer = match ask::answer(config, false, &Verb::EventMessages { id: id.to_owned(), start }) {
            Ok(answer) => answer,
            Err(exit) => return exit,
        };
        // A reader that went away has what it wanted.
        if std::io::stdout().write_all(answer.text.as_bytes()).is_err() {
            return DONE;
        }
        let next = answer.json["next"].as_u64();
        // Each page begins behind the last one: a box that answers otherwise must not keep this busy for ever.
        match (next, start) {
            (None, _) => return DONE,
            (Some(next), Some(before)) if next <= before => return FAILED,
            (next, _) => start = next,
        }
    }
}
