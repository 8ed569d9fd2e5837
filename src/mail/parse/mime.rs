//! The parts of a message (RFC 2046): one pass over the lines, no recursion, at most
//! [`crate::limits::MIME_PARTS_MAX`] parts.
//!
//! mail-parser's own walk is not used: it takes `--boundary` anywhere in a line for a delimiter, reads the rest
//! of the message again for each part whose boundary never comes, and nests and drops messages inside messages on
//! the stack. Nested messages are not walked into at all: they are files (`.eml`).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use mail_parser::ContentType;

use super::decode::Encoding;
use super::decoded::Decoded;
use super::fields::{Header, take_line};
use super::sparse::{Gap, Sparse};
use crate::limits::{HEADER_BLOCK_MAX_OCTETS, MIME_PARTS_MAX};
use crate::mail::Blob;

/// A part that holds no other parts.
pub(super) struct Leaf<'a> {
    /// Lower case, e.g. `text/plain`.
    pub media_type: String,
    pub content: Option<ContentType<'static>>,
    pub disposition: Option<ContentType<'static>>,
    pub content_id: Option<String>,
    pub encoding: Encoding,
    /// Still encoded, without what was left out.
    pub body: &'a [u8],
    /// Number of the outermost multipart/alternative around it.
    pub alternative: Option<usize>,
    /// Whether a multipart/related is right around it.
    pub in_related: bool,
    /// Where what was left out of the body lies, if it may have been.
    pub sparse: Option<&'a Sparse>,
}

/// What a walk found.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub leaves: Vec<Leaf<'a>>,
    /// Whether parts beyond the bound were left out.
    pub cut: bool,
    /// Whether the message itself is a multipart/mixed.
    pub is_mixed: bool,
}

// An open multipart.
struct Level {
    boundary: Vec<u8>,
    subtype: String,
    alternative: Option<usize>,
}

struct Walk<'a> {
    rest: &'a [u8],
    levels: Vec<Level>,
    // Which levels have a boundary; the last one wins.
    open: HashMap<Vec<u8>, Vec<usize>>,
    parts: Parts<'a>,
    seen: usize,
}

// What ended a stretch of lines.
enum End {
    Delimiter { level: usize, closes: bool },
    Message,
}

/// Walks a message whose header block is `header` and whose body is `body`.
pub(super) fn walk<'a>(header: &[u8], body: &'a [u8]) -> Parts<'a> {
    let mut walk = Walk { rest: body, levels: Vec::new(), open: HashMap::new(), parts: Parts::default(), seen: 0 };
    let mut end = walk.part(Header(header));
    walk.parts.is_mixed = walk.levels.first().is_some_and(|level| level.subtype == "mixed") || walk.parts.is_mixed;
    while let End::Delimiter { level, closes } = end {
        walk.close(if closes { level } else { level + 1 });
        end = if closes {
            walk.skip()
        } else if walk.seen >= MIME_PARTS_MAX {
            walk.parts.cut = true;
            End::Message
        } else {
            let header = walk.header();
            walk.part(Header(header))
        };
    }
    walk.parts
}

impl<'a> Walk<'a> {
    // One part, from behind its header block to the delimiter that ends it.
    fn part(&mut self, header: Header<'_>) -> End {
        self.seen += 1;
        let content = header.content("Content-Type");
        let parent = self.levels.last();
        let default = if parent.is_some_and(|level| level.subtype == "digest") { "message/rfc822" } else { "text/plain" };
        let media_type = content.as_ref().map_or(default.to_owned(), media_type);
        if let Some(subtype) = media_type.strip_prefix("multipart/")
            && let Some(boundary) = content.as_ref().and_then(|content| content.attribute("boundary"))
            && !boundary.trim_end().is_empty()
        {
            if self.levels.is_empty() {
                self.parts.is_mixed = subtype == "mixed";
            }
            self.open(boundary.trim_end().as_bytes(), subtype);
            return self.skip();
        }
        let (alternative, in_related) = parent.map_or((None, false), |level| (level.alternative, level.subtype == "related"));
        let (body, end) = self.body();
        self.parts.leaves.push(Leaf {
            media_type,
            disposition: header.content("Content-Disposition"),
            content_id: header.ids("Content-ID").into_iter().next(),
            encoding: Encoding::parse(&header.text("Content-Transfer-Encoding", 100)),
            content,
            body,
            alternative,
            in_related,
            sparse: None,
        });
        end
    }

    fn open(&mut self, boundary: &[u8], subtype: &str) {
        let outer = self.levels.last().and_then(|level| level.alternative);
        let alternative = outer.or((subtype == "alternative").then_some(self.seen));
        self.open.entry(boundary.to_vec()).or_default().push(self.levels.len());
        self.levels.push(Level { boundary: boundary.to_vec(), subtype: subtype.to_owned(), alternative });
    }

    // Closes all levels from `level` inwards: an outer delimiter ends what is inside (RFC 2046 section 5.1.2).
    fn close(&mut self, level: usize) {
        for closed in self.levels.drain(level.min(self.levels.len())..) {
            if let Some(levels) = self.open.get_mut(&closed.boundary) {
                levels.pop();
            }
        }
    }

    // Preamble and epilogue: lines up to the next delimiter.
    fn skip(&mut self) -> End {
        self.body().1
    }

    // The header block of a part. It also ends, with its empty line missing, at a delimiter or at a line that can be no
    // field: nothing is hidden in it.
    fn header(&mut self) -> &'a [u8] {
        let whole = self.rest;
        let mut len = 0;
        while !self.rest.is_empty() {
            let before = self.rest;
            let line = take_line(&mut self.rest);
            if matches!(line, b"\n" | b"\r\n") {
                break;
            }
            let is_continuation = len > 0 && matches!(line.first(), Some(b' ' | b'\t'));
            if self.delimiter(line).is_some() || !(is_continuation || line.contains(&b':')) {
                self.rest = before;
                break;
            }
            len += line.len();
        }
        &whole[..len.min(HEADER_BLOCK_MAX_OCTETS)]
    }

    // Lines up to the next delimiter; the line end before a delimiter belongs to it (RFC 2046 section 5.1.1).
    fn body(&mut self) -> (&'a [u8], End) {
        let whole = self.rest;
        if self.levels.is_empty() {
            self.rest = &[];
            return (whole, End::Message);
        }
        let mut len = 0;
        while !self.rest.is_empty() {
            let line = take_line(&mut self.rest);
            if let Some(end) = self.delimiter(line) {
                let body = &whole[..len];
                let body = body.strip_suffix(b"\n").map_or(body, |body| body.strip_suffix(b"\r").unwrap_or(body));
                return (body, end);
            }
            len += line.len();
        }
        (whole, End::Message)
    }

    // RFC 2046 section 5.1.1: the whole line, but for white space at its end. One boundary may begin with another.
    fn delimiter(&self, line: &[u8]) -> Option<End> {
        let name = line.strip_prefix(b"--")?.trim_ascii_end();
        let level = |name: &[u8]| self.open.get(name).and_then(|levels| levels.last().copied());
        if let Some(level) = level(name) {
            return Some(End::Delimiter { level, closes: false });
        }
        let level = level(name.strip_suffix(b"--")?.trim_ascii_end())?;
        Some(End::Delimiter { level, closes: true })
    }
}

impl<'a> Leaf<'a> {
    /// First octets of the body, still encoded; all of them if there are no more than `length`. Without what the disk does not give.
    pub fn start(&self, length: usize) -> Cow<'a, [u8]> {
        match self.sparse.filter(|_| !self.gaps().is_empty()) {
            None => Cow::Borrowed(self.body.get(..length).unwrap_or(self.body)),
            Some(sparse) => Cow::Owned(sparse.blob(self.body).slice(0..length as u64).bytes().unwrap_or_default()),
        }
    }

    /// Of the body, still encoded.
    pub fn octets(&self) -> usize {
        self.body.len() + self.gaps().iter().map(|gap| gap.octets() as usize).sum::<usize>()
    }

    /// Of what [`Leaf::content`] gives.
    pub fn decoded_len(&self) -> usize {
        let left_out: u64 = self.gaps().iter().map(|gap| gap.decoded(self.encoding)).sum();
        self.encoding.decoded_len(self.body) + usize::try_from(left_out).unwrap_or(usize::MAX)
    }

    /// All of it, decoded, in memory. None if the disk does not give it.
    pub fn content(&self) -> Option<Cow<'a, [u8]>> {
        let Some(sparse) = self.sparse.filter(|_| !self.gaps().is_empty()) else { return Some(self.encoding.decode(self.body)) };
        let encoded = sparse.blob(self.body).bytes().ok()?;
        Some(Cow::Owned(match self.encoding {
            Encoding::Identity => encoded,
            encoding => encoding.decode(&encoded).into_owned(),
        }))
    }

    /// The same, left where it lies if it is large. None if the disk does not give it.
    pub fn blob(&self) -> Option<Blob> {
        match (self.sparse, self.encoding) {
            (Some(sparse), Encoding::Identity) => Some(sparse.blob(self.body)),
            (Some(sparse), Encoding::Base64) if !self.gaps().is_empty() => {
                Some(Blob::new(Arc::new(Decoded::new(sparse.blob(self.body), self.decoded_len() as u64))))
            }
            _ => Some(self.content()?.into_owned().into()),
        }
    }

    fn gaps(&self) -> &'a [Gap] {
        self.sparse.map_or(&[], |sparse| sparse.gaps_in(self.body))
    }

    pub fn is_attached(&self) -> bool {
        self.disposition.as_ref().is_some_and(|disposition| disposition.ctype().eq_ignore_ascii_case("attachment"))
    }

    pub fn file_name(&self) -> Option<&str> {
        let from = |content: &'_ Option<ContentType<'static>>, key| content.as_ref().and_then(|c| c.attribute(key)).is_some();
        if from(&self.disposition, "filename") {
            return self.disposition.as_ref().and_then(|c| c.attribute("filename"));
        }
        self.content.as_ref().and_then(|c| c.attribute("name"))
    }

    /// Whether a parameter of its Content-Type has this value.
    pub fn says(&self, parameter: &'static str, value: &str) -> bool {
        let said = self.content.as_ref().and_then(|content| content.attribute(parameter));
        said.is_some_and(|said| said.trim().eq_ignore_ascii_case(value))
    }

    pub fn charset(&self) -> Option<&str> {
        self.content.as_ref().and_then(|content| content.attribute("charset"))
    }
}

pub(super) fn media_type(content: &ContentType<'_>) -> String {
    let whole = format!("{}/{}", content.ctype(), content.subtype().unwrap_or_default()).to_ascii_lowercase();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$&^_.+-/".contains(c);
    match whole.as_str() {
        // RFC 2045 section 5.2 and what old software writes: `text` alone is plain text.
        "text/" | "/" => "text/plain".to_owned(),
        _ if whole.len() <= 120 && whole.chars().all(is_token) && !whole.ends_with('/') => whole,
        _ => "application/octet-stream".to_owned(),
    }
}
