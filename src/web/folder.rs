//! Folder pages: loads one page of a folder.

use super::pages::folder::{FolderPage, Notice, Row};
use super::words::{cut, visible};
use super::{Answer, Context, Request, pages, practice, reader, response};
use crate::clock::Wall;
use crate::limits::{DATE_AHEAD_MAX, PAGE_ENTRIES, ROW_TEXT_MAX_CHARS};
use crate::mail::date;
use crate::mail::form::parse_urlencoded;
use crate::store::{Entry, Flags, Folder, Seq};

/// `/mail/inbox`, `/mail/sent`, `/mail/drafts`
pub fn show(folder: Folder, request: &Request, context: &Context<'_>) -> Answer {
    let reader = reader::reading(context)?;
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
        older: entries.last().filter(|_| more).map(|entry| entry.message),
        is_newest: before.is_none(),
        total: counts.total,
        unread: counts.unread,
        notice: if asked("practised").is_some() {
            Some(Notice::Practised)
        } else if asked("sent").is_some() {
            Some(Notice::Sent)
        } else if asked("kept").is_some() {
            Some(Notice::Kept)
        } else {
            None
        },
        may_write: reader::access(context).may_write(),
        practised: if folder == Folder::Sent && before.is_none() { practice::rows(context) } else { Vec::new() },
        rows: entries.iter().map(|entry| row(entry, context.now.wall)).collect(),
    };
    let mut shell = reader::shell(context, page.title());
    shell.here = Some(folder);
    Ok(response::page(200, pages::folder::page(&shell, &page)).into())
}

pub fn row(entry: &Entry, now: Wall) -> Row {
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
        date: date::short(at, now),
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
