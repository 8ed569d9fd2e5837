//! The folders beside every page of a person who is signed in.

use maud::{Markup, html};

use super::layout::ReaderView;
use crate::store::Folder;
use crate::web::route::folder_path;
use crate::web::texts::Texts;

/// A folder in the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderLink {
    pub folder: Folder,
    /// For people.
    pub name: String,
    /// What is new in it; in Drafts all.
    pub count: u64,
    /// 0 at the top.
    pub depth: usize,
}

impl ReaderView {
    /// A message in this folder is being read now: the numbers were counted before.
    pub fn one_less_unread(&mut self, folder: Folder) {
        if let Some(link) = self.folders.iter_mut().find(|link| link.folder == folder && folder != Folder::Drafts) {
            link.count = link.count.saturating_sub(1);
        }
    }
}

pub fn navigation(t: Texts, reader: &ReaderView, here: Option<Folder>) -> Markup {
    let own = |link: &&FolderLink| matches!(link.folder, Folder::Own(_));
    html! {
        nav.folders #menu popover="auto" aria-label=(t.get("navigation")) {
            @if reader.may_write { a.write href="/mail/new" { (t.get("write")) } }
            ul { @for link in reader.folders.iter().filter(|link| !own(link)) { (item(t, link, here)) } }
            @if reader.folders.iter().any(|link| own(&link)) {
                ul.mine { @for link in reader.folders.iter().filter(own) { (item(t, link, here)) } }
            }
            ul.manage {
                li { a href="/mail/agenda" { (t.get("agenda")) } }
                li { a href="/mail/folders" { (t.get("folders-manage")) } }
                li.typing { a href="/mail/keys" { (t.get("keys")) } }
            }
            // On a phone only: elsewhere the top of the page has it.
            div.self {
                (who(reader))
                ul {
                    li { a href="/people" { (t.get("people")) } }
                    li { a href="/settings" { (t.get("settings")) } }
                    li { a href="/help" { (t.get("help")) } }
                }
                (sign_out(t, reader))
            }
        }
    }
}

/// Who is signed in.
pub fn who(reader: &ReaderView) -> Markup {
    html! {
        span.who {
            bdi.name { (reader.name) }
            bdi.address { (reader.address) }
        }
    }
}

pub fn sign_out(t: Texts, reader: &ReaderView) -> Markup {
    html! {
        form method="post" action="/logout" {
            input type="hidden" name="csrf" value=(reader.csrf);
            button.quiet type="submit" { (t.get("sign-out")) }
        }
    }
}

fn item(t: Texts, link: &FolderLink, here: Option<Folder>) -> Markup {
    let meaning = if link.folder == Folder::Drafts { t.get("count-in-it") } else { t.get("count-unread") };
    let class = (link.depth > 0).then(|| format!("depth-{}", link.depth.min(4)));
    html! {
        li class=[class] {
            a href=(folder_path(link.folder)) aria-current=[(here == Some(link.folder)).then_some("page")] {
                bdi { (link.name) }
                @if link.count > 0 { " " span.count { (t.number(link.count)) span.unseen { " " (meaning) } } }
            }
        }
    }
}
