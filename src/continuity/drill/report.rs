//! What is measured, and what it adds up to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::grade::{Grade, points};
use crate::clock::Wall;
use crate::continuity::EventId;
use crate::mail::Mailbox;

/// How far somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// There is no way to tell them anything.
    Unreachable,
    /// There is a way, but the notice had not arrived.
    NotReached,
    Reached,
    SignedIn,
    Replied,
}

/// One person who was to take part. Times by the wall clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    pub mailbox: Mailbox,
    #[serde(default)]
    pub name: String,
    /// Why there is no way to tell them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable: Option<String>,
    /// What keeps the notice from arriving, as the other server said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The notice was taken by the next server, or by the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Wall>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in: Option<Wall>,
    /// The first message was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Wall>,
    /// The first answer was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied: Option<Wall>,
}

impl Participant {
    pub fn new(mailbox: Mailbox, name: &str) -> Participant {
        Participant {
            mailbox,
            name: name.to_owned(),
            unreachable: None,
            trouble: None,
            told: None,
            signed_in: None,
            opened: None,
            replied: None,
        }
    }

    /// Who reads or answers was signed in, whatever was noted: a session may be older than the drill.
    pub fn came(&self) -> Option<Wall> {
        [self.signed_in, self.opened, self.replied].into_iter().flatten().min()
    }

    pub fn stage(&self) -> Stage {
        match (self.replied, self.came(), self.told, &self.unreachable) {
            (Some(_), ..) => Stage::Replied,
            (None, Some(_), ..) => Stage::SignedIn,
            (None, None, Some(_), _) => Stage::Reached,
            (None, None, None, Some(_)) => Stage::Unreachable,
            (None, None, None, None) => Stage::NotReached,
        }
    }

    fn points(&self, from: Wall) -> u32 {
        points(self.stage() >= Stage::Reached, self.came().map(|at| at.since(from)), self.replied.is_some())
    }
}

/// Why a drill ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Its time was over.
    Planned,
    Operator,
    /// It became real.
    Outage,
}

/// How many came how far; each number includes those who came further.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub people: usize,
    pub unreachable: usize,
    pub reached: usize,
    pub signed_in: usize,
    pub replied: usize,
}

/// How a drill went: a ledger line of kind `drill`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub id: EventId,
    pub from: Wall,
    pub to: Wall,
    /// Its planned end.
    #[serde(default)]
    pub until: Option<Wall>,
    pub by: String,
    #[serde(default)]
    pub reason: String,
    pub ended: Ended,
    /// Who ended it, if somebody did.
    #[serde(default)]
    pub ended_by: String,
    pub people: Vec<Participant>,
    pub counts: Counts,
    /// Mean of all people's points.
    pub percent: u32,
    pub grade: Grade,
}

/// What is known of a drill when it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    pub id: EventId,
    pub from: Wall,
    pub until: Option<Wall>,
    pub by: String,
    pub reason: String,
    pub people: Vec<Participant>,
}

impl Course {
    /// Judges.
    pub fn report(self, to: Wall, ended: Ended, ended_by: String) -> Report {
        let Course { id, from, until, by, reason, people } = self;
        let counts = counts(&people);
        let sum: u32 = people.iter().map(|person| person.points(from)).sum();
        let percent = sum / u32::try_from(people.len()).unwrap_or(u32::MAX).max(1);
        Report { id, from, to, until, by, reason, ended, ended_by, people, counts, percent, grade: Grade::of(percent) }
    }
}

fn counts(people: &[Participant]) -> Counts {
    let from = |stage: Stage| people.iter().filter(|person| person.stage() >= stage).count();
    Counts {
        people: people.len(),
        unreachable: people.iter().filter(|person| person.stage() == Stage::Unreachable).count(),
        reached: from(Stage::Reached),
        signed_in: from(Stage::SignedIn),
        replied: from(Stage::Replied),
    }
}

impl Report {
    /// The usual time (median) from the start to the first sign of a person, if anybody came.
    pub fn usual_time(&self) -> Option<Duration> {
        let mut times: Vec<Duration> = self.people.iter().filter_map(|person| Some(person.came()?.since(self.from))).collect();
        times.sort_unstable();
        times.get(times.len().checked_sub(1)? / 2).copied()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::mail::Address;

    pub(in crate::continuity::drill) const START: Wall = Wall(1_772_529_302_000);

    fn at(seconds: u64) -> Option<Wall> {
        Some(START.plus(Duration::from_secs(seconds)))
    }

    /// Five people: four can be told, three sign in, two answer.
    pub(in crate::continuity::drill) fn five() -> Course {
        let person = |name: &str| Participant::new(Address::parse(&format!("{name}@example.com")).unwrap().mailbox(), name);
        let people = vec![
            Participant { told: at(3), signed_in: at(65), opened: at(80), replied: at(200), ..person("ann") },
            Participant { told: at(3), signed_in: at(100), opened: at(130), replied: at(190), ..person("bo") },
            Participant { told: at(4), signed_in: at(1200), ..person("carla") },
            Participant { trouble: Some("450 4.2.1 not now".to_owned()), ..person("dora") },
            Participant { unreachable: Some("no other address and no phone".to_owned()), ..person("emil") },
        ];
        let id = EventId("2026-03-03T09-15-02".to_owned());
        Course { id, from: START, until: at(1800), by: "cli:root".to_owned(), reason: "spring".to_owned(), people }
    }

    #[test]
    fn five_people() {
        let report = five().report(START.plus(Duration::from_secs(1800)), Ended::Planned, String::new());
        assert_eq!(report.counts, Counts { people: 5, unreachable: 1, reached: 3, signed_in: 3, replied: 2 });
        // 100 + 100 + 70 + 0 + 0.
        assert_eq!((report.percent, report.grade), (54, Grade::D));
        assert_eq!(report.usual_time(), Some(Duration::from_secs(100)));
        let stages: Vec<Stage> = report.people.iter().map(Participant::stage).collect();
        assert_eq!(stages, [Stage::Replied, Stage::Replied, Stage::SignedIn, Stage::NotReached, Stage::Unreachable]);
    }

    #[test]
    fn who_comes_was_reached_somehow() {
        let mut course = five();
        course.people = vec![Participant { opened: at(5), ..course.people.remove(4) }];
        let report = course.report(START, Ended::Operator, "cli:root".to_owned());
        assert_eq!((report.counts.unreachable, report.counts.reached, report.counts.signed_in, report.percent), (0, 1, 1, 80));
    }

    #[test]
    fn a_drill_of_nobody_is_no_division_by_zero() {
        let report = Course { people: vec![], ..five() }.report(START, Ended::Outage, String::new());
        assert_eq!((report.percent, report.grade, report.usual_time()), (0, Grade::F, None));
    }

    #[test]
    fn the_record_is_read_back() {
        let report = five().report(START, Ended::Planned, String::new());
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
        assert!(json.contains(r#""ended":"planned""#) && json.contains(r#""grade":"D""#), "{json}");
    }
}
