//! The webmail: `Request → Response + intents`, as functions of a snapshot. The only import of maud.
//!
//! Reads the view and the bodies that a page needs; changes nothing itself. What has to change is an [`Intent`]
//! that `app` carries out before the response is sent; if that fails, [`failure`] is sent instead.
//!
//! How it is laid out: [`respond`] finds the row (`route`, `admin::routes`) and asks at its door (`visit`) who reads (`reader`) and what
//! the mode permits (`access`). The row's handler loads what the page shows, and gives plain view data to a function in `pages`. Pages
//! know neither store nor request, so each can be looked at with made-up data (`gallery`).
//!
//! To hang up a page: a row in `route::TABLE`, a handler in a file here, its view in `pages/`, and a sample in `gallery`.
//!
//! Never shows a message to anybody but the owner of a mailbox where it is filed, never shows an envelope recipient to anybody
//! but the sender, and never sends a byte of mail that a browser could run. Stands on promises 4 (it only asks what the
//! mode is) and 5 (a login needs nothing but the ledger).

mod access;
mod act;
mod addressed;
mod admin;
mod agenda;
mod api;
mod assets;
mod authority;
mod carried;
mod changes;
mod completion;
mod compose;
mod conversation;
mod deeds;
mod document;
mod download;
mod enrol;
mod files;
mod folder;
mod folders;
#[cfg(test)]
mod gallery;
mod guard;
mod invitation;
mod letter;
mod login;
mod message;
mod once;
mod opening;
mod order;
mod pages;
mod people;
mod places;
mod practice;
mod preview;
mod reader;
mod remarks;
mod request;
mod response;
mod route;
mod scripts;
mod search;
mod search_names;
mod send;
mod settings;
mod table;
#[cfg(test)]
mod tests;
mod texts;
mod typed;
mod undo;
mod visit;
pub mod wizard;
mod words;

pub use deeds::{Act, Deed, Done, FolderStep, Step};
pub use pages::notice::Why;
pub use request::{ADMIN_COOKIE, ADMIN_LIVE_PATH, CHANGES_PATH, SESSION_COOKIE};
pub use request::{
    AdminVerdict, Bearer, Context, Desk, Enrol, EnrolLink, Enrolling, Entrance, Intent, ModeView, Outcome, OwnChange, PracticeLetter,
    Request, Response, Submission, Unsent,
};
pub use texts::Texts;

use access::Access;
use pages::notice::{self, Notice};
use table::Found;

use crate::control::Card;
use crate::limits::{WEB_BODY_MAX_OCTETS, WEB_FORM_MAX_OCTETS};
use crate::store::StoreError;

/// Why a handler has no page of its own; [`respond`] makes a friendly one.
#[derive(Debug)]
enum Trouble {
    /// Not there, or not this reader's: the answer never tells which.
    NotFound,
    /// Nobody is signed in.
    SignedOut,
    /// The mode lets nobody in.
    Closed,
    /// The mode lets people read only.
    ReadOnly,
    /// Signed in, but not for this role.
    Forbidden,
    /// What a verb said why it could not be done.
    Said(String),
    /// A form that did not come from our own pages.
    CrossSite,
    BadForm,
    FormTooLarge,
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        Trouble::Store(error)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Trouble {
        Trouble::Store(error.into())
    }
}

type Answer = Result<Outcome, Trouble>;

/// Emergency cards as a document for printing that needs nothing else.
pub fn cards_document(cards: &[Card]) -> String {
    pages::cards::document(cards).into_string()
}

/// Answers one request.
pub fn respond(request: &Request, context: &Context<'_>) -> Outcome {
    let answer = match place(&request.method, &request.path) {
        Place::Admin(row) => Ok(admin::respond(row, request, context)),
        Place::Mail(row) => visit::answer(row, request, context),
        Place::Nothing => Err(Trouble::NotFound),
        Place::WrongMethod(allow) => {
            let page = notice::page(&reader::shell(context, context.texts.get("method-title")), &Notice::wrong_method(context.texts));
            return response::page(405, page).with("Allow", allow).into();
        }
    };
    let mut outcome = answer.unwrap_or_else(|error| trouble(request, context, &error).into());
    if request.method == "HEAD" {
        // RFC 9110 section 9.2.1: HEAD is safe. The server leaves the body out.
        outcome.intents.clear();
    }
    outcome
}

enum Place {
    Admin(admin::RowId),
    Mail(&'static route::Row),
    WrongMethod(&'static str),
    Nothing,
}

fn place(method: &str, path: &str) -> Place {
    if path == "/admin" || path.starts_with("/admin/") {
        return match admin::find(method, path) {
            Found::Row(row) => Place::Admin(row),
            Found::WrongMethod(allow) => Place::WrongMethod(allow),
            Found::Nothing => Place::Nothing,
        };
    }
    match table::find(route::TABLE, method, path) {
        Found::Row(row) => Place::Mail(row.row(route::TABLE)),
        Found::WrongMethod(allow) => Place::WrongMethod(allow),
        Found::Nothing => Place::Nothing,
    }
}

fn trouble(request: &Request, context: &Context<'_>, trouble: &Trouble) -> Response {
    let t = context.texts;
    let (status, notice) = match trouble {
        Trouble::SignedOut => return response::see_other("/login"),
        Trouble::Closed => return response::page(403, login::closed_page(context)),
        Trouble::NotFound => (404, Notice::not_found(t)),
        Trouble::ReadOnly => (403, Notice::read_only(t)),
        Trouble::Said(text) => (404, Notice::said(t, text)),
        Trouble::Forbidden => (403, Notice::forbidden(t)),
        Trouble::CrossSite => (403, Notice::cross_site(t)),
        Trouble::BadForm => (400, Notice::bad_form(t)),
        Trouble::FormTooLarge => (413, Notice::form_too_large(t)),
        Trouble::Store(StoreError::NotReady { percent }) => (503, Notice::index_building(t, *percent)),
        Trouble::Store(error) => {
            log::warn!("web store-failed path={:?} error={error}", request.path);
            (500, Notice::store_failed(t))
        }
    };
    response::page(status, notice::page(&reader::shell(context, &notice.heading), &notice))
}

/// The page for an intent that could not be carried out (disk full, box stopping). `typed` is the text of a message that
/// could not be stored: it is shown back, so that nobody loses what they wrote.
pub fn failure(texts: Texts, disk_full: bool, typed: Option<&str>) -> Response {
    let notice = Notice::failure(texts, disk_full, typed);
    response::page(503, notice::page(&pages::layout::Shell::bare(texts, &notice.heading), &notice))
}

/// How many octets the body of a request may have, before anybody has looked at it: what a form with files may bring only where there
/// is one.
pub fn body_octets_max(method: &str, path: &str) -> usize {
    let is_large = match place(method, path) {
        Place::Admin(row) => admin::is_large(row),
        Place::Mail(row) => row.large,
        Place::Nothing | Place::WrongMethod(_) => false,
    };
    if is_large { WEB_BODY_MAX_OCTETS } else { WEB_FORM_MAX_OCTETS }
}

/// To the same page by HTTPS. `location` is whole, and of our own making.
pub fn redirect_to(location: &str) -> Response {
    response::plain(308, "text/plain; charset=utf-8", Vec::new()).with("Location", location)
}

/// The page of a client outside `web.networks`, or past a limit (429, 503): plain, with a way back, in a language that `accept_language`
/// (a field of the request, or nothing) asks for.
pub fn refusal(status: u16, why: Why, accept_language: &str) -> Response {
    let t = Texts::asked_for(accept_language);
    let shell = pages::layout::Shell::bare(t, t.get("not-now"));
    response::page(status, notice::page(&shell, &Notice::refusal(t, why)))
}
