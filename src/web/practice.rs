//! What people write in a drill: shown to who wrote it, from the sandbox and never from the store.

use super::pages::folder::Practised;
use super::pages::practice::{self, LetterPage};
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Answer, Context, PracticeLetter, Trouble, reader, response};
use crate::limits::ROW_TEXT_MAX_CHARS;
use crate::mail::{date, parse};
use crate::store::Folder;

/// Lines for the page of Sent.
pub fn rows(context: &Context<'_>) -> Vec<Practised> {
    if reader::drill(context).is_none() {
        return Vec::new();
    }
    let row = |letter: &PracticeLetter| Practised {
        number: letter.number,
        to: cut(&visible(&letter.to.join(", ")), ROW_TEXT_MAX_CHARS),
        subject: cut(&visible(&parse::summarise(&letter.message).subject), ROW_TEXT_MAX_CHARS),
        date: context.texts.short(letter.at, context.now.wall),
        datetime: date::rfc3339(letter.at),
    };
    (context.practice)().iter().map(|letter| row(letter)).collect()
}

/// `/mail/practice/NUMBER`
pub fn show(visit: &Visit<'_>) -> Answer {
    let context = visit.context;
    let number = visit.number(0)?;
    reader::drill(context).ok_or(Trouble::NotFound)?;
    let letter = (context.practice)().into_iter().find(|letter| letter.number == number).ok_or(Trouble::NotFound)?;
    let opened = parse::open(&letter.message);
    let page = LetterPage {
        subject: visible(&opened.summary.subject),
        to: letter.to.iter().map(|to| visible(to)).collect(),
        date: context.texts.minute(letter.at),
        text: opened.text,
        files: opened.attachments.iter().map(|file| visible(&file.name)).collect(),
        cut: letter.cut,
    };
    let mut shell = reader::shell(context, &page.subject);
    shell.here = Some(Folder::Sent);
    Ok(response::page(200, practice::page(&shell, &page)).into())
}
