//! Signing in, and the pages of a webmail that is closed because mail works.

use maud::{Markup, html};

use super::layout::{self, Shell};
use crate::web::assets;

#[derive(Clone, Debug)]
pub struct LoginPage {
    /// The box's name, so that people see where they are.
    pub host: String,
    /// As typed before.
    pub address: String,
    pub problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The same text for an unknown address.
    WrongPassword,
    TooManyTries,
    /// There was a session, and it is over.
    SignedOut,
}

#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// Something was seen that may become an outage.
    pub suspect: bool,
    /// There is an event, but not for this person.
    pub for_you: bool,
    /// This browser was signed in: the event is over, and its person was signed out.
    pub over: bool,
}

pub fn page(shell: &Shell, page: &LoginPage) -> Markup {
    let t = shell.texts;
    let wrong = page.problem == Some(Problem::WrongPassword);
    let problem = page.problem.map(|problem| {
        t.get(match problem {
            Problem::WrongPassword => "login-wrong",
            Problem::TooManyTries => "login-too-many",
            Problem::SignedOut => "login-again",
        })
    });
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { (t.get("sign-in")) }
                p.hint.host { bdi { (page.host) } }
                @if let Some(text) = problem { p.problem #problem role="alert" { (text) } }
                form method="post" action="/login" {
                    label for="address" { (t.get("address-field")) }
                    input #address type="text" name="address" value=(page.address) inputmode="email" autocomplete="username"
                        autocapitalize="none" spellcheck="false" maxlength="320" required
                        aria-invalid=[wrong.then_some("true")] autofocus[page.address.is_empty()];
                    label for="password" { (t.get("password-field")) }
                    input #password type="password" name="password" autocomplete="current-password" required maxlength="512"
                        aria-invalid=[wrong.then_some("true")] aria-describedby=(if problem.is_some() { "problem hint" } else { "hint" })
                        autofocus[!page.address.is_empty()] data-show=(t.get("password-show"));
                    p.hint #hint { (t.get("password-hint")) }
                    button.primary type="submit" { (t.get("sign-in")) }
                }
            }
            script src=(assets::LOGIN.path()) defer {}
            p.below { a href="/help#no-password" { (t.get("login-no-password")) } }
            p.below { a href="/help" { (t.get("login-help")) } }
        },
    )
}

pub fn closed(shell: &Shell, closed: &Closed) -> Markup {
    if closed.over && !closed.for_you {
        return over(shell);
    }
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { (t.get(if closed.for_you { "closed-for-you-title" } else { "closed-title" })) }
                p.lead { (t.get("closed-use-outlook")) }
                @if closed.for_you { p { (t.get("closed-for-you")) } }
                p { (t.get("closed-opens")) }
                @if closed.suspect { p.hint { (t.get("closed-suspect")) } }
                p { a.button href="/" { (t.get("closed-look-again")) } }
            }
            p.below { a href="/help" { (t.get("closed-help")) } }
        },
    )
}

/// The event is over, and whoever was signed in is told so.
fn over(shell: &Shell) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { (t.get("over-title")) }
                p.lead { (t.get("over-lead")) }
                ul {
                    li { (t.get("over-in")) }
                    li { (t.get("over-out")) }
                    li { (t.get("over-drill")) }
                }
                p { (t.get("over-nothing")) }
            }
            p.below { a href="/help" { (t.get("closed-help")) } }
        },
    )
}
