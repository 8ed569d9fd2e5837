//! The one-time set-up link: the first account of a box that has none.

use super::visit::Arrival;
use crate::auth::{Role, Token, admin_name};
use crate::web::pages::admin::entry::{self, SetupPage};
use crate::web::{Answer, Intent, Outcome, Trouble, response};

/// `GET /admin/setup/TOKEN`. A link that does not work looks like any page that is not there.
pub fn form(arrival: &Arrival<'_>) -> Answer {
    if !(arrival.context.admin.setup_open)(arrival.argument(0)) {
        return Err(Trouble::NotFound);
    }
    let page = SetupPage { name: "admin".to_owned(), problem: None, token: arrival.argument(0).to_owned() };
    Ok(response::page(200, entry::setup(&page)).into())
}

/// `POST /admin/setup/TOKEN`: makes the account and signs it in.
pub fn set_up(arrival: &Arrival<'_>) -> Answer {
    let (token, typed) = (arrival.argument(0), arrival.field("name"));
    let password = arrival.form.get("password").unwrap_or_default();
    let again = arrival.form.get("again").unwrap_or_default();
    let made = if password == again {
        (arrival.context.admin.set_up)(token, typed, password)
    } else {
        Err("The two passwords are not the same.".to_owned())
    };
    if let Err(problem) = made {
        let page = SetupPage { name: typed.to_owned(), problem: Some(problem), token: token.to_owned() };
        return Ok(response::page(400, entry::setup(&page)).into());
    }
    let (session, csrf) = super::entry::fresh(arrival);
    let response = response::see_other("/admin").with("Set-Cookie", &super::entry::cookie(arrival, &session, ""));
    let name = admin_name(typed).map_err(|_| Trouble::BadForm)?;
    Ok(Outcome { response, intents: vec![Intent::AdminSignIn { token: Token(session), csrf, name, role: Role::Admin }] })
}
