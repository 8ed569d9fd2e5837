//! Verbs and answers.

use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verb")]
pub enum Verb {
    Status,
    EventStart {
        reason: String,
        by: String,
    },
    EventEnd {
        force: bool,
        by: String,
    },
    EventList,
    EventShow {
        id: String,
    },
    Automatic {
        on: bool,
        by: String,
    },
    QueueList,
    /// All queued recipients, or those of one message, are due now.
    QueueRetry {
        message: Option<u64>,
        by: String,
    },
    QueueHold {
        message: u64,
        by: String,
    },
    /// Held recipients of a message are queued again.
    QueueRelease {
        message: u64,
        by: String,
    },
    /// Queued or held recipients of a message are given up; the sender gets a DSN.
    QueueBounce {
        message: u64,
        by: String,
    },
    CredentialIssue {
        address: String,
        by: String,
    },
    /// Text of the CSV.
    DirectoryImport {
        csv: String,
        by: String,
    },
}

/// What is answered: `text` for people, `json` for `--json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Exit code of the command: 0 done, 1 failed, 2 usage.
    pub exit: u8,
    pub text: String,
    pub json: serde_json::Value,
}

impl Answer {
    pub fn done(text: impl Into<String>, json: serde_json::Value) -> Answer {
        Answer { exit: 0, text: text.into(), json }
    }

    pub fn failed(text: impl Into<String>) -> Answer {
        let text = text.into();
        Answer { exit: 1, json: serde_json::json!({ "error": text }), text }
    }
}
