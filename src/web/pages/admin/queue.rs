//! What waits and what is held: the list with its search, and one message with what can be done about it.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use super::table::{empty, facts, table, text};

/// What was looked for, as typed.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub recipient: String,
    pub domain: String,
    pub message: String,
}

/// A recipient that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub message: u64,
    pub address: String,
    pub route: String,
    /// In words.
    pub state: String,
}

pub struct QueuePage<'a> {
    pub search: &'a Search,
    pub waiting: &'a [Waiting],
    /// Why nothing was looked for.
    pub problem: Option<&'a str>,
    /// The list was cut: there are more.
    pub is_cut: bool,
    /// May try, hold, release and give up.
    pub may_act: bool,
}

/// The deeds: name in the path, words on the button.
pub const DEEDS: [(&str, &str); 4] = [("retry", "Try now"), ("hold", "Hold"), ("release", "Release"), ("bounce", "Give up")];

pub fn list(shell: &AdminShell, page: &QueuePage<'_>) -> Markup {
    let row = |one: &Waiting| {
        vec![
            html! { a href={ "/admin/queue/" (one.message) } { (one.message) } },
            text(&one.address),
            html! { (one.route) },
            text(&one.state),
        ]
    };
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "Queue" } p { "What waits for the mail server or the outside, and what is held." } }
            (search(page))
            @if page.waiting.is_empty() {
                (empty("Nothing waits."))
            } @else {
                @if page.is_cut { p.notice { "These are the oldest " (page.waiting.len()) "; there are more. Search to choose among them." } }
                (table("What waits", &["Message", "Recipient", "Way", "State"], &page.waiting.iter().map(row).collect::<Vec<_>>()))
                @if page.may_act { (deeds(shell, page)) }
            }
        },
    )
}

fn search(page: &QueuePage<'_>) -> Markup {
    html! {
        form.filter method="get" action="/admin/queue" role="search" {
            @if let Some(problem) = page.problem { p.problem role="alert" { (problem) } }
            div { label for="recipient" { "Recipient" } input #recipient type="text" name="recipient" value=(page.search.recipient) maxlength="320" placeholder="ann@example.com"; }
            div { label for="domain" { "Domain" } input #domain type="text" name="domain" value=(page.search.domain) maxlength="255"; }
            div { label for="message" { "Message" } input #message type="text" name="message" value=(page.search.message) inputmode="numeric" maxlength="20"; }
            button type="submit" { "Search" }
            a.below href="/admin/queue" { "Everything" }
        }
    }
}

/// For all that is shown; without a search only trying again is possible.
fn deeds(shell: &AdminShell, page: &QueuePage<'_>) -> Markup {
    let search = page.search;
    let is_everything = search.recipient.is_empty() && search.domain.is_empty() && search.message.is_empty();
    html! {
        section.actions-below {
            h2 { @if is_everything { "All of it" } @else { "All that fits the search" } }
            div.actions {
                @for (deed, words) in DEEDS.iter().filter(|(deed, _)| !is_everything || *deed == "retry") {
                    (button(shell, deed, words, search))
                }
            }
            @if is_everything { p.hint { "Search for a recipient or a domain, or open a message, to hold, release or give up mail." } }
        }
    }
}

fn button(shell: &AdminShell, deed: &str, words: &str, search: &Search) -> Markup {
    html! {
        form method="post" action={ "/admin/queue/" (deed) } {
            (layout::csrf(shell))
            @for (name, value) in [("recipient", &search.recipient), ("domain", &search.domain), ("message", &search.message)] {
                @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
            }
            button type="submit" { (words) }
        }
    }
}

/// One message.
pub struct MessagePage<'a> {
    pub message: u64,
    /// Name and value; a subject only for who may see it.
    pub facts: &'a [(&'a str, String)],
    /// Address, way, state in words.
    pub recipients: &'a [(String, String, String)],
    pub in_hand: bool,
    pub may_act: bool,
}

pub fn message(shell: &AdminShell, page: &MessagePage<'_>) -> Markup {
    let rows: Vec<Vec<Markup>> =
        page.recipients.iter().map(|(address, route, state)| vec![text(address), html! { (route) }, text(state)]).collect();
    let search = Search { message: page.message.to_string(), ..Search::default() };
    layout::page(
        shell,
        &html! {
            p.back { a href="/admin/queue" { "Queue" } }
            h1 { "Message " (page.message) }
            (facts(page.facts))
            @if page.in_hand { p.notice { "It is being handed over at this moment." } }
            h2 { "Recipients" }
            @if rows.is_empty() { p.hint { "It has none: it is only filed." } }
            @else { (table("Recipients", &["Recipient", "Way", "What became of it"], &rows)) }
            @if page.may_act && !rows.is_empty() {
                div.actions.actions-below { @for (deed, words) in DEEDS { (button(shell, deed, words, &search)) } }
            }
        },
    )
}
