//! What can be done with messages: buttons, what was done, and the question before something is gone for good.

use std::sync::Arc;

use maud::{Markup, html};

use super::layout::{self, Shell, folder_name};
use crate::store::{Folder, Seq};
use crate::web::places;
use crate::web::texts::Texts;
use crate::web::{Deed, Done};

/// A folder that messages can go to.
#[derive(Clone, Debug)]
pub struct Target {
    pub folder: Folder,
    /// For people.
    pub name: String,
    /// 0 at the top.
    pub depth: usize,
}

/// The buttons of one message's page.
#[derive(Clone, Debug)]
pub struct MessageActions {
    pub csrf: String,
    pub message: Seq,
    pub folder: Folder,
    pub flagged: bool,
    pub targets: Vec<Target>,
    /// The path of the page where a flag is set.
    pub stay: String,
}

/// What was done a moment ago.
#[derive(Clone, Debug)]
pub struct Told {
    pub done: Arc<Done>,
    /// The id, if it can be taken back.
    pub undo: Option<String>,
    /// The path of the page where this is told.
    pub back: String,
}

/// What somebody is asked before it is gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    Messages,
    Drafts,
    Empty(Folder),
}

#[derive(Clone, Debug)]
pub struct ConfirmPage {
    pub sure: Sure,
    /// Messages.
    pub count: usize,
    /// There are more than one action takes.
    pub more: bool,
    /// Come back with the answer.
    pub fields: Vec<(String, String)>,
    pub action: &'static str,
    /// Where somebody goes who is not sure.
    pub back: String,
}

/// One message: archive, delete, flag, move and the rest, for its own page.
pub fn of_message(t: Texts, actions: &MessageActions) -> Markup {
    html! {
        form method="post" action="/mail/act" {
            // A group and no landmark: a conversation has one for each of its messages.
            div.acts role="group" aria-label=(t.get("act-one")) {
                input type="hidden" name="csrf" value=(actions.csrf);
                input type="hidden" name="m" value={ (actions.message) "-" (places::key(actions.folder)) };
                input type="hidden" name="back" value=(crate::web::route::folder_path(actions.folder));
                input type="hidden" name="stay" value=(actions.stay);
                (filing(t, actions.folder))
                @if actions.folder != Folder::Drafts {
                    (button("unread", t.get("act-mark-unread")))
                    @if actions.flagged { (button("unflag", t.get("act-unflag"))) } @else { (button("flag", t.get("act-flag"))) }
                    (move_to(t, actions.folder, &actions.targets))
                }
            }
        }
    }
}

/// Where things usually go from this folder.
pub fn filing(t: Texts, folder: Folder) -> Markup {
    html! {
        @match folder {
            Folder::Drafts => { (button("delete", t.get("act-delete"))) }
            Folder::Trash => { (button("inbox", t.get("act-inbox"))) (button("delete", t.get("act-delete-ever"))) }
            Folder::Junk => { (button("inbox", t.get("act-not-junk"))) (button("delete", t.get("act-delete"))) }
            Folder::Archive => { (button("inbox", t.get("act-inbox"))) (button("delete", t.get("act-delete"))) }
            Folder::Sent => { (button("archive", t.get("act-archive"))) (button("delete", t.get("act-delete"))) }
            Folder::Inbox | Folder::Own(_) => {
                (button("archive", t.get("act-archive")))
                (button("delete", t.get("act-delete")))
                (button("junk", t.get("act-junk")))
            }
        }
    }
}

pub fn button(wish: &str, text: &str) -> Markup {
    html! { button name="do" value=(wish) { (text) } }
}

/// Any other folder, the reader's own ones first: the others have buttons, mostly.
pub fn move_to(t: Texts, here: Folder, targets: &[Target]) -> Markup {
    let own = |target: &&Target| matches!(target.folder, Folder::Own(_));
    let ordered = targets.iter().filter(own).chain(targets.iter().filter(|target| !own(target)));
    html! {
        span.move {
            select name="to" aria-label=(t.get("act-move-to")) {
                @for target in ordered.filter(|target| target.folder != here) {
                    option value=(places::key(target.folder)) {
                        @for _ in 0..target.depth { "\u{2003}" }
                        (target.name)
                    }
                }
            }
            (button("move", t.get("act-move")))
        }
    }
}

/// The notice of what was done.
pub fn told(t: Texts, told: &Told, csrf: &str) -> Markup {
    html! {
        div.notice.told role="status" {
            p { (text(t, &told.done)) }
            @if let Some(id) = &told.undo {
                form method="post" action="/mail/undo" {
                    input type="hidden" name="csrf" value=(csrf);
                    input type="hidden" name="id" value=(id);
                    input type="hidden" name="back" value=(told.back);
                    button #undo type="submit" { (t.get("undo")) }
                }
            }
        }
    }
}

/// What was done, in words.
pub fn text(t: Texts, done: &Done) -> String {
    let many = t.count("messages", done.count as u64);
    let many = |key| t.with(key, &[("many", many.as_str().into())]);
    let named = |key, name: &str| t.with(key, &[("name", name.into())]);
    let both = |key, name: &str| t.with(key, &[("name", name.into()), ("many", t.count("messages", done.count as u64).into())]);
    let mut sentences = vec![match &done.deed {
        Deed::Nothing => t.get("told-nothing").to_owned(),
        Deed::NotUndone => t.get("told-not-undone").to_owned(),
        Deed::FolderMade { name } => named("told-folder-made", name),
        Deed::FolderRenamed { name } => named("told-folder-renamed", name),
        Deed::FolderDeleted { name } if done.more => named("told-folder-not-empty", name),
        Deed::FolderDeleted { name } if done.count == 0 => named("told-folder-deleted", name),
        Deed::FolderDeleted { name } => both("told-folder-emptied", name),
        Deed::Undone if done.count == 0 && done.stale == 0 => t.get("told-taken-back").to_owned(),
        _ if done.count == 0 => String::new(),
        Deed::Read => many("told-read"),
        Deed::Unread => many("told-unread"),
        Deed::Flagged => many("told-flagged"),
        Deed::Unflagged => many("told-unflagged"),
        Deed::Moved { name, .. } => both("told-moved", name),
        Deed::Removed => many("told-removed"),
        Deed::Undone => many("told-undone"),
    }];
    if done.stale > 0 {
        sentences.push(t.count("told-stale", done.stale as u64));
    }
    if done.more && !matches!(done.deed, Deed::FolderDeleted { .. }) {
        sentences.push(t.get("told-more").to_owned());
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

pub fn confirm_title(t: Texts, page: &ConfirmPage) -> &'static str {
    t.get(match page.sure {
        Sure::Messages => "sure-messages",
        Sure::Drafts => "sure-drafts",
        Sure::Empty(_) => "sure-empty",
    })
}

pub fn confirm(shell: &Shell, page: &ConfirmPage) -> Markup {
    let t = shell.texts;
    let csrf = shell.reader.as_ref().map_or("", |reader| reader.csrf.as_str());
    let many = t.count("messages", page.count as u64);
    let question = match page.sure {
        Sure::Messages => t.with("sure-messages-more", &[("many", many.into())]),
        Sure::Drafts => t.with("sure-drafts-more", &[("many", many.into())]),
        Sure::Empty(folder) => t.with("sure-empty-more", &[("name", folder_name(t, folder).into()), ("many", many.into())]),
    };
    layout::page(
        shell,
        &html! {
            h1 { (confirm_title(t, page)) }
            p { (question) }
            @if page.more { p { (t.get("sure-more")) } }
            p { (t.get("sure-primary")) }
            form.confirm method="post" action=(page.action) {
                input type="hidden" name="csrf" value=(csrf);
                @for (name, value) in &page.fields { input type="hidden" name=(name) value=(value); }
                button.primary type="submit" { (t.get("act-delete-ever")) }
                " "
                a.button href=(page.back) { (t.get("cancel")) }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(deed: Deed, count: usize, stale: usize, more: bool, expected: &str) {
        let done = Done { id: String::new(), deed, count, stale, more, undo: Vec::new(), undo_folder: None };
        assert_eq!(text(Texts::english(), &done), expected);
    }

    #[test]
    fn says_what_was_done_and_what_not() {
        let archive = || Deed::Moved { to: Folder::Archive, name: "Archive".to_owned() };
        check(archive(), 3, 0, false, "3 messages moved to Archive.");
        check(archive(), 1, 1, false, "1 message moved to Archive. 1 message is not there any more.");
        check(Deed::Removed, 0, 2, false, "2 messages are not there any more.");
        check(Deed::Read, 10_000, 0, true, "10,000 messages marked as read. The folder has more; do it again for the rest.");
    }
}
