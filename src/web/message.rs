//! The page of one message.

use std::collections::HashSet;

use super::access::Access;
use super::pages::message::{AttachmentView, Body, DeliveryView, MessagePage, PersonView};
use super::reader::Reader;
use super::texts::Texts;
use super::visit::Visit;
use super::words::{self, visible};
use super::{Answer, Context, Intent, Outcome, Request, Trouble, act, folder, pages, reader, response};
use crate::mail::form::parse_urlencoded;
use crate::mail::parse::{self, Opened, Person};
use crate::mail::{Address, date, sanitise};
use crate::store::{Entry, Flags, Folder, Origin, Seq};

/// `/mail/message/SEQ`. Opening it marks it as read, but only where people may change something.
pub fn show(visit: &Visit<'_>) -> Answer {
    let Visit { request, context, reader, .. } = *visit;
    let seq = visit.message()?;
    let entry = reader::own_entry(context, reader, seq)?;
    let opened = parse::open(&context.store.body(seq)?);
    let access = reader::access(context);

    let deliveries = deliveries(context, reader, &entry, &opened)?;
    let mut page = page(context.texts, &entry, &opened, body(request, &opened), deliveries, access);
    page.acts = act::of_message(visit, &entry)?;
    let mut shell = reader::shell(context, &page.subject);
    shell.here = Some(entry.folder);
    shell.told = act::told(visit);
    let mut intents = Vec::new();
    if !entry.flags.has(Flags::SEEN) && access == Access::Open {
        intents.push(seen(reader, seq));
        // The numbers were read before the intent is carried out.
        if let Some(view) = &mut shell.reader {
            view.one_less_unread(entry.folder);
        }
    }
    if access == Access::Practice {
        intents.push(Intent::Looked { mailbox: reader.mailbox().clone() });
    }
    Ok(Outcome { response: response::page(200, pages::message::page(&shell, &page)), intents })
}

fn seen(reader: Reader<'_>, seq: Seq) -> Intent {
    Intent::Seen { mailbox: reader.mailbox().clone(), message: seq }
}

/// Text first; HTML if the reader asks for it, or if there is nothing else.
fn body(request: &Request, opened: &Opened) -> Body {
    let query = parse_urlencoded(&request.query);
    let view = query.iter().find(|(key, _)| key == "view").map(|(_, value)| value.as_str());
    let html = match view {
        Some("html") => true,
        Some("text") => false,
        _ => opened.text_is_derived,
    };
    match &opened.html {
        Some(source) if html => Body::Html { remote_blocked: sanitise::sanitise(source, &|_| None).remote_blocked },
        _ => Body::Text(opened.text.clone()),
    }
}

fn page(texts: Texts, entry: &Entry, opened: &Opened, body: Body, deliveries: Vec<DeliveryView>, access: Access) -> MessagePage {
    MessagePage {
        message: entry.message,
        folder: entry.folder,
        subject: words::cut(&visible(&entry.summary.subject), crate::limits::COMPOSE_SUBJECT_MAX_CHARS),
        date: texts.minute(folder::shown_date(entry)),
        datetime: date::rfc3339(folder::shown_date(entry)),
        from: people(&opened.from),
        reply_to: people(&opened.reply_to.iter().filter(|person| !opened.from.contains(person)).cloned().collect::<Vec<_>>()),
        to: people(&opened.to),
        cc: people(&opened.cc),
        body,
        has_html: opened.html.is_some(),
        cut: opened.cut,
        attachments: opened.attachments.iter().map(|file| attachment(texts, file)).collect(),
        deliveries,
        may_write: access.may_write(),
        acts: None,
    }
}

fn people(people: &[Person]) -> Vec<PersonView> {
    people.iter().map(|person| PersonView { name: visible(&person.name), address: visible(&person.address) }).collect()
}

fn attachment(texts: Texts, attachment: &parse::Attachment) -> AttachmentView {
    AttachmentView {
        number: attachment.number,
        name: visible(&attachment.name),
        media_type: visible(&attachment.media_type),
        size: texts.size(attachment.size),
    }
}

/// Who got it: for the sender only (envelope recipients may be Bcc).
fn deliveries(context: &Context<'_>, reader: Reader<'_>, entry: &Entry, opened: &Opened) -> Result<Vec<DeliveryView>, Trouble> {
    let view = context.store.view();
    let Some(row) = view.message(entry.message)? else { return Ok(Vec::new()) };
    let written_here = row.origin == Origin::Webmail;
    // A message to oneself is in both folders; then the entry is that of the inbox.
    let by_reader = || {
        let sender = row.reverse_path.as_ref().and_then(|sender| context.directory.resolve(sender));
        sender.is_some_and(|sender| &sender.mailbox == reader.mailbox())
    };
    if !(entry.folder == Folder::Sent || written_here && by_reader()) {
        return Ok(Vec::new());
    }
    let everybody = opened.to.iter().chain(&opened.cc).filter_map(|person| Address::parse(&person.address).ok());
    let mut named = HashSet::new();
    for address in everybody {
        // A group stands for its members.
        named.extend(context.directory.group_at(&address).into_iter().flat_map(|group| group.members.iter().cloned()));
        named.insert(address.mailbox());
    }
    let deliveries = view.deliveries(entry.message)?;
    let shown = deliveries.iter().map(|delivery| {
        let (fate, text) = words::delivery(context.texts, delivery.route, &delivery.state, context.now.wall);
        // Only of what was written here is it known that an unnamed recipient is a hidden copy; elsewhere it may be a group's member.
        let hidden_copy = written_here && !named.contains(&delivery.address.mailbox());
        DeliveryView { address: delivery.address.to_string(), hidden_copy, fate, text }
    });
    Ok(shown.collect())
}
