//! Every attack of our own list, and those of others where they are, delivered by SMTP and opened in a real browser: no script runs, no
//! request leaves, nobody is led away.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::{folder, heavy, sender};

#[path = "../../src/mail/sanitise/attacks.rs"]
mod list;

const PATIENCE: Duration = Duration::from_secs(30);
/// Others' attacks share messages: there are thousands of them.
const TOGETHER: usize = 25;

/// What a request would reach: it keeps what came.
struct Canary {
    address: SocketAddr,
    visits: Arc<AtomicUsize>,
    first: Arc<Mutex<String>>,
}

impl Canary {
    fn start() -> Canary {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let canary = Canary { address: listener.local_addr().unwrap(), visits: Arc::default(), first: Arc::new(Mutex::new(String::new())) };
        let (visits, first) = (canary.visits.clone(), canary.first.clone());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                visits.fetch_add(1, Ordering::SeqCst);
                let mut head = [0; 512];
                let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
                let length = stream.read(&mut head).unwrap_or(0);
                *first.lock().unwrap() = String::from_utf8_lossy(&head[..length]).into_owned();
            }
        });
        canary
    }

    fn was_left_alone(&self, what: &str) {
        assert_eq!(self.visits.load(Ordering::SeqCst), 0, "{what}: a request left: {:?}", self.first.lock().unwrap());
    }
}

/// A box with these messages, and a browser that is signed in.
struct Stage {
    lifeboat: Lifeboat,
    browser: Browser,
    canary: Canary,
    folder: tempfile::TempDir,
}

fn stage() -> Stage {
    let folder = folder();
    let lifeboat = Lifeboat::start(folder.path(), &Setup::without_primary());
    lifeboat.wait_mode("continuity", PATIENCE);
    let browser = Browser::start(folder.path());
    Stage { lifeboat, browser, canary: Canary::start(), folder }
}

impl Stage {
    /// Delivers a message for each HTML, and gives the paths of their pages.
    fn deliver(&self, htmls: &[String]) -> Vec<String> {
        for (number, html) in htmls.iter().enumerate() {
            let message = format!(
                "From: x@outside.example\r\nTo: ann@example.com\r\nSubject: attack {number} ends\r\nMIME-Version: 1.0\r\n\
                 Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                base64_lines(html.as_bytes())
            );
            let reply = sender::deliver(self.lifeboat.smtp, "x@outside.example", &["ann@example.com"], message.as_bytes()).unwrap();
            assert!(reply.starts_with("250"), "{reply}");
        }
        let password = self.lifeboat.password("ann@example.com");
        let person = Person::new(self.lifeboat.web, self.folder.path(), "ann");
        person.sign_in("ann@example.com", &password);
        let pages = person.folder("/mail/inbox");
        let mut found: Vec<(usize, String)> = pages.iter().flat_map(Person::messages).filter_map(numbered).collect();
        found.sort();
        found.dedup();
        assert_eq!(found.len(), htmls.len(), "all have a page");

        let browser = &self.browser;
        browser.open(&format!("https://{}/login", self.lifeboat.web));
        browser.type_into("input[name=address]", "ann@example.com");
        browser.type_into("input[type=password]", &password);
        browser.click(&browser.find("form button, form input[type=submit]"));
        // A click may end before the page changes, and what is opened then would be left for the inbox.
        browser.sees("ann", "attack");
        browser.console();
        found.into_iter().map(|(_, path)| path).collect()
    }

    /// Opens the page, and the message's own document in it. A dialog makes every further command fail.
    fn survives(&self, path: &str, what: &str) {
        let url = format!("https://{}{path}", self.lifeboat.web);
        self.browser.open(&url);
        let seen = self.browser.script(
            "return { url: location.href, title: document.title, owned: typeof window.owned, heading: document.querySelectorAll('h1').length,
                      frames: [...document.querySelectorAll('iframe')].map(frame => frame.src.startsWith(location.origin) && frame.sandbox.length),
                      scripts: [...document.scripts].filter(script => !script.src.startsWith(location.origin + '/assets/')).length,
                      asked: performance.getEntriesByType('resource').map(entry => entry.name)
                                        .filter(name => !name.startsWith(location.origin) && !name.startsWith('data:')) }",
        );
        assert_eq!(seen["url"].as_str().map(|now| now.starts_with(&url)), Some(true), "{what}: led away: {seen}");
        assert!(seen["title"].as_str().is_some_and(|title| title.contains("attack ") && title.contains("ends")), "{what}: {seen}");
        assert_eq!(seen["owned"], "undefined", "{what}: {seen}");
        assert_eq!(seen["heading"], 1, "{what}: {seen}");
        assert_eq!(seen["scripts"], 0, "{what}: {seen}");
        assert_eq!(seen["asked"], json!([]), "{what}: {seen}");
        let frames = seen["frames"].as_array().into_iter().flatten();
        assert!(frames.clone().all(|frame| *frame != json!(false)), "{what}: a frame that is not ours: {seen}");
        let windows = self.browser.command("GET", "/window/handles", Value::Null);
        assert_eq!(windows.as_array().map(Vec::len), Some(1), "{what}: a window of its own");
        // What the policy or the sandbox had to stop got past the sanitiser: the second wall must have nothing to do.
        let stopped: Vec<String> = self.browser.console().into_iter().filter(|line| is_violation(line)).collect();
        assert_eq!(stopped, Vec::<String>::new(), "{what}");
        self.canary.was_left_alone(what);
    }

    fn is_well(&self) {
        let log = self.lifeboat.log();
        assert!(!log.contains("panicked"), "{log}");
    }
}

/// The number of the attack in a line of the inbox, and the path of its page.
fn numbered((href, line): (String, String)) -> Option<(usize, String)> {
    let (number, _) = line.split_once("attack ")?.1.split_once(' ')?;
    Some((number.parse().ok()?, href.split('?').next()?.to_owned()))
}

fn is_violation(line: &str) -> bool {
    ["Content Security Policy", "Refused to", "Blocked script", "sandboxed", "Mixed Content"].iter().any(|word| line.contains(word))
}

/// With an address of ours in the place of the outside, and a mark in the place of the dialog: both are looked for.
fn aimed(attack: &str, canary: SocketAddr) -> String {
    attack.replace("evil.example", &canary.to_string())
}

fn base64_lines(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for line in bytes.chunks(57) {
        for three in line.chunks(3) {
            let bits = three.iter().chain([&0, &0]).take(3).fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet));
            for place in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
                out.push(if place <= three.len() { char::from(digit) } else { '=' });
            }
        }
        out.push_str("\r\n");
    }
    out
}

#[test]
fn no_attack_runs_or_asks_in_a_real_browser() {
    let _one = heavy();
    let stage = stage();
    let attacks: Vec<&str> = list::ATTACKS.iter().flat_map(|(_, attacks)| attacks.iter().copied()).collect();
    assert!(attacks.len() >= 200);
    let htmls: Vec<String> = attacks.iter().map(|attack| format!("<p>before</p>{}", aimed(attack, stage.canary.address))).collect();
    for (path, attack) in stage.deliver(&htmls).iter().zip(&attacks) {
        stage.survives(path, attack);
    }
    stage.is_well();
    // The looks above would notice: a page of the browser's own choosing does reach the canary.
    let target = format!("http://{}/", stage.canary.address);
    stage.browser.script(&format!("new Image().src = '{target}'; window.open('{target}')"));
    crate::harness::wait_for("the canary notices", PATIENCE, || (stage.canary.visits.load(Ordering::SeqCst) > 0).then_some(()));
}

/// Attacks of other projects, when the folder is there (see `tests/README.md`).
#[test]
fn no_known_payload_runs_or_asks_in_a_real_browser() {
    let folder = std::env::var("LIFEBOAT_CORPORA").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").to_owned());
    let Ok(lines) = std::fs::read_to_string(format!("{folder}/html/payloads.jsonl")) else {
        println!("skipped: no payloads in {folder}");
        return;
    };
    let _one = heavy();
    let stage = stage();
    let payloads: Vec<String> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["payload"].as_str().unwrap().to_owned()).collect();
    let batches: Vec<&[String]> = payloads.chunks(TOGETHER).collect();
    // One that never ends its comment or its style would hide those behind it: what closes such things stands between.
    let wall = "\n--></style></script></textarea></title></xmp></svg></math></template></select></noscript></table>\n<p>\n";
    let htmls: Vec<String> = batches.iter().map(|batch| aimed(&batch.join(wall), stage.canary.address)).collect();
    for (number, path) in stage.deliver(&htmls).iter().enumerate() {
        stage.survives(path, &format!("payloads {} to {}", number * TOGETHER, number * TOGETHER + batches[number].len()));
    }
    stage.is_well();
}
