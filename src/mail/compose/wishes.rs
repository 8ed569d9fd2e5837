//! What a person may wish for a message besides its words, and what a draft keeps that is never sent.

use std::io::{self, Write};

use super::header::Fields;
use super::{Draft, body, header, with_files};
use crate::mail::parse::Person;

/// Of the draft alone: recipients as they were typed, and how it is meant to be sent.
pub const DRAFT_TO: &str = "X-Lifeboat-To";
pub const DRAFT_CC: &str = "X-Lifeboat-Cc";
pub const DRAFT_BCC: &str = "X-Lifeboat-Bcc";
pub const DRAFT_OPTIONS: &str = "X-Lifeboat-Draft";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    High,
    #[default]
    Normal,
    Low,
}

/// How a message is sent.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Who wrote it, if that is not who it is from (RFC 5322 section 3.6.2).
    pub sender: Option<Person>,
    pub priority: Priority,
    /// Who wants to know that it was read (RFC 8098 section 2.1).
    pub receipt_to: Option<Person>,
}

/// What only a draft has.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// As they were typed: unfinished addresses and groups too.
    pub to: String,
    pub cc: String,
    pub bcc: String,
    /// Those of `bcc` that are addresses: mail programs to which the draft is handed over know them by this field (RFC 5322 section 3.6.3).
    pub hidden: Vec<Person>,
    /// In the words of whoever keeps the draft; one line without spaces.
    pub options: String,
}

/// A person's message in wire form, as [`super::write`]; its text may be wrapped by whoever reads it (RFC 3676).
///
/// # Errors
/// As of [`super::write`].
pub fn write_letter(draft: &Draft, wishes: &Wishes, out: &mut dyn Write) -> io::Result<()> {
    with_files(draft, body::flowed(&draft.text))?.write(fields(draft, wishes), out)
}

/// A draft: as it will be sent, its text as it was typed, and with what only a draft has.
///
/// # Errors
/// As of [`super::write`].
pub fn write_draft(draft: &Draft, wishes: &Wishes, kept: &Kept, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&draft_fields(kept))?;
    with_files(draft, body::text(&draft.text))?.write(fields(draft, wishes), out)
}

/// Header fields that make a draft of the message that they stand before.
pub fn draft_fields(kept: &Kept) -> Vec<u8> {
    let mut fields = Fields::new();
    fields.raw(DRAFT_OPTIONS, if kept.options.is_empty() { "-" } else { &kept.options });
    for (name, typed) in [(DRAFT_TO, &kept.to), (DRAFT_CC, &kept.cc), (DRAFT_BCC, &kept.bcc)] {
        if !typed.trim().is_empty() {
            fields.text(name, typed);
        }
    }
    // Outlook opens a saved message with this field for writing on.
    fields.raw("X-Unsent", "1");
    fields.persons("Bcc", &kept.hidden);
    fields.finish().into_bytes()
}

fn fields(draft: &Draft, wishes: &Wishes) -> Fields {
    let mut fields = header(draft);
    if let Some(sender) = &wishes.sender {
        fields.persons("Sender", std::slice::from_ref(sender));
    }
    // RFC 2156 section 5.3.4 for Importance; X-Priority is what the other half of the programs reads.
    match wishes.priority {
        Priority::High => fields.raw("Importance", "high"),
        Priority::Low => fields.raw("Importance", "low"),
        Priority::Normal => {}
    }
    match wishes.priority {
        Priority::High => fields.raw("X-Priority", "1"),
        Priority::Low => fields.raw("X-Priority", "5"),
        Priority::Normal => {}
    }
    if let Some(person) = &wishes.receipt_to {
        fields.persons("Disposition-Notification-To", std::slice::from_ref(person));
    }
    fields
}

impl Priority {
    pub fn name(self) -> &'static str {
        match self {
            Priority::High => "high",
            Priority::Normal => "normal",
            Priority::Low => "low",
        }
    }

    pub fn named(name: &str) -> Option<Priority> {
        [Priority::High, Priority::Normal, Priority::Low].into_iter().find(|priority| priority.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;
    use crate::mail::parse;

    fn person(name: &str, address: &str) -> Person {
        Person { name: name.to_owned(), address: address.to_owned() }
    }

    fn draft(text: &str) -> Draft {
        Draft {
            from: person("Sales", "sales@example.com"),
            to: vec![person("Bo", "bo@x.test")],
            cc: Vec::new(),
            subject: "Offer".to_owned(),
            text: text.to_owned(),
            in_reply_to: None,
            references: Vec::new(),
            attachments: Vec::new(),
            message_id: "one@example.com".to_owned(),
            date: Wall(1_772_530_000_000),
            auto_submitted: None,
        }
    }

    fn letter(draft: &Draft, wishes: &Wishes) -> Vec<u8> {
        let mut out = Vec::new();
        write_letter(draft, wishes, &mut out).unwrap();
        out
    }

    #[test]
    fn wishes_are_fields() {
        let wishes = Wishes {
            sender: Some(person("Ann", "ann@example.com")),
            priority: Priority::High,
            receipt_to: Some(person("Ann\r\nBcc: x@y.test", "ann@example.com")),
        };
        let message = letter(&draft("words"), &wishes);
        let text = String::from_utf8(message).unwrap();
        for field in ["Sender: Ann <ann@example.com>", "Importance: high", "X-Priority: 1", "Disposition-Notification-To: "] {
            assert!(text.contains(&format!("\r\n{field}")), "{field}: {text}");
        }
        assert!(text.contains("format=flowed") && !text.contains("\nBcc") && !text.contains("X-Lifeboat"), "{text}");
        let plain = String::from_utf8(letter(&draft("words"), &Wishes::default())).unwrap();
        assert!(!plain.contains("Importance") && !plain.contains("Sender:") && !plain.contains("Disposition"), "{plain}");
    }

    #[test]
    fn a_draft_keeps_what_was_typed() {
        let kept = Kept {
            to: "Bo <bo@x.test>, ann@, Größe\r\nX-Evil: 1".to_owned(),
            cc: String::new(),
            bcc: "carl@x.test, half".to_owned(),
            hidden: vec![person("", "carl@x.test")],
            options: "kind=reply&about=7".to_owned(),
        };
        let text = "line  \n indented\n> quote\n";
        let mut message = Vec::new();
        write_draft(&draft(text), &Wishes::default(), &kept, &mut message).unwrap();
        assert!(!String::from_utf8_lossy(&message).contains("\nX-Evil"));
        let read = parse::Letter::new(&message);
        let field = |name: &str| read.field(name).unwrap_or_default();
        assert_eq!(field(DRAFT_TO), "Bo <bo@x.test>, ann@, Größe X-Evil: 1");
        assert_eq!((field(DRAFT_CC).as_str(), field(DRAFT_BCC).as_str()), ("", "carl@x.test, half"));
        assert_eq!((field(DRAFT_OPTIONS).as_str(), field("X-Unsent").as_str()), ("kind=reply&about=7", "1"));
        assert_eq!(read.persons("Bcc")[0].address, "carl@x.test");
        assert_eq!(read.opened().text, text);
        // What was sent, and is a draft again.
        let again = [draft_fields(&kept), letter(&draft("a\nb"), &Wishes::default())].concat();
        let read = parse::Letter::new(&again);
        assert_eq!((read.field(DRAFT_BCC).as_deref(), read.opened().summary.subject.as_str()), (Some("carl@x.test, half"), "Offer"));
    }
}
