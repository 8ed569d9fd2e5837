//! Tokens for scripts: ledger lines of kind `token`. Of a token only its SHA-256 is kept: 256 random bits cannot be guessed, so
//! they need no slow hash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Role;
use crate::clock::Wall;

/// What every token begins with, so that people and scanners see what it is.
const PREFIX: &str = "lifeboat_";

/// A line of kind `token`: the newest of a name counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLine {
    pub name: String,
    pub role: Role,
    /// In hex, of the whole token.
    pub sha256: String,
    pub at: Wall,
    pub by: String,
    #[serde(default)]
    pub revoked: bool,
}

/// A token's text, from random octets.
pub fn api_token(random: [u8; 32]) -> String {
    format!("{PREFIX}{}", hex(&random))
}

pub fn token_digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The tokens in force, by name.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    by_name: BTreeMap<String, TokenLine>,
}

impl Tokens {
    pub fn apply(&mut self, line: TokenLine) {
        if line.revoked {
            self.by_name.remove(&line.name);
        } else {
            self.by_name.insert(line.name.clone(), line);
        }
    }

    pub fn get(&self, name: &str) -> Option<&TokenLine> {
        self.by_name.get(name)
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = &TokenLine> {
        self.by_name.values()
    }

    /// Whose token this is. Digests are compared, so how long it takes says nothing of the token.
    pub fn holder(&self, token: &str) -> Option<&TokenLine> {
        if !token.starts_with(PREFIX) {
            return None;
        }
        let digest = token_digest(token);
        self.by_name.values().find(|line| line.sha256 == digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_digest_until_it_is_revoked() {
        let token = api_token([7; 32]);
        assert_eq!(token.len(), PREFIX.len() + 64);
        let line = TokenLine {
            name: "backup".to_owned(),
            role: Role::Auditor,
            sha256: token_digest(&token),
            at: Wall(1),
            by: "cli:root".to_owned(),
            revoked: false,
        };
        assert!(!serde_json::to_string(&line).unwrap().contains(&token));
        let mut tokens = Tokens::default();
        tokens.apply(line.clone());
        assert_eq!(tokens.holder(&token), Some(&line));
        assert_eq!(tokens.holder(&api_token([8; 32])), None);
        assert_eq!(tokens.holder(&line.sha256), None, "the digest in the ledger opens nothing");
        tokens.apply(TokenLine { revoked: true, ..line });
        assert_eq!(tokens.holder(&token), None);
    }

    #[test]
    fn the_wire_form_is_stable() {
        let line = r#"{"name":"backup","role":"auditor","sha256":"00","at":5,"by":"cli:root"}"#;
        let read: TokenLine = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line.replace('}', r#","revoked":false}"#));
    }
}
