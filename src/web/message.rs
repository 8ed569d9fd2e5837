//! The page of one message.

use std::collections::HashSet;

use super::access::Access;
use super::carried::is_own_draft;
use super::document;
use super::files;
use super::opening::{Opening, Way};
use super::pages::attachments::FileView;
use super::pages::message::{Body, DeliveryView, MessagePage, PersonView};
use super::reader::Reader;
use super::texts::Texts;
use super::visit::Visit;
use super::words::{self, visible};
use super::{Answer, Context, Intent, Outcome, Trouble, act, invitation, pages, reader, remarks, response};
use crate::mail::nested::{self, Inside};
use crate::mail::parse::{Attachment, Letter, Opened, Person};
use crate::mail::{Address, date, sanitise};
use crate::store::{Entry, Flags, Folder, Origin, Seq};

/// `/mail/message/SEQ`. Opening it marks it as read, but only where people may change something.
pub fn show(visit: &Visit<'_>) -> Answer {
    let Visit { context, reader, .. } = *visit;
    let opening = Opening::load(visit)?;
    let access = reader::access(context);
    let letter = opening.letter();
    let opened = letter.opened();
    let packed = Packed::of(&letter, &opened, &opening.way);
    let inner = packed.as_ref().map(Packed::letter);
    let unpacked = inner.as_ref().map(Letter::opened);

    let mut page = head(visit, &opening, &letter, &opened, access);
    let is_told_inside = opened.text.trim().is_empty() && opened.html.is_none();
    let (shown, way) = match (&packed, &unpacked) {
        (Some(packed), Some(unpacked)) if is_told_inside => (unpacked, &packed.way),
        _ => (&opened, &opening.way),
    };
    page.body = body(visit, opening.seq(), shown, way);
    page.has_html = shown.html.is_some();
    page.cut = shown.cut;
    page.paths.body = way.path(opening.seq(), "");
    let lists = [Some((&opened, &opening.way)), packed.as_ref().zip(unpacked.as_ref()).map(|(packed, opened)| (opened, &packed.way))];
    for (opened, way) in lists.into_iter().flatten() {
        let unpacked = packed.as_ref().filter(|_| std::ptr::eq(way, &opening.way)).map(|packed| packed.number);
        page.files.extend(opened.attachments.iter().map(|file| file_view(context.texts, opening.seq(), way, file, unpacked)));
    }
    let alone = page.files.len() - usize::from(unpacked.as_ref().is_some_and(|inner| !inner.attachments.is_empty()));
    page.paths.zip = (alone > 1).then(|| opening.way.path(opening.seq(), "/zip"));
    page.invitation = invitation::card(visit, &opening, &letter);

    if opening.way.is_top() {
        let draft = || is_own_draft(context, reader, opening.seq());
        page.is_draft = opening.entry.folder == Folder::Drafts || opening.entry.folder == Folder::Trash && draft()?;
        page.deliveries = deliveries(context, reader, &opening.entry, &opened)?;
        page.acts = act::of_message(visit, &opening.entry)?;
    }
    let mut shell = reader::shell(context, &page.subject);
    shell.here = Some(opening.entry.folder);
    shell.told = act::told(visit);
    let mut intents = Vec::new();
    if !opening.entry.flags.has(Flags::SEEN) && access == Access::Open {
        intents.push(seen(reader, opening.seq()));
        // The numbers were read before the intent is carried out.
        if let Some(view) = &mut shell.reader {
            view.one_less_unread(opening.entry.folder);
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

/// What `winmail.dat` or a signature is wrapped around: its words and files are shown with those of the message.
pub struct Packed {
    pub number: usize,
    pub way: Way,
    message: Vec<u8>,
}

impl Packed {
    pub fn of(letter: &Letter<'_>, opened: &Opened, way: &Way) -> Option<Packed> {
        let wrapped = opened.attachments.iter().find(|file| matches!(nested::kind(file), Some(Inside::Tnef | Inside::Smime)))?;
        let message = nested::open(letter, wrapped.number)?;
        Some(Packed { number: wrapped.number, way: way.deeper(wrapped.number)?, message })
    }

    pub fn letter(&self) -> Letter<'_> {
        Letter::new(&self.message)
    }
}

/// Text first; HTML if the reader asks for it, or if there is nothing else.
fn body(visit: &Visit<'_>, seq: Seq, opened: &Opened, way: &Way) -> Body {
    let html = match visit.query("view").as_deref() {
        Some("html") => true,
        Some("text") => false,
        _ => opened.text_is_derived,
    };
    let Some(source) = opened.html.as_ref().filter(|_| html) else { return Body::Text(opened.text.clone()) };
    let token = document::token(visit, way);
    let with_pictures = visit.query("pictures").as_deref() == Some(token.as_str());
    let asked = format!("pictures={token}");
    Body::Html {
        document: if with_pictures { way.path_with(seq, "/html", &asked) } else { way.path(seq, "/html") },
        remote_blocked: !with_pictures && sanitise::would_load(source),
        load: asked,
    }
}

fn head(visit: &Visit<'_>, opening: &Opening, letter: &Letter<'_>, opened: &Opened, access: Access) -> MessagePage {
    let (texts, entry, way) = (visit.context.texts, &opening.entry, &opening.way);
    let at = if way.is_top() { Some(entry.shown_date()) } else { opened.summary.date };
    let path = |what: &str| way.path(entry.message, what);
    let answers = opened.reply_to.iter().filter(|person| !opened.from.contains(person)).cloned().collect::<Vec<_>>();
    let mut page = MessagePage {
        message: entry.message,
        folder: entry.folder,
        subject: words::cut(&visible(&opened.summary.subject), crate::limits::COMPOSE_SUBJECT_MAX_CHARS),
        date: at.map(|at| texts.minute(at)).unwrap_or_default(),
        datetime: at.map(date::rfc3339).unwrap_or_default(),
        from: people(&opened.from),
        reply_to: people(&answers),
        to: people(&opened.to),
        cc: people(&opened.cc),
        remarks: remarks::remarks(texts, letter, opened),
        report: remarks::report(texts, letter),
        unsubscribe: remarks::unsubscribe(letter, access.may_write()),
        may_write: access.may_write() && way.is_top(),
        ..MessagePage::default()
    };
    page.paths.message = path("");
    page.paths.raw = path("/raw");
    page.paths.source = path("/source");
    page.paths.print = path("/print");
    page.paths.outer = (!way.is_top()).then(|| way.out().path(entry.message, ""));
    page
}

pub fn people(people: &[Person]) -> Vec<PersonView> {
    people.iter().map(|person| PersonView { name: visible(&person.name), address: visible(&person.address) }).collect()
}

fn file_view(texts: Texts, seq: Seq, way: &Way, file: &Attachment, unpacked: Option<usize>) -> FileView {
    let path = |what: &str| way.path(seq, &format!("/{what}/{}", file.number));
    let kind = files::kind(&file.media_type, &file.name);
    let is_message = nested::kind(file) == Some(Inside::Message);
    FileView {
        name: visible(&file.name),
        kind,
        size: texts.size(file.size),
        save: path("part"),
        view: files::preview(&file.media_type, &file.name).map(|_| path("view")),
        open: way.deeper(file.number).filter(|_| is_message).map(|way| way.path(seq, "")),
        unpacked: unpacked == Some(file.number),
    }
}

/// Who got it: for the sender only (envelope recipients may be Bcc).
fn deliveries(context: &Context<'_>, reader: Reader<'_>, entry: &Entry, opened: &Opened) -> Result<Vec<DeliveryView>, Trouble> {
    let view = context.store.view();
    let Some(row) = view.message(entry.message)? else { return Ok(Vec::new()) };
    let written_here = row.origin == Origin::Webmail;
    // The folder tells nothing: anybody can put what they got into Sent. Who it is from can be believed only of what was sent from here.
    let is_reader = |address: &Address| context.directory.resolve(address).is_some_and(|person| &person.mailbox == reader.mailbox());
    let from = || opened.from.iter().filter_map(|person| Address::parse(&person.address).ok());
    let by_reader = || row.reverse_path.iter().any(is_reader) || from().any(|address| is_reader(&address));
    if !(matches!(row.origin, Origin::Webmail | Origin::Trusted) && by_reader()) {
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
