//! What was sent from the webmail a moment ago: taken back, nobody gets it; if the box is killed meanwhile, it is not lost.

use std::time::Duration;

use lifeboat::demo::html;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::mail;
use crate::harness::person::{Page, Person};
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, folder, free_port, heavy, wait_for};

const SOON: Duration = Duration::from_secs(40);

/// Writes a new message and presses Send, twice, as people do who wait; the page that follows.
fn write(ann: &Person, subject: &str) -> Page {
    let page = ann.get("/mail/new");
    let fields = [("to", "shop@outside.example, bo@example.com"), ("subject", subject), ("text", "Some words.")];
    ann.send(&page, &fields);
    let page = ann.send(&page, &fields);
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.html.contains("/mail/undo/"), "it can be taken back: {}", page.text());
    page
}

fn undo(ann: &Person, page: &Page) -> Page {
    let form = html::forms(&page.html).into_iter().find(|form| form.action.starts_with("/mail/undo/")).expect("a form to take it back");
    ann.submit(&form)
}

fn subjects(outside: &Sink) -> Vec<String> {
    outside.dumps().into_iter().map(|dump| mail::subject(&dump.message)).collect()
}

#[test]
fn what_is_taken_back_reaches_nobody_and_what_is_not_goes_out_once() {
    let _one = heavy();
    let folder = folder();
    let path = folder.path();
    let outside = Sink::start(path, free_port(SMARTHOST));
    let setup = Setup { smarthost: Some(outside.smtp), ..Setup::new(free_port(PRIMARY)) };
    let mut lifeboat = Lifeboat::start(path, &setup);
    lifeboat.wait_mode("continuity", SOON);
    let (ann, bo) = (Person::new(lifeboat.web, path, "ann"), Person::new(lifeboat.web, path, "bo"));
    ann.sign_in("ann@example.com", &lifeboat.password("ann@example.com"));
    let bos = lifeboat.password("bo@example.com");
    bo.sign_in("bo@example.com", &bos);

    let sent = write(&ann, "taken back");
    assert!(!bo.get("/mail/inbox").text().contains("taken back"), "hidden for the time being");
    let draft = undo(&ann, &sent);
    assert!(draft.text().contains("nobody got it") && draft.html.contains("shop@outside.example"), "{}", draft.text());
    assert!(!ann.get("/mail/sent").text().contains("taken back"));

    write(&ann, "stays");
    // Nobody has it while it can be taken back, and a dead box has sent nothing; the next start does.
    assert!(subjects(&outside).is_empty(), "{:?}", subjects(&outside));
    lifeboat.kill();
    lifeboat.restart();
    wait_for("it is outside", SOON, || subjects(&outside).contains(&"stays".to_owned()).then_some(()));
    let bo = Person::new(lifeboat.web, path, "bo-again");
    bo.sign_in("bo@example.com", &bos);
    wait_for("Bo has it", SOON, || bo.get("/mail/inbox").text().contains("stays").then_some(()));

    let ann = Person::new(lifeboat.web, path, "ann-again");
    ann.sign_in("ann@example.com", &lifeboat.password("ann@example.com"));
    write(&ann, "goes");
    wait_for("so is the next", SOON, || subjects(&outside).contains(&"goes".to_owned()).then_some(()));
    let mut all = subjects(&outside);
    all.sort();
    assert_eq!(all, ["goes", "stays"], "each once, and nothing that was taken back");
}
