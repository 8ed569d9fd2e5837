//! The session as a whole: phases, deadlines, what is said and when it is over.

use std::collections::VecDeque;
use std::time::Duration;

use super::body::Chunk;
use super::input::{Input, Line};
use super::{Answer, CloseReason, Envelope, Facts, Options, Output};
use crate::clock::Mono;
use crate::limits::{
    SMTP_COMMAND_TIMEOUT, SMTP_DATA_BLOCK_TIMEOUT, SMTP_ERRORS_MAX, SMTP_GREETING_TIMEOUT, SMTP_RATE_GRACE, SMTP_RATE_MIN_OCTETS_S,
    SMTP_REFUSED_RECIPIENTS_MAX, SMTP_STOP_PATIENCE,
};
use crate::mail::{Address, RecipientDsn};
use crate::smtp::data::{ChunkReceiver, Receiver};
use crate::smtp::{Reply, command, reply};

/// One session.
#[derive(Debug)]
pub struct Session {
    pub(super) options: Options,
    pub(super) facts: Facts,
    /// The client's name as XCLIENT gave it; it counts instead of what EHLO says.
    pub(super) given_helo: Option<String>,
    pub(super) phase: Phase,
    /// The transaction under way, from an accepted MAIL to DATA, RSET or EHLO.
    pub(super) envelope: Option<Envelope>,
    /// What the chunks of the transaction came to so far, from its first BDAT on.
    pub(super) chunks: Option<Box<ChunkReceiver>>,
    pub(super) input: Input,
    /// Whether any octet came in the clear; a TLS handshake is told by the first.
    heard: bool,
    outputs: VecDeque<Output>,
    /// Replies that wait for the end of a pipelined group (RFC 2920 section 3.2).
    replies: Vec<u8>,
    pub(super) counts: Counts,
    pub(super) deadline: Mono,
    /// When the wait for the present command began, or the present message.
    pub(super) since: Mono,
    /// Octets of the present message as they came.
    pub(super) came: u64,
    /// The deadline never moves past this; only while a message is under way it is not the end of time.
    pub(super) deadline_max: Mono,
    stopping: bool,
    gone: bool,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// Reading command lines.
    Command,
    /// Waiting for the driver's answer.
    Asked(Question),
    /// Between 354 and the end of data.
    Body(Receiver),
    /// Within the octets that follow BDAT.
    Chunk(Chunk),
    /// Nothing more is read.
    Ended(CloseReason),
}

#[derive(Debug)]
pub(super) enum Question {
    /// With the envelope that begins if the answer is yes.
    Sender(Envelope),
    Recipient(Address, RecipientDsn),
    Message,
    Tls,
    Client,
}

/// What [`crate::limits`] bounds in one session.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub errors: u32,
    pub idle_commands: u32,
    pub refused_recipients: u32,
    pub transactions: u32,
}

pub(super) const END_OF_TIME: Mono = Mono(u64::MAX);

impl Session {
    /// A new session; the greeting is the first output.
    pub fn new(options: Options, now: Mono) -> Session {
        let mut session = Session {
            facts: Facts::default(),
            given_helo: None,
            phase: Phase::Command,
            envelope: None,
            chunks: None,
            input: Input::default(),
            heard: false,
            outputs: VecDeque::new(),
            replies: Vec::new(),
            counts: Counts::default(),
            deadline: now.plus(SMTP_GREETING_TIMEOUT),
            since: now,
            came: 0,
            deadline_max: END_OF_TIME,
            stopping: false,
            gone: false,
            options,
        };
        session.say(reply::greeting(&session.options.hostname));
        session
    }

    pub fn facts(&self) -> Facts {
        self.facts.clone()
    }

    /// Takes bytes that the client sent.
    ///
    /// Any number at a time, but poll until `WaitUntil` in between: then less than one command line stays
    /// unprocessed, and memory is bounded by that and by how much is given at once.
    pub fn receive(&mut self, bytes: &[u8], now: Mono) {
        match self.phase {
            Phase::Ended(_) => return,
            // RFC 3207 section 6: what was sent in the clear after STARTTLS must not count after the handshake.
            Phase::Asked(Question::Tls) => return,
            Phase::Body(_) | Phase::Chunk(_) => {
                self.came += bytes.len() as u64;
                self.wait_at_most(SMTP_DATA_BLOCK_TIMEOUT, now);
                if self.trickles(now) {
                    self.deadline = now;
                }
            }
            Phase::Command | Phase::Asked(_) => (),
        }
        if let (false, Some(first)) = (self.heard, bytes.first()) {
            self.heard = true;
            // RFC 8446 section 5.1: the record type `handshake`. No command begins with it.
            if *first == 0x16 && !self.facts.tls {
                return self.end(reply::not_smtp(), CloseReason::NotSmtp);
            }
        }
        self.input.push(bytes);
    }

    /// The client closed its side.
    pub fn closed(&mut self) {
        self.gone = true;
    }

    /// The box is stopping: the message under way may finish, and a client that has sent none yet may send one. Another one gets 421, and so does
    /// silence for [`SMTP_STOP_PATIENCE`]. A client that sends one message a connection notices nothing that way.
    pub fn shut_down(&mut self, now: Mono) {
        self.stopping = true;
        if matches!(self.phase, Phase::Command) {
            self.since = now;
            self.hurry(SMTP_STOP_PATIENCE);
        }
    }

    /// Whether the next transaction would be one too many.
    pub(super) fn is_leaving(&self) -> bool {
        self.stopping && self.counts.transactions > 0
    }

    /// Answers the last `Check*`, `Commit` or `StartTls`. Ignored if there was none, or one of the other kind.
    pub fn answer(&mut self, answer: Answer, now: Mono) {
        match std::mem::replace(&mut self.phase, Phase::Command) {
            Phase::Asked(question) => {
                self.wait_for_command(now);
                self.answered(question, answer);
            }
            other => self.phase = other,
        }
    }

    fn answered(&mut self, question: Question, answer: Answer) {
        match (question, answer) {
            (Question::Sender(envelope), Answer::Verdict(reply)) => {
                self.envelope = reply.is_positive().then_some(envelope);
                self.verdict(reply);
            }
            (Question::Recipient(recipient, dsn), Answer::Verdict(reply)) => self.recipient_answered(recipient, dsn, reply),
            (Question::Message, Answer::Verdict(reply)) => {
                if reply.is_positive() {
                    self.counts.idle_commands = 0;
                    self.counts.refused_recipients = 0;
                }
                self.verdict(reply);
            }
            (Question::Tls, Answer::TlsDone) => {
                // RFC 3207 section 4.2: back to the state before EHLO.
                self.facts = Facts { tls: true, ..Facts::default() };
                self.envelope = None;
                self.input.clear();
            }
            (Question::Client, Answer::Client(options)) => {
                self.options = options;
                self.begin_again();
            }
            (Question::Client, Answer::Verdict(reply)) => self.end(reply, CloseReason::Verdict),
            (question, _) => self.phase = Phase::Asked(question),
        }
    }

    /// As if the client had just connected.
    pub(super) fn begin_again(&mut self) {
        self.facts = Facts { tls: self.facts.tls, ..Facts::default() };
        self.say(reply::greeting(&self.options.hostname));
    }

    fn recipient_answered(&mut self, recipient: Address, dsn: RecipientDsn, reply: Reply) {
        if let (true, Some(envelope)) = (reply.is_positive(), &mut self.envelope) {
            envelope.dsn.set_recipient(envelope.recipients.len(), dsn);
            envelope.recipients.push(recipient);
        } else if reply.is_permanent() {
            self.counts.refused_recipients += 1;
            if self.counts.refused_recipients > SMTP_REFUSED_RECIPIENTS_MAX {
                return self.end(reply::too_many_errors(), CloseReason::TooManyErrors);
            }
        }
        self.verdict(reply);
    }

    fn verdict(&mut self, reply: Reply) {
        // RFC 5321 section 3.8: 421 is always followed by closing the connection.
        if reply.code == 421 { self.end(reply, CloseReason::Verdict) } else { self.say(reply) }
    }

    /// The next thing to do.
    pub fn poll(&mut self, now: Mono) -> Output {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            if self.advance(now) {
                continue;
            }
            if !self.replies.is_empty() {
                return Output::Send(std::mem::take(&mut self.replies));
            }
            match self.phase {
                Phase::Ended(reason) => return Output::Close(reason),
                Phase::Asked(_) => return Output::WaitUntil(END_OF_TIME),
                Phase::Command if self.stopping && now >= self.deadline => self.end(reply::shutting_down(), CloseReason::ShuttingDown),
                Phase::Command | Phase::Body(_) | Phase::Chunk(_) if now >= self.deadline => {
                    self.discard_body();
                    self.end(reply::timed_out(), CloseReason::Timeout);
                }
                Phase::Command | Phase::Body(_) | Phase::Chunk(_) => return Output::WaitUntil(self.deadline),
            }
        }
    }

    /// Processes one command line or one piece of a body; false if that needs more input or an answer.
    fn advance(&mut self, now: Mono) -> bool {
        match &self.phase {
            Phase::Ended(_) | Phase::Asked(_) => return false,
            Phase::Command => {
                if self.advance_command(now) {
                    return true;
                }
            }
            Phase::Body(_) => {
                if self.advance_body(now) {
                    return true;
                }
            }
            Phase::Chunk(_) => {
                if self.advance_chunk(now) {
                    return true;
                }
            }
        }
        if self.gone {
            self.discard_body();
            self.phase = Phase::Ended(CloseReason::Gone);
        }
        self.gone
    }

    fn advance_command(&mut self, now: Mono) -> bool {
        let parsed = match self.input.line() {
            Line::None => return false,
            Line::Whole(line) => command::parse(line),
            Line::TooLong => Err(reply::line_too_long()),
            Line::Endless => {
                self.end(reply::too_many_errors(), CloseReason::TooManyErrors);
                return true;
            }
        };
        self.wait_for_command(now);
        match parsed {
            Ok(command) => self.command(command, now),
            Err(reply) => self.mistake(reply),
        }
        true
    }

    /// Says a reply, at the latest when more input is needed.
    pub(super) fn say(&mut self, reply: Reply) {
        self.replies.extend_from_slice(&reply.to_bytes());
    }

    /// Gives the driver something to do, after what has been said so far.
    pub(super) fn emit(&mut self, output: Output) {
        if !self.replies.is_empty() {
            self.outputs.push_back(Output::Send(std::mem::take(&mut self.replies)));
        }
        self.outputs.push_back(output);
    }

    /// Asks the driver; nothing else happens before its answer.
    pub(super) fn ask(&mut self, question: Question, output: Output) {
        self.emit(output);
        self.phase = Phase::Asked(question);
    }

    /// The last reply, then the end.
    pub(super) fn end(&mut self, reply: Reply, reason: CloseReason) {
        self.drop_chunks();
        self.say(reply);
        self.phase = Phase::Ended(reason);
        self.input.clear();
    }

    /// A bad command; one too many ends the session.
    pub(super) fn mistake(&mut self, reply: Reply) {
        self.counts.errors += 1;
        if self.counts.errors > SMTP_ERRORS_MAX {
            self.end(reply::too_many_errors(), CloseReason::TooManyErrors);
        } else {
            self.say(reply);
        }
    }

    /// Sets the deadline, which never moves past the message's own.
    pub(super) fn wait_at_most(&mut self, time: Duration, now: Mono) {
        self.deadline = now.plus(time).min(self.deadline_max);
    }

    pub(super) fn wait_for_command(&mut self, now: Mono) {
        self.since = now;
        self.wait_at_most(if self.stopping { SMTP_STOP_PATIENCE } else { SMTP_COMMAND_TIMEOUT }, now);
    }

    /// There is a crowd: whoever is not in the middle of a message has this long for the next command, from the end of the last one on.
    /// Octets of a command that is not whole count for nothing.
    pub fn hurry(&mut self, time: Duration) {
        if matches!(self.phase, Phase::Command) && self.chunks.is_none() {
            self.deadline = self.deadline.min(self.since.plus(time));
        }
    }

    /// Whether the present message comes too slowly.
    fn trickles(&self, now: Mono) -> bool {
        let time = now.since(self.since);
        time >= SMTP_RATE_GRACE && self.came < time.as_secs() * SMTP_RATE_MIN_OCTETS_S
    }

    /// Forgets the transaction under way, with the chunks that came of its message.
    pub(super) fn drop_transaction(&mut self) {
        self.envelope = None;
        self.drop_chunks();
    }

    /// In the middle of a message that will not be completed.
    fn discard_body(&mut self) {
        if matches!(&self.phase, Phase::Body(receiver) if receiver.defect().is_none()) {
            self.emit(Output::Discard);
        }
        self.drop_chunks();
    }
}
