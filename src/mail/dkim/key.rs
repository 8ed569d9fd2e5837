//! Keys: made, read, and what DNS says of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use sha2::{Digest, Sha256};

/// RFC 8301 section 3.2: at least 1024, 2048 recommended; longer ones do not fit into one answer of DNS.
const RSA_BITS: usize = 2048;
/// A string of a TXT record (RFC 1035 section 3.3).
const TXT_STRING_MAX_OCTETS: usize = 255;
const SELECTOR_MAX_OCTETS: usize = 63;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every verifier knows it.
    Rsa,
    /// RFC 8463; few verifiers know it: only beside an RSA key.
    Ed25519,
}

impl Kind {
    /// `a=` of a signature.
    pub fn algorithm(self) -> &'static str {
        match self {
            Kind::Rsa => "rsa-sha256",
            Kind::Ed25519 => "ed25519-sha256",
        }
    }

    /// `k=` of a record, and the word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Rsa => "rsa",
            Kind::Ed25519 => "ed25519",
        }
    }

    pub fn parse(word: &str) -> Option<Kind> {
        [Kind::Rsa, Kind::Ed25519].into_iter().find(|kind| kind.word() == word)
    }
}

/// Why a key cannot be made, read or used, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError(pub String);

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}

/// Whether this may be a selector: one label of a host name (a subset of RFC 6376 section 3.1, and a safe file name).
pub fn is_selector(text: &str) -> bool {
    let inner = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    (1..=SELECTOR_MAX_OCTETS).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// A private key and the selector under which DNS has its public half.
pub struct Key {
    selector: String,
    kind: Kind,
    pair: KeyPair,
}

impl Key {
    /// A new key as PKCS#8 in PEM. An RSA key takes a second of one core.
    ///
    /// # Errors
    /// The kernel gives no randomness.
    pub fn make(kind: Kind) -> Result<String, KeyError> {
        match kind {
            Kind::Rsa => {
                let key = rsa::PrivateKey::new(&mut getrandom::SysRng, RSA_BITS).map_err(|error| failed(&error))?;
                key.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.to_string()).map_err(|error| failed(&error))
            }
            Kind::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519).map(|pair| pair.serialize_pem()).map_err(|error| failed(&error)),
        }
    }

    /// Reads PKCS#8 in PEM.
    ///
    /// # Errors
    /// It is neither an RSA nor an Ed25519 key.
    pub fn read(selector: &str, pem: &str) -> Result<Key, KeyError> {
        let pair = KeyPair::from_pem(pem).map_err(|error| KeyError(format!("is no private key in PKCS#8 ({error})")))?;
        let kind = match pair.algorithm() {
            algorithm if *algorithm == rcgen::PKCS_ED25519 => Kind::Ed25519,
            algorithm if *algorithm == rcgen::PKCS_RSA_SHA256 => Kind::Rsa,
            _ => return Err(KeyError("is neither an RSA nor an Ed25519 key".to_owned())),
        };
        Ok(Key { selector: selector.to_owned(), kind, pair })
    }

    pub fn selector(&self) -> &str {
        &self.selector
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn sign(&self, text: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signed = match self.kind {
            Kind::Rsa => self.pair.sign(text),
            // RFC 8463 section 3: the hash is what is signed.
            Kind::Ed25519 => self.pair.sign(&Sha256::digest(text)),
        };
        signed.map_err(|error| failed(&error))
    }

    /// The text of the TXT record at `selector._domainkey.domain` (RFC 6376 section 3.6.1, RFC 8463 section 4).
    pub fn record(&self) -> String {
        let public = match self.kind {
            Kind::Rsa => self.pair.subject_public_key_info(),
            Kind::Ed25519 => self.pair.der_bytes().to_vec(),
        };
        format!("v=DKIM1; k={}; p={}", self.kind.word(), BASE64.encode(public))
    }

    /// The record as a zone file has it: strings of at most 255 octets.
    pub fn zone_line(&self, domain: &str) -> String {
        let record = self.record();
        let strings: Vec<String> =
            record.as_bytes().chunks(TXT_STRING_MAX_OCTETS).map(|chunk| format!("\"{}\"", String::from_utf8_lossy(chunk))).collect();
        format!("{}._domainkey.{domain}. IN TXT ( {} )", self.selector, strings.join(" "))
    }
}

fn failed(error: &dyn std::fmt::Display) -> KeyError {
    KeyError(format!("no key could be used: {error}"))
}
