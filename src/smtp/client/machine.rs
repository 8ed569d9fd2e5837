//! The connection as a whole: states, replies, deadlines, failure.

use std::collections::VecDeque;

use super::hello::Hello;
use super::replies::Replies;
use super::sending::Sending;
use super::verifying::Verifying;
use super::{Capabilities, Cause, Event, Failure, Options, Output, Sent, Stage, Tls, Transaction};
use crate::clock::Mono;
use crate::mail::Address;
use crate::smtp::Reply;

/// One connection to one server.
#[derive(Debug)]
pub struct Client {
    pub(super) options: Options,
    pub(super) state: State,
    pub(super) replies: Replies,
    outputs: VecDeque<Output>,
    /// For the next reply; none while nothing is expected or the driver is at work.
    pub(super) deadline: Option<Mono>,
    pub(super) capabilities: Capabilities,
    pub(super) tls: bool,
    /// RSET was sent and its reply comes before all others.
    reset_owed: bool,
    /// Why the connection is over.
    failure: Option<Failure>,
}

#[derive(Debug)]
pub(super) enum State {
    Hello(Hello),
    Ready,
    /// The next thing begins when RSET is answered: the server does not offer PIPELINING.
    Held(Held),
    Sending(Box<Sending>),
    Verifying(Verifying),
    Quitting,
    Over,
}

#[derive(Debug)]
pub(super) enum Held {
    Sending(Box<Sending>),
    Verifying(Verifying),
}

const END_OF_TIME: Mono = Mono(u64::MAX);

impl Client {
    /// A machine for a connection that has just been made. `now` may be when connecting began: then
    /// `timeouts.hello` covers that too.
    pub fn new(options: Options, now: Mono) -> Client {
        Client {
            state: State::Hello(Hello::Greeting),
            replies: Replies::default(),
            outputs: VecDeque::new(),
            deadline: Some(now.plus(options.timeouts.hello)),
            capabilities: Capabilities::default(),
            tls: options.tls == Tls::Implicit,
            reset_owed: false,
            failure: None,
            options,
        }
    }

    pub fn receive(&mut self, bytes: &[u8], now: Mono) {
        match &self.state {
            // RFC 3207 section 6: nothing that came in the clear counts after the handshake.
            State::Over | State::Hello(Hello::Handshake) => return,
            _ => self.replies.push(bytes),
        }
        while !matches!(self.state, State::Over) {
            match self.replies.next() {
                Ok(Some(reply)) => self.reply(reply, now),
                Ok(None) => break,
                Err(text) => self.lost(Cause::Protocol(text)),
            }
        }
    }

    fn reply(&mut self, reply: Reply, now: Mono) {
        if std::mem::take(&mut self.reset_owed) {
            return self.reset_answered(reply, now);
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Hello(step) => self.hello_reply(step, reply, now),
            State::Sending(sending) => self.sending_reply(sending, reply, now),
            State::Verifying(verifying) => self.verifying_reply(verifying, reply, now),
            State::Quitting => {
                self.state = State::Quitting;
                self.over(Event::Quit);
            }
            State::Ready if reply.code == 421 => self.fail(Stage::Idle, Cause::Reply(reply)),
            State::Ready | State::Held(_) => self.fail(Stage::Idle, Cause::Protocol(format!("unexpected reply: {}", reply.one_line()))),
            State::Over => (),
        }
    }

    fn reset_answered(&mut self, reply: Reply, now: Mono) {
        if reply.code == 421 {
            return self.lost(Cause::Reply(reply));
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Held(Held::Sending(sending)) => self.start_sending(sending, now),
            State::Held(Held::Verifying(verifying)) => self.start_verifying(verifying, now),
            State::Ready => {
                self.state = State::Ready;
                self.deadline = None;
            }
            other => self.state = other,
        }
    }

    /// The connection broke or was closed by the server.
    pub fn lost(&mut self, cause: Cause) {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Hello(step) => self.fail(step.stage(), cause),
            State::Ready => self.fail(Stage::Idle, cause),
            State::Held(Held::Sending(sending)) | State::Sending(sending) => self.sending_lost(*sending, cause),
            State::Held(Held::Verifying(verifying)) | State::Verifying(verifying) => self.fail(verifying.stage(), cause),
            State::Quitting => self.over(Event::Quit),
            State::Over => (),
        }
    }

    /// The handshake is done.
    pub fn tls_done(&mut self, now: Mono) {
        if matches!(self.state, State::Hello(Hello::Handshake)) {
            self.tls = true;
            self.say_ehlo(now);
        }
    }

    /// Starts a transaction. Only when ready; otherwise it ends at once as `connection_lost`.
    pub fn send(&mut self, transaction: Transaction, now: Mono) {
        if !matches!(self.state, State::Ready) {
            let failure = self.failure.clone().unwrap_or(Failure { stage: Stage::Idle, cause: Cause::Lost });
            return self.event(Event::Sent(Sent { connection_lost: Some(failure), ..Sent::default() }));
        }
        if let Some(misfit) = self.capabilities.misfit(&transaction) {
            return self.event(Event::Sent(Sent { misfit: Some(misfit), ..Sent::default() }));
        }
        let sending = Box::new(Sending::new(transaction));
        if self.must_hold(now) { self.state = State::Held(Held::Sending(sending)) } else { self.start_sending(sending, now) }
    }

    /// Asks by MAIL, RCPT and RSET without sending anything. `recipient: None` asks MAIL only.
    pub fn verify(&mut self, reverse_path: Option<Address>, recipient: Option<Address>, now: Mono) {
        if !matches!(self.state, State::Ready) {
            let failure = self.failure.clone().unwrap_or(Failure { stage: Stage::Idle, cause: Cause::Lost });
            return self.event(Event::Failed(failure));
        }
        let verifying = Verifying::new(reverse_path, recipient);
        if self.must_hold(now) { self.state = State::Held(Held::Verifying(verifying)) } else { self.start_verifying(verifying, now) }
    }

    pub fn quit(&mut self, now: Mono) {
        match self.state {
            State::Ready => {
                self.transmit(b"QUIT\r\n".to_vec());
                self.expect_reply(now);
                self.state = State::Quitting;
            }
            State::Quitting => (),
            _ => self.over(Event::Quit),
        }
    }

    pub fn poll(&mut self, now: Mono) -> Output {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            match (&self.state, self.deadline) {
                (State::Over, _) => return Output::Close,
                (State::Sending(sending), _) if sending.wants_body() => return Output::NeedBody,
                (_, Some(deadline)) if now >= deadline => self.lost(Cause::Timeout),
                (_, deadline) => return Output::WaitUntil(deadline.unwrap_or(END_OF_TIME)),
            }
        }
    }

    /// Without PIPELINING nothing follows RSET before its answer, which gets its full time from now.
    fn must_hold(&mut self, now: Mono) -> bool {
        let hold = self.reset_owed && !self.capabilities.pipelining;
        if hold {
            self.expect_reply(now);
        }
        hold
    }

    // ---- For the steps in the sister files -----------------------------------------------------

    pub(super) fn transmit(&mut self, bytes: Vec<u8>) {
        self.outputs.push_back(Output::Send(bytes));
    }

    pub(super) fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(super) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(super) fn expect_reply(&mut self, now: Mono) {
        self.deadline = Some(now.plus(self.options.timeouts.reply));
    }

    /// Ready for the next thing; `reset` if the server still has a transaction of ours open.
    pub(super) fn ready(&mut self, event: Event, reset: bool, now: Mono) {
        self.state = State::Ready;
        self.deadline = None;
        if reset {
            self.transmit(b"RSET\r\n".to_vec());
            self.reset_owed = true;
            self.expect_reply(now);
        }
        self.event(event);
    }

    /// Ends outside a transaction.
    pub(super) fn fail(&mut self, stage: Stage, cause: Cause) {
        let failure = Failure { stage, cause };
        self.failure = Some(failure.clone());
        self.over(Event::Failed(failure));
    }

    /// Ends with an event that says why.
    pub(super) fn over_because(&mut self, failure: Failure, event: Event) {
        self.failure = Some(failure);
        self.over(event);
    }

    fn over(&mut self, event: Event) {
        self.state = State::Over;
        self.deadline = None;
        self.event(event);
    }
}
