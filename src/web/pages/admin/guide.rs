//! The set-up guide, step by step. Made to be printed, too.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use crate::control::guide::Step;

pub fn page(shell: &AdminShell, steps: &[Step]) -> Markup {
    layout::page(
        shell,
        &html! {
            div.prose {
                h1 { "Set-up guide" }
                p { "With the names and addresses of this office. Each step can be undone, and says how. On the box itself: " code { "lifeboat guide" } "." }
                ol.steps {
                    @for step in steps {
                        li {
                            h2 { (step.title) }
                            @for paragraph in &step.text { p { (paragraph) } }
                            (lines("In the Exchange Management Shell", &step.shell))
                            (lines("In lifeboat.toml", &step.settings))
                            (lines("To undo it", &step.undo))
                        }
                    }
                }
            }
        },
    )
}

fn lines(title: &str, lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h3 { (title) }
            // Long lines scroll: a screen reader's user and one with a keyboard must reach them.
            pre tabindex="0" role="group" aria-label=(title) { code { (lines.join("\n")) } }
        }
    }
}
