//! Who may ask which verb, and what of an answer a role does not see. One table for web, tokens and whatever comes.
//!
//! The command line is not asked for a role: who may open the control socket is admin.

use serde::Serialize;
use serde_json::Value;

use super::{Answer, Verb};
use crate::auth::{EVERY_ROLE, FOR_PEOPLE, ONLY_ADMIN, PROOF, Role, Roles};

/// A verb by its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VerbRow {
    pub verb: &'static str,
    pub roles: Roles,
    /// Whether it changes anything.
    pub changes: bool,
}

const fn reads(verb: &'static str, roles: Roles) -> VerbRow {
    VerbRow { verb, roles, changes: false }
}

const fn changes(verb: &'static str, roles: Roles) -> VerbRow {
    VerbRow { verb, roles, changes: true }
}

/// Every verb has a row (a test compares); one without is the admin's alone.
pub const VERBS: &[VerbRow] = &[
    reads("status", EVERY_ROLE),
    reads("readiness", EVERY_ROLE),
    reads("probe-history", EVERY_ROLE),
    changes("event-start", ONLY_ADMIN),
    changes("event-end", ONLY_ADMIN),
    changes("event-drill", ONLY_ADMIN),
    reads("drill-list", EVERY_ROLE),
    reads("event-list", EVERY_ROLE),
    reads("event-show", EVERY_ROLE),
    reads("event-messages", PROOF),
    changes("event-release", ONLY_ADMIN),
    changes("maintenance-add", ONLY_ADMIN),
    reads("maintenance-list", EVERY_ROLE),
    changes("maintenance-remove", ONLY_ADMIN),
    changes("automatic", ONLY_ADMIN),
    reads("trace", EVERY_ROLE),
    reads("audit-list", PROOF),
    reads("settings", PROOF),
    reads("guide", EVERY_ROLE),
    reads("queue-list", EVERY_ROLE),
    reads("queue-show", EVERY_ROLE),
    changes("queue-retry", ONLY_ADMIN),
    changes("queue-hold", ONLY_ADMIN),
    changes("queue-release", ONLY_ADMIN),
    changes("queue-bounce", ONLY_ADMIN),
    reads("notices-list", EVERY_ROLE),
    changes("credential-issue", FOR_PEOPLE),
    changes("dkim-create", ONLY_ADMIN),
    reads("dkim-show", PROOF),
    changes("people-invite", FOR_PEOPLE),
    reads("people-list", FOR_PEOPLE),
    changes("people-cards", FOR_PEOPLE),
    changes("people-forget", FOR_PEOPLE),
    reads("admin-list", PROOF),
    changes("admin-password", ONLY_ADMIN),
    changes("admin-remove", ONLY_ADMIN),
    changes("admin-totp-off", ONLY_ADMIN),
    changes("admin-setup", ONLY_ADMIN),
    reads("token-list", PROOF),
    changes("token-create", ONLY_ADMIN),
    changes("token-revoke", ONLY_ADMIN),
    // Whoever replaces the list decides who has a mailbox.
    changes("directory-import", ONLY_ADMIN),
    reads("directory-export", FOR_PEOPLE),
];

/// Fields of answers that hold what somebody wrote in a message.
const SUBJECT_FIELDS: [&str; 1] = ["subject"];

/// Whether a verb of this name is known to change nothing.
fn only_reads(name: &str) -> bool {
    VERBS.iter().any(|row| row.verb == name && !row.changes)
}

impl Verb {
    /// Its name on the wire.
    pub fn name(&self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value["verb"].as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether this role may ask it.
    pub fn is_for(&self, role: Role) -> bool {
        // Who is not shown subjects must not find them out by asking, either.
        if matches!(self, Verb::Trace { query } if query.subject.is_some()) && !role.sees_subjects() {
            return false;
        }
        let name = self.name();
        VERBS.iter().find(|row| row.verb == name).map_or(ONLY_ADMIN, |row| row.roles).contains(&role)
    }

    /// The same, by whom it really is: what it said itself is overwritten. Of a verb that only reads, `by` is what is looked for.
    pub fn signed(self, by: &str) -> Verb {
        if only_reads(&self.name()) {
            return self;
        }
        let Ok(mut value) = serde_json::to_value(&self) else { return self };
        if let Some(own) = value.get_mut("by") {
            *own = Value::String(by.to_owned());
        }
        serde_json::from_value(value).unwrap_or(self)
    }

    /// Reads a verb from outside, by whom it really is.
    ///
    /// # Errors
    /// In words: no such verb, or a field is missing.
    pub fn from_outside(mut value: Value, by: &str) -> Result<Verb, String> {
        let Some(object) = value.as_object_mut() else { return Err("a verb is a JSON object, such as {\"verb\":\"status\"}".to_owned()) };
        if !object.get("verb").and_then(Value::as_str).is_some_and(only_reads) {
            object.insert("by".to_owned(), Value::String(by.to_owned()));
        }
        serde_json::from_value(value).map_err(|error| error.to_string())
    }
}

impl Answer {
    /// What this role may see of it. Text for people is left out where something had to be hidden in the JSON, because it says the same.
    pub fn shown_to(mut self, role: Role) -> Answer {
        if !role.sees_subjects() && hide(&mut self.json) {
            self.text = "Subjects are not shown to this role; the answer is in its JSON.".to_owned();
        }
        self
    }
}

/// Takes subjects out, at any depth; true if there was one.
fn hide(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let mut hidden = false;
            for name in SUBJECT_FIELDS {
                hidden |= fields.remove(name).is_some();
            }
            fields.values_mut().fold(hidden, |hidden, field| hide(field) | hidden)
        }
        Value::Array(items) => items.iter_mut().fold(false, |hidden, item| hide(item) | hidden),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::control::{AuditQuery, Whom};

    /// The names that serde knows, from what it says about one that it does not know.
    fn known() -> Vec<String> {
        let error = serde_json::from_value::<Verb>(json!({ "verb": "?" })).unwrap_err().to_string();
        let (_, list) = error.split_once("expected one of ").expect("serde lists what it expects");
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_verb_has_its_row_and_every_row_its_verb() {
        let known = known();
        assert!(known.len() >= 17, "{known:?}");
        let rows: Vec<&str> = VERBS.iter().map(|row| row.verb).collect();
        for name in &known {
            assert_eq!(rows.iter().filter(|row| *row == name).count(), 1, "`{name}` needs one row in control/rights.rs");
        }
        assert_eq!(rows.len(), known.len(), "a row without a verb: {rows:?}");
    }

    #[test]
    fn the_admin_may_everything_and_the_auditor_changes_nothing() {
        for row in VERBS {
            assert!(row.roles.contains(&Role::Admin), "{}", row.verb);
            assert!(!row.changes || !row.roles.contains(&Role::Auditor), "{}", row.verb);
        }
        assert!(!Verb::EventStart { reason: String::new(), by: String::new(), whom: Whom::default() }.is_for(Role::Helpdesk));
        assert!(Verb::CredentialIssue { address: String::new(), by: String::new() }.is_for(Role::Helpdesk));
    }

    #[test]
    fn nobody_speaks_in_another_name() {
        let verb = Verb::Automatic { on: true, by: "cli:root".to_owned() };
        assert_eq!(verb.signed("web:eva"), Verb::Automatic { on: true, by: "web:eva".to_owned() });
        assert_eq!(Verb::Status.signed("web:eva"), Verb::Status);
        let forged = Verb::from_outside(json!({ "verb": "automatic", "on": true, "by": "cli:root" }), "token:t").unwrap();
        assert_eq!(forged, Verb::Automatic { on: true, by: "token:t".to_owned() });
        assert!(Verb::from_outside(json!({ "verb": "nothing" }), "token:t").is_err());
        assert!(Verb::from_outside(json!([]), "token:t").is_err());
    }

    #[test]
    fn who_looks_into_the_record_finds_what_others_did() {
        let check = |by: Option<&str>| {
            let query = AuditQuery { by: by.map(str::to_owned), ..AuditQuery::default() };
            let verb = Verb::AuditList { query };
            assert_eq!(verb.clone().signed("web:max"), verb);
            assert_eq!(Verb::from_outside(json!(verb), "token:t").unwrap(), verb);
        };
        check(None);
        check(Some("eva"));
    }

    #[test]
    fn the_helpdesk_never_sees_a_subject() {
        let answer =
            || Answer::done("from x: Salaries 2026", json!([{ "message": 1, "subject": "Salaries 2026", "more": [{ "subject": "x" }] }]));
        let shown = answer().shown_to(Role::Helpdesk);
        assert_eq!(shown.json, json!([{ "message": 1, "more": [{}] }]));
        assert!(!shown.text.contains("Salaries"));
        assert_eq!(answer().shown_to(Role::Auditor), answer());
    }
}
