//! A password for each person who takes part: made for the drill, unless the one of an event shortly before still holds.

use crate::app::core::Core;
use crate::app::credentials::{no_random, random_16};
use crate::auth::{EventPasswordsLine, Verifier, password};
use crate::mail::Mailbox;
use crate::notify::Login;
use crate::store::StoreError;

/// Makes and records what these people sign in with. Takes tens of milliseconds and 19 MiB for each.
///
/// # Errors
/// It could not be recorded, or there are no random numbers yet: nothing changes.
pub fn logins(core: &Core, drill: &str, people: &[Mailbox]) -> Result<Vec<(Mailbox, Login)>, StoreError> {
    if !core.config.credentials.event {
        return Ok(people.iter().map(|mailbox| (mailbox.clone(), Login::AsBefore)).collect());
    }
    let now = core.now().wall;
    let credentials = core.credentials();
    let mut line = EventPasswordsLine { event: drill.to_owned(), ..EventPasswordsLine::default() };
    let mut logins = Vec::new();
    for mailbox in people {
        if credentials.event_password(mailbox).is_some_and(|password| password.is_kept(now)) {
            line.kept.push(mailbox.clone());
            logins.push((mailbox.clone(), Login::AsBefore));
            continue;
        }
        let (words, salt) = (random_16().ok_or_else(no_random)?, random_16().ok_or_else(no_random)?);
        let password = password(words);
        line.fresh.push(Verifier::make(mailbox, &password, salt, now, &format!("drill:{drill}")));
        logins.push((mailbox.clone(), Login::Fresh { password }));
    }
    core.record_event_passwords(line)?;
    Ok(logins)
}

/// The passwords of this drill are of no use from now on (but for an event that begins soon).
pub fn over(core: &Core, drill: &str) {
    let line = EventPasswordsLine { event: drill.to_owned(), over_at: Some(core.now().wall), ..EventPasswordsLine::default() };
    if let Err(error) = core.record_event_passwords(line) {
        log::error!("drill={drill} end of its passwords not recorded: {error}");
    }
}
