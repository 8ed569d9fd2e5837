//! The hand-over while the sender waits (DESIGN section 4, "cut-through").

use super::answer::{Answer, Broke, Meaning, answers, meaning};
use super::{Attempt, words};
use crate::clock::Wall;
use crate::limits::BACKOFF_FIRST;
use crate::relay::DeliveryState;
use crate::smtp::{Reply, reply};

/// What each recipient's state is now and what the sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// In the order of the recipients.
    pub states: Vec<DeliveryState>,
    /// None means: our own `250` (the message is ours now).
    pub reply: Option<Reply>,
}

/// Normal mode, inside the session. Only the reply to the final dot is a verdict on the message:
///
/// - 5xx for all recipients: refused, and the sender hears that reply as it is, so that we never make a bounce;
/// - 250 or 5xx with other replies at RCPT: mixed; ours, 4xx recipients queue and 5xx recipients are held for the admin;
/// - everything else (4xx, a 5xx at the greeting, EHLO, MAIL, RCPT or DATA, nothing in time): ours, queued. A 5xx before the dot is
///   evidence about the primary and no verdict: a half-started Exchange refuses everybody.
///
/// What does not fit the primary's limits is held. A connection that failed before the message is tried again at once.
pub fn in_session(attempt: &Attempt, recipients: usize, by: &str, now: Wall) -> Verdict {
    if let Some(misfit) = misfit(attempt) {
        let (_, reason) = words::misfit(misfit, by);
        return Verdict { states: vec![held(reason, now); recipients], reply: None };
    }
    let answers = answers(attempt, recipients);
    let end = answers.iter().find_map(|answer| if let Answer::End(reply) = answer { Some(*reply) } else { None });
    if let Some(reply) = end.filter(|end| meaning(end) == Meaning::No)
        && answers.iter().all(|answer| matches!(answer, Answer::End(_)))
    {
        let refused = DeliveryState::Refused { at: now, reply: words::kept(reply) };
        return Verdict { states: vec![refused; recipients], reply: Some(reply.clone()) };
    }
    let is_verdict = end.is_some_and(|end| meaning(end) != Meaning::Later);
    let states = answers.iter().map(|answer| state(*answer, is_verdict, attempt, by, now)).collect();
    Verdict { states, reply: None }
}

/// Mail that streams through because our own disk is full or failed: nothing is ours, so the primary's reply is the answer,
/// and without one for the whole message the sender keeps it.
pub fn uncached(attempt: &Attempt, recipients: usize) -> Reply {
    match answers(attempt, recipients).as_slice() {
        [Answer::End(end), rest @ ..] if rest.iter().all(|answer| matches!(answer, Answer::End(_))) => (*end).clone(),
        // A mixed verdict cannot be told in one reply: the sender tries all of them again.
        _ => reply::try_later(),
    }
}

fn state(answer: Answer<'_>, is_verdict: bool, attempt: &Attempt, by: &str, now: Wall) -> DeliveryState {
    let (reply, later) = match answer {
        Answer::End(reply) | Answer::Recipient(reply) | Answer::Transaction(reply) => (reply, now.plus(BACKOFF_FIRST)),
        Answer::None(broke) => {
            let (attempts, next_at) = if broke == Broke::Before { (0, now) } else { (1, now.plus(BACKOFF_FIRST)) };
            let last = Some(words::unanswered(attempt, by));
            return DeliveryState::Queued { attempts, next_at, last, in_doubt: broke == Broke::AfterDot, held: 0, reported: false };
        }
    };
    match meaning(reply) {
        Meaning::Yes => DeliveryState::Delivered { at: now, reply: words::kept(reply), by: by.to_owned() },
        Meaning::No if is_verdict => held(words::kept(reply), now),
        Meaning::No | Meaning::Later => {
            DeliveryState::Queued { attempts: 1, next_at: later, last: Some(words::kept(reply)), in_doubt: false, held: 0, reported: false }
        }
    }
}

fn held(reason: String, now: Wall) -> DeliveryState {
    DeliveryState::Held { at: now, reason, by_gate: false, attempts: 1 }
}

fn misfit(attempt: &Attempt) -> Option<crate::smtp::client::Misfit> {
    match attempt {
        Attempt::Sent(sent) => sent.misfit,
        Attempt::Failed(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::handover::testing::{NOW, attempt, one_word, seconds};

    /// What the primary said, in the words of `testing::attempt`; the states, and the reply to the sender.
    fn check(said: &str, expected: &str, reply: Option<u16>) {
        let (attempt, recipients) = attempt(said);
        let verdict = in_session(&attempt, recipients, "mail:25", NOW);
        let states: Vec<String> = verdict.states.iter().map(one_word).collect();
        assert_eq!((states.join(" ").as_str(), verdict.reply.map(|reply| reply.code)), (expected, reply), "{said}");
    }

    #[test]
    fn taken() {
        check("mail=250 rcpt=250 data=354 end=250", "delivered", None);
        check("mail=250 rcpt=250 rcpt=251 data=354 end=250", "delivered delivered", None);
        check("mail=250 rcpt=250 data=354 end=250 lost", "delivered", None);
    }

    #[test]
    fn refused_after_the_dot_is_passed_on_as_it_is() {
        check("mail=250 rcpt=250 data=354 end=550", "refused", Some(550));
        check("mail=250 rcpt=250 rcpt=250 data=354 end=554", "refused refused", Some(554));
        let (mut said, _) = attempt("mail=250 rcpt=250 data=354 end=550");
        let reply = Reply { code: 550, lines: vec!["5.7.1 spam".to_owned(), "5.7.1 see\u{7} https://example.com".to_owned()] };
        if let Attempt::Sent(sent) = &mut said {
            sent.end = Some(reply.clone());
        }
        let verdict = in_session(&said, 1, "mail:25", NOW);
        assert_eq!(verdict.reply, Some(reply));
        let kept = "550 5.7.1 spam 5.7.1 see  https://example.com".to_owned();
        assert_eq!(verdict.states, [DeliveryState::Refused { at: NOW, reply: kept }]);
    }

    #[test]
    fn not_now_is_ours() {
        check("mail=250 rcpt=250 data=354 end=451", "queued+30#1", None);
        check("mail=250 rcpt=450 rcpt=452", "queued+30#1 queued+30#1", None);
        check("mail=421", "queued+30#1", None);
        check("mail=250 rcpt=250 data=451", "queued+30#1", None);
        check("mail=250 rcpt=250 data=354 end=354", "queued+30#1", None);
    }

    #[test]
    fn no_before_the_dot_is_evidence_and_no_verdict() {
        check("mail=550", "queued+30#1", None);
        check("mail=250 rcpt=550", "queued+30#1", None);
        check("mail=250 rcpt=550 rcpt=550", "queued+30#1 queued+30#1", None);
        check("mail=250 rcpt=550 rcpt=451", "queued+30#1 queued+30#1", None);
        check("mail=250 rcpt=250 data=554", "queued+30#1", None);
        check("mail=250 rcpt=250 rcpt=550 data=354 end=451", "queued+30#1 queued+30#1", None);
    }

    #[test]
    fn mixed_verdicts_are_ours() {
        check("mail=250 rcpt=250 rcpt=450 rcpt=550 data=354 end=250", "delivered queued+30#1 held#1", None);
        check("mail=250 rcpt=250 rcpt=450 data=354 end=550", "held#1 queued+30#1", None);
        check("mail=250 rcpt=250 rcpt=550 data=354 end=550", "held#1 held#1", None);
        check("mail=250 rcpt=250 rcpt=550 data=354 dot lost", "queued+30#1? queued+30#1", None);
    }

    #[test]
    fn no_connection_is_tried_again_at_once() {
        check("refused", "queued+0#0", None);
        check("timeout", "queued+0#0", None);
        check("lost", "queued+0#0", None);
        check("mail=250 lost", "queued+0#0", None);
        check("mail=250 rcpt=250 lost", "queued+0#0", None);
        check("mail=250 rcpt=250 rcpt=- lost", "queued+0#0 queued+0#0", None);
        // No reply to its RCPT: whatever the end says, it is not about this one.
        check("mail=250 rcpt=250 rcpt=- data=354 end=250", "delivered queued+0#0", None);
        check("mail=250 rcpt=250 rcpt=- data=354 end=550", "held#1 queued+0#0", None);
        check("mail=250 rcpt=550 rcpt=- lost", "queued+30#1 queued+0#0", None);
    }

    #[test]
    fn no_answer_after_the_dot_may_have_arrived() {
        check("mail=250 rcpt=250 data=354 dot lost", "queued+30#1?", None);
        check("mail=250 rcpt=250 data=354 dot timeout", "queued+30#1?", None);
        check("mail=250 rcpt=250 data=354 lost", "queued+30#1", None);
    }

    #[test]
    fn what_does_not_fit_is_held() {
        check("big rcpt=-", "held#1", None);
        check("eight rcpt=- rcpt=-", "held#1 held#1", None);
        let (attempt, recipients) = attempt("big rcpt=-");
        let states = in_session(&attempt, recipients, "mail:25", NOW).states;
        let reason = "the message is larger than mail:25 takes".to_owned();
        assert_eq!(states, [DeliveryState::Held { at: NOW, reason, by_gate: false, attempts: 1 }]);
    }

    #[test]
    fn every_recipient_gets_a_state() {
        for said in ["refused", "mail=250 lost", "mail=250 rcpt=250 data=354 end=250", "mail=550", "big"] {
            for recipients in 0..5 {
                let states = in_session(&attempt(said).0, recipients, "mail:25", NOW).states;
                assert_eq!(states.len(), recipients, "{said}");
            }
        }
        assert_eq!(seconds(NOW), 0);
    }
}
