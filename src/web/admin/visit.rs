//! What a handler of the admin's place gets, and the few things that all of them do with it.

use std::ops::Deref;

use maud::Markup;

use super::routes::{SECTIONS, may_look};
use crate::auth::{AdminSession, Flash, Role, Token};
use crate::control::{self, VERBS, Verb};
use crate::limits::ADMIN_FLASH_MAX_OCTETS;
use crate::mail::form::{Form, parse_urlencoded};
use crate::web::pages::admin::confirm::{self, Confirm};
use crate::web::pages::admin::layout::{AdminShell, Link};
use crate::web::{Answer, Context, Intent, Outcome, Request, response};

/// A request that found its row.
pub struct Arrival<'a> {
    pub request: &'a Request,
    pub context: &'a Context<'a>,
    /// Of a POST: it came from our own pages. Empty otherwise.
    pub form: Form,
    pub arguments: Vec<String>,
}

impl Arrival<'_> {
    /// The path's argument of this number; empty if there is none.
    pub fn argument(&self, number: usize) -> &str {
        self.arguments.get(number).map(String::as_str).unwrap_or_default()
    }

    /// A field of the form, without blanks around it; empty if there is none.
    pub fn field(&self, name: &str) -> &str {
        self.form.get(name).unwrap_or_default().trim()
    }

    /// A value of the query string.
    pub fn query(&self, name: &str) -> Option<String> {
        parse_urlencoded(&self.request.query).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// A request of somebody who is signed in and whose role is one of the row's.
pub struct Visit<'a> {
    pub arrival: Arrival<'a>,
    pub session: &'a AdminSession,
    pub token: &'a Token,
}

impl<'a> Deref for Visit<'a> {
    type Target = Arrival<'a>;

    fn deref(&self) -> &Arrival<'a> {
        &self.arrival
    }
}

impl Visit<'_> {
    pub fn role(&self) -> Role {
        self.session.role
    }

    /// Who acts, for the record.
    pub fn by(&self) -> String {
        format!("web:{}", self.session.name)
    }

    /// Whether this role may ask that: for buttons that would only be refused.
    pub fn may(&self, verb: &Verb) -> bool {
        verb.is_for(self.role())
    }

    /// Has a verb carried out, in this account's name, as far as its role goes. `by` of the verb does not matter. Looking at a page
    /// changes nothing: verbs that do are refused outside of a form.
    pub fn execute(&self, verb: Verb) -> control::Answer {
        let name = verb.name();
        if !self.may(&verb) {
            return control::Answer::failed("That is not for your role.");
        }
        if self.request.method != "POST" && VERBS.iter().any(|row| row.verb == name && row.changes) {
            return control::Answer::failed("That needs a button: a link changes nothing.");
        }
        (self.context.execute)(verb.signed(&self.by())).shown_to(self.role())
    }

    /// The frame of a page. `section` is the path of the place in the navigation that is marked (`/admin/queue`).
    pub fn shell(&self, title: &str, section: &str) -> AdminShell {
        let link = |(label, path): &(&'static str, &'static str)| Link { label, path, here: *path == section };
        AdminShell {
            title: title.to_owned(),
            name: self.session.name.clone(),
            role: self.session.role,
            csrf: self.session.csrf.clone(),
            links: SECTIONS.iter().filter(|(_, path)| may_look(path, self.session.role)).map(link).collect(),
            flash: self.session.flash.clone(),
        }
    }

    /// A page made with [`Visit::shell`]; what was to be said once has been said then.
    pub fn page(&self, markup: Markup) -> Answer {
        self.shown(response::page(200, markup))
    }

    pub(super) fn shown(&self, response: crate::web::Response) -> Answer {
        let said = self.session.flash.as_ref().map(|_| Intent::AdminSaid { token: self.token.clone() });
        Ok(Outcome { response, intents: said.into_iter().collect() })
    }

    /// To another page (a path of ours), which says how it went.
    pub fn done(&self, to: &str, answer: &control::Answer) -> Answer {
        self.say(to, answer.exit == 0, &answer.text)
    }

    pub fn say(&self, to: &str, worked: bool, text: &str) -> Answer {
        let mut text = text.trim().to_owned();
        if text.len() > ADMIN_FLASH_MAX_OCTETS {
            let end = (0..=ADMIN_FLASH_MAX_OCTETS).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            text.truncate(end);
            text.push('…');
        }
        let say = Intent::AdminSay { token: self.token.clone(), flash: Flash { worked, text } };
        Ok(Outcome { response: response::see_other(to), intents: vec![say] })
    }

    /// Before something that cannot be taken back: the page that asks, unless it was asked and the answer is yes. It carries the fields
    /// of the form on, and sends them to where this form went.
    pub fn unconfirmed(&self, section: &str, ask: &Confirm) -> Option<Answer> {
        if self.field("confirmed") == "yes" {
            return None;
        }
        let fields: Vec<(String, String)> =
            self.form.fields.iter().filter(|(name, _)| !matches!(name.as_str(), "csrf" | "confirmed")).cloned().collect();
        Some(self.page(confirm::page(&self.shell(&ask.title, section), ask, &self.request.path, &fields)))
    }
}
