//! Events as people are told of them: everybody's, those of some, drills.

use std::collections::{BTreeMap, BTreeSet};

use super::tell::NoticeLine;
use crate::app::core::Core;
use crate::clock::Wall;
use crate::continuity::{Kind, Members};
use crate::mail::Mailbox;
use crate::notify::{Login, Notice};
use crate::store::StoreError;

/// An open event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    pub id: String,
    pub since: Wall,
    pub until: Option<Wall>,
    pub is_drill: bool,
    /// None: everybody.
    pub members: Option<Members>,
    /// As an operator gave it; everybody's is in the ledger.
    pub reason: String,
}

impl Open {
    /// Everybody's event and those of some, handing over included.
    pub fn all(core: &Core) -> Vec<Open> {
        let everybodys = core.mode().event.map(|event| Open {
            id: event.id.0,
            since: event.since,
            until: None,
            is_drill: false,
            members: None,
            reason: String::new(),
        });
        let of_some = core.scopes();
        let of_some = of_some.iter().map(|scope| Open {
            id: scope.event.id.0.clone(),
            since: scope.event.since,
            until: scope.event.until,
            is_drill: scope.event.kind == Kind::Drill,
            members: Some(scope.event.members.clone()),
            reason: scope.event.reason.clone(),
        });
        everybodys.into_iter().chain(of_some).collect()
    }

    pub fn is_open(core: &Core, id: &str) -> bool {
        Open::all(core).iter().any(|open| open.id == id)
    }

    /// For whom, in words; empty for everybody.
    pub fn scope(&self) -> String {
        self.members.as_ref().map(Members::words).unwrap_or_default()
    }

    /// The people concerned.
    pub fn people(&self, core: &Core) -> Vec<Mailbox> {
        match &self.members {
            Some(members) => core.mailboxes_of(members).into_iter().collect(),
            None => core.directory().people().map(|person| person.mailbox.clone()).collect(),
        }
    }

    pub fn begun(&self, login: Login) -> Notice {
        if self.is_drill { Notice::DrillStart { until: self.until, login } } else { Notice::EventStart { since: self.since, login } }
    }
}

/// Who was told of beginnings and ends, from the ledger.
#[derive(Debug, Default)]
pub struct Book {
    begun: BTreeMap<String, BTreeSet<String>>,
    over: BTreeMap<String, BTreeSet<String>>,
    announced: BTreeMap<String, BTreeSet<String>>,
    drills: BTreeSet<String>,
}

impl Book {
    /// Reads the ledger from its beginning.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(core: &Core) -> Result<Book, StoreError> {
        let mut book = Book::default();
        for line in core.ledger.read("notice")? {
            if let Ok(line) = serde_json::from_value::<NoticeLine>(line.data) {
                book.note(&line);
            }
        }
        Ok(book)
    }

    fn note(&mut self, line: &NoticeLine) {
        let told = match line.about.as_str() {
            "begun" => self.begun.entry(line.what.clone()).or_default(),
            "over" => self.over.entry(line.what.clone()).or_default(),
            "maintenance" => self.announced.entry(line.what.clone()).or_default(),
            _ => return,
        };
        // Lines of older versions name nobody: the admins were told.
        let who = if line.told.is_empty() {
            vec![super::tell::ADMINS.to_owned()]
        } else {
            line.told.iter().map(|told| told.who.clone()).collect()
        };
        told.extend(who);
        if line.notice.contains("drill") {
            self.drills.insert(line.what.clone());
        }
    }

    pub fn is_told_begun(&self, event: &str, who: &str) -> bool {
        self.begun.get(event).is_some_and(|told| told.contains(who))
    }

    /// Whether this planned work was announced to somebody.
    pub fn is_announced(&self, work: &str, who: &str) -> bool {
        self.announced.get(work).is_some_and(|told| told.contains(who))
    }

    /// Who knows that it began, and not that it is over.
    pub fn waiting_for_end(&self, event: &str) -> BTreeSet<String> {
        let over = self.over.get(event);
        let begun = self.begun.get(event).into_iter().flatten();
        begun.filter(|who| over.is_none_or(|over| !over.contains(*who))).cloned().collect()
    }

    /// Events of which somebody waits for the end, and whether each is a drill.
    pub fn unfinished(&self) -> BTreeMap<String, bool> {
        let unfinished = self.begun.keys().filter(|event| !self.waiting_for_end(event).is_empty());
        unfinished.map(|event| (event.clone(), self.drills.contains(event))).collect()
    }
}
