//! When something is to happen again and again: the five fields of cron, and the next time in the office's time zone.
//!
//! `minute hour day-of-month month weekday`: numbers, `*`, lists (`1,15`), ranges (`mon-fri`), steps (`*/2`), names of months and
//! weekdays, and `tue#1` for the first Tuesday of the month. Cron runs on *either* day when both kinds of day are given, which
//! nobody expects; so only one of the two may be given here.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use crate::clock::Wall;

/// 29 February comes after eight years at the latest (around 1900 or 2100).
const YEARS_AHEAD_MAX: i32 = 9;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A checked schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// As it was written.
    text: String,
    /// Bit n: in minute n.
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: Weekdays,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Weekdays {
    /// Bit 0 is Sunday.
    Each(u64),
    /// Weekday (0 is Sunday) and which of the month (1 to 5).
    Nth(Vec<(u8, u8)>),
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Schedule {
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with what was written.
    pub fn parse(text: &str) -> Result<Schedule, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            let count = fields.len();
            return Err(format!("has {count} fields; five are needed: minute, hour, day of the month, month, weekday"));
        };
        let schedule = Schedule {
            text: fields.join(" "),
            minutes: field("minute", minute, 0, 59, &[])?,
            hours: field("hour", hour, 0, 23, &[])?,
            days: field("day of the month", day, 1, 31, &[])?,
            months: field("month", month, 1, 12, &MONTHS)?,
            weekdays: weekdays(weekday)?,
        };
        if day != "*" && weekday != "*" {
            return Err("says both a day of the month and a weekday: write one of them as * (the first Tuesday is tue#1)".to_owned());
        }
        // The last of a leap year, so that 29 February is found from there as from anywhere.
        if schedule.next_civil(Date::constant(2024, 3, 1), Time::midnight()).is_none() {
            return Err("never happens: no month of these has such a day".to_owned());
        }
        Ok(schedule)
    }

    /// The first time after that one. A time that the clock skips in spring is taken as much later as it skips; one that comes twice in
    /// autumn is taken once, the first time.
    pub fn next_after(&self, after: Wall, zone: &TimeZone) -> Option<Wall> {
        let after = Timestamp::from_millisecond(i64::try_from(after.0).ok()?).ok()?;
        let local: Zoned = after.to_zoned(zone.clone());
        let (mut date, mut time) = (local.date(), local.time());
        // A time of today that lies behind on the dial may still come, and the reverse, where the clock is set: so the dial only proposes.
        for _ in 0..3 {
            let (found_date, found_time) = self.next_civil(date, time)?;
            let at = zone.to_ambiguous_zoned(found_date.to_datetime(found_time)).compatible().ok()?;
            if at.timestamp() > after {
                return u64::try_from(at.timestamp().as_millisecond()).ok().map(Wall);
            }
            (date, time) = (found_date, found_time);
        }
        None
    }

    /// The first date and time on the dial after this one.
    fn next_civil(&self, date: Date, after: Time) -> Option<(Date, Time)> {
        if self.falls_on(date)
            && let Some(time) = self.times().find(|time| *time > after)
        {
            return Some((date, time));
        }
        let first = self.times().next()?;
        let last = date.year() as i32 + YEARS_AHEAD_MAX;
        let mut day = date;
        loop {
            day = day.checked_add(1.day()).ok()?;
            if day.year() as i32 > last {
                return None;
            }
            if self.falls_on(day) {
                return Some((day, first));
            }
        }
    }

    fn falls_on(&self, date: Date) -> bool {
        let (day, month) = (date.day() as u8, date.month() as u8);
        let weekday = date.weekday().to_sunday_zero_offset() as u8;
        let on_weekday = match &self.weekdays {
            Weekdays::Each(bits) => has(*bits, weekday),
            Weekdays::Nth(wanted) => wanted.contains(&(weekday, (day - 1) / 7 + 1)),
        };
        has(self.months, month) && has(self.days, day) && on_weekday
    }

    /// All times of a day, in order.
    fn times(&self) -> impl Iterator<Item = Time> {
        let hours = (0..24).filter(|hour| has(self.hours, *hour as u8));
        hours.flat_map(|hour| {
            (0..60).filter(|minute| has(self.minutes, *minute as u8)).map(move |minute| Time::constant(hour, minute, 0, 0))
        })
    }
}

fn has(bits: u64, number: u8) -> bool {
    bits & (1 << number) != 0
}

/// The numbers of a field as bits.
fn field(what: &str, text: &str, least: u8, most: u8, names: &[&str]) -> Result<u64, String> {
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u8>().ok().filter(|step| *step > 0)),
            None => (part, Some(1)),
        };
        let step = step.ok_or_else(|| format!("has \"{part}\" as {what}: a step is a number from 1 on (example: */2)"))?;
        let number = |text: &str| number(text, least, names).filter(|number| (least..=most).contains(number));
        let bounds = match range.split_once('-') {
            _ if range == "*" => Some((least, most)),
            Some((from, to)) => number(from).zip(number(to)).filter(|(from, to)| from <= to),
            None => number(range).map(|one| (one, one)),
        };
        let (from, to) = bounds.ok_or_else(|| format!("has \"{part}\" as {what}; {least} to {most} are possible"))?;
        (from..=to).step_by(usize::from(step)).for_each(|number| bits |= 1 << number);
    }
    Ok(bits)
}

fn number(text: &str, least: u8, names: &[&str]) -> Option<u8> {
    let named = names.iter().position(|name| name.eq_ignore_ascii_case(text)).and_then(|at| u8::try_from(at).ok());
    named.map(|at| at + least).or_else(|| text.parse().ok())
}

fn weekdays(text: &str) -> Result<Weekdays, String> {
    if !text.contains('#') {
        // Cron takes 7 for Sunday, too.
        let bits = field("weekday", text, 0, 7, &WEEKDAYS)?;
        return Ok(Weekdays::Each(bits | if has(bits, 7) { 1 } else { 0 }));
    }
    let mut wanted = Vec::new();
    for part in text.split(',') {
        let parsed = part.split_once('#').and_then(|(day, nth)| {
            let day = number(day, 0, &WEEKDAYS).filter(|day| *day <= 7)? % 7;
            Some((day, nth.parse::<u8>().ok().filter(|nth| (1..=5).contains(nth))?))
        });
        wanted.push(parsed.ok_or_else(|| format!("has \"{part}\" as weekday (example: tue#1, the first Tuesday of the month)"))?);
    }
    Ok(Weekdays::Nth(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> Wall {
        let at: Timestamp = text.parse().unwrap();
        Wall(at.as_millisecond() as u64)
    }

    fn shown(at: Wall) -> String {
        Timestamp::from_millisecond(at.0 as i64).unwrap().to_string()
    }

    /// The times that follow, in UTC.
    fn check_in(zone: &TimeZone, text: &str, after: &str, expected: &[&str]) {
        let schedule = Schedule::parse(text).unwrap();
        let mut at = wall(after);
        for expected in expected {
            at = schedule.next_after(at, zone).unwrap();
            assert_eq!(shown(at), *expected, "{text} after {after}");
        }
    }

    fn check(text: &str, after: &str, expected: &[&str]) {
        check_in(&TimeZone::UTC, text, after, expected);
    }

    fn refused(text: &str, part: &str) {
        let error = Schedule::parse(text).unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
    }

    #[test]
    fn the_usual_forms() {
        check("30 10 * * *", "2026-03-03T10:29:59Z", &["2026-03-03T10:30:00Z", "2026-03-04T10:30:00Z"]);
        check("0 10 * * tue#1", "2026-03-03T10:00:00Z", &["2026-04-07T10:00:00Z", "2026-05-05T10:00:00Z"]);
        check("0 10 1 * *", "2026-03-03T10:00:00Z", &["2026-04-01T10:00:00Z"]);
        check("0 9,17 * * mon-fri", "2026-03-06T12:00:00Z", &["2026-03-06T17:00:00Z", "2026-03-09T09:00:00Z"]);
        check("*/20 8-9 * * *", "2026-03-06T08:30:00Z", &["2026-03-06T08:40:00Z", "2026-03-06T09:00:00Z"]);
        check("0 10 * JAN,jul MON#1", "2026-03-06T08:30:00Z", &["2026-07-06T10:00:00Z", "2027-01-04T10:00:00Z"]);
        check("0 12 * * 7", "2026-03-03T00:00:00Z", &["2026-03-08T12:00:00Z"]);
        check("0 12 * * 0", "2026-03-03T00:00:00Z", &["2026-03-08T12:00:00Z"]);
        check("0 12 29 2 *", "2026-03-03T00:00:00Z", &["2028-02-29T12:00:00Z"]);
        check("0 12 * * fri#5", "2026-03-03T00:00:00Z", &["2026-05-29T12:00:00Z"]);
    }

    /// The zone of Berlin as a rule, so that the test does not depend on the machine's time zones.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    #[test]
    fn the_office_clock_counts_in_summer_and_in_winter() {
        check_in(&berlin(), "0 10 * * *", "2026-03-27T10:00:00Z", &["2026-03-28T09:00:00Z", "2026-03-29T08:00:00Z"]);
        check_in(&berlin(), "0 10 * * *", "2026-10-23T10:00:00Z", &["2026-10-24T08:00:00Z", "2026-10-25T09:00:00Z"]);
    }

    #[test]
    fn a_time_that_is_skipped_comes_later_and_one_that_comes_twice_counts_once() {
        // 02:30 does not exist on 29 March 2026.
        check_in(&berlin(), "30 2 * * *", "2026-03-28T12:00:00Z", &["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]);
        // 02:30 comes twice on 25 October 2026.
        check_in(&berlin(), "30 2 * * *", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
        // Between the two: the second does not count.
        check_in(&berlin(), "30 2 * * *", "2026-10-25T00:45:00Z", &["2026-10-26T01:30:00Z"]);
        check_in(&berlin(), "30 2 * * *", "2026-10-25T01:15:00Z", &["2026-10-26T01:30:00Z"]);
    }

    #[test]
    fn mistakes_are_said() {
        refused("", "has 0 fields");
        refused("0 10 * *", "has 4 fields");
        refused("60 10 * * *", "\"60\" as minute; 0 to 59");
        refused("0 24 * * *", "\"24\" as hour");
        refused("0 10 0 * *", "\"0\" as day of the month; 1 to 31");
        refused("0 10 * 13 *", "\"13\" as month");
        refused("0 10 * * tuesday", "\"tuesday\" as weekday");
        refused("0 10 * * tue#6", "tue#1");
        refused("0 10 * * tue#1,wed", "tue#1");
        refused("*/0 10 * * *", "a step");
        refused("9-3 10 * * *", "\"9-3\"");
        refused("0 10 1-7 * tue", "both a day of the month and a weekday");
        refused("0 10 30 2 *", "never happens");
        refused("0 10 31 4,6 *", "never happens");
        refused("@monthly", "has 1 fields");
        refused("0 10 é * *", "\"é\"");
        refused("0 300 * * *", "\"300\"");
    }

    #[test]
    fn it_is_shown_as_written() {
        assert_eq!(Schedule::parse("0  10 * *  tue#1").unwrap().to_string(), "0 10 * * tue#1");
    }
}
