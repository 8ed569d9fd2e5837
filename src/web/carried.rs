//! What a new message takes over from the one it answers, forwards or goes on with.

use super::pages::compose::{About, Carried, Kind, Typed};
use super::reader::Reader;
use super::texts::Texts;
use super::words;
use super::{Context, Trouble, reader};
use crate::limits::{COMPOSE_REFERENCES_MAX, MIME_PARTS_MAX};
use crate::mail::compose::File;
use crate::mail::parse::{Letter, Opened, Sparse};
use crate::mail::{Address, Blob};
use crate::store::{Entry, Flags, Folder, MessageRow, Origin, Seq};

/// Number of the file that is the whole original: no part has it.
const WHOLE: usize = MIME_PARTS_MAX;

/// The message that a new one is about, or the draft that it goes on with.
pub struct Source {
    pub entry: Entry,
    pub opened: Opened,
    body: Sparse,
    /// As which it is taken over.
    kind: Kind,
}

impl Source {
    /// What files and thread of a form come from: its draft, or else what it is about. None if it is about nothing.
    pub fn of(context: &Context<'_>, reader: Reader<'_>, typed: &Typed) -> Option<Result<Source, Trouble>> {
        match (typed.draft, typed.about) {
            (Some(draft), _) => Some(Source::load(context, reader, About { kind: Kind::Edit, message: draft })),
            (None, Some(about)) => Some(Source::load(context, reader, about)),
            (None, None) => None,
        }
    }

    /// Opens a message of the reader's own mailbox. A draft that was replaced meanwhile, in another window, can still be gone on with.
    pub fn load(context: &Context<'_>, reader: Reader<'_>, about: About) -> Result<Source, Trouble> {
        let entry = match reader::own_entry(context, reader, about.message) {
            Err(Trouble::NotFound) if about.kind == Kind::Edit => replaced(context, reader, about.message)?,
            entry => entry?,
        };
        let body = Sparse::read(context.store.blob(about.message)?)?;
        Ok(Source { entry, opened: body.letter().opened(), body, kind: about.kind })
    }

    pub fn letter(&self) -> Letter<'_> {
        self.body.letter()
    }

    /// Whether this is a draft that is still in Drafts.
    pub fn is_draft(&self) -> bool {
        self.entry.folder == Folder::Drafts
    }

    /// The attachments as check boxes; `keep` says which are ticked.
    pub fn carried(&self, t: Texts, keep: impl Fn(usize) -> bool) -> Vec<Carried> {
        match self.kind {
            Kind::Reply => Vec::new(),
            Kind::ForwardWhole => {
                let (name, size) = (self.whole_name(), size(t, self.body.whole()));
                vec![Carried { number: WHOLE, name, size, keep: keep(WHOLE) }]
            }
            Kind::Forward | Kind::Edit => carried(t, &self.opened, keep),
        }
    }

    fn whole_name(&self) -> String {
        let subject = words::cut(&words::visible(&self.opened.summary.subject), 60).replace(['/', '\\'], "-");
        if subject.is_empty() { "message.eml".to_owned() } else { format!("{subject}.eml") }
    }

    /// The ticked attachments as files of the new message.
    pub fn files(&self, carried: &[Carried]) -> Vec<File> {
        let letter = self.letter();
        let kept = carried.iter().filter(|file| file.keep);
        kept.filter_map(|file| {
            if file.number == WHOLE {
                let media_type = "message/rfc822".to_owned();
                return Some(File { name: self.whole_name(), media_type, content: self.body.whole().clone() });
            }
            let (attachment, content) = letter.file(file.number)?;
            Some(File { name: attachment.name, media_type: attachment.media_type, content })
        })
        .collect()
    }

    /// In-Reply-To and References of the new message (RFC 5322 section 3.6.4). A draft that goes on keeps what it had.
    pub fn threading(&self) -> (Option<String>, Vec<String>) {
        let summary = &self.opened.summary;
        match self.kind {
            Kind::Edit => (summary.in_reply_to.clone(), bounded(self.opened.references.clone())),
            Kind::Reply | Kind::Forward | Kind::ForwardWhole => {
                let mut references = self.opened.references.clone();
                // Without References, In-Reply-To stands in for it.
                if references.is_empty() {
                    references.extend(summary.in_reply_to.clone());
                }
                references.extend(summary.message_id.clone());
                let answered = summary.message_id.clone().filter(|_| self.kind == Kind::Reply);
                (answered, bounded(references))
            }
        }
    }
}

/// The attachments of a message as check boxes.
pub fn carried(t: Texts, opened: &Opened, keep: impl Fn(usize) -> bool) -> Vec<Carried> {
    let attachments = opened.attachments.iter();
    attachments
        .map(|attachment| Carried {
            number: attachment.number,
            name: words::visible(&attachment.name),
            size: t.size(attachment.size),
            keep: keep(attachment.number),
        })
        .collect()
}

/// The files of a message that was just composed: its attachments have the same order.
pub fn of_files(t: Texts, files: &[File]) -> Vec<Carried> {
    let carried =
        |(number, file): (usize, &File)| Carried { number, name: words::visible(&file.name), size: size(t, &file.content), keep: true };
    files.iter().enumerate().map(carried).collect()
}

fn size(t: Texts, content: &Blob) -> String {
    t.size(usize::try_from(content.len()).unwrap_or(usize::MAX))
}

/// Whether this box recorded the message as a draft of this person, wherever it is now. What a message says of itself does not count.
pub fn is_own_draft(context: &Context<'_>, reader: Reader<'_>, message: Seq) -> Result<bool, Trouble> {
    Ok(own_draft(context, reader, message)?.is_some())
}

fn own_draft(context: &Context<'_>, reader: Reader<'_>, message: Seq) -> Result<Option<MessageRow>, Trouble> {
    let row = context.store.view().message(message)?.filter(|row| row.origin == Origin::Draft);
    let by_reader = |path: &Address| context.directory.resolve(path).is_some_and(|writer| writer.mailbox == *reader.mailbox());
    Ok(row.filter(|row| row.reverse_path.as_ref().is_some_and(by_reader)))
}

/// A draft of the reader's that no folder shows any more.
fn replaced(context: &Context<'_>, reader: Reader<'_>, message: Seq) -> Result<Entry, Trouble> {
    let row = own_draft(context, reader, message)?.ok_or(Trouble::NotFound)?;
    Ok(Entry { message, folder: Folder::Trash, flags: Flags::SEEN, at: row.at, size: row.size, summary: row.summary })
}

fn bounded(mut references: Vec<String>) -> Vec<String> {
    if references.len() > COMPOSE_REFERENCES_MAX {
        references.drain(1..=references.len() - COMPOSE_REFERENCES_MAX);
    }
    references
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;
    use crate::mail::Summary;

    fn check(kind: Kind, references: &[&str], in_reply_to: Option<&str>, expected: (Option<&str>, &[&str])) {
        let summary = Summary { message_id: Some("me@x".to_owned()), in_reply_to: in_reply_to.map(str::to_owned), ..Summary::default() };
        let references = references.iter().map(|id| (*id).to_owned()).collect();
        let entry = Entry { message: Seq(1), folder: Folder::Inbox, flags: Flags::SEEN, at: Wall(0), size: 0, summary: summary.clone() };
        let source = Source {
            entry,
            opened: Opened { summary, references, ..Opened::default() },
            body: Sparse::read(Blob::default()).unwrap(),
            kind,
        };
        let (answered, references) = source.threading();
        assert_eq!((answered.as_deref(), references.iter().map(String::as_str).collect::<Vec<_>>().as_slice()), expected);
    }

    #[test]
    fn an_answer_joins_its_thread() {
        check(Kind::Reply, &["a@x", "b@x"], Some("b@x"), (Some("me@x"), &["a@x", "b@x", "me@x"]));
        check(Kind::Reply, &[], Some("b@x"), (Some("me@x"), &["b@x", "me@x"]));
        check(Kind::Forward, &["a@x"], None, (None, &["a@x", "me@x"]));
        check(Kind::ForwardWhole, &["a@x"], None, (None, &["a@x", "me@x"]));
        check(Kind::Edit, &["a@x"], Some("a@x"), (Some("a@x"), &["a@x"]));
    }

    #[test]
    fn long_threads_keep_their_root_and_their_end() {
        let ids: Vec<String> = (0..200).map(|n| n.to_string()).collect();
        let kept = bounded(ids);
        assert_eq!(kept.len(), COMPOSE_REFERENCES_MAX);
        assert_eq!(kept[0], "0");
        assert_eq!(kept[1], "151");
        assert_eq!(kept[COMPOSE_REFERENCES_MAX - 1], "199");
    }
}
