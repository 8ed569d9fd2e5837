//! A person's own folders: made, renamed, moved and deleted.

use super::pages::folders::{self as page, FolderItem, FoldersPage, Problem};
use super::places::Places;
use super::visit::Visit;
use super::words::visible;
use super::{Answer, Deed, Done, FolderStep, Outcome, Step, Trouble, act, reader, response, table};
use crate::limits::{ACT_MESSAGES_MAX, FOLDER_DEPTH_MAX, FOLDER_NAME_MAX_CHARS, OWN_FOLDERS_MAX};
use crate::store::{Folder, FolderId};

/// Where the page of folders is.
const PATH: &str = "/mail/folders";

/// `/mail/folders`
pub fn show(visit: &Visit<'_>) -> Answer {
    let places = Places::load(visit.context, visit.reader)?;
    Ok(page(visit, &places, 200, None))
}

/// `POST /mail/folders`: a new one.
pub fn create(visit: &Visit<'_>) -> Answer {
    let places = Places::load(visit.context, visit.reader)?;
    let typed = visit.form.get("name").unwrap_or_default();
    let parent = parent(visit, &places)?;
    match checked(&places, typed, parent, None) {
        Ok(name) => {
            let step = FolderStep::Create { parent, name: name.clone() };
            Ok(done(visit, Deed::FolderMade { name }, 0, Vec::new(), Some(step), None))
        }
        Err(problem) => Ok(page(visit, &places, 422, Some((None, problem, typed.to_owned())))),
    }
}

/// `POST /mail/folder/ID/rename`: another name, another place.
pub fn rename(visit: &Visit<'_>) -> Answer {
    let places = Places::load(visit.context, visit.reader)?;
    let id = FolderId(visit.number(0)?);
    let old = places.find(id).ok_or(Trouble::NotFound)?;
    let typed = visit.form.get("name").unwrap_or_default();
    let parent = parent(visit, &places)?;
    match checked(&places, typed, parent, Some(id)) {
        Ok(name) => {
            let back = FolderStep::Change { folder: id, parent: old.parent, name: old.name.clone() };
            let step = FolderStep::Change { folder: id, parent, name: name.clone() };
            Ok(done(visit, Deed::FolderRenamed { name }, 0, Vec::new(), Some(step), Some(back)))
        }
        Err(problem) => Ok(page(visit, &places, 422, Some((Some(id), problem, typed.to_owned())))),
    }
}

/// `POST /mail/folder/ID/delete`: what is in it goes to Deleted. Folders in it move up.
pub fn delete(visit: &Visit<'_>) -> Answer {
    let places = Places::load(visit.context, visit.reader)?;
    let id = FolderId(visit.number(0)?);
    let old = places.find(id).ok_or(Trouble::NotFound)?;
    let (view, mailbox, folder) = (visit.context.store.view(), visit.reader.mailbox(), Folder::Own(id));
    let mut marks = view.marks(mailbox, folder, None, ACT_MESSAGES_MAX + 1)?;
    let more = marks.len() > ACT_MESSAGES_MAX;
    marks.truncate(ACT_MESSAGES_MAX);
    let moves = |from, to| marks.iter().map(move |(message, _)| Step::Move { message: *message, from, to }).collect::<Vec<_>>();
    let steps = moves(folder, Folder::Trash);
    let name = places.name(folder);
    let told = Done {
        id: act::id(visit.context),
        deed: Deed::FolderDeleted { name },
        count: steps.len(),
        stale: 0,
        more,
        undo: moves(Folder::Trash, folder),
        undo_folder: (!more).then(|| FolderStep::Change { folder: id, parent: old.parent, name: old.name.clone() }),
    };
    // A folder with something in it stays.
    let step = (!more).then_some(FolderStep::Delete { folder: id });
    Ok(act::answer(visit, PATH, steps, step, told, None))
}

fn done(
    visit: &Visit<'_>,
    deed: Deed,
    count: usize,
    steps: Vec<Step>,
    folder: Option<FolderStep>,
    undo_folder: Option<FolderStep>,
) -> Outcome {
    let told = Done { id: act::id(visit.context), deed, count, stale: 0, more: false, undo: Vec::new(), undo_folder };
    act::answer(visit, PATH, steps, folder, told, None)
}

/// The folder under which it is to hang.
fn parent(visit: &Visit<'_>, places: &Places) -> Result<Option<FolderId>, Trouble> {
    match visit.form.get("parent").filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => {
            let id = FolderId(table::number(text).ok_or(Trouble::BadForm)?);
            places.find(id).map(|row| Some(row.id)).ok_or(Trouble::NotFound)
        }
    }
}

/// The name as it is kept, for a new folder or another one of `own`.
fn checked(places: &Places, typed: &str, parent: Option<FolderId>, own: Option<FolderId>) -> Result<String, Problem> {
    let name = visible(typed).split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(Problem::Empty);
    }
    if name.chars().count() > FOLDER_NAME_MAX_CHARS {
        return Err(Problem::Long);
    }
    let same = |other: &str| other.to_lowercase() == name.to_lowercase();
    let beside = places.own().iter().filter(|row| row.parent == parent && Some(row.id) != own);
    let common = super::places::COMMON.into_iter().filter(|_| parent.is_none());
    if beside.into_iter().any(|row| same(&row.name)) || common.into_iter().any(|folder| same(&places.name(folder))) {
        return Err(Problem::Taken);
    }
    if own.is_none() && places.own().len() >= OWN_FOLDERS_MAX {
        return Err(Problem::Many);
    }
    let Some(depth) = depth(places, parent, own) else { return Err(Problem::InItself) };
    let below = own.map_or(1, |own| height(places, own, FOLDER_DEPTH_MAX));
    if depth + below > FOLDER_DEPTH_MAX {
        return Err(Problem::Deep);
    }
    Ok(name)
}

/// How many folders are above; none if `own` is one of them.
fn depth(places: &Places, parent: Option<FolderId>, own: Option<FolderId>) -> Option<usize> {
    let (mut depth, mut next) = (0, parent);
    while let Some(id) = next {
        if Some(id) == own || depth > OWN_FOLDERS_MAX {
            return None;
        }
        depth += 1;
        next = places.find(id).and_then(|row| row.parent);
    }
    Some(depth)
}

/// Levels of a folder and what hangs under it, as far as `left`.
fn height(places: &Places, id: FolderId, left: usize) -> usize {
    if left == 0 {
        return 1;
    }
    let below = places.own().iter().filter(|row| row.parent == Some(id)).map(|row| height(places, row.id, left - 1)).max();
    1 + below.unwrap_or(0)
}

fn page(visit: &Visit<'_>, places: &Places, status: u16, problem: Option<(Option<FolderId>, Problem, String)>) -> Outcome {
    let item = |place: super::places::Place| {
        let Folder::Own(id) = place.folder else { return None };
        let parent = places.find(id).and_then(|row| row.parent);
        Some(FolderItem { id, name: place.name, total: place.counts.total, depth: place.depth, parent })
    };
    let page = FoldersPage {
        csrf: visit.reader.session.csrf.clone(),
        items: places.tree().into_iter().filter_map(item).collect(),
        may_change: reader::access(visit.context).may_change(),
        problem,
    };
    let mut shell = reader::shell(visit.context, visit.context.texts.get("folders"));
    shell.told = act::told(visit);
    response::page(status, page::page(&shell, &page)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Counts, FolderRow};
    use crate::web::texts::Texts;

    fn row(id: u64, parent: Option<u64>, name: &str) -> FolderRow {
        FolderRow { id: FolderId(id), parent: parent.map(FolderId), name: name.to_owned(), counts: Counts::default() }
    }

    fn check(typed: &str, parent: Option<u64>, own: Option<u64>, expected: Result<&str, Problem>) {
        let rows = vec![row(1, None, "Alpha"), row(2, Some(1), "Beta"), row(3, Some(2), "c"), row(4, Some(3), "d"), row(5, Some(4), "e")];
        let places = Places::of(Texts::english(), rows);
        let found = checked(&places, typed, parent.map(FolderId), own.map(FolderId));
        assert_eq!(found, expected.map(str::to_owned), "{typed:?} {parent:?} {own:?}");
    }

    #[test]
    fn names_are_cleaned_and_unique_beside_each_other() {
        check("  New \t folder\u{202e} ", None, None, Ok("New folder"));
        check("a\r\nb", None, None, Ok("a b"));
        check(" \u{200b}", None, None, Err(Problem::Empty));
        check(&"ü".repeat(FOLDER_NAME_MAX_CHARS), None, None, Ok(&"ü".repeat(FOLDER_NAME_MAX_CHARS)));
        check(&"ü".repeat(FOLDER_NAME_MAX_CHARS + 1), None, None, Err(Problem::Long));
        check("ALPHA", None, None, Err(Problem::Taken));
        check("inbox", None, None, Err(Problem::Taken));
        check("alpha", None, Some(1), Ok("alpha"));
        check("beta", None, None, Ok("beta"));
        check("beta", Some(1), None, Err(Problem::Taken));
        check("inbox", Some(1), None, Ok("inbox"));
    }

    #[test]
    fn no_folder_lies_in_itself_or_too_deep() {
        check("x", Some(4), None, Ok("x"));
        check("x", Some(5), None, Err(Problem::Deep));
        check("x", Some(3), Some(1), Err(Problem::InItself));
        check("x", Some(1), Some(1), Err(Problem::InItself));
        check("x", None, Some(2), Ok("x"));
    }
}
