//! `POST /mail/undo/SEQ`: what was sent a moment ago comes back into Drafts, and nobody gets it.

use super::pages::notice::{self, Notice};
use super::visit::Visit;
use super::{Answer, pages, reader, response};

pub fn take_back(visit: &Visit<'_>) -> Answer {
    let Visit { context, reader, .. } = *visit;
    let message = visit.message()?;
    let entry = reader::own_entry(context, reader, message)?;
    match context.desk.take_back(reader.mailbox(), entry.message)? {
        Some(draft) => Ok(response::see_other(&format!("/mail/edit/{draft}?undone=1")).into()),
        None => Ok(response::page(
            409,
            notice::page(&reader::shell(context, context.texts.get("too-late-title")), &Notice::on_its_way(context.texts)),
        )
        .into()),
    }
}

/// Of this reader: the newest that may be taken back.
pub fn offer(visit: &Visit<'_>) -> Option<pages::folder::Undo> {
    let unsent = visit.context.desk.unsent(visit.reader.mailbox()).first().copied()?;
    Some(pages::folder::Undo { message: unsent.message, left_s: unsent.left_s })
}
