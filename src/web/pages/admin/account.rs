//! The own account; all accounts and tokens.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use crate::auth::Role;
use crate::clock::Wall;
use crate::limits::ADMIN_PASSWORD_MIN_CHARS;
use crate::mail::date;

#[derive(Clone, Debug)]
pub struct AccountPage {
    /// A secret that waits for its first code: in groups to type, and as a picture says it.
    pub shown: Option<(String, String)>,
    pub is_admin: bool,
}

/// An account or a token.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub name: String,
    pub role: String,
    pub totp: bool,
    /// As short as possible.
    pub since: String,
    pub by: String,
}

impl Row {
    /// From a verb's answer.
    pub fn of(value: &serde_json::Value, now: Wall) -> Row {
        let word = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let since = value["at"].as_u64().map(|at| date::short(Wall(at), now)).unwrap_or_default();
        Row { name: word("name"), role: word("role"), totp: value["totp"] == true, since, by: word("by") }
    }
}

#[derive(Clone, Debug, Default)]
pub struct AccountsPage {
    pub accounts: Vec<Row>,
    pub tokens: Vec<Row>,
}

pub fn own(shell: &AdminShell, page: &AccountPage) -> Markup {
    layout::page(
        shell,
        &html! {
            h1 { "Your account" }
            p { "You are signed in as " strong { (shell.name) } ", with the role " strong { (shell.role) } ". " (may(shell.role)) }
            @if page.is_admin { p { a href="/admin/accounts" { "All accounts, and tokens for scripts" } } }
            section.panel aria-labelledby="password-heading" {
                h2 #password-heading { "Change your password" }
                form method="post" action="/admin/account/password" {
                    (layout::csrf(shell))
                    // Keepers of passwords want to know whose it is.
                    input type="text" name="name" value=(shell.name) autocomplete="username" hidden;
                    (secret("old", "Old password", "current-password"))
                    (secret("new", "New password", "new-password"))
                    (secret("again", "The new one once more", "new-password"))
                    p.hint { "At least " (ADMIN_PASSWORD_MIN_CHARS) " characters. Other browsers are signed out." }
                    p.send { button.primary type="submit" { "Change it" } }
                }
            }
            section.panel aria-labelledby="code-heading" {
                h2 #code-heading { "Second factor" }
                p {
                    "With an authenticator app, somebody who learns your password still does not get in. The app needs no network, so it works in an outage, too."
                }
                @if let Some((secret, uri)) = &page.shown {
                    p { "Scan this with the app:" }
                    @if let Some(svg) = crate::web::pages::cards::qr(uri) { (svg) }
                    p { "Or put this into it (“enter a key”, time-based):" }
                    p { code.secret { (secret) } }
                    p { "On the phone itself, this does it: " a href=(uri) { "open in the app" } "." }
                    form method="post" action="/admin/account/totp/confirm" {
                        (layout::csrf(shell))
                        label for="code" { "The code that the app shows now" }
                        input #code type="text" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required;
                        p.hint { "It counts only after this. Until then you sign in as before." }
                        p.send { button.primary type="submit" { "Confirm" } }
                    }
                } @else {
                    form method="post" action="/admin/account/totp" {
                        (layout::csrf(shell))
                        button #code type="submit" { "Set one up" }
                    }
                }
            }
            section.panel aria-labelledby="out-heading" {
                h2 #out-heading { "Sign out everywhere" }
                p { "Ends this session and those in all other browsers." }
                form method="post" action="/admin/logout/all" {
                    (layout::csrf(shell))
                    button type="submit" { "Sign out everywhere" }
                }
            }
        },
    )
}

fn secret(name: &str, label: &str, kind: &str) -> Markup {
    html! {
        label for=(name) { (label) }
        input id=(name) type="password" name=(name) autocomplete=(kind) maxlength="256" required;
    }
}

fn may(role: Role) -> &'static str {
    match role {
        Role::Admin => "You may do everything here.",
        Role::Helpdesk => "You help people to get in; you do not see what mail is about.",
        Role::Auditor => "You may read everything but mail, and change nothing.",
    }
}

pub fn all(shell: &AdminShell, page: &AccountsPage) -> Markup {
    let of = |shell: &AdminShell, action: &str, name: &str, label: &str| {
        html! {
            form method="post" action=(action) {
                (layout::csrf(shell))
                input type="hidden" name="name" value=(name);
                button.quiet type="submit" { (label) span.unseen { ": " (name) } }
            }
        }
    };
    layout::page(
        shell,
        &html! {
            h1 { "Accounts and tokens" }
            section.panel aria-labelledby="accounts-heading" {
                h2 #accounts-heading { "Accounts" }
                (table("Accounts", &page.accounts, "There is no account.", &|row| html! {
                    (of(shell, "/admin/accounts/password", &row.name, "New password"))
                    @if row.totp { (of(shell, "/admin/accounts/totp-off", &row.name, "Take second factor away")) }
                    (of(shell, "/admin/accounts/remove", &row.name, "Remove"))
                }))
                h3 { "A new account" }
                (new(shell, "/admin/accounts/password", "account", "Make it"))
                p.hint { "The password is shown once, on the next page." }
            }
            section.panel aria-labelledby="tokens-heading" {
                h2 #tokens-heading { "Tokens for scripts" }
                p { "A script sends its token to " code { "/api/v1/verbs" } " and may do there what its role may do here." }
                (table("Tokens", &page.tokens, "There is no token.", &|row| of(shell, "/admin/tokens/revoke", &row.name, "Revoke")))
                h3 { "A new token" }
                (new(shell, "/admin/tokens/create", "token", "Make it"))
                p.hint { "The token is shown once, on the next page." }
            }
        },
    )
}

fn table(caption: &str, rows: &[Row], nothing: &str, buttons: &dyn Fn(&Row) -> Markup) -> Markup {
    let cells = |row: &Row| {
        vec![
            html! { span { strong { (row.name) } @if row.totp { " " span.tag { "second factor" } } } },
            html! { (row.role) },
            html! { (row.since) },
            html! { (row.by) },
            html! { div.actions { (buttons(row)) } },
        ]
    };
    let heads = ["Name", "Role", "Since", "By", "What to do"];
    html! {
        @if rows.is_empty() { p { (nothing) } }
        @else { (super::table::table(caption, &heads, &rows.iter().map(cells).collect::<Vec<_>>())) }
    }
}

fn new(shell: &AdminShell, action: &str, what: &str, label: &str) -> Markup {
    let (name, role) = (format!("{what}-name"), format!("{what}-role"));
    html! {
        form.line method="post" action=(action) {
            (layout::csrf(shell))
            div {
                label for=(name) { "Name" }
                input id=(name) type="text" name="name" maxlength="64" autocapitalize="none" spellcheck="false" autocomplete="off" required;
            }
            div {
                label for=(role) { "Role" }
                select id=(role) name="role" {
                    @for role in [Role::Helpdesk, Role::Auditor, Role::Admin] { option value=(role) { (role) } }
                }
            }
            button type="submit" { (label) }
        }
    }
}
