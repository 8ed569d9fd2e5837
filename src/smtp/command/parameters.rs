//! Parameters of MAIL and RCPT (RFC 5321 section 4.1.2, esmtp-param).

use super::Mail;
use crate::mail::{Notify, OriginalRecipient, RecipientDsn, Ret, Xtext};
use crate::smtp::{Reply, reply};

/// Reads SIZE, BODY, SMTPUTF8, AUTH, RET and ENVID; anything else is not offered.
pub fn mail_parameters(text: &str, mut mail: Mail) -> Result<Mail, Reply> {
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in parameters(text)? {
        // The same parameter twice would have to be understood by guessing.
        if seen.contains(&key) {
            return Err(reply::bad_argument());
        }
        match (key.as_str(), value) {
            ("SIZE", Some(value)) => mail.size = Some(size(value)?),
            ("BODY", Some(value)) if value.eq_ignore_ascii_case("8BITMIME") => mail.eight_bit = true,
            ("BODY", Some(value)) if value.eq_ignore_ascii_case("7BIT") => (),
            ("SMTPUTF8", None) => mail.smtputf8 = true,
            // RFC 4954 section 5: says who submitted the message at a server that trusts us; it means nothing here.
            ("AUTH", Some(_)) => (),
            ("RET", Some(value)) => mail.ret = Some(Ret::parse(value).ok_or_else(reply::bad_argument)?),
            ("ENVID", Some(value)) => mail.envid = Some(Xtext::envid(value).ok_or_else(reply::bad_argument)?),
            ("SIZE" | "BODY" | "SMTPUTF8" | "AUTH" | "RET" | "ENVID", _) => return Err(reply::bad_argument()),
            _ => return Err(reply::unknown_parameter()),
        }
        seen.push(key);
    }
    Ok(mail)
}

/// Reads NOTIFY and ORCPT; anything else is not offered.
pub fn rcpt_parameters(text: &str) -> Result<RecipientDsn, Reply> {
    let mut dsn = RecipientDsn::default();
    for (key, value) in parameters(text)? {
        match (key.as_str(), value) {
            ("NOTIFY", Some(value)) if dsn.notify.is_none() => dsn.notify = Some(Notify::parse(value).ok_or_else(reply::bad_argument)?),
            ("ORCPT", Some(value)) if dsn.orcpt.is_none() => {
                dsn.orcpt = Some(OriginalRecipient::parse(value).ok_or_else(reply::bad_argument)?);
            }
            ("NOTIFY" | "ORCPT", _) => return Err(reply::bad_argument()),
            _ => return Err(reply::unknown_parameter()),
        }
    }
    Ok(dsn)
}

/// Keywords (upper case) and values. At least one space stands before each.
fn parameters(text: &str) -> Result<Vec<(String, Option<&str>)>, Reply> {
    if !text.is_empty() && !text.starts_with(' ') {
        return Err(reply::bad_argument());
    }
    text.split(' ').filter(|word| !word.is_empty()).map(parameter).collect()
}

fn parameter(word: &str) -> Result<(String, Option<&str>), Reply> {
    let (key, value) = match word.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (word, None),
    };
    let key_fits = key.starts_with(|c: char| c.is_ascii_alphanumeric()) && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let value_fits = value.is_none_or(|value| !value.is_empty() && value.chars().all(|c| !c.is_control() && c != '='));
    if key_fits && value_fits { Ok((key.to_ascii_uppercase(), value)) } else { Err(reply::bad_argument()) }
}

/// RFC 1870 section 4: up to 20 digits, which may be more than 64 bits hold.
fn size(value: &str) -> Result<u64, Reply> {
    if value.len() > 20 || !value.bytes().all(|b| b.is_ascii_digit()) {
        return Err(reply::bad_argument());
    }
    Ok(value.parse().unwrap_or(u64::MAX))
}
