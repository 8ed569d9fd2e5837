//! What a real relay says about the health of the primary.

use super::answer::{Meaning, asks_for_login, meaning};
use super::{Attempt, Tried, words};
use crate::clock::Wall;
use crate::continuity::{Class, Evidence, Probe};
use crate::smtp::Reply;
use crate::smtp::client::{Cause, Failure, Sent, Stage};

/// An attempt as evidence for the continuity machine. A reply about one recipient or one message, whatever it says, shows a primary that
/// works; 421 and 452 about the service show one that does not.
pub fn evidence(attempt: &Attempt, target: &str, at: Wall) -> Evidence {
    let (class, detail, answered) = match attempt {
        Attempt::Failed(failure) => failed(failure, target),
        Attempt::Sent(sent) => answered(sent, target),
    };
    Evidence { answered, ..Evidence::new(at, Probe::Relay, class, &detail) }
}

/// Whether an earlier try of this message showed the same: MAIL is put off again. A policy may do that to one sender for ever; it is
/// evidence once, and no more while nothing else counts against the primary.
pub fn is_known(attempt: &Attempt, tried: &[Tried]) -> bool {
    let put_off = matches!(attempt, Attempt::Sent(sent) if sent.mail.as_ref().is_some_and(Reply::is_transient));
    put_off && tried.iter().all(|tried| tried.attempts > 0)
}

fn failed(failure: &Failure, target: &str) -> (Class, String, bool) {
    let class = match &failure.cause {
        Cause::Refused | Cause::Lost | Cause::Unreachable(_) | Cause::Nowhere(_) | Cause::Protocol(_) => Class::Down,
        // Nobody took the connection: that is no hanging server but none at all.
        Cause::Timeout if failure.stage == Stage::Connect => Class::Down,
        Cause::Timeout => Class::Hanging,
        Cause::Certificate(_) => Class::Certificate,
        Cause::Tls(_) | Cause::Ourselves => Class::Misconfigured,
        Cause::Reply(reply) if asks_for_login(reply) => Class::Login,
        Cause::Reply(reply) if failure.stage == Stage::Mail && reply.code == 421 => Class::Draining,
        Cause::Reply(reply) if meaning(reply) == Meaning::No => Class::Misconfigured,
        Cause::Reply(_) => Class::Refusing,
    };
    let answered = failure.stage != Stage::Connect || failure.cause == Cause::Refused;
    (class, words::failed(failure, target), answered)
}

/// The last command that was answered decides; without one it is how the connection ended.
fn answered(sent: &Sent, target: &str) -> (Class, String, bool) {
    if sent.misfit.is_some() {
        return (Class::Healthy, format!("{target} answers; a message did not fit what it takes"), true);
    }
    let verdict = |reply: &Reply, refusing: bool| {
        let class = match () {
            () if asks_for_login(reply) => Class::Login,
            () if refusing => Class::Refusing,
            () => Class::Healthy,
        };
        (class, format!("{target} answered {}", words::kept(reply)), true)
    };
    if let Some(end) = &sent.end {
        return verdict(end, is_of_the_service(end));
    }
    // A 421 announces the end of the connection; it says more than the end itself.
    if let Some(goodbye) = last_words(sent) {
        let is_mail = sent.mail.as_ref() == Some(goodbye);
        let (class, detail, answered) = verdict(goodbye, true);
        return (if is_mail { Class::Draining } else { class }, detail, answered);
    }
    if let Some(failure) = &sent.connection_lost {
        return failed(failure, target);
    }
    if let Some(data) = sent.data.as_ref().filter(|data| !data.is_positive()) {
        return verdict(data, is_of_the_service(data));
    }
    if let Some(mail) = sent.mail.as_ref().filter(|mail| meaning(mail) != Meaning::Yes) {
        // A 4xx to MAIL is not yet about a recipient: 421 4.3.2 in maintenance, 452 4.3.1 under back pressure.
        return verdict(mail, mail.is_transient());
    }
    match sent.recipients.iter().find(|reply| meaning(reply) != Meaning::Yes) {
        // 452 4.2.2 is a full mailbox, 452 4.5.3 too many recipients: both are about this message.
        Some(reply) => verdict(reply, reply.is_transient() && has_status(reply, "4.3.")),
        None => (Class::Healthy, format!("{target} answers"), true),
    }
}

fn last_words(sent: &Sent) -> Option<&Reply> {
    let mut replies = sent.mail.iter().chain(&sent.recipients).chain(&sent.data);
    replies.rfind(|reply| reply.code == 421)
}

fn is_of_the_service(reply: &Reply) -> bool {
    matches!(reply.code, 421 | 452) || (reply.is_transient() && has_status(reply, "4.3."))
}

fn has_status(reply: &Reply, prefix: &str) -> bool {
    reply.lines.first().is_some_and(|line| line.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::EVIDENCE_DETAIL_MAX_OCTETS;
    use crate::relay::handover::testing::{NOW, attempt};

    fn check(said: &str, class: Class, answered: bool) {
        let evidence = evidence(&attempt(said).0, "mail:25", NOW);
        assert_eq!((evidence.class, evidence.answered), (class, answered), "{said}: {}", evidence.detail);
        assert_eq!((evidence.probe, evidence.at), (Probe::Relay, NOW));
        assert!(evidence.detail.contains("mail:25"), "{said}: {}", evidence.detail);
    }

    #[test]
    fn no_connection() {
        check("refused", Class::Down, true);
        check("unreachable", Class::Down, false);
        check("drop", Class::Down, false);
        check("garbage", Class::Down, true);
        check("timeout", Class::Hanging, true);
        check("lost", Class::Down, true);
        check("tls", Class::Misconfigured, true);
        check("ourselves", Class::Misconfigured, true);
        check("auth=535", Class::Login, true);
        check("greeting=554", Class::Misconfigured, true);
        check("greeting=421", Class::Refusing, true);
        check("auth=454", Class::Refusing, true);
    }

    #[test]
    fn a_transaction() {
        check("mail=250 rcpt=250 data=354 end=250", Class::Healthy, true);
        check("mail=250 rcpt=250 data=354 end=250 lost", Class::Healthy, true);
        check("mail=250 rcpt=250 data=354 end=550", Class::Healthy, true);
        check("mail=250 rcpt=250 data=354 end=451", Class::Healthy, true);
        check("mail=250 rcpt=250 data=354 end=452", Class::Refusing, true);
        check("mail=250 rcpt=250 data=354 dot timeout", Class::Hanging, true);
        check("mail=250 rcpt=250 data=354 dot lost", Class::Down, true);
        check("mail=250 rcpt=250 timeout", Class::Hanging, true);
        check("mail=250 rcpt=550", Class::Healthy, true);
        check("mail=250 rcpt=450", Class::Healthy, true);
        check("mail=250 rcpt=452", Class::Healthy, true);
        check("mail=250 rcpt=250 data=554", Class::Healthy, true);
        check("mail=550", Class::Healthy, true);
        check("mail=530", Class::Login, true);
        check("mail=421 lost", Class::Draining, true);
        check("mail=452", Class::Refusing, true);
        check("mail=451", Class::Refusing, true);
        check("mail=250 rcpt=421 lost", Class::Refusing, true);
        check("big rcpt=-", Class::Healthy, true);
    }

    #[test]
    fn back_pressure_at_rcpt_is_told_from_a_full_mailbox() {
        let class = |text: &str| {
            let sent = Sent { mail: Some(Reply::new(250, "ok")), recipients: vec![Reply::new(452, text)], ..Sent::default() };
            evidence(&Attempt::Sent(sent), "mail:25", NOW).class
        };
        assert_eq!(class("4.3.1 Insufficient system resources"), Class::Refusing);
        assert_eq!(class("4.2.2 Mailbox full"), Class::Healthy);
    }

    #[test]
    fn a_message_that_is_put_off_again_says_nothing_new() {
        let is_known = |said: &str, attempts| is_known(&attempt(said).0, &[Tried { attempts, ..Tried::default() }]);
        assert!(!is_known("mail=451", 0) && is_known("mail=451", 1) && is_known("mail=421 lost", 9));
        for said in ["refused", "timeout", "greeting=421", "mail=250 rcpt=421", "mail=250 rcpt=250 data=354 end=452", "mail=250 lost"] {
            assert!(!is_known(said, 9), "{said}");
        }
    }

    #[test]
    fn details_are_bounded() {
        let sent = Sent { mail: Some(Reply { code: 421, lines: vec!["x\u{1b}[2J".repeat(9999); 99] }), ..Sent::default() };
        let detail = evidence(&Attempt::Sent(sent), "mail:25", NOW).detail;
        assert!(detail.len() <= EVIDENCE_DETAIL_MAX_OCTETS && !detail.chars().any(char::is_control), "{detail}");
    }
}
