//! `event show` in plain words: how an event went, for who has to explain it.

use std::time::Duration;

use super::event::{CountRow, EventCounts, EventDocument, EventKind, EventScope, EventState, MomentKind};
use super::words::{class_words, in_words, one_line, probe_words};
use crate::mail::date;

/// Evidence that the text shows; the JSON has all of it.
const EVIDENCE_SHOWN: usize = 6;
/// People that the text shows.
const PEOPLE_SHOWN: usize = 50;

impl EventKind {
    pub fn words(self) -> &'static str {
        match self {
            EventKind::Outage => "outage",
            EventKind::Operator => "begun by hand",
            EventKind::Maintenance => "planned maintenance",
            EventKind::Drill => "drill",
        }
    }
}

impl EventState {
    pub fn words(self) -> &'static str {
        match self {
            EventState::Open => "open",
            EventState::HandingOver => "the mail is being handed over",
            EventState::Over => "over",
        }
    }
}

impl EventScope {
    /// `everybody`, or the members.
    pub fn words(&self) -> String {
        if self.everybody { "everybody".to_owned() } else { self.members.join(", ") }
    }
}

impl EventDocument {
    /// What was measured, in words, in the order of the event.
    pub fn duration_words(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("Detected in", self.durations.detected_s),
            ("Usable after", self.durations.usable_s),
            ("First sign-in after", self.durations.first_sign_in_s),
            ("Down for", self.durations.down_s),
            ("Hand-over took", self.durations.hand_over_s),
        ];
        let words = |seconds| in_words(Duration::from_secs(seconds));
        all.into_iter().filter_map(|(name, seconds)| Some((name, words(seconds?)))).collect()
    }

    /// What the box or its administrator should be told at the end.
    pub fn summary(&self) -> String {
        match self.report.as_ref().and_then(|report| report["summary"].as_str()) {
            Some(summary) => summary.to_owned(),
            None if self.state == EventState::HandingOver => "The mail of this event is being handed over.".to_owned(),
            None => "The event is open.".to_owned(),
        }
    }

    /// The evidence as people read it, the newest first.
    pub fn evidence_words(&self) -> Vec<String> {
        let words = |seen: &crate::continuity::Evidence| {
            let latency = seen.latency_ms.map(|latency| format!(", {latency} ms")).unwrap_or_default();
            let detail = if seen.detail.is_empty() { String::new() } else { format!(" ({})", one_line(&seen.detail)) };
            format!("{}  {}: {}{latency}{detail}", date::rfc3339(seen.at), probe_words(seen.probe), class_words(seen.class))
        };
        self.evidence.iter().map(words).collect()
    }
}

impl MomentKind {
    pub fn words(self) -> &'static str {
        match self {
            MomentKind::Mode => "mode",
            MomentKind::Operator => "admin",
            MomentKind::Notice => "told",
            MomentKind::SignIn => "sign-in",
            MomentKind::HandOver => "mail",
        }
    }
}

pub(super) fn event(event: &EventDocument) -> String {
    let mut text = format!("Event {}\n", event.id);
    let mut facts = vec![
        ("Kind", format!("{}; {}", event.kind.words(), event.state.words())),
        ("For", event.scope.words()),
        ("Time", format!("{} to {}", event.from, event.to.as_deref().unwrap_or("now"))),
        ("Begun by", event.by.clone()),
        ("Why", event.reason.clone()),
    ];
    facts.extend(event.duration_words());
    for (name, value) in facts {
        text += &format!("{name:<20} {}\n", one_line(&value));
    }
    text += &format!("\n{}\n", one_line(&event.summary()));
    if event.kept {
        text += "Its mail is kept until all of it was handed back, or `lifeboat event release`.\n";
    }
    text += "\nWhat happened\n";
    for moment in &event.timeline {
        text += &format!("  {}  {:<7}  {} ({})\n", moment.at, moment.what.words(), one_line(&moment.text), one_line(&moment.by));
    }
    if event.left_out > 0 {
        text += &format!("  {} more are not shown (`lifeboat audit list` has them)\n", event.left_out);
    }
    if !event.evidence.is_empty() {
        text += "\nSeen when it began\n";
        event.evidence_words().iter().take(EVIDENCE_SHOWN).for_each(|line| text += &format!("  {line}\n"));
    }
    text += &counts(&event.counts);
    text += &people(event);
    text
}

fn counts(counts: &EventCounts) -> String {
    let mut text = "\nMail (each recipient counts once)\n".to_owned();
    let line = |name: &str, cells: [String; 8]| {
        let [messages, recipients, delivered, waiting, held, refused, bounced, in_hand] = cells;
        format!("  {name:<34}{messages:>9}{recipients:>11}{delivered:>10}{waiting:>8}{held:>6}{refused:>8}{bounced:>9}{in_hand:>8}\n")
    };
    let heads = ["messages", "recipients", "delivered", "waiting", "held", "refused", "given up", "in hand"];
    text += &line("", heads.map(str::to_owned));
    for row in &counts.origins {
        text += &line(EventCounts::origin_words(&row.origin), cells(row));
    }
    text += &line("All", cells(&counts.total));
    if counts.is_history {
        text += &format!("  Some of this mail is gone by now; these are the numbers of {}.\n", counts.at);
    }
    if counts.copies > 0 {
        text += &format!("  {} copies were filed in mailboxes.\n", counts.copies);
    }
    if let Some((first, last)) = &counts.handed_over {
        text += &format!("  The mail server took the first at {first}, the last at {last}.\n");
    }
    text
}

/// The numbers of a row in the order of the table.
pub fn cells(row: &CountRow) -> [String; 8] {
    [row.messages, row.recipients, row.delivered, row.waiting, row.held, row.refused, row.bounced, row.in_hand].map(|n| n.to_string())
}

fn people(event: &EventDocument) -> String {
    let mut text = String::new();
    let mut list = |title: String, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        text += &format!("\n{title}\n");
        lines.iter().take(PEOPLE_SHOWN).for_each(|line| text += &format!("  {}\n", one_line(line)));
        if lines.len() > PEOPLE_SHOWN {
            text += &format!("  and {} more (--json has all)\n", lines.len() - PEOPLE_SHOWN);
        }
    };
    let told =
        |told: &super::event::Told| format!("{}  {} ({} {}): {}  {}", told.at, told.who, told.channel, told.to, told.about, told.outcome);
    list(format!("Told ({})", event.told.len()), event.told.iter().map(told).collect());
    let signed = |one: &super::event::SignedIn| {
        let times = if one.times > 1 { format!("  {} times", one.times) } else { String::new() };
        format!("{}  {}{times}", one.at, one.mailbox)
    };
    list(format!("Signed in ({})", event.signed_in.len()), event.signed_in.iter().map(signed).collect());
    let wrote = |(who, messages): &(String, u64)| format!("{who}  {messages}");
    list("Wrote in the webmail (messages)".to_owned(), event.counts.written_by.iter().map(wrote).collect());
    text
}
