//! One message that was written in a drill.

use maud::{Markup, html};

use super::layout::{self, Shell};

#[derive(Clone, Debug)]
pub struct LetterPage {
    pub subject: String,
    pub to: Vec<String>,
    pub date: String,
    pub text: String,
    /// Names of what was attached.
    pub files: Vec<String>,
    /// Too large to be kept in a drill.
    pub cut: bool,
}

pub fn page(shell: &Shell, page: &LetterPage) -> Markup {
    layout::page(
        shell,
        &html! {
            p.back { a href="/mail/sent" { "Sent" } }
            article.message {
                h1 dir="auto" { @if page.subject.is_empty() { "(no subject)" } @else { (page.subject) } }
                p.notice role="note" { strong { "Sent to nobody." } " You wrote this in a drill. It disappears when the drill ends." }
                p { "To: " @for (number, to) in page.to.iter().enumerate() { @if number > 0 { ", " } bdi { (to) } } }
                p { "Written: " (page.date) }
                @if !page.files.is_empty() { p { "Attached: " bdi { (page.files.join(", ")) } } }
                @if page.cut {
                    p { "It is too large to be kept in a drill. In an outage it would be here, and on its way." }
                } @else {
                    pre.text dir="auto" { (page.text) }
                }
            }
        },
    )
}
