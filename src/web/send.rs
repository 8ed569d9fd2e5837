//! `POST /mail/send`: whatever happens, nobody loses what they typed.

use std::io::ErrorKind;

use super::access::Access;
use super::addressed::Addressed;
use super::carried::Source;
use super::login::hex;
use super::pages::compose::{About, ComposePage, Field, Kind, Problem, Typed};
use super::pages::notice::{self, Notice};
use super::reader::Reader;
use super::texts::Texts;
use super::words::visible;
use super::{Answer, Context, Intent, Outcome, Request, Submission};
use super::{guard, pages, reader, response};
use crate::limits::{COMPOSE_MESSAGE_MAX_OCTETS, COMPOSE_SUBJECT_MAX_CHARS};
use crate::mail::compose::{self, Draft, File};
use crate::mail::form::Form;
use crate::mail::parse;
use crate::store::{Folder, Seq, Staged};

pub fn send(request: &Request, context: &Context<'_>) -> Answer {
    let form = guard::form(request)?;
    let access = reader::access(context);
    // Written in a drill, and it is none any more, or the reverse.
    let elsewhere = form.get("drill").map(str::to_owned).filter(|drill| !drill.is_empty()) != reader::drill(context);
    if !access.may_write() && (elsewhere || access != Access::HandingOver) {
        let shell = reader::shell(context, context.texts.get("not-sent-title"));
        let notice = Notice::outage_over(context.texts, &given_back(context.texts, &typed(&form)));
        return Ok(response::page(409, notice::page(&shell, &notice)).into());
    }
    let Some(reader) = reader::signed_in(context) else {
        let shell = reader::shell(context, context.texts.get("not-sent-title"));
        let notice = Notice::signed_out(context.texts, &given_back(context.texts, &typed(&form)));
        return Ok(response::page(403, notice::page(&shell, &notice)).into());
    };
    let ours = guard::has_csrf(&form, &reader.session.csrf);
    let letter = Letter::new(context, reader, form);
    if elsewhere {
        return Ok(letter.again(409, vec![Problem::drill_over(context.texts, access == Access::Open)]));
    }
    if !ours {
        // Signed in again in another tab, most likely. The form that is shown now has the new value.
        return Ok(letter.again(403, vec![Problem::signed_in_again(context.texts)]));
    }
    Ok(match access {
        Access::Open => letter.submit(Intent::Submit, "/mail/sent?sent=1"),
        Access::Practice => letter.submit(Intent::Practise, "/mail/sent?practised=1"),
        Access::HandingOver | Access::ReadOnly | Access::Closed => letter.keep(),
    })
}

/// A form that came in, on its way to become a message.
struct Letter<'a> {
    context: &'a Context<'a>,
    reader: Reader<'a>,
    typed: Typed,
    files: Vec<File>,
    /// The message that this one is about, if it can still be read.
    source: Option<Source>,
}

impl<'a> Letter<'a> {
    fn new(context: &'a Context<'_>, reader: Reader<'a>, form: Form) -> Letter<'a> {
        let mut typed = typed(&form);
        let source = typed.about.and_then(|about| Source::load(context, reader, about).ok());
        if let Some(source) = &source {
            let kept = numbers(&form, "keep");
            let takes_files = typed.about.is_some_and(|about| about.kind != Kind::Reply);
            typed.carried = if takes_files { source.carried(context.texts, |number| kept.contains(&number)) } else { Vec::new() };
        }
        Letter { context, reader, typed, files: form.files, source }
    }

    fn submit(self, intent: fn(Box<Submission>) -> Intent, then: &str) -> Outcome {
        let addressed = Addressed::of(self.context.texts, &self.typed);
        let mut problems = addressed.problems.clone();
        if self.typed.subject.chars().count() > COMPOSE_SUBJECT_MAX_CHARS {
            let text = self.context.texts.with("problem-subject-long", &[("max", COMPOSE_SUBJECT_MAX_CHARS.into())]);
            problems.push(Problem::new(Field::Subject, text));
        }
        problems.extend(self.lost_source());
        if !problems.is_empty() {
            return self.again(422, problems);
        }
        let message = match self.message(&addressed, self.typed.text.clone()) {
            Ok(message) => message,
            Err((status, problem)) => return self.again(status, vec![problem]),
        };
        let submission = self.submission(addressed, message);
        Outcome { response: response::see_other(then), intents: vec![intent(Box::new(submission))] }
    }

    /// The outage ended while this was written: it becomes a draft, whatever is wrong with it.
    fn keep(self) -> Outcome {
        let addressed = Addressed::of(self.context.texts, &self.typed);
        let text = match not_in_the_fields(self.context.texts, &self.typed, &addressed) {
            Some(note) => format!("{note}\n\n{}", self.typed.text),
            None => self.typed.text.clone(),
        };
        let message = match self.message(&addressed, text) {
            Ok(message) => message,
            Err((status, problem)) => return self.again(status, vec![problem]),
        };
        let submission = self.submission(addressed, message);
        let intents = vec![Intent::KeepDraft(Box::new(submission))];
        Outcome { response: response::see_other("/mail/drafts?kept=1"), intents }
    }

    /// Attachments that were to come along, but cannot be read any more.
    fn lost_source(&self) -> Option<Problem> {
        let about = self.typed.about?;
        let lost = self.source.is_none() && about.kind != Kind::Reply;
        lost.then(|| Problem::new(Field::Files, self.context.texts.get("problem-source-lost").to_owned()))
    }

    /// Composed, on the disk where it is large. Or why not: the status and the words for it.
    fn message(&self, addressed: &Addressed, text: String) -> Result<Staged, (u16, Problem)> {
        let about = self.typed.about.map(|about| about.kind);
        let (in_reply_to, references) = match (&self.source, about) {
            (Some(source), Some(kind)) => source.threading(kind),
            _ => (None, Vec::new()),
        };
        let mut attachments = self.source.as_ref().map(|source| source.files(&self.typed.carried)).unwrap_or_default();
        attachments.extend(self.files.iter().map(|file| cleaned(self.context.texts, file)));
        let draft = Draft {
            from: parse::Person { name: self.reader.person.name.clone(), address: self.reader.person.address.to_string() },
            to: addressed.to.clone(),
            cc: addressed.cc.clone(),
            subject: visible(&self.typed.subject),
            text,
            in_reply_to,
            references,
            attachments,
            message_id: format!("{}@{}", hex(&self.context.random[..16]), self.context.hostname),
            date: self.context.now.wall,
            auto_submitted: None,
        };
        let mut message = self.context.store.stage();
        compose::write(&draft, &mut message).map_err(|error| not_stored(self.context.texts, &error))?;
        if message.len() > COMPOSE_MESSAGE_MAX_OCTETS as u64 {
            return Err((422, too_large(self.context.texts, message.len())));
        }
        Ok(message)
    }

    fn submission(&self, addressed: Addressed, message: Staged) -> Submission {
        let new = Submission::new(self.reader.mailbox().clone(), addressed.all, message);
        Submission { replaces: self.draft(), typed: given_back(self.context.texts, &self.typed), ..new }
    }

    /// The draft that this goes on with. A message that was sent can be edited and sent again too: it stays.
    fn draft(&self) -> Option<Seq> {
        let entry = &self.source.as_ref()?.entry;
        let goes_on = self.typed.about.is_some_and(|about| about.kind == Kind::Edit);
        (goes_on && entry.folder == Folder::Drafts).then_some(entry.message)
    }

    /// The form once more, with everything that was typed; browsers do not let us put the files back.
    fn again(self, status: u16, problems: Vec<Problem>) -> Outcome {
        let title = self.context.texts.get(match self.typed.about.map(|about| about.kind) {
            Some(Kind::Reply) => "reply",
            Some(Kind::Forward) => "forward",
            Some(Kind::Edit) => "edit-and-send",
            None => "new-message",
        });
        let shell = reader::shell(self.context, title);
        let page = ComposePage { title, files_lost: !self.files.is_empty(), typed: self.typed, problems };
        response::page(status, pages::compose::page(&shell, &page)).into()
    }
}

fn typed(form: &Form) -> Typed {
    let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let about = form.get("about").and_then(|value| value.parse().ok()).and_then(|seq| {
        let kind = Kind::named(form.get("kind").unwrap_or_default())?;
        Some(About { kind, message: Seq(seq) })
    });
    Typed {
        to: field("to"),
        cc: field("cc"),
        bcc: field("bcc"),
        subject: field("subject"),
        // Browsers send CRLF (HTML standard, form submission); one kind of line end is enough inside.
        text: field("text").replace("\r\n", "\n"),
        about,
        carried: Vec::new(),
    }
}

fn numbers(form: &Form, name: &str) -> Vec<usize> {
    form.fields.iter().filter(|(key, _)| key == name).filter_map(|(_, value)| value.parse().ok()).collect()
}

/// A file as the browser sent it, with a name and a media type that can stand in a header.
fn cleaned(t: Texts, file: &File) -> File {
    let name = visible(file.name.rsplit(['/', '\\']).next().unwrap_or_default());
    File {
        name: if name.is_empty() { t.get("unnamed-file").to_owned() } else { name },
        media_type: if is_media_type(&file.media_type) { file.media_type.to_ascii_lowercase() } else { OCTETS.to_owned() },
        content: file.content.clone(),
    }
}

const OCTETS: &str = "application/octet-stream";

/// RFC 6838 section 4.2: names of at most 127 characters. Containers would need a structure that a file does not have.
fn is_media_type(text: &str) -> bool {
    let name = |part: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        (1..=127).contains(&part.len()) && part.bytes().all(plain)
    };
    match text.split_once('/') {
        Some((kind, sub)) => name(kind) && name(sub) && !kind.eq_ignore_ascii_case("multipart") && !kind.eq_ignore_ascii_case("message"),
        None => false,
    }
}

fn not_stored(t: Texts, error: &std::io::Error) -> (u16, Problem) {
    log::error!("web message not composed: {error}");
    let (status, text) = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            (507, "problem-disk-full")
        }
        _ => (503, "problem-disk-failed"),
    };
    (status, Problem::new(Field::Files, t.get(text).to_owned()))
}

fn too_large(t: Texts, octets: u64) -> Problem {
    let text = t.with("problem-too-large", &[("size", t.size(usize::try_from(octets).unwrap_or(usize::MAX)).into()), ("max", t.size(COMPOSE_MESSAGE_MAX_OCTETS).into())]);
    Problem::new(Field::Files, text)
}

/// What was typed, as text that a person can copy.
fn given_back(t: Texts, typed: &Typed) -> String {
    let mut out = String::new();
    for (name, value) in
        [(t.get("to"), &typed.to), (t.get("cc"), &typed.cc), (t.get("bcc"), &typed.bcc), (t.get("subject"), &typed.subject)]
    {
        if !value.is_empty() {
            out.push_str(&format!("{name}: {}\n", visible(value)));
        }
    }
    format!("{out}\n{}", typed.text)
}

/// A message in wire form has no Bcc and no broken addresses; in a draft they would be lost. So they stand above the text.
fn not_in_the_fields(t: Texts, typed: &Typed, addressed: &Addressed) -> Option<String> {
    let lost =
        if addressed.has_broken() { vec![("to", &typed.to), ("cc", &typed.cc), ("bcc", &typed.bcc)] } else { vec![("bcc", &typed.bcc)] };
    let lost: Vec<String> = lost
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| format!("{}: {}", t.get(name), visible(value)))
        .collect();
    (!lost.is_empty()).then(|| format!("[{}]", t.with("not-in-fields", &[("lost", lost.join("; ").into())])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Blob;

    fn message(to: &str, cc: &str, bcc: &str) -> Typed {
        Typed { to: to.to_owned(), cc: cc.to_owned(), bcc: bcc.to_owned(), text: "Hello".to_owned(), ..Typed::default() }
    }

    fn check(typed: &Typed, broken: bool, expected: Option<&str>) {
        let problems = if broken { vec![Problem::new(Field::To, String::new())] } else { Vec::new() };
        let addressed = Addressed { problems, broken, ..Addressed::default() };
        assert_eq!(not_in_the_fields(Texts::english(), typed, &addressed).as_deref(), expected);
    }

    #[test]
    fn a_draft_loses_no_recipient() {
        check(&message("ann@x.test", "", ""), false, None);
        check(&message("", "", ""), false, None);
        check(&message("ann@x.test", "", "bo@x.test"), false, Some("[Not sent. Please take this line out before sending. Bcc: bo@x.test]"));
        check(
            &message("ann@", "carl@x.test", ""),
            true,
            Some("[Not sent. Please take this line out before sending. To: ann@; Cc: carl@x.test]"),
        );
    }

    #[test]
    fn typed_text_can_be_copied() {
        let typed = message("ann@x.test", "", "bo@x.test");
        assert_eq!(given_back(Texts::english(), &typed), "To: ann@x.test\nBcc: bo@x.test\n\nHello");
    }

    #[test]
    fn files_get_names_and_types_that_fit_a_header() {
        let check = |name: &str, media_type: &str, expected: (&str, &str)| {
            let file = cleaned(Texts::english(), &File { name: name.to_owned(), media_type: media_type.to_owned(), content: Blob::default() });
            assert_eq!((file.name.as_str(), file.media_type.as_str()), expected);
        };
        check("report.pdf", "application/pdf", ("report.pdf", "application/pdf"));
        check("C:\\Users\\ann\\report.pdf", "Application/PDF", ("report.pdf", "application/pdf"));
        check("../a\r\nb", "text/plain\r\nX: y", ("a  b", OCTETS));
        check("", "", ("file", OCTETS));
        check("a.eml", "message/rfc822", ("a.eml", OCTETS));
        check("a", "multipart/mixed", ("a", OCTETS));
        check("a", "text/plain; charset=utf-8", ("a", OCTETS));
    }
}
