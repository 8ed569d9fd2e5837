//! The index is a view: without it the same pages come back.

use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::{Page, Person};
use crate::harness::{folder, mail, sender};

const FLIP: Duration = Duration::from_secs(30);

/// Folders as a person sees them, and how often an open message can be opened.
fn seen(person: &Person) -> Vec<String> {
    let mut texts = Vec::new();
    for path in ["/mail/inbox", "/mail/sent"] {
        for page in person.folder(path) {
            texts.push(listing(&page));
            texts.extend(Person::messages(&page).iter().map(|(path, _)| person.get(path).text()));
        }
    }
    texts
}

/// What a folder page shows, without what changes from visit to visit (times since, tokens).
fn listing(page: &Page) -> String {
    Person::messages(page).into_iter().map(|(path, line)| format!("{path} {line}\n")).collect()
}

#[test]
fn deleting_the_index_loses_nothing_that_a_person_sees() {
    let folder = folder();
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", FLIP);
    for number in 0..60 {
        let to = ["ann@example.com", "bo@example.com"][number % 2];
        let message = mail::message(to, &format!("index {number}"), "text");
        assert!(sender::deliver(lifeboat.smtp, "out@outside.example", &[to, "carla@example.com"], &message).unwrap().starts_with("250"));
    }
    let password = lifeboat.password("carla@example.com");
    let carla = Person::new(lifeboat.web, folder.path(), "before");
    carla.sign_in("carla@example.com", &password);
    let message = carla.open("index 57");
    carla.answer(&message, "bo@example.com", "noted");
    // The first round opens everything, so that unread marks are the same afterwards.
    seen(&carla);
    let before = seen(&carla);
    assert!(before.len() > 60, "{}", before.len());
    let queue = lifeboat.status()["queue"].clone();

    assert!(lifeboat.stop().success());
    std::fs::remove_dir_all(lifeboat.data().join("index")).expect("there is an index folder");
    lifeboat.restart();

    assert_eq!(lifeboat.mode(), "continuity");
    assert_eq!(lifeboat.status()["queue"], queue);
    let carla = Person::new(lifeboat.web, folder.path(), "after");
    carla.sign_in("carla@example.com", &password);
    let after = seen(&carla);
    assert_eq!(before, after);
}
