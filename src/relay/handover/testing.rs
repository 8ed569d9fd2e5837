//! Attempts and states as words, for the tests of this folder.

use super::Attempt;
use crate::clock::Wall;
use crate::relay::DeliveryState;
use crate::smtp::Reply;
use crate::smtp::client::{Cause, Failure, Misfit, Sent, Stage};

pub(super) const NOW: Wall = Wall(1_772_529_302_000);

/// Seconds from [`NOW`].
pub(super) fn seconds(at: Wall) -> u64 {
    at.since(NOW).as_secs()
}

/// An attempt and the number of its recipients (at least one).
///
/// `mail=250`, `rcpt=550`, `data=354`, `end=250` are replies; `rcpt=-` is a recipient without one; `dot` says that the dot was sent;
/// `lost`, `timeout`, `refused`, `nowhere`, `tls`, `ourselves` end a connection; `greeting=`, `hello=`, `auth=` fail it with a reply;
/// `big`, `eight`, `utf8` are misfits.
pub(super) fn attempt(said: &str) -> (Attempt, usize) {
    let mut sent = Sent::default();
    let mut failed = None;
    let mut recipients = 0;
    for word in said.split_whitespace() {
        let (word, code) = word.split_once('=').unwrap_or((word, ""));
        let reply = code.parse().ok().map(|code| Reply::new(code, "said so"));
        let failure = |stage, cause| Some(Failure { stage, cause });
        match word {
            "mail" => sent.mail = reply,
            "rcpt" => {
                recipients += 1;
                sent.recipients.extend(reply);
            }
            "data" => sent.data = reply,
            "end" => (sent.end, sent.dot_sent) = (reply, true),
            "dot" => sent.dot_sent = true,
            "big" => sent.misfit = Some(Misfit::TooBig),
            "eight" => sent.misfit = Some(Misfit::EightBit),
            "utf8" => sent.misfit = Some(Misfit::SmtpUtf8),
            "lost" => failed = failure(reached(&sent), Cause::Lost),
            "timeout" => failed = failure(reached(&sent), Cause::Timeout),
            "refused" => failed = failure(Stage::Connect, Cause::Refused),
            "unreachable" => failed = failure(Stage::Connect, Cause::Unreachable("no route".to_owned())),
            "nowhere" => failed = failure(Stage::Connect, Cause::Nowhere("5.1.10 takes no mail".to_owned())),
            "drop" => failed = failure(Stage::Connect, Cause::Timeout),
            "garbage" => failed = failure(Stage::Greeting, Cause::Protocol("no reply code".to_owned())),
            "tls" => failed = failure(Stage::Tls, Cause::Tls("bad certificate".to_owned())),
            "ourselves" => failed = failure(Stage::Hello, Cause::Ourselves),
            "greeting" => failed = failure(Stage::Greeting, Cause::Reply(reply.expect("a code"))),
            "hello" => failed = failure(Stage::Hello, Cause::Reply(reply.expect("a code"))),
            "auth" => failed = failure(Stage::Auth, Cause::Reply(reply.expect("a code"))),
            other => panic!("what is {other}?"),
        }
    }
    let attempt = match failed {
        Some(failure) if sent.mail.is_none() => Attempt::Failed(failure),
        failed => Attempt::Sent(Sent { connection_lost: failed, ..sent }),
    };
    (attempt, recipients.max(1))
}

fn reached(sent: &Sent) -> Stage {
    match sent {
        Sent { dot_sent: true, .. } => Stage::EndOfData,
        Sent { data: Some(_), .. } => Stage::Body,
        Sent { mail: Some(_), .. } => Stage::Recipient,
        _ => Stage::Greeting,
    }
}

/// `queued+30#1?`: in 30 s, tried once, in doubt; `held#2@gate`; `delivered`.
pub(super) fn one_word(state: &DeliveryState) -> String {
    match state {
        DeliveryState::Queued { attempts, next_at, last, in_doubt, .. } => {
            assert!(last.as_ref().is_some_and(|last| !last.is_empty()), "a queued recipient says why");
            format!("queued+{}#{attempts}{}", seconds(*next_at), if *in_doubt { "?" } else { "" })
        }
        DeliveryState::Held { by_gate, attempts, .. } => format!("held#{attempts}{}", if *by_gate { "@gate" } else { "" }),
        DeliveryState::Delivered { by, .. } => {
            assert_eq!(by, "mail:25");
            "delivered".to_owned()
        }
        DeliveryState::Refused { .. } => "refused".to_owned(),
        other => panic!("unexpected {other:?}"),
    }
}
