//! Dialogs with the real binary: a whole box between the client and a primary that knows the dialogs' people.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lifeboat::clock::SystemClock;
use lifeboat::net::smtp_server::{Server, ServerOptions};
use lifeboat::smtp::reply;

use super::tcp::{ScriptedHost, play};
use super::{Dialog, Script, all};
use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::sender::Session;
use crate::harness::{PRIMARY, wait_for};

/// The hop count is right for one server; behind the box the primary counts one more and refuses.
const ONE_HOP_ONLY: &str = "looping";

const LIMIT: Duration = Duration::from_secs(30);

fn primary(folder: &Path) -> (Server, Arc<ScriptedHost>) {
    let mut script = Script::new();
    script.options.hostname = "primary.example".to_owned();
    for user in ["bob", "eve", "grüße", "\"a>b\"", "postmaster", "lifeboat-canary"] {
        script.recipients.insert(format!("{user}@example.com"), reply::recipient_ok());
    }
    let host = Arc::new(ScriptedHost { script, messages: Mutex::default() });
    let options = ServerOptions { listen: vec![(PRIMARY, 0).into()].into(), tls: None, stage_folder: folder.to_owned() };
    (Server::start(options, host.clone(), Arc::new(SystemClock::new())).unwrap(), host)
}

/// Plays dialogs one after the other; what was accepted must be at the primary, under the box's own trace field.
fn check(dialogs: &[Dialog], tls: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (server, host) = primary(folder.path());
    let mut setup = Setup::new(server.addresses()[0]);
    setup.hostname = "box.example".to_owned();
    setup.people = Vec::new();
    setup.smtp = format!("tls = \"{tls}\"\n");
    let lifeboat = Lifeboat::start(folder.path(), &setup);
    // The first message teaches the box what the primary offers.
    let (mut session, _) = Session::open(lifeboat.smtp).unwrap();
    session.command("EHLO client.example").unwrap();
    let reply = session.send("ann@example.com", &["bob@example.com"], b"Subject: first\r\n\r\nfirst\r\n").unwrap();
    assert!(reply.starts_with("250 "), "{reply}");
    wait_for("the primary is known", LIMIT, || (!host.messages.lock().unwrap().is_empty()).then_some(()));
    host.messages.lock().unwrap().clear();
    for dialog in dialogs {
        play(dialog, lifeboat.smtp);
        wait_for(&format!("{}: all handed over", dialog.name), LIMIT, || {
            (host.messages.lock().unwrap().len() >= dialog.messages.len()).then_some(())
        });
        let handed_over = std::mem::take(&mut *host.messages.lock().unwrap());
        assert_eq!(handed_over.len(), dialog.messages.len(), "{}", dialog.name);
        for (got, expected) in handed_over.iter().zip(&dialog.messages) {
            assert!(got.content.starts_with(b"Received: ") && got.content.ends_with(&expected.content), "{}: {got:?}", dialog.name);
        }
    }
}

fn ordinary(starttls: bool) -> Vec<Dialog> {
    let fits = |dialog: &Dialog| {
        dialog.name != ONE_HOP_ONLY && !dialog.memory_only && dialog.host.is_ordinary() && dialog.host.options.starttls == starttls
    };
    all().into_iter().filter(fits).collect()
}

#[test]
fn dialogs_with_the_binary() {
    let dialogs = ordinary(false);
    assert!(dialogs.len() >= 30, "only {} dialogs fit the binary", dialogs.len());
    check(&dialogs, "off");
}

#[test]
fn dialogs_inside_tls_with_the_binary() {
    let dialogs = ordinary(true);
    assert!(!dialogs.is_empty());
    check(&dialogs, "opportunistic");
}
