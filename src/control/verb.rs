//! Verbs and answers.

use crate::auth::Role;
use crate::mail::Address;
use serde::{Deserialize, Serialize};

use super::{AuditQuery, TraceQuery};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verb")]
pub enum Verb {
    Status,
    /// Everybody's, or one for the people that are named.
    EventStart {
        reason: String,
        by: String,
        #[serde(flatten)]
        whom: Whom,
    },
    /// Everybody's, or one of some people.
    EventEnd {
        force: bool,
        by: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// People practise; mail is not touched. `all` instead of `whom`.
    EventDrill {
        reason: String,
        by: String,
        #[serde(flatten)]
        whom: Whom,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        all: bool,
    },
    DrillList,
    /// The readiness score with its reasons.
    Readiness,
    /// What the probes saw in the last hours: 24, if nothing is said.
    ProbeHistory {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hours: Option<u32>,
    },
    EventList,
    EventShow {
        id: String,
    },
    /// A page of the list of its mail: from this message on.
    EventMessages {
        id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<u64>,
    },
    /// The mail of a closed event need not be kept for its sake any more.
    EventRelease {
        id: String,
        by: String,
    },
    /// A window of planned maintenance; times are as people write them, in the office's zone.
    MaintenanceAdd {
        from: String,
        to: String,
        reason: String,
        announce: bool,
        by: String,
    },
    MaintenanceList,
    MaintenanceRemove {
        id: u64,
        by: String,
    },
    Automatic {
        on: bool,
        by: String,
    },
    QueueList {
        #[serde(flatten)]
        selection: Selection,
    },
    QueueShow {
        message: u64,
    },
    /// Queued recipients are due now.
    QueueRetry {
        #[serde(flatten)]
        selection: Selection,
        by: String,
    },
    QueueHold {
        #[serde(flatten)]
        selection: Selection,
        by: String,
    },
    /// Held recipients are queued again.
    QueueRelease {
        #[serde(flatten)]
        selection: Selection,
        by: String,
    },
    /// Queued or held recipients are given up; the sender gets a DSN.
    QueueBounce {
        #[serde(flatten)]
        selection: Selection,
        /// Of more than one message.
        yes: bool,
        by: String,
    },
    /// Every key of the configuration with its value.
    Settings,
    /// The set-up guide with the office's own names.
    Guide,
    /// Who did what, and whether the record is as it was written.
    AuditList {
        #[serde(flatten)]
        query: AuditQuery,
    },
    /// Finds messages and tells where each recipient's copy is.
    Trace {
        #[serde(flatten)]
        query: TraceQuery,
    },
    /// Who was told what: of an event, or of everything.
    NoticesList {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
    },
    CredentialIssue {
        address: String,
        by: String,
    },
    /// A new key; its private half never leaves the box.
    DkimCreate {
        selector: String,
        kind: String,
        by: String,
    },
    /// What belongs into DNS, and whether it is there.
    DkimShow,
    /// Asks people by mail how they are reached while mail is down.
    PeopleInvite {
        who: WhichPeople,
        by: String,
    },
    /// Who is reached how.
    PeopleList {
        /// Only those whom nothing reaches.
        unreachable: bool,
    },
    /// Makes emergency cards with one-time codes; those of older cards end.
    PeopleCards {
        who: WhichPeople,
        by: String,
    },
    /// What a person said about how they are reached counts no longer.
    PeopleForget {
        address: String,
        by: String,
    },
    /// The directory as CSV, with what people said about how they are reached.
    DirectoryExport,
    /// Accounts of the admin's place.
    AdminList,
    /// A new password, for an account that is made if it is not there; made up if none is given.
    AdminPassword {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<Secret>,
        by: String,
    },
    AdminRemove {
        name: String,
        by: String,
    },
    /// Takes the second factor away from somebody who lost it.
    AdminTotpOff {
        name: String,
        by: String,
    },
    /// A new link that makes the first account.
    AdminSetup {
        by: String,
    },
    /// Tokens for scripts.
    TokenList,
    TokenCreate {
        name: String,
        role: Role,
        by: String,
    },
    TokenRevoke {
        name: String,
        by: String,
    },
    /// Text of the CSV.
    DirectoryImport {
        csv: String,
        by: String,
    },
}

/// For whom an event is, and until when: everybody and until somebody ends it, if nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whom {
    /// Addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mailboxes: Vec<String>,
    /// Groups of the directory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Its planned end, as people write a time: `2026-12-01 20:00`, in the office's zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Or so many seconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_s: Option<u64>,
}

impl Whom {
    pub fn is_everybody(&self) -> bool {
        self.mailboxes.is_empty() && self.groups.is_empty()
    }
}

/// Which people are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhichPeople {
    All,
    /// Whom nothing reaches yet.
    Missing,
    Addresses(Vec<String>),
}

/// Something that stands in no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Which waiting recipients are meant: all of them, if nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

impl Selection {
    pub fn of(message: u64) -> Selection {
        Selection { message: Some(message), ..Selection::default() }
    }

    pub fn is_everything(&self) -> bool {
        *self == Selection::default()
    }
}

impl std::fmt::Display for Selection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut words = Vec::new();
        words.extend(self.message.map(|message| format!("message={message}")));
        words.extend(self.recipient.as_ref().map(|recipient| format!("recipient={recipient}")));
        words.extend(self.domain.as_ref().map(|domain| format!("domain={domain}")));
        f.write_str(if words.is_empty() { "all".to_owned() } else { words.join(" ") }.as_str())
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The wire form of a verb, and back.
    fn check(verb: Verb, expected: serde_json::Value) {
        assert_eq!(serde_json::to_value(&verb).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Verb>(expected).unwrap(), verb);
    }

    fn by() -> String {
        "cli:ann".into()
    }

    #[test]
    fn wire_forms_are_stable() {
        check(Verb::Status, json!({ "verb": "status" }));
        check(
            Verb::EventDrill { reason: "r".into(), by: by(), whom: Whom { length_s: Some(60), ..Whom::default() }, all: true },
            json!({ "verb": "event-drill", "reason": "r", "by": "cli:ann", "length_s": 60, "all": true }),
        );
        check(Verb::DrillList, json!({ "verb": "drill-list" }));
        check(Verb::Readiness, json!({ "verb": "readiness" }));
        let everybody = Whom::default();
        check(
            Verb::EventStart { reason: "r".into(), by: by(), whom: everybody },
            json!({ "verb": "event-start", "reason": "r", "by": "cli:ann" }),
        );
        let some =
            Whom { mailboxes: vec!["a@b.test".into()], groups: vec!["sales".into()], until: Some("20:00".into()), length_s: Some(60) };
        let wire = json!({ "verb": "event-start", "reason": "r", "by": "cli:ann", "mailboxes": ["a@b.test"], "groups": ["sales"],
            "until": "20:00", "length_s": 60 });
        check(Verb::EventStart { reason: "r".into(), by: by(), whom: some }, wire);
        let one = Verb::EventEnd { force: false, by: by(), id: Some("2026".into()) };
        check(one, json!({ "verb": "event-end", "force": false, "by": "cli:ann", "id": "2026" }));
        check(Verb::EventEnd { force: true, by: by(), id: None }, json!({ "verb": "event-end", "force": true, "by": "cli:ann" }));
        let (from, to, reason) = ("2026-12-01 20:00".to_owned(), "2026-12-01 22:00".to_owned(), "updates".to_owned());
        let wire = json!({ "verb": "maintenance-add", "from": from, "to": to, "reason": reason, "announce": true, "by": "cli:ann" });
        check(Verb::MaintenanceAdd { from, to, reason, announce: true, by: by() }, wire);
        check(Verb::MaintenanceList, json!({ "verb": "maintenance-list" }));
        check(Verb::MaintenanceRemove { id: 3, by: by() }, json!({ "verb": "maintenance-remove", "id": 3, "by": "cli:ann" }));
        check(Verb::EventList, json!({ "verb": "event-list" }));
        check(Verb::EventShow { id: "2026".into() }, json!({ "verb": "event-show", "id": "2026" }));
        check(Verb::EventMessages { id: "2026".into(), start: None }, json!({ "verb": "event-messages", "id": "2026" }));
        check(Verb::EventMessages { id: "2026".into(), start: Some(7) }, json!({ "verb": "event-messages", "id": "2026", "start": 7 }));
        check(Verb::Automatic { on: false, by: by() }, json!({ "verb": "automatic", "on": false, "by": "cli:ann" }));
        check(Verb::QueueShow { message: 7 }, json!({ "verb": "queue-show", "message": 7 }));
        check(Verb::QueueList { selection: Selection::default() }, json!({ "verb": "queue-list" }));
        check(Verb::QueueRetry { selection: Selection::default(), by: by() }, json!({ "verb": "queue-retry", "by": "cli:ann" }));
        check(Verb::QueueRetry { selection: Selection::of(7), by: by() }, json!({ "verb": "queue-retry", "message": 7, "by": "cli:ann" }));
        check(Verb::QueueHold { selection: Selection::of(7), by: by() }, json!({ "verb": "queue-hold", "message": 7, "by": "cli:ann" }));
        check(
            Verb::QueueRelease { selection: Selection::of(7), by: by() },
            json!({ "verb": "queue-release", "message": 7, "by": "cli:ann" }),
        );
        check(
            Verb::QueueBounce { selection: Selection::of(7), yes: true, by: by() },
            json!({ "verb": "queue-bounce", "message": 7, "yes": true, "by": "cli:ann" }),
        );
        check(Verb::NoticesList { event: None }, json!({ "verb": "notices-list" }));
        check(
            Verb::CredentialIssue { address: "ann@example.com".into(), by: by() },
            json!({ "verb": "credential-issue", "address": "ann@example.com", "by": "cli:ann" }),
        );
        check(Verb::Settings, json!({ "verb": "settings" }));
        check(Verb::Guide, json!({ "verb": "guide" }));
        let query = AuditQuery { by: Some("ann".into()), before: Some(9), ..AuditQuery::default() };
        check(Verb::AuditList { query }, json!({ "verb": "audit-list", "by": "ann", "before": 9 }));
        let query = TraceQuery { to: Some("ann@".into()), after: Some("7d".into()), limit: Some(5), ..TraceQuery::default() };
        check(Verb::Trace { query }, json!({ "verb": "trace", "to": "ann@", "after": "7d", "limit": 5 }));
        check(Verb::ProbeHistory { hours: Some(720) }, json!({ "verb": "probe-history", "hours": 720 }));
        check(Verb::AdminList, json!({ "verb": "admin-list" }));
        check(
            Verb::AdminPassword { name: "eva".into(), role: Some(Role::Auditor), password: Some(Secret("p".into())), by: by() },
            json!({ "verb": "admin-password", "name": "eva", "role": "auditor", "password": "p", "by": "cli:ann" }),
        );
        check(
            Verb::AdminPassword { name: "eva".into(), role: None, password: None, by: by() },
            json!({ "verb": "admin-password", "name": "eva", "by": "cli:ann" }),
        );
        check(Verb::AdminRemove { name: "eva".into(), by: by() }, json!({ "verb": "admin-remove", "name": "eva", "by": "cli:ann" }));
        check(Verb::AdminTotpOff { name: "eva".into(), by: by() }, json!({ "verb": "admin-totp-off", "name": "eva", "by": "cli:ann" }));
        check(Verb::AdminSetup { by: by() }, json!({ "verb": "admin-setup", "by": "cli:ann" }));
        check(Verb::TokenList, json!({ "verb": "token-list" }));
        check(
            Verb::TokenCreate { name: "t".into(), role: Role::Helpdesk, by: by() },
            json!({ "verb": "token-create", "name": "t", "role": "helpdesk", "by": "cli:ann" }),
        );
        check(Verb::TokenRevoke { name: "t".into(), by: by() }, json!({ "verb": "token-revoke", "name": "t", "by": "cli:ann" }));
        check(Verb::DkimShow, json!({ "verb": "dkim-show" }));
        check(
            Verb::DkimCreate { selector: "s1".into(), kind: "rsa".into(), by: by() },
            json!({ "verb": "dkim-create", "selector": "s1", "kind": "rsa", "by": "cli:ann" }),
        );
        check(Verb::PeopleInvite { who: WhichPeople::All, by: by() }, json!({ "verb": "people-invite", "who": "all", "by": "cli:ann" }));
        check(
            Verb::PeopleInvite { who: WhichPeople::Addresses(vec!["ann@example.com".into()]), by: by() },
            json!({ "verb": "people-invite", "who": { "addresses": ["ann@example.com"] }, "by": "cli:ann" }),
        );
        check(
            Verb::PeopleCards { who: WhichPeople::Missing, by: by() },
            json!({ "verb": "people-cards", "who": "missing", "by": "cli:ann" }),
        );
        check(Verb::PeopleList { unreachable: true }, json!({ "verb": "people-list", "unreachable": true }));
        check(
            Verb::PeopleForget { address: "ann@example.com".into(), by: by() },
            json!({ "verb": "people-forget", "address": "ann@example.com", "by": "cli:ann" }),
        );
        check(Verb::DirectoryExport, json!({ "verb": "directory-export" }));
        check(
            Verb::DirectoryImport { csv: "address\n".into(), by: by() },
            json!({ "verb": "directory-import", "csv": "address\n", "by": "cli:ann" }),
        );
    }

    #[test]
    fn passwords_are_not_logged() {
        let verb = Verb::AdminPassword { name: "eva".into(), role: None, password: Some(Secret("lamp".into())), by: by() };
        assert!(!format!("{verb:?}").contains("lamp"));
    }

    /// Each request and answer is one line, whatever the texts hold.
    #[test]
    fn a_line_stays_a_line() {
        let verb = Verb::DirectoryImport { csv: "a\r\nb\n".into(), by: by() };
        assert!(!serde_json::to_string(&verb).unwrap().contains(['\r', '\n']));
    }

    #[test]
    fn answers() {
        let done = Answer::done("ok", json!({ "id": 1 }));
        let wire = json!({ "exit": 0, "text": "ok", "json": { "id": 1 } });
        assert_eq!(serde_json::to_value(&done).unwrap(), wire);
        assert_eq!(serde_json::from_value::<Answer>(wire).unwrap(), done);
        let failed = Answer::failed("no such message");
        assert_eq!(
            serde_json::to_value(failed).unwrap(),
            json!({ "exit": 1, "text": "no such message", "json": { "error": "no such message" } })
        );
    }
}
