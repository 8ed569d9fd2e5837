//! The primary: how its SMTP service and its health pages look to a probe, and how a transaction with it goes.
//!
//! Probes are classed as `net::probe` does it (a room above this one): a primary that is met here as a class there is met so by
//! `tests/it`. Transactions end as the SMTP client's own values, and are judged by the real [`crate::relay::handover`].

use fastrand::Rng;

use super::agenda::Millis;
use super::network::Network;
use super::thresholds::{Thresholds, millis};
use crate::continuity::Class;
use crate::limits::{PROBE_SLOW_AFTER, PROBE_SLOW_MAX, SMTP_FINAL_REPLY_TIMEOUT, SMTP_REPLY_TIMEOUT};
use crate::relay::handover::Attempt;
use crate::smtp::Reply;
use crate::smtp::client::{Cause, Failure, Sent, Stage};

/// How the SMTP service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smtp {
    Up,
    /// The machine is there, the service is not: RST.
    Refusing,
    /// The machine is gone: nothing comes back.
    Dropping,
    /// Takes connections and says nothing.
    Hanging,
    /// Takes so many seconds to answer MAIL (at most 60).
    Slow(u8),
    /// Never answers MAIL.
    Stuck,
    /// 421 4.3.2 at MAIL: maintenance.
    Draining,
    /// 452 4.3.1 at MAIL.
    BackPressure,
    /// 554 instead of a greeting.
    Closed,
    /// 550 to everyone at RCPT: the directory is not back yet.
    HalfRestored,
    /// Breaks off after the final dot, having stored every second message.
    DropsAtDot,
    /// Its certificate is not to be trusted, and TLS is required.
    BadCertificate,
}

/// How the health pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    Fine,
    Unavailable,
    Redirect,
    Refusing,
    Silent,
    BadCertificate,
}

/// What a probe saw, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub class: Class,
    pub took: Millis,
    pub answered: bool,
}

impl Seen {
    fn new(class: Class, took: Millis) -> Seen {
        Seen { class, took, answered: false }
    }

    fn reset() -> Seen {
        Seen { class: Class::Down, took: 1, answered: true }
    }
}

/// The primary at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Primary {
    pub smtp: Smtp,
    pub pages: Pages,
    pub full: Option<u8>,
}

/// How a transaction begins.
pub enum Meeting {
    /// It is over before the body, after so long.
    Over { after: Millis, attempt: Attempt },
    /// The final dot is sent after so long.
    Dot { after: Millis },
}

/// What the primary does at the final dot.
pub struct AtDot {
    /// Recipients by their place in the transaction that have the message now.
    pub stored: Vec<usize>,
    /// The end comes after so long; `sent` without an end if the connection breaks.
    pub after: Millis,
    pub sent: Sent,
}

/// What is handed over.
pub struct Letter<'a> {
    /// People by number; the outside world is none of them.
    pub to: &'a [u8],
    /// The primary refuses its content (5xx after the dot).
    pub poison: bool,
}

impl Primary {
    pub fn well() -> Primary {
        Primary { smtp: Smtp::Up, pages: Pages::Fine, full: None }
    }

    /// What the SMTP probe sees. A wire that is cut looks like a machine that is gone.
    pub fn smtp_looks(&self, wire: &Network, thresholds: &Thresholds, quick: Millis) -> Seen {
        let timeout = thresholds.timeout_ms;
        if !wire.reaches_primary() {
            return Seen::new(Class::Hanging, timeout);
        }
        match self.smtp {
            Smtp::Up | Smtp::DropsAtDot => within(quick + wire.delay_ms, timeout),
            Smtp::HalfRestored if thresholds.canary => Seen::new(Class::Misconfigured, quick),
            Smtp::HalfRestored => within(quick + wire.delay_ms, timeout),
            Smtp::BadCertificate => Seen::new(Class::Certificate, quick),
            Smtp::Refusing => Seen::reset(),
            Smtp::Dropping | Smtp::Hanging => Seen::new(Class::Hanging, timeout),
            Smtp::Slow(seconds) if u64::from(seconds) * 1000 > millis(PROBE_SLOW_AFTER) => {
                Seen::new(Class::Slow, quick + u64::from(seconds) * 1000)
            }
            Smtp::Slow(seconds) => Seen::new(Class::Healthy, quick + u64::from(seconds) * 1000),
            Smtp::Stuck => Seen::new(Class::Hanging, millis(PROBE_SLOW_MAX)),
            Smtp::Draining => Seen::new(Class::Draining, quick),
            Smtp::BackPressure | Smtp::Closed => Seen::new(Class::Refusing, quick),
        }
    }

    /// What the probe of the health pages sees.
    pub fn pages_look(&self, wire: &Network, thresholds: &Thresholds, quick: Millis) -> Seen {
        let timeout = thresholds.timeout_ms;
        if !wire.reaches_primary() {
            return Seen::new(Class::Hanging, timeout);
        }
        match self.pages {
            Pages::Fine => within(quick + wire.delay_ms, timeout),
            Pages::Unavailable | Pages::Redirect => Seen::new(Class::UnhealthyPage, quick),
            Pages::Refusing => Seen::reset(),
            Pages::Silent => Seen::new(Class::Hanging, timeout),
            Pages::BadCertificate => Seen::new(Class::Certificate, quick),
        }
    }

    /// How a transaction begins.
    pub fn meet(&self, wire: &Network, thresholds: &Thresholds, letter: &Letter, rng: &mut Rng) -> Meeting {
        let quick = rng.u64(5..200) + wire.delay_ms;
        let failed = |after, stage, cause| Meeting::Over { after, attempt: Attempt::Failed(Failure { stage, cause }) };
        let refused = |code, text: &str| Meeting::Over {
            after: quick,
            attempt: Attempt::Sent(Sent { mail: Some(Reply::new(code, text)), ..Sent::default() }),
        };
        if !wire.reaches_primary() {
            return failed(thresholds.timeout_ms, Stage::Connect, Cause::Timeout);
        }
        match self.smtp {
            Smtp::Refusing => failed(1, Stage::Connect, Cause::Refused),
            Smtp::Dropping => failed(thresholds.timeout_ms, Stage::Connect, Cause::Timeout),
            Smtp::Hanging => failed(thresholds.timeout_ms, Stage::Greeting, Cause::Timeout),
            Smtp::Closed => failed(quick, Stage::Greeting, Cause::Reply(Reply::new(554, "5.3.2 closed"))),
            Smtp::BadCertificate => failed(quick, Stage::Tls, Cause::Tls("not trusted".to_owned())),
            Smtp::Stuck => broken(millis(SMTP_REPLY_TIMEOUT), Stage::Mail, Cause::Timeout, Sent::default()),
            Smtp::Draining => refused(421, "4.3.2 Service not active"),
            Smtp::BackPressure => refused(452, "4.3.1 Insufficient system resources"),
            Smtp::Up | Smtp::Slow(_) | Smtp::HalfRestored | Smtp::DropsAtDot => {
                let recipients = self.recipient_replies(letter);
                if recipients.iter().all(|reply| !reply.is_positive()) {
                    let sent = Sent { mail: Some(Reply::new(250, "2.1.0 ok")), recipients, ..Sent::default() };
                    return Meeting::Over { after: quick, attempt: Attempt::Sent(sent) };
                }
                let slow = if let Smtp::Slow(seconds) = self.smtp { u64::from(seconds) * 1000 } else { 0 };
                Meeting::Dot { after: quick + slow + rng.u64(10..1000) }
            }
        }
    }

    /// What becomes of the message at its final dot, in the state that the primary is in by then.
    pub fn at_dot(&self, wire: &Network, letter: &Letter, rng: &mut Rng) -> AtDot {
        let recipients = self.recipient_replies(letter);
        let taken: Vec<usize> = (0..recipients.len()).filter(|at| recipients[*at].is_positive()).collect();
        let mut sent = Sent { mail: Some(Reply::new(250, "2.1.0 ok")), recipients, ..Sent::default() };
        let nothing = |after, sent| AtDot { stored: Vec::new(), after, sent };
        let lost = |stage, cause| Some(Failure { stage, cause });
        if !wire.reaches_primary() || matches!(self.smtp, Smtp::Dropping | Smtp::Hanging | Smtp::Stuck) {
            sent.connection_lost = lost(Stage::Data, Cause::Timeout);
            return nothing(millis(SMTP_REPLY_TIMEOUT), sent);
        }
        if matches!(self.smtp, Smtp::Refusing | Smtp::Closed) {
            // It died on the way: before DATA, or within the body.
            sent.data = rng.bool().then(|| Reply::new(354, "go"));
            sent.connection_lost = lost(Stage::Body, Cause::Lost);
            return nothing(1, sent);
        }
        if taken.is_empty() {
            return nothing(1, sent);
        }
        (sent.data, sent.dot_sent) = (Some(Reply::new(354, "go")), true);
        let after = rng.u64(5..500);
        if self.smtp == Smtp::DropsAtDot {
            sent.connection_lost = lost(Stage::EndOfData, Cause::Lost);
            return AtDot { stored: if rng.bool() { taken } else { Vec::new() }, after, sent };
        }
        if letter.poison {
            sent.end = Some(Reply::new(554, "5.7.1 not wanted"));
            return nothing(after, sent);
        }
        sent.end = Some(Reply::new(250, "2.0.0 queued"));
        AtDot { stored: taken, after, sent }
    }

    /// The reply to the final dot is on its way: how it ends if the primary is in this state by then, and after how much longer.
    pub fn at_end(&self, wire: &Network, mut sent: Sent) -> (Millis, Sent) {
        let lost = |cause| Some(Failure { stage: Stage::EndOfData, cause });
        if sent.end.is_none() {
            return (0, sent);
        }
        if !wire.reaches_primary() || matches!(self.smtp, Smtp::Dropping | Smtp::Hanging) {
            (sent.end, sent.connection_lost) = (None, lost(Cause::Timeout));
            return (millis(SMTP_FINAL_REPLY_TIMEOUT), sent);
        }
        if self.smtp == Smtp::Refusing {
            (sent.end, sent.connection_lost) = (None, lost(Cause::Lost));
        }
        (0, sent)
    }

    fn recipient_replies(&self, letter: &Letter) -> Vec<Reply> {
        let reply = |to: &u8| match () {
            () if self.smtp == Smtp::HalfRestored => Reply::new(550, "5.1.1 unknown"),
            () if self.full == Some(*to) => Reply::new(452, "4.2.2 mailbox full"),
            () => Reply::new(250, "2.1.5 ok"),
        };
        letter.to.iter().map(reply).collect()
    }
}

/// Healthy, unless the answer comes too late.
fn within(took: Millis, timeout: Millis) -> Seen {
    if took > timeout { Seen::new(Class::Hanging, timeout) } else { Seen::new(Class::Healthy, took) }
}

fn broken(after: Millis, stage: Stage, cause: Cause, sent: Sent) -> Meeting {
    Meeting::Over { after, attempt: Attempt::Sent(Sent { connection_lost: Some(Failure { stage, cause }), ..sent }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;
    use crate::relay::handover;

    const ALL: [Smtp; 12] = [
        Smtp::Up,
        Smtp::Refusing,
        Smtp::Dropping,
        Smtp::Hanging,
        Smtp::Slow(30),
        Smtp::Stuck,
        Smtp::Draining,
        Smtp::BackPressure,
        Smtp::Closed,
        Smtp::HalfRestored,
        Smtp::DropsAtDot,
        Smtp::BadCertificate,
    ];

    /// Probe and relay of each state, as words.
    #[test]
    fn each_state_looks_like_itself() {
        let expected = "Up Healthy; Refusing Down; Dropping Hanging; Hanging Hanging; Slow(30) Slow; Stuck Hanging; Draining Draining; \
                        BackPressure Refusing; Closed Refusing; HalfRestored Misconfigured; DropsAtDot Healthy; BadCertificate Certificate";
        let look = |smtp| {
            let seen = Primary { smtp, ..Primary::well() }.smtp_looks(&Network::sound(), &Thresholds::default(), 10);
            format!("{smtp:?} {:?}", seen.class)
        };
        assert_eq!(ALL.map(look).join("; "), expected);
    }

    fn relayed(smtp: Smtp) -> (Attempt, usize) {
        let (primary, wire, letter) =
            (Primary { smtp, full: Some(1), ..Primary::well() }, Network::sound(), Letter { to: &[0, 1], poison: false });
        let mut rng = Rng::with_seed(3);
        match primary.meet(&wire, &Thresholds::default(), &letter, &mut rng) {
            Meeting::Over { attempt, .. } => (attempt, 0),
            Meeting::Dot { .. } => {
                let dot = primary.at_dot(&wire, &letter, &mut rng);
                (Attempt::Sent(primary.at_end(&wire, dot.sent).1), dot.stored.len())
            }
        }
    }

    #[test]
    fn relays_see_what_probes_see_except_at_the_dot() {
        for smtp in ALL {
            let evidence = handover::evidence(&relayed(smtp).0, "primary", Wall(0));
            let probe = Primary { smtp, ..Primary::well() }.smtp_looks(&Network::sound(), &Thresholds::default(), 10);
            let same = evidence.class.is_red() == probe.class.is_red();
            assert_eq!(same, !matches!(smtp, Smtp::DropsAtDot | Smtp::Closed), "{smtp:?}: {:?} {:?}", evidence.class, probe.class);
        }
    }

    #[test]
    fn a_full_mailbox_is_one_persons_trouble() {
        let (attempt, stored) = relayed(Smtp::Up);
        let Attempt::Sent(sent) = attempt else { panic!("{attempt:?}") };
        assert_eq!((stored, sent.recipients[1].code, sent.end.map(|end| end.code)), (1, 452, Some(250)));
    }

    #[test]
    fn a_wire_that_is_cut_at_the_end_leaves_doubt() {
        let (primary, mut rng) = (Primary::well(), Rng::with_seed(1));
        let dot = primary.at_dot(&Network::sound(), &Letter { to: &[0], poison: false }, &mut rng);
        let cut = Network { segment_out: true, ..Network::sound() };
        let (more, sent) = primary.at_end(&cut, dot.sent);
        assert_eq!((dot.stored, more, sent.dot_sent, sent.end), (vec![0], 600_000, true, None));
    }
}
