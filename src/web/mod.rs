//! The webmail: `Request → Response + intents`, as functions of a snapshot. The only import of maud.
//!
//! Reads the view and the bodies that a page needs; changes nothing itself. What has to change is an [`Intent`]
//! that `app` carries out before the response is sent; if that fails, [`failure`] is sent instead.

mod request;

pub use request::{SESSION_COOKIE, Context, Intent, ModeView, Outcome, Request, Response, Submission};

/// Answers one request.
pub fn respond(_request: &Request, _context: &Context<'_>) -> Outcome {
    todo!()
}

/// The page for an intent that could not be carried out (disk full, box stopping). `typed` is the text of a message that
/// could not be stored: it is shown back, so that nobody loses what they wrote.
pub fn failure(_request: &Request, _text: &str, _typed: Option<&str>) -> Response {
    todo!()
}

/// The page of a client outside `web.networks`, or past a limit (429, 503): plain, with a way back.
pub fn refusal(_status: u16, _text: &str) -> Response {
    todo!()
}
