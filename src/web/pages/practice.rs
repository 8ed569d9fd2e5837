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
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            p.back { a href="/mail/sent" { (t.get("folder-sent")) } }
            article.message {
                h1 dir="auto" { @if page.subject.is_empty() { (t.get("no-subject")) } @else { (page.subject) } }
                p.notice role="note" { strong { (t.get("letter-nobody")) } " " (t.get("letter-drill")) }
                p { (t.get("letter-to")) " " @for (number, to) in page.to.iter().enumerate() { @if number > 0 { ", " } bdi { (to) } } }
                p { (t.with("letter-written", &[("date", page.date.as_str().into())])) }
                @if !page.files.is_empty() { p { (t.get("letter-attached")) " " bdi { (page.files.join(", ")) } } }
                @if page.cut {
                    p { (t.get("letter-cut")) }
                } @else {
                    pre.text dir="auto" { (page.text) }
                }
            }
        },
    )
}
