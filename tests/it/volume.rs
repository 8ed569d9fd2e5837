//! Ten thousand messages in an outage: all readable, all handed over.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, folder, free_port, heavy, mail, need, run, wait_for};

const MESSAGES: usize = 10_000;
const FLIP: Duration = Duration::from_secs(30);
const BACK: Duration = Duration::from_secs(600);
/// Every so many messages one is opened.
const OPEN_EVERY: usize = 500;

#[test]
fn ten_thousand_messages_are_readable_and_handed_over() {
    let _one = heavy();
    need("smtp-source", "postfix");
    let folder = folder();
    let primary = free_port(PRIMARY);
    let lifeboat = Lifeboat::start(folder.path(), &Setup::new(primary));
    lifeboat.wait_mode("continuity", FLIP);
    let password = lifeboat.password("ann@example.com");
    let mut source = Command::new("/usr/sbin/smtp-source");
    source.args(["-s", "50", "-m", &MESSAGES.to_string(), "-l", "4096", "-f", "source@outside.example", "-t", "ann@example.com"]);
    run(source.arg(lifeboat.smtp.to_string()));

    let ann = Person::new(lifeboat.web, folder.path(), "ann");
    ann.sign_in("ann@example.com", &password);
    let pages = ann.folder("/mail/inbox");
    let paths: Vec<String> = pages.iter().flat_map(Person::messages).map(|(path, _)| path).collect();
    let different: BTreeSet<&String> = paths.iter().collect();
    assert_eq!((paths.len(), different.len()), (MESSAGES, MESSAGES), "lines in the inbox, and different ones");
    for path in paths.iter().step_by(OPEN_EVERY) {
        let page = ann.get(path);
        assert!(page.status == 200 && page.text().contains("XXXXXXXXXX"), "{path}: {}", page.text());
    }

    let sink = Sink::start(folder.path(), primary);
    lifeboat.wait_mode("normal", BACK);
    wait_for("the queue is empty", FLIP, || (lifeboat.queued() == 0).then_some(()));
    let dumps = sink.dumps();
    let arrived: Vec<String> = dumps.iter().map(|dump| mail::message_id(&dump.message)).filter(|id| !id.is_empty()).collect();
    let different: BTreeSet<&String> = arrived.iter().collect();
    assert_eq!((arrived.len(), different.len()), (MESSAGES, MESSAGES), "messages at the primary, and different ones");
    assert!(lifeboat.resident_mib() < 150, "{} MiB resident", lifeboat.resident_mib());
}
