//! Settings, the address book, languages, and what is said when an event is over.

use super::*;
use crate::limits::{PAGE_ENTRIES, SIGNATURE_MAX_CHARS};

const ANN: &str = "ann@example.com";

#[test]
fn pages_are_in_the_language_that_was_asked_for() {
    let mut world = World::new(Mode::Continuity);
    let seq = world.inbound(PLAIN);
    world.preferences.language = None;
    for (path, german) in [
        ("/mail/inbox".to_owned(), "Posteingang"),
        (format!("/mail/message/{seq}"), "Allen antworten"),
        ("/mail/new".to_owned(), "Dateien anhängen"),
        ("/settings".to_owned(), "Überall abmelden"),
        ("/people".to_owned(), "2 Personen"),
        ("/help".to_owned(), "Was ist Lifeboat?"),
        ("/nothing".to_owned(), "Hier ist nichts"),
    ] {
        let ask = world.ask("GET", &path).by(ANN).header("accept-language", "de-DE,de;q=0.9,en;q=0.5");
        let page = body(&ask.answer());
        assert!(page.contains("<html lang=\"de\" dir=\"ltr\">") && page.contains(german), "{path}: {page}");
        assert!(page.contains("Der Mailserver ist seit"), "{path}: the banner");
    }
    let door = body(&check(&world.ask("GET", "/login").header("accept-language", "de"), 200, 0));
    assert!(door.contains("Anmelden") && door.contains("href=\"/language/en\""), "{door}");
    let chosen = check(&world.ask("GET", "/language/de"), 303, 0);
    assert!(header(&chosen, "Set-Cookie").starts_with("lifeboat-language=de; Path=/; Max-Age="));
    check(&world.ask("GET", "/language/xx"), 404, 0);
}

#[test]
fn settings_are_ones_own_and_bounded() {
    let world = World::new(Mode::Continuity);
    let long = "ä".repeat(SIGNATURE_MAX_CHARS + 5);
    let fields = [("csrf", CSRF), ("signature", long.as_str()), ("language", "de"), ("conversations", "1")];
    let outcome = check(&world.ask("POST", "/settings").by(ANN).form(&fields), 303, 1);
    let [Intent::Prefer { mailbox: who, preferences }] = outcome.intents.as_slice() else { panic!("{:?}", outcome.intents) };
    assert_eq!(who, &mailbox(ANN));
    assert_eq!(preferences.signature.chars().count(), SIGNATURE_MAX_CHARS);
    assert_eq!((preferences.language.as_deref(), preferences.conversations, preferences.shortcuts), (Some("de"), true, false));
    let odd = check(&world.ask("POST", "/settings").by(ANN).form(&[("csrf", CSRF), ("language", "<b>")]), 303, 1);
    assert!(matches!(&odd.intents[0], Intent::Prefer { preferences, .. } if preferences.language.is_none()));
    for path in ["/settings", "/settings/reach", "/settings/code", "/settings/sign-out"] {
        check(&world.ask("POST", path).by(ANN).form(&[("csrf", "guess")]), 403, 0);
        assert_eq!(header(&check(&world.ask("POST", path).form(&[("csrf", CSRF)]), 303, 0), "Location"), "/login");
    }
}

#[test]
fn what_is_set_is_shown_escaped() {
    let mut world = World::new(Mode::Continuity);
    world.preferences = Preferences::default().with_signature("</textarea><script>alert(1)</script>");
    let page = body(&check(&world.ask("GET", "/settings").by(ANN), 200, 0));
    assert!(page.contains("&lt;/textarea&gt;&lt;script&gt;") && !page.contains("<script>"), "{page}");
    assert!(page.contains("You are signed in on one device."), "{page}");
}

#[test]
fn signing_out_everywhere_ends_this_session_too() {
    let world = World::new(Mode::Continuity);
    let outcome = check(&world.ask("POST", "/settings/sign-out").by(ANN).form(&[("csrf", CSRF)]), 303, 1);
    assert!(matches!(&outcome.intents[0], Intent::SignOutEverywhere { mailbox: who } if who == &mailbox(ANN)));
    assert!(header(&outcome, "Set-Cookie").starts_with("lifeboat=; Path=/; Max-Age=0"));
}

#[test]
fn how_one_is_reached_is_confirmed_by_a_code() {
    let world = World::new(Mode::Continuity);
    let reach = |alternate: &str, phone: &str| {
        world.ask("POST", "/settings/reach").by(ANN).form(&[("csrf", CSRF), ("alternate", alternate), ("phone", phone)]).answer()
    };
    let given = reach("ann@home.test", "");
    assert_eq!((given.response.status, header(&given, "Location")), (303, "/settings/code"));
    assert!(matches!(&given.intents[0], Intent::EnrolGive { email: Some(_), phone: None, .. }));
    assert_eq!(header(&reach("", "+49 30 123456"), "Location"), "/settings?reach=1");
    for (alternate, phone, why) in
        [("ann@example.com", "", "address of the office"), ("ann@", "", "not an address"), ("", "x", "not a phone")]
    {
        let wrong = reach(alternate, phone);
        assert_eq!((wrong.response.status, wrong.intents.len()), (422, 0), "{alternate} {phone}");
        assert!(body(&wrong).contains(why), "{why}");
    }
    // Nothing waits for a code: there is nothing to type.
    assert_eq!(header(&check(&world.ask("GET", "/settings/code").by(ANN), 303, 0), "Location"), "/settings");
    let old = check(&world.ask("POST", "/settings/code").by(ANN).form(&[("csrf", CSRF), ("code", "123456")]), 403, 0);
    assert!(body(&old).contains("cannot be used any more"));
}

#[test]
fn the_address_book_shows_colleagues_and_nothing_private() {
    let mut world = World::new(Mode::Continuity);
    let mut rows = "address,name,aliases,alternate_email,phone,groups\n".to_owned();
    rows.push_str("ann@example.com,Ann Smith,office@example.com,ann@private.test,+49 30 999,Purchasing;First aiders\n");
    for number in 0..=PAGE_ENTRIES {
        rows.push_str(&format!("p{number}@example.com,\"Person <{number}>\",,p{number}@private.test,+49 30 {number},\n"));
    }
    world.directory = Directory::parse_csv(&rows, &["example.com".to_owned()]).unwrap();
    let page = |target: &str| body(&check(&world.ask("GET", target).by(ANN), 200, 0));
    let first = page("/people");
    assert!(first.contains("Ann Smith") && first.contains("52 people") && first.contains("page=1"), "{first}");
    assert!(!first.contains("private.test") && !first.contains("+49"), "{first}");
    assert!(first.contains("Person &lt;0&gt;"), "{first}");
    assert_eq!(first.matches("href=\"/mail/new?to=").count(), PAGE_ENTRIES);
    assert_eq!(page("/people?page=1").matches("href=\"/mail/new?to=").count(), 2);
    assert_eq!(page("/people?q=OFFICE+ann").matches("href=\"/mail/new?to=").count(), 1);
    assert_eq!(page("/people?group=Purchasing").matches("href=\"/mail/new?to=").count(), 1);
    for nobody in ["/people?q=private.test", "/people?group=x", "/people?page=18446744073709551615", "/people?q=%3Cscript%3E"] {
        let page = page(nobody);
        assert!(page.contains("Nobody was found") && !page.contains("<script>"), "{nobody}: {page}");
    }
}

#[test]
fn whoever_was_signed_in_is_told_that_it_is_over() {
    let world = World::new(Mode::Normal);
    for path in ["/", "/mail/inbox", "/settings", "/login"] {
        let told = body(&world.ask("GET", path).header("cookie", "lifeboat=0123").answer());
        assert!(told.contains("You were signed out here") && told.contains("as one message"), "{path}: {told}");
        let stranger = body(&world.ask("GET", path).answer());
        assert!(!stranger.contains("You were signed out here") && stranger.contains("opens by itself"), "{path}");
    }
    // What was being written is given back.
    let fields = [("csrf", CSRF), ("to", "bo@example.com"), ("text", "half a thought")];
    let lost = world.ask("POST", "/mail/send").header("cookie", "lifeboat=0123").form(&fields).answer();
    assert!(body(&lost).contains("half a thought") && lost.intents.is_empty());
    // In an outage the door says why it is there.
    let outage = World::new(Mode::Continuity);
    let door = body(&check(&outage.ask("GET", "/login").header("cookie", "lifeboat=0123"), 200, 0));
    assert!(door.contains("Please sign in again"), "{door}");
}
