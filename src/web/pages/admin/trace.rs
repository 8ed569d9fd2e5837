//! "Where is the message from X to Y at 10:05?": the form, and what was found.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use super::table::{facts, text, time};
use crate::control::{EventCounts, Trace, TraceQuery, Traced};

pub struct TracePage<'a> {
    pub query: &'a TraceQuery,
    /// None before anything was asked.
    pub found: Option<&'a Trace>,
    pub problem: Option<&'a str>,
    /// Whether this role sees subjects, and may search in them.
    pub sees_subjects: bool,
    /// Query of the link to older messages.
    pub older: Option<String>,
}

pub fn page(shell: &AdminShell, page: &TracePage<'_>) -> Markup {
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "Trace" } p { "Where is the message from X to Y of this morning?" } }
            (form(page))
            @if let Some(found) = page.found { (result(found, page)) }
        },
    )
}

fn form(page: &TracePage<'_>) -> Markup {
    let query = page.query;
    let field = |name: &str, label: &str, value: &Option<String>, example: &str| {
        html! {
            div {
                label for=(name) { (label) }
                input id=(name) type="text" name=(name) value=(value.as_deref().unwrap_or_default()) placeholder=(example) maxlength="320";
            }
        }
    };
    html! {
        form.filter method="get" action="/admin/trace" role="search" {
            @if let Some(problem) = page.problem { p.problem role="alert" { (problem) } }
            (field("from", "From", &query.from, "shop.example"))
            (field("to", "To", &query.to, "ann@example.com"))
            @if page.sees_subjects { (field("subject", "Words of the subject", &query.subject, "offer roof")) }
            (field("message_id", "Message-ID", &query.message_id, ""))
            (field("after", "Not before", &query.after, "2026-12-01 09:00, or 12h"))
            (field("before", "Before", &query.before, "2026-12-01 11:00"))
            button.primary type="submit" { "Search" }
        }
        p.hint { "Parts of addresses are enough. Times are the office's; 12h means within the last twelve hours." }
    }
}

fn result(found: &Trace, page: &TracePage<'_>) -> Markup {
    html! {
        h2 { @if found.messages.is_empty() { "No such message was found" } @else { (found.messages.len()) " found" } }
        p.hint {
            (found.looked) " messages were looked at"
            @if let Some(back_to) = &found.back_to { ", back to " (time(back_to)) " UTC" }
            "."
        }
        @for message in &found.messages { (traced(message)) }
        @if let Some(older) = &page.older { p.pager { a.button rel="next" href={ "/admin/trace?" (older) } { "Look further back" } } }
    }
}

fn traced(message: &Traced) -> Markup {
    let came = match &message.client {
        Some(client) => format!("{} from {client}, session {}", EventCounts::origin_words(&message.origin), message.session),
        None => EventCounts::origin_words(&message.origin).to_owned(),
    };
    let says = if message.header_from == message.from { String::new() } else { message.header_from.clone() };
    html! {
        article.traced {
            h3 { a href={ "/admin/queue/" (message.message) } { "Message " (message.message) } " " (time(&message.accepted)) }
            (facts(&[
                ("Subject", message.subject.clone()),
                ("From", message.from.clone()),
                ("Says it is from", says),
                ("Came", came),
                ("Message-ID", message.message_id.clone().unwrap_or_default()),
                ("Event", message.event.clone().unwrap_or_default()),
                ("About", message.about.map(|about| format!("message {about}")).unwrap_or_default()),
            ]))
            ul.lines {
                @for to in &message.recipients {
                    li {
                        strong { (text(&to.address)) } " " span.tag { (to.state) } " " (text(&to.words))
                        @if let Some(dsn) = to.dsn { " " a href={ "/admin/queue/" (dsn) } { "the report" } }
                    }
                }
                @if message.more > 0 { li { "and " (message.more) " more recipients" } }
                @for (mailbox, folder) in &message.filed { li { "Filed for " (text(mailbox)) ": " (folder) } }
                @if message.in_hand { li { strong { "It is being handed over at this moment." } } }
            }
        }
    }
}
