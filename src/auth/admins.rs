//! Accounts of the admin's place: ledger lines of kind `admin`, the newest of a name counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Role;
use super::verifier::{phc_matches, phc_of};
use crate::clock::Wall;
use crate::limits::{ADMIN_NAME_MAX_CHARS, ADMIN_PASSWORD_MIN_CHARS, PASSWORD_MAX_OCTETS};

/// A line of kind `admin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminLine {
    pub name: String,
    pub role: Role,
    /// PHC string of argon2id. Empty: nothing matches.
    pub phc: String,
    pub at: Wall,
    /// Who made or changed it.
    pub by: String,
    /// The account has a second factor; its secret is not here, see `app::totp`.
    #[serde(default)]
    pub totp: bool,
    #[serde(default)]
    pub removed: bool,
}

/// Why a name or a password is not taken; in words for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountError {
    Name,
    PasswordShort,
    PasswordLong,
}

impl std::fmt::Display for AccountError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AccountError::Name => {
                write!(f, "A name has 1 to {ADMIN_NAME_MAX_CHARS} letters, digits, dots, hyphens and underscores (example: eva.meier)")
            }
            AccountError::PasswordShort => {
                write!(f, "A password here has at least {ADMIN_PASSWORD_MIN_CHARS} characters; four words are easy to remember")
            }
            AccountError::PasswordLong => write!(f, "A password here has at most {PASSWORD_MAX_OCTETS} octets"),
        }
    }
}

/// The name of an account as it is kept: lower case.
///
/// # Errors
/// [`AccountError::Name`]
pub fn admin_name(typed: &str) -> Result<String, AccountError> {
    let name = typed.trim().to_lowercase();
    let sound = name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    if name.is_empty() || name.len() > ADMIN_NAME_MAX_CHARS || !sound { Err(AccountError::Name) } else { Ok(name) }
}

/// Whether a password that somebody chose is taken. Length is what counts (NIST SP 800-63B section 5.1.1).
///
/// # Errors
/// [`AccountError::PasswordShort`], [`AccountError::PasswordLong`]
pub fn admin_password(typed: &str) -> Result<(), AccountError> {
    if typed.chars().count() < ADMIN_PASSWORD_MIN_CHARS {
        return Err(AccountError::PasswordShort);
    }
    if typed.len() > PASSWORD_MAX_OCTETS { Err(AccountError::PasswordLong) } else { Ok(()) }
}

impl AdminLine {
    /// A new password for an account. `salt` is fresh random bytes. Takes tens of milliseconds and 19 MiB.
    pub fn make(name: &str, role: Role, password: &str, salt: [u8; 16], at: Wall, by: &str) -> AdminLine {
        let phc = if password.len() <= PASSWORD_MAX_OCTETS { phc_of(password, &salt) } else { None };
        AdminLine { name: name.to_owned(), role, phc: phc.unwrap_or_default(), at, by: by.to_owned(), totp: false, removed: false }
    }
}

/// The accounts in force.
#[derive(Clone, Debug, Default)]
pub struct Admins {
    by_name: BTreeMap<String, AdminLine>,
}

impl Admins {
    /// Takes a line: a removed account is gone.
    pub fn apply(&mut self, line: AdminLine) {
        if line.removed {
            self.by_name.remove(&line.name);
        } else {
            self.by_name.insert(line.name.clone(), line);
        }
    }

    pub fn get(&self, name: &str) -> Option<&AdminLine> {
        self.by_name.get(name)
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = &AdminLine> {
        self.by_name.values()
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Whether somebody but `name` has the role admin.
    pub fn has_other_admin(&self, name: &str) -> bool {
        self.by_name.values().any(|line| line.role == Role::Admin && line.name != name)
    }

    /// Checks a password. Takes as long for an unknown name as for a known one.
    pub fn check(&self, name: &str, password: &str) -> bool {
        let line = self.by_name.get(name);
        let too_long = password.len() > PASSWORD_MAX_OCTETS;
        let typed = if too_long { "" } else { password };
        let matched = phc_matches(line.map(|line| line.phc.as_str()), typed);
        matched && line.is_some() && !too_long
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eva() -> AdminLine {
        AdminLine::make("eva", Role::Admin, "correct Horse 7", [7; 16], Wall(1), "cli:root")
    }

    #[test]
    fn the_wire_form_is_stable_and_old_lines_are_read() {
        let line = r#"{"name":"eva","role":"admin","phc":"$argon2id$...","at":5,"by":"cli:root"}"#;
        let read: AdminLine = serde_json::from_str(line).unwrap();
        assert!(!read.totp && !read.removed);
        let whole = r#"{"name":"eva","role":"admin","phc":"$argon2id$...","at":5,"by":"cli:root","totp":false,"removed":false}"#;
        assert_eq!(serde_json::to_string(&read).unwrap(), whole);
    }

    #[test]
    fn passwords_are_exact_and_unknown_names_are_refused() {
        let mut admins = Admins::default();
        assert!(!admins.check("eva", "correct Horse 7"));
        admins.apply(eva());
        assert!(!eva().phc.contains("Horse"));
        assert!(admins.check("eva", "correct Horse 7"));
        assert!(!admins.check("eva", "correct horse 7"), "what somebody chose is not folded");
        assert!(!admins.check("max", "correct Horse 7"));
        assert!(!admins.check("eva", ""));
        admins.apply(AdminLine { removed: true, ..eva() });
        assert!(admins.is_empty() && !admins.check("eva", "correct Horse 7"));
    }

    #[test]
    fn the_last_admin_is_known() {
        let mut admins = Admins::default();
        admins.apply(eva());
        admins.apply(AdminLine { name: "max".to_owned(), role: Role::Helpdesk, ..eva() });
        assert!(!admins.has_other_admin("eva"));
        admins.apply(AdminLine { name: "max".to_owned(), ..eva() });
        assert!(admins.has_other_admin("eva"));
    }

    #[test]
    fn names_are_plain_and_passwords_long_enough() {
        assert_eq!(admin_name(" Eva.Meier ").as_deref(), Ok("eva.meier"));
        for bad in ["", "eva meier", "eva:x", "../eva", "ev\na", &"e".repeat(ADMIN_NAME_MAX_CHARS + 1)] {
            assert_eq!(admin_name(bad), Err(AccountError::Name), "{bad:?}");
        }
        assert_eq!(admin_password("short"), Err(AccountError::PasswordShort));
        assert_eq!(admin_password("lamp-river-seven"), Ok(()));
        assert_eq!(admin_password(&"x".repeat(PASSWORD_MAX_OCTETS + 1)), Err(AccountError::PasswordLong));
    }
}
