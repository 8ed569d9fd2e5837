//! Requests, responses, the snapshot and intents as values.

use std::net::IpAddr;
use std::sync::Arc;

use super::Texts;
use super::deeds::{Act, Done};
use crate::auth::{AdminSession, CodeVerdict, Credentials, Flash, Role, Session, Token};
use crate::clock::{Now, Wall};
use crate::config::Access;
use crate::continuity::{Kind, Mode, Standing};
use crate::control;
use crate::directory::{Contact, Directory, Person, Preferences};
use crate::mail::{Address, Blob, Mailbox};
use crate::store::{Flags, Seq, Staged, Store, StoreError};

/// An HTTP request; its body has arrived whole (at most [`crate::limits::WEB_BODY_MAX_OCTETS`]).
#[derive(Clone, Debug)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Decoded path without query, beginning with `/`.
    pub path: String,
    /// Raw query string without `?`.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// A large one lies in a file that vanishes with it.
    pub body: Blob,
    /// The client's own address (not the front's).
    pub client: IpAddr,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The token of an `Authorization` field (RFC 6750 section 2.1).
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// Whether it asks for a message, or for a part of one, and changes nothing.
    pub fn is_reading_a_message(&self) -> bool {
        self.method == "GET" && self.path.starts_with("/mail/message/")
    }

    /// Value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.header("cookie")?.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    }
}

#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    /// Content-Length is added by the server.
    pub headers: Vec<(String, String)>,
    /// A large file is left where it lies, and read while it is sent.
    pub body: Blob,
}

/// Everything a page may depend on.
pub struct Context<'a> {
    pub now: Now,
    pub hostname: &'a str,
    pub version: &'a str,
    pub mode: ModeView,
    /// Where the person of the session stands; without one, everybody's mode.
    pub standing: Standing,
    /// Where a person stands.
    pub standing_of: &'a dyn Fn(&Mailbox) -> Standing,
    /// An event for some people is open.
    pub open_for_some: Option<Kind>,
    /// How much of everybody's mail the primary has got back, in percent, while it is handed over.
    pub handed_over: Option<u8>,
    pub access: Access,
    /// What the pages say, in the language of the reader.
    pub texts: Texts,
    /// True behind TLS: cookies are `Secure`.
    pub tls: bool,
    pub store: &'a Store,
    pub directory: &'a Directory,
    pub credentials: &'a Credentials,
    /// The session of the request's cookie ([`SESSION_COOKIE`]), if it is a live one.
    pub session: Option<(Token, Session)>,
    /// The request's cookie is that of a session that is over.
    pub was_signed_in: bool,
    /// All sessions of a person.
    pub sessions: &'a dyn Fn(&Mailbox) -> Vec<Session>,
    /// What a person likes here.
    pub preferences: &'a dyn Fn(&Mailbox) -> Preferences,
    /// Whether the throttle allows a login try from this client for this mailbox.
    pub login_allowed: &'a dyn Fn(Option<&Mailbox>) -> bool,
    /// Runs an expensive password check under the cap of [`crate::limits::PASSWORD_CHECKS_MAX`].
    pub check_password: &'a dyn Fn(Option<&Mailbox>, &str) -> bool,
    /// How an admin comes in.
    pub admin: Entrance<'a>,
    /// Has a verb of the control socket carried out, whoever asks: the admin's place asks for the role first.
    pub execute: &'a dyn Fn(control::Verb) -> control::Answer,
    /// Invitations to say how one is reached.
    pub enrol: &'a dyn Enrol,
    /// Drafts, and what was sent a moment ago.
    pub desk: &'a dyn Desk,
    /// What the reader wrote in the drill, newest first.
    pub practice: &'a dyn Fn() -> Vec<Arc<PracticeLetter>>,
    /// What the reader did a moment ago, by the id of [`Done`].
    pub done: &'a dyn Fn(&str) -> Option<Arc<Done>>,
    /// 64 fresh random bytes, for tokens and message ids.
    pub random: [u8; 64],
    /// `status --json`, for `/api/v1/status` (loopback only).
    pub status: &'a dyn Fn() -> serde_json::Value,
    /// Prometheus text for `/metrics` (loopback only).
    pub metrics: &'a dyn Fn() -> String,
    /// Whether the box can do its work, for `/readyz`.
    pub ready: bool,
    /// The certificate (DER) of the authority that signed the box's own one; None if that was given.
    pub authority: &'a dyn Fn() -> Option<Vec<u8>>,
}

/// What the pages behind an invitation ask.
pub trait Enrol {
    /// Whose link it is. Links that do not work are counted against the client.
    fn link(&self, client: IpAddr, token: &str) -> EnrolLink;
    /// The same for a person who is signed in.
    fn of(&self, mailbox: &Mailbox) -> Option<Enrolling>;
    /// Counts a try of the code that was sent for this person.
    fn try_code(&self, mailbox: &Mailbox, typed: &str) -> CodeVerdict;
    /// Whether an address is in the served domains, and so no help while mail is down.
    fn is_local(&self, address: &Address) -> bool;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnrolLink {
    Of(Box<Enrolling>),
    Unknown,
    TooMany,
}

/// A person who was invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolling {
    pub person: Person,
    pub contact: Contact,
    /// Where the code went that may be typed now.
    pub waits_for: Option<Address>,
    /// Whether one more address or phone may be given.
    pub may_send: bool,
    /// The address was confirmed by this invitation.
    pub done: bool,
}

/// Name of the session cookie.
pub const SESSION_COOKIE: &str = "lifeboat";
/// Name of the cookie of the admin's place.
pub const ADMIN_COOKIE: &str = "lifeboat-admin";

/// What the script of a folder page asks for: it keeps nobody signed in.
pub const CHANGES_PATH: &str = "/mail/changes";
/// What the dashboard's script asks for: it keeps nobody signed in.
pub const ADMIN_LIVE_PATH: &str = "/admin/live";

/// How an admin comes in.
pub struct Entrance<'a> {
    /// The session of the request's cookie ([`ADMIN_COOKIE`]), if it is a live one.
    pub session: Option<(Token, AdminSession)>,
    /// Whether the throttle allows a login try from this client for this name.
    pub login_allowed: &'a dyn Fn(&str) -> bool,
    /// Checks name, password and code, at the cost of one password check for every name.
    pub check: &'a dyn Fn(&str, &str, &str) -> AdminVerdict,
    /// Whoever's token came with the request.
    pub bearer: Option<Bearer>,
    /// What the account of the session changes about itself: what was done, or why not, in words.
    pub change_own: &'a dyn Fn(OwnChange<'_>) -> Result<String, String>,
    /// The second factor that waits for its first code: the secret in groups, and what a picture for an app says.
    pub totp_shown: &'a dyn Fn() -> Option<(String, String)>,
    /// Whether a set-up link's token opens the door. Counted like a login try.
    pub setup_open: &'a dyn Fn(&str) -> bool,
    /// Makes the first account (token, name, password); why not, in words.
    pub set_up: &'a dyn Fn(&str, &str, &str) -> Result<(), String>,
}

/// A script with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Of the token.
    pub name: String,
    pub role: Role,
}

/// What somebody changes about the own account.
#[derive(Clone, Copy)]
pub enum OwnChange<'a> {
    Password {
        old: &'a str,
        new: &'a str,
    },
    /// Show a new secret.
    TotpShow,
    /// The first code of the secret that was shown.
    TotpConfirm {
        code: &'a str,
    },
}

/// Whether somebody who wants to come in is who they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminVerdict {
    Right(Role),
    Wrong,
}

/// Everybody's mode as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeView {
    pub mode: Mode,
    pub since: Wall,
}

/// A page and what has to happen first.
#[derive(Debug)]
pub struct Outcome {
    pub response: Response,
    /// Carried out in order before the response is sent.
    pub intents: Vec<Intent>,
}

/// What a request wants to change.
#[derive(Debug)]
pub enum Intent {
    SignIn {
        token: Token,
        csrf: String,
        mailbox: Mailbox,
    },
    LoginFailed {
        mailbox: Option<Mailbox>,
    },
    SignOut {
        token: Token,
    },
    /// A person signs out on all devices.
    SignOutEverywhere {
        mailbox: Mailbox,
    },
    /// A person likes something else.
    Prefer {
        mailbox: Mailbox,
        preferences: Box<Preferences>,
    },
    AdminSignIn {
        token: Token,
        csrf: String,
        name: String,
        role: Role,
    },
    AdminLoginFailed {
        name: String,
    },
    AdminSignOut {
        token: Token,
    },
    AdminSignOutEverywhere {
        name: String,
    },
    /// Say this on the next page of that session.
    AdminSay {
        token: Token,
        flash: Flash,
    },
    /// It was said.
    AdminSaid {
        token: Token,
    },
    /// A person said how they are reached; the address gets a code.
    EnrolGive {
        mailbox: Mailbox,
        email: Option<Address>,
        phone: Option<String>,
    },
    /// The code came back from that address.
    EnrolConfirm {
        mailbox: Mailbox,
        email: Address,
    },
    Seen {
        mailbox: Mailbox,
        message: Seq,
    },
    /// What a person does with the own mail.
    Act(Box<Act>),
    /// A person in a drill opened a message.
    Looked {
        mailbox: Mailbox,
    },
    /// A person in a drill wrote a message: it goes into the sandbox, and nowhere else.
    Practise(Box<Submission>),
    /// Store and send a message that a person wrote.
    Submit(Box<Submission>),
    /// Keep it in Drafts (it was sent while recovering).
    KeepDraft(Box<Submission>),
    /// Into Deleted.
    Discard {
        mailbox: Mailbox,
        draft: Seq,
    },
}

/// A message written in a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PracticeLetter {
    /// Counts from 1 for each person.
    pub number: u64,
    pub at: Wall,
    pub to: Vec<String>,
    /// Wire form; only its head if `cut`.
    pub message: Vec<u8>,
    /// It was too large to be kept.
    pub cut: bool,
}

/// A message written in the webmail, composed.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Who writes. Bounces go there, also where the message is from somebody else.
    pub mailbox: Mailbox,
    /// To, Cc and Bcc together, without doubles.
    pub recipients: Vec<Address>,
    /// Wire form, without Bcc and without Received.
    pub message: Arc<Staged>,
    /// The draft that this goes on with: when this is kept or sent, it leaves Drafts.
    pub replaces: Option<Seq>,
    /// What was typed, to give it back if storing fails.
    pub typed: String,
    /// It is from another mailbox, which the writer may send as: the Sent copy is there too.
    pub sent_as: Option<Address>,
    /// A message of the writer's that was answered or forwarded by this, and how it is marked.
    pub marks: Option<(Seq, Flags)>,
    /// Header fields that make a draft of `message` when they stand before it. With them the writer may take it back for
    /// [`crate::limits::SEND_UNDO`]; without, it is on its way at once.
    pub draft_fields: Option<Vec<u8>>,
}

impl Submission {
    /// A message that is ready, and on its way at once.
    pub fn new(mailbox: Mailbox, recipients: Vec<Address>, message: impl Into<Staged>) -> Submission {
        let (typed, message) = (String::new(), Arc::new(message.into()));
        Submission { mailbox, recipients, message, replaces: None, typed, sent_as: None, marks: None, draft_fields: None }
    }
}

/// What the box does with writing while a page waits, because the page needs the answer.
pub trait Desk {
    /// Keeps a draft in place of the one that it goes on with; its number. Waits for the disk.
    ///
    /// # Errors
    /// Of the store: then nothing has changed.
    fn keep(&self, draft: Submission) -> Result<Seq, StoreError>;
    /// What this person sent a moment ago and may take back, newest first.
    fn unsent(&self, mailbox: &Mailbox) -> Vec<Unsent>;
    /// Takes a message back into Drafts before anybody gets it; the draft's number. None if it is on its way.
    ///
    /// # Errors
    /// Of the store: then it is on its way.
    fn take_back(&self, mailbox: &Mailbox, message: Seq) -> Result<Option<Seq>, StoreError>;
}

/// A message that was sent a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsent {
    pub message: Seq,
    /// Seconds in which it may be taken back, at least 1.
    pub left_s: u64,
}
