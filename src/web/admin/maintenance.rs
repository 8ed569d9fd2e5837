//! `/admin/maintenance`: windows that are planned.

use super::visit::Visit;
use crate::control::{Verb, WindowStatus};
use crate::web::pages::admin::maintenance;
use crate::web::{Answer, Trouble};

const SECTION: &str = "/admin/maintenance";

/// `GET /admin/maintenance`
pub fn list(visit: &Visit<'_>) -> Answer {
    let windows: Vec<WindowStatus> = super::part(&visit.execute(Verb::MaintenanceList), "windows")?;
    let may_plan = visit.may(&Verb::MaintenanceRemove { id: 0, by: String::new() });
    visit.page(maintenance::page(&visit.shell("Maintenance", SECTION), &windows, may_plan))
}

/// `POST /admin/maintenance`
pub fn add(visit: &Visit<'_>) -> Answer {
    let said = |name: &str| visit.field(name).to_owned();
    let announce = visit.field("announce") == "yes";
    let verb = Verb::MaintenanceAdd { from: said("from"), to: said("to"), reason: said("reason"), announce, by: visit.by() };
    visit.done(SECTION, &visit.execute(verb))
}

/// `POST /admin/maintenance/ID/remove`
pub fn remove(visit: &Visit<'_>) -> Answer {
    let id = visit.argument(0).parse().map_err(|_| Trouble::NotFound)?;
    visit.done(SECTION, &visit.execute(Verb::MaintenanceRemove { id, by: visit.by() }))
}
