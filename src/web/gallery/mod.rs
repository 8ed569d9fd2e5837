//! Every page with made-up data: looked at by tests here, and in a real browser by `tests/it/pages.rs`.
//!
//! `cargo test --lib web::gallery` writes the files to `target/pages/`, with the list of all paths of GET (`routes.txt`).
//! A room of pages has a file here; its function `pages` gives each state that a person can meet.

mod admin;
mod coming;
mod folders;
mod messages;
mod wizard;
mod writing;

use maud::Markup;

use super::assets;
use super::pages::layout::{Banner, ReaderView, Shell, Tone};
use super::table::Method;
use super::texts::Texts;
use super::{admin::routes, route};
use crate::limits::PAGE_ENTRIES;
use crate::store::Folder;

fn shell(title: &str, here: Option<Folder>) -> Shell {
    Shell {
        texts: Texts::english(),
        title: title.to_owned(),
        banner: Some(Banner::down(Texts::english(), "09:15", true)),
        reader: Some(ReaderView {
            name: "Ann Smith".to_owned(),
            address: "ann.smith@example.com".to_owned(),
            csrf: "0".repeat(64),
            folders: folders::links(),
            may_write: true,
            keys: true,
            drill: None,
        }),
        here,
        told: None,
    }
}

fn signed_out(title: &str) -> Shell {
    Shell { reader: None, banner: Some(Banner::down(Texts::english(), "09:15", false)), ..shell(title, None) }
}

fn calm(mut shell: Shell) -> Shell {
    shell.banner = Some(Banner {
        tone: Tone::Calm,
        strong: "The mail server is back.".to_owned(),
        text: "Lifeboat is handing over your mail, so you can read here but not send. Please use Outlook again.".to_owned(),
    });
    if let Some(reader) = &mut shell.reader {
        reader.may_write = false;
    }
    shell
}

/// A page's name and its markup.
type Sample = (&'static str, Markup);

/// Name and markup of every page.
fn pages() -> Vec<Sample> {
    [coming::pages(), folders::pages(), messages::pages(), writing::pages(), wizard::pages(), admin::pages()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn the_inbox_is_light() {
    let page = folders::inbox_of(PAGE_ENTRIES).into_string();
    let used = assets::ALL.iter().filter(|asset| page.contains(asset.path()));
    let total = page.len() + used.map(|asset| asset.body().len()).sum::<usize>();
    assert!(total < 60_000, "{total} octets");
}

#[test]
fn every_page_is_whole() {
    for (name, markup) in pages() {
        let page = markup.into_string();
        assert!(page.starts_with("<!DOCTYPE html><html lang="), "{name}");
        assert_eq!(page.matches("<h1").count(), 1, "{name}: one main heading");
        assert!(page.contains("<title>"), "{name}");
        // The policy would block them without a word.
        assert_eq!(page.matches("<script").count(), page.matches("<script src=\"/assets/").count(), "{name}: a script in the page");
        for word in [" style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(word), "{name}: {word}");
        }
        if name != "document" {
            assert!(!page.contains("<style"), "{name}");
            assert!(page.contains("<main ") && page.contains(" id=\"main\""), "{name}");
            assert!(page.contains("href=\"#main\""), "{name}: a way past the navigation");
        }
    }
}

#[test]
fn every_form_that_needs_a_session_carries_its_csrf_value() {
    for (name, markup) in pages() {
        let page = markup.into_string();
        for form in page.split("<form").skip(1).filter(|form| !is_without_session(form)) {
            let form = form.split("</form>").next().unwrap_or_default();
            assert!(form.contains("name=\"csrf\" value=\"0000"), "{name}: {form}");
        }
    }
}

/// The login, looking, and the pages behind an invitation or a set-up link, whose path is the secret.
fn is_without_session(form: &str) -> bool {
    ["action=\"/login\"", "action=\"/enrol/", "action=\"/setup/", "method=\"get\""].iter().any(|sign| form.contains(sign))
}

#[test]
fn every_field_has_its_label_and_every_reference_its_place() {
    for (name, markup) in pages() {
        let page = markup.into_string();
        let ids: Vec<&str> = values(&page, " id=\"");
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| other == &id).count(), 1, "{name}: {id} twice");
        }
        let described = values(&page, " aria-describedby=\"").into_iter().flat_map(|list| list.split(' '));
        let local = values(&page, " href=\"#").into_iter();
        for wanted in values(&page, " for=\"").into_iter().chain(described).chain(local) {
            assert!(ids.contains(&wanted), "{name}: {wanted} is nowhere");
        }
        for field in ["<textarea", "<input"].iter().flat_map(|tag| page.split(tag).skip(1)) {
            let tag = field.split('>').next().unwrap_or_default();
            let labelled = tag.contains("type=\"hidden\"") || tag.contains("type=\"checkbox\"");
            let id = values(tag, " id=\"").first().copied().unwrap_or("none");
            assert!(labelled || page.contains(&format!(" for=\"{id}\"")), "{name}: {tag}");
        }
    }
}

fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn write_the_gallery() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    let _not_there = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for asset in assets::ALL {
        std::fs::write(folder.join(asset.path().trim_start_matches('/')), asset.body()).unwrap();
    }
    for (name, markup) in pages() {
        // So that the files can also be looked at without a server.
        let page = markup.into_string().replace("=\"/assets/", "=\"assets/");
        let page = page.replace("\"/mail/message/4711/html\" sandbox", "\"document.html\" sandbox");
        std::fs::write(folder.join(format!("{name}.html")), page).unwrap();
    }
    std::fs::write(folder.join("routes.txt"), paths_of_get()).unwrap();
}

/// One a line: the admin's, too.
fn paths_of_get() -> String {
    let mail = route::TABLE.iter().map(|row| (row.method, row.path));
    let admin = routes::TABLE.iter().map(|row| (row.method, row.path));
    mail.chain(admin).filter(|(method, _)| *method == Method::Get).map(|(_, path)| format!("{path}\n")).collect()
}
