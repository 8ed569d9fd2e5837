//! From 354, or the first BDAT, to the verdict on the message.

use super::session::{END_OF_TIME, Phase, Question};
use super::{CloseReason, Output, Session};
use crate::clock::Mono;
use crate::limits::{SMTP_COMMAND_TIMEOUT, SMTP_DATA_BLOCK_TIMEOUT, SMTP_MESSAGE_TIMEOUT};
use crate::smtp::command;
use crate::smtp::data::{ChunkReceiver, ChunkStep, Defect, Receiver, Rules, Step};
use crate::smtp::{Reply, reply};

/// A BDAT whose octets are coming.
#[derive(Debug)]
pub(super) struct Chunk {
    /// As announced.
    octets: u64,
    /// Of these, still to come.
    left: u64,
    last: bool,
    /// RFC 3030 section 2: the octets of a chunk that is refused are taken and thrown away before this is said.
    refusal: Option<Reply>,
}

impl Session {
    /// DATA was accepted.
    pub(super) fn begin_body(&mut self, now: Mono) {
        self.emit(Output::BeginBody);
        self.say(reply::start_mail_input());
        self.phase = Phase::Body(Receiver::new(self.rules()));
        self.begin_message(now);
    }

    fn rules(&self) -> Rules {
        Rules { octets_max: self.options.max_message_size, header_firewall: self.options.header_firewall }
    }

    fn begin_message(&mut self, now: Mono) {
        self.deadline_max = now.plus(SMTP_MESSAGE_TIMEOUT);
        (self.since, self.came) = (now, 0);
        self.wait_at_most(SMTP_DATA_BLOCK_TIMEOUT, now);
    }

    fn end_message(&mut self, now: Mono) {
        self.deadline_max = END_OF_TIME;
        self.wait_for_command(now);
        self.input.shrink();
    }

    /// Processes some of a message; false if more input is needed.
    pub(super) fn advance_body(&mut self, now: Mono) -> bool {
        let Phase::Body(receiver) = &mut self.phase else { return false };
        let (used, step) = receiver.receive(self.input.rest());
        self.input.used(used);
        match step {
            Step::More => return false,
            Step::PieceFull => {
                let piece = receiver.take_piece();
                self.emit(Output::Body(piece));
            }
            Step::Defective => self.emit(Output::Discard),
            Step::End => self.end_of_data(now),
        }
        true
    }

    fn end_of_data(&mut self, now: Mono) {
        let Phase::Body(mut receiver) = std::mem::replace(&mut self.phase, Phase::Command) else { return };
        self.end_message(now);
        let (defect, piece) = (receiver.defect(), receiver.take_piece());
        self.judge(defect, piece);
    }

    /// The message has ended: asks for the verdict, unless it is given already.
    fn judge(&mut self, defect: Option<Defect>, last_piece: Vec<u8>) {
        let envelope = self.envelope.take().unwrap_or_default();
        if let Some(defect) = defect {
            // Never 421 here, however many mistakes there were: the sender would try this message again and again.
            self.counts.errors += 1;
            let is_report = envelope.recipients.iter().any(|to| self.options.reports_to.as_ref() == Some(&to.mailbox()));
            return self.say(if is_report { reply::try_later() } else { refusal(defect) });
        }
        if !last_piece.is_empty() {
            self.emit(Output::Body(last_piece));
        }
        self.ask(Question::Message, Output::Commit(envelope));
    }

    /// BDAT. Legal or not, its octets come.
    pub(super) fn bdat(&mut self, chunk: Option<command::Chunk>, now: Mono) {
        let Some(chunk) = chunk else { return self.end(reply::bad_chunk(), CloseReason::OutOfStep) };
        let refusal = self.check_message().err();
        if refusal.is_none() && self.chunks.is_none() {
            self.emit(Output::BeginBody);
            self.chunks = Some(Box::new(ChunkReceiver::new(self.rules())));
            self.begin_message(now);
        }
        (self.since, self.came) = (now, 0);
        self.phase = Phase::Chunk(Chunk { octets: chunk.octets, left: chunk.octets, last: chunk.last, refusal });
        self.wait_at_most(SMTP_DATA_BLOCK_TIMEOUT, now);
    }

    /// Processes some of a chunk; false if more input is needed.
    pub(super) fn advance_chunk(&mut self, now: Mono) -> bool {
        let Phase::Chunk(chunk) = &mut self.phase else { return false };
        if chunk.left == 0 {
            self.end_of_chunk(now);
            return true;
        }
        let rest = self.input.rest();
        let theirs = &rest[..rest.len().min(usize::try_from(chunk.left).unwrap_or(usize::MAX))];
        if theirs.is_empty() {
            return false;
        }
        let (used, step) = match (&mut self.chunks, &chunk.refusal) {
            (Some(receiver), None) => receiver.receive(theirs),
            _ => (theirs.len(), ChunkStep::More),
        };
        chunk.left -= used as u64;
        self.input.used(used);
        match step {
            ChunkStep::More => (),
            ChunkStep::PieceFull => {
                let piece = self.chunks.as_mut().map(|receiver| receiver.take_piece()).unwrap_or_default();
                self.emit(Output::Body(piece));
            }
            ChunkStep::Defective => self.emit(Output::Discard),
        }
        true
    }

    fn end_of_chunk(&mut self, now: Mono) {
        let Phase::Chunk(chunk) = std::mem::replace(&mut self.phase, Phase::Command) else { return };
        self.wait_at_most(SMTP_COMMAND_TIMEOUT, now);
        if let Some(refusal) = chunk.refusal {
            return self.mistake(refusal);
        }
        let Some(mut receiver) = self.chunks.take() else { return };
        match (chunk.last, receiver.defect()) {
            (false, None) => {
                self.chunks = Some(receiver);
                self.say(reply::chunk_taken(chunk.octets));
            }
            // RFC 3030 section 2: after a 5yz the message has failed, and its further chunks are out of order.
            (false, Some(defect)) => {
                self.end_message(now);
                self.judge(Some(defect), Vec::new());
            }
            (true, _) => {
                self.end_message(now);
                let was_sound = receiver.defect().is_none();
                receiver.finish();
                if was_sound && receiver.defect().is_some() {
                    self.emit(Output::Discard);
                }
                self.judge(receiver.defect(), receiver.take_piece());
            }
        }
    }

    /// A message in chunks will not be completed.
    pub(super) fn drop_chunks(&mut self) {
        if let Some(receiver) = self.chunks.take() {
            self.deadline_max = END_OF_TIME;
            if receiver.defect().is_none() {
                self.emit(Output::Discard);
            }
        }
    }
}

fn refusal(defect: Defect) -> Reply {
    match defect {
        Defect::LineEnds => reply::bad_line_ends(),
        Defect::TooBig => reply::too_big(),
        Defect::HeaderTooBig => reply::header_too_big(),
        Defect::Looping => reply::looping(),
    }
}
