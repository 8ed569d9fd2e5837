//! Drills: the form that starts one, the list, and the report of one, which is made to be printed as well.

use std::time::Duration;

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use super::table::{empty, table, text};
use crate::clock::Wall;
use crate::continuity::drill::{Participant, Report, after, stage};
use crate::mail::date;

pub struct Drills {
    /// The drill that is open, as it stands.
    pub open: Option<Report>,
    /// The newest first.
    pub drills: Vec<Report>,
    /// When the schedule starts the next one.
    pub next: Option<String>,
    /// Addresses and names.
    pub people: Vec<(String, String)>,
    pub groups: Vec<String>,
    pub lengths_min: &'static [u64],
    pub may_start: bool,
}

pub fn list(shell: &AdminShell, page: &Drills) -> Markup {
    let row = |report: &Report| {
        vec![
            html! { a href={ "/admin/drills/" (report.id.0) } { (date::minute(report.from)) } },
            html! { strong { (report.grade) } " (" (report.percent) " %)" },
            html! { (report.counts.people) },
            html! { (report.counts.reached) },
            html! { (report.counts.signed_in) },
            html! { (report.counts.replied) },
            text(&report.reason),
        ]
    };
    let heads = ["Began", "Grade", "People", "Reached", "Signed in", "Answered", "Why"];
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "Drills" } @if let Some(next) = &page.next { p { "The next one comes by itself: " (next) } } }
            p { "In a drill people practise what they would do in an outage: they get a notice, sign in, read and answer. Mail is not touched." }
            @if let Some(open) = &page.open {
                div.card.wide {
                    h2 { "A drill is going on" }
                    p { (text(&open.summary())) @if let Some(until) = open.until { " It ends by itself at " (date::minute(until)) "." } }
                    p { a.button href={ "/admin/drills/" (open.id.0) } { "How it goes" } }
                }
            } @else if page.may_start {
                (form(shell, page))
            }
            h2 { "Past drills" }
            @if page.drills.is_empty() {
                (empty("Nobody has practised yet."))
            } @else {
                (table("Past drills", &heads, &page.drills.iter().map(row).collect::<Vec<_>>()))
            }
        },
    )
}

fn form(shell: &AdminShell, page: &Drills) -> Markup {
    html! {
        form.card.wide method="post" action="/admin/drills/start" {
            h2 { "Start a drill" }
            (layout::csrf(shell))
            fieldset {
                legend { "Who takes part" }
                label.check { input type="checkbox" name="all" value="yes"; span { "Everybody" } }
                @for group in &page.groups {
                    label.check { input type="checkbox" name="group" value=(group); span { "Group " bdi { (group) } } }
                }
                div.picker {
                    @for (address, name) in &page.people {
                        label.check { input type="checkbox" name="mailbox" value=(address); span { bdi { (name) } " " (address) } }
                    }
                }
            }
            label for="minutes" { "How long" }
            select #minutes name="minutes" {
                @for minutes in page.lengths_min { option value=(minutes) selected[*minutes == 30] { (after(Duration::from_secs(minutes * 60))) } }
            }
            label for="reason" { "Why (for the record)" }
            input #reason type="text" name="reason" maxlength="200";
            button.primary type="submit" { "Start the drill" }
        }
    }
}

pub fn show(shell: &AdminShell, report: &Report, open: bool, may_end: bool, hostname: &str) -> Markup {
    let heads = ["Person", "How far", "Told", "Signed in", "Opened a message", "Answered", "Remarks"];
    let time = |at: Option<Wall>| at.map_or_else(String::new, |at| after(at.since(report.from)));
    let remark = |person: &Participant| person.unreachable.clone().or_else(|| person.trouble.clone()).unwrap_or_default();
    let row = |person: &Participant| {
        vec![
            html! { bdi { (person.name) } " " span.soft { (person.mailbox.as_str()) } },
            html! { (stage(person.stage())) },
            html! { (time(person.told)) },
            html! { (time(person.signed_in)) },
            html! { (time(person.opened)) },
            html! { (time(person.replied)) },
            text(&remark(person)),
        ]
    };
    layout::page(
        shell,
        &html! {
            p.back { a href="/admin/drills" { "All drills" } }
            article.report {
                div.heading {
                    h1 { @if open { "Drill, going on" } @else { "Report of a drill" } }
                    p { (hostname) ", " (report.id.0) }
                }
                @if !open { p.lead { "Grade " strong { (report.grade) } " (" (report.percent) " %)" } }
                p { (text(&report.summary())) }
                p {
                    "Began " (date::minute(report.from)) ", "
                    @if open { @if let Some(until) = report.until { "ends by itself at " (date::minute(until)) "." } }
                    @else { "ended " (date::minute(report.to)) ". " (text(&report.end_words())) }
                    " Started by " bdi { (report.by) } @if !report.reason.is_empty() { ": " bdi { (report.reason) } } "."
                }
                @if let Some(usual) = report.usual_time() { p { "Half of those who came had signed in after " (after(usual)) "." } }
                (table("Who came how far; times from the start", &heads, &report.people.iter().map(row).collect::<Vec<_>>()))
                @let advice = report.advice();
                @if !advice.is_empty() && !open {
                    h2 { "What to do" }
                    ul { @for line in advice { li { (line) } } }
                }
                p.soft {
                    "Each person can earn 100 points: 40 for being reached, 40 for signing in within 15 minutes (30 later), 20 for an answer. \
                     A from 90 %, B from 75 %, C from 60 %, D from 40 %."
                }
            }
            @if may_end {
                form method="post" action="/admin/drills/end" {
                    (layout::csrf(shell))
                    input type="hidden" name="id" value=(report.id.0);
                    button type="submit" { "End the drill" }
                }
            }
        },
    )
}
