//! A real browser: headless Chromium signs in and reads a message, on a desk and on a phone. Pictures go to `target/screenshots/`.

use std::time::Duration;

use serde_json::json;

use crate::harness::browser::Browser;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::{folder, heavy, sender, wait_for};

const PATIENCE: Duration = Duration::from_secs(30);
const HTML: &str = "From: Marta Keller <marta@northwind.example>\r\nTo: ann@example.com\r\nSubject: Offer for chairs\r\n\
    Date: Tue, 03 Mar 2026 09:15:02 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
    <p>Dear Ann, the <b>chairs</b> are in stock.</p><script>document.title='owned'</script>\
    <img src=\"https://northwind.example/seen.png\"><a href=\"https://northwind.example/\">our page</a>\r\n";
const PLAIN: &str = "From: Luis Prado <luis@prado.example>\r\nTo: ann@example.com\r\nSubject: Truck on Monday\r\n\
    Date: Tue, 03 Mar 2026 10:20:00 +0000\r\nMessage-ID: <truck@prado.example>\r\n\r\n\
    Ann,\r\n\r\nthe yellow truck comes at 8:30.\r\n\r\nLuis\r\n";

#[test]
fn a_person_signs_in_and_reads() {
    let _one = heavy();
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", PATIENCE);
    for message in [HTML, PLAIN] {
        let reply = sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], message.as_bytes()).unwrap();
        assert!(reply.starts_with("250"), "{reply}");
    }
    let password = lifeboat.password("ann@example.com");
    let browser = Browser::start(folder.path());
    let base = format!("https://{}", lifeboat.web);

    browser.size(1280, 900);
    browser.open(&format!("{base}/"));
    browser.picture("login-desk");
    browser.type_into("input[name=address]", "ann@example.com");
    browser.type_into("input[type=password]", &password);
    let button = browser.find("form button, form input[type=submit]");
    browser.click(&button);
    wait_for("the inbox", PATIENCE, || browser.text().contains("Truck on Monday").then_some(()));
    browser.picture("inbox-desk");

    let link = browser.find_link("Truck on Monday");
    browser.click(&link);
    wait_for("the message", PATIENCE, || browser.text().contains("the yellow truck comes at 8:30.").then_some(()));
    browser.picture("message-desk");

    browser.size(360, 740);
    browser.picture("message-phone");
    browser.fits("the message on a phone");
    browser.open(&format!("{base}/mail/inbox"));
    browser.picture("inbox-phone");
    browser.fits("the inbox on a phone");

    let link = browser.find_link("Offer for chairs");
    browser.click(&link);
    wait_for("the HTML message", PATIENCE, || browser.text_in_frame().contains("are in stock").then_some(()));
    assert_ne!(browser.script("return document.title"), json!("owned"), "no script of a message runs");
    let sent = browser.script("return performance.getEntriesByType('resource').map(entry => entry.name).join(' ')");
    assert!(!sent.as_str().unwrap_or_default().contains("northwind"), "nothing is fetched from elsewhere: {sent}");
    browser.fits("the HTML message on a phone");
    browser.picture("html-phone");
    browser.open(&format!("{base}/mail/new"));
    browser.picture("compose-phone");
    browser.fits("writing on a phone");
}
