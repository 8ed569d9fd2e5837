//! What Ann writes: completion, drafts, what she takes back, her settings, the address book.

use serde_json::json;

use super::{Desk, PATIENCE};
use crate::harness::sink::Sink;
use crate::harness::{mail, wait_for};

impl Desk<'_> {
    pub fn value(&self, css: &str) -> String {
        let value = self.browser.script(&format!("return document.querySelector({}).value", json!(css)));
        value.as_str().unwrap_or_default().to_owned()
    }

    /// The address is found, what is typed keeps itself.
    pub fn drafts_by_itself(&self) {
        self.open("/mail/new");
        self.browser.type_into("#to", "bo");
        wait_for("people are found", PATIENCE, || self.has("ul.found li").then_some(()));
        self.picture("completion");
        self.browser.keys("\u{e015}");
        self.browser.keys("\u{e007}");
        assert_eq!(self.value("#to"), "bo <bo@example.com>, ", "what was picked");
        self.browser.type_into("#subject", "Chairs for the hall");
        self.browser.type_into("#text", "Forty of them?");
        self.sees("Saved in Drafts");
        self.picture("saved");
        self.open("/mail/drafts");
        self.follow("Chairs for the hall");
        self.sees("Forty of them?");
        self.follow("Edit and send");
        assert!(self.value("#text").contains("Forty of them?"), "{}", self.value("#text"));
        self.press("button[value=discard]");
        wait_for("the draft is gone", PATIENCE, || {
            (self.path() == "/mail/drafts" && !self.browser.text().contains("Chairs for")).then_some(())
        });
    }

    /// By the button, then sent, and taken back before it left.
    pub fn takes_back(&self, outside: &Sink) {
        self.open("/mail/new");
        self.browser.type_into("#to", "luis@prado.example");
        self.browser.type_into("#subject", "Too early");
        self.browser.type_into("#text", "Not yet.");
        self.press("button[value=save]");
        self.sees("Saved in Drafts");
        self.open("/mail/drafts");
        self.follow("Too early");
        self.follow("Edit and send");
        self.press("#send");
        self.sees("Seconds left to take it back");
        if self.scripts {
            let left = || self.browser.script("return Number(document.querySelector('#unsent-left').textContent)").as_u64();
            let at_first = self.browser.script("return Number(document.querySelector('#unsent').dataset.left)").as_u64();
            wait_for("the seconds go by", PATIENCE, || (left() < at_first).then_some(()));
        }
        self.picture("unsent");
        self.press("#unsent button");
        self.sees("Taken back: nobody got it.");
        assert_eq!(self.value("#subject"), "Too early");
        self.picture("taken-back");
        self.open("/mail/sent");
        assert!(!self.browser.text().contains("Too early"), "it is in Sent");
        self.open("/mail/drafts");
        self.sees("Too early");
        self.never_left("Too early", outside);
    }

    pub fn never_left(&self, subject: &str, outside: &Sink) {
        let left = outside.dumps().iter().any(|dump| mail::subject(&dump.message) == subject);
        assert!(!left, "{}: {subject} went out", self.name);
    }

    /// Her signature is below what she writes; German and back.
    pub fn settles(&self) {
        self.open("/settings");
        self.browser.type_into("#signature", "Ann, Dispatch");
        self.press("#language option[value=de]");
        self.press("form[action='/settings'] button");
        self.sees("Posteingang");
        self.picture("german-settings");
        self.open("/mail/inbox");
        self.picture("german-inbox");
        self.open("/mail/new");
        assert!(self.value("#text").contains("Ann, Dispatch"), "the signature: {}", self.value("#text"));
        assert_eq!(self.browser.script("return document.documentElement.lang"), "de");
        self.open("/settings");
        self.press("#language option[value=en]");
        self.press("form[action='/settings'] button");
        self.sees("Your settings are saved.");
    }

    /// From a person to a message for them.
    pub fn looks_up(&self) {
        self.open("/people");
        self.sees("bo@example.com");
        self.picture("people");
        self.press("a[href='/mail/new?to=bo%40example.com']");
        wait_for("the form", PATIENCE, || (self.path() == "/mail/new").then_some(()));
        assert!(self.value("#to").contains("bo@example.com"), "{}", self.value("#to"));
    }
}
