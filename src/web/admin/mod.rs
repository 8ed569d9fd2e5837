//! The admin's place: everything below `/admin`. Works in every mode.
//!
//! One table (`routes`) says which path and method there are and which roles they are for; [`respond`] is the one place where that is
//! asked, and where every form is checked for its origin and its csrf value. A handler gets a [`visit::Visit`] and gives a page.
//!
//! What a page shows or does goes through the verbs of the control socket, as the command line does: so the two cannot drift
//! apart. A verb is checked for the role once more by its own table (`control::VERBS`).
//!
//! To hang up a page: a row in `routes::TABLE`, a handler in a file here, its view in `pages/admin/`, and a sample in `gallery`.

mod account;
mod actions;
mod audit;
mod dashboard;
mod drills;
mod entry;
mod events;
mod help;
mod maintenance;
mod people;
mod people_cards;
mod queue;
pub mod routes;
mod settings;
mod setup;
mod trace;
mod visit;

use super::pages::layout::Shell;
use super::pages::notice::{self, Notice};
use super::texts::Texts;
use super::{Answer, Context, Outcome, Request, Response, Trouble, guard, response};
use crate::control;
use crate::limits::{WEB_BODY_MAX_OCTETS, WEB_FORM_MAX_OCTETS};
use crate::mail::form::{Form, urlencode};
use routes::{Door, Row};
use visit::{Arrival, Visit};

pub use routes::{RowId, find};

/// Answers a request for a row of the table.
pub fn respond(row: RowId, request: &Request, context: &Context<'_>) -> Outcome {
    answer(row.row(routes::TABLE), request, context).unwrap_or_else(|trouble| self::trouble(request, &trouble).into())
}

/// Whether the row's form brings files.
pub fn is_large(row: RowId) -> bool {
    row.row(routes::TABLE).large
}

/// Method and path of every row.
#[cfg(test)]
pub fn every_row() -> impl Iterator<Item = (super::table::Method, &'static str)> {
    routes::TABLE.iter().map(|row| (row.method, row.path))
}

fn answer(row: &'static Row, request: &Request, context: &Context<'_>) -> Answer {
    let arguments = row.arguments(&request.path);
    match row.door {
        Door::Open(handler) => handler(&Arrival { request, context, form: form(row, request)?, arguments }),
        Door::For(roles, handler) => {
            let Some((token, session)) = &context.admin.session else {
                // Before the body is looked at: a stranger's form is read by nobody.
                return Ok(response::see_other(&login_path(request)).into());
            };
            if !roles.contains(&session.role) {
                return Err(Trouble::Forbidden);
            }
            let form = form(row, request)?;
            if request.method == "POST" && !guard::has_csrf(&form, &session.csrf) {
                return Err(Trouble::CrossSite);
            }
            handler(&Visit { arrival: Arrival { request, context, form, arguments }, session, token })
        }
    }
}

fn form(row: &Row, request: &Request) -> Result<Form, Trouble> {
    if request.method != "POST" {
        return Ok(Form::default());
    }
    let octets_max = if row.large { WEB_BODY_MAX_OCTETS } else { WEB_FORM_MAX_OCTETS };
    if request.body.len() > octets_max as u64 {
        return Err(Trouble::FormTooLarge);
    }
    guard::form(request)
}

/// What an answer has under a name.
fn part<T: serde::de::DeserializeOwned>(answer: &control::Answer, name: &str) -> Result<T, Trouble> {
    read(answer, answer.json.get(name).cloned().unwrap_or_default())
}

/// What an answer is as a whole.
fn whole<T: serde::de::DeserializeOwned>(answer: &control::Answer) -> Result<T, Trouble> {
    read(answer, answer.json.clone())
}

/// A verb that failed says why; a document that is not what it should be is nobody's page.
fn read<T: serde::de::DeserializeOwned>(answer: &control::Answer, json: serde_json::Value) -> Result<T, Trouble> {
    if answer.exit != 0 {
        return Err(Trouble::Said(answer.text.clone()));
    }
    serde_json::from_value(json).map_err(|_| Trouble::NotFound)
}

/// Where to sign in; a page that was asked for is shown afterwards.
fn login_path(request: &Request) -> String {
    let asked = if request.method == "POST" { "/admin" } else { request.path.as_str() };
    if asked == "/admin" { "/admin/login".to_owned() } else { format!("/admin/login?to={}", urlencode(asked)) }
}

fn trouble(request: &Request, trouble: &Trouble) -> Response {
    let (status, title, notice) = match trouble {
        Trouble::Said(text) => (404, "That did not work", Notice::said(Texts::english(), text)),
        Trouble::Forbidden => (403, "Not for this role", Notice::forbidden(Texts::english())),
        Trouble::CrossSite => (403, "Refused", Notice::cross_site(Texts::english())),
        Trouble::BadForm => (400, "Not understood", Notice::bad_form(Texts::english())),
        Trouble::FormTooLarge => (413, "Too large", Notice::form_too_large(Texts::english())),
        Trouble::Store(error) => {
            log::warn!("web store-failed path={:?} error={error}", request.path);
            (500, "Something went wrong", Notice::store_failed(Texts::english()))
        }
        _ => (404, "Not found", Notice::not_found(Texts::english())),
    };
    let notice = Notice { way: ("Go to the dashboard", "/admin"), ..notice };
    response::page(status, notice::page(&Shell::bare(Texts::english(), title), &notice))
}
