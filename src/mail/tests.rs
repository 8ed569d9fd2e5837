//! Real messages of other projects' test data, when the folder is there: `LIFEBOAT_CORPORA`, or `shared/corpora` beside
//! the project. Without it these tests say so and pass.

use std::path::{Path, PathBuf};

use super::parse::{Letter, attachment_body, normal, open, summarise};
use super::sanitise::sanitise;
use crate::clock::Wall;
use crate::limits::{INDEX_ROW_MAX_OCTETS, MIME_PARTS_MAX, SHOWN_TEXT_MAX_OCTETS};

fn messages() -> Vec<PathBuf> {
    let folder = std::env::var("LIFEBOAT_CORPORA").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").to_owned());
    let mut folders = vec![Path::new(&folder).join("messages")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    if files.is_empty() {
        println!("skipped: no messages in {folder}");
    }
    files
}

#[test]
fn every_real_message_opens() {
    let (mut files, mut calendars, mut packed) = (0, 0, 0);
    for path in messages() {
        let Ok(message) = std::fs::read(&path) else { continue };
        let shown = path.display();
        files += 1;
        // Some folders have the bare calendar or stream.
        packed += usize::from(super::tnef::as_message(&message).is_some_and(|message| !open(&message).text.is_empty()));
        calendars += super::calendar::read(&String::from_utf8_lossy(&message)).map_or(0, |calendar| calendar.events.len());
        let summary = summarise(&message);
        assert!(serde_json::to_vec(&summary).unwrap().len() <= INDEX_ROW_MAX_OCTETS, "{shown}");
        let opened = open(&message);
        assert_eq!(
            super::Summary { attachments: false, ..opened.summary.clone() },
            super::Summary { attachments: false, ..summary },
            "{shown}"
        );
        assert!(opened.text.len() <= SHOWN_TEXT_MAX_OCTETS && opened.attachments.len() <= MIME_PARTS_MAX, "{shown}");
        assert!(!opened.text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{shown}");
        for attachment in &opened.attachments {
            let (again, content) = attachment_body(&message, attachment.number).expect("an offered part is there");
            assert_eq!((&again, content.len()), (attachment, attachment.size), "{shown}");
            assert!(!attachment.name.is_empty() && !attachment.name.contains(['/', '\\', '\n']), "{shown}");
            // A nested message is a message: it opens too.
            open(&content);
            let inner = super::nested::open(&Letter::new(&normal(&message)), attachment.number);
            for packed in inner.iter().flat_map(|inner| open(inner).attachments) {
                assert!(!packed.name.is_empty() && !packed.name.contains(['/', '\\', '\n']), "{shown}");
            }
            let text = String::from_utf8_lossy(&content);
            super::report::delivery_status(&text);
            super::report::receipt(&text);
            if let Some(calendar) = super::calendar::read(&text) {
                calendars += calendar.events.len();
                for event in &calendar.events {
                    event.times(Wall(0), Wall(4_000_000_000_000), 10);
                    super::calendar::reply(event, &super::calendar::Guest::default(), "", Wall(0));
                }
            }
        }
        if let Some(html) = &opened.html {
            let clean = sanitise(html, &|id| Some(format!("/cid/{id}")));
            assert!(!clean.html.contains("<script"), "{shown}");
        }
    }
    println!("{files} messages, {calendars} events, {packed} streams with words");
    assert!(files == 0 || calendars > 50 && packed > 3, "{files} messages, {calendars} events, {packed} streams");
}
