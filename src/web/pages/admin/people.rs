//! People: who is reached how, who has a password, and what can be done for them.

use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{self, AdminShell};
use super::table::{empty, table, text, time};

/// A person, as `people list` tells.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PersonRow {
    pub address: String,
    pub name: String,
    pub reachable_by: Vec<String>,
    pub alternate_email: Option<String>,
    pub phone: Option<String>,
    /// What counts of what is known of them, and what does not.
    pub why: Vec<String>,
    pub invited_at: Option<String>,
    pub last_login: Option<String>,
}

pub struct PeoplePage<'a> {
    pub people: &'a [PersonRow],
    /// Only those whom nothing reaches are shown.
    pub unreachable: bool,
    pub total: u64,
    pub reachable: u64,
}

pub fn page(shell: &AdminShell, page: &PeoplePage<'_>) -> Markup {
    let row = |person: &PersonRow| {
        vec![
            html! { strong { (text(&person.name)) } br; (text(&person.address)) },
            html! {
                @if person.reachable_by.is_empty() { span.failed { "Nothing" } } @else { (person.reachable_by.join(", ")) }
                @for how in [&person.alternate_email, &person.phone].into_iter().flatten() { br; span.hint { (text(how)) } }
                @for why in &person.why { br; span.hint { (text(why)) } }
            },
            person.invited_at.as_deref().map_or_else(|| html! { "never" }, time),
            person.last_login.as_deref().map_or_else(|| html! { "never" }, time),
            html! { div.actions { (button(shell, "password", "New password", &person.address)) (button(shell, "invite", "Invite", &person.address)) } },
        ]
    };
    let rows: Vec<Vec<Markup>> = page.people.iter().map(row).collect();
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "People" } p { (page.reachable) " of " (page.total) " can be reached in an outage" } }
            p {
                @if page.unreachable { a href="/admin/people" { "Show everybody" } } @else { a href="/admin/people?unreachable=yes" { "Only those whom nothing reaches" } }
            }
            form.actions method="post" action="/admin/people/invite" {
                (layout::csrf(shell))
                button type="submit" { "Invite all whom nothing reaches" }
            }
            @if rows.is_empty() { (empty("Nobody.")) }
            @else { (table("People", &["Person", "Reached by", "Invited", "Last sign-in", "Do"], &rows)) }
        },
    )
}

fn button(shell: &AdminShell, deed: &str, words: &str, address: &str) -> Markup {
    html! {
        form method="post" action={ "/admin/people/" (deed) } {
            (layout::csrf(shell))
            input type="hidden" name="address" value=(address);
            button.quiet type="submit" { (words) }
        }
    }
}
