//! The pages behind an invitation. The fields and the code are asked for in the settings, too.

use maud::{Markup, html};

use super::layout::{self, Shell};
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct FormPage {
    pub action: String,
    pub name: String,
    /// The normal one.
    pub address: String,
    /// Hints at what is known already.
    pub known_email: Option<String>,
    pub known_phone: Option<String>,
    pub typed: Fields,
}

/// How one is reached, as typed, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub email: String,
    pub phone: String,
    pub email_problem: Option<String>,
    pub phone_problem: Option<String>,
}

#[derive(Clone, Debug)]
pub struct CodePage {
    pub action: String,
    pub back: String,
    /// Of a person who is signed in.
    pub csrf: Option<String>,
    /// Where the code went.
    pub email: String,
    /// After a wrong one.
    pub tries_left: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct DonePage {
    pub name: String,
    /// Hints.
    pub email: Option<String>,
    pub phone: Option<String>,
}

pub fn form(shell: &Shell, page: &FormPage) -> Markup {
    let t = shell.texts;
    let known: Vec<&str> = page.known_email.iter().chain(&page.known_phone).map(String::as_str).collect();
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { (t.get("enrol-title")) }
                p.lead { (named(t, "enrol-lead", "name", &page.name)) }
                p { (named(t, "enrol-why", "address", &page.address)) }
                @if !known.is_empty() { p.hint { (t.with("enrol-known", &[("known", known.join(", ").into())])) } }
                form method="post" action=(page.action) {
                    (fields(t, &page.typed))
                    button.primary type="submit" { (t.get("enrol-continue")) }
                }
                p.hint { (t.get("settings-reach-only")) }
            }
        },
    )
}

/// Without the form around them.
pub fn fields(t: Texts, typed: &Fields) -> Markup {
    html! {
        label for="alternate" { (t.get("enrol-address")) }
        @if let Some(problem) = &typed.email_problem { p.problem #alternate-problem role="alert" { (problem) } }
        input #alternate type="text" name="alternate" value=(typed.email) inputmode="email" autocomplete="email"
            autocapitalize="none" spellcheck="false" maxlength="320" aria-invalid=[typed.email_problem.as_ref().map(|_| "true")]
            aria-describedby=(described("alternate", typed.email_problem.is_some()));
        p.hint #alternate-hint { (t.get("enrol-address-hint")) }
        label for="phone" { (t.get("enrol-phone")) }
        @if let Some(problem) = &typed.phone_problem { p.problem #phone-problem role="alert" { (problem) } }
        input #phone type="text" name="phone" value=(typed.phone) inputmode="tel" autocomplete="tel" maxlength="40"
            aria-invalid=[typed.phone_problem.as_ref().map(|_| "true")]
            aria-describedby=(described("phone", typed.phone_problem.is_some()));
        p.hint #phone-hint { (t.get("enrol-phone-hint")) }
    }
}

/// A text with one thing in it that somebody else wrote.
pub fn named(t: Texts, key: &'static str, argument: &'static str, foreign: &str) -> Markup {
    let (before, after) = t.around(key, argument);
    html! { (before) bdi { (foreign) } (after) }
}

fn described(field: &str, problem: bool) -> String {
    if problem { format!("{field}-problem {field}-hint") } else { format!("{field}-hint") }
}

pub fn code(shell: &Shell, page: &CodePage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { (t.get("enrol-code-title")) }
                p { (named(t, "enrol-code-sent", "email", &page.email)) }
                @if let Some(left) = page.tries_left {
                    p.problem #problem role="alert" { (t.with("enrol-code-wrong", &[("left", left.into())])) }
                }
                form method="post" action=(page.action) {
                    @if let Some(csrf) = &page.csrf { input type="hidden" name="csrf" value=(csrf); }
                    label for="code" { (t.get("enrol-code-field")) }
                    input #code type="text" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required
                        aria-invalid=[page.tries_left.map(|_| "true")] aria-describedby=[page.tries_left.map(|_| "problem")] autofocus;
                    button.primary type="submit" { (t.get("enrol-code-confirm")) }
                }
            }
            p.below { a href=(page.back) { (t.get("enrol-code-nothing")) } }
        },
    )
}

pub fn done(shell: &Shell, page: &DonePage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { (t.get("enrol-done-title")) }
                p.lead { (named(t, "enrol-done-lead", "name", &page.name)) }
                ul {
                    @if let Some(email) = &page.email { li { (named(t, "enrol-done-mail", "email", email)) } }
                    @if let Some(phone) = &page.phone { li { (named(t, "enrol-done-phone", "digits", phone.trim_start_matches('•'))) } }
                    @if page.email.is_none() && page.phone.is_none() { li { (t.get("enrol-done-nothing")) } }
                }
                p { (t.get("enrol-done-close")) }
                p.hint { (t.get("enrol-done-later")) }
            }
            p.below { a href="/help" { (t.get("closed-help")) } }
        },
    )
}
