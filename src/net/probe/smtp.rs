//! The SMTP probe: connect, 220, EHLO, MAIL, RCPT of the canary, RSET, QUIT.

use std::sync::Arc;
use std::time::Duration;

use super::{Finding, elapsed_ms};
use crate::clock::Clock;
use crate::continuity::{Class, Evidence, Probe};
use crate::limits::PROBE_SLOW_AFTER;
use crate::mail::Address;
use crate::net::deadline::within;
use crate::net::dns::Resolver;
use crate::net::smtp_client::{Connection, Target};
use crate::smtp::Reply;
use crate::smtp::client::{Cause, Failure, Stage};

/// QUIT is a courtesy: its answer is not waited for any longer than this.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Connect, 220, EHLO, MAIL, RCPT of the canary, RSET, QUIT. `target.options.timeouts.hello` covers connect to EHLO; a slow MAIL or RCPT (up to
/// [`crate::limits::PROBE_SLOW_MAX`], which the caller gives as `timeouts.reply`) is `Slow`, not down. 421 to MAIL is `Draining`, 421 elsewhere or
/// 452 is `Refusing`; a canary answered 5xx is `Misconfigured`; our own name at the other end is `Misconfigured`.
///
/// `latency_ms` is the time from the start to the reply to EHLO (with STARTTLS, where used: to the second one); without such a reply there is
/// none. Without a canary the probe stops after MAIL.
pub async fn smtp(target: &Target, canary: Option<&Address>, resolver: &Resolver, clock: Arc<dyn Clock>) -> Evidence {
    let at = clock.now();
    look(target, canary, resolver, &clock).await.into_evidence(Probe::Smtp, at)
}

/// Connect, 220, EHLO, QUIT, within `target.options.timeouts.hello`: whether the primary is there at all.
pub async fn greeting(target: &Target, resolver: &Resolver, clock: Arc<dyn Clock>) -> Evidence {
    let at = clock.now();
    let server = target.server.to_string();
    let finding = match Connection::open(target, resolver, clock.clone()).await {
        Err(failure) => failed(&server, &failure),
        Ok(connection) => {
            let latency_ms = Some(elapsed_ms(clock.as_ref(), at));
            let _ = within(QUIT_TIMEOUT, connection.quit()).await;
            Finding { latency_ms, ..Finding::new(Class::Healthy, format!("{server} answers EHLO")) }
        }
    };
    finding.into_evidence(Probe::Smtp, at)
}

async fn look(target: &Target, canary: Option<&Address>, resolver: &Resolver, clock: &Arc<dyn Clock>) -> Finding {
    let server = target.server.to_string();
    let start = clock.now();
    let mut connection = match Connection::open(target, resolver, clock.clone()).await {
        Ok(connection) => connection,
        Err(failure) => return failed(&server, &failure),
    };
    let latency_ms = Some(elapsed_ms(clock.as_ref(), start));
    let asked = clock.now();
    let finding = match connection.verify(None, canary.cloned()).await {
        Err(failure) => failed(&server, &failure),
        Ok((mail, recipient)) => {
            let took = clock.now().mono.since(asked.mono);
            let finding = answered(&server, canary, &mail, recipient.as_ref(), took);
            let _ = within(QUIT_TIMEOUT, connection.quit()).await;
            finding
        }
    };
    Finding { latency_ms, ..finding }
}

/// Judges replies to MAIL and RCPT.
fn answered(server: &str, canary: Option<&Address>, mail: &Reply, recipient: Option<&Reply>, took: Duration) -> Finding {
    if !mail.is_positive() {
        // Exchange in maintenance answers banner and EHLO as ever and says 421 4.3.2 here; under back pressure 452 4.3.1. A 5xx is about
        // us: a connector that does not let this box in.
        let class = reply_class(Stage::Mail, mail);
        return Finding::new(class, format!("{server} answered MAIL with {}", mail.one_line()));
    }
    if let (Some(canary), Some(recipient)) = (canary, recipient)
        && !recipient.is_positive()
    {
        let (class, hint) = match recipient.is_permanent() {
            true => (Class::Misconfigured, " (does the canary mailbox exist?)"),
            false => (Class::Refusing, ""),
        };
        return Finding::new(class, format!("{server} answered RCPT of the canary {canary} with {}{hint}", recipient.one_line()));
    }
    if took > PROBE_SLOW_AFTER {
        return Finding::new(Class::Slow, format!("{server} works, but took {} s to answer MAIL and RCPT", took.as_secs()));
    }
    match (canary, recipient) {
        (Some(canary), Some(_)) => Finding::new(Class::Healthy, format!("{server} takes mail for {canary}")),
        _ => Finding::new(Class::Healthy, format!("{server} answers EHLO and MAIL")),
    }
}

/// Judges a connection that failed. Mail would fail the same way, so everything that only the primary can mend is red; what only the admin can mend
/// (certificate, password, address) is an alarm.
fn failed(server: &str, failure: &Failure) -> Finding {
    let stage = stage_words(failure.stage);
    match &failure.cause {
        Cause::Refused => Finding { reset: true, ..Finding::new(Class::Down, format!("{server} refused the connection")) },
        Cause::Unreachable(why) | Cause::Nowhere(why) => Finding::new(Class::Down, format!("{server} cannot be reached ({why})")),
        Cause::Timeout => Finding::new(Class::Hanging, format!("{server} did not answer in time ({stage})")),
        // A handshake that is broken off is how a TLS mismatch looks from outside. A dying server shows itself at the next probe.
        Cause::Lost if failure.stage == Stage::Tls => {
            Finding::new(Class::Misconfigured, format!("{server} broke the connection off during the TLS handshake"))
        }
        Cause::Lost => Finding::new(Class::Down, format!("{server} broke the connection off ({stage})")),
        Cause::Protocol(why) => Finding::new(Class::Down, format!("{server} does not speak SMTP ({stage}: {why})")),
        Cause::Certificate(why) => Finding::new(Class::Certificate, format!("{server}: its certificate is not accepted ({why})")),
        Cause::Tls(why) => Finding::new(Class::Misconfigured, format!("{server}: TLS failed ({why})")),
        Cause::Ourselves => Finding::new(Class::Misconfigured, format!("{server} is this box itself: check primary.smtp")),
        Cause::Reply(reply) => Finding::new(reply_class(failure.stage, reply), format!("{server} answered {} ({stage})", reply.one_line())),
    }
}

/// A server that says no before MAIL. 4xx is trouble of its own (421 in any place, 454 when it cannot reach its directory). 5xx at the banner or EHLO
/// is what a broken or closed-down service says too, so it counts; at STARTTLS, AUTH and later it is about us. 421 to MAIL after a good EHLO is
/// Exchange in maintenance.
fn reply_class(stage: Stage, reply: &Reply) -> Class {
    match stage {
        Stage::Connect | Stage::Greeting | Stage::Hello => Class::Refusing,
        Stage::Tls if reply.code != 421 => Class::Misconfigured,
        Stage::Mail if reply.code == 421 => Class::Draining,
        Stage::Auth | Stage::Mail if matches!(reply.code, 530 | 534 | 535 | 538) => Class::Login,
        _ if reply.is_transient() => Class::Refusing,
        _ => Class::Misconfigured,
    }
}

fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect => "while connecting",
        Stage::Greeting => "before its greeting",
        Stage::Hello => "at EHLO",
        Stage::Tls => "at STARTTLS",
        Stage::Auth => "at AUTH",
        Stage::Mail => "at MAIL",
        Stage::Recipient => "at RCPT",
        Stage::Data | Stage::Body | Stage::EndOfData => "at DATA",
        Stage::Idle => "between commands",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_failure(stage: Stage, cause: Cause, class: Class, words: &str) {
        let finding = failed("mail.example:25", &Failure { stage, cause: cause.clone() });
        assert_eq!(finding.class, class, "{stage:?} {cause:?}");
        assert!(finding.detail.starts_with("mail.example:25") && finding.detail.contains(words), "{:?} lacks {words:?}", finding.detail);
        assert_eq!(finding.reset, cause == Cause::Refused);
    }

    #[test]
    fn failures_are_classified() {
        use Class::*;
        check_failure(Stage::Connect, Cause::Refused, Down, "refused the connection");
        check_failure(Stage::Connect, Cause::Unreachable("no route to host".into()), Down, "no route to host");
        check_failure(Stage::Connect, Cause::Timeout, Hanging, "while connecting");
        check_failure(Stage::Greeting, Cause::Timeout, Hanging, "before its greeting");
        check_failure(Stage::Hello, Cause::Timeout, Hanging, "at EHLO");
        check_failure(Stage::Mail, Cause::Timeout, Hanging, "at MAIL");
        check_failure(Stage::Greeting, Cause::Lost, Down, "broke the connection off");
        check_failure(Stage::Mail, Cause::Lost, Down, "at MAIL");
        check_failure(Stage::Greeting, Cause::Protocol("not a reply".into()), Down, "not a reply");
        check_failure(Stage::Tls, Cause::Lost, Misconfigured, "TLS handshake");
        check_failure(Stage::Tls, Cause::Certificate("expired".into()), Certificate, "expired");
        check_failure(Stage::Tls, Cause::Tls("unknown issuer".into()), Misconfigured, "unknown issuer");
        check_failure(Stage::Hello, Cause::Ourselves, Misconfigured, "primary.smtp");
    }

    #[test]
    fn early_replies_are_classified() {
        use Class::*;
        let check = |stage, code, class| check_failure(stage, Cause::Reply(Reply::new(code, "text")), class, "text");
        for (stage, code, class) in [
            (Stage::Greeting, 421, Refusing),
            (Stage::Greeting, 554, Refusing),
            (Stage::Hello, 452, Refusing),
            (Stage::Hello, 502, Refusing),
            (Stage::Tls, 421, Refusing),
            (Stage::Tls, 454, Misconfigured),
            (Stage::Auth, 454, Refusing),
            (Stage::Auth, 535, Login),
            (Stage::Auth, 504, Misconfigured),
            (Stage::Mail, 421, Draining),
        ] {
            check(stage, code, class);
        }
    }

    fn check_answer(mail: u16, recipient: Option<u16>, took_s: u64, class: Class) {
        let canary = Address::parse("canary@example.com").ok();
        let recipient = recipient.map(|code| Reply::new(code, "text"));
        let finding =
            answered("mail.example:25", canary.as_ref(), &Reply::new(mail, "text"), recipient.as_ref(), Duration::from_secs(took_s));
        assert_eq!(finding.class, class, "{mail} {recipient:?} {took_s}: {}", finding.detail);
    }

    #[test]
    fn answers_are_classified() {
        use Class::*;
        check_answer(250, Some(250), 0, Healthy);
        check_answer(250, Some(251), 0, Healthy);
        check_answer(250, None, 0, Healthy);
        check_answer(250, Some(250), 5, Healthy);
        check_answer(250, Some(250), 6, Slow);
        check_answer(250, Some(250), 59, Slow);
        check_answer(421, None, 0, Draining);
        check_answer(530, None, 0, Login);
        check_answer(452, None, 59, Refusing);
        check_answer(550, None, 0, Misconfigured);
        check_answer(250, Some(421), 0, Refusing);
        check_answer(250, Some(452), 0, Refusing);
        check_answer(250, Some(550), 0, Misconfigured);
    }
}
