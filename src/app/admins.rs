//! Accounts of the admin's place: how they are read at start and checked.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use super::core::{Core, lock};
use crate::auth::{AdminLine, Admins, Role, Token, admin_name, admin_password};
use crate::clock::Mono;
use crate::limits::ADMIN_SETUP_AGE_MAX;
use crate::store::{Line, StoreError};
use crate::web::{AdminVerdict, Intent};

/// The accounts on record.
pub fn load(lines: &[Line]) -> Admins {
    let mut admins = Admins::default();
    for line in super::of_kind::<AdminLine>(lines, "admin") {
        admins.apply(line);
    }
    admins
}

impl Core {
    pub fn admins(&self) -> Arc<Admins> {
        self.admins.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Checks name and password, in the time of one password check whether the name is known or not.
pub fn check(core: &Core, name: &str, password: &str, _code: &str) -> AdminVerdict {
    let admins = core.admins();
    let matches = admins.check(name, password);
    match admins.get(name) {
        Some(account) if matches => AdminVerdict::Right(account.role),
        _ => AdminVerdict::Wrong,
    }
}

/// The link that makes the first account: 160 random bits in hex. In memory only: a restart makes a new one.
pub struct Setup {
    token: String,
    since: Mono,
}

/// The set-up link, by name and by address, if there is no account yet and it still works.
pub fn setup_links(core: &Core) -> Option<Vec<String>> {
    setup_token(core).map(|token| core.links().to(&format!("admin/setup/{token}")))
}

fn setup_token(core: &Core) -> Option<String> {
    let setup = lock(&core.setup);
    let setup = setup.as_ref().filter(|setup| core.now().mono.since(setup.since) < ADMIN_SETUP_AGE_MAX)?;
    core.admins().is_empty().then(|| setup.token.clone())
}

/// Makes a new set-up link; the one before ends.
///
/// # Errors
/// In words: there is an account already, or no randomness yet.
pub fn new_setup_links(core: &Core) -> Result<Vec<String>, String> {
    if !core.admins().is_empty() {
        return Err("There is an account already. `lifeboat admin password NAME` makes another one, or a new password.".to_owned());
    }
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|_| "The box has no random numbers yet. Try again in a minute.".to_owned())?;
    let token = random.iter().map(|octet| format!("{octet:02x}")).collect();
    *lock(&core.setup) = Some(Setup { token, since: core.now().mono });
    setup_links(core).ok_or_else(|| "There is an account already.".to_owned())
}

/// At start: a box without an account says in its log how to make one.
pub fn offer_setup(core: &Core) {
    if !core.admins().is_empty() {
        return;
    }
    match new_setup_links(core) {
        Ok(links) => log::warn!("admin set-up: nobody looks after this box yet; within 24 hours open {}", links.join(" or ")),
        Err(error) => log::error!("admin set-up: {error}"),
    }
}

/// Whether this token makes the first account now. A wrong one counts as a failed login.
pub fn setup_open(core: &Core, token: &str, client: IpAddr) -> bool {
    let now = core.now().mono;
    if !lock(&core.admin_throttle).allows(client, None, now) {
        return false;
    }
    let is_right = setup_token(core).is_some_and(|wanted| same(&wanted, token));
    if !is_right {
        lock(&core.admin_throttle).failed(client, None, now);
    }
    is_right
}

/// Makes the first account, an admin; the link ends with it.
pub fn set_up(core: &Core, token: &str, name: &str, password: &str, client: IpAddr) -> Result<(), String> {
    let name = admin_name(name).map_err(|error| format!("{error}."))?;
    admin_password(password).map_err(|error| format!("{error}."))?;
    // Taken out first: of two at the same time one is too late.
    if !setup_open(core, token, client) {
        return Err("This link was used, or is too old.".to_owned());
    }
    let Some(setup) = lock(&core.setup).take() else { return Err("This link was used just now.".to_owned()) };
    let by = format!("setup:{client}");
    let saved = new_password(core, &name, Role::Admin, password, &by);
    if let Err(error) = saved {
        *lock(&core.setup) = Some(setup);
        return Err(format!("The account could not be recorded: {error}."));
    }
    core.audit(&by, "admin-setup", format!("name={name}"));
    Ok(())
}

/// Records a password of an account, which is made if it is not there. What is on disk is in force.
fn new_password(core: &Core, name: &str, role: Role, password: &str, by: &str) -> Result<(), StoreError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| StoreError::Io(error.to_string()))?;
    let now = core.now().wall;
    let totp = core.admins().get(name).is_some_and(|account| account.totp);
    let line = AdminLine { totp, ..AdminLine::make(name, role, password, salt, now, by) };
    record(core, line)
}

fn record(core: &Core, line: AdminLine) -> Result<(), StoreError> {
    let mut admins = core.admins.write().unwrap_or_else(PoisonError::into_inner);
    core.ledger.append("admin", &line, core.now().wall)?;
    Arc::make_mut(&mut admins).apply(line);
    Ok(())
}

/// Compared without leaving early.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// Carries out what a page of the admin's place wants of sessions; anything else is given back.
pub fn carry_out(core: &Core, intent: Intent, client: IpAddr) -> Option<Intent> {
    let now = core.now().mono;
    match intent {
        Intent::AdminSignIn { token, csrf, name, role } => {
            lock(&core.admin_throttle).succeeded(client, &name);
            core.audit(&format!("web:{name}"), "admin-sign-in", format!("client={client} role={role}"));
            lock(&core.admin_sessions).open(token, csrf, &name, role, now);
        }
        Intent::AdminLoginFailed { name } => {
            lock(&core.admin_throttle).failed(client, Some(&name), now);
            // The throttle bounds how many of these come in: at most so many a window and client.
            core.audit(&format!("web:{name}"), "admin-sign-in-failed", format!("client={client}"));
        }
        Intent::AdminSignOut { token } => lock(&core.admin_sessions).close(&token),
        Intent::AdminSignOutEverywhere { name } => close_all(core, &name, None),
        Intent::AdminSay { token, flash } => lock(&core.admin_sessions).say(&token, flash),
        Intent::AdminSaid { token } => lock(&core.admin_sessions).said(&token),
        other => return Some(other),
    }
    None
}

/// Signs an account out, but for one session.
pub fn close_all(core: &Core, name: &str, except: Option<&Token>) {
    lock(&core.admin_sessions).close_all_of(name, except);
}
