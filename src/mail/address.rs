//! Addresses as SMTP writes them (RFC 5321 section 4.1.2, RFC 6531).

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A forward-path or reverse-path without its angle brackets: `local@domain`.
///
/// The local part is kept as it was written (quotes included), the domain is lower-cased.
/// At most 64 + 1 + 255 octets (RFC 5321 section 4.5.3.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    local: String,
    domain: String,
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    Empty,
    NoDomain,
    BadLocalPart,
    BadDomain,
    TooLong,
}

/// The name of a person's mailbox: the lower-cased address of its owner, its domain in letters (U-labels, RFC 5890).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mailbox(String);

const LOCAL_MAX_OCTETS: usize = 64;
const DOMAIN_MAX_OCTETS: usize = 255;

impl Address {
    /// Parses `local@domain`; the domain may be an address literal (`[192.0.2.1]`).
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let at = text.rfind('@').ok_or(AddressError::NoDomain)?;
        // Lower case may be longer, and is what is kept: it is what has to hold.
        let (local, domain) = (&text[..at], text[at + 1..].to_lowercase());
        if domain.is_empty() {
            return Err(AddressError::NoDomain);
        }
        if local.len() > LOCAL_MAX_OCTETS || domain.len() > DOMAIN_MAX_OCTETS {
            return Err(AddressError::TooLong);
        }
        if !(is_dot_string(local) || is_quoted_string(local)) {
            return Err(AddressError::BadLocalPart);
        }
        if !(is_domain(&domain) || literal_ip(&domain).is_some()) {
            return Err(AddressError::BadDomain);
        }
        Ok(Address { local: local.to_owned(), domain })
    }

    /// What [`Address::parse`] would never give.
    #[cfg(test)]
    pub fn unchecked(local: &str, domain: &str) -> Address {
        Address { local: local.to_owned(), domain: domain.to_owned() }
    }

    pub fn local(&self) -> &str {
        &self.local
    }

    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The domain as DNS knows it (A-labels, RFC 5890); an address literal as it is.
    pub fn ascii_domain(&self) -> Cow<'_, str> {
        ascii(&self.domain)
    }

    /// The address in an address literal (RFC 5321 section 4.1.3).
    pub fn literal_ip(&self) -> Option<IpAddr> {
        literal_ip(&self.domain)
    }

    /// Whether SMTPUTF8 (RFC 6531) is needed to carry it.
    pub fn is_ascii(&self) -> bool {
        self.local.is_ascii() && self.domain.is_ascii()
    }

    /// Whether its domain is one of these, however it is written: `bücher.example` and `xn--bcher-kva.example` are the same
    /// (RFC 5891 section 5).
    pub fn is_in(&self, domains: &[String]) -> bool {
        domains.contains(&self.domain)
            || domains
                .iter()
                .any(|domain| (is_international(domain) || is_international(&self.domain)) && ascii(domain) == ascii(&self.domain))
    }

    /// The mailbox name that this address would have: everything lower-cased, the domain in letters.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox(format!("{}@{}", self.local.to_lowercase(), letters(&self.domain)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Address::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl Mailbox {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AddressError::Empty => "the address is empty",
            AddressError::NoDomain => "the address has no domain (example: ann@example.com)",
            AddressError::BadLocalPart => "the part before @ is not valid",
            AddressError::BadDomain => "the part after @ is not a domain",
            AddressError::TooLong => "the address is too long",
        })
    }
}

impl std::error::Error for AddressError {}

// RFC 5321 section 4.1.2: Dot-string = Atom *("." Atom); RFC 6531 adds every non-ASCII character.
fn is_dot_string(local: &str) -> bool {
    !local.is_empty() && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_control())
}

// RFC 5321 section 4.1.2: Quoted-string; quoted-pair covers %d32-126, qtext leaves out `"` and `\`.
fn is_quoted_string(local: &str) -> bool {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let ok = match c {
            '\\' => chars.next().is_some_and(|next| (' '..='~').contains(&next)),
            '"' => false,
            c => (' '..='~').contains(&c) || (!c.is_ascii() && !c.is_control()),
        };
        if !ok {
            return false;
        }
    }
    local.len() >= 2
}

fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || (!c.is_ascii() && (c.is_alphanumeric() || is_mark(c))))
    })
}

// Marks that combine with the letter before them, in the scripts that have no other way to write it: IDNA decides what is allowed.
fn is_mark(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_control() && !c.is_whitespace() && idna::domain_to_ascii(&format!("a{c}")).is_ok()
}

fn is_international(domain: &str) -> bool {
    !domain.is_ascii() || domain.contains("xn--")
}

/// As DNS knows it (A-labels); what IDNA does not allow stays as it is.
fn ascii(domain: &str) -> Cow<'_, str> {
    if domain.is_ascii() { Cow::Borrowed(domain) } else { idna::domain_to_ascii(domain).map_or(Cow::Borrowed(domain), Cow::Owned) }
}

/// As people write it (U-labels); what IDNA does not allow stays as it is.
fn letters(domain: &str) -> Cow<'_, str> {
    if !is_international(domain) {
        return Cow::Borrowed(domain);
    }
    match idna::domain_to_unicode(&ascii(domain)) {
        (letters, Ok(())) => Cow::Owned(letters),
        (_, Err(_)) => Cow::Borrowed(domain),
    }
}

fn literal_ip(domain: &str) -> Option<IpAddr> {
    let inner = domain.strip_prefix('[')?.strip_suffix(']')?;
    match inner.to_ascii_lowercase().strip_prefix("ipv6:") {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6),
        None => inner.parse::<std::net::Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, AddressError>) {
        assert_eq!(Address::parse(text).map(|a| a.to_string()), expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn parses_what_rfc_5321_allows() {
        check("ann@Example.COM", Ok("ann@example.com"));
        check("Ann.O'Neil+tag@example.com", Ok("Ann.O'Neil+tag@example.com"));
        check("\"two words\"@example.com", Ok("\"two words\"@example.com"));
        check("\"a@b\"@example.com", Ok("\"a@b\"@example.com"));
        check("post@[192.0.2.1]", Ok("post@[192.0.2.1]"));
        check("post@[IPv6:2001:db8::1]", Ok("post@[ipv6:2001:db8::1]"));
        check("grüße@example.com", Ok("grüße@example.com"));
        check("ann@\u{130}.example", Ok("ann@i\u{307}.example"));
    }

    #[test]
    fn refuses_the_rest() {
        check("", Err(AddressError::Empty));
        check("ann", Err(AddressError::NoDomain));
        check("ann@", Err(AddressError::NoDomain));
        check("@example.com", Err(AddressError::BadLocalPart));
        check("a..b@example.com", Err(AddressError::BadLocalPart));
        check("a b@example.com", Err(AddressError::BadLocalPart));
        check("a\r\nb@example.com", Err(AddressError::BadLocalPart));
        check("\"a\\\"@example.com", Err(AddressError::BadLocalPart));
        check("ann@exa mple.com", Err(AddressError::BadDomain));
        check("ann@-example.com", Err(AddressError::BadDomain));
        check("ann@example..com", Err(AddressError::BadDomain));
        check(&format!("ann@{}.example", "\u{130}".repeat(31)), Err(AddressError::BadDomain));
        check(&format!("{}@example.com", "a".repeat(65)), Err(AddressError::TooLong));
    }

    #[test]
    fn an_international_domain_is_the_same_in_both_forms() {
        let check = |address: &str, domain: &str, expected: bool| {
            assert_eq!(Address::parse(address).unwrap().is_in(&[domain.to_owned()]), expected, "{address} {domain}");
        };
        check("ann@bücher.example", "bücher.example", true);
        check("ann@xn--bcher-kva.example", "bücher.example", true);
        check("ann@BÜCHER.example", "xn--bcher-kva.example", true);
        check("ann@bu\u{308}cher.example", "bücher.example", true);
        check("ann@bucher.example", "bücher.example", false);
        check("ann@xn--zzzzzz.example", "bücher.example", false);
        check("ann@example.com", "example.com", true);
        let mailbox = |text: &str| Address::parse(text).unwrap().mailbox().to_string();
        assert_eq!(mailbox("Ann@xn--bcher-kva.example"), "ann@bücher.example");
        assert_eq!(mailbox("ann@Bu\u{308}cher.example"), "ann@bücher.example");
        assert_eq!(mailbox("ann@xn--a.example"), "ann@xn--a.example");
        // What is relayed is what was said.
        assert_eq!(Address::parse("ann@xn--bcher-kva.example").unwrap().to_string(), "ann@xn--bcher-kva.example");
    }

    #[test]
    fn mailbox_ignores_case() {
        let one = Address::parse("Ann@Example.com").unwrap();
        assert_eq!(one.mailbox().as_str(), "ann@example.com");
    }
}
