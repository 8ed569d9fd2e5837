//! The page of one message, and the document that its HTML has to itself.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::layout::{self, Shell, folder_name};
use super::text;
use crate::store::{Folder, Seq};
use crate::web::route::folder_path;
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
    layout::page(
        shell,
        &html! {
            article.message {
                p.back { a href=(folder_path(page.folder)) { "← " (folder_name(shell.texts, page.folder)) } }
                h1 { bdi { @if page.subject.is_empty() { "(no subject)" } @else { (page.subject) } } }
                (head(page))
                @if page.may_write { (actions(page)) }
                div.body { (body(page)) }
                @if !page.attachments.is_empty() { (attachments(page)) }
                @if !page.deliveries.is_empty() { (deliveries(&page.deliveries)) }
                p.more { a href={ (path(page)) "/raw" } { "Save as a file (.eml)" } }
            }
        },
    )
}

fn path(page: &MessagePage) -> String {
    format!("/mail/message/{}", page.message)
}

fn head(page: &MessagePage) -> Markup {
    html! {
        dl.head {
            (people("From", &page.from))
            (people("Answers go to", &page.reply_to))
            (people("To", &page.to))
            (people("Cc", &page.cc))
            div { dt { "Date" } dd { time datetime=(page.datetime) { (page.date) } } }
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

fn actions(page: &MessagePage) -> Markup {
    let seq = page.message;
    html! {
        nav.actions aria-label="What to do with this message" {
            @if page.folder == Folder::Drafts {
                a.button.primary href={ "/mail/edit/" (seq) } { "Edit and send" }
            } @else {
                a.button.primary href={ "/mail/reply/" (seq) } { "Reply" }
                a.button href={ "/mail/reply/" (seq) "?all=1" } { "Reply to all" }
                a.button href={ "/mail/forward/" (seq) } { "Forward" }
                @if page.folder == Folder::Sent { a.button href={ "/mail/edit/" (seq) } { "Send again" } }
            }
        }
    }
}

fn body(page: &MessagePage) -> Markup {
    html! {
        @match &page.body {
            Body::Text(source) => {
                @if page.has_html {
                    p.hint.switch { "You see the plain text. " a href={ (path(page)) "?view=html" } { "Show it as it was designed" } }
                }
                @if source.trim().is_empty() { p.hint { "This message has no text." } } @else { (text::text(source)) }
            }
            Body::Html { remote_blocked } => {
                p.hint.switch {
                    @if *remote_blocked { "Pictures from the internet are not loaded, so the sender does not learn that you read this. " }
                    a href={ (path(page)) "?view=text" } { "Show plain text" }
                    " · "
                    a href={ (path(page)) "/html" } target="_blank" rel="noopener" { "Open in its own tab" }
                }
                iframe.document title="The message" src={ (path(page)) "/html" }
                    sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" {}
            }
        }
        @if page.cut { p.hint { "This message is very long and not shown whole. Save it as a file to see everything." } }
    }
}

fn attachments(page: &MessagePage) -> Markup {
    html! {
        section.attachments {
            h2 { (if page.attachments.len() == 1 { "1 attachment".to_owned() } else { format!("{} attachments", page.attachments.len()) }) }
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

fn deliveries(deliveries: &[DeliveryView]) -> Markup {
    html! {
        section.deliveries {
            h2 { "Who got it" }
            table {
                thead { tr { th scope="col" { "Recipient" } th scope="col" { "What happened" } } }
                tbody {
                    @for delivery in deliveries {
                        tr {
                            th scope="row" {
                                bdi { (delivery.address) }
                                @if delivery.hidden_copy { " " span.tag { "Bcc" } }
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
