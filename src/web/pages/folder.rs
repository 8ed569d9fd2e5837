//! One page of a folder: a list of links, newest first.

use maud::{Markup, html};

use super::layout::{self, Shell};
use super::search;
use crate::store::{Folder, Seq};
use crate::web::route::folder_path;

#[derive(Clone, Debug)]
pub struct FolderPage {
    pub folder: Folder,
    /// For people.
    pub name: String,
    pub rows: Vec<Row>,
    /// Where the next page of older messages begins.
    pub older: Option<Seq>,
    /// Whether this page begins with the newest message.
    pub is_newest: bool,
    pub total: u64,
    pub unread: u64,
    pub notice: Option<Notice>,
    pub may_write: bool,
    /// What was written in the drill: on the page of Sent only.
    pub practised: Vec<Practised>,
}

/// A message that was written in a drill.
#[derive(Clone, Debug)]
pub struct Practised {
    pub number: u64,
    pub to: String,
    pub subject: String,
    pub date: String,
    /// RFC 3339.
    pub datetime: String,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub message: Seq,
    /// From, or To where it is one's own.
    pub who: String,
    pub subject: String,
    /// Short, for people.
    pub date: String,
    /// RFC 3339.
    pub datetime: String,
    pub unread: bool,
    pub attachments: bool,
    /// The folder's name, where a page shows several.
    pub place: Option<String>,
}

/// What just happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Sent,
    Kept,
    Practised,
}

pub fn page(shell: &Shell, page: &FolderPage) -> Markup {
    layout::page(
        shell,
        &html! {
            @if let Some(notice) = page.notice { (self::notice(notice)) }
            div.heading {
                h1 { (page.name) }
                p.total { (total(page)) }
                (search::field(""))
            }
            @if !page.practised.is_empty() { (practised(&page.practised)) }
            @if page.rows.is_empty() && page.practised.is_empty() {
                (empty(page))
            } @else {
                ol.mails { @for row in &page.rows { (self::row(row)) } }
            }
            @if page.older.is_some() || !page.is_newest { (pager(page)) }
        },
    )
}

pub fn row(row: &Row) -> Markup {
    html! {
        li.mail.unread[row.unread] {
            a href={ "/mail/message/" (row.message) } {
                @if row.unread { span.unseen { "Unread: " } }
                bdi.who { @if row.who.is_empty() { "(nobody)" } @else { (row.who) } }
                " "
                bdi.subject { @if row.subject.is_empty() { "(no subject)" } @else { (row.subject) } }
                " "
                @if row.attachments { span.clip { span.unseen { "with attachment " } } }
                @if let Some(place) = &row.place { span.place { span.unseen { "in " } bdi { (place) } } " " }
                time datetime=(row.datetime) { (row.date) }
            }
        }
    }
}

fn practised(letters: &[Practised]) -> Markup {
    html! {
        section.practised aria-labelledby="practised" {
            h2 #practised { "Written in this drill" }
            p { "Sent to nobody. It disappears when the drill ends." }
            ol.mails {
                @for letter in letters {
                    li.mail {
                        a href={ "/mail/practice/" (letter.number) } {
                            bdi.who { @if letter.to.is_empty() { "(nobody)" } @else { (letter.to) } }
                            " "
                            bdi.subject { @if letter.subject.is_empty() { "(no subject)" } @else { (letter.subject) } }
                            " "
                            time datetime=(letter.datetime) { (letter.date) }
                        }
                    }
                }
            }
        }
    }
}

fn total(page: &FolderPage) -> String {
    let messages = match page.total {
        0 => return String::new(),
        1 => "1 message".to_owned(),
        total => format!("{total} messages"),
    };
    if page.folder == Folder::Inbox && page.unread > 0 { format!("{messages}, {} unread", page.unread) } else { messages }
}

fn empty(page: &FolderPage) -> Markup {
    let text = match page.folder {
        _ if !page.is_newest => "There is nothing older.",
        Folder::Inbox => "No mail yet. What arrives from now on shows up here.",
        Folder::Sent => "You have not sent anything here yet.",
        Folder::Drafts => "No drafts. What you try to send while the mail server is coming back is kept here.",
        Folder::Archive | Folder::Junk | Folder::Trash | Folder::Own(_) => "Nothing here.",
    };
    html! {
        div.empty {
            p { (text) }
            @if page.may_write && page.folder == Folder::Sent { p { a.button href="/mail/new" { "Write a message" } } }
        }
    }
}

fn pager(page: &FolderPage) -> Markup {
    let path = folder_path(page.folder);
    html! {
        nav.pager aria-label="Pages" {
            @if !page.is_newest { a.button rel="first" href=(&path) { "Newest" } }
            @if let Some(older) = page.older { a.button rel="next" href={ (&path) "?before=" (older) } { "Older" } }
        }
    }
}

fn notice(notice: Notice) -> Markup {
    let (strong, text) = match notice {
        Notice::Sent => ("Your message is on its way.", "Open it below to see who got it."),
        Notice::Practised => {
            ("Well done: that is all it takes.", "In an outage your message would be on its way now. In this drill it was sent to nobody.")
        }
        Notice::Kept => (
            "Your message was not sent, but kept.",
            "The mail server is just coming back. Your draft will arrive in your normal mailbox; please send it with Outlook.",
        ),
    };
    html! { p.notice role="status" { strong { (strong) } " " (text) } }
}
