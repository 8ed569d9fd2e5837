//! From TOML to [`Config`], collecting every mistake.

use std::fmt;

use super::Config;

/// One mistake, shown as `file:line: key: text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1; 0 if the problem has no place.
    pub line: usize,
    pub key: String,
    /// What is wrong, with an example of what is right.
    pub text: String,
}

/// Outcome of reading a configuration.
#[derive(Clone, Debug)]
pub struct Report {
    /// Present only without errors.
    pub config: Option<Config>,
    pub errors: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.line, self.key, self.text)
    }
}

/// Reads the text of a configuration file. `gateway` is the machine's default gateway if it is
/// known: `trusted` may not contain it (what comes through a gateway is the whole world).
pub fn parse(_text: &str, _gateway: Option<std::net::IpAddr>) -> Report {
    todo!()
}
