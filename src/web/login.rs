//! Signing in and out, and the page that says that the webmail is closed.

use maud::Markup;

use super::access::Access;
use super::pages::layout::Shell;
use super::pages::login::{Closed, LoginPage, Problem};
use super::texts::{LANGUAGE_COOKIE, Texts};
use super::{Answer, Context, Intent, Outcome, Request, Response, SESSION_COOKIE, Trouble};
use super::{guard, pages, reader, response};
use crate::auth::Token;
use crate::directory::Directory;
use crate::limits::LOGIN_WINDOW;
use crate::mail::{Address, Mailbox};

/// `/`: to where it makes sense.
pub fn home(context: &Context<'_>) -> Answer {
    let response = match (reader::access(context), reader::signed_in(context)) {
        (Access::Closed, None) if reader::may_sign_in(context) => response::see_other("/login"),
        (Access::Closed, _) => response::page(200, closed_page(context)),
        (_, Some(_)) => response::see_other("/mail/inbox"),
        (_, None) => response::see_other("/login"),
    };
    Ok(response.into())
}

pub fn closed_page(context: &Context<'_>) -> Markup {
    let closed = Closed {
        suspect: context.mode.mode == crate::continuity::Mode::Suspect,
        for_you: context.open_for_some.is_some(),
        over: context.was_signed_in,
    };
    let shell = Shell { banner: None, ..reader::shell(context, context.texts.get("closed-title")) };
    pages::login::closed(&shell, &closed)
}

/// `GET /login`
pub fn form(context: &Context<'_>) -> Answer {
    if !reader::may_sign_in(context) {
        return Err(Trouble::Closed);
    }
    if reader::signed_in(context).is_some() && reader::access(context).may_read() {
        return Ok(response::see_other("/mail/inbox").into());
    }
    Ok(login_page(context, 200, "", context.was_signed_in.then_some(Problem::SignedOut)).into())
}

/// `POST /login`. Whether an address is known shows neither in the answer nor in the work that is done for it.
pub fn sign_in(request: &Request, context: &Context<'_>) -> Answer {
    let form = guard::small_form(request)?;
    if !reader::may_sign_in(context) {
        return Err(Trouble::Closed);
    }
    let typed = form.get("address").unwrap_or_default().trim();
    let who = Who::of(typed, context.directory);
    if !(context.login_allowed)(who.counted()) {
        let page = login_page(context, 429, typed, Some(Problem::TooManyTries));
        return Ok(page.with("Retry-After", &LOGIN_WINDOW.as_secs().to_string()).into());
    }
    let password = form.get("password").unwrap_or_default();
    let matches = (context.check_password)(who.known.as_ref(), password);
    match &who.known {
        Some(mailbox) if matches => match Access::of(&(context.standing_of)(mailbox), context.access) {
            // Only who has the right password learns that the event is not theirs.
            Access::Closed => Ok(response::page(403, closed_page(context)).into()),
            _ => Ok(signed_in(context, mailbox)),
        },
        _ => {
            let response = login_page(context, 403, typed, Some(Problem::WrongPassword));
            Ok(Outcome { response, intents: vec![Intent::LoginFailed { mailbox: who.counted().cloned() }] })
        }
    }
}

/// `POST /logout`
pub fn sign_out(request: &Request, context: &Context<'_>) -> Answer {
    let form = guard::small_form(request)?;
    let response = goodbye(context);
    let Some((token, session)) = &context.session else { return Ok(response.into()) };
    if !guard::has_csrf(&form, &session.csrf) {
        return Err(Trouble::CrossSite);
    }
    Ok(Outcome { response, intents: vec![Intent::SignOut { token: token.clone() }] })
}

/// To the first page, without a session.
pub fn goodbye(context: &Context<'_>) -> Response {
    let cookie = format!("{SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}", secure(context));
    response::see_other("/").with("Set-Cookie", &cookie)
}

/// `GET /language/TAG`: what this browser is answered in until its person signs in. Sets nothing but that, so a link will do.
pub fn language(request: &Request, context: &Context<'_>) -> Answer {
    let texts = request.path.strip_prefix("/language/").and_then(Texts::named).ok_or(Trouble::NotFound)?;
    let cookie = format!("{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{}", texts.tag(), secure(context));
    Ok(response::see_other("/").with("Set-Cookie", &cookie).into())
}

/// A new session with a token of its own: one that was there before is closed, so that nobody can plant one (session fixation).
fn signed_in(context: &Context<'_>, mailbox: &Mailbox) -> Outcome {
    let (token, csrf) = context.random.split_at(32);
    let (token, csrf) = (hex(token), hex(csrf));
    let cookie = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{}", secure(context));
    let response = response::see_other("/mail/inbox").with("Set-Cookie", &cookie);
    let old = context.session.as_ref().map(|(token, _)| Intent::SignOut { token: token.clone() });
    let new = Intent::SignIn { token: Token(token), csrf, mailbox: mailbox.clone() };
    Outcome { response, intents: old.into_iter().chain([new]).collect() }
}

fn secure(context: &Context<'_>) -> &'static str {
    if context.tls { "; Secure" } else { "" }
}

fn login_page(context: &Context<'_>, status: u16, address: &str, problem: Option<Problem>) -> Response {
    let mut shell = reader::shell(context, context.texts.get("sign-in"));
    // A person who failed to sign in as somebody else is still signed in; this page does not show it.
    shell.reader = None;
    response::page(
        status,
        pages::login::page(&shell, &LoginPage { host: context.hostname.to_owned(), address: address.to_owned(), problem }),
    )
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What was typed as an address.
struct Who {
    typed: Option<Mailbox>,
    known: Option<Mailbox>,
}

impl Who {
    /// Takes any of a person's addresses, and the part before `@` if only one person has it.
    fn of(typed: &str, directory: &Directory) -> Who {
        match Address::parse(typed) {
            Ok(address) => {
                let known = directory.resolve(&address).map(|person| person.mailbox.clone());
                Who { typed: Some(address.mailbox()), known }
            }
            Err(_) => Who { typed: None, known: only_one_named(typed, directory) },
        }
    }

    /// Whose tries are counted: all addresses of a person together, and an unknown address like a known one.
    fn counted(&self) -> Option<&Mailbox> {
        self.known.as_ref().or(self.typed.as_ref())
    }
}

fn only_one_named(local: &str, directory: &Directory) -> Option<Mailbox> {
    let mut named = directory.people().filter(|person| person.address.local().eq_ignore_ascii_case(local));
    let first = named.next()?;
    named.next().is_none().then(|| first.mailbox.clone())
}
