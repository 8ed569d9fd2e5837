//! Coming in and going out.

use super::routes::{Door, Found, TABLE, find};
use super::visit::{Arrival, Visit};
use crate::auth::{Token, admin_name};
use crate::limits::LOGIN_WINDOW;
use crate::web::login::hex;
use crate::web::pages::admin::entry::{self, LoginPage, Problem};
use crate::web::{ADMIN_COOKIE, AdminVerdict, Answer, Intent, Outcome, Response, response};

/// `GET /admin/login`
pub fn form(arrival: &Arrival<'_>) -> Answer {
    if arrival.context.admin.session.is_some() {
        return Ok(response::see_other(&wanted(arrival)).into());
    }
    Ok(login_page(arrival, 200, "", None).into())
}

/// `POST /admin/login`. Whether a name is known shows neither in the answer nor in the work that is done for it.
pub fn sign_in(arrival: &Arrival<'_>) -> Answer {
    let admin = &arrival.context.admin;
    let typed = arrival.field("name");
    // A name that cannot be one is counted as it was typed, cut to a bound.
    let name = admin_name(typed).unwrap_or_else(|_| typed.chars().take(crate::limits::ADMIN_NAME_MAX_CHARS).collect());
    if !(admin.login_allowed)(&name) {
        let page = login_page(arrival, 429, typed, Some(Problem::TooManyTries));
        return Ok(page.with("Retry-After", &LOGIN_WINDOW.as_secs().to_string()).into());
    }
    // The password is taken as it was typed, blanks included.
    let password = arrival.form.get("password").unwrap_or_default();
    match (admin.check)(&name, password, arrival.field("code")) {
        AdminVerdict::Right(role) => {
            let (token, csrf) = fresh(arrival);
            let response = response::see_other(&wanted(arrival)).with("Set-Cookie", &cookie(arrival, &token, ""));
            // A session that was there before is closed, so that nobody can plant one (session fixation).
            let old = admin.session.as_ref().map(|(token, _)| Intent::AdminSignOut { token: token.clone() });
            let new = Intent::AdminSignIn { token: Token(token), csrf, name, role };
            Ok(Outcome { response, intents: old.into_iter().chain([new]).collect() })
        }
        AdminVerdict::Wrong => {
            let response = login_page(arrival, 403, typed, Some(Problem::Wrong));
            Ok(Outcome { response, intents: vec![Intent::AdminLoginFailed { name }] })
        }
    }
}

/// `POST /admin/logout`
pub fn sign_out(visit: &Visit<'_>) -> Answer {
    let response = response::see_other("/admin/login").with("Set-Cookie", &cookie(visit, "", "; Max-Age=0"));
    Ok(Outcome { response, intents: vec![Intent::AdminSignOut { token: visit.token.clone() }] })
}

/// `POST /admin/logout/all`
pub fn sign_out_everywhere(visit: &Visit<'_>) -> Answer {
    let response = response::see_other("/admin/login").with("Set-Cookie", &cookie(visit, "", "; Max-Age=0"));
    Ok(Outcome { response, intents: vec![Intent::AdminSignOutEverywhere { name: visit.session.name.clone() }] })
}

/// A session's token and csrf value.
pub(super) fn fresh(arrival: &Arrival<'_>) -> (String, String) {
    let (token, csrf) = arrival.context.random.split_at(32);
    (hex(token), hex(csrf))
}

/// Its path is `/`, because `/metrics` and `/api/v1/status` are shown to a session of an admin, too.
pub(super) fn cookie(arrival: &Arrival<'_>, value: &str, more: &str) -> String {
    let secure = if arrival.context.tls { "; Secure" } else { "" };
    format!("{ADMIN_COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}")
}

/// The page that was asked for before: one of the table's, never something else that was typed.
fn wanted(arrival: &Arrival<'_>) -> String {
    let to = arrival.query("to").or_else(|| arrival.form.get("to").map(str::to_owned)).unwrap_or_default();
    match find("GET", &to) {
        Found::Row(id) if matches!(id.row(TABLE).door, Door::For(..)) => to,
        _ => "/admin".to_owned(),
    }
}

fn login_page(arrival: &Arrival<'_>, status: u16, name: &str, problem: Option<Problem>) -> Response {
    let to = wanted(arrival);
    // The cookie is not sent with a click on another site, or in a mail program: one click on this page sends it.
    let from_elsewhere = arrival.request.header("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let page = LoginPage { name: name.to_owned(), problem, to, from_elsewhere };
    response::page(status, entry::login(&page))
}
