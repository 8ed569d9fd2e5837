//! Journal reports, sent by swaks from the primary's address: mail between colleagues is in the cache, once for everybody.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::{PRIMARY, files, folder, need, sender, wait_for};

const JOURNAL: &str = "journal@lifeboat.example.com";
const INDEXED: Duration = Duration::from_secs(20);

fn message(id: &str, subject: &str) -> String {
    format!(
        "From: Carla <carla@example.com>\r\nTo: Sales <sales@example.com>\r\nSubject: {subject}\r\n\
         Date: Tue, 3 Mar 2026 09:15:00 +0000\r\nMessage-ID: <{id}@ex.example.com>\r\n\r\nFigures of {subject}.\r\n"
    )
}

/// A report as Exchange writes them.
fn report(envelope: &str, original: &str) -> String {
    let subject = "Subject: =?utf-8?Q?Angebot?=";
    format!(
        "From: Microsoft Outlook\r\n <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>\r\nTo: <{JOURNAL}>\r\n{subject}\r\n\
         Message-ID: <7f1c0d7e@journal.report.generator>\r\nX-MS-Journal-Report:\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"_jr_01\"\r\n\r\n--_jr_01\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n{envelope}\r\n--_jr_01\r\nContent-Type: message/rfc822\r\n\r\n{original}\r\n--_jr_01--\r\n"
    )
}

/// Sends by swaks from one of this machine's addresses; what the box said at the end.
fn swaks(lifeboat: &Lifeboat, folder: &Path, from: &str, to: &str, message: &str) -> String {
    need("swaks", "swaks");
    let file = folder.join("report.eml");
    fs::write(&file, message.strip_suffix("\r\n").unwrap_or(message).replace("\r\n", "\n")).unwrap();
    let mut command = Command::new("swaks");
    command.args(["--server", &lifeboat.smtp.ip().to_string(), "--port", &lifeboat.smtp.port().to_string()]);
    command.args(["--local-interface", from, "--from", "<>", "--to", to, "--data", &format!("@{}", file.display())]);
    String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
}

fn file(lifeboat: &Lifeboat, folder: &Path, envelope: &str, original: &str) {
    let said = swaks(lifeboat, folder, &PRIMARY.to_string(), JOURNAL, &report(envelope, original));
    assert!(said.contains("<-  354") && said.lines().filter(|line| line.starts_with("<-  250 2.0.0")).count() == 1, "{said}");
}

/// What a person has, as `folder/subject`, in order.
fn mail_of(lifeboat: &Lifeboat, folder: &Path, user: &str) -> Vec<String> {
    let out = folder.join("export");
    let _not_there = fs::remove_dir_all(&out);
    lifeboat.command(&["mailbox", "export", &format!("{user}@example.com"), "--to", out.to_str().unwrap(), "--format", "mbox"]);
    let mut found = Vec::new();
    for next in files(&out) {
        let name = next.file_stem().unwrap().to_string_lossy().to_lowercase();
        let text = String::from_utf8_lossy(&fs::read(&next).unwrap()).into_owned();
        found.extend(text.lines().filter_map(|line| line.strip_prefix("Subject: ")).map(|subject| format!("{name}/{subject}")));
    }
    found.sort();
    found
}

#[test]
fn mail_between_colleagues_is_there_once_for_everybody() {
    let folder = folder();
    let here = folder.path();
    let lifeboat = Lifeboat::start(here, &Setup::without_primary());

    // It came through the box to Ann; Exchange delivered it to Bo, too, whom only the envelope named.
    let through = message("1", "through");
    assert!(sender::deliver(lifeboat.smtp, "carla@example.com", &["ann@example.com"], through.as_bytes()).unwrap().starts_with("250"));
    wait_for("it is indexed", INDEXED, || (mail_of(&lifeboat, here, "ann").len() == 1).then_some(()));
    file(&lifeboat, here, "Sender: carla@example.com\r\nTo: ann@example.com\r\nBcc: bo=40example.com\r\n", &through);

    // Between colleagues, by a list, in two reports.
    let inside = message("2", "inside");
    let sales = "Expanded: sales@example.com\r\n";
    file(&lifeboat, here, &format!("Sender: carla@example.com\r\nTo: ann@example.com, {sales}Recipient: x@partner.example\r\n"), &inside);
    file(&lifeboat, here, &format!("Sender: carla@example.com\r\nTo: bo@example.com, {sales}To: ann@example.com\r\n"), &inside);

    // The same Message-ID on another message is another message.
    let other = message("2", "other").replace("Carla <carla@", "Bo <bo@");
    file(&lifeboat, here, "Sender: bo@example.com\r\nTo: ann@example.com\r\n", &other);

    wait_for("all is indexed", INDEXED, || (mail_of(&lifeboat, here, "ann").len() >= 3).then_some(()));
    assert_eq!(mail_of(&lifeboat, here, "ann"), ["inbox/inside", "inbox/other", "inbox/through"]);
    assert_eq!(mail_of(&lifeboat, here, "bo"), ["inbox/inside", "inbox/through", "sent/other"]);
    assert_eq!(mail_of(&lifeboat, here, "carla"), ["sent/inside", "sent/through"]);
    assert_eq!(lifeboat.queued(), 1, "only what came through the box waits for the primary");

    // The copy is the message, octet by octet.
    assert!(lifeboat.mail_of("bo@example.com").iter().any(|message| message == inside.as_bytes()));
}

#[test]
fn reports_are_the_primarys_alone_and_what_is_none_is_kept() {
    let folder = folder();
    let here = folder.path();
    let lifeboat = Lifeboat::start(here, &Setup::without_primary());
    let report = report("Sender: carla@example.com\r\nTo: ann@example.com\r\n", &message("1", "forged"));
    let said = swaks(&lifeboat, here, "127.0.0.1", JOURNAL, &report);
    assert!(said.contains("<** 451 4.7.1"), "{said}");

    let odd = "Subject: no report\r\n\r\ntext\r\n";
    let said = swaks(&lifeboat, here, &PRIMARY.to_string(), JOURNAL, odd);
    assert!(said.contains("<-  250 2.0.0 stored as"), "{said}");
    let alarms = lifeboat.status()["alarms"].to_string();
    assert!(alarms.contains("could not be read as a journal report"), "{alarms}");
    let out = here.join("odd");
    wait_for("it can be exported", INDEXED, || {
        let _not_there = fs::remove_dir_all(&out);
        lifeboat.command(&["mailbox", "export", "--all", "--to", out.to_str().unwrap(), "--format", "eml"]);
        files(&out).iter().any(|file| fs::read(file).unwrap() == odd.as_bytes()).then_some(())
    });
    assert_eq!(lifeboat.queued(), 0);
}
