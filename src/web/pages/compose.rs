//! The form for writing.

use maud::{Markup, html};

use super::layout::{self, Shell};
use crate::limits::WEB_BODY_MAX_OCTETS;
use crate::mail::compose::Priority;
use crate::store::Seq;
use crate::web::assets;
use crate::web::texts::Texts;

#[derive(Clone, Debug, Default)]
pub struct ComposePage {
    pub title: &'static str,
    pub typed: Typed,
    pub problems: Vec<Problem>,
    /// Files were chosen before; a browser does not let a page put them back.
    pub files_lost: bool,
    /// Something was asked: pressing Send once more means yes.
    pub confirm: bool,
    /// What just happened.
    pub said: Option<&'static str>,
    /// Addresses that the writer may send as besides the own one, with their names.
    pub others: Vec<(String, String)>,
    /// For completion without a script.
    pub known: Vec<String>,
    /// Drafts can be kept.
    pub may_keep: bool,
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
    /// The draft that this goes on with.
    pub draft: Option<Seq>,
    /// The address to send as, if it is not the own one.
    pub from: Option<String>,
    pub priority: Priority,
    /// Asks the readers to say that they have read it.
    pub receipt: bool,
    pub carried: Vec<Carried>,
    /// The form's secret: what it sends is sent once.
    pub once: String,
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
    /// As a file.
    ForwardWhole,
    /// Sends something once more.
    Edit,
}

/// An attachment that may come along.
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
    From,
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
            Kind::ForwardWhole => "whole",
            Kind::Edit => "edit",
        }
    }

    pub fn named(name: &str) -> Option<Kind> {
        [Kind::Reply, Kind::Forward, Kind::ForwardWhole, Kind::Edit].into_iter().find(|kind| kind.name() == name)
    }
}

impl Field {
    /// Also the `id` of its input.
    fn name(self) -> &'static str {
        match self {
            Field::From => "from",
            Field::To => "to",
            Field::Cc => "cc",
            Field::Bcc => "bcc",
            Field::Subject => "subject",
            Field::Files => "files",
            Field::Form => "send",
        }
    }

    /// Before a problem in the list of all of them.
    fn label(self, t: Texts) -> Option<&'static str> {
        match self {
            Field::To => Some(t.get("write-to")),
            Field::Cc => Some(t.get("write-cc")),
            Field::Bcc => Some(t.get("write-bcc")),
            Field::From | Field::Subject | Field::Files | Field::Form => None,
        }
    }
}

impl Problem {
    pub fn new(field: Field, text: String) -> Problem {
        Problem { field, text }
    }

    /// It was written in a drill that is over, and is real now; or the reverse.
    pub fn drill_over(t: Texts, real: bool) -> Problem {
        let text = if real { t.get("write-drill-over") } else { t.get("write-drill-begun") };
        Problem::new(Field::Form, text.to_owned())
    }

    pub fn signed_in_again(t: Texts) -> Problem {
        Problem::new(Field::Form, t.get("write-signed-in-again").to_owned())
    }
}

pub fn page(shell: &Shell, page: &ComposePage) -> Markup {
    let t = shell.texts;
    let csrf = shell.reader.as_ref().map(|reader| reader.csrf.as_str()).unwrap_or_default();
    let answering = page.typed.about.is_some_and(|about| about.kind == Kind::Reply) || page.typed.draft.is_some();
    let typed = &page.typed;
    layout::page(
        shell,
        &html! {
            h1 { (page.title) }
            @if !page.problems.is_empty() { (problems(t, page)) }
            @if let Some(said) = page.said { p.notice role="status" { (said) } }
            // The script keeps drafts only where there are any.
            form.compose #compose method="post" action="/mail/send" enctype="multipart/form-data" data-keep[page.may_keep]
                data-saving=(t.get("write-saving")) data-failed=(t.get("write-save-failed")) data-uploading=(t.get("write-uploading"))
                data-found=(t.get("write-found")) {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="once" value=(typed.once);
                // Where it was written: neither a practice letter may go out, nor a real one stay here.
                @if let Some(drill) = shell.reader.as_ref().and_then(|reader| reader.drill.as_ref()) {
                    input type="hidden" name="drill" value=(drill);
                }
                @if let Some(about) = typed.about {
                    input type="hidden" name="kind" value=(about.kind.name());
                    input type="hidden" name="about" value=(about.message);
                }
                input #draft type="hidden" name="draft" value=[typed.draft] disabled[!page.may_keep];
                @if page.confirm { input type="hidden" name="confirmed" value="1"; }
                @if !page.others.is_empty() { (from(t, shell, page)) }
                (line(page, Field::To, t.get("write-to"), &typed.to, page.problems.is_empty() && !answering))
                (copies(t, page))
                (line(page, Field::Subject, t.get("write-subject"), &typed.subject, false))
                label for="text" { (t.get("write-text")) }
                // The parser drops the first line end of a textarea (HTML standard 13.1.2.5), so one is given.
                textarea #text name="text" rows="14" dir="auto" autofocus[page.problems.is_empty() && answering] { "\n" (typed.text) }
                (files(t, page))
                (options(t, typed))
                p.send {
                    button.primary #send type="submit" name="do" value="send" {
                        @if page.confirm { (t.get("write-send-anyway")) } @else { (t.get("write-send")) }
                    }
                    @if page.may_keep {
                        " " button type="submit" name="do" value="save" { (t.get("write-save")) }
                        @if typed.draft.is_some() { " " button.quiet type="submit" name="do" value="discard" { (t.get("write-discard")) } }
                        " " span #saved role="status" {}
                    }
                }
                @if !page.known.is_empty() {
                    datalist #people { @for known in &page.known { option value=(known) {} } }
                }
            }
            script src=(assets::WRITE.path()) defer {}
        },
    )
}

/// Names every problem first, each with a way to its field.
fn problems(t: Texts, page: &ComposePage) -> Markup {
    html! {
        div.problems role="alert" {
            h2 { (t.get("write-not-yet")) }
            ul {
                @for problem in &page.problems {
                    li {
                        a href={ "#" (problem.field.name()) } {
                            @if let Some(label) = problem.field.label(t) { (label) ": " }
                            (problem.text)
                        }
                    }
                }
            }
            @if page.files_lost { p { (t.get("write-files-lost")) } }
        }
    }
}

/// Whose name it goes out in. Only where the directory gives a choice.
fn from(t: Texts, shell: &Shell, page: &ComposePage) -> Markup {
    let own = shell.reader.as_ref().map(|reader| format!("{} <{}>", reader.name, reader.address)).unwrap_or_default();
    let problem = page.problems.iter().find(|problem| problem.field == Field::From);
    html! {
        label for="from" { (t.get("write-from")) }
        @if let Some(problem) = problem { p.problem #from-problem { (problem.text) } }
        select #from name="from" aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "from-problem")] {
            option value="" { (own) }
            @for (name, address) in &page.others {
                option value=(address) selected[page.typed.from.as_ref() == Some(address)] { (name) " <" (address) ">" }
            }
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
            list=[(addresses && !page.known.is_empty()).then_some("people")] data-people[addresses]
            aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| format!("{name}-problem"))];
    }
}

/// Cc and Bcc, out of the way until they are needed.
fn copies(t: Texts, page: &ComposePage) -> Markup {
    let wrong = page.problems.iter().any(|problem| matches!(problem.field, Field::Cc | Field::Bcc));
    let open = wrong || !page.typed.cc.is_empty() || !page.typed.bcc.is_empty();
    html! {
        details.copies open[open] {
            summary { (t.get("write-copies")) }
            (line(page, Field::Cc, t.get("write-cc"), &page.typed.cc, false))
            (line(page, Field::Bcc, t.get("write-bcc-more"), &page.typed.bcc, false))
        }
    }
}

fn files(t: Texts, page: &ComposePage) -> Markup {
    let problem = page.problems.iter().find(|problem| problem.field == Field::Files);
    let max = t.size(WEB_BODY_MAX_OCTETS * 7 / 10);
    html! {
        fieldset.carried #carried hidden[page.typed.carried.is_empty()] {
            legend { (t.get("write-files")) }
            div #carried-files {
                @for file in &page.typed.carried {
                    label.check {
                        input type="checkbox" name="keep" value=(file.number) checked[file.keep];
                        span { bdi { (file.name) } " " span.hint { (file.size) } }
                    }
                }
            }
            p.hint { (t.get("write-files-hint")) }
        }
        label for="files" { (t.get("write-attach")) }
        @if let Some(problem) = problem { p.problem #files-problem { (problem.text) } }
        input #files type="file" name="files" multiple aria-invalid=[problem.map(|_| "true")]
            aria-describedby=(if problem.is_some() { "files-problem files-hint" } else { "files-hint" });
        p.hint #files-hint { (t.with("write-attach-hint", &[("max", max.into())])) }
        @if page.may_keep {
            progress #progress max="100" value="0" aria-label=(t.get("write-uploading")) hidden {}
        }
    }
}

fn options(t: Texts, typed: &Typed) -> Markup {
    let choices = [
        (Priority::Normal, t.get("write-priority-normal")),
        (Priority::High, t.get("write-priority-high")),
        (Priority::Low, t.get("write-priority-low")),
    ];
    html! {
        details.options open[typed.receipt || typed.priority != Priority::Normal] {
            summary { (t.get("write-options")) }
            label for="priority" { (t.get("write-priority")) }
            select #priority name="priority" {
                @for (priority, name) in choices {
                    option value=(priority.name()) selected[typed.priority == priority] { (name) }
                }
            }
            label.check {
                input type="checkbox" name="receipt" value="1" checked[typed.receipt];
                span { (t.get("write-receipt")) }
            }
        }
    }
}
