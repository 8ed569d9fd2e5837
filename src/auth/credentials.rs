//! Passwords as argon2id verifiers (RFC 9106).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::mail::Mailbox;

/// A line of kind `credential` in the ledger: the newest of a mailbox counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier {
    pub mailbox: Mailbox,
    /// PHC string (`$argon2id$v=19$m=19456,t=2,p=1$...`).
    pub phc: String,
    pub issued_at: Wall,
    /// Who issued it.
    pub by: String,
}

impl Verifier {
    /// Makes a verifier. `salt` is fresh random bytes. Takes tens of milliseconds and 19 MiB.
    pub fn make(_mailbox: &Mailbox, _password: &str, _salt: [u8; 16], _at: Wall, _by: &str) -> Verifier {
        todo!()
    }

    /// Takes tens of milliseconds and 19 MiB.
    pub fn matches(&self, _password: &str) -> bool {
        todo!()
    }
}

/// The verifiers in force.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    by_mailbox: HashMap<Mailbox, Verifier>,
}

impl Credentials {
    pub fn insert(&mut self, verifier: Verifier) {
        self.by_mailbox.insert(verifier.mailbox.clone(), verifier);
    }

    pub fn has(&self, mailbox: &Mailbox) -> bool {
        self.by_mailbox.contains_key(mailbox)
    }

    /// Checks a password. Takes as long for an unknown mailbox as for a known one. Spaces and case of what
    /// was typed are folded as [`super::password`] makes them.
    pub fn check(&self, _mailbox: Option<&Mailbox>, _password: &str) -> bool {
        todo!()
    }
}
