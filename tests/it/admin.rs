//! The admin's place in a real browser: the set-up link, an event from beginning to end, a drill, and every page at five widths.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, folder, free_port, heavy, mail, sender, wait_for};

const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "seven grey whales below";
/// In the order of the story, each with the name of its picture.
const PAGES: [(&str, &str); 10] = [
    ("/admin", "dashboard"),
    ("/admin/events", "events"),
    ("/admin/queue", "queue"),
    ("/admin/trace", "trace"),
    ("/admin/people", "people"),
    ("/admin/drills", "drills"),
    ("/admin/maintenance", "maintenance"),
    ("/admin/audit", "audit"),
    ("/admin/settings", "settings"),
    ("/admin/accounts", "accounts"),
];

struct Admin<'a> {
    browser: &'a Browser,
    lifeboat: &'a Lifeboat,
}

impl Admin<'_> {
    fn open(&self, path: &str) {
        self.browser.open(&format!("https://{}{path}", self.lifeboat.web));
    }

    /// Opens it; the status of the answer.
    fn status_of(&self, path: &str) -> Value {
        self.open(path);
        self.browser.script("return performance.getEntriesByType('navigation')[0].responseStatus")
    }

    fn press(&self, css: &str) {
        self.browser.click(&self.browser.find(css));
    }

    /// Until the page shows these words.
    fn sees(&self, words: &str) {
        self.browser.sees("admin", words);
    }

    /// Until the large word of the dashboard is this one. Nobody reloads the page for it.
    fn sees_mode(&self, mode: &str) {
        wait_for(&format!("the dashboard says {mode}"), PATIENCE, || {
            let big = self.browser.script("const big = document.querySelector('#live-mode .big'); return big ? big.innerText : ''");
            (big == mode).then_some(())
        });
    }

    /// The page that asks, and its "yes".
    fn confirms(&self, question: &str) {
        self.sees(question);
        self.press("main input[name=confirmed] ~ button");
        wait_for("the page after it", PATIENCE, || (!self.browser.text().contains(question)).then_some(()));
    }

    /// A mark that a page loses when it is loaded again.
    fn mark(&self) {
        self.browser.script("window.mark = 'here'");
    }

    fn is_marked(&self) -> bool {
        self.browser.script("return window.mark || ''") == "here"
    }

    /// The page at five widths, two of them just before the layout changes: nothing sticks out, and no table has to be pushed to the side.
    fn pictures(&self, path: &str, name: &str) {
        for (width, height, what) in
            [(1280, 900, "desk"), (1060, 900, "narrow"), (840, 900, "upright"), (500, 900, "tablet"), (360, 740, "phone")]
        {
            self.browser.size(width, height);
            assert_eq!(self.status_of(path), 200, "{path}");
            self.browser.text();
            self.browser.fits(&format!("{path} at {width}"));
            let pushed = "return [...document.querySelectorAll('main table')].filter(table => table.offsetParent && \
                table.scrollWidth > table.parentElement.clientWidth + 1).map(table => table.innerText.slice(0, 60))";
            assert_eq!(self.browser.script(pushed), json!([]), "{path} at {width}");
            // The whole page, not only what fits the window.
            let tall = self.browser.script("return document.documentElement.scrollHeight").as_u64().unwrap_or_default();
            self.browser.size(width, u32::try_from(tall).unwrap().clamp(height, 4000));
            self.browser.picture(&format!("admin-{name}-{what}"));
        }
        self.browser.size(1280, 900);
    }
}

fn deliver(lifeboat: &Lifeboat, subject: &str) {
    let message = mail::message("carl@outside.example", subject, "We would like forty chairs.");
    let reply = sender::deliver(lifeboat.smtp, "carl@outside.example", &["ann@example.com"], &message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
}

/// Path of a link, as it is printed.
fn path(link: &Value) -> String {
    let link = link.as_str().unwrap_or_else(|| panic!("no link: {link}"));
    link[link.find("/admin/setup/").expect("a set-up link")..].to_owned()
}

/// The link works once; a newer one ends it.
fn makes_the_account(admin: &Admin<'_>) {
    let (browser, lifeboat) = (admin.browser, admin.lifeboat);
    let first = path(&lifeboat.status()["setup"][0]);
    assert!(lifeboat.command(&["status"]).contains(&first), "people see it, too");
    let made: Value = serde_json::from_str(&lifeboat.command(&["admin", "setup", "--json"])).unwrap();
    let second = path(&made["links"][0]);
    assert_eq!(admin.status_of(&first), 404, "a new link ends the one before");
    assert_eq!(admin.status_of(&second), 200);
    let name = browser.find("#name");
    browser.command("POST", &format!("/element/{name}/clear"), json!({}));
    browser.type_into("#name", "eva");
    browser.type_into("#password", PASSWORD);
    browser.type_into("#again", PASSWORD);
    browser.picture("admin-setup-desk");
    admin.press("main form button");
    admin.sees_mode("Normal");
    assert_eq!(admin.status_of(&second), 404, "a link that was used");
    assert!(lifeboat.status().get("setup").is_none(), "none is offered any more");
    assert!(lifeboat.command(&["admin", "list"]).contains("eva"));
}

/// Its path, when it is over.
fn practises(admin: &Admin<'_>) -> String {
    admin.open("/admin/drills");
    admin.press("input[name=all]");
    admin.press("form[action='/admin/drills/start'] button");
    admin.confirms("Start a drill?");
    admin.sees("A drill is going on");
    admin.pictures("/admin/drills", "drill-open");
    admin.open("/admin/drills");
    admin.browser.click(&admin.browser.find_link("How it goes"));
    admin.press("form[action='/admin/drills/end'] button");
    admin.confirms("End the drill?");
    // The report is written in a moment.
    wait_for("the past drill", PATIENCE, || {
        admin.open("/admin/drills");
        let row = admin.browser.script("const row = document.querySelector('main table.list a'); return row && row.getAttribute('href')");
        row.as_str().map(str::to_owned)
    })
}

/// By the page, with a question before; what changes elsewhere comes to the page by itself.
fn starts_and_watches(admin: &Admin<'_>) {
    let (browser, lifeboat) = (admin.browser, admin.lifeboat);
    admin.open("/admin");
    browser.type_into("#reason", "a test");
    admin.press("form[action='/admin/event/start'] button");
    admin.sees("Start a continuity event?");
    assert_eq!(lifeboat.mode(), "normal", "nothing happens before the answer");
    admin.confirms("Start a continuity event?");
    lifeboat.wait_mode("continuity", PATIENCE);
    admin.sees_mode("Continuity");
    assert_eq!(browser.script("return document.querySelector('#live-mode').className"), "mode continuity");
    assert!(!browser.text().contains("Nothing needs attention"), "that would sound odd now");
    admin.sees("a test");

    admin.mark();
    deliver(lifeboat, "First");
    admin.sees("1 wait");
    assert!(admin.is_marked(), "only the part that changed was replaced");

    lifeboat.command(&["event", "end"]);
    admin.sees_mode("Normal");
    admin.sees("Start a continuity event");

    // Who types keeps what is typed; the state is shown all the same.
    browser.type_into("#reason", "half a sen");
    admin.mark();
    lifeboat.command(&["event", "start", "--reason", "by hand"]);
    admin.sees_mode("Continuity");
    assert!(admin.is_marked(), "the page is still the same");
    assert_eq!(browser.script("return document.querySelector('#reason').value"), "half a sen");
    browser.script("document.activeElement.blur()");
    browser.find("form[action='/admin/event/end'] button");
}

#[test]
fn an_admin_comes_in_by_a_link_and_begins_and_ends_an_event() {
    let _one = heavy();
    let folder = folder();
    let here = folder.path();
    let inside = here.join("inside");
    fs::create_dir(&inside).unwrap();
    let primary = Sink::start(&inside, free_port(PRIMARY));
    let lifeboat = Lifeboat::start(here, &Setup::new(primary.smtp));
    lifeboat.wait_mode("normal", PATIENCE);
    let browser = Browser::start(here);
    let admin = Admin { browser: &browser, lifeboat: &lifeboat };
    browser.size(1280, 900);

    makes_the_account(&admin);
    admin.pictures("/admin", "dashboard-normal");
    let drill = practises(&admin);
    starts_and_watches(&admin);

    // The mail server dies: the button says so by itself, and needs force.
    drop(primary);
    deliver(&lifeboat, "Second");
    admin.sees("End the event although the mail server fails");
    for (path, name) in PAGES {
        admin.pictures(path, name);
    }
    admin.open("/admin");
    admin.press("form[action='/admin/event/end'] button");
    admin.sees("The mail server does not answer.");
    admin.confirms("End the continuity event?");
    wait_for("the event ends", PATIENCE, || (lifeboat.mode() != "continuity").then_some(()));
    admin.pictures("/admin", "dashboard-forced");
    let events: Value = serde_json::from_str(&lifeboat.command(&["event", "list", "--json"])).unwrap();
    let event = events["events"][0]["id"].as_str().expect("an event").to_owned();
    admin.pictures(&format!("/admin/events/{event}"), "report");
    admin.pictures(&drill, "drill-report");
    assert!(lifeboat.command(&["audit", "list"]).contains("web:eva"), "who did it is on record");

    admin.open("/admin");
    admin.press("form[action='/admin/logout'] button");
    admin.sees("Sign in as admin");
    admin.open("/admin/events");
    admin.sees("Sign in as admin");
    browser.size(360, 740);
    browser.fits("signing in on a phone");
    browser.picture("admin-login-phone");
    browser.type_into("#name", "eva");
    browser.type_into("#password", PASSWORD);
    admin.press("main form button");
    admin.sees(&event);
}
