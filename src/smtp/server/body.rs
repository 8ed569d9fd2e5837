//! From 354 to the verdict on the message.

use super::session::{Phase, Question};
use super::{Output, Session};
use crate::clock::Mono;
use crate::limits::{SMTP_COMMAND_TIMEOUT, SMTP_DATA_BLOCK_TIMEOUT, SMTP_MESSAGE_TIMEOUT};
use crate::smtp::data::{Defect, Receiver, Step};
use crate::smtp::{Reply, reply};

impl Session {
    /// DATA was accepted.
    pub(super) fn begin_body(&mut self, now: Mono) {
        self.emit(Output::BeginBody);
        self.say(reply::start_mail_input());
        self.phase = Phase::Body(Receiver::new(self.options.max_message_size));
        self.deadline_max = now.plus(SMTP_MESSAGE_TIMEOUT);
        self.deadline = now.plus(SMTP_DATA_BLOCK_TIMEOUT);
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
        self.deadline_max = Mono(u64::MAX);
        self.deadline = now.plus(SMTP_COMMAND_TIMEOUT);
        self.input.shrink();
        let envelope = self.envelope.take().unwrap_or_default();
        if let Some(defect) = receiver.defect() {
            // Never 421 here, however many mistakes there were: the sender would try this message again and again.
            self.counts.errors += 1;
            return self.say(refusal(defect));
        }
        let piece = receiver.take_piece();
        if !piece.is_empty() {
            self.emit(Output::Body(piece));
        }
        self.ask(Question::Message, Output::Commit(envelope));
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
