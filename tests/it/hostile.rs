//! Mail that is meant to break a reader: bombs, mazes, endless things. Each is delivered by SMTP or clearly refused; each that came in opens
//! with a page, nothing panics and memory stays flat.

use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::{folder, heavy, sender, slow};

const FLIP: Duration = Duration::from_secs(30);
const RESIDENT_MAX_MIB: u64 = 200;
const MIB: usize = 1024 * 1024;

fn head(name: &str, more: &str) -> String {
    format!("From: x@outside.example\r\nTo: ann@example.com\r\nSubject: hostile {name} ends\r\nMIME-Version: 1.0\r\n{more}")
}

fn html(name: &str, body: &str) -> String {
    head(name, "Content-Type: text/html; charset=utf-8\r\n\r\n") + &wrapped(body)
}

/// With a line end where SMTP wants one, in a place where HTML does not mind: within tags.
fn wrapped(body: &str) -> String {
    body.replace("><", ">\r\n<")
}

fn parts(name: &str, count: usize, part: impl Fn(usize) -> String) -> String {
    let mut message = head(name, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    (0..count).for_each(|number| message.push_str(&format!("--b\r\n{}\r\n", part(number))));
    message + "--b--\r\n"
}

/// A file of so many zero octets, as deflate packs it: each block of a fixed tree repeats 258 of them in 13 bits, so 4 KiB hold megabytes.
/// It need not be whole: who unpacked it would already be lost.
fn gzip_bomb() -> String {
    // RFC 1952 section 2.3, then stored blocks of nothing: what matters is that nobody looks.
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    bytes.extend([0xec, 0xc1, 0x01, 0x01, 0x00, 0x00, 0x00, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a]);
    bytes.extend(vec![0; 60_000]);
    bytes
        .iter()
        .collect::<Vec<_>>()
        .chunks(30)
        .map(|line| line.iter().map(|octet| format!("={octet:02X}")).collect::<String>() + "=\r\n")
        .collect()
}

fn hostile() -> Vec<(&'static str, String)> {
    let bomb = gzip_bomb();
    let packed = |kind: &str, file: &str| {
        format!(
            "Content-Type: {kind}; name={file}\r\nContent-Disposition: attachment; filename={file}\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n{bomb}"
        )
    };
    let nested = |depth: usize| {
        let opened: String = (0..depth).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
        let closed: String = (0..depth).rev().map(|n| format!("\r\n--b{n}--\r\n")).collect();
        format!("{opened}Content-Type: text/plain\r\n\r\nthe core{closed}")
    };
    let forwarded = "Content-Type: message/rfc822\r\n\r\n".repeat(1000) + "Content-Type: text/plain\r\n\r\nthe core\r\n";
    let addresses: String = (0..100_000).map(|number| format!("a{number}@outside.example,\r\n ")).collect();
    vec![
        ("gz-bomb", parts("gz-bomb", 1, |_| packed("application/gzip", "bomb.gz"))),
        ("zip-bombs", parts("zip-bombs", 50, |number| packed("application/zip", &format!("bomb{number}.zip")))),
        ("ten-thousand-parts", parts("ten-thousand-parts", 10_000, |number| format!("Content-Type: text/plain\r\n\r\npart {number}"))),
        (
            "ten-thousand-files",
            parts("ten-thousand-files", 10_000, |number| {
                format!("Content-Type: image/png\r\nContent-Disposition: attachment; filename=\"../../{number}\"\r\n\r\nx")
            }),
        ),
        ("nested-1000-deep", head("nested-1000-deep", &nested(1000))),
        ("messages-1000-deep", head("messages-1000-deep", &forwarded)),
        ("long-line", head("long-line", &format!("\r\n{}\r\n", "x".repeat(MIB)))),
        (
            "hundred-thousand-recipients",
            format!("Cc: {addresses}z@outside.example\r\n{}", head("hundred-thousand-recipients", "\r\ntext\r\n")),
        ),
        ("header-of-100-mb", head("header-of-100-mb", &format!("{}\r\ntext\r\n", "X-Long: x\r\n".repeat(100 * MIB / 11)))),
        ("header-of-fields", head("header-of-fields", &format!("{}\r\ntext\r\n", "X: y\r\n".repeat(30_000)))),
        ("deep-html", html("deep-html", &"<div><b>".repeat(100_000))),
        ("huge-table", html("huge-table", &format!("<table>{}</table>", "<tr><td>x</td><td>y</td></tr>".repeat(50_000)))),
        ("wide-table", html("wide-table", &"<td colspan=99999 rowspan=99999>x</td><td></td>".repeat(2_000))),
        ("formatting", html("formatting", &format!("{}{}", "<font size=1><i>".repeat(300), "<p></p>".repeat(60_000)))),
        (
            "empty-boundary",
            head("empty-boundary", &format!("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n{}", "--\r\n\r\n".repeat(50_000))),
        ),
        ("same-boundary", head("same-boundary", &"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(5_000))),
        ("encoded-words", format!("Cc: {}\r\n{}", "=?utf-8?Q?=41?=\r\n ".repeat(5_000), head("encoded-words", "\r\ntext\r\n"))),
        (
            "parameters",
            head(
                "parameters",
                &format!("Content-Type: text/plain{}\r\n\r\ntext\r\n", (0..5_000).map(|n| format!(";\r\n n*{n}=x")).collect::<String>()),
            ),
        ),
        (
            "calendar",
            head(
                "calendar",
                &format!(
                    "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n{}",
                    "BEGIN:VEVENT\r\nRRULE:FREQ=SECONDLY\r\n".repeat(20_000)
                ),
            ),
        ),
    ]
}

#[test]
fn hostile_mail_opens_or_is_refused() {
    if !slow() {
        eprintln!("SKIPPED: hostile mail (LIFEBOAT_SLOW=1 runs it)");
        return;
    }
    let _one = heavy();
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", FLIP);
    let password = lifeboat.password("ann@example.com");
    let ann = Person::new(lifeboat.web, folder.path(), "ann");
    let mut taken = Vec::new();
    for (name, message) in hostile() {
        // Past a bound the box may answer, or hang up, before it has heard all.
        match sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], message.as_bytes()) {
            Ok(reply) if reply.starts_with("250") => taken.push(name),
            Ok(reply) => assert!(reply.starts_with('5') || reply.starts_with("421") || reply.starts_with("452"), "{name}: {reply}"),
            Err(error) => println!("{name}: hung up: {error}"),
        }
    }
    println!("taken: {taken:?}");
    for name in ["gz-bomb", "zip-bombs", "ten-thousand-parts", "nested-1000-deep", "deep-html", "huge-table"] {
        assert!(taken.contains(&name), "{name} is mail");
    }
    ann.sign_in("ann@example.com", &password);
    let inbox = ann.folder("/mail/inbox");
    for name in &taken {
        let found = inbox.iter().flat_map(Person::messages).find(|(_, line)| line.contains(&format!("hostile {name} ends")));
        let (path, _) = found.unwrap_or_else(|| panic!("{name} is in the inbox"));
        let path = path.split('?').next().unwrap();
        for path in [path.to_owned(), format!("{path}/html"), format!("{path}/raw"), format!("{path}/zip"), format!("{path}/source")] {
            let page = ann.get(&path);
            assert!(matches!(page.status, 200 | 404 | 413), "{name} {path}: {}", page.status);
            assert!(page.html.len() < 64 * MIB, "{name} {path}: {} octets", page.html.len());
        }
        let page = ann.get(path);
        assert_eq!(page.status, 200, "{name}");
        assert!(page.text().contains(name), "{name}: its page says what it is");
        assert!(page.html.len() < 8 * MIB, "{name}: a page of {} octets", page.html.len());
        let resident = lifeboat.resident_mib();
        assert!(resident < RESIDENT_MAX_MIB, "{name}: {resident} MiB resident");
    }
    assert!(!lifeboat.log().contains("panicked"), "{}", lifeboat.log());
    println!("resident {} MiB, peak {} MiB", lifeboat.resident_mib(), lifeboat.peak_mib());
}
