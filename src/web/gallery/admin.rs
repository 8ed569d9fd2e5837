//! The admin's pages of proof with made-up data, some of it hostile.

use serde_json::json;

use super::Sample;

use crate::auth::Role;
use crate::control::guide::Office;
use crate::control::{Audit, AuditShown, EventDocument, EventRow, Trace, TraceQuery, Traced, TracedRecipient, WindowStatus};
use crate::web::pages::admin::audit::{self, AuditPage};
use crate::web::pages::admin::events::{self, Report};
use crate::web::pages::admin::guide;
use crate::web::pages::admin::layout::{AdminShell, Link};
use crate::web::pages::admin::maintenance;
use crate::web::pages::admin::people::{self, PeoplePage, PersonRow};
use crate::web::pages::admin::queue::{self, MessagePage, QueuePage, Search, Waiting};
use crate::web::pages::admin::settings::{self, SettingRow, Settings};
use crate::web::pages::admin::trace::{self, TracePage};

const LINKS: [(&str, &str); 8] = [
    ("Dashboard", "/admin"),
    ("Events", "/admin/events"),
    ("Queue", "/admin/queue"),
    ("Trace", "/admin/trace"),
    ("People", "/admin/people"),
    ("Maintenance", "/admin/maintenance"),
    ("Audit", "/admin/audit"),
    ("Help", "/admin/help"),
];
const HOSTILE: &str = "<b title=\"x()\">\"550 5.7.1\" & <script>alert(1)</script> </td></table> \u{202e}evil ";

fn shell(title: &str, here: &str) -> AdminShell {
    let links = LINKS.iter().map(|(label, path)| Link { label, path, here: *path == here }).collect();
    AdminShell { title: title.to_owned(), name: "eva".to_owned(), role: Role::Admin, csrf: "0".repeat(64), links, flash: None }
}

fn event() -> EventDocument {
    let row = |origin: &str, numbers: [u64; 7]| {
        let [messages, recipients, delivered, waiting, held, refused, bounced] = numbers;
        json!({ "origin": origin, "messages": messages, "recipients": recipients, "delivered": delivered, "waiting": waiting,
            "held": held, "refused": refused, "bounced": bounced, "in_hand": 0 })
    };
    let moment = |at: &str, what: &str, by: &str, text: &str| json!({ "at": at, "what": what, "by": by, "text": text });
    let told = |who: &str| {
        json!({ "at": "2026-03-03T09:15:04Z", "about": "begun", "who": who, "to": "ann@home.example", "channel": "mail",
            "outcome": "delivered 2026-03-03T09:15:06Z to smtp.provider.example: 250 2.0.0 ok" })
    };
    let evidence: Vec<_> = (0..4).map(|n| {
        json!({ "at": 1_772_529_302_000u64 - n * 5000, "probe": "smtp", "class": "down", "detail": "192.0.2.10:25 refused the connection", "latency_ms": 3 })
    }).collect();
    serde_json::from_value(json!({
        "id": "2026-03-03T09-15-02", "transitions": [], "kind": "outage", "state": "over",
        "report": { "summary": "Mail works normally again. 214 messages were taken; 210 delivered, 2 held, 2 failed, 0 still waiting. Held messages were refused by the primary and wait for you: see `lifeboat queue list`." },
        "scope": { "everybody": true, "members": [] }, "from": "2026-03-03T09:15:02Z", "to": "2026-03-03T11:02:40Z", "by": "monitor",
        "reason": format!("The primary could not be reached by 3 probes in a row: {HOSTILE}."), "evidence": evidence,
        "durations": { "detected_s": 14, "usable_s": 16, "first_sign_in_s": 48, "down_s": 6120, "hand_over_s": 352 },
        "timeline": [
            moment("2026-03-03T09:15:02Z", "mode", "monitor", "continuity (was suspect): The primary could not be reached by 3 probes in a row."),
            moment("2026-03-03T09:15:04Z", "notice", "box", "41 addresses told: begun"),
            moment("2026-03-03T09:15:50Z", "sign-in", "web:ann@example.com", "The first person signed in."),
            moment("2026-03-03T09:40:11Z", "operator", "web:eva", &format!("queue-hold recipient={}", "x".repeat(280))),
            moment("2026-03-03T10:56:48Z", "mode", "monitor", "recovering (was continuity): The primary passed 6 probes in a row."),
            moment("2026-03-03T10:56:49Z", "hand-over", "monitor", "The mail server took the first of the mail."),
            moment("2026-03-03T11:02:40Z", "mode", "monitor", "normal (was recovering): Everything that can be handed over is handed over."),
        ],
        "left_out": 0, "told": [told("ann@example.com"), told("bo@example.com"), told(HOSTILE)],
        "signed_in": [{ "mailbox": "ann@example.com", "at": "2026-03-03T09:15:50Z", "times": 2 }],
        "counts": {
            "total": row("", [190, 214, 210, 0, 2, 1, 1]),
            "origins": [row("inbound", [151, 171, 167, 0, 2, 1, 1]), row("webmail", [31, 35, 35, 0, 0, 0, 0]), row("digest", [8, 8, 8, 0, 0, 0, 0])],
            "copies": 12, "written_by": [["ann@example.com", 20], ["bo@example.com", 11]],
            "handed_over": ["2026-03-03T10:56:49Z", "2026-03-03T11:02:31Z"], "at": "2026-03-04T08:00:00Z", "is_history": false
        },
        "kept": true
    }))
    .unwrap()
}

fn event_rows() -> Vec<EventRow> {
    serde_json::from_value(json!([
        { "id": "2026-03-05T08-00-00", "kind": "operator", "state": "open", "scope": { "everybody": false, "members": ["group sales"] },
            "from": "2026-03-05T08:00:00Z", "to": null, "by": "web:eva", "reason": "One database is broken.", "summary": "", "kept": false },
        { "id": "2026-03-03T09-15-02", "kind": "outage", "state": "over", "scope": { "everybody": true, "members": [] },
            "from": "2026-03-03T09:15:02Z", "to": "2026-03-03T11:02:40Z", "by": "monitor", "reason": "", "kept": true,
            "summary": "Mail works normally again. 214 messages were taken; 210 delivered, 2 held, 2 failed, 0 still waiting." },
    ]))
    .unwrap()
}

fn traced() -> Trace {
    let recipient = |address: &str, state: &str, words: &str| TracedRecipient {
        address: address.to_owned(),
        route: "primary".to_owned(),
        state: state.to_owned(),
        words: words.to_owned(),
        at: None,
        dsn: None,
    };
    let message = Traced {
        message: 4711,
        accepted: "2026-03-03T10:05:12Z".to_owned(),
        origin: "inbound".to_owned(),
        client: Some("192.0.2.77".to_owned()),
        session: "4f2a".to_owned(),
        from: "x@shop.example".to_owned(),
        header_from: "offers@shop.example".to_owned(),
        subject: format!("Offer for the roof {HOSTILE}"),
        message_id: Some("1@shop.example".to_owned()),
        size: 3210,
        event: Some("2026-03-03T09-15-02".to_owned()),
        recipients: vec![
            recipient(
                "ann@example.com",
                "delivered",
                "delivered 2026-03-03T10:57:01Z to 192.0.2.10:25: 250 2.6.0 Queued mail for delivery",
            ),
            recipient("bo@example.com", "held", &format!("held: {HOSTILE}")),
        ],
        filed: vec![("ann@example.com".to_owned(), "Inbox".to_owned()), ("bo@example.com".to_owned(), "Inbox".to_owned())],
        in_hand: false,
        about: None,
        more: 0,
    };
    Trace { messages: vec![message], looked: 200_000, next: Some(17), back_to: Some("2026-02-03T10:05:12Z".to_owned()) }
}

fn settings_page() -> Settings {
    let row = |key: &str, value: &str, is_default| SettingRow { key: key.to_owned(), value: value.to_owned(), is_default };
    let rows = vec![
        row("server.hostname", "\"lifeboat.example.com\"", false),
        row("smtp.trusted", &format!("[{}]", "\"192.0.2.10/32\", ".repeat(12)), false),
        row("monitor.fall", "3", true),
        row("sms.url", "(set; not shown)", false),
    ];
    Settings { rows, automatic: true, fingerprint: Some(["AB"; 32].join(":")) }
}

/// The pages with their names.
pub fn pages() -> Vec<Sample> {
    let event = event();
    let report = Report { event: &event, may_release: true, may_list: true, hostname: "lifeboat.example.com" };
    let waiting =
        Waiting { message: 4711, address: "bo@example.com".to_owned(), route: "mail server".to_owned(), state: format!("held: {HOSTILE}") };
    let search = Search { domain: "example.com".to_owned(), ..Search::default() };
    let waiting = [
        waiting.clone(),
        Waiting { message: 4712, state: "queued, 3 tries, next 2026-03-03T10:05:12Z (451 4.3.2 not now)".to_owned(), ..waiting },
    ];
    let queue_page = QueuePage { search: &search, waiting: &waiting, problem: None, is_cut: false, may_act: true };
    let nothing =
        QueuePage { search: &Search::default(), waiting: &[], problem: Some("nonsense: this is no address"), is_cut: false, may_act: true };
    let facts = [("From", "x@shop.example".to_owned()), ("Subject", HOSTILE.to_owned()), ("Origin", "inbound".to_owned())];
    let recipients = [("bo@example.com".to_owned(), "mail server".to_owned(), format!("held: {HOSTILE}"))];
    let message = MessagePage { message: 4711, facts: &facts, recipients: &recipients, in_hand: true, may_act: true };
    let found = traced();
    let query = TraceQuery { from: Some("shop.example".to_owned()), subject: Some(HOSTILE.to_owned()), ..TraceQuery::default() };
    let trace_page =
        TracePage { query: &query, found: Some(&found), problem: None, sees_subjects: true, older: Some("from=shop&next=17".to_owned()) };
    let line = |number: u64, by: &str, what: &str| AuditShown {
        number,
        at: "2026-03-03T09:15:02Z".to_owned(),
        by: by.to_owned(),
        what: what.to_owned(),
    };
    let lines = vec![line(41, "cli:ann", "queue-hold message=7 messages=1"), line(42, "web:eva", HOSTILE)];
    let record = Audit { lines, before: Some(41), total: 4711, broken_at: None, last: "4f2a".repeat(16) };
    let changed = Audit { broken_at: Some(17), ..record.clone() };
    let person = PersonRow {
        address: "ann@example.com".to_owned(),
        name: format!("Ann {HOSTILE}"),
        reachable_by: vec!["mail".to_owned(), "card".to_owned()],
        alternate_email: Some("ann@home.example".to_owned()),
        last_login: Some("2026-03-03T09:15:50Z".to_owned()),
        ..PersonRow::default()
    };
    let other = PersonRow {
        address: "bo@example.com".to_owned(),
        name: "Bo".to_owned(),
        why: vec!["no alternate address".to_owned()],
        ..PersonRow::default()
    };
    let persons = [person, other];
    let people_page = PeoplePage { people: &persons, unreachable: false, total: 2, reachable: 1 };
    let window = WindowStatus {
        id: 3,
        from: "2026-12-01T19:00:00Z".to_owned(),
        to: "2026-12-01T22:00:00Z".to_owned(),
        reason: HOSTILE.to_owned(),
        by: "web:eva".to_owned(),
        announce: true,
        begun: false,
    };
    vec![
        ("admin-events", events::list(&shell("Events", "/admin/events"), &event_rows())),
        ("admin-events-none", events::list(&shell("Events", "/admin/events"), &[])),
        ("admin-event", events::show(&shell("Event", "/admin/events"), &report)),
        ("admin-queue", queue::list(&shell("Queue", "/admin/queue"), &queue_page)),
        ("admin-queue-nothing", queue::list(&shell("Queue", "/admin/queue"), &nothing)),
        ("admin-message", queue::message(&shell("Message 4711", "/admin/queue"), &message)),
        ("admin-trace", trace::page(&shell("Trace", "/admin/trace"), &trace_page)),
        (
            "admin-audit",
            audit::page(
                &shell("Audit log", "/admin/audit"),
                &AuditPage { by: "", action: "queue", audit: &record, query: "by=&action=queue" },
            ),
        ),
        (
            "admin-audit-changed",
            audit::page(&shell("Audit log", "/admin/audit"), &AuditPage { by: HOSTILE, action: "", audit: &changed, query: "by=&action=" }),
        ),
        ("admin-guide", guide::page(&shell("Set-up guide", "/admin/help"), &crate::control::guide::steps(&Office::example()))),
        ("admin-settings", settings::page(&shell("Settings", "/admin/settings"), &settings_page())),
        ("admin-people", people::page(&shell("People", "/admin/people"), &people_page)),
        ("admin-maintenance", maintenance::page(&shell("Maintenance", "/admin/maintenance"), &[window], true)),
    ]
}

#[test]
fn what_strangers_wrote_is_text() {
    for (name, markup) in pages() {
        let page = markup.into_string();
        assert!(!page.contains("<b title") && !page.contains("<script"), "{name}");
        assert_eq!(page.matches("<table").count(), page.matches("</table>").count(), "{name}");
    }
}
