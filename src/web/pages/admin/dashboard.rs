//! How things are.

use maud::{Markup, html};

use super::layout::{self, AdminShell};

#[derive(Clone, Debug)]
pub struct Dashboard {
    pub text: String,
}

pub fn page(shell: &AdminShell, view: &Dashboard) -> Markup {
    layout::page(
        shell,
        &html! {
            h1 { "Dashboard" }
            pre { (view.text) }
        },
    )
}
