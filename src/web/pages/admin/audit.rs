//! Who did what and when.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use super::table::{empty, table, text, time};
use crate::control::Audit;

pub struct AuditPage<'a> {
    pub by: &'a str,
    pub action: &'a str,
    pub audit: &'a Audit,
    /// Query of the links to the file, and to older lines.
    pub query: &'a str,
}

pub fn page(shell: &AdminShell, page: &AuditPage<'_>) -> Markup {
    let audit = page.audit;
    let rows: Vec<Vec<Markup>> =
        audit.lines.iter().rev().map(|line| vec![html! { (line.number) }, time(&line.at), text(&line.by), text(&line.what)]).collect();
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "Audit log" } p { "The newest first. Times are UTC." } }
            @match audit.broken_at {
                Some(number) => p.problem role="alert" { "The record was changed from outside: line " (number) " is not as it was written. What stands behind it may not be true." },
                None => p.notice { (audit.total) " lines are on record, each as it was written. " span.hint { "Seal of the last: " code.seal { (audit.last) } } },
            }
            form.filter method="get" action="/admin/audit" role="search" {
                div { label for="by" { "Who" } input #by type="text" name="by" value=(page.by) maxlength="100" placeholder="web:eva"; }
                div { label for="action" { "What" } input #action type="text" name="action" value=(page.action) maxlength="100" placeholder="queue"; }
                button type="submit" { "Search" }
            }
            @if rows.is_empty() { (empty("Nothing is on record that fits.")) }
            @else { (table("Audit log", &["Line", "When", "Who", "What"], &rows)) }
            div.pager {
                a.button href={ "/admin/audit/csv?" (page.query) } { "As CSV" }
                @if let Some(before) = audit.before { a.button rel="next" href={ "/admin/audit?" (page.query) "&before=" (before) } { "Older" } }
            }
        },
    )
}
