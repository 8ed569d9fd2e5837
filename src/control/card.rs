//! An emergency card, as `people cards` answers it.

use serde::{Deserialize, Serialize};

/// What stands on a person's card. The codes are shown only in this answer: the box keeps their hashes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub address: String,
    pub name: String,
    /// The webmail by name, and by address for when DNS is down.
    pub link: String,
    #[serde(default)]
    pub ip_link: Option<String>,
    /// Each lets the person in once.
    pub codes: Vec<String>,
    /// Day: `2026-03-03`.
    pub made: String,
}

/// Codes stay out of logs, also those of a panic.
impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Card({})", self.address)
    }
}
