//! Dates as mail writes and people read them.
//!
//! The box's time zone is read once, when the first date is written: it is configuration (`/etc/localtime` or `TZ`),
//! not a reading of the clock. No date ever fails: what lies beyond the year 9999 is shown as its last day.

use std::sync::OnceLock;

use jiff::{Timestamp, Zoned, civil::DateTime, tz::TimeZone};

use crate::clock::Wall;

// 9999-12-30T00:00:00Z: the last day that every time zone can show.
const LAST_MILLIS: u64 = 253_402_128_000_000;

/// `Tue, 3 Mar 2026 09:15:02 +0000` (RFC 5322 section 3.3), in the box's time zone.
pub fn rfc5322(at: Wall) -> String {
    local(at).strftime("%a, %-d %b %Y %H:%M:%S %z").to_string()
}

/// For people, in the box's time zone: `2026-03-03 09:15`.
pub fn minute(at: Wall) -> String {
    local(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// For people, in the box's time zone, short as seen from `now`: `09:15` today, `3 Mar` this year, `2025-03-03` before.
pub fn short(at: Wall, now: Wall) -> String {
    shorten(&local(at), &local(now))
}

/// A time on the calendar and the clock of the office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// Monday is 1.
    pub weekday: u8,
    pub hour: u8,
    pub minute: u8,
}

impl Civil {
    pub fn same_day(&self, other: &Civil) -> bool {
        (self.year, self.month, self.day) == (other.year, other.month, other.day)
    }
}

/// For texts in other languages than ours: the parts of a time, in the office's time zone.
pub fn civil(at: Wall) -> Civil {
    civil_of(&local(at))
}

fn civil_of(at: &Zoned) -> Civil {
    // jiff keeps all of them in these ranges, so that no sign is lost.
    let small = |number: i8| number.unsigned_abs();
    Civil {
        year: at.year(),
        month: small(at.month()),
        day: small(at.day()),
        weekday: small(at.weekday().to_monday_one_offset()),
        hour: small(at.hour()),
        minute: small(at.minute()),
    }
}

/// RFC 3339 in UTC with seconds, for logs, JSON and the ledger: `2026-03-03T09:15:02Z`.
pub fn rfc3339(at: Wall) -> String {
    zoned(at, TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads what [`rfc3339`] writes. None if it is no such time, or one before 1970.
pub fn from_rfc3339(text: &str) -> Option<Wall> {
    let at: Timestamp = text.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok().map(Wall)
}

/// As short as possible, but with the time: `09:15` today, `2026-03-03 09:15` on other days.
pub fn moment(at: Wall, now: Wall) -> String {
    if local(at).date() == local(now).date() { short(at, now) } else { minute(at) }
}

/// `Tue Mar  3 09:15:02 2026` in UTC, as asctime(3) writes it, for mbox files.
pub fn asctime(at: Wall) -> String {
    zoned(at, TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y").to_string()
}

/// A time as people write it, in the box's time zone: `2026-03-03 09:15`, with or without seconds. A time that a clock change leaves out
/// is taken as the one an hour later, one that comes twice as the earlier. None if it is no time.
pub fn read(text: &str) -> Option<Wall> {
    read_in(text, zone())
}

fn read_in(text: &str, zone: TimeZone) -> Option<Wall> {
    let written: DateTime = text.trim().replacen(' ', "T", 1).parse().ok()?;
    let millis = written.to_zoned(zone).ok()?.timestamp().as_millisecond();
    u64::try_from(millis).ok().map(Wall)
}

fn shorten(at: &Zoned, now: &Zoned) -> String {
    let format = if at.date() == now.date() {
        "%H:%M"
    } else if at.year() == now.year() {
        "%-d %b"
    } else {
        "%Y-%m-%d"
    };
    at.strftime(format).to_string()
}

fn local(at: Wall) -> Zoned {
    zoned(at, zone())
}

static ZONE: OnceLock<TimeZone> = OnceLock::new();

/// The office's time zone: the configured one, else the system's.
pub fn zone() -> TimeZone {
    ZONE.get_or_init(TimeZone::system).clone()
}

/// Takes the configured zone. Before the first date is written; later it changes nothing.
pub fn use_zone(zone: TimeZone) {
    let _already_in_use = ZONE.set(zone);
}

/// The zone of this name: `Europe/Berlin`.
pub fn zone_named(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

fn zoned(at: Wall, zone: TimeZone) -> Zoned {
    let millis = i64::try_from(at.0.min(LAST_MILLIS)).unwrap_or_default();
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-03-03T09:15:02Z
    const AT: u64 = 1_772_529_302_000;
    const DAY: u64 = 24 * 3600 * 1000;

    /// Berlin's rules, without the system's list of zones.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn check_read(text: &str, expected: Option<&str>) {
        assert_eq!(read_in(text, berlin()).map(rfc3339).as_deref(), expected, "{text}");
    }

    #[test]
    fn times_are_read_in_the_offices_zone() {
        check_read("2026-12-01 20:00", Some("2026-12-01T19:00:00Z"));
        check_read(" 2026-07-01 20:00:30 ", Some("2026-07-01T18:00:30Z"));
        check_read("2026-07-01T20:00", Some("2026-07-01T18:00:00Z"));
        // The hour that is left out in March is the one after it; of the one that comes twice in October it is the first.
        check_read("2026-03-29 01:59", Some("2026-03-29T00:59:00Z"));
        check_read("2026-03-29 02:30", Some("2026-03-29T01:30:00Z"));
        check_read("2026-03-29 03:00", Some("2026-03-29T01:00:00Z"));
        check_read("2026-10-25 02:30", Some("2026-10-25T00:30:00Z"));
        check_read("2026-10-25 03:00", Some("2026-10-25T02:00:00Z"));
        for odd in ["tomorrow", "2026-13-01 20:00", "20:00", "", "2026-12-01 25:00"] {
            check_read(odd, None);
        }
    }

    #[test]
    fn writes_utc() {
        assert_eq!(rfc3339(Wall(AT)), "2026-03-03T09:15:02Z");
        assert_eq!(rfc3339(Wall(0)), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(Wall(u64::MAX)), "9999-12-30T00:00:00Z");
    }

    #[test]
    fn writes_what_mail_readers_read() {
        let text = rfc5322(Wall(AT));
        assert_eq!(jiff::fmt::rfc2822::parse(&text).unwrap().timestamp().as_millisecond(), AT as i64, "{text}");
        assert!(rfc5322(Wall(u64::MAX)).ends_with(|c: char| c.is_ascii_digit()));
        assert_eq!(minute(Wall(AT)).len(), "2026-03-03 09:15".len());
    }

    #[test]
    fn the_parts_of_a_time_are_those_of_the_zone() {
        let civil = civil_of(&zoned(Wall(AT + 15 * 3600 * 1000), berlin()));
        assert_eq!(civil, Civil { year: 2026, month: 3, day: 4, weekday: 3, hour: 1, minute: 15 });
        assert!(!civil.same_day(&civil_of(&zoned(Wall(AT), berlin()))));
        assert!(civil.same_day(&Civil { hour: 23, ..civil }));
    }

    fn check_short(at: u64, now: u64, expected: &str) {
        assert_eq!(shorten(&zoned(Wall(at), TimeZone::UTC), &zoned(Wall(now), TimeZone::UTC)), expected);
    }

    #[test]
    fn is_as_short_as_it_can_be() {
        check_short(AT, AT + 3600 * 1000, "09:15");
        check_short(AT, AT + DAY, "3 Mar");
        check_short(AT + DAY, AT, "4 Mar");
        check_short(AT - 365 * DAY, AT, "2025-03-03");
        check_short(0, AT, "1970-01-01");
    }

    #[test]
    fn follows_the_zone_over_midnight() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let late = zoned(Wall(AT + 14 * 3600 * 1000), zone.clone());
        assert_eq!(shorten(&late, &zoned(Wall(AT), zone)), "4 Mar");
    }
}
