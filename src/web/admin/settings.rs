//! `/admin/settings`: every key with its value.

use super::visit::Visit;
use crate::control::Verb;
use crate::web::Answer;
use crate::web::pages::admin::settings::{self, SettingRow};

const SECTION: &str = "/admin/settings";

/// `GET /admin/settings`
pub fn show(visit: &Visit<'_>) -> Answer {
    let answer = visit.execute(Verb::Settings);
    let rows: Vec<SettingRow> = super::part(&answer, "settings")?;
    visit.page(settings::page(&visit.shell("Settings", SECTION), &rows, answer.json["automatic"] == true))
}
