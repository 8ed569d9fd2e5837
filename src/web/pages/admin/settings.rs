//! How the box is set.

use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{self, AdminShell};
use super::table::{table, text};
use crate::web::authority;

/// A key, as the verb tells.
#[derive(Clone, Debug, Deserialize)]
pub struct SettingRow {
    pub key: String,
    pub value: String,
    pub is_default: bool,
}

/// The page.
pub struct Settings {
    pub rows: Vec<SettingRow>,
    /// What an operator said last.
    pub automatic: bool,
    /// SHA-256 of the certificate of the box's own authority; None if the box was given its certificate.
    pub fingerprint: Option<String>,
}

pub fn page(shell: &AdminShell, settings: &Settings) -> Markup {
    let row = |one: &SettingRow| {
        vec![
            html! { code { (one.key) } },
            html! { code { (text(&one.value)) } },
            html! { @if one.is_default { span.hint { "default" } } @else { strong { "set" } } },
        ]
    };
    let rows = &settings.rows;
    let is_set = rows.iter().filter(|one| !one.is_default).count();
    layout::page(
        shell,
        &html! {
            div.heading { h1 { "Settings" } p { (is_set) " of " (rows.len()) " are set, the others are defaults" } }
            p { "They are in " code { "lifeboat.toml" } " on the box, and count from its last start on. Passwords and other secrets are never shown." }
            p.notice { "Automatic is " strong { @if settings.automatic { "on" } @else { "off" } } " now: what an operator said last counts." }
            (table("Settings", &["Key", "Value", "From"], &rows.iter().map(row).collect::<Vec<_>>()))
            @if let Some(fingerprint) = &settings.fingerprint { (certificate(fingerprint)) }
        },
    )
}

/// How the office trusts the certificate that the box made itself.
fn certificate(fingerprint: &str) -> Markup {
    html! {
        h2 { "Certificate" }
        p {
            "The box made its certificate itself. Browsers stop warning where its authority is installed: "
            a href=(authority::PATH) { (authority::FILE_NAME) } ". It can sign for this box's name and names below it, localhost, private addresses "
            "and the box's own, and for nothing else."
        }
        p {
            "On all machines of the office by group policy: Computer Configuration > Windows Settings > Security Settings > Public Key Policies > "
            "Trusted Root Certification Authorities. On one Windows machine: " code { "certutil -addstore -f Root " (authority::FILE_NAME) } "."
        }
        p { "SHA-256 fingerprint: " code { (fingerprint) } }
    }
}
