//! Events: the list, and the report of one, which is made to be printed as well.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use super::table::{empty, facts, table, text, time};
use crate::control::{CountRow, EventCounts, EventDocument, EventRow, EventState, cells};

/// All events, the newest first.
pub fn list(shell: &AdminShell, events: &[EventRow]) -> Markup {
    let row = |event: &EventRow| {
        vec![
            html! { a href={ "/admin/events/" (event.id) } { (event.id) } },
            html! { (event.kind.words()) @if event.state != EventState::Over { " " span.tag { (event.state.words()) } } },
            text(&event.scope.words()),
            time(&event.from),
            event.to.as_deref().map_or_else(|| html! { "now" }, time),
            html! {
                (text(if event.summary.is_empty() { &event.reason } else { &event.summary }))
                @if event.kept { " " span.tag { "mail is kept" } }
            },
        ]
    };
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "Events" } p { "Times are UTC." } }
            @if events.is_empty() {
                (empty("There has been no continuity event yet."))
            } @else {
                (table("All events", &["Event", "Kind", "For", "From", "To", "How it went"], &events.iter().map(row).collect::<Vec<_>>()))
            }
        },
    )
}

/// The report of one event.
pub struct Report<'a> {
    pub event: &'a EventDocument,
    /// May end its keeping of mail.
    pub may_release: bool,
    /// May have the list of its mail.
    pub may_list: bool,
    /// Name of the box, for the printed sheet.
    pub hostname: &'a str,
}

pub fn show(shell: &AdminShell, report: &Report<'_>) -> Markup {
    let event = report.event;
    layout::page(
        shell,
        &html! {
            p.back { a href="/admin/events" { "All events" } }
            article.report {
                div.heading {
                    h1 { "Event " (event.id) }
                    p { (report.hostname) ", times are UTC" }
                }
                p.lead { (text(&event.summary())) }
                (downloads(report))
                (facts(&head(event)))
                (mail(&event.counts))
                (timeline(event))
                (evidence(event))
                (people(event))
                @if event.kept && report.may_release { (release(shell, event)) }
            }
        },
    )
}

fn head(event: &EventDocument) -> Vec<(&'static str, String)> {
    let mut head = vec![
        ("Kind", format!("{}; {}", event.kind.words(), event.state.words())),
        ("For", event.scope.words()),
        ("From", event.from.clone()),
        ("To", event.to.clone().unwrap_or_else(|| "still open".to_owned())),
        ("Begun by", event.by.clone()),
        ("Why", event.reason.clone()),
    ];
    head.extend(event.duration_words());
    head
}

fn downloads(report: &Report<'_>) -> Markup {
    let id = &report.event.id;
    html! {
        ul.actions {
            li { a.button href={ "/admin/events/" (id) "/json" } { "Report as JSON" } }
            @if report.may_list { li { a.button href={ "/admin/events/" (id) "/csv" } { "List of the mail (CSV)" } } }
        }
    }
}

fn mail(counts: &EventCounts) -> Markup {
    let row = |name: &str, row: &CountRow| {
        let name = name.to_owned();
        std::iter::once(html! { (name) }).chain(cells(row).map(|cell| html! { (cell) })).collect::<Vec<_>>()
    };
    let mut rows: Vec<Vec<Markup>> = counts.origins.iter().map(|one| row(EventCounts::origin_words(&one.origin), one)).collect();
    rows.push(row("All", &counts.total));
    let heads = ["Mail", "Messages", "Recipients", "Delivered", "Waiting", "Held", "Refused", "Given up", "In hand"];
    html! {
        section.numbers {
            h2 { "What became of the mail" }
            p.hint { "Each recipient of each message counts once." @if counts.is_history { " Some of this mail is gone by now: these are the numbers of " (counts.at) "." } }
            (table("What became of the mail", &heads, &rows))
            @if counts.copies > 0 { p { (counts.copies) " copies were filed in mailboxes." } }
            @if let Some((first, last)) = &counts.handed_over {
                p { "The mail server took the first of it at " (time(first)) ", the last at " (time(last)) "." }
            }
        }
    }
}

fn timeline(event: &EventDocument) -> Markup {
    html! {
        section {
            h2 { "What happened" }
            ol.timeline {
                @for moment in &event.timeline {
                    li { (time(&moment.at)) span.tag { (moment.what.words()) } span { (text(&moment.text)) " " span.hint { (text(&moment.by)) } } }
                }
            }
            @if event.left_out > 0 { p.hint { (event.left_out) " moments in the middle are not shown. The audit log has them." } }
        }
    }
}

fn evidence(event: &EventDocument) -> Markup {
    html! {
        @if !event.evidence.is_empty() {
            section {
                h2 { "Seen when it began" }
                ul.lines { @for line in event.evidence_words() { li { (text(&line)) } } }
            }
        }
    }
}

fn people(event: &EventDocument) -> Markup {
    let told = event.told.iter().map(|told| {
        vec![time(&told.at), text(&told.who), text(&format!("{} {}", told.channel, told.to)), text(&told.about), text(&told.outcome)]
    });
    let signed = event.signed_in.iter().map(|one| vec![text(&one.mailbox), time(&one.at), html! { (one.times) }]);
    let wrote = event.counts.written_by.iter().map(|(who, messages)| vec![text(who), html! { (messages) }]);
    html! {
        section {
            h2 { "Who was told (" (event.told.len()) ")" }
            @if event.told.is_empty() { p.hint { "Nobody." } }
            @else { (table("Who was told", &["When", "Who", "By", "What", "Outcome"], &told.collect::<Vec<_>>())) }
        }
        section {
            h2 { "Who signed in (" (event.signed_in.len()) ")" }
            @if event.signed_in.is_empty() { p.hint { "Nobody." } }
            @else { (table("Who signed in", &["Mailbox", "First", "Times"], &signed.collect::<Vec<_>>())) }
        }
        @if !event.counts.written_by.is_empty() {
            section {
                h2 { "Who wrote in the webmail" }
                (table("Who wrote", &["Mailbox", "Messages"], &wrote.collect::<Vec<_>>()))
            }
        }
    }
}

fn release(shell: &AdminShell, event: &EventDocument) -> Markup {
    html! {
        section.actions-below {
            h2 { "Its mail is kept" }
            p { "Not all of it was handed back yet, or nobody has checked. When you have exported what people need, it may be kept no longer than other mail." }
            form method="post" action={ "/admin/events/" (event.id) "/release" } {
                (layout::csrf(shell))
                button type="submit" { "Keep it no longer than other mail" }
            }
        }
    }
}
