//! The report in plain words.

use std::time::Duration;

use super::report::{Ended, Participant, Report, Stage};
use crate::clock::Wall;
use crate::mail::date;

impl Report {
    /// One line: `4 of 5 people were reached, 3 signed in, 2 answered: grade C (64 %).`
    pub fn summary(&self) -> String {
        let counts = &self.counts;
        format!(
            "{} of {} people were reached, {} signed in, {} answered: grade {} ({} %).",
            counts.reached, counts.people, counts.signed_in, counts.replied, self.grade, self.percent
        )
    }

    /// Why it ended.
    pub fn end_words(&self) -> String {
        match self.ended {
            Ended::Planned => "It ended by itself when its time was over.".to_owned(),
            Ended::Operator => format!("It was ended early by {}.", self.ended_by),
            Ended::Outage => "It was ended by a real outage.".to_owned(),
        }
    }

    /// What would make the next one better; empty if there is nothing.
    pub fn advice(&self) -> Vec<String> {
        let of = |stage: Stage| -> Vec<&str> {
            self.people.iter().filter(|person| person.stage() == stage).map(|person| person.mailbox.as_str()).collect()
        };
        let mut advice = Vec::new();
        let mut say = |people: Vec<&str>, text: &str| {
            if !people.is_empty() {
                advice.push(text.replace("{}", &people.join(", ")));
            }
        };
        say(of(Stage::Unreachable), "Ask for another address or a phone, or print emergency cards, for: {}.");
        say(of(Stage::NotReached), "The notice did not arrive. Check the addresses and numbers of: {}.");
        say(of(Stage::Reached), "They were told, but did not sign in. Ask what kept them: {}.");
        say(of(Stage::SignedIn), "They signed in, but did not answer a message. Show them how: {}.");
        advice
    }

    /// The whole report.
    pub fn text(&self) -> String {
        let mut text = format!("Drill {}\n{} to {}\n", self.id.0, date::minute(self.from), date::minute(self.to));
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        text += &format!("Started by {}{reason}. {}\n\n{}\n", self.by, self.end_words(), self.summary());
        if let Some(time) = self.usual_time() {
            text += &format!("Half of those who came had signed in after {}.\n", after(time));
        }
        text.push('\n');
        let widest = self.people.iter().map(|person| person.mailbox.as_str().chars().count()).max().unwrap_or(0);
        for person in &self.people {
            text += &format!("{:<widest$}  {:<12} {}\n", person.mailbox.as_str(), stage(person.stage()), self.course(person));
        }
        let advice = self.advice();
        if !advice.is_empty() {
            text += &format!("\nWhat to do\n  {}\n", advice.join("\n  "));
        }
        text
    }

    /// `told after 3 s, signed in after 1 min 5 s, ...`, or why not.
    fn course(&self, person: &Participant) -> String {
        let time = |what: &str, at: Option<Wall>| at.map(|at| format!("{what} after {}", after(at.since(self.from))));
        let steps = [
            time("told", person.told),
            time("signed in", person.signed_in),
            time("opened a message", person.opened),
            time("answered", person.replied),
        ];
        let mut steps: Vec<String> = steps.into_iter().flatten().collect();
        if person.told.is_none() {
            steps.extend(person.unreachable.iter().chain(&person.trouble).cloned());
        }
        steps.join(", ")
    }
}

/// How far somebody came, in two words at most.
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Unreachable => "no way",
        Stage::NotReached => "not reached",
        Stage::Reached => "reached",
        Stage::SignedIn => "signed in",
        Stage::Replied => "answered",
    }
}

/// `45 s`, `1 min 5 s`, `2 h 3 min`.
pub fn after(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::continuity::drill::report::tests::{START, five};

    #[test]
    fn the_report_says_who_came_how_far_and_what_to_do() {
        let text = five().report(START.plus(Duration::from_secs(1800)), Ended::Planned, String::new()).text();
        for part in [
            "Drill 2026-03-03T09-15-02\n",
            "Started by cli:root: spring. It ended by itself when its time was over.\n",
            "3 of 5 people were reached, 3 signed in, 2 answered: grade D (54 %).\n",
            "Half of those who came had signed in after 1 min 40 s.\n",
            "ann@example.com    answered     told after 3 s, signed in after 1 min 5 s, opened a message after 1 min 20 s, answered after 3 min 20 s\n",
            "dora@example.com   not reached  450 4.2.1 not now\n",
            "emil@example.com   no way       no other address and no phone\n",
            "Show them how: carla@example.com.\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn times_are_short() {
        let check = |seconds, expected: &str| assert_eq!(after(Duration::from_secs(seconds)), expected);
        check(0, "0 s");
        check(59, "59 s");
        check(60, "1 min");
        check(61, "1 min 1 s");
        check(3600, "1 h 0 min");
        check(7500, "2 h 5 min");
    }
}
