//! One-time codes for emergency cards: fifteen characters, each code good for one login.
//!
//! Kept as SHA-256, not argon2id: a code is 75 random bits, so that a thief of the ledger would have to try 2^74 of them on the average (some
//! thousand years at 10^11 a second), whatever one try costs; and a login looks a code up instead of trying a person's codes one by one. At the login page
//! the throttle stops a guesser after a handful.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Wall;
use crate::mail::Mailbox;

/// Crockford's base 32: no I, L, O, U, which are taken for other signs.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SIGNS_IN_A_CODE: usize = 15;
const SIGNS_IN_A_GROUP: usize = 5;

/// A ledger line of kind `credential-codes`: the codes of a person; all older ones end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodesLine {
    pub mailbox: Mailbox,
    pub codes: Vec<CodeHash>,
    pub issued_at: Wall,
    pub by: String,
}

/// A ledger line of kind `credential-code-used`: written before the login counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeUsedLine {
    pub mailbox: Mailbox,
    pub code: CodeHash,
}

/// SHA-256 of a code in hex. Says nothing about the code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeHash(String);

impl CodeHash {
    /// Of what was typed; case, hyphens and spaces do not matter, and O, I, L are read as the digits that they are taken for.
    pub fn of(typed: &str) -> CodeHash {
        let signs: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|sign| sign.to_ascii_uppercase()).collect();
        let signs = signs.replace('O', "0").replace(['I', 'L'], "1");
        CodeHash(Sha256::digest(signs.as_bytes()).iter().map(|octet| format!("{octet:02x}")).collect())
    }
}

/// A code like `7KQ2M-XW9PA-4H3TD`, from `random` (75 bits are used).
pub fn code(random: [u8; 16]) -> String {
    let mut number = u128::from_be_bytes(random);
    let mut code = String::new();
    for place in 0..SIGNS_IN_A_CODE {
        if place > 0 && place % SIGNS_IN_A_GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(SIGNS[(number % 32) as usize]));
        number /= 32;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_three_groups_of_clear_signs() {
        assert_eq!(code([0; 16]), "00000-00000-00000");
        assert_eq!(code([255; 16]), "ZZZZZ-ZZZZZ-ZZZZZ");
        let mut random = fastrand::Rng::with_seed(5);
        let codes: std::collections::BTreeSet<String> = (0..1000).map(|_| code(std::array::from_fn(|_| random.u8(..)))).collect();
        assert_eq!(codes.len(), 1000, "seed 5");
        assert!(codes.iter().all(|code| !code.contains(['I', 'L', 'O', 'U'])));
    }

    #[test]
    fn typing_is_forgiven() {
        let hash = CodeHash::of("70Q2M-XW91A-4H3TD");
        for typed in ["7oq2m xw9la 4h3td", "70Q2MXW9IA4H3TD\r\n", " 70q2m–xw91a–4h3td"] {
            assert_eq!(CodeHash::of(typed), hash, "{typed}");
        }
        assert_ne!(CodeHash::of("70Q2M-XW91A-4H3TE"), hash);
    }

    #[test]
    fn the_wire_forms_are_stable() {
        let used = r#"{"mailbox":"ann@example.com","code":"ab12"}"#;
        assert_eq!(serde_json::to_string(&serde_json::from_str::<CodeUsedLine>(used).unwrap()).unwrap(), used);
        let codes = r#"{"mailbox":"ann@example.com","codes":["ab12"],"issued_at":5,"by":"cli:root"}"#;
        assert_eq!(serde_json::to_string(&serde_json::from_str::<CodesLine>(codes).unwrap()).unwrap(), codes);
    }
}
