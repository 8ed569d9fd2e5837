//! Exchange's envelope journal reports ([MS-XJRNL]): who really sent a message, who really got it, and the message itself.

use super::Address;
use super::parse;
use super::trace::split_header;
use crate::limits::JOURNAL_RECIPIENTS_MAX;

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// `Sender:`, and `On-Behalf-Of:` if somebody wrote in another's name. None if they are no SMTP addresses.
    pub sender: Option<Address>,
    pub on_behalf_of: Option<Address>,
    /// True recipients, lists expanded and Bcc included; each once, at most [`JOURNAL_RECIPIENTS_MAX`].
    pub recipients: Vec<Address>,
    /// Recipients that are no SMTP addresses, or past the bound.
    pub left_out: usize,
    /// The message, unaltered.
    pub original: Vec<u8>,
}

/// Why a message is no readable report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// None of the header fields that mark a report is there.
    NoReport,
    /// No `Sender:` line, or no recipient.
    NoEnvelope,
    /// None of the addresses can be read: they are no SMTP addresses.
    NoAddress,
    /// The list of recipients is longer than what is read of a text.
    TooLong,
    /// The message is not attached.
    NoMessage,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unreadable::NoReport => "it is not marked as a journal report",
            Unreadable::NoEnvelope => "it names no sender or no recipients",
            Unreadable::NoAddress => "none of its addresses is an SMTP address",
            Unreadable::TooLong => "its list of recipients is too long",
            Unreadable::NoMessage => "the message is not in it",
        })
    }
}

/// Reads a report. Holds the message a second time.
///
/// # Errors
/// What is missing.
pub fn unwrap(message: &[u8]) -> Result<Report, Unreadable> {
    if !is_marked(split_header(message).0) {
        return Err(Unreadable::NoReport);
    }
    let opened = parse::open(message);
    let mut report = envelope(&opened.text).ok_or(Unreadable::NoEnvelope)?;
    if opened.cut || report.left_out > 0 && report.recipients.len() >= JOURNAL_RECIPIENTS_MAX {
        return Err(Unreadable::TooLong);
    }
    if report.recipients.is_empty() && report.sender.is_none() && report.on_behalf_of.is_none() {
        return Err(Unreadable::NoAddress);
    }
    let number = opened.attachments.iter().position(|part| part.media_type == "message/rfc822").ok_or(Unreadable::NoMessage)?;
    let (_, original) = parse::attachment_body(message, number).ok_or(Unreadable::NoMessage)?;
    // What is only an envelope again, or nothing, is no message that anybody could read.
    if original.trim_ascii().is_empty() {
        return Err(Unreadable::NoMessage);
    }
    report.original = original;
    Ok(report)
}

/// Whether a header block bears a mark of a report. The value means nothing; Exchange 2003 misspelt its field.
fn is_marked(header: &[u8]) -> bool {
    header.split(|octet| *octet == b'\n').any(|line| {
        let Some(colon) = line.iter().position(|octet| *octet == b':') else { return false };
        let (name, value) = (line[..colon].trim_ascii_end(), line[colon + 1..].trim_ascii());
        name.eq_ignore_ascii_case(b"X-MS-Journal-Report")
            || name.eq_ignore_ascii_case(b"X-MS-Exchange-Organization-Journal-Report")
            || (name.eq_ignore_ascii_case(b"Content-Identifer") && value.eq_ignore_ascii_case(b"ExJournalReport"))
    })
}

/// The lines of the report's text; names in any case, unknown ones skipped. None without a sender or a recipient.
fn envelope(text: &str) -> Option<Report> {
    let mut report = Report::default();
    let (mut has_sender, mut has_recipient) = (false, false);
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.trim().to_ascii_lowercase().as_str() {
            "sender" => {
                has_sender = true;
                report.sender = report.sender.or_else(|| address(value));
            }
            "on-behalf-of" => report.on_behalf_of = report.on_behalf_of.or_else(|| address(value)),
            "to" | "cc" | "bcc" | "recipient" => {
                has_recipient = true;
                report.add(address(value));
            }
            _ => (),
        }
    }
    (has_sender && has_recipient).then_some(report)
}

impl Report {
    fn add(&mut self, recipient: Option<Address>) {
        match recipient {
            Some(recipient) if self.recipients.contains(&recipient) => (),
            Some(recipient) if self.recipients.len() < JOURNAL_RECIPIENTS_MAX => self.recipients.push(recipient),
            _ => self.left_out += 1,
        }
    }
}

/// `kim@example.com, Expanded: finance@example.com`: the first address is the one that got the message.
fn address(value: &str) -> Option<Address> {
    let lower = value.to_ascii_lowercase();
    let end = [", expanded:", ", forwarded:", ",expanded:", ",forwarded:"].iter().filter_map(|mark| lower.find(mark)).min();
    let text = value[..end.unwrap_or(value.len())].trim();
    let inner = text.rfind('<').and_then(|open| text[open + 1..].strip_suffix('>'));
    let text = inner.unwrap_or(text).trim();
    Address::parse(text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("smtp:")).map_or(text, |_| &text[5..])).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINAL: &str =
        "From: Bo <bo@example.com>\r\nTo: Sales <sales@example.com>\r\nSubject: Offer\r\nMessage-ID: <1@x>\r\n\r\nThe text.\r\n.\r\n";

    fn report(mark: &str, encoding: &str, text: &str, part: &str) -> String {
        format!(
            "From: Microsoft Outlook <journal@example.com>\r\n{mark}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n{encoding}\r\n\r\n{text}\r\n--b\r\n{part}\r\n--b--\r\n"
        )
    }

    fn whole(text: &str) -> Result<Report, Unreadable> {
        let part = format!("Content-Type: message/rfc822\r\n\r\n{ORIGINAL}");
        unwrap(report("X-MS-Journal-Report:", "", text, &part).as_bytes())
    }

    fn check(text: &str, sender: &str, behalf: &str, recipients: &str) {
        let report = whole(text).unwrap();
        let shown = |address: &Option<Address>| address.as_ref().map(Address::to_string).unwrap_or_default();
        let all: Vec<String> = report.recipients.iter().map(Address::to_string).collect();
        assert_eq!(
            (shown(&report.sender).as_str(), shown(&report.on_behalf_of).as_str(), all.join(" ").as_str()),
            (sender, behalf, recipients)
        );
        assert_eq!(String::from_utf8_lossy(&report.original), ORIGINAL.trim_end_matches("\r\n").to_owned() + "\r\n", "{text}");
    }

    #[test]
    fn the_envelope_is_read() {
        check(
            "Sender: bo@example.com\r\nSubject: x\r\nMessage-ID: <1@x>\r\nTo: ann@example.com\r\n",
            "bo@example.com",
            "",
            "ann@example.com",
        );
        check(
            "sender: <asst@example.com>\r\nON-BEHALF-OF: ceo@example.com\r\nTo: kim@example.com, Expanded: sales@example.com\r\n\
             CC: lee@example.com, Forwarded: pat@example.com\r\nBcc: SMTP:audit@example.com\r\nRecipient: partner@example.net\r\n\
             To: KIM@EXAMPLE.com\r\nTo: kim@example.com\r\nSentUtc: today\r\nno line\r\n",
            "asst@example.com",
            "ceo@example.com",
            "kim@example.com lee@example.com audit@example.com partner@example.net KIM@example.com",
        );
        check("Sender: /O=EX/CN=BO\r\nTo: ann@example.com\r\nTo: /O=EX/CN=CY\r\n", "", "", "ann@example.com");
        assert_eq!(whole("Sender: /O=EX/CN=BO\r\nTo: /O=EX/CN=CY\r\n"), Err(Unreadable::NoAddress));
        assert_eq!(whole("Sender: bo@example.com\r\nTo: /O=EX/CN=CY\r\n").unwrap().left_out, 1);
    }

    #[test]
    fn texts_may_be_encoded() {
        let part = format!("Content-Type: message/rfc822\r\n\r\n{ORIGINAL}");
        let mark = "X-MS-Exchange-Organization-Journal-Report:";
        let quoted = "Sender: bo=40example.com\r\nSubject: Pr=C3=BCf=\r\nung\r\nTo: ann@example.com=\r\n, Expanded: all@example.com\r\n";
        let read = unwrap(report(mark, "Content-Transfer-Encoding: quoted-printable", quoted, &part).as_bytes()).unwrap();
        assert_eq!(
            (read.sender.unwrap().to_string().as_str(), read.recipients[0].to_string().as_str()),
            ("bo@example.com", "ann@example.com")
        );
        let base64 = "U2VuZGVyOiBib0BleGFtcGxlLmNvbQ0KVG86IGFubkBleGFtcGxlLmNvbQ0K\r\n";
        let mark = "Content-Identifer: exjournalreport";
        assert!(unwrap(report(mark, "Content-Transfer-Encoding: base64", base64, &part).as_bytes()).is_ok());
    }

    #[test]
    fn what_is_no_report_is_told_apart() {
        let text = "Sender: bo@example.com\r\nTo: ann@example.com\r\n";
        let part = format!("Content-Type: message/rfc822\r\n\r\n{ORIGINAL}");
        let check = |mark: &str, text: &str, part: &str, expected: Unreadable| {
            assert_eq!(unwrap(report(mark, "", text, part).as_bytes()), Err(expected), "{mark} {text}");
        };
        check("X-Mailer: x", text, &part, Unreadable::NoReport);
        check("Content-Identifer: other", text, &part, Unreadable::NoReport);
        check("X-MS-Journal-Report:", "To: ann@example.com\r\n", &part, Unreadable::NoEnvelope);
        check("X-MS-Journal-Report:", "Sender: bo@example.com\r\n", &part, Unreadable::NoEnvelope);
        check("X-MS-Journal-Report:", text, "Content-Type: text/plain\r\n\r\nx", Unreadable::NoMessage);
        check("X-MS-Journal-Report:", text, "Content-Type: message/rfc822\r\n\r\n", Unreadable::NoMessage);
        assert_eq!(unwrap(b""), Err(Unreadable::NoReport));
    }

    #[test]
    fn lists_are_bounded() {
        let many = |count: usize| -> String { (0..count).map(|n| format!("To: p{n}@example.com\r\n")).collect() };
        let report = whole(&format!("Sender: bo@example.com\r\n{}", many(JOURNAL_RECIPIENTS_MAX))).unwrap();
        assert_eq!((report.recipients.len(), report.left_out), (JOURNAL_RECIPIENTS_MAX, 0));
        let longer = whole(&format!("Sender: bo@example.com\r\n{}", many(JOURNAL_RECIPIENTS_MAX + 1)));
        assert_eq!(longer, Err(Unreadable::TooLong), "nobody is left out in silence");
    }
}
