//! `/admin/help`: what an admin should know before and during an outage; inside the box, because the internet may be down, too.

use super::visit::Visit;
use crate::web::Answer;
use crate::web::pages::admin::help;

/// `GET /admin/help`
pub fn show(visit: &Visit<'_>) -> Answer {
    visit.page(help::page(&visit.shell("Help", "/admin/help"), visit.context.hostname))
}
