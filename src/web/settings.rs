//! A person's own settings.

use std::time::Duration;

use super::enrol::{checked, masked_address, masked_phone};
use super::pages::enrol::{self, CodePage, Fields};
use super::pages::settings::{self, SessionView, SettingsPage};
use super::texts::Texts;
use super::visit::Visit;
use super::{Answer, Enrolling, Intent, Outcome, Trouble, login, reader, response};
use crate::auth::CodeVerdict;
use crate::clock::{Mono, Now, Wall};
use crate::directory::Preferences;

/// `GET /settings`
pub fn show(visit: &Visit<'_>) -> Answer {
    let done = if visit.query("saved").is_some() {
        Some("settings-saved")
    } else if visit.query("reach").is_some() {
        Some("settings-code-sent")
    } else {
        None
    };
    page(visit, 200, Fields::default(), done)
}

/// `POST /settings`
pub fn save(visit: &Visit<'_>) -> Answer {
    let field = |name: &str| visit.form.get(name).unwrap_or_default();
    let chosen = Preferences {
        language: Texts::named(field("language")).map(|texts| texts.tag().to_owned()),
        conversations: field("conversations") == "1",
        shortcuts: field("shortcuts") == "1",
        ..Preferences::default()
    };
    let preferences = Box::new(chosen.with_signature(field("signature")));
    let intents = vec![Intent::Prefer { mailbox: visit.reader.mailbox().clone(), preferences }];
    Ok(Outcome { response: response::see_other("/settings?saved=1"), intents })
}

/// `POST /settings/reach`: an address outside gets a code; a phone counts at once.
pub fn reach(visit: &Visit<'_>) -> Answer {
    let enrolling = enrolling(visit)?;
    let typed = Fields {
        email: visit.form.get("alternate").unwrap_or_default().trim().to_owned(),
        phone: visit.form.get("phone").unwrap_or_default().trim().to_owned(),
        ..Fields::default()
    };
    match checked(typed, &enrolling, visit.context) {
        Err(typed) => page(visit, 422, typed, None),
        Ok((email, phone)) => {
            let next = if email.is_some() { "/settings/code" } else { "/settings?reach=1" };
            let intents = vec![Intent::EnrolGive { mailbox: visit.reader.mailbox().clone(), email, phone }];
            Ok(Outcome { response: response::see_other(next), intents })
        }
    }
}

/// `GET /settings/code`
pub fn code_form(visit: &Visit<'_>) -> Answer {
    match enrolling(visit)?.waits_for {
        Some(email) => Ok(code_page(visit, 200, &email.to_string(), None).into()),
        None => Ok(response::see_other("/settings").into()),
    }
}

/// `POST /settings/code`
pub fn confirm(visit: &Visit<'_>) -> Answer {
    let enrolling = enrolling(visit)?;
    let mailbox = visit.reader.mailbox().clone();
    match visit.context.enrol.try_code(&mailbox, visit.form.get("code").unwrap_or_default()) {
        CodeVerdict::Right(email) => {
            let intents = vec![Intent::EnrolConfirm { mailbox, email }];
            Ok(Outcome { response: response::see_other("/settings?reach=1"), intents })
        }
        CodeVerdict::Wrong(left) => {
            let email = enrolling.waits_for.map(|email| email.to_string()).unwrap_or_default();
            Ok(code_page(visit, 403, &email, Some(left)).into())
        }
        CodeVerdict::None => {
            let typed = Fields {
                email: enrolling.contact.unconfirmed_email.as_ref().map(ToString::to_string).unwrap_or_default(),
                email_problem: Some(visit.context.texts.get("enrol-problem-code-old").to_owned()),
                ..Fields::default()
            };
            page(visit, 403, typed, None)
        }
    }
}

/// `POST /settings/sign-out`: everywhere, here too.
pub fn sign_out(visit: &Visit<'_>) -> Answer {
    let intents = vec![Intent::SignOutEverywhere { mailbox: visit.reader.mailbox().clone() }];
    Ok(Outcome { response: login::goodbye(visit.context), intents })
}

fn enrolling(visit: &Visit<'_>) -> Result<Enrolling, Trouble> {
    visit.context.enrol.of(visit.reader.mailbox()).ok_or(Trouble::NotFound)
}

fn page(visit: &Visit<'_>, status: u16, typed: Fields, done: Option<&'static str>) -> Answer {
    let context = visit.context;
    let contact = enrolling(visit)?.contact;
    let email = contact.alternate_email.as_ref().map(|address| masked_address(&address.to_string()));
    let mut sessions = (context.sessions)(visit.reader.mailbox());
    sessions.sort_by_key(|session| std::cmp::Reverse(session.last_seen));
    let t = context.texts;
    let view = |session: &crate::auth::Session| SessionView {
        since: t.moment(wall(session.since, context.now), context.now.wall),
        seen: t.moment(wall(session.last_seen, context.now), context.now.wall),
        here: session.csrf == visit.reader.session.csrf,
    };
    let page = SettingsPage {
        csrf: visit.reader.session.csrf.clone(),
        preferences: (context.preferences)(visit.reader.mailbox()),
        known: email.into_iter().chain(contact.phone.as_deref().map(masked_phone)).collect(),
        typed,
        sessions: sessions.iter().map(view).collect(),
        done,
    };
    let shell = reader::shell(context, t.get("settings-title"));
    Ok(response::page(status, settings::page(&shell, &page)).into())
}

fn code_page(visit: &Visit<'_>, status: u16, email: &str, tries_left: Option<u32>) -> super::Response {
    let page = CodePage {
        action: "/settings/code".to_owned(),
        back: "/settings".to_owned(),
        csrf: Some(visit.reader.session.csrf.clone()),
        email: email.to_owned(),
        tries_left,
    };
    let shell = reader::shell(visit.context, visit.context.texts.get("enrol-code-title"));
    response::page(status, enrol::code(&shell, &page))
}

/// The time of day of a moment that is known as time since the start.
fn wall(at: Mono, now: Now) -> Wall {
    let ago: Duration = now.mono.since(at);
    Wall(now.wall.0.saturating_sub(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX)))
}
