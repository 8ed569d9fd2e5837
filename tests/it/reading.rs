//! Real messages (`LIFEBOAT_CORPORA`, or `../shared/corpora`) come in by SMTP and open in the webmail: the page, its HTML, its print view,
//! its source, previews and what is inside it. Without the folder this says so and passes. `LIFEBOAT_BINARY` measures a release build.

use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use lifeboat::demo::html;

use crate::harness::https::Https;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::{files, folder, heavy, sender, slow};

const PATIENCE: Duration = Duration::from_secs(30);
/// Without `LIFEBOAT_SLOW` one message in so many is read.
const EACH: usize = 5;

/// As a mail server on Unix sends a message that it has in a file: each kind of line end becomes a CRLF, NUL has no place in mail.
fn wire(file: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len() + file.len() / 20);
    let mut octets = file.iter().copied().filter(|octet| *octet != 0).peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'\r' | b'\n' => {
                octets.next_if(|next| octet == b'\r' && *next == b'\n');
                out.extend_from_slice(b"\r\n");
            }
            other => out.push(other),
        }
    }
    out
}

/// What a page about a message offers: its document, its print view, its source, previews, messages inside it.
fn offered(page: &str) -> impl Iterator<Item = String> {
    let frames = page.split("<iframe").skip(1).filter_map(|rest| rest.split("src=\"").nth(1)?.split('"').next());
    let found = html::links(page).into_iter().map(|link| link.href).chain(frames.map(|href| href.replace("&amp;", "&")));
    found.filter(|href| {
        let path = href.split('?').next().unwrap_or_default();
        let mut steps = path.strip_prefix("/mail/message/").unwrap_or_default().split('/').skip(1);
        path.starts_with("/mail/message/") && matches!(steps.next(), None | Some("print" | "source" | "html" | "view"))
    })
}

/// All links to messages of a folder.
fn messages(person: &mut Https, folder: &str) -> Vec<String> {
    let (mut found, mut next): (Vec<String>, _) = (Vec::new(), Some(folder.to_owned()));
    while let Some(path) = next.take() {
        let links = html::links(&person.get(&path, &[]).text());
        next = links.iter().find(|link| link.href.contains("before=")).map(|link| link.href.clone());
        found.extend(links.into_iter().map(|link| link.href).filter(|href| href.starts_with("/mail/message/")));
    }
    found.dedup();
    found
}

#[test]
fn every_real_message_opens_in_the_webmail() {
    let corpora =
        std::env::var("LIFEBOAT_CORPORA").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").to_owned());
    let corpus = Path::new(&corpora).join("messages");
    if !corpus.is_dir() {
        println!("skipped: no messages in {corpora}");
        return;
    }
    let _one = heavy();
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", PATIENCE);
    let mut all = files(&corpus);
    all.sort();
    let (mut taken, mut refused) = (0, String::new());
    for path in all.iter().step_by(if slow() { 1 } else { EACH }) {
        let message = wire(&std::fs::read(path).unwrap());
        match sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message) {
            Ok(reply) if reply.starts_with("250") => taken += 1,
            Ok(reply) if reply.starts_with('5') => writeln!(refused, "{}: {reply}", path.display()).unwrap(),
            other => panic!("{}: {other:?}", path.display()),
        }
    }
    println!("{taken} messages taken; refused:\n{refused}");
    assert!(taken * 10 > all.len().div_ceil(if slow() { 1 } else { EACH }) * 9, "{taken} of {}", all.len());

    let mut person = Https::signed_in(lifeboat.web, "ann@example.com", &lifeboat.password("ann@example.com"));
    let mut open = messages(&mut person, "/mail/inbox");
    assert_eq!(open.len(), taken, "the inbox shows what was taken");
    let mut times: Vec<(Duration, String)> = Vec::new();
    let mut wrong = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = person.get(&path, &[]);
        times.push((Duration::from_secs_f64(page.seconds), path.clone()));
        if page.status != 200 || !page.has("<!DOCTYPE html>") {
            wrong.push(format!("{path}: {} {}", page.status, html::text(&page.text()).chars().take(200).collect::<String>()));
        } else if !path.contains("/html") {
            // A message's own HTML is not asked what it links to.
            open.extend(offered(&page.text()));
        }
    }
    times.sort();
    let of_messages = times.iter().filter(|(_, path)| path.split('?').next().unwrap_or_default().matches('/').count() == 3);
    let middle = times[times.len() / 2].0;
    println!("{} pages, {} of them messages; median {middle:.1?}; the slowest:", times.len(), of_messages.count());
    for (time, path) in times.iter().rev().take(25) {
        println!("{time:.1?} {path}");
    }
    println!("{} take more than 100 ms", times.iter().filter(|(time, _)| *time > Duration::from_millis(100)).count());
    assert!(wrong.is_empty(), "{} of {} pages:\n{}", wrong.len(), times.len(), wrong.join("\n"));
    assert!(times.len() > 3 * taken, "more pages than messages: {}", times.len());
    assert!(!lifeboat.log().contains("panicked"), "{}", lifeboat.log());
}
