//! All messages of a conversation, oldest first.

use maud::{Markup, html};

use super::actions::{self, MessageActions};
use super::layout::{self, Shell};
use super::text;
use crate::store::{Folder, Seq};
use crate::web::route::folder_path;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct ConversationPage {
    /// Where the reader came from.
    pub folder: Folder,
    /// Its name.
    pub place: String,
    pub subject: String,
    pub letters: Vec<LetterView>,
    pub may_write: bool,
}

#[derive(Clone, Debug)]
pub struct LetterView {
    pub message: Seq,
    pub folder: Folder,
    pub place: String,
    pub who: String,
    pub date: String,
    /// RFC 3339.
    pub datetime: String,
    pub unread: bool,
    pub flagged: bool,
    pub attachments: bool,
    pub has_html: bool,
    /// None: too many; it is on its own page.
    pub text: Option<String>,
    pub open: bool,
    pub acts: Option<MessageActions>,
}

pub fn page(shell: &Shell, page: &ConversationPage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.conversation {
                p.back { a href=(folder_path(page.folder)) { "← " (page.place) } }
                h1 { bdi { @if page.subject.is_empty() { (t.get("no-subject")) } @else { (page.subject) } } }
                p.total { (t.count("messages", page.letters.len() as u64)) }
                @for letter in &page.letters { (self::letter(t, letter, page.may_write)) }
            }
        },
    )
}

fn letter(t: Texts, letter: &LetterView, may_write: bool) -> Markup {
    let seq = letter.message;
    let own_page = format!("/mail/message/{seq}");
    html! {
        details.letter open[letter.open] {
            summary {
                h2 {
                    @if letter.unread { span.unseen { (t.get("unread-mark")) " " } }
                    bdi.who { @if letter.who.is_empty() { (t.get("nobody")) } @else { (letter.who) } }
                }
                " "
                @if letter.flagged { span.flag { span.unseen { (t.get("mark-flagged")) " " } } }
                @if letter.attachments { span.clip { span.unseen { (t.get("with-attachment")) " " } } }
                span.place { span.unseen { (t.get("in-folder")) " " } bdi { (letter.place) } }
                " "
                time datetime=(letter.datetime) { (letter.date) }
            }
            @if may_write {
                div.actions role="group" aria-label={ (t.get("act-one")) ": " (letter.who) ", " (letter.date) } {
                    @if letter.folder == Folder::Drafts {
                        a.button href={ "/mail/edit/" (seq) } { (t.get("conversation-edit")) }
                    } @else {
                        a.button href={ "/mail/reply/" (seq) } { (t.get("key-reply")) }
                        a.button href={ "/mail/reply/" (seq) "?all=1" } { (t.get("key-reply-all")) }
                        a.button href={ "/mail/forward/" (seq) } { (t.get("key-forward")) }
                    }
                }
            }
            @if let Some(acts) = &letter.acts { (actions::of_message(t, acts)) }
            @if let Some(text) = &letter.text { div.body { div.text dir="auto" { (text::text(t, text)) } } }
            p.more {
                a href=(own_page) {
                    @if letter.has_html || letter.attachments { (t.get("conversation-whole")) } @else { (t.get("conversation-alone")) }
                }
            }
        }
    }
}
