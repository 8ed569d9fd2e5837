//! What Ann does with mail that she has: own folders, many at once, undo, keys, conversations.

use serde_json::json;

use super::{Desk, PATIENCE};
use crate::harness::wait_for;

impl Desk<'_> {
    /// The box in the line of this subject.
    fn tick(&self, subject: &str) {
        self.press_at(&format!("//li[contains(@class, 'mail')][contains(., '{subject}')]//input[@name='m']"));
    }

    fn lists(&self, subject: &str) -> bool {
        let list = self.browser.script("const list = document.querySelector('ol.mails'); return list ? list.innerText : ''");
        list.as_str().unwrap_or_default().contains(subject)
    }

    fn flagged(&self) -> u64 {
        self.browser.script("return document.querySelectorAll('li.flagged').length").as_u64().unwrap_or_default()
    }

    /// A folder of her own; there and back.
    pub fn sorts(&self) {
        self.open("/mail/folders");
        self.browser.type_into("#name-new", "Orders");
        self.press("form[action='/mail/folders'] button");
        self.sees("The folder “Orders” is there.");
        self.picture("folders");

        self.open("/mail/inbox");
        self.tick("Parking spaces");
        self.picture("ticked");
        self.press_at("//select[@name='to']/option[contains(., 'Orders')]");
        self.press("form.list button[value=move]");
        self.sees("1 message moved to Orders.");
        assert!(!self.lists("Parking spaces"), "it is still in the inbox");
        self.picture("moved");
        self.press_at("//nav//a[contains(., 'Orders')]");
        wait_for("the folder of her own", PATIENCE, || self.path().starts_with("/mail/folder/").then_some(()));
        assert!(self.lists("Parking spaces"), "it is in the folder");
    }

    /// What she did by mistake comes back.
    pub fn deletes(&self) {
        self.open("/mail/inbox");
        self.tick("Offer for chairs");
        self.press("form.list button[value=delete]");
        self.sees("1 message moved to Deleted.");
        assert!(!self.lists("Offer for chairs"), "it is still in the inbox");
        self.press("#undo");
        self.sees("Undone");
        assert!(self.lists("Offer for chairs"), "it is not back");
        // For good she is asked.
        self.follow("Offer for chairs");
        self.press("form[action='/mail/act'] button[value=delete]");
        self.sees("1 message moved to Deleted.");
        self.open("/mail/deleted");
        self.tick("Offer for chairs");
        self.press("form.list button[value=delete]");
        self.sees("This cannot be undone.");
        self.picture("for-good");
        self.follow("Cancel");
        self.tick("Offer for chairs");
        self.press("form.list button[value=inbox]");
        self.sees("1 message moved to Inbox.");
    }

    /// One by its star, all by a choice.
    pub fn flags(&self) {
        self.open("/mail/inbox");
        let before = self.flagged();
        assert_eq!(before, 0, "flags before");
        self.press_at("//li[contains(@class, 'mail')][contains(., 'Truck on Monday')]//button[contains(@class, 'star')]");
        wait_for("the flag", PATIENCE, || (self.flagged() == 1).then_some(()));
        let all = self.browser.script("return document.querySelectorAll('ol.mails > li').length").as_u64().unwrap();
        assert!(all >= 2, "{all} messages");
        self.press("select[name=which] option[value=page]");
        self.press("form.list button[value=flag]");
        wait_for("all flags", PATIENCE, || (self.flagged() == all).then_some(()));
        self.picture("flagged");
        self.press("#undo");
        wait_for("the flags before", PATIENCE, || (self.flagged() == 1).then_some(()));
        self.press("select[name=which] option[value=page]");
        self.press("form.list button[value=unflag]");
        wait_for("no flag", PATIENCE, || (self.flagged() == 0).then_some(()));
    }

    /// A whole look at the inbox without a hand on the mouse.
    pub fn types(&self) {
        self.open("/mail/inbox");
        let here = || {
            let line = "const line = document.activeElement.closest('li.mail'); return line ? line.innerText : ''";
            self.browser.script(line).as_str().unwrap_or_default().to_owned()
        };
        let first = self.browser.script("return document.querySelector('li.mail').innerText").as_str().unwrap().to_owned();
        self.browser.keys("j");
        assert_eq!(here(), first, "j goes to the first line");
        self.browser.keys("j");
        let second = here();
        assert!(!second.is_empty() && second != first, "j goes on: {second}");
        self.browser.keys("k");
        assert_eq!(here(), first, "k goes back");
        self.browser.keys("x");
        assert!(self.has("li.mail:first-child input:checked"), "x ticks");
        self.browser.keys("x");
        self.browser.keys("s");
        wait_for("s flags", PATIENCE, || (self.flagged() == 1).then_some(()));
        self.browser.keys("?");
        self.sees("Next message");
        assert!(self.has("dialog[open]"), "? opens the list of keys");
        self.picture("keys");
        self.browser.keys("\u{e00c}");
        wait_for("Escape closes it", PATIENCE, || (!self.has("dialog[open]")).then_some(()));
        // The browser gives the focus back a moment after it has closed the list.
        wait_for("j after the list of keys", PATIENCE, || {
            self.browser.keys("j");
            (!here().is_empty()).then_some(())
        });
        self.browser.keys("s");
        wait_for("s takes the flag away", PATIENCE, || (self.flagged() == 0).then_some(()));
        self.browser.keys("j");
        self.browser.keys("o");
        wait_for("o opens", PATIENCE, || self.path().starts_with("/mail/message/").then_some(()));
        self.browser.keys("u");
        wait_for("u goes back", PATIENCE, || (self.path() == "/mail/inbox").then_some(()));
        self.browser.keys("/");
        assert!(self.has("#search:focus"), "/ goes to the search");
        self.browser.keys("\u{e004}");
        self.browser.script("document.activeElement.blur()");
        self.browser.keys("g");
        self.browser.keys("s");
        wait_for("g s goes to Sent", PATIENCE, || (self.path() == "/mail/sent").then_some(()));
        self.browser.keys("c");
        wait_for("c writes", PATIENCE, || (self.path() == "/mail/new").then_some(()));
    }

    /// The question and its answer are one line, and one page.
    pub fn talks(&self) {
        self.open("/settings");
        self.press("input[name=conversations]");
        self.press("form[action='/settings'] button");
        self.sees("Your settings are saved.");
        self.open("/mail/inbox");
        // The list follows the mail after a moment.
        wait_for("a conversation of two", PATIENCE, || {
            self.open("/mail/inbox");
            self.has(".many").then_some(())
        });
        self.picture("conversations");
        self.follow("Truck on Monday");
        wait_for("the page of the conversation", PATIENCE, || self.path().starts_with("/mail/conversation/").then_some(()));
        self.sees("We open the gate.");
        let letters = self.browser.script("return document.querySelectorAll('details.letter').length");
        assert_eq!(letters, json!(2), "the question and its answer");
        self.picture("conversation");
        self.open("/settings");
        self.press("input[name=conversations]");
        self.press("form[action='/settings'] button");
        self.sees("Your settings are saved.");
        self.open("/mail/inbox");
        assert!(!self.has(".many"), "conversations are off again");
    }
}
