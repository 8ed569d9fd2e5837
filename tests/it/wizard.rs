//! The set-up in the browser, as on an appliance that nobody has configured: in Chromium, with a primary that the box finds.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::harness::browser::Browser;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, folder, free_port, heavy, wait_for};

const BINARY: &str = env!("CARGO_BIN_EXE_lifeboat");
const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "four words are good";

/// A running set-up. Killed when dropped.
struct Wizard {
    child: Child,
    link: String,
}

impl Wizard {
    fn start(folder: &Path) -> Wizard {
        let mut command = Command::new(BINARY);
        command
            .args(["wizard", "--listen", "127.0.0.1:0", "--to"])
            .arg(folder.join("answers"))
            .arg("--problems")
            .arg(folder.join("problems"));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut link = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut link).unwrap();
        Wizard { child, link: link.trim().to_owned() }
    }
}

impl Drop for Wizard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_new_box_is_set_up_in_the_browser() {
    let _one = heavy();
    let folder = folder();
    let here = folder.path();
    let primary = free_port(PRIMARY);
    let _sink = Sink::start(here, primary);
    let wizard = Wizard::start(here);
    let answers = here.join("answers");
    let code = fs::read_to_string(answers.join("code")).unwrap();
    assert!(wizard.link.ends_with(&format!("/setup/{}", code.trim())), "{}", wizard.link);
    let browser = Browser::start(here);
    let base = wizard.link.split("/setup/").next().unwrap();
    browser.open(&format!("{base}/"));
    browser.sees("admin", "This box is not set up yet");
    browser.open(&format!("{base}/setup/00000-00000-00000"));
    browser.sees("admin", "is on the screen of the box");

    // Whoever answers nothing is told everything at once.
    browser.open(&wizard.link);
    browser.sees("admin", "Set up this box");
    for (width, height) in [(1280, 900), (360, 740)] {
        browser.size(width, height);
        browser.picture(&format!("wizard-{width}"));
        browser.fits("the questions");
    }
    browser.click(&browser.find("main form button"));
    browser.sees("admin", "Not everything is right yet");
    browser.sees("admin", "Please type the IP address of the Exchange server");
    browser.picture("wizard-mistakes");
    assert!(!answers.join("ready").exists());

    browser.type_into("#hostname", "box.example.com");
    browser.type_into("#domains", "example.com");
    browser.type_into("#time_zone", "Europe/Berlin");
    browser.type_into("#primary", &primary.to_string());
    browser.type_into("#people", "ann@example.com, Ann Miller\nbo@example.com, Bo Baker");
    // A way out with a login, which this server does not know: that is found, and not that a file is missing.
    browser.type_into("#smarthost", &primary.to_string());
    browser.type_into("#user", "office");
    browser.type_into("#smarthost_password", "s3cret");
    browser.type_into("#password", PASSWORD);
    browser.type_into("#again", PASSWORD);
    browser.click(&browser.find("main form button"));
    browser.sees("admin", "What the box found");
    let text = browser.text();
    assert!(text.contains(&format!("Good: {primary}")), "Exchange was found: {text}");
    assert!(text.contains("Wrong: ") && !text.contains("No such file") && !text.contains("outbound."), "what is wrong is said: {text}");
    assert!(!answers.join("look.password").exists(), "the password was there for the look alone");
    assert!(!answers.join("ready").exists(), "nothing before the button");
    browser.picture("wizard-found");
    browser.fits("what was found");

    // Passwords stay when an answer is changed.
    browser.click(&browser.find_link("Change the answers"));
    browser.sees("admin", "Set up this box");
    assert_eq!(
        browser.script("return document.querySelector('#people').value"),
        json!("ann@example.com, Ann Miller\nbo@example.com, Bo Baker")
    );
    assert_eq!(browser.script("return document.querySelector('#password').value"), json!(""), "no password is ever shown");
    browser.click(&browser.find("main form button"));
    browser.sees("admin", "What the box found");
    browser.click(&browser.find("main form button"));
    browser.sees("admin", "The box starts");
    browser.picture("wizard-starts");
    wait_for("the files", PATIENCE, || answers.join("ready").exists().then_some(()));

    let read = |name: &str| fs::read_to_string(answers.join(name)).unwrap();
    assert_eq!(read("account"), format!("admin\n{PASSWORD}\n"));
    assert_eq!(read("smarthost.password"), "s3cret");
    assert!(!answers.join("network.conf").exists());
    for entry in fs::read_dir(&answers).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?} is for nobody else", entry.path());
    }
    // What setup of the appliance does with them.
    fs::remove_file(answers.join("ready")).unwrap();
    let directory = format!("\n[directory]\nfile = \"{}\"\n", answers.join("directory.csv").display());
    fs::write(here.join("lifeboat.toml"), read("lifeboat.toml") + &directory).unwrap();
    let checked = Command::new(BINARY).args(["check-config", "--config"]).arg(here.join("lifeboat.toml")).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");

    // And what it says when it does not like them.
    fs::write(here.join("problems"), "network.conf: that card is not there\n").unwrap();
    browser.open(&format!("{}/wait", wizard.link));
    browser.sees("admin", "that card is not there");
    browser.picture("wizard-refused");
}

/// The list of a large office is more than what is kept in memory.
#[test]
fn a_long_list_of_people_is_taken() {
    let folder = folder();
    let wizard = Wizard::start(folder.path());
    let people: String = (0..4000).map(|number| format!("person{number}@example.com, Person Number {number}\n")).collect();
    let list = folder.path().join("people");
    fs::write(&list, people).unwrap();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--insecure", "--max-time", "60", "--write-out", "%{http_code} %{redirect_url}"]);
    for (name, value) in [("hostname", "box.example.com"), ("domains", "example.com"), ("primary", "127.0.0.9:9"), ("name", "eva")] {
        curl.args(["--data-urlencode", &format!("{name}={value}")]);
    }
    curl.args(["--data-urlencode", &format!("password={PASSWORD}"), "--data-urlencode", &format!("again={PASSWORD}")]);
    curl.arg("--data-urlencode").arg(format!("people@{}", list.display())).arg(&wizard.link);
    let answer = String::from_utf8(curl.output().unwrap().stdout).unwrap();
    assert!(answer.ends_with("/found") && answer.starts_with("303"), "{answer}");
}

/// A code of an earlier start leads nowhere, and a mark that it left is no answer.
#[test]
fn each_start_has_its_own_code() {
    let folder = folder();
    let first = Wizard::start(folder.path());
    let link = first.link.clone();
    drop(first);
    fs::write(folder.path().join("answers/ready"), "").unwrap();
    let second = Wizard::start(folder.path());
    assert_ne!(link.rsplit('/').next(), second.link.rsplit('/').next());
    assert!(!folder.path().join("answers/ready").exists());
}
