//! Planned maintenance: what is ahead, and a form for one more.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use super::table::{empty, table, text, time};
use crate::control::WindowStatus;

pub fn page(shell: &AdminShell, windows: &[WindowStatus], may_plan: bool) -> Markup {
    let row = |window: &WindowStatus| {
        vec![
            html! { (window.id) @if window.begun { " " span.tag { "now" } } },
            time(&window.from),
            time(&window.to),
            html! { (text(&window.reason)) @if window.announce { " " span.tag { "people are told" } } },
            text(&window.by),
            html! {
                @if may_plan && !window.begun {
                    form method="post" action={ "/admin/maintenance/" (window.id) "/remove" } {
                        (layout::csrf(shell))
                        button.quiet type="submit" { "Remove" }
                    }
                }
            },
        ]
    };
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "Maintenance" } p { "Times in the table are UTC." } }
            p { "In a window this box takes the mail, and hands it over at the end if the mail server works." }
            @if windows.is_empty() { (empty("No maintenance is planned.")) }
            @else { (table("Planned maintenance", &["Window", "From", "To", "Why", "By", "Remove"], &windows.iter().map(row).collect::<Vec<_>>())) }
            @if may_plan {
                h2 { "Plan one" }
                form.compose method="post" action="/admin/maintenance" {
                    (layout::csrf(shell))
                    label for="from" { "From" }
                    input #from type="text" name="from" placeholder="2026-12-01 20:00" maxlength="20" required aria-describedby="zone";
                    label for="to" { "To" }
                    input #to type="text" name="to" placeholder="2026-12-01 23:00" maxlength="20" required aria-describedby="zone";
                    p.hint #zone { "In the office's time." }
                    label for="reason" { "Why" }
                    input #reason type="text" name="reason" maxlength="300";
                    label.check { input type="checkbox" name="announce" value="yes"; span { "Tell people beforehand" } }
                    p.send { button.primary type="submit" { "Plan it" } }
                }
            }
        },
    )
}
