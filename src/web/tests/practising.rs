//! A drill: people read and write as in an outage, and nothing of it is real.

use super::*;

const WRITTEN: [(&str, &str); 5] =
    [("csrf", CSRF), ("drill", "drill-1"), ("to", "Carl <carl@x.test>, bo@example.com"), ("subject", "practice"), ("text", "My words")];

fn drill() -> World {
    let mut world = World::new(Mode::Normal);
    world.some = Some((Kind::Drill, "ann@example.com"));
    world
}

fn without_drill() -> Vec<(&'static str, &'static str)> {
    WRITTEN.into_iter().filter(|(name, _)| *name != "drill").collect()
}

fn send(world: &World, fields: &[(&str, &str)], status: u16, intents: usize) -> Outcome {
    check(&world.ask("POST", "/mail/send").by("ann@example.com").form(fields), status, intents)
}

#[test]
fn every_page_says_that_it_is_a_drill() {
    let world = drill();
    let seq = world.inbound(PLAIN);
    for (path, intents) in [
        ("/mail/inbox".to_owned(), 0),
        ("/mail/sent".to_owned(), 0),
        ("/mail/search?q=line".to_owned(), 0),
        ("/mail/new".to_owned(), 0),
        (format!("/mail/reply/{seq}"), 0),
        (format!("/mail/message/{seq}"), 1),
        ("/mail/practice/1".to_owned(), 0),
    ] {
        let page = body(&check(&world.ask("GET", &path).by("ann@example.com"), 200, intents));
        assert!(page.contains("banner practice") && page.contains("nothing you send here leaves this box"), "{path}: {page}");
    }
}

#[test]
fn reading_leaves_no_mark_in_the_mail() {
    let world = drill();
    let seq = world.inbound(PLAIN);
    let outcome = check(&world.ask("GET", &format!("/mail/message/{seq}")).by("ann@example.com"), 200, 1);
    assert!(matches!(&outcome.intents[0], Intent::Looked { mailbox: who } if *who == mailbox("ann@example.com")), "{:?}", outcome.intents);
}

#[test]
fn what_is_written_goes_into_the_sandbox_only() {
    let world = drill();
    let outcome = send(&world, &WRITTEN, 303, 1);
    assert_eq!(header(&outcome, "Location"), "/mail/sent?practised=1");
    let Intent::Practise(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    assert_eq!((submission.recipients.len(), &submission.mailbox), (2, &mailbox("ann@example.com")));
    let page = body(&check(&world.ask("GET", "/mail/sent?practised=1").by("ann@example.com"), 200, 0));
    assert!(page.contains("Well done") && page.contains("/mail/practice/1") && page.contains("practised"), "{page}");
    let page = body(&check(&world.ask("GET", "/mail/practice/1").by("ann@example.com"), 200, 0));
    assert!(page.contains("for the drill") && page.contains("Sent to nobody."), "{page}");
    // It is held to the same rules as real mail.
    send(&world, &[("csrf", CSRF), ("drill", "drill-1"), ("to", ""), ("text", "x")], 422, 0);
    send(&world, &[("csrf", "wrong"), ("drill", "drill-1"), ("to", "bo@example.com"), ("text", "x")], 403, 0);
}

#[test]
fn the_form_says_where_it_was_written() {
    let page = |world: &World| body(&check(&world.ask("GET", "/mail/new").by("ann@example.com"), 200, 0));
    assert!(page(&drill()).contains(r#"name="drill" value="drill-1""#));
    assert!(!page(&World::new(Mode::Continuity)).contains(r#"name="drill""#));
}

#[test]
fn a_practice_letter_never_becomes_a_real_one() {
    // The drill ended while it was written, because it became real: it goes out only if the person says so again.
    let real = World::new(Mode::Continuity);
    let page = body(&send(&real, &WRITTEN, 409, 0));
    assert!(page.contains("Nothing was sent") && page.contains("My words") && !page.contains(r#"name="drill""#), "{page}");
    assert!(matches!(send(&real, &without_drill(), 303, 1).intents[0], Intent::Submit(_)));
    // It is no draft either, which would be handed over.
    assert!(body(&send(&World::new(Mode::Recovering), &WRITTEN, 409, 0)).contains("My words"));
    assert!(body(&send(&World::new(Mode::Normal), &WRITTEN, 409, 0)).contains("My words"));
    // A form of another drill.
    let mut other: Vec<_> = without_drill();
    other.push(("drill", "drill-0"));
    send(&drill(), &other, 409, 0);
}

#[test]
fn a_real_letter_does_not_vanish_in_a_drill() {
    let page = body(&send(&drill(), &without_drill(), 409, 0));
    assert!(page.contains("It was not sent") && page.contains("My words"), "{page}");
}

#[test]
fn practice_letters_are_there_in_a_drill_only_and_for_who_takes_part() {
    let world = World::new(Mode::Continuity);
    check(&world.ask("GET", "/mail/practice/1").by("ann@example.com"), 404, 0);
    assert!(!body(&check(&world.ask("GET", "/mail/sent").by("ann@example.com"), 200, 0)).contains("Written in this drill"));
    check(&drill().ask("GET", "/mail/practice/1").by("bo@example.com"), 403, 0);
    check(&drill().ask("GET", "/mail/practice/2").by("ann@example.com"), 404, 0);
}
