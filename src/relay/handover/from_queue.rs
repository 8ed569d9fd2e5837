//! What a try from the queue means.

use super::answer::{Answer, Broke, Meaning, answers, asks_for_login, meaning};
use super::{Attempt, words};
use crate::clock::Wall;
use crate::limits::{BACKOFF_FIRST, HELD_RETRY_AFTER, OUTBOUND_EXPIRY, OUTBOUND_TRIES_MIN};
use crate::relay::{DeliveryState, Queue, backoff};
use crate::smtp::Reply;
use crate::smtp::client::{Cause, Failure};

/// A recipient as the queue knew it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    /// Before this one: `Queued::attempts`.
    pub attempts: u32,
    pub accepted_at: Wall,
    /// An earlier try may have arrived: `Queued::in_doubt`. It stays so until there is an answer.
    pub in_doubt: bool,
    /// How often it has been held before: `Queued::held`.
    pub held: u32,
    /// The sender was told of the delay: `Queued::reported`.
    pub reported: bool,
}

/// How things stand at a try.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// The recovery gate is running, or this is a new try of what it held.
    pub by_gate: bool,
    /// Nothing counts against the primary.
    pub is_calm: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    State(DeliveryState),
    /// Outward mail was refused or expired: write a DSN, then record `Bounced`.
    Bounce {
        reply: String,
    },
}

/// From the queue: what becomes of each recipient, in their order.
///
/// Towards the primary nothing is ever given up: a 5xx is held. What the gate holds is tried again by itself as
/// [`DeliveryState::gate_retry_after`] says. A connection that fails, and a server that refuses every message (421, or 4xx at MAIL), say
/// nothing about this message: it waits a constant short time, so that a primary that is back is noticed at once. A server that
/// refuses MAIL while all is calm refuses this message: it steps aside longer and longer.
///
/// Outward, 5xx about the message or the recipient, what does not fit, and a domain that takes no mail is [`Next::Bounce`]; trouble between the
/// next server and us (greeting, EHLO, TLS, login) waits. So does everything else, with growing back-off, until it is older than [`OUTBOUND_EXPIRY`] and was
/// tried [`OUTBOUND_TRIES_MIN`] times (an age alone may be a wall clock that jumped).
pub fn from_queue(
    attempt: &Attempt,
    queue: Queue,
    conditions: Conditions,
    recipients: &[Tried],
    by: &str,
    random: u64,
    now: Wall,
) -> Vec<Next> {
    let pass = Pass { attempt, conditions, by, random, now };
    let answers = answers(attempt, recipients.len());
    let some_taken = answers.iter().any(|answer| matches!(answer, Answer::End(_)));
    let each = recipients.iter().zip(&answers);
    match queue {
        Queue::Primary => each.map(|(tried, answer)| Next::State(pass.to_primary(tried, *answer))).collect(),
        Queue::Outbound => each.map(|(tried, answer)| pass.outward(tried, *answer, some_taken)).collect(),
    }
}

/// One try, for all its recipients.
struct Pass<'a> {
    attempt: &'a Attempt,
    conditions: Conditions,
    by: &'a str,
    random: u64,
    now: Wall,
}

impl Pass<'_> {
    fn to_primary(&self, tried: &Tried, answer: Answer<'_>) -> DeliveryState {
        if let Some((_, reason)) = self.misfit() {
            return self.held(tried, reason, false);
        }
        match answer {
            Answer::None(Broke::Before) => self.soon(tried, self.unanswered()),
            Answer::None(broke) => self.later(tried, self.unanswered(), broke == Broke::AfterDot),
            Answer::End(reply) if meaning(reply) == Meaning::Yes => self.delivered(reply),
            Answer::End(reply) | Answer::Recipient(reply) | Answer::Transaction(reply) if asks_for_login(reply) => {
                self.soon(tried, words::kept(reply))
            }
            Answer::End(reply) | Answer::Recipient(reply) | Answer::Transaction(reply) if meaning(reply) == Meaning::No => {
                self.held(tried, words::kept(reply), self.conditions.by_gate)
            }
            Answer::Transaction(reply) if self.conditions.is_calm => self.later(tried, words::kept(reply), false),
            Answer::Transaction(reply) => self.soon(tried, words::kept(reply)),
            Answer::End(reply) | Answer::Recipient(reply) if reply.code == 421 => self.soon(tried, words::kept(reply)),
            Answer::End(reply) | Answer::Recipient(reply) => self.later(tried, words::kept(reply), false),
        }
    }

    fn outward(&self, tried: &Tried, answer: Answer<'_>, some_taken: bool) -> Next {
        if let Some((code, reason)) = self.misfit() {
            return Next::Bounce { reply: format!("{code} {reason}") };
        }
        let (last, in_doubt) = match answer {
            Answer::None(_) if self.is_nowhere() => return Next::Bounce { reply: self.unanswered() },
            Answer::None(broke) => (self.unanswered(), broke == Broke::AfterDot),
            Answer::End(reply) if meaning(reply) == Meaning::Yes => return Next::State(self.delivered(reply)),
            Answer::End(reply) | Answer::Recipient(reply) | Answer::Transaction(reply) => {
                let too_many = matches!(answer, Answer::Recipient(_)) && some_taken && is_too_many(reply);
                if meaning(reply) == Meaning::No && !asks_for_login(reply) && !too_many {
                    return Next::Bounce { reply: words::kept(reply) };
                }
                (words::kept(reply), false)
            }
        };
        let tries = tried.attempts.saturating_add(1);
        if self.now.since(tried.accepted_at) >= OUTBOUND_EXPIRY && tries >= OUTBOUND_TRIES_MIN {
            // RFC 3463: X.4.7, delivery time expired.
            return Next::Bounce { reply: words::cut(&format!("4.4.7 given up after 5 days; the last try: {last}")) };
        }
        Next::State(self.later(tried, last, in_doubt))
    }

    fn delivered(&self, reply: &Reply) -> DeliveryState {
        DeliveryState::Delivered { at: self.now, reply: words::kept(reply), by: self.by.to_owned() }
    }

    fn held(&self, tried: &Tried, reason: String, by_gate: bool) -> DeliveryState {
        let attempts = tried.held.saturating_add(1);
        // After the last of its own tries the gate leaves it to the admin.
        let by_gate = by_gate && usize::try_from(attempts).is_ok_and(|times| times <= HELD_RETRY_AFTER.len());
        DeliveryState::Held { at: self.now, reason, by_gate, attempts }
    }

    /// Again after a constant short time: it was not about this message.
    fn soon(&self, tried: &Tried, last: String) -> DeliveryState {
        let next_at = self.now.plus(BACKOFF_FIRST);
        DeliveryState::Queued {
            attempts: tried.attempts,
            next_at,
            last: Some(last),
            in_doubt: tried.in_doubt,
            held: tried.held,
            reported: tried.reported,
        }
    }

    /// Again after a growing time. All recipients of a message that fail together come back together.
    fn later(&self, tried: &Tried, last: String, in_doubt: bool) -> DeliveryState {
        let attempts = tried.attempts.saturating_add(1);
        let next_at = self.now.plus(backoff::wait(attempts, self.random));
        DeliveryState::Queued {
            attempts,
            next_at,
            last: Some(last),
            in_doubt: in_doubt || tried.in_doubt,
            held: tried.held,
            reported: tried.reported,
        }
    }

    fn unanswered(&self) -> String {
        words::unanswered(self.attempt, self.by)
    }

    /// The domain itself takes no mail.
    fn is_nowhere(&self) -> bool {
        matches!(self.attempt, Attempt::Failed(Failure { cause: Cause::Nowhere(_), .. }))
    }

    fn misfit(&self) -> Option<(&'static str, String)> {
        match self.attempt {
            Attempt::Sent(sent) => sent.misfit.map(|misfit| words::misfit(misfit, self.by)),
            Attempt::Failed(_) => None,
        }
    }
}

/// RFC 5321 section 4.5.3.1.10: 552 at RCPT was once the reply for "too many recipients" and then means "later"; but 5.2.x is about
/// this very mailbox.
fn is_too_many(reply: &Reply) -> bool {
    reply.code == 552 && reply.lines.first().is_none_or(|line| !line.starts_with("5.2."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::handover::testing::{NOW, attempt, one_word};

    const FRESH: Tried = Tried { attempts: 0, accepted_at: NOW, in_doubt: false, held: 0, reported: false };

    fn next(said: &str, queue: Queue, by_gate: bool, tried: Tried) -> String {
        next_under(said, queue, Conditions { by_gate, is_calm: false }, tried)
    }

    fn next_under(said: &str, queue: Queue, conditions: Conditions, tried: Tried) -> String {
        let (attempt, recipients) = attempt(said);
        let word = |next: &Next| match next {
            Next::State(state) => one_word(state),
            Next::Bounce { reply } => format!("bounce:{}", reply.split(' ').next().unwrap_or_default()),
        };
        let nexts = from_queue(&attempt, queue, conditions, &vec![tried; recipients], "mail:25", 0, NOW);
        nexts.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    fn check_primary(said: &str, expected: &str) {
        assert_eq!(next(said, Queue::Primary, false, FRESH), expected, "{said}");
    }

    fn check_outbound(said: &str, expected: &str) {
        assert_eq!(next(said, Queue::Outbound, false, FRESH), expected, "{said}");
    }

    #[test]
    fn towards_the_primary() {
        check_primary("mail=250 rcpt=250 data=354 end=250", "delivered");
        check_primary("mail=250 rcpt=250 rcpt=450 rcpt=550 data=354 end=250", "delivered queued+30#1 held#1");
        check_primary("mail=250 rcpt=250 rcpt=550 data=354 end=451", "queued+30#1 held#1");
        check_primary("mail=250 rcpt=250 data=354 end=550", "held#1");
        check_primary("mail=550", "held#1");
        check_primary("mail=250 rcpt=250 data=554", "held#1");
        check_primary("mail=250 rcpt=250 data=354 lost", "queued+30#1");
        check_primary("mail=250 rcpt=250 data=354 dot timeout", "queued+30#1?");
        check_primary("big rcpt=-", "held#1");
    }

    #[test]
    fn a_primary_that_is_away_does_not_make_the_wait_grow() {
        for said in
            ["refused", "timeout", "mail=250 lost", "mail=421", "mail=452", "mail=250 rcpt=421", "mail=530", "auth=535", "greeting=554"]
        {
            let mut tried = FRESH;
            for _ in 0..100 {
                assert_eq!(next(said, Queue::Primary, true, tried), "queued+30#0", "{said}");
                tried.accepted_at = Wall(0);
            }
        }
    }

    #[test]
    fn a_message_that_is_put_off_while_all_is_calm_steps_aside_longer_and_longer() {
        let calm = Conditions { by_gate: false, is_calm: true };
        for (attempts, expected) in [(0, "queued+30#1"), (1, "queued+60#2"), (6, "queued+1800#7"), (4000, "queued+1800#4001")] {
            let tried = Tried { attempts, ..FRESH };
            for said in ["mail=451", "mail=421", "mail=250 rcpt=250 data=451"] {
                assert_eq!(next_under(said, Queue::Primary, calm, tried), expected, "{said}");
            }
            assert_eq!(next_under("refused", Queue::Primary, calm, tried), format!("queued+30#{attempts}"));
        }
    }

    #[test]
    fn a_recipient_that_is_answered_not_now_steps_aside_longer_and_longer() {
        for (attempts, expected) in [(0, "queued+30#1"), (1, "queued+60#2"), (6, "queued+1800#7"), (4000, "queued+1800#4001")] {
            let tried = Tried { attempts, accepted_at: Wall(0), ..FRESH };
            assert_eq!(next("mail=250 rcpt=452", Queue::Primary, false, tried), expected, "the primary's queue never expires");
        }
    }

    #[test]
    fn what_the_gate_holds_is_the_gates_until_its_tries_are_used_up() {
        let said = "mail=250 rcpt=550";
        assert_eq!(next(said, Queue::Primary, true, FRESH), "held#1@gate");
        assert_eq!(next(said, Queue::Primary, true, Tried { held: 1, ..FRESH }), "held#2@gate");
        assert_eq!(next(said, Queue::Primary, true, Tried { held: 2, ..FRESH }), "held#3");
        assert_eq!(next(said, Queue::Primary, false, FRESH), "held#1");
        assert_eq!(next("big rcpt=-", Queue::Primary, true, FRESH), "held#1", "waiting makes no message smaller");
    }

    #[test]
    fn doubt_stays_until_there_is_an_answer() {
        let doubtful = Tried { in_doubt: true, ..FRESH };
        assert_eq!(next("refused", Queue::Primary, false, doubtful), "queued+30#0?");
        assert_eq!(next("mail=250 rcpt=250 data=354 end=451", Queue::Primary, false, doubtful), "queued+30#1?");
        assert_eq!(next("refused", Queue::Outbound, false, doubtful), "queued+30#1?");
        assert_eq!(next("mail=250 rcpt=250 data=354 end=250", Queue::Outbound, false, doubtful), "delivered");
    }

    #[test]
    fn outward() {
        check_outbound("mail=250 rcpt=250 data=354 end=250", "delivered");
        check_outbound("mail=250 rcpt=250 rcpt=450 rcpt=550 data=354 end=250", "delivered queued+30#1 bounce:550");
        check_outbound("mail=250 rcpt=550", "bounce:550");
        check_outbound("mail=553 rcpt=-", "bounce:553");
        check_outbound("mail=250 rcpt=250 data=554", "bounce:554");
        check_outbound("mail=250 rcpt=250 data=354 end=550", "bounce:550");
        check_outbound("mail=451", "queued+30#1");
        check_outbound("mail=250 rcpt=250 data=354 dot lost", "queued+30#1?");
        check_outbound("big rcpt=-", "bounce:552");
        check_outbound("eight rcpt=-", "bounce:554");
        check_outbound("utf8 rcpt=-", "bounce:553");
        check_outbound("nowhere", "bounce:5.1.10");
    }

    #[test]
    fn trouble_between_the_smart_host_and_us_is_not_the_recipients() {
        for said in ["greeting=554", "hello=550", "auth=535", "tls", "mail=530", "mail=250 rcpt=535", "refused", "ourselves"] {
            check_outbound(said, "queued+30#1");
        }
    }

    #[test]
    fn too_many_recipients_is_later() {
        let two = |text: &str| {
            let (mut said, count) = attempt("mail=250 rcpt=250 rcpt=552 data=354 end=250");
            if let Attempt::Sent(sent) = &mut said {
                sent.recipients[1] = Reply::new(552, text);
            }
            from_queue(&said, Queue::Outbound, Conditions::default(), &vec![FRESH; count], "mail:25", 0, NOW).pop()
        };
        assert!(matches!(two("Too many recipients"), Some(Next::State(DeliveryState::Queued { .. }))));
        assert!(matches!(two("5.2.2 Mailbox full"), Some(Next::Bounce { .. })));
        check_outbound("mail=250 rcpt=552", "bounce:552");
    }

    #[test]
    fn outward_mail_expires_by_age_and_tries() {
        let days = |days: u64| Wall(NOW.0 - days * 86_400_000);
        let last = |attempts, accepted_at| next("mail=250 rcpt=450", Queue::Outbound, false, Tried { attempts, accepted_at, ..FRESH });
        assert_eq!(last(200, days(5)), "bounce:4.4.7");
        assert_eq!(last(200, days(4)), "queued+1800#201");
        assert_eq!(last(3, days(5)), "queued+240#4");
        assert_eq!(last(3, Wall(0)), "queued+240#4", "accepted in 1970: the clock was wrong, not the mail old");
        assert_eq!(last(200, NOW.plus(OUTBOUND_EXPIRY)), "queued+1800#201", "the clock jumped back");
        assert_eq!(next("refused", Queue::Outbound, false, Tried { attempts: 200, accepted_at: days(6), ..FRESH }), "bounce:4.4.7");
    }
}
