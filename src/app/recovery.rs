//! The way back while the mode is Recovering: the gate in front of the drain, then everybody's digest, then the word that all
//! is handed over.

use std::sync::Arc;

use super::core::{Core, EventNow};
use super::writing::{Addressed, NewMessage, queued_now};
use crate::continuity::{Gate as Report, Input};
use crate::failback::{DigestPart, Fared, Gate, plan_digests};
use crate::limits;
use crate::mail::{Address, Mailbox, compose};
use crate::net::rt;
use crate::notify::{self, Digest, DigestItem};
use crate::relay::handover::Next;
use crate::relay::{DeliveryState, Queue, Route};
use crate::store::{Change, Delivery, Entry, Folder, Origin, Seq, Staged, StoreError};

/// One time in Recovering.
pub struct Recovery {
    gate: Gate,
    event: Option<EventNow>,
    digests_written: bool,
    /// The newest try found no working connection: what waits is not deferred by the primary's own word.
    no_connection: bool,
}

impl Recovery {
    pub fn new(event: Option<EventNow>) -> Recovery {
        Recovery { gate: Gate::new(), event, digests_written: false, no_connection: false }
    }

    pub fn room(&self, in_flight: usize) -> usize {
        self.gate.room(in_flight)
    }

    /// Notes how a message fared; too many refusals are a relapse.
    pub async fn note(&mut self, core: &Arc<Core>, nexts: Option<&[Next]>, no_connection: bool) {
        self.no_connection = no_connection;
        let Some(nexts) = nexts else { return };
        if let Some((refused, tried)) = self.gate.note(Fared::of(nexts)) {
            feed(core, Input::Gate(Report::Relapse { refused, tried })).await;
            // If a forced end holds the relapse off, the hand-over begins again behind a new gate.
            self.gate = Gate::new();
        }
    }

    /// Called when nothing is due and nothing under way. True if there is more to hand over now.
    pub async fn finish(&mut self, core: &Arc<Core>) -> bool {
        if self.no_connection {
            return false;
        }
        if !self.digests_written {
            match self.write_digests(core).await {
                Ok(written) => {
                    self.digests_written = true;
                    if written > 0 {
                        return true;
                    }
                }
                Err(error) => {
                    log::error!("failback digests not written: {error}");
                    return false;
                }
            }
        }
        feed(core, Input::Gate(Report::Done)).await;
        false
    }

    /// Queues the digests of the event that are not there yet. What is written is found again by a later try, so that a
    /// crash in the middle continues where it was.
    async fn write_digests(&self, core: &Arc<Core>) -> Result<usize, StoreError> {
        let Some(event) = self.event.clone() else { return Ok(0) };
        let plan = {
            let (core, event) = (core.clone(), event.clone());
            rt::unblock(move || digest_plan(&core, &event)).await?
        };
        for part in &plan {
            let (core_there, event_there, part_there) = (core.clone(), event.clone(), part.clone());
            let change = rt::unblock(move || digest_change(&core_there, &event_there, &part_there)).await?;
            core.write(vec![change]).await?;
            log::info!("failback event={} digest mailbox=<{}> part={}/{}", event.id.0, part.mailbox, part.part, part.parts);
        }
        core.kick(Queue::Primary);
        Ok(plan.len())
    }
}

async fn feed(core: &Arc<Core>, input: Input) {
    let core = core.clone();
    rt::unblock(move || core.feed(input)).await;
}

/// What each person wrote in the event, and which digests of it are missing.
fn digest_plan(core: &Core, event: &EventNow) -> Result<Vec<DigestPart>, StoreError> {
    let view = core.store.view();
    let mut written = Vec::new();
    for mailbox in view.mailboxes()? {
        let mut entries = written_by(core, &mailbox, Folder::Sent, event.first)?;
        entries.extend(written_by(core, &mailbox, Folder::Drafts, event.first)?);
        entries.sort_unstable_by_key(|entry| entry.message);
        if !entries.is_empty() {
            let sizes = entries.iter().map(|entry| (entry.message.0, entry.size)).collect();
            written.push((mailbox, sizes));
        }
    }
    Ok(plan_digests(&written, &view.digests(&event.id.0)?))
}

/// Entries of a folder from `first` on that were written in the webmail.
fn written_by(core: &Core, mailbox: &Mailbox, folder: Folder, first: Seq) -> Result<Vec<Entry>, StoreError> {
    let view = core.store.view();
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = view.folder(mailbox, folder, before, limits::PAGE_ENTRIES)?;
        let Some(last) = page.last() else { return Ok(found) };
        before = Some(last.message);
        for entry in page {
            if entry.message < first {
                return Ok(found);
            }
            let origin = view.message(entry.message)?.map(|row| row.origin);
            if matches!(origin, Some(Origin::Webmail | Origin::Draft)) {
                found.push(entry);
            }
        }
    }
}

fn digest_change(core: &Core, event: &EventNow, part: &DigestPart) -> Result<Change, StoreError> {
    let now = core.now().wall;
    let mut items = Vec::new();
    for number in &part.messages {
        items.push(digest_item(core, Seq(*number))?);
    }
    let directory = core.directory();
    let draft = notify::digest(Digest {
        hostname: &core.config.server.hostname,
        mailbox: &part.mailbox,
        name: directory.person(&part.mailbox).map_or("", |person| person.name.as_str()),
        event_from: event.since,
        event_to: now,
        part: part.part,
        parts: part.parts,
        items,
        message_id: core.message_id(),
        now,
    });
    let body = Staged::from_bytes(compose::write(&draft));
    let address = match directory.person(&part.mailbox) {
        Some(person) => person.address.clone(),
        None => Address::parse(part.mailbox.as_str()).map_err(|error| StoreError::Damaged(format!("mailbox {}: {error}", part.mailbox)))?,
    };
    let mut addressed = Addressed::default();
    addressed.add(address, Route::Submit, queued_now(now), None);
    let new = NewMessage {
        origin: Origin::Digest { event: event.id.0.clone(), mailbox: part.mailbox.clone(), part: part.part },
        session: format!("digest-{}", event.id.0),
        client: None,
        reverse_path: None,
        recipients: addressed.recipients,
        filings: addressed.filings,
        eight_bit: true,
        smtputf8: false,
    };
    let accepted = new.accepted(&body, now).map_err(|error| StoreError::Io(error.to_string()))?;
    Ok(Change::Message(Box::new(accepted), Arc::new(body)))
}

fn digest_item(core: &Core, message: Seq) -> Result<DigestItem, StoreError> {
    let view = core.store.view();
    let row = view.message(message)?.ok_or_else(|| StoreError::Damaged(format!("message {message} is not there")))?;
    let recipients = view.deliveries(message)?.into_iter().map(|to| (to.address.clone(), outcome(&to))).collect();
    Ok(DigestItem {
        subject: row.summary.subject,
        at: row.at,
        draft: row.origin == Origin::Draft,
        recipients,
        message: core.store.body(message)?,
    })
}

/// What became of a recipient, for the writer.
fn outcome(to: &Delivery) -> String {
    match &to.state {
        DeliveryState::InSession | DeliveryState::Queued { .. } => "waiting to be sent".to_owned(),
        DeliveryState::Delivered { .. } => "delivered".to_owned(),
        DeliveryState::Refused { reply, .. } | DeliveryState::Bounced { reply, .. } => format!("came back: {reply}"),
        DeliveryState::Held { reason, .. } => format!("held for the administrator: {reason}"),
    }
}

/// Tries again, after enough green, what a gate held (DESIGN section 3); then it waits for the admin.
pub async fn release_held(core: &Arc<Core>) -> Result<(), StoreError> {
    let mode = core.mode();
    if mode.mode != crate::continuity::Mode::Normal {
        return Ok(());
    }
    let now = core.now().wall;
    let mut after = None;
    loop {
        let core_there = core.clone();
        let page = rt::unblock(move || core_there.store.view().held(after, limits::QUEUE_PAGE_ENTRIES)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.message, last.recipient));
        for to in page {
            let (DeliveryState::Held { at, attempts, .. }, Some(wait)) = (&to.state, to.state.gate_retry_after()) else { continue };
            let (at, held) = (*at, *attempts);
            let since = if mode.since > at { mode.since } else { at };
            if now.since(since) >= wait {
                let state = DeliveryState::Queued { attempts: 0, next_at: now, last: None, in_doubt: false, held };
                core.write_states(to.message, vec![(to.recipient, state)]).await;
                core.kick(Queue::Primary);
            }
        }
    }
}
