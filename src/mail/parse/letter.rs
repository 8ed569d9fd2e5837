//! A message taken apart once. Parts are decoded when they are asked for.

use std::borrow::Cow;

use super::decode::Encoding;
use super::fields::Header;
use super::mime::{self, Leaf, Parts};
use super::sparse::Sparse;
use super::{Attachment, Opened, Person, bounded_header, clean, split, summary, view};
use crate::limits::{FIELD_MAX_OCTETS, HEADER_BLOCK_MAX_OCTETS};
use crate::mail::Blob;

/// Borrows the message, and keeps no copy of any part of it.
pub struct Letter<'a> {
    header: &'a [u8],
    body: &'a [u8],
    parts: Parts<'a>,
    sparse: Option<&'a Sparse>,
}

impl<'a> Letter<'a> {
    /// `message` comes from [`super::normal`]. Never fails.
    pub fn new(message: &'a [u8]) -> Letter<'a> {
        let (header, body) = split(message);
        Letter { header, body, parts: mime::walk(bounded_header(header), body), sparse: None }
    }

    /// `sparse` has the octets that this was made of, and what was left out of them.
    pub(super) fn leave_out(&mut self, sparse: &'a Sparse) {
        self.sparse = Some(sparse);
        self.parts.leaves.iter_mut().for_each(|leaf| leaf.sparse = Some(sparse));
    }

    /// What a page shows.
    pub fn opened(&self) -> Opened {
        let fields = self.fields();
        let shown = view::show(&self.parts, self.body, self.sparse);
        let mut summary = summary(fields);
        summary.attachments = self.parts.leaves.iter().any(view::counts_as_attachment);
        Opened {
            from: fields.persons("From"),
            to: fields.persons("To"),
            cc: fields.persons("Cc"),
            reply_to: fields.persons("Reply-To"),
            references: fields.ids("References"),
            text: shown.text,
            text_is_derived: shown.text_is_derived,
            html: shown.html,
            attachments: self.attachments(),
            cut: shown.cut || self.parts.cut || self.header.len() > HEADER_BLOCK_MAX_OCTETS,
            summary,
        }
    }

    /// The subject alone.
    pub fn opened_subject(&self) -> String {
        summary(self.fields()).subject
    }

    /// The parts that are offered as files.
    pub fn attachments(&self) -> Vec<Attachment> {
        view::attachments(&self.parts).map(|(attachment, _)| attachment).collect()
    }

    /// An attachment and its decoded content, in memory.
    pub fn attachment(&self, number: usize) -> Option<(Attachment, Cow<'a, [u8]>)> {
        let leaf = self.offered(number)?;
        let content = leaf.content()?;
        Some((view::attachment(leaf, number, content.len()), content))
    }

    /// The same, left where it lies if it is large: decoded while it is read.
    pub fn file(&self, number: usize) -> Option<(Attachment, Blob)> {
        let leaf = self.offered(number)?;
        Some((view::attachment(leaf, number, leaf.decoded_len()), leaf.blob()?))
    }

    /// Whether the content of an attachment stands in the message as it is.
    pub fn is_as_it_is(&self, number: usize) -> bool {
        self.offered(number).is_some_and(|leaf| leaf.encoding == Encoding::Identity)
    }

    /// An attachment without its content.
    pub fn about(&self, number: usize) -> Option<Attachment> {
        self.offered(number).map(|leaf| view::attachment(leaf, number, leaf.decoded_len()))
    }

    /// An attachment as text in the charset that it says it has, or whether it was cut at [`crate::limits::SHOWN_TEXT_MAX_OCTETS`].
    pub fn attachment_text(&self, number: usize) -> Option<(String, bool)> {
        self.offered(number).map(view::text)
    }

    /// Numbers of the attachments of this media type, a calendar for example.
    pub fn numbers_of(&self, fits: impl Fn(&str) -> bool) -> Vec<usize> {
        view::offered(&self.parts).enumerate().filter(|(_, leaf)| fits(&leaf.media_type)).map(|(number, _)| number).collect()
    }

    /// A parameter of an attachment's Content-Type, cleaned.
    pub fn parameter(&self, number: usize, name: &'static str) -> Option<String> {
        let value = self.offered(number)?.content.as_ref()?.attribute(name)?;
        Some(clean::line(value, 200))
    }

    /// The whole message's media type and a parameter of it, e.g. `multipart/report` and its `report-type`.
    pub fn media_type(&self) -> Option<String> {
        self.fields().content("Content-Type").as_ref().map(mime::media_type)
    }

    /// The first field of that name as one clean line, if there is one that says something.
    pub fn field(&self, name: &str) -> Option<String> {
        Some(self.fields().text(name, FIELD_MAX_OCTETS)).filter(|value| !value.is_empty())
    }

    /// The addresses of the first field of that name.
    pub fn persons(&self, name: &str) -> Vec<Person> {
        self.fields().persons(name)
    }

    /// How many fields of that name there are.
    pub fn count(&self, name: &str) -> usize {
        self.fields().raw(name).count()
    }

    /// Every field as it was written, decoded to clean lines: (name, value).
    pub fn all_fields(&self, max: usize) -> Vec<(String, String)> {
        let fields = self.fields();
        let shown =
            fields.iter().take(max).map(|(name, value)| (clean::line(&String::from_utf8_lossy(name), 100), fields.shown(value, 2_000)));
        shown.collect()
    }

    fn fields(&self) -> Header<'a> {
        Header(bounded_header(self.header))
    }

    fn offered(&self, number: usize) -> Option<&Leaf<'a>> {
        view::offered(&self.parts).nth(number)
    }
}
