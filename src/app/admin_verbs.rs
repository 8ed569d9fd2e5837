//! Accounts and tokens of the admin's place, as verbs.

use std::sync::{Arc, PoisonError};

use serde_json::json;

use super::admins::{self, Failed};
use super::core::{Core, lock};
use crate::auth::{AdminLine, Role, TokenLine, admin_name, admin_password, api_token, password as made_up, token_digest};
use crate::control::{Answer, Secret};
use crate::limits::API_TOKENS_MAX;
use crate::mail::date;

pub fn list(core: &Core) -> Answer {
    let admins = core.admins();
    let mut text = String::new();
    for account in admins.iter() {
        let factor = if account.totp { "password and code" } else { "password" };
        text += &format!("{:<20} {:<9} {factor:<18} since {} by {}\n", account.name, account.role, date::rfc3339(account.at), account.by);
    }
    if text.is_empty() {
        text.push_str("There is no account yet. `lifeboat admin setup` makes a link for the first one.\n");
    }
    let rows = admins
        .iter()
        .map(|account| json!({ "name": account.name, "role": account.role, "totp": account.totp, "at": account.at, "by": account.by }));
    Answer::done(text, json!({ "accounts": rows.collect::<Vec<_>>() }))
}

pub fn password(core: &Core, name: &str, role: Option<Role>, given: Option<Secret>, by: &str) -> Answer {
    match try_password(core, name, role, given, by) {
        Ok(answer) => answer,
        Err(Failed(text)) => Answer::failed(text),
    }
}

fn try_password(core: &Core, name: &str, role: Option<Role>, given: Option<Secret>, by: &str) -> Result<Answer, Failed> {
    let name = admin_name(name)?;
    let before = core.admins().get(&name).cloned();
    let role = role.or(before.as_ref().map(|account| account.role)).unwrap_or(Role::Admin);
    if role != Role::Admin && before.as_ref().is_some_and(|account| account.role == Role::Admin) {
        must_have_other_admin(core, &name)?;
    }
    let is_given = given.is_some();
    let password = match given {
        Some(Secret(password)) => {
            admin_password(&password)?;
            password
        }
        None => made_up(admins::random()?),
    };
    admins::new_password(core, before.as_ref(), &name, role, &password, by)?;
    // Whoever had the old password is out.
    admins::close_all(core, &name, None);
    *lock(&core.setup) = None;
    core.audit(by, "admin-password", format!("name={name} role={role}"));
    let mut json = json!({ "name": name, "role": role });
    if is_given {
        return Ok(Answer::done(format!("{name} ({role}) has a new password.\n"), json));
    }
    json["password"] = json!(password);
    Ok(Answer::done(format!("{name} ({role})\npassword: {password}\nIt is shown only now.\n"), json))
}

fn must_have_other_admin(core: &Core, name: &str) -> Result<(), Failed> {
    if core.admins().has_other_admin(name) {
        return Ok(());
    }
    Err(Failed(format!("{name} is the only admin: make another one first, with `lifeboat admin password NAME`.")))
}

pub fn remove(core: &Core, name: &str, by: &str) -> Answer {
    changed(core, name, by, "admin-remove", |account| {
        if account.role == Role::Admin {
            must_have_other_admin(core, name)?;
        }
        core.totp.forget(name)?;
        account.removed = true;
        account.phc.clear();
        Ok(format!("The account {name} is gone, and signed out everywhere.\n"))
    })
}

pub fn totp_off(core: &Core, name: &str, by: &str) -> Answer {
    changed(core, name, by, "admin-totp-off", |account| {
        account.totp = false;
        core.totp.forget(name)?;
        Ok(format!("{name} signs in with the password alone now.\n"))
    })
}

/// Changes an account that is there, and signs it out.
fn changed(core: &Core, name: &str, by: &str, action: &str, change: impl FnOnce(&mut AdminLine) -> Result<String, Failed>) -> Answer {
    let Some(before) = core.admins().get(name).cloned() else {
        return Answer::failed(format!("There is no account {name}. `lifeboat admin list` shows all."));
    };
    let mut account = before.clone();
    let done = change(&mut account).and_then(|text| {
        (account.at, account.by) = (core.now().wall, by.to_owned());
        admins::record(core, Some(&before), account)?;
        Ok(text)
    });
    match done {
        Ok(text) => {
            admins::close_all(core, name, None);
            core.audit(by, action, format!("name={name}"));
            Answer::done(text, json!({ "name": name }))
        }
        Err(Failed(text)) => Answer::failed(text),
    }
}

pub fn setup(core: &Core, by: &str) -> Answer {
    match admins::new_setup_links(core) {
        Ok(links) => {
            core.audit(by, "admin-setup-link", String::new());
            Answer::done(
                format!("Open this within 24 hours, from the office's network:\n{}\n", links.join("\n")),
                json!({ "links": links }),
            )
        }
        Err(Failed(text)) => Answer::failed(text),
    }
}

pub fn tokens(core: &Core) -> Answer {
    let tokens = core.tokens.read().unwrap_or_else(PoisonError::into_inner).clone();
    let mut text = String::new();
    for token in tokens.iter() {
        text += &format!("{:<20} {:<9} since {} by {}\n", token.name, token.role, date::rfc3339(token.at), token.by);
    }
    if text.is_empty() {
        text.push_str("There is no token. `lifeboat token create NAME --role ROLE` makes one.\n");
    }
    let rows = tokens.iter().map(|token| json!({ "name": token.name, "role": token.role, "at": token.at, "by": token.by }));
    Answer::done(text, json!({ "tokens": rows.collect::<Vec<_>>() }))
}

pub fn token_create(core: &Core, name: &str, role: Role, by: &str) -> Answer {
    let made = admin_name(name).map_err(Failed::from).and_then(|name| {
        let token = api_token(admins::random()?);
        let line = TokenLine { name, role, sha256: token_digest(&token), at: core.now().wall, by: by.to_owned(), revoked: false };
        record_token(core, line.clone(), |there| match there {
            Some(_) => Err(Failed(format!("There is a token {} already. Revoke it first, or take another name.", line.name))),
            None => Ok(()),
        })?;
        Ok((token, line.name))
    });
    match made {
        Ok((token, name)) => {
            core.audit(by, "token-create", format!("name={name} role={role}"));
            let text = format!("{token}\nIt is shown only now. Scripts send it as `Authorization: Bearer TOKEN` to /api/v1/.\n");
            Answer::done(text, json!({ "name": name, "role": role, "token": token }))
        }
        Err(Failed(text)) => Answer::failed(text),
    }
}

pub fn token_revoke(core: &Core, name: &str, by: &str) -> Answer {
    let tokens = core.tokens.read().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(line) = tokens.get(name).cloned() else {
        return Answer::failed(format!("There is no token {name}. `lifeboat token list` shows all."));
    };
    let line = TokenLine { at: core.now().wall, by: by.to_owned(), revoked: true, ..line };
    match record_token(core, line, |_| Ok(())) {
        Ok(()) => {
            core.audit(by, "token-revoke", format!("name={name}"));
            Answer::done(format!("The token {name} opens nothing any more.\n"), json!({ "name": name }))
        }
        Err(Failed(text)) => Answer::failed(text),
    }
}

fn record_token(core: &Core, line: TokenLine, fits: impl FnOnce(Option<&TokenLine>) -> Result<(), Failed>) -> Result<(), Failed> {
    let mut tokens = core.tokens.write().unwrap_or_else(PoisonError::into_inner);
    fits(tokens.get(&line.name))?;
    if !line.revoked && tokens.iter().count() >= API_TOKENS_MAX {
        return Err(Failed(format!("There are {API_TOKENS_MAX} tokens: revoke one first.")));
    }
    core.ledger.append("token", &line, core.now().wall)?;
    Arc::make_mut(&mut tokens).apply(line);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::limits::{ADMIN_FAILURES_RECORDED_HOUR_MAX, LOGIN_FAILURES_PER_PERSON_MAX};
    use crate::web::AdminVerdict;

    const CLIENT: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const PASSWORD: &str = "lamp river seven";

    fn links_token(core: &Core) -> String {
        let links = admins::setup_links(core).expect("a link");
        links[0].rsplit('/').next().unwrap().to_owned()
    }

    #[test]
    fn the_set_up_link_works_once() {
        let world = World::new();
        let core = &world.core;
        assert_eq!(setup(core, "cli:root").exit, 0);
        let first = links_token(core);
        assert_eq!(setup(core, "cli:root").exit, 0);
        let token = links_token(core);
        assert!(!admins::setup_open(core, &first, CLIENT), "a new link ends the one before");
        assert!(admins::set_up(core, &token, "eva", "short", CLIENT).is_err());
        assert!(admins::setup_open(core, &token, CLIENT), "a bad password does not use it up");
        admins::set_up(core, &token, "Eva", PASSWORD, CLIENT).unwrap();
        assert!(admins::set_up(core, &token, "max", PASSWORD, CLIENT).is_err());
        assert!(!admins::setup_open(core, &token, CLIENT));
        assert_eq!(admins::check(core, "eva", PASSWORD, ""), AdminVerdict::Right(Role::Admin));
        assert_eq!(setup(core, "cli:root").exit, 1, "there is an account");
        let status = admins::with_setup_links(core, Answer::done("", json!({})));
        assert_eq!(status.json, json!({}));
    }

    #[test]
    fn accounts_are_read_back_from_the_ledger_and_the_last_admin_stays() {
        let world = World::new();
        let core = &world.core;
        let answer = password(core, "eva", None, None, "cli:root");
        let made = answer.json["password"].as_str().unwrap().to_owned();
        assert_eq!(admins::check(core, "eva", &made, ""), AdminVerdict::Right(Role::Admin));
        for refused in [remove(core, "eva", "cli:root"), password(core, "eva", Some(Role::Helpdesk), None, "cli:root")] {
            assert!(refused.exit == 1 && refused.text.contains("the only admin"), "{}", refused.text);
        }
        password(core, "max", Some(Role::Auditor), Some(Secret(PASSWORD.to_owned())), "cli:root");
        let lines = core.ledger.read("admin").unwrap();
        assert!(!serde_json::to_string(&lines).unwrap().contains(PASSWORD));
        let (read, _) = admins::load(&lines);
        assert!(read.check("max", PASSWORD));
        assert_eq!(read.get("max").unwrap().role, Role::Auditor);
        assert_eq!(remove(core, "max", "cli:root").exit, 0);
        assert_eq!(admins::check(core, "max", PASSWORD, ""), AdminVerdict::Wrong);
        assert_eq!(remove(core, "max", "cli:root").exit, 1);
    }

    #[test]
    fn who_is_removed_while_a_password_is_worked_on_stays_removed() {
        let world = World::new();
        let core = &world.core;
        password(core, "max", None, None, "cli:root");
        password(core, "eva", None, Some(Secret(PASSWORD.to_owned())), "cli:root");
        // What eva's own change of the password holds while it is worked on.
        let before = core.admins().get("eva").cloned().unwrap();
        let change = |role| admins::new_password(core, Some(&before), "eva", role, "another good one", "web:eva");
        password(core, "eva", Some(Role::Auditor), Some(Secret(PASSWORD.to_owned())), "cli:root");
        assert!(change(before.role).is_err(), "a demoted account is not an admin again");
        assert_eq!(core.admins().get("eva").unwrap().role, Role::Auditor);
        remove(core, "eva", "cli:root");
        assert!(change(before.role).is_err(), "a removed account does not come back");
        let (read, _) = admins::load(&core.ledger.read("admin").unwrap());
        assert!(core.admins().get("eva").is_none() && read.get("eva").is_none());
    }

    #[test]
    fn a_session_ends_with_its_account_and_its_role() {
        let world = World::new();
        let core = &world.core;
        password(core, "max", None, None, "cli:root");
        let token = crate::auth::Token("t".to_owned());
        // A login that was being checked while the account changed opens its session afterwards.
        let sign_in = |role| {
            let intent = crate::web::Intent::AdminSignIn { token: token.clone(), csrf: "c".to_owned(), name: "eva".to_owned(), role };
            assert!(admins::carry_out(core, intent, CLIENT).is_none());
            admins::session(core, &token, true).is_some()
        };
        password(core, "eva", Some(Role::Auditor), None, "cli:root");
        assert!(sign_in(Role::Auditor));
        assert!(!sign_in(Role::Admin), "it was demoted");
        remove(core, "eva", "cli:root");
        assert!(!sign_in(Role::Auditor), "it was removed");
    }

    #[test]
    fn a_second_factor_is_asked_for_until_it_is_taken_away() {
        let world = World::new();
        let core = &world.core;
        password(core, "eva", None, Some(Secret(PASSWORD.to_owned())), "cli:root");
        let totp = core.totp.show("eva", [7; 20]);
        assert_eq!(admins::check(core, "eva", PASSWORD, ""), AdminVerdict::Right(Role::Admin), "not before it is confirmed");
        admins::totp_confirm(core, "eva", &totp.at(core.now().wall)).unwrap();
        assert_eq!(admins::check(core, "eva", PASSWORD, ""), AdminVerdict::Wrong);
        let next = totp.at(core.now().wall.plus(std::time::Duration::from_secs(30)));
        assert_eq!(admins::check(core, "eva", "wrong password", &next), AdminVerdict::Wrong, "and does not use the code up");
        assert_eq!(admins::check(core, "eva", PASSWORD, &next), AdminVerdict::Right(Role::Admin));
        assert_eq!(admins::check(core, "eva", PASSWORD, &next), AdminVerdict::Wrong, "once");
        password(core, "eva", None, Some(Secret("another good one".to_owned())), "cli:root");
        assert_eq!(admins::check(core, "eva", "another good one", ""), AdminVerdict::Wrong, "a new password keeps the factor");
        totp_off(core, "eva", "cli:root");
        assert_eq!(admins::check(core, "eva", "another good one", ""), AdminVerdict::Right(Role::Admin));
    }

    #[test]
    fn a_token_has_its_role_until_it_is_revoked() {
        let world = World::new();
        let core = &world.core;
        let token = token_create(core, "backup", Role::Auditor, "cli:root").json["token"].as_str().unwrap().to_owned();
        assert_eq!(
            admins::bearer(core, &token, CLIENT).map(|bearer| (bearer.name, bearer.role)),
            Some(("backup".to_owned(), Role::Auditor))
        );
        assert_eq!(token_create(core, "backup", Role::Admin, "cli:root").exit, 1, "a name is one token");
        assert!(admins::bearer(core, "lifeboat_00", CLIENT).is_none());
        assert!(!serde_json::to_string(&core.ledger.read("token").unwrap()).unwrap().contains(&token));
        assert_eq!(token_revoke(core, "backup", "cli:root").exit, 0);
        assert!(admins::bearer(core, &token, CLIENT).is_none());
        let (_, tokens) = admins::load(&core.ledger.read("token").unwrap());
        assert!(tokens.holder(&token).is_none());
    }

    #[test]
    fn failed_logins_are_on_record_and_bounded() {
        let world = World::new();
        let core = &world.core;
        let mut tries = 0;
        while lock(&core.admin_throttle).allows(CLIENT, Some(&"eva".to_owned()), core.now().mono) {
            let failed = crate::web::Intent::AdminLoginFailed { name: "eva".to_owned() };
            assert!(admins::carry_out(core, failed, CLIENT).is_none());
            tries += 1;
        }
        assert_eq!(core.ledger.read("audit").unwrap().len(), tries);
        assert!((1..=30).contains(&tries), "{tries}");
        // Strangers with any number of addresses do not fill the record.
        for stranger in 0..2 * ADMIN_FAILURES_RECORDED_HOUR_MAX {
            let client = std::net::Ipv4Addr::from_bits(0xc000_0200 + stranger as u32);
            admins::carry_out(core, crate::web::Intent::AdminLoginFailed { name: format!("name{stranger}") }, client.into());
        }
        assert_eq!(core.ledger.read("audit").unwrap().len(), ADMIN_FAILURES_RECORDED_HOUR_MAX);
    }

    #[test]
    fn who_found_a_browser_open_does_not_guess_the_password_without_end() {
        let world = World::new();
        let core = &world.core;
        password(core, "eva", None, Some(Secret(PASSWORD.to_owned())), "cli:root");
        let token = crate::auth::Token("t".to_owned());
        let change =
            |old| admins::change_own(core, "eva", &token, CLIENT, crate::web::OwnChange::Password { old, new: "another good one" });
        for _ in 0..LOGIN_FAILURES_PER_PERSON_MAX {
            assert!(change("a wrong one").unwrap_err().contains("not right"));
        }
        assert!(change(PASSWORD).unwrap_err().contains("too often"));
    }
}
