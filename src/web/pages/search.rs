//! What was found, newest first, and the field to look for something.

use maud::{Markup, html};

use super::layout::{self, Shell};
use super::rows::{self, Acting, Row};
use crate::limits::SEARCH_QUERY_MAX_CHARS;
use crate::mail::form::urlencode;
use crate::store::Seq;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct SearchPage {
    /// As typed.
    pub words: String,
    pub rows: Vec<Row>,
    /// Where people may change something.
    pub acting: Option<Acting>,
    /// Where the next page of older messages begins.
    pub older: Option<Seq>,
    /// Whether this page begins with the newest message.
    pub is_newest: bool,
    pub trouble: Option<Trouble>,
    /// What looks like an operator and says nothing, as typed.
    pub misread: Vec<String>,
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
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.heading { h1 { (t.get("search")) } (field(t, &page.words)) }
            @if let Some(trouble) = page.trouble { (self::trouble(t, trouble)) }
            @if !page.misread.is_empty() { p.notice.misread { (t.with("search-misread", &[("typed", page.misread.join(" ").as_str().into())])) } }
            @if !page.rows.is_empty() {
                (rows::list(t, &page.rows, page.acting.as_ref()))
            } @else if page.trouble != Some(Trouble::Unavailable) {
                div.empty { p { (empty(t, page)) } p { (t.get("search-hint")) } }
            }
            @if page.older.is_some() || !page.is_newest { (pager(t, page)) }
            (operators(t, page.words.is_empty() || !page.misread.is_empty()))
        },
    )
}

/// The field, for the heading of a page.
pub fn field(t: Texts, words: &str) -> Markup {
    html! {
        form.search role="search" method="get" action="/mail/search" {
            label for="search" { span.unseen { (t.get("search-field")) } }
            input #search type="search" name="q" value=(words) placeholder=(t.get("search-field")) autocomplete="off" autocapitalize="none"
                maxlength=(SEARCH_QUERY_MAX_CHARS);
            button type="submit" { (t.get("search")) }
        }
    }
}

/// What can be typed.
fn operators(t: Texts, open: bool) -> Markup {
    let examples = [
        (t.get("search-op-from"), t.get("search-op-from-means")),
        (t.get("search-op-to"), t.get("search-op-to-means")),
        (t.get("search-op-subject"), t.get("search-op-subject-means")),
        (t.get("search-op-has"), t.get("search-op-has-means")),
        (t.get("search-op-is"), t.get("search-op-is-means")),
        (t.get("search-op-in"), t.get("search-op-in-means")),
        (t.get("search-op-before"), t.get("search-op-before-means")),
        (t.get("search-op-after"), t.get("search-op-after-means")),
        (t.get("search-op-not"), t.get("search-op-not-means")),
    ];
    html! {
        details.operators open[open] {
            summary { (t.get("search-operators")) }
            dl.keys { @for (typed, meaning) in examples { div { dt { code { (typed) } } dd { (meaning) } } } }
        }
    }
}

fn empty(t: Texts, page: &SearchPage) -> &'static str {
    t.get(match page.words.is_empty() {
        true => "search-empty",
        false if page.is_newest => "search-nothing",
        false => "folder-nothing-older",
    })
}

pub fn trouble(t: Texts, trouble: Trouble) -> Markup {
    let text = t.get(match trouble {
        Trouble::Behind => "search-behind",
        Trouble::Unavailable => "search-unavailable",
    });
    html! { p.notice role="status" { (text) } }
}

fn pager(t: Texts, page: &SearchPage) -> Markup {
    let path = format!("/mail/search?q={}", urlencode(&page.words));
    html! {
        nav.pager aria-label=(t.get("pages")) {
            @if !page.is_newest { a.button rel="first" href=(path) { (t.get("newest")) } }
            @if let Some(older) = page.older { a.button rel="next" href={ (path) "&before=" (older) } { (t.get("older")) } }
        }
    }
}
