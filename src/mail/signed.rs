//! What a signed S/MIME message carries inside `smime.p7m` (RFC 8551 section 3.5.2). Nothing is verified here, and nobody may say so.
//!
//! Reads just enough BER (X.690): definite and indefinite lengths, octet strings in one piece or in many.

use crate::limits::BER_DEPTH_MAX;

/// What `application/pkcs7-mime` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Signed,
    Encrypted,
    /// Certificates, compressed data, or what cannot be read.
    Other,
}

// RFC 5652 sections 5.1, 6.1 and 6.2; RFC 5083 section 2; without tag and length.
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const ENVELOPED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x03];
const AUTH_ENVELOPED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17];

const OBJECT: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const EXPLICIT_0: u8 = 0xA0;
const CONSTRUCTED: u8 = 0x20;

/// What is in there, by the type that it says itself.
pub fn content(cms: &[u8]) -> Content {
    match content_type(cms) {
        Some((SIGNED_DATA, _)) => Content::Signed,
        Some((ENVELOPED_DATA | AUTH_ENVELOPED_DATA, _)) => Content::Encrypted,
        _ => Content::Other,
    }
}

/// The message that was signed. None if it is not inside, or if this is something else.
pub fn signed_content(cms: &[u8]) -> Option<Vec<u8>> {
    let (SIGNED_DATA, mut rest) = content_type(cms)? else { return None };
    let mut explicit = next(&mut rest, 0)?.inside(EXPLICIT_0)?;
    let mut signed = next(&mut explicit, 0)?.inside(SEQUENCE)?;
    let _version = next(&mut signed, 0)?;
    let _digest_algorithms = next(&mut signed, 0)?;
    let mut encapsulated = next(&mut signed, 0)?.inside(SEQUENCE)?;
    if next(&mut encapsulated, 0)?.inside(OBJECT)? != DATA {
        return None;
    }
    let mut explicit = next(&mut encapsulated, 0)?.inside(EXPLICIT_0)?;
    let mut out = Vec::new();
    octets(next(&mut explicit, 0)?, 0, &mut out)?;
    Some(out)
}

fn content_type(cms: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = cms;
    let mut info = next(&mut rest, 0)?.inside(SEQUENCE)?;
    let object = next(&mut info, 0)?.inside(OBJECT)?;
    Some((object, info))
}

struct Element<'a> {
    tag: u8,
    inside: &'a [u8],
}

impl<'a> Element<'a> {
    fn inside(self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.inside)
    }
}

// The next element, taken off the front of `rest`. One that is cut off at the end of the data is given as far as it goes.
fn next<'a>(rest: &mut &'a [u8], depth: usize) -> Option<Element<'a>> {
    let [tag, length, behind @ ..] = *rest else { return None };
    // Tags of several octets do not occur in what is read here.
    if tag & 0x1F == 0x1F || depth > BER_DEPTH_MAX {
        return None;
    }
    let (inside, after) = match *length {
        0..=0x7F => behind.split_at(usize::from(*length).min(behind.len())),
        0x80 => indefinite(behind, depth)?,
        _ => {
            let (digits, behind) = behind.split_at_checked(usize::from(length & 0x7F))?;
            let length = digits.iter().try_fold(0usize, |sum, &digit| sum.checked_mul(256)?.checked_add(usize::from(digit)))?;
            behind.split_at(length.min(behind.len()))
        }
    };
    *rest = after;
    Some(Element { tag: *tag, inside })
}

// X.690 section 8.1.3.6: the contents end at two zeros, where an element would begin.
fn indefinite(whole: &[u8], depth: usize) -> Option<(&[u8], &[u8])> {
    let mut rest = whole;
    while !rest.is_empty() && !rest.starts_with(&[0, 0]) {
        next(&mut rest, depth + 1)?;
    }
    let inside = &whole[..whole.len() - rest.len()];
    Some((inside, rest.get(2..).unwrap_or_default()))
}

fn octets(element: Element<'_>, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    match element.tag {
        OCTET_STRING => out.extend_from_slice(element.inside),
        tag if tag == OCTET_STRING | CONSTRUCTED && depth <= BER_DEPTH_MAX => {
            let mut rest = element.inside;
            while !rest.is_empty() {
                octets(next(&mut rest, depth)?, depth + 1, out)?;
            }
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"Content-Type: text/plain\r\n\r\nsigned words\r\n";

    fn element(tag: u8, inside: &[u8]) -> Vec<u8> {
        let mut out = vec![tag];
        match u8::try_from(inside.len()) {
            Ok(length @ 0..=0x7F) => out.push(length),
            _ => out.extend_from_slice(&[0x82, (inside.len() >> 8) as u8, inside.len() as u8]),
        }
        out.extend_from_slice(inside);
        out
    }

    fn unending(tag: u8, inside: &[u8]) -> Vec<u8> {
        [&[tag, 0x80], inside, &[0, 0]].concat()
    }

    fn cms(kind: &[u8], octets: &[u8], wrap: fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
        let encapsulated = wrap(SEQUENCE, &[element(OBJECT, DATA), wrap(EXPLICIT_0, octets)].concat());
        let signed = wrap(SEQUENCE, &[element(2, &[1]), element(0x31, &[]), encapsulated].concat());
        wrap(SEQUENCE, &[element(OBJECT, kind), wrap(EXPLICIT_0, &signed)].concat())
    }

    #[test]
    fn signed_words_come_out() {
        let one = cms(SIGNED_DATA, &element(OCTET_STRING, TEXT), element);
        assert_eq!(signed_content(&one).as_deref(), Some(TEXT));
        let pieces = [element(OCTET_STRING, &TEXT[..20]), element(OCTET_STRING, &TEXT[20..])].concat();
        let many = cms(SIGNED_DATA, &unending(OCTET_STRING | CONSTRUCTED, &pieces), unending);
        assert_eq!(signed_content(&many).as_deref(), Some(TEXT));
        assert_eq!(content(&many), Content::Signed);
    }

    #[test]
    fn what_is_encrypted_stays_closed() {
        let closed = cms(ENVELOPED_DATA, &element(OCTET_STRING, TEXT), element);
        assert_eq!((content(&closed), signed_content(&closed)), (Content::Encrypted, None));
        assert_eq!((content(b"no such thing"), signed_content(b"no such thing")), (Content::Other, None));
        assert_eq!(content(&[]), Content::Other);
    }

    #[test]
    fn mutations_do_not_break() {
        let good = cms(SIGNED_DATA, &unending(OCTET_STRING | CONSTRUCTED, &element(OCTET_STRING, TEXT)), unending);
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..20_000 {
            let mut octets = good.clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..octets.len());
                octets[at] = random.u8(..);
            }
            octets.truncate(random.usize(1..=octets.len()));
            assert!(signed_content(&octets).is_none_or(|content| content.len() <= octets.len()));
        }
        // Nested deeper than a stack is: each level is two octets.
        assert_eq!(signed_content(&[0x30, 0x80].repeat(1_000_000)), None);
    }
}
