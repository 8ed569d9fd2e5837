//! The sending side: one connection to one server, many transactions.
//!
//! Driver loop: [`Client::poll`] until `WaitUntil`, feed what comes by [`Client::receive`]. After
//! `Event(Ready)` the driver may [`Client::send`], [`Client::verify`] or [`Client::quit`]; each ends in one event.

use super::Reply;
use crate::clock::Mono;
use crate::mail::Address;

#[derive(Clone, Debug)]
pub struct Options {
    /// Our name for EHLO.
    pub hostname: String,
    pub tls: Tls,
    /// AUTH PLAIN or LOGIN (RFC 4954); only over TLS unless `auth_in_clear`.
    pub auth: Option<Credentials>,
    pub auth_in_clear: bool,
    pub timeouts: Timeouts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    Off,
    IfOffered,
    Required,
}

#[derive(Clone)]
pub struct Credentials {
    pub user: String,
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({}, ..)", self.user)
    }
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// From the start to the reply to EHLO (greeting included).
    pub hello: std::time::Duration,
    /// Each later reply but the last.
    pub reply: std::time::Duration,
    /// The reply to the final dot.
    pub final_reply: std::time::Duration,
}

/// What a transaction carries. Body bytes are asked for by [`Output::NeedBody`].
#[derive(Clone, Debug)]
pub struct Transaction {
    pub reverse_path: Option<Address>,
    pub recipients: Vec<Address>,
    pub eight_bit: bool,
    pub smtputf8: bool,
    /// Octets of the body as it will be given.
    pub size: u64,
}

/// What the server offers (EHLO).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    pub hello: String,
    pub pipelining: bool,
    pub eight_bit_mime: bool,
    pub smtputf8: bool,
    pub starttls: bool,
    /// SIZE: 0 means offered without a limit.
    pub size: Option<u64>,
    /// AUTH mechanisms, upper case.
    pub auth: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    Send(Vec<u8>),
    StartTls,
    /// Give the next piece by [`Client::body`], or [`Client::body_end`]. The machine does the dot-stuffing
    /// and sends the final dot; only CRLF line ends may be given (a bare CR or LF is the caller's mistake and is
    /// rewritten to CRLF, so that nothing can be smuggled to the next server).
    NeedBody,
    Event(Event),
    Close,
    WaitUntil(Mono),
}

#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// Greeting, EHLO, TLS and AUTH are done.
    Ready(Capabilities),
    /// [`Client::send`] is done; the connection is ready again (unless `connection_lost`).
    Sent(Sent),
    /// [`Client::verify`] is done: replies to MAIL and (if MAIL passed) RCPT; RSET has been sent.
    Verified { mail: Reply, recipient: Option<Reply> },
    /// The connection failed outside a transaction, or before its MAIL.
    Failed(Failure),
    /// QUIT was answered (or not waited for any longer).
    Quit,
}

/// Outcome of a transaction, reply by reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub mail: Option<Reply>,
    /// In the order of `Transaction::recipients`; shorter if the connection failed between.
    pub recipients: Vec<Reply>,
    pub data: Option<Reply>,
    /// The reply to the final dot.
    pub end: Option<Reply>,
    /// The final dot was sent: without `end` the outcome is ambiguous.
    pub dot_sent: bool,
    /// The message did not fit what the server offers (SIZE, 8BITMIME, SMTPUTF8); nothing was sent.
    pub misfit: Option<Misfit>,
    /// Why the connection cannot be used again.
    pub connection_lost: Option<Failure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    TooBig,
    EightBit,
    SmtpUtf8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub stage: Stage,
    pub cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Connect,
    Greeting,
    Hello,
    Tls,
    Auth,
    Mail,
    Recipient,
    Data,
    Body,
    EndOfData,
    Idle,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server said no.
    Reply(Reply),
    /// It answered nothing in time.
    Timeout,
    /// RST on connect.
    Refused,
    /// Closed or broke in the middle.
    Lost,
    /// Host or network cannot be reached, name not found.
    Unreachable(String),
    /// Not SMTP, or a reply past the limits.
    Protocol(String),
    /// TLS failed, or is required and not offered.
    Tls(String),
    /// The server bears our own EHLO name: we would talk to ourselves.
    Ourselves,
}

#[derive(Debug)]
pub struct Client {
    _private: (),
}

impl Client {
    /// A machine for a connection that has just been made.
    pub fn new(_options: Options, _now: Mono) -> Client {
        todo!()
    }

    pub fn receive(&mut self, _bytes: &[u8], _now: Mono) {
        todo!()
    }

    /// The connection broke or was closed by the server.
    pub fn lost(&mut self, _cause: Cause) {
        todo!()
    }

    pub fn tls_done(&mut self, _now: Mono) {
        todo!()
    }

    /// Starts a transaction. Only when ready.
    pub fn send(&mut self, _transaction: Transaction, _now: Mono) {
        todo!()
    }

    /// Asks by MAIL, RCPT and RSET without sending anything. `recipient: None` asks MAIL only.
    pub fn verify(&mut self, _reverse_path: Option<Address>, _recipient: Option<Address>, _now: Mono) {
        todo!()
    }

    pub fn body(&mut self, _piece: &[u8], _now: Mono) {
        todo!()
    }

    pub fn body_end(&mut self, _now: Mono) {
        todo!()
    }

    pub fn quit(&mut self, _now: Mono) {
        todo!()
    }

    pub fn poll(&mut self, _now: Mono) -> Output {
        todo!()
    }
}
