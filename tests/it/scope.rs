//! One person's mailbox database is dead, so an operator opens an event for her only: everybody else's mail flows as ever.

use std::time::Duration;

use lifeboat::demo::html;
use serde_json::Value;

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::mail::{self, Ledger};
use crate::harness::person::Person;
use crate::harness::postfix::Postfix;
use crate::harness::sink::Sink;
use crate::harness::{PRIMARY, SMARTHOST, folder, free_port, heavy, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(120);

fn send(lifeboat: &Lifeboat, ledger: &mut Ledger, to: &[&str], subject: &str) {
    let message = mail::message(to[0], subject, "a line");
    let reply = sender::deliver(lifeboat.smtp, "out@outside.example", to, &message).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
    to.iter().for_each(|recipient| ledger.note(recipient, &message));
}

fn has(postfix: &Postfix, who: &str, subject: &str) -> bool {
    let mailboxes = postfix.mailboxes();
    mailboxes.get(who).is_some_and(|messages| messages.iter().any(|message| mail::subject(message) == subject))
}

#[test]
fn an_outage_of_one_mailbox_concerns_nobody_else() {
    let _one = heavy();
    let folder = folder();
    let path = folder.path();
    let outside = Sink::start(path, free_port(SMARTHOST));
    let (ann, bo) = ("ann@example.com", "bo@example.com");
    let postfix = Postfix::start(path, PRIMARY, &["ann", "bo", "carla"].map(|user| format!("{user}@example.com")));
    let mut lifeboat = Lifeboat::start(path, &Setup { smarthost: Some(outside.smtp), ..Setup::new(postfix.smtp) });
    lifeboat.wait_mode("normal", LIMIT);
    let mut ledger = Ledger::default();
    let passwords = (lifeboat.password(ann), lifeboat.password(bo));

    let started = lifeboat.command(&["event", "start", "--mailbox", ann, "--reason", "database 3 is dead", "--json"]);
    let id = serde_json::from_str::<Value>(&started).unwrap()["event"].as_str().unwrap().to_owned();
    send(&lifeboat, &mut ledger, &[ann, bo], "to both");
    send(&lifeboat, &mut ledger, &[ann], "to ann only");
    send(&lifeboat, &mut ledger, &[bo], "to bo only");
    wait_for("bo has his mail", LIMIT, || (has(&postfix, bo, "to both") && has(&postfix, bo, "to bo only")).then_some(()));
    let status = lifeboat.status();
    assert_eq!((status["mode"].as_str(), status["scopes"][0]["mode"].as_str()), (Some("normal"), Some("continuity")));
    assert_eq!(status["scopes"][0]["mailboxes"], serde_json::json!([ann]));

    // It survives a restart, and nothing of hers slips out with it.
    assert!(lifeboat.stop().success());
    lifeboat.restart();
    send(&lifeboat, &mut ledger, &[bo, ann], "to both again");
    wait_for("bo has that, too", LIMIT, || has(&postfix, bo, "to both again").then_some(()));

    let her = Person::new(lifeboat.web, path, "ann");
    her.sign_in(ann, &passwords.0);
    let message = her.open("to ann only");
    her.answer(&message, bo, "Mine does not work today.");
    let his = Person::new(lifeboat.web, path, "bo");
    let page = his.sign_in_to_any(bo, &passwords.1);
    assert!(page.text().contains("Mail works normally for you"), "{}", page.text());
    wait_for("bo has her answer", LIMIT, || has(&postfix, bo, "Re: to ann only").then_some(()));
    wait_for("it is outside", LIMIT, || (outside.dumps().len() == 1).then_some(()));
    assert!(!["to both", "to ann only", "to both again"].iter().any(|subject| has(&postfix, ann, subject)), "her mail is kept here");

    lifeboat.command(&["event", "end", &id]);
    wait_for("the event is over", LIMIT, || lifeboat.status()["scopes"].as_array().is_some_and(Vec::is_empty).then_some(()));
    wait_for("the queue is empty", LIMIT, || (lifeboat.queued() == 0).then_some(()));
    postfix.wait_idle();
    assert_eq!(ledger.compare(&postfix.mailboxes()), (vec![], vec![]), "(missing, more than once)");
    let mailboxes = postfix.mailboxes();
    let digests = |who: &str| mailboxes[who].iter().filter(|message| String::from_utf8_lossy(message).contains("message/rfc822")).count();
    assert_eq!((digests(ann), digests(bo)), (1, 0));
    let again = her.get("/mail/inbox");
    assert!(!html::text(&again.html).contains("to ann only"), "she is signed out: {}", again.text());

    // Her three, her answer with its two recipients, and the digest.
    let list: Value = serde_json::from_str(&lifeboat.command(&["event", "list", "--json"])).unwrap();
    let closed = list["closed"].as_array().unwrap().iter().find(|event| event["id"] == id.as_str()).cloned().unwrap();
    assert_eq!(closed["scope"]["mailboxes"], serde_json::json!([ann]));
    assert_eq!((closed["tally"]["recipients"].as_u64(), closed["tally"]["delivered"].as_u64()), (Some(6), Some(6)), "{closed}");
}
