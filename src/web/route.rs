//! Paths and methods, in one table that tests can walk.

use super::admin::{self, RowId};
use crate::store::{Folder, Seq};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Home,
    LoginForm,
    Login,
    Logout,
    Mail,
    Folder(Folder),
    Search,
    Message(Seq),
    MessageHtml(Seq),
    MessagePart(Seq, usize),
    MessageRaw(Seq),
    Practice(u64),
    New,
    Reply(Seq),
    Forward(Seq),
    Edit(Seq),
    Send,
    /// The pages behind an invitation; the secret is in the path.
    Enrol,
    EnrolGive,
    EnrolCode,
    EnrolConfirm,
    EnrolDone,
    Help,
    /// Below `/admin`; its own table says who may.
    Admin(RowId),
    Asset(Asset),
    Ready,
    Metrics,
    Status,
    Verbs,
    Ask,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asset {
    Style,
    Live,
    Icon,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Route(Route),
    /// The path is ours, the method is not; the value for `Allow`.
    WrongMethod(&'static str),
    Nothing,
}

const GET: &str = "GET, HEAD";
const POST: &str = "POST";
const GET_AND_POST: &str = "GET, HEAD, POST";

/// Finds the route. HEAD is answered like GET.
pub fn find(method: &str, path: &str) -> Found {
    if path == "/admin" || path.starts_with("/admin/") {
        return match admin::find(method, path) {
            admin::Found::Row(row) => Found::Route(Route::Admin(row)),
            admin::Found::WrongMethod(allow) => Found::WrongMethod(allow),
            admin::Found::Nothing => Found::Nothing,
        };
    }
    let Some(place) = place(path) else { return Found::Nothing };
    let read = matches!(method, "GET" | "HEAD");
    let post = method == "POST";
    match place {
        Place::Read(route) if read => Found::Route(route),
        Place::Read(_) => Found::WrongMethod(GET),
        Place::Post(route) if post => Found::Route(route),
        Place::Post(_) => Found::WrongMethod(POST),
        Place::Both(route, _) if read => Found::Route(route),
        Place::Both(_, route) if post => Found::Route(route),
        Place::Both(..) => Found::WrongMethod(GET_AND_POST),
    }
}

enum Place {
    Read(Route),
    Post(Route),
    Both(Route, Route),
}

fn place(path: &str) -> Option<Place> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    Some(match segments.as_slice() {
        [""] => Place::Read(Route::Home),
        ["login"] => Place::Both(Route::LoginForm, Route::Login),
        ["logout"] => Place::Post(Route::Logout),
        ["mail"] => Place::Read(Route::Mail),
        ["mail", "inbox"] => Place::Read(Route::Folder(Folder::Inbox)),
        ["mail", "sent"] => Place::Read(Route::Folder(Folder::Sent)),
        ["mail", "drafts"] => Place::Read(Route::Folder(Folder::Drafts)),
        ["mail", "search"] => Place::Read(Route::Search),
        ["mail", "message", seq] => Place::Read(Route::Message(number(seq)?)),
        ["mail", "message", seq, "html"] => Place::Read(Route::MessageHtml(number(seq)?)),
        ["mail", "message", seq, "raw"] => Place::Read(Route::MessageRaw(number(seq)?)),
        ["mail", "message", seq, "part", part] => Place::Read(Route::MessagePart(number(seq)?, usize::try_from(number(part)?.0).ok()?)),
        ["mail", "practice", letter] => Place::Read(Route::Practice(number(letter)?.0)),
        ["mail", "new"] => Place::Read(Route::New),
        ["mail", "reply", seq] => Place::Read(Route::Reply(number(seq)?)),
        ["mail", "forward", seq] => Place::Read(Route::Forward(number(seq)?)),
        ["mail", "edit", seq] => Place::Read(Route::Edit(number(seq)?)),
        ["mail", "send"] => Place::Post(Route::Send),
        ["enrol", _] => Place::Both(Route::Enrol, Route::EnrolGive),
        ["enrol", _, "code"] => Place::Both(Route::EnrolCode, Route::EnrolConfirm),
        ["enrol", _, "done"] => Place::Read(Route::EnrolDone),
        ["help"] => Place::Read(Route::Help),
        ["favicon.ico"] => Place::Read(Route::Asset(Asset::Icon)),
        ["assets", _] if path == super::assets::style_path() => Place::Read(Route::Asset(Asset::Style)),
        ["assets", _] if path == super::assets::live_path() => Place::Read(Route::Asset(Asset::Live)),
        ["assets", _] if path == super::assets::icon_path() => Place::Read(Route::Asset(Asset::Icon)),
        ["readyz"] => Place::Read(Route::Ready),
        ["metrics"] => Place::Read(Route::Metrics),
        ["api", "v1", "status"] => Place::Read(Route::Status),
        ["api", "v1", "verbs"] => Place::Both(Route::Verbs, Route::Ask),
        _ => return None,
    })
}

/// A number as we write it ourselves: no sign, no leading zeros, at most 20 digits. One message has one path.
fn number(text: &str) -> Option<Seq> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok().map(Seq) } else { None }
}

/// The path of a folder's page.
pub fn folder_path(folder: Folder) -> &'static str {
    match folder {
        Folder::Inbox => "/mail/inbox",
        Folder::Sent => "/mail/sent",
        Folder::Drafts => "/mail/drafts",
        // No page of its own yet: nothing files there.
        Folder::Archive | Folder::Junk | Folder::Trash | Folder::Own(_) => "/mail/inbox",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, path: &str, expected: Found) {
        assert_eq!(find(method, path), expected, "{method} {path}");
    }

    #[test]
    fn finds_every_page() {
        check("GET", "/", Found::Route(Route::Home));
        check("HEAD", "/", Found::Route(Route::Home));
        check("GET", "/login", Found::Route(Route::LoginForm));
        check("POST", "/login", Found::Route(Route::Login));
        check("POST", "/logout", Found::Route(Route::Logout));
        check("GET", "/mail/inbox", Found::Route(Route::Folder(Folder::Inbox)));
        check("GET", "/mail/search", Found::Route(Route::Search));
        check("GET", "/mail/message/42", Found::Route(Route::Message(Seq(42))));
        check("GET", "/mail/message/42/html", Found::Route(Route::MessageHtml(Seq(42))));
        check("GET", "/mail/message/42/part/3", Found::Route(Route::MessagePart(Seq(42), 3)));
        check("GET", "/mail/message/42/raw", Found::Route(Route::MessageRaw(Seq(42))));
        check("GET", "/mail/reply/42", Found::Route(Route::Reply(Seq(42))));
        check("POST", "/mail/send", Found::Route(Route::Send));
        check("GET", super::super::assets::style_path(), Found::Route(Route::Asset(Asset::Style)));
    }

    #[test]
    fn says_which_methods_a_page_has() {
        check("POST", "/", Found::WrongMethod("GET, HEAD"));
        check("GET", "/logout", Found::WrongMethod("POST"));
        check("GET", "/mail/send", Found::WrongMethod("POST"));
        check("DELETE", "/login", Found::WrongMethod("GET, HEAD, POST"));
        check("get", "/", Found::WrongMethod("GET, HEAD"));
    }

    #[test]
    fn knows_nothing_else() {
        for path in [
            "",
            "inbox",
            "/mail/",
            "/mail/inbox/",
            "/mail/message/",
            "/mail/message/-1",
            "/mail/message/+1",
            "/mail/message/007",
            "/mail/message/99999999999999999999",
            "/mail/message/1/part/x",
            "/mail/message/1/../2",
            "/assets/style.css",
            "/assets/../Cargo.toml",
            "/MAIL/inbox",
        ] {
            check("GET", path, Found::Nothing);
        }
    }
}
