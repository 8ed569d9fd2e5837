//! Paths in angle brackets (RFC 5321 section 4.1.2).

use super::ForwardPath;
use crate::mail::{Address, AddressError};
use crate::smtp::{Reply, reply};

/// A reverse-path and what follows it. None is `<>`.
pub fn reverse_path(text: &str) -> Result<(Option<Address>, &str), Reply> {
    let (path, rest) = bracketed(text).ok_or_else(reply::bad_sender_syntax)?;
    if path.is_empty() {
        return Ok((None, rest));
    }
    let address = Address::parse(without_route(path)).map_err(|_| reply::bad_sender_syntax())?;
    Ok((Some(address), rest))
}

/// A forward-path and what follows it.
pub fn forward_path(text: &str) -> Result<(ForwardPath, &str), Reply> {
    let (path, rest) = bracketed(text).ok_or_else(reply::bad_recipient_syntax)?;
    match Address::parse(without_route(path)) {
        Ok(address) => Ok((ForwardPath::Mailbox(address), rest)),
        // RFC 5321 section 4.1.1.3: the only mailbox that may be named without a domain, in any case of letters.
        Err(AddressError::NoDomain) if path.eq_ignore_ascii_case("postmaster") => Ok((ForwardPath::Postmaster, rest)),
        Err(_) => Err(reply::bad_recipient_syntax()),
    }
}

/// What is inside `<...>`, and what follows it. A `>` inside a quoted local part does not end the path.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return Some((&inner[..at], &inner[at + 1..])),
            _ => (),
        }
    }
    None
}

/// RFC 5321 appendix C: source routes `@a,@b:user@domain` must be accepted and should be ignored.
fn without_route(path: &str) -> &str {
    if !path.starts_with('@') {
        return path;
    }
    // A route has domains only, and a colon inside one stands in an address literal's brackets.
    let mut literal = false;
    for (at, c) in path.char_indices() {
        match c {
            '[' => literal = true,
            ']' => literal = false,
            ':' if !literal => return &path[at + 1..],
            _ => (),
        }
    }
    path
}
