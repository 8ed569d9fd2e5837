//! The audit trail as people read it: which lines of the ledger are about who did what, and in what words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::mail::date;
use crate::store::Line;

/// Which lines are meant: those that fit everything that is said, the newest ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Part of a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Part of what was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Only lines before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// At most so many; never more than [`crate::limits::AUDIT_PAGE_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// What was found, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    pub lines: Vec<AuditShown>,
    /// Older lines that fit are before this one; none if there are none.
    pub before: Option<u64>,
    /// Lines of the whole record, of every kind.
    pub total: u64,
    /// The first line that is not as it was written, or not in its place.
    pub broken_at: Option<u64>,
    /// Seal of the last line.
    pub last: String,
}

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditShown {
    /// Of the ledger's line.
    pub number: u64,
    /// RFC 3339.
    pub at: String,
    pub by: String,
    pub what: String,
}

impl AuditShown {
    /// None for what is not about who did what: verifiers, directories, counts.
    pub fn of(line: &Line) -> Option<AuditShown> {
        let data = &line.data;
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (by, what) = match line.kind.as_str() {
            "audit" => (word(&data["by"]), format!("{} {}", word(&data["action"]), word(&data["detail"]))),
            "mode" => mode(data)?,
            _ => return None,
        };
        // One line each, whatever was typed.
        let one_line = |text: String| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned();
        Some(AuditShown { number: line.number, at: date::rfc3339(line.at), by: one_line(by), what: one_line(what) })
    }
}

/// Who changed the mode, of everybody or of some, and how.
fn mode(data: &Value) -> Option<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(transition) = data.get("transition").filter(|transition| transition.is_object()) {
        let change = format!("mode {} (was {}): {}", word(&transition["to"]), word(&transition["from"]), word(&transition["reason"]));
        return Some((word(&transition["by"]), change));
    }
    let scope = data.get("scope").filter(|scope| scope.is_object())?;
    let event = &scope["event"];
    let change = format!("event {} for some {}: {}", word(&event["id"]), word(&event["phase"]), word(&scope["reason"]));
    Some((word(&scope["by"]), change))
}

impl AuditQuery {
    pub fn fits(&self, shown: &AuditShown) -> bool {
        let holds = |text: &str, wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| text.to_lowercase().contains(&wanted.trim().to_lowercase()))
        };
        holds(&shown.by, &self.by) && holds(&shown.what, &self.action) && self.before.is_none_or(|before| shown.number < before)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Wall;

    fn shown(kind: &str, data: Value) -> Option<(String, String)> {
        let line = Line { number: 7, at: Wall(0), kind: kind.to_owned(), data, previous: String::new(), hash: String::new() };
        AuditShown::of(&line).map(|shown| (shown.by, shown.what))
    }

    fn check(kind: &str, data: Value, expected: Option<(&str, &str)>) {
        assert_eq!(shown(kind, data), expected.map(|(by, what)| (by.to_owned(), what.to_owned())));
    }

    #[test]
    fn deeds_and_changes_of_the_mode_are_shown_and_nothing_else() {
        check(
            "audit",
            json!({ "by": "cli:ann", "action": "queue-hold", "detail": "message=7" }),
            Some(("cli:ann", "queue-hold message=7")),
        );
        check("audit", json!({ "by": "a\nb", "action": "x\u{1b}[2J", "detail": "" }), Some(("a b", "x [2J")));
        let transition = json!({ "to": "continuity", "from": "suspect", "by": "monitor", "reason": "It is down." });
        check("mode", json!({ "transition": transition }), Some(("monitor", "mode continuity (was suspect): It is down.")));
        check("mode", json!({ "transition": null, "saved": {} }), None);
        let scope = json!({ "by": "cli:bo", "reason": "one database", "event": { "id": "e1", "phase": "open" } });
        check("mode", json!({ "transition": null, "scope": scope }), Some(("cli:bo", "event e1 for some open: one database")));
        check("credential", json!({ "mailbox": "ann@example.com", "verifier": "$argon2id$" }), None);
        check("directory", json!({ "csv": "" }), None);
    }

    #[test]
    fn lines_are_chosen_by_parts_of_words() {
        let line = AuditShown { number: 7, at: String::new(), by: "cli:Ann".to_owned(), what: "queue-hold message=7".to_owned() };
        let fits = |by: &str, action: &str, before: Option<u64>| {
            let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            AuditQuery { by: said(by), action: said(action), before, limit: None }.fits(&line)
        };
        assert!(fits("", "", None) && fits("ann", "HOLD", Some(8)));
        assert!(!fits("bo", "", None) && !fits("", "bounce", None) && !fits("", "", Some(7)));
    }
}
