//! Every page with made-up data in a real browser: axe-core finds nothing, the HTML is valid, nothing sticks out, nothing is asked of
//! another host, the console is silent. Pictures of all of them go to `target/screenshots/page-*`.

mod look;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::harness::browser::Browser;
use crate::harness::{files, folder, heavy, httpd};
use look::Look;

/// The folder that `cargo test --lib web::gallery` fills.
fn gallery() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages")
}

/// The pages, none older than what makes them.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let age = |file: &Path| fs::metadata(file).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let sources = [root.join("src/web"), root.join("assets")];
    let newest = sources.iter().flat_map(|folder| files(folder)).map(|file| age(&file)).max();
    let made = age(&gallery().join("routes.txt"));
    assert!(Some(made) >= newest, "the pages are older than their source: run `cargo test --lib web::gallery` first");
    let is_page = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "html");
    let mut found: Vec<PathBuf> = files(&gallery()).into_iter().filter(is_page).collect();
    found.sort();
    found
}

fn name(file: &Path) -> String {
    file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned()
}

#[test]
fn every_page_is_accessible_and_fits() {
    let _one = heavy();
    let folder = folder();
    let pages = pages();
    let address = httpd::serve(&gallery());
    let browser = Browser::start(folder.path());
    let mut look = Look::new(&browser);
    let wanted = std::env::var("LIFEBOAT_PAGES").unwrap_or_default();
    for page in pages.iter().filter(|page| name(page).contains(&wanted)) {
        look.at(&name(page), &format!("http://{address}/{}.html", name(page)));
    }
    look.verdict();
}

#[test]
fn every_page_is_valid() {
    let findings = look::validate(&pages());
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}
