//! From TOML to [`Config`], collecting every mistake.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use toml::de::DeTable;

use super::reader::Reader;
use super::{Config, checks, sections, settings};
use crate::limits::FILE_PROBLEMS_MAX;

/// One mistake, shown as `file:line: key: text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1; 0 if the problem has no place.
    pub line: usize,
    /// `table.key`; `syntax` for what is no TOML at all.
    pub key: String,
    /// What is wrong, with an example of what is right.
    pub text: String,
}

/// Outcome of reading a configuration.
#[derive(Clone, Debug)]
pub struct Report {
    /// Present only without errors.
    pub config: Option<Config>,
    /// In the order of the file; those without a place last. At most
    /// [`crate::limits::FILE_PROBLEMS_MAX`] and one line that counts the rest.
    pub errors: Vec<Problem>,
    /// In the order of the file; those without a place last.
    pub warnings: Vec<Problem>,
    /// The line of each `table.key` that stands in the file.
    pub key_lines: BTreeMap<String, usize>,
}

impl fmt::Display for Problem {
    /// `12: key: text`, or `key: text` for a problem without a place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}: ", self.line)?;
        }
        write!(f, "{}: {}", self.key, self.text)
    }
}

/// Reads the text of a configuration file. `gateway` is the machine's default gateway if it is
/// known: `trusted` may not contain it (what comes through a gateway is the whole world).
pub fn parse(text: &str, gateway: Option<IpAddr>) -> Report {
    let (document, syntax) = DeTable::parse_recoverable(text);
    let mut reader = Reader::new(text);
    reader.note_syntax(&syntax);
    if let Some(broken) = reader.broken_header() {
        let errors = in_order(reader.errors).into_iter().filter(|problem| problem.line <= broken).collect();
        return Report { config: None, errors, warnings: Vec::new(), key_lines: reader.key_lines };
    }
    let mut config = sections::read(&mut reader, document.get_ref(), gateway);
    // A file that is no TOML is read as far as the parser could make sense of it, so that one run shows as much
    // as possible. But keys are compared with each other only when all of them are known.
    if syntax.is_empty() {
        checks::check(&mut reader, &config);
    }
    config.settings = settings::settings(text);
    let errors = in_order(reader.errors);
    Report { config: errors.is_empty().then_some(config), errors, warnings: in_order(reader.warnings), key_lines: reader.key_lines }
}

fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| if problem.line == 0 { usize::MAX } else { problem.line });
    if problems.len() > FILE_PROBLEMS_MAX {
        let more = problems.len() - FILE_PROBLEMS_MAX;
        problems.truncate(FILE_PROBLEMS_MAX);
        problems.push(Problem { line: 0, key: "more".into(), text: format!("{more} further mistakes are not shown") });
    }
    problems
}
