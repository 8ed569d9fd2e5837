//! `multipart/form-data`: what browsers send when a form has files (RFC 7578, RFC 2046 section 5.1).

use std::io::{BufRead, BufReader, Read};
use std::ops::Range;

use super::{Form, FormError, percent_decoded};
use crate::limits::{FORM_FIELDS_MAX, FORM_FIELDS_MAX_OCTETS};
use crate::mail::compose::File;
use crate::mail::parse::file_name;
use crate::mail::{Blob, Reader};

// RFC 2046 section 5.1.1.
const BOUNDARY_MAX_OCTETS: usize = 70;
const PART_HEADER_MAX_OCTETS: usize = 8 * 1024;
// Of a line, so much is looked at: a delimiter with some white space behind it (transport padding).
const LINE_START_OCTETS: usize = 256;
const READ_OCTETS: usize = 64 * 1024;

pub(super) fn parse(parameters: &str, body: &Blob) -> Result<Form, FormError> {
    let boundary = parameter(parameters, "boundary").ok_or(FormError::Malformed)?;
    if boundary.is_empty() || boundary.len() > BOUNDARY_MAX_OCTETS || boundary.ends_with(' ') {
        return Err(FormError::Malformed);
    }
    let text = BufReader::with_capacity(READ_OCTETS, body.reader());
    let mut parts = Parts { text, at: 0, boundary: format!("--{boundary}").into_bytes() };
    let mut form = Form::default();
    let mut left = FORM_FIELDS_MAX_OCTETS;
    // The preamble is empty in practice, and of no meaning in any case.
    let (_, mut closed) = parts.next(true)?;
    while !closed {
        let (part, closes) = parts.next(false)?;
        closed = closes;
        if form.fields.len() + form.files.len() >= FORM_FIELDS_MAX {
            return Err(FormError::TooManyFields);
        }
        add(&mut form, &body.slice(part), &mut left)?;
    }
    Ok(form)
}

struct Parts {
    text: BufReader<Reader>,
    at: u64,
    // With its two leading dashes.
    boundary: Vec<u8>,
}

impl Parts {
    // What stands before the next delimiter line, and whether that closes the form. The line end before a delimiter
    // is part of it and must be a CRLF; a delimiter may also be the very first line.
    fn next(&mut self, is_first: bool) -> Result<(Range<u64>, bool), FormError> {
        let from = self.at;
        let mut after_crlf = is_first;
        let mut start = Vec::with_capacity(LINE_START_OCTETS);
        loop {
            let line_from = self.at;
            start.clear();
            self.at += (&mut self.text).take(LINE_START_OCTETS as u64).read_until(b'\n', &mut start)? as u64;
            if start.is_empty() {
                return Err(FormError::Malformed);
            }
            if after_crlf && let Some(closes) = self.delimiter(&start) {
                // A part that is empty has no line end before its delimiter.
                return Ok((from..line_from.saturating_sub(2).max(from), closes));
            }
            after_crlf = start.ends_with(b"\r\n");
            if !start.ends_with(b"\n") {
                after_crlf = self.skip_line(start.last() == Some(&b'\r'))?;
            }
        }
    }

    // Skips to the line's end. `after_cr`: the octet before this was a CR. Whether it ended with CRLF.
    fn skip_line(&mut self, mut after_cr: bool) -> Result<bool, FormError> {
        loop {
            let piece = self.text.fill_buf()?;
            let Some(last) = piece.last() else { return Ok(false) };
            // Searches with the library's fast memchr; reading from a slice cannot fail.
            let length = (&mut &piece[..]).skip_until(b'\n').unwrap_or(piece.len());
            let ended = piece[length - 1] == b'\n';
            let crlf = if length >= 2 { piece[length - 2] == b'\r' } else { after_cr };
            after_cr = *last == b'\r';
            self.text.consume(length);
            self.at += length as u64;
            if ended {
                return Ok(crlf);
            }
        }
    }

    // Whether a line is a delimiter, and the closing one. White space may follow (transport padding).
    fn delimiter(&self, line: &[u8]) -> Option<bool> {
        let rest = line.strip_prefix(self.boundary.as_slice())?;
        let (rest, closes) = rest.strip_prefix(b"--").map_or((rest, false), |rest| (rest, true));
        let has_end = rest.ends_with(b"\r\n") || closes;
        (has_end && rest.trim_ascii().is_empty()).then_some(closes)
    }
}

// `left`: octets that fields may still have.
fn add(form: &mut Form, part: &Blob, left: &mut usize) -> Result<(), FormError> {
    let (header, content) = split(part)?;
    let header = String::from_utf8_lossy(&header);
    let field = |name: &str| {
        let value =
            |line: &str| line.split_once(':').filter(|(n, _)| n.trim().eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned());
        header.split("\r\n").find_map(value)
    };
    let disposition = field("Content-Disposition").ok_or(FormError::Malformed)?;
    let (kind, parameters) = disposition.split_once(';').ok_or(FormError::Malformed)?;
    let name = parameter(parameters, "name").filter(|_| kind.trim().eq_ignore_ascii_case("form-data")).ok_or(FormError::Malformed)?;
    // RFC 7578 section 4.2 forbids filename*, some clients send it; then it is the better name.
    let extended = parameter(parameters, "filename*").and_then(|value| extended(&value));
    match extended.or_else(|| parameter(parameters, "filename").map(|name| unescaped(&name))) {
        Some(file) if file.is_empty() && content.is_empty() => {}
        Some(file) => form.files.push(File {
            name: file_name(&file, "attachment"),
            media_type: media_type(field("Content-Type").as_deref()),
            content,
        }),
        None => {
            let octets = usize::try_from(content.len()).unwrap_or(usize::MAX);
            *left = left.checked_sub(octets).ok_or(FormError::TooLarge)?;
            form.fields.push((unescaped(&name), String::from_utf8_lossy(&content.bytes()?).into_owned()));
        }
    }
    Ok(())
}

// Header block and content of a part; a header block must end within its bound.
fn split(part: &Blob) -> Result<(Vec<u8>, Blob), FormError> {
    let mut header = part.slice(0..PART_HEADER_MAX_OCTETS as u64).bytes()?;
    let at = header.windows(4).position(|end| end == b"\r\n\r\n").ok_or(FormError::Malformed)?;
    header.truncate(at);
    Ok((header, part.slice(at as u64 + 4..part.len())))
}

// A parameter's value, quoted or not. Quotes inside a quoted value are `%22` (HTML standard) or `\"` (old browsers).
fn parameter(text: &str, key: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start());
        if name.trim().eq_ignore_ascii_case(key) {
            return Some(value);
        }
        rest = after;
    }
}

fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            // A backslash before anything else is part of an old browser's full path.
            '\\' if chars.peek().is_some_and(|(_, next)| *next == '"') => value.extend(chars.next().map(|(_, next)| next)),
            c => value.push(c),
        }
    }
    (value, "")
}

// HTML standard, multipart/form-data encoding: only these three are escaped.
fn unescaped(value: &str) -> String {
    percent_decoded(value, |byte| matches!(byte, b'"' | b'\r' | b'\n'))
}

// RFC 5987 section 3.2: charset'language'value; only UTF-8 is in use.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    charset.eq_ignore_ascii_case("utf-8").then(|| percent_decoded(encoded, |_| true))
}

fn media_type(value: Option<&str>) -> String {
    let value = value.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_type = value.len() <= 120
        && value.matches('/').count() == 1
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-/".contains(&b));
    if is_type { value } else { "application/octet-stream".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;
    use crate::mail::Content;

    const TYPE: &str = "multipart/form-data; boundary=----b1";

    fn part(disposition: &str, more: &str, content: &str) -> String {
        format!("------b1\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n{content}\r\n")
    }

    fn check(body: &str, fields: &[(&str, &str)], files: &[(&str, &str, &str)]) {
        let form = Form::parse(TYPE, &body.as_bytes().into()).unwrap();
        let found: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(found, fields, "{body:?}");
        let text = |file: &File| String::from_utf8(file.content.bytes().unwrap()).unwrap();
        let found: Vec<_> = form.files.iter().map(|f| (f.name.clone(), f.media_type.clone(), text(f))).collect();
        let files: Vec<_> = files.iter().map(|(name, kind, text)| ((*name).to_owned(), (*kind).to_owned(), (*text).to_owned())).collect();
        assert_eq!(found, files, "{body:?}");
    }

    #[test]
    fn fields_and_files_are_told_apart() {
        let body = part("name=\"to\"", "", "ann@x.com")
            + &part("name=\"text\"", "", "line\r\n\r\n--not a delimiter\r\n------b12\r\nend\r\n")
            + &part("name=\"f\"; filename=\"a.txt\"", "Content-Type: Text/Plain; charset=utf-8\r\n", "x\n------b1\ny")
            + &part("name=\"f\"; filename=\"\"", "Content-Type: application/octet-stream\r\n", "")
            + &part("name=\"f\"; filename=\"empty.bin\"", "", "")
            + "------b1--\r\nepilogue";
        check(
            &body,
            &[("to", "ann@x.com"), ("text", "line\r\n\r\n--not a delimiter\r\n------b12\r\nend\r\n")],
            &[("a.txt", "text/plain", "x\n------b1\ny"), ("empty.bin", "application/octet-stream", "")],
        );
        check("------b1--", &[], &[]);
    }

    #[test]
    fn names_are_names_of_files() {
        for (disposition, expected) in [
            ("name=f; filename=plain.txt", "plain.txt"),
            ("name=\"f\"; filename=\"C:\\Users\\ann\\bill.pdf\"", "bill.pdf"),
            ("name=\"f\"; filename=\"../../etc/passwd\"", "passwd"),
            ("name=\"f\"; filename=\"Grüße 100%25.txt\"", "Grüße 100%25.txt"),
            ("name=\"f\"; filename=\"a%22b%0D%0Ac.txt\"", "a_b c.txt"),
            ("name=\"f\"; filename=\"say \\\"x\\\".txt\"", "say _x_.txt"),
            ("name=\"f\"; filename=\"x.txt\"; filename*=UTF-8''%C3%A4.txt", "ä.txt"),
            ("filename=\"semi;colon=.txt\"; name=\"f\"", "semi;colon=.txt"),
            ("name=\"f\"; filename=\"..\"", "attachment"),
        ] {
            check(&(part(disposition, "", "x") + "------b1--\r\n"), &[], &[(expected, "application/octet-stream", "x")]);
        }
    }

    /// Gives at most so many octets at a time.
    struct Crumbs(Vec<u8>, usize);

    impl Content for Crumbs {
        fn octets(&self) -> u64 {
            self.0.len() as u64
        }

        fn piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
            self.0.piece(offset, length.min(self.1))
        }
    }

    #[test]
    fn a_body_that_is_read_in_crumbs_is_the_same_form() {
        let body = part("name=\"text\"", "", "a\r\n\r\n------b1x\r\r\nb\r")
            + &part("name=\"f\"; filename=\"a.txt\"", "Content-Type: text/plain\r\n", &format!("x{}\r\ny\n------b1\r\n", "z".repeat(999)))
            + "------b1--\r\n";
        let read = |crumb: usize| {
            let form = Form::parse(TYPE, &Blob::new(Arc::new(Crumbs(body.clone().into_bytes(), crumb)))).unwrap();
            let files: Vec<Vec<u8>> = form.files.iter().map(|file| file.content.bytes().unwrap()).collect();
            (form.fields, files)
        };
        let whole = read(usize::MAX);
        assert_eq!(whole.0, [("text".to_owned(), "a\r\n\r\n------b1x\r\r\nb\r".to_owned())]);
        for crumb in (1..300).chain([500, 1000]) {
            assert_eq!(read(crumb), whole, "{crumb} octets at a time");
        }
    }

    fn check_bad(content_type: &str, body: &str, expected: FormError) {
        assert_eq!(Form::parse(content_type, &body.as_bytes().into()).unwrap_err(), expected, "{content_type:?} {body:?}");
    }

    #[test]
    fn broken_uploads_are_refused() {
        let whole = part("name=\"a\"", "", "value") + "------b1--\r\n";
        for end in 0..whole.len() - 2 {
            check_bad(TYPE, &whole[..end], FormError::Malformed);
        }
        check_bad("multipart/form-data", &whole, FormError::Malformed);
        check_bad("multipart/form-data; boundary=", &whole, FormError::Malformed);
        check_bad(&format!("multipart/form-data; boundary={}", "b".repeat(71)), &whole, FormError::Malformed);
        check_bad(TYPE, "------b1\r\nno header\r\n------b1--\r\n", FormError::Malformed);
        check_bad(TYPE, "------b1\r\nContent-Disposition: attachment; name=x\r\n\r\nx\r\n------b1--\r\n", FormError::Malformed);
        check_bad(TYPE, &(part("name=\"a\"", &format!("X: {}\r\n", "x".repeat(10_000)), "") + "------b1--\r\n"), FormError::Malformed);
        check_bad(TYPE, &(part("name=\"a\"", "", "").repeat(FORM_FIELDS_MAX + 1) + "------b1--\r\n"), FormError::TooManyFields);
    }

    // Ten megabytes of what looks most like a delimiter.
    #[test]
    fn hostile_uploads_are_linear_work() {
        check_bad(TYPE, &"\r\n--".repeat(2_500_000), FormError::Malformed);
        check_bad(TYPE, &format!("------b1\r\n{}", "\r\n------b1x".repeat(900_000)), FormError::Malformed);
        check_bad(TYPE, &format!("------b1\r\n{}", "\r\n------b1-".repeat(900_000)), FormError::Malformed);
        check_bad(TYPE, &"-".repeat(10_000_000), FormError::Malformed);
        check_bad(&format!("multipart/form-data; {}", "a=\"".repeat(100_000)), "", FormError::Malformed);
    }

    #[test]
    fn random_bytes_do_not_break() {
        let seed = std::env::var("LIFEBOAT_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed);
        println!("LIFEBOAT_SEED={seed}");
        let mut rng = fastrand::Rng::with_seed(seed);
        let whole =
            part("name=\"a\"; filename*=utf-8''%41", "Content-Type: a/b\r\n", "value") + &part("name=b", "", "v") + "------b1--\r\n";
        for _ in 0..5000 {
            let mut body = whole.clone().into_bytes();
            for _ in 0..rng.usize(1..6) {
                let at = rng.usize(0..body.len());
                body[at] = rng.choice(*b"\r\n-;=\"%\\ :\xffx").unwrap_or(0);
            }
            let _ = Form::parse(TYPE, &body.as_slice().into());
            let _ = Form::parse(&String::from_utf8_lossy(&body[..60]), &body.as_slice().into());
        }
    }
}
