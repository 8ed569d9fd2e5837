//! DKIM signatures (RFC 6376; Ed25519: RFC 8463): what an office sends directly can be told from what others forge in its name.
//!
//! [`BodyHash`] takes the body as it comes, [`sign`] the header block; both canonicalise as `relaxed`, which survives servers that fold
//! header fields or touch white space. Signed are the fields that people and their programs go by; those of
//! [`FIELDS_SEALED`] also where they are missing, so that nobody adds them on the way.

mod canonical;
mod key;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Address;
use super::parse;
use crate::clock::Wall;

pub use canonical::BodyHash;
pub use key::{Key, KeyError, Kind, is_selector};

/// Signed once more than they are there (RFC 6376 section 8.15): one that is added breaks the signature.
const FIELDS_SEALED: [&str; 10] =
    ["from", "to", "cc", "subject", "date", "reply-to", "message-id", "mime-version", "content-type", "content-transfer-encoding"];
/// Signed as often as they are there.
const FIELDS_SIGNED: [&str; 6] = ["sender", "in-reply-to", "references", "list-unsubscribe", "list-unsubscribe-post", "auto-submitted"];
/// Length of a line of a signature, in octets; a limit of style, not of a standard.
const LINE_OCTETS: usize = 76;

/// The domain that answers for a message: that of the only `From:` with one address (RFC 6376 section 6.1 and RFC 7489 section 3.1), in its ASCII
/// form. None if that cannot be told.
pub fn domain(header: &[u8]) -> Option<String> {
    let count = canonical::fields(header).filter(|field| canonical::name(field) == "from").count();
    let from = parse::open(header).from;
    match (count, &from[..]) {
        (1, [person]) => Address::parse(&person.address).ok().map(|address| address.ascii_domain().into_owned()),
        _ => None,
    }
}

/// The `DKIM-Signature:` field, CRLF included, to stand before the header block `header` of a message with that body.
///
/// # Errors
/// In words: the key does not sign.
pub fn sign(key: &Key, domain: &str, header: &[u8], body: &BodyHash, now: Wall) -> Result<Vec<u8>, KeyError> {
    let signed = Signed::of(header);
    let mut field = format!(
        "DKIM-Signature: v=1; a={}; c=relaxed/relaxed;\r\n\td={domain}; s={}; t={};",
        key.kind().algorithm(),
        key.selector(),
        now.0 / 1000
    );
    fold(&mut field, "h", signed.names.join(":").as_str(), ':');
    fold(&mut field, "bh", &BASE64.encode(body.value()), '\0');
    field.push_str("\r\n\tb=");
    let mut text = signed.canonical;
    // RFC 6376 section 3.7: the field itself comes last, without the value of b= and without its CRLF.
    text.extend(canonical::field(field.as_bytes()));
    text.truncate(text.len() - 2);
    let signature = BASE64.encode(key.sign(&text)?);
    let mut rest = signature.as_str();
    let mut room = LINE_OCTETS - "\tb=".len();
    while rest.len() > room {
        let (line, more) = rest.split_at(room);
        field.push_str(line);
        field.push_str("\r\n\t ");
        (rest, room) = (more, LINE_OCTETS - 2);
    }
    field.push_str(rest);
    field.push_str("\r\n");
    Ok(field.into_bytes())
}

/// A tag on a line of its own; a long value is broken before `between`, or anywhere for `\0`.
fn fold(field: &mut String, tag: &str, value: &str, between: char) {
    field.push_str("\r\n\t");
    field.push_str(tag);
    field.push('=');
    let mut column = tag.len() + 2;
    for piece in value.split_inclusive(|c| between == '\0' || c == between) {
        if column + piece.len() > LINE_OCTETS {
            field.push_str("\r\n\t ");
            column = 2;
        }
        field.push_str(piece);
        column += piece.len();
    }
    field.push(';');
}

/// What of a header block is signed.
struct Signed {
    /// Lower case, each as often as it counts.
    names: Vec<&'static str>,
    /// In the order of `names`.
    canonical: Vec<u8>,
}

impl Signed {
    fn of(header: &[u8]) -> Signed {
        let fields: Vec<(String, &[u8])> = canonical::fields(header).map(|field| (canonical::name(field), field)).collect();
        let mut signed = Signed { names: Vec::new(), canonical: Vec::new() };
        for name in FIELDS_SEALED.into_iter().chain(FIELDS_SIGNED) {
            // RFC 6376 section 5.4.2: several of one name from the last to the first.
            for (_, field) in fields.iter().rev().filter(|(there, _)| there == name) {
                signed.names.push(name);
                signed.canonical.extend(canonical::field(field));
            }
            if FIELDS_SEALED.contains(&name) {
                signed.names.push(name);
            }
        }
        signed
    }
}

#[cfg(test)]
mod tests;
