//! Drills on a box without listeners.

use std::time::Duration;

use super::course::look;
use super::{Mark, list, show, start};
use crate::app::core::lock;
use crate::app::notices::{Order, To, tell};
use crate::app::testing::World;
use crate::app::webmail::Webmail;
use crate::clock::Wall;
use crate::continuity::drill::{Ended, Grade, Report, Stage};
use crate::continuity::{Input, Mode};
use crate::control::Whom;
use crate::directory::{ContactLine, Said};
use crate::notify::{Login, Notice};
use crate::relay::{DeliveryState, Queue};
use crate::store::{Folder, Seq};
use crate::web::{Intent, Request, Submission};

const HOUR_S: u64 = 3600;

fn whom(mailboxes: &[&str]) -> Whom {
    Whom { mailboxes: mailboxes.iter().map(|one| (*one).to_owned()).collect(), length_s: Some(HOUR_S), ..Whom::default() }
}

/// A drill of Ann (who has an address outside) and Bo (who has none); its id.
fn begun(world: &World) -> String {
    let ann = world.address("ann").mailbox();
    let at = world.core.now().wall;
    let alternate_email = Some("ann@mobile.example".parse_address());
    let line = ContactLine { mailbox: ann, said: Said::Confirmed, alternate_email, phone: None, at, by: "test".to_owned() };
    world.core.note_contact(line).unwrap();
    let answer = start(&world.core, &whom(&["ann@example.com", "bo@example.com"]), false, "spring", "cli:root");
    assert_eq!(answer.exit, 0, "{}", answer.text);
    look(&world.core);
    let id = answer.json["event"].as_str().unwrap().to_owned();
    // As `notices` does.
    let notice = Notice::DrillStart { until: None, login: Login::AsBefore };
    for who in ["ann", "bo"] {
        let order = Order { about: "begun", what: id.clone(), notice: notice.clone(), to: To::Outside(world.address(who).mailbox()) };
        tell(&world.core, order).unwrap();
    }
    id
}

fn end(world: &World, id: &str) -> Report {
    let answer = crate::app::scope_verbs::end(&world.core, id, false, "cli:root".to_owned()).unwrap();
    assert_eq!(answer.exit, 0, "{}", answer.text);
    look(&world.core);
    report(world, id)
}

fn report(world: &World, id: &str) -> Report {
    let answer = show(&world.core, id).unwrap();
    assert_eq!(answer.json["open"], false);
    serde_json::from_value(answer.json["report"].clone()).unwrap()
}

/// Messages to the outside, by whom they are for.
fn outward(world: &World) -> Vec<(Seq, String)> {
    let view = world.core.store.view();
    let queued = view.queue(Queue::Outbound, None, 100).unwrap();
    queued.into_iter().map(|entry| Seq(entry.message)).map(|seq| (seq, view.deliveries(seq).unwrap()[0].address.to_string())).collect()
}

fn letter(world: &World) -> Submission {
    Submission::new(
        world.address("ann").mailbox(),
        vec![world.address("bo"), "x@outside.example".parse_address()],
        b"From: ann@example.com\r\nSubject: practice\r\n\r\ntext\r\n".to_vec(),
    )
}

fn request() -> Request {
    let client = [127, 0, 0, 1].into();
    Request { method: "POST".to_owned(), path: "/mail/send".to_owned(), query: String::new(), headers: vec![], body: vec![].into(), client }
}

trait ParseAddress {
    fn parse_address(&self) -> crate::mail::Address;
}

impl ParseAddress for str {
    fn parse_address(&self) -> crate::mail::Address {
        crate::mail::Address::parse(self).unwrap()
    }
}

#[test]
fn who_was_told_came_and_answered_stands_in_the_report() {
    let world = World::new();
    let id = begun(&world);
    let told = outward(&world);
    assert_eq!(told.iter().map(|(_, to)| to.as_str()).collect::<Vec<_>>(), ["ann@mobile.example"], "only who can be reached");
    assert!(show(&world.core, &id).unwrap().text.contains("it was on its way"));
    let at = world.core.now().wall;
    let state = DeliveryState::Delivered { at, reply: "250 ok".to_owned(), by: "smarthost".to_owned() };
    crate::net::rt::block_on(world.core.write_states(told[0].0, vec![(0, state)]));
    let ann = world.address("ann").mailbox();
    for mark in [Mark::SignedIn, Mark::Opened, Mark::Replied, Mark::Replied] {
        world.core.note_drill(&ann, mark);
    }
    assert!(show(&world.core, &id).unwrap().text.contains("The drill goes on"));
    let report = end(&world, &id);
    assert_eq!((report.ended, report.ended_by.as_str(), report.reason.as_str()), (Ended::Operator, "cli:root", "spring"));
    let stages: Vec<Stage> = report.people.iter().map(|person| person.stage()).collect();
    assert_eq!(stages, [Stage::Replied, Stage::Unreachable]);
    assert_eq!((report.percent, report.grade), (50, Grade::D));
    assert_eq!(world.core.ledger.read("drill-mark").unwrap().len(), 3, "only the first of each counts");
    assert!(list(&world.core).text.contains(&id));
}

#[test]
fn what_people_write_in_a_drill_touches_nothing() {
    let world = World::new();
    let ann = world.address("ann").mailbox();
    world.queued_for("ann");
    let id = begun(&world);
    let before = (world.core.store.view().newest(), outward(&world), world.queued().len());
    let webmail = Webmail::new(world.core.clone());
    webmail.carry_out(Intent::Practise(Box::new(letter(&world))), &request()).unwrap();
    webmail.carry_out(Intent::Looked { mailbox: ann.clone() }, &request()).unwrap();
    assert_eq!((world.core.store.view().newest(), outward(&world), world.queued().len()), before, "the spool has not grown");
    for (who, folder) in [("ann", Folder::Sent), ("ann", Folder::Drafts), ("bo", Folder::Inbox)] {
        assert_eq!(world.core.store.view().counts(&world.address(who).mailbox(), folder).unwrap().total, 0, "{who} {folder:?}");
    }
    let kept = world.core.practice_of(&ann);
    assert_eq!((kept.len(), kept[0].number, kept[0].to.len()), (1, 1, 2));
    assert_eq!(world.core.practice_of(&world.address("bo").mailbox()).len(), 0);
    let lines = |kind: &str| world.core.ledger.read(kind).unwrap().into_iter().map(|line| line.data.to_string());
    let ledger: String = ["drill-begun", "drill-mark", "audit", "notice", "mode"].into_iter().flat_map(lines).collect();
    assert!(
        ledger.contains("replied") && !ledger.contains("outside.example") && !ledger.contains("Subject: practice"),
        "that she answered is recorded, not what"
    );
    let report = end(&world, &id);
    assert_eq!(report.counts.replied, 1);
    assert_eq!(world.core.practice_of(&ann).len(), 0, "it is gone with the drill");
}

#[test]
fn a_real_outage_ends_a_drill_at_once() {
    let world = World::new();
    let id = begun(&world);
    let ann = world.address("ann").mailbox();
    lock(&world.core.sessions).open(crate::auth::Token("t".to_owned()), "c".to_owned(), ann, world.core.now().mono);
    world.core.feed(Input::Start { by: "cli:root".to_owned(), reason: "fire".to_owned() });
    assert!(world.core.scopes().is_empty());
    look(&world.core);
    assert_eq!(report(&world, &id).ended, Ended::Outage);
    assert_eq!(world.core.mode().mode, Mode::Continuity);
    assert_eq!(lock(&world.core.sessions).len(), 1, "who practises stays signed in");
    let refused = start(&world.core, &whom(&["ann@example.com"]), false, "", "cli:root");
    assert!(refused.exit == 1 && refused.text.contains("no time for a drill"), "{}", refused.text);
}

#[test]
fn a_restart_forgets_nothing_of_a_drill_but_what_was_written() {
    let world = World::new();
    let id = begun(&world);
    let ann = world.address("ann").mailbox();
    world.core.note_drill(&ann, Mark::SignedIn);
    let world = world.restarted();
    look(&world.core);
    world.core.note_drill(&ann, Mark::SignedIn);
    assert_eq!(world.core.ledger.read("drill-mark").unwrap().len(), 1);
    let report = end(&world, &id);
    assert_eq!((report.counts.people, report.counts.signed_in), (2, 1));
    let world = world.restarted();
    look(&world.core);
    assert_eq!(world.core.ledger.read("drill").unwrap().len(), 1, "it is reported once");
}

#[test]
fn a_drill_needs_people_and_a_time_and_is_alone() {
    let world = World::new();
    let refused = |whom: &Whom, all: bool, part: &str| {
        let answer = start(&world.core, whom, all, "", "cli:root");
        assert!(answer.exit == 1 && answer.text.contains(part), "{part}: {}", answer.text);
    };
    refused(&Whom::default(), false, "Say who takes part");
    refused(&whom(&["ann@example.com"]), true, "either --all");
    refused(&whom(&["nobody@example.com"]), false, "not in the directory");
    refused(&Whom { length_s: Some(1), ..whom(&["ann@example.com"]) }, false, "A drill lasts");
    refused(&Whom { groups: vec!["sales".to_owned()], ..Whom::default() }, false, "Nobody in the directory");
    let answer = start(&world.core, &Whom::default(), true, "", "cli:root");
    assert_eq!((answer.exit, &answer.json["people"]), (0, &2.into()), "{}", answer.text);
    refused(&whom(&["ann@example.com"]), false, "A drill is going on already");
    assert!(Wall(0).plus(Duration::from_secs(1)) < world.core.now().wall);
}
