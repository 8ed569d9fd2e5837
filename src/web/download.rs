//! Attachments and whole messages as files: always saved, never shown by the browser on our origin.

use super::opening::Opening;
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Answer, Trouble, response};
use crate::store::Seq;

/// Media types that are told to the browser, so that it offers the right program. All others go as `application/octet-stream`.
const KNOWN_TYPES: [&str; 22] = [
    "application/gzip",
    "application/msword",
    "application/pdf",
    "application/rtf",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "audio/mpeg",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "message/rfc822",
    "text/calendar",
    "text/csv",
    "text/plain",
];
const OCTETS: &str = "application/octet-stream";
const NAME_MAX_CHARS: usize = 120;

/// `/mail/message/SEQ/part/N`
pub fn part(visit: &Visit<'_>) -> Answer {
    let number = usize::try_from(visit.number(1)?).map_err(|_| Trouble::NotFound)?;
    let opening = Opening::load(visit)?;
    let (attachment, body) = opening.letter().file(number).ok_or(Trouble::NotFound)?;
    Ok(response::file(media_type(&attachment.media_type), &disposition(&attachment.name), body).into())
}

/// `/mail/message/SEQ/raw`
pub fn raw(visit: &Visit<'_>) -> Answer {
    let opening = Opening::load(visit)?;
    let subject = if opening.way.is_top() { opening.entry.summary.subject.clone() } else { opening.letter().opened_subject() };
    let name = disposition(&eml_name(&subject, opening.seq()));
    Ok(response::file("message/rfc822", &name, opening.message().clone()).into())
}

fn media_type(claimed: &str) -> &str {
    if KNOWN_TYPES.contains(&claimed) { claimed } else { OCTETS }
}

pub fn eml_name(subject: &str, seq: Seq) -> String {
    let words: String = subject.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let name = cut(&words.split_whitespace().collect::<Vec<_>>().join(" "), NAME_MAX_CHARS / 2);
    if name.is_empty() { format!("message-{seq}.eml") } else { format!("{name}.eml") }
}

/// `attachment` with the name twice: in ASCII for old clients, and as RFC 8187 writes it (RFC 6266 section 4.3).
pub fn disposition(name: &str) -> String {
    let name: String = visible(name).chars().map(|c| if matches!(c, '/' | '\\') { '_' } else { c }).collect();
    let name = match name.trim_matches(['.', ' ']) {
        "" => "file".to_owned(),
        trimmed => shorten(trimmed),
    };
    // RFC 6266 appendix D: no quotes, backslashes or percent signs in the plain form; clients disagree about them.
    let ascii = |c: char| c.is_ascii_alphanumeric() || " !#$&'()+,-.;=@[]^_`{}~".contains(c);
    let plain: String = name.chars().map(|c| if ascii(c) { c } else { '_' }).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", ext_value(&name))
}

/// Keeps the extension: it decides what opens the file.
fn shorten(name: &str) -> String {
    if name.chars().count() <= NAME_MAX_CHARS {
        return name.to_owned();
    }
    match name.rsplit_once('.').filter(|(_, extension)| extension.chars().count() <= 10) {
        Some((stem, extension)) => format!("{}.{extension}", cut(stem, NAME_MAX_CHARS - 11)),
        None => cut(name, NAME_MAX_CHARS),
    }
}

/// RFC 8187 section 3.2.1: attr-char stays, everything else is percent-encoded UTF-8.
fn ext_value(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str) {
        assert_eq!(disposition(name), expected, "{name:?}");
    }

    #[test]
    fn names_are_written_twice() {
        check("report.pdf", "attachment; filename=\"report.pdf\"; filename*=UTF-8''report.pdf");
        check("Rechnung März.pdf", "attachment; filename=\"Rechnung M_rz.pdf\"; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf");
        check("日本.txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt");
    }

    #[test]
    fn names_cannot_break_out() {
        check("a\"; filename=\"b.exe", "attachment; filename=\"a_; filename=_b.exe\"; filename*=UTF-8''a%22%3B%20filename%3D%22b.exe");
        check("a\r\nX: y", "attachment; filename=\"a  X_ y\"; filename*=UTF-8''a%20%20X%3A%20y");
        check("../../etc/passwd", "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd");
        check("invoice\u{202e}gpj.exe", "attachment; filename=\"invoicegpj.exe\"; filename*=UTF-8''invoicegpj.exe");
        check("", "attachment; filename=\"file\"; filename*=UTF-8''file");
        check("...", "attachment; filename=\"file\"; filename*=UTF-8''file");
    }

    #[test]
    fn long_names_keep_their_extension() {
        let long = format!("{}.docx", "a".repeat(500));
        let short = shorten(&long);
        assert!(short.ends_with("….docx"), "{short}");
        assert!(short.chars().count() <= NAME_MAX_CHARS);
    }

    #[test]
    fn a_browser_is_told_nothing_that_it_would_run() {
        for claimed in
            ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/javascript", "", "image/png\r\nX: y"]
        {
            assert_eq!(media_type(claimed), OCTETS, "{claimed:?}");
        }
        assert_eq!(media_type("application/pdf"), "application/pdf");
    }

    #[test]
    fn messages_are_named_by_their_subject() {
        assert_eq!(eml_name("Re: Offer / 2nd try", Seq(7)), "Re Offer 2nd try.eml");
        assert_eq!(eml_name("???", Seq(7)), "message-7.eml");
    }
}
