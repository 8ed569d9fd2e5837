//! `/mail/conversation/SEQ`: all messages of a conversation on one page, the newest open.

use super::pages::conversation::{self, ConversationPage, LetterView};
use super::places::Places;
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Access, Answer, Intent, Outcome, act, folder, reader, response};
use crate::limits::{COMPOSE_SUBJECT_MAX_CHARS, CONVERSATION_TEXTS_MAX, CONVERSATION_TEXTS_MAX_OCTETS};
use crate::mail::date;
use crate::mail::parse::Sparse;
use crate::store::{Entry, Flags, Folder, StoreError};

pub fn show(visit: &Visit<'_>) -> Answer {
    let (context, reader) = (visit.context, visit.reader);
    let asked = reader::own_entry(context, reader, visit.message()?)?;
    let mut entries = context.store.conversation(reader.mailbox(), asked.message)?;
    // What was thrown away is no part of it, unless one looks from there.
    let away = |folder| matches!(folder, Folder::Junk | Folder::Trash);
    entries.retain(|entry| !away(entry.folder) || away(asked.folder) || entry.message == asked.message);

    let access = reader::access(context);
    let places = Places::load(context, reader)?;
    let read_from = read_from(&entries);
    let (mut letters, mut intents) = (Vec::with_capacity(entries.len()), Vec::new());
    for (at, entry) in entries.iter().enumerate() {
        let with_text = at >= read_from || entry.message == asked.message;
        letters.push(letter(visit, &places, entry, with_text, at + 1 == entries.len() || entry.message == asked.message)?);
        if with_text && !entry.flags.has(Flags::SEEN) && access == Access::Open {
            intents.push(Intent::Seen { mailbox: reader.mailbox().clone(), message: entry.message });
        }
    }
    if access == Access::Practice {
        intents.push(Intent::Looked { mailbox: reader.mailbox().clone() });
    }
    let page = ConversationPage {
        folder: asked.folder,
        place: places.name(asked.folder),
        subject: cut(&visible(&asked.summary.subject), COMPOSE_SUBJECT_MAX_CHARS),
        letters,
        may_write: access.may_write(),
    };
    let mut shell = reader::shell(context, &page.subject);
    shell.here = Some(asked.folder);
    shell.told = act::told(visit);
    Ok(Outcome { response: response::page(200, conversation::page(&shell, &page)), intents })
}

/// Where the texts begin that are read: of the newest, and of those before it as long as they are neither many nor large.
fn read_from(entries: &[Entry]) -> usize {
    let mut room = CONVERSATION_TEXTS_MAX_OCTETS;
    let fits = |entry: &&Entry| {
        let left = room.checked_sub(entry.size);
        room = left.unwrap_or_default();
        left.is_some()
    };
    let texts = entries.iter().rev().take(CONVERSATION_TEXTS_MAX).take_while(fits).count();
    entries.len() - texts.max(1).min(entries.len())
}

fn letter(visit: &Visit<'_>, places: &Places, entry: &Entry, with_text: bool, open: bool) -> Result<LetterView, StoreError> {
    let context = visit.context;
    let row = folder::row(context.texts, entry, context.now.wall);
    let opened = if with_text { Some(Sparse::read(context.store.blob(entry.message)?)?.letter().opened()) } else { None };
    let mut acts = act::of_message(visit, entry)?;
    if let Some(acts) = &mut acts {
        acts.stay = act::here(visit);
    }
    Ok(LetterView {
        message: entry.message,
        folder: entry.folder,
        place: places.name(entry.folder),
        who: visible(if entry.summary.from_name.is_empty() { &entry.summary.from_address } else { &entry.summary.from_name }),
        date: context.texts.minute(entry.shown_date()),
        datetime: date::rfc3339(entry.shown_date()),
        unread: row.unread,
        flagged: row.flagged,
        attachments: row.attachments,
        has_html: opened.as_ref().is_some_and(|opened| opened.html.is_some()),
        text: opened.map(|opened| opened.text),
        open,
        acts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;
    use crate::mail::Summary;
    use crate::store::Seq;

    #[test]
    fn the_texts_of_a_page_are_neither_many_nor_large() {
        let entry = |(at, size): (usize, &u64)| Entry {
            message: Seq(at as u64),
            folder: Folder::Inbox,
            flags: Flags::SEEN,
            at: Wall(0),
            size: *size,
            summary: Summary::default(),
        };
        let check = |sizes: &[u64], expected: usize| {
            let entries: Vec<Entry> = sizes.iter().enumerate().map(entry).collect();
            assert_eq!(read_from(&entries), expected, "{sizes:?}");
        };
        let large = CONVERSATION_TEXTS_MAX_OCTETS;
        check(&[], 0);
        check(&[1; 50], 50 - CONVERSATION_TEXTS_MAX);
        check(&[1, 1, 1], 0);
        check(&[1, large, 1, 1], 2);
        check(&[1, large - 2, 1, 1], 1);
        // The newest is open, however large it is.
        check(&[1, large + 1], 1);
    }
}
