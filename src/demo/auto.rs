//! The demonstration without hands: the whole story with measurements and a proof at its end.

use std::time::Duration;

use super::compare::{self, Accepted, Proof};
use super::outside::Taken;
use super::people::OFFICE;
use super::sample;
use super::stage::Stage;
use super::stand_in::Kept;
use super::timeline::{print, seconds};
use super::traffic::Traffic;
use super::visitor::{Page, Typed, Visitor};
use crate::continuity::Mode;
use crate::mail::parse::summarise;
use crate::net::rt;

/// Detection is promised below 20 s; the rest is patience with a slow machine.
const DETECTION_LIMIT: Duration = Duration::from_secs(30);
const RECOVERY_LIMIT: Duration = Duration::from_secs(120);
const ARRIVAL_LIMIT: Duration = Duration::from_secs(30);
/// Traffic with the primary up, before and after.
const NORMAL_TRAFFIC: Duration = Duration::from_secs(2);
/// The outage goes on for this long after the answer was sent.
const OUTAGE_REST: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Who answers, and the colleague who gets a copy.
const WRITER: usize = 0;
const READER: usize = 1;
const ANSWER: &str = "Thank you, we have it. The mail server is down at the moment, but we read everything.";

/// What was measured.
struct Times {
    detected: Duration,
    usable: Duration,
    drained: Duration,
}

/// Plays the story.
///
/// # Errors
/// The step that did not work; in words.
pub async fn run(stage: &mut Stage) -> Result<bool, String> {
    stage.timeline.tell(format!("the box is up: SMTP {}, webmail https://{}/", stage.smtp()?, stage.web()?));
    let mut accepted = samples(stage).await?;
    let traffic = Traffic::start(stage.outside.clone(), stage.clock.clone());
    rt::sleep(NORMAL_TRAFFIC).await;
    let (times, subject) = match outage(stage, &traffic).await {
        Ok(outcome) => outcome,
        Err(error) => {
            // A refused sender explains more than the step that waited for it.
            let senders = rt::race(async { traffic.stop().await.err() }, async {
                rt::sleep(NORMAL_TRAFFIC).await;
                None
            })
            .await;
            return Err(senders.map_or(error.clone(), |senders| format!("{error}; senders: {senders}")));
        }
    };
    rt::sleep(NORMAL_TRAFFIC).await;
    let taken = traffic.stop().await?;
    let tries: u32 = taken.iter().map(|taken| taken.tries).sum();
    stage.timeline.tell(format!("{} messages were sent meanwhile, in {tries} transactions", taken.len()));
    accepted.extend(pairs(taken));
    settle(stage, &accepted).await?;
    let proof = proof(stage, &accepted, &subject)?;
    digest(stage, &subject).await?;
    report(&proof, &times);
    Ok(proof.lost.is_empty() && proof.duplicated == 0)
}

fn pairs(taken: Vec<Taken>) -> impl Iterator<Item = Accepted> {
    taken.into_iter().flat_map(|taken| taken.pairs)
}

/// Thirty days of mail while all is well: relayed in the session, the same at the primary.
async fn samples(stage: &mut Stage) -> Result<Vec<Accepted>, String> {
    let mut accepted = Vec::new();
    for parcel in sample::parcels(stage.clock.now().wall)? {
        accepted.extend(stage.outside.send(&parcel).await?.pairs);
    }
    settle(stage, &accepted).await?;
    let proof = compare::prove(&accepted, &stage.primary.kept());
    if !proof.lost.is_empty() {
        return Err(format!("sample mail is not at the primary: {}", proof.lost.join(", ")));
    }
    stage
        .timeline
        .tell(format!("30 days of sample mail sent and relayed: {} deliveries, byte for byte the same at the primary", proof.delivered));
    Ok(accepted)
}

/// From the plug out to everything handed over.
async fn outage(stage: &mut Stage, traffic: &Traffic) -> Result<(Times, String), String> {
    stage.pull_plug().await;
    let pulled = stage.now();
    stage.wait("in continuity", DETECTION_LIMIT, |status| status.mode == Mode::Continuity).await?;
    let detected = stage.now().since(pulled);
    let (mut visitor, id) = sign_in(stage, traffic, pulled).await?;
    let usable = stage.now().since(pulled);
    stage.timeline.tell(format!("{} is signed in and sees {id}, which came after the plug was pulled", OFFICE[WRITER].name));
    let subject = read_and_answer(stage, &mut visitor, &id).await?;
    rt::sleep(OUTAGE_REST).await;
    stage.plug_in().await?;
    let back = stage.now();
    stage.wait("back in normal", RECOVERY_LIMIT, |status| status.mode == Mode::Normal).await?;
    let drained = stage.now().since(back);
    Ok((Times { detected, usable, drained }, subject))
}

/// Signs in over HTTPS and finds a message that was accepted in the outage.
async fn sign_in(stage: &mut Stage, traffic: &Traffic, pulled: crate::clock::Mono) -> Result<(Visitor, String), String> {
    let login = stage.logins.get(WRITER).cloned().ok_or("nobody can sign in")?;
    let mut visitor = Visitor::new(stage.web()?);
    visitor.sign_in(&login.address, &login.password).await?;
    let start = stage.now();
    loop {
        if let Some(id) = traffic.accepted_after(pulled, &login.address)
            && visitor.inbox().await?.html.contains(&id)
        {
            return Ok((visitor, id));
        }
        if stage.now().since(start) > ARRIVAL_LIMIT {
            return Err("the inbox shows nothing that came after the plug was pulled".to_owned());
        }
        rt::sleep(LOOK_AGAIN).await;
    }
}

/// Opens the message and answers it, to the sender outside and to a colleague. Gives the subject of the answer.
async fn read_and_answer(stage: &mut Stage, visitor: &mut Visitor, id: &str) -> Result<String, String> {
    let page: Page = visitor.open(id).await?;
    if !super::html::text(&page.html).contains(id) {
        return Err(format!("the opened message does not show {id}"));
    }
    visitor.answer(&page, &Typed { also_to: &OFFICE[READER].address(), text: ANSWER }).await?;
    if !visitor.sent().await?.html.contains(id) {
        return Err("the answer is not in Sent".to_owned());
    }
    stage.timeline.tell(format!("{} has read it and answered, to the sender and to {}", OFFICE[WRITER].name, OFFICE[READER].name));
    let subject = format!("Re: Order {id}");
    let start = stage.now();
    while written(&stage.internet.kept(), &subject).is_empty() {
        if stage.now().since(start) > ARRIVAL_LIMIT {
            return Err("the answer did not get out through the smart host".to_owned());
        }
        rt::sleep(LOOK_AGAIN).await;
    }
    stage.timeline.tell("the answer has left through the smart host");
    Ok(subject)
}

/// Waits until the queue is empty and nothing is missing at the primary (or time is up: then the proof says so).
async fn settle(stage: &mut Stage, accepted: &[Accepted]) -> Result<(), String> {
    stage.wait("with an empty queue", ARRIVAL_LIMIT, |status| status.queue.primary == 0 && status.queue.outbound == 0).await?;
    let start = stage.now();
    while !compare::prove(accepted, &stage.primary.kept()).lost.is_empty() && stage.now().since(start) < ARRIVAL_LIMIT {
        rt::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

/// Messages with exactly this subject.
fn written(kept: &[Kept], subject: &str) -> Vec<Kept> {
    kept.iter().filter(|message| summarise(&message.bytes).subject == subject).cloned().collect()
}

/// Everything from outside at the primary; the answer at the colleague's mailbox and outside, once each and the same.
fn proof(stage: &Stage, accepted: &[Accepted], subject: &str) -> Result<Proof, String> {
    let primary = stage.primary.kept();
    let outside = written(&stage.internet.kept(), subject);
    let colleague = OFFICE[READER].address();
    let sent = outside.first().ok_or("the answer is not at the smart host")?;
    let answer: std::sync::Arc<[u8]> = compare::without_trace(&sent.bytes).into();
    let sender = sent.recipients.first().cloned().unwrap_or_default().to_lowercase();
    let mut all = accepted.to_vec();
    for recipient in [sender, colleague] {
        all.push(Accepted { id: subject.to_owned(), recipient, bytes: answer.clone() });
    }
    let everywhere: Vec<Kept> = primary.into_iter().chain(outside).collect();
    let proof = compare::prove(&all, &everywhere);
    for lost in proof.lost.iter().take(20) {
        stage.timeline.tell(format!("LOST {lost}"));
    }
    Ok(proof)
}

/// The writer finds the sent copy in the normal mailbox: the digest carries it as an attached message.
async fn digest(stage: &mut Stage, subject: &str) -> Result<(), String> {
    let writer = OFFICE[WRITER].address();
    let start = stage.now();
    loop {
        let found = stage.primary.kept().iter().any(|message| {
            let to_writer = message.recipients.iter().any(|recipient| recipient.eq_ignore_ascii_case(&writer));
            let text = String::from_utf8_lossy(&message.bytes);
            to_writer && text.contains("message/rfc822") && text.contains(&format!("Subject: {subject}"))
        });
        if found {
            stage.timeline.tell(format!("the digest with the sent copy is in {}'s normal mailbox", OFFICE[WRITER].name));
            return Ok(());
        }
        if stage.now().since(start) > ARRIVAL_LIMIT {
            return Err("no digest with the sent copy at the primary".to_owned());
        }
        rt::sleep(LOOK_AGAIN).await;
    }
}

fn report(proof: &Proof, times: &Times) {
    print(&format!(
        "detected in {}, usable in {}, drained in {} (accepted and delivered count each recipient of each message)",
        seconds(times.detected),
        seconds(times.usable),
        seconds(times.drained)
    ));
    print(&format!(
        "demo: accepted={} delivered={} lost={} duplicated={} detected_s={:.1} usable_s={:.1} drained_s={:.1}",
        proof.accepted,
        proof.delivered,
        proof.lost.len(),
        proof.duplicated,
        times.detected.as_secs_f64(),
        times.usable.as_secs_f64(),
        times.drained.as_secs_f64()
    ));
}
