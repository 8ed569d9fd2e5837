//! An orderly restart under load, on sockets that somebody else holds open as systemd does: nobody is refused, nothing is lost or doubled.

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, folder, free_port, heavy, mail, need, wait_for};

const MESSAGES: usize = 4000;
const RESTARTS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(120);
/// What it told the service manager next.
fn told(manager: &UnixDatagram) -> String {
    let mut octets = [0; 4096];
    let length = manager.recv(&mut octets).expect("it says something");
    String::from_utf8_lossy(&octets[..length]).into_owned()
}

fn is_told(manager: &UnixDatagram, what: &str) {
    let mut heard = Vec::new();
    while !heard.iter().any(|text: &String| text.lines().any(|line| line == what)) {
        assert!(heard.len() < 100, "never {what}: {heard:?}");
        heard.push(told(manager));
    }
}

/// Without these systemd would wait for its start, or kill it for its silence.
#[test]
fn the_service_manager_is_told_what_it_waits_for() {
    let folder = folder();
    let mut lifeboat = Lifeboat::prepare(folder.path(), &Setup::without_primary());
    let manager = lifeboat.manage();
    for _ in 0..2 {
        lifeboat.restart();
        is_told(&manager, "READY=1");
        is_told(&manager, "WATCHDOG=1");
        is_told(&manager, "WATCHDOG=1");
        assert!(lifeboat.stop().success());
        is_told(&manager, "STOPPING=1");
    }
}

#[test]
fn a_restart_under_load_refuses_nobody() {
    let _one = heavy();
    need("smtp-source", "postfix");
    let folder = folder();
    let primary = Sink::start(folder.path(), free_port(PRIMARY));
    let mut lifeboat = Lifeboat::prepare(folder.path(), &Setup::new(primary.smtp));
    lifeboat.hold_sockets();
    lifeboat.restart();
    lifeboat.wait_mode("normal", PATIENCE);
    let (smtp, web) = (lifeboat.smtp, lifeboat.web);

    let mut source = Command::new("/usr/sbin/smtp-source");
    // One message a connection; it ends at the first thing that does not go as it should.
    source.args(["-s", "8", "-m", &MESSAGES.to_string(), "-l", "2048", "-f", "source@outside.example", "-t", "ann@example.com"]);
    let mut source = source.arg(smtp.to_string()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let over = AtomicBool::new(false);
    let pages = std::thread::scope(|scope| {
        let pages = scope.spawn(|| {
            let mut answers = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let mut curl = Command::new("curl");
                curl.args(["-sSk", "--noproxy", "*", "--max-time", "60", "-o", "/dev/null", "-w", "%{http_code}"]);
                let output = curl.arg(format!("https://{web}/readyz")).output().unwrap();
                let (status, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
                answers.push(format!("{status}{error}"));
            }
            answers
        });
        for round in 0..RESTARTS {
            let before = primary.count();
            wait_for("mail flows", PATIENCE, || (primary.count() > before + 100).then_some(()));
            assert!(source.try_wait().unwrap().is_none(), "the load must last: round {round}");
            assert!(lifeboat.stop().success(), "round {round}: SIGTERM is an orderly end");
            lifeboat.restart();
            assert_eq!((lifeboat.smtp, lifeboat.web), (smtp, web), "the same sockets");
        }
        let ended = source.wait_with_output().unwrap();
        over.store(true, Ordering::Relaxed);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success() && said.is_empty(), "smtp-source: {} {said}", ended.status);
        pages.join().unwrap()
    });
    println!("{} pages were asked for meanwhile", pages.len());
    assert!(pages.len() > RESTARTS && pages.iter().all(|answer| answer == "200"), "{pages:?}");
    wait_for("the queue is empty", PATIENCE, || (lifeboat.queued() == 0).then_some(()));
    let ids: Vec<String> = primary.dumps().iter().map(|dump| mail::message_id(&dump.message)).filter(|id| !id.is_empty()).collect();
    let different: BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), different.len()), (MESSAGES, MESSAGES), "messages at the primary, and different ones");
}
