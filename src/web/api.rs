//! `/api/v1`: what the command line does, for scripts with a token.
//!
//! A token comes in a header that no browser sends by itself, so forms of other sites can do nothing here; a session's cookie is
//! good for looking at the status alone.

use serde_json::{Value, json};

use super::guard::loopback_only;
use super::{Answer, Context, Request, Response, Trouble, response};
use crate::control::{VERBS, Verb};

/// `GET /api/v1/status`: the document of `status --json`.
pub fn status(request: &Request, context: &Context<'_>) -> Answer {
    for_scripts(request, context, || Ok(document(200, &(context.status)()).into()))
}

/// Lets this machine in, tokens, and who is signed in to the admin's place; others learn nothing.
pub fn for_scripts(request: &Request, context: &Context<'_>, answer: impl FnOnce() -> Answer) -> Answer {
    if context.admin.bearer.is_some() || context.admin.session.is_some() {
        return answer();
    }
    loopback_only(request, answer)
}

/// `GET /api/v1/verbs`: all verbs, with the roles that may ask them.
pub fn verbs(context: &Context<'_>) -> Answer {
    let rows = || json!({ "verbs": VERBS });
    Ok(if context.admin.bearer.is_some() || context.admin.session.is_some() { document(200, &rows()) } else { unknown() }.into())
}

/// `POST /api/v1/verbs`: one verb, carried out in the token's name as far as its role goes.
pub fn ask(request: &Request, context: &Context<'_>) -> Answer {
    let Some(bearer) = &context.admin.bearer else { return Ok(unknown().into()) };
    if request.body.len() > crate::limits::CONTROL_LINE_MAX_OCTETS as u64 {
        return Err(Trouble::FormTooLarge);
    }
    let verb = serde_json::from_slice::<Value>(&request.body.bytes()?)
        .map_err(|error| error.to_string())
        .and_then(|value| Verb::from_outside(value, &format!("token:{}", bearer.name)));
    let verb = match verb {
        Ok(verb) => verb,
        Err(error) => return Ok(document(400, &json!({ "error": error })).into()),
    };
    if !verb.is_for(bearer.role) {
        let text = format!("{} is not for the role {}", verb.name(), bearer.role);
        return Ok(document(403, &json!({ "error": text })).into());
    }
    let answer = (context.execute)(verb).shown_to(bearer.role);
    Ok(document(200, &json!(answer)).into())
}

/// RFC 6750 section 3.
fn unknown() -> Response {
    document(401, &json!({ "error": "send a token of `lifeboat token create` as Authorization: Bearer TOKEN" }))
        .with("WWW-Authenticate", "Bearer realm=\"lifeboat\"")
}

fn document(status: u16, value: &Value) -> Response {
    response::plain(status, "application/json", format!("{value}\n").into_bytes())
}
