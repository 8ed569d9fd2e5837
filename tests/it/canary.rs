//! A primary that takes everything and delivers nothing: only the canary message that it should bring back tells.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::scripted::Scripted;
use crate::harness::{PRIMARY, folder, heavy, need, wait_for};

const LIMIT: Duration = Duration::from_secs(120);
const RETURN: &str = "canary-return@lifeboat.example.com";
const JOURNAL: &str = "journal@lifeboat.example.com";

/// What the primary does with canaries.
const KEEPS: u8 = 0;
const REDIRECTS: u8 = 1;
const REPORTS: u8 = 2;

fn canary(id: &str) -> String {
    format!("From: Lifeboat <lifeboat-canary@example.com>\nTo: lifeboat-canary@example.com\nSubject: Canary\nMessage-ID: <{id}>\n\ntext\n")
}

fn report(id: &str) -> String {
    format!(
        "From: journal@example.com\nTo: <{JOURNAL}>\nSubject: Canary\nMessage-ID: <7f1c0d7e@journal.report.generator>\nX-MS-Journal-Report:\n\
         MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"_jr_01\"\n\n--_jr_01\nContent-Type: text/plain\n\n\
         Sender: lifeboat-canary@example.com\nRecipient: lifeboat-canary@example.com\n\n--_jr_01\nContent-Type: message/rfc822\n\n{}\n--_jr_01--\n",
        canary(id)
    )
}

/// Sends from the primary's address.
fn bring(smtp: &str, folder: &Path, to: &str, message: &str) {
    let file = folder.join("canary.eml");
    std::fs::write(&file, message).unwrap();
    let (host, port) = smtp.rsplit_once(':').unwrap();
    let mut command = Command::new("swaks");
    command.args(["--server", host, "--port", port, "--local-interface", &PRIMARY.to_string()]);
    command.args(["--from", "lifeboat-canary@example.com", "--to", to, "--data", &format!("@{}", file.display())]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("<-  354") && output.status.success(), "{said}");
}

#[test]
fn a_primary_that_takes_mail_and_delivers_none_is_found_out() {
    let _one = heavy();
    need("swaks", "swaks");
    let folder = folder();
    let primary = Scripted::start();
    let more = "[canary]\nend_to_end = true\ninterval = \"2s\"\ntimeout = \"1500ms\"\n".to_owned();
    let lifeboat = Lifeboat::start(folder.path(), &Setup { more, ..Setup::new(primary.smtp) });
    let does = Arc::new(AtomicU8::new(REDIRECTS));
    {
        let (does, primary, smtp, folder) = (does.clone(), primary.clone(), lifeboat.smtp.to_string(), folder.path().to_owned());
        std::thread::spawn(move || {
            let mut seen = 0;
            loop {
                for taken in primary.taken().into_iter().skip(seen) {
                    seen += 1;
                    match does.load(Ordering::SeqCst) {
                        REDIRECTS => bring(&smtp, &folder, RETURN, &canary(&taken.message_id)),
                        REPORTS => bring(&smtp, &folder, JOURNAL, &report(&taken.message_id)),
                        _ => {}
                    }
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
    }
    let seen = |class: &str| {
        let probes = lifeboat.status()["probes"].as_array().cloned().unwrap_or_default();
        probes.iter().any(|probe| probe["probe"] == "canary" && probe["class"] == class).then_some(())
    };
    wait_for("it comes back by a rule", LIMIT, || seen("healthy"));
    assert_ne!(lifeboat.mode(), "continuity");

    does.store(KEEPS, Ordering::SeqCst);
    lifeboat.wait_mode("continuity", LIMIT);
    let status = lifeboat.status();
    assert!(seen("undelivered").is_some(), "{status}");
    let smtp = status["probes"].as_array().unwrap().iter().find(|probe| probe["probe"] == "smtp").cloned().unwrap();
    assert_eq!(smtp["class"], "healthy", "nothing else tells: {status}");

    does.store(REPORTS, Ordering::SeqCst);
    lifeboat.wait_mode("normal", LIMIT);
    wait_for("it comes back by journaling", LIMIT, || seen("healthy"));
    // It is nobody's mail: nothing is filed, nothing is queued, nothing is held.
    let status = lifeboat.status();
    assert_eq!((status["store"]["newest"].as_u64(), status["queue"]["held"].as_u64()), (Some(0), Some(0)), "{status}");
    assert!(primary.taken().iter().all(|taken| taken.message_id.starts_with("lifeboat-canary-")));
}
