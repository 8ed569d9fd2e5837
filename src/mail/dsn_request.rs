//! What senders ask about reports on their mail (RFC 3461): kept with the message, passed on, and honoured in our own reports.

use serde::{Deserialize, Serialize};

use crate::limits::{DSN_ENVID_MAX_OCTETS, DSN_ORCPT_MAX_OCTETS};

/// Of a whole transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DsnRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ret: Option<Ret>,
    /// ENVID as it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envid: Option<Xtext>,
    /// By the numbers of the recipients. Shorter when the last ones have nothing to say, so mostly empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<RecipientDsn>,
}

/// Of one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientDsn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<Notify>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orcpt: Option<OriginalRecipient>,
}

/// How much of the message a report of failure brings back (RFC 3461 section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ret {
    Full,
    Headers,
}

/// When a report is wanted (RFC 3461 section 4.1). All false is NEVER.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    #[serde(default)]
    pub success: bool,
    #[serde(default)]
    pub failure: bool,
    #[serde(default)]
    pub delay: bool,
}

/// Printable ASCII in which `+`, `=` and all else stand as `+` and two hexadecimal digits (RFC 3461 section 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Xtext(String);

/// ORCPT (RFC 3461 section 4.2): `rfc822;ann@example.com`, or `utf-8;...` (RFC 6533 section 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OriginalRecipient(String);

impl DsnRequest {
    /// What MAIL said; the recipients come later.
    pub fn new(ret: Option<Ret>, envid: Option<Xtext>) -> DsnRequest {
        DsnRequest { ret, envid, recipients: Vec::new() }
    }

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        *self == DsnRequest::default()
    }

    pub fn recipient(&self, number: usize) -> RecipientDsn {
        self.recipients.get(number).cloned().unwrap_or_default()
    }

    pub fn set_recipient(&mut self, number: usize, request: RecipientDsn) {
        if request == RecipientDsn::default() {
            return;
        }
        if self.recipients.len() <= number {
            self.recipients.resize(number + 1, RecipientDsn::default());
        }
        self.recipients[number] = request;
    }

    /// The same for some of the recipients, who get new numbers in this order.
    pub fn only(&self, numbers: &[u32]) -> DsnRequest {
        let mut request = DsnRequest::new(self.ret, self.envid.clone());
        for (new, old) in numbers.iter().enumerate() {
            request.set_recipient(new, self.recipient(*old as usize));
        }
        request
    }
}

impl RecipientDsn {
    /// RFC 3461 section 4.1: who says nothing is told of failures.
    pub fn wants_failure(&self) -> bool {
        self.notify.is_none_or(|notify| notify.failure)
    }

    /// Only who asks for it is told of success.
    pub fn wants_success(&self) -> bool {
        self.notify.is_some_and(|notify| notify.success)
    }

    /// Who says nothing may be told of delays; here they are.
    pub fn wants_delay(&self) -> bool {
        self.notify.is_none_or(|notify| notify.delay)
    }
}

impl Ret {
    pub fn parse(value: &str) -> Option<Ret> {
        match value.to_ascii_uppercase().as_str() {
            "FULL" => Some(Ret::Full),
            "HDRS" => Some(Ret::Headers),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Ret::Full => "FULL",
            Ret::Headers => "HDRS",
        }
    }
}

impl Notify {
    /// `NEVER`, or each of `SUCCESS`, `FAILURE` and `DELAY` at most once.
    pub fn parse(value: &str) -> Option<Notify> {
        let mut notify = Notify::default();
        if value.eq_ignore_ascii_case("NEVER") {
            return Some(notify);
        }
        for word in value.split(',') {
            let flag = match word.to_ascii_uppercase().as_str() {
                "SUCCESS" => &mut notify.success,
                "FAILURE" => &mut notify.failure,
                "DELAY" => &mut notify.delay,
                _ => return None,
            };
            if std::mem::replace(flag, true) {
                return None;
            }
        }
        Some(notify)
    }
}

impl std::fmt::Display for Notify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = [(self.success, "SUCCESS"), (self.failure, "FAILURE"), (self.delay, "DELAY")];
        let said: Vec<&str> = words.iter().filter(|(is_said, _)| *is_said).map(|(_, word)| *word).collect();
        f.write_str(if said.is_empty() { "NEVER".to_owned() } else { said.join(",") }.as_str())
    }
}

impl Xtext {
    /// An ENVID of at most [`DSN_ENVID_MAX_OCTETS`]; what it stands for is printable ASCII too (RFC 3461 section 4.4).
    pub fn envid(value: &str) -> Option<Xtext> {
        let decoded = decoded(value).filter(|text| !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b)))?;
        (value.len() <= DSN_ENVID_MAX_OCTETS && !decoded.is_empty()).then(|| Xtext(value.to_owned()))
    }

    /// As it was said.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it stands for.
    pub fn decoded(&self) -> String {
        decoded(&self.0).unwrap_or_default()
    }
}

impl OriginalRecipient {
    /// At most [`DSN_ORCPT_MAX_OCTETS`].
    pub fn parse(value: &str) -> Option<OriginalRecipient> {
        let (kind, address) = value.split_once(';')?;
        let is_atom = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        // RFC 6533 section 3: letters themselves, or `\x{...}`, instead of `+` and hexadecimal digits.
        let fits = match kind.eq_ignore_ascii_case("utf-8") {
            true => !address.is_empty() && address.chars().all(|c| c.is_ascii_graphic() || (!c.is_ascii() && !c.is_control())),
            false => decoded(address).is_some_and(|text| !text.is_empty() && !text.chars().any(char::is_control)),
        };
        (is_atom && fits && value.len() <= DSN_ORCPT_MAX_OCTETS).then(|| OriginalRecipient(value.to_owned()))
    }

    /// As it was said.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every server can be told.
    pub fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }

    /// For `Original-Recipient` of a report (RFC 3464 section 2.3.1): type and address, decoded if the type has xtext.
    pub fn shown(&self) -> String {
        let (kind, address) = self.0.split_once(';').unwrap_or(("rfc822", &self.0));
        let address = if kind.eq_ignore_ascii_case("utf-8") { None } else { decoded(address) }.unwrap_or_else(|| address.to_owned());
        format!("{kind}; {address}")
    }
}

/// None if it is no xtext.
fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        match octet {
            b'+' => {
                let digits = [rest.next()?, rest.next()?];
                // RFC 3461 section 4: upper case only.
                let value = |digit: u8| match digit {
                    b'0'..=b'9' => Some(digit - b'0'),
                    b'A'..=b'F' => Some(digit - b'A' + 10),
                    _ => None,
                };
                octets.push(value(digits[0])? << 4 | value(digits[1])?);
            }
            b'!'..=b'~' if octet != b'=' => octets.push(octet),
            _ => return None,
        }
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notify() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Notify::parse(text).map(|notify| notify.to_string()).as_deref(), expected, "{text:?}");
        };
        check("NEVER", Some("NEVER"));
        check("failure,Delay", Some("FAILURE,DELAY"));
        check("DELAY,SUCCESS,FAILURE", Some("SUCCESS,FAILURE,DELAY"));
        check("NEVER,FAILURE", None);
        check("FAILURE,FAILURE", None);
        check("FAILURE,", None);
        check("", None);
        check("ALWAYS", None);
    }

    #[test]
    fn envelope_ids() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Xtext::envid(text).map(|envid| envid.decoded()).as_deref(), expected, "{text:?}");
        };
        check("QQ314159", Some("QQ314159"));
        check("a+2Bb+3Dc+20d", Some("a+b=c d"));
        check(&"x".repeat(100), Some(&"x".repeat(100)));
        check(&"x".repeat(101), None);
        check("", None);
        check("a=b", None);
        check("a+2", None);
        check("a+2b", None);
        check("a+0D+0AX: y", None);
        check("a+0D+0AX", None);
        check("a+FF", None);
    }

    #[test]
    fn original_recipients() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(OriginalRecipient::parse(text).map(|orcpt| orcpt.shown()).as_deref(), expected, "{text:?}");
        };
        check("rfc822;Ann+2Bx@example.com", Some("rfc822; Ann+x@example.com"));
        check("utf-8;gr\\x{FC}n@example.com", Some("utf-8; gr\\x{FC}n@example.com"));
        check("utf-8;grün@example.com", Some("utf-8; grün@example.com"));
        check("X400;/c=de/", None);
        check("X400;/c+3Dde/", Some("X400; /c=de/"));
        check("ann@example.com", None);
        check(";ann@example.com", None);
        check("rfc822;", None);
        check("rfc822;a+0Ab", None);
        check(&format!("rfc822;{}", "x".repeat(494)), None);
    }

    #[test]
    fn recipients_keep_their_own() {
        let never = RecipientDsn { notify: Some(Notify::default()), orcpt: None };
        let mut request = DsnRequest::default();
        request.set_recipient(0, RecipientDsn::default());
        assert!(request.is_empty());
        request.set_recipient(2, never.clone());
        assert!(!request.is_empty() && request.recipient(1).wants_failure() && !request.recipient(2).wants_failure());
        let some = request.only(&[2, 7]);
        assert_eq!((some.recipient(0), some.recipient(1)), (never, RecipientDsn::default()));
        assert!(request.only(&[0, 1]).is_empty());
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<DsnRequest>(&json).unwrap(), request, "{json}");
    }
}
