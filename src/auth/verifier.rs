//! Passwords as argon2id verifiers (RFC 9106).

use argon2::password_hash::{Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::limits::{PASSWORD_LANES, PASSWORD_MAX_OCTETS, PASSWORD_MEMORY_KIB, PASSWORD_PASSES};
use crate::mail::Mailbox;

/// Checked in place of a verifier that is not there, so that an unknown mailbox takes as long as a known one.
/// Nobody knows its password, and its result is never used.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bGlmZWJvYXQtbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Allocations of this size are never kept by the allocator, in octets.
const ALWAYS_RETURNED_OCTETS: usize = 33 * 1024 * 1024;

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
    ///
    /// A password above [`PASSWORD_MAX_OCTETS`] gives a verifier that nothing matches.
    pub fn make(mailbox: &Mailbox, password: &str, salt: [u8; 16], at: Wall, by: &str) -> Verifier {
        let phc = if password.len() <= PASSWORD_MAX_OCTETS { phc_of(password, &salt) } else { None };
        // An empty string is no PHC string: if anything is wrong, the door stays shut.
        Verifier { mailbox: mailbox.clone(), phc: phc.unwrap_or_default(), issued_at: at, by: by.to_owned() }
    }

    /// Takes tens of milliseconds and 19 MiB.
    pub fn matches(&self, password: &str) -> bool {
        matches(&self.phc, password)
    }
}

pub(super) fn phc_of(password: &str, salt: &[u8]) -> Option<String> {
    let params = Params::new(PASSWORD_MEMORY_KIB, PASSWORD_PASSES, PASSWORD_LANES, None).ok()?;
    let hash = digest(&params, password, salt)?;
    let salt = SaltString::encode_b64(salt).ok()?;
    let phc = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).ok()?,
        salt: Some(salt.as_salt()),
        hash: Some(hash),
    };
    Some(phc.to_string())
}

fn matches(phc: &str, password: &str) -> bool {
    let Ok(phc) = PasswordHash::new(phc) else { return false };
    // The cost comes from the verifier itself. A damaged or foreign one may not ask for a gigabyte.
    let Ok(params) = Params::try_from(&phc) else { return false };
    if params.m_cost() > PASSWORD_MEMORY_KIB || params.t_cost() > PASSWORD_PASSES || params.p_cost() > PASSWORD_LANES {
        return false;
    }
    if phc.algorithm != ARGON2ID_IDENT || phc.version != Some(Version::V0x13.into()) {
        return false;
    }
    let (Some(salt), Some(hash)) = (phc.salt, phc.hash) else { return false };
    let mut buffer = [0; Salt::MAX_LENGTH];
    let Ok(salt) = salt.decode_b64(&mut buffer) else { return false };
    // Comparing outputs takes the same time wherever the first difference is.
    digest(&params, password, salt).is_some_and(|typed| typed == hash)
}

fn digest(params: &Params, password: &str, salt: &[u8]) -> Option<Output> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut memory = memory(params.block_count());
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let fill = |out: &mut [u8]| Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory)?);
    Output::init_with(length, fill).ok()
}

/// Memory that goes back to the system when it is dropped. glibc keeps what a thread has freed for that thread's next use, so that a
/// few logins on different threads would leave 19 MiB resident for each; but an allocation above its largest
/// `M_MMAP_THRESHOLD` (32 MiB, see mallopt(3)) is always given back at once. What is not touched costs only address space.
fn memory(blocks: usize) -> Vec<Block> {
    let mut memory = Vec::with_capacity(blocks.max(ALWAYS_RETURNED_OCTETS / Block::SIZE));
    memory.resize(blocks, Block::new());
    memory
}

/// Checks a verifier, or does the same work for nobody.
pub(super) fn phc_matches(phc: Option<&str>, password: &str) -> bool {
    matches(phc.unwrap_or(NOBODY), password) && phc.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    fn mailbox(text: &str) -> Mailbox {
        Address::parse(text).unwrap().mailbox()
    }

    fn ann() -> Verifier {
        Verifier::make(&mailbox("ann@example.com"), "lamp-river-seven-coat", [7; 16], Wall(1), "cli:root")
    }

    #[test]
    fn verifiers_are_those_of_any_argon2() {
        use argon2::{PasswordHasher, PasswordVerifier};
        let ours = ann();
        let phc = PasswordHash::new(&ours.phc).unwrap();
        assert!(Argon2::default().verify_password(b"lamp-river-seven-coat", &phc).is_ok());
        assert!(Argon2::default().verify_password(b"lamp-river-seven-boat", &phc).is_err());
        let salt = SaltString::encode_b64(&[7; 16]).unwrap();
        let theirs = Argon2::default().hash_password(b"lamp-river-seven-coat", &salt).unwrap().to_string();
        assert_eq!(theirs, ours.phc);
        // The other kinds are not what we issue.
        assert!(!matches(&ours.phc.replace("argon2id", "argon2i"), "lamp-river-seven-coat"));
        assert!(!matches(&ours.phc.replace("v=19", "v=16"), "lamp-river-seven-coat"));
    }

    #[test]
    fn a_verifier_is_argon2id_at_the_promised_cost() {
        let verifier = ann();
        assert!(verifier.phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", verifier.phc);
        assert!(!verifier.phc.contains("lamp"));
        assert!(verifier.matches("lamp-river-seven-coat"));
        assert!(!verifier.matches("lamp-river-seven-boat"));
        let other_salt = Verifier::make(&verifier.mailbox, "lamp-river-seven-coat", [8; 16], Wall(1), "cli:root");
        assert_ne!(other_salt.phc, verifier.phc);
    }

    #[test]
    fn the_wire_form_is_stable() {
        let line = r#"{"mailbox":"ann@example.com","phc":"$argon2id$...","issued_at":5,"by":"cli:root"}"#;
        let verifier: Verifier = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&verifier).unwrap(), line);
    }

    /// The work for an unknown mailbox is a whole check only if the stand-in parses and costs the same.
    #[test]
    fn the_stand_in_costs_as_much_as_a_verifier() {
        let cost = |phc: &str| {
            let hash = PasswordHash::new(phc).unwrap();
            let params = Params::try_from(&hash).unwrap();
            (hash.algorithm.to_string(), params.m_cost(), params.t_cost(), params.p_cost(), hash.hash.unwrap().len())
        };
        assert_eq!(cost(NOBODY), cost(&ann().phc));
    }

    #[test]
    fn a_damaged_verifier_opens_nothing_and_costs_nothing() {
        for phc in
            ["", "x", "$argon2id$", "$argon2id$v=19$m=4000000,t=2,p=1$bGlmZWJvYXQtbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
        {
            assert!(!Verifier { phc: phc.to_owned(), ..ann() }.matches(""), "{phc:?}");
        }
        let endless = "x".repeat(PASSWORD_MAX_OCTETS + 1);
        assert!(!Verifier::make(&mailbox("ann@example.com"), &endless, [1; 16], Wall(1), "x").matches(&endless));
    }
}
