//! The frame of every page: head, banner, navigation.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::actions::{self, Told};
use super::navigation::{self, FolderLink};
use crate::store::Folder;
use crate::web::assets::{self, Asset};
use crate::web::texts::Texts;

/// What surrounds a page.
#[derive(Clone, Debug)]
pub struct Shell {
    /// What it says, in the language of the reader.
    pub texts: Texts,
    /// Of the window; the page has its own heading.
    pub title: String,
    pub banner: Option<Banner>,
    /// Nobody is signed in without it.
    pub reader: Option<ReaderView>,
    /// The folder that is marked in the navigation.
    pub here: Option<Folder>,
    /// What the reader did a moment ago.
    pub told: Option<Told>,
}

#[derive(Clone, Debug)]
pub struct ReaderView {
    pub name: String,
    pub address: String,
    pub csrf: String,
    pub folders: Vec<FolderLink>,
    pub may_write: bool,
    /// Single keys do something.
    pub keys: bool,
    /// The drill in which the reader takes part: what is written belongs into its sandbox.
    pub drill: Option<String>,
}

/// In what state the mail system is, and what that means for the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    pub tone: Tone,
    pub strong: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The primary is down.
    Alert,
    /// Nothing is real.
    Practice,
    Calm,
}

impl Shell {
    pub fn bare(texts: Texts, title: &str) -> Shell {
        Shell { texts, title: title.to_owned(), banner: None, reader: None, here: None, told: None }
    }
}

impl Banner {
    /// `since` is a time or a day, as short as possible.
    pub fn down(texts: Texts, since: &str, signed_in: bool) -> Banner {
        let means = if signed_in { "banner-down-here" } else { "banner-down-door" };
        let strong = texts.with("banner-down", &[("since", since.into())]);
        Banner { tone: Tone::Alert, strong, text: texts.get(means).to_owned() }
    }

    /// The same for an outage of some people, this reader among them.
    pub fn down_for_some(texts: Texts, since: &str) -> Banner {
        let strong = texts.with("banner-down-some", &[("since", since.into())]);
        Banner { tone: Tone::Alert, strong, text: texts.get("banner-down-here").to_owned() }
    }

    /// And how far the hand-over is.
    pub fn and_so_far(mut self, texts: Texts, percent: u8) -> Banner {
        self.text = format!("{} {}", self.text, texts.with("banner-back-percent", &[("percent", percent.into())]));
        self
    }

    /// Without numbers and times.
    pub fn plain(texts: Texts, tone: Tone, strong: &'static str, text: &'static str) -> Banner {
        Banner { tone, strong: texts.get(strong).to_owned(), text: texts.get(text).to_owned() }
    }
}

/// A whole page. `main` begins with the page's only `h1`.
pub fn page(shell: &Shell, main: &Markup) -> Markup {
    styled(shell, main, &[&assets::STYLE, &assets::MORE_STYLE])
}

/// The same for the pages of folders, without the style of what is not on them.
pub fn light(shell: &Shell, main: &Markup) -> Markup {
    styled(shell, main, &[&assets::STYLE])
}

/// A page of a box that nobody has set up yet: there is nowhere to go. One that `waits` has a link with `data-onward`: by a script, since a refresh that the
/// page asks for takes whoever reads slowly by surprise (WCAG 2.2, failure F41).
pub fn lone(title: &str, waits: bool, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head(title, &[&assets::STYLE, &assets::MORE_STYLE]))
                @if waits { script src=(assets::WAIT.path()) defer {} }
            }
            body {
                a.skip href="#main" { (Texts::english().get("skip")) }
                header.top { span.brand { (PreEscaped(assets::ICON.text)) span { "Lifeboat" } } }
                main #main.alone tabindex="-1" { (main) }
            }
        }
    }
}

fn head(title: &str, styles: &[&Asset]) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { (title) " – Lifeboat" }
        @for style in styles { link rel="stylesheet" href=(style.path()); }
        link rel="icon" type="image/svg+xml" href=(assets::ICON.path());
    }
}

fn styled(shell: &Shell, main: &Markup, styles: &[&Asset]) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(shell.texts.tag()) dir=(shell.texts.direction()) {
            head {
                (head(&shell.title, styles))
                @if let Some(reader) = &shell.reader { script src=(assets::MAIL.path()) defer data-keys=[(!reader.keys).then_some("off")] {} }
            }
            body {
                a.skip href="#main" { (shell.texts.get("skip")) }
                (top(shell))
                @if let Some(banner) = &shell.banner { (self::banner(shell.texts, banner)) }
                @if let Some(reader) = &shell.reader {
                    div.frame {
                        (navigation::navigation(shell.texts, reader, shell.here))
                        main #main tabindex="-1" {
                            @if let Some(told) = &shell.told { (actions::told(shell.texts, told, &reader.csrf)) }
                            (main)
                        }
                    }
                } @else {
                    main #main.alone tabindex="-1" { (main) }
                    (languages(shell.texts))
                }
            }
        }
    }
}

fn top(shell: &Shell) -> Markup {
    html! {
        header.top {
            // Where there is little room the navigation is behind this: it needs no script.
            @if shell.reader.is_some() {
                button.menu type="button" popovertarget="menu" { span.bars aria-hidden="true" {} (shell.texts.get("menu")) }
            }
            a.brand href="/" { (PreEscaped(assets::ICON.text)) span { "Lifeboat" } }
            @if let Some(reader) = &shell.reader {
                (navigation::who(reader))
                @if reader.may_write { a.write href="/mail/new" { (shell.texts.get("write")) } }
            }
            nav.own aria-label=(shell.texts.get("own-navigation")) {
                @if shell.reader.is_some() {
                    a.people href="/people" { (shell.texts.get("people")) }
                    a.settings href="/settings" { (shell.texts.get("settings")) }
                }
                a.help href="/help" { (shell.texts.get("help")) }
            }
            @if let Some(reader) = &shell.reader {
                (navigation::sign_out(shell.texts, reader))
            }
        }
    }
}

pub fn banner(texts: Texts, banner: &Banner) -> Markup {
    let tone = match banner.tone {
        Tone::Alert => "banner alert",
        Tone::Practice => "banner practice",
        Tone::Calm => "banner calm",
    };
    html! {
        section class=(tone) aria-label=(texts.get("state")) {
            p { strong { (banner.strong) } " " (banner.text) }
        }
    }
}

/// For whoever is not signed in; others choose theirs in the settings.
fn languages(t: Texts) -> Markup {
    html! {
        nav.languages aria-label=(t.get("languages")) {
            @for other in Texts::all().filter(|other| *other != t) {
                a href={ "/language/" (other.tag()) } lang=(other.tag()) hreflang=(other.tag()) { (other.name()) }
            }
        }
    }
}

pub fn folder_name(t: Texts, folder: Folder) -> &'static str {
    t.get(match folder {
        Folder::Inbox => "folder-inbox",
        Folder::Sent => "folder-sent",
        Folder::Drafts => "folder-drafts",
        Folder::Archive => "folder-archive",
        Folder::Junk => "folder-junk",
        Folder::Trash => "folder-deleted",
        Folder::Own(_) => "folder-own",
    })
}
