//! "Do you really want to?": asked by a page of its own, because no script is needed for a page.

use maud::{Markup, html};

use super::layout::{self, AdminShell};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// A question: "Start a continuity event?"
    pub title: String,
    /// What will happen, in paragraphs.
    pub text: Vec<String>,
    /// On the button: "Start the event".
    pub button: String,
    /// Where "No, go back" leads.
    pub back: String,
}

/// Asks, and sends `fields` to `action` with the answer.
pub fn page(shell: &AdminShell, ask: &Confirm, action: &str, fields: &[(String, String)]) -> Markup {
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { (ask.title) }
                @for paragraph in &ask.text { p { (paragraph) } }
                form method="post" action=(action) {
                    (layout::csrf(shell))
                    @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                    input type="hidden" name="confirmed" value="yes";
                    button.primary type="submit" { (ask.button) }
                }
                p.below { a href=(ask.back) { "No, go back" } }
            }
        },
    )
}
