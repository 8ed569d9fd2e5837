//! The page of one message, and the document that its HTML has to itself.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::actions::MessageActions;
use super::layout::{self, Shell, folder_name};
use super::text;
use crate::store::{Folder, Seq};
use crate::web::route::folder_path;
use crate::web::texts::Texts;
use crate::web::words::Fate;

#[derive(Clone, Debug)]
pub struct MessagePage {
    pub message: Seq,
    pub folder: Folder,
    pub subject: String,
    pub date: String,
    /// RFC 3339.
    pub datetime: String,
    pub from: Vec<PersonView>,
    /// Only if answers go elsewhere than to `from`.
    pub reply_to: Vec<PersonView>,
    pub to: Vec<PersonView>,
    pub cc: Vec<PersonView>,
    pub body: Body,
    pub has_html: bool,
    /// Something was left out because it is too long.
    pub cut: bool,
    pub attachments: Vec<AttachmentView>,
    /// For the sender only.
    pub deliveries: Vec<DeliveryView>,
    pub may_write: bool,
    /// Where people may change something.
    pub acts: Option<MessageActions>,
}

#[derive(Clone, Debug)]
pub enum Body {
    Text(String),
    /// In a frame of its own.
    Html {
        remote_blocked: bool,
    },
}

#[derive(Clone, Debug)]
pub struct PersonView {
    pub name: String,
    pub address: String,
}

#[derive(Clone, Debug)]
pub struct AttachmentView {
    pub number: usize,
    pub name: String,
    pub media_type: String,
    pub size: String,
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
                p.back { a href=(folder_path(page.folder)) { "← " (folder_name(t, page.folder)) } }
                h1 { bdi { @if page.subject.is_empty() { (t.get("no-subject")) } @else { (page.subject) } } }
                (head(t, page))
                @if page.may_write { (actions(t, page)) }
                @if let Some(acts) = &page.acts { (super::actions::of_message(t, acts)) }
                div.body { (body(t, page)) }
                @if !page.attachments.is_empty() { (attachments(t, page)) }
                @if !page.deliveries.is_empty() { (deliveries(t, &page.deliveries)) }
                p.more { a href={ (path(page)) "/raw" } { (t.get("save-as-file")) } }
            }
        },
    )
}

fn path(page: &MessagePage) -> String {
    format!("/mail/message/{}", page.message)
}

fn head(t: Texts, page: &MessagePage) -> Markup {
    html! {
        dl.head {
            (people(t.get("from"), &page.from))
            (people(t.get("answers-go-to"), &page.reply_to))
            (people(t.get("to"), &page.to))
            (people(t.get("cc"), &page.cc))
            div { dt { (t.get("date")) } dd { time datetime=(page.datetime) { (page.date) } } }
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
                        // The address always stands beside the name: anybody can call themselves anything.
                        @if person.name.is_empty() || person.name == person.address {
                            bdi { (person.address) }
                        } @else {
                            bdi { (person.name) } " " bdi.address { "<" (person.address) ">" }
                        }
                    }
                }
            }
        }
    }
}

fn actions(t: Texts, page: &MessagePage) -> Markup {
    let seq = page.message;
    html! {
        nav.actions aria-label=(t.get("message-actions")) {
            @if page.folder == Folder::Drafts {
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

fn body(t: Texts, page: &MessagePage) -> Markup {
    html! {
        @match &page.body {
            Body::Text(source) => {
                @if page.has_html {
                    p.hint.switch { (t.get("shown-as-text")) " " a href={ (path(page)) "?view=html" } { (t.get("show-designed")) } }
                }
                @if source.trim().is_empty() { p.hint { (t.get("no-text")) } } @else { (text::text(source)) }
            }
            Body::Html { remote_blocked } => {
                p.hint.switch {
                    @if *remote_blocked { (t.get("remote-blocked")) " " }
                    a href={ (path(page)) "?view=text" } { (t.get("show-text")) }
                    " · "
                    a href={ (path(page)) "/html" } target="_blank" rel="noopener" { (t.get("own-tab")) }
                }
                iframe.document title=(t.get("the-message")) src={ (path(page)) "/html" }
                    sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" {}
            }
        }
        @if page.cut { p.hint { (t.get("message-cut")) } }
    }
}

fn attachments(t: Texts, page: &MessagePage) -> Markup {
    html! {
        section.attachments {
            h2 { (t.count("attachments", page.attachments.len() as u64)) }
            ul {
                @for file in &page.attachments {
                    li {
                        a href={ (path(page)) "/part/" (file.number) } download { bdi { (file.name) } }
                        " " span.hint { (file.size) ", " (file.media_type) }
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

/// `html` is sanitised: the only markup of a stranger that is ever written unescaped, into a document that may do nothing.
pub fn document(html: &str) -> Markup {
    html! {
        (DOCTYPE)
        // Nobody knows the language of a stranger's message.
        html lang="" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="only light";
                title { "Message" }
                style { (PreEscaped(DOCUMENT_STYLE)) }
            }
            body { (PreEscaped(html)) }
        }
    }
}
