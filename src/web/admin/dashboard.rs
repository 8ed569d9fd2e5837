//! `/admin`: how things are, why, what comes next and what to do.

use super::visit::Visit;
use crate::control::Verb;
use crate::web::Answer;
use crate::web::pages::admin::dashboard::{self, Dashboard};

/// `GET /admin`
pub fn show(visit: &Visit<'_>) -> Answer {
    let status = visit.execute(Verb::Status);
    visit.page(dashboard::page(&visit.shell("Dashboard", "/admin"), &Dashboard { text: status.text }))
}
