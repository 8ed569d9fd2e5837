//! Dates as the language writes them, in the office's time zone.

use super::Texts;
use crate::clock::Wall;
use crate::mail::date::{self, Civil};

const MONTHS: [&str; 12] =
    ["month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8", "month-9", "month-10", "month-11", "month-12"];
const MONTHS_SHORT: [&str; 12] = [
    "month-short-1",
    "month-short-2",
    "month-short-3",
    "month-short-4",
    "month-short-5",
    "month-short-6",
    "month-short-7",
    "month-short-8",
    "month-short-9",
    "month-short-10",
    "month-short-11",
    "month-short-12",
];
const WEEKDAYS: [&str; 7] = ["weekday-1", "weekday-2", "weekday-3", "weekday-4", "weekday-5", "weekday-6", "weekday-7"];

impl Texts {
    /// As short as possible: `09:15` today, `3 Mar` this year, `3 Mar 2025` before.
    pub fn short(self, at: Wall, now: Wall) -> String {
        let (at, now) = (date::civil(at), date::civil(now));
        if at.same_day(&now) {
            return self.clock(&at);
        }
        let key = if at.year == now.year { "date-short" } else { "date-short-year" };
        self.written(key, &at, MONTHS_SHORT)
    }

    /// With everything: `Tuesday, 3 March 2026, 09:15`.
    pub fn minute(self, at: Wall) -> String {
        self.written("date-minute", &date::civil(at), MONTHS)
    }

    /// `3 March 2026, 09:15`
    pub fn day_and_time(self, at: Wall) -> String {
        self.written("date-moment", &date::civil(at), MONTHS)
    }

    /// `3 March 2026`
    pub fn day(self, at: Wall) -> String {
        self.written("date-day", &date::civil(at), MONTHS)
    }

    /// `Tuesday, 3 March`, for headings of an agenda.
    pub fn weekday(self, at: Wall) -> String {
        self.written("date-weekday", &date::civil(at), MONTHS)
    }

    /// `09:15`
    pub fn time(self, at: Wall) -> String {
        self.clock(&date::civil(at))
    }

    /// As short as possible, but with the time: `09:15` today, `3 March 2026, 09:15` on other days.
    pub fn moment(self, at: Wall, now: Wall) -> String {
        let (civil, today) = (date::civil(at), date::civil(now));
        if civil.same_day(&today) { self.clock(&civil) } else { self.day_and_time(at) }
    }

    fn clock(self, at: &Civil) -> String {
        format!("{:02}:{:02}", at.hour, at.minute)
    }

    fn written(self, key: &'static str, at: &Civil, months: [&'static str; 12]) -> String {
        let name = |keys: &[&'static str], number: u8| keys.get(usize::from(number).wrapping_sub(1)).map_or("", |key| self.get(key));
        self.with(
            key,
            &[
                ("weekday", name(&WEEKDAYS, at.weekday).into()),
                // As text: a year has no separator.
                ("day", at.day.to_string().into()),
                ("month", name(&months, at.month).into()),
                ("year", at.year.to_string().into()),
                ("time", self.clock(at).into()),
            ],
        )
    }
}
