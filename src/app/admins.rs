//! Accounts and tokens of the admin's place: how they are read at start, checked and made, and the link for the first one.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::core::{Core, lock};
use crate::auth::{AccountError, AdminLine, AdminSession, Admins, Role, Token, TokenLine, Tokens, admin_name, admin_password};
use crate::clock::Mono;
use crate::control::Answer;
use crate::limits::{ADMIN_FAILURES_RECORDED_HOUR_MAX, ADMIN_SETUP_AGE_MAX};
use crate::store::{Line, StoreError};
use crate::web::{AdminVerdict, Bearer, Intent, OwnChange};

const HOUR: Duration = Duration::from_secs(3600);

/// Why something was not done, in words.
#[derive(Debug)]
pub struct Failed(pub String);

impl From<AccountError> for Failed {
    fn from(error: AccountError) -> Failed {
        Failed(format!("{error}."))
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed(format!("It could not be recorded: {error}."))
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Failed {
        Failed(format!("It could not be written: {error}."))
    }
}

/// Fresh random octets.
///
/// # Errors
/// In words: the system has none yet.
pub fn random<const OCTETS: usize>() -> Result<[u8; OCTETS], Failed> {
    let mut random = [0; OCTETS];
    match getrandom::fill(&mut random) {
        Ok(()) => Ok(random),
        Err(_) => Err(Failed("The box has no random numbers yet. Try again in a minute.".to_owned())),
    }
}

/// The accounts and tokens on record.
pub fn load(lines: &[Line]) -> (Admins, Tokens) {
    let (mut admins, mut tokens) = (Admins::default(), Tokens::default());
    super::of_kind::<AdminLine>(lines, "admin").into_iter().for_each(|line| admins.apply(line));
    super::of_kind::<TokenLine>(lines, "token").into_iter().for_each(|line| tokens.apply(line));
    (admins, tokens)
}

impl Core {
    pub fn admins(&self) -> Arc<Admins> {
        self.admins.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Checks name, password and code, in the time of one password check whether the name is known or not. A code is used up only together
/// with the right password.
pub fn check(core: &Core, name: &str, password: &str, code: &str) -> AdminVerdict {
    let before = core.admins();
    let matches = before.check(name, password);
    // A password takes its time: an account that was removed, demoted or given another password meanwhile is not the one that was checked.
    let admins = core.admins();
    match admins.get(name) {
        Some(account) if matches && before.get(name) == Some(account) && (!account.totp || core.totp.take(name, code, core.now().wall)) => {
            AdminVerdict::Right(account.role)
        }
        _ => AdminVerdict::Wrong,
    }
}

/// Whoever holds this token. Wrong ones are counted for their client, and not as failed logins: a script with a token that was revoked keeps nobody from
/// signing in beside it.
pub fn bearer(core: &Core, token: &str, client: IpAddr) -> Option<Bearer> {
    let now = core.now().mono;
    if !lock(&core.token_throttle).allows(client, None, now) {
        return None;
    }
    let tokens = core.tokens.read().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(holder) = tokens.holder(token) else {
        log::warn!("web token-unknown client={client}");
        lock(&core.token_throttle).failed(client, None, now);
        return None;
    };
    Some(Bearer { name: holder.name.clone(), role: holder.role })
}

/// What somebody changes about the own account, with the session that goes on.
pub fn change_own(core: &Core, name: &str, token: &Token, client: IpAddr, change: OwnChange<'_>) -> Result<String, String> {
    let by = format!("web:{name}");
    let done = match change {
        OwnChange::Password { old, new } => own_password(core, name, client, old, new, &by),
        OwnChange::TotpShow => random().map(|random| {
            core.totp.show(name, random);
            String::new()
        }),
        OwnChange::TotpConfirm { code } => totp_confirm(core, name, code).map(|()| {
            core.audit(&by, "admin-totp-on", format!("name={name}"));
            "From now on you sign in with the password and a code of your app.".to_owned()
        }),
    };
    let text = done.map_err(|Failed(text)| text)?;
    if !matches!(change, OwnChange::TotpShow) {
        close_all(core, name, Some(token));
    }
    Ok(text)
}

fn own_password(core: &Core, name: &str, client: IpAddr, old: &str, new: &str, by: &str) -> Result<String, Failed> {
    let admins = core.admins();
    let account = admins.get(name).ok_or_else(|| Failed("The account is gone.".to_owned()))?;
    let (role, now) = (account.role, core.now().mono);
    // Who found a browser open guesses no faster here than at the door.
    if !lock(&core.admin_throttle).allows(client, Some(&name.to_owned()), now) {
        return Err(Failed("That was tried too often. Please wait 15 minutes.".to_owned()));
    }
    if !admins.check(name, old) {
        lock(&core.admin_throttle).failed(client, Some(&name.to_owned()), now);
        return Err(Failed("The old password is not right.".to_owned()));
    }
    admin_password(new)?;
    new_password(core, Some(account), name, role, new, by)?;
    core.audit(by, "admin-password", format!("name={name} role={role}"));
    Ok("Your password is changed. Other browsers are signed out.".to_owned())
}

/// The first code of a new second factor.
pub fn totp_confirm(core: &Core, name: &str, code: &str) -> Result<(), Failed> {
    let now = core.now().wall;
    if !core.totp.confirm(name, code, now)? {
        return Err(Failed("That code is not right. Is the clock of your phone right, and this box's?".to_owned()));
    }
    let Some(account) = core.admins().get(name).cloned() else { return Err(Failed("The account is gone.".to_owned())) };
    record(core, Some(&account), AdminLine { totp: true, at: now, by: format!("web:{name}"), ..account.clone() })
}

/// A status with the link for the first account.
pub fn with_setup_links(core: &Core, mut answer: Answer) -> Answer {
    if let Some(links) = setup_links(core) {
        answer.text += &format!("\nSet-up       nobody looks after this box yet: open {}\n", links.join(" or "));
        answer.json["setup"] = serde_json::json!(links);
    }
    answer
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
pub fn new_setup_links(core: &Core) -> Result<Vec<String>, Failed> {
    if !core.admins().is_empty() {
        let text = "There is an account already. `lifeboat admin password NAME` makes another one, or a new password.";
        return Err(Failed(text.to_owned()));
    }
    let token = random::<20>()?.iter().map(|octet| format!("{octet:02x}")).collect();
    *lock(&core.setup) = Some(Setup { token, since: core.now().mono });
    setup_links(core).ok_or_else(|| Failed("There is an account already.".to_owned()))
}

/// At start: a box without an account says in its log how to make one.
pub fn offer_setup(core: &Core) {
    if !core.admins().is_empty() {
        return;
    }
    match new_setup_links(core) {
        Ok(links) => log::warn!("admin set-up: nobody looks after this box yet; within 24 hours open {}", links.join(" or ")),
        Err(Failed(error)) => log::error!("admin set-up: {error}"),
    }
}

/// Whether this token makes the first account now. Wrong ones are counted for their client.
pub fn setup_open(core: &Core, token: &str, client: IpAddr) -> bool {
    let now = core.now().mono;
    if !lock(&core.token_throttle).allows(client, None, now) {
        return false;
    }
    let is_right = setup_token(core).is_some_and(|wanted| same(&wanted, token));
    if !is_right {
        lock(&core.token_throttle).failed(client, None, now);
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
    let saved = new_password(core, None, &name, Role::Admin, password, &by);
    if let Err(Failed(text)) = saved {
        *lock(&core.setup) = Some(setup);
        return Err(text);
    }
    core.audit(&by, "admin-setup", format!("name={name}"));
    Ok(())
}

/// Records a password of an account, which is made if it was not there `before`. What is on disk is in force.
pub fn new_password(core: &Core, before: Option<&AdminLine>, name: &str, role: Role, password: &str, by: &str) -> Result<(), Failed> {
    let salt = random()?;
    let now = core.now().wall;
    let totp = before.is_some_and(|account| account.totp);
    record(core, before, AdminLine { totp, ..AdminLine::make(name, role, password, salt, now, by) })
}

/// Puts a line in the place of the one that was there `before`. What is on disk is in force.
///
/// # Errors
/// In words: another line is there by now (a password takes its time, and who was removed or demoted in it stays so), or the disk's.
pub fn record(core: &Core, before: Option<&AdminLine>, line: AdminLine) -> Result<(), Failed> {
    let mut admins = core.admins.write().unwrap_or_else(PoisonError::into_inner);
    if admins.get(&line.name) != before {
        return Err(Failed(format!("The account {} was changed by somebody else at the same moment. Look again.", line.name)));
    }
    core.ledger.append("admin", &line, core.now().wall)?;
    Arc::make_mut(&mut admins).apply(line);
    Ok(())
}

/// The session of a token, if its account is still there and has still its role: one that was opened while the account was removed or
/// demoted opens nothing.
pub fn session(core: &Core, token: &Token, is_person: bool) -> Option<AdminSession> {
    let session = lock(&core.admin_sessions).get(token, is_person, core.now().mono)?;
    core.admins().get(&session.name).is_some_and(|account| account.role == session.role).then_some(session)
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
            log::warn!("web admin-sign-in-failed client={client} name={name:?}");
            // The throttle bounds how many of these come from one client, this how many come from all.
            if !lock(&core.failed_sign_ins).admit(now) {
                return None;
            }
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

/// Keeps strangers with many addresses from filling a record that is kept for years: of failed sign-ins it has
/// [`ADMIN_FAILURES_RECORDED_HOUR_MAX`] an hour, the log has all.
#[derive(Debug, Default)]
pub struct FailedSignIns {
    recorded: VecDeque<Mono>,
}

impl FailedSignIns {
    fn admit(&mut self, now: Mono) -> bool {
        self.recorded.retain(|at| now.since(*at) < HOUR);
        let is_admitted = self.recorded.len() < ADMIN_FAILURES_RECORDED_HOUR_MAX;
        if is_admitted {
            self.recorded.push_back(now);
        }
        is_admitted
    }
}

/// Signs an account out, but for one session.
pub fn close_all(core: &Core, name: &str, except: Option<&Token>) {
    lock(&core.admin_sessions).close_all_of(name, except);
}
