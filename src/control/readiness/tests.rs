//! Each item on its own, and the sum.

use super::*;

/// A box as it should be, in an office that practises.
fn well_kept() -> Facts {
    Facts {
        canary: true,
        health_pages: true,
        witnesses: true,
        automatic: true,
        cached_days: 30,
        retention_days: 30,
        people: 40,
        directory_age_days: Some(20),
        directory_trouble: false,
        reachable: 40,
        with_login: 40,
        last_drill: Some((20, Grade::A)),
        drills_scheduled: true,
        certificate: Certificate::Given,
        free_octets: 100 << 30,
        disk_days_left: Some(400),
        clock_trusted: Some(true),
        stranger_days: Some(0),
        has_route: true,
        delivered_days: Some(1),
        takes_journal: true,
        journal_days: Some(0),
        admins: 2,
        index_ready: true,
        ledger_whole: true,
    }
}

/// A box that was installed a minute ago.
fn fresh() -> Facts {
    Facts {
        canary: false,
        health_pages: false,
        witnesses: false,
        cached_days: 0,
        people: 0,
        directory_age_days: None,
        reachable: 0,
        with_login: 0,
        last_drill: None,
        drills_scheduled: false,
        certificate: Certificate::SelfMade,
        disk_days_left: None,
        clock_trusted: None,
        stranger_days: None,
        has_route: false,
        delivered_days: None,
        journal_days: None,
        admins: 0,
        ..well_kept()
    }
}

/// Of a box that is well kept but for this: how the item stands, its points, and that nothing else changed.
fn check(name: &str, expected: (State, u32), change: impl Fn(&mut Facts)) {
    let mut facts = well_kept();
    change(&mut facts);
    let readiness = assess(&facts);
    let item = readiness.items.iter().find(|item| item.name == name).unwrap_or_else(|| panic!("no item {name}"));
    assert_eq!((item.state, item.points), expected, "{name}: {}", item.text);
    assert_eq!(readiness.score, 100 - (item.of - item.points), "{name} alone has changed");
    assert!(item.text.ends_with(['.', '?', ')']), "a sentence: {}", item.text);
}

#[test]
fn a_well_kept_box_has_a_hundred_and_a_fresh_one_little() {
    let best = assess(&well_kept());
    assert_eq!((best.score, best.items.iter().map(|item| item.of).sum::<u32>()), (100, 100));
    assert!(best.to_do().is_empty());
    assert!(best.items.iter().all(|item| item.state == State::Ok), "{best:?}");
    let fresh = assess(&fresh());
    assert!(fresh.score < 30, "{}", fresh.score);
    let names: Vec<&str> = fresh.to_do().iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names[..2], ["people-reachable", "drill"], "what helps most stands first");
}

#[test]
fn probes_earn_points_each() {
    check("probes", (State::Warn, 5), |facts| facts.witnesses = false);
    check("probes", (State::Warn, 6), |facts| facts.health_pages = false);
    check("probes", (State::Bad, 0), |facts| (facts.canary, facts.health_pages, facts.witnesses) = (false, false, false));
}

#[test]
fn automatic_is_all_or_nothing() {
    check("automatic", (State::Bad, 0), |facts| facts.automatic = false);
}

#[test]
fn the_cache_counts_by_days() {
    check("cache", (State::Bad, 0), |facts| facts.cached_days = 0);
    check("cache", (State::Warn, 5), |facts| facts.cached_days = 15);
    check("cache", (State::Warn, 9), |facts| facts.cached_days = 28);
    check("cache", (State::Ok, 10), |facts| facts.cached_days = 29);
    check("cache", (State::Ok, 10), |facts| facts.cached_days = 300);
    check("cache", (State::Ok, 10), |facts| (facts.cached_days, facts.retention_days) = (0, 1));
}

#[test]
fn an_old_or_broken_directory_counts_half() {
    check("directory", (State::Warn, 2), |facts| facts.directory_trouble = true);
    check("directory", (State::Ok, 5), |facts| facts.directory_age_days = Some(180));
    check("directory", (State::Warn, 2), |facts| facts.directory_age_days = Some(181));
}

#[test]
fn people_count_by_their_share() {
    check("people-reachable", (State::Warn, 12), |facts| facts.reachable = 39);
    check("people-reachable", (State::Warn, 6), |facts| facts.reachable = 20);
    check("people-reachable", (State::Bad, 0), |facts| facts.reachable = 0);
    check("people-login", (State::Warn, 7), |facts| facts.with_login = 39);
    check("people-login", (State::Bad, 0), |facts| facts.with_login = 0);
}

#[test]
fn drills_count_by_age_and_grade() {
    check("drill", (State::Bad, 0), |facts| facts.last_drill = None);
    check("drill", (State::Ok, 12), |facts| facts.last_drill = Some((100, Grade::B)));
    check("drill", (State::Warn, 6), |facts| facts.last_drill = Some((101, Grade::A)));
    check("drill", (State::Warn, 9), |facts| facts.last_drill = Some((1, Grade::C)));
    check("drill", (State::Warn, 3), |facts| facts.last_drill = Some((1, Grade::F)));
    check("drill", (State::Bad, 0), |facts| facts.last_drill = Some((201, Grade::A)));
}

#[test]
fn certificates() {
    check("certificate", (State::Warn, 2), |facts| facts.certificate = Certificate::SelfMade);
    check("certificate", (State::Warn, 2), |facts| facts.certificate = Certificate::Ends { days: 14 });
    check("certificate", (State::Bad, 0), |facts| facts.certificate = Certificate::Unusable);
    check("certificate", (State::Bad, 0), |facts| facts.certificate = Certificate::None);
}

#[test]
fn disk_room_is_enough_once_the_cache_is_full() {
    check("disk", (State::Bad, 0), |facts| facts.free_octets = DISK_FULL);
    check("disk", (State::Warn, 1), |facts| facts.disk_days_left = Some(6));
    check("disk", (State::Warn, 3), |facts| facts.disk_days_left = Some(13));
    check("disk", (State::Ok, 6), |facts| facts.disk_days_left = Some(20));
    check("disk", (State::Ok, 6), |facts| facts.disk_days_left = None);
    let mut young = well_kept();
    (young.cached_days, young.disk_days_left) = (5, Some(20));
    let readiness = assess(&young);
    let disk = readiness.items.iter().find(|item| item.name == "disk").unwrap();
    assert_eq!(disk.state, State::Warn, "25 more days have to fit: {}", disk.text);
}

const DISK_FULL: u64 = crate::limits::DISK_RESERVE_OCTETS;

#[test]
fn the_present_rate_gives_the_days_left() {
    assert_eq!(disk_days_left(10 << 30, 10, 100 << 30), Some(100));
    assert_eq!(disk_days_left(10 << 30, 0, 100 << 30), None);
    assert_eq!(disk_days_left(0, 3, u64::MAX), Some(u32::MAX));
}

#[test]
fn what_was_seen_last() {
    check("clock", (State::Unknown, 0), |facts| facts.clock_trusted = None);
    check("clock", (State::Bad, 0), |facts| facts.clock_trusted = Some(false));
    check("port-25", (State::Unknown, 0), |facts| facts.stranger_days = None);
    check("port-25", (State::Warn, 2), |facts| facts.stranger_days = Some(5));
    check("outbound", (State::Bad, 0), |facts| facts.has_route = false);
    check("outbound", (State::Unknown, 0), |facts| facts.delivered_days = None);
    check("outbound", (State::Warn, 2), |facts| facts.delivered_days = Some(33));
    check("journal", (State::Bad, 0), |facts| facts.takes_journal = false);
    check("journal", (State::Bad, 0), |facts| facts.journal_days = None);
    check("journal", (State::Warn, 2), |facts| facts.journal_days = Some(9));
}

#[test]
fn the_rest() {
    check("admins", (State::Bad, 0), |facts| facts.admins = 0);
    check("index", (State::Bad, 0), |facts| facts.index_ready = false);
    check("ledger", (State::Bad, 0), |facts| facts.ledger_whole = false);
}

#[test]
fn the_document_is_stable() {
    let readiness = assess(&fresh());
    let json = serde_json::to_value(&readiness).unwrap();
    assert_eq!(json["score"], readiness.score);
    assert_eq!(json["items"][0]["name"], "directory");
    assert_eq!(json["items"][0]["state"], "bad");
    assert_eq!((&json["items"][0]["points"], &json["items"][0]["of"]), (&0.into(), &5.into()));
    assert_eq!(serde_json::from_value::<Readiness>(json).unwrap(), readiness);
}

#[test]
fn the_words_begin_with_what_helps_most() {
    let text = assess(&fresh()).to_text();
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    assert!(text.starts_with("READINESS "));
    assert!(at("What would help most") < at("(drill: 0 of 12)"));
    assert!(at("(drill: 0 of 12)") < at("(clock: 0 of 3)"));
    assert!(!assess(&well_kept()).to_text().contains("help most"));
}
