//! Who reads, and the frame that their pages have.

use super::access::{self, Access};
use super::pages::layout::{ReaderView, Shell};
use super::{Context, Trouble};
use crate::auth::Session;
use crate::directory::Person;
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

pub fn access(context: &Context<'_>) -> Access {
    Access::of(context.mode.mode, context.access)
}

/// The person, if the mode lets people read. Asked by every page under `/mail`.
pub fn reading<'a>(context: &'a Context<'_>) -> Result<Reader<'a>, Trouble> {
    if !access(context).may_read() {
        return Err(Trouble::Closed);
    }
    signed_in(context).ok_or(Trouble::SignedOut)
}

/// A message of the reader's own mailbox. Whether it exists for others is not told.
pub fn own_entry(context: &Context<'_>, reader: Reader<'_>, seq: Seq) -> Result<Entry, Trouble> {
    context.store.view().entry(reader.mailbox(), seq)?.ok_or(Trouble::NotFound)
}

/// The frame of a page: banner, and for a signed-in person the navigation.
pub fn shell(context: &Context<'_>, title: &str) -> Shell {
    let access = access(context);
    let mut shell = Shell::bare(title);
    let reader = signed_in(context).filter(|_| access.may_read());
    shell.banner = access::banner(access, &context.mode, reader.is_some(), context.now.wall);
    if let Some(reader) = reader {
        let unread = counts(context, reader, Folder::Inbox).unread;
        let drafts = counts(context, reader, Folder::Drafts).total;
        shell.reader = Some(ReaderView {
            name: reader.person.name.clone(),
            address: reader.person.address.to_string(),
            csrf: reader.session.csrf.clone(),
            unread,
            drafts,
            may_write: access.may_write(),
        });
    }
    shell
}

/// For the navigation only: a page is still a page if the numbers cannot be had.
fn counts(context: &Context<'_>, reader: Reader<'_>, folder: Folder) -> Counts {
    context.store.view().counts(reader.mailbox(), folder).unwrap_or_default()
}
