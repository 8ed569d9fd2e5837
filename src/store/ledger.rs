//! The ledger: events, credentials, the directory, the mode and the audit trail. Append-only, fsynced, hash-chained JSON lines,
//! kept longer than the mail. What a line means is for the rooms above: here it is a kind and a value.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Files, StoreError};
use crate::clock::Wall;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// From 1, without gaps.
    pub number: u64,
    pub at: Wall,
    /// `mode`, `event`, `credential`, `directory`, `audit`...
    pub kind: String,
    pub data: serde_json::Value,
    /// SHA-256 in hex of the line before (64 zeros for the first).
    pub previous: String,
    /// SHA-256 in hex over number, at, kind, data and previous.
    pub hash: String,
}

/// The open ledger. Appending is synchronous and fsynced; call it from a thread that may wait.
pub struct Ledger {
    _private: (),
}

impl Ledger {
    /// Opens and checks the chain. A torn last line is cut; any other break is reported by [`Ledger::broken_at`] and goes on after it.
    pub fn open(_folder: &Path, _files: Arc<dyn Files>) -> Result<(Ledger, Vec<Line>), StoreError> {
        todo!()
    }

    /// Number of the first line whose chain does not hold.
    pub fn broken_at(&self) -> Option<u64> {
        todo!()
    }

    /// Appends one line and fsyncs it.
    pub fn append(&self, _kind: &str, _data: &impl Serialize, _at: Wall) -> Result<Line, StoreError> {
        todo!()
    }

    /// All lines of a kind, oldest first, read from disk.
    pub fn read(&self, _kind: &str) -> Result<Vec<Line>, StoreError> {
        todo!()
    }
}
