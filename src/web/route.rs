//! The table of everything but the admin's place: path, method, who may, and who answers.

use super::visit::Visit;
use super::{
    Answer, CHANGES_PATH, Context, Request, act, agenda, api, assets, authority, changes, completion, compose, conversation, document,
    download, enrol, folder,
};
use super::{folders, invitation, login, message, pages, people, settings};
use super::{practice, preview, reader, response, scripts, search, send, table, undo};
use crate::store::{Folder, FolderId};
use table::Method;

/// Who may, and who answers.
pub enum Door {
    /// Nobody has to be signed in, or the handler asks by itself who it is.
    Open(fn(&Request, &Context<'_>) -> Answer),
    /// A person who is signed in, where the mode lets people read.
    Read(fn(&Visit<'_>) -> Answer),
    /// The same, where the mode lets people write.
    Write(fn(&Visit<'_>) -> Answer),
    /// A form that changes what is in the mailbox: only in an outage. Its csrf value was checked.
    Change(fn(&Visit<'_>) -> Answer),
    /// A form about oneself, or about what one sent a moment ago, wherever one may read. Its csrf value was checked.
    Own(fn(&Visit<'_>) -> Answer),
}

pub type Row = table::Row<Door>;

const fn open(method: Method, path: &'static str, handler: fn(&Request, &Context<'_>) -> Answer) -> Row {
    Row { method, path, door: Door::Open(handler), large: false }
}

const fn read(path: &'static str, handler: fn(&Visit<'_>) -> Answer) -> Row {
    Row { method: Method::Get, path, door: Door::Read(handler), large: false }
}

const fn write(path: &'static str, handler: fn(&Visit<'_>) -> Answer) -> Row {
    Row { method: Method::Get, path, door: Door::Write(handler), large: false }
}

const fn own(path: &'static str, handler: fn(&Visit<'_>) -> Answer) -> Row {
    Row { method: Method::Post, path, door: Door::Own(handler), large: false }
}

const fn change(path: &'static str, handler: fn(&Visit<'_>) -> Answer) -> Row {
    Row { method: Method::Post, path, door: Door::Change(handler), large: false }
}

pub static TABLE: &[Row] = &[
    // Coming and going.
    open(Method::Get, "/", |_, context| login::home(context)),
    open(Method::Get, "/login", |_, context| login::form(context)),
    open(Method::Post, "/login", login::sign_in),
    open(Method::Post, "/logout", login::sign_out),
    open(Method::Get, "/help", |_, context| {
        Ok(response::page(200, pages::help::page(&reader::shell(context, context.texts.get("help-title")), reader::access(context))).into())
    }),
    open(Method::Get, "/language/:", login::language),
    // Oneself and the others.
    read("/settings", settings::show),
    own("/settings", settings::save),
    own("/settings/reach", settings::reach),
    read("/settings/code", settings::code_form),
    own("/settings/code", settings::confirm),
    own("/settings/sign-out", settings::sign_out),
    read("/people", people::show),
    // Folders.
    open(Method::Get, "/mail", |_, _| Ok(response::see_other("/mail/inbox").into())),
    read("/mail/search", search::show),
    read("/mail/:", folder::show),
    read("/mail/folder/#", folder::show_own),
    read("/mail/folders", folders::show),
    change("/mail/folders", folders::create),
    change("/mail/folder/#/rename", folders::rename),
    change("/mail/folder/#/delete", folders::delete),
    read("/mail/conversation/#", conversation::show),
    read(CHANGES_PATH, changes::show),
    read("/mail/keys", |visit| {
        let shell = reader::shell(visit.context, visit.context.texts.get("keys"));
        Ok(response::page(200, pages::keys::page(&shell)).into())
    }),
    change("/mail/act", act::act),
    change("/mail/undo", act::undo),
    // A message.
    read("/mail/message/#", message::show),
    read("/mail/message/#/html", document::show),
    read("/mail/message/#/raw", download::raw),
    read("/mail/message/#/part/#", download::part),
    read("/mail/message/#/show/#", preview::show),
    read("/mail/message/#/view/#", preview::view),
    read("/mail/message/#/zip", preview::zip),
    read("/mail/message/#/source", preview::source),
    read("/mail/message/#/print", document::print),
    Row { method: Method::Post, path: "/mail/message/#/answer", door: Door::Change(invitation::answer), large: false },
    read("/mail/agenda", agenda::show),
    read("/mail/practice/#", practice::show),
    // Writing.
    write("/mail/new", compose::new),
    write("/mail/reply/#", compose::reply),
    write("/mail/forward/#", compose::forward),
    write("/mail/edit/#", compose::edit),
    write("/mail/people", completion::find),
    Row { method: Method::Post, path: "/mail/send", door: Door::Open(send::send), large: true },
    Row { method: Method::Post, path: "/mail/undo/#", door: Door::Own(undo::take_back), large: false },
    // Behind an invitation; the secret is in the path, unless the link was cut off where it was copied.
    open(Method::Get, "/enrol/", enrol::form),
    open(Method::Get, "/enrol/:", enrol::form),
    open(Method::Post, "/enrol/:", enrol::give),
    open(Method::Get, "/enrol/:/code", enrol::code_form),
    open(Method::Post, "/enrol/:/code", enrol::confirm),
    open(Method::Get, "/enrol/:/done", enrol::done),
    // Whoever has just set the box up is led here by the page that the set-up left open (web::wizard).
    open(Method::Get, "/setup/:/wait", |_, _| Ok(response::see_other("/admin").into())),
    // Files of ours.
    open(Method::Get, "/favicon.ico", |_, _| Ok(assets::icon().into())),
    open(Method::Get, "/assets/:", |request, _| assets::serve(&request.path)),
    open(Method::Get, authority::PATH, |_, context| authority::file(context)),
    // For scripts.
    open(Method::Get, "/readyz", |_, context| Ok(scripts::ready(context).into())),
    open(Method::Get, "/metrics", scripts::metrics),
    open(Method::Get, "/api/v1/status", api::status),
    open(Method::Get, "/api/v1/verbs", |_, context| api::verbs(context)),
    // A list of people may come this way.
    Row { method: Method::Post, path: "/api/v1/verbs", door: Door::Open(api::ask), large: true },
];

/// The path of a folder's page.
pub fn folder_path(folder: Folder) -> String {
    match named().find(|(_, known)| *known == folder) {
        Some((name, _)) => format!("/mail/{name}"),
        None => match folder {
            Folder::Own(FolderId(id)) => format!("/mail/folder/{id}"),
            _ => "/mail/inbox".to_owned(),
        },
    }
}

/// The folder that everybody has with this name in a path.
pub fn folder_named(name: &str) -> Option<Folder> {
    named().find(|(known, _)| *known == name).map(|(_, folder)| folder)
}

fn named() -> impl Iterator<Item = (&'static str, Folder)> {
    [
        ("inbox", Folder::Inbox),
        ("sent", Folder::Sent),
        ("drafts", Folder::Drafts),
        ("archive", Folder::Archive),
        ("junk", Folder::Junk),
        ("deleted", Folder::Trash),
    ]
    .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_path_and_only_once() {
        for (at, row) in TABLE.iter().enumerate() {
            let method = if row.method == Method::Get { "GET" } else { "POST" };
            let path = row.path.replace(':', "argument").replace('#', "42");
            assert!(matches!(table::find(TABLE, method, &path), table::Found::Row(id) if id.number() == at), "{method} {path}");
        }
    }

    #[test]
    fn a_folder_is_found_by_the_path_that_leads_to_it() {
        for (name, folder) in named() {
            assert_eq!(folder_path(folder), format!("/mail/{name}"));
            assert_eq!(folder_named(name), Some(folder));
        }
        assert_eq!(folder_path(Folder::Own(FolderId(7))), "/mail/folder/7");
        assert_eq!((folder_named("Inbox"), folder_named("trash"), folder_named("")), (None, None, None));
    }
}
