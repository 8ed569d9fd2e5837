//! The answer to an invitation (RFC 5546 section 3.2.3).

use jiff::tz::TimeZone;

use super::event::{Answer, Event, Guest, Moment};
use crate::clock::Wall;

/// A calendar with METHOD:REPLY for one event, in wire form. `me` is the guest who answers, with the answer. Times are written in UTC:
/// the same instants, and no zone has to be described.
pub fn reply(event: &Event, me: &Guest, comment: &str, now: Wall) -> String {
    let mut out = Lines::default();
    out.line("BEGIN:VCALENDAR");
    out.line("PRODID:-//Lifeboat//Webmail//EN");
    out.line("VERSION:2.0");
    out.line("METHOD:REPLY");
    out.line("BEGIN:VEVENT");
    out.line(&format!("UID:{}", plain(&event.uid)));
    out.line(&format!("SEQUENCE:{}", event.sequence));
    out.line(&format!("DTSTAMP:{}", utc(now)));
    for (name, moment) in [("DTSTART", &event.start), ("DTEND", &event.end), ("RECURRENCE-ID", &event.recurrence)] {
        match moment {
            Some(Moment::Day(day)) => out.line(&format!("{name};VALUE=DATE:{}", day.strftime("%Y%m%d"))),
            Some(Moment::At { at, .. }) => out.line(&format!("{name}:{}", utc(*at))),
            None => {}
        }
    }
    if !event.summary.is_empty() {
        out.line(&format!("SUMMARY:{}", text(&event.summary)));
    }
    if let Some(organizer) = &event.organizer {
        out.line(&format!("ORGANIZER{}:mailto:{}", name(&organizer.name), plain(&organizer.address)));
    }
    let answer = match me.answer {
        Answer::Accepted => "ACCEPTED",
        Answer::Tentative => "TENTATIVE",
        Answer::Declined => "DECLINED",
        Answer::Delegated => "DELEGATED",
        Answer::Open => "NEEDS-ACTION",
    };
    out.line(&format!("ATTENDEE;PARTSTAT={answer}{}:mailto:{}", name(&me.name), plain(&me.address)));
    if !comment.trim().is_empty() {
        out.line(&format!("COMMENT:{}", text(comment.trim())));
    }
    out.line("END:VEVENT");
    out.line("END:VCALENDAR");
    out.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    // RFC 5545 section 3.1: at most 75 octets, not within a character.
    fn line(&mut self, line: &str) {
        let mut column = 0;
        for c in line.chars() {
            if column + c.len_utf8() > 75 {
                self.0.push_str("\r\n ");
                column = 1;
            }
            self.0.push(c);
            column += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

fn name(name: &str) -> String {
    let quoted: String = name.chars().filter(|c| !c.is_control() && *c != '"').collect();
    if quoted.is_empty() { String::new() } else { format!(";CN=\"{quoted}\"") }
}

fn plain(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

// RFC 5545 section 3.3.11.
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn utc(at: Wall) -> String {
    let millis = i64::try_from(at.0).unwrap_or_default();
    let stamp = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    stamp.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}
