//! Bodies and their transfer encodings (RFC 2045), parts and boundaries (RFC 2046).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read, Write};

use super::header::{Fields, encoded_words, one_line, parameter};
use super::{Blob, File};

const LINE_MAX_OCTETS: usize = 998;
// Text of longer lines is encoded, so that no server wraps it.
const TEXT_LINE_MAX_OCTETS: usize = 900;

/// A part in wire form, but for its header block.
pub(super) struct Part {
    media_type: String,
    parameters: Vec<String>,
    encoding: &'static str,
    disposition: Option<Vec<String>>,
    body: Body,
}

enum Body {
    /// As it is sent.
    Octets(Vec<u8>),
    /// Sent as it is, from wherever it lies.
    Lines(Blob),
    /// Sent in base64.
    Base64(Blob),
    Parts {
        boundary: String,
        parts: Vec<Part>,
    },
}

impl Part {
    /// A part of lines that need no encoding.
    pub fn lines(media_type: &str, parameters: &[&str], body: Vec<u8>) -> Part {
        let encoding = if body.is_ascii() { "7bit" } else { "8bit" };
        let parameters = parameters.iter().map(|&p| p.to_owned()).collect();
        Part { media_type: media_type.to_owned(), parameters, encoding, disposition: None, body: Body::Octets(body) }
    }

    /// A part of text with bytes or lines that need encoding.
    pub fn quoted_printable(media_type: &str, parameters: &[&str], text: &str) -> Part {
        Part { encoding: "quoted-printable", ..Part::lines(media_type, parameters, quoted_printable(text)) }
    }

    /// Header block (begun by `fields`), empty line and body.
    pub fn write(&self, mut fields: Fields, out: &mut dyn Write) -> io::Result<()> {
        fields.lines("Content-Type", &self.media_type, &self.parameters);
        if self.encoding != "7bit" {
            fields.raw("Content-Transfer-Encoding", self.encoding);
        }
        if let Some(parameters) = &self.disposition {
            fields.lines("Content-Disposition", "attachment", parameters);
        }
        out.write_all(fields.finish().as_bytes())?;
        out.write_all(b"\r\n")?;
        self.body.write(out)
    }
}

impl Body {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Body::Octets(octets) => out.write_all(octets),
            Body::Lines(blob) => io::copy(&mut blob.reader(), out).map(drop),
            Body::Base64(blob) => base64_from(blob, out),
            Body::Parts { boundary, parts } => {
                for part in parts {
                    out.write_all(format!("--{boundary}\r\n").as_bytes())?;
                    part.write(Fields::new(), out)?;
                    // This line end belongs to the delimiter (RFC 2046 section 5.1.1): the part comes out as it went in.
                    out.write_all(b"\r\n")?;
                }
                out.write_all(format!("--{boundary}--\r\n").as_bytes())
            }
        }
    }

    /// Whether a line of it begins like a delimiter of this boundary.
    fn has_line(&self, boundary: &str) -> io::Result<bool> {
        match self {
            Body::Octets(octets) => has_line(octets.as_slice(), boundary),
            Body::Lines(blob) => has_line(BufReader::new(blob.reader()), boundary),
            Body::Base64(_) => Ok(false),
            Body::Parts { boundary: inner, parts } => {
                let mut found = inner.starts_with(boundary);
                for part in parts {
                    found |= part.body.has_line(boundary)?;
                }
                Ok(found)
            }
        }
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
    Part { media_type: "text/plain".to_owned(), parameters, encoding, disposition: None, body: Body::Octets(body) }
}

/// Text for people that each reader's window wraps (RFC 3676).
pub(super) fn flowed(content: &str) -> Part {
    let content = content.replace("\r\n", "\n").replace('\r', "\n");
    let mut part = text(&super::flowed::flow(&content));
    part.parameters.push("format=flowed".to_owned());
    part
}

/// HTML for people, as [`text`].
pub(super) fn html(html: &str) -> Part {
    Part { media_type: "text/html".to_owned(), ..text(html) }
}

/// A calendar, as [`text`].
pub(super) fn calendar(calendar: &str, method: &str) -> Part {
    let mut part = Part { media_type: "text/calendar".to_owned(), ..text(calendar) };
    part.parameters.push(format!("method={method}"));
    part
}

/// An attached file.
pub(super) fn file(file: &File) -> io::Result<Part> {
    let name = match one_line(&file.name) {
        name if name.trim().is_empty() => "attachment".to_owned(),
        name => name,
    };
    let is_message = file.media_type.eq_ignore_ascii_case("message/rfc822");
    let disposition = Some(parameter("filename", &name));
    if is_message && let Some(encoding) = lines_encoding(&file.content)? {
        let media_type = "message/rfc822".to_owned();
        return Ok(Part { media_type, parameters: Vec::new(), encoding, disposition, body: Body::Lines(file.content.clone()) });
    }
    let media_type = if is_message { "application/octet-stream".to_owned() } else { media_type(&file.media_type) };
    // Old Outlook reads only this form of the name (which RFC 2047 section 5 does not foresee, but all write).
    let words = if name.is_ascii() { Vec::new() } else { encoded_words(&name) };
    let parameters = if words.is_empty() { parameter("name", &name) } else { vec![format!("name=\"{}\"", words.join("\r\n "))] };
    Ok(Part { media_type, parameters, encoding: "base64", disposition, body: Body::Base64(file.content.clone()) })
}

/// Parts between boundaries that occur in none of them. `seed` makes the boundary differ from message to message.
pub(super) fn multipart(subtype: &str, parameters: &[&str], parts: Vec<Part>, seed: &str) -> io::Result<Part> {
    let encoding = if parts.iter().any(|part| part.encoding == "8bit") { "8bit" } else { "7bit" };
    let boundary = boundary(&parts, seed)?;
    let parameters = parameters.iter().map(|&p| p.to_owned()).chain([format!("boundary=\"{boundary}\"")]).collect();
    let body = Body::Parts { boundary, parts };
    Ok(Part { media_type: format!("multipart/{subtype}"), parameters, encoding, disposition: None, body })
}

// `=_` occurs neither in base64 nor in quoted-printable (RFC 2045 section 6.7); lines that are sent as they are get
// looked through.
fn boundary(parts: &[Part], seed: &str) -> io::Result<String> {
    let mut number = 0u32;
    loop {
        let mut hasher = DefaultHasher::new();
        (seed, number, parts.len()).hash(&mut hasher);
        let boundary = format!("=_lifeboat_{:016x}", hasher.finish());
        let mut taken = false;
        for part in parts {
            taken |= part.body.has_line(&boundary)?;
        }
        if !taken {
            return Ok(boundary);
        }
        number += 1;
    }
}

fn has_line(mut text: impl BufRead, boundary: &str) -> io::Result<bool> {
    let delimiter = format!("--{boundary}");
    let mut start = Vec::with_capacity(delimiter.len());
    loop {
        start.clear();
        // No more of a line than tells: one may be endless.
        let read = (&mut text).take(delimiter.len() as u64).read_until(b'\n', &mut start)?;
        if start == delimiter.as_bytes() {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        if !start.ends_with(b"\n") {
            text.skip_until(b'\n')?;
        }
    }
}

// RFC 2045 section 2.7 and 2.8: what 7bit and 8bit can carry, and which of them it takes. The last line may lack its end.
fn lines_encoding(content: &Blob) -> io::Result<Option<&'static str>> {
    let mut text = BufReader::new(content.reader());
    let mut line = Vec::new();
    let mut is_ascii = true;
    loop {
        line.clear();
        (&mut text).take(LINE_MAX_OCTETS as u64 + 2).read_until(b'\n', &mut line)?;
        let inner = match line.strip_suffix(b"\n") {
            Some(ended) => match ended.strip_suffix(b"\r") {
                Some(inner) => inner,
                None => return Ok(None),
            },
            None => &line,
        };
        if inner.len() > LINE_MAX_OCTETS || inner.contains(&b'\r') || inner.contains(&0) {
            return Ok(None);
        }
        is_ascii &= inner.is_ascii();
        if !line.ends_with(b"\n") {
            return Ok(Some(if is_ascii { "7bit" } else { "8bit" }));
        }
    }
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

// RFC 2045 section 6.8: lines of 76 characters, of 57 octets each.
pub(super) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().div_ceil(57) * 78);
    let mut line = [0; 76];
    for octets in bytes.chunks(57) {
        // 57 octets always fit.
        let length = BASE64_STANDARD.encode_slice(octets, &mut line).unwrap_or_default();
        out.extend_from_slice(&line[..length]);
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn base64_from(blob: &Blob, out: &mut dyn Write) -> io::Result<()> {
    // Whole lines.
    const PIECE_OCTETS: usize = 57 * 1024;
    let mut at = 0;
    while at < blob.len() {
        let piece = whole_piece(blob, at, PIECE_OCTETS)?;
        out.write_all(&base64_lines(&piece))?;
        at += piece.len() as u64;
    }
    Ok(())
}

fn whole_piece(blob: &Blob, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(length);
    blob.slice(offset..offset + length as u64).reader().read_to_end(&mut piece)?;
    Ok(piece)
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
