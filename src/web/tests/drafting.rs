//! Drafts, files, groups and other senders.

use super::writing::octets;
use super::*;
use crate::mail::parse::Letter;

const ANN: &str = "ann@example.com";
const OFFICE: &str = "address,name,groups,send_as\n\
                      ann@example.com,Ann Smith,Staff,info@example.com\n\
                      bo@example.com,Bo Larsen,Staff <staff@example.com>,\n\
                      info@example.com,Information,,\n";
const TYPED: [(&str, &str); 9] = [
    ("csrf", CSRF),
    ("to", "Carl <carl@x.test>, half@"),
    ("cc", ""),
    ("bcc", "hidden@x.test"),
    ("subject", "Plans"),
    ("text", "My words\r\n  indented  \r\n> quote"),
    ("priority", "high"),
    ("receipt", "1"),
    ("do", "save"),
];

fn office() -> World {
    let mut world = World::new(Mode::Continuity);
    world.directory = Directory::parse_csv(OFFICE, &["example.com".to_owned()]).unwrap();
    world
}

/// The form with files.
fn post<'a>(world: &'a World, fields: &[(&str, &str)], files: &[(&str, &str)]) -> Ask<'a> {
    let ask = world.ask("POST", "/mail/send").by(ANN).form(fields);
    let mut body = String::from_utf8(ask.request.body.bytes().unwrap()).unwrap();
    body.truncate(body.len() - "--b--\r\n".len());
    for (name, content) in files {
        body.push_str(&format!(
            "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{content}\r\n"
        ));
    }
    body.push_str("--b--\r\n");
    let mut ask = ask;
    ask.request.body = body.into_bytes().into();
    ask
}

fn replaced<'a>(fields: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|field| if field.0 == name { (field.0, value) } else { *field }).collect()
}

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [fields, more].concat()
}

/// What the desk was given last.
fn kept(ask: &Ask<'_>) -> Vec<u8> {
    ask.writing.drafts.borrow().last().expect("a draft").message.head(usize::MAX).unwrap()
}

/// Puts it into Ann's Drafts, as the box would.
fn stored(world: &World, draft: &[u8]) -> Seq {
    world.file_from(ANN, &String::from_utf8_lossy(draft), Origin::Draft, &[], &[(ANN, Folder::Drafts)])
}

fn sent(ask: &Ask<'_>) -> crate::web::Submission {
    let mut outcome = check(ask, 303, 1);
    match outcome.intents.remove(0) {
        Intent::Submit(submission) => *submission,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_draft_comes_back_as_it_was_left() {
    let world = office();
    let original = world.inbound(PLAIN).to_string();
    let fields = with(&TYPED, &[("kind", "reply"), ("about", &original), ("from", "info@example.com")]);
    let ask = post(&world, &fields, &[("notes.txt", "some notes")]);
    assert_eq!(header(&check(&ask, 303, 0), "Location"), "/mail/edit/4711?saved=1");
    let draft = kept(&ask);
    assert_eq!(Letter::new(&draft).opened().summary.in_reply_to.as_deref(), Some("one@x.test"));

    let seq = stored(&world, &draft);
    let page = body(&check(&world.ask("GET", &format!("/mail/edit/{seq}?saved=1")).by(ANN), 200, 0));
    for part in [
        "Carl &lt;carl@x.test&gt;, half@",
        "hidden@x.test",
        "My words\n  indented  \n&gt; quote",
        "notes.txt",
        "Saved in Drafts.",
        "name=\"kind\" value=\"reply\"",
        &format!("name=\"about\" value=\"{original}\""),
        &format!("name=\"draft\" value=\"{seq}\""),
        "value=\"high\" selected",
        "name=\"receipt\" value=\"1\" checked",
        "value=\"info@example.com\" selected",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_newer_draft_takes_the_place_of_the_one_before_and_of_no_other() {
    let world = office();
    let draft = stored(&world, b"X-Lifeboat-Draft: -\r\nSubject: Plans\r\n\r\nold words\r\n");
    let number = draft.to_string();
    let fields = with(&TYPED, &[("draft", &number)]);
    let ask = post(&world, &fields, &[]);
    check(&ask, 303, 0);
    assert_eq!(ask.writing.drafts.borrow()[0].replaces, Some(draft));

    // Another window has saved it meanwhile: both are kept.
    world.store.write_wait(vec![Change::Remove { mailbox: mailbox(ANN), message: draft, folder: Folder::Drafts }], NOW).unwrap();
    let ask = post(&world, &fields, &[]);
    assert_eq!(header(&check(&ask, 303, 0), "Location"), "/mail/edit/4711?beside=1");
    assert_eq!(ask.writing.drafts.borrow()[0].replaces, None);

    // Bo's draft, and mail that only says that it is Ann's, are no drafts of Ann's.
    let foreign = world.file_from("bo@example.com", PLAIN, Origin::Draft, &[], &[("bo@example.com", Folder::Drafts)]);
    let forged = world.file_from(ANN, PLAIN, Origin::Inbound, &[], &[("bo@example.com", Folder::Inbox)]);
    for seq in [foreign, forged] {
        let number = seq.to_string();
        let ask = post(&world, &with(&TYPED, &[("draft", &number)]), &[]);
        check(&ask, 422, 0);
        assert!(ask.writing.drafts.borrow().is_empty());
    }
}

#[test]
fn files_of_a_draft_stay_as_long_as_they_are_ticked() {
    let world = office();
    let ask = post(&world, &TYPED, &[("a.txt", "first"), ("b.txt", "second")]);
    check(&ask, 303, 0);
    let number = stored(&world, &kept(&ask)).to_string();
    let names = |message: &[u8]| parse::open(message).attachments.into_iter().map(|file| file.name).collect::<Vec<_>>();
    let ask = post(&world, &with(&TYPED, &[("draft", &number), ("keep", "1")]), &[("c.txt", "third")]);
    check(&ask, 303, 0);
    assert_eq!(names(&kept(&ask)), ["b.txt", "c.txt"]);
    let fields = replaced(&replaced(&TYPED, "to", "carl@x.test"), "do", "send");
    let submission = sent(&post(&world, &with(&fields, &[("draft", &number), ("keep", "0"), ("keep", "1")]), &[]));
    assert_eq!(names(&octets(&submission.message)), ["a.txt", "b.txt"]);
    assert_eq!(submission.replaces.map(|seq| seq.to_string()), Some(number));
    let wire = String::from_utf8_lossy(&octets(&submission.message)).into_owned();
    assert!(!wire.contains("X-Lifeboat") && !wire.contains("X-Unsent") && !wire.contains("hidden@x.test"), "{wire}");
    assert!(String::from_utf8_lossy(&submission.draft_fields.unwrap()).contains("hidden@x.test"), "for taking it back");
}

#[test]
fn files_are_not_lost_to_a_mistake() {
    let world = office();
    let ask = post(&world, &replaced(&TYPED, "do", "send"), &[("notes.txt", "some notes")]);
    let page = body(&check(&ask, 422, 0));
    assert!(page.contains("“half@” is not an address") && page.contains("name=\"draft\" value=\"4711\""), "{page}");
    assert!(page.contains("notes.txt") && !page.contains("choose your files again"), "{page}");
    assert_eq!(ask.writing.drafts.borrow().len(), 1);
}

#[test]
fn scripts_get_short_answers() {
    let world = office();
    let ask = post(&world, &with(&TYPED, &[("by", "script")]), &[("notes.txt", "some notes")]);
    let answer: serde_json::Value = serde_json::from_str(&body(&check(&ask, 200, 0))).unwrap();
    assert_eq!(answer["draft"], 4711);
    assert_eq!(answer["files"][0]["name"], "notes.txt");
    let ask = post(&world, &with(&replaced(&TYPED, "csrf", "old"), &[("by", "script")]), &[]);
    let answer: serde_json::Value = serde_json::from_str(&body(&check(&ask, 403, 0))).unwrap();
    assert!(answer["problem"].as_str().unwrap().contains("signed in again") && ask.writing.drafts.borrow().is_empty());
}

#[test]
fn a_missing_subject_is_asked_about_once() {
    let world = office();
    let fields = replaced(&replaced(&replaced(&TYPED, "to", "carl@x.test"), "do", "send"), "subject", " ");
    let page = body(&check(&post(&world, &fields, &[]), 422, 0));
    assert!(page.contains("There is no subject") && page.contains("name=\"confirmed\""), "{page}");
    sent(&post(&world, &with(&fields, &[("confirmed", "1")]), &[]));
}

#[test]
fn groups_and_other_senders() {
    let world = office();
    let fields = replaced(&replaced(&TYPED, "to", "Staff"), "do", "send");
    let submission = sent(&post(&world, &with(&fields, &[("from", "INFO@example.com")]), &[]));
    let recipients: Vec<String> = submission.recipients.iter().map(Address::to_string).collect();
    assert_eq!(recipients, ["ann@example.com", "bo@example.com", "hidden@x.test"]);
    let wire = octets(&submission.message);
    let letter = Letter::new(&wire);
    assert_eq!(letter.persons("To")[0].address, "staff@example.com");
    assert_eq!((letter.persons("From")[0].address.as_str(), letter.persons("From")[0].name.as_str()), ("info@example.com", "Information"));
    assert_eq!(letter.persons("Sender")[0].address, ANN);
    assert_eq!(letter.field("Importance").as_deref(), Some("high"));
    assert_eq!(letter.persons("Disposition-Notification-To")[0].address, ANN);
    assert_eq!((submission.mailbox, submission.sent_as), (mailbox(ANN), Some(address_of("info@example.com"))));
    // Bo may not, whatever a form says; Ann may as nobody else.
    for from in ["bo@example.com", "boss@example.com", "info@example.com\r\nBcc: x@y.test"] {
        let page = body(&check(&post(&world, &with(&fields, &[("from", from)]), &[]), 422, 0));
        assert!(page.contains("You may not send as this address"), "{page}");
    }
}

#[test]
fn an_answer_is_marked_when_it_is_sent() {
    let world = office();
    let original = world.inbound(PLAIN);
    let number = original.to_string();
    let fields = replaced(&replaced(&TYPED, "to", "carl@x.test"), "do", "send");
    for (kind, expected) in [("reply", Flags::ANSWERED), ("forward", Flags::FORWARDED), ("whole", Flags::FORWARDED)] {
        let submission = sent(&post(&world, &with(&fields, &[("kind", kind), ("about", &number), ("keep", "2000")]), &[]));
        assert_eq!(submission.marks, Some((original, expected)), "{kind}");
        let files = parse::open(&octets(&submission.message)).attachments;
        assert_eq!(files.len(), usize::from(kind == "whole"), "{kind}");
        assert!(files.iter().all(|file| file.media_type == "message/rfc822" && file.name == "Hello there.eml"), "{files:?}");
    }
}

#[test]
fn nothing_typed_becomes_a_field() {
    let world = office();
    let evil = "x\r\nX-Evil: 1\r\n\r\nbody\n\nX-Evil: 2";
    let fields =
        [("csrf", CSRF), ("to", "\"a\r\nX-Evil: 3\" <carl@x.test>"), ("subject", evil), ("text", evil), ("priority", evil), ("do", "send")];
    let ask = post(&world, &fields, &[("a\rX-Evil: 4.txt", "x")]);
    let outcome = ask.answer();
    let mut wires: Vec<Vec<u8>> = ask.writing.drafts.borrow().iter().map(|draft| octets(&draft.message)).collect();
    wires.extend(outcome.intents.iter().filter_map(|intent| match intent {
        Intent::Submit(submission) => Some(octets(&submission.message)),
        _ => None,
    }));
    assert!(!wires.is_empty());
    for wire in wires {
        let letter = Letter::new(&wire);
        assert_eq!(letter.count("X-Evil"), 0, "{}", String::from_utf8_lossy(&wire));
        let header = String::from_utf8_lossy(&wire).split("\r\n\r\n").next().unwrap().to_owned();
        assert!(!header.contains("\nX-Evil"), "{header}");
    }
}

#[test]
fn in_a_drill_nothing_is_kept() {
    let mut world = office();
    world.mode = Mode::Normal;
    world.some = Some((Kind::Drill, ANN));
    let ask = post(&world, &with(&TYPED, &[("drill", "drill-1")]), &[("notes.txt", "x")]);
    let page = body(&check(&ask, 409, 0));
    assert!(page.contains("no drafts are kept") && page.contains("My words"), "{page}");
    assert!(ask.writing.drafts.borrow().is_empty());
    assert!(!page.contains("value=\"save\""), "{page}");
}

#[test]
fn a_draft_can_be_thrown_away() {
    let world = office();
    let draft = stored(&world, b"X-Lifeboat-Draft: -\r\nSubject: Plans\r\n\r\nold words\r\n");
    let number = draft.to_string();
    let outcome = check(&post(&world, &with(&replaced(&TYPED, "do", "discard"), &[("draft", &number)]), &[]), 303, 1);
    assert!(matches!(&outcome.intents[0], Intent::Discard { draft: gone, .. } if *gone == draft), "{:?}", outcome.intents);
}

#[test]
fn people_and_groups_are_found_while_typing() {
    let world = office();
    let found = |query: &str| -> Vec<String> {
        let outcome = check(&world.ask("GET", &format!("/mail/people?q={query}")).by(ANN), 200, 0);
        serde_json::from_str(&body(&outcome)).unwrap()
    };
    assert_eq!(found("lars"), ["Bo Larsen <bo@example.com>"]);
    assert_eq!(found("INFO"), ["Information <info@example.com>"]);
    assert_eq!(found("st"), ["Staff"]);
    assert!(found("").is_empty() && found("nobody").is_empty());
    check(&world.ask("GET", "/mail/people?q=bo"), 303, 0);
}

#[test]
fn the_signature_stands_below_the_own_words() {
    let mut world = office();
    world.preferences.signature = "Ann Smith\nSales".to_owned();
    let original = world.inbound(PLAIN);
    let page = |path: String| body(&check(&world.ask("GET", &path).by(ANN), 200, 0));
    let new = page("/mail/new?to=carl@x.test".to_owned());
    assert!(new.contains("\n\n\n-- \nAnn Smith\nSales</textarea>") && new.contains("value=\"carl@x.test\""), "{new}");
    let answer = page(format!("/mail/reply/{original}"));
    assert!(answer.contains("\n\n\nAnn Smith\nSales\n\nOn ") && answer.contains("&gt; A line."), "{answer}");
    assert!(page(format!("/mail/forward/{original}?whole=1")).contains("\n\n\nAnn Smith\nSales</textarea>"));
}
