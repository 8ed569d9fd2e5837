//! Every page with made-up data in a real browser: axe-core finds nothing, the HTML is valid, nothing sticks out, nothing is asked of
//! another host, the console is silent. Pictures of all of them go to `target/screenshots/page-*`.

mod look;
mod visit;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::harness::browser::{Browser, Settings};
use crate::harness::{files, folder, heavy, httpd};
use look::Look;

/// The folder that `cargo test --lib web::gallery` fills.
fn gallery() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages")
}

/// None of its files is older than what makes them.
fn gallery_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let age = |file: &Path| fs::metadata(file).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let sources = [root.join("src/web"), root.join("assets")];
    let newest = sources.iter().flat_map(|folder| files(folder)).map(|file| age(&file)).max();
    let made = age(&gallery().join("routes.txt"));
    assert!(Some(made) >= newest, "the pages are older than their source: run `cargo test --lib web::gallery` first");
}

fn pages() -> Vec<PathBuf> {
    gallery_is_fresh();
    let is_page = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "html");
    let mut found: Vec<PathBuf> = files(&gallery()).into_iter().filter(is_page).collect();
    found.sort();
    found
}

fn name(file: &Path) -> String {
    file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned()
}

/// All of them, or those whose name has `LIFEBOAT_PAGES` in it. A message's own document is its sender's: it is not ours to judge.
fn wanted() -> impl Iterator<Item = PathBuf> {
    let wanted = std::env::var("LIFEBOAT_PAGES").unwrap_or_default();
    pages().into_iter().filter(move |page| name(page).contains(&wanted) && name(page) != "document")
}

#[test]
fn every_page_is_accessible_and_fits() {
    let _one = heavy();
    let folder = folder();
    let address = httpd::serve(&gallery());
    let browser = Browser::start(folder.path());
    let mut look = Look::new(&browser);
    for page in wanted() {
        look.at(&name(&page), &format!("http://{address}/{}.html", name(&page)));
    }
    look.verdict();
}

#[test]
fn every_page_fits_where_letters_are_large() {
    let _one = heavy();
    let folder = folder();
    let address = httpd::serve(&gallery());
    let browser = Browser::start_with(folder.path(), &Settings { font_size: 32, ..Settings::default() });
    let mut look = Look::new(&browser);
    for page in wanted() {
        look.with_large_letters(&name(&page), &format!("http://{address}/{}.html", name(&page)));
    }
    look.verdict();
}

#[test]
fn every_page_is_valid() {
    let findings = look::validate(&pages());
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

/// Both would find something.
#[test]
fn a_bad_page_is_found() {
    let _one = heavy();
    let folder = folder();
    let file = folder.path().join("bad.html");
    let page = "<!DOCTYPE html><html><head><title></title><link rel=\"stylesheet\" href=\"http://127.0.0.2:9/x.css\"></head><body><h1>One</h1>\
                <h1>Two</h1><p id=\"a\">x<p id=\"a\">y<div><input type=\"text\"><img src=\"x.png\"><table width=\"2000\"><tr><td>x</table></div></body></html>";
    fs::write(&file, page).unwrap();
    let said = look::validate(&[file]).join("\n");
    for rule in ["no-dup-id", "wcag/h37", "empty-title", "element-required-attributes"] {
        assert!(said.contains(rule), "{rule}: {said}");
    }
    let address = httpd::serve(folder.path());
    let browser = Browser::start(folder.path());
    let mut look = Look::new(&browser);
    look.at("bad", &format!("http://{address}/bad.html"));
    let said = look.findings.join("\n");
    for what in ["html-has-lang", "image-alt", "label:", "sticks out", "one main heading", "the console says", "violates"] {
        assert!(said.contains(what), "{what}: {said}");
    }
}
