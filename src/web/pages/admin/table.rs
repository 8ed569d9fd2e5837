//! Tables and facts of the admin's pages: rows become blocks on a small screen.

use maud::{Markup, html};

/// A table with a caption for who does not see it. `heads` has as many entries as each row has cells.
pub fn table(caption: &str, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        table.list {
            caption.unseen { (caption) }
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for row in rows {
                    tr { @for (head, cell) in heads.iter().zip(row) { td data-label=(head) { @if !cell.0.is_empty() { div { (cell) } } } } }
                }
            }
        }
    }
}

/// Names with their values; empty values are left out.
pub fn facts(facts: &[(&str, String)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts {
                @if !value.is_empty() { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

/// Text of strangers: it goes in its own direction and breaks where it must. Nothing for no text.
pub fn text(text: &str) -> Markup {
    html! { @if !text.is_empty() { bdi { (text) } } }
}

/// A time as it is on record, with the moment for machines.
pub fn time(at: &str) -> Markup {
    let shown = at.replace('T', " ");
    html! { time datetime=(at) { (shown.trim_end_matches('Z')) } }
}

/// Nothing to show.
pub fn empty(words: &str) -> Markup {
    html! { div.empty { p { (words) } } }
}
