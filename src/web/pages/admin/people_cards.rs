//! Making and printing emergency cards.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use crate::control::Card;
use crate::web::pages::cards;

#[derive(Clone, Debug)]
pub struct CardsForm {
    /// For whom, as typed before.
    pub addresses: String,
}

pub fn form(shell: &AdminShell, page: &CardsForm) -> Markup {
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { "Emergency cards" }
                p { "A card of paper with codes that let its person in when mail is down, also if nothing else can be reached. Print cards before you need them." }
                form method="post" action="/admin/people/cards" {
                    (layout::csrf(shell))
                    label for="addresses" { "For these people (addresses, one a line)" }
                    textarea #addresses name="addresses" rows="4" spellcheck="false" autocapitalize="none" { "\n" (page.addresses) }
                    p { label { input type="checkbox" name="who" value="all"; " For everybody in the directory" } }
                    button.primary type="submit" { "Make cards" }
                }
                p.hint { "New cards end the codes of older ones. On the box: " code { "lifeboat people cards --all --to FOLDER" } }
            }
        },
    )
}

pub fn sheet(shell: &AdminShell, made: &[Card]) -> Markup {
    layout::page(
        shell,
        &html! {
            div.noprint {
                h1 { "Emergency cards" }
                p { strong { "Print this page now (Ctrl+P): the codes are not shown again." } " Four cards fit on a sheet of A4; cut along the dashed lines." }
            }
            (cards::sheet(made))
            p.noprint { a.button href="/admin/people" { "Printed: back to the people" } }
        },
    )
}
