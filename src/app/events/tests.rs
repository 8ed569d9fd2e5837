//! Reports of events on a real ledger and a real store: the numbers against a count made otherwise, and the same after a restart.

use std::collections::BTreeMap;

use super::*;
use crate::app::testing::World;
use crate::continuity::{Class, Evidence, Gate, Probe};
use crate::control::{CountRow, EventDocument, EventKind, MomentKind};
use crate::mail::DsnRequest;
use crate::net::rt;
use crate::relay::DeliveryState;

fn begin(world: &World) -> String {
    world.core.feed(Input::Start { by: "cli:ann".to_owned(), reason: "the power goes at noon".to_owned() });
    world.core.mode().event.unwrap().id.0
}

fn finish(world: &World) {
    world.core.feed(Input::End { by: "cli:ann".to_owned(), force: true });
    assert_eq!(world.core.mode().mode, Mode::Recovering);
    // The hand-over is over only while the primary is seen to work.
    world.core.feed(Input::Observed(Evidence::new(world.core.now().wall, Probe::Smtp, Class::Healthy, "")));
    world.core.feed(Input::Gate(Gate::Done));
    assert_eq!(world.core.mode().mode, Mode::Normal);
}

fn document(world: &World, id: &str) -> EventDocument {
    let answer = show(&world.core, id);
    assert_eq!(answer.exit, 0, "{}", answer.text);
    serde_json::from_value(answer.json).unwrap()
}

fn settle(world: &World, message: Seq, state: DeliveryState) {
    rt::block_on(world.core.write_states(message, vec![(0, state)]));
}

fn delivered(world: &World) -> DeliveryState {
    DeliveryState::Delivered { at: world.core.now().wall, reply: "250 ok".to_owned(), by: "primary".to_owned() }
}

/// An event with mail of every outcome; what the report has to say of it is written down by hand, message by message.
fn eventful() -> (World, String, BTreeMap<&'static str, u64>) {
    let world = World::new();
    world.queued_for("ann"); // Before the event: none of it.
    let id = begin(&world);
    let at = world.core.now().wall;
    let mut expected = BTreeMap::new();
    let mut note = |outcome| *expected.entry(outcome).or_default() += 1;
    for _ in 0..5 {
        settle(&world, world.queued_for("ann"), delivered(&world));
        note("delivered");
    }
    for _ in 0..2 {
        world.stored("bo", DeliveryState::Held { at, reason: "550 5.1.1 unknown".to_owned(), by_gate: true, attempts: 1 });
        note("held");
    }
    world.stored("bo", DeliveryState::Refused { at, reply: "550 5.7.1 no".to_owned() });
    note("refused");
    world.stored("bo", DeliveryState::Bounced { at, reply: "5.4.7 too old".to_owned(), dsn: None });
    note("bounced");
    world.outward(Some(world.address("ann")), &["x@outside.example", "=cmd@outside.example"], DsnRequest::default(), at);
    note("waiting");
    note("waiting");
    world.stored("bo", DeliveryState::InSession);
    note("in hand");
    world.wrote("ann", "one");
    (world, id, expected)
}

fn check_row(row: &CountRow, expected: &BTreeMap<&str, u64>) {
    let has = |outcome| expected.get(outcome).copied().unwrap_or_default();
    assert_eq!(
        [row.delivered, row.waiting, row.held, row.refused, row.bounced, row.in_hand],
        ["delivered", "waiting", "held", "refused", "bounced", "in hand"].map(has),
        "{row:?}"
    );
    assert_eq!(row.recipients, expected.values().sum::<u64>());
}

#[test]
fn the_numbers_are_those_of_the_mail_and_the_same_after_a_restart() {
    let (world, id, mut expected) = eventful();
    check_row(&document(&world, &id).counts.total, &expected);
    assert_eq!(document(&world, &id).state, EventState::Open);
    // A restart would put what is in hand into the queue.
    let view = world.core.store.view();
    let in_hand =
        (1..=view.newest().0).find(|number| view.deliveries(Seq(*number)).unwrap().iter().any(|to| to.state == DeliveryState::InSession));
    settle(&world, Seq(in_hand.unwrap()), delivered(&world));
    let moved = expected.remove("in hand").unwrap();
    *expected.get_mut("delivered").unwrap() += moved;
    finish(&world);
    world.queued_for("ann"); // After the event: none of it.
    let before = document(&world, &id);
    check_row(&before.counts.total, &expected);
    let messages: Vec<(String, u64)> = before.counts.origins.iter().map(|row| (row.origin.clone(), row.messages)).collect();
    assert_eq!(messages, [("inbound".to_owned(), 10), ("trusted".to_owned(), 1), ("webmail".to_owned(), 1)]);
    assert_eq!(before.counts.written_by, [("ann@example.com".to_owned(), 1)]);
    let world = world.restarted();
    let after = document(&world, &id);
    let same = EventDocument { counts: EventCounts { at: before.counts.at.clone(), ..after.counts.clone() }, ..after };
    assert_eq!(same, before);
}

#[test]
fn a_report_says_who_did_what_in_order() {
    let world = World::new();
    let before = world.core.now().wall;
    world.core.audit("cli:eve", "queue-retry", "all messages=0".to_owned());
    let id = begin(&world);
    world.core.audit("web:ann@example.com", "sign-in", "client=192.0.2.9".to_owned());
    world.core.audit("cli:bo", "queue-hold", "message=7 messages=1".to_owned());
    world.core.audit("web:ann@example.com", "sign-in", "client=192.0.2.9".to_owned());
    finish(&world);
    world.core.audit("cli:eve", "queue-retry", "all messages=0".to_owned());
    let event = document(&world, &id);
    let moments: Vec<(MomentKind, &str)> = event.timeline.iter().map(|moment| (moment.what, moment.by.as_str())).collect();
    use MomentKind::{Mode, Operator, SignIn};
    assert_eq!(moments, [(Mode, "cli:ann"), (SignIn, "web:ann@example.com"), (Operator, "cli:bo"), (Mode, "cli:ann"), (Mode, "monitor")]);
    assert_eq!((event.kind, event.state, event.by.as_str()), (EventKind::Operator, EventState::Over, "cli:ann"));
    assert!(event.reason.contains("the power goes at noon"), "{}", event.reason);
    assert_eq!((event.signed_in[0].mailbox.as_str(), event.signed_in[0].times), ("ann@example.com", 2));
    assert!(event.from >= date::rfc3339(before) && event.to.is_some());
    assert!(event.durations.hand_over_s.is_some() && event.durations.detected_s.is_none());
    let text = event.to_text();
    assert!(text.starts_with(&format!("Event {id}\n")) && text.contains("queue-hold message=7"), "{text}");
}

#[test]
fn a_long_timeline_keeps_its_beginning_and_its_end() {
    let world = World::new();
    let id = begin(&world);
    for number in 0..crate::limits::EVENT_TIMELINE_MAX {
        world.core.record("audit", &serde_json::json!({ "by": "x", "action": "deed", "detail": number.to_string() }), Wall(0));
    }
    finish(&world);
    let event = document(&world, &id);
    assert_eq!(event.timeline.len(), crate::limits::EVENT_TIMELINE_MAX);
    assert_eq!(event.left_out, 3);
    assert_eq!((event.timeline[0].what, event.timeline.last().unwrap().what), (MomentKind::Mode, MomentKind::Mode));
}

#[test]
fn there_is_no_report_of_what_never_was() {
    let world = World::new();
    assert_eq!(show(&world.core, "2026-03-03T09-15-02").exit, 1);
    assert_eq!(messages(&world.core, "2026-03-03T09-15-02", None).exit, 1);
    assert!(list(&world.core).text.contains("no continuity event"));
}

#[test]
fn the_list_has_a_row_for_each_recipient_and_comes_in_pages() {
    let (world, id, expected) = eventful();
    let mut rows: Vec<crate::control::EventMessage> = Vec::new();
    let mut start = None;
    let mut text = String::new();
    loop {
        let answer = messages(&world.core, &id, start);
        text += &answer.text;
        rows.extend(serde_json::from_value::<Vec<_>>(answer.json["rows"].clone()).unwrap());
        start = answer.json["next"].as_u64().map(Seq);
        if start.is_none() {
            break;
        }
    }
    let to_recipients = rows.iter().filter(|row| !row.recipient.is_empty()).count() as u64;
    assert_eq!(to_recipients, expected.values().sum::<u64>());
    assert_eq!(text.lines().count(), rows.len() + 1);
    assert!(text.starts_with("message,accepted,from,recipient,outcome,reply,at,origin\r\n"), "{text}");
    assert!(text.contains(",'=cmd@outside.example,queued,"), "{text}");
    // From the middle on: the same rows.
    let middle = rows[rows.len() / 2].message;
    let answer = messages(&world.core, &id, Some(Seq(middle)));
    let rest: Vec<crate::control::EventMessage> = serde_json::from_value(answer.json["rows"].clone()).unwrap();
    assert_eq!(rest, rows.into_iter().filter(|row| row.message >= middle).collect::<Vec<_>>());
}

#[test]
fn the_numbers_are_put_on_record_once_and_again_when_they_change() {
    let (world, id, _) = eventful();
    record_reports(&world.core).unwrap();
    let recorded = |world: &World| world.core.ledger.read("report").unwrap();
    assert_eq!(recorded(&world).len(), 0, "it is open");
    finish(&world);
    record_reports(&world.core).unwrap();
    record_reports(&world.core).unwrap();
    assert_eq!(recorded(&world).len(), 1);
    let held = world.core.store.view().held(None, 1).unwrap().remove(0);
    settle(&world, held.message, delivered(&world));
    record_reports(&world.core).unwrap();
    assert_eq!(recorded(&world).len(), 2);
    let line: ReportLine = serde_json::from_value(recorded(&world).pop().unwrap().data).unwrap();
    let now = document(&world, &id).counts;
    assert_eq!(EventCounts { at: String::new(), ..line.counts }, EventCounts { at: String::new(), ..now });
}

#[test]
fn the_list_of_events_says_of_which_kind_each_is() {
    let world = World::new();
    let first = begin(&world);
    finish(&world);
    let second = begin(&world);
    let rows: Vec<EventRow> = serde_json::from_value(list(&world.core).json["events"].clone()).unwrap();
    let seen: Vec<(&str, EventState)> = rows.iter().map(|row| (row.id.as_str(), row.state)).collect();
    assert_eq!(seen, [(second.as_str(), EventState::Open), (first.as_str(), EventState::Over)]);
    assert!(rows.iter().all(|row| row.kind == EventKind::Operator && row.by == "cli:ann"));
}

#[test]
fn an_event_for_some_counts_their_mail_only() {
    let world = World::new();
    let whom = crate::control::Whom { mailboxes: vec!["ann@example.com".to_owned()], ..Default::default() };
    let answer =
        crate::app::scope_verbs::start(&world.core, crate::continuity::Kind::Outage, &whom, "one database".into(), "cli:bo".into());
    assert_eq!(answer.exit, 0, "{}", answer.text);
    let id = answer.json["event"].as_str().unwrap().to_owned();
    world.queued_for("ann");
    world.queued_for("bo");
    world.wrote("ann", "hers");
    world.wrote("bo", "his");
    let event = document(&world, &id);
    assert_eq!((event.scope.words().as_str(), event.state), ("ann@example.com", EventState::Open));
    assert_eq!((event.counts.total.messages, event.counts.total.recipients), (2, 1));
    assert_eq!(event.counts.written_by, [("ann@example.com".to_owned(), 1)]);
    assert!(list(&world.core).text.contains("begun by hand, ann@example.com"), "{}", list(&world.core).text);
}
