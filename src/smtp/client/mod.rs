//! The sending side: one connection to one server, many transactions.
//!
//! Driver loop: [`Client::poll`] until `WaitUntil`, feed what comes by [`Client::receive`]. After
//! `Event(Ready)` the driver may [`Client::send`], [`Client::verify`] or [`Client::quit`]; each ends in one event.

mod capabilities;
mod hello;
mod machine;
mod replies;
mod sending;
mod verifying;

#[cfg(test)]
mod tests;

use super::Reply;
use crate::clock::Mono;
use crate::mail::{Address, DsnRequest};

pub use machine::Client;

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
    /// STARTTLS if it is offered (RFC 7435).
    IfOffered,
    /// STARTTLS, or nothing.
    Required,
    /// From the first octet on (RFC 8314 section 3.3): the driver has done the handshake before the machine begins.
    Implicit,
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
    /// Passed on to a server that offers DSN; recipients by their place in `recipients`.
    pub dsn: DsnRequest,
}

/// What the server offers (EHLO).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    pub hello: String,
    pub pipelining: bool,
    pub eight_bit_mime: bool,
    pub smtputf8: bool,
    pub starttls: bool,
    /// RFC 3461.
    pub dsn: bool,
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
    /// [`Client::verify`] is done: replies to MAIL and (if MAIL passed) RCPT; RSET has been sent. After a 421 the
    /// connection is over.
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
    /// In the order of `Transaction::recipients`; shorter if the connection failed between, empty if MAIL was refused.
    pub recipients: Vec<Reply>,
    /// None if no recipient was accepted.
    pub data: Option<Reply>,
    /// The reply to the final dot; or a refusal that came before it (then `dot_sent` is false and the connection lost).
    pub end: Option<Reply>,
    /// The final dot was sent: without `end` the outcome is ambiguous.
    pub dot_sent: bool,
    /// The message did not fit what the server offers (SIZE, 8BITMIME, SMTPUTF8); nothing was sent.
    pub misfit: Option<Misfit>,
    /// The server offers DSN: what the sender asked about reports was passed on.
    pub dsn_passed: bool,
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
    /// The recipient's domain takes no mail, and trying again does not help: enhanced status code (RFC 3463) and words.
    Nowhere(String),
    /// Not SMTP, or a reply past the limits.
    Protocol(String),
    /// TLS failed, or is required and not offered.
    Tls(String),
    /// The server's certificate is not accepted.
    Certificate(String),
    /// The server bears our own EHLO name: we would talk to ourselves.
    Ourselves,
}
