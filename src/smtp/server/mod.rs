//! The receiving side: one session with one client.
//!
//! Driver loop: [`Session::poll`] until it gives `WaitUntil`; then read bytes ([`Session::receive`]) or let the deadline pass;
//! `Check*`, `Commit` and `StartTls` wait for exactly one [`Session::answer`] before anything else is processed.

mod body;
mod commands;
mod input;
mod session;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use super::Reply;
use crate::clock::Mono;
use crate::mail::{Address, DsnRequest, Mailbox};

pub use session::Session;

/// What a session is told at its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Our name, for the greeting and EHLO. `<postmaster>` without a domain is `postmaster` at this name.
    pub hostname: String,
    /// SIZE (RFC 1870), in octets.
    pub max_message_size: u64,
    /// Whether STARTTLS (RFC 3207) is offered.
    pub starttls: bool,
    /// Whether mail is refused (530 5.7.0) before STARTTLS.
    pub tls_required: bool,
    /// Whether SMTPUTF8 (RFC 6531) is offered.
    pub smtputf8: bool,
    /// Whether 8BITMIME (RFC 6152) is offered.
    pub eight_bit_mime: bool,
    /// Whether DSN (RFC 3461) is offered.
    pub dsn: bool,
    /// Whether the client is a filter that may say for whom it speaks (XCLIENT).
    pub xclient: bool,
    /// Whether fields that Exchange servers believe are taken out of the header: `X-MS-Exchange-Organization-*` of a stranger.
    pub header_firewall: bool,
    /// The address for reports, which come one at a time and must not be refused for good: their sender throws them away then. Another
    /// recipient in its transaction gets 452, so that a client sends the rest in another one, and a message that cannot be taken as it is gets 451.
    pub reports_to: Option<Mailbox>,
}

/// An envelope (RFC 5321 section 2.3.1) with what MAIL said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// None is the null reverse-path `<>`.
    pub reverse_path: Option<Address>,
    /// Each address once, in the order of RCPT.
    pub recipients: Vec<Address>,
    /// BODY=8BITMIME was said (RFC 6152).
    pub eight_bit: bool,
    /// SMTPUTF8 was said (RFC 6531).
    pub smtputf8: bool,
    /// SIZE= of MAIL, in octets.
    pub declared_size: Option<u64>,
    /// RET, ENVID, NOTIFY and ORCPT (RFC 3461); recipients by their place in `recipients`.
    pub dsn: DsnRequest,
}

/// What the driver has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Write these bytes.
    Send(Vec<u8>),
    /// May MAIL FROM this be accepted? Answer with [`Answer::Verdict`].
    CheckSender { reverse_path: Option<Address> },
    /// May this recipient be accepted (look-up, relaying)? Answer with [`Answer::Verdict`].
    CheckRecipient { reverse_path: Option<Address>, recipient: Address },
    /// DATA was accepted and 354 is about to be sent, or a first BDAT was: get ready for [`Output::Body`].
    BeginBody,
    /// Next piece of the message, dot-unstuffed after DATA, CRLF line ends; at most [`crate::limits::BODY_PIECE_OCTETS`].
    Body(Vec<u8>),
    /// The message is complete; the body pieces so far are its content. Answer with [`Answer::Verdict`]:
    /// that reply goes to the client as it is.
    Commit(Envelope),
    /// Throw away the body pieces so far; no more of this message come.
    Discard,
    /// The client speaks for somebody else, by XCLIENT. Answer with [`Answer::Client`], or with the [`Answer::Verdict`] that ends the session.
    ClientIs(IpAddr),
    /// The 220 to STARTTLS has been sent: do the handshake, then answer [`Answer::TlsDone`]. All bytes read before are discarded.
    StartTls,
    /// Everything is written: close the connection. For the log: why.
    Close(CloseReason),
    /// Nothing to do before more bytes come; if none come until then, call [`Session::poll`] with that time.
    WaitUntil(Mono),
}

#[derive(Debug)]
pub enum Answer {
    /// Positive means accepted; the reply is sent as it is. A 421 also ends the session.
    Verdict(Reply),
    TlsDone,
    /// The session begins again with these.
    Client(Options),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    Quit,
    Timeout,
    TooManyErrors,
    TooManyCommands,
    ShuttingDown,
    /// A verdict was 421.
    Verdict,
    /// HTTP or TLS came where SMTP is spoken.
    NotSmtp,
    /// What is a command and what is content cannot be told any more.
    OutOfStep,
    /// The client closed or broke the connection.
    Gone,
}

/// Facts of a session for trace fields and the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What the client said in EHLO or HELO; empty before.
    pub helo: String,
    pub extended: bool,
    pub tls: bool,
}
