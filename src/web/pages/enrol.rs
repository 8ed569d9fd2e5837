//! The pages behind an invitation.

use maud::{Markup, html};

use super::layout::{self, Shell};

#[derive(Clone, Debug)]
pub struct FormPage {
    pub action: String,
    pub name: String,
    /// The normal one.
    pub address: String,
    /// Hints at what is known already.
    pub known_email: Option<String>,
    pub known_phone: Option<String>,
    /// As typed before.
    pub email: String,
    pub phone: String,
    pub email_problem: Option<String>,
    pub phone_problem: Option<String>,
}

#[derive(Clone, Debug)]
pub struct CodePage {
    pub action: String,
    pub back: String,
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
    let known: Vec<&str> = page.known_email.iter().chain(&page.known_phone).map(String::as_str).collect();
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { "When our mail is down" }
                p.lead { "How do we reach you then, " bdi { (page.name) } "?" }
                p {
                    "If the mail server fails, you can read and answer your mail (" bdi { (page.address) } ") here in a browser. "
                    "We will tell you so, and send you your password, at the address or phone that you give now."
                }
                @if !known.is_empty() {
                    p.hint { "Known so far: " (known.join(", ")) ". What you give here counts instead." }
                }
                form method="post" action=(page.action) {
                    label for="alternate" { "An e-mail address outside of the office" }
                    @if let Some(problem) = &page.email_problem { p.problem #alternate-problem role="alert" { (problem) } }
                    input #alternate type="text" name="alternate" value=(page.email) inputmode="email" autocomplete="email"
                        autocapitalize="none" spellcheck="false" maxlength="320" aria-invalid=[page.email_problem.as_ref().map(|_| "true")]
                        aria-describedby=(described("alternate", page.email_problem.is_some()));
                    p.hint #alternate-hint { "Your private address, for example. It gets a code now, so that we know it is yours." }
                    label for="phone" { "A mobile phone, if you like" }
                    @if let Some(problem) = &page.phone_problem { p.problem #phone-problem role="alert" { (problem) } }
                    input #phone type="text" name="phone" value=(page.phone) inputmode="tel" autocomplete="tel" maxlength="40"
                        aria-invalid=[page.phone_problem.as_ref().map(|_| "true")]
                        aria-describedby=(described("phone", page.phone_problem.is_some()));
                    p.hint #phone-hint { "With the country's code: +49 30 123456." }
                    button.primary type="submit" { "Continue" }
                }
                p.hint { "Used for this only. Only your administrators see it." }
            }
        },
    )
}

fn described(field: &str, problem: bool) -> String {
    if problem { format!("{field}-problem {field}-hint") } else { format!("{field}-hint") }
}

pub fn code(shell: &Shell, page: &CodePage) -> Markup {
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { "Your code" }
                p { "A code of six digits is on its way to " strong { bdi { (page.email) } } ". It may take some minutes; look into the spam folder, too." }
                @if let Some(left) = page.tries_left {
                    p.problem #problem role="alert" {
                        "That is not the code. Please look again: "
                        @if left == 1 { "one more try." } @else { (left) " more tries." }
                    }
                }
                form method="post" action=(page.action) {
                    label for="code" { "The code" }
                    input #code type="text" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required
                        aria-invalid=[page.tries_left.map(|_| "true")] aria-describedby=[page.tries_left.map(|_| "problem")] autofocus;
                    button.primary type="submit" { "Confirm" }
                }
            }
            p.below { a href=(page.back) { "Nothing came: correct the address, or send a new code" } }
        },
    )
}

pub fn done(shell: &Shell, page: &DonePage) -> Markup {
    layout::page(
        shell,
        &html! {
            div.card {
                h1 { "Thank you" }
                p.lead { "When our mail is down, we reach you, " bdi { (page.name) } ":" }
                ul {
                    @if let Some(email) = &page.email { li { "by mail at " (email) } }
                    @if let Some(phone) = &page.phone { li { "on the phone that ends in " (phone.trim_start_matches('•')) } }
                    @if page.email.is_none() && page.phone.is_none() { li { "not yet: no address is confirmed" } }
                }
                p { "You need not do anything else, and can close this page." }
                p.hint { "To change it later, ask your administrator for a new invitation." }
            }
            p.below { a href="/help" { "What is Lifeboat?" } }
        },
    )
}
