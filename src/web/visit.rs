//! What a handler of a signed-in person gets, and the one place where a door is opened.

use super::reader::Reader;
use super::route::{Door, Row};
use super::{Answer, Context, Request, Trouble, guard, reader, table};
use crate::limits::WEB_FORM_MAX_OCTETS;
use crate::mail::form::{Form, parse_urlencoded};
use crate::store::Seq;

/// A request of a person who is signed in, where the mode permits what the row does.
pub struct Visit<'a> {
    pub request: &'a Request,
    pub context: &'a Context<'a>,
    pub reader: Reader<'a>,
    /// What stands in the path's places for arguments.
    pub arguments: Vec<String>,
    /// Of a POST: it came from our own pages, and has the session's csrf value. Empty otherwise.
    pub form: Form,
}

impl Visit<'_> {
    /// The path's argument of this place, if it is a number; in a row's places for numbers it always is one.
    pub fn number(&self, place: usize) -> Result<u64, Trouble> {
        self.arguments.get(place).and_then(|text| table::number(text)).ok_or(Trouble::NotFound)
    }

    /// The message that the path names first.
    pub fn message(&self) -> Result<Seq, Trouble> {
        self.number(0).map(Seq)
    }

    /// The first value of this name in the query string.
    pub fn query(&self, name: &str) -> Option<String> {
        parse_urlencoded(&self.request.query).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Asks at the row's door, and lets the handler answer.
pub fn answer(row: &'static Row, request: &Request, context: &Context<'_>) -> Answer {
    let arguments = row.arguments(&request.path);
    let visit = |reader, form| Visit { request, context, reader, arguments, form };
    match row.door {
        Door::Open(handler) => handler(request, context),
        Door::Read(handler) => handler(&visit(reader::reading(context)?, Form::default())),
        Door::Write(handler) => {
            let reader = reader::reading(context)?;
            if !reader::access(context).may_write() {
                return Err(Trouble::ReadOnly);
            }
            handler(&visit(reader, Form::default()))
        }
        Door::Change(handler) => {
            let reader = reader::reading(context)?;
            if !reader::access(context).may_change() {
                return Err(Trouble::ReadOnly);
            }
            handler(&visit(reader, form(row, request, reader)?))
        }
        Door::Own(handler) => {
            let reader = reader::reading(context)?;
            handler(&visit(reader, form(row, request, reader)?))
        }
    }
}

fn form(row: &Row, request: &Request, reader: Reader<'_>) -> Result<Form, Trouble> {
    if !row.large && request.body.len() > WEB_FORM_MAX_OCTETS as u64 {
        return Err(Trouble::FormTooLarge);
    }
    let form = guard::form(request)?;
    if guard::has_csrf(&form, &reader.session.csrf) { Ok(form) } else { Err(Trouble::CrossSite) }
}
