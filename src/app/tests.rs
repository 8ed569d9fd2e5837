//! The room as a whole: what is recorded when the disk fails, when an operator decides in the middle, and when the box stops.

use crate::mail::DsnRequest;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Running;
use super::core::{ModeLine, lock};
use super::housekeeping::look_at_queues;
use super::outgoing::{Outgoing, Source};
use super::queue::Runner;
use super::testing::{Primary, World, config, wait_for};
use super::verbs;
use super::writing::ALARM_FULL;
use crate::clock::{Clock, SystemClock, Wall};
use crate::continuity::{Mode, Saved};
use crate::control::{Selection, Verb};
use crate::limits;
use crate::net::dns::Resolver;
use crate::net::rt;
use crate::relay::handover::Attempt;
use crate::relay::{DeliveryState, Queue, Route};
use crate::smtp::Reply;
use crate::smtp::client::Transaction;
use crate::store::{Change, Disk, Options, Store};

fn delivered(world: &World) -> DeliveryState {
    DeliveryState::Delivered { at: world.core.now().wall, reply: "250 ok".to_owned(), by: "primary".to_owned() }
}

fn run_queue(world: &World) -> rt::Task<()> {
    rt::spawn(Runner::new(world.core.clone(), world.outgoing(), Queue::Primary).run())
}

#[test]
fn an_outcome_is_recorded_however_long_the_disk_fails() {
    let world = World::new();
    let message = world.stored("ann", DeliveryState::InSession);
    world.files.failing.store(true, Ordering::SeqCst);
    let (core, state) = (world.core.clone(), delivered(&world));
    let recorded = rt::spawn(async move { core.write_states(message, vec![(0, state)]).await });
    wait_for("the admin is told", || lock(&world.core.alarms).contains_key(ALARM_FULL));
    assert_eq!(world.state(message), DeliveryState::InSession);
    world.files.failing.store(false, Ordering::SeqCst);
    rt::block_on(recorded);
    assert!(matches!(world.state(message), DeliveryState::Delivered { .. }));
}

#[test]
fn a_disk_that_fails_does_not_make_the_primary_get_a_message_again_and_again() {
    let primary = Primary::start();
    primary.think(true);
    let world = World::with_primary(primary.address);
    let message = world.queued_for("ann");
    let runner = run_queue(&world);
    wait_for("the primary has it", || primary.taken() == 1);
    world.files.failing.store(true, Ordering::SeqCst);
    primary.think(false);
    wait_for("the outcome could not be written", || lock(&world.core.alarms).contains_key(ALARM_FULL));
    for _ in 0..20 {
        world.core.kick(Queue::Primary);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(primary.taken(), 1);
    world.files.failing.store(false, Ordering::SeqCst);
    wait_for("it is recorded", || matches!(world.state(message), DeliveryState::Delivered { .. }));
    assert_eq!(primary.taken(), 1);
    drop(runner);
}

/// What the mode is, and how many tries are counted, after MAIL was put off for a message that had been tried so often.
fn put_off(attempts: u32) -> (Mode, u32) {
    let primary = Primary::start();
    primary.put_off(true);
    let world = World::with_primary(primary.address);
    let next_at = world.core.now().wall;
    let before = DeliveryState::Queued { attempts, next_at, last: None, in_doubt: false, held: 0, reported: false };
    let message = world.stored("ann", before.clone());
    let runner = run_queue(&world);
    wait_for("it was tried", || world.state(message) != before);
    drop(runner);
    let DeliveryState::Queued { attempts, .. } = world.state(message) else { panic!("{:?}", world.state(message)) };
    (world.core.mode().mode, attempts)
}

#[test]
fn one_sender_whom_the_primary_always_puts_off_casts_doubt_on_it_once() {
    assert_eq!(put_off(0), (Mode::Suspect, 1));
    assert_eq!(put_off(1), (Mode::Normal, 2));
}

#[test]
fn an_operator_and_a_hand_over_never_both_decide() {
    let primary = Primary::start();
    primary.think(true);
    let world = World::with_primary(primary.address);
    let message = world.queued_for("ann");
    let runner = run_queue(&world);
    wait_for("the primary has it", || primary.taken() == 1);
    let by = || "admin".to_owned();
    for verb in [
        Verb::QueueBounce { selection: Selection::of(message.0), yes: false, by: by() },
        Verb::QueueHold { selection: Selection::of(message.0), by: by() },
    ] {
        let answer = verbs::execute(&world.core, verb.clone());
        assert!(answer.exit != 0, "{verb:?}: {answer:?}");
    }
    primary.think(false);
    wait_for("it is delivered", || matches!(world.state(message), DeliveryState::Delivered { .. }));
    wait_for("the claim is gone", || world.core.claims.is_idle(Queue::Primary));
    drop(runner);

    let held = world.queued_for("ann");
    assert!(verbs::execute(&world.core, Verb::QueueHold { selection: Selection::of(held.0), by: by() }).exit == 0);
    assert!(matches!(world.state(held), DeliveryState::Held { .. }));
}

#[test]
fn mail_that_waits_long_before_a_healthy_primary_is_an_alarm() {
    let world = World::new();
    let is_alarmed = || {
        rt::block_on(look_at_queues(&world.core));
        lock(&world.core.alarms).contains_key("queue-primary-old")
    };
    let old = Wall(world.core.now().wall.0 - 2 * limits::QUEUE_OLD.as_millis() as u64);
    let message = world.queued_since("ann", old);
    assert!(is_alarmed());
    let change = Change::Delivery { message, recipient: 0, state: delivered(&world) };
    world.core.store.write_wait(vec![change], world.core.now().wall).unwrap();
    world.queued_for("bo");
    assert!(!is_alarmed());
}

#[test]
fn answers_that_never_come_do_not_keep_other_mail_waiting() {
    let primary = Primary::start();
    primary.think(true);
    let world = World::with_primary(primary.address);
    let mut outgoing = Outgoing::new(world.core.clone(), Resolver::new()).unwrap();
    outgoing.slot_patience = Duration::from_millis(50);
    let outgoing = Arc::new(outgoing);
    // More than there are slots, and each waits for the answer to its final dot.
    let sending: Vec<_> = (0..15)
        .map(|n| {
            let (outgoing, message) = (outgoing.clone(), world.queued_for(&format!("p{n}")));
            let source = Source::Stored { store: world.core.store.clone(), message };
            let recipients = vec![world.address(&format!("p{n}"))];
            let transaction =
                Transaction { reverse_path: None, recipients, eight_bit: false, smtputf8: false, size: 100, dsn: DsnRequest::default() };
            rt::spawn(async move { outgoing.send(Route::Primary, &transaction, &source).await })
        })
        .collect();
    wait_for("all have reached the primary", || primary.taken() == 15);
    primary.think(false);
    for attempt in sending {
        let (attempt, _) = rt::block_on(attempt);
        assert!(matches!(&attempt, Attempt::Sent(sent) if sent.end.as_ref().is_some_and(Reply::is_positive)), "{attempt:?}");
    }
}

#[test]
fn retry_finds_messages_far_behind_in_the_queue() {
    let world = World::new();
    let later = || DeliveryState::Queued {
        attempts: 3,
        next_at: world.core.now().wall.plus(Duration::from_secs(600)),
        last: None,
        in_doubt: false,
        held: 0,
        reported: false,
    };
    let messages: Vec<_> = (0..crate::limits::QUEUE_PAGE_ENTRIES + 2).map(|_| world.stored("ann", later())).collect();
    let is_due = |message| matches!(world.state(message), DeliveryState::Queued { next_at, .. } if next_at <= world.core.now().wall);
    let last = messages[messages.len() - 1];
    let retry = |message: Option<u64>| {
        let selection = Selection { message, ..Selection::default() };
        verbs::execute(&world.core, Verb::QueueRetry { selection, by: "admin".to_owned() })
    };
    assert!(retry(Some(last.0)).exit == 0 && is_due(last) && !is_due(messages[0]));
    assert!(retry(None).exit == 0 && messages.iter().all(|message| is_due(*message)));
}

#[test]
fn a_primary_that_is_away_is_not_hammered_and_order_holds() {
    let world = World::new();
    let messages: Vec<_> = (0..50).map(|n| world.queued_for(&format!("p{n}"))).collect();
    let runner = run_queue(&world);
    let tried = || messages.iter().filter(|message| matches!(world.state(**message), DeliveryState::Queued { last: Some(_), .. })).count();
    wait_for("it is tried", || tried() > 0);
    for _ in 0..30 {
        world.core.kick(Queue::Primary);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(tried() <= crate::limits::DRAIN_PARALLEL_MAX, "{} of {}", tried(), messages.len());
    drop(runner);
}

#[test]
fn mail_of_one_person_goes_out_in_order_whatever_the_alias() {
    let primary = Primary::start();
    let world = World::with_primary(primary.address);
    let expected: Vec<String> = ["ann", "a", "ann", "a", "ann", "a", "ann", "a"].map(|user| format!("{user}@example.com")).into();
    for address in &expected {
        world.queued_for(address.trim_end_matches("@example.com"));
    }
    let runner = run_queue(&world);
    wait_for("all are delivered", || world.queued().is_empty());
    assert_eq!(primary.recipients(), expected);
    drop(runner);
}

#[test]
fn the_configuration_counts_when_it_changes_and_the_operator_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), super::testing::nowhere());
    let now = SystemClock::new().now();
    let check = |configured: bool, was: Option<bool>, saved: bool, expected: bool| {
        let mut config = config.clone();
        config.monitor.automatic = configured;
        let saved = Saved { automatic: saved, ..Saved::default() };
        let line = ModeLine { configured_automatic: was, ..ModeLine::of(saved, None) };
        assert_eq!(super::restore(&config, Some(line), now).saved().automatic, expected);
    };
    check(true, Some(true), false, false);
    check(false, Some(true), true, false);
    check(true, Some(false), false, true);
    check(true, None, false, false);
}

fn converse(box_: SocketAddr, lines: &[&str]) -> String {
    let stream = TcpStream::connect(box_).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut reply = String::new();
    let mut read = || {
        loop {
            reply.clear();
            if reader.read_line(&mut reply).unwrap() == 0 || reply.as_bytes().get(3) != Some(&b'-') {
                return reply.clone();
            }
        }
    };
    let mut last = read();
    for line in lines {
        (&stream).write_all(line.as_bytes()).unwrap();
        last = read();
    }
    last
}

#[test]
fn an_orderly_stop_waits_for_the_primarys_word() {
    let primary = Primary::start();
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), primary.address);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let running = Running::start(config.clone(), clock.clone()).unwrap();
    let smtp = running.smtp_addresses()[0];
    primary.think(true);
    let sender = std::thread::spawn(move || {
        let message = ["EHLO x\r\n", "MAIL FROM:<x@outside.example>\r\n", "RCPT TO:<ann@example.com>\r\n", "DATA\r\n", "text\r\n.\r\n"];
        converse(smtp, &message)
    });
    wait_for("the primary has it", || primary.taken() == 1);
    let stopping = std::thread::spawn(move || running.stop());
    // Longer than sessions get: the session is cut, the hand-over is not.
    std::thread::sleep(super::STOP_GRACE + Duration::from_millis(500));
    primary.think(false);
    stopping.join().unwrap();
    drop(sender.join());
    let options = Options { data_dir: config.server.data_dir };
    let (store, _) = Store::open(&options, Arc::new(Disk), clock.now().wall).unwrap();
    assert_eq!(store.wait_ready().in_doubt, 0);
    let tally = store.view().tally(crate::store::Seq(0), None, &[]).unwrap();
    assert_eq!((tally.recipients, tally.delivered), (1, 1));
}
