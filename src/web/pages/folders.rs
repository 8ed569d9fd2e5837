//! The page of a person's own folders.

use maud::{Markup, html};

use super::layout::{self, Shell};
use crate::limits::FOLDER_NAME_MAX_CHARS;
use crate::store::{Folder, FolderId};
use crate::web::route::folder_path;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct FoldersPage {
    pub csrf: String,
    /// As a tree.
    pub items: Vec<FolderItem>,
    pub may_change: bool,
    /// Of which folder (none: the new one), what is wrong, and what was typed.
    pub problem: Option<(Option<FolderId>, Problem, String)>,
}

#[derive(Clone, Debug)]
pub struct FolderItem {
    pub id: FolderId,
    pub name: String,
    /// Messages.
    pub total: u64,
    /// 0 at the top.
    pub depth: usize,
    pub parent: Option<FolderId>,
}

/// Why a folder cannot be called so, or lie there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    Empty,
    Long,
    Taken,
    Many,
    InItself,
    Deep,
}

pub fn page(shell: &Shell, page: &FoldersPage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            h1 { (t.get("folders")) }
            p { (t.get("folders-here")) }
            @if page.items.is_empty() { p { (t.get("folders-none")) } }
            ul.own-folders {
                @for item in &page.items { (self::item(t, page, item)) }
            }
            @if page.may_change { (new(t, page)) }
        },
    )
}

fn item(t: Texts, page: &FoldersPage, item: &FolderItem) -> Markup {
    let FolderId(id) = item.id;
    let problem = page.problem.as_ref().filter(|(whose, _, _)| *whose == Some(item.id));
    html! {
        li class={ "depth-" (item.depth.min(4)) } {
            a href=(folder_path(Folder::Own(item.id))) { bdi { (item.name) } }
            " "
            span.total { (t.count("messages", item.total)) }
            @if page.may_change {
                details open[problem.is_some()] {
                    summary { (t.get("folder-change")) span.unseen { " " bdi { (item.name) } } }
                    form.folder method="post" action={ "/mail/folder/" (id) "/rename" } {
                        input type="hidden" name="csrf" value=(page.csrf);
                        (name(t, &format!("name-{id}"), problem.map_or(item.name.as_str(), |(_, _, typed)| typed), problem.map(|(_, what, _)| *what)))
                        (parent(t, page, &format!("parent-{id}"), item.parent, Some(item.id)))
                        button type="submit" { (t.get("folder-save")) }
                    }
                    form.folder method="post" action={ "/mail/folder/" (id) "/delete" } {
                        input type="hidden" name="csrf" value=(page.csrf);
                        button type="submit" { (t.get("folder-delete")) }
                        " "
                        span.soft { (t.get("folder-delete-means")) }
                    }
                }
            }
        }
    }
}

fn new(t: Texts, page: &FoldersPage) -> Markup {
    let problem = page.problem.as_ref().filter(|(whose, _, _)| whose.is_none());
    html! {
        h2 { (t.get("folder-new")) }
        form.folder method="post" action="/mail/folders" {
            input type="hidden" name="csrf" value=(page.csrf);
            (name(t, "name-new", problem.map_or("", |(_, _, typed)| typed), problem.map(|(_, what, _)| *what)))
            (parent(t, page, "parent-new", None, None))
            button.primary type="submit" { (t.get("folder-create")) }
        }
    }
}

fn name(t: Texts, id: &str, value: &str, problem: Option<Problem>) -> Markup {
    let error = problem.map(|_| format!("{id}-error"));
    html! {
        p.field {
            label for=(id) { (t.get("folder-name")) }
            input #(id) type="text" name="name" value=(value) required maxlength=(FOLDER_NAME_MAX_CHARS) autocomplete="off"
                aria-invalid=[problem.map(|_| "true")] aria-describedby=[error.as_deref()];
            @if let (Some(problem), Some(error)) = (problem, &error) { span.error #(error) { (why(t, problem)) } }
        }
    }
}

fn parent(t: Texts, page: &FoldersPage, id: &str, chosen: Option<FolderId>, but: Option<FolderId>) -> Markup {
    html! {
        p.field {
            label for=(id) { (t.get("folder-under")) }
            select #(id) name="parent" {
                option value="" { (t.get("folder-top")) }
                @for item in page.items.iter().filter(|item| Some(item.id) != but) {
                    option value=(item.id.0) selected[chosen == Some(item.id)] {
                        @for _ in 0..item.depth { "\u{2003}" }
                        (item.name)
                    }
                }
            }
        }
    }
}

fn why(t: Texts, problem: Problem) -> &'static str {
    t.get(match problem {
        Problem::Empty => "folder-problem-empty",
        Problem::Long => "folder-problem-long",
        Problem::Taken => "folder-problem-taken",
        Problem::Many => "folder-problem-many",
        Problem::InItself => "folder-problem-itself",
        Problem::Deep => "folder-problem-deep",
    })
}
