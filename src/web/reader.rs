//! Who reads, and the frame that their pages have.

use super::access::{self, Access};
use super::pages::layout::{ReaderView, Shell, folder_name};
use super::pages::navigation::FolderLink;
use super::places::{self, Places};
use super::{Context, Trouble};
use crate::auth::Session;
use crate::directory::Person;
use crate::limits::NAVIGATION_FOLDERS_MAX;
use crate::mail::Mailbox;
use crate::store::{Counts, Entry, Folder, Seq};

/// A person who is signed in and still in the directory.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub person: &'a Person,
    pub session: &'a Session,
}

impl Reader<'_> {
    pub fn mailbox(&self) -> &Mailbox {
        &self.session.mailbox
    }
}

/// The person of the request's session. Somebody who was taken out of the directory is nobody.
pub fn signed_in<'a>(context: &'a Context<'_>) -> Option<Reader<'a>> {
    let (_, session) = context.session.as_ref()?;
    let person = context.directory.person(&session.mailbox)?;
    Some(Reader { person, session })
}

/// What the reader may do here; who is not signed in, may do what everybody may.
pub fn access(context: &Context<'_>) -> Access {
    Access::of(&context.standing, context.access)
}

/// The drill in which the reader takes part now.
pub fn drill(context: &Context<'_>) -> Option<String> {
    let event = context.standing.event.as_ref().filter(|_| access(context) == Access::Practice)?;
    Some(event.0.clone())
}

/// Whether the door is open: there is somebody who may come in.
pub fn may_sign_in(context: &Context<'_>) -> bool {
    access(context).may_read() || context.open_for_some.is_some()
}

/// The person, if the mode lets people read. Asked by every page under `/mail`.
pub fn reading<'a>(context: &'a Context<'_>) -> Result<Reader<'a>, Trouble> {
    let reader = signed_in(context);
    match access(context).may_read() {
        true => reader.ok_or(Trouble::SignedOut),
        false if reader.is_none() && may_sign_in(context) => Err(Trouble::SignedOut),
        false => Err(Trouble::Closed),
    }
}

/// A message of the reader's own mailbox. Whether it exists for others is not told.
pub fn own_entry(context: &Context<'_>, reader: Reader<'_>, seq: Seq) -> Result<Entry, Trouble> {
    context.store.view().entry(reader.mailbox(), seq)?.ok_or(Trouble::NotFound)
}

/// The frame of a page: banner, and for a signed-in person the navigation.
pub fn shell(context: &Context<'_>, title: &str) -> Shell {
    let access = access(context);
    let mut shell = Shell::bare(context.texts, title);
    let reader = signed_in(context).filter(|_| access.may_read());
    shell.banner =
        match context.open_for_some.filter(|_| signed_in(context).is_none() && matches!(access, Access::Closed | Access::ReadOnly)) {
            Some(open) => Some(access::banner_for_some(context.texts, open)),
            None => access::banner(context, access, reader.is_some()),
        };
    if let Some(reader) = reader {
        shell.reader = Some(ReaderView {
            name: reader.person.name.clone(),
            address: reader.person.address.to_string(),
            csrf: reader.session.csrf.clone(),
            folders: folders(context, reader),
            may_write: access.may_write(),
            keys: (context.preferences)(reader.mailbox()).shortcuts,
            drill: drill(context),
        });
    }
    shell
}

/// For the navigation only: a page is still a page if the numbers cannot be had.
fn folders(context: &Context<'_>, reader: Reader<'_>) -> Vec<FolderLink> {
    let filled = context.store.view().filled_folders(reader.mailbox()).unwrap_or_default();
    let counts = |folder| filled.iter().find(|(known, _)| *known == folder).map_or_else(Counts::default, |(_, counts)| *counts);
    let common = places::COMMON.into_iter().map(|folder| {
        let count = match folder {
            Folder::Drafts => counts(folder).total,
            Folder::Sent | Folder::Trash => 0,
            _ => counts(folder).unread,
        };
        FolderLink { folder, name: folder_name(context.texts, folder).to_owned(), count, depth: 0 }
    });
    let own = Places::load(context, reader).map(|places| places.tree()).unwrap_or_default();
    let own = own.into_iter().take(NAVIGATION_FOLDERS_MAX);
    let own = own.map(|place| FolderLink { folder: place.folder, name: place.name, count: place.counts.unread, depth: place.depth });
    common.chain(own).collect()
}
