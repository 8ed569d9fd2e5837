//! `/admin/trace`: where a message is.

use super::visit::Visit;
use crate::control::{Trace, TraceQuery, Verb};
use crate::mail::form::urlencode;
use crate::web::Answer;
use crate::web::pages::admin::trace::{self, TracePage};

const SECTION: &str = "/admin/trace";
/// Fields of the form, as they stand in the query string.
const FIELDS: [&str; 6] = ["from", "to", "subject", "message_id", "after", "before"];

/// `GET /admin/trace`
pub fn show(visit: &Visit<'_>) -> Answer {
    let sees_subjects = visit.role().sees_subjects();
    let said = |name: &str| visit.query(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let query = TraceQuery {
        from: said("from"),
        to: said("to"),
        subject: said("subject").filter(|_| sees_subjects),
        message_id: said("message_id"),
        after: said("after"),
        before: said("before"),
        limit: None,
        next: said("next").and_then(|next| next.parse().ok()),
    };
    let (mut found, mut problem) = (None, None);
    if !query.is_empty() {
        let answer = visit.execute(Verb::Trace { query: query.clone() });
        match answer.exit {
            0 => found = Some(super::whole::<Trace>(&answer)?),
            _ => problem = Some(answer.text),
        }
    }
    let older = found.as_ref().and_then(|found| found.next).map(|next| {
        let kept = FIELDS.iter().filter_map(|name| said(name).map(|value| format!("{name}={}", urlencode(&value))));
        kept.chain([format!("next={next}")]).collect::<Vec<_>>().join("&")
    });
    let page = TracePage { query: &query, found: found.as_ref(), problem: problem.as_deref(), sees_subjects, older };
    visit.page(trace::page(&visit.shell("Trace", SECTION), &page))
}
