//! `/admin/audit`: who did what and when, and whether the record is as it was written.

use super::visit::Visit;
use crate::control::{Audit, AuditQuery, Verb, csv_row};
use crate::limits::AUDIT_LINES_SHOWN;
use crate::mail::form::urlencode;
use crate::web::pages::admin::audit::{self, AuditPage};
use crate::web::{Answer, response};

const SECTION: &str = "/admin/audit";

/// `GET /admin/audit`
pub fn show(visit: &Visit<'_>) -> Answer {
    let asked = query(visit, Some(AUDIT_LINES_SHOWN));
    let found: Audit = super::whole(&visit.execute(Verb::AuditList { query: asked.clone() }))?;
    let (by, action) = (asked.by.unwrap_or_default(), asked.action.unwrap_or_default());
    let link = format!("by={}&action={}", urlencode(&by), urlencode(&action));
    let page = AuditPage { by: &by, action: &action, audit: &found, query: &link };
    visit.page(audit::page(&visit.shell("Audit log", SECTION), &page))
}

/// `GET /admin/audit/csv`: the newest lines that fit.
pub fn csv(visit: &Visit<'_>) -> Answer {
    let found: Audit = super::whole(&visit.execute(Verb::AuditList { query: query(visit, None) }))?;
    let mut table = csv_row(&["line", "at", "by", "what"]);
    for line in &found.lines {
        table += &csv_row(&[&line.number.to_string(), &line.at, &line.by, &line.what]);
    }
    Ok(response::file("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\"", table.into_bytes()).into())
}

fn query(visit: &Visit<'_>, limit: Option<usize>) -> AuditQuery {
    let said = |name: &str| visit.query(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    AuditQuery { by: said("by"), action: said("action"), before: said("before").and_then(|before| before.parse().ok()), limit }
}
