//! Every real message that there is (`LIFEBOAT_CORPORA`, or `../shared/corpora`) comes in by SMTP and opens in the webmail: its page, its
//! HTML, its print view, its source and what is inside it. Without the folder this says so and passes.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use lifeboat::demo::html;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::{files, folder, heavy, sender, slow};

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn every_real_message_opens_in_the_webmail() {
    if !slow() {
        eprintln!("SKIPPED: every real message (LIFEBOAT_SLOW=1 runs it)");
        return;
    }
    let _one = heavy();
    let corpora =
        std::env::var("LIFEBOAT_CORPORA").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").to_owned());
    let messages = Path::new(&corpora).join("messages");
    if !messages.is_dir() {
        println!("skipped: no messages in {corpora}");
        return;
    }
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", PATIENCE);
    let (mut taken, mut refused) = (0, Vec::new());
    for path in files(&messages) {
        let Ok(message) = std::fs::read(&path) else { continue };
        match sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message) {
            Ok(reply) if reply.starts_with("250") => taken += 1,
            other => refused.push(format!("{}: {other:?}", path.display())),
        }
    }
    println!("{taken} messages taken, {} refused: {}", refused.len(), refused.join("\n"));
    assert!(taken > 100, "{taken}");

    let person = Person::new(lifeboat.web, folder.path(), "ann");
    person.sign_in("ann@example.com", &lifeboat.password("ann@example.com"));
    let mut links: Vec<String> = Vec::new();
    for page in person.folder("/mail/inbox") {
        links.extend(Person::messages(&page).into_iter().map(|(href, _)| href));
    }
    links.dedup();
    let mut times: Vec<(Duration, String)> = Vec::new();
    let mut wrong = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut open = links;
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let begun = Instant::now();
        let page = person.get(&path);
        times.push((begun.elapsed(), path.clone()));
        if page.status != 200 || !page.html.contains("<!DOCTYPE html>") {
            wrong.push(format!("{path}: {} {}", page.status, page.text().chars().take(200).collect::<String>()));
        }
        // What the page offers: the document of its HTML, its print view, its source, previews, messages inside it.
        if path.starts_with("/mail/message/") {
            let inside = |href: &String| ["/print", "/source", "/html", "/view/", "?in="].iter().any(|what| href.contains(what));
            let frames = page.html.split("<iframe").skip(1).filter_map(|rest| rest.split("src=\"").nth(1)?.split('"').next());
            let found = html::links(&page.html).into_iter().map(|link| link.href).chain(frames.map(|href| href.replace("&amp;", "&")));
            open.extend(found.filter(|href| href.starts_with("/mail/message/") && !href.contains("/part/")).filter(inside));
        }
    }
    times.sort();
    println!("{} pages; the slowest, with curl's own start:", times.len());
    for (time, path) in times.iter().rev().take(10) {
        println!("{time:?} {path}");
    }
    assert!(wrong.is_empty(), "{} of {} pages:\n{}", wrong.len(), times.len(), wrong.join("\n"));
    assert!(times.len() > taken, "more pages than messages");
}
