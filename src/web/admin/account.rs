//! `/admin/account`: the own password, second factor and sessions; for admins, all accounts and tokens.

use super::visit::Visit;
use crate::auth::Role;
use crate::control::{self, Verb};
use crate::web::pages::admin::account::{self, AccountPage, AccountsPage};
use crate::web::pages::admin::confirm::Confirm;
use crate::web::{Answer, OwnChange};

const OWN: &str = "/admin/account";
const ALL: &str = "/admin/accounts";

/// `GET /admin/account`
pub fn own(visit: &Visit<'_>) -> Answer {
    let page = AccountPage { shown: (visit.context.admin.totp_shown)(), is_admin: visit.role() == Role::Admin };
    visit.page(account::own(&visit.shell("Your account", OWN), &page))
}

/// `POST /admin/account/password`
pub fn password(visit: &Visit<'_>) -> Answer {
    // Passwords are taken as they were typed, blanks included.
    let typed = |name: &str| visit.form.get(name).unwrap_or_default();
    if typed("new") != typed("again") {
        return visit.say(OWN, false, "The two new passwords are not the same.");
    }
    change(visit, OwnChange::Password { old: typed("old"), new: typed("new") })
}

/// `POST /admin/account/totp`: shows a secret.
pub fn totp(visit: &Visit<'_>) -> Answer {
    match (visit.context.admin.change_own)(OwnChange::TotpShow) {
        Ok(_) => Ok(crate::web::response::see_other("/admin/account#code").into()),
        Err(text) => visit.say(OWN, false, &text),
    }
}

/// `POST /admin/account/totp/confirm`
pub fn totp_confirm(visit: &Visit<'_>) -> Answer {
    change(visit, OwnChange::TotpConfirm { code: visit.field("code") })
}

fn change(visit: &Visit<'_>, change: OwnChange<'_>) -> Answer {
    match (visit.context.admin.change_own)(change) {
        Ok(text) => visit.say(OWN, true, &text),
        Err(text) => visit.say(OWN, false, &text),
    }
}

/// `GET /admin/accounts`
pub fn all(visit: &Visit<'_>) -> Answer {
    let rows = |verb, list: &str| -> Vec<account::Row> {
        let answer: control::Answer = visit.execute(verb);
        let rows = answer.json[list].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| account::Row::of(row, visit.context.now.wall)).collect()
    };
    let page = AccountsPage { accounts: rows(Verb::AdminList, "accounts"), tokens: rows(Verb::TokenList, "tokens") };
    visit.page(account::all(&visit.shell("Accounts and tokens", ALL), &page))
}

fn role(visit: &Visit<'_>) -> Option<Role> {
    Role::parse(visit.field("role"))
}

/// `POST /admin/accounts/password`: an account, or a new password for one.
pub fn new_password(visit: &Visit<'_>) -> Answer {
    let name = visit.field("name").to_owned();
    let answer = visit.execute(Verb::AdminPassword { name, role: role(visit), password: None, by: visit.by() });
    visit.done(ALL, &answer)
}

fn confirmed(visit: &Visit<'_>, title: String, text: &str, button: &str) -> Option<Answer> {
    let ask = Confirm { title, text: vec![text.to_owned()], button: button.to_owned(), back: ALL.to_owned() };
    visit.unconfirmed(ALL, &ask)
}

/// `POST /admin/accounts/remove`
pub fn remove(visit: &Visit<'_>) -> Answer {
    let name = visit.field("name").to_owned();
    if let Some(page) = confirmed(visit, format!("Remove the account {name}?"), "It is signed out at once.", "Remove it") {
        return page;
    }
    let answer = visit.execute(Verb::AdminRemove { name, by: visit.by() });
    visit.done(ALL, &answer)
}

/// `POST /admin/accounts/totp-off`
pub fn totp_off(visit: &Visit<'_>) -> Answer {
    let name = visit.field("name").to_owned();
    let text = "Then the password alone is enough. Do it for somebody who lost their phone, and only if you know who asks.";
    if let Some(page) = confirmed(visit, format!("Take the second factor of {name} away?"), text, "Take it away") {
        return page;
    }
    let answer = visit.execute(Verb::AdminTotpOff { name, by: visit.by() });
    visit.done(ALL, &answer)
}

/// `POST /admin/tokens/create`
pub fn token_create(visit: &Visit<'_>) -> Answer {
    let name = visit.field("name").to_owned();
    let Some(role) = role(visit) else { return visit.say(ALL, false, "A token needs a role.") };
    let answer = visit.execute(Verb::TokenCreate { name, role, by: visit.by() });
    visit.done(ALL, &answer)
}

/// `POST /admin/tokens/revoke`
pub fn token_revoke(visit: &Visit<'_>) -> Answer {
    let name = visit.field("name").to_owned();
    if let Some(page) = confirmed(visit, format!("Revoke the token {name}?"), "Scripts that use it are refused from now on.", "Revoke it") {
        return page;
    }
    let answer = visit.execute(Verb::TokenRevoke { name, by: visit.by() });
    visit.done(ALL, &answer)
}
