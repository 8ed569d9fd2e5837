//! One page of a folder: a list of links, newest first.

use maud::{Markup, html};

use super::layout::{self, Shell};
use super::search;
use crate::store::{Folder, Seq};
use crate::web::assets;
use crate::web::route::folder_path;
use crate::web::texts::Texts;

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
    /// With a way to take it back, for a few seconds.
    Sent(Option<Undo>),
    Kept,
    Practised,
}

/// A message that was sent a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    pub message: Seq,
    pub left_s: u64,
}

pub fn page(shell: &Shell, page: &FolderPage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            @if let Some(notice) = page.notice { (self::notice(shell, notice)) }
            div.heading {
                h1 { (page.name) }
                p.total { (total(t, page)) }
                (search::field(t, ""))
            }
            @if !page.practised.is_empty() { (practised(t, &page.practised)) }
            @if page.rows.is_empty() && page.practised.is_empty() {
                (empty(t, page))
            } @else {
                ol.mails { @for row in &page.rows { (self::row(t, row)) } }
            }
            @if page.older.is_some() || !page.is_newest { (pager(t, page)) }
        },
    )
}

pub fn row(t: Texts, row: &Row) -> Markup {
    html! {
        li.mail.unread[row.unread] {
            a href={ "/mail/message/" (row.message) } {
                @if row.unread { span.unseen { (t.get("unread-mark")) " " } }
                bdi.who { @if row.who.is_empty() { (t.get("nobody")) } @else { (row.who) } }
                " "
                bdi.subject { @if row.subject.is_empty() { (t.get("no-subject")) } @else { (row.subject) } }
                " "
                @if row.attachments { span.clip { span.unseen { (t.get("with-attachment")) " " } } }
                @if let Some(place) = &row.place { span.place { span.unseen { (t.get("in-folder")) " " } bdi { (place) } } " " }
                time datetime=(row.datetime) { (row.date) }
            }
        }
    }
}

fn practised(t: Texts, letters: &[Practised]) -> Markup {
    html! {
        section.practised aria-labelledby="practised" {
            h2 #practised { (t.get("practised")) }
            p { (t.get("practised-more")) }
            ol.mails {
                @for letter in letters {
                    li.mail {
                        a href={ "/mail/practice/" (letter.number) } {
                            bdi.who { @if letter.to.is_empty() { (t.get("nobody")) } @else { (letter.to) } }
                            " "
                            bdi.subject { @if letter.subject.is_empty() { (t.get("no-subject")) } @else { (letter.subject) } }
                            " "
                            time datetime=(letter.datetime) { (letter.date) }
                        }
                    }
                }
            }
        }
    }
}

fn total(t: Texts, page: &FolderPage) -> String {
    match page.total {
        0 => String::new(),
        total if page.folder == Folder::Inbox && page.unread > 0 => {
            t.with("folder-total-unread", &[("count", total.into()), ("unread", page.unread.into())])
        }
        total => t.count("folder-total", total),
    }
}

fn empty(t: Texts, page: &FolderPage) -> Markup {
    let text = t.get(match page.folder {
        _ if !page.is_newest => "folder-nothing-older",
        Folder::Inbox => "folder-empty-inbox",
        Folder::Sent => "folder-empty-sent",
        Folder::Drafts => "folder-empty-drafts",
        Folder::Archive | Folder::Junk | Folder::Trash | Folder::Own(_) => "folder-empty",
    });
    html! {
        div.empty {
            p { (text) }
            @if page.may_write && page.folder == Folder::Sent { p { a.button href="/mail/new" { (t.get("folder-write")) } } }
        }
    }
}

fn pager(t: Texts, page: &FolderPage) -> Markup {
    let path = folder_path(page.folder);
    html! {
        nav.pager aria-label=(t.get("pages")) {
            @if !page.is_newest { a.button rel="first" href=(&path) { (t.get("newest")) } }
            @if let Some(older) = page.older { a.button rel="next" href={ (&path) "?before=" (older) } { (t.get("older")) } }
        }
    }
}

fn notice(shell: &Shell, notice: Notice) -> Markup {
    let t = shell.texts;
    let (strong, text) = match notice {
        Notice::Sent(Some(undo)) => return unsent(shell, undo),
        Notice::Sent(None) => ("notice-sent", "notice-sent-more"),
        Notice::Practised => ("notice-practised", "notice-practised-more"),
        Notice::Kept => ("notice-kept", "notice-kept-more"),
    };
    html! { p.notice role="status" { strong { (t.get(strong)) } " " (t.get(text)) } }
}

fn unsent(shell: &Shell, undo: Undo) -> Markup {
    let t = shell.texts;
    let (before, after) = t.around("unsent-more", "seconds");
    let csrf = shell.reader.as_ref().map(|reader| reader.csrf.as_str()).unwrap_or_default();
    html! {
        form.notice.undo #undo method="post" action={ "/mail/undo/" (undo.message) } data-left=(undo.left_s) {
            input type="hidden" name="csrf" value=(csrf);
            p { strong { (t.get("unsent")) } " " (before) span #undo-left { (undo.left_s) } (after) }
            button type="submit" { (t.get("unsent-undo")) }
        }
        script src=(assets::WRITE.path()) defer {}
    }
}
