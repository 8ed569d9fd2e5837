//! What admins and people are told, on the way outward, and that a person signs in with it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, folder, free_port, mail, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(120);

/// The notice to that address with that in its subject, without soft line ends; there is one at most.
fn notice_to(sink: &Sink, to: &str, subject: &str) -> Option<String> {
    let own = sink.dumps().into_iter().filter(|dump| dump.recipients == [to]);
    let texts = own.map(|dump| String::from_utf8(dump.message).unwrap());
    let found: Vec<String> =
        texts.filter(|text| text.lines().any(|line| line.starts_with("Subject: ") && line.contains(subject))).collect();
    assert!(found.len() <= 1, "{found:?}");
    found.into_iter().next().map(|text| text.replace("=\n", ""))
}

fn notice(sink: &Sink, subject: &str) -> Option<String> {
    notice_to(sink, "admin@phone.example", subject)
}

/// The box with people who are reached outside.
fn with_people(here: &Path, setup: &Setup, people: &str) -> Lifeboat {
    let mut lifeboat = Lifeboat::prepare(here, setup);
    std::fs::write(here.join("directory.csv"), format!("address,name,aliases,alternate_email,phone,groups\n{people}")).unwrap();
    lifeboat.restart();
    lifeboat
}

/// What stands behind `Password:`.
fn password(text: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Password:")).unwrap_or_else(|| panic!("no password: {text}"));
    line.trim().to_owned()
}

#[test]
fn admins_are_told_once_what_begins_and_what_ends() {
    let folder = folder();
    let here = folder.path();
    let (outside, inside) = (here.join("outside"), here.join("inside"));
    for path in [&outside, &inside] {
        std::fs::create_dir(path).unwrap();
    }
    let phone = Sink::start(&outside, free_port(SMARTHOST));
    let primary = free_port(PRIMARY);
    let more = "[notify]\nadmins = [\"admin@phone.example\"]\n".to_owned();
    let setup = Setup { smarthost: Some(phone.smtp), more, ..Setup::new(primary) };
    let mut lifeboat = Lifeboat::start(here, &setup);
    let begun = wait_for("the beginning is told", LIMIT, || notice(&phone, "Exchange is down"));
    for part in [
        "Why: The primary could not be reached",
        "https://lifeboat.example.com:",
        "From: Lifeboat <postmaster@example.com>",
        "Auto-Submitted:",
    ] {
        assert!(begun.replace("=\n", "").contains(part), "{part}: {begun}");
    }
    let message = mail::message("ann@example.com", "meanwhile", "text");
    assert!(sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message).unwrap().starts_with("250"));
    // A restart in the middle tells nothing again.
    lifeboat.stop();
    lifeboat.restart();
    let _primary = Sink::start(&inside, primary);
    let over = wait_for("the end is told", LIMIT, || notice(&phone, "Exchange is back"));
    assert!(over.replace("=\n", "").contains("1 message was taken; 1 delivered"), "{over}");
    assert_eq!(phone.dumps().len(), 2);
}

#[test]
fn people_get_a_password_for_the_event_and_a_flap_keeps_it() {
    let _alone = crate::harness::heavy();
    let folder = folder();
    let here = folder.path();
    let (outside, inside) = (here.join("outside"), here.join("inside"));
    for path in [&outside, &inside] {
        std::fs::create_dir(path).unwrap();
    }
    let private = Sink::start(&outside, free_port(SMARTHOST));
    let primary = free_port(PRIMARY);
    let setup = Setup { smarthost: Some(private.smtp), ..Setup::new(primary) };
    let mut lifeboat = with_people(here, &setup, "ann@example.com,Ann,,ann@mobile.example,,\nbo@example.com,Bo,,,,\n");
    let told = |subject: &str| notice_to(&private, "ann@mobile.example", subject);
    let begun = wait_for("Ann is told", LIMIT, || told("Mail is down: how to read"));
    let first = password(&begun);
    assert!(begun.contains("Hello Ann,") && begun.contains(&format!("https://{}/", lifeboat.web)), "{begun}");
    Person::new(lifeboat.web, here, "ann").sign_in("ann@example.com", &first);
    // A restart tells nobody twice, and the password is still good.
    lifeboat.stop();
    lifeboat.restart();
    let message = mail::message("ann@example.com", "meanwhile", "text");
    assert!(sender::deliver(lifeboat.smtp, "x@outside.example", &["ann@example.com"], &message).unwrap().starts_with("250"));
    Person::new(lifeboat.web, here, "ann-again").sign_in("ann@example.com", &first);
    let back = Sink::start(&inside, primary);
    wait_for("Ann is told that it is over", LIMIT, || told("Your normal mailbox works again"));
    let events = lifeboat.command(&["event", "list"]);
    assert!(events.contains("1 message was taken; 1 delivered"), "notices do not count: {events}");
    drop(back);
    let again = wait_for("Ann is told that it is down again", LIMIT, || told("Mail is down again: your last password still holds"));
    assert!(!again.contains(&first), "{again}");
    Person::new(lifeboat.web, here, "ann-later").sign_in("ann@example.com", &first);
    assert_eq!(private.dumps().len(), 3, "nobody else, and nothing twice");
}

/// A service that keeps what it gets, and first answers 503 as often as it is told.
struct Service {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(failures: usize) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Some(request) = stream.ok().and_then(|stream| Service::take(stream, kept.lock().unwrap().len() < failures)) else {
                    continue;
                };
                kept.lock().unwrap().push(request);
            }
        });
        Service { address, requests }
    }

    /// Head and body, answered.
    fn take(mut stream: TcpStream, fails: bool) -> Option<String> {
        let (mut request, mut piece) = (String::new(), [0; 4096]);
        loop {
            let length = stream.read(&mut piece).ok()?;
            request.push_str(&String::from_utf8_lossy(&piece[..length]));
            let (head, body) = request.split_once("\r\n\r\n").unwrap_or((&request, ""));
            let wanted = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok()).unwrap_or(0);
            if length == 0 || (request.contains("\r\n\r\n") && body.len() >= wanted) {
                break;
            }
        }
        let status = if fails { "503 Busy" } else { "200 OK" };
        stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).ok()?;
        Some(request)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

#[test]
fn phones_chat_program_and_heartbeat_are_served_once_each() {
    let _alone = crate::harness::heavy();
    let folder = folder();
    let here = folder.path();
    let (gateway, chat, heart) = (Service::start(2), Service::start(0), Service::start(0));
    let (program, header) = (here.join("hook"), here.join("header"));
    std::fs::write(&header, "Authorization: Bearer 4f2a\n").unwrap();
    let told = here.join("told");
    std::fs::write(&program, format!("#!/bin/sh\n(echo \"about=$LIFEBOAT_ABOUT\"; cat) >> {}\n", told.display())).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let more = format!(
        "[notify]\ncommand = \"{}\"\nheartbeat_url = \"http://{}/ping\"\nheartbeat_interval = \"1s\"\n\
         [sms]\nurl = \"http://{}/send\"\nheader_file = \"{}\"\n[chat]\nurl = \"http://{}/room\"\ntype = \"form\"\n",
        program.display(),
        heart.address,
        gateway.address,
        header.display(),
        chat.address
    );
    let setup = Setup { more, ..Setup::without_primary() };
    let mut lifeboat = with_people(here, &setup, "ann@example.com,Ann,,,+49 170 1234567,\n");
    // Twice 503, then taken.
    let sent = wait_for("the gateway has it", LIMIT, || gateway.requests().get(2).cloned());
    assert!(sent.starts_with("POST /send HTTP/1.1\r\n") && sent.contains("\r\nAuthorization: Bearer 4f2a\r\n"), "{sent}");
    let body: serde_json::Value = serde_json::from_str(sent.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["to"], "+49 170 1234567");
    let text = body["text"].as_str().unwrap();
    let password = text.rsplit("Password: ").next().unwrap().trim();
    Person::new(lifeboat.web, here, "ann").sign_in("ann@example.com", password);
    let posted = wait_for("the chat has it", LIMIT, || chat.requests().first().cloned());
    assert!(
        posted.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n") && posted.contains("subject=Exchange%20is%20down"),
        "{posted}"
    );
    let piped =
        wait_for("the program has it", LIMIT, || std::fs::read_to_string(&told).ok().filter(|text| text.contains("lifeboat status")));
    assert!(piped.starts_with("about=begun\nSince "), "{piped}");
    wait_for("the heart beats", LIMIT, || (heart.requests().len() > 1).then_some(()));
    let all_sent = || {
        let listed: serde_json::Value = serde_json::from_str(&lifeboat.command(&["notices", "list", "--json"])).unwrap();
        let notices = listed["notices"].as_array().unwrap();
        notices
            .iter()
            .all(|one| one["state"] == "sent")
            .then(|| notices.iter().map(|one| one["attempts"].as_u64().unwrap()).collect::<Vec<_>>())
    };
    let mut attempts = wait_for("all is on record as sent", LIMIT, all_sent);
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 1, 3]);
    // Nothing again after a restart.
    lifeboat.stop();
    lifeboat.restart();
    wait_for("the heart beats again", LIMIT, || {
        let before = heart.requests().len();
        std::thread::sleep(Duration::from_secs(5));
        (heart.requests().len() > before).then_some(())
    });
    assert_eq!((gateway.requests().len(), chat.requests().len()), (3, 1));
    let shown = std::fs::read_to_string(&told).unwrap();
    assert_eq!(shown.matches("about=begun").count(), 1, "{shown}");
}
