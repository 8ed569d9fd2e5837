//! Routes against a real store. Here: a world with two people, and a request in the making.

mod acting;
mod admin;
mod drafting;
mod enrolling;
mod guarded;
mod opening;
mod people;
mod practising;
mod reading;
mod searching;
mod signing;
mod writing;

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::{
    AdminVerdict, Bearer, Context, Done, Entrance, Intent, ModeView, Outcome, OwnChange, PracticeLetter, Request, SESSION_COOKIE, Texts,
    respond,
};
use crate::auth::{AdminSession, Credentials, Role, Session, Token};
use crate::clock::{Mono, Now, Wall};
use crate::config::Access;
use crate::continuity::{EventId, Kind, Mode, Standing, Whose};
use crate::control;
use crate::directory::{Directory, Preferences};
use crate::mail::{Address, DsnRequest, Mailbox, parse};
use crate::relay::{DeliveryState, Route};
use crate::store::{Accepted, Change, Disk, Filing, Flags, Folder, Options, Origin, Recipient, Seq, Staged, Store};

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
    /// An event for one person only.
    some: Option<(Kind, &'static str)>,
    access: Access,
    /// Everybody's.
    preferences: Preferences,
    tls: bool,
    ready: bool,
    /// What `/ca.crt` gives.
    authority: Option<Vec<u8>>,
    /// What was done a moment ago.
    done: RefCell<Vec<Arc<Done>>>,
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
    /// Signed in to the admin's place as `eva`.
    admin: Option<Role>,
    /// A token came along.
    bearer: Option<Role>,
    /// What was asked of the box, which answers all of it with [`Ask::answers`].
    executed: RefCell<Vec<control::Verb>>,
    answers: control::Answer,
    desk: enrolling::Desk,
    writing: writing::Kept,
}

impl World {
    fn new(mode: Mode) -> World {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { data_dir: folder.path().to_owned() };
        let (store, _) = Store::open(&options, Arc::new(Disk), NOW).unwrap();
        let directory = Directory::parse_csv(PEOPLE, &["example.com".to_owned()]).unwrap();
        World {
            store,
            directory,
            credentials: Credentials::default(),
            mode,
            some: None,
            access: Access::Continuity,
            preferences: Preferences::default(),
            tls: true,
            ready: true,
            authority: Some(b"DER".to_vec()),
            done: RefCell::default(),
            _folder: folder,
        }
    }

    fn standing(&self, who: Option<&Mailbox>) -> Standing {
        let everybody = Standing { mode: self.mode, whose: Whose::Everybody, since: NOW, event: None, until: None };
        match self.some {
            Some((kind, whom)) if who == Some(&mailbox(whom)) => match kind {
                Kind::Outage => Standing { mode: Mode::Continuity, whose: Whose::Some, ..everybody },
                Kind::Drill => Standing { whose: Whose::Drill, event: Some(EventId("drill-1".to_owned())), ..everybody },
            },
            _ => everybody,
        }
    }

    fn file(&self, message: &str, origin: Origin, recipients: &[(&str, Route)], filings: &[(&str, Folder)]) -> Seq {
        self.file_from("carl@x.test", message, origin, recipients, filings)
    }

    fn file_from(&self, sender: &str, message: &str, origin: Origin, recipients: &[(&str, Route)], filings: &[(&str, Folder)]) -> Seq {
        let queued = || DeliveryState::Queued { attempts: 0, next_at: NOW, last: None, in_doubt: false, held: 0, reported: false };
        let recipient = |(address, route): &(&str, Route)| Recipient { address: address_of(address), route: *route, state: queued() };
        let filing = |(who, folder): &(&str, Folder)| Filing {
            mailbox: mailbox(who),
            folder: *folder,
            flags: if *folder == Folder::Inbox { Flags::NONE } else { Flags::SEEN },
            recipient: None,
        };
        let accepted = Accepted {
            at: NOW,
            origin,
            session: "test".to_owned(),
            client: None,
            reverse_path: Some(address_of(sender)),
            recipients: recipients.iter().map(recipient).collect(),
            filings: filings.iter().map(filing).collect(),
            eight_bit: false,
            smtputf8: false,
            dsn: DsnRequest::default(),
            summary: parse::summarise(message.as_bytes()),
        };
        let change = Change::Message(Box::new(accepted), Staged::from_bytes(message.as_bytes().to_vec()).into());
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
            body: Vec::new().into(),
            client: [192, 0, 2, 7].into(),
        };
        Ask {
            world: self,
            request,
            who: None,
            login_allowed: true,
            password_right: false,
            password_checks: Cell::new(0),
            admin: None,
            bearer: None,
            executed: RefCell::default(),
            answers: control::Answer::done("done", serde_json::json!({})),
            desk: enrolling::Desk::new(self),
            writing: writing::Kept::default(),
        }
    }
}

impl<'a> Ask<'a> {
    fn by(mut self, who: &'a str) -> Ask<'a> {
        self.who = Some(who);
        self
    }

    fn admin(mut self, role: Role) -> Ask<'a> {
        self.admin = Some(role);
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
        self.request.body = body.into_bytes().into();
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
                standing: session
                    .as_ref()
                    .map_or_else(|| self.world.standing(None), |(_, session)| self.world.standing(Some(&session.mailbox))),
                standing_of: &|mailbox| self.world.standing(Some(mailbox)),
                open_for_some: self.world.some.as_ref().map(|(kind, _)| *kind),
                handed_over: (self.world.mode == Mode::Recovering).then_some(43),
                access: self.world.access,
                texts: Texts::wanted(&self.request, None),
                was_signed_in: self.request.cookie(SESSION_COOKIE).is_some() && session.is_none(),
                sessions: &|mailbox| vec![Session { mailbox: mailbox.clone(), csrf: CSRF.to_owned(), since: Mono(0), last_seen: Mono(0) }],
                preferences: &|_| self.world.preferences.clone(),
                tls: self.world.tls,
                store: &self.world.store,
                directory: &self.world.directory,
                credentials: &self.world.credentials,
                session,
                login_allowed: &|_| self.login_allowed,
                check_password: &check,
                admin: Entrance {
                    session: self.admin.map(|role| (Token("old".to_owned()), admin_session(role))),
                    login_allowed: &|_| self.login_allowed,
                    check: &|_, password, _| {
                        self.password_checks.set(self.password_checks.get() + 1);
                        if self.password_right && password == "right" { AdminVerdict::Right(Role::Admin) } else { AdminVerdict::Wrong }
                    },
                    bearer: self.bearer.map(|role| Bearer { name: "backup".to_owned(), role }),
                    change_own: &|change| match change {
                        OwnChange::Password { old: "right", .. } | OwnChange::TotpShow | OwnChange::TotpConfirm { code: "050471" } => {
                            Ok("done".to_owned())
                        }
                        _ => Err("not right".to_owned()),
                    },
                    totp_shown: &|| Some(("ABCD EFGH".to_owned(), "otpauth://totp/x".to_owned())),
                    setup_open: &|token| token == "0a1b",
                    set_up: &|token, name, _| {
                        self.password_checks.set(self.password_checks.get() + 1);
                        if token == "0a1b" && name == "eva" { Ok(()) } else { Err("That did not work.".to_owned()) }
                    },
                },
                execute: &|verb| {
                    self.executed.borrow_mut().push(verb);
                    self.answers.clone()
                },
                enrol: &self.desk,
                desk: &self.writing,
                practice: &|| vec![Arc::new(practice_letter())],
                done: &|id| self.world.done.borrow().iter().find(|done| done.id == id).cloned(),
                random: std::array::from_fn(|at| at as u8),
                status: &|| serde_json::json!({"mode": "normal"}),
                metrics: &|| "lifeboat_up 1\n".to_owned(),
                ready: self.world.ready,
                authority: &|| self.world.authority.clone(),
            },
        )
    }
}

fn admin_session(role: Role) -> AdminSession {
    AdminSession { name: "eva".to_owned(), role, csrf: CSRF.to_owned(), since: Mono(0), last_seen: Mono(0), flash: None }
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
    String::from_utf8_lossy(&outcome.response.body.bytes().unwrap()).into_owned()
}

/// Status and whether anything would change.
fn check(ask: &Ask<'_>, status: u16, intents: usize) -> Outcome {
    let outcome = ask.answer();
    let what = format!("{} {}", ask.request.method, ask.request.path);
    assert_eq!(outcome.response.status, status, "{what}: {}", body(&outcome));
    assert_eq!(outcome.intents.len(), intents, "{what}: {:?}", outcome.intents);
    outcome
}

/// What Ann wrote in the drill.
fn practice_letter() -> PracticeLetter {
    let message = b"From: ann@example.com\r\nSubject: practised\r\n\r\nfor the drill\r\n".to_vec();
    PracticeLetter { number: 1, at: NOW, to: vec!["carl@x.test".to_owned()], message, cut: false }
}
