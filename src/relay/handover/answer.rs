//! What the other server said about each recipient, whatever command it said it to.

use super::Attempt;
use crate::smtp::Reply;
use crate::smtp::client::Sent;

/// The answer for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer<'a> {
    /// The recipient was taken; this is the reply to the final dot.
    End(&'a Reply),
    /// RCPT was refused, for now or for good.
    Recipient(&'a Reply),
    /// MAIL or DATA was refused: it concerns the whole message.
    Transaction(&'a Reply),
    /// The connection failed before a reply.
    None(Broke),
}

/// How far a transaction got before its connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broke {
    /// Before DATA was answered, or never connected: it says nothing about the message.
    Before,
    /// Within the body: nothing was handed over, but the message itself may be the reason.
    Within,
    /// After the final dot: it may have arrived (RFC 5321 section 4.5.3.2.6).
    AfterDot,
}

/// What a reply means, by its first digit (RFC 5321 section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Yes,
    /// 4xx, and what makes no sense at this place: try again.
    Later,
    No,
}

pub(super) fn meaning(reply: &Reply) -> Meaning {
    match reply.code {
        200..=299 => Meaning::Yes,
        500.. => Meaning::No,
        _ => Meaning::Later,
    }
}

/// "You must log in first": trouble with our own settings, whichever command it answers. It says nothing about a recipient.
/// RFC 3207 section 4 and RFC 4954 section 6.
pub(super) fn asks_for_login(reply: &Reply) -> bool {
    matches!(reply.code, 530 | 534 | 535 | 538)
}

/// The answer for each of `count` recipients, in order.
pub(super) fn answers(attempt: &Attempt, count: usize) -> Vec<Answer<'_>> {
    match attempt {
        Attempt::Failed(_) => vec![Answer::None(Broke::Before); count],
        Attempt::Sent(sent) => (0..count).map(|number| answer(sent, number)).collect(),
    }
}

fn answer(sent: &Sent, number: usize) -> Answer<'_> {
    if let Some(mail) = sent.mail.as_ref().filter(|mail| meaning(mail) != Meaning::Yes) {
        return Answer::Transaction(mail);
    }
    if let Some(recipient) = sent.recipients.get(number).filter(|recipient| meaning(recipient) != Meaning::Yes) {
        return Answer::Recipient(recipient);
    }
    // A recipient that RCPT has no reply for was not in what was sent, however far that got.
    if number >= sent.recipients.len() {
        return Answer::None(Broke::Before);
    }
    match (&sent.end, &sent.data) {
        (Some(end), _) => Answer::End(end),
        (None, Some(data)) if !data.is_positive() => Answer::Transaction(data),
        (None, _) if sent.dot_sent => Answer::None(Broke::AfterDot),
        (None, Some(_)) => Answer::None(Broke::Within),
        (None, None) => Answer::None(Broke::Before),
    }
}
