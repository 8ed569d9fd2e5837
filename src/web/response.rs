//! Responses with the headers that belong to them.
//!
//! There is no `Strict-Transport-Security`: the box usually has a self-made certificate, and with HSTS a browser no longer lets
//! anybody past the warning about it (RFC 6797 section 12.1). People would be locked out in the middle of an outage.

use maud::Markup;

use super::{Outcome, Response};
use crate::mail::Blob;

/// For our own pages. Nothing but our style sheet, our pictures and our sandboxed message document; no script at all.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-src 'self'; \
                           frame-ancestors 'none'; base-uri 'none'";

/// The same for a page that has one of our scripts: only files of ours run, and may ask only us.
const SCRIPT_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; \
                             form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// For a message's HTML: it may style itself and show the pictures that are embedded in it, and that is all. `sandbox` makes it
/// harmless also when it is opened outside of its frame: an origin of its own, no script, no form.
const DOCUMENT_POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; \
                               frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// The same when the reader asked for the pictures of the internet: these, by https, and nothing else.
const PICTURES_POLICY: &str = "default-src 'none'; img-src data: https:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; \
                               frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// For everything that is not a page.
const FILE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// For a PDF: browsers do not start their viewers in a sandbox, and the viewers need styles and themselves as an object. They run in a
/// process and with an origin of their own, not with ours.
const VIEWER_POLICY: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'";

const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// One of our own pages.
///
/// `Referrer-Policy: same-origin` rather than `no-referrer`: nothing goes to other sites either way, but with `no-referrer` browsers
/// send `Origin: null` with our own forms (Fetch standard, "append a request Origin header"), and the check of
/// [`super::guard::is_same_origin`] would have nothing to go by where there is no `Sec-Fetch-Site` (plain HTTP, older Safari).
pub fn page(status: u16, markup: Markup) -> Response {
    // What is foreign is escaped: only our own frame writes this.
    let has_script = markup.0.contains("<script src=\"/assets/");
    page_under(if has_script { SCRIPT_POLICY } else { PAGE_POLICY }, status, markup)
}

/// A page of the admin's that uses a script of ours.
pub fn page_with_script(status: u16, markup: Markup) -> Response {
    page_under(SCRIPT_POLICY, status, markup)
}

fn page_under(policy: &str, status: u16, markup: Markup) -> Response {
    bare(status, "text/html; charset=utf-8", markup.into_string().into_bytes().into())
        .with("Content-Security-Policy", policy)
        .with("Referrer-Policy", "same-origin")
        .with("X-Frame-Options", "DENY")
        .with("Cross-Origin-Opener-Policy", "same-origin")
        .with("Permissions-Policy", PERMISSIONS)
        .with("Cache-Control", "no-store")
}

/// The sandboxed document of a message's HTML. `with_pictures`: the reader asked for those of the internet.
pub fn message_document(markup: Markup, with_pictures: bool) -> Response {
    let policy = if with_pictures { PICTURES_POLICY } else { DOCUMENT_POLICY };
    bare(200, "text/html; charset=utf-8", markup.into_string().into_bytes().into())
        .with("Content-Security-Policy", policy)
        .with("Referrer-Policy", "no-referrer")
        .with("X-Frame-Options", "SAMEORIGIN")
        .with("Permissions-Policy", PERMISSIONS)
        .with("Cache-Control", "no-store")
}

/// A file that is saved, never shown. `disposition` comes from [`super::download::attachment`].
pub fn file(media_type: &str, disposition: &str, body: impl Into<Blob>) -> Response {
    harmless(200, media_type, body.into()).with("Content-Disposition", disposition)
}

/// A picture, or a PDF for the browser's own viewer. `media_type` comes from [`super::files::shown_type`], never from a sender.
pub fn shown_file(media_type: &str, disposition: &str, body: Blob) -> Response {
    let policy = if media_type == "application/pdf" { VIEWER_POLICY } else { FILE_POLICY };
    bare(200, media_type, body)
        .with("Content-Disposition", disposition)
        .with("Content-Security-Policy", policy)
        .with("Referrer-Policy", "no-referrer")
        .with("X-Frame-Options", "DENY")
        .with("Cache-Control", "no-store")
}

/// Text for scripts.
pub fn plain(status: u16, media_type: &str, body: Vec<u8>) -> Response {
    harmless(status, media_type, body.into())
}

fn harmless(status: u16, media_type: &str, body: Blob) -> Response {
    bare(status, media_type, body)
        .with("Content-Security-Policy", FILE_POLICY)
        .with("Referrer-Policy", "no-referrer")
        .with("Cache-Control", "no-store")
}

/// Something whose path changes with its content.
pub fn immutable(media_type: &str, body: &[u8]) -> Response {
    bare(200, media_type, body.into())
        .with("Content-Security-Policy", FILE_POLICY)
        .with("Cache-Control", "public, max-age=31536000, immutable")
}

/// To another of our pages, by GET. `to` is a path of ours, never something typed.
pub fn see_other(to: &str) -> Response {
    plain(303, "text/plain; charset=utf-8", Vec::new()).with("Location", to)
}

fn bare(status: u16, media_type: &str, body: Blob) -> Response {
    Response { status, headers: Vec::new(), body }
        .with("Content-Type", media_type)
        .with("X-Content-Type-Options", "nosniff")
        .with("Cross-Origin-Resource-Policy", "same-origin")
}

impl Response {
    /// Adds a header. A value that could end its line is cut there.
    pub(super) fn with(mut self, name: &str, value: &str) -> Response {
        let end = if value.bytes().all(|octet| matches!(octet, 0x20..0x7F)) { None } else { value.find(char::is_control) };
        let safe = value[..end.unwrap_or(value.len())].to_owned();
        self.headers.push((name.to_owned(), safe));
        self
    }
}

impl From<Response> for Outcome {
    fn from(response: Response) -> Outcome {
        Outcome { response, intents: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
        response.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn nothing_but_assets_may_be_kept() {
        for response in [
            page(200, Markup::default()),
            message_document(Markup::default(), false),
            file("text/plain", "attachment", Blob::default()),
            see_other("/"),
        ] {
            assert_eq!(header(&response, "Cache-Control"), Some("no-store"));
            assert_eq!(header(&response, "X-Content-Type-Options"), Some("nosniff"));
        }
    }

    #[test]
    fn no_policy_permits_script() {
        for policy in [PAGE_POLICY, DOCUMENT_POLICY, PICTURES_POLICY, FILE_POLICY, VIEWER_POLICY] {
            assert!(policy.starts_with("default-src 'none'"), "{policy}");
            assert!(!policy.contains("script"), "{policy}");
            assert!(!policy.contains("allow-same-origin"), "{policy}");
            assert!(!policy.contains("  "), "{policy}");
        }
    }

    #[test]
    fn a_page_with_a_script_runs_files_of_ours_alone() {
        assert!(SCRIPT_POLICY.starts_with("default-src 'none'; script-src 'self'; connect-src 'self'; "));
        assert!(!SCRIPT_POLICY.contains("unsafe") && !SCRIPT_POLICY.contains("  "));
        let without = SCRIPT_POLICY.replace("script-src 'self'; connect-src 'self'; ", "");
        assert_eq!(without, PAGE_POLICY);
    }

    #[test]
    fn a_header_never_has_two_lines() {
        let response = see_other("/mail\r\nSet-Cookie: a=b");
        assert_eq!(header(&response, "Location"), Some("/mail"));
    }
}
