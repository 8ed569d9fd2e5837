//! The table of the admin's place: path, method, who may, and who answers. The only place where roles stand beside paths.

use super::visit::{Arrival, Visit};
use super::{
    account, actions, audit, dashboard, drills, entry, events, help, maintenance, people, people_cards, queue, settings, setup, trace,
};
use crate::auth::{EVERY_ROLE, FOR_PEOPLE, ONLY_ADMIN, PROOF, Role, Roles};
use crate::web::table::{self, Method};
use crate::web::{ADMIN_LIVE_PATH, Answer};

pub type Row = table::Row<Door>;
pub type RowId = table::RowId<Door>;
pub type Found = table::Found<Door>;

/// Who may, and who answers.
pub enum Door {
    /// Nobody has to be signed in.
    Open(fn(&Arrival<'_>) -> Answer),
    For(Roles, fn(&Visit<'_>) -> Answer),
}

const fn open(method: Method, path: &'static str, handler: fn(&Arrival<'_>) -> Answer) -> Row {
    Row { method, path, door: Door::Open(handler), large: false }
}

const fn get(path: &'static str, roles: Roles, handler: fn(&Visit<'_>) -> Answer) -> Row {
    Row { method: Method::Get, path, door: Door::For(roles, handler), large: false }
}

const fn post(path: &'static str, roles: Roles, handler: fn(&Visit<'_>) -> Answer) -> Row {
    Row { method: Method::Post, path, door: Door::For(roles, handler), large: false }
}

/// A form with a file.
#[allow(dead_code, reason = "for the pages that take files")]
const fn upload(path: &'static str, roles: Roles, handler: fn(&Visit<'_>) -> Answer) -> Row {
    Row { method: Method::Post, path, door: Door::For(roles, handler), large: true }
}

pub static TABLE: &[Row] = &[
    // Coming and going.
    open(Method::Get, "/admin/login", entry::form),
    open(Method::Post, "/admin/login", entry::sign_in),
    open(Method::Get, "/admin/setup/:", setup::form),
    open(Method::Post, "/admin/setup/:", setup::set_up),
    post("/admin/logout", EVERY_ROLE, entry::sign_out),
    post("/admin/logout/all", EVERY_ROLE, entry::sign_out_everywhere),
    // Accounts and tokens.
    get("/admin/account", EVERY_ROLE, account::own),
    post("/admin/account/password", EVERY_ROLE, account::password),
    post("/admin/account/totp", EVERY_ROLE, account::totp),
    post("/admin/account/totp/confirm", EVERY_ROLE, account::totp_confirm),
    get("/admin/accounts", ONLY_ADMIN, account::all),
    post("/admin/accounts/password", ONLY_ADMIN, account::new_password),
    post("/admin/accounts/remove", ONLY_ADMIN, account::remove),
    post("/admin/accounts/totp-off", ONLY_ADMIN, account::totp_off),
    post("/admin/tokens/create", ONLY_ADMIN, account::token_create),
    post("/admin/tokens/revoke", ONLY_ADMIN, account::token_revoke),
    // Dashboard.
    get("/admin", EVERY_ROLE, dashboard::show),
    get(ADMIN_LIVE_PATH, EVERY_ROLE, dashboard::live),
    post("/admin/event/start", ONLY_ADMIN, actions::start),
    post("/admin/event/end", ONLY_ADMIN, actions::end),
    post("/admin/automatic", ONLY_ADMIN, actions::automatic),
    get("/admin/help", EVERY_ROLE, help::show),
    get("/admin/guide", EVERY_ROLE, help::guide),
    // People.
    get("/admin/people/cards", FOR_PEOPLE, people_cards::form),
    post("/admin/people/cards", FOR_PEOPLE, people_cards::make),
    // Events.
    get("/admin/events", EVERY_ROLE, events::list),
    get("/admin/events/:", EVERY_ROLE, events::show),
    get("/admin/events/:/json", EVERY_ROLE, events::json),
    get("/admin/events/:/csv", PROOF, events::csv),
    post("/admin/events/:/release", ONLY_ADMIN, events::release),
    // Drills.
    get("/admin/drills", EVERY_ROLE, drills::list),
    get("/admin/drills/:", EVERY_ROLE, drills::show),
    post("/admin/drills/start", ONLY_ADMIN, drills::start),
    post("/admin/drills/end", ONLY_ADMIN, drills::end),
    // Queue and trace.
    get("/admin/queue", EVERY_ROLE, queue::list),
    get("/admin/queue/:", EVERY_ROLE, queue::show),
    post("/admin/queue/:", ONLY_ADMIN, queue::act),
    get("/admin/trace", EVERY_ROLE, trace::show),
    // People and maintenance.
    get("/admin/people", FOR_PEOPLE, people::list),
    post("/admin/people/password", FOR_PEOPLE, people::password),
    post("/admin/people/invite", FOR_PEOPLE, people::invite),
    get("/admin/maintenance", EVERY_ROLE, maintenance::list),
    post("/admin/maintenance", ONLY_ADMIN, maintenance::add),
    post("/admin/maintenance/:/remove", ONLY_ADMIN, maintenance::remove),
    get("/admin/settings", PROOF, settings::show),
    // Audit.
    get("/admin/audit", PROOF, audit::show),
    get("/admin/audit/csv", PROOF, audit::csv),
];

/// The places of the navigation, in its order. One that has no row yet, or none for this role, is not shown.
pub const SECTIONS: &[(&str, &str)] = &[
    ("Dashboard", "/admin"),
    ("Events", "/admin/events"),
    ("Queue", "/admin/queue"),
    ("Trace", "/admin/trace"),
    ("People", "/admin/people"),
    ("Drills", "/admin/drills"),
    ("Maintenance", "/admin/maintenance"),
    ("Audit", "/admin/audit"),
    ("Settings", "/admin/settings"),
    ("Help", "/admin/help"),
];

/// Finds the row.
pub fn find(method: &str, path: &str) -> Found {
    table::find(TABLE, method, path)
}

/// Whether this role may look at this page; false if there is none.
pub fn may_look(path: &str, role: Role) -> bool {
    let Found::Row(id) = find("GET", path) else { return false };
    match id.row(TABLE).door {
        Door::Open(_) => true,
        Door::For(roles, _) => roles.contains(&role),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_path_and_only_once() {
        for (at, row) in TABLE.iter().enumerate() {
            let method = if row.method == Method::Get { "GET" } else { "POST" };
            let path = row.path.replace(':', "argument");
            assert!(matches!(find(method, &path), Found::Row(id) if id.number() == at), "{method} {path}");
            assert!(row.path == "/admin" || row.path.starts_with("/admin/"), "{path}");
        }
    }

    #[test]
    fn other_methods_and_other_paths_are_told_apart() {
        assert!(matches!(find("POST", "/admin"), Found::WrongMethod("GET, HEAD")));
        assert!(matches!(find("DELETE", "/admin/login"), Found::WrongMethod("GET, HEAD, POST")));
        assert!(matches!(find("GET", "/admin/logout"), Found::WrongMethod("POST")));
        for path in ["/admin/", "/admin/nothing", "/admins", "/admin/login/"] {
            assert!(matches!(find("GET", path), Found::Nothing), "{path}");
        }
        assert!(matches!(find("HEAD", "/admin"), Found::Row(_)));
    }
}
