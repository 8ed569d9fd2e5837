//! Every page of a running box. The paths come from the tables of routes (`routes.txt` of the gallery): a new one needs a sample here.

use std::fs;

use serde_json::Value;

use super::look::{self, Look};
use super::{gallery, gallery_is_fresh};
use crate::harness::browser::Browser;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::{folder, heavy, httpd, sender, wait_for};

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
const PASSWORD: &str = "seven grey whales below";

/// What is at a path.
enum Sample {
    /// `MESSAGE` is the number of a message with everything in it, `EVENT` the id of an event.
    Page(&'static str),
    /// In a sandbox where no script runs, not even one that looks at it: a copy without its policy is looked at.
    Document(&'static str),
    /// Saved or asked for by scripts: it comes, there is nothing to look at.
    File(&'static str),
    /// Looked at by made-up data or another test; why not here.
    Elsewhere(&'static str),
}

use Sample::{Document, Elsewhere, File, Page};

const SAMPLES: &[(&str, Sample)] = &[
    ("/", Page("/")),
    ("/login", Page("/login")),
    ("/help", Page("/help")),
    ("/mail", Page("/mail")),
    ("/mail/search", Page("/mail/search?q=chairs")),
    ("/mail/:", Page("/mail/inbox")),
    ("/mail/:", Page("/mail/sent")),
    ("/mail/:", Page("/mail/drafts")),
    ("/mail/:", Page("/mail/deleted")),
    ("/mail/folder/#", Elsewhere("nobody has one here; tests/it/day.rs makes one")),
    ("/mail/folders", Page("/mail/folders")),
    ("/mail/changes", Elsewhere("for the script of the list")),
    ("/mail/conversation/#", Page("/mail/conversation/MESSAGE")),
    ("/mail/keys", Page("/mail/keys")),
    ("/mail/agenda", Page("/mail/agenda")),
    ("/mail/message/#", Page("/mail/message/MESSAGE")),
    ("/mail/message/#", Page("/mail/message/MESSAGE?view=html")),
    ("/mail/message/#/html", File("/mail/message/MESSAGE/html")),
    ("/mail/message/#/raw", File("/mail/message/MESSAGE/raw")),
    ("/mail/message/#/part/#", File("/mail/message/MESSAGE/part/0")),
    ("/mail/message/#/show/#", Elsewhere("a picture in a page of previews")),
    ("/mail/message/#/view/#", Page("/mail/message/MESSAGE/view/0")),
    ("/mail/message/#/zip", File("/mail/message/MESSAGE/zip")),
    ("/mail/message/#/source", Page("/mail/message/MESSAGE/source")),
    ("/mail/message/#/print", Document("/mail/message/MESSAGE/print")),
    ("/mail/practice/#", Elsewhere("only in a drill: tests/it/drill.rs")),
    ("/mail/new", Page("/mail/new")),
    ("/mail/reply/#", Page("/mail/reply/MESSAGE?all=1")),
    ("/mail/forward/#", Page("/mail/forward/MESSAGE")),
    ("/mail/edit/#", Elsewhere("there is no draft: made-up data")),
    ("/mail/people", File("/mail/people?q=bo")),
    ("/people", Page("/people")),
    ("/settings", Page("/settings")),
    ("/settings/code", Elsewhere("only after an address was given: made-up data")),
    ("/language/:", Elsewhere("goes where one came from")),
    ("/setup/:/wait", Elsewhere("only leads to /admin")),
    ("/enrol/", Elsewhere("behind an invitation: tests/it/enrol.rs and made-up data")),
    ("/enrol/:", Elsewhere("behind an invitation")),
    ("/enrol/:/code", Elsewhere("behind an invitation")),
    ("/enrol/:/done", Elsewhere("behind an invitation")),
    ("/favicon.ico", File("/favicon.ico")),
    ("/assets/:", Elsewhere("every page asks for one")),
    ("/ca.crt", File("/ca.crt")),
    ("/readyz", File("/readyz")),
    ("/metrics", File("/metrics")),
    ("/api/v1/status", Elsewhere("for scripts with a token")),
    ("/api/v1/verbs", Elsewhere("for scripts with a token")),
    ("/admin/login", Page("/admin/login")),
    ("/admin/setup/:", Elsewhere("works once: tests/it/admin.rs")),
    ("/admin/account", Page("/admin/account")),
    ("/admin/accounts", Page("/admin/accounts")),
    ("/admin", Page("/admin")),
    ("/admin/live", Elsewhere("a part of the dashboard, for its script")),
    ("/admin/help", Page("/admin/help")),
    ("/admin/guide", Page("/admin/guide")),
    ("/admin/people/cards", Page("/admin/people/cards")),
    ("/admin/events", Page("/admin/events")),
    ("/admin/events/:", Page("/admin/events/EVENT")),
    ("/admin/events/:/json", File("/admin/events/EVENT/json")),
    ("/admin/events/:/csv", File("/admin/events/EVENT/csv")),
    ("/admin/drills", Page("/admin/drills")),
    ("/admin/drills/:", Elsewhere("after a drill: tests/it/admin.rs")),
    ("/admin/queue", Page("/admin/queue")),
    ("/admin/queue/:", Page("/admin/queue/MESSAGE")),
    ("/admin/trace", Page("/admin/trace?subject=chairs")),
    ("/admin/people", Page("/admin/people")),
    ("/admin/maintenance", Page("/admin/maintenance")),
    ("/admin/settings", Page("/admin/settings")),
    ("/admin/audit", Page("/admin/audit")),
    ("/admin/audit/csv", File("/admin/audit/csv")),
];

/// With an attachment, HTML, an invitation and a list to unsubscribe from.
const RICH: &str = "From: Marta Keller <marta@northwind.example>\r\nTo: ann@example.com, bo@example.com\r\nSubject: Offer for chairs\r\n\
    Date: Tue, 03 Mar 2026 09:15:02 +0000\r\nMessage-ID: <chairs@northwind.example>\r\nMIME-Version: 1.0\r\n\
    List-Unsubscribe: <https://northwind.example/leave>, <mailto:leave@northwind.example>\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n\
    --c\r\nContent-Type: text/plain\r\n\r\nDear Ann,\r\n\r\nthe chairs are in stock.\r\n\r\n\
    --c\r\nContent-Type: text/html\r\n\r\n<p>Dear Ann, the <b>chairs</b> are in stock.</p><img src=\"https://northwind.example/x.png\" alt=\"A chair\">\r\n\
    --c\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n\
    UID:chairs@northwind.example\r\nDTSTAMP:20260303T091500Z\r\nDTSTART:20300310T100000Z\r\nDTEND:20300310T110000Z\r\n\
    SUMMARY:Trying chairs\r\nLOCATION:Hall 2\r\nORGANIZER:mailto:marta@northwind.example\r\nATTENDEE:mailto:ann@example.com\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n\r\n--c--\r\n\
    --b\r\nContent-Type: text/plain; name=list.txt\r\nContent-Disposition: attachment; filename=list.txt\r\n\r\nForty chairs.\r\n--b--\r\n";

/// Number and event, put in.
struct Places {
    message: String,
    event: String,
}

impl Places {
    fn path(&self, sample: &str) -> String {
        sample.replace("MESSAGE", &self.message).replace("EVENT", &self.event)
    }
}

fn routes() -> Vec<String> {
    gallery_is_fresh();
    let text = fs::read_to_string(gallery().join("routes.txt")).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn every_path_has_a_sample() {
    let missing: Vec<String> = routes().into_iter().filter(|path| !SAMPLES.iter().any(|(pattern, _)| pattern == path)).collect();
    assert!(missing.is_empty(), "give samples for {missing:?} in {}", file!());
}

#[test]
fn every_page_of_a_box_is_accessible_valid_and_stays_at_home() {
    let _one = heavy();
    let folder = folder();
    let here = folder.path();
    let lifeboat = Lifeboat::start(here, &Setup::without_primary());
    lifeboat.wait_mode("continuity", PATIENCE);
    let reply = sender::deliver(lifeboat.smtp, "marta@northwind.example", &["ann@example.com"], RICH.as_bytes()).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
    let password = lifeboat.password("ann@example.com");

    let ann = Person::new(lifeboat.web, here, "ann");
    let inbox = ann.sign_in("ann@example.com", &password);
    let link = Person::messages(&inbox).into_iter().find(|(_, line)| line.contains("Offer for chairs")).expect("the message");
    let message = link.0.rsplit('/').next().unwrap().to_owned();
    let events: Value = serde_json::from_str(&lifeboat.command(&["event", "list", "--json"])).unwrap();
    let event = events["events"][0]["id"].as_str().expect("an event").to_owned();
    let places = Places { message, event };

    let eva = Person::new(lifeboat.web, here, "eva");
    let link = lifeboat.status()["setup"][0].as_str().expect("a set-up link").to_owned();
    let link = link[link.find("/admin/setup/").expect("its path")..].to_owned();
    let page = eva.get(&link);
    eva.send(&page, &[("name", "eva"), ("password", PASSWORD), ("again", PASSWORD)]);

    let browser = Browser::start(here);
    let base = format!("https://{}", lifeboat.web);
    browser.size(1280, 900);
    browser.open(&format!("{base}/admin/login"));
    browser.type_into("#name", "eva");
    browser.type_into("#password", PASSWORD);
    browser.click(&browser.find("main form button"));
    wait_for("the dashboard", PATIENCE, || browser.text().contains("Continuity").then_some(()));
    browser.open(&format!("{base}/login"));
    browser.type_into("input[name=address]", "ann@example.com");
    browser.type_into("input[type=password]", &password);
    browser.click(&browser.find("main form button"));
    wait_for("the inbox", PATIENCE, || browser.text().contains("Offer for chairs").then_some(()));

    let (routes, copies) = (routes(), httpd::serve(here));
    let mut look = Look::new(&browser);
    let (mut saved, mut weights) = (Vec::new(), Vec::new());
    for (at, (pattern, sample)) in SAMPLES.iter().enumerate().filter(|(_, (pattern, _))| routes.iter().any(|path| path == pattern)) {
        let person = if pattern.starts_with("/admin") { &eva } else { &ann };
        let (path, is_page, has_sandbox) = match sample {
            Page(path) => (places.path(path), true, false),
            Document(path) => (places.path(path), true, true),
            File(path) => (places.path(path), false, false),
            Elsewhere(why) => {
                eprintln!("{pattern}: {why}");
                continue;
            }
        };
        let answer = person.get(&path);
        if answer.status != 200 {
            look.finds(&path, &format!("status {}: {}", answer.status, answer.text()));
        } else if is_page {
            let file = here.join(format!("page-{at}{}.html", if has_sandbox { "-document" } else { "" }));
            fs::write(&file, &answer.html).unwrap();
            // What a sender wrote is in a document, too, and is not ours to judge.
            if !has_sandbox {
                saved.push(file);
            }
            match has_sandbox {
                false => look.once(&path, &format!("{base}{path}")),
                true => look.once(&path, &format!("http://{copies}/page-{at}-document.html")),
            }
            if path == "/mail/inbox" {
                weights.push(look.weight());
            }
        }
    }
    look.findings.extend(look::validate(&saved));
    look.verdict();
    let inbox = weights[0];
    assert!(inbox > 5_000 && inbox < 60_000, "the inbox weighs {inbox} octets with all that it loads");
}
