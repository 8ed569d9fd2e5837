//! Whether a form came from our own pages.
//!
//! Two locks: where the browser says the request was started (also protects the login form, which has no session yet), and the
//! session's csrf value in every form of a person who is signed in.

use super::{Answer, Request, Trouble};
use crate::limits::WEB_FORM_MAX_OCTETS;
use crate::mail::form::{Form, FormError};
use crate::store::StoreError;

/// False if a browser says that another site started this request. Clients that say nothing are no browsers: every browser
/// of the last years sends `Origin` with a POST, and what is no browser carries nobody's cookies by accident.
pub fn is_same_origin(request: &Request) -> bool {
    if let Some(site) = request.header("sec-fetch-site") {
        // "none": the person did it (typed the address, reloaded). "same-site" is another host of the domain: not ours.
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = request.header("origin").or_else(|| request.header("referer")) else { return true };
    let Some(host) = request.header("host") else { return false };
    match origin.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            without_default_port(scheme, authority).eq_ignore_ascii_case(without_default_port(scheme, host))
        }
        // `Origin: null`: a sandboxed frame or a redirect across sites.
        None => false,
    }
}

fn without_default_port<'a>(scheme: &str, authority: &'a str) -> &'a str {
    let port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    authority.strip_suffix(port).unwrap_or(authority)
}

/// Whether a form carries the session's csrf value. Compared without leaving early.
pub fn has_csrf(form: &Form, csrf: &str) -> bool {
    let given = form.get("csrf").unwrap_or_default().as_bytes();
    let wanted = csrf.as_bytes();
    given.len() == wanted.len() && !wanted.is_empty() && given.iter().zip(wanted).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// A small form (no files) of our own pages.
pub fn small_form(request: &Request) -> Result<Form, Trouble> {
    if request.body.len() > WEB_FORM_MAX_OCTETS as u64 {
        return Err(Trouble::FormTooLarge);
    }
    form(request)
}

/// A form of our own pages, at most as large as the server lets a body be.
pub fn form(request: &Request) -> Result<Form, Trouble> {
    if !is_same_origin(request) {
        return Err(Trouble::CrossSite);
    }
    Form::parse(request.header("content-type").unwrap_or_default(), &request.body).map_err(|error| match error {
        FormError::NotAForm | FormError::Malformed | FormError::TooManyFields => Trouble::BadForm,
        FormError::TooLarge => Trouble::FormTooLarge,
        FormError::Unreadable => Trouble::Store(StoreError::Io("an upload cannot be read back".to_owned())),
    })
}

/// Lets only this machine in; others learn nothing.
pub fn loopback_only(request: &Request, answer: impl FnOnce() -> Answer) -> Answer {
    if request.client.to_canonical().is_loopback() { answer() } else { Err(Trouble::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)], expected: bool) {
        let request = Request {
            method: "POST".to_owned(),
            path: "/login".to_owned(),
            query: String::new(),
            headers: headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            body: Vec::new().into(),
            client: [127, 0, 0, 1].into(),
        };
        assert_eq!(is_same_origin(&request), expected, "{headers:?}");
    }

    #[test]
    fn believes_the_browser_first() {
        let host = ("host", "lifeboat.example.com");
        check(&[host, ("sec-fetch-site", "same-origin")], true);
        check(&[host, ("sec-fetch-site", "same-origin"), ("origin", "null")], true);
        check(&[host, ("sec-fetch-site", "none")], true);
        check(&[host, ("sec-fetch-site", "same-site")], false);
        check(&[host, ("sec-fetch-site", "cross-site"), ("origin", "https://lifeboat.example.com")], false);
    }

    #[test]
    fn compares_the_origin_with_the_host() {
        let host = ("host", "lifeboat.example.com");
        check(&[host, ("origin", "https://lifeboat.example.com")], true);
        check(&[host, ("origin", "https://LIFEBOAT.example.com:443")], true);
        check(&[("host", "127.0.0.1:8443"), ("origin", "https://127.0.0.1:8443")], true);
        check(&[("host", "127.0.0.1:8443"), ("origin", "https://127.0.0.1:9000")], false);
        check(&[host, ("origin", "https://lifeboat.example.com.evil.example")], false);
        check(&[host, ("origin", "https://evil.example")], false);
        check(&[host, ("origin", "null")], false);
        check(&[host, ("referer", "https://evil.example/lifeboat.example.com")], false);
        check(&[host, ("referer", "https://lifeboat.example.com/login")], true);
        check(&[("origin", "https://lifeboat.example.com")], false);
    }

    #[test]
    fn lets_clients_that_are_no_browsers_in() {
        check(&[("host", "lifeboat.example.com")], true);
    }

    #[test]
    fn csrf_must_be_there_and_equal() {
        let form = |csrf: &str| Form { fields: vec![("csrf".to_owned(), csrf.to_owned())], files: Vec::new() };
        assert!(has_csrf(&form("abc"), "abc"));
        assert!(!has_csrf(&form("abd"), "abc"));
        assert!(!has_csrf(&form("ab"), "abc"));
        assert!(!has_csrf(&Form::default(), "abc"));
        assert!(!has_csrf(&form(""), ""));
    }
}
