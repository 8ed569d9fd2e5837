//! One page of a folder: a list of links, newest first.

use maud::{Markup, html};

use super::changes::{self, Live};
use super::layout::{self, Shell};
use super::rows::{self, Acting, Row};
use super::search;
use crate::limits::PAGE_ENTRIES;
use crate::store::{Folder, Seq};
use crate::web::assets;
use crate::web::order::{By, Order, SHOWS, SORTS, Show};
use crate::web::route::folder_path;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct FolderPage {
    pub folder: Folder,
    /// For people.
    pub name: String,
    pub rows: Vec<Row>,
    /// Where people may change something.
    pub acting: Option<Acting>,
    /// Where the next page of older messages begins.
    pub older: Option<Seq>,
    /// Where the next page begins, if it is sorted otherwise.
    pub next: Option<String>,
    pub order: Order,
    /// What is sorted or chosen may lack the newest messages, or be missing altogether.
    pub waits: Option<super::search::Trouble>,
    pub live: Live,
    /// Where the page before this one ends.
    pub newer: Option<Seq>,
    /// Whether this page begins with the newest message.
    pub is_newest: bool,
    /// Newer messages than those of this page, as far as the path tells.
    pub skipped: u64,
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
    layout::light(
        shell,
        &html! {
            @if let Some(notice) = page.notice { (self::notice(shell, notice)) }
            div.heading {
                h1 { (page.name) }
                p.total { (total(t, page)) }
                (search::field(t, ""))
            }
            (changes::place(t, &page.live))
            (order(t, page))
            @if let Some(trouble) = page.waits { (search::trouble(t, trouble)) }
            @if !page.practised.is_empty() { (practised(t, &page.practised)) }
            @if page.rows.is_empty() && page.practised.is_empty() {
                (empty(t, page))
            } @else {
                (rows::list(t, &page.rows, page.acting.as_ref()))
            }
            @if page.older.is_some() || page.next.is_some() || !page.is_newest { (pager(t, page)) }
        },
    )
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
        _ if page.order.show != Show::All => "folder-empty-choice",
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
    let (first, last) = (page.skipped + 1, page.skipped + page.rows.len() as u64);
    let newer_skips = page.skipped.saturating_sub(PAGE_ENTRIES as u64);
    let order = page.order.query();
    let first_path = if order.is_empty() { path.clone() } else { format!("{path}?{order}") };
    let path = if order.is_empty() { format!("{path}?") } else { format!("{path}?{order}&") };
    html! {
        nav.pager aria-label=(t.get("pages")) {
            @if !page.is_newest { a.button rel="first" href=(first_path) { @if page.order.sort == By::Newest { (t.get("newest")) } @else { (t.get("first")) } } }
            @if let Some(newer) = page.newer { a.button rel="prev" href={ (&path) "after=" (newer) "&at=" (newer_skips) } { (t.get("newer")) } }
            @if let Some(older) = page.older { a.button rel="next" href={ (&path) "before=" (older) "&at=" (last) } { (t.get("older")) } }
            @if let Some(next) = &page.next { a.button rel="next" href={ (&path) "from=" (next) } { (t.get("next")) } }
            @if page.order.is_plain() && !page.rows.is_empty() && last <= page.total {
                span.range { (t.with("folder-range", &[("first", first.into()), ("last", last.into()), ("total", page.total.into())])) }
            }
        }
    }
}

fn order(t: Texts, page: &FolderPage) -> Markup {
    let sort_name = |sort| match sort {
        By::Newest => t.get("sort-newest"),
        By::Oldest => t.get("sort-oldest"),
        By::Person if matches!(page.folder, Folder::Sent | Folder::Drafts) => t.get("sort-to"),
        By::Person => t.get("sort-from"),
        By::Subject => t.get("sort-subject"),
        By::Size => t.get("sort-size"),
    };
    let show_name = |show| match show {
        Show::All => t.get("show-all"),
        Show::Unread => t.get("show-unread"),
        Show::Flagged => t.get("show-flagged"),
        Show::Attachment => t.get("show-attachment"),
    };
    html! {
        details.order open[!page.order.is_usual()] {
            summary { (t.get("order")) }
            form method="get" action=(folder_path(page.folder)) {
                span { label for="sort" { (t.get("sort")) } " "
                select #sort name="sort" {
                    @for (sort, name) in SORTS { option value=(name) selected[sort == page.order.sort] { (sort_name(sort)) } }
                } }
                span { label for="show" { (t.get("show")) } " "
                select #show name="show" {
                    @for (show, name) in SHOWS { option value=(name) selected[show == page.order.show] { (show_name(show)) } }
                } }
                input type="hidden" name="threads" value="0";
                label { input type="checkbox" name="threads" value="1" checked[page.order.threads]; " " (t.get("threads")) }
                button type="submit" { (t.get("order-show")) }
                @if page.is_newest { a href=(folder_path(page.folder)) { (t.get("live-check")) } }
            }
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
        form.notice.undo #unsent method="post" action={ "/mail/undo/" (undo.message) } data-left=(undo.left_s) {
            input type="hidden" name="csrf" value=(csrf);
            p { strong { (t.get("unsent")) } " " (before) span #unsent-left { (undo.left_s) } (after) }
            button type="submit" { (t.get("unsent-undo")) }
        }
        script src=(assets::WRITE.path()) defer {}
    }
}
