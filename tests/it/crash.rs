//! `kill -9` in the middle of traffic: what got 250 is there afterwards, and the mode is kept.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::mail::{self, Ledger};
use crate::harness::postfix::Postfix;
use crate::harness::sender::Session;
use crate::harness::{PRIMARY, folder, heavy, slow, wait_for};

const ROUNDS: usize = 5;
const ROUNDS_SLOW: usize = 100;
const SENDERS: usize = 4;
const FLIP: Duration = Duration::from_secs(30);
const BACK: Duration = Duration::from_secs(180);

/// Sends over one connection after the other until told to stop or the box is gone; notes what got 250.
fn sender(server: SocketAddr, next: &AtomicUsize, stop: &AtomicBool, ledger: &Mutex<Ledger>) {
    let to = ["ann@example.com", "bo@example.com"];
    while !stop.load(Ordering::Relaxed) {
        let Ok((mut session, _)) = Session::open(server) else { return };
        if session.command("EHLO crash.outside.example").is_err() {
            return;
        }
        for _ in 0..20 {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let message = mail::message(to[0], &format!("crash {number}"), &format!("body {number}\n").repeat(1 + number % 400));
            match session.send("out@outside.example", &to, &message) {
                Ok(reply) if reply.starts_with("250") => {
                    let mut ledger = ledger.lock().unwrap();
                    to.iter().for_each(|recipient| ledger.note(recipient, &message));
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

#[test]
fn what_got_250_survives_kill_9() {
    let _one = heavy();
    let folder = folder();
    let rounds = if slow() { ROUNDS_SLOW } else { ROUNDS };
    let seed = std::env::var("LIFEBOAT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    eprintln!("LIFEBOAT_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut postfix = Postfix::start(folder.path(), PRIMARY, &["ann", "bo", "carla"].map(|user| format!("{user}@example.com")));
    postfix.pull_plug();
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::new(postfix.smtp));
    lifeboat.wait_mode("continuity", FLIP);
    let since = lifeboat.status()["since"].clone();
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let next = Arc::new(AtomicUsize::new(0));

    for round in 0..rounds {
        let before = ledger.lock().unwrap().len();
        let stop = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                let (server, next, stop, ledger) = (lifeboat.smtp, next.clone(), stop.clone(), ledger.clone());
                std::thread::spawn(move || sender(server, &next, &stop, &ledger))
            })
            .collect();
        wait_for("something is accepted", FLIP, || (ledger.lock().unwrap().len() > before + 20).then_some(()));
        std::thread::sleep(Duration::from_millis(random.u64(0..400)));
        lifeboat.kill();
        stop.store(true, Ordering::Relaxed);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        lifeboat.restart();
        assert_eq!(lifeboat.mode(), "continuity", "round {round}: the mode is kept");
        assert_eq!(lifeboat.status()["since"], since, "round {round}: it is the same outage");
    }

    let accepted = ledger.lock().unwrap().len();
    eprintln!("{accepted} deliveries were acknowledged in {rounds} rounds");
    let queued = lifeboat.status()["queue"]["primary"].as_u64().unwrap_or(0);
    assert!(queued as usize >= accepted, "{queued} queued of {accepted} acknowledged");
    postfix.plug_in();
    lifeboat.wait_mode("normal", BACK);
    wait_for("the queue is empty", FLIP, || (lifeboat.queued() == 0).then_some(()));
    postfix.wait_idle();
    let (missing, double) = ledger.lock().unwrap().compare(&postfix.mailboxes());
    assert_eq!(missing, Vec::<String>::new(), "acknowledged and gone");
    assert_eq!(double.iter().collect::<BTreeSet<_>>().len(), 0, "no hand-over was interrupted, so none may repeat: {double:?}");
}

#[test]
fn kill_9_while_relaying_loses_nothing() {
    let _one = heavy();
    let folder = folder();
    let postfix = Postfix::start(folder.path(), PRIMARY, &["ann", "bo", "carla"].map(|user| format!("{user}@example.com")));
    let mut lifeboat = Lifeboat::start(folder.path(), &Setup::new(postfix.smtp));
    lifeboat.wait_mode("normal", FLIP);
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        let before = ledger.lock().unwrap().len();
        let stop = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                let (server, next, stop, ledger) = (lifeboat.smtp, next.clone(), stop.clone(), ledger.clone());
                std::thread::spawn(move || sender(server, &next, &stop, &ledger))
            })
            .collect();
        wait_for("something is accepted", FLIP, || (ledger.lock().unwrap().len() > before + 20).then_some(()));
        lifeboat.kill();
        stop.store(true, Ordering::Relaxed);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        lifeboat.restart();
    }
    wait_for("the queue is empty", BACK, || (lifeboat.queued() == 0).then_some(()));
    postfix.wait_idle();
    let (missing, double) = ledger.lock().unwrap().compare(&postfix.mailboxes());
    assert_eq!(missing, Vec::<String>::new(), "acknowledged and gone");
    eprintln!("{} deliveries were repeated, as is right after an interrupted hand-over", double.len());
}
