//! Whole messages: what is shown, what is offered, and that nothing breaks on hostile ones.

use super::*;
use crate::limits::{MIME_PARTS_MAX, SHOWN_TEXT_MAX_OCTETS};

fn mail(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn check(message: &str, text: &str, html: Option<&str>, files: &[&str]) {
    let opened = open(&mail(message));
    assert_eq!(opened.text.trim_end(), text, "{message}");
    assert_eq!(opened.html.as_deref().map(str::trim), html, "{message}");
    let names: Vec<&str> = opened.attachments.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, files, "{message}");
    for attachment in &opened.attachments {
        let (again, content) = attachment_body(&mail(message), attachment.number).unwrap();
        assert_eq!((&again, content.len()), (attachment, attachment.size), "{message}");
    }
    assert!(attachment_body(&mail(message), opened.attachments.len()).is_none());
}

#[test]
fn text_comes_first() {
    check("Subject: x\n\nhello\n", "hello", None, &[]);
    check(
        "Content-Type: multipart/alternative; boundary=b\n\npreamble\n--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<p>html</p>\n--b--\nepilogue\n",
        "plain",
        Some("<p>html</p>"),
        &[],
    );
    check("Content-Type: text/html; charset=utf-8\n\n<p>a</p><p>b</p>\n", "a\n\nb", Some("<p>a</p><p>b</p>"), &[]);
    check("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQ==\n", "Grüße", None, &[]);
}

#[test]
fn every_part_is_shown_or_offered() {
    check(
        "Content-Type: multipart/mixed; boundary=\"b b\"\n\n--b b\nContent-Type: text/html\n\n<b>body</b>\n--b b\n\nfooter <x>\n--b b--\n",
        "body\nfooter <x>",
        Some("<b>body</b>\n<div style=\"white-space:pre-wrap\">footer &lt;x&gt;</div>").map(|s| s.replace('\n', "")).as_deref(),
        &[],
    );
    check(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee file\n--b\nContent-Type: text/plain; name=log.txt\n\nline\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf\nContent-Transfer-Encoding: base64\n\nAAAA\n--b\nContent-Type: image/png\n\nxx\n--b--\n",
        "see file\nline",
        None,
        &["log.txt", "Grüße.pdf", "part-3.png"],
    );
    check(
        "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one/two\n\nx\n--b\n\nSubject: =?utf-8?Q?z=C3=BC?=\n\ny\n--b--\n",
        "",
        None,
        &["one-two.eml", "zü.eml"],
    );
    check("Content-Type: text/plain\nContent-Disposition: attachment; filename=\"=?utf-8?B?w6QudHh0?=\"\n\nx\n", "", None, &["ä.txt"]);
    // A part whose empty line is missing hides nothing.
    check("Content-Type: multipart/mixed; boundary=b\n\n--b\nwords\nmore: words\n--b\nX: y\n--b--\n", "words\nmore: words", None, &[]);
    check("Content-Type: multipart/mixed\n\nno boundary\n", "no boundary", None, &[]);
    check("Content-Type: multipart/mixed; boundary=never\n\nnot there\n", "not there", None, &[]);
    check("just some words\n", "just some words", None, &[]);
}

#[test]
fn an_empty_text_beside_html_is_a_stub() {
    let message = "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<p>words</p>\n--b--\n";
    check(message, "words", Some("<p>words</p>"), &[]);
    assert!(open(&mail(message)).text_is_derived);
}

#[test]
fn boundaries_are_whole_lines() {
    let message = "Content-Type: multipart/mixed; boundary=ab\n\n--ab\nContent-Type: multipart/alternative; boundary=abc\n\n--abc\n\nin --abc line\n--abcd\n --ab\n--abc--\n--ab\nContent-Disposition: attachment\n\nfile\n--ab--\n";
    check(message, "in --abc line\n--abcd\n --ab", None, &["part-1.txt"]);
    let outer_longer = "Content-Type: multipart/mixed; boundary=abc\n\n--abc\nContent-Type: multipart/alternative; boundary=ab\n\n--ab\n\ntext\n--abc\nContent-Disposition: attachment\n\nfile\n--abc--\n";
    check(outer_longer, "text", None, &["part-1.txt"]);
}

#[test]
fn pictures_of_the_text_are_known_by_their_id() {
    let message = mail(
        "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<img src=cid:p@x>\n--b\nContent-Type: image/gif\nContent-ID: <p@x>\nContent-Disposition: inline; filename=p.gif\n\nGIF\n--b--\n",
    );
    let opened = open(&message);
    assert_eq!(opened.attachments[0].content_id.as_deref(), Some("p@x"));
    assert!(!opened.summary.attachments && !summarise(&message).attachments);
    assert_eq!(attachment_body(&message, 0).unwrap().1, b"GIF");
}

#[test]
fn a_nested_message_is_a_file_byte_for_byte() {
    let inner = "Subject: in\n\nContent \n--outer-not\n.\n";
    let message = format!(
        "Content-Type: multipart/mixed; boundary=outer\n\n--outer\n\nsee\n--outer\nContent-Type: message/rfc822\n\n{inner}\n--outer--\n"
    );
    check(&message, "see", None, &["in.eml"]);
    assert_eq!(attachment_body(&mail(&message), 0).unwrap().1, mail(inner));
    assert!(summarise(&mail(&message)).attachments);
}

#[test]
fn summaries_are_bounded() {
    let long = "x".repeat(5000);
    let message = format!(
        "Message-ID: <{long}@x>\nIn-Reply-To: <{long}@y>\nFrom: \"{long}\" <{long}@z>\nTo: {}\nSubject: {long}\nDate: Tue, 3 Mar 2026 09:15:02 +0000\n\n",
        vec![format!("{long} <a@b>"); 30].join(", ")
    );
    let summary = summarise(&mail(&message));
    assert_eq!(summary.message_id.as_ref().unwrap().len(), 500);
    assert_eq!(summary.in_reply_to.as_ref().unwrap().len(), 500);
    assert_eq!((summary.from_name.len(), summary.from_address.len()), (120, 320));
    assert!(summary.subject.len() == 500 && summary.to.len() <= 300);
    assert_eq!(summary.date, Some(Wall(1_772_529_302_000)));
    assert!(serde_json::to_string(&summary).unwrap().len() < crate::limits::INDEX_ROW_MAX_OCTETS);
}

#[test]
fn two_senders_stay_two() {
    let message = mail("From: \"ceo@example.com\" <thief@evil.example>\nFrom: ceo@example.com\n\n");
    let opened = open(&message);
    assert_eq!(opened.from, [Person { name: "ceo@example.com".into(), address: "thief@evil.example".into() }]);
    assert_eq!(opened.summary.from_address, "thief@evil.example");
}

#[test]
fn old_line_ends_are_read() {
    let opened = open(b"Subject: cr\rFrom: a@b\r\rline one\rline two\r");
    assert_eq!((opened.summary.subject.as_str(), opened.text.as_str()), ("cr", "line one\nline two\n"));
    let opened = open(b"Subject: lf\n\nbare\rcr\n");
    assert_eq!(opened.text, "bare\ncr\n");
}

#[test]
fn a_truncated_body_is_enough_for_a_summary() {
    let body = "R0lG".repeat(100_000);
    let whole = mail(&format!(
        "Subject: big\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: image/gif\nContent-Transfer-Encoding: base64\n\n{body}\n--b--\n"
    ));
    let part = summarise(&whole[..256 * 1024]);
    assert_eq!(part, summarise(&whole));
    assert!(part.attachments);
    let text_first = mail(&format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n{}\n--b\n", "text\n".repeat(100_000)));
    assert!(summarise(&text_first).attachments);
    assert_eq!(summarise(&text_first[..256 * 1024]), summarise(&text_first));
    for end in 0..400 {
        summarise(&whole[..end]);
        open(&whole[..end]);
    }
}

#[test]
fn big_texts_are_cut() {
    let opened = open(&mail(&format!("Subject: x\n\n{}", "äb\n".repeat(SHOWN_TEXT_MAX_OCTETS / 2))));
    assert!(opened.cut && opened.text.len() <= SHOWN_TEXT_MAX_OCTETS && opened.text.len() > SHOWN_TEXT_MAX_OCTETS - 4);
}

#[test]
fn many_parts_are_cut() {
    let part = "--b\nContent-Disposition: attachment\n\nx\n";
    let opened = open(&mail(&format!("Content-Type: multipart/mixed; boundary=b\n\n{}--b--\n", part.repeat(10_000))));
    assert!(opened.cut);
    assert_eq!(opened.attachments.len(), MIME_PARTS_MAX - 1);
}

#[test]
fn deep_nesting_is_flat_work() {
    let mut multiparts = String::from("Content-Type: multipart/mixed; boundary=b0\n");
    for depth in 0..100_000 {
        multiparts.push_str(&format!("\n--b{depth}\nContent-Type: multipart/mixed; boundary=b{}\n", depth + 1));
    }
    assert!(open(&mail(&multiparts)).cut);
    let mut nested = String::new();
    for _ in 0..100_000 {
        nested.push_str("Content-Type: message/rfc822\n\n");
    }
    assert_eq!(open(&mail(&nested)).attachments.len(), 1);
    let thousand: String = (0..1000).map(|d| format!("Content-Type: multipart/mixed; boundary=b{d}\n\n--b{d}\n")).collect();
    assert_eq!(open(&mail(&format!("{thousand}\nat the bottom\n"))).text.trim(), "at the bottom");
}

// Each of these once cost work that grows with the square of its size, in this parser or another.
#[test]
fn hostile_sizes_are_linear_work() {
    let missing: String = (0..50_000).map(|n| format!("--o\nContent-Type: multipart/mixed; boundary=never{n}\n\nx\n")).collect();
    open(&mail(&format!("Content-Type: multipart/mixed; boundary=o\n\n{missing}")));
    open(&mail(&format!("Subject: {}\n\n", "=?utf-8?Q?".repeat(20_000))));
    open(&mail(&format!("From: {}\n\n", "(".repeat(200_000))));
    open(&mail(&format!("From: {}\n\n", "=?a".repeat(70_000))));
    open(&mail(&format!("References: {}\n\n", "<a@b> ".repeat(40_000))));
    open(&mail(&format!("Content-Type: text/plain; {}\n\n", "a'b=c;".repeat(40_000))));
    open(&mail(&format!("{}\n", "X: y\n".repeat(50_000))));
    open(&mail(&format!("Content-Type: text/html\n\n{}", "<a \"".repeat(300_000))));
    open(&mail(&format!("Content-Type: text/html\n\n{}", "&a<!--</script".repeat(100_000))));
    open(&mail(&format!("Content-Type: multipart/mixed; boundary={0}\n\n--{0}\n\nx\n--{0}--\n", "q".repeat(10_000))));
}

#[test]
fn odd_bytes_do_not_break() {
    for message in [
        &b""[..],
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b":",
        b": x\n\n",
        b"From:\n",
        b"From: =?\n",
        b"\xff\xfe\n\n\xff",
        b"Content-Type:\n\n",
        b"Content-Type: ;;;=\"\n\nx",
        b"Content-Type: multipart/x; boundary=\"\"\n\n----\n",
        b"Content-Type: multipart/x; boundary=\"--\"\n\n----\n\nx\n------\n",
    ] {
        summarise(message);
        let opened = open(message);
        for attachment in opened.attachments {
            attachment_body(message, attachment.number);
        }
    }
}

// Fixtures for mutation: one of each kind of structure.
const SEEDS: [&str; 5] = [
    "From: =?utf-8?Q?J=C3=B6rg?= <j@example.com> (comment (nested))\nTo: a@x, \"B, b\" <b@y>, Team: c@z;;\nSubject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?gb2312?Q?=C4=E3?=\nDate: Tue, 3 Mar 2026 09:15:02 +0000 (UTC)\nMessage-ID: <1@x>\nReferences: <0@x> <1@y>\n\nbody\n",
    "Content-Type: multipart/mixed; boundary=\"b=1\"\n\n--b=1\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n\nYQBiAA==\n--c\nContent-Type: text/html; charset=\"unicode-1-1-utf-7\"\nContent-Transfer-Encoding: quoted-printable\n\n<p>a=3Db=\nc</p>&eacute;<!-- x -->\n--c--\n--b=1\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n--b=1--\n",
    "Content-Type: application/octet-stream; name*0*=utf-8'en'%C3%A4; name*1=b.bin; name*2*=%20c\nContent-Disposition: attachment; filename=\"=?utf-8?B?w6Q=?=\"; size=12\nContent-ID: <a b>\n\n\0\u{1}\u{2}\n",
    "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: a\n\n--d\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n--d--\n",
    "Content-Type: text/html; charset=shift_jis\n\n<table><tr><td title='>'>a&#x41;&#99999999;</td></tr></table><script>x</script><pre>\n y</pre>\n",
];

#[test]
fn mutations_do_not_break() {
    let seed = std::env::var("LIFEBOAT_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed);
    let mut rng = fastrand::Rng::with_seed(seed);
    println!("LIFEBOAT_SEED={seed}");
    for round in 0..4000 {
        let mut message = mail(SEEDS[round % SEEDS.len()]);
        for _ in 0..rng.usize(1..12) {
            let at = rng.usize(0..message.len());
            match rng.u8(0..6) {
                0 => message[at] = rng.u8(..),
                1 => message[at] = *rng.choice(b"\r\n:;=?\"<>()[]@,-\\/'*%&\0 \t".iter().collect::<Vec<_>>()).unwrap_or(&b'x'),
                2 => drop(message.drain(at..(at + rng.usize(0..20)).min(message.len()))),
                3 => message.insert(at, rng.u8(..)),
                4 => {
                    let piece = message[at..(at + rng.usize(0..60)).min(message.len())].to_vec();
                    let to = rng.usize(0..=message.len());
                    message.splice(to..to, piece);
                }
                _ => message.truncate(at + 1),
            }
            if message.is_empty() {
                message.push(b'x');
            }
        }
        summarise(&message);
        let opened = open(&message);
        for attachment in &opened.attachments {
            let (_, content) = attachment_body(&message, attachment.number).unwrap();
            assert_eq!(content.len(), attachment.size, "seed {seed} round {round}");
        }
        if let Some(html) = &opened.html {
            html_to_text(html);
        }
    }
}
