//! Encoded words (RFC 2047) that were split in the middle of a character, joined before they are decoded.
//!
//! RFC 2047 section 5 forbids such splits; much software makes them. Two neighbours of the same charset and
//! encoding mean the same text as one long word.

use super::decode;

/// A field's value in UTF-8 but for its encoded words, whose data is in their own charset even where it is raw 8-bit.
/// Neighbouring encoded words of equal charset and encoding are joined, where their data can be joined. `charset` is that of what stands
/// between them, if it is not UTF-8.
pub(super) fn join(value: &[u8], charset: Option<&str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    // Head (`=?charset?X?`) of the encoded word that `out` ends with, and whether more data can follow it.
    let mut open: Option<(Vec<u8>, bool)> = None;
    while let Some((at, word)) = next_word(rest) {
        let before = &rest[..at];
        rest = &rest[at + word.len..];
        let joins = open.as_ref().is_some_and(|(last, extendable)| *extendable && *last == word.head);
        if joins && before.trim_ascii().is_empty() {
            out.truncate(out.len() - 2);
        } else {
            out.extend_from_slice(decode::raw(before, charset).as_bytes());
            out.extend_from_slice(&word.head);
        }
        out.extend_from_slice(word.data);
        out.extend_from_slice(b"?=");
        let is_base64 = word.head.ends_with(b"?b?");
        open = Some((word.head, !is_base64 || (word.data.len() % 4 == 0 && !word.data.ends_with(b"="))));
    }
    out.extend_from_slice(decode::raw(rest, charset).as_bytes());
    out
}

struct Word<'a> {
    // `=?charset?X?` in lower case.
    head: Vec<u8>,
    data: &'a [u8],
    len: usize,
}

fn next_word(text: &[u8]) -> Option<(usize, Word<'_>)> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.windows(2).position(|pair| pair == b"=?")?;
        if let Some(word) = encoded_word(&text[at..]) {
            return Some((at, word));
        }
        from = at + 2;
    }
}

// The encoded word at the start of `text`.
fn encoded_word(text: &[u8]) -> Option<Word<'_>> {
    const CHARSET_MAX_OCTETS: usize = 80;
    let charset_end = 2 + text.iter().skip(2).take(CHARSET_MAX_OCTETS).position(|&b| b == b'?')?;
    let head = text.get(..charset_end + 3)?.to_ascii_lowercase();
    if charset_end == 2 || !(head.ends_with(b"?b?") || head.ends_with(b"?q?")) {
        return None;
    }
    // The data ends at the first `?`, which must be a `?=`; no white space inside.
    let rest = &text[head.len()..];
    let len = rest.iter().position(|&b| b == b'?' || b.is_ascii_whitespace())?;
    rest[len..].starts_with(b"?=").then(|| Word { len: head.len() + len + 2, head, data: &rest[..len] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(String::from_utf8(join(text.as_bytes(), None)).unwrap().to_lowercase(), expected.to_lowercase(), "{text:?}");
    }

    #[test]
    fn joins_only_what_can_be_joined() {
        check("=?utf-8?Q?a?= =?UTF-8?q?b?=", "=?utf-8?Q?ab?=");
        check("=?utf-8?B?YWJj?=\r\n =?utf-8?B?ZGVm?=", "=?utf-8?B?YWJjZGVm?=");
        check("=?utf-8?B?YQ==?= =?utf-8?B?Yg==?=", "=?utf-8?B?YQ==?= =?utf-8?B?Yg==?=");
        check("=?utf-8?Q?a?= x =?utf-8?Q?b?=", "=?utf-8?Q?a?= x =?utf-8?Q?b?=");
        check("=?utf-8?Q?a?= =?latin1?Q?b?=", "=?utf-8?Q?a?= =?latin1?Q?b?=");
        check("=?=?=?broken =?utf-8?Q?", "=?=?=?broken =?utf-8?Q?");
    }
}
