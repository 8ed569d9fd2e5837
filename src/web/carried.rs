//! What a new message takes over from the one it answers, forwards or goes on with.

use super::pages::compose::{About, Carried, Kind};
use super::reader::Reader;
use super::texts::Texts;
use super::words;
use super::{Context, Trouble, reader};
use crate::limits::COMPOSE_REFERENCES_MAX;
use crate::mail::compose::File;
use crate::mail::parse::{self, Opened};
use crate::store::Entry;

/// The message that a new one is about.
pub struct Source {
    pub entry: Entry,
    pub opened: Opened,
    body: Vec<u8>,
}

impl Source {
    /// Opens a message of the reader's own mailbox.
    pub fn load(context: &Context<'_>, reader: Reader<'_>, about: About) -> Result<Source, Trouble> {
        let entry = reader::own_entry(context, reader, about.message)?;
        let body = context.store.body(about.message)?;
        Ok(Source { entry, opened: parse::open(&body), body })
    }

    /// The attachments as check boxes; `keep` says which are ticked.
    pub fn carried(&self, texts: Texts, keep: impl Fn(usize) -> bool) -> Vec<Carried> {
        let attachments = self.opened.attachments.iter();
        attachments
            .map(|attachment| Carried {
                number: attachment.number,
                name: words::visible(&attachment.name),
                size: texts.size(attachment.size),
                keep: keep(attachment.number),
            })
            .collect()
    }

    /// The ticked attachments as files of the new message.
    pub fn files(&self, carried: &[Carried]) -> Vec<File> {
        let kept = carried.iter().filter(|file| file.keep);
        kept.filter_map(|file| parse::attachment_body(&self.body, file.number))
            .map(|(attachment, content)| File { name: attachment.name, media_type: attachment.media_type, content: content.into() })
            .collect()
    }

    /// In-Reply-To and References of the new message (RFC 5322 section 3.6.4). A draft that goes on keeps what it had.
    pub fn threading(&self, kind: Kind) -> (Option<String>, Vec<String>) {
        let summary = &self.opened.summary;
        match kind {
            Kind::Edit => (summary.in_reply_to.clone(), bounded(self.opened.references.clone())),
            Kind::Reply | Kind::Forward => {
                let mut references = self.opened.references.clone();
                // Without References, In-Reply-To stands in for it.
                if references.is_empty() {
                    references.extend(summary.in_reply_to.clone());
                }
                references.extend(summary.message_id.clone());
                let answered = summary.message_id.clone().filter(|_| kind == Kind::Reply);
                (answered, bounded(references))
            }
        }
    }
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
    use crate::store::{Flags, Folder, Seq};

    fn check(kind: Kind, references: &[&str], in_reply_to: Option<&str>, expected: (Option<&str>, &[&str])) {
        let summary = Summary { message_id: Some("me@x".to_owned()), in_reply_to: in_reply_to.map(str::to_owned), ..Summary::default() };
        let references = references.iter().map(|id| (*id).to_owned()).collect();
        let entry = Entry { message: Seq(1), folder: Folder::Inbox, flags: Flags::SEEN, at: Wall(0), size: 0, summary: summary.clone() };
        let source = Source { entry, opened: Opened { summary, references, ..Opened::default() }, body: Vec::new() };
        let (answered, references) = source.threading(kind);
        assert_eq!((answered.as_deref(), references.iter().map(String::as_str).collect::<Vec<_>>().as_slice()), expected);
    }

    #[test]
    fn an_answer_joins_its_thread() {
        check(Kind::Reply, &["a@x", "b@x"], Some("b@x"), (Some("me@x"), &["a@x", "b@x", "me@x"]));
        check(Kind::Reply, &[], Some("b@x"), (Some("me@x"), &["b@x", "me@x"]));
        check(Kind::Forward, &["a@x"], None, (None, &["a@x", "me@x"]));
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
