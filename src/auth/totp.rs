//! One-time codes of authenticator apps: TOTP (RFC 6238) with SHA-1, 30 seconds and 6 digits, which every app knows.

use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::clock::Wall;

/// RFC 4226 section 4 (R6) recommends 160 bits.
const SECRET_OCTETS: usize = 20;
const STEP_S: u64 = 30;
/// Clocks may differ by one step either way (RFC 6238 section 5.2).
const STEPS_APART_MAX: u64 = 1;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The second factor of one account. Whoever reads a log may not have it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// Base32 (RFC 4648 section 6), 32 characters.
    secret: String,
    /// A code of this step or an earlier one is not taken any more.
    #[serde(default)]
    used_step: u64,
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Totp(..)")
    }
}

impl Totp {
    pub fn new(random: [u8; SECRET_OCTETS]) -> Totp {
        Totp { secret: base32(&random), used_step: 0 }
    }

    /// As it is typed into an app that cannot scan: groups of four.
    pub fn readable(&self) -> String {
        let groups: Vec<&str> = self.secret.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        groups.join(" ")
    }

    /// What the picture for the app says (Key URI format of Google Authenticator).
    pub fn uri(&self, box_name: &str, account: &str) -> String {
        use crate::mail::form::urlencode;
        let (issuer, account) = (urlencode(&format!("Lifeboat {box_name}")), urlencode(account));
        format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30", self.secret)
    }

    /// Takes a code, once. Blanks in it do not matter.
    pub fn take(&mut self, typed: &str, now: Wall) -> bool {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let Some(key) = from_base32(&self.secret) else { return false };
        let step = now.seconds().unsigned_abs() / STEP_S;
        let around = step.saturating_sub(STEPS_APART_MAX)..=step + STEPS_APART_MAX;
        let found = around.filter(|step| *step > self.used_step).find(|step| same(&code(&key, *step, 6), &typed));
        if let Some(step) = found {
            self.used_step = step;
        }
        found.is_some()
    }

    /// The code at a time, for tests of what uses it.
    #[cfg(test)]
    pub fn at(&self, now: Wall) -> String {
        code(&from_base32(&self.secret).unwrap(), now.seconds().unsigned_abs() / STEP_S, 6)
    }
}

/// RFC 4226 section 5.3.
fn code(key: &[u8], step: u64, digits: usize) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let word = tag.iter().skip(offset).take(4).fold(0u32, |word, octet| word << 8 | u32::from(*octet)) & 0x7fff_ffff;
    format!("{:0digits$}", u64::from(word) % 10u64.pow(digits as u32))
}

/// Compared without leaving early.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

fn base32(octets: &[u8]) -> String {
    let bit = |at: usize| octets.get(at / 8).is_some_and(|octet| octet >> (7 - at % 8) & 1 == 1);
    let group = |at: usize| (0..5).fold(0usize, |value, offset| value << 1 | usize::from(bit(at * 5 + offset)));
    (0..(octets.len() * 8).div_ceil(5)).map(|at| char::from(ALPHABET[group(at)])).collect()
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut octets, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        (bits, count) = (bits << 5 | value as u32, count + 5);
        if count >= 8 {
            count -= 8;
            octets.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B (SHA-1): the secret is "12345678901234567890", codes have eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let check = |seconds: u64, expected: &str| assert_eq!(code(b"12345678901234567890", seconds / STEP_S, 8), expected, "{seconds}");
        check(59, "94287082");
        check(1_111_111_109, "07081804");
        check(1_111_111_111, "14050471");
        check(1_234_567_890, "89005924");
        check(2_000_000_000, "69279037");
        check(20_000_000_000, "65353130");
    }

    /// RFC 4648 section 10, without the padding that apps do not want.
    #[test]
    fn base32_is_that_of_the_rfc() {
        for (plain, text) in [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(plain.as_bytes()), text);
            assert_eq!(from_base32(text).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(from_base32("M1"), None);
    }

    fn at(seconds: u64) -> Wall {
        Wall(seconds * 1000)
    }

    #[test]
    fn a_code_works_once_and_one_step_either_way() {
        let totp = || Totp::new(*b"12345678901234567890");
        let now = 1_111_111_111;
        let code = totp().at(at(now));
        assert_eq!(code, "050471");
        for (late, expected) in [(0, true), (30, true), (90, false)] {
            assert_eq!(totp().take(&code, at(now + late)), expected, "{late} s late");
        }
        assert!(totp().take(&code, at(now - 30)), "their clock is ahead");
        assert!(!totp().take(&code, at(now - 90)));
        let mut used = totp();
        assert!(used.take(" 050 471 ", at(now)));
        assert!(!used.take(&code, at(now)), "seen over a shoulder");
        let before = totp().at(at(now - 30));
        assert!(!used.take(&before, at(now)), "nor one before it");
        assert!(used.take(&totp().at(at(now + 30)), at(now + 30)));
        for wrong in ["", "05047", "0504710", "000000", "äöü"] {
            assert!(!totp().take(wrong, at(now)), "{wrong:?}");
        }
    }

    #[test]
    fn apps_get_what_they_know() {
        let totp = Totp::new([0xff; 20]);
        assert_eq!(totp.readable(), ["7777"; 8].join(" "));
        assert_eq!(
            totp.uri("box.example.com", "eva"),
            "otpauth://totp/Lifeboat%20box.example.com:eva?secret=77777777777777777777777777777777\
             &issuer=Lifeboat%20box.example.com&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(format!("{totp:?}"), "Totp(..)");
    }
}
