//! MAIL, RCPT, RSET: asking without sending.

use super::capabilities::{mail_from, rcpt_command};
use super::machine::{Client, State};
use super::{Cause, Event, Failure, Stage};
use crate::clock::Mono;
use crate::mail::Address;
use crate::smtp::Reply;

#[derive(Debug)]
pub(super) struct Verifying {
    reverse_path: Option<Address>,
    recipient: Option<Address>,
    /// The reply to MAIL, once it came.
    mail: Option<Reply>,
}

impl Verifying {
    pub fn new(reverse_path: Option<Address>, recipient: Option<Address>) -> Verifying {
        Verifying { reverse_path, recipient, mail: None }
    }

    pub fn stage(&self) -> Stage {
        if self.mail.is_none() { Stage::Mail } else { Stage::Recipient }
    }
}

impl Client {
    pub(super) fn start_verifying(&mut self, verifying: Verifying, now: Mono) {
        let addresses = verifying.reverse_path.iter().chain(&verifying.recipient);
        let international = addresses.into_iter().any(|address| !address.is_ascii());
        let parameter = if international && self.capabilities.smtputf8 { " SMTPUTF8" } else { "" };
        let command = format!("{}{parameter}\r\n", mail_from(verifying.reverse_path.as_ref()));
        self.transmit(command.into_bytes());
        self.expect_reply(now);
        self.state = State::Verifying(verifying);
    }

    pub(super) fn verifying_reply(&mut self, mut verifying: Verifying, reply: Reply, now: Mono) {
        let stage = verifying.stage();
        if verifying.mail.is_none() && reply.is_positive() && verifying.recipient.is_some() {
            verifying.mail = Some(reply);
            let command = verifying.recipient.as_ref().map(rcpt_command).unwrap_or_default();
            self.transmit(command.into_bytes());
            self.expect_reply(now);
            self.state = State::Verifying(verifying);
            return;
        }
        let lost = (reply.code == 421).then(|| Failure { stage, cause: Cause::Reply(reply.clone()) });
        let (mail, recipient) = match verifying.mail {
            None => (reply, None),
            Some(mail) => (mail, Some(reply)),
        };
        let reset = mail.is_positive();
        let event = Event::Verified { mail, recipient };
        match lost {
            Some(failure) => self.over_because(failure, event),
            None => self.ready(event, reset, now),
        }
    }
}
