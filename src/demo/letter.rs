//! Writes the sample messages in the forms that an office meets: text in three encodings, HTML with pictures, files. Pure.
//!
//! Made apart from `mail::compose` on purpose: what comes from outside is not written by our own composer.

use crate::clock::Wall;
use crate::mail::date;
use base64::prelude::{BASE64_STANDARD, Engine as _};

/// One message.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// `Name <address>` in UTF-8.
    pub from: &'a str,
    pub to: Vec<String>,
    pub subject: &'a str,
    pub date: Wall,
    /// Without angle brackets.
    pub message_id: &'a str,
    /// The thread so far, oldest first, without angle brackets.
    pub references: &'a [String],
    pub text: Option<&'a str>,
    pub html: Option<&'a str>,
    pub encoding: Encoding,
    /// Shown inside the HTML as `cid:picture`.
    pub picture: Option<Vec<u8>>,
    pub files: Vec<File<'a>>,
    /// Further header fields, each without its line end.
    pub extra: &'a [&'a str],
}

/// How text parts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 in quoted-printable, or plain if it is ASCII.
    Quoted,
    /// UTF-8 in base64.
    Base64,
    /// UTF-8 as it is (needs 8BITMIME).
    EightBit,
    /// ISO-8859-1 in quoted-printable, as old systems do.
    Latin1,
}

#[derive(Clone, Debug)]
pub struct File<'a> {
    pub name: &'a str,
    pub media_type: &'static str,
    pub content: Vec<u8>,
}

/// The message in wire form.
pub fn write(letter: &Letter<'_>) -> Vec<u8> {
    let mut head = format!("From: {}\r\nTo: ", mailbox(letter.from));
    head.push_str(&letter.to.iter().map(|to| mailbox(to)).collect::<Vec<_>>().join(",\r\n "));
    head.push_str(&format!("\r\nSubject: {}\r\nDate: {}\r\n", phrase(letter.subject), date::rfc5322(letter.date)));
    head.push_str(&format!("Message-ID: <{}>\r\n", letter.message_id));
    if let Some(parent) = letter.references.last() {
        let all: Vec<String> = letter.references.iter().map(|id| format!("<{id}>")).collect();
        head.push_str(&format!("In-Reply-To: <{parent}>\r\nReferences: {}\r\n", all.join("\r\n ")));
    }
    for field in letter.extra {
        head.push_str(&format!("{field}\r\n"));
    }
    head.push_str("MIME-Version: 1.0\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&content(letter));
    bytes
}

/// Nested parts from the inside out: alternative, related, mixed. Each piece begins with its own header fields.
fn content(letter: &Letter<'_>) -> Vec<u8> {
    let mut part = match (letter.text, letter.html) {
        (text, Some(html)) => {
            let mut html = text_part("html", html, letter.encoding);
            if let Some(picture) = &letter.picture {
                html = multipart("related", letter.message_id, &[html, picture_part(picture)]);
            }
            match text {
                Some(text) => multipart("alternative", letter.message_id, &[text_part("plain", text, letter.encoding), html]),
                None => html,
            }
        }
        (text, None) => text_part("plain", text.unwrap_or_default(), letter.encoding),
    };
    if !letter.files.is_empty() {
        let mut parts = vec![part];
        parts.extend(letter.files.iter().map(file_part));
        part = multipart("mixed", letter.message_id, &parts);
    }
    part
}

fn multipart(kind: &str, message_id: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let stem: String = message_id.chars().filter(char::is_ascii_alphanumeric).take(30).collect();
    let boundary = format!("={kind}_{stem}");
    let mut out = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n").into_bytes();
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

fn text_part(kind: &str, text: &str, encoding: Encoding) -> Vec<u8> {
    let plain = text.is_ascii() && text.lines().all(|line| line.len() <= 76);
    let (charset, name, body) = match encoding {
        Encoding::Quoted if plain => ("us-ascii", "7bit", crlf(text.as_bytes())),
        Encoding::Quoted => ("utf-8", "quoted-printable", quoted_printable(text.as_bytes())),
        Encoding::Base64 => ("utf-8", "base64", base64_lines(&crlf(text.as_bytes()))),
        Encoding::EightBit => ("utf-8", "8bit", crlf(text.as_bytes())),
        Encoding::Latin1 => {
            let octets: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
            ("iso-8859-1", "quoted-printable", quoted_printable(&octets))
        }
    };
    let mut out = format!("Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: {name}\r\n\r\n").into_bytes();
    out.extend_from_slice(&body);
    out
}

fn picture_part(picture: &[u8]) -> Vec<u8> {
    let head = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <picture>\r\n\
                Content-Disposition: inline; filename=picture.png\r\n\r\n";
    [head.as_bytes(), &base64_lines(picture)].concat()
}

fn file_part(file: &File<'_>) -> Vec<u8> {
    let head = format!(
        "Content-Type: {}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"{}\"\r\n\r\n",
        file.media_type, file.name
    );
    [head.as_bytes(), &base64_lines(&file.content)].concat()
}

/// `Name <address>` with the name as an encoded word where needed.
fn mailbox(text: &str) -> String {
    match text.split_once(" <") {
        Some((name, address)) => format!("{} <{address}", phrase(name)),
        None => text.to_owned(),
    }
}

/// RFC 2047: encoded words of at most 75 octets, never splitting a character.
fn phrase(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for c in text.chars() {
        if words.last().map_or(0, String::len) + c.len_utf8() > 42 {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.iter().map(|word| format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(word))).collect::<Vec<_>>().join("\r\n ")
}

fn crlf(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len() + 64);
    for octet in text {
        if *octet == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(*octet);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// RFC 2045 section 6.7.
fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = String::new();
    for line in text.split(|octet| *octet == b'\n') {
        let mut width = 0;
        for (index, octet) in line.iter().enumerate() {
            let last = index + 1 == line.len();
            let plain = matches!(octet, 33..=60 | 62..=126) || (matches!(octet, b' ' | b'\t') && !last);
            let piece = if plain { char::from(*octet).to_string() } else { format!("={octet:02X}") };
            if width + piece.len() > 75 {
                out.push_str("=\r\n");
                width = 0;
            }
            width += piece.len();
            out.push_str(&piece);
        }
        out.push_str("\r\n");
    }
    out.into_bytes()
}

fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.chunks(57) {
        out.extend_from_slice(BASE64_STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_keeps_lines_short_and_trailing_blanks() {
        let check = |plain: &str, expected: &str| assert_eq!(String::from_utf8(quoted_printable(plain.as_bytes())).unwrap(), expected);
        check("a=b ", "a=3Db=20\r\n");
        check("ä", "=C3=A4\r\n");
        check(&"x".repeat(80), &format!("{}=\r\n{}\r\n", "x".repeat(75), "x".repeat(5)));
    }

    #[test]
    fn names_that_are_not_ascii_become_encoded_words() {
        let check = |plain: &str, expected: &str| assert_eq!(mailbox(plain), expected);
        check("Marta Keller <m@x.example>", "Marta Keller <m@x.example>");
        check("Núñez <n@x.example>", "=?utf-8?B?TsO6w7Fleg==?= <n@x.example>");
        assert!(phrase(&"ö".repeat(60)).split("\r\n ").all(|word| word.len() <= 75));
    }

    #[test]
    fn line_ends_are_crlf() {
        assert_eq!(crlf(b"a\nb\r\nc"), b"a\r\nb\r\nc\r\n");
    }
}
