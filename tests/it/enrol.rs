//! People say how they are reached, and get in with a card when mail is down.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::{Page, Person};
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, folder, free_port, need, run, wait_for};

const LIMIT: Duration = Duration::from_secs(120);

/// Mail that came for an address, soft line ends of quoted-printable joined.
fn mail_for(sink: &Sink, address: &str) -> Vec<String> {
    let dumps = sink.dumps().into_iter().filter(|dump| dump.recipients == [address]);
    dumps.map(|dump| String::from_utf8(dump.message).unwrap().replace("=\n", "")).collect()
}

/// The path of the person's own page, from an invitation.
fn link(mail: &str) -> String {
    let (_, rest) = mail.split_once("/enrol/").unwrap_or_else(|| panic!("no link: {mail}"));
    let token: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    assert_eq!(token.len(), 40, "{mail}");
    assert!(mail.contains("https://lifeboat.example.com:") && mail.contains("https://127.0.0.1:"), "by name and by address: {mail}");
    format!("/enrol/{token}")
}

/// Six digits, from the subject of the mail that brings them.
fn code(mail: &str) -> String {
    let subject = mail.lines().find(|line| line.starts_with("Subject: ") && line.contains("your code")).expect("a subject with a code");
    let digits: String = subject.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits.len(), 6, "{mail}");
    digits
}

fn one_of(lifeboat: &Lifeboat, address: &str) -> Value {
    let list: Value = serde_json::from_str(&lifeboat.command(&["people", "list", "--json"])).unwrap();
    list["people"].as_array().unwrap().iter().find(|person| person["address"] == address).unwrap().clone()
}

/// Sends an address to be confirmed, each only once; the page that asks for the code, and the code.
fn give(ann: &Person, outside: &Sink, form: &Page, address: &str) -> (Page, String) {
    let asks = ann.send(form, &[("alternate", address), ("phone", "+49 30 1234561")]);
    assert!(asks.text().contains("Your code"), "{}", asks.text());
    let mail = wait_for("the code", LIMIT, || mail_for(outside, address).pop());
    (asks, code(&mail))
}

#[test]
fn an_invitation_ends_in_a_confirmed_address_that_survives_a_restart() {
    let folder = folder();
    let here = folder.path();
    let (outer, inner) = (here.join("outside"), here.join("inside"));
    for path in [&outer, &inner] {
        fs::create_dir(path).unwrap();
    }
    let outside = Sink::start(&outer, free_port(SMARTHOST));
    let primary = Sink::start(&inner, free_port(PRIMARY));
    let setup = Setup { smarthost: Some(outside.smtp), ..Setup::new(primary.smtp) };
    let mut lifeboat = Lifeboat::start(here, &setup);
    assert_eq!(one_of(&lifeboat, "ann@example.com")["reachable_by"], serde_json::json!([]));
    assert!(lifeboat.command(&["people", "invite", "ann@example.com"]).contains("1 person is invited"));
    let invitation = wait_for("the invitation", LIMIT, || mail_for(&primary, "ann@example.com").pop());
    let path = link(&invitation);

    // The link works in the browser without a login, also after a restart, and asks again for what helps nobody.
    lifeboat.stop();
    lifeboat.restart();
    let ann = Person::new(lifeboat.web, here, "ann");
    let form = ann.get(&path);
    assert_eq!(form.status, 200, "{}", form.text());
    assert!(!form.text().contains("carla"), "nothing about others: {}", form.text());
    assert!(ann.send(&form, &[("alternate", "ann@EXAMPLE.com"), ("phone", "")]).text().contains("an address of the office"));
    assert_eq!(ann.get(&format!("/enrol/{}", "0".repeat(40))).status, 404);

    // Five wrong codes: the right one does not help any more, a new one has to come.
    let (mut asks, right) = give(&ann, &outside, &form, "ann.first@mail.example");
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        asks = ann.send(&asks, &[("code", wrong)]);
        assert!(asks.text().contains("That is not the code"), "{}", asks.text());
    }
    let form = ann.send(&asks, &[("code", wrong)]);
    assert!(form.text().contains("Send a new one"), "{}", form.text());
    assert_eq!(one_of(&lifeboat, "ann@example.com")["unconfirmed_email"], "ann.first@mail.example");
    assert_eq!(one_of(&lifeboat, "ann@example.com")["alternate_email"], Value::Null);

    let (asks, right) = give(&ann, &outside, &form, "ann@mail.example");
    let done = ann.send(&asks, &[("code", &format!("{} {}", &right[..3], &right[3..]))]);
    assert!(done.text().contains("Thank you"), "{}", done.text());

    for round in 0..2 {
        let known = one_of(&lifeboat, "ann@example.com");
        assert_eq!(known["reachable_by"], serde_json::json!(["mail", "phone"]), "{known}");
        assert_eq!((&known["alternate_email"], &known["alternate_email_source"]), (&"ann@mail.example".into(), &"person".into()));
        assert!(known["confirmed_at"].is_string() && known["invited_at"].is_string(), "{known}");
        assert_eq!(lifeboat.status()["reachable"], 1);
        if round == 0 {
            // In every way that a box stops.
            lifeboat.kill();
            lifeboat.restart();
        }
    }
    // What she said is in the exported list, which can be imported; a list that knows nothing of it does not undo it.
    let file = here.join("exported.csv");
    lifeboat.command(&["directory", "export", "--to", file.to_str().unwrap()]);
    let csv = fs::read_to_string(&file).unwrap();
    assert!(csv.contains("ann@example.com,ann,,ann@mail.example,+49 30 1234561,"), "{csv}");
    lifeboat.command(&["directory", "import", file.to_str().unwrap()]);
    lifeboat.command(&["directory", "import", here.join("directory.csv").to_str().unwrap()]);
    assert_eq!(one_of(&lifeboat, "ann@example.com")["alternate_email"], "ann@mail.example");
    // The link has done its work.
    let ann = Person::new(lifeboat.web, here, "ann");
    assert!(ann.get(&path).text().contains("Thank you"));
}

/// The codes on a card.
fn codes(card: &Path) -> Vec<String> {
    let html = fs::read_to_string(card).unwrap();
    let (_, list) = html.split_once("<ul class=\"codes\">").expect("a list of codes");
    list.split("</ul>").next().unwrap().split("<li>").skip(1).map(|item| item.trim_end_matches("</li>").to_owned()).collect()
}

/// What a phone's camera would read from the card.
fn scanned(card: &Path, picture: &Path) -> String {
    need("zbarimg", "zbar-tools");
    need("chromium", "chromium");
    let screenshot = format!("--screenshot={}", picture.display());
    run(Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--window-size=800,900", "--force-device-scale-factor=2"])
        .arg(screenshot)
        .arg(format!("file://{}", card.display())));
    run(Command::new("zbarimg").args(["--quiet", "--raw"]).arg(picture)).trim().to_owned()
}

#[test]
fn a_card_opens_the_door_once_for_each_code() {
    let folder = folder();
    let here = folder.path();
    let mut lifeboat = Lifeboat::start(here, &Setup::without_primary());
    let cards = here.join("cards");
    lifeboat.command(&["people", "cards", "--all", "--to", cards.to_str().unwrap()]);
    let old = codes(&cards.join("ann@example.com.html"));
    lifeboat.command(&["people", "cards", "ann@example.com", "--to", cards.to_str().unwrap()]);
    let card = cards.join("ann@example.com.html");
    for file in [&card, &cards.join("all-cards.html")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    assert_eq!(scanned(&card, &here.join("card.png")), format!("https://{}/", lifeboat.web));
    let new = codes(&card);
    assert_eq!((old.len(), new.len()), (8, 8));
    let ledger: String = fs::read_to_string(lifeboat.data().join("ledger/ledger.jsonl")).unwrap();
    assert!(new.iter().all(|code| !ledger.contains(code.as_str()) && !lifeboat.log().contains(code.as_str())), "codes stay on paper");
    assert_eq!(one_of(&lifeboat, "ann@example.com")["reachable_by"], serde_json::json!(["card"]));

    lifeboat.wait_mode("continuity", LIMIT);
    let try_code = |lifeboat: &Lifeboat, name: &str, code: &str| {
        let person = Person::new(lifeboat.web, here, name);
        let page = person.send(&person.get("/login"), &[("address", "ann@example.com"), ("password", code)]);
        page.text().contains("Inbox")
    };
    assert!(!try_code(&lifeboat, "old", &old[0]), "a new card ends the old one");
    assert!(try_code(&lifeboat, "first", &new[0].to_lowercase().replace('-', " ")), "as people type");
    assert!(!try_code(&lifeboat, "again", &new[0]), "a code is used up");
    // The moment after a login is the one that a crash must not undo.
    lifeboat.kill();
    lifeboat.restart();
    lifeboat.wait_mode("continuity", LIMIT);
    assert!(!try_code(&lifeboat, "crashed", &new[0]), "also after a crash");
    assert!(try_code(&lifeboat, "second", &new[1]));
    assert_eq!(one_of(&lifeboat, "ann@example.com")["codes_left"], 6);
    assert!(one_of(&lifeboat, "ann@example.com")["last_login"].is_string());
}
