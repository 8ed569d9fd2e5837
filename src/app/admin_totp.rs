//! Secrets of second factors: `data_dir/admin-totp.json`, for the box alone to read (mode 0600).
//!
//! Not in the ledger, though the box must be able to read them: the ledger is kept for years, shown to auditors and never rewritten,
//! so a secret in it could be neither hidden nor taken out. If the file is lost, accounts with a second factor are shut until
//! `lifeboat admin totp off NAME`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::core::lock;
use crate::auth::Totp;
use crate::clock::Wall;
use crate::store::replace_file;

pub struct Secrets {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In force, by name.
    confirmed: BTreeMap<String, Totp>,
    /// Shown, but not yet confirmed by a code; in memory only.
    shown: BTreeMap<String, Totp>,
}

impl Secrets {
    /// Reads the file; one that cannot be read is an error in the log, and nobody's second factor is right.
    pub fn load(data_dir: &Path) -> Secrets {
        let file = data_dir.join("admin-totp.json");
        let confirmed = match std::fs::read(&file) {
            Ok(octets) => serde_json::from_slice(&octets).unwrap_or_else(|error| {
                log::error!("{}: {error}", file.display());
                BTreeMap::new()
            }),
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    log::error!("{}: {error}", file.display());
                }
                BTreeMap::new()
            }
        };
        Secrets { file, state: Mutex::new(State { confirmed, shown: BTreeMap::new() }) }
    }

    /// Shows a new secret to an account; it counts only when it was confirmed.
    pub fn show(&self, name: &str, random: [u8; 20]) -> Totp {
        let totp = Totp::new(random);
        lock(&self.state).shown.insert(name.to_owned(), totp.clone());
        totp
    }

    /// The one that waits for its first code.
    pub fn shown(&self, name: &str) -> Option<Totp> {
        lock(&self.state).shown.get(name).cloned()
    }

    /// The first code of a new secret: from now on it counts.
    ///
    /// # Errors
    /// Of the disk; then it does not.
    pub fn confirm(&self, name: &str, code: &str, now: Wall) -> std::io::Result<bool> {
        let mut state = lock(&self.state);
        let Some(mut totp) = state.shown.get(name).cloned() else { return Ok(false) };
        if !totp.take(code, now) {
            return Ok(false);
        }
        let mut confirmed = state.confirmed.clone();
        confirmed.insert(name.to_owned(), totp);
        self.save(&confirmed)?;
        state.confirmed = confirmed;
        state.shown.remove(name);
        Ok(true)
    }

    /// Takes a code at a login, once.
    pub fn take(&self, name: &str, code: &str, now: Wall) -> bool {
        let mut state = lock(&self.state);
        let Some(totp) = state.confirmed.get_mut(name) else { return false };
        let right = totp.take(code, now);
        if right && let Err(error) = self.save(&state.confirmed) {
            // It is used up in memory all the same.
            log::error!("{}: {error}", self.file.display());
        }
        right
    }

    /// # Errors
    /// Of the disk; the secret is still there then.
    pub fn forget(&self, name: &str) -> std::io::Result<()> {
        let mut state = lock(&self.state);
        state.shown.remove(name);
        let mut confirmed = state.confirmed.clone();
        if confirmed.remove(name).is_some() {
            self.save(&confirmed)?;
            state.confirmed = confirmed;
        }
        Ok(())
    }

    fn save(&self, confirmed: &BTreeMap<String, Totp>) -> std::io::Result<()> {
        replace_file(&self.file, &serde_json::to_vec(confirmed)?)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NOW: Wall = Wall(1_772_530_000_000);

    #[test]
    fn a_secret_counts_once_it_was_confirmed_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::load(folder.path());
        let totp = secrets.show("eva", [7; 20]);
        assert!(!secrets.take("eva", &totp.at(NOW), NOW), "not confirmed");
        assert!(!secrets.confirm("eva", "000000", NOW).unwrap());
        assert!(!secrets.confirm("max", &totp.at(NOW), NOW).unwrap());
        assert!(secrets.confirm("eva", &totp.at(NOW), NOW).unwrap());
        let mode = std::fs::metadata(folder.path().join("admin-totp.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = Secrets::load(folder.path());
        assert!(!again.take("eva", &totp.at(NOW), NOW), "a used code is used after a restart, too");
        let later = NOW.plus(std::time::Duration::from_secs(60));
        assert!(again.take("eva", &totp.at(later), later));
        again.forget("eva").unwrap();
        assert!(Secrets::load(folder.path()).state.lock().unwrap().confirmed.is_empty());
    }
}
