//! Messages inside messages: forwarded ones, `winmail.dat`, and what was signed as a whole.

use super::parse::{Attachment, Letter};
use super::{Blob, signed, tnef};

/// What an attachment can be opened as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// RFC 2046 section 5.2.1.
    Message,
    /// `winmail.dat`.
    Tnef,
    /// S/MIME: signed, encrypted or neither is only seen in the content.
    Smime,
}

/// What an attachment looks like from outside.
pub fn kind(attachment: &Attachment) -> Option<Inside> {
    let name = attachment.name.to_ascii_lowercase();
    match attachment.media_type.as_str() {
        "message/rfc822" | "message/global" => Some(Inside::Message),
        "application/ms-tnef" | "application/vnd.ms-tnef" => Some(Inside::Tnef),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => Some(Inside::Smime),
        "application/octet-stream" if name.ends_with(".eml") => Some(Inside::Message),
        "application/octet-stream" if name == "winmail.dat" => Some(Inside::Tnef),
        "application/octet-stream" if name == "smime.p7m" => Some(Inside::Smime),
        _ => None,
    }
}

/// The message inside an attachment, if there is one that can be read. One that is there as it is stays where it lies; what has to be
/// unpacked comes into memory.
pub fn descend(letter: &Letter<'_>, number: usize) -> Option<Blob> {
    match letter.about(number).as_ref().and_then(kind)? {
        Inside::Message if letter.is_as_it_is(number) => letter.file(number).map(|(_, file)| file),
        _ => open(letter, number).map(Blob::from),
    }
}

/// The same in memory.
pub fn open(letter: &Letter<'_>, number: usize) -> Option<Vec<u8>> {
    let (attachment, content) = letter.attachment(number)?;
    match kind(&attachment)? {
        Inside::Message => Some(content.into_owned()),
        Inside::Tnef => tnef::as_message(&content),
        Inside::Smime => signed::signed_content(&content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(media_type: &str, name: &str, expected: Option<Inside>) {
        let attachment = Attachment { number: 0, name: name.to_owned(), media_type: media_type.to_owned(), size: 1, content_id: None };
        assert_eq!(kind(&attachment), expected, "{media_type} {name}");
    }

    #[test]
    fn kinds_are_told_by_type_and_name() {
        check("message/rfc822", "x", Some(Inside::Message));
        check("application/octet-stream", "Old mail.EML", Some(Inside::Message));
        check("application/octet-stream", "WINMAIL.DAT", Some(Inside::Tnef));
        check("application/ms-tnef", "a", Some(Inside::Tnef));
        check("application/pkcs7-mime", "smime.p7m", Some(Inside::Smime));
        check("application/octet-stream", "a.dat", None);
        check("text/html", "a.eml", None);
    }

    #[test]
    fn a_forwarded_message_opens_and_nothing_else_does() {
        let message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
                        Subject: inner\r\n\r\nwords\r\n--b\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--b--\r\n";
        let letter = Letter::new(message);
        assert_eq!(open(&letter, 0).as_deref(), Some(&b"Subject: inner\r\n\r\nwords"[..]));
        assert_eq!(open(&letter, 1), None);
        assert_eq!(open(&letter, 2), None);
    }
}
