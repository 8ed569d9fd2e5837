//! Attempts in words: for records, bounces and evidence.

use super::Attempt;
use crate::limits::REPLY_KEPT_MAX_OCTETS;
use crate::smtp::Reply;
use crate::smtp::client::{Cause, Failure, Misfit, Stage};

/// A reply as it is kept: one line without control characters, cut to [`REPLY_KEPT_MAX_OCTETS`].
pub(super) fn kept(reply: &Reply) -> String {
    cut(&reply.one_line())
}

/// Text of another server as one bounded line.
pub(super) fn cut(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if line.len() + c.len_utf8() > REPLY_KEPT_MAX_OCTETS {
            break;
        }
        line.push(c);
    }
    line
}

/// Why an attempt has no answer for a recipient.
pub(super) fn unanswered(attempt: &Attempt, by: &str) -> String {
    match attempt {
        Attempt::Failed(failure) => failed(failure, by),
        Attempt::Sent(sent) => match &sent.connection_lost {
            Some(failure) => failed(failure, by),
            None => format!("{by} gave no answer"),
        },
    }
}

/// `192.0.2.10:25 refused the connection`.
pub(super) fn failed(failure: &Failure, by: &str) -> String {
    let stage = stage(failure.stage);
    let text = match &failure.cause {
        Cause::Reply(reply) => format!("{by} answered {} {stage}", kept(reply)),
        Cause::Timeout if failure.stage == Stage::Connect => format!("{by} did not answer the connection"),
        Cause::Timeout => format!("{by} took the connection and then said nothing {stage}"),
        Cause::Refused => format!("{by} refused the connection"),
        Cause::Lost => format!("{by} broke the connection off {stage}"),
        Cause::Unreachable(why) => format!("{by} cannot be reached: {why}"),
        Cause::Nowhere(why) => why.clone(),
        Cause::Protocol(why) => format!("{by} does not speak SMTP as it should {stage}: {why}"),
        Cause::Tls(why) | Cause::Certificate(why) => format!("no encrypted connection to {by}: {why}"),
        Cause::Ourselves => format!("{by} is this box itself: the address is wrong"),
    };
    cut(&text)
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect => "while connecting",
        Stage::Greeting => "instead of a greeting",
        Stage::Hello => "to EHLO",
        Stage::Tls => "to STARTTLS",
        Stage::Auth => "to the login",
        Stage::Mail => "to MAIL",
        Stage::Recipient => "to RCPT",
        Stage::Data => "to DATA",
        Stage::Body => "within the message",
        Stage::EndOfData => "after the message",
        Stage::Idle => "between messages",
    }
}

/// Why a message is not even tried. RFC 3463 codes: 5.3.4 message too big for system, 5.6.3 conversion required but not
/// supported, 5.6.7 non-ASCII addresses not permitted (RFC 6531 section 3.5).
pub(super) fn misfit(misfit: Misfit, by: &str) -> (&'static str, String) {
    match misfit {
        Misfit::TooBig => ("552 5.3.4", format!("the message is larger than {by} takes")),
        Misfit::EightBit => ("554 5.6.3", format!("the message has 8-bit text, which {by} does not take (8BITMIME)")),
        Misfit::SmtpUtf8 => ("553 5.6.7", format!("an address has letters that {by} does not take (SMTPUTF8)")),
    }
}
