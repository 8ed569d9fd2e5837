//! A form that came in, on its way to become a message or a draft.

use std::io::{self, Write};

use super::addressed::Addressed;
use super::carried::{self, Source};
use super::once::Once;
use super::pages::compose::{Carried, ComposePage, Field, Kind, Problem, Typed};
use super::reader::Reader;
use super::texts::Texts;
use super::words::visible;
use super::{Context, Intent, Outcome, Submission, compose as form, pages, reader, response, typed};
use crate::limits::{COMPOSE_MESSAGE_MAX_OCTETS, COMPOSE_SUBJECT_MAX_CHARS};
use crate::mail::compose::{self, Draft, File, Kept, Wishes};
use crate::mail::form::Form;
use crate::mail::{Address, parse};
use crate::store::{Flags, Seq, Staged, StoreError};

pub struct Letter<'a> {
    pub context: &'a Context<'a>,
    pub reader: Reader<'a>,
    pub typed: Typed,
    files: Vec<File>,
    /// The draft that this goes on with, or what it is about; none if it is about nothing, or cannot be read any more.
    source: Option<Source>,
    /// Asked before whether it is meant so.
    confirmed: bool,
    /// A script asks, and wants its answer short.
    by_script: bool,
    /// Files that came with a form that has a mistake are kept in a draft.
    pub may_keep: bool,
}

/// A draft that was kept, and the files that are in it.
struct Saved {
    draft: Seq,
    files: Vec<Carried>,
}

impl<'a> Letter<'a> {
    pub fn new(context: &'a Context<'a>, reader: Reader<'a>, form: Form) -> Letter<'a> {
        let mut typed = typed::of_form(&form);
        let source = Source::of(context, reader, &typed).and_then(Result::ok);
        if let Some(source) = &source {
            let kept = numbers(&form, "keep");
            typed.carried = source.carried(context.texts, |number| kept.contains(&number));
        }
        let confirmed = form.get("confirmed").is_some();
        let by_script = form.get("by") == Some("script");
        Letter { context, reader, typed, files: form.files, source, confirmed, by_script, may_keep: false }
    }

    fn texts(&self) -> Texts {
        self.context.texts
    }

    fn addressed(&self) -> Addressed {
        Addressed::of(&self.typed, self.context.directory, self.texts())
    }

    /// `can_be_undone`: the writer may take it back for a moment.
    pub fn submit(self, intent: fn(Box<Submission>) -> Intent, then: &str, can_be_undone: bool) -> Outcome {
        let t = self.texts();
        let addressed = self.addressed();
        let mut problems = addressed.problems.clone();
        if self.typed.subject.chars().count() > COMPOSE_SUBJECT_MAX_CHARS {
            problems.push(Problem::new(Field::Subject, t.with("write-subject-long", &[("max", COMPOSE_SUBJECT_MAX_CHARS.into())])));
        }
        problems.extend(self.lost_source());
        if self.typed.from.is_some() && self.sent_as().is_none() {
            problems.push(Problem::new(Field::From, t.get("write-from-not").to_owned()));
        }
        if !problems.is_empty() {
            return self.again(422, problems);
        }
        if self.typed.subject.trim().is_empty() && !self.confirmed {
            let asked = vec![Problem::new(Field::Subject, t.get("write-no-subject").to_owned())];
            return self.shown_again(422, asked, true);
        }
        let (mut draft, wishes) = (self.draft(&addressed), self.wishes());
        draft.message_id = match self.once() {
            Ok(once) => once.message_id(self.context),
            Err(error) => {
                log::error!("web upload not readable: {error}");
                let (status, problem) = self.not_stored(false);
                return self.again(status, vec![problem]);
            }
        };
        let message = match self.composed(|out| compose::write_letter(&draft, &wishes, out)) {
            Ok(message) => message,
            Err((status, problem)) => return self.again(status, vec![problem]),
        };
        let draft_fields = can_be_undone.then(|| compose::draft_fields(&self.kept(&addressed)));
        let marks = self.typed.about.and_then(|about| Some((about.message, mark(about.kind)?)));
        let submission = Submission {
            replaces: self.replaces(),
            typed: typed::given_back(self.texts(), &self.typed),
            sent_as: self.sent_as(),
            marks,
            draft_fields,
            ..Submission::new(self.reader.mailbox().clone(), addressed.all, message)
        };
        Outcome { response: response::see_other(then), intents: vec![intent(Box::new(submission))] }
    }

    /// The outage ended while this was written: it becomes a draft, whatever is wrong with it.
    pub fn keep(self) -> Outcome {
        match self.as_draft(true) {
            Ok((submission, _)) => {
                let intents = vec![Intent::KeepDraft(Box::new(submission))];
                Outcome { response: response::see_other("/mail/drafts?kept=1"), intents }
            }
            Err((status, problem)) => self.again(status, vec![problem]),
        }
    }

    /// Kept as a draft, and gone on with.
    pub fn save(self) -> Outcome {
        if let Some(problem) = self.lost_source() {
            return self.again(422, vec![problem]);
        }
        let was_replaced = self.typed.draft.is_some() && self.replaces().is_none();
        match self.saved() {
            Ok(saved) if self.by_script => self.saved_for_script(&saved, was_replaced).into(),
            Ok(saved) => {
                let said = if was_replaced { "beside" } else { "saved" };
                response::see_other(&format!("/mail/edit/{}?{said}=1", saved.draft)).into()
            }
            Err((status, problem)) => self.again(status, vec![problem]),
        }
    }

    fn saved(&self) -> Result<Saved, (u16, Problem)> {
        let (submission, files) = self.as_draft(false)?;
        match self.context.desk.keep(submission) {
            Ok(draft) => Ok(Saved { draft, files }),
            Err(error) => {
                log::error!("web mailbox=<{}> draft not kept: {error}", self.reader.mailbox());
                Err(self.not_stored(matches!(error, StoreError::Full)))
            }
        }
    }

    fn saved_for_script(&self, saved: &Saved, was_replaced: bool) -> super::Response {
        let t = self.texts();
        let said = if was_replaced { t.get("write-saved-beside").to_owned() } else { self.saved_at() };
        let file = |file: &Carried| serde_json::json!({ "number": file.number, "name": file.name, "size": file.size });
        let files: Vec<serde_json::Value> = saved.files.iter().map(file).collect();
        let answer = serde_json::json!({ "draft": saved.draft, "said": said, "files": files });
        response::plain(200, "application/json", answer.to_string().into_bytes())
    }

    fn saved_at(&self) -> String {
        let now = self.context.now.wall;
        self.texts().with("write-saved-at", &[("time", self.texts().time(now).into())])
    }

    /// As it is now, whatever is wrong with it. `elsewhere`: it is gone on with in another program, which knows only addresses that are
    /// some; what else was typed stands above the text.
    fn as_draft(&self, elsewhere: bool) -> Result<(Submission, Vec<Carried>), (u16, Problem)> {
        let addressed = self.addressed();
        let mut draft = self.draft(&addressed);
        if elsewhere && addressed.broken {
            let Typed { to, cc, bcc, .. } = &self.typed;
            let typed: Vec<String> = [to, cc, bcc].into_iter().map(|typed| visible(typed)).filter(|typed| !typed.is_empty()).collect();
            draft.text = format!("{}\n\n{}", self.texts().with("write-kept-note", &[("which", typed.join("; ").into())]), draft.text);
        }
        let (wishes, kept) = (self.wishes(), self.kept(&addressed));
        let message = self.composed(|out| compose::write_draft(&draft, &wishes, &kept, out))?;
        let new = Submission::new(self.reader.mailbox().clone(), Vec::new(), message);
        let submission = Submission { replaces: self.replaces(), typed: typed::given_back(self.texts(), &self.typed), ..new };
        Ok((submission, carried::of_files(self.texts(), &draft.attachments)))
    }

    /// Composed, on the disk where it is large. Or why not: the status and the words for it.
    fn composed(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Staged, (u16, Problem)> {
        let mut message = self.context.store.stage();
        write(&mut message).map_err(|error| {
            log::error!("web message not composed: {error}");
            self.not_stored(matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
        })?;
        if message.len() > COMPOSE_MESSAGE_MAX_OCTETS as u64 {
            return Err((422, self.too_large(message.len())));
        }
        Ok(message)
    }

    fn not_stored(&self, is_full: bool) -> (u16, Problem) {
        let (status, key) = if is_full { (507, "write-disk-full") } else { (503, "write-not-saved") };
        (status, Problem::new(Field::Form, self.texts().get(key).to_owned()))
    }

    fn kept(&self, addressed: &Addressed) -> Kept {
        let Typed { to, cc, bcc, .. } = self.typed.clone();
        Kept { to, cc, bcc, hidden: addressed.bcc.clone(), options: typed::options(&self.typed) }
    }

    /// Attachments that were to come along, but cannot be read any more.
    fn lost_source(&self) -> Option<Problem> {
        let needed = self.typed.draft.is_some() || self.typed.about.is_some_and(|about| about.kind != Kind::Reply);
        (needed && self.source.is_none()).then(|| Problem::new(Field::Files, self.texts().get("write-source-lost").to_owned()))
    }

    fn draft(&self, addressed: &Addressed) -> Draft {
        let (in_reply_to, references) = self.source.as_ref().map(Source::threading).unwrap_or_default();
        let mut attachments = self.source.as_ref().map(|source| source.files(&self.typed.carried)).unwrap_or_default();
        attachments.extend(self.files.iter().map(|file| cleaned(self.texts(), file)));
        Draft {
            from: self.sent_as().map_or_else(|| self.writer(), |address| self.other(&address)),
            to: addressed.to.clone(),
            cc: addressed.cc.clone(),
            subject: visible(&self.typed.subject),
            text: self.typed.text.clone(),
            in_reply_to,
            references,
            attachments,
            message_id: Once::of("").message_id(self.context),
            date: self.context.now.wall,
            auto_submitted: None,
        }
    }

    /// All that makes it this message and no other.
    fn once(&self) -> io::Result<Once> {
        let Typed { to, cc, bcc, subject, text, draft, carried, once, .. } = &self.typed;
        let kept: Vec<String> = carried.iter().filter(|file| file.keep).map(|file| file.number.to_string()).collect();
        let mut once = Once::of(once).and(self.reader.mailbox().as_str());
        for typed in [to, cc, bcc, subject, text, &typed::options(&self.typed), &format!("{draft:?} {kept:?}")] {
            once = once.and(typed);
        }
        self.files.iter().try_fold(once, |once, file| once.and_file(&file.name, &file.content))
    }

    fn wishes(&self) -> Wishes {
        Wishes {
            sender: self.sent_as().map(|_| self.writer()),
            priority: self.typed.priority,
            receipt_to: self.typed.receipt.then(|| self.writer()),
        }
    }

    fn writer(&self) -> parse::Person {
        parse::Person { name: self.reader.person.name.clone(), address: self.reader.person.address.to_string() }
    }

    fn other(&self, address: &Address) -> parse::Person {
        let name = self.context.directory.resolve(address).map(|person| person.name.clone()).unwrap_or_default();
        parse::Person { name, address: address.to_string() }
    }

    /// The address that was chosen, if this person may send as it and it is not the own one.
    fn sent_as(&self) -> Option<Address> {
        let chosen = Address::parse(self.typed.from.as_deref()?).ok()?;
        self.reader.person.send_as.iter().find(|address| address.mailbox() == chosen.mailbox()).cloned()
    }

    /// The draft that this goes on with. A message that was sent can be edited and sent again too: it stays.
    fn replaces(&self) -> Option<Seq> {
        let source = self.source.as_ref().filter(|source| source.is_draft())?;
        let goes_on = self.typed.draft.is_some() || self.typed.about.is_some_and(|about| about.kind == Kind::Edit);
        goes_on.then_some(source.entry.message)
    }

    fn too_large(&self, octets: u64) -> Problem {
        let t = self.texts();
        let octets = usize::try_from(octets).unwrap_or(usize::MAX);
        let arguments = [("size", t.size(octets).into()), ("max", t.size(COMPOSE_MESSAGE_MAX_OCTETS).into())];
        Problem::new(Field::Files, t.with("write-too-large", &arguments))
    }

    /// The form once more, with everything that was typed.
    pub fn again(self, status: u16, problems: Vec<Problem>) -> Outcome {
        self.shown_again(status, problems, false)
    }

    fn shown_again(mut self, status: u16, problems: Vec<Problem>, confirm: bool) -> Outcome {
        let t = self.texts();
        if self.by_script {
            let text: Vec<String> = problems.into_iter().map(|problem| problem.text).collect();
            let answer = serde_json::json!({ "problem": text.join(" ") });
            return response::plain(status, "application/json", answer.to_string().into_bytes()).into();
        }
        // A browser does not let a page put files back: they wait in a draft.
        if self.may_keep
            && !self.files.is_empty()
            && let Ok(saved) = self.saved()
        {
            self.typed.draft = Some(saved.draft);
            self.typed.carried = saved.files;
            self.files.clear();
        }
        let title = form::title(t, self.typed.about.map(|about| about.kind), self.typed.draft.is_some());
        let files_lost = !self.files.is_empty();
        let page = ComposePage { problems, files_lost, confirm, ..form::page(self.context, self.reader, title, self.typed) };
        response::page_with_script(status, pages::compose::page(&reader::shell(self.context, title), &page)).into()
    }
}

/// How the original is marked when this is sent.
fn mark(kind: Kind) -> Option<Flags> {
    match kind {
        Kind::Reply => Some(Flags::ANSWERED),
        Kind::Forward | Kind::ForwardWhole => Some(Flags::FORWARDED),
        Kind::Edit => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_get_names_and_types_that_fit_a_header() {
        let check = |name: &str, media_type: &str, expected: (&str, &str)| {
            let file =
                cleaned(Texts::english(), &File { name: name.to_owned(), media_type: media_type.to_owned(), content: Vec::new().into() });
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
