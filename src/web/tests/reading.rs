//! What people get to see, and above all what they do not.

use super::*;
use crate::config::Access;
use crate::web::route::TABLE;
use crate::web::table::Method;

#[test]
fn always_is_read_only() {
    let mut world = World::new(Mode::Normal);
    world.access = Access::Always;
    let seq = world.inbound(PLAIN);
    check(&world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com"), 200, 0);
    for path in ["/mail/new".to_owned(), format!("/mail/reply/{seq}"), format!("/mail/forward/{seq}")] {
        check(&world.ask("GET", &path).by("ann@example.com"), 403, 0);
    }
}

#[test]
fn folders_show_newest_first_in_pages() {
    let world = World::new(Mode::Continuity);
    let seqs: Vec<Seq> = (0..120).map(|n| world.inbound(&PLAIN.replace("Hello there", &format!("Number {n}.")))).collect();
    let first = body(&check(&world.ask("GET", "/mail/inbox").by("ann@example.com"), 200, 0));
    assert!(first.contains("Number 119.") && first.contains("Number 70.") && !first.contains("Number 69."));
    assert!(first.find("Number 119.") < first.find("Number 118."));
    assert!(first.contains("120 messages, 120 unread") && !first.contains("Newest"));
    let older = format!("/mail/inbox?before={}", seqs[70]);
    assert!(first.contains(&older));
    let last = body(&check(&world.ask("GET", &format!("/mail/inbox?before={}", seqs[20])).by("ann@example.com"), 200, 0));
    assert!(last.contains("Number 19.") && last.contains("Number 0.") && last.contains("Newest") && !last.contains("Older"));
    let others = body(&check(&world.ask("GET", "/mail/inbox").by("bo@example.com"), 200, 0));
    assert!(others.contains("No mail yet") && !others.contains("Number"));
}

/// Every path that names a message or anything else by its number, from the table itself: what is another's is not there, and the
/// answer is that for what nobody has.
#[test]
fn what_belongs_to_somebody_else_does_not_exist() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(RICH);
    let missing = seq.0 + 1000;
    let mut tried = 0;
    for row in TABLE.iter().filter(|row| row.path.starts_with("/mail/") && row.path.contains('#')) {
        let target = |number: u64| row.path.replacen('#', &number.to_string(), 1).replace('#', "1").replace(':', "x");
        let answer = |number, who| {
            let method = if row.method == Method::Get { "GET" } else { "POST" };
            let outcome = check(&world.ask(method, &target(number)).by(who).form(&[("csrf", CSRF)]), 404, 0);
            (body(&outcome), outcome.response.headers)
        };
        assert_eq!(answer(seq.0, "bo@example.com"), answer(missing, "bo@example.com"), "{}: no hint", row.path);
        tried += 1;
    }
    assert!(tried >= 9, "{tried} rows");
}

#[test]
fn opening_marks_as_read_only_in_an_outage() {
    let mut world = World::new(Mode::Continuity);
    let path = format!("/mail/message/{}", world.inbound(PLAIN));
    let outcome = check(&world.ask("GET", &path).by("ann@example.com"), 200, 1);
    assert!(matches!(&outcome.intents[0], Intent::Seen { mailbox: who, .. } if who == &mailbox("ann@example.com")));
    let page = body(&outcome);
    assert!(page.contains("Hello there") && page.contains("carl@x.test") && page.contains("A line."));
    check(&world.ask("HEAD", &path).by("ann@example.com"), 200, 0);
    world.mode = Mode::Recovering;
    let page = body(&check(&world.ask("GET", &path).by("ann@example.com"), 200, 0));
    assert!(!page.contains("/mail/reply/"), "nothing to press that would be refused");
}

#[test]
fn hostile_html_is_shown_harmless() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(RICH);
    let page = body(&check(&world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com"), 200, 1));
    assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    assert!(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""), "HTML is shown if there is no text");
    assert!(page.contains("are not loaded"), "{page}");

    let outcome = check(&world.ask("GET", &format!("/mail/message/{seq}/html")).by("ann@example.com"), 200, 0);
    let policy = header(&outcome, "Content-Security-Policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    let document = body(&outcome);
    assert!(!document.contains("alert(1)") && !document.contains("tracker.test"), "{document}");
    assert!(document.contains("data:image/png;base64,Zm9v"), "{document}");
}

#[test]
fn attachments_are_only_ever_saved() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(RICH);
    let opened = parse::open(RICH.as_bytes());
    assert!(!opened.attachments.is_empty());
    for attachment in &opened.attachments {
        let path = format!("/mail/message/{seq}/part/{}", attachment.number);
        let outcome = check(&world.ask("GET", &path).by("ann@example.com"), 200, 0);
        assert!(header(&outcome, "Content-Disposition").starts_with("attachment; "), "{path}");
        assert_eq!(header(&outcome, "X-Content-Type-Options"), "nosniff");
        assert!(["image/png", "application/octet-stream"].contains(&header(&outcome, "Content-Type")), "{path}");
    }
    check(&world.ask("GET", &format!("/mail/message/{seq}/part/999")).by("ann@example.com"), 404, 0);
    let raw = check(&world.ask("GET", &format!("/mail/message/{seq}/raw")).by("ann@example.com"), 200, 0);
    assert_eq!(raw.response.body.bytes().unwrap(), RICH.as_bytes());
}

#[test]
fn only_the_sender_sees_who_got_it() {
    let world = World::new(Mode::Continuity);
    let recipients = [("bo@example.com", Route::Submit), ("hidden@x.test", Route::Outbound)];
    let filings = [("ann@example.com", Folder::Sent), ("bo@example.com", Folder::Inbox)];
    let message = PLAIN.replace("ann@example.com>, Dora <dora@x.test", "bo@example.com");
    let path = format!("/mail/message/{}", world.file_from("ann@example.com", &message, Origin::Webmail, &recipients, &filings));
    let senders = body(&check(&world.ask("GET", &path).by("ann@example.com"), 200, 0));
    assert!(senders.contains("hidden@x.test") && senders.contains("Bcc") && senders.contains("Waiting to be sent"));
    let others = body(&check(&world.ask("GET", &path).by("bo@example.com"), 200, 1));
    assert!(!others.contains("hidden@x.test") && !others.contains("Who got it"));
}

/// Whoever got a message may put it into Sent: that makes nobody its sender.
#[test]
fn what_is_put_into_sent_does_not_tell_who_else_got_it() {
    let world = World::new(Mode::Continuity);
    let recipients = [("ann@example.com", Route::Primary), ("hidden@example.com", Route::Primary)];
    let forged = PLAIN.replace("Carl <carl@x.test>", "ann@example.com");
    for (message, origin) in [(PLAIN, Origin::Inbound), (&forged, Origin::Inbound), (PLAIN, Origin::Webmail), (PLAIN, Origin::Trusted)] {
        let seq = world.file_from("carl@x.test", message, origin.clone(), &recipients, &[("ann@example.com", Folder::Inbox)]);
        let moved = Change::Move { mailbox: mailbox("ann@example.com"), message: seq, from: Folder::Inbox, to: Folder::Sent };
        world.store.write_wait(vec![moved], NOW).unwrap();
        let page = body(&world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com").answer());
        assert!(!page.contains("hidden@example.com") && !page.contains("Who got it"), "{origin:?}: {page}");
    }
    // What Ann did send says so wherever she puts it, and to whom she sent it for.
    for (sender, from) in [("ann@example.com", "ann@example.com"), ("bo@example.com", "office@example.com")] {
        let message = PLAIN.replace("Carl <carl@x.test>", from);
        let seq = world.file_from(sender, &message, Origin::Webmail, &recipients, &[("ann@example.com", Folder::Archive)]);
        let page = body(&world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com").answer());
        assert!(page.contains("hidden@example.com"), "{sender}: {page}");
    }
}

#[test]
fn numbers_in_a_path_may_be_as_large_as_they_like() {
    let world = World::new(Mode::Continuity);
    let newest = (0..60).map(|_| world.inbound(PLAIN)).last().unwrap();
    let path = format!("/mail/inbox?before={newest}&at={}", u64::MAX);
    check(&world.ask("GET", &path).by("ann@example.com"), 200, 0);
}

#[test]
fn while_recovering_every_page_says_how_far_it_is() {
    let world = World::new(Mode::Recovering);
    world.inbound(PLAIN);
    for path in ["/mail/inbox", "/mail/changes?in=inbox", "/help"] {
        let page = body(&check(&world.ask("GET", path).by("ann@example.com"), 200, 0));
        assert!(page.contains("43 % of the office"), "{page}");
    }
    let open = World::new(Mode::Continuity);
    assert!(!body(&open.ask("GET", "/mail/inbox").by("ann@example.com").answer()).contains(" % of"));
}

#[test]
fn a_message_to_oneself_shows_who_got_it() {
    let world = World::new(Mode::Continuity);
    let recipients = [("ann@example.com", Route::Submit), ("hidden@x.test", Route::Outbound)];
    let filings = [("ann@example.com", Folder::Sent), ("ann@example.com", Folder::Inbox)];
    let message = PLAIN.replace("Carl <carl@x.test>", "ann@example.com");
    let seq = world.file_from("ann@example.com", &message, Origin::Webmail, &recipients, &filings);
    let outcome = world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com").answer();
    assert!(body(&outcome).contains("hidden@x.test"), "{}", body(&outcome));
}
