//! `/mail/changes`: what the script of a folder page asks for again and again. Looking keeps nobody signed in.

use super::folder;
use super::pages::changes::{self, Live};
use super::places::Places;
use super::visit::Visit;
use super::{Access, Answer, Trouble, pages, reader, response, table};
use crate::limits::CHANGES_ROWS_MAX;
use crate::mail::Mailbox;
use crate::store::{Entry, Folder, Seq, StoreError, View};

/// `/mail/changes?in=FOLDER&tag=TAG&upto=SEQ`: the newest lines of a folder, if anything in it is different, and the numbers and the banner
/// of now.
pub fn show(visit: &Visit<'_>) -> Answer {
    let (context, mailbox) = (visit.context, visit.reader.mailbox());
    let view = context.store.view();
    let places = Places::load(context, visit.reader)?;
    let folder = visit.query("in").and_then(|key| places.named(&key)).ok_or(Trouble::NotFound)?;
    let upto = visit.query("upto").and_then(|text| table::number(&text)).map(Seq);
    let mut now = live(visit, folder, &places.name(folder))?;
    let is_new = visit.query("tag").as_deref() != Some(&now.tag);
    let entries = if is_new { view.folder(mailbox, folder, None, CHANGES_ROWS_MAX)? } else { Vec::new() };
    now.new = upto.map_or(0, |upto| entries.iter().filter(|entry| entry.message > upto).count() as u64);
    let acting = folder::acting(visit, Some(folder), None)?;
    let row = |entry: &Entry| folder::row(context.texts, entry, context.now.wall);
    let rows: Vec<_> = entries.iter().map(row).collect();
    let mut shell = reader::shell(context, &places.name(folder));
    shell.here = Some(folder);
    let markup = changes::fragment(&shell, &now, &pages::rows::lines(context.texts, &rows, acting.as_ref()));
    Ok(response::page(200, markup).into())
}

/// What a page of a folder remembers for its script.
pub fn live(visit: &Visit<'_>, folder: Folder, name: &str) -> Result<Live, StoreError> {
    let view = visit.context.store.view();
    let counts = view.counts(visit.reader.mailbox(), folder)?;
    let upto = newest(view, visit.reader.mailbox(), folder)?;
    let mode = match reader::access(visit.context) {
        Access::Open => "open",
        Access::HandingOver => "handing-over",
        Access::Practice => "practice",
        Access::ReadOnly => "read-only",
        Access::Closed => "closed",
    };
    Ok(Live {
        folder,
        tag: format!("{upto}-{}-{}", counts.total, counts.unread),
        upto,
        mode,
        title: if counts.unread > 0 { format!("({}) {name} – Lifeboat", counts.unread) } else { format!("{name} – Lifeboat") },
        rows: false,
        new: 0,
    })
}

/// The newest message of a folder; 0 if there is none.
pub fn newest(view: &View, mailbox: &Mailbox, folder: Folder) -> Result<Seq, StoreError> {
    Ok(view.marks(mailbox, folder, None, 1)?.first().map_or(Seq(0), |(newest, _)| *newest))
}
