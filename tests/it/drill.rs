//! A drill from end to end, in a real browser: five people, of whom four can be told, three sign in and two answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, files, folder, free_port, heavy, mail, sender, wait_for};

const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than the drill.
const END: Duration = Duration::from_secs(240);
const NAMES: [&str; 5] = ["ann", "bo", "carla", "dora", "emil"];
/// What people write in the drill; it may be found nowhere afterwards.
const WORDS: &str = "zebra-umbrella-practice";

fn people() -> String {
    let mut csv = "address,name,aliases,alternate_email,phone,groups\n".to_owned();
    for name in NAMES {
        let alternate = if name == "emil" { String::new() } else { format!("{name}@mobile.example") };
        csv += &format!("{name}@example.com,{name},,{alternate},,office\n");
    }
    csv
}

/// The password in a notice to that address, if it has come.
fn password(sink: &Sink, name: &str) -> Option<String> {
    let to = format!("{name}@mobile.example");
    let dump = sink.dumps().into_iter().find(|dump| dump.recipients == [to.as_str()])?;
    let text = String::from_utf8(dump.message).unwrap().replace("=\n", "");
    let line = text.lines().find(|line| line.trim_start().starts_with("Password:"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn sign_in(browser: &Browser, base: &str, name: &str, password: &str) {
    browser.forget();
    browser.open(&format!("{base}/login"));
    browser.type_into("input[name=address]", &format!("{name}@example.com"));
    browser.type_into("input[type=password]", password);
    browser.click(&browser.find("main form button"));
    wait_for("the inbox", PATIENCE, || browser.text().contains("Order of chairs").then_some(()));
    assert!(browser.text().contains("This is a drill."), "{}", browser.text());
}

fn answer(browser: &Browser) {
    browser.click(&browser.find_link("Order of chairs"));
    wait_for("the message", PATIENCE, || browser.text().contains("forty chairs").then_some(()));
    browser.click(&browser.find("a[href*='/mail/reply/']"));
    browser.type_into("textarea", WORDS);
    browser.click(&browser.find("form.compose button[type=submit]"));
    wait_for("the word of praise", PATIENCE, || browser.text().contains("Well done").then_some(()));
}

/// All mail of everybody, as it is exported.
fn exported(lifeboat: &Lifeboat, to: &Path) -> BTreeMap<String, Vec<u8>> {
    lifeboat.command(&["mailbox", "export", "--all", "--to", to.to_str().unwrap()]);
    files(to).into_iter().map(|file| (file.strip_prefix(to).unwrap().display().to_string(), fs::read(file).unwrap())).collect()
}

#[test]
fn five_people_practise_and_nothing_of_it_is_left_but_the_report() {
    let _one = heavy();
    let folder = folder();
    let here = folder.path();
    let (outside, inside) = (here.join("outside"), here.join("inside"));
    for path in [&outside, &inside] {
        fs::create_dir(path).unwrap();
    }
    let phones = Sink::start(&outside, free_port(SMARTHOST));
    let primary = Sink::start(&inside, free_port(PRIMARY));
    let addresses = NAMES.iter().map(|name| format!("{name}@example.com")).collect();
    let setup = Setup { smarthost: Some(phones.smtp), people: addresses, ..Setup::new(primary.smtp) };
    let lifeboat = Lifeboat::start(here, &setup);
    lifeboat.wait_mode("normal", PATIENCE);
    let csv = here.join("people.csv");
    fs::write(&csv, people()).unwrap();
    lifeboat.command(&["directory", "import", csv.to_str().unwrap()]);
    let message = mail::message("carl@outside.example", "Order of chairs", "We would like forty chairs.");
    for name in NAMES {
        let to = format!("{name}@example.com");
        assert!(sender::deliver(lifeboat.smtp, "carl@outside.example", &[&to], &message).unwrap().starts_with("250"));
    }
    wait_for("the primary has the mail", PATIENCE, || (primary.dumps().len() == NAMES.len()).then_some(()));
    let before = exported(&lifeboat, &here.join("before"));
    assert_eq!(before.len(), NAMES.len(), "{:?}", before.keys());

    let begun = lifeboat.command(&["event", "drill", "--all", "--for", "100s", "--reason", "spring", "--json"]);
    let begun: Value = serde_json::from_str(&begun).unwrap();
    let (id, base) = (begun["event"].as_str().unwrap(), format!("https://{}", lifeboat.web));
    assert_eq!(begun["people"], 5);
    let secret = |name: &str| wait_for(&format!("the notice to {name}"), PATIENCE, || password(&phones, name));
    let browser = Browser::start(here);
    browser.size(1280, 900);
    sign_in(&browser, &base, "ann", &secret("ann"));
    browser.picture("drill-inbox-desk");
    answer(&browser);
    browser.picture("drill-sent-desk");
    browser.size(360, 740);
    sign_in(&browser, &base, "bo", &secret("bo"));
    browser.picture("drill-inbox-phone");
    browser.fits("the inbox of a drill on a phone");
    answer(&browser);
    browser.picture("drill-sent-phone");
    browser.fits("what was written on a phone");
    sign_in(&browser, &base, "carla", &secret("carla"));
    secret("dora");

    let report = wait_for("the drill ends by itself", END, || {
        let shown: Value = serde_json::from_str(&lifeboat.command(&["event", "show", id, "--json"])).unwrap();
        (shown["open"] == false && shown["report"].is_object()).then(|| shown["report"].clone())
    });
    assert_eq!(report["counts"], json!({ "people": 5, "unreachable": 1, "reached": 4, "signed_in": 3, "replied": 2 }), "{report}");
    assert_eq!((&report["ended"], &report["percent"], &report["grade"]), (&json!("planned"), &json!(64), &json!("C")));
    let who = |mark: &str| -> Vec<&str> {
        let people = report["people"].as_array().unwrap().iter().filter(|person| !person[mark].is_null());
        people.map(|person| person["name"].as_str().unwrap()).collect()
    };
    assert_eq!(who("told"), ["ann", "bo", "carla", "dora"]);
    assert_eq!((who("signed_in"), who("opened"), who("replied")), (vec!["ann", "bo", "carla"], vec!["ann", "bo"], vec!["ann", "bo"]));
    assert_eq!(who("unreachable"), ["emil"]);
    fs::create_dir_all("target/screenshots").unwrap();
    fs::write("target/screenshots/drill-report.txt", lifeboat.command(&["event", "show", id])).unwrap();
    browser.open(&format!("{base}/mail/inbox"));
    assert!(!browser.text().contains("Order of chairs"), "people are signed out");

    // Counted from outside: the primary got nothing more, the smart host notices only, and the words are nowhere.
    assert_eq!(exported(&lifeboat, &here.join("after")), before);
    assert_eq!(primary.dumps().len(), NAMES.len());
    for dump in phones.dumps() {
        assert!(dump.recipients.iter().all(|to| to.ends_with("@mobile.example")), "{:?}", dump.recipients);
        assert!(!String::from_utf8_lossy(&dump.message).contains(WORDS));
    }
    for file in files(&lifeboat.data()) {
        let octets = fs::read(&file).unwrap();
        assert!(!octets.windows(WORDS.len()).any(|part| part == WORDS.as_bytes()), "{}", file.display());
    }
}
