//! `POST /mail/act` and `POST /mail/undo`: what people do with their mail.
//!
//! Nothing of a form is believed: each message is looked up in the reader's own mailbox, in the folder where the form says it is. What is not
//! there (any more) is left out and counted; whose it is instead is not told.

use super::login::hex;
use super::pages::actions::{self, ConfirmPage, MessageActions, Sure, Target};
use super::places::Places;
use super::visit::Visit;
use super::{Act, Answer, Context, Deed, Done, FolderStep, Intent, Outcome, Step, Trouble, reader, response, route, table};
use crate::limits::{ACT_MESSAGES_MAX, ACT_NAMED_MAX};
use crate::mail::form::Form;
use crate::store::{Entry, Flags, Folder, Seq, StoreError};

/// What a form asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Mark {
        add: Flags,
        remove: Flags,
    },
    Move(Folder),
    /// To Deleted; from Deleted and Drafts for good.
    Delete,
    /// For good, from wherever it is.
    Empty,
}

/// A message in a folder of the reader's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    message: Seq,
    folder: Folder,
    flags: Flags,
}

/// The messages that a form names, as far as they are there.
#[derive(Debug, Default)]
struct Chosen {
    items: Vec<Item>,
    stale: usize,
    more: bool,
}

impl Chosen {
    // Once. `perhaps`: nobody said that it is there.
    fn add(&mut self, message: Seq, folder: Folder, flags: Option<Flags>, perhaps: bool) {
        match flags {
            Some(_) if self.items.iter().any(|item| item.message == message && item.folder == folder) => {}
            Some(flags) => self.items.push(Item { message, folder, flags }),
            None if perhaps => {}
            None => self.stale += 1,
        }
    }
}

/// `POST /mail/act`
pub fn act(visit: &Visit<'_>) -> Answer {
    let (context, form) = (visit.context, &visit.form);
    let places = Places::load(context, visit.reader)?;
    let chosen = chosen(visit, &places)?;
    let wish = wish(form, &places, &chosen)?;
    let Plan { steps, undo, count } = plan(visit, &chosen.items, wish)?;

    let removes = steps.iter().any(|step| matches!(step, Step::Remove { .. }));
    if removes && form.get("sure") != Some("1") {
        return Ok(confirm(visit, &chosen, wish, count));
    }
    let deed = match wish {
        _ if count == 0 && chosen.stale == 0 => Deed::Nothing,
        _ if removes => Deed::Removed,
        Wish::Mark { add, .. } if add.has(Flags::SEEN) => Deed::Read,
        Wish::Mark { remove, .. } if remove.has(Flags::SEEN) => Deed::Unread,
        Wish::Mark { add, .. } if add.has(Flags::FLAGGED) => Deed::Flagged,
        Wish::Mark { .. } => Deed::Unflagged,
        Wish::Move(to) => Deed::Moved { to, name: places.name(to) },
        Wish::Delete | Wish::Empty => Deed::Moved { to: Folder::Trash, name: places.name(Folder::Trash) },
    };
    let undo = if removes { Vec::new() } else { undo };
    let done = Done { id: id(context), deed, count, stale: chosen.stale, more: chosen.more, undo, undo_folder: None };
    // A flag can be set from where the message stays in sight.
    let back = match (wish, form.get("stay")) {
        (Wish::Mark { remove, .. }, Some(stay)) if !remove.has(Flags::SEEN) => stay,
        _ => form.get("back").unwrap_or_default(),
    };
    Ok(answer(visit, back, steps, None, done, None))
}

/// `POST /mail/undo`
pub fn undo(visit: &Visit<'_>) -> Answer {
    let (context, form) = (visit.context, &visit.form);
    let back = form.get("back").unwrap_or_default();
    let told = |deed, count, stale| Done { id: id(context), deed, count, stale, more: false, undo: Vec::new(), undo_folder: None };
    let id = form.get("id").unwrap_or_default();
    let Some(done) = (context.done)(id).filter(|done| done.can_be_undone()) else {
        return Ok(answer(visit, back, Vec::new(), None, told(Deed::NotUndone, 0, 0), None));
    };
    let places = Places::load(context, visit.reader)?;
    let comes_back = match &done.undo_folder {
        Some(FolderStep::Change { folder, .. }) => Some(Folder::Own(*folder)),
        _ => None,
    };
    // Meanwhile anything may have happened to them.
    let mut steps = Vec::with_capacity(done.undo.len());
    for step in &done.undo {
        let view = context.store.view();
        let possible = match *step {
            Step::Flags { message, .. } => !view.folders_with(visit.reader.mailbox(), message)?.is_empty(),
            Step::Move { message, from, to } => {
                (places.has(to) || comes_back == Some(to)) && view.flags_in(visit.reader.mailbox(), from, message)?.is_some()
            }
            Step::Remove { .. } => false,
        };
        if possible {
            steps.push(*step);
        }
    }
    let stale = done.undo.len() - steps.len();
    let undone = told(Deed::Undone, steps.len(), stale);
    Ok(answer(visit, back, steps, done.undo_folder.clone(), undone, Some(done.id.clone())))
}

/// Has it carried out, and leads back to where it is told.
pub fn answer(
    visit: &Visit<'_>,
    back: &str,
    steps: Vec<Step>,
    folder: Option<FolderStep>,
    done: Done,
    takes_back: Option<String>,
) -> Outcome {
    let to = way_back(back, &done.id);
    let act = Act { mailbox: visit.reader.mailbox().clone(), steps, folder, done, takes_back };
    Outcome { response: response::see_other(&to), intents: vec![Intent::Act(Box::new(act))] }
}

/// A name for what is done now.
pub fn id(context: &Context<'_>) -> String {
    hex(&context.random[..12])
}

/// What was done a moment ago, for the page that is shown now.
pub fn told(visit: &Visit<'_>) -> Option<actions::Told> {
    let done = (visit.context.done)(&visit.query("done")?)?;
    let undo = (done.can_be_undone() && reader::access(visit.context).may_change()).then(|| done.id.clone());
    Some(actions::Told { done, undo, back: here(visit) })
}

/// The buttons of a message's page, where people may change something.
pub fn of_message(visit: &Visit<'_>, entry: &Entry) -> Result<Option<MessageActions>, StoreError> {
    if !reader::access(visit.context).may_change() {
        return Ok(None);
    }
    Ok(Some(MessageActions {
        csrf: visit.reader.session.csrf.clone(),
        message: entry.message,
        folder: entry.folder,
        flagged: entry.flags.has(Flags::FLAGGED),
        targets: targets(&Places::load(visit.context, visit.reader)?),
        stay: format!("/mail/message/{}", entry.message),
    }))
}

/// Where messages can be moved to.
pub fn targets(places: &Places) -> Vec<Target> {
    // Where things usually go first.
    let common = [Folder::Archive, Folder::Inbox, Folder::Junk, Folder::Trash, Folder::Sent].into_iter();
    let common = common.map(|folder| Target { folder, name: places.name(folder), depth: 0 });
    let own = places.tree().into_iter().map(|place| Target { folder: place.folder, name: place.name, depth: place.depth });
    common.chain(own).collect()
}

/// The path of the page that is shown now, for forms that lead back to it.
pub fn here(visit: &Visit<'_>) -> String {
    let request = visit.request;
    let kept: Vec<&str> = request.query.split('&').filter(|pair| !is_told(pair)).collect();
    if kept.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, kept.join("&")) }
}

// Told once, on the page that follows.
fn is_told(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    matches!(name, "" | "done" | "sent" | "kept" | "practised")
}

/// Where a form leads back to: to one of our own pages under `/mail` and nowhere else, whatever it says.
fn way_back(text: &str, id: &str) -> String {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%+=&*:".contains(&byte));
    let ours = || path.starts_with("/mail/") && plain(path) && !path.contains("//") && plain(query);
    let known = || matches!(table::find(route::TABLE, "GET", path), table::Found::Row(_));
    if !ours() || !known() {
        return format!("/mail/inbox?done={id}");
    }
    let kept: String = query.split('&').filter(|pair| !is_told(pair)).map(|pair| format!("{pair}&")).collect();
    format!("{path}?{kept}done={id}")
}

fn wish(form: &Form, places: &Places, chosen: &Chosen) -> Result<Wish, Trouble> {
    let mark = |add, remove| Ok(Wish::Mark { add, remove });
    if form.get("flag").is_some() {
        // The star of one row: it turns.
        let flagged = chosen.items.iter().all(|item| item.flags.has(Flags::FLAGGED));
        return if flagged { mark(Flags::NONE, Flags::FLAGGED) } else { mark(Flags::FLAGGED, Flags::NONE) };
    }
    match form.get("do").unwrap_or_default() {
        "read" => mark(Flags::SEEN, Flags::NONE),
        "unread" => mark(Flags::NONE, Flags::SEEN),
        "flag" => mark(Flags::FLAGGED, Flags::NONE),
        "unflag" => mark(Flags::NONE, Flags::FLAGGED),
        "archive" => Ok(Wish::Move(Folder::Archive)),
        "junk" => Ok(Wish::Move(Folder::Junk)),
        "inbox" => Ok(Wish::Move(Folder::Inbox)),
        "delete" => Ok(Wish::Delete),
        "empty" => Ok(Wish::Empty),
        "move" => {
            // What is in Drafts was not sent: nothing else belongs there.
            let to = form.get("to").and_then(|key| places.named(key)).filter(|to| *to != Folder::Drafts);
            to.map(Wish::Move).ok_or(Trouble::BadForm)
        }
        _ => Err(Trouble::BadForm),
    }
}

fn chosen(visit: &Visit<'_>, places: &Places) -> Result<Chosen, Trouble> {
    let form = &visit.form;
    let shown = match form.get("in").filter(|key| !key.is_empty()) {
        Some(key) => Some(places.named(key).ok_or(Trouble::NotFound)?),
        None => None,
    };
    if let Some(one) = form.get("flag") {
        return Ok(look_up(visit, places, std::iter::once(one), shown)?);
    }
    let which = form.get("which").unwrap_or_default();
    if let (true, Some(folder)) = (which == "all" || form.get("do") == Some("empty"), shown) {
        return Ok(all(visit, folder, form.get("upto").and_then(table::number))?);
    }
    if which == "page" {
        return Ok(look_up(visit, places, form.get("page").unwrap_or_default().split(' ').filter(|text| !text.is_empty()), shown)?);
    }
    let ticked = form.fields.iter().filter(|(name, _)| name == "m").map(|(_, value)| value.as_str());
    Ok(look_up(visit, places, ticked, shown)?)
}

// `4711` in the folder that the page shows, or `4711-sent`. Of a message in several folders and no word about which, the first one.
fn look_up<'a>(
    visit: &Visit<'_>,
    places: &Places,
    texts: impl Iterator<Item = &'a str>,
    shown: Option<Folder>,
) -> Result<Chosen, StoreError> {
    let (view, mailbox) = (visit.context.store.view(), visit.reader.mailbox());
    let mut chosen = Chosen::default();
    for text in texts.take(ACT_NAMED_MAX) {
        if let (Some(number), Some(folder)) = (text.strip_prefix('c').and_then(table::number), shown) {
            for entry in visit.context.store.conversation(mailbox, Seq(number))? {
                if chosen.items.len() < ACT_MESSAGES_MAX {
                    chosen.add(entry.message, folder, view.flags_in(mailbox, folder, entry.message)?, true);
                }
            }
            continue;
        }
        let (number, key) = text.split_once('-').map_or((text, None), |(number, key)| (number, Some(key)));
        let Some(message) = table::number(number).map(Seq) else { continue };
        let folder = match key {
            Some(key) => places.named(key),
            None if shown.is_some() => shown,
            None => view.folders_with(mailbox, message)?.first().copied(),
        };
        match folder {
            Some(folder) => chosen.add(message, folder, view.flags_in(mailbox, folder, message)?, false),
            None => chosen.stale += 1,
        }
    }
    Ok(chosen)
}

// What came after the page was made is not meant.
fn all(visit: &Visit<'_>, folder: Folder, upto: Option<u64>) -> Result<Chosen, StoreError> {
    let before = upto.map(|upto| Seq(upto.saturating_add(1)));
    let marks = visit.context.store.view().marks(visit.reader.mailbox(), folder, before, ACT_MESSAGES_MAX + 1)?;
    let more = marks.len() > ACT_MESSAGES_MAX;
    let items = marks.into_iter().take(ACT_MESSAGES_MAX).map(|(message, flags)| Item { message, folder, flags });
    Ok(Chosen { items: items.collect(), stale: 0, more })
}

struct Plan {
    steps: Vec<Step>,
    undo: Vec<Step>,
    /// Messages that it is about: also those that are already as they should be.
    count: usize,
}

fn plan(visit: &Visit<'_>, items: &[Item], wish: Wish) -> Result<Plan, StoreError> {
    let mut plan = Plan { steps: Vec::with_capacity(items.len()), undo: Vec::new(), count: 0 };
    for &Item { message, folder, flags } in items {
        let to = match wish {
            Wish::Mark { add, remove } => {
                plan.count += 1;
                if !flags.has(add) || flags.without(remove) != flags {
                    plan.steps.push(Step::Flags { message, add, remove });
                    plan.undo.push(Step::Flags { message, add: remove, remove: add });
                }
                continue;
            }
            Wish::Empty => None,
            Wish::Delete if matches!(folder, Folder::Trash | Folder::Drafts) => None,
            Wish::Delete => Some(Folder::Trash),
            // What was never sent stays a draft.
            Wish::Move(_) if folder == Folder::Drafts => continue,
            Wish::Move(to) => Some(to),
        };
        plan.count += 1;
        match to {
            None => plan.steps.push(Step::Remove { message, folder }),
            Some(to) if to == folder => {}
            Some(to) => {
                plan.steps.push(Step::Move { message, from: folder, to });
                // Together with one that is there already it could not be told which of the two goes back.
                if visit.context.store.view().flags_in(visit.reader.mailbox(), to, message)?.is_none() {
                    plan.undo.push(Step::Move { message, from: to, to: folder });
                }
            }
        }
    }
    Ok(plan)
}

fn confirm(visit: &Visit<'_>, chosen: &Chosen, wish: Wish, count: usize) -> Outcome {
    let form = &visit.form;
    let kept = ["do", "in", "back", "which", "page", "upto", "m"];
    let mut fields: Vec<(String, String)> = form.fields.iter().filter(|(name, _)| kept.contains(&name.as_str())).cloned().collect();
    fields.push(("sure".to_owned(), "1".to_owned()));
    let folder = chosen.items.first().map_or(Folder::Trash, |item| item.folder);
    let sure = match wish {
        Wish::Empty => Sure::Empty(folder),
        _ if folder == Folder::Drafts => Sure::Drafts,
        _ => Sure::Messages,
    };
    let page = ConfirmPage { sure, count, more: chosen.more, fields, action: "/mail/act", back: plain_way_back(form) };
    let mut shell = reader::shell(visit.context, actions::confirm_title(visit.context.texts, &page));
    shell.here = Some(folder);
    response::page(200, actions::confirm(&shell, &page)).into()
}

/// Where somebody goes who is not sure.
pub fn plain_way_back(form: &Form) -> String {
    let back = way_back(form.get("back").unwrap_or_default(), "");
    back.trim_end_matches("done=").trim_end_matches(['?', '&']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(back: &str, expected: &str) {
        assert_eq!(way_back(back, "x"), expected, "{back}");
    }

    #[test]
    fn forms_lead_to_our_own_pages_only() {
        check("/mail/archive", "/mail/archive?done=x");
        check("/mail/inbox?before=7&sort=size&done=old&sent=1", "/mail/inbox?before=7&sort=size&done=x");
        check("/mail/search?q=a%20b+c", "/mail/search?q=a%20b+c&done=x");
        for bad in [
            "",
            "//evil.example/mail/inbox",
            "https://evil.example/",
            "/mail//evil.example",
            "/mail/../admin",
            "/admin/people",
            "/mail/act",
            "/mail/inbox?a=<b>",
            "/mail/inbox\r\nSet-Cookie: a=b",
            "/mail/inbox#x",
            "/logout",
        ] {
            check(bad, "/mail/inbox?done=x");
        }
    }

    #[test]
    fn who_is_not_sure_goes_back_without_a_word() {
        let back = |text: &str| plain_way_back(&Form { fields: vec![("back".to_owned(), text.to_owned())], files: Vec::new() });
        assert_eq!(back("/mail/deleted?before=7"), "/mail/deleted?before=7");
        assert_eq!(back("/mail/deleted"), "/mail/deleted");
        assert_eq!(back("nonsense"), "/mail/inbox");
    }
}
