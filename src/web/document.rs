//! The document of a message's HTML: sanitised, sandboxed, and complete in itself.
//!
//! Its origin is opaque (CSP `sandbox`), so browsers would ask for pictures without our cookie. Pictures of the same message
//! are embedded as `data:` addresses instead, up to a bound; nothing else is ever loaded.

use std::collections::HashMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use sha2::{Digest, Sha256};

use super::login::hex;
use super::message::Packed;
use super::opening::{Opening, Way};
use super::visit::Visit;
use super::words::visible;
use super::{Answer, Trouble, pages, response};
use crate::limits::{INLINE_PICTURE_MAX_OCTETS, INLINE_PICTURES_MAX, INLINE_PICTURES_MAX_OCTETS, PRINTED_FIELDS_MAX};
use crate::mail::parse::{Attachment, Letter, Opened};
use crate::mail::sanitise::{self, Remote};

/// Pictures that every browser draws and none runs. SVG is left out: it is a program's worth of markup.
const PICTURES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];

/// `/mail/message/SEQ/html`. Pictures of the internet come only to who asks for them on the message's page, this once.
pub fn show(visit: &Visit<'_>) -> Answer {
    let opening = Opening::load(visit)?;
    let letter = opening.letter();
    let opened = letter.opened();
    let source = opened.html.as_deref().ok_or(Trouble::NotFound)?;
    let asked = visit.query("pictures").is_some_and(|given| given == token(visit, &opening.way));
    let remote = if asked { Remote::Pictures } else { Remote::Blocked };
    let document = pages::message::document(&harmless(&letter, &opened, source, remote));
    Ok(response::message_document(document, asked).into())
}

/// `/mail/message/SEQ/print`: everything on one page, with all that its head says.
pub fn print(visit: &Visit<'_>) -> Answer {
    let opening = Opening::load(visit)?;
    let letter = opening.letter();
    let opened = letter.opened();
    let packed = Packed::of(&letter, &opened, &opening.way);
    let is_told_inside = opened.text.trim().is_empty() && opened.html.is_none();
    let inner = packed.as_ref().filter(|_| is_told_inside).map(Packed::letter);
    let unpacked = inner.as_ref().map(Letter::opened);
    let (letter, shown) = inner.as_ref().zip(unpacked.as_ref()).unwrap_or((&letter, &opened));
    let body = match &shown.html {
        Some(source) => harmless(letter, shown, source, Remote::Blocked),
        None => pages::message::plain(&shown.text),
    };
    let t = visit.context.texts;
    let mut head = opening.letter().all_fields(PRINTED_FIELDS_MAX);
    // Stamps of servers on the way say nothing to a reader.
    head.retain(|(name, _)| PRINTED.iter().any(|wanted| name.eq_ignore_ascii_case(wanted)));
    if !opened.attachments.is_empty() {
        let names: Vec<String> = opened.attachments.iter().map(|file| visible(&file.name)).collect();
        head.push((t.count("attachments", names.len() as u64), names.join(", ")));
    }
    let subject = visible(&opened.summary.subject);
    let title = if subject.is_empty() { t.get("no-subject") } else { &subject };
    Ok(response::message_document(pages::message::printed(t, title, &head, &body), false).into())
}

const PRINTED: [&str; 10] = ["From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject", "Message-ID", "Importance"];

/// What the query must say so that pictures are loaded: a link in a message cannot know it.
pub fn token(visit: &Visit<'_>, way: &Way) -> String {
    let about = format!("pictures {} {:?} {way}", visit.reader.session.csrf, visit.arguments.first());
    hex(&Sha256::digest(about.as_bytes())[..12])
}

fn harmless(letter: &Letter<'_>, opened: &Opened, source: &str, remote: Remote) -> String {
    // Never asked for: each becomes a `data:` address.
    const PREFIX: &str = "/mail/part/";
    let sanitised =
        sanitise::sanitise_with(source, &|cid| picture(&opened.attachments, cid).map(|number| format!("{PREFIX}{number}")), remote);
    let load = |number| letter.attachment(number).map(|(attachment, body)| (attachment.media_type, body.into_owned()));
    embed(&sanitised.html, PREFIX, &load)
}

/// The attachment that a `cid:` address means, if it is a picture that may be embedded.
fn picture(attachments: &[Attachment], cid: &str) -> Option<usize> {
    let wanted = attachments.iter().find(|attachment| attachment.content_id.as_deref() == Some(cid))?;
    let fits = PICTURES.contains(&wanted.media_type.as_str()) && wanted.size <= INLINE_PICTURE_MAX_OCTETS;
    fits.then_some(wanted.number)
}

/// Puts `data:` addresses in place of `src="PREFIX<number>"`. What does not fit loses its `src`, so that the alternative text shows.
fn embed(html: &str, prefix: &str, load: &dyn Fn(usize) -> Option<(String, Vec<u8>)>) -> String {
    let needle = format!("src=\"{prefix}");
    let mut out = String::with_capacity(html.len());
    let mut known: HashMap<usize, Option<String>> = HashMap::new();
    let mut room = INLINE_PICTURES_MAX_OCTETS;
    let mut rest = html;
    while let Some(at) = rest.find(&needle) {
        out.push_str(&rest[..at]);
        let tail = &rest[at + needle.len()..];
        let Some(end) = tail.find('"') else {
            rest = tail;
            continue;
        };
        let number = tail[..end].parse().ok().filter(|number| known.len() < INLINE_PICTURES_MAX || known.contains_key(number));
        let address =
            number.and_then(|number: usize| known.entry(number).or_insert_with(|| load(number).and_then(data_address)).as_deref());
        // Counted at each place, so that one picture shown a million times stays within the bound.
        if let Some(address) = address.filter(|address| address.len() <= room) {
            room -= address.len();
            out.push_str("src=\"");
            out.push_str(address);
            out.push('"');
        }
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    out
}

fn data_address((media_type, body): (String, Vec<u8>)) -> Option<String> {
    if !PICTURES.contains(&media_type.as_str()) || body.len() > INLINE_PICTURE_MAX_OCTETS {
        return None;
    }
    let mut address = format!("data:{media_type};base64,");
    BASE64_STANDARD.encode_string(&body, &mut address);
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "/mail/message/7/part/";

    fn check(html: &str, load: &dyn Fn(usize) -> Option<(String, Vec<u8>)>, expected: &str) {
        assert_eq!(embed(html, PREFIX, load), expected);
    }

    fn png(number: usize) -> Option<(String, Vec<u8>)> {
        (number == 1).then(|| ("image/png".to_owned(), b"foo".to_vec()))
    }

    #[test]
    fn embeds_pictures_of_the_same_message() {
        check(
            r#"<p>a<img alt="x" src="/mail/message/7/part/1"> b<img src="/mail/message/7/part/1"></p>"#,
            &png,
            r#"<p>a<img alt="x" src="data:image/png;base64,Zm9v"> b<img src="data:image/png;base64,Zm9v"></p>"#,
        );
    }

    #[test]
    fn leaves_the_alternative_text_of_the_rest() {
        check(r#"<img src="/mail/message/7/part/2" alt="x">"#, &png, r#"<img  alt="x">"#);
        check(r#"<img src="/mail/message/7/part/x">"#, &png, "<img >");
        check(r#"<img src="/mail/message/8/part/1">"#, &png, r#"<img src="/mail/message/8/part/1">"#);
        check(r#"src="/mail/message/7/part/"#, &png, "");
        let svg = |_| Some(("image/svg+xml".to_owned(), b"<svg/>".to_vec()));
        check(r#"<img src="/mail/message/7/part/1">"#, &svg, "<img >");
    }

    #[test]
    fn stays_within_the_bound_however_often_a_picture_is_shown() {
        let large = |_| Some(("image/png".to_owned(), vec![0; INLINE_PICTURE_MAX_OCTETS]));
        let html = r#"<img src="/mail/message/7/part/1">"#.repeat(1000);
        let out = embed(&html, PREFIX, &large);
        assert!(out.contains("data:image/png"), "nothing embedded");
        assert!(out.len() <= INLINE_PICTURES_MAX_OCTETS + html.len(), "{} octets", out.len());
    }

    #[test]
    fn asks_for_at_most_so_many_pictures() {
        let loads = std::cell::Cell::new(0);
        let load = |_| {
            loads.set(loads.get() + 1);
            None
        };
        let html: String = (0..10_000).map(|n| format!(r#"<img src="{PREFIX}{n}">"#)).collect();
        embed(&html, PREFIX, &load);
        assert_eq!(loads.get(), INLINE_PICTURES_MAX);
    }

    #[test]
    fn only_pictures_are_meant_by_cid() {
        let attachment = |media_type: &str, size| Attachment {
            number: 3,
            name: "a".to_owned(),
            media_type: media_type.to_owned(),
            size,
            content_id: Some("one@x".to_owned()),
        };
        assert_eq!(picture(&[attachment("image/png", 10)], "one@x"), Some(3));
        assert_eq!(picture(&[attachment("image/png", 10)], "two@x"), None);
        assert_eq!(picture(&[attachment("text/html", 10)], "one@x"), None);
        assert_eq!(picture(&[attachment("image/png", INLINE_PICTURE_MAX_OCTETS + 1)], "one@x"), None);
    }
}
