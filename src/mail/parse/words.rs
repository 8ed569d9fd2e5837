//! Encoded words (RFC 2047) that were split in the middle of a character, joined before they are decoded.
//!
//! RFC 2047 section 5 forbids such splits; much software makes them. Two neighbours of the same charset and
//! encoding mean the same text as one long word.

/// Joins neighbouring encoded words of equal charset and encoding, where their data can be joined.
pub(super) fn join(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Head (`=?charset?X?`) of the encoded word that `out` ends with, and whether more data can follow it.
    let mut open: Option<(String, bool)> = None;
    while let Some(at) = rest.find("=?") {
        let (before, word) = rest.split_at(at);
        let Some((head, data, len)) = encoded_word(word) else {
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            open = None;
            continue;
        };
        let joins = open.as_ref().is_some_and(|(last, extendable)| *extendable && *last == head) && before.trim().is_empty();
        if joins {
            out.truncate(out.len() - 2);
            out.push_str(data);
            out.push_str("?=");
        } else {
            out.push_str(before);
            out.push_str(&word[..len]);
        }
        let is_base64 = head.ends_with("?b?");
        open = Some((head, !is_base64 || (data.len() % 4 == 0 && !data.ends_with('='))));
        rest = &word[len..];
    }
    out.push_str(rest);
    out
}

// The lower-cased head, the data and the whole length of an encoded word at the start of `text`.
fn encoded_word(text: &str) -> Option<(String, &str, usize)> {
    const HEAD_MAX_OCTETS: usize = 80;
    let bytes = text.as_bytes();
    let charset_end = 2 + bytes.iter().skip(2).take(HEAD_MAX_OCTETS).position(|&b| b == b'?')?;
    let head_end = charset_end + 3;
    if bytes.get(charset_end + 2) != Some(&b'?') || charset_end == 2 {
        return None;
    }
    let head = text.get(..head_end)?.to_ascii_lowercase();
    if !(head.ends_with("?b?") || head.ends_with("?q?")) {
        return None;
    }
    // The data ends at the first `?`, which must be a `?=`; no white space inside.
    let data_len = bytes.get(head_end..)?.iter().position(|&b| b == b'?' || b.is_ascii_whitespace())?;
    let end = head_end + data_len;
    (bytes.get(end..end + 2) == Some(b"?=")).then(|| (head, &text[head_end..end], end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(join(text), expected, "{text:?}");
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
