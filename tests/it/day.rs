//! The day of a user in a real browser: from signing in to the end of the event, and the essentials once more with scripts switched
//! off. Pictures go to `target/screenshots/day-*`.

mod coming;
mod sorting;
mod writing;

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::browser::{Browser, Settings};
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sink::Sink;
use crate::harness::{SMARTHOST, folder, free_port, heavy, mail, sender, wait_for};

const PATIENCE: Duration = Duration::from_secs(60);

/// Ann in front of her browser.
struct Desk<'a> {
    browser: &'a Browser,
    lifeboat: &'a Lifeboat,
    /// Each step says what went wrong where.
    name: &'a str,
    scripts: bool,
}

impl Desk<'_> {
    fn open(&self, path: &str) {
        self.browser.open(&format!("https://{}{path}", self.lifeboat.web));
    }

    fn press(&self, css: &str) {
        self.browser.click(&self.browser.find(css));
    }

    /// The same by XPath: by what stands beside it.
    fn press_at(&self, path: &str) {
        self.browser.click(&self.browser.find_at(path));
    }

    fn follow(&self, text: &str) {
        self.browser.click(&self.browser.find_link(text));
    }

    fn has(&self, css: &str) -> bool {
        self.browser.script(&format!("return document.querySelector({}) !== null", json!(css))) == true
    }

    fn path(&self) -> String {
        self.browser.script("return location.pathname").as_str().unwrap_or_default().to_owned()
    }

    /// Until the page shows these words.
    fn sees(&self, words: &str) {
        self.browser.sees(self.name, words);
    }

    /// Until it does not any more.
    fn misses(&self, words: &str) {
        wait_for(&format!("{}: {words} is gone", self.name), PATIENCE, || (!self.browser.text().contains(words)).then_some(()));
    }

    /// A picture, and the browser has nothing to complain about.
    fn picture(&self, name: &str) {
        self.shows(name);
        let said = self.complaints();
        assert!(said.is_empty(), "{} {name}: {said:?}", self.name);
    }

    fn shows(&self, name: &str) {
        self.browser.picture(&format!("day-{}-{name}", self.name));
        self.browser.fits(&format!("{} {name}", self.name));
    }

    /// What did not come, what the policy of a page forbade, errors of scripts.
    fn complaints(&self) -> Vec<String> {
        self.browser.console().into_iter().filter(|line| line.starts_with("SEVERE") || line.contains("policy")).collect()
    }

    fn signs_in(&self, password: &str) {
        self.open("/");
        self.picture("login");
        self.browser.type_into("input[name=address]", "ann@example.com");
        self.browser.type_into("input[type=password]", password);
        self.press("main form button");
        self.sees("Offer for chairs");
        self.sees("Truck on Monday");
        self.picture("inbox");
    }

    /// Plain text, and HTML whose script and pictures from elsewhere stay outside.
    fn reads(&self) {
        self.follow("Truck on Monday");
        self.sees("the yellow truck comes at 8:30.");
        self.picture("message");
        self.open("/mail/inbox");
        self.follow("Offer for chairs");
        wait_for("the HTML message", PATIENCE, || self.browser.text_in_frame().contains("are in stock").then_some(()));
        assert_ne!(self.browser.script("return document.title"), json!("owned"), "no script of a message runs");
        let asked = self.browser.script("return performance.getEntriesByType('resource').map(entry => entry.name).join(' ')");
        assert!(!asked.as_str().unwrap_or_default().contains("northwind"), "nothing is fetched from elsewhere: {asked}");
        self.picture("html");
        self.open("/mail/inbox");
        let unread = self.browser.script("return document.querySelectorAll('.mail.unread').length");
        assert_eq!(unread, json!(1), "two of three are read");
    }

    fn searches(&self) {
        self.browser.type_into("#search", "truck\u{e007}");
        wait_for("the search page", PATIENCE, || (self.path() == "/mail/search").then_some(()));
        // The search follows the mail after a moment.
        wait_for("what was found", PATIENCE, || {
            self.open("/mail/search?q=truck");
            self.browser.text().contains("Truck on Monday").then_some(())
        });
        assert!(!self.browser.text().contains("Offer for chairs"), "only what was looked for");
        self.picture("search");
    }

    /// With a file; it leaves the building, and what became of it stands in Sent.
    fn answers(&self, file: &Path, outside: &Sink) {
        self.open("/mail/inbox");
        self.follow("Truck on Monday");
        self.press("a[href*='/mail/reply/']");
        let quoted = self.browser.script("return document.querySelector('textarea').value");
        assert!(quoted.as_str().unwrap_or_default().contains("> the yellow truck"), "{quoted}");
        self.browser.type_into("textarea", "We open the gate.");
        self.browser.type_into("input[type=file]", file.to_str().unwrap());
        self.picture("answer");
        self.press("button.primary[type=submit]");
        wait_for("the list of what was sent", PATIENCE, || {
            self.open("/mail/sent");
            self.browser.text().contains("Truck on Monday").then_some(())
        });
        self.picture("sent");
        let came =
            wait_for("the answer outside", PATIENCE, || outside.dumps().into_iter().find(|dump| dump.recipients == ["luis@prado.example"]));
        let text = String::from_utf8_lossy(&came.message).into_owned();
        for part in ["We open the gate.", "plan.txt", "In-Reply-To: <truck@prado.example>", "Subject: Re: Truck on Monday"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        self.open("/mail/sent");
        self.follow("Truck on Monday");
        wait_for("what became of it", PATIENCE, || {
            self.browser.command("POST", "/refresh", json!({}));
            let state = self.browser.script("const one = document.querySelector('.deliveries .done'); return one ? one.innerText : ''");
            state.as_str().is_some_and(|state| !state.is_empty()).then_some(())
        });
        self.picture("delivered");
    }

    /// Every page that a phone shows first.
    fn on_a_phone(&self) {
        self.browser.size(360, 740);
        for (path, name) in [
            ("/mail/inbox", "inbox"),
            ("/mail/sent", "sent"),
            ("/mail/new", "write"),
            ("/mail/search?q=truck", "search"),
            ("/help", "help"),
        ] {
            self.open(path);
            self.picture(&format!("phone-{name}"));
        }
        self.open("/mail/inbox");
        self.press(".menu");
        self.sees("Manage folders");
        self.picture("phone-menu");
        self.press_at("//nav[@id='menu']//a[contains(., 'Address book')]");
        self.sees("bo@example.com");
        self.open("/mail/inbox");
        self.follow("Truck on Monday");
        self.sees("the yellow truck");
        self.picture("phone-message");
        self.browser.size(1280, 900);
    }
}

fn html_message() -> Vec<u8> {
    b"From: Marta Keller <marta@northwind.example>\r\nTo: ann@example.com\r\nSubject: Offer for chairs\r\n\
      Date: Tue, 03 Mar 2026 09:15:02 +0000\r\nMessage-ID: <chairs@northwind.example>\r\nMIME-Version: 1.0\r\n\
      Content-Type: text/html; charset=utf-8\r\n\r\n\
      <p>Dear Ann, the <b>chairs</b> are in stock.</p><script>document.title='owned'</script>\
      <img src=\"https://northwind.example/seen.png\"><a href=\"https://northwind.example/\">our page</a>\r\n"
        .to_vec()
}

fn truck() -> Vec<u8> {
    b"From: Luis Prado <luis@prado.example>\r\nTo: ann@example.com\r\nSubject: Truck on Monday\r\n\
      Date: Tue, 03 Mar 2026 10:20:00 +0000\r\nMessage-ID: <truck@prado.example>\r\n\r\n\
      Ann,\r\n\r\nthe yellow truck comes at 8:30.\r\n\r\nLuis\r\n"
        .to_vec()
}

fn deliver(lifeboat: &Lifeboat, message: &[u8]) {
    let reply = sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
}

/// Three messages in an outage; her password.
fn a_morning(lifeboat: &Lifeboat) -> String {
    lifeboat.wait_mode("continuity", PATIENCE);
    for message in [mail::message("ann@example.com", "Parking spaces", "Row two is ours."), html_message(), truck()] {
        deliver(lifeboat, &message);
    }
    lifeboat.password("ann@example.com")
}

#[test]
fn a_day_from_signing_in_to_the_end_of_the_event() {
    let _one = heavy();
    let folder = folder();
    let here = folder.path();
    let (inside, plan) = (here.join("inside"), here.join("plan.txt"));
    fs::create_dir(&inside).unwrap();
    fs::write(&plan, "Gate 2, then left.\n").unwrap();
    let outside = Sink::start(here, free_port(SMARTHOST));
    let setup = Setup { smarthost: Some(outside.smtp), ..Setup::without_primary() };
    let lifeboat = Lifeboat::start(here, &setup);
    let password = a_morning(&lifeboat);
    let browser = Browser::start(here);
    browser.size(1280, 900);
    let ann = Desk { browser: &browser, lifeboat: &lifeboat, name: "desk", scripts: true };

    ann.signs_in(&password);
    ann.reads();
    ann.searches();
    ann.answers(&plan, &outside);
    ann.sorts();
    ann.deletes();
    ann.flags();
    ann.types();
    ann.talks();
    ann.settles();
    ann.looks_up();
    ann.drafts_by_itself();
    ann.takes_back(&outside);
    ann.is_invited(&outside);
    ann.gets_news();
    ann.on_a_phone();
    let primary = ann.goes_home(&inside, &setup, &outside);
    let handed: Vec<String> = primary.dumps().iter().map(|dump| mail::subject(&dump.message)).collect();
    for subject in ["Parking spaces", "Offer for chairs", "Truck on Monday", "Keys are found"] {
        assert!(handed.iter().any(|one| one == subject), "{subject}: {handed:?}");
    }
}

/// Links and forms are enough.
#[test]
fn the_essentials_without_scripts() {
    let _one = heavy();
    let folder = folder();
    let here = folder.path();
    let plan = here.join("plan.txt");
    fs::write(&plan, "Gate 2, then left.\n").unwrap();
    let outside = Sink::start(here, free_port(SMARTHOST));
    let lifeboat = Lifeboat::start(here, &Setup { smarthost: Some(outside.smtp), ..Setup::without_primary() });
    let password = a_morning(&lifeboat);
    let browser = Browser::start_with(here, &Settings { scripts: false, ..Settings::default() });
    browser.size(1280, 900);
    assert!(scripts_are_off(&browser, here), "the browser runs scripts");
    let ann = Desk { browser: &browser, lifeboat: &lifeboat, name: "plain", scripts: false };

    ann.signs_in(&password);
    ann.reads();
    ann.searches();
    ann.answers(&plan, &outside);
    ann.sorts();
    ann.deletes();
    ann.flags();
    ann.settles();
    ann.looks_up();
    ann.takes_back(&outside);
    ann.is_invited(&outside);
    ann.on_a_phone();
    ann.open("/mail/inbox");
    ann.press("form[action='/logout'] button");
    ann.misses("Truck on Monday");
    ann.open("/mail/inbox");
    assert!(ann.has("input[type=password]"), "{}", browser.text());
}

/// A page whose script would say otherwise.
fn scripts_are_off(browser: &Browser, folder: &Path) -> bool {
    let site = folder.join("site");
    fs::create_dir(&site).unwrap();
    fs::write(site.join("x.js"), "document.title = 'on'").unwrap();
    fs::write(site.join("x.html"), "<!DOCTYPE html><title>off</title><p>x<script src=\"x.js\"></script>").unwrap();
    let address = crate::harness::httpd::serve(&site);
    browser.open(&format!("http://{address}/x.html"));
    browser.command("GET", "/title", Value::Null) == "off"
}
