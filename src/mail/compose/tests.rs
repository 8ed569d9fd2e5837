//! What is written is read back, by the room's own parser and by rule.

use super::*;
use crate::mail::parse::{attachment_body, open};

fn someone(name: &str, address: &str) -> Person {
    Person { name: name.to_owned(), address: address.to_owned() }
}

fn draft() -> Draft {
    Draft {
        from: someone("Ann Example", "ann@example.com"),
        to: vec![someone("", "bo@example.com")],
        cc: Vec::new(),
        subject: "Hello".to_owned(),
        text: "Hi Bo,\nall well.\n".to_owned(),
        in_reply_to: None,
        references: Vec::new(),
        attachments: Vec::new(),
        message_id: "1@box.example.com".to_owned(),
        date: Wall(1_772_529_302_000),
        auto_submitted: None,
    }
}

/// Wire form by rule: CRLF only, no NUL, lines within bounds, encoded words within theirs.
fn check_wire(message: &[u8]) {
    let text = String::from_utf8_lossy(message);
    for line in text.split("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']) && line.len() <= 998, "{line:?}");
    }
    let (header, _) = text.split_once("\r\n\r\n").unwrap();
    for line in header.split("\r\n") {
        assert!(line.len() <= 78 || !line.trim().contains(' ') || line.split(' ').any(|word| word.len() > 60), "{line:?}");
        assert!(
            line.starts_with(' ')
                || line.split_once(": ").is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')),
            "{line:?}"
        );
        for word in line.split_whitespace().filter(|word| word.starts_with("=?")) {
            assert!(word.len() <= 75 && word.ends_with("?="), "{word}");
        }
    }
}

fn check(draft: &Draft) -> crate::mail::parse::Opened {
    let message = write_small(draft).unwrap();
    check_wire(&message);
    assert_eq!(message, write_small(draft).unwrap(), "repeatable");
    let opened = open(&message);
    assert_eq!(opened.summary.message_id.as_deref(), Some(draft.message_id.as_str()));
    assert_eq!(opened.summary.date, Some(draft.date));
    for (file, attachment) in draft.attachments.iter().zip(&opened.attachments) {
        assert_eq!(attachment_body(&message, attachment.number).unwrap().1, file.content.bytes().unwrap(), "{}", file.name);
    }
    assert_eq!(opened.attachments.len(), draft.attachments.len());
    opened
}

#[test]
fn a_plain_message_is_plain() {
    let text = String::from_utf8(write_small(&draft()).unwrap()).unwrap();
    let (date, rest) = text.split_once("\r\n").unwrap();
    assert!(date.starts_with("Date: "));
    assert_eq!(
        rest,
        "From: Ann Example <ann@example.com>\r\nTo: bo@example.com\r\nSubject: Hello\r\nMessage-ID: <1@box.example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHi Bo,\r\nall well.\r\n"
    );
}

fn check_names(name: &str) {
    let mut draft = draft();
    draft.from.name = name.to_owned();
    draft.to = vec![someone(name, "a@example.com"), someone("", "b@example.com"), someone(name, "c@example.com")];
    draft.subject = name.to_owned();
    let opened = check(&draft);
    assert_eq!(opened.from, [draft.from.clone()], "{name}");
    assert_eq!(opened.to, draft.to, "{name}");
    assert_eq!(opened.summary.subject, name);
}

#[test]
fn names_and_subjects_survive() {
    for name in [
        "Ann",
        "Müller, Jörg",
        "O'Neil (Sales) <x@y>",
        "\"quoted\" \\ back",
        "日本語の名前",
        "=?utf-8?Q?not_encoded?=",
        "Re: a: b; c, d",
        "ends with comma,",
        "a@b.example",
    ] {
        check_names(name);
    }
    let mut draft = draft();
    for long in ["word ".repeat(90), "ä".repeat(240), "x".repeat(480)] {
        draft.subject = long.trim().to_owned();
        assert_eq!(check(&draft).summary.subject, long.trim());
    }
}

#[test]
fn nothing_typed_begins_a_field() {
    let evil = "x\r\nBcc: thief@evil.example\r\n\r\nbody\n\rX-A: b\u{85}\u{2028}";
    let mut draft = draft();
    draft.from.name = evil.to_owned();
    draft.to = vec![someone(evil, "bo@example.com\r\nBcc: x@evil.example"), someone("", "a@b>, <c@evil.example")];
    draft.cc = vec![someone("", evil)];
    draft.subject = evil.to_owned();
    draft.in_reply_to = Some(evil.to_owned());
    draft.references = vec![evil.to_owned(), "ok@x".to_owned()];
    draft.attachments = vec![File { name: evil.to_owned(), media_type: format!("text/plain{evil}"), content: b"x".into() }];
    let message = write_small(&draft).unwrap();
    check_wire(&message);
    let text = String::from_utf8_lossy(&message);
    assert!(!text.contains("\nBcc:") && !text.contains("\nX-A:"), "{text}");
    assert_eq!(open(&message).attachments.len(), 1);
    assert_eq!(open(&message).text.trim_end(), "Hi Bo,\nall well.");
}

fn check_text(text: &str, encoding: &str) {
    let mut draft = draft();
    draft.text = text.to_owned();
    let opened = check(&draft);
    assert_eq!(opened.text, text.replace("\r\n", "\n"), "{text:?}");
    let wire = String::from_utf8(write_small(&draft).unwrap()).unwrap();
    assert_eq!(wire.contains("Content-Transfer-Encoding"), encoding != "7bit", "{wire}");
    assert!(encoding == "7bit" || wire.contains(&format!("Content-Transfer-Encoding: {encoding}\r\n")), "{wire}");
    if encoding != "7bit" {
        let (_, body) = wire.split_once("\r\n\r\n").unwrap();
        assert!(body.lines().all(|line| line.len() <= 76), "{body}");
    }
}

#[test]
fn texts_survive() {
    check_text("plain\n.\n..dots\nFrom me\n--\nsig\n", "7bit");
    check_text("crlf\r\nlines", "7bit");
    check_text("Grüße aus Köln, mit freundlichen Grüßen = gut \n\ttab \nend ", "quoted-printable");
    check_text(&"long line without end ".repeat(100), "quoted-printable");
    check_text(&format!("{}ü\n", "x".repeat(75)), "quoted-printable");
    check_text("Здравствуйте, коллеги\n", "base64");
    check_text("", "7bit");
}

#[test]
fn files_survive() {
    let mut draft = draft();
    let file =
        |name: &str, media_type: &str, content: &[u8]| File { name: name.into(), media_type: media_type.into(), content: content.into() };
    draft.attachments = vec![
        file("report.pdf", "application/pdf", &[0, 255, 13, 10, 61].repeat(1000)),
        file("Übersicht 2026 – Entwurf für die große Besprechung am Dienstagnachmittag (final) v2.docx", "x/y", b"x"),
        file("empty.txt", "text/plain", b""),
        file("", "", b"no name"),
        file("100%.txt", "multipart/mixed", b"x"),
    ];
    let opened = check(&draft);
    let names: Vec<&str> = opened.attachments.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names[0], "report.pdf");
    assert_eq!(names[1], draft.attachments[1].name);
    assert_eq!(names[2..], ["empty.txt", "attachment", "100%.txt"]);
    assert_eq!(opened.attachments[4].media_type, "application/octet-stream");
}

#[test]
fn messages_are_attached_byte_for_byte() {
    let inner = write_small(&draft()).unwrap();
    let mut eight_bit = inner.clone();
    eight_bit.extend_from_slice("ä\r\n".as_bytes());
    let mut nested = draft();
    nested.attachments = vec![File { name: "n.eml".into(), media_type: "message/rfc822".into(), content: inner.clone().into() }];
    let no_end = b"Subject: no end\r\n\r\nx".to_vec();
    let bare = b"Subject: bare\r\n\r\na\nb\rc\0".to_vec();
    let long = format!("Subject: long\r\n\r\n{}\r\n", "x".repeat(2000)).into_bytes();
    for (content, media_type) in [
        (inner, "message/rfc822"),
        (eight_bit.clone(), "message/rfc822"),
        (write_small(&nested).unwrap(), "message/rfc822"),
        (no_end, "message/rfc822"),
        (bare, "application/octet-stream"),
        (long, "application/octet-stream"),
        (Vec::new(), "message/rfc822"),
    ] {
        let mut outer = draft();
        outer.attachments = vec![File { name: "m.eml".into(), media_type: "message/rfc822".into(), content: content.clone().into() }];
        assert_eq!(check(&outer).attachments[0].media_type, media_type);
        let is_8bit = content == eight_bit;
        assert_eq!(
            String::from_utf8_lossy(&write_small(&outer).unwrap()).matches("Content-Transfer-Encoding: 8bit").count(),
            if is_8bit { 2 } else { 0 }
        );
    }
}

#[test]
fn a_boundary_is_never_inside() {
    let mut outer = draft();
    outer.attachments = vec![File { name: "m.eml".into(), media_type: "message/rfc822".into(), content: b"x\r\n".into() }];
    // The second message has the first one's boundary as its text.
    let first = String::from_utf8(write_small(&outer).unwrap()).unwrap();
    outer.attachments[0].content = first.as_bytes()[first.find("\r\n\r\n").unwrap()..].into();
    check(&outer);
}

#[test]
fn threads_keep_their_root() {
    let mut draft = draft();
    draft.references = (0..500).map(|n| format!("{n}@x")).collect();
    draft.in_reply_to = Some("499@x".to_owned());
    let opened = check(&draft);
    assert_eq!((opened.references.len(), opened.references[0].as_str(), opened.references[100].as_str()), (101, "0@x", "499@x"));
    assert_eq!(opened.summary.in_reply_to.as_deref(), Some("499@x"));
}

#[test]
fn answers_are_quoted_once() {
    assert_eq!(quote("On Tuesday, Ann wrote:", "a\n\n> b\n"), "On Tuesday, Ann wrote:\n> a\n>\n>> b\n");
    for (subject, expected) in [
        ("x", "Re: x"),
        ("Re: x", "Re: x"),
        ("RE: re:AW: Antw: Re[2]: x", "Re: x"),
        ("Rent: due", "Re: Rent: due"),
        ("", "Re:"),
        ("Fwd: x", "Re: Fwd: x"),
    ] {
        assert_eq!(reply_subject(subject), expected);
    }
}

#[test]
fn a_bounce_is_a_report() {
    let address = |text: &str| Address::parse(text).unwrap();
    let dsn = Dsn {
        reporting_mta: "box.example.com".to_owned(),
        to: address("ann@example.com"),
        message_id: "b1@box.example.com".to_owned(),
        date: Wall(1_772_529_302_000),
        arrived: Wall(1_772_529_000_000),
        subject: "Undelivered: Grüße".to_owned(),
        text: "Your message could not be delivered.\n".to_owned(),
        envelope_id: Some("QQ 7\r\nX: y".to_owned()),
        action: Action::Failed,
        recipients: vec![
            DsnRecipient {
                address: address("bo@example.net"),
                status: "5.1.1".into(),
                diagnostic: Some("550 5.1.1 no\r\nX: such ü user".into()),
                original: Some("rfc822; Bo@old.example\r\nX: y".into()),
            },
            DsnRecipient { address: address("grüße+a@example.net"), status: "bad".into(), diagnostic: None, original: None },
        ],
        original: Returned::Header(b"Subject: x\r\nFrom: ann@example.com\r\nX-Raw: \xfc\r\n".to_vec()),
    };
    let message = write_dsn(&dsn).unwrap();
    check_wire(&message);
    let text = String::from_utf8(message.clone()).unwrap();
    assert!(text.is_ascii() && text.contains("Auto-Submitted: auto-replied\r\n"));
    assert!(text.contains("Content-Type: multipart/report; report-type=delivery-status;"), "{text}");
    let opened = open(&message);
    assert_eq!(opened.text.trim_end(), dsn.text.trim_end());
    assert_eq!(opened.summary.subject, dsn.subject);
    let kinds: Vec<&str> = opened.attachments.iter().map(|a| a.media_type.as_str()).collect();
    assert_eq!(kinds, ["message/delivery-status", "text/rfc822-headers"]);
    let status = String::from_utf8(attachment_body(&message, 0).unwrap().1).unwrap();
    let (head, rest) = status.split_once("\r\n\r\n").unwrap();
    let expected = "Original-Envelope-Id: QQ 7 X: y\r\nReporting-MTA: dns; box.example.com\r\nArrival-Date: ";
    assert!(head.starts_with(expected), "{status}");
    assert_eq!(
        rest,
        "Original-Recipient: rfc822; Bo@old.example X: y\r\nFinal-Recipient: rfc822; bo@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no X: such ? user\r\n\r\nFinal-Recipient: utf-8; gr\\x{FC}\\x{DF}e\\x{2B}a@example.net\r\nAction: failed\r\nStatus: 5.0.0\r\n"
    );
}
