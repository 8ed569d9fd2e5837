//! Files of a message: saved, shown where a browser can do nothing with them, all at once, and the source of the message itself.

use super::download::{disposition, eml_name};
use super::files::{self, Preview, shown_type};
use super::message::Packed;
use super::opening::Opening;
use super::pages::preview::{self, PreviewPage, Shown, SourcePage};
use super::visit::Visit;
use super::words::visible;
use super::{Answer, Trouble, pages, reader, response};
use crate::limits::SOURCE_SHOWN_MAX_OCTETS;
use crate::mail::zip::Archive;

/// More than any of the signatures that a file is known by.
const SIGNATURE_OCTETS: usize = 64;

/// `/mail/message/SEQ/show/N`: a picture, or a PDF for the browser's viewer. Nothing else is ever answered without `attachment`.
pub fn show(visit: &Visit<'_>) -> Answer {
    let opening = Opening::load(visit)?;
    let (attachment, content) = opening.letter().file(number(visit)?).ok_or(Trouble::NotFound)?;
    let wanted = files::preview(&attachment.media_type, &attachment.name);
    let media_type = shown_type(&content.piece(0, SIGNATURE_OCTETS)?).filter(|found| match wanted {
        Some(Preview::Picture) => found.starts_with("image/"),
        Some(Preview::Pdf) => *found == "application/pdf",
        _ => false,
    });
    let media_type = media_type.ok_or(Trouble::NotFound)?;
    let disposition = disposition(&attachment.name).replacen("attachment", "inline", 1);
    Ok(response::shown_file(media_type, &disposition, content).into())
}

/// `/mail/message/SEQ/view/N`: the page of a file.
pub fn view(visit: &Visit<'_>) -> Answer {
    let opening = Opening::load(visit)?;
    let number = number(visit)?;
    let letter = opening.letter();
    let (attachment, content) = letter.file(number).ok_or(Trouble::NotFound)?;
    let start = content.piece(0, SIGNATURE_OCTETS)?;
    let path = |what: &str| opening.way.path(opening.seq(), &format!("/{what}/{number}"));
    let is = |kind: &str| shown_type(&start).is_some_and(|found| found.starts_with(kind));
    let shown = match files::preview(&attachment.media_type, &attachment.name) {
        Some(Preview::Picture) if is("image/") => Shown::Picture { path: path("show") },
        Some(Preview::Pdf) if is("application/pdf") => Shown::Pdf { path: path("show") },
        Some(Preview::Text) => {
            let (text, cut) = letter.attachment_text(number).ok_or(Trouble::NotFound)?;
            Shown::Text { text, cut }
        }
        _ => Shown::Nothing,
    };
    let page = PreviewPage {
        name: visible(&attachment.name),
        size: visit.context.texts.size(attachment.size),
        save: path("part"),
        back: opening.way.path(opening.seq(), ""),
        shown,
    };
    let mut shell = reader::shell(visit.context, &page.name);
    shell.here = Some(opening.entry.folder);
    Ok(response::page(200, preview::page(&shell, &page)).into())
}

/// `/mail/message/SEQ/zip`: all files in one. The files of a `winmail.dat` stand for it.
pub fn zip(visit: &Visit<'_>) -> Answer {
    let opening = Opening::load(visit)?;
    let letter = opening.letter();
    let packed = Packed::of(&letter, &letter.opened(), &opening.way);
    let inner = packed.as_ref().map(Packed::letter).filter(|inner| !inner.attachments().is_empty());
    let unpacked = packed.as_ref().filter(|_| inner.is_some()).map(|packed| packed.number);
    let outside = letter.attachments().into_iter().filter(|file| Some(file.number) != unpacked).map(|file| (&letter, file.number));
    let inside = inner.iter().flat_map(|inner| inner.attachments().into_iter().map(move |file| (inner, file.number)));
    let files: Vec<_> = outside.chain(inside).collect();
    if files.is_empty() {
        return Err(Trouble::NotFound);
    }
    let mut archive = Archive::default();
    for (letter, number) in files {
        let Some((attachment, content)) = letter.file(number) else { continue };
        if !archive.add(&attachment.name, &content)? {
            return Err(Trouble::Said(visit.context.texts.get("files-too-many").to_owned()));
        }
    }
    let name = eml_name(&letter.opened_subject(), opening.seq()).replace(".eml", ".zip");
    Ok(response::file("application/zip", &disposition(&name), archive.finish()).into())
}

/// `/mail/message/SEQ/source`: the message as it came, as text.
pub fn source(visit: &Visit<'_>) -> Answer {
    let opening = Opening::load(visit)?;
    let message = opening.message();
    let start = message.slice(0..SOURCE_SHOWN_MAX_OCTETS as u64).bytes()?;
    let octets = usize::try_from(message.len()).unwrap_or(usize::MAX);
    let page = SourcePage {
        text: readable(&start),
        cut: start.len() < octets,
        size: visit.context.texts.size(octets),
        save: opening.way.path(opening.seq(), "/raw"),
        back: opening.way.path(opening.seq(), ""),
    };
    let mut shell = reader::shell(visit.context, visit.context.texts.get("source-title"));
    shell.here = Some(opening.entry.folder);
    Ok(response::page(200, pages::preview::source(&shell, &page)).into())
}

fn number(visit: &Visit<'_>) -> Result<usize, Trouble> {
    usize::try_from(visit.number(1)?).map_err(|_| Trouble::NotFound)
}

/// Octets as text: control characters and what turns the direction are shown, not obeyed.
fn readable(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' => {}
            '\n' | '\t' => out.push(c),
            c if c < ' ' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('?')),
            '\u{7f}'..='\u{9f}' => out.push('\u{fffd}'),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_is_what_it_is() {
        assert_eq!(readable(b"a\r\n\tb\0\x1b[2J\xff"), "a\n\tb␀␛[2J\u{fffd}");
        assert_eq!(readable("x\u{202e}y\u{9b}".as_bytes()), "x\u{fffd}y\u{fffd}");
    }
}
