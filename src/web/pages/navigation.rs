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
        nav.folders aria-label=(t.get("navigation")) {
            @if reader.may_write { a.write href="/mail/new" { (t.get("write")) } }
            ul { @for link in reader.folders.iter().filter(|link| !own(link)) { (item(t, link, here)) } }
            @if reader.folders.iter().any(|link| own(&link)) {
                ul.mine { @for link in reader.folders.iter().filter(own) { (item(t, link, here)) } }
            }
            p.manage { a href="/mail/agenda" { (t.get("agenda")) } " " a href="/mail/folders" { (t.get("folders")) } " " a href="/mail/keys" { (t.get("keys")) } }
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
