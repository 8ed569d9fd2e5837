//! Folder pages: loads one page of a folder.

use super::order::{By, Order, Show};
use super::pages::folder::{FolderPage, Notice};
use super::pages::layout::folder_name;
use super::pages::rows::{Acting, All, Hits, Row};
use super::pages::search::Trouble as Waits;
use super::places::Places;
use super::route::folder_named;
use super::texts::Texts;
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Answer, Trouble, act, changes, pages, practice, reader, response, table, undo};
use crate::clock::Wall;
use crate::limits::{PAGE_ENTRIES, ROW_TEXT_MAX_CHARS, SEARCH_BEHIND_SHOWN};
use crate::mail::Mailbox;
use crate::mail::date;
use crate::mail::form::parse_urlencoded;
use crate::store::{Entry, Field, Flags, Folder, FolderId, Listed, ListedRow, Listing, Query, SearchState, Seq, Store, StoreError, View};

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
    let seq = |name: &str| asked(name).and_then(table::number).map(Seq);
    let skipped = asked("at").and_then(table::number).unwrap_or(0);

    let view = context.store.view();
    let mailbox = reader.mailbox();
    let order = Order::of(&query, (context.preferences)(mailbox).conversations);
    let counts = view.counts(mailbox, folder)?;
    let found = if order.is_plain() {
        plain(view, mailbox, folder, seq("before"), seq("after"))?
    } else {
        listed(context.store, mailbox, folder, &order.listing(asked("from").and_then(|text| text.parse().ok())))?
    };
    let mut live = changes::live(visit, folder, &name)?;
    live.rows = order.is_plain() && found.is_first;
    // Only what is shown whole can be meant by "all".
    let all = (order.show == Show::All).then_some(All { total: counts.total, upto: live.upto });
    let acting = if found.rows.is_empty() { None } else { acting(visit, Some(folder), all)? };
    let is_newest = found.is_first;

    let page = FolderPage {
        folder,
        name,
        older: found.older,
        newer: found.newer,
        next: found.next,
        order,
        waits: found.waits,
        live,
        is_newest,
        skipped: if is_newest { 0 } else { skipped.min(counts.total) },
        total: counts.total,
        unread: counts.unread,
        acting,
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
        practised: if folder == Folder::Sent && is_newest { practice::rows(context) } else { Vec::new() },
        rows: found.rows.iter().map(|found| listed_row(context.texts, found, order, context.now.wall)).collect(),
    };
    let mut shell = reader::shell(context, &page.name);
    shell.here = Some(folder);
    shell.told = act::told(visit);
    Ok(response::page_with_script(200, pages::folder::page(&shell, &page)).into())
}

/// A page of a folder, and where its neighbours are.
#[derive(Default)]
struct Found {
    rows: Vec<ListedRow>,
    older: Option<Seq>,
    newer: Option<Seq>,
    /// Where the next page of another order begins.
    next: Option<String>,
    is_first: bool,
    waits: Option<Waits>,
}

// In the order of receipt, read from the index at the place where the page begins: the same work in a folder of any size.
fn plain(view: &View, mailbox: &Mailbox, folder: Folder, before: Option<Seq>, after: Option<Seq>) -> Result<Found, StoreError> {
    let rows = |entries: Vec<Entry>| entries.into_iter().map(|entry| ListedRow { entry, conversation: None }).collect();
    if let Some(after) = after {
        let mut entries = view.folder_after(mailbox, folder, after, PAGE_ENTRIES + 1)?;
        // With less than a page it is the newest one, which is shown whole.
        if entries.len() > PAGE_ENTRIES {
            entries.remove(0);
            let (newer, older) = (entries.first().map(|entry| entry.message), entries.last().map(|entry| entry.message));
            return Ok(Found { older, newer, rows: rows(entries), ..Found::default() });
        }
    }
    let before = before.filter(|_| after.is_none());
    // One more than is shown tells whether there are older ones.
    let mut entries = view.folder(mailbox, folder, before, PAGE_ENTRIES + 1)?;
    let more = entries.len() > PAGE_ENTRIES;
    entries.truncate(PAGE_ENTRIES);
    let older = entries.last().filter(|_| more).map(|entry| entry.message);
    let newer = before.map(|before| entries.first().map_or(Seq(before.0.saturating_sub(1)), |entry| entry.message));
    Ok(Found { older, newer, is_first: before.is_none(), rows: rows(entries), ..Found::default() })
}

// In another order, or only some of it: what the catalogue knows.
fn listed(store: &Store, mailbox: &Mailbox, folder: Folder, listing: &Listing) -> Result<Found, StoreError> {
    let Listed { rows, next, state, .. } = store.list(mailbox, folder, listing)?;
    let waits = match state {
        SearchState::Behind(records) if records > SEARCH_BEHIND_SHOWN => Some(Waits::Behind),
        SearchState::Unavailable => Some(Waits::Unavailable),
        _ => None,
    };
    Ok(Found { rows, next: next.map(|next| next.to_string()), is_first: listing.cursor.is_none(), waits, ..Found::default() })
}

fn listed_row(texts: Texts, found: &ListedRow, order: Order, now: Wall) -> Row {
    let mut row = row(texts, &found.entry, now);
    if order.sort == By::Size {
        row.size = Some(texts.size(usize::try_from(found.entry.size).unwrap_or(usize::MAX)));
    }
    if let Some(conversation) = found.conversation.as_ref().filter(|conversation| conversation.messages > 1) {
        row.conversation = usize::try_from(conversation.messages).unwrap_or(usize::MAX);
        row.unread = conversation.unread > 0;
        row.flagged = conversation.flagged;
        row.attachments = conversation.attachments;
        let people: Vec<String> = conversation.people.iter().map(|name| visible(name)).collect();
        row.who = cut(&people.join(", "), ROW_TEXT_MAX_CHARS);
    }
    row
}

/// What the lines of a page need so that people can act on them, where they may.
pub fn acting(visit: &Visit<'_>, folder: Option<Folder>, all: Option<All>) -> Result<Option<Acting>, StoreError> {
    if !reader::access(visit.context).may_change() {
        return Ok(None);
    }
    let csrf = visit.reader.session.csrf.clone();
    let targets = act::targets(&Places::load(visit.context, visit.reader)?);
    Ok(Some(Acting { csrf, folder, back: act::here(visit), targets, all }))
}

/// The line of a message.
pub fn row(texts: Texts, entry: &Entry, now: Wall) -> Row {
    let summary = &entry.summary;
    let own = matches!(entry.folder, Folder::Sent | Folder::Drafts);
    let who = match summary.from_name.trim() {
        _ if own => &summary.to,
        "" => &summary.from_address,
        _ => &summary.from_name,
    };
    let at = entry.shown_date();
    Row {
        message: entry.message,
        folder: entry.folder,
        who: cut(&visible(who), ROW_TEXT_MAX_CHARS),
        subject: cut(&visible(&summary.subject), ROW_TEXT_MAX_CHARS),
        date: texts.short(at, now),
        datetime: date::rfc3339(at),
        unread: !entry.flags.has(Flags::SEEN) && !own,
        flagged: entry.flags.has(Flags::FLAGGED),
        answered: entry.flags.has(Flags::ANSWERED),
        forwarded: entry.flags.has(Flags::FORWARDED),
        attachments: summary.attachments,
        size: None,
        place: None,
        conversation: 0,
        hits: Hits::default(),
    }
}

/// The line with what was looked for marked in it.
pub fn marked(row: Row, query: &Query) -> Row {
    let whom = if matches!(row.folder, Folder::Sent | Folder::Drafts) { Field::To } else { Field::From };
    let hits = Hits { who: query.marks(whom).find(&row.who), subject: query.marks(Field::Subject).find(&row.subject), text: None };
    Row { hits, ..row }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Summary;

    fn check(date: Option<u64>, at: u64, expected: u64) {
        let summary = Summary { date: date.map(Wall), ..Summary::default() };
        let entry = Entry { message: Seq(1), folder: Folder::Inbox, flags: Flags::SEEN, at: Wall(at), size: 1, summary };
        assert_eq!(entry.shown_date(), Wall(expected));
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
