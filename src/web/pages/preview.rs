//! The page of one file of a message, and that of a message's source.

use maud::{Markup, html};

use super::layout::{self, Shell};

#[derive(Clone, Debug)]
pub struct PreviewPage {
    pub name: String,
    pub size: String,
    /// Where it is saved from, and the page of the message.
    pub save: String,
    pub back: String,
    pub shown: Shown,
}

#[derive(Clone, Debug)]
pub enum Shown {
    Picture { path: String },
    Pdf { path: String },
    Text { text: String, cut: bool },
    Nothing,
}

#[derive(Clone, Debug)]
pub struct SourcePage {
    pub text: String,
    pub cut: bool,
    pub size: String,
    pub save: String,
    pub back: String,
}

pub fn page(shell: &Shell, page: &PreviewPage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            article.preview {
                p.back { a href=(page.back) { "← " (t.get("back-to-message")) } }
                h1 { bdi { (page.name) } }
                nav.actions aria-label=(t.get("file-actions")) {
                    a.button.primary href=(page.save) download { (t.with("file-save", &[("size", page.size.as_str().into())])) }
                    @if let Shown::Pdf { path } = &page.shown { a.button href=(path) target="_blank" rel="noopener" { (t.get("file-viewer")) } }
                }
                @match &page.shown {
                    Shown::Picture { path } => figure { img src=(path) alt=(page.name); },
                    Shown::Pdf { .. } => p { (t.get("file-viewer-tells")) },
                    Shown::Text { text, cut } => {
                        @if *cut { p.hint { (t.get("file-cut")) } }
                        pre.file dir="auto" tabindex="0" { (text) }
                    },
                    Shown::Nothing => p.notice role="note" { (t.get("file-no-view")) },
                }
            }
        },
    )
}

pub fn source(shell: &Shell, page: &SourcePage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            article.preview {
                p.back { a href=(page.back) { "← " (t.get("back-to-message")) } }
                h1 { (t.get("source-title")) }
                nav.actions aria-label=(t.get("message-actions")) {
                    a.button href=(page.save) download { (t.with("file-save", &[("size", page.size.as_str().into())])) }
                }
                @if page.cut { p.hint { (t.get("source-cut")) } }
                pre.file tabindex="0" { (page.text) }
            }
        },
    )
}
