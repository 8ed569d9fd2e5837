//! Bodies and their transfer encodings (RFC 2045), parts and boundaries (RFC 2046).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::File;
use super::header::{Fields, encoded_words, one_line, parameter};

const LINE_MAX_OCTETS: usize = 998;
// Text of longer lines is encoded, so that no server wraps it.
const TEXT_LINE_MAX_OCTETS: usize = 900;

/// A part in wire form, but for its header block.
pub(super) struct Part {
    media_type: String,
    parameters: Vec<String>,
    encoding: &'static str,
    disposition: Option<Vec<String>>,
    body: Vec<u8>,
}

impl Part {
    /// A part of lines that need no encoding.
    pub fn lines(media_type: &str, parameters: &[&str], body: Vec<u8>) -> Part {
        let encoding = if body.is_ascii() { "7bit" } else { "8bit" };
        let parameters = parameters.iter().map(|&p| p.to_owned()).collect();
        Part { media_type: media_type.to_owned(), parameters, encoding, disposition: None, body }
    }

    /// A part of text with bytes or lines that need encoding.
    pub fn quoted_printable(media_type: &str, parameters: &[&str], text: &str) -> Part {
        Part { encoding: "quoted-printable", ..Part::lines(media_type, parameters, quoted_printable(text)) }
    }

    /// Header block (begun by `fields`), empty line and body.
    pub fn write(self, mut fields: Fields) -> Vec<u8> {
        fields.lines("Content-Type", &self.media_type, &self.parameters);
        if self.encoding != "7bit" {
            fields.raw("Content-Transfer-Encoding", self.encoding);
        }
        if let Some(parameters) = &self.disposition {
            fields.lines("Content-Disposition", "attachment", parameters);
        }
        let mut out = fields.finish().into_bytes();
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }
}

/// Text for people, in UTF-8, in the plainest encoding that carries it.
pub(super) fn text(text: &str) -> Part {
    let text = crlf(text);
    let lines_fit = text.split("\r\n").all(|line| line.len() <= TEXT_LINE_MAX_OCTETS);
    let foreign = text.bytes().filter(|b| !b.is_ascii()).count();
    let (encoding, body) = if foreign == 0 && lines_fit {
        ("7bit", text.into_bytes())
    } else if foreign * 3 < text.len() {
        ("quoted-printable", quoted_printable(&text))
    } else {
        ("base64", base64_lines(text.as_bytes()))
    };
    let parameters = vec!["charset=utf-8".to_owned()];
    Part { media_type: "text/plain".to_owned(), parameters, encoding, disposition: None, body }
}

/// HTML for people, as [`text`].
pub(super) fn html(html: &str) -> Part {
    Part { media_type: "text/html".to_owned(), ..text(html) }
}

/// An attached file.
pub(super) fn file(file: &File) -> Part {
    let name = match one_line(&file.name) {
        name if name.trim().is_empty() => "attachment".to_owned(),
        name => name,
    };
    let is_message = file.media_type.eq_ignore_ascii_case("message/rfc822");
    let disposition = Some(parameter("filename", &name));
    if is_message && is_lines(&file.content) {
        let encoding = if file.content.is_ascii() { "7bit" } else { "8bit" };
        let media_type = "message/rfc822".to_owned();
        return Part { media_type, parameters: Vec::new(), encoding, disposition, body: file.content.clone() };
    }
    let media_type = if is_message { "application/octet-stream".to_owned() } else { media_type(&file.media_type) };
    // Old Outlook reads only this form of the name (which RFC 2047 section 5 does not foresee, but all write).
    let words = if name.is_ascii() { Vec::new() } else { encoded_words(&name) };
    let parameters = if words.is_empty() { parameter("name", &name) } else { vec![format!("name=\"{}\"", words.join("\r\n "))] };
    Part { media_type, parameters, encoding: "base64", disposition, body: base64_lines(&file.content) }
}

/// Parts between boundaries that occur in none of them. `seed` makes the boundary differ from message to message.
pub(super) fn multipart(subtype: &str, parameters: &[&str], parts: Vec<Part>, seed: &str) -> Part {
    let encoding = if parts.iter().any(|part| part.encoding == "8bit") { "8bit" } else { "7bit" };
    let parts: Vec<Vec<u8>> = parts.into_iter().map(|part| part.write(Fields::new())).collect();
    let boundary = boundary(&parts, seed);
    let mut body = Vec::with_capacity(parts.iter().map(|part| part.len() + 64).sum());
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(&part);
        // This line end belongs to the delimiter (RFC 2046 section 5.1.1): the part comes out as it went in.
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let parameters = parameters.iter().map(|&p| p.to_owned()).chain([format!("boundary=\"{boundary}\"")]).collect();
    Part { media_type: format!("multipart/{subtype}"), parameters, encoding, disposition: None, body }
}

// `=_` occurs neither in base64 nor in quoted-printable (RFC 2045 section 6.7); lines that are sent as they are get
// looked through.
fn boundary(parts: &[Vec<u8>], seed: &str) -> String {
    let mut number = 0u32;
    loop {
        let mut hasher = DefaultHasher::new();
        (seed, number, parts.len()).hash(&mut hasher);
        let boundary = format!("=_lifeboat_{:016x}", hasher.finish());
        if !parts.iter().any(|part| has_line(part, &boundary)) {
            return boundary;
        }
        number += 1;
    }
}

fn has_line(part: &[u8], boundary: &str) -> bool {
    part.split(|&b| b == b'\n').any(|line| line.strip_prefix(b"--").is_some_and(|line| line.starts_with(boundary.as_bytes())))
}

// RFC 2045 section 2.7 and 2.8: what 7bit and 8bit can carry. The last line may lack its end.
fn is_lines(content: &[u8]) -> bool {
    let is_text = |line: &[u8]| line.len() <= LINE_MAX_OCTETS && !line.contains(&b'\r') && !line.contains(&0);
    let mut lines = content.split(|&b| b == b'\n');
    let last = lines.next_back().unwrap_or_default();
    is_text(last) && lines.all(|line| line.strip_suffix(b"\r").is_some_and(is_text))
}

fn media_type(text: &str) -> String {
    let lower = text.trim().to_ascii_lowercase();
    let is_token =
        |part: &str| !part.is_empty() && part.len() <= 100 && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    match lower.split_once('/') {
        Some((kind, subtype)) if is_token(kind) && is_token(subtype) && kind != "multipart" && kind != "message" => lower,
        _ => "application/octet-stream".to_owned(),
    }
}

/// Every line end becomes CRLF; NUL, which no line may carry, goes.
pub(super) fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "").replace('\n', "\r\n")
}

// RFC 2045 section 6.8: lines of 76 characters.
pub(super) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().div_ceil(57) * 78);
    for line in bytes.chunks(57) {
        out.extend_from_slice(BASE64_STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

// RFC 2045 section 6.7: lines of at most 76 characters with the `=` of a soft line break.
pub(super) fn quoted_printable(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    let mut lines = text.split("\r\n").peekable();
    while let Some(line) = lines.next() {
        let bytes = line.as_bytes();
        let mut column = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            let is_last = at + 1 == bytes.len();
            let is_literal = (b'!'..=b'~').contains(&byte) && byte != b'=' || (byte == b' ' || byte == b'\t') && !is_last;
            let width = if is_literal { 1 } else { 3 };
            if column + width > 76 - usize::from(!is_last) {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            column += width;
            if is_literal { out.push(byte) } else { out.extend_from_slice(format!("={byte:02X}").as_bytes()) }
        }
        if lines.peek().is_some() {
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}
