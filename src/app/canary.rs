//! The canary message, end to end: a small message goes to a mailbox of the primary, and a rule there, or journaling, must bring it back.
//! Ports that answer prove little; a message that was delivered proves that the primary delivers.
//!
//! It does not go through the store. What comes back is recognised by its Message-ID, taken and forgotten: it is in nobody's mailbox here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::core::{Core, lock};
use super::outgoing::{Outgoing, Source};
use crate::clock::Mono;
use crate::continuity::{Class, Evidence, Input, Probe};
use crate::limits::{CANARIES_REMEMBERED_MAX, CANARY_AGAIN};
use crate::mail::parse::Person;
use crate::mail::{Address, DsnRequest, compose, date};
use crate::net::deadline;
use crate::net::rt::{self, channel};
use crate::relay::Route;
use crate::relay::handover::Attempt;
use crate::smtp::client::{Sent, Transaction};
use crate::store::Staged;

/// How the Message-ID of every canary begins.
const PREFIX: &str = "lifeboat-canary-";
/// The local part of the address to which a rule of the canary mailbox sends it back; the domain is this box's name.
const RETURN: &str = "canary-return";

/// What was sent, and what came back of it.
pub struct Returned {
    back: (channel::Sender<String>, channel::Receiver<String>),
    /// Message-IDs, oldest first. Whatever else looks like a canary is mail.
    sent: Mutex<VecDeque<String>>,
}

impl Default for Returned {
    fn default() -> Returned {
        Returned { back: channel::bounded(8), sent: Mutex::default() }
    }
}

impl Returned {
    fn expect(&self, id: &str) {
        let mut sent = lock(&self.sent);
        if sent.len() >= CANARIES_REMEMBERED_MAX {
            sent.pop_front();
        }
        sent.push_back(id.to_owned());
    }
}

impl Core {
    /// Whether canary messages are sent, and so may come back.
    pub fn has_canary_message(&self) -> bool {
        self.config.canary.end_to_end && self.config.primary.canary.is_some()
    }

    /// Whether it is the address to which canaries come back.
    pub fn is_canary_return(&self, address: &Address) -> bool {
        self.has_canary_message()
            && address.local().eq_ignore_ascii_case(RETURN)
            && address.domain().eq_ignore_ascii_case(&self.config.server.hostname)
    }

    /// Takes note of a canary that came back. False if this is no Message-ID of one that was sent since the start: anybody can write
    /// a message that looks like one, and it is not lost for that.
    pub fn note_canary(&self, message_id: &str) -> bool {
        let is_one = self.has_canary_message() && lock(&self.returned.sent).iter().any(|sent| sent == message_id);
        if is_one {
            log::debug!("canary returned id={message_id}");
            let _nobody_waits = self.returned.back.0.try_send(message_id.to_owned());
        }
        is_one
    }
}

/// Sends canaries, for ever.
pub async fn run(core: Arc<Core>, outgoing: Arc<Outgoing>) {
    let Some(to) = core.config.primary.canary.clone() else { return };
    loop {
        let started = core.now().mono;
        let evidence = send(&core, &outgoing, &to).await;
        let is_red = evidence.as_ref().is_some_and(|evidence| evidence.class.is_red());
        if let Some(evidence) = evidence {
            log::debug!("probe=Canary class={:?} {}", evidence.class, evidence.detail);
            let core = core.clone();
            rt::unblock(move || core.feed(Input::Observed(evidence))).await;
        }
        rt::sleep(pause(&core, started, is_red)).await;
    }
}

/// One that is missing is followed by the next soon: whether it was an accident shows there, and so does the way back.
fn pause(core: &Core, started: Mono, is_red: bool) -> Duration {
    let interval = core.config.canary.interval;
    let interval = if is_red { interval.min(CANARY_AGAIN) } else { interval };
    interval.saturating_sub(core.now().mono.since(started)).max(Duration::from_millis(100))
}

/// One canary. None if the primary did not take it: why is what the SMTP probe is there for.
async fn send(core: &Arc<Core>, outgoing: &Outgoing, to: &Address) -> Option<Evidence> {
    let (sent, at) = (core.now().mono, core.now().wall);
    let id = format!("{PREFIX}{}", core.message_id());
    core.returned.expect(&id);
    // Late ones are of no use any more.
    while core.returned.back.1.try_recv().is_ok() {}
    let body = Staged::from_bytes(message(core, to, &id).ok()?);
    let transaction = Transaction {
        reverse_path: Some(to.clone()),
        recipients: vec![to.clone()],
        eight_bit: false,
        smtputf8: !to.is_ascii(),
        size: body.len(),
        dsn: DsnRequest::default(),
    };
    let (attempt, by) = outgoing.send(Route::Submit, &transaction, &Source::Staged(Arc::new(body))).await;
    let evidence = |class, detail: &str| Some(Evidence { answered: true, ..Evidence::new(core.now().wall, Probe::Canary, class, detail) });
    match taken(&attempt) {
        Taken::Yes => {}
        Taken::Never(reply) => return evidence(Class::Misconfigured, &format!("{by} does not take the canary message for {to}: {reply}")),
        Taken::NotNow => return None,
    }
    let back = deadline::within(core.config.canary.timeout, comes_back(core, &id)).await;
    let took_ms = u64::try_from(core.now().mono.since(sent).as_millis()).unwrap_or(u64::MAX);
    match back {
        Ok(()) => evidence(Class::Healthy, &format!("a message to {to} came back"))
            .map(|evidence| Evidence { latency_ms: Some(took_ms), ..evidence }),
        Err(deadline::Elapsed) => {
            let detail = format!("the message to {to} that {by} took at {} has not come back", date::minute(at));
            evidence(Class::Undelivered, &detail)
        }
    }
}

async fn comes_back(core: &Core, id: &str) {
    // The channel is the core's own: it stays open.
    while core.returned.back.1.recv().await.is_ok_and(|returned| returned != id) {}
}

/// What the primary said to it.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Yes,
    NotNow,
    /// 5xx: with the reply.
    Never(String),
}

fn taken(attempt: &Attempt) -> Taken {
    let Attempt::Sent(sent) = attempt else { return Taken::NotNow };
    let Sent { mail, recipients, data, end, .. } = sent;
    let no = mail.iter().chain(recipients).chain(data).chain(end).find(|reply| reply.is_permanent());
    match (no, end) {
        (Some(reply), _) => Taken::Never(reply.one_line()),
        (None, Some(end)) if end.is_positive() => Taken::Yes,
        (None, _) => Taken::NotNow,
    }
}

fn message(core: &Core, to: &Address, id: &str) -> std::io::Result<Vec<u8>> {
    let person = |name: &str| Person { name: name.to_owned(), address: to.to_string() };
    compose::write_small(&compose::Draft {
        from: person("Lifeboat"),
        to: vec![person("")],
        cc: vec![],
        subject: "Canary".to_owned(),
        text: format!(
            "Lifeboat on {} looks with messages like this one whether mail is delivered. They can be deleted at any time.\n",
            core.config.server.hostname
        ),
        in_reply_to: None,
        references: vec![],
        attachments: vec![],
        message_id: id.to_owned(),
        date: core.now().wall,
        auto_submitted: Some("auto-generated"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::smtp::Reply;

    #[test]
    fn only_what_was_sent_from_here_is_a_canary() {
        let mut world = World::new();
        let core = Arc::get_mut(&mut world.core).unwrap();
        core.config.canary.end_to_end = true;
        core.config.primary.canary = Some(Address::parse("canary@example.com").unwrap());
        let id = |number: usize| format!("{PREFIX}{number}@{}", core.config.server.hostname);
        core.returned.expect(&id(0));
        assert!(core.note_canary(&id(0)));
        assert!(!core.note_canary(&id(1)), "made up");
        (1..=CANARIES_REMEMBERED_MAX).for_each(|number| core.returned.expect(&id(number)));
        assert!(core.note_canary(&id(1)) && !core.note_canary(&id(0)), "memory is bounded");
    }

    fn check(codes: [Option<u16>; 4], expected: &Taken) {
        let reply = |code: Option<u16>| code.map(|code| Reply::new(code, "text"));
        let [mail, recipient, data, end] = codes.map(reply);
        let sent = Sent { mail, recipients: recipient.into_iter().collect(), data, end, ..Sent::default() };
        assert_eq!(taken(&Attempt::Sent(sent)), *expected, "{codes:?}");
    }

    #[test]
    fn only_what_was_taken_is_waited_for() {
        check([Some(250), Some(250), Some(354), Some(250)], &Taken::Yes);
        check([Some(250), Some(250), Some(354), Some(451)], &Taken::NotNow);
        check([Some(421), None, None, None], &Taken::NotNow);
        check([None, None, None, None], &Taken::NotNow);
        check([Some(250), Some(550), None, None], &Taken::Never("550 text".to_owned()));
        check([Some(530), None, None, None], &Taken::Never("530 text".to_owned()));
        check([Some(250), Some(250), Some(354), Some(554)], &Taken::Never("554 text".to_owned()));
    }
}
