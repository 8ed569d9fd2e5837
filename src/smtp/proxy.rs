//! The PROXY protocol, version 2: a proxy says whose connection it passes on, before anything else is said (HAProxy's
//! `proxy-protocol.txt`, section 2.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a header begins with.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const FIXED_OCTETS: usize = 16;
/// Longest part behind it that is taken, in octets: addresses, and what a proxy adds about TLS and itself.
const REST_MAX_OCTETS: usize = 4096;

/// What the octets so far are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// The header ends after so many octets at least.
    Needs(usize),
    /// The proxy speaks for itself (a health check), or does not say for whom.
    Itself,
    Client(IpAddr),
}

/// Reads a header; give it no octet more than it needs: what comes after them is SMTP.
///
/// # Errors
/// Why this is no header, in words.
pub fn parse(octets: &[u8]) -> Result<Parsed, &'static str> {
    let known = octets.len().min(SIGNATURE.len());
    if octets[..known] != SIGNATURE[..known] {
        return Err("no PROXY header of version 2");
    }
    let Some((fixed, rest)) = octets.split_at_checked(FIXED_OCTETS) else { return Ok(Parsed::Needs(FIXED_OCTETS)) };
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if length > REST_MAX_OCTETS {
        return Err("the PROXY header is too long");
    }
    if rest.len() < length {
        return Ok(Parsed::Needs(FIXED_OCTETS + length));
    }
    match (fixed[12], fixed[13]) {
        (0x20, _) | (0x21, 0x00) => Ok(Parsed::Itself),
        (0x21, 0x11) => match rest.first_chunk::<4>() {
            Some(address) if length >= 12 => Ok(Parsed::Client(Ipv4Addr::from(*address).into())),
            _ => Err("the PROXY header is too short for its addresses"),
        },
        (0x21, 0x21) => match rest.first_chunk::<16>() {
            Some(address) if length >= 36 => Ok(Parsed::Client(IpAddr::from(Ipv6Addr::from(*address)).to_canonical())),
            _ => Err("the PROXY header is too short for its addresses"),
        },
        (0x21, _) => Err("the PROXY header is not about TCP"),
        _ => Err("the version or command of the PROXY header is unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        [&SIGNATURE[..], &[command, family], &(rest.len() as u16).to_be_bytes(), rest].concat()
    }

    /// However little there is, it asks for more, and never for more than there will be.
    fn check(octets: &[u8], expected: Result<Parsed, &str>) {
        let mut length = 0;
        let found = loop {
            match parse(&octets[..length]) {
                Ok(Parsed::Needs(more)) if more > octets.len() => panic!("{octets:?} needs {more}"),
                Ok(Parsed::Needs(more)) => {
                    assert!(more > length);
                    assert!((length..more).all(|less| parse(&octets[..less]).is_ok()), "{octets:?}");
                    length = more;
                }
                found => break found,
            }
        };
        match expected {
            Ok(parsed) => assert_eq!((found, length), (Ok(parsed), octets.len())),
            Err(word) => assert!(found.is_err_and(|why| why.contains(word)), "{octets:?}"),
        }
    }

    #[test]
    fn headers_are_read() {
        let four = [203, 0, 113, 9, 192, 0, 2, 20, 0x30, 0x39, 0, 25];
        check(&header(0x21, 0x11, &four), Ok(Parsed::Client("203.0.113.9".parse().unwrap())));
        check(&header(0x21, 0x11, &[&four[..], &[0x20, 0, 2, 1, 2]].concat()), Ok(Parsed::Client("203.0.113.9".parse().unwrap())));
        let six: Vec<u8> =
            ["2001:db8::9", "2001:db8::1"].iter().flat_map(|ip| ip.parse::<Ipv6Addr>().unwrap().octets()).chain([0; 4]).collect();
        check(&header(0x21, 0x21, &six), Ok(Parsed::Client("2001:db8::9".parse().unwrap())));
        check(&header(0x20, 0x00, &[]), Ok(Parsed::Itself));
        check(&header(0x20, 0x11, &four), Ok(Parsed::Itself));
        check(&header(0x21, 0x00, &[]), Ok(Parsed::Itself));
    }

    #[test]
    fn other_octets_are_refused() {
        assert!(parse(b"EHLO").is_err() && parse(b"PROXY TCP4 ").is_err());
        check(&header(0x21, 0x11, &[1, 2, 3, 4]), Err("too short"));
        check(&header(0x21, 0x21, &[0; 35]), Err("too short"));
        check(&header(0x21, 0x12, &[0; 12]), Err("not about TCP"));
        check(&header(0x31, 0x11, &[0; 12]), Err("unknown"));
        assert!(parse(&[&SIGNATURE[..], &[0x21, 0x11, 0xff, 0xff]].concat()).is_err());
    }
}
