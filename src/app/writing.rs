//! Writing to the store from async code, and building the records of new messages.

use std::net::IpAddr;
use std::time::Duration;

use super::core::Core;
use crate::clock::Wall;
use crate::mail::{Address, DsnRequest, Mailbox, parse};
use crate::net::rt::{self, channel};
use crate::relay::{DeliveryState, Queue, Route};
use crate::store::{Accepted, Change, Filing, Flags, Folder, Origin, Recipient, Seq, Staged, StoreError};

/// Octets of a message that its summary is made from.
const SUMMARY_HEAD_OCTETS: usize = 256 * 1024;
/// First and longest wait before an outcome that could not be written is written again.
const RECORD_AGAIN_FIRST: Duration = Duration::from_millis(500);
const RECORD_AGAIN_MAX: Duration = Duration::from_secs(30);
/// When the box stops, it looks this often whether the last hand-over has ended.
const LOOK_FOR_END: Duration = Duration::from_millis(20);

/// Alarms of the store.
pub const ALARM_FULL: &str = "store-full";
const ALARM_FAILED: &str = "store";

impl Core {
    /// Writes changes as one unit and waits until they are on disk and in the index.
    pub async fn write(&self, changes: Vec<Change>) -> Result<Vec<Seq>, StoreError> {
        let (sender, receiver) = channel::bounded(1);
        let done = Box::new(move |written| {
            let _gone = sender.try_send(written);
        });
        self.store.write(changes, self.now().wall, done);
        let written = receiver.recv().await.unwrap_or(Err(StoreError::Closed));
        if written.is_ok() {
            self.clear_alarm(ALARM_FAILED);
        }
        written
    }

    /// Tells the admin. A full disk is over when there is room again, a failed one when a write succeeds.
    pub fn alarm_store(&self, what: &str, error: &StoreError) {
        let name = if matches!(error, StoreError::Full) { ALARM_FULL } else { ALARM_FAILED };
        self.raise_alarm(name, format!("{what}: {error}."));
    }

    /// Records new states of recipients of one message, however long it takes: what was not written down would be tried
    /// again at once, and a primary that takes the mail each time would get it again and again. Gives up only when the
    /// store is closed; then the old state is what the next start finds, which can duplicate, but never lose.
    pub async fn write_states(&self, message: Seq, states: Vec<(u32, DeliveryState)>) {
        let mut wait = RECORD_AGAIN_FIRST;
        loop {
            let change =
                |(recipient, state): &(u32, DeliveryState)| Change::Delivery { message, recipient: *recipient, state: state.clone() };
            match self.write(states.iter().map(change).collect()).await {
                Ok(_) => return,
                Err(error) => {
                    log::error!("store message={message} outcome not recorded: {error}");
                    if matches!(error, StoreError::Closed) {
                        return;
                    }
                    self.alarm_store("What became of mail cannot be recorded", &error);
                }
            }
            rt::sleep(wait).await;
            wait = (wait * 2).min(RECORD_AGAIN_MAX);
        }
    }

    /// Returns when no hand-over is under way.
    pub async fn nothing_under_way(&self) {
        while !(self.claims.is_idle(Queue::Primary) && self.claims.is_idle(Queue::Outbound)) {
            rt::sleep(LOOK_FOR_END).await;
        }
    }
}

/// A message that is about to be recorded.
pub struct NewMessage {
    pub origin: Origin,
    pub session: String,
    pub client: Option<IpAddr>,
    pub reverse_path: Option<Address>,
    pub recipients: Vec<Recipient>,
    pub filings: Vec<Filing>,
    pub eight_bit: bool,
    pub smtputf8: bool,
    pub dsn: DsnRequest,
}

impl NewMessage {
    /// The record's head, with the summary read from the body's beginning.
    ///
    /// # Errors
    /// Of the disk, when the body is staged there.
    pub fn accepted(self, body: &Staged, at: Wall) -> std::io::Result<Accepted> {
        let summary = parse::summarise(&body.head(SUMMARY_HEAD_OCTETS)?);
        Ok(Accepted {
            at,
            origin: self.origin,
            session: self.session,
            client: self.client,
            reverse_path: self.reverse_path,
            recipients: self.recipients,
            filings: self.filings,
            eight_bit: self.eight_bit,
            smtputf8: self.smtputf8,
            dsn: self.dsn,
            summary,
        })
    }
}

/// Queued, due at once.
pub fn queued_now(now: Wall) -> DeliveryState {
    DeliveryState::Queued { attempts: 0, next_at: now, last: None, in_doubt: false, held: 0, reported: false }
}

/// Routes, first states and filings of a message's recipients.
#[derive(Default)]
pub struct Addressed {
    pub recipients: Vec<Recipient>,
    pub filings: Vec<Filing>,
}

impl Addressed {
    /// Adds a recipient; a local one is filed to its Inbox, once for each mailbox.
    pub fn add(&mut self, address: Address, route: Route, state: DeliveryState, mailbox: Option<Mailbox>) {
        let number = u32::try_from(self.recipients.len()).unwrap_or(u32::MAX);
        self.recipients.push(Recipient { address, route, state });
        if let Some(mailbox) = mailbox
            && !self.filings.iter().any(|filing| filing.mailbox == mailbox && filing.folder == Folder::Inbox)
        {
            self.filings.push(Filing { mailbox, folder: Folder::Inbox, flags: Flags::NONE, recipient: Some(number) });
        }
    }

    /// Files a copy of mail that somebody got otherwise.
    pub fn file_copy(&mut self, mailbox: Mailbox, folder: Folder) {
        self.filings.push(Filing { mailbox, folder, flags: Flags::NONE, recipient: None });
    }

    /// Files a copy in a folder of the writer.
    pub fn file(&mut self, mailbox: Mailbox, folder: Folder) {
        self.filings.push(Filing { mailbox, folder, flags: Flags::SEEN, recipient: None });
    }
}
