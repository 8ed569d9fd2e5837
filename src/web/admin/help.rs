//! `/admin/help`: what an admin should know before and during an outage; inside the box, because the internet may be down, too.

use super::visit::Visit;
use crate::control::Verb;
use crate::control::guide::Step;
use crate::web::Answer;
use crate::web::pages::admin::{guide, help};

/// `GET /admin/help`
pub fn show(visit: &Visit<'_>) -> Answer {
    visit.page(help::page(&visit.shell("Help", "/admin/help"), visit.context.hostname))
}

/// `GET /admin/guide`: how the box gets into the mail path and out of it again, with the office's own names.
pub fn guide(visit: &Visit<'_>) -> Answer {
    let steps: Vec<Step> = super::part(&visit.execute(Verb::Guide), "steps")?;
    visit.page(guide::page(&visit.shell("Set-up guide", "/admin/help"), &steps))
}
