//! What must hold for every row of the tables, made from the tables themselves: nobody else's form, nobody else's mail, nothing that comes
//! back as it was typed, and the headers that belong to each answer.

use super::*;
use crate::web::admin::every_row;
use crate::web::route::TABLE;
use crate::web::table::Method;

/// One request of a row. `number` stands where its first number does.
struct Try {
    method: &'static str,
    pattern: &'static str,
    path: String,
}

fn tries(number: u64, argument: &str) -> Vec<Try> {
    let mail = TABLE.iter().map(|row| (row.method, row.path));
    mail.chain(every_row())
        .map(|(method, pattern)| Try {
            method: if method == Method::Get { "GET" } else { "POST" },
            pattern,
            path: pattern.replacen('#', &number.to_string(), 1).replace('#', "1").replace(':', argument),
        })
        .collect()
}

/// Names of fields and of what stands in query strings, of all pages together.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "about", "action", "address", "after", "all", "alternate", "as", "attachment", "bcc", "before", "body", "box", "by", "cc", "code", "date",
    "day", "do", "draft", "drill", "email", "filter", "folder", "from", "go", "group", "id", "ids", "in", "keep", "kept", "kind", "lang",
    "language", "message", "messages", "mode", "move", "name", "new", "next", "old", "only", "order", "page", "part", "password", "phone",
    "pictures", "priority", "q", "query", "reason", "receipt", "recipient", "return", "scope", "select", "selected", "sent", "seq",
    "signature", "sort", "state", "subject", "text", "thread", "to", "token", "undo", "undone", "user", "view", "way", "what", "who", "zone",
];

fn fields(value: &str) -> Vec<(&'static str, String)> {
    NAMES.iter().map(|name| (*name, value.to_owned())).collect()
}

fn form<'a>(ask: Ask<'a>, fields: &[(&'static str, String)], csrf: &str) -> Ask<'a> {
    let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.push(("csrf", csrf));
    ask.form(&all)
}

/// Forms that a stranger may send: what they carry is what lets them in.
const OPEN: [&str; 7] = ["/login", "/enrol/:", "/enrol/:/code", "/api/v1/verbs", "/admin/login", "/admin/setup", "/admin/setup/:"];

#[test]
fn every_form_is_from_our_own_pages() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN).0;
    let mut tried = 0;
    for post in tries(seq, "x").into_iter().filter(|post| post.method == "POST") {
        let ask = |csrf: &str| form(world.ask("POST", &post.path).by("ann@example.com").admin(Role::Admin), &fields("1"), csrf);
        let check = |ask: Ask<'_>, why: &str| {
            let outcome = ask.answer();
            assert!(outcome.intents.is_empty(), "{} {why}: {:?}", post.path, outcome.intents);
            assert!(ask.executed.borrow().is_empty() && ask.writing.drafts.borrow().is_empty(), "{} {why}: something was done", post.path);
            assert!(outcome.response.status >= 400, "{} {why}: {}", post.path, outcome.response.status);
        };
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("referer", "https://evil.example/lifeboat.example.com"),
        ] {
            check(ask(CSRF).header(name, value), value);
        }
        if !OPEN.contains(&post.pattern) {
            check(ask(""), "without a csrf value");
            check(ask("c5f1"), "with another csrf value");
        }
        tried += 1;
    }
    assert!(tried >= 20, "{tried} forms");
}

#[test]
fn nothing_that_changes_is_done_by_a_link() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN).0;
    let query: String = NAMES.iter().map(|name| format!("{name}=1&")).collect();
    for get in tries(seq, "inbox").into_iter().filter(|get| get.method == "GET") {
        let ask = world.ask("GET", &format!("{}?{query}csrf={CSRF}", get.path)).by("ann@example.com");
        for intent in ask.answer().intents {
            // That it was looked at is all that a look says.
            assert!(matches!(intent, Intent::Seen { .. } | Intent::Looked { .. }), "{}: {intent:?}", get.path);
        }
        assert!(ask.writing.drafts.borrow().is_empty(), "{}", get.path);
    }
}

/// Numbers of somebody else's messages in any field and any query are as good as none.
#[test]
fn numbers_of_others_lead_nowhere() {
    let world = World::new(Mode::Continuity);
    let secret =
        PLAIN.replace("Hello there", "Verschwiegen").replace("A line.", "Verschwiegen").replace("one@x.test", "verschwiegen@x.test");
    let seq = world.inbound(&secret).0;
    let own = world.file(PLAIN, Origin::Inbound, &[("bo@example.com", Route::Primary)], &[("bo@example.com", Folder::Inbox)]).0;
    let query: String = NAMES.iter().map(|name| format!("{name}={seq}&")).collect();
    let kinds = ["reply", "forward", "edit", "delete", "move", "flag"];
    for (kind, one) in kinds.iter().flat_map(|kind| tries(own, "inbox").into_iter().map(move |one| (*kind, one))) {
        let mut typed =
            vec![("kind", kind.to_owned()), ("action", kind.to_owned()), ("do", kind.to_owned()), ("to", "carl@x.test".to_owned())];
        typed.extend(fields(&seq.to_string()));
        let ask = match one.method {
            "GET" => world.ask("GET", &format!("{}?{query}", one.path)).by("bo@example.com"),
            _ => form(world.ask("POST", &one.path).by("bo@example.com"), &typed, CSRF),
        };
        let outcome = ask.answer();
        let said = body(&outcome).to_lowercase();
        assert!(!said.contains("verschwiegen"), "{} {}: {said}", one.method, one.path);
        let done = format!("{:?} {:?}", outcome.intents, ask.writing.drafts.borrow());
        assert!(!done.contains(&format!("Seq({seq})")), "{} {}: {done}", one.method, one.path);
    }
}

#[test]
fn nothing_typed_comes_back_as_it_is() {
    const EVIL: &str = "\"'><i>&lt;\r\nX-Evil: 1";
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN).0;
    let query: String = NAMES.iter().map(|name| format!("{name}=%22%27%3E%3Ci%3E%26lt%3B%0D%0AX-Evil:+1&")).collect();
    let argument = "\"'><i>";
    for who in [None, Some("ann@example.com")] {
        for one in tries(seq, argument) {
            let ask = world.ask(one.method, &format!("{}?{query}", one.path));
            let mut ask = if one.method == "POST" { form(ask, &fields(EVIL), CSRF) } else { ask };
            ask.who = who;
            if who.is_some() {
                ask.admin = Some(Role::Admin);
            }
            let outcome = ask.answer();
            let is_page = header(&outcome, "Content-Type").starts_with("text/html");
            assert!(!is_page || !body(&outcome).contains("><i>"), "{} {}: {}", one.method, one.path, body(&outcome));
            for (name, value) in &outcome.response.headers {
                assert!(!value.contains(['\r', '\n']) && !name.contains("Evil"), "{} {}: {name}: {value:?}", one.method, one.path);
            }
        }
    }
}

#[test]
fn every_answer_has_its_headers() {
    for mode in [Mode::Normal, Mode::Continuity, Mode::Recovering] {
        let world = World::new(mode);
        let seq = world.inbound(RICH).0;
        for who in [None, Some("ann@example.com")] {
            for one in tries(seq, "inbox") {
                let ask = world.ask(one.method, &one.path);
                let mut ask = if one.method == "POST" { form(ask, &[], CSRF) } else { ask };
                ask.who = who;
                check_headers(&ask.answer(), &format!("{mode:?} {who:?} {} {}", one.method, one.path));
            }
            for path in ["/nothing", "/assets/nothing", "/mail/message/x", "/admin/nothing"] {
                check_headers(&world.ask("GET", path).answer(), path);
                check_headers(&world.ask("TRACE", path).answer(), path);
            }
        }
    }
}

fn check_headers(outcome: &Outcome, what: &str) {
    let get = |name: &str| header(outcome, name);
    assert_eq!(get("X-Content-Type-Options"), "nosniff", "{what}");
    assert_eq!(get("Cross-Origin-Resource-Policy"), "same-origin", "{what}");
    let policy = get("Content-Security-Policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors"), "{what}: {policy}");
    assert!(!policy.contains("unsafe-eval") && !policy.contains('*') && !policy.contains("http:"), "{what}: {policy}");
    let script = policy.split(';').find(|part| part.trim().starts_with("script-src"));
    assert!(script.is_none_or(|script| script.trim() == "script-src 'self'"), "{what}: {policy}");
    let is_fixed = what.contains(" /assets/") || what.contains("favicon");
    assert!(is_fixed || get("Cache-Control").contains("no-store"), "{what}: {}", get("Cache-Control"));
    if get("Content-Type").starts_with("text/html") {
        assert!(["same-origin", "no-referrer"].contains(&get("Referrer-Policy")), "{what}");
        assert!(["DENY", "SAMEORIGIN"].contains(&get("X-Frame-Options")), "{what}");
        assert!(policy.contains("base-uri 'none'") && policy.contains("form-action '"), "{what}: {policy}");
    }
    for (name, value) in outcome.response.headers.iter().filter(|(name, _)| name == "Set-Cookie") {
        assert!(value.contains("; HttpOnly") && value.contains("; SameSite=") && value.contains("; Secure"), "{what}: {name}: {value}");
    }
    if (300..400).contains(&outcome.response.status) {
        let to = get("Location");
        assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'), "{what}: leads to {to}");
    }
}

#[test]
fn who_signs_in_is_led_nowhere_else() {
    let world = World::new(Mode::Continuity);
    for to in
        ["//evil.example", "https://evil.example", "/\\evil.example", "/admin//evil.example/\\", "javascript:alert(1)", "\\\\evil.example"]
    {
        for (path, name) in [("/login", "address"), ("/admin/login", "name")] {
            let fields = [(name, "ann@example.com"), ("password", "right"), ("code", ""), ("to", to), ("next", to), ("return", to)];
            let mut ask = world.ask("POST", path).form(&fields);
            ask.password_right = true;
            let outcome = ask.answer();
            let led = header(&outcome, "Location").to_owned();
            assert!(led.starts_with("/mail") || led.starts_with("/admin"), "{path} {to}: {led}");
            assert!(!led.contains("//") && !led.contains('\\'), "{path} {to}: {led}");
        }
    }
}

#[test]
fn paths_name_only_what_the_table_has() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN);
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2fCargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/..\\Cargo.toml",
        "/assets//etc/passwd",
        "/assets/style.css/../../etc/passwd",
        "/assets/.",
        "/assets/..",
        "/assets/",
        "/mail/../admin",
        "/mail/message/../../admin",
        "/mail//inbox",
        "/mail/inbox/..",
        "/./mail/inbox",
        "//mail/inbox",
        "/mail/inbox%00",
        "/mail/inbox;x",
        "/MAIL/INBOX",
    ] {
        let outcome = world.ask("GET", path).by("ann@example.com").answer();
        assert_eq!(outcome.response.status, 404, "{path}: {}", body(&outcome));
    }
    for path in [format!("/mail/message/{seq}/part/../raw"), format!("/mail/message/0{seq}"), format!("/mail/message/+{seq}")] {
        assert_eq!(world.ask("GET", &path).by("ann@example.com").answer().response.status, 404, "{path}");
    }
}
