//! Collects the facts for the readiness score, keeps the newest result for whoever shows it, and records the score once a day.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock_watch::Refusal;
use super::core::{Core, lock};
use super::{drills, people};
use crate::clock::Wall;
use crate::config::{Config, OutboundRoute};
use crate::continuity::Probe;
use crate::control::readiness::{self, Certificate, Facts, Readiness};
use crate::directory::Person;
use crate::mail::Mailbox;
use crate::net::rt;
use crate::net::tls;
use crate::store::Phase;

/// The facts change slowly, and collecting them reads the ledger.
const LOOK_EVERY: Duration = Duration::from_secs(300);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// A certificate that ends within this time is to be renewed.
const CERTIFICATE_SOON_DAYS: u32 = 14;

/// A ledger line of kind `readiness`: one a day, to see how it went over the years.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessLine {
    pub score: u32,
    /// Names of the items that were not all right.
    pub open: Vec<String>,
}

/// For ever.
pub async fn run(core: Arc<Core>) {
    loop {
        let there = core.clone();
        rt::unblock(move || {
            let readiness = look(&there);
            record(&there, &readiness);
        })
        .await;
        rt::sleep(LOOK_EVERY).await;
    }
}

/// Looks now, and keeps the result. Waits for files: not from async code.
pub fn look(core: &Core) -> Readiness {
    let readiness = readiness::assess(&facts(core));
    *lock(&core.readiness) = Some(readiness.clone());
    readiness
}

/// What was found last; none in the first moments after a start.
pub fn newest(core: &Core) -> Option<Readiness> {
    lock(&core.readiness).clone()
}

/// Once a day by the wall clock. A clock that was set back records nothing until it is right again.
fn record(core: &Core, readiness: &Readiness) {
    let now = core.now().wall;
    let last = match core.ledger.read("readiness") {
        Ok(lines) => lines.last().map(|line| line.at),
        Err(error) => return log::error!("readiness: the ledger cannot be read: {error}"),
    };
    if last.is_none_or(|last| now.since(last) >= DAY) {
        let open = readiness.to_do().into_iter().map(|item| item.name.clone()).collect();
        core.record("readiness", &ReadinessLine { score: readiness.score, open }, now);
    }
}

/// One that was named, or the default gateway: it speaks from the first time on that it answers.
fn has_witness(core: &Core) -> bool {
    let spoken = || core.machine().observations().iter().any(|(seen, _)| seen.probe == Probe::Witnesses);
    !core.config.monitor.witnesses.is_empty() || spoken()
}

fn facts(core: &Core) -> Facts {
    let (config, now) = (&core.config, core.now().wall);
    let usage = core.store.usage().unwrap_or_default();
    let cached_days = usage.oldest.map_or(0, |oldest| days_since(now, oldest));
    let directory = core.directory();
    let credentials = core.credentials();
    let count = |wanted: &dyn Fn(&Person) -> bool| directory.people().filter(|person| wanted(person)).count();
    let told_one = |person: &Person| config.credentials.event && core.contact(person).is_reachable();
    let has_one = |mailbox: &Mailbox| config.credentials.standing && credentials.has(mailbox) || credentials.codes_left(mailbox) > 0;
    let sights = lock(&core.seen).sights();
    // Locks are taken here and not in the middle of what reads the ledger: nothing that decides waits for it.
    let automatic = core.machine().saved().automatic;
    let directory_trouble = lock(&core.alarms).contains_key("directory");
    let retention_waits = *lock(&core.retention_waits);
    let ago = |at: Option<Wall>| at.map(|at| days_since(now, at));
    Facts {
        canary: config.primary.canary.is_some(),
        health_pages: !config.primary.health_urls.is_empty(),
        witnesses: has_witness(core),
        automatic,
        cached_days,
        retention_days: config.cache.retention_days,
        people: directory.len(),
        directory_age_days: ago(last_of(core, "directory").max(last_of(core, people::SAME_DIRECTORY))),
        directory_trouble,
        reachable: core.reachable(),
        with_login: count(&|person| has_one(&person.mailbox) || told_one(person)),
        last_drill: drills::last_report(core).map(|report| (days_since(now, report.to), report.grade)),
        drills_scheduled: config.drill.schedule.is_some(),
        certificate: certificate(config, now),
        free_octets: usage.free_octets,
        disk_days_left: readiness::disk_days_left(usage.used_octets, cached_days, usage.free_octets),
        clock_trusted: match retention_waits {
            None => Some(true),
            Some(Refusal::JustStarted) => None,
            Some(_) => Some(false),
        },
        stranger_days: ago(sights.stranger),
        has_route: config.outbound.route == OutboundRoute::Direct || !config.outbound.smarthosts.is_empty(),
        delivered_days: ago(sights.delivered),
        takes_journal: config.primary.journal.is_some(),
        journal_days: ago(sights.journal),
        admins: config.notify.admins.len(),
        index_ready: matches!(core.store.phase(), Phase::Live | Phase::Behind),
        ledger_whole: core.ledger.broken_at().is_none(),
    }
}

fn last_of(core: &Core, kind: &str) -> Option<Wall> {
    core.ledger.read(kind).ok()?.last().map(|line| line.at)
}

fn days_since(now: Wall, at: Wall) -> u32 {
    u32::try_from(now.since(at).as_secs() / DAY.as_secs()).unwrap_or(u32::MAX)
}

pub(super) fn certificate(config: &Config, now: Wall) -> Certificate {
    if !config.web.tls {
        return Certificate::None;
    }
    let Some(file) = &config.web.certificate else { return Certificate::SelfMade };
    if tls::trouble(file, now).is_some() || !file.is_file() {
        return Certificate::Unusable;
    }
    match tls::trouble(file, now.plus(DAY * CERTIFICATE_SOON_DAYS)) {
        Some(_) => Certificate::Ends { days: CERTIFICATE_SOON_DAYS },
        None => Certificate::Given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::seen::Sight;
    use crate::app::testing::{World, wait_for};
    use crate::continuity::Input;
    use crate::control::readiness::State;

    fn state(readiness: &Readiness, name: &str) -> State {
        readiness.items.iter().find(|item| item.name == name).unwrap_or_else(|| panic!("no item {name}")).state
    }

    #[test]
    fn what_the_box_sees_shows_in_the_score() {
        let world = World::new();
        let core = &world.core;
        assert_eq!(newest(core), None);
        let before = look(core);
        assert_eq!(newest(core).as_ref(), Some(&before));
        assert_eq!(state(&before, "journal"), State::Bad);
        assert_eq!(state(&before, "port-25"), State::Unknown);
        assert_eq!(state(&before, "people-reachable"), State::Bad, "the test's people have no other address");
        let now = core.now().wall;
        for sight in [Sight::Journal, Sight::Stranger, Sight::Delivered] {
            lock(&core.seen).note(sight, now);
        }
        let after = look(core);
        for name in ["journal", "port-25", "outbound"] {
            assert_eq!(state(&after, name), State::Ok, "{name}");
        }
        assert_eq!(after.score, before.score + 4 + 4 + 5);
    }

    #[test]
    fn the_score_is_recorded_once_a_day() {
        let world = World::new();
        let readiness = look(&world.core);
        record(&world.core, &readiness);
        record(&world.core, &readiness);
        let lines = world.core.ledger.read("readiness").unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].data["score"], readiness.score);
    }

    #[test]
    fn a_ledger_that_takes_long_to_read_keeps_no_decision_waiting() {
        let world = World::new();
        let file = world.core.config.server.data_dir.join("ledger/ledger.jsonl");
        std::fs::remove_file(&file).unwrap();
        // Whoever reads it waits for somebody who writes.
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        let (there, deciding) = (world.core.clone(), world.core.clone());
        let looking = std::thread::spawn(move || look(&there));
        let decided = std::thread::spawn(move || {
            for _ in 0..30 {
                deciding.feed(Input::Tick);
                deciding.audit("ann", "test", String::new());
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        wait_for("decisions go on", || decided.is_finished());
        assert!(!looking.is_finished());
        while !looking.is_finished() {
            let writer = std::fs::OpenOptions::new().read(true).write(true).open(&file).unwrap();
            std::thread::sleep(Duration::from_millis(5));
            drop(writer);
        }
    }
}
