//! Writing messages: RFC 5322 fields, RFC 2047 and 2231 names, RFC 2045 bodies. Pure and repeatable: the same draft
//! gives the same bytes (boundaries come from the content, not from a clock or from chance).
//!
//! Invariant: nothing that a person typed can begin a new field or a new part.

mod address;
mod body;
mod dsn;
mod flowed;
mod header;
#[cfg(test)]
mod tests;
mod wishes;

use std::io::{self, Write};

use super::{Address, Blob, Mailbox, parse::Person};
use crate::clock::Wall;
pub use address::{each_recipient, group_name, parse_recipients};
pub use dsn::write_dsn;
use header::Fields;
pub(super) use header::parameter;
pub use wishes::{DRAFT_BCC, DRAFT_CC, DRAFT_OPTIONS, DRAFT_TO, Kept, Priority, Wishes, draft_fields, write_draft, write_letter};

/// A message that a person wrote in the webmail, or that the box writes itself.
#[derive(Clone, Debug)]
pub struct Draft {
    pub from: Person,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub subject: String,
    /// Plain text with `\n` or CRLF line ends.
    pub text: String,
    /// Without angle brackets.
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    pub attachments: Vec<File>,
    /// Local part and host of the Message-ID, without angle brackets.
    pub message_id: String,
    pub date: Wall,
    /// `Auto-Submitted:` value (RFC 3834), for what the box writes itself.
    pub auto_submitted: Option<&'static str>,
}

impl Draft {
    /// An empty one, to be filled.
    pub fn new(message_id: String, date: Wall) -> Draft {
        Draft {
            from: Person { name: String::new(), address: String::new() },
            to: Vec::new(),
            cc: Vec::new(),
            subject: String::new(),
            text: String::new(),
            in_reply_to: None,
            references: Vec::new(),
            attachments: Vec::new(),
            message_id,
            date,
            auto_submitted: None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub media_type: String,
    pub content: Blob,
}

/// The message in wire form (CRLF line ends, no line over 998 octets). Never contains a Bcc field.
/// A `message/rfc822` file is attached unencoded if it is 7bit-safe as RFC 2046 section 5.2.1 demands,
/// else as a 8bit part; one that cannot be sent as lines at all (NUL, bare CR or LF, lines over 998 octets)
/// becomes an application/octet-stream in base64, so that it still comes out byte for byte.
///
/// Goes to `out` piece by piece: no file is ever whole in memory.
///
/// # Errors
/// Of the disk, where files lie there, and of `out`.
pub fn write(draft: &Draft, out: &mut dyn Write) -> io::Result<()> {
    with_files(draft, body::text(&draft.text))?.write(header(draft), out)
}

fn with_files(draft: &Draft, text: body::Part) -> io::Result<body::Part> {
    if draft.attachments.is_empty() {
        return Ok(text);
    }
    let files = draft.attachments.iter().map(body::file);
    let parts = std::iter::once(Ok(text)).chain(files).collect::<io::Result<_>>()?;
    body::multipart("mixed", &[], parts, &draft.message_id)
}

/// The same in memory, for small messages of the box itself.
///
/// # Errors
/// Of the disk, where files lie there.
pub fn write_small(draft: &Draft) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    write(draft, &mut out)?;
    Ok(out)
}

/// The message with its text in a second form as HTML (RFC 2046 section 5.1.4), without attachments.
///
/// # Errors
/// None that can happen: nothing here lies on a disk.
pub fn write_alternative(draft: &Draft, html: &str) -> io::Result<Vec<u8>> {
    let parts = vec![body::text(&draft.text), body::html(html)];
    let mut out = Vec::new();
    body::multipart("alternative", &[], parts, &draft.message_id)?.write(header(draft), &mut out)?;
    Ok(out)
}

/// The message with a calendar in iTIP form beside its text (RFC 6047 section 2.4), without attachments. `method` is that of the calendar.
///
/// # Errors
/// None that can happen: nothing here lies on a disk.
pub fn write_calendar(draft: &Draft, calendar: &str, method: &str) -> io::Result<Vec<u8>> {
    let parts = vec![body::text(&draft.text), body::calendar(calendar, method)];
    let mut out = Vec::new();
    body::multipart("alternative", &[], parts, &draft.message_id)?.write(header(draft), &mut out)?;
    Ok(out)
}

fn header(draft: &Draft) -> Fields {
    let mut fields = Fields::new();
    fields.raw("Date", &super::date::rfc5322(draft.date));
    fields.persons("From", std::slice::from_ref(&draft.from));
    if draft.to.is_empty() && draft.cc.is_empty() {
        // RFC 5322 section 3.4: an empty group, for servers that want a destination field.
        fields.raw("To", "undisclosed-recipients:;");
    }
    fields.persons("To", &draft.to);
    fields.persons("Cc", &draft.cc);
    fields.text("Subject", &draft.subject);
    fields.ids("Message-ID", std::slice::from_ref(&draft.message_id));
    fields.ids("In-Reply-To", draft.in_reply_to.as_slice());
    fields.ids("References", &thread(&draft.references));
    if let Some(value) = draft.auto_submitted {
        fields.raw("Auto-Submitted", value);
    }
    fields.raw("MIME-Version", "1.0");
    fields
}

// RFC 5322 section 3.6.4. Very long threads keep their root and their newest messages.
fn thread(references: &[String]) -> Vec<String> {
    const REFERENCES_MAX: usize = 100;
    let skip = references.len().saturating_sub(REFERENCES_MAX);
    references.iter().take(usize::from(skip > 0)).chain(&references[skip..]).cloned().collect()
}

/// The parts of a DSN.
#[derive(Clone, Debug)]
pub struct Dsn {
    pub reporting_mta: String,
    pub to: Address,
    pub message_id: String,
    pub date: Wall,
    pub arrived: Wall,
    pub subject: String,
    /// Text for people, with `\n` line ends.
    pub text: String,
    /// ENVID of the original, as what it stands for (RFC 3464 section 2.2.1).
    pub envelope_id: Option<String>,
    pub action: Action,
    pub recipients: Vec<DsnRecipient>,
    pub original: Returned,
}

/// What became of the recipients (RFC 3464 section 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Failed,
    /// Handed to a server that sends no reports of success (RFC 3461 section 6.2.7.3).
    Relayed,
    /// Tried again until then.
    Delayed {
        until: Wall,
    },
}

/// What comes back of the original message.
#[derive(Clone, Debug)]
pub enum Returned {
    /// Its header block, with the final empty line left out.
    Header(Vec<u8>),
    Whole(Vec<u8>),
}

#[derive(Clone, Debug)]
pub struct DsnRecipient {
    pub address: Address,
    /// ORCPT, as type and address (RFC 3464 section 2.3.1).
    pub original: Option<String>,
    /// Enhanced status code, e.g. `5.1.1`.
    pub status: String,
    /// The reply of the other server, if one answered.
    pub diagnostic: Option<String>,
}

/// Quotes `text` for an answer: `> ` before each line, below an attribution line.
pub fn quote(attribution: &str, text: &str) -> String {
    let mut out = format!("{}\n", attribution.trim());
    for line in text.trim_end().lines() {
        // RFC 3676 section 4.5: quotes of quotes stand without a space between.
        out.push_str(if line.is_empty() || line.starts_with('>') { ">" } else { "> " });
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// `Re: subject`, once, in place of what other languages and old software write.
pub fn reply_subject(subject: &str) -> String {
    const MARKS: [&str; 7] = ["re", "aw", "antw", "sv", "vs", "odp", "ref"];
    let mut rest = subject.trim();
    while let Some((mark, after)) = rest.split_once(':') {
        // `Re[2]:` counts what others only repeat.
        let word = mark.split('[').next().unwrap_or_default().trim().to_ascii_lowercase();
        if mark.len() > 8 || !MARKS.contains(&word.as_str()) {
            break;
        }
        rest = after.trim_start();
    }
    format!("Re: {rest}").trim_end().to_owned()
}

/// The name of a mailbox's owner for From.
pub fn person(name: &str, mailbox: &Mailbox) -> Person {
    Person { name: name.to_owned(), address: mailbox.as_str().to_owned() }
}
