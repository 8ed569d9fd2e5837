//! `POST /mail/undo/SEQ`: what was sent a moment ago comes back into Drafts, and nobody gets it. Also when the mail server comes back within
//! that moment: a promise of ten seconds is one of ten seconds.

use super::pages::notice::{self, Notice};
use super::visit::Visit;
use super::{Answer, pages, reader, response};

pub fn take_back(visit: &Visit<'_>) -> Answer {
    let Visit { context, reader, .. } = *visit;
    let message = visit.message()?;
    let entry = reader::own_entry(context, reader, message)?;
    match context.desk.take_back(reader.mailbox(), entry.message)? {
        Some(draft) if reader::access(context).may_change() => Ok(response::see_other(&format!("/mail/edit/{draft}?undone=1")).into()),
        // It cannot be gone on with here any more.
        Some(_) => Ok(response::see_other("/mail/drafts?kept=1").into()),
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
