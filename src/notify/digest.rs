//! The mail that hands a person's Sent copies and drafts over to the normal mailbox.

use crate::clock::Wall;
use crate::limits::DIGEST_SUBJECT_MAX_CHARS;
use crate::mail::compose::{Draft, File, person};
use crate::mail::parse::Person;
use crate::mail::{Address, Mailbox, date};

/// A message inside a digest.
#[derive(Clone, Debug)]
pub struct DigestItem {
    pub subject: String,
    pub at: Wall,
    pub draft: bool,
    /// Everyone it was for, Bcc included, with what became of it: `bo@x.com: delivered`.
    pub recipients: Vec<(Address, String)>,
    /// The message itself, attached as message/rfc822.
    pub message: Vec<u8>,
}

/// A digest to compose.
#[derive(Clone, Debug)]
pub struct Digest<'a> {
    pub hostname: &'a str,
    pub mailbox: &'a Mailbox,
    pub name: &'a str,
    pub event_from: Wall,
    pub event_to: Wall,
    pub part: u32,
    pub parts: u32,
    pub items: Vec<DigestItem>,
    pub message_id: String,
    pub now: Wall,
}

/// The digest, ready to be written and queued for the primary.
pub fn digest(digest: Digest<'_>) -> Draft {
    let span = span(&date::minute(digest.event_from), &date::minute(digest.event_to));
    let times: Vec<String> = digest.items.iter().map(|item| date::minute(item.at)).collect();
    Draft {
        from: Person { name: "Lifeboat".to_owned(), address: format!("lifeboat@{}", digest.hostname) },
        to: vec![person(digest.name, digest.mailbox)],
        cc: vec![],
        subject: subject(&span, digest.part, digest.parts),
        text: text(&digest, &span, &times),
        in_reply_to: None,
        references: vec![],
        attachments: attachments(digest.items),
        message_id: digest.message_id,
        date: digest.now,
        // RFC 3834 section 5: so that no vacation notice answers it.
        auto_submitted: Some("auto-generated"),
    }
}

/// `2026-03-03 09:15 to 11:02`; the second day only if it is another one.
fn span(from: &str, to: &str) -> String {
    let same_day = from.split_once(' ').zip(to.split_once(' ')).filter(|(from, to)| from.0 == to.0);
    format!("{from} to {}", same_day.map_or(to, |(_, (_, time))| time))
}

fn subject(span: &str, part: u32, parts: u32) -> String {
    let part = if parts > 1 { format!(", part {part} of {parts}") } else { String::new() };
    format!("Mail you wrote while Exchange was down ({span}){part}")
}

/// What it is, what the reader may want to do, and a list with what became of each message.
fn text(digest: &Digest<'_>, span: &str, times: &[String]) -> String {
    let greeting = if digest.name.trim().is_empty() { "Hello,".to_owned() } else { format!("Hello {},", digest.name.trim()) };
    let part = if digest.parts > 1 { format!(" This is part {} of {}.", digest.part, digest.parts) } else { String::new() };
    let drafts = if digest.items.iter().any(|item| item.draft) {
        " Drafts were not sent: open one and send it from here if you still want it to go."
    } else {
        ""
    };
    let mut text = format!(
        "{greeting}\n\nExchange was down ({span}) and you wrote mail in the Lifeboat webmail. It is attached, so that you have it in your \
         normal mailbox. Drag it into Sent if you like to keep it there.{drafts}{part}\n"
    );
    for (number, (item, time)) in (1..).zip(digest.items.iter().zip(times)) {
        let what = if item.draft { "draft, not sent, last changed" } else { "sent" };
        text.push_str(&format!("\n{} {}\n   {what} {time}\n", numbered(number), shown(&item.subject)));
        for (address, fate) in &item.recipients {
            text.push_str(&format!("   {address}: {fate}\n"));
        }
    }
    text
}

fn attachments(items: Vec<DigestItem>) -> Vec<File> {
    let file = |(number, item): (usize, DigestItem)| File {
        name: format!("{} {}.eml", numbered(number), file_stem(&item.subject)),
        media_type: "message/rfc822".to_owned(),
        content: item.message.into(),
    };
    (1..).zip(items).map(file).collect()
}

fn numbered(number: usize) -> String {
    format!("{number:02}")
}

/// A subject as it stands in the list: one line, cut.
fn shown(subject: &str) -> String {
    let line: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    match line.chars().count() {
        0 => "(no subject)".to_owned(),
        count if count > DIGEST_SUBJECT_MAX_CHARS => {
            line.chars().take(DIGEST_SUBJECT_MAX_CHARS - 1).collect::<String>().trim_end().to_owned() + "…"
        }
        _ => line.to_owned(),
    }
}

/// A subject as a file name that every system takes: Windows refuses `\ / : * ? " < > |` and a dot or space at the end.
fn file_stem(subject: &str) -> String {
    let kept = subject.chars().map(|c| if c.is_control() || "\\/:*?\"<>|".contains(c) { ' ' } else { c });
    let words: String = kept.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = words.chars().take(DIGEST_SUBJECT_MAX_CHARS).collect();
    match cut.trim_matches(['.', ' ']) {
        "" => "no subject".to_owned(),
        stem => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(subject: &str, draft: bool, recipients: &[(&str, &str)]) -> DigestItem {
        let recipients = recipients.iter().map(|(address, fate)| (Address::parse(address).unwrap(), (*fate).to_owned())).collect();
        DigestItem { subject: subject.to_owned(), at: Wall(0), draft, recipients, message: b"Subject: x\r\n\r\nbody\r\n".to_vec() }
    }

    fn of<'a>(mailbox: &'a Mailbox, parts: u32, items: Vec<DigestItem>) -> Digest<'a> {
        Digest {
            hostname: "box.example.com",
            mailbox,
            name: "Ann",
            event_from: Wall(1_772_529_300_000),
            event_to: Wall(1_772_535_720_000),
            part: 1,
            parts,
            items,
            message_id: "1@box.example.com".to_owned(),
            now: Wall(1_772_535_800_000),
        }
    }

    fn ann() -> Mailbox {
        Address::parse("ann@example.com").unwrap().mailbox()
    }

    #[test]
    fn the_subject_says_when() {
        let same_day = span("2026-03-03 09:15", "2026-03-03 11:02");
        assert_eq!(subject(&same_day, 1, 1), "Mail you wrote while Exchange was down (2026-03-03 09:15 to 11:02)");
        let days = span("2026-03-03 09:15", "2026-03-04 07:00");
        assert_eq!(subject(&days, 2, 3), "Mail you wrote while Exchange was down (2026-03-03 09:15 to 2026-03-04 07:00), part 2 of 3");
    }

    #[test]
    fn the_text_lists_what_became_of_each_message() {
        let mailbox = ann();
        let items =
            vec![item("Offer", false, &[("bo@example.net", "delivered"), ("cy@example.org", "waiting")]), item("Re:\r\nplan", true, &[])];
        let text = text(&of(&mailbox, 1, items), "2026-03-03 09:15 to 11:02", &["09:20".to_owned(), "09:30".to_owned()]);
        assert!(text.starts_with("Hello Ann,\n\nExchange was down (2026-03-03 09:15 to 11:02) and you wrote mail"), "{text}");
        assert!(text.contains("\n01 Offer\n   sent 09:20\n   bo@example.net: delivered\n   cy@example.org: waiting\n"), "{text}");
        assert!(text.contains("\n02 Re:  plan\n   draft, not sent, last changed 09:30\n"), "{text}");
        assert!(text.contains("Drafts were not sent") && !text.contains("part 1"), "{text}");
    }

    #[test]
    fn files_have_names_that_every_system_takes() {
        let name = |subject: &str| attachments(vec![item(subject, false, &[])])[0].name.clone();
        assert_eq!(name("Offer"), "01 Offer.eml");
        assert_eq!(name(""), "01 no subject.eml");
        assert_eq!(name("../../etc/passwd"), "01 etc passwd.eml");
        assert_eq!(name("a\r\nb: \"c\" <d>?"), "01 a b c d.eml");
        assert_eq!(name("Grüße."), "01 Grüße.eml");
        assert_eq!(name(&"x".repeat(500)).chars().count(), "01 .eml".len() + DIGEST_SUBJECT_MAX_CHARS);
        assert_eq!(shown(&"x".repeat(500)).chars().count(), DIGEST_SUBJECT_MAX_CHARS);
        let many = attachments((0..101).map(|n| item(&n.to_string(), false, &[])).collect());
        assert_eq!((many[9].name.as_str(), many[100].name.as_str()), ("10 9.eml", "101 100.eml"));
    }

    #[test]
    fn the_digest_is_a_mail_of_the_box_to_the_person() {
        let mailbox = ann();
        let draft = digest(of(&mailbox, 2, vec![item("Offer", false, &[])]));
        assert_eq!((draft.from.address.as_str(), draft.to[0].address.as_str()), ("lifeboat@box.example.com", "ann@example.com"));
        assert_eq!(draft.auto_submitted, Some("auto-generated"));
        assert!(draft.subject.starts_with("Mail you wrote while Exchange was down (2026-03-0"), "{}", draft.subject);
        assert!(draft.subject.ends_with("part 1 of 2"), "{}", draft.subject);
        assert_eq!(draft.attachments[0].media_type, "message/rfc822");
        assert_eq!(draft.attachments[0].content.bytes().unwrap(), b"Subject: x\r\n\r\nbody\r\n");
        assert_eq!((draft.message_id.as_str(), draft.date), ("1@box.example.com", Wall(1_772_535_800_000)));
    }
}
