//! The form for writing.

use maud::{Markup, html};

use super::layout::{self, Shell};
use crate::limits::WEB_BODY_MAX_OCTETS;
use crate::store::Seq;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct ComposePage {
    pub title: &'static str,
    pub typed: Typed,
    pub problems: Vec<Problem>,
    /// Files were chosen before; a browser does not let a page put them back.
    pub files_lost: bool,
}

/// What stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    pub to: String,
    pub cc: String,
    pub bcc: String,
    pub subject: String,
    /// With `\n` line ends.
    pub text: String,
    pub about: Option<About>,
    pub carried: Vec<Carried>,
}

/// The message that this one is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    pub kind: Kind,
    pub message: Seq,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Reply,
    Forward,
    /// Goes on with a draft, or sends something once more.
    Edit,
}

/// An attachment of that message, which may come along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    pub number: usize,
    pub name: String,
    pub size: String,
    pub keep: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub field: Field,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    To,
    Cc,
    Bcc,
    Subject,
    Files,
    /// The form as a whole.
    Form,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Reply => "reply",
            Kind::Forward => "forward",
            Kind::Edit => "edit",
        }
    }

    pub fn named(name: &str) -> Option<Kind> {
        [Kind::Reply, Kind::Forward, Kind::Edit].into_iter().find(|kind| kind.name() == name)
    }
}

impl Field {
    /// Also the `id` of its input.
    fn name(self) -> &'static str {
        match self {
            Field::To => "to",
            Field::Cc => "cc",
            Field::Bcc => "bcc",
            Field::Subject => "subject",
            Field::Files => "files",
            Field::Form => "send",
        }
    }

    /// Before a problem in the list of all of them.
    fn label(self) -> Option<&'static str> {
        match self {
            Field::To => Some("problem-in-to"),
            Field::Cc => Some("problem-in-cc"),
            Field::Bcc => Some("problem-in-bcc"),
            Field::Subject | Field::Files | Field::Form => None,
        }
    }
}

impl Problem {
    pub fn new(field: Field, text: String) -> Problem {
        Problem { field, text }
    }

    /// It was written in a drill that is over, and is real now; or the reverse.
    pub fn drill_over(t: Texts, real: bool) -> Problem {
        let text = t.get(if real { "problem-drill-over" } else { "problem-before-drill" });
        Problem::new(Field::Form, text.to_owned())
    }

    pub fn signed_in_again(t: Texts) -> Problem {
        Problem::new(Field::Form, t.get("problem-signed-in-again").to_owned())
    }
}

pub fn page(shell: &Shell, page: &ComposePage) -> Markup {
    let t = shell.texts;
    let csrf = shell.reader.as_ref().map(|reader| reader.csrf.as_str()).unwrap_or_default();
    let answering = page.typed.about.is_some_and(|about| about.kind == Kind::Reply);
    layout::page(
        shell,
        &html! {
            h1 { (page.title) }
            @if !page.problems.is_empty() { (problems(t, page)) }
            form.compose method="post" action="/mail/send" enctype="multipart/form-data" {
                input type="hidden" name="csrf" value=(csrf);
                // Where it was written: neither a practice letter may go out, nor a real one stay here.
                @if let Some(drill) = shell.reader.as_ref().and_then(|reader| reader.drill.as_ref()) {
                    input type="hidden" name="drill" value=(drill);
                }
                @if let Some(about) = page.typed.about {
                    input type="hidden" name="kind" value=(about.kind.name());
                    input type="hidden" name="about" value=(about.message);
                }
                (line(page, Field::To, t.get("to"), &page.typed.to, page.problems.is_empty() && !answering))
                (copies(t, page))
                (line(page, Field::Subject, t.get("subject"), &page.typed.subject, false))
                label for="text" { (t.get("message-text")) }
                // The parser drops the first line end of a textarea (HTML standard 13.1.2.5), so one is given.
                textarea #text name="text" rows="14" dir="auto" autofocus[page.problems.is_empty() && answering] { "\n" (page.typed.text) }
                (files(t, page))
                p.send { button.primary #send type="submit" { (t.get("send")) } }
            }
        },
    )
}

/// Names every problem first, each with a way to its field.
fn problems(t: Texts, page: &ComposePage) -> Markup {
    html! {
        div.problems role="alert" {
            h2 { (t.get("not-sent-yet")) }
            ul { @for problem in &page.problems { li { a href={ "#" (problem.field.name()) } { @if let Some(label) = problem.field.label() { (t.get(label)) " " } (problem.text) } } } }
            @if page.files_lost { p { (t.get("files-lost")) } }
        }
    }
}

/// One line of text. Addresses are checked by us, so that they may have names and several may stand in one line.
fn line(page: &ComposePage, field: Field, label: &str, value: &str, focus: bool) -> Markup {
    let name = field.name();
    let problem = page.problems.iter().find(|problem| problem.field == field);
    let addresses = matches!(field, Field::To | Field::Cc | Field::Bcc);
    html! {
        label for=(name) { (label) }
        @if let Some(problem) = problem { p.problem id={ (name) "-problem" } { (problem.text) } }
        input id=(name) type="text" name=(name) value=(value) dir="auto" autofocus[focus]
            autocomplete=[addresses.then_some("off")] autocapitalize=[addresses.then_some("none")]
            spellcheck=[addresses.then_some("false")] inputmode=[addresses.then_some("email")]
            aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| format!("{name}-problem"))];
    }
}

/// Cc and Bcc, out of the way until they are needed.
fn copies(t: Texts, page: &ComposePage) -> Markup {
    let wrong = page.problems.iter().any(|problem| matches!(problem.field, Field::Cc | Field::Bcc));
    let open = wrong || !page.typed.cc.is_empty() || !page.typed.bcc.is_empty();
    html! {
        details.copies open[open] {
            summary { (t.get("copies")) }
            (line(page, Field::Cc, t.get("cc"), &page.typed.cc, false))
            (line(page, Field::Bcc, t.get("bcc-field"), &page.typed.bcc, false))
        }
    }
}

fn files(t: Texts, page: &ComposePage) -> Markup {
    let problem = page.problems.iter().find(|problem| problem.field == Field::Files);
    html! {
        @if !page.typed.carried.is_empty() {
            fieldset.carried {
                legend { (t.get("carried-files")) }
                @for file in &page.typed.carried {
                    label.check {
                        input type="checkbox" name="keep" value=(file.number) checked[file.keep];
                        span { bdi { (file.name) } " " span.hint { (file.size) } }
                    }
                }
            }
        }
        label for="files" { (t.get("attach-files")) }
        @if let Some(problem) = problem { p.problem #files-problem { (problem.text) } }
        input #files type="file" name="files" multiple aria-invalid=[problem.map(|_| "true")]
            aria-describedby=(if problem.is_some() { "files-problem files-hint" } else { "files-hint" });
        p.hint #files-hint { (t.with("files-limit", &[("size", t.size(WEB_BODY_MAX_OCTETS * 7 / 10).into())])) }
    }
}
