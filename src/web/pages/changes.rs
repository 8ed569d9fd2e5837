//! What the script of a folder page looks at: the place where it tells what is new, and the answer to its question.

use maud::{Markup, html};

use super::layout::{self, Shell};
use super::navigation;
use crate::store::{Folder, Seq};
use crate::web::places;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct Live {
    pub folder: Folder,
    /// Changes with what is in the folder.
    pub tag: String,
    /// The newest message.
    pub upto: Seq,
    /// What the mode permits.
    pub mode: &'static str,
    /// Of the window.
    pub title: String,
    /// The page shows the newest messages in their order: new ones can be put on top.
    pub rows: bool,
    /// Messages that came since.
    pub new: u64,
}

/// An empty place for the script, of no use without it.
pub fn place(t: Texts, live: &Live) -> Markup {
    html! {
        p #live role="status" data-in=(places::key(live.folder)) data-tag=(live.tag) data-upto=(live.upto) data-mode=(live.mode)
            data-title=(live.title) data-rows=[live.rows.then_some("1")] data-say=[(live.new > 0).then(|| t.count("live-new", live.new))] {}
    }
}

/// The answer: no page of its own, only the parts that may be different.
pub fn fragment(shell: &Shell, live: &Live, rows: &Markup) -> Markup {
    html! {
        (place(shell.texts, live))
        @if let Some(banner) = &shell.banner { (layout::banner(shell.texts, banner)) }
        @if let Some(reader) = &shell.reader { (navigation::navigation(shell.texts, reader, shell.here)) }
        (rows)
    }
}
