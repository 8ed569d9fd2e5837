//! Signing in to the admin's place, and the first account.

use maud::{Markup, html};

use crate::limits::ADMIN_PASSWORD_MIN_CHARS;
use crate::web::pages::layout::{self, Shell};
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct LoginPage {
    /// As typed before.
    pub name: String,
    pub problem: Option<Problem>,
    /// The page that is shown afterwards.
    pub to: String,
    /// A click elsewhere led here: a session may be open all the same.
    pub from_elsewhere: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The same text for an unknown name, a wrong password and a wrong code.
    Wrong,
    TooManyTries,
}

pub fn login(page: &LoginPage) -> Markup {
    let problem = page.problem.map(|problem| match problem {
        Problem::Wrong => "Name, password and code do not belong together. Please try again.",
        Problem::TooManyTries => "Too many tries. Please wait 15 minutes.",
    });
    layout::page(
        &Shell::bare(Texts::english(), "Admin: sign in"),
        &html! {
            div.card {
                h1 { "Sign in as admin" }
                @if let Some(text) = problem { p.problem #problem role="alert" { (text) } }
                @if page.from_elsewhere {
                    p { "Are you signed in already? " a href=(page.to) { "Go on" } "." }
                }
                form method="post" action="/admin/login" {
                    input type="hidden" name="to" value=(page.to);
                    label for="name" { "Name" }
                    input #name type="text" name="name" value=(page.name) autocomplete="username" autocapitalize="none" spellcheck="false"
                        maxlength="64" required autofocus[page.name.is_empty()];
                    label for="password" { "Password" }
                    input #password type="password" name="password" autocomplete="current-password" required maxlength="256"
                        autofocus[!page.name.is_empty()];
                    label for="code" { "Code of your authenticator app" }
                    input #code type="text" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" aria-describedby="code-hint";
                    p.hint #code-hint { "Leave it empty if you have not set one up." }
                    button.primary type="submit" { "Sign in" }
                }
            }
            p.below { "Locked out? On the box itself: " code { "lifeboat admin password NAME" } }
        },
    )
}

#[derive(Clone, Debug)]
pub struct SetupPage {
    /// As typed before.
    pub name: String,
    pub problem: Option<String>,
    /// Of the link.
    pub token: String,
}

pub fn setup(page: &SetupPage) -> Markup {
    layout::page(
        &Shell::bare(Texts::english(), "Set up Lifeboat"),
        &html! {
            div.card {
                h1 { "Set up Lifeboat" }
                p { "Nobody looks after this box yet. Choose a name and a password: they are for the admin's pages, and work also when everything else is down." }
                @if let Some(text) = &page.problem { p.problem #problem role="alert" { (text) } }
                form method="post" action={ "/admin/setup/" (page.token) } {
                    label for="name" { "Name" }
                    input #name type="text" name="name" value=(page.name) autocomplete="username" autocapitalize="none" spellcheck="false"
                        maxlength="64" required;
                    label for="password" { "Password" }
                    input #password type="password" name="password" autocomplete="new-password" required minlength=(ADMIN_PASSWORD_MIN_CHARS)
                        maxlength="256" autofocus aria-describedby="password-hint";
                    p.hint #password-hint { "At least " (ADMIN_PASSWORD_MIN_CHARS) " characters. Four or five words are good. Write it down and keep it where you find it in an outage." }
                    label for="again" { "The same once more" }
                    input #again type="password" name="again" autocomplete="new-password" required maxlength="256";
                    button.primary type="submit" { "Make the account" }
                }
            }
        },
    )
}
