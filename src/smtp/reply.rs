//! Replies: code, enhanced status code (RFC 3463) and text. Texts are generic; detail goes to the log.

use serde::{Deserialize, Serialize};

/// An SMTP reply, ours or another server's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Three digits, 200 to 599.
    pub code: u16,
    /// Text of each line, with the enhanced status code where there is one; at least one line.
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply of one line.
    pub fn new(code: u16, text: &str) -> Reply {
        Reply { code, lines: vec![text.to_owned()] }
    }

    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// Code and text in one line, for records, logs and people: `250 2.0.0 ok`.
    pub fn one_line(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }

    /// The enhanced status code at the start of the text, if there is one: `4.3.2`.
    pub fn enhanced(&self) -> Option<&str> {
        todo!()
    }

    /// Wire form with CRLF; every line but the last has a `-` after the code.
    pub fn to_bytes(&self) -> Vec<u8> {
        todo!()
    }
}
// Constructors of every reply that Lifeboat gives follow here, one function a reply, e.g.
// `pub fn mailbox_unknown() -> Reply` (550 5.1.1), `verdict_unavailable()` (451 4.3.0), `stored(id)` (250 2.0.0),
// `relaying_denied()` (550 5.7.1), `try_later()`, `insufficient_storage()` (452 4.3.1), `too_big()` (552 5.3.4), `looping()` (554 5.4.6),
// `too_many_connections()` (421 4.7.0), `shutting_down()` (421 4.3.2), ...
