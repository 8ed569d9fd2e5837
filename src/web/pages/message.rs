//! The page of one message, and the document that its HTML has to itself.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::actions::MessageActions;
use super::attachments::{self, FileView};
use super::invitation::{self, InvitationView};
use super::layout::{self, Shell, folder_name};
use super::text;
use crate::store::{Folder, Seq};
use crate::web::route::folder_path;
use crate::web::texts::Texts;
use crate::web::words::Fate;

#[derive(Clone, Debug, Default)]
pub struct MessagePage {
    pub message: Seq,
    pub folder: Folder,
    pub subject: String,
    /// Empty if it says none.
    pub date: String,
    /// RFC 3339.
    pub datetime: String,
    pub from: Vec<PersonView>,
    /// Only if answers go elsewhere than to `from`.
    pub reply_to: Vec<PersonView>,
    pub to: Vec<PersonView>,
    pub cc: Vec<PersonView>,
    pub remarks: Vec<Remark>,
    pub report: Vec<ReportView>,
    pub invitation: Option<InvitationView>,
    pub body: Body,
    pub has_html: bool,
    /// Something was left out because it is too long.
    pub cut: bool,
    pub files: Vec<FileView>,
    pub unsubscribe: Vec<Unsubscribe>,
    /// For the sender only.
    pub deliveries: Vec<DeliveryView>,
    pub may_write: bool,
    /// The reader's own, to be gone on with.
    pub is_draft: bool,
    /// Where people may change something.
    pub acts: Option<MessageActions>,
    pub paths: Paths,
}

/// Where the links of the page lead.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    pub message: String,
    /// The page whose body is shown: the message's own, or one that was packed in it.
    pub body: String,
    pub raw: String,
    pub source: String,
    pub print: String,
    /// All files in one, if there are several.
    pub zip: Option<String>,
    /// The message around this one.
    pub outer: Option<String>,
}

/// A sentence about the message.
#[derive(Clone, Debug)]
pub struct Remark {
    pub warns: bool,
    pub text: String,
}

/// One recipient of a report about mail.
#[derive(Clone, Debug)]
pub struct ReportView {
    pub address: String,
    pub fate: Fate,
    pub what: String,
    pub advice: &'static str,
    /// The code and the words of the other server.
    pub said: String,
}

/// Ways to leave a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsubscribe {
    /// A page of ours on which a message is written.
    Mail(String),
    /// A page of the sender's.
    Page(String),
}

#[derive(Clone, Debug)]
pub enum Body {
    Text(String),
    /// In a frame of its own.
    Html {
        document: String,
        remote_blocked: bool,
        /// What the query says when the pictures are asked for.
        load: String,
    },
}

impl Default for Body {
    fn default() -> Body {
        Body::Text(String::new())
    }
}

#[derive(Clone, Debug)]
pub struct PersonView {
    pub name: String,
    pub address: String,
}

#[derive(Clone, Debug)]
pub struct DeliveryView {
    pub address: String,
    /// Bcc: the others do not see it.
    pub hidden_copy: bool,
    pub fate: Fate,
    pub text: String,
}

pub fn page(shell: &Shell, page: &MessagePage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            article.message {
                @match &page.paths.outer {
                    Some(outer) => p.back { a href=(outer) { "← " (t.get("message-outer")) } },
                    None => p.back { a href=(folder_path(page.folder)) { "← " (folder_name(t, page.folder)) } },
                }
                h1 { bdi { @if page.subject.is_empty() { (t.get("no-subject")) } @else { (page.subject) } } }
                (head(t, page))
                @if page.may_write { (actions(t, page)) }
                @if let Some(acts) = &page.acts { (super::actions::of_message(t, acts)) }
                (remarks(t, &page.remarks))
                @if !page.report.is_empty() { (report(t, &page.report)) }
                @if let Some(invitation) = &page.invitation { (invitation::card(t, invitation)) }
                div.body { (body(t, page)) }
                @if !page.files.is_empty() { (attachments::list(t, &page.files, page.paths.zip.as_deref())) }
                @if !page.deliveries.is_empty() { (deliveries(t, &page.deliveries)) }
                @if !page.unsubscribe.is_empty() { (unsubscribe(t, &page.unsubscribe)) }
                nav.more aria-label=(t.get("message-more")) {
                    a href=(page.paths.raw) { (t.get("save-as-file")) }
                    " · " a href=(page.paths.source) { (t.get("message-source")) }
                    @if page.may_write && page.folder != Folder::Drafts {
                        " · " a href={ "/mail/forward/" (page.message) "?whole=1" } { (t.get("forward-whole")) }
                    }
                    " · " a href=(page.paths.print) target="_blank" rel="noopener" { (t.get("message-print")) }
                }
            }
        },
    )
}

fn head(t: Texts, page: &MessagePage) -> Markup {
    html! {
        dl.head {
            (people(t.get("from"), &page.from))
            (people(t.get("answers-go-to"), &page.reply_to))
            (people(t.get("to"), &page.to))
            (people(t.get("cc"), &page.cc))
            @if !page.date.is_empty() { div { dt { (t.get("date")) } dd { time datetime=(page.datetime) { (page.date) } } } }
        }
    }
}

fn people(label: &str, people: &[PersonView]) -> Markup {
    html! {
        @if !people.is_empty() {
            div {
                dt { (label) }
                dd {
                    @for (i, person) in people.iter().enumerate() {
                        @if i > 0 { ", " }
                        (self::person(person))
                    }
                }
            }
        }
    }
}

/// The address always stands beside the name: anybody can call themselves anything.
pub fn person(person: &PersonView) -> Markup {
    html! {
        @if person.name.is_empty() || person.name == person.address {
            bdi { (person.address) }
        } @else {
            bdi { (person.name) } " " bdi.address { "<" (person.address) ">" }
        }
    }
}

fn actions(t: Texts, page: &MessagePage) -> Markup {
    let seq = page.message;
    html! {
        nav.actions aria-label=(t.get("message-actions")) {
            @if page.is_draft {
                a.button.primary href={ "/mail/edit/" (seq) } { (t.get("edit-and-send")) }
            } @else {
                a.button.primary href={ "/mail/reply/" (seq) } { (t.get("reply")) }
                a.button href={ "/mail/reply/" (seq) "?all=1" } { (t.get("reply-all")) }
                a.button href={ "/mail/forward/" (seq) } { (t.get("forward")) }
                @if page.folder == Folder::Sent { a.button href={ "/mail/edit/" (seq) } { (t.get("send-again")) } }
            }
        }
    }
}

fn remarks(t: Texts, remarks: &[Remark]) -> Markup {
    html! {
        @if !remarks.is_empty() {
            section aria-label=(t.get("message-remarks")) {
                ul.remarks { @for remark in remarks { li.warns[remark.warns] { (remark.text) } } }
            }
        }
    }
}

fn report(t: Texts, report: &[ReportView]) -> Markup {
    html! {
        section.report {
            h2 { (t.get("report-title")) }
            ul {
                @for one in report {
                    li class=(fate(one.fate)) {
                        p { strong { bdi { (one.address) } } }
                        p { (one.what) @if !one.advice.is_empty() { " " (one.advice) } }
                        @if !one.said.trim().is_empty() {
                            details { summary { (t.get("report-said")) } p.hint { bdi { (one.said) } } }
                        }
                    }
                }
            }
        }
    }
}

fn body(t: Texts, page: &MessagePage) -> Markup {
    let shown_as = |view: &str| {
        let mark = if page.paths.message.contains('?') { '&' } else { '?' };
        format!("{}{mark}{view}", page.paths.message)
    };
    html! {
        @match &page.body {
            Body::Text(source) => {
                @if page.has_html {
                    p.hint.switch { (t.get("shown-as-text")) " " a href=(shown_as("view=html")) { (t.get("show-designed")) } }
                }
                @if source.trim().is_empty() { p.hint { (t.get("no-text")) } } @else { (text::text(t, source)) }
            }
            Body::Html { document, remote_blocked, load } => {
                p.hint.switch {
                    a href=(shown_as("view=text")) { (t.get("show-text")) }
                    " · "
                    a href=(document) target="_blank" rel="noopener" { (t.get("own-tab")) }
                }
                @if *remote_blocked {
                    div.pictures {
                        p { (t.get("remote-blocked")) }
                        p { a.button href=(shown_as(&format!("view=html&{load}"))) { (t.get("pictures-load")) } " " span.hint { (t.get("pictures-tell")) } }
                    }
                }
                iframe.document title=(t.get("the-message")) src=(document)
                    sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" {}
            }
        }
        @if page.cut { p.hint { (t.get("message-cut")) } }
    }
}

fn unsubscribe(t: Texts, ways: &[Unsubscribe]) -> Markup {
    html! {
        section.unsubscribe {
            h2 { (t.get("unsubscribe-title")) }
            ul {
                @for way in ways {
                    li {
                        @match way {
                            Unsubscribe::Mail(path) => a href=(path) { (t.get("unsubscribe-mail")) },
                            Unsubscribe::Page(address) => {
                                a href=(address) target="_blank" rel="noopener noreferrer nofollow" { bdi { (address) } }
                                " " span.hint { (t.get("unsubscribe-page")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn deliveries(t: Texts, deliveries: &[DeliveryView]) -> Markup {
    html! {
        section.deliveries {
            h2 { (t.get("who-got-it")) }
            table {
                thead { tr { th scope="col" { (t.get("recipient")) } th scope="col" { (t.get("what-happened")) } } }
                tbody {
                    @for delivery in deliveries {
                        tr {
                            th scope="row" {
                                bdi { (delivery.address) }
                                @if delivery.hidden_copy { " " span.tag { (t.get("bcc")) } }
                            }
                            td class=(fate(delivery.fate)) { (delivery.text) }
                        }
                    }
                }
            }
        }
    }
}

fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Waiting => "waiting",
        Fate::Done => "done",
        Fate::Failed => "failed",
    }
}

/// Mail is written for white paper, so this document is always light. It carries its own style: its policy lets it load none.
const DOCUMENT_STYLE: &str = "html{background:#fff;color:#1b1f24}body{margin:12px;font:16px/1.5 system-ui,sans-serif;\
                              overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}\
                              pre{white-space:pre-wrap}a{color:#0a5ea8}blockquote{margin:0 0 0 .5em;padding-left:.75em;\
                              border-left:3px solid #c9ced6}";

/// Text for [`printed`].
pub fn plain(text: &str) -> String {
    html! { div style="white-space:pre-wrap" { (text) } }.into_string()
}

/// For printing: the head of the message above its body. `head` is (label, value); `html` is sanitised, or escaped text.
pub fn printed(t: Texts, title: &str, head: &[(String, String)], html: &str) -> Markup {
    let page = html! {
        main {
            h1 { bdi { (title) } }
            table {
                @for (label, value) in head {
                    tr {
                        th scope="row" style="text-align:start;vertical-align:top;padding-inline-end:1em;white-space:nowrap" { (label) }
                        td { bdi { (value) } }
                    }
                }
            }
            hr;
            div lang="" { (PreEscaped(html)) }
        }
    };
    framed(t.tag(), title, &page.into_string())
}

/// `html` is sanitised: the only markup of a stranger that is ever written unescaped, into a document that may do nothing.
pub fn document(html: &str) -> Markup {
    // Nobody knows the language of a stranger's message.
    framed("", "Message", html)
}

fn framed(language: &str, title: &str, html: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="only light";
                title { (title) }
                style { (PreEscaped(DOCUMENT_STYLE)) }
            }
            body { (PreEscaped(html)) }
        }
    }
}
