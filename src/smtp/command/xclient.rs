//! XCLIENT: a filter that we trust says for whom it speaks (Postfix's XCLIENT_README).

use std::net::IpAddr;

use super::{Xclient, name};
use crate::smtp::{Reply, reply};

/// Reads `ATTRIBUTE=value` pairs; those that change nothing here are passed over.
pub fn xclient(argument: &str) -> Result<Xclient, Reply> {
    let mut xclient = Xclient::default();
    for pair in argument.split(' ').filter(|pair| !pair.is_empty()) {
        let (attribute, value) = pair.split_once('=').ok_or_else(reply::bad_argument)?;
        let value = decoded(value).ok_or_else(reply::bad_argument)?;
        let is_known = !["[UNAVAILABLE]", "[TEMPUNAVAIL]"].contains(&value.to_ascii_uppercase().as_str());
        match attribute.to_ascii_uppercase().as_str() {
            "ADDR" if is_known => xclient.client = Some(address(&value).ok_or_else(reply::bad_argument)?),
            "HELO" if is_known => xclient.helo = Some(name(&value)?),
            "ADDR" | "HELO" | "NAME" | "REVERSE_NAME" | "PORT" | "PROTO" | "LOGIN" | "DESTADDR" | "DESTPORT" => {}
            _ => return Err(reply::bad_argument()),
        }
    }
    if argument.is_empty() { Err(reply::bad_argument()) } else { Ok(xclient) }
}

fn address(text: &str) -> Option<IpAddr> {
    let six = text.get(..5).filter(|prefix| prefix.eq_ignore_ascii_case("IPV6:")).map(|_| &text[5..]);
    six.unwrap_or(text).parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// RFC 1891 section 5: xtext; `+` and two hexadecimal digits stand for an octet. Only ASCII makes sense here.
fn decoded(value: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('+') {
        out.push_str(before);
        let code = u8::from_str_radix(after.get(..2)?, 16).ok().filter(|octet| octet.is_ascii_graphic() || *octet == b' ')?;
        out.push(char::from(code));
        rest = &after[2..];
    }
    out.push_str(rest);
    Some(out)
}
