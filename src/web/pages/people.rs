//! The address book: who has a mailbox here, and in which groups. Nothing private is in it.

use maud::{Markup, html};

use super::enrol::named;
use super::layout::{self, Shell};
use crate::limits::SEARCH_QUERY_MAX_CHARS;
use crate::mail::form::urlencode;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct PeoplePage {
    /// As typed.
    pub words: String,
    /// Only its members are shown.
    pub group: Option<String>,
    pub people: Vec<Entry>,
    /// Of all pages.
    pub total: u64,
    /// Numbers of the pages around this one.
    pub previous: Option<usize>,
    pub next: Option<usize>,
    pub may_write: bool,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub address: String,
    pub aliases: Vec<String>,
    pub groups: Vec<String>,
}

pub fn page(shell: &Shell, page: &PeoplePage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.heading {
                h1 { @if let Some(group) = &page.group { (named(t, "people-group", "name", group)) } @else { (t.get("people-title")) } }
                p.total { (t.count("people-count", page.total)) }
                form.search role="search" method="get" action="/people" {
                    label for="search" { span.unseen { (t.get("people-field")) } }
                    input #search type="search" name="q" value=(page.words) placeholder=(t.get("people-field")) autocomplete="off"
                        autocapitalize="none" maxlength=(SEARCH_QUERY_MAX_CHARS);
                    button type="submit" { (t.get("people-search")) }
                }
            }
            @if page.people.is_empty() {
                div.empty { p { (t.get("people-none")) } p { a.button href="/people" { (t.get("people-all")) } } }
            } @else {
                ul.people { @for entry in &page.people { (self::entry(t, page, entry)) } }
            }
            @if page.previous.is_some() || page.next.is_some() { (pager(t, page)) }
        },
    )
}

fn entry(t: Texts, page: &PeoplePage, entry: &Entry) -> Markup {
    html! {
        li {
            div.person {
                strong { bdi { (entry.name) } } " "
                bdi.address { (entry.address) }
                @for alias in &entry.aliases { " " span.hint { (t.get("people-also")) " " bdi { (alias) } } }
                @if !entry.groups.is_empty() {
                    div.hint {
                        (t.get("people-in-groups"))
                        @for group in &entry.groups { " " a href={ "/people?group=" (urlencode(group)) } { bdi { (group) } } }
                    }
                }
            }
            @if page.may_write {
                a.button href={ "/mail/new?to=" (urlencode(&entry.address)) } aria-label=(t.with("people-write-to", &[("name", entry.name.as_str().into())])) {
                    (t.get("people-write"))
                }
            }
        }
    }
}

fn pager(t: Texts, page: &PeoplePage) -> Markup {
    let path = |number: usize| {
        let group = page.group.as_ref().map(|group| format!("&group={}", urlencode(group))).unwrap_or_default();
        format!("/people?q={}{group}&page={number}", urlencode(&page.words))
    };
    html! {
        nav.pager aria-label=(t.get("pages")) {
            @if let Some(previous) = page.previous { a.button rel="prev" href=(path(previous)) { (t.get("people-previous")) } }
            @if let Some(next) = page.next { a.button rel="next" href=(path(next)) { (t.get("people-next")) } }
        }
    }
}
