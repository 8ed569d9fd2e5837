//! The pages behind an invitation: how a person is reached while mail is down. Without a login, in every mode: the link is the key, and it shows nothing
//! but its own person.

use super::pages::enrol::{self, CodePage, DonePage, Fields, FormPage};
use super::pages::layout::Shell;
use super::pages::notice::{self, Notice};
use super::{Answer, Context, EnrolLink, Enrolling, Intent, Outcome, Request, Response};
use super::{guard, response};
use crate::auth::CodeVerdict;
use crate::directory::is_phone;
use crate::limits::LOGIN_WINDOW;
use crate::mail::Address;

/// `GET /enrol/TOKEN`
pub fn form(request: &Request, context: &Context<'_>) -> Answer {
    let enrolling = match enrolling(request, context) {
        Ok(enrolling) => enrolling,
        Err(page) => return Ok(page.into()),
    };
    if enrolling.done {
        return Ok(done_page(context, &enrolling).into());
    }
    Ok(form_page(200, context, request, &enrolling, Fields::default()).into())
}

/// `POST /enrol/TOKEN`
pub fn give(request: &Request, context: &Context<'_>) -> Answer {
    let form = guard::small_form(request)?;
    let enrolling = match enrolling(request, context) {
        Ok(enrolling) => enrolling,
        Err(page) => return Ok(page.into()),
    };
    if enrolling.done {
        return Ok(done_page(context, &enrolling).into());
    }
    let typed = Fields {
        email: form.get("alternate").unwrap_or_default().trim().to_owned(),
        phone: form.get("phone").unwrap_or_default().trim().to_owned(),
        ..Fields::default()
    };
    let (email, phone) = match checked(typed, &enrolling, context) {
        Ok(checked) => checked,
        Err(typed) => return Ok(form_page(422, context, request, &enrolling, typed).into()),
    };
    let next = if email.is_some() { "code" } else { "done" };
    let response = response::see_other(&format!("/enrol/{}/{next}", token(request)));
    Ok(Outcome { response, intents: vec![Intent::EnrolGive { mailbox: enrolling.person.mailbox, email, phone }] })
}

/// `GET /enrol/TOKEN/code`
pub fn code_form(request: &Request, context: &Context<'_>) -> Answer {
    let enrolling = match enrolling(request, context) {
        Ok(enrolling) => enrolling,
        Err(page) => return Ok(page.into()),
    };
    Ok(match (enrolling.done, enrolling.waits_for.is_some()) {
        (true, _) => done_page(context, &enrolling),
        (false, true) => code_page(200, context, request, &enrolling, None),
        (false, false) => response::see_other(&format!("/enrol/{}", token(request))),
    }
    .into())
}

/// `POST /enrol/TOKEN/code`
pub fn confirm(request: &Request, context: &Context<'_>) -> Answer {
    let form = guard::small_form(request)?;
    let enrolling = match enrolling(request, context) {
        Ok(enrolling) => enrolling,
        Err(page) => return Ok(page.into()),
    };
    if enrolling.done {
        return Ok(done_page(context, &enrolling).into());
    }
    let mailbox = enrolling.person.mailbox.clone();
    match context.enrol.try_code(&mailbox, form.get("code").unwrap_or_default()) {
        CodeVerdict::Right(email) => {
            let response = response::see_other(&format!("/enrol/{}/done", token(request)));
            Ok(Outcome { response, intents: vec![Intent::EnrolConfirm { mailbox, email }] })
        }
        CodeVerdict::Wrong(left) => Ok(code_page(403, context, request, &enrolling, Some(left)).into()),
        CodeVerdict::None => {
            let typed = Fields {
                email: enrolling.contact.unconfirmed_email.as_ref().map(ToString::to_string).unwrap_or_default(),
                email_problem: Some(context.texts.get("enrol-problem-code-old").to_owned()),
                ..Fields::default()
            };
            Ok(form_page(403, context, request, &enrolling, typed).into())
        }
    }
}

/// `GET /enrol/TOKEN/done`
pub fn done(request: &Request, context: &Context<'_>) -> Answer {
    Ok(match enrolling(request, context) {
        Ok(enrolling) => done_page(context, &enrolling).into(),
        Err(page) => page.into(),
    })
}

/// What was typed, if it can be used; else with what is wrong with it.
pub fn checked(mut typed: Fields, enrolling: &Enrolling, context: &Context<'_>) -> Result<(Option<Address>, Option<String>), Fields> {
    let t = context.texts;
    let problem = |key| Some(t.get(key).to_owned());
    let email = if typed.email.is_empty() { None } else { Address::parse(&typed.email).ok() };
    if typed.email.is_empty() && typed.phone.is_empty() {
        typed.email_problem = problem("enrol-problem-nothing");
    } else if !typed.email.is_empty() && email.is_none() {
        typed.email_problem = problem("enrol-problem-address");
    } else if email.as_ref().is_some_and(|email| context.enrol.is_local(email)) {
        typed.email_problem = problem("enrol-problem-office");
    } else if email.is_some() && !enrolling.may_send {
        typed.email_problem = problem("enrol-problem-codes");
    }
    if !typed.phone.is_empty() && !is_phone(&typed.phone) {
        typed.phone_problem = problem("enrol-problem-phone");
    } else if email.is_none() && !typed.phone.is_empty() && !enrolling.may_send {
        // Each is a line of a record that is kept for years.
        typed.phone_problem = problem("enrol-problem-often");
    }
    if typed.email_problem.is_some() || typed.phone_problem.is_some() {
        return Err(typed);
    }
    let phone = Some(typed.phone).filter(|phone| !phone.is_empty());
    Ok((email, phone))
}

/// The secret in the path; what is no secret of ours is nobody's.
fn token(request: &Request) -> &str {
    let token = request.path.split('/').nth(2).unwrap_or_default();
    if token.bytes().all(|octet| octet.is_ascii_hexdigit()) { token } else { "" }
}

fn enrolling(request: &Request, context: &Context<'_>) -> Result<Enrolling, Response> {
    let shell = Shell::bare(context.texts, context.texts.get("enrol-invitation"));
    match context.enrol.link(request.client, token(request)) {
        EnrolLink::Of(enrolling) => Ok(*enrolling),
        EnrolLink::Unknown => Err(response::page(404, notice::page(&shell, &Notice::enrol_unknown(context.texts)))),
        EnrolLink::TooMany => {
            let page = notice::page(&shell, &Notice::enrol_too_many(context.texts));
            Err(response::page(429, page).with("Retry-After", &LOGIN_WINDOW.as_secs().to_string()))
        }
    }
}

fn form_page(status: u16, context: &Context<'_>, request: &Request, enrolling: &Enrolling, typed: Fields) -> Response {
    let contact = &enrolling.contact;
    let page = FormPage {
        action: format!("/enrol/{}", token(request)),
        name: enrolling.person.name.clone(),
        address: enrolling.person.address.to_string(),
        known_email: contact.alternate_email.as_ref().map(|address| masked_address(&address.to_string())),
        known_phone: contact.phone.as_deref().map(masked_phone),
        typed,
    };
    response::page(status, enrol::form(&Shell::bare(context.texts, context.texts.get("enrol-title")), &page))
}

fn code_page(status: u16, context: &Context<'_>, request: &Request, enrolling: &Enrolling, wrong: Option<u32>) -> Response {
    let page = CodePage {
        action: format!("/enrol/{}/code", token(request)),
        back: format!("/enrol/{}", token(request)),
        csrf: None,
        email: enrolling.waits_for.as_ref().map(ToString::to_string).unwrap_or_default(),
        tries_left: wrong,
    };
    response::page(status, enrol::code(&Shell::bare(context.texts, context.texts.get("enrol-code-title")), &page))
}

fn done_page(context: &Context<'_>, enrolling: &Enrolling) -> Response {
    let page = DonePage {
        name: enrolling.person.name.clone(),
        email: enrolling.contact.alternate_email.as_ref().map(|address| masked_address(&address.to_string())),
        phone: enrolling.contact.phone.as_deref().map(masked_phone),
    };
    response::page(200, enrol::done(&Shell::bare(context.texts, context.texts.get("enrol-done-title")), &page))
}

/// Enough for its owner to recognise it: a link in a mailbox may be seen by a deputy.
pub fn masked_address(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}•••@{domain}", local.chars().next().unwrap_or_default())
}

pub fn masked_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    let shown = digits.len().min(3).min(digits.len() / 2);
    format!("•••{}", digits[digits.len() - shown..].iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_hinted_at() {
        assert_eq!(masked_address("ann.smith@a.test"), "a•••@a.test");
        assert_eq!(masked_phone("+49 30 1234561"), "•••561");
        assert_eq!(masked_phone("110"), "•••0");
        assert_eq!(masked_phone("1"), "•••");
    }
}
