//! Folder pages: loads one page of a folder.

use super::pages::folder::{FolderPage, Notice, Row};
use super::pages::layout::folder_name;
use super::route::folder_named;
use super::texts::Texts;
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Answer, Trouble, pages, practice, reader, response, undo};
use crate::clock::Wall;
use crate::limits::{DATE_AHEAD_MAX, PAGE_ENTRIES, ROW_TEXT_MAX_CHARS};
use crate::mail::date;
use crate::mail::form::parse_urlencoded;
use crate::store::{Entry, Flags, Folder, FolderId, Seq};

/// `/mail/inbox` and the other folders that everybody has
pub fn show(visit: &Visit<'_>) -> Answer {
    let folder = visit.arguments.first().and_then(|name| folder_named(name)).ok_or(Trouble::NotFound)?;
    one(visit, folder, folder_name(visit.context.texts, folder).to_owned())
}

/// `/mail/folder/ID`: one of the reader's own
pub fn show_own(visit: &Visit<'_>) -> Answer {
    let id = FolderId(visit.number(0)?);
    let own = visit.context.store.view().folders(visit.reader.mailbox())?;
    let row = own.into_iter().find(|row| row.id == id).ok_or(Trouble::NotFound)?;
    one(visit, Folder::Own(id), visible(&row.name))
}

fn one(visit: &Visit<'_>, folder: Folder, name: String) -> Answer {
    let Visit { request, context, reader, .. } = *visit;
    let query = parse_urlencoded(&request.query);
    let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let before = asked("before").and_then(|value| value.parse().ok()).map(Seq);

    let view = context.store.view();
    // One more than is shown tells whether there are older ones.
    let mut entries = view.folder(reader.mailbox(), folder, before, PAGE_ENTRIES + 1)?;
    let more = entries.len() > PAGE_ENTRIES;
    entries.truncate(PAGE_ENTRIES);
    let counts = view.counts(reader.mailbox(), folder)?;

    let page = FolderPage {
        folder,
        name,
        older: entries.last().filter(|_| more).map(|entry| entry.message),
        is_newest: before.is_none(),
        total: counts.total,
        unread: counts.unread,
        notice: if asked("practised").is_some() {
            Some(Notice::Practised)
        } else if asked("sent").is_some() {
            Some(Notice::Sent(undo::offer(visit)))
        } else if asked("kept").is_some() {
            Some(Notice::Kept)
        } else {
            None
        },
        may_write: reader::access(context).may_write(),
        practised: if folder == Folder::Sent && before.is_none() { practice::rows(context) } else { Vec::new() },
        rows: entries.iter().map(|entry| row(context.texts, entry, context.now.wall)).collect(),
    };
    let mut shell = reader::shell(context, &page.name);
    shell.here = Some(folder);
    Ok(response::page_with_script(200, pages::folder::page(&shell, &page)).into())
}

pub fn row(texts: Texts, entry: &Entry, now: Wall) -> Row {
    let summary = &entry.summary;
    let who = match entry.folder {
        Folder::Inbox if summary.from_name.trim().is_empty() => &summary.from_address,
        Folder::Inbox => &summary.from_name,
        Folder::Sent | Folder::Drafts => &summary.to,
        _ => &summary.from_name,
    };
    let at = shown_date(entry);
    Row {
        message: entry.message,
        who: cut(&visible(who), ROW_TEXT_MAX_CHARS),
        subject: cut(&visible(&summary.subject), ROW_TEXT_MAX_CHARS),
        date: texts.short(at, now),
        datetime: date::rfc3339(at),
        unread: !entry.flags.has(Flags::SEEN) && entry.folder == Folder::Inbox,
        attachments: summary.attachments,
        place: None,
    }
}

/// The Date field says when it was written, but anybody can write anything there: one from the future would mislead.
pub fn shown_date(entry: &Entry) -> Wall {
    entry.summary.date.filter(|date| *date <= entry.at.plus(DATE_AHEAD_MAX)).unwrap_or(entry.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Summary;

    fn check(date: Option<u64>, at: u64, expected: u64) {
        let summary = Summary { date: date.map(Wall), ..Summary::default() };
        let entry = Entry { message: Seq(1), folder: Folder::Inbox, flags: Flags::SEEN, at: Wall(at), size: 1, summary };
        assert_eq!(shown_date(&entry), Wall(expected));
    }

    #[test]
    fn a_date_from_the_future_is_not_believed() {
        let day = 24 * 3600 * 1000;
        check(None, 10 * day, 10 * day);
        check(Some(9 * day), 10 * day, 9 * day);
        check(Some(11 * day), 10 * day, 11 * day);
        check(Some(11 * day + 1), 10 * day, 10 * day);
        check(Some(u64::MAX), 10 * day, 10 * day);
    }
}
