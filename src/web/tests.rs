//! Routes against a real store: what people get, and above all what they do not get.

use std::cell::Cell;
use std::sync::Arc;

use super::{Context, Intent, ModeView, Outcome, Request, respond};
use crate::auth::{Credentials, Session, Token};
use crate::clock::{Mono, Now, Wall};
use crate::config::Access;
use crate::continuity::Mode;
use crate::directory::Directory;
use crate::mail::{Address, Mailbox, parse};
use crate::relay::{DeliveryState, Route};
use crate::store::{Accepted, Change, Disk, Filing, Folder, Options, Origin, Recipient, Seq, Staged, Store};

const NOW: Wall = Wall(1_772_530_000_000);
const CSRF: &str = "c5f0";
const PEOPLE: &str = "address,name,aliases,alternate_email,phone,groups\n\
                      ann@example.com,Ann Smith,office@example.com,,,\n\
                      bo@example.com,Bo Larsen,,,,\n";

const PLAIN: &str = "From: Carl <carl@x.test>\r\nTo: Ann <ann@example.com>, Dora <dora@x.test>\r\nSubject: Hello there\r\n\
                     Message-ID: <one@x.test>\r\nDate: Tue, 3 Mar 2026 09:15:02 +0000\r\n\r\nA line.\r\n> quoted\r\n";

const RICH: &str = "From: \"<script>alert(1)</script>\" <evil@x.test>\r\nTo: ann@example.com\r\n\
Subject: <img src=x onerror=alert(1)>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n\
--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
<p>Hi<script>alert(1)</script><img src=\"cid:pic@x\" alt=\"pic\"><img src=\"https://tracker.test/x.png\"></p>\r\n\
--b\r\nContent-Type: image/png\r\nContent-ID: <pic@x>\r\nContent-Transfer-Encoding: base64\r\n\
Content-Disposition: attachment; filename=\"a.png\"\r\n\r\nZm9v\r\n\
--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=\"evil.html\"\r\n\r\n<script>alert(1)</script>\r\n--b--\r\n";

struct World {
    store: Store,
    directory: Directory,
    credentials: Credentials,
    mode: Mode,
    access: Access,
    tls: bool,
    _folder: tempfile::TempDir,
}

/// A request in the making.
struct Ask<'a> {
    world: &'a World,
    request: Request,
    who: Option<&'a str>,
    login_allowed: bool,
    password_right: bool,
    password_checks: Cell<u32>,
}

impl World {
    fn new(mode: Mode) -> World {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { data_dir: folder.path().to_owned() };
        let (store, _) = Store::open(&options, Arc::new(Disk), NOW).unwrap();
        let directory = Directory::parse_csv(PEOPLE, &["example.com".to_owned()]).unwrap();
        World { store, directory, credentials: Credentials::default(), mode, access: Access::Continuity, tls: true, _folder: folder }
    }

    fn file(&self, message: &str, origin: Origin, recipients: &[(&str, Route)], filings: &[(&str, Folder)]) -> Seq {
        let queued = || DeliveryState::Queued { attempts: 0, next_at: NOW, last: None, in_doubt: false };
        let recipient = |(address, route): &(&str, Route)| Recipient { address: address_of(address), route: *route, state: queued() };
        let filing = |(who, folder): &(&str, Folder)| Filing {
            mailbox: mailbox(who),
            folder: *folder,
            seen: *folder != Folder::Inbox,
            recipient: None,
        };
        let accepted = Accepted {
            at: NOW,
            origin,
            session: "test".to_owned(),
            client: None,
            reverse_path: Some(address_of("carl@x.test")),
            recipients: recipients.iter().map(recipient).collect(),
            filings: filings.iter().map(filing).collect(),
            eight_bit: false,
            smtputf8: false,
            summary: parse::summarise(message.as_bytes()),
        };
        let change = Change::Message(Box::new(accepted), Staged::from_bytes(message.as_bytes().to_vec()));
        self.store.write_wait(vec![change], NOW).unwrap()[0]
    }

    fn inbound(&self, message: &str) -> Seq {
        self.file(message, Origin::Inbound, &[("ann@example.com", Route::Primary)], &[("ann@example.com", Folder::Inbox)])
    }

    fn ask<'a>(&'a self, method: &str, target: &str) -> Ask<'a> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("host".to_owned(), "lifeboat.example.com".to_owned())],
            body: Vec::new(),
            client: [192, 0, 2, 7].into(),
        };
        Ask { world: self, request, who: None, login_allowed: true, password_right: false, password_checks: Cell::new(0) }
    }
}

impl<'a> Ask<'a> {
    fn by(mut self, who: &'a str) -> Ask<'a> {
        self.who = Some(who);
        self
    }

    fn header(mut self, name: &str, value: &str) -> Ask<'a> {
        self.request.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn form(mut self, fields: &[(&str, &str)]) -> Ask<'a> {
        let mut body = String::new();
        for (name, value) in fields {
            body.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        }
        body.push_str("--b--\r\n");
        self.request.body = body.into_bytes();
        self.header("content-type", "multipart/form-data; boundary=b")
    }

    fn answer(&self) -> Outcome {
        let session = self.who.map(|who| {
            let session = Session { mailbox: mailbox(who), csrf: CSRF.to_owned(), since: Mono(0), last_seen: Mono(0) };
            (Token("old".to_owned()), session)
        });
        let check = |_: Option<&Mailbox>, _: &str| {
            self.password_checks.set(self.password_checks.get() + 1);
            self.password_right
        };
        respond(
            &self.request,
            &Context {
                now: Now { mono: Mono(1000), wall: NOW },
                hostname: "lifeboat.example.com",
                version: "0",
                mode: ModeView { mode: self.world.mode, since: NOW },
                access: self.world.access,
                tls: self.world.tls,
                store: &self.world.store,
                directory: &self.world.directory,
                credentials: &self.world.credentials,
                session,
                login_allowed: &|_| self.login_allowed,
                check_password: &check,
                random: std::array::from_fn(|at| at as u8),
                status: &|| serde_json::json!({"mode": "normal"}),
                metrics: &|| "lifeboat_up 1\n".to_owned(),
                ready: true,
            },
        )
    }
}

fn mailbox(address: &str) -> Mailbox {
    address_of(address).mailbox()
}

fn address_of(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn header<'a>(outcome: &'a Outcome, name: &str) -> &'a str {
    let found = outcome.response.headers.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str()).unwrap_or_default()
}

fn body(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.response.body).into_owned()
}

/// Status and whether anything would change.
fn check(ask: &Ask<'_>, status: u16, intents: usize) -> Outcome {
    let outcome = ask.answer();
    let what = format!("{} {}", ask.request.method, ask.request.path);
    assert_eq!(outcome.response.status, status, "{what}: {}", body(&outcome));
    assert_eq!(outcome.intents.len(), intents, "{what}: {:?}", outcome.intents);
    outcome
}

#[test]
fn closed_while_mail_works() {
    let world = World::new(Mode::Normal);
    let seq = world.inbound(PLAIN);
    assert!(body(&check(&world.ask("GET", "/"), 200, 0)).contains("Please use Outlook as usual"));
    for path in ["/mail/inbox".to_owned(), format!("/mail/message/{seq}"), format!("/mail/message/{seq}/raw"), "/mail/new".to_owned()] {
        let page = body(&check(&world.ask("GET", &path).by("ann@example.com"), 403, 0));
        assert!(page.contains("Please use Outlook as usual") && !page.contains("Hello there"), "{path}");
    }
    let mut login = world.ask("POST", "/login").form(&[("address", "ann@example.com"), ("password", "right")]);
    login.password_right = true;
    check(&login, 403, 0);
    assert_eq!(login.password_checks.get(), 0);
}

#[test]
fn always_is_read_only() {
    let mut world = World::new(Mode::Normal);
    world.access = Access::Always;
    let seq = world.inbound(PLAIN);
    check(&world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com"), 200, 0);
    for path in ["/mail/new".to_owned(), format!("/mail/reply/{seq}"), format!("/mail/forward/{seq}")] {
        check(&world.ask("GET", &path).by("ann@example.com"), 403, 0);
    }
}

#[test]
fn signing_in_opens_a_fresh_session() {
    let world = World::new(Mode::Continuity);
    let fields = [("address", " Office@Example.com"), ("password", "right")];
    let mut login = world.ask("POST", "/login").form(&fields).by("bo@example.com");
    login.password_right = true;
    let outcome = check(&login, 303, 2);
    assert_eq!(header(&outcome, "Location"), "/mail/inbox");
    let [Intent::SignOut { token: old }, Intent::SignIn { token, csrf, mailbox: who }] = outcome.intents.as_slice() else {
        panic!("{:?}", outcome.intents)
    };
    assert_eq!(old.0, "old");
    assert_eq!(who, &mailbox("ann@example.com"), "an alias is its person");
    assert_eq!((token.0.len(), csrf.len()), (64, 64));
    assert_ne!(&token.0, csrf);
    let cookie = header(&outcome, "Set-Cookie");
    assert_eq!(cookie, format!("lifeboat={}; Path=/; HttpOnly; SameSite=Lax; Secure", token.0));
}

#[test]
fn a_wrong_password_looks_like_an_unknown_address() {
    let world = World::new(Mode::Continuity);
    let mut pages = Vec::new();
    for who in ["ann@example.com", "eva@example.com", "nobody"] {
        let login = world.ask("POST", "/login").form(&[("address", who), ("password", "wrong")]);
        let outcome = check(&login, 403, 1);
        assert!(matches!(outcome.intents[0], Intent::LoginFailed { .. }));
        assert_eq!(login.password_checks.get(), 1, "{who}: the same work");
        pages.push(body(&outcome).replace(who, ""));
    }
    assert!(pages[0] == pages[1] && pages[1] == pages[2]);
}

#[test]
fn a_right_password_of_an_unknown_address_is_not_enough() {
    let world = World::new(Mode::Continuity);
    let mut login = world.ask("POST", "/login").form(&[("address", "eva@example.com"), ("password", "right")]);
    login.password_right = true;
    check(&login, 403, 1);
}

#[test]
fn the_throttle_comes_before_the_password() {
    let world = World::new(Mode::Continuity);
    let mut login = world.ask("POST", "/login").form(&[("address", "ann@example.com"), ("password", "right")]);
    (login.login_allowed, login.password_right) = (false, true);
    let outcome = check(&login, 429, 0);
    assert_eq!(header(&outcome, "Retry-After"), "900");
    assert_eq!(login.password_checks.get(), 0);
}

#[test]
fn signing_out_needs_the_form() {
    let world = World::new(Mode::Continuity);
    check(&world.ask("POST", "/logout").by("ann@example.com").form(&[("csrf", "guess")]), 403, 0);
    let outcome = check(&world.ask("POST", "/logout").by("ann@example.com").form(&[("csrf", CSRF)]), 303, 1);
    assert!(header(&outcome, "Set-Cookie").starts_with("lifeboat=; Path=/; Max-Age=0"));
    assert!(matches!(&outcome.intents[0], Intent::SignOut { token } if token.0 == "old"));
}

#[test]
fn forms_of_other_sites_do_nothing() {
    let world = World::new(Mode::Continuity);
    for path in ["/login", "/logout", "/mail/send"] {
        let fields = [("csrf", CSRF), ("address", "ann@example.com"), ("password", "right"), ("to", "bo@example.com")];
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test"), ("origin", "null")] {
            let mut ask = world.ask("POST", path).by("ann@example.com").form(&fields).header(name, value);
            ask.password_right = true;
            check(&ask, 403, 0);
            assert_eq!(ask.password_checks.get(), 0);
        }
    }
}

#[test]
fn folders_show_newest_first_in_pages() {
    let world = World::new(Mode::Continuity);
    let seqs: Vec<Seq> = (0..120).map(|n| world.inbound(&PLAIN.replace("Hello there", &format!("Number {n}.")))).collect();
    let first = body(&check(&world.ask("GET", "/mail/inbox").by("ann@example.com"), 200, 0));
    assert!(first.contains("Number 119.") && first.contains("Number 70.") && !first.contains("Number 69."));
    assert!(first.find("Number 119.") < first.find("Number 118."));
    assert!(first.contains("120 messages, 120 unread") && !first.contains("Newest"));
    let older = format!("/mail/inbox?before={}", seqs[70]);
    assert!(first.contains(&older));
    let last = body(&check(&world.ask("GET", &format!("/mail/inbox?before={}", seqs[20])).by("ann@example.com"), 200, 0));
    assert!(last.contains("Number 19.") && last.contains("Number 0.") && last.contains("Newest") && !last.contains("Older"));
    let others = body(&check(&world.ask("GET", "/mail/inbox").by("bo@example.com"), 200, 0));
    assert!(others.contains("No mail yet") && !others.contains("Number"));
}

#[test]
fn somebody_elses_message_does_not_exist() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(RICH);
    let missing = Seq(seq.0 + 1000);
    for path in ["message/{}", "message/{}/html", "message/{}/raw", "message/{}/part/1", "reply/{}", "forward/{}", "edit/{}"] {
        let ask = |seq: Seq, who| check(&world.ask("GET", &format!("/mail/{}", path.replace("{}", &seq.to_string()))).by(who), 404, 0);
        let (foreign, nothing) = (ask(seq, "bo@example.com"), ask(missing, "bo@example.com"));
        assert_eq!(foreign.response, nothing.response, "{path}: no hint");
    }
}

#[test]
fn nobody_gets_in_without_a_session() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN);
    for path in [
        "/mail/inbox",
        "/mail/sent",
        "/mail/drafts",
        "/mail/message/{}",
        "/mail/message/{}/raw",
        "/mail/message/{}/html",
        "/mail/message/{}/part/1",
        "/mail/new",
        "/mail/reply/{}",
    ] {
        let path = path.replace("{}", &seq.to_string());
        assert_eq!(header(&check(&world.ask("GET", &path), 303, 0), "Location"), "/login", "{path}");
        let gone = check(&world.ask("GET", &path).by("gone@example.com"), 303, 0);
        assert_eq!(header(&gone, "Location"), "/login", "{path}: somebody who left the directory");
    }
}

#[test]
fn opening_marks_as_read_only_in_an_outage() {
    let mut world = World::new(Mode::Continuity);
    let path = format!("/mail/message/{}", world.inbound(PLAIN));
    let outcome = check(&world.ask("GET", &path).by("ann@example.com"), 200, 1);
    assert!(matches!(&outcome.intents[0], Intent::Seen { mailbox: who, .. } if who == &mailbox("ann@example.com")));
    let page = body(&outcome);
    assert!(page.contains("Hello there") && page.contains("carl@x.test") && page.contains("A line."));
    check(&world.ask("HEAD", &path).by("ann@example.com"), 200, 0);
    world.mode = Mode::Recovering;
    let page = body(&check(&world.ask("GET", &path).by("ann@example.com"), 200, 0));
    assert!(!page.contains("/mail/reply/"), "nothing to press that would be refused");
}

#[test]
fn hostile_html_is_shown_harmless() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(RICH);
    let page = body(&check(&world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com"), 200, 1));
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""), "HTML is shown if there is no text");
    assert!(page.contains("are not loaded"), "{page}");

    let outcome = check(&world.ask("GET", &format!("/mail/message/{seq}/html")).by("ann@example.com"), 200, 0);
    let policy = header(&outcome, "Content-Security-Policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    let document = body(&outcome);
    assert!(!document.contains("alert(1)") && !document.contains("tracker.test"), "{document}");
    assert!(document.contains("data:image/png;base64,Zm9v"), "{document}");
}

#[test]
fn attachments_are_only_ever_saved() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(RICH);
    let opened = parse::open(RICH.as_bytes());
    assert!(!opened.attachments.is_empty());
    for attachment in &opened.attachments {
        let path = format!("/mail/message/{seq}/part/{}", attachment.number);
        let outcome = check(&world.ask("GET", &path).by("ann@example.com"), 200, 0);
        assert!(header(&outcome, "Content-Disposition").starts_with("attachment; "), "{path}");
        assert_eq!(header(&outcome, "X-Content-Type-Options"), "nosniff");
        assert!(["image/png", "application/octet-stream"].contains(&header(&outcome, "Content-Type")), "{path}");
    }
    check(&world.ask("GET", &format!("/mail/message/{seq}/part/999")).by("ann@example.com"), 404, 0);
    let raw = check(&world.ask("GET", &format!("/mail/message/{seq}/raw")).by("ann@example.com"), 200, 0);
    assert_eq!(raw.response.body, RICH.as_bytes());
}

#[test]
fn only_the_sender_sees_who_got_it() {
    let world = World::new(Mode::Continuity);
    let recipients = [("bo@example.com", Route::Submit), ("hidden@x.test", Route::Outbound)];
    let filings = [("ann@example.com", Folder::Sent), ("bo@example.com", Folder::Inbox)];
    let message = PLAIN.replace("ann@example.com>, Dora <dora@x.test", "bo@example.com");
    let path = format!("/mail/message/{}", world.file(&message, Origin::Webmail, &recipients, &filings));
    let senders = body(&check(&world.ask("GET", &path).by("ann@example.com"), 200, 0));
    assert!(senders.contains("hidden@x.test") && senders.contains("Bcc") && senders.contains("Waiting to be sent"));
    let others = body(&check(&world.ask("GET", &path).by("bo@example.com"), 200, 1));
    assert!(!others.contains("hidden@x.test") && !others.contains("Who got it"));
}

#[test]
fn answers_are_prepared() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN);
    let page = body(&check(&world.ask("GET", &format!("/mail/reply/{seq}?all=1")).by("ann@example.com"), 200, 0));
    assert!(page.contains("Re: Hello there") && page.contains("Carl &lt;carl@x.test&gt;, Dora &lt;dora@x.test&gt;"), "{page}");
    assert!(page.contains("&gt; A line.") && page.contains(CSRF), "{page}");
    let page = body(&check(&world.ask("GET", &format!("/mail/forward/{seq}")).by("ann@example.com"), 200, 0));
    assert!(page.contains("Fwd: Hello there") && page.contains("Forwarded message"), "{page}");
}

const WRITTEN: [(&str, &str); 6] = [
    ("csrf", CSRF),
    ("to", "Carl <carl@x.test>, bo@example.com"),
    ("cc", "BO@example.com"),
    ("bcc", "hidden@x.test"),
    ("subject", "Plans\r\nX-Evil: yes"),
    ("text", "My words\r\nand more"),
];

#[test]
fn sending_submits_a_whole_message() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN).to_string();
    let fields = [&WRITTEN[..], &[("about", seq.as_str()), ("kind", "reply")]].concat();
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&fields), 303, 1);
    assert_eq!(header(&outcome, "Location"), "/mail/sent?sent=1");
    let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    let recipients: Vec<String> = submission.recipients.iter().map(Address::to_string).collect();
    assert_eq!(recipients, ["carl@x.test", "bo@example.com", "hidden@x.test"]);
    assert_eq!(submission.mailbox, mailbox("ann@example.com"));
    let wire = String::from_utf8_lossy(&submission.message);
    assert!(!wire.contains("hidden@x.test") && !wire.contains("\nX-Evil"), "{wire}");
    let opened = parse::open(&submission.message);
    assert_eq!(opened.from[0].address, "ann@example.com");
    assert_eq!(opened.from[0].name, "Ann Smith");
    assert_eq!(opened.summary.in_reply_to.as_deref(), Some("one@x.test"));
    assert_eq!(opened.references, ["one@x.test"]);
    assert!(opened.text.contains("My words") && opened.text.contains("and more"));
    assert!(submission.typed.contains("hidden@x.test") && submission.typed.contains("My words"));
}

#[test]
fn a_forward_carries_the_ticked_files() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(RICH).to_string();
    let number = parse::open(RICH.as_bytes()).attachments[0].number.to_string();
    let fields = [&WRITTEN[..], &[("about", seq.as_str()), ("kind", "forward"), ("keep", number.as_str())]].concat();
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&fields), 303, 1);
    let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    let opened = parse::open(&submission.message);
    assert_eq!(opened.attachments.len(), 1);
    assert_eq!(opened.attachments[0].name, "a.png");
}

#[test]
fn nobody_loses_what_they_typed() {
    let mut world = World::new(Mode::Continuity);
    let kept = |outcome: &Outcome| assert!(body(outcome).contains("My words"), "{}", body(outcome));
    let replaced = |name: &str, value: &'static str| WRITTEN.map(|field| if field.0 == name { (field.0, value) } else { field });

    kept(&check(&world.ask("POST", "/mail/send").form(&WRITTEN), 403, 0));
    kept(&check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&replaced("csrf", "older")), 403, 0));
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&replaced("to", "ann@, bo@example.com")), 422, 0);
    kept(&outcome);
    assert!(body(&outcome).contains("“ann@” is not an address"));
    world.mode = Mode::Normal;
    kept(&check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&WRITTEN), 409, 0));
    kept(&check(&world.ask("POST", "/mail/send").form(&WRITTEN), 409, 0));
}

#[test]
fn while_recovering_a_message_becomes_a_draft() {
    let world = World::new(Mode::Recovering);
    let outcome = check(&world.ask("POST", "/mail/send").by("ann@example.com").form(&WRITTEN), 303, 1);
    assert_eq!(header(&outcome, "Location"), "/mail/drafts?kept=1");
    let Intent::KeepDraft(draft) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    let text = parse::open(&draft.message).text;
    assert!(text.contains("My words") && text.contains("Bcc: hidden@x.test"), "{text}");
    assert!(body(&check(&world.ask("GET", "/mail/drafts?kept=1").by("ann@example.com"), 200, 0)).contains("not sent, but kept"));
    check(&world.ask("GET", "/mail/new").by("ann@example.com"), 403, 0);
}

#[test]
fn scripts_are_answered_on_this_machine_only() {
    let world = World::new(Mode::Normal);
    assert_eq!(check(&world.ask("GET", "/readyz"), 200, 0).response.body, b"ready\n");
    for path in ["/metrics", "/api/v1/status"] {
        check(&world.ask("GET", path).by("ann@example.com"), 404, 0);
        for client in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let mut ask = world.ask("GET", path);
            ask.request.client = client.parse().unwrap();
            check(&ask, 200, 0);
        }
    }
}

#[test]
fn wrong_methods_and_unknown_paths_are_friendly() {
    let world = World::new(Mode::Continuity);
    assert_eq!(header(&check(&world.ask("DELETE", "/mail/inbox"), 405, 0), "Allow"), "GET, HEAD");
    let page = body(&check(&world.ask("GET", "/nothing"), 404, 0));
    assert!(page.contains("href=\"/\""), "a way back");
    let form = world.ask("POST", "/login").header("content-type", "text/plain");
    check(&form, 400, 0);
    let mut large = world.ask("POST", "/login").form(&[("address", "a")]);
    large.request.body.resize(crate::limits::WEB_FORM_MAX_OCTETS + 1, b'a');
    check(&large, 413, 0);
}
