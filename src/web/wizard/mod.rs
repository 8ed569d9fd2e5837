//! The set-up in the browser, of an appliance that nobody has configured yet: which place a request asks for, what the answers become, and the pages. Pure.
//!
//! Whoever knows the code on the screen of the box may set it up; there is no session. The state between two requests belongs to
//! `app::wizard`, which also looks at the mail path and hands the files over.

mod answers;
mod judge;

use super::{Request, Response, assets, guard, response};
use crate::auth::CodeHash;
use crate::mail::form::Form;

pub use super::pages::wizard::{Found, Progress};
pub use answers::{Answers, Secrets};
pub use judge::{Mistake, PASSWORD_FILE, Taken, judge};

use super::pages::wizard as pages;

/// What a request asks for.
pub enum Place {
    Questions,
    /// Answers were sent.
    Answered(Form),
    /// What was found with them.
    Found,
    /// They are to be used.
    Use,
    /// They are being taken over.
    Wait,
    /// Answered already: a file of ours, or a page that says where the set-up is.
    Elsewhere(Response),
}

/// `code` is the one on the screen.
pub fn place(request: &Request, code: &str) -> Place {
    let elsewhere = || Place::Elsewhere(response::page(404, pages::elsewhere()));
    if request.path.starts_with("/assets/") {
        return assets::serve(&request.path).map_or_else(|_| elsewhere(), |outcome| Place::Elsewhere(outcome.response));
    }
    let Some(rest) = request.path.strip_prefix("/setup/") else { return elsewhere() };
    let (typed, rest) = rest.split_once('/').unwrap_or((rest, ""));
    // Digests are compared: how far a wrong code is right does not show in the time.
    if CodeHash::of(typed) != CodeHash::of(code) {
        return elsewhere();
    }
    match (request.method.as_str(), rest) {
        ("GET" | "HEAD", "") => Place::Questions,
        ("GET" | "HEAD", "found") => Place::Found,
        ("GET" | "HEAD", "wait") => Place::Wait,
        ("POST", "" | "use") => match guard::small_form(request) {
            Ok(form) if rest.is_empty() => Place::Answered(form),
            Ok(_) => Place::Use,
            Err(_) => Place::Elsewhere(response::page(400, pages::not_understood())),
        },
        _ => elsewhere(),
    }
}

/// The questions, with what was typed and what is wrong with it.
pub fn questions(code: &str, answers: &Answers, mistakes: &[Mistake]) -> Response {
    let status = if mistakes.is_empty() { 200 } else { 400 };
    response::page(status, pages::questions(code, answers, mistakes))
}

/// What the look at the mail path found; None while it goes on.
pub fn found(code: &str, found: Option<&[Found]>) -> Response {
    response::page(200, pages::found(code, found))
}

pub fn progress(code: &str, progress: &Progress) -> Response {
    response::page(200, pages::progress(code, progress))
}

/// To another page of the set-up: `""`, `found` or `wait`.
pub fn go_to(code: &str, page: &str) -> Response {
    let slash = if page.is_empty() { "" } else { "/" };
    response::see_other(&format!("/setup/{code}{slash}{page}"))
}

#[cfg(test)]
mod tests;
