//! The numbers of an event's report, against a count of the test's own: from the replies that senders got, and from what the primary
//! and the smart host noted. The box is not asked for any of it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::lifeboat::{Lifeboat, Setup};
use crate::harness::person::Person;
use crate::harness::scripted::{Behaviour, Refused, Scripted, Taken};
use crate::harness::{SMARTHOST, folder, mail, sender, wait_for};

const LIMIT: Duration = Duration::from_secs(180);
/// Nobody at the smart host's side has it.
const GONE: &str = "gone@elsewhere.example";
/// The primary knows it no more when it is back, and has no room for the other.
const UNKNOWN: &str = "carla@example.com";
const FULL: &str = "bo@example.com";
const ANN: &str = "ann@example.com";
const DORA: &str = "dora@example.com";

/// What the test saw itself.
#[derive(Default)]
struct Count {
    messages: usize,
    recipients: usize,
    /// Said by the box, one way or the other, to senders.
    turned_away: usize,
}

impl Count {
    /// From outside, by a sender of its own for each message.
    fn send(&mut self, lifeboat: &Lifeboat, to: &[&str], subject: &str) {
        let from = format!("{}@outside.example", subject.replace(' ', "-"));
        let (mut session, _) = sender::Session::open(lifeboat.smtp).unwrap();
        session.command("EHLO sender.outside.example").unwrap();
        assert!(session.command(&format!("MAIL FROM:<{from}>")).unwrap().starts_with("250"));
        let mut accepted = 0;
        for recipient in to {
            match session.command(&format!("RCPT TO:<{recipient}>")).unwrap().starts_with("250") {
                true => accepted += 1,
                false => self.turned_away += 1,
            }
        }
        if accepted == 0 {
            return;
        }
        assert!(session.command("DATA").unwrap().starts_with("354"));
        session.write(&sender::stuffed(&mail::message(to[0], subject, "text"))).unwrap();
        assert!(session.reply().unwrap().starts_with("250"), "{subject}");
        self.messages += 1;
        self.recipients += accepted;
    }

    /// Somebody answers a message: to its sender, and one more.
    fn answer(&mut self, lifeboat: &Lifeboat, folder: &Path, who: &str, subject: &str, also_to: &str) {
        let person = Person::new(lifeboat.web, folder, who.split('@').next().unwrap());
        person.sign_in(who, &lifeboat.password(who));
        let message = person.open(subject);
        person.answer(&message, also_to, &format!("My answer to {subject}."));
        self.messages += 1;
        self.recipients += 2;
    }
}

/// Pairs of a message and a recipient.
fn pairs<'a>(taken: impl Iterator<Item = &'a Taken>) -> usize {
    taken.filter(|taken| taken.answered).map(|taken| taken.recipients.len()).sum()
}

/// How many different ones were refused with such a code: retries are the same refusal.
fn refused(all: &[Refused], code: char) -> usize {
    let different: BTreeSet<&Refused> = all.iter().filter(|refused| refused.reply.starts_with(code)).collect();
    different.len()
}

#[test]
fn the_numbers_of_an_events_report_are_those_of_a_count_from_outside() {
    let folder = folder();
    let here = folder.path();
    let (primary, outside) = (Scripted::start(), Scripted::start_at(SMARTHOST));
    outside.answer(GONE, "550 5.1.1 no such user here");
    let people = [ANN, FULL, UNKNOWN, DORA].map(str::to_owned).to_vec();
    let setup = Setup { smarthost: Some(outside.smtp), people, ..Setup::new(primary.smtp) };
    let lifeboat = Lifeboat::start(here, &setup);
    // What comes before the event is none of it.
    Count::default().send(&lifeboat, &[ANN, DORA], "before");
    wait_for("it is at the primary", LIMIT, || (primary.taken().len() == 1).then_some(()));

    primary.behave(Behaviour::NoBanner);
    lifeboat.wait_mode("continuity", LIMIT);
    let mut count = Count::default();
    for number in 0..20 {
        match number % 4 {
            0 => count.send(&lifeboat, &[ANN], &format!("one {number}")),
            1 => count.send(&lifeboat, &[ANN, DORA], &format!("two {number}")),
            2 => count.send(&lifeboat, &[DORA, "ann+list@example.com"], &format!("detail {number}")),
            _ => count.send(&lifeboat, &[DORA, "stranger@example.com"], &format!("stranger {number}")),
        }
    }
    // Behind the gate's batch: a server that refuses many of those is not yet whole.
    count.send(&lifeboat, &[UNKNOWN], "for one whom nobody knows");
    count.send(&lifeboat, &[ANN, UNKNOWN, FULL], "for three");
    count.send(&lifeboat, &[FULL], "for a full mailbox");
    count.send(&lifeboat, &["only-stranger@example.com"], "for a stranger alone");
    count.answer(&lifeboat, here, ANN, "one 0", DORA);
    count.answer(&lifeboat, here, DORA, "two 1", GONE);
    wait_for("the answers are outside", LIMIT, || (outside.taken().len() == 2).then_some(()));

    primary.answer(UNKNOWN, "550 5.1.1 unknown");
    primary.answer(FULL, "452 4.2.2 mailbox full");
    primary.behave(Behaviour::Good);
    lifeboat.wait_mode("normal", LIMIT);

    let taken = primary.taken().split_off(1);
    // The box's own: the report about the address that is gone, and what ann and dora wrote, as one mail each.
    let own: Vec<&Taken> = taken.iter().filter(|taken| taken.reverse_path.contains("<>")).collect();
    assert_eq!(own.len(), 3, "{own:?}");
    let expected = json!({
        "messages": count.messages + own.len(),
        "recipients": count.recipients + pairs(own.iter().copied()),
        "delivered": pairs(taken.iter()) + pairs(outside.taken().iter()),
        "refused": 0,
        "bounced": refused(&outside.refused(), '5'),
        "held": refused(&primary.refused(), '5'),
        "queued": refused(&primary.refused(), '4'),
    });
    // The count itself is sound: each recipient has one outcome, and each outcome is there.
    let number = |name: &str| expected[name].as_u64().unwrap();
    assert_eq!(number("recipients"), ["delivered", "bounced", "held", "queued"].map(number).iter().sum::<u64>(), "{expected}");
    assert_eq!((number("bounced"), number("held"), number("queued")), (1, 2, 2), "{expected}");
    assert_eq!(count.turned_away, 6);

    let events: Value = serde_json::from_str(&lifeboat.command(&["event", "list", "--json"])).unwrap();
    let id = events["closed"][0]["id"].as_str().unwrap();
    let event: Value = serde_json::from_str(&lifeboat.command(&["event", "show", id, "--json"])).unwrap();
    compare(&event["report"]["tally"], &expected, "the report on record");
    let mut counts = expected.clone();
    counts["waiting"] = counts.as_object_mut().unwrap().remove("queued").unwrap();
    compare(&event["counts"]["total"], &counts, "the report");
    let is_digest = |taken: &Taken| taken.subject.starts_with("Mail you wrote");
    let by_path = |part: &str| pairs(taken.iter().filter(|taken| taken.reverse_path.contains(part)));
    let origin = |name: &str, row: Value| {
        let rows = event["counts"]["origins"].as_array().unwrap();
        let found = rows.iter().find(|row| row["origin"] == name).unwrap_or_else(|| panic!("no {name}: {rows:?}"));
        compare(found, &row, name);
    };
    let answers = 2;
    let (delivered, waiting, held) = (by_path("@outside.example>"), number("queued"), number("held"));
    origin("inbound", json!({ "messages": count.messages - answers, "delivered": delivered, "waiting": waiting, "held": held }));
    let delivered = by_path("@example.com>") + pairs(outside.taken().iter());
    origin("webmail", json!({ "messages": answers, "delivered": delivered, "bounced": number("bounced") }));
    origin("digest", json!({ "messages": own.iter().filter(|taken| is_digest(taken)).count() }));
    origin("dsn", json!({ "messages": own.iter().filter(|taken| !is_digest(taken)).count() }));
    assert_eq!(event["counts"]["written_by"], json!([[ANN, 1], [DORA, 1]]));
    let signed_in: Vec<&str> = event["signed_in"].as_array().unwrap().iter().filter_map(|person| person["mailbox"].as_str()).collect();
    assert_eq!(signed_in, [ANN, DORA]);
    let table = lifeboat.command(&["event", "show", id, "--csv"]);
    for outcome in ["delivered", "bounced", "held", "queued"] {
        let mut rows = csv::Reader::from_reader(table.as_bytes());
        let place = rows.headers().unwrap().iter().position(|name| name == "outcome").expect("a column `outcome`");
        let of_it = rows.records().filter(|row| row.as_ref().unwrap()[place] == *outcome).count();
        assert_eq!(of_it as u64, number(outcome), "{outcome}: {table}");
    }
}

/// Every value that was counted is what the box says.
fn compare(said: &Value, counted: &Value, what: &str) {
    for (name, value) in counted.as_object().unwrap() {
        assert_eq!(&said[name], value, "{what}: {name}: the box says {said}, the count from outside {counted}");
    }
}
