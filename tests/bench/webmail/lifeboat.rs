//! The box's side: mail by its own listener, pages by its own links.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lifeboat::demo::html;

use super::mailbox;
use super::visit::{Action, Visitor, number_of_turn};
use crate::accept::{setup, start};
use crate::harness::https::{Https, Reply};
use crate::harness::lifeboat::Lifeboat;
use crate::harness::wait_for;
use crate::load::fill_with;
use crate::machine::{resident_mib, settle};

/// The filling says how far it is after so many.
const FILL_MESSAGES: usize = 50_000;
/// The search reads what was written when the box is quiet; a million messages take it more than an hour where others use the machine, too.
const SEARCH_LIMIT: Duration = Duration::from_secs(4 * 3600);

pub struct Box_ {
    pub lifeboat: Lifeboat,
    password: String,
    messages: usize,
    /// Where each message is, by its number.
    paths: Arc<Vec<String>>,
}

impl Box_ {
    /// In continuity, with this mail in one mailbox, all of it in its lists and in its search.
    pub fn filled(folder: &Path, messages: usize) -> Box_ {
        let lifeboat = start(&folder.join("box"), &setup(&[mailbox::ADDRESS.to_owned()]));
        let mut sent = 0;
        while sent < messages {
            let more = FILL_MESSAGES.min(messages - sent);
            let mail = |number| (mailbox::ADDRESS.to_owned(), mailbox::message(number));
            let filled = fill_with(lifeboat.smtp, sent..sent + more, &mail);
            sent += more;
            eprintln!("  {sent} of {messages} messages, {:.0}/s", filled.rate);
        }
        settle(lifeboat.pid());
        let password = lifeboat.password(mailbox::ADDRESS);
        let mut filled = Box_ { lifeboat, password, messages, paths: Arc::default() };
        let mut browser = filled.sign_in();
        // The last ones that were sent, whichever of them the search takes last.
        for number in messages.saturating_sub(20)..messages {
            let path = format!("/mail/search?q={}", mailbox::mark(number));
            wait_for("all can be found", SEARCH_LIMIT, || messages_of(&browser.get(&path, &[])).pop());
        }
        filled.paths = Arc::new(paths(&mut browser, messages));
        settle(filled.lifeboat.pid());
        filled
    }

    fn sign_in(&self) -> Https {
        Https::signed_in(self.lifeboat.web, mailbox::ADDRESS, &self.password)
    }

    pub fn visitor(&self) -> Box<dyn Visitor> {
        Box::new(Visit { browser: self.sign_in(), messages: self.messages, paths: self.paths.clone() })
    }

    pub fn resident_mib(&self) -> f64 {
        resident_mib(self.lifeboat.pid())
    }
}

fn paths(browser: &mut Https, messages: usize) -> Vec<String> {
    let mut paths = vec![String::new(); messages];
    let mut next = Some("/mail/inbox".to_owned());
    while let Some(path) = next {
        let page = browser.get(&path, &[]);
        for (path, line) in messages_of(&page) {
            let number = line.rsplit("no").find_map(|rest| rest.split_once('y')?.0.parse::<usize>().ok());
            let number = number.unwrap_or_else(|| panic!("a line without its mark: {line}"));
            paths[number] = path;
        }
        next = html::links(&page.text()).into_iter().map(|link| link.href).find(|href| href.contains("before="));
    }
    let missing = paths.iter().filter(|path| path.is_empty()).count();
    assert_eq!(missing, 0, "messages that are on no page of the inbox");
    paths
}

fn messages_of(page: &Reply) -> Vec<(String, String)> {
    let links = html::links(&page.text()).into_iter();
    let messages = links.filter(|link| link.href.starts_with("/mail/message/"));
    messages.map(|link| (link.href.split(['?', '#']).next().unwrap_or_default().to_owned(), link.text)).collect()
}

struct Visit {
    browser: Https,
    messages: usize,
    paths: Arc<Vec<String>>,
}

impl Visitor for Visit {
    fn act(&mut self, action: Action, turn: usize) -> Vec<f64> {
        let number = number_of_turn(turn, self.messages);
        let (page, expected) = match action {
            Action::Inbox => (self.browser.get("/mail/inbox", &[]), mailbox::subject_mark(self.messages - 1)),
            Action::Open | Action::OpenPage => (self.browser.get(&self.paths[number], &[]), mailbox::mark(number)),
            Action::Search => {
                let path = format!("/mail/search?q={}", mailbox::asked(turn, self.messages));
                (self.browser.get(&path, &[]), "/mail/message/".to_owned())
            }
        };
        assert!(page.status == 200 && page.has(&expected), "{action:?}: no {expected} in {} {}", page.status, page.text());
        vec![page.seconds]
    }
}
