//! How the box is set.

use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{self, AdminShell};
use super::table::{table, text};

/// A key, as the verb tells.
#[derive(Clone, Debug, Deserialize)]
pub struct SettingRow {
    pub key: String,
    pub value: String,
    pub is_default: bool,
}

pub fn page(shell: &AdminShell, settings: &[SettingRow], automatic: bool) -> Markup {
    let row = |one: &SettingRow| {
        vec![
            html! { code { (one.key) } },
            html! { code { (text(&one.value)) } },
            html! { @if one.is_default { span.hint { "default" } } @else { strong { "set" } } },
        ]
    };
    let is_set = settings.iter().filter(|one| !one.is_default).count();
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "Settings" } p { (is_set) " of " (settings.len()) " are set, the others are defaults" } }
            p { "They are in " code { "lifeboat.toml" } " on the box, and count from its last start on. Passwords and other secrets are never shown." }
            p.notice { "Automatic is " strong { @if automatic { "on" } @else { "off" } } " now: what an operator said last counts." }
            (table("Settings", &["Key", "Value", "From"], &settings.iter().map(row).collect::<Vec<_>>()))
        },
    )
}
