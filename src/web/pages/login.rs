//! Signing in, and the page of a webmail that is closed because mail works.

use maud::{Markup, html};

use super::layout::{self, Shell};

#[derive(Clone, Debug)]
pub struct LoginPage {
    /// As typed before.
    pub address: String,
    pub problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The same text for an unknown address.
    WrongPassword,
    TooManyTries,
}

#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// Something was seen that may become an outage.
    pub suspect: bool,
    /// There is an event, but not for this person.
    pub for_you: bool,
}

pub fn page(shell: &Shell, page: &LoginPage) -> Markup {
    let (problem, wrong) = match page.problem {
        Some(Problem::WrongPassword) => (
            Some("That address and password do not belong together. Please try again; your administrator can give you a new password."),
            true,
        ),
        Some(Problem::TooManyTries) => {
            (Some("Too many tries. Please wait 15 minutes, or ask your administrator for a new password."), false)
        }
        None => (None, false),
    };
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { "Sign in" }
                @if let Some(text) = problem { p.problem #problem role="alert" { (text) } }
                form method="post" action="/login" {
                    label for="address" { "Your e-mail address" }
                    input #address type="text" name="address" value=(page.address) inputmode="email" autocomplete="username"
                        autocapitalize="none" spellcheck="false" maxlength="320" required
                        aria-invalid=[wrong.then_some("true")] autofocus[page.address.is_empty()];
                    label for="password" { "Your Lifeboat password" }
                    input #password type="password" name="password" autocomplete="current-password" required maxlength="512"
                        aria-invalid=[wrong.then_some("true")] aria-describedby=(if problem.is_some() { "problem hint" } else { "hint" })
                        autofocus[!page.address.is_empty()];
                    p.hint #hint { "This is the password that your administrator gave you for Lifeboat, not the one for Outlook." }
                    button.primary type="submit" { "Sign in" }
                }
            }
            p.below { a href="/help" { "What is this, and what should I do?" } }
        },
    )
}

pub fn closed(shell: &Shell, closed: &Closed) -> Markup {
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { @if closed.for_you { "Mail works normally for you" } @else { "Mail works normally" } }
                p.lead { "Please use Outlook as usual." }
                @if closed.for_you { p { "Only some people work with Lifeboat at the moment, and you are not one of them." } }
                p { "This page opens by itself when the mail server is down. Then you can read and answer your mail here." }
                @if closed.suspect {
                    p.hint { "Lifeboat is taking a closer look at the mail server right now. If it stays away, this page opens in less than a minute." }
                }
                p { a.button href="/" { "Look again" } }
            }
            p.below { a href="/help" { "What is Lifeboat?" } }
        },
    )
}
