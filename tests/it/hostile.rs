//! Mail that is meant to break a reader: bombs, mazes, endless things. Each is delivered by SMTP or clearly refused; each that came in opens
//! with a page, nothing panics and memory stays flat.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use lifeboat::demo::html;

use crate::harness::https::Https;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::{folder, heavy, run, sender};

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

/// Files that are far larger than they look, made by Python's zlib.
struct Bombs {
    /// 1 GiB of nothing.
    gz: Vec<u8>,
    /// Sixteen archives, each of which holds sixteen, each of which holds 16 MiB of nothing: 4 GiB.
    nested: Vec<u8>,
    /// Its directory says 10 octets, and they are 64 MiB.
    lies: Vec<u8>,
    /// Its directory says 4 GiB, and they are 10 octets.
    boasts: Vec<u8>,
}

const BOMBS: &str = r#"
import gzip, io, struct, sys, zipfile
folder = sys.argv[1]
def save(name, octets): open(f"{folder}/{name}", "wb").write(octets)
def packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files: archive.writestr(name, octets)
    return out.getvalue()
def claims(archive, said):
    # In the head of the file and in the directory: PKWARE APPNOTE 4.3.7 and 4.3.12.
    archive = bytearray(archive)
    struct.pack_into("<I", archive, archive.index(b"PK\x03\x04") + 22, said)
    struct.pack_into("<I", archive, archive.index(b"PK\x01\x02") + 24, said)
    return bytes(archive)
save("gz", gzip.compress(bytes(1 << 30), 6))
inner = packed([("zeros", bytes(16 << 20))])
middle = packed([(f"{number}.zip", inner) for number in range(16)])
save("nested", packed([(f"{number}.zip", middle) for number in range(16)]))
save("lies", claims(packed([("small.txt", bytes(64 << 20))]), 10))
save("boasts", claims(packed([("large.txt", bytes(10))]), 0xFFFFFFF0))
# They are what they are said to be.
def unpacked(octets):
    with zipfile.ZipFile(io.BytesIO(octets)) as archive: return [archive.read(name) for name in archive.namelist()]
assert gzip.open(f"{folder}/gz").read(1 << 20) == bytes(1 << 20)
first = unpacked(open(f"{folder}/nested", "rb").read())
assert len(first) == 16 and unpacked(unpacked(first[0])[0]) == [bytes(16 << 20)]
with zipfile.ZipFile(f"{folder}/lies") as archive: assert archive.infolist()[0].file_size == 10
with zipfile.ZipFile(f"{folder}/boasts") as archive: assert archive.infolist()[0].file_size == 0xFFFFFFF0
"#;

impl Bombs {
    fn make(folder: &Path) -> Bombs {
        run(Command::new("python3").args(["-c", BOMBS]).arg(folder));
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        let bombs = Bombs { gz: read("gz"), nested: read("nested"), lies: read("lies"), boasts: read("boasts") };
        assert!(bombs.gz.len() * 900 < 1 << 30 && bombs.nested.len() < MIB, "{} and {} octets", bombs.gz.len(), bombs.nested.len());
        bombs
    }
}

/// A part with a file.
fn packed(kind: &str, file: &str, octets: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(octets);
    let lines: Vec<&str> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "Content-Type: {kind}; name={file}\r\nContent-Disposition: attachment; filename={file}\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        lines.join("\r\n")
    )
}

/// Rich text of a `winmail.dat` that says it is 4 GiB, and repeats itself as long as there is input (MS-OXRTFCP section 2.2).
fn endless_rich_text() -> Vec<u8> {
    let repeats: Vec<u8> = (0..60_000u32)
        .flat_map(|_| [0xff, 0x00, 0x0f, 0x00, 0x0f, 0x00, 0x0f, 0x00, 0x0f, 0x00, 0x0f, 0x00, 0x0f, 0x00, 0x0f, 0x00, 0x0f])
        .collect();
    let mut rtf = ((repeats.len() + 12) as u32).to_le_bytes().to_vec();
    rtf.extend([0xff, 0xff, 0xff, 0xff]);
    rtf.extend(b"LZFu\0\0\0\0");
    rtf.extend(repeats);
    let mut properties = [1u32.to_le_bytes(), 0x1009_0102u32.to_le_bytes(), 1u32.to_le_bytes(), (rtf.len() as u32).to_le_bytes()].concat();
    properties.extend(rtf);
    let mut stream = 0x223E_9F78u32.to_le_bytes().to_vec();
    stream.extend([1, 0, 1]);
    stream.extend(0x0006_9003u32.to_le_bytes());
    stream.extend((properties.len() as u32).to_le_bytes());
    stream.extend(properties);
    stream.extend([0, 0]);
    stream
}

fn hostile(bombs: &Bombs) -> Vec<(&'static str, String)> {
    let nested = |depth: usize| {
        let opened: String = (0..depth).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
        let closed: String = (0..depth).rev().map(|n| format!("\r\n--b{n}--\r\n")).collect();
        format!("{opened}Content-Type: text/plain\r\n\r\nthe core{closed}")
    };
    let forwarded = "Content-Type: message/rfc822\r\n\r\n".repeat(1000) + "Content-Type: text/plain\r\n\r\nthe core\r\n";
    let addresses: String = (0..100_000).map(|number| format!("a{number}@outside.example,\r\n ")).collect();
    vec![
        ("gz-bomb", parts("gz-bomb", 1, |_| packed("application/gzip", "bomb.gz", &bombs.gz))),
        ("zip-bombs", parts("zip-bombs", 50, |number| packed("application/zip", &format!("bomb{number}.zip"), &bombs.lies))),
        ("zip-in-zip", parts("zip-in-zip", 1, |_| packed("application/zip", "nested.zip", &bombs.nested))),
        ("zip-that-boasts", parts("zip-that-boasts", 1, |_| packed("application/zip", "boasts.zip", &bombs.boasts))),
        ("rich-text", parts("rich-text", 1, |_| packed("application/ms-tnef", "winmail.dat", &endless_rich_text()))),
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
        (
            "calendar-of-exceptions",
            head(
                "calendar-of-exceptions",
                &format!(
                    "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260101T100000Z\r\n\
                     RRULE:FREQ=DAILY\r\n{}END:VEVENT\r\nEND:VCALENDAR\r\n",
                    format!("EXDATE;TZID={}:{}\r\n", "x".repeat(20_000), "20260101,".repeat(1_000)).repeat(500)
                ),
            ),
        ),
    ]
}

#[test]
fn hostile_mail_opens_or_is_refused() {
    let _one = heavy();
    let folder = folder();
    let bombs = Bombs::make(folder.path());
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", FLIP);
    let mut taken = Vec::new();
    for (name, message) in hostile(&bombs) {
        // Past a bound the box may answer, or hang up, before it has heard all.
        match sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], message.as_bytes()) {
            Ok(reply) if reply.starts_with("250") => taken.push(name),
            Ok(reply) => assert!(reply.starts_with('5') || reply.starts_with("421") || reply.starts_with("452"), "{name}: {reply}"),
            Err(error) => println!("{name}: hung up: {error}"),
        }
    }
    println!("taken: {taken:?}");
    let mail =
        ["gz-bomb", "zip-bombs", "zip-in-zip", "zip-that-boasts", "rich-text", "ten-thousand-parts", "nested-1000-deep", "deep-html"];
    for name in mail.into_iter().chain(["huge-table", "calendar", "calendar-of-exceptions"]) {
        assert!(taken.contains(&name), "{name} is mail");
    }
    let mut ann = Https::signed_in(lifeboat.web, "ann@example.com", &lifeboat.password("ann@example.com"));
    let inbox: Vec<_> = html::links(&ann.get("/mail/inbox", &[]).text());
    for name in &taken {
        let found =
            inbox.iter().find(|link| link.href.starts_with("/mail/message/") && link.text.contains(&format!("hostile {name} ends")));
        let path = found.unwrap_or_else(|| panic!("{name} is in the inbox")).href.split('?').next().unwrap().to_owned();
        let mut slowest = (0.0, String::new());
        for what in ["/html", "/print", "/raw", "/zip", "/source", "/view/0", "/part/0", "/conversation", ""] {
            let path = match what {
                "/conversation" => path.replace("/message/", "/conversation/"),
                _ => format!("{path}{what}"),
            };
            let page = ann.get(&path, &[]);
            assert!(matches!(page.status, 200 | 404 | 413), "{name} {path}: {}", page.status);
            assert!(page.body.len() < 64 * MIB, "{name} {path}: {} octets", page.body.len());
            if page.seconds > slowest.0 {
                slowest = (page.seconds, path);
            }
        }
        let page = ann.get(&path, &[]);
        assert_eq!(page.status, 200, "{name}");
        assert!(html::text(&page.text()).contains(name), "{name}: its page says what it is");
        assert!(page.body.len() < 8 * MIB, "{name}: a page of {} octets", page.body.len());
        let resident = lifeboat.resident_mib();
        println!("{name}: {:.0} ms {}; the page {:.0} ms; {resident} MiB", slowest.0 * 1e3, slowest.1, page.seconds * 1e3);
        assert!(resident < RESIDENT_MAX_MIB, "{name}: {resident} MiB resident");
    }
    // Nobody looked into them: they are saved as they came.
    for (name, bomb) in [("gz-bomb", &bombs.gz), ("zip-in-zip", &bombs.nested), ("zip-bombs", &bombs.lies)] {
        let link = inbox.iter().find(|link| link.text.contains(&format!("hostile {name} ends"))).expect("it is in the inbox");
        let part = ann.get(&format!("{}/part/0", link.href.split('?').next().unwrap()), &[]);
        assert!(part.status == 200 && part.body == *bomb, "{name}: {} octets", part.body.len());
    }
    assert!(!lifeboat.log().contains("panicked"), "{}", lifeboat.log());
    println!("resident {} MiB, peak {} MiB", lifeboat.resident_mib(), lifeboat.peak_mib());
}
