//! Transfer encodings and charsets. Lenient: what cannot be decoded is left out or shown as it is.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

/// RFC 2045 section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Base64,
    QuotedPrintable,
}

impl Encoding {
    pub fn parse(value: &str) -> Encoding {
        // A few mailers write a comment or a parameter behind it.
        let word = value.trim().split([' ', ';', '(']).next().unwrap_or_default();
        if word.eq_ignore_ascii_case("base64") {
            Encoding::Base64
        } else if word.eq_ignore_ascii_case("quoted-printable") {
            Encoding::QuotedPrintable
        } else {
            Encoding::Identity
        }
    }

    pub fn decode(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Encoding::Identity => Cow::Borrowed(body),
            Encoding::Base64 => {
                let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
                base64(body, |bytes| out.extend_from_slice(bytes));
                Cow::Owned(out)
            }
            Encoding::QuotedPrintable => {
                let mut out = Vec::with_capacity(body.len());
                quoted_printable(body, |bytes| out.extend_from_slice(bytes));
                Cow::Owned(out)
            }
        }
    }

    /// Length of what [`Encoding::decode`] would give, without the memory for it.
    pub fn decoded_len(self, body: &[u8]) -> usize {
        let mut len = 0;
        match self {
            Encoding::Identity => len = body.len(),
            Encoding::Base64 => base64(body, |bytes| len += bytes.len()),
            Encoding::QuotedPrintable => quoted_printable(body, |bytes| len += bytes.len()),
        }
        len
    }

    /// A length of encoded bytes that surely holds `decoded_octets`.
    pub fn enough(self, decoded_octets: usize) -> usize {
        match self {
            Encoding::Identity => decoded_octets,
            Encoding::Base64 => decoded_octets.saturating_mul(3) / 2,
            Encoding::QuotedPrintable => decoded_octets.saturating_mul(4),
        }
    }
}

fn base64(body: &[u8], mut push: impl FnMut(&[u8])) {
    let mut decoder = Base64::default();
    decoder.read(body, &mut push);
    decoder.finish(&mut push);
}

/// Decodes base64 piece by piece. RFC 2045 section 6.8: all characters outside the alphabet are passed over. Padding in the middle (pieces
/// glued together) ends a group, not the data.
#[derive(Debug, Default)]
pub(super) struct Base64 {
    group: u32,
    count: u8,
}

impl Base64 {
    pub fn read(&mut self, piece: &[u8], push: &mut impl FnMut(&[u8])) {
        let (mut group, mut count) = (self.group, self.count);
        let mut rest = piece;
        loop {
            // The fast path: whole groups without line ends.
            if count == 0 {
                while let [a, b, c, d, tail @ ..] = rest {
                    let values = [sextet(*a), sextet(*b), sextet(*c), sextet(*d)];
                    if values.iter().any(|&v| v > 63) {
                        break;
                    }
                    let group = values.iter().fold(0u32, |group, &v| group << 6 | u32::from(v));
                    push(&group.to_be_bytes()[1..]);
                    rest = tail;
                }
            }
            let Some((&byte, tail)) = rest.split_first() else { break };
            rest = tail;
            match sextet(byte) {
                v @ 0..=63 => {
                    group = group << 6 | u32::from(v);
                    count += 1;
                    if count == 4 {
                        push(&group.to_be_bytes()[1..]);
                        (group, count) = (0, 0);
                    }
                }
                _ if byte == b'=' => {
                    flush(group, count, push);
                    (group, count) = (0, 0);
                }
                _ => {}
            }
        }
        (self.group, self.count) = (group, count);
    }

    /// What is left of a group that was not whole.
    pub fn finish(&mut self, push: &mut impl FnMut(&[u8])) {
        flush(self.group, self.count, push);
        *self = Base64::default();
    }
}

/// How many letters a line has that has nothing else but its end.
pub(super) fn is_base64_line(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    (!line.is_empty() && line.iter().all(|&byte| sextet(byte) <= 63)).then_some(line.len() as u64)
}

fn flush(group: u32, count: u8, push: &mut impl FnMut(&[u8])) {
    match count {
        2 => push(&[(group >> 4) as u8]),
        3 => push(&[(group >> 10) as u8, (group >> 2) as u8]),
        _ => {}
    }
}

const SEXTETS: [u8; 256] = {
    let mut table = [255u8; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut i = 0;
    while i < 64 {
        table[alphabet[i] as usize] = i as u8;
        i += 1;
    }
    table
};

fn sextet(byte: u8) -> u8 {
    SEXTETS[usize::from(byte)]
}

// RFC 2045 section 6.7. A `=` that begins no code is kept as it is.
fn quoted_printable(body: &[u8], mut push: impl FnMut(&[u8])) {
    let mut rest = body;
    while !rest.is_empty() {
        let line = super::fields::take_line(&mut rest);
        let end = line.trim_ascii_end().len();
        // White space at the end of a line was added in transport; the line end itself stays.
        let (mut text, mut line_end) = (&line[..end], line_end(line));
        if let Some(soft) = text.strip_suffix(b"=") {
            (text, line_end) = (soft, b"");
        }
        while let Some(at) = text.iter().position(|&b| b == b'=') {
            push(&text[..at]);
            match text.get(at + 1..at + 3).and_then(hex) {
                Some(byte) => {
                    push(&[byte]);
                    text = &text[at + 3..];
                }
                None => {
                    push(b"=");
                    text = &text[at + 1..];
                }
            }
        }
        push(text);
        push(line_end);
    }
}

fn line_end(line: &[u8]) -> &'static [u8] {
    match line {
        [.., b'\r', b'\n'] => b"\r\n",
        [.., b'\n'] => b"\n",
        _ => b"",
    }
}

fn hex(pair: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    Some((digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?) as u8)
}

/// Text in a charset; without one, if it is wrong, or with an unknown one, UTF-8 if it is that, else windows-1252.
pub(super) fn charset(bytes: &[u8], charset: Option<&str>) -> String {
    // Much software says us-ascii and means whatever its machine speaks.
    let name = charset.unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(name.as_str(), "" | "us-ascii" | "ascii" | "utf-8" | "utf8") {
        return utf8_or_1252(bytes).into_owned();
    }
    if name == "iso-2022-jp" && !bytes.is_ascii() {
        return japanese(bytes);
    }
    // RFC 1642's name for it, which mail-parser does not know.
    let name = if name == "unicode-1-1-utf-7" { "utf-7" } else { name.as_str() };
    match charset_decoder(name.as_bytes()) {
        Some(decode) => decode(bytes),
        None => utf8_or_1252(bytes).into_owned(),
    }
}

// It has seven bits (RFC 1468): software that writes eight means another charset of Japan.
fn japanese(bytes: &[u8]) -> String {
    let decoded =
        |name: &[u8]| charset_decoder(name).map(|decode| decode(bytes)).filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
    let utf8 = std::str::from_utf8(bytes).ok().map(str::to_owned);
    utf8.or_else(|| decoded(b"euc-jp")).or_else(|| decoded(b"shift_jis")).unwrap_or_else(|| utf8_or_1252(bytes).into_owned())
}

/// Text that nothing says the charset of: UTF-8 if it is that, else in this charset, else as [`utf8_or_1252`].
pub(super) fn raw<'a>(bytes: &'a [u8], other: Option<&str>) -> Cow<'a, str> {
    match other.filter(|_| std::str::from_utf8(bytes).is_err()) {
        Some(name) => Cow::Owned(charset(bytes, Some(name))),
        None => utf8_or_1252(bytes),
    }
}

/// What stands behind the first `charset=`, in lower case.
pub(super) fn named_charset(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    let (_, value) = text.split_once("charset=")?;
    let name: String =
        value.trim_start_matches(['"', '\'', ' ']).chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    (!name.is_empty()).then_some(name)
}

/// UTF-8 if it is that, if need be with some damage; else windows-1252.
pub(super) fn utf8_or_1252(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let (mut foreign, mut damage) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        foreign += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        damage += usize::from(!chunk.invalid().is_empty());
    }
    match charset_decoder(b"windows-1252") {
        Some(decode) if foreign < damage => Cow::Owned(decode(bytes)),
        _ => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(encoding: Encoding, body: &[u8], expected: &[u8]) {
        assert_eq!(encoding.decode(body).as_ref(), expected, "{:?}", String::from_utf8_lossy(body));
        assert_eq!(encoding.decoded_len(body), expected.len(), "{:?}", String::from_utf8_lossy(body));
    }

    #[test]
    fn base64_is_lenient() {
        check(Encoding::Base64, b"aGVsbG8=", b"hello");
        check(Encoding::Base64, b"aGVs\r\nbG8=\r\n", b"hello");
        check(Encoding::Base64, b"aG=Vs", b"hV");
        check(Encoding::Base64, b"YQ==\r\nYg==", b"ab");
        check(Encoding::Base64, b"a-G!V\0s bG8", b"hello");
        check(Encoding::Base64, b"", b"");
    }

    #[test]
    fn quoted_printable_is_lenient() {
        check(Encoding::QuotedPrintable, b"a=3Db =\r\nc  \r\nd=E4=zz=", b"a=b c\r\nd\xe4=zz");
        check(Encoding::QuotedPrintable, b"a\nb", b"a\nb");
        check(Encoding::QuotedPrintable, b"x=20\r\n", b"x \r\n");
    }

    #[test]
    fn charsets_are_best_effort() {
        assert_eq!(charset(b"Gr\xfc\xdfe", None), "Grüße");
        assert_eq!(charset("Grüße".as_bytes(), Some("us-ascii")), "Grüße");
        assert_eq!(charset(b"\xe4", Some("no-such-charset")), "ä");
        assert_eq!(charset(b"\x80", Some("iso-8859-15")).chars().count(), 1);
        assert_eq!(charset(b"\x83n\x83\x8d", Some("Shift_JIS")), "ハロ");
        assert_eq!(charset(b"a\0b\0", Some("utf-16le")), "ab");
        assert_eq!(charset(b"a+AGI-c", Some("unicode-1-1-utf-7")), "abc");
        assert_eq!(charset(b"\xa4\xa2\xa4\xa4", Some("ISO-2022-JP")), "あい");
        assert_eq!(charset(b"\x83n\x83\x8d", Some("iso-2022-jp")), "ハロ");
        assert_eq!(charset(b"\x1b$B$\"\x1b(B", Some("iso-2022-jp")), "あ");
        assert_eq!(charset("€ ä".as_bytes().split_last().unwrap().1, Some("us-ascii")), "€ \u{FFFD}");
    }
}
