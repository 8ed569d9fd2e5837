//! `/admin/settings`: every key with its value, and the authority that the office may trust.

use super::visit::Visit;
use crate::control::Verb;
use crate::web::pages::admin::settings::{self, Settings};
use crate::web::{Answer, authority};

const SECTION: &str = "/admin/settings";

/// `GET /admin/settings`
pub fn show(visit: &Visit<'_>) -> Answer {
    let answer = visit.execute(Verb::Settings);
    let view = Settings {
        rows: super::part(&answer, "settings")?,
        automatic: answer.json["automatic"] == true,
        fingerprint: (visit.context.authority)().map(|der| authority::fingerprint(&der)),
    };
    visit.page(settings::page(&visit.shell("Settings", SECTION), &view))
}
