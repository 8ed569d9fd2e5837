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
    layout::page(
        shell,
        &html! {
            article.preview {
                p.back { a href=(page.back) { "← Message" } }
                h1 { bdi { (page.name) } }
                nav.actions aria-label="What to do with this file" {
                    a.button.primary href=(page.save) download { "Save (" (page.size) ")" }
                    @if let Shown::Pdf { path } = &page.shown { a.button href=(path) target="_blank" rel="noopener" { "Open in the viewer" } }
                }
                @match &page.shown {
                    Shown::Picture { path } => figure { img src=(path) alt=(page.name); },
                    Shown::Pdf { .. } => p { "The viewer of your browser shows it in a tab of its own." },
                    Shown::Text { text, cut } => {
                        @if *cut { p.hint { "This file is very long and not shown whole." } }
                        pre.file dir="auto" tabindex="0" { (text) }
                    },
                    Shown::Nothing => p.notice role="note" { "There is no preview of this file. Save it, and open it with a program that you trust." },
                }
            }
        },
    )
}

pub fn source(shell: &Shell, page: &SourcePage) -> Markup {
    layout::page(
        shell,
        &html! {
            article.preview {
                p.back { a href=(page.back) { "← Message" } }
                h1 { "Source of the message" }
                nav.actions aria-label="What to do with this message" {
                    a.button href=(page.save) download { "Save as a file (" (page.size) ")" }
                }
                @if page.cut { p.hint { "Only its beginning is shown. Save it to see everything." } }
                pre.file tabindex="0" { (page.text) }
            }
        },
    )
}
