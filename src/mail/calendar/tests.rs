//! Calendars as Outlook, Google and others write them.

use jiff::civil::date as day;

use super::*;
use crate::clock::Wall;
use crate::mail::date;

const OUTLOOK: &str = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\n\
BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\n\
TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n\
BEGIN:VEVENT\r\nORGANIZER;CN=Bo Larsen:MAILTO:bo@x.test\r\nATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=\"Smith, Ann\":MAILTO:ann@exam\r\n \
ple.com\r\nATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:clara@example.com\r\nDESCRIPTION;LANGUAGE=en-US:Bring the plan\\, please.\\n\r\n\
UID:040000008200E00074C5B7101A82E008\r\nSUMMARY;LANGUAGE=en-US:Shelves\\; second round\r\nDTSTART;TZID=W. Europe Standard Time:20260702T100000\r\n\
DTEND;TZID=W. Europe Standard Time:20260702T113000\r\nSEQUENCE:2\r\nLOCATION:Room 4\r\nSTATUS:CONFIRMED\r\n\
BEGIN:VALARM\r\nDESCRIPTION:REMINDER\r\nTRIGGER;RELATED=START:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn at(text: &str) -> Wall {
    date::from_rfc3339(text).unwrap()
}

fn event(lines: &str) -> Event {
    read(&format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n")).unwrap().events.remove(0)
}

#[test]
fn an_outlook_invitation_is_read() {
    let calendar = read(OUTLOOK).unwrap();
    assert_eq!((calendar.method, calendar.events.len()), (Method::Request, 1));
    let event = &calendar.events[0];
    assert_eq!((event.summary.as_str(), event.location.as_str(), event.sequence), ("Shelves; second round", "Room 4", 2));
    assert_eq!(event.description, "Bring the plan, please.");
    assert_eq!(event.start.as_ref().map(Moment::wall), Some(at("2026-07-02T08:00:00Z")));
    assert_eq!(event.end.as_ref().map(Moment::wall), Some(at("2026-07-02T09:30:00Z")));
    assert_eq!(event.organizer.as_ref().map(|guest| guest.address.as_str()), Some("bo@x.test"));
    let guests: Vec<_> =
        event.guests.iter().map(|guest| (guest.name.as_str(), guest.address.as_str(), guest.answer, guest.optional)).collect();
    assert_eq!(guests, [("Smith, Ann", "ann@example.com", Answer::Open, false), ("", "clara@example.com", Answer::Accepted, true)]);
    assert_eq!(event.status, Some(Status::Confirmed));
}

#[test]
fn zones_are_known_by_many_names() {
    let check = |id: &str, expected: &str| {
        let event = event(&format!("DTSTART;TZID={id}:20260702T100000"));
        assert_eq!(event.start.map(|start| start.wall()), Some(at(expected)), "{id}");
    };
    check("Europe/Berlin", "2026-07-02T08:00:00Z");
    check("Pacific Standard Time", "2026-07-02T17:00:00Z");
    check("/freeassociation.sourceforge.net/America/New_York", "2026-07-02T14:00:00Z");
    check("\"(UTC+05:30) Chennai, Kolkata\"", "2026-07-02T04:30:00Z");
    check("UTC", "2026-07-02T10:00:00Z");
}

#[test]
fn a_zone_of_the_calendars_own_follows_its_rules() {
    let own = OUTLOOK.replace("W. Europe Standard Time", "Custom 7");
    assert_eq!(read(&own).unwrap().events[0].start.as_ref().map(Moment::wall), Some(at("2026-07-02T08:00:00Z")));
    let winter = own.replace("20260702", "20260105");
    assert_eq!(read(&winter).unwrap().events[0].start.as_ref().map(Moment::wall), Some(at("2026-01-05T09:00:00Z")));
    let fixed = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Q\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:-0330\nTZOFFSETTO:-0330\n\
                 END:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=Q:20260105T100000\nEND:VEVENT\nEND:VCALENDAR\n";
    assert_eq!(read(fixed).unwrap().events[0].start.as_ref().map(Moment::wall), Some(at("2026-01-05T13:30:00Z")));
}

fn check_days(rule: &str, start: (i16, i8, i8), expected: &[(i16, i8, i8)]) {
    let start = day(start.0, start.1, start.2);
    let found = Rule::parse(rule).unwrap().days(start, start, day(2035, 1, 1), expected.len());
    let expected: Vec<_> = expected.iter().map(|(y, m, d)| day(*y, *m, *d)).collect();
    assert_eq!(found, expected, "{rule}");
}

#[test]
fn rules_give_their_days() {
    check_days("FREQ=DAILY;INTERVAL=3", (2026, 3, 1), &[(2026, 3, 1), (2026, 3, 4), (2026, 3, 7)]);
    check_days("FREQ=WEEKLY;BYDAY=MO,WE", (2026, 3, 2), &[(2026, 3, 2), (2026, 3, 4), (2026, 3, 9)]);
    check_days("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", (1997, 8, 5), &[(1997, 8, 5), (1997, 8, 10), (1997, 8, 19), (1997, 8, 24)]);
    check_days("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", (1997, 8, 5), &[(1997, 8, 5), (1997, 8, 17), (1997, 8, 19), (1997, 8, 31)]);
    check_days("FREQ=MONTHLY;BYDAY=-1FR", (2026, 3, 27), &[(2026, 3, 27), (2026, 4, 24), (2026, 5, 29)]);
    check_days("FREQ=MONTHLY;BYMONTHDAY=-1", (2026, 1, 31), &[(2026, 1, 31), (2026, 2, 28), (2026, 3, 31)]);
    check_days("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", (2026, 1, 30), &[(2026, 1, 30), (2026, 2, 27), (2026, 3, 31)]);
    check_days("FREQ=MONTHLY", (2026, 1, 31), &[(2026, 1, 31), (2026, 3, 31), (2026, 5, 31)]);
    check_days("FREQ=YEARLY", (2024, 2, 29), &[(2024, 2, 29), (2028, 2, 29)]);
    check_days("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", (2026, 11, 26), &[(2026, 11, 26), (2027, 11, 25)]);
    assert_eq!(Rule::parse("FREQ=HOURLY"), None);
    assert_eq!(Rule::parse("FREQ=DAILY;UNTIL=soon"), None);
}

#[test]
fn series_end_where_they_say() {
    let days = |rule: &str| Rule::parse(rule).unwrap().days(day(2026, 3, 2), day(2026, 3, 1), day(2027, 1, 1), 100).len();
    assert_eq!((days("FREQ=DAILY;COUNT=5"), days("FREQ=WEEKLY;UNTIL=20260323T090000Z"), days("FREQ=DAILY")), (5, 4, 100));
    let later = Rule::parse("FREQ=DAILY;COUNT=5").unwrap().days(day(2026, 3, 2), day(2026, 3, 5), day(2027, 1, 1), 100);
    assert_eq!(later, [day(2026, 3, 5), day(2026, 3, 6)]);
}

#[test]
fn occurrences_keep_their_time_of_day_and_leave_exceptions_out() {
    let event =
        event("DTSTART;TZID=Europe/Berlin:20260323T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20260330T100000");
    let times = event.times(at("2026-03-20T00:00:00Z"), at("2026-04-20T00:00:00Z"), 3);
    let starts: Vec<_> = times.iter().map(|(start, _)| start.wall()).collect();
    assert_eq!(starts, [at("2026-03-23T09:00:00Z"), at("2026-04-06T08:00:00Z"), at("2026-04-13T08:00:00Z")]);
    assert_eq!(times[1].1.wall(), at("2026-04-06T09:00:00Z"));
    let whole = self::event("DTSTART;VALUE=DATE:20260401\nDTEND;VALUE=DATE:20260403");
    assert_eq!(
        whole.times(at("2026-03-01T00:00:00Z"), at("2026-05-01T00:00:00Z"), 9),
        [(Moment::Day(day(2026, 4, 1)), Moment::Day(day(2026, 4, 3)))]
    );
}

#[test]
fn an_answer_can_be_read_again_and_nothing_breaks_out_of_it() {
    let mut event = read(OUTLOOK).unwrap().events.remove(0);
    event.uid.push_str(&"x".repeat(100));
    let me =
        Guest { name: "Ann \"X\"\r\nEVIL:1".to_owned(), address: "ann@example.com".to_owned(), answer: Answer::Tentative, optional: false };
    let written = reply(&event, &me, "maybe; so, ü\nEND:VEVENT", at("2026-03-03T09:15:02Z"));
    assert!(written.lines().all(|line| line.len() <= 75) && written.contains("DTSTAMP:20260303T091502Z"), "{written}");
    assert!(!written.contains("\nEVIL"), "{written}");
    let again = read(&written).unwrap();
    assert_eq!((again.method, again.events.len()), (Method::Reply, 1));
    let answered = &again.events[0];
    assert_eq!(
        (&answered.uid, answered.sequence, &answered.start.as_ref().map(Moment::wall)),
        (&event.uid, 2, &event.start.as_ref().map(Moment::wall))
    );
    assert_eq!((answered.guests[0].answer, answered.guests[0].address.as_str()), (Answer::Tentative, "ann@example.com"));
    assert_eq!(answered.comment, "maybe; so, ü\nEND:VEVENT");
}

#[test]
fn broken_calendars_do_not_break() {
    assert!(read("").is_none() && read("BEGIN:VCALENDAR\nEND:VCALENDAR").is_none());
    let mut random = fastrand::Rng::with_seed(17);
    let good =
        format!("{}RRULE:FREQ=MONTHLY;BYDAY=2TU;BYSETPOS=-1;COUNT=9\nEND:VEVENT\nEND:VCALENDAR", OUTLOOK.split("STATUS").next().unwrap());
    for _ in 0..3_000 {
        let mut octets = good.clone().into_bytes();
        for _ in 0..random.usize(1..8) {
            let at = random.usize(..octets.len());
            octets[at] = random.u8(..);
        }
        if let Some(calendar) = read(&String::from_utf8_lossy(&octets)) {
            for event in &calendar.events {
                event.times(Wall(0), Wall(u64::MAX), 5);
                reply(event, &Guest::default(), "", Wall(u64::MAX));
            }
        }
    }
    // The most work that a rule can make.
    let slow = event("DTSTART:00010101T000000Z\nRRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366;COUNT=4000000000");
    slow.times(at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"), 5);
}
