//! What can be done with a message that was opened: its files, what is inside it, its pictures, its invitation.

use super::*;

const ANN: &str = "ann@example.com";

fn mixed(parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--b\r\n{part}\r\n")).collect();
    format!("From: Carl <carl@x.test>\r\nTo: {ANN}\r\nSubject: Outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n")
}

fn get(world: &World, path: &str, status: u16) -> Outcome {
    let outcome = world.ask("GET", path).by(ANN).answer();
    assert_eq!(outcome.response.status, status, "{path}: {}", body(&outcome));
    outcome
}

#[test]
fn files_are_shown_only_as_what_they_are() {
    let world = World::new(Mode::Continuity);
    let png = "Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAA=";
    let fake = "Content-Type: image/png; name=b.png\r\n\r\n<script>alert(1)</script>";
    let page = "Content-Type: text/html; name=c.html\r\nContent-Disposition: attachment\r\n\r\n<script>alert(1)</script>";
    let notes = "Content-Type: text/plain; name=d.txt\r\nContent-Disposition: attachment\r\n\r\n<script>alert(1)</script> words";
    let pdf = "Content-Type: application/pdf; name=e.pdf\r\n\r\n%PDF-1.4 x";
    let seq = world.inbound(&mixed(&[png, fake, page, notes, pdf]));
    let path = |what: &str, number: u32| format!("/mail/message/{seq}/{what}/{number}");

    let shown = get(&world, &path("show", 0), 200);
    assert_eq!((header(&shown, "Content-Type"), header(&shown, "X-Content-Type-Options")), ("image/png", "nosniff"));
    assert!(header(&shown, "Content-Security-Policy").contains("sandbox") && header(&shown, "Content-Disposition").starts_with("inline"));
    for number in [1, 2, 3, 9] {
        get(&world, &path("show", number), 404);
    }
    let viewer = get(&world, &path("show", 4), 200);
    assert_eq!(header(&viewer, "Content-Type"), "application/pdf");
    assert!(header(&viewer, "Content-Security-Policy").starts_with("default-src 'none'"));

    assert!(body(&get(&world, &path("view", 0), 200)).contains(&format!("<img src=\"{}\"", path("show", 0))));
    for number in [1, 2] {
        let page = body(&get(&world, &path("view", number), 200));
        assert!(page.contains("There is no preview") && !page.contains("<script>alert"), "{page}");
    }
    let text = body(&get(&world, &path("view", 3), 200));
    assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt; words") && !text.contains("<script>alert"), "{text}");
}

#[test]
fn all_files_come_in_one() {
    let world = World::new(Mode::Continuity);
    let file = |name: &str| format!("Content-Type: application/x-a; name=\"{name}\"\r\n\r\ncontent");
    let seq = world.inbound(&mixed(&[&file("a.bin"), &file("../a.bin")]));
    let zip = get(&world, &format!("/mail/message/{seq}/zip"), 200);
    assert!(header(&zip, "Content-Disposition").starts_with("attachment; filename=\"Outer.zip\""));
    let out = body(&zip);
    assert!(out.starts_with("PK") && out.contains("a (2).bin") && !out.contains("../"), "{out}");
    get(&world, &format!("/mail/message/{}/zip", world.inbound(PLAIN)), 404);
}

#[test]
fn messages_inside_messages_open_like_any_other() {
    let world = World::new(Mode::Continuity);
    let inner = mixed(&["Content-Type: text/plain\r\n\r\ninner words", "Content-Type: application/pdf; name=deep.pdf\r\n\r\n%PDF-deep"])
        .replace("Outer", "Inner")
        .replace("=b", "=c")
        .replace("--b", "--c");
    let seq =
        world.inbound(&mixed(&["Content-Type: text/plain\r\n\r\nouter words", &format!("Content-Type: message/rfc822\r\n\r\n{inner}")]));
    let outer = body(&get(&world, &format!("/mail/message/{seq}"), 200));
    let way = format!("/mail/message/{seq}?in=0");
    assert!(outer.contains(&format!("href=\"{way}\"")), "{outer}");
    let page = body(&get(&world, &way, 200));
    assert!(page.contains("inner words") && page.contains("Inner") && !page.contains("/mail/reply/"), "{page}");
    let file = format!("/mail/message/{seq}/part/0?in=0");
    assert!(page.contains(&file) && page.contains(&format!("href=\"/mail/message/{seq}\"")), "{page}");
    assert_eq!(get(&world, &file, 200).response.body.bytes().unwrap(), b"%PDF-deep");
    assert!(body(&get(&world, &format!("/mail/message/{seq}/source?in=0"), 200)).contains("Subject: Inner"));
    for wrong in ["in=1", "in=0.0", "in=x", "in=", "in=0.0.0.0.0.0.0.0.0.0.0"] {
        get(&world, &format!("/mail/message/{seq}?{wrong}"), 404);
    }
    check(&world.ask("GET", &way).by("bo@example.com"), 404, 0);
}

#[test]
fn pictures_of_the_internet_need_the_readers_own_word() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(
        "From: a@x.test\r\nSubject: s\r\nContent-Type: text/html\r\n\r\n<p>Hi<img src=\"http://tracker.test/x.png\"></p><script>alert(1)</script>",
    );
    let page = body(&get(&world, &format!("/mail/message/{seq}"), 200));
    let (_, rest) = page.split_once("pictures=").expect("a way to load them");
    let token = rest.split('"').next().unwrap();
    let document = |query: &str| get(&world, &format!("/mail/message/{seq}/html{query}"), 200);
    for query in ["", "?pictures=1", "?pictures="] {
        let blocked = document(query);
        assert!(!body(&blocked).contains("tracker.test") && !header(&blocked, "Content-Security-Policy").contains("https"), "{query}");
    }
    let loaded = document(&format!("?pictures={token}"));
    assert!(body(&loaded).contains("src=\"https://tracker.test/x.png\"") && !body(&loaded).contains("alert(1)"));
    let policy = header(&loaded, "Content-Security-Policy");
    assert!(policy.contains("img-src data: https:;") && policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert_eq!(header(&loaded, "Referrer-Policy"), "no-referrer");
    // What is good for one message is not for another.
    let other = world.inbound("From: a@x.test\r\nContent-Type: text/html\r\n\r\n<img src=\"http://tracker.test/y.png\">");
    let other = get(&world, &format!("/mail/message/{other}/html?pictures={token}"), 200);
    assert!(!body(&other).contains("tracker.test"));
}

#[test]
fn the_print_view_is_a_harmless_document() {
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(RICH);
    let printed = get(&world, &format!("/mail/message/{seq}/print"), 200);
    assert!(header(&printed, "Content-Security-Policy").contains("sandbox"));
    let out = body(&printed);
    assert!(out.contains("evil@x.test") && !out.contains("<script") && !out.contains("onerror=alert(1)>"), "{out}");
    let plain = body(&get(&world, &format!("/mail/message/{}/print", world.inbound(PLAIN)), 200));
    assert!(plain.contains("A line.") && plain.contains("dora@x.test"), "{plain}");
}

const INVITATION: &str = "From: Bo <bo@x.test>\r\nTo: office@example.com\r\nSubject: Shelves\r\nMessage-ID: <inv@x.test>\r\n\
Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nPlease come.\r\n\
--b\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n\
BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u1\r\nSUMMARY:<b>Shelves</b>\r\nDTSTART:20260305T090000Z\r\nDTEND:20260305T100000Z\r\n\
LOCATION:Room 4\r\nORGANIZER;CN=Bo:mailto:bo@x.test\r\nATTENDEE;CN=Office;PARTSTAT=NEEDS-ACTION:mailto:office@example.com\r\n\
END:VEVENT\r\nEND:VCALENDAR\r\n--b--\r\n";

#[test]
fn an_invitation_is_a_card_that_can_be_answered() {
    let mut world = World::new(Mode::Continuity);
    let seq = world.inbound(INVITATION);
    let path = format!("/mail/message/{seq}");
    let page = body(&get(&world, &path, 200));
    assert!(page.contains("&lt;b&gt;Shelves&lt;/b&gt;") && page.contains("Room 4") && page.contains("value=\"accept\""), "{page}");

    let post = |world: &World, fields: &[(&str, &str)], status, intents| {
        check(&world.ask("POST", &format!("{path}/answer")).by(ANN).form(fields), status, intents)
    };
    let outcome = post(&world, &[("csrf", CSRF), ("answer", "tentative"), ("comment", "late\r\nBcc: x@y.test")], 303, 1);
    let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
    assert_eq!(submission.recipients, [address_of("bo@x.test")]);
    let message = submission.message.head(usize::MAX).unwrap();
    let text = String::from_utf8_lossy(&message).into_owned();
    assert!(text.contains("METHOD:REPLY") && text.contains("method=REPLY"), "{text}");
    assert!(text.contains("ATTENDEE;PARTSTAT=TENTATIVE;CN=\"Office\":mailto:office@example.com"), "as the invitation names her: {text}");
    assert!(text.contains("COMMENT:late\\nBcc: x@y.test"), "{text}");
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("Bcc"), "{head}");
    assert_eq!(parse::open(&message).summary.in_reply_to.as_deref(), Some("inv@x.test"));

    // Pressed twice it is one answer; another answer, or another word with it, is another.
    let (_, rest) = page.split_once("name=\"once\" value=\"").expect("a secret");
    let secret = rest.split('"').next().unwrap();
    let id = |answer: &str, comment: &str| {
        let outcome = post(&world, &[("csrf", CSRF), ("once", secret), ("answer", answer), ("comment", comment)], 303, 1);
        let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
        parse::open(&submission.message.head(usize::MAX).unwrap()).summary.message_id
    };
    assert_eq!(id("accept", ""), id("accept", ""));
    assert_ne!(id("accept", ""), id("decline", ""));
    assert_ne!(id("accept", ""), id("accept", "late"));

    post(&world, &[("csrf", "wrong"), ("answer", "accept")], 403, 0);
    post(&world, &[("csrf", CSRF), ("answer", "maybe")], 400, 0);

    // It is in Sent then, and the card knows it; the last answer counts, and somebody else's does not.
    let file = |world: &World, answer: &str, whose: &str| {
        let outcome = post(world, &[("csrf", CSRF), ("answer", answer)], 303, 1);
        let Intent::Submit(submission) = &outcome.intents[0] else { panic!("{:?}", outcome.intents) };
        assert_eq!(submission.marks, Some((seq, Flags::ANSWERED)));
        let text = String::from_utf8(submission.message.head(usize::MAX).unwrap()).unwrap();
        world.file(&text, Origin::Webmail, &[], &[(whose, Folder::Sent)]);
        body(&get(world, &path, 200))
    };
    assert!(!file(&world, "accept", "bo@example.com").contains("You have accepted"));
    let page = file(&world, "accept", ANN);
    assert!(page.contains("You have accepted.") && page.contains("Change the answer") && page.contains("value=\"accept\""), "{page}");
    let page = file(&world, "decline", ANN);
    assert!(page.contains("You have declined.") && !page.contains("You have accepted"), "{page}");
    world.mode = Mode::Recovering;
    post(&world, &[("csrf", CSRF), ("answer", "accept")], 403, 0);
    assert!(!body(&get(&world, &path, 200)).contains("value=\"accept\""), "nothing to press that would be refused");
}

#[test]
fn the_agenda_knows_what_was_invited_to_and_what_was_called_off() {
    let world = World::new(Mode::Continuity);
    let later = INVITATION.replace("u1", "u2").replace("20260305", "20260309").replace("<b>Shelves</b>", "Boards");
    let far = INVITATION.replace("u1", "u3").replace("20260305", "20260509").replace("<b>Shelves</b>", "Far away");
    for message in [INVITATION, &later, &far] {
        world.inbound(message);
    }
    let agenda = |world: &World| body(&get(world, "/mail/agenda", 200));
    let page = agenda(&world);
    assert!(page.contains("&lt;b&gt;Shelves") && page.contains("Boards") && !page.contains("Far away"), "{page}");
    world.inbound(&later.replace("METHOD:REQUEST", "METHOD:CANCEL"));
    assert!(!agenda(&world).contains("Boards"));
    let others = world.ask("GET", "/mail/agenda").by("bo@example.com").answer();
    assert!(!body(&others).contains("Shelves"));
}

/// A calendar with `count` events, each a series that must be counted from long ago.
fn flood(from: usize, count: usize) -> String {
    let days: Vec<String> = (1..20).map(|day| format!("{day}MO")).collect();
    let event = |n: usize| {
        format!(
            "BEGIN:VEVENT\r\nUID:flood-{n}\r\nSUMMARY:flood-{n}\r\nDTSTART:20000101T090000Z\r\nDTEND:20000101T100000Z\r\n\
             RRULE:FREQ=DAILY;COUNT=4000000000;BYDAY={}\r\nEND:VEVENT\r\n",
            days.join(",")
        )
    };
    let events: String = (from..from + count).map(event).collect();
    format!(
        "From: a@x.test\r\nContent-Type: text/calendar; method=PUBLISH\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\n{events}END:VCALENDAR\r\n"
    )
}

#[test]
fn a_flood_of_series_is_bounded_and_said_so() {
    let world = World::new(Mode::Continuity);
    for from in [0, 100, 200] {
        world.inbound(&flood(from, 100));
    }
    world.inbound(INVITATION);
    let page = body(&get(&world, "/mail/agenda", 200));
    // As many as may be looked at, the newest first: each costs all the days since it began.
    let shown: std::collections::BTreeSet<&str> =
        page.split("flood-").skip(1).filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()).collect();
    assert!(page.contains("Shelves") && page.contains("500"), "{page}");
    assert!((50..=crate::limits::AGENDA_LOOKS_MAX / 9_000).contains(&shown.len()), "{}", shown.len());
    assert!(page.matches("<li").count() <= crate::limits::AGENDA_LINES_MAX + 40, "{}", page.matches("<li").count());
}

#[test]
fn one_of_a_series_is_moved_or_called_off_by_itself() {
    let world = World::new(Mode::Continuity);
    let series = INVITATION.replace("DTEND:", "RRULE:FREQ=DAILY;COUNT=4\r\nDTEND:");
    let one = |day: &str, from: &str, more: &str| {
        let single = INVITATION.replace("UID:u1", &format!("UID:u1\r\nSEQUENCE:1\r\nRECURRENCE-ID:202603{day}T090000Z"));
        single
            .replace("DTSTART:20260305T09", &format!("DTSTART:202603{day}T{from}"))
            .replace("DTEND:20260305T10", &format!("DTEND:202603{day}T{more}"))
    };
    let count = |world: &World, what: &str| body(&get(world, "/mail/agenda", 200)).matches(what).count();
    world.inbound(&series);
    assert_eq!(count(&world, "&lt;b&gt;Shelves"), 4);
    let usual = count(&world, ":00–");
    // The second is moved by four hours, the third is called off.
    world.inbound(&one("06", "13", "14").replace("<b>Shelves</b>", "Moved"));
    world.inbound(&one("07", "09", "10").replace("METHOD:REQUEST", "METHOD:CANCEL"));
    assert_eq!((count(&world, "&lt;b&gt;Shelves"), count(&world, "Moved"), count(&world, ":00–")), (2, 1, usual - 1));
    // All of it.
    world.inbound(&series.replace("METHOD:REQUEST", "METHOD:CANCEL").replace("UID:u1", "UID:u1\r\nSEQUENCE:2"));
    assert_eq!((count(&world, "&lt;b&gt;Shelves"), count(&world, "Moved")), (0, 0));
}

#[test]
fn what_outlook_packed_is_shown_with_the_message() {
    // A stream with the text `packed words` and a file.
    let attribute =
        |level: u8, id: u32, data: &[u8]| [&[level][..], &id.to_le_bytes(), &(data.len() as u32).to_le_bytes(), data, &[0, 0]].concat();
    let stream = [
        &0x223E_9F78u32.to_le_bytes()[..],
        &[0, 0],
        &attribute(1, 0x0002_800C, b"packed words\0"),
        &attribute(2, 0x0006_9002, &[0; 14]),
        &attribute(2, 0x0001_8010, b"plan.txt\0"),
        &attribute(2, 0x0006_800F, b"the plan"),
    ]
    .concat();
    let hex: String = stream.iter().map(|byte| format!("={byte:02X}")).collect();
    let world = World::new(Mode::Continuity);
    let seq = world.inbound(&mixed(&[&format!(
        "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{hex}"
    )]));
    let page = body(&get(&world, &format!("/mail/message/{seq}"), 200));
    let file = format!("/mail/message/{seq}/part/0?in=0");
    assert!(page.contains("packed words") && page.contains("plan.txt") && page.contains(&file), "{page}");
    assert_eq!(get(&world, &file, 200).response.body.bytes().unwrap(), b"the plan");
    // Alone it needs no archive, but there is one: with what was packed in place of the packet.
    assert!(!page.contains("/zip"));
    let archive = get(&world, &format!("/mail/message/{seq}/zip"), 200).response.body.bytes().unwrap();
    let holds = |name: &[u8]| archive.windows(name.len()).any(|window| window == name);
    assert!(holds(b"plan.txt") && holds(b"the plan") && !holds(b"winmail.dat"));
}
