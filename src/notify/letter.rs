//! A notice as it goes out: subject, text of at most 76 columns, the same as HTML, and a short form for phones.

use super::notice::Notice;
use super::template::{Block, Templates, fill, fill_short};
use crate::clock::Wall;
use crate::mail::Address;
use crate::mail::compose::Draft;
use crate::mail::parse::Person;

/// RFC 5322 section 2.1.1 asks for 78; answers quote with two more.
const COLUMNS: usize = 76;

/// Who writes to whom, for which office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letterhead {
    pub hostname: String,
    /// The first of the served domains: the office, and the domain that the notice comes from.
    pub office: String,
    /// Where the webmail is, by name and by address; empty if not known.
    pub link: String,
    pub ip_link: String,
    /// Of the person that it is written to; empty for admins.
    pub name: String,
    /// What the person signs in with; empty for admins.
    pub address: String,
}

/// A notice in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// For a phone, in one line.
    pub short: String,
}

/// The notice in words.
pub fn letter(templates: &Templates, head: &Letterhead, notice: &Notice) -> Letter {
    let name = notice.template();
    let mut values = notice.values();
    values.extend([
        ("office", head.office.clone()),
        ("hostname", head.hostname.clone()),
        ("link", head.link.clone()),
        ("ip_link", head.ip_link.clone()),
        ("name", head.name.clone()),
        ("address", head.address.clone()),
    ]);
    let (subject, blocks) = fill(templates.get(name).unwrap_or_default(), &values);
    let short = templates.get(&format!("{name}.short")).map(|template| fill_short(template, &values));
    Letter { text: text(&blocks), html: html(&subject, &blocks), short: short.unwrap_or_else(|| subject.clone()), subject }
}

/// The letter as a mail of the box, ready to be written with [`crate::mail::compose::write_alternative`].
pub fn draft(head: &Letterhead, letter: &Letter, to: &[Address], message_id: String, now: Wall) -> Draft {
    let person = |address: &Address| Person { name: head.name.clone(), address: address.to_string() };
    Draft {
        from: Person { name: "Lifeboat".to_owned(), address: format!("postmaster@{}", head.office) },
        to: to.iter().map(person).collect(),
        cc: vec![],
        subject: letter.subject.clone(),
        text: letter.text.clone(),
        in_reply_to: None,
        references: vec![],
        attachments: vec![],
        message_id,
        date: now,
        // RFC 3834 section 5: so that no vacation notice answers it.
        auto_submitted: Some("auto-generated"),
    }
}

fn text(blocks: &[Block]) -> String {
    let shown = blocks.iter().map(|block| match block {
        Block::Paragraph(text) => wrapped(text),
        Block::Kept(lines) => lines.join("\n"),
    });
    shown.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Lines of at most [`COLUMNS`] characters; a word that is longer, a link say, has a line of its own.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Nothing in it comes from elsewhere: no pictures, no styles, no scripts.
fn html(subject: &str, blocks: &[Block]) -> String {
    let shown = blocks.iter().map(|block| match block {
        Block::Paragraph(text) => format!("<p>{}</p>", linked(text)),
        Block::Kept(lines) => format!("<pre>{}</pre>", lines.iter().map(|line| linked(line)).collect::<Vec<_>>().join("\n")),
    });
    let body: Vec<String> = shown.collect();
    let subject = escaped(subject);
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{subject}</title></head><body>\n{}\n</body></html>\n",
        body.join("\n")
    )
}

/// Escaped, with links to click on.
fn linked(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let plain = escaped(word);
        let end = word.trim_end_matches(['.', ',', ';']).len();
        if word.starts_with("https://") && end > "https://".len() {
            let (link, rest) = (escaped(&word[..end]), escaped(&word[end..]));
            format!("<a href=\"{link}\">{link}</a>{rest}")
        } else {
            plain
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::Login;

    fn head() -> Letterhead {
        Letterhead {
            hostname: "box.example.com".to_owned(),
            office: "example.com".to_owned(),
            link: "https://box.example.com/".to_owned(),
            ip_link: "https://192.0.2.5/".to_owned(),
            name: "Ann Müller".to_owned(),
            address: "ann@example.com".to_owned(),
        }
    }

    fn written(notice: &Notice) -> Letter {
        letter(&Templates::default(), &head(), notice)
    }

    #[test]
    fn every_notice_is_whole_and_fits_the_line() {
        for notice in Notice::samples() {
            let letter = written(&notice);
            assert!(!letter.subject.is_empty() && letter.text.len() > 40 && !letter.short.is_empty(), "{letter:?}");
            for text in [&letter.subject, &letter.text, &letter.html, &letter.short] {
                assert!(!text.contains(['{', '}']), "{text}");
            }
            assert!(letter.text.lines().all(|line| line.chars().count() <= COLUMNS), "{}", letter.text);
            for (name, value) in notice.values() {
                let all = format!("{}{}", letter.subject, letter.text.replace('\n', " "));
                assert!(all.contains(value.trim()), "{name}={value}: {all}");
            }
            assert!(!letter.html.contains("src=") && !letter.html.contains("style"), "{}", letter.html);
            assert!(letter.short.chars().count() <= 320, "two text messages: {}", letter.short);
        }
    }

    #[test]
    fn a_person_is_told_where_and_how_to_sign_in() {
        let letter =
            written(&Notice::EventStart { since: Wall(1_772_529_302_000), login: Login::Fresh { password: "a-b-c-d".to_owned() } });
        assert_eq!(letter.subject, "Mail is down: how to read and answer your mail now");
        for part in [
            "Hello Ann Müller,",
            "\n  Open:      https://box.example.com/\n  or:        https://192.0.2.5/\n  Name:      ann@example.com\n  Password:  a-b-c-d\n",
        ] {
            assert!(letter.text.contains(part), "{part}: {}", letter.text);
        }
        assert!(letter.html.contains("<a href=\"https://192.0.2.5/\">https://192.0.2.5/</a>"), "{}", letter.html);
        assert!(letter.short.contains("https://192.0.2.5/") && letter.short.contains("a-b-c-d"), "{}", letter.short);
        let again = written(&Notice::EventStart { since: Wall(0), login: Login::AsBefore });
        assert!(again.text.contains("the one in the last notice"), "{}", again.text);
    }

    #[test]
    fn without_an_address_of_its_own_and_a_name_the_lines_are_left_out() {
        let bare = Letterhead { ip_link: String::new(), name: String::new(), ..head() };
        let letter = letter(&Templates::default(), &bare, &Notice::EventReminder { since: Wall(0) });
        assert!(!letter.text.contains("or:") && !letter.text.contains("Hello"), "{}", letter.text);
        assert!(letter.text.contains("\n  Open:      https://box.example.com/\n  Name:"), "{}", letter.text);
    }

    #[test]
    fn html_takes_nothing_from_values() {
        let letter = written(&Notice::AdminAlarm { alarm: "<b> & \"https://x\" https://y.example/a.".to_owned() });
        assert!(letter.html.contains("<p>&lt;b&gt; &amp; &quot;https://x&quot; <a href=\"https://y.example/a\">"), "{}", letter.html);
        assert!(letter.text.starts_with("<b> & \"https://x\" https://y.example/a."), "{}", letter.text);
    }

    #[test]
    fn the_mail_is_of_the_box_and_no_vacation_notice_answers() {
        let letter = written(&Notice::EventEnd);
        let draft = draft(&head(), &letter, &[Address::parse("ann@mobile.example").unwrap()], "id@box".to_owned(), Wall(1));
        assert_eq!((draft.from.address.as_str(), draft.to[0].address.as_str()), ("postmaster@example.com", "ann@mobile.example"));
        assert_eq!(draft.auto_submitted, Some("auto-generated"));
    }
}
