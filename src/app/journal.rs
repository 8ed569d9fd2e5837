//! Journal reports of the primary: mail between colleagues, Bcc and expanded lists reach the cache only this way. A copy is filed for
//! everybody of ours who sent or got the message and does not have it yet; it is never sent on.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;

use super::core::{Core, lock};
use super::intake::{Intake, Standing};
use super::seen::Sight;
use super::writing::{Addressed, NewMessage};
use crate::clock::Wall;
use crate::limits::{JOURNAL_RECENT_MAX, JOURNAL_RECENT_PLACES_MAX};
use crate::mail::journal::{self, Report};
use crate::mail::{Address, DsnRequest, Mailbox, Summary, parse};
use crate::net::rt::{self, Semaphore};
use crate::net::smtp_server::SessionInfo;
use crate::smtp::reply::{self, Reply};
use crate::store::{Change, Folder, Origin, Seq, Staged, StoreError};

/// A report could not be read; it was kept as it came.
const ALARM_UNREADABLE: &str = "journal-report";

/// What the box remembers about reports while it runs.
pub struct Journal {
    /// One report at a time is in memory.
    turn: Semaphore,
    recent: Mutex<Recent>,
}

impl Default for Journal {
    fn default() -> Journal {
        Journal { turn: Semaphore::new(1), recent: Mutex::default() }
    }
}

/// A message, as reports about it agree: the same Message-ID with another sender or date is another message.
type Key = (String, String, Option<Wall>);
/// Where somebody has it: as a sender, or as a recipient.
type Place = (Mailbox, Side);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Sent,
    Received,
}

/// The last messages that were filed from reports, oldest first.
#[derive(Debug, Default)]
struct Recent {
    order: VecDeque<Key>,
    filed: HashMap<Key, HashSet<Place>>,
    /// Places of all of them together.
    places: usize,
}

impl Recent {
    /// Takes the places that nobody took before; the rest is filed already, or about to be.
    fn claim(&mut self, key: &Key, places: Vec<Place>) -> Vec<Place> {
        if !self.filed.contains_key(key) {
            self.order.push_back(key.clone());
        }
        while self.order.len() > 1
            && (self.order.len() > JOURNAL_RECENT_MAX || self.places + places.len() > JOURNAL_RECENT_PLACES_MAX)
            && let Some(oldest) = self.order.pop_front()
        {
            self.places -= self.filed.remove(&oldest).map_or(0, |filed| filed.len());
        }
        let filed = self.filed.entry(key.clone()).or_default();
        let before = filed.len();
        let new = places.into_iter().filter(|place| filed.insert(place.clone())).collect();
        self.places += filed.len() - before;
        new
    }

    /// They were not filed after all; the primary sends the report again.
    fn give_back(&mut self, key: &Key, places: &[Place]) {
        if let Some(filed) = self.filed.get_mut(key) {
            self.places -= places.iter().filter(|place| filed.remove(place)).count();
        }
    }
}

impl Intake {
    /// Whether this is the address for reports.
    pub(super) fn is_journal(&self, recipient: &Address) -> bool {
        self.core.config.primary.journal.as_ref().is_some_and(|journal| journal.mailbox() == recipient.mailbox())
    }

    /// RCPT of the journal address. Whoever may write there may put mail into anybody's mailbox.
    pub(super) fn check_journal(standing: Standing) -> Reply {
        if standing == Standing::Primary { reply::recipient_ok() } else { reply::journal_refused() }
    }

    /// Files what a report brings. In trouble 4xx: the primary keeps a report for two days, and drops it after a 5xx.
    pub(super) async fn take_report(&self, session: &SessionInfo, body: Staged) -> Reply {
        let _turn = self.core.journal.turn.acquire().await;
        let core = self.core.clone();
        let read = rt::unblock(move || {
            let octets = body.piece(0, usize::try_from(body.len()).unwrap_or(usize::MAX))?;
            drop(body);
            Ok::<_, std::io::Error>(match journal::unwrap(&octets) {
                Ok(report) => Ok(report),
                Err(why) => Err((why, octets)),
            })
        })
        .await;
        let filed = match read {
            Ok(Ok(report)) => {
                lock(&core.seen).note(Sight::Journal, core.now().wall);
                core.file_report(session, report).await
            }
            Ok(Err((why, octets))) => core.keep_unreadable(session, &why.to_string(), octets).await,
            Err(error) => Err(StoreError::Io(error.to_string())),
        };
        match filed {
            Ok(Some(message)) => reply::stored(message),
            Ok(None) => reply::ok(),
            Err(error) => {
                log::error!("session={} journal not-filed reason={error}", session.id);
                self.core.alarm_store("A journal report cannot be filed", &error);
                match error {
                    StoreError::Full => reply::insufficient_storage(),
                    _ => reply::try_later(),
                }
            }
        }
    }
}

impl Core {
    /// None if everybody has it.
    async fn file_report(&self, session: &SessionInfo, report: Report) -> Result<Option<Seq>, StoreError> {
        let summary = parse::summarise(&report.original);
        // The canary message came back this way: it is nobody's mail.
        if summary.message_id.as_deref().is_some_and(|id| self.note_canary(id)) {
            return Ok(None);
        }
        let wanted = self.places(&report);
        let key = key(&summary);
        let missing = match &key {
            None => wanted,
            Some(key) => {
                let there = self.filed_already(key).await?;
                let missing = wanted.into_iter().filter(|place| !there.contains(place)).collect();
                lock(&self.journal.recent).claim(key, missing)
            }
        };
        log::info!(
            "session={} journal report rcpts={} left-out={} new={} size={}",
            session.id,
            report.recipients.len(),
            report.left_out,
            missing.len(),
            report.original.len(),
        );
        if missing.is_empty() {
            return Ok(None);
        }
        let mut addressed = Addressed::default();
        for (mailbox, side) in &missing {
            match side {
                Side::Sent => addressed.file(mailbox.clone(), Folder::Sent),
                Side::Received => addressed.file_copy(mailbox.clone(), Folder::Inbox),
            }
        }
        let written = self.write_copy(session, report.sender, addressed, report.original).await;
        if let (Err(_), Some(key)) = (&written, &key) {
            lock(&self.journal.recent).give_back(key, &missing);
        }
        written
    }

    /// Nothing that came is thrown away: the raw report is in the mailbox of the journal address, from which it can be exported.
    async fn keep_unreadable(&self, session: &SessionInfo, why: &str, octets: Vec<u8>) -> Result<Option<Seq>, StoreError> {
        let Some(journal) = &self.config.primary.journal else { return Ok(None) };
        log::warn!("session={} journal report unreadable reason={why:?}", session.id);
        let mut addressed = Addressed::default();
        addressed.file_copy(journal.mailbox(), Folder::Inbox);
        let written = self.write_copy(session, None, addressed, octets).await?;
        let text = format!(
            "A message to {journal} could not be read as a journal report: {why}. It is kept (`lifeboat mailbox export {journal} --to FOLDER`); \
             is something else than journaling sent there?"
        );
        self.raise_alarm(ALARM_UNREADABLE, text);
        Ok(written)
    }

    async fn write_copy(
        &self,
        session: &SessionInfo,
        reverse_path: Option<Address>,
        addressed: Addressed,
        octets: Vec<u8>,
    ) -> Result<Option<Seq>, StoreError> {
        let now = self.now().wall;
        let (id, client) = (session.id.clone(), session.client);
        let body = std::sync::Arc::new(Staged::from_bytes(octets));
        let there = body.clone();
        let accepted = rt::unblock(move || {
            let new = NewMessage {
                origin: Origin::Journal,
                session: id,
                client: Some(client),
                reverse_path,
                recipients: addressed.recipients,
                filings: addressed.filings,
                eight_bit: true,
                smtputf8: false,
                dsn: DsnRequest::default(),
            };
            new.accepted(&there, now)
        })
        .await
        .map_err(|error| StoreError::Io(error.to_string()))?;
        Ok(self.write(vec![Change::Message(Box::new(accepted), body)]).await?.first().copied())
    }

    /// Whose copies a report asks for: of ours, each once.
    fn places(&self, report: &Report) -> Vec<Place> {
        let writers = report.sender.iter().chain(&report.on_behalf_of).map(|address| (address, Side::Sent));
        let readers = report.recipients.iter().map(|address| (address, Side::Received));
        let mut places: Vec<Place> = Vec::new();
        let mut known = HashSet::new();
        for (address, side) in writers.chain(readers).filter(|(address, _)| self.is_local(address)) {
            // The report names who has it: an address that the directory does not know is somebody's all the same, and not for who gets what
            // nobody has.
            let mailbox = self.mailbox_of(address).unwrap_or_else(|| address.mailbox());
            if known.insert((mailbox.clone(), side)) {
                places.push((mailbox, side));
            }
        }
        places
    }

    /// Who has it by the index: from another report, or because it came through the box.
    async fn filed_already(&self, key: &Key) -> Result<HashSet<Place>, StoreError> {
        let (store, key) = (self.store.clone(), key.clone());
        rt::unblock(move || {
            let view = store.view();
            let mut there = HashSet::new();
            for message in view.by_message_id(&key.0)? {
                let same = view.message(message)?.is_some_and(|row| self::key(&row.summary).as_ref() == Some(&key));
                for (mailbox, folder) in if same { view.filings(message)? } else { Vec::new() } {
                    there.insert((mailbox, if folder == Folder::Sent { Side::Sent } else { Side::Received }));
                }
            }
            Ok(there)
        })
        .await
    }
}

/// None for a message without a Message-ID, which is like no other.
fn key(summary: &Summary) -> Option<Key> {
    Some((summary.message_id.clone()?, summary.from_address.to_lowercase(), summary.date))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::testing::World;

    #[test]
    fn who_gets_what_nobody_has_does_not_get_what_somebody_has() {
        let mut world = World::new();
        let core = Arc::get_mut(&mut world.core).unwrap();
        core.config.smtp.catch_all = vec![Address::parse("bo@example.com").unwrap()];
        let report = Report {
            sender: Some(world.address("shared")),
            on_behalf_of: None,
            recipients: vec![world.address("a"), world.address("hired-today"), Address::parse("x@outside.example").unwrap()],
            left_out: 0,
            original: Vec::new(),
        };
        let mailbox = |user: &str| world.address(user).mailbox();
        let expected = [(mailbox("shared"), Side::Sent), (mailbox("ann"), Side::Received), (mailbox("hired-today"), Side::Received)];
        assert_eq!(world.core.places(&report), expected);
    }

    #[test]
    fn places_are_taken_once_and_given_back() {
        let mut recent = Recent::default();
        let mailbox = |user: &str| Address::parse(&format!("{user}@example.com")).unwrap().mailbox();
        let place = |user: &str| (mailbox(user), Side::Received);
        let key = ("1@x".to_owned(), "bo@example.com".to_owned(), None);
        assert_eq!(recent.claim(&key, vec![place("ann"), (mailbox("ann"), Side::Sent)]).len(), 2);
        assert_eq!(recent.claim(&key, vec![place("ann"), place("bo")]), [place("bo")]);
        recent.give_back(&key, &[place("ann")]);
        assert_eq!(recent.claim(&key, vec![place("ann"), place("bo")]), [place("ann")]);
        for n in 0..JOURNAL_RECENT_MAX {
            recent.claim(&(n.to_string(), String::new(), None), vec![place("ann")]);
        }
        assert_eq!((recent.order.len(), recent.filed.len(), recent.places), (JOURNAL_RECENT_MAX, JOURNAL_RECENT_MAX, JOURNAL_RECENT_MAX));
        assert_eq!(recent.claim(&key, vec![place("ann")]), [place("ann")], "the oldest is forgotten");
    }
}
