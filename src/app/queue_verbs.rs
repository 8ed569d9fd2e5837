//! What an operator does with mail that waits: look, try, hold, release, give up; by message, by recipient or by domain. Each deed is in the
//! audit trail with whom and how many it was about. Waits for files and the store: not from async code.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::core::Core;
use super::writing::queued_now;
use crate::clock::Wall;
use crate::control::{Answer, Selection, state_words};
use crate::limits::{QUEUE_LIST_MAX, QUEUE_PAGE_ENTRIES};
use crate::mail::{Address, date};
use crate::net::rt;
use crate::relay::bounce::Report;
use crate::relay::{DeliveryState, Queue};
use crate::store::{Change, Delivery, MessageRow, Seq, StoreError};

/// Messages that are changed by one write.
const CHANGED_TOGETHER: usize = 100;

/// What waits, is held, or is being handed over: the oldest [`QUEUE_LIST_MAX`] recipients.
pub fn list(core: &Core, selection: &Selection) -> Answer {
    let mut found = match waiting(core, selection, QUEUE_LIST_MAX + 1, |_| true) {
        Ok(found) => found,
        Err(error) => return unreadable(&error),
    };
    let cut = found.len() > QUEUE_LIST_MAX;
    found.truncate(QUEUE_LIST_MAX);
    if found.is_empty() {
        return Answer::done("Nothing waits.\n", json!([]));
    }
    let line = |to: &Delivery| format!("{}  {}  {:?}  {}\n", to.message, to.address, to.route, state_words(to.route, &to.state));
    let mut text: String = found.iter().map(line).collect();
    if cut {
        text += &format!("These are the oldest {QUEUE_LIST_MAX}; there are more. --recipient and --domain choose among them.\n");
    }
    Answer::done(text, json!(found))
}

/// Everything about one message, whatever became of it.
pub fn show(core: &Core, message: Seq) -> Answer {
    let view = core.store.view();
    let (row, deliveries) = match (view.message(message), view.deliveries(message)) {
        (Ok(Some(row)), Ok(deliveries)) => (row, deliveries),
        (Ok(None), _) => return no_message(message),
        (Err(error), _) | (_, Err(error)) => return unreadable(&error),
    };
    let sender = row.reverse_path.as_ref().map_or_else(|| "<>".to_owned(), Address::to_string);
    let mut text = format!(
        "Message    {message}\nAccepted   {}\nFrom       {sender}\nSubject    {}\nMessage-ID {}\nSize       {} octets\nOrigin     {}\n",
        date::rfc3339(row.at),
        row.summary.subject,
        row.summary.message_id.as_deref().unwrap_or("none"),
        row.size,
        json!(row.origin)["from"].as_str().unwrap_or_default(),
    );
    if let Some(envid) = &row.dsn.envid {
        text += &format!("Envelope   {}\n", envid.decoded());
    }
    for to in &deliveries {
        let dsn = row.dsn.recipient(to.recipient as usize);
        let notify = dsn.notify.map(|notify| format!("; reports: {notify}")).unwrap_or_default();
        text += &format!("\n{}  {:?}{notify}\n  {}\n", to.address, to.route, state_words(to.route, &to.state));
    }
    let hand = [Queue::Primary, Queue::Outbound].iter().any(|queue| core.claims.is_taken(*queue, message));
    if hand {
        text += "\nIt is being handed over at this moment.\n";
    }
    let json = json!({
        "message": message, "accepted": row.at, "from": row.reverse_path, "subject": row.summary.subject,
        "message_id": row.summary.message_id, "size": row.size, "origin": row.origin, "dsn": row.dsn, "in_hand": hand,
        "recipients": deliveries,
    });
    Answer::done(text, json)
}

/// Queued recipients are due now.
pub fn retry(core: &Core, selection: &Selection, by: &str) -> Answer {
    change(core, selection, by, "queue-retry", DeliveryState::is_queued, |now, state| match state {
        DeliveryState::Queued { attempts, last, in_doubt, held, reported, .. } => DeliveryState::Queued {
            attempts: *attempts,
            next_at: now,
            last: last.clone(),
            in_doubt: *in_doubt,
            held: *held,
            reported: *reported,
        },
        other => other.clone(),
    })
}

pub fn hold(core: &Core, selection: &Selection, by: &str) -> Answer {
    change(core, selection, by, "queue-hold", DeliveryState::is_queued, |at, _| DeliveryState::Held {
        at,
        reason: format!("held by {by}"),
        by_gate: false,
        attempts: 0,
    })
}

/// Held recipients are queued again.
pub fn release(core: &Core, selection: &Selection, by: &str) -> Answer {
    change(core, selection, by, "queue-release", |state| matches!(state, DeliveryState::Held { .. }), |at, _| queued_now(at))
}

/// Gives queued and held recipients up; their senders get a DSN. More than one message only if the operator says `yes`.
pub fn bounce(core: &Arc<Core>, selection: &Selection, yes: bool, by: &str) -> Answer {
    let waits = |state: &DeliveryState| state.is_queued() || matches!(state, DeliveryState::Held { .. });
    let messages = match messages(core, selection, waits) {
        Ok(messages) => messages,
        Err(error) => return unreadable(&error),
    };
    if selection.message.is_none() && !yes && !messages.is_empty() {
        return Answer::failed(format!("This would give {} message(s) up for good. Say it again with --yes.", messages.len()));
    }
    let mut done = Done::default();
    audit(core, by, "queue-bounce", selection, messages.len());
    for message in messages {
        let Some(_claim) = core.claims.take_whole(message) else {
            done.busy += 1;
            continue;
        };
        match give_up(core, message, selection, waits) {
            Ok(count) => done.recipients += count,
            Err(answer) => return answer,
        }
    }
    done.answer(core, selection)
}

fn give_up(core: &Arc<Core>, message: Seq, selection: &Selection, waits: impl Fn(&DeliveryState) -> bool) -> Result<usize, Answer> {
    let (row, deliveries) = read(core, message).map_err(|error| unreadable(&error))?.ok_or_else(|| no_message(message))?;
    let words = "5.0.0 given up by the administrator".to_owned();
    let chosen: Vec<(&Delivery, String)> =
        deliveries.iter().filter(|to| waits(&to.state) && fits(selection, to)).map(|to| (to, words.clone())).collect();
    if chosen.is_empty() {
        return Ok(0);
    }
    let dsn = rt::block_on(core.report(Report::Failure, message, &row, &chosen))
        .map_err(|error| Answer::failed(format!("The bounce could not be written: {error}.")))?;
    let now = core.now().wall;
    let state = DeliveryState::Bounced { at: now, reply: words, dsn: dsn.map(|seq| seq.0) };
    let change = |(to, _): &(&Delivery, String)| Change::Delivery { message, recipient: to.recipient, state: state.clone() };
    core.store.write_wait(chosen.iter().map(change).collect(), now).map_err(|error| not_recorded(&error))?;
    Ok(chosen.len())
}

fn read(core: &Core, message: Seq) -> Result<Option<(MessageRow, Vec<Delivery>)>, StoreError> {
    let view = core.store.view();
    Ok(match view.message(message)? {
        Some(row) => Some((row, view.deliveries(message)?)),
        None => None,
    })
}

/// Changes the state of everybody that is selected and wanted. What is being tried at this moment is left alone: a decision now, and the
/// outcome of the try a moment later, would be two outcomes.
fn change(
    core: &Core,
    selection: &Selection,
    by: &str,
    action: &str,
    wanted: impl Fn(&DeliveryState) -> bool,
    new: impl Fn(Wall, &DeliveryState) -> DeliveryState,
) -> Answer {
    let messages: Vec<Seq> = match messages(core, selection, &wanted) {
        Ok(messages) => messages.into_iter().collect(),
        Err(error) => return unreadable(&error),
    };
    audit(core, by, action, selection, messages.len());
    let mut done = Done::default();
    for some in messages.chunks(CHANGED_TOGETHER) {
        let now = core.now().wall;
        let (mut claims, mut changes) = (Vec::new(), Vec::new());
        for message in some {
            let Some(claim) = core.claims.take_whole(*message) else {
                done.busy += 1;
                continue;
            };
            claims.push(claim);
            let deliveries = match core.store.view().deliveries(*message) {
                Ok(deliveries) => deliveries,
                Err(error) => return unreadable(&error),
            };
            let chosen = deliveries.into_iter().filter(|to| wanted(&to.state) && fits(selection, to));
            changes.extend(chosen.map(|to| Change::Delivery { message: to.message, recipient: to.recipient, state: new(now, &to.state) }));
        }
        done.recipients += changes.len();
        if !changes.is_empty()
            && let Err(error) = core.store.write_wait(changes, now)
        {
            return not_recorded(&error);
        }
    }
    done.answer(core, selection)
}

/// How far an operator's deed came.
#[derive(Default)]
struct Done {
    recipients: usize,
    /// Messages that are being handed over at this moment.
    busy: usize,
}

impl Done {
    fn answer(&self, core: &Core, selection: &Selection) -> Answer {
        core.kick(Queue::Primary);
        core.kick(Queue::Outbound);
        match (self.recipients, self.busy, selection.message) {
            (0, 1.., Some(message)) => {
                Answer::failed(format!("Message {message} is being handed over at this moment. Please try again in a minute."))
            }
            (0, 0, Some(message)) => {
                Answer::failed(format!("Message {message} has no recipient to which this applies. `lifeboat queue list` shows what waits."))
            }
            (0, 0, None) if !selection.is_everything() => {
                Answer::failed("There is nothing to which this applies. `lifeboat queue list` shows what waits.")
            }
            (recipients, busy, _) => {
                let left = match busy {
                    0 => String::new(),
                    _ => format!("{busy} message(s) are being handed over at this moment and were left alone.\n"),
                };
                let text = format!("Done for {recipients} recipient(s).\n{left}");
                Answer::done(text, json!({ "recipients": recipients, "in_hand": busy }))
            }
        }
    }
}

fn audit(core: &Core, by: &str, action: &str, selection: &Selection, messages: usize) {
    core.audit(by, action, format!("{selection} messages={messages}"));
}

/// Messages with recipients that are selected and wanted.
fn messages(core: &Core, selection: &Selection, wanted: impl Fn(&DeliveryState) -> bool) -> Result<BTreeSet<Seq>, StoreError> {
    if let Some(message) = selection.message {
        return Ok([Seq(message)].into());
    }
    Ok(waiting(core, selection, usize::MAX, wanted)?.into_iter().map(|to| to.message).collect())
}

/// At most `limit` recipients that are selected, wanted, and queued, held or in hand; the oldest of each kind, in the order of messages.
fn waiting(core: &Core, selection: &Selection, limit: usize, wanted: impl Fn(&DeliveryState) -> bool) -> Result<Vec<Delivery>, StoreError> {
    let view = core.store.view();
    let takes = |to: &Delivery| wanted(&to.state) && fits(selection, to);
    let mut found: Vec<Delivery> = Vec::new();
    let (mut after, mut count) = (None, 0);
    loop {
        let page = view.held(after, QUEUE_PAGE_ENTRIES)?;
        let Some(last) = page.last() else { break };
        after = Some((last.message, last.recipient));
        let some: Vec<Delivery> = page.into_iter().filter(takes).take(limit - count).collect();
        count += some.len();
        found.extend(some);
        if count >= limit {
            break;
        }
    }
    for queue in [Queue::Primary, Queue::Outbound] {
        let (mut after, mut count) = (None, 0);
        loop {
            let page = view.queue(queue, after, QUEUE_PAGE_ENTRIES)?;
            let Some(last) = page.last() else { break };
            after = Some((Seq(last.message), last.recipient));
            for entries in page.chunk_by(|one, next| one.message == next.message) {
                let of_entry = |to: &Delivery| entries.iter().any(|entry| entry.recipient == to.recipient);
                let deliveries = view.deliveries(Seq(entries[0].message))?;
                found.extend(deliveries.into_iter().filter(|to| of_entry(to) && takes(to)).inspect(|_| count += 1));
            }
            if count >= limit {
                break;
            }
        }
    }
    for message in core.claims.messages() {
        let deliveries = view.deliveries(message)?;
        found.extend(deliveries.into_iter().filter(|to| to.state == DeliveryState::InSession && takes(to)));
    }
    found.sort_by_key(|to| (to.message, to.recipient));
    found.dedup_by_key(|to| (to.message, to.recipient));
    found.truncate(limit);
    Ok(found)
}

fn fits(selection: &Selection, to: &Delivery) -> bool {
    let mailbox = to.address.mailbox();
    selection.message.is_none_or(|message| to.message == Seq(message))
        && selection.recipient.as_ref().is_none_or(|recipient| recipient.mailbox() == mailbox)
        && selection.domain.as_ref().is_none_or(|domain| to.address.is_in(std::slice::from_ref(domain)))
}

fn no_message(message: Seq) -> Answer {
    Answer::failed(format!("There is no message {message}."))
}

fn unreadable(error: &StoreError) -> Answer {
    Answer::failed(format!("The queue cannot be read: {error}."))
}

fn not_recorded(error: &StoreError) -> Answer {
    Answer::failed(format!("This could not be recorded: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;

    fn selection(recipient: &str, domain: &str) -> Selection {
        let recipient = Address::parse(recipient).ok();
        Selection { message: None, recipient, domain: Some(domain.to_owned()).filter(|domain| !domain.is_empty()) }
    }

    fn states(world: &World, message: Seq) -> String {
        let deliveries = world.core.store.view().deliveries(message).unwrap();
        let word = |to: &Delivery| json!(to.state)["state"].as_str().unwrap_or_default().to_owned();
        deliveries.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn recipients_and_domains_choose() {
        let world = World::new();
        let now = world.core.now().wall;
        let ann = Some(world.address("ann"));
        let one = world.outward(ann.clone(), &["bo@a.example", "cy@b.example"], Default::default(), now);
        let two = world.outward(ann, &["BO@A.example"], Default::default(), now);
        let check = |answer: Answer, recipients: u64, expected: [&str; 2]| {
            assert_eq!((answer.exit, answer.json["recipients"].as_u64()), (0, Some(recipients)), "{answer:?}");
            assert_eq!([states(&world, one), states(&world, two)], expected);
        };
        check(hold(&world.core, &selection("bo@a.example", ""), "admin"), 2, ["held queued", "held"]);
        check(release(&world.core, &selection("", "A.example".to_lowercase().as_str()), "admin"), 2, ["queued queued", "queued"]);
        check(hold(&world.core, &selection("", "b.example"), "admin"), 1, ["queued held", "queued"]);
        assert_eq!(list(&world.core, &selection("", "a.example")).json.as_array().unwrap().len(), 2);
        assert_eq!(list(&world.core, &Selection::default()).json.as_array().unwrap().len(), 3);

        let unsure = bounce(&world.core, &selection("bo@a.example", ""), false, "admin");
        assert!(unsure.exit == 1 && unsure.text.contains("2 message(s)"), "{unsure:?}");
        check(bounce(&world.core, &selection("bo@a.example", ""), true, "admin"), 2, ["bounced held", "bounced"]);
        let nothing = hold(&world.core, &selection("nobody@a.example", ""), "admin");
        assert_eq!(nothing.exit, 1, "{nothing:?}");
    }

    #[test]
    fn every_deed_is_on_record() {
        let world = World::new();
        world.outward(None, &["bo@a.example"], Default::default(), world.core.now().wall);
        hold(&world.core, &selection("bo@a.example", ""), "eve");
        let lines = world.core.ledger.read("audit").unwrap();
        let last = lines.last().unwrap().data.to_string();
        assert!(last.contains("queue-hold") && last.contains("eve") && last.contains("recipient=bo@a.example messages=1"), "{last}");
    }

    #[test]
    fn a_message_is_shown_whole() {
        let world = World::new();
        let message = world.outward(Some(world.address("ann")), &["bo@a.example"], Default::default(), world.core.now().wall);
        let answer = show(&world.core, message);
        for part in ["From       ann@example.com\n", "Subject    outward\n", "bo@a.example  Outbound\n  queued, 0 tries"] {
            assert!(answer.text.contains(part), "{part}: {}", answer.text);
        }
        assert_eq!(show(&world.core, Seq(99)).exit, 1);
    }
}
