//! The frame of every page: head, banner, navigation.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::store::Folder;
use crate::web::assets;
use crate::web::route::folder_path;

/// What surrounds a page.
#[derive(Clone, Debug)]
pub struct Shell {
    /// Of the window; the page has its own heading.
    pub title: String,
    pub banner: Option<Banner>,
    /// Nobody is signed in without it.
    pub reader: Option<ReaderView>,
    /// The folder that is marked in the navigation.
    pub here: Option<Folder>,
}

#[derive(Clone, Debug)]
pub struct ReaderView {
    pub name: String,
    pub address: String,
    pub csrf: String,
    /// Unread messages in the inbox.
    pub unread: u64,
    pub drafts: u64,
    pub may_write: bool,
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
    pub fn bare(title: &str) -> Shell {
        Shell { title: title.to_owned(), banner: None, reader: None, here: None }
    }
}

impl Banner {
    /// `since` is a time or a day, as short as possible.
    pub fn down(since: &str, signed_in: bool) -> Banner {
        let here = if signed_in { "You are working in Lifeboat." } else { "Until it is back, you can read and answer your mail here." };
        Banner {
            tone: Tone::Alert,
            strong: format!("The mail server has been down since {since}."),
            text: format!("{here} Everything you send and receive here will be in your normal mailbox afterwards."),
        }
    }
}

impl Banner {
    /// The same for an outage of some people, this reader among them.
    pub fn down_for_some(since: &str) -> Banner {
        Banner {
            tone: Tone::Alert,
            strong: format!("Your mailbox on the mail server has been down since {since}, and those of some others with it."),
            text: "You are working in Lifeboat. Everything you send and receive here will be in your normal mailbox afterwards.".to_owned(),
        }
    }
}

/// A whole page. `main` begins with the page's only `h1`.
pub fn page(shell: &Shell, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (shell.title) " – Lifeboat" }
                link rel="stylesheet" href=(assets::STYLE.path());
                link rel="icon" type="image/svg+xml" href=(assets::ICON.path());
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (top(shell))
                @if let Some(banner) = &shell.banner { (self::banner(banner)) }
                @if let Some(reader) = &shell.reader {
                    div.frame {
                        (navigation(reader, shell.here))
                        main #main tabindex="-1" { (main) }
                    }
                } @else {
                    main #main.alone tabindex="-1" { (main) }
                }
            }
        }
    }
}

fn top(shell: &Shell) -> Markup {
    html! {
        header.top {
            a.brand href="/" { (PreEscaped(assets::ICON.text)) span { "Lifeboat" } }
            @if let Some(reader) = &shell.reader {
                span.who {
                    bdi.name { (reader.name) }
                    bdi.address { (reader.address) }
                }
            }
            a.help href="/help" { "Help" }
            @if let Some(reader) = &shell.reader {
                form method="post" action="/logout" {
                    input type="hidden" name="csrf" value=(reader.csrf);
                    button.quiet type="submit" { "Sign out" }
                }
            }
        }
    }
}

fn banner(banner: &Banner) -> Markup {
    let tone = match banner.tone {
        Tone::Alert => "banner alert",
        Tone::Practice => "banner practice",
        Tone::Calm => "banner calm",
    };
    html! {
        section class=(tone) aria-label="State of the mail system" {
            p { strong { (banner.strong) } " " (banner.text) }
        }
    }
}

fn navigation(reader: &ReaderView, here: Option<Folder>) -> Markup {
    let folders = [(Folder::Inbox, reader.unread, "unread"), (Folder::Drafts, reader.drafts, "in it"), (Folder::Sent, 0, "")];
    html! {
        nav.folders aria-label="Mail" {
            @if reader.may_write { a.write href="/mail/new" { "Write" } }
            ul {
                @for (folder, count, meaning) in folders {
                    li {
                        a href=(folder_path(folder)) aria-current=[(here == Some(folder)).then_some("page")] {
                            (folder_name(folder))
                            @if count > 0 { " " span.count { (count) span.unseen { " " (meaning) } } }
                        }
                    }
                }
            }
        }
    }
}

pub fn folder_name(folder: Folder) -> &'static str {
    match folder {
        Folder::Inbox => "Inbox",
        Folder::Sent => "Sent",
        Folder::Drafts => "Drafts",
        Folder::Archive => "Archive",
        Folder::Junk => "Junk",
        Folder::Trash => "Deleted",
        Folder::Own(_) => "Folder",
    }
}
