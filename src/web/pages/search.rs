//! What was found, newest first, and the field to look for something.

use maud::{Markup, html};

use super::folder::{Row, row};
use super::layout::{self, Shell};
use crate::limits::SEARCH_QUERY_MAX_CHARS;
use crate::mail::form::urlencode;
use crate::store::Seq;

#[derive(Clone, Debug)]
pub struct SearchPage {
    /// As typed.
    pub words: String,
    pub rows: Vec<Row>,
    /// Where the next page of older messages begins.
    pub older: Option<Seq>,
    /// Whether this page begins with the newest message.
    pub is_newest: bool,
    pub trouble: Option<Trouble>,
}

/// Why something may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The search does not know the newest messages yet.
    Behind,
    /// It cannot be asked now.
    Unavailable,
}

pub fn page(shell: &Shell, page: &SearchPage) -> Markup {
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "Search" } (field(&page.words)) }
            @if let Some(trouble) = page.trouble { (self::trouble(trouble)) }
            @if !page.rows.is_empty() {
                ol.mails.found { @for row in &page.rows { (self::row(row)) } }
            } @else if page.trouble != Some(Trouble::Unavailable) {
                div.empty { p { (empty(page)) } p { "Words are found whole; invo* finds all that begin so (four letters or more), and \"annual report\" both words together." } }
            }
            @if page.older.is_some() || !page.is_newest { (pager(page)) }
        },
    )
}

/// The field, for the heading of a page.
pub fn field(words: &str) -> Markup {
    html! {
        form.search role="search" method="get" action="/mail/search" {
            label for="search" { span.unseen { "Search your mail" } }
            input #search type="search" name="q" value=(words) placeholder="Search your mail" autocomplete="off" autocapitalize="none"
                maxlength=(SEARCH_QUERY_MAX_CHARS);
            button type="submit" { "Search" }
        }
    }
}

fn empty(page: &SearchPage) -> &'static str {
    if page.words.is_empty() {
        "Look for words in the text, the subject, names, addresses and the names of attachments."
    } else if page.is_newest {
        "Nothing was found."
    } else {
        "There is nothing older."
    }
}

fn trouble(trouble: Trouble) -> Markup {
    let text = match trouble {
        Trouble::Behind => "The search is still being prepared, so some messages may be missing here. Please look again in a few minutes.",
        Trouble::Unavailable => "The search is being prepared. Please try again in a few minutes; your mail is all there in its folders.",
    };
    html! { p.notice role="status" { (text) } }
}

fn pager(page: &SearchPage) -> Markup {
    let path = format!("/mail/search?q={}", urlencode(&page.words));
    html! {
        nav.pager aria-label="Pages" {
            @if !page.is_newest { a.button rel="first" href=(path) { "Newest" } }
            @if let Some(older) = page.older { a.button rel="next" href={ (path) "&before=" (older) } { "Older" } }
        }
    }
}
