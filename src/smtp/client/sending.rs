//! One transaction: MAIL, RCPT, DATA, the body, the final dot.

use std::collections::VecDeque;

use super::machine::{Client, State};
use super::{Cause, Event, Failure, Sent, Stage, Transaction};
use crate::clock::Mono;
use crate::smtp::Reply;
use crate::smtp::data::Stuffer;

#[derive(Debug)]
pub(super) struct Sending {
    transaction: Transaction,
    sent: Sent,
    /// Replies to come, in order. With PIPELINING (RFC 2920) several.
    expected: VecDeque<Expected>,
    /// Recipients that were asked for so far.
    asked: usize,
    /// Between 354 and the final dot.
    body: Option<Stuffer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Mail,
    Recipient,
    Data,
    /// After the final dot.
    End,
    /// After a final dot without a message, to a server that said 354 though it had refused all before.
    EmptyEnd,
}

impl Sending {
    pub fn new(transaction: Transaction) -> Sending {
        Sending { transaction, sent: Sent::default(), expected: VecDeque::new(), asked: 0, body: None }
    }

    pub fn wants_body(&self) -> bool {
        self.body.is_some()
    }

    fn stage(&self) -> Stage {
        match self.expected.front() {
            Some(Expected::Mail) => Stage::Mail,
            Some(Expected::Recipient) => Stage::Recipient,
            Some(Expected::Data | Expected::EmptyEnd) => Stage::Data,
            Some(Expected::End) => Stage::EndOfData,
            None if self.body.is_some() => Stage::Body,
            None => Stage::Idle,
        }
    }

    fn mail_accepted(&self) -> bool {
        self.sent.mail.as_ref().is_some_and(is_accepted)
    }

    fn any_accepted(&self) -> bool {
        self.mail_accepted() && self.sent.recipients.iter().any(is_accepted)
    }
}

/// MAIL and RCPT are accepted by 2yz alone. A server that says 354 there is out of step; a message that it got all the same would
/// be taken for one that it did not, and be sent again.
fn is_accepted(reply: &Reply) -> bool {
    (200..300).contains(&reply.code)
}

impl Client {
    pub(super) fn start_sending(&mut self, mut sending: Box<Sending>, now: Mono) {
        if sending.transaction.recipients.is_empty() {
            return self.ready(Event::Sent(sending.sent), false, now);
        }
        sending.sent.dsn_passed = self.capabilities.dsn;
        let mut commands = self.capabilities.mail_command(&sending.transaction);
        sending.expected.push_back(Expected::Mail);
        if self.capabilities.pipelining {
            while let Some(command) = self.capabilities.rcpt_command(&sending.transaction, sending.asked) {
                commands.push_str(&command);
                sending.expected.push_back(Expected::Recipient);
                sending.asked += 1;
            }
            // RFC 2920 section 3.1: DATA may be the last of a group.
            commands.push_str("DATA\r\n");
            sending.expected.push_back(Expected::Data);
        }
        self.transmit(commands.into_bytes());
        self.expect_reply(now);
        self.state = State::Sending(sending);
    }

    pub(super) fn sending_reply(&mut self, mut sending: Box<Sending>, reply: Reply, now: Mono) {
        let stage = sending.stage();
        let Some(expected) = sending.expected.pop_front() else { return self.reply_to_nothing(sending, reply) };
        let code = reply.code;
        let failure = Failure { stage, cause: Cause::Reply(reply.clone()) };
        match expected {
            Expected::Mail => sending.sent.mail = Some(reply),
            // After a refused MAIL the rest of a pipelined group means nothing.
            Expected::Recipient if sending.mail_accepted() => sending.sent.recipients.push(reply),
            Expected::Data if sending.any_accepted() => sending.sent.data = Some(reply),
            Expected::End => sending.sent.end = Some(reply),
            Expected::Recipient | Expected::Data | Expected::EmptyEnd => (),
        }
        // RFC 5321 section 3.8: the server closes the connection after 421, whatever it answers with it.
        if code == 421 {
            return self.over_sent(sending.sent, failure);
        }
        self.expect_reply(now);
        match expected {
            Expected::Mail | Expected::Recipient => self.next_command(sending, now),
            Expected::Data => self.data_answered(sending, code, now),
            Expected::End | Expected::EmptyEnd => self.ready(Event::Sent(sending.sent), false, now),
        }
    }

    /// After a reply to MAIL or RCPT: what comes next in lock-step, if the group is not under way already.
    fn next_command(&mut self, mut sending: Box<Sending>, now: Mono) {
        if !sending.expected.is_empty() {
            self.state = State::Sending(sending);
            return;
        }
        if !sending.mail_accepted() {
            return self.ready(Event::Sent(sending.sent), false, now);
        }
        let command = match self.capabilities.rcpt_command(&sending.transaction, sending.asked) {
            Some(command) => {
                sending.asked += 1;
                sending.expected.push_back(Expected::Recipient);
                command
            }
            None if sending.any_accepted() => {
                sending.expected.push_back(Expected::Data);
                "DATA\r\n".to_owned()
            }
            None => return self.ready(Event::Sent(sending.sent), true, now),
        };
        self.transmit(command.into_bytes());
        self.state = State::Sending(sending);
    }

    fn data_answered(&mut self, mut sending: Box<Sending>, code: u16, now: Mono) {
        match (code, sending.any_accepted()) {
            (354, true) => {
                sending.body = Some(Stuffer::new());
                self.deadline = None;
                self.state = State::Sending(sending);
            }
            // RFC 2920 section 3.1: all was refused and yet the server waits for a message. It gets an empty one.
            (354, false) => {
                sending.expected.push_back(Expected::EmptyEnd);
                self.transmit(b".\r\n".to_vec());
                self.state = State::Sending(sending);
            }
            (400.., _) => {
                let reset = sending.mail_accepted();
                self.ready(Event::Sent(sending.sent), reset, now);
            }
            _ => {
                let cause = Cause::Protocol(format!("{code} is no answer to DATA"));
                self.over_sent(sending.sent, Failure { stage: Stage::Data, cause });
            }
        }
    }

    /// A reply while the body is under way: a refusal is the verdict; anything else is nonsense. The final dot is never sent.
    fn reply_to_nothing(&mut self, mut sending: Box<Sending>, reply: Reply) {
        let stage = sending.stage();
        if stage != Stage::Body || reply.is_positive() {
            let cause = Cause::Protocol(format!("unexpected reply: {}", reply.one_line()));
            return self.over_sent(sending.sent, Failure { stage, cause });
        }
        sending.sent.end = Some(reply.clone());
        self.over_sent(sending.sent, Failure { stage, cause: Cause::Reply(reply) });
    }

    /// The next piece of the body; see [`super::Output::NeedBody`].
    pub fn body(&mut self, piece: &[u8], _now: Mono) {
        if let State::Sending(sending) = &mut self.state
            && let Some(stuffer) = &mut sending.body
        {
            let mut raw = Vec::new();
            stuffer.push(piece, &mut raw);
            if !raw.is_empty() {
                self.transmit(raw);
            }
        }
    }

    /// The body is complete: the final dot goes out.
    pub fn body_end(&mut self, now: Mono) {
        if let State::Sending(sending) = &mut self.state
            && let Some(mut stuffer) = sending.body.take()
        {
            let mut raw = Vec::new();
            stuffer.finish(&mut raw);
            sending.sent.dot_sent = true;
            sending.expected.push_back(Expected::End);
            self.deadline = Some(now.plus(self.options.timeouts.final_reply));
            self.transmit(raw);
        }
    }

    pub(super) fn sending_lost(&mut self, sending: Sending, cause: Cause) {
        let stage = sending.stage();
        self.over_sent(sending.sent, Failure { stage, cause });
    }

    fn over_sent(&mut self, mut sent: Sent, failure: Failure) {
        sent.connection_lost = Some(failure.clone());
        self.over_because(failure, Event::Sent(sent));
    }
}
