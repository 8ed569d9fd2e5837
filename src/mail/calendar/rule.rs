//! Repetition (RFC 5545 section 3.3.10), for what people's calendars use: whole days, by weekday, by day of the month, by month.
//!
//! Whether a day is meant is asked day by day, so no rule can make more work than there are days.

use jiff::civil::{Date, Weekday};

use crate::limits::CALENDAR_DAYS_MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub frequency: Frequency,
    /// Every so many of them; at least 1.
    pub interval: u32,
    pub count: Option<u32>,
    /// The last day, included.
    pub until: Option<Date>,
    /// Weekdays from 1 (Monday); with a place in the month or year if that is not 0: 2 the second, -1 the last.
    pub weekdays: Vec<(i8, u8)>,
    /// From the end if negative.
    pub month_days: Vec<i8>,
    pub months: Vec<i8>,
    /// Which of the days of a month or year.
    pub places: Vec<i16>,
    week_begins: Weekday,
}

const NAMES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

impl Rule {
    /// None for what is smaller than a day, and for what is no rule.
    pub fn parse(text: &str) -> Option<Rule> {
        // More of one kind than a person would ever write down.
        const LIST_MAX: usize = 100;
        let part = |name: &str| {
            let mut parts = text.split(';').filter_map(|part| part.split_once('='));
            parts.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
        };
        fn numbers<T: std::str::FromStr>(list: Option<&str>) -> Vec<T> {
            list.unwrap_or_default().split(',').take(LIST_MAX).filter_map(|number| number.trim().parse().ok()).collect()
        }
        let frequency = match part("FREQ")?.to_ascii_uppercase().as_str() {
            "DAILY" => Frequency::Daily,
            "WEEKLY" => Frequency::Weekly,
            "MONTHLY" => Frequency::Monthly,
            "YEARLY" => Frequency::Yearly,
            _ => return None,
        };
        let weekday = |name: &str| {
            let (place, name) = name.trim().split_at_checked(name.trim().len().checked_sub(2)?)?;
            let weekday = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))? as u8 + 1;
            let place = if place.is_empty() { 0 } else { place.parse().ok()? };
            Some((place, weekday))
        };
        let until = part("UNTIL").map(|until| super::event::date(until.get(..8).unwrap_or(until)));
        let begins = part("WKST").and_then(weekday).map_or(1, |(_, weekday)| weekday);
        Some(Rule {
            frequency,
            interval: part("INTERVAL").and_then(|interval| interval.parse().ok()).unwrap_or(1).max(1),
            count: part("COUNT").and_then(|count| count.parse().ok()),
            until: match until {
                // An end that cannot be read: no repetition at all is safer than one for ever.
                Some(None) => return None,
                Some(until) => until,
                None => None,
            },
            weekdays: part("BYDAY").unwrap_or_default().split(',').take(LIST_MAX).filter_map(weekday).collect(),
            month_days: numbers(part("BYMONTHDAY")),
            months: numbers(part("BYMONTH")),
            places: numbers(part("BYSETPOS")),
            week_begins: Weekday::from_monday_one_offset(begins as i8).unwrap_or(Weekday::Monday),
        })
    }

    /// The days on which it happens, from `start`, those up to `to` and at most `max` of those from `from`.
    pub fn days(&self, start: Date, from: Date, to: Date, max: usize) -> Vec<Date> {
        let mut found = Vec::new();
        let mut number = 0u32;
        let to = self.until.map_or(to, |until| until.min(to));
        // Counting must begin at the beginning; otherwise what is long past is left out.
        let mut day = if self.count.is_some() { start } else { start.max(from) };
        let mut period = Period::default();
        for _ in 0..CALENDAR_DAYS_MAX {
            if day > to || found.len() >= max || self.count.is_some_and(|count| number >= count) {
                break;
            }
            // The first day counts, whatever the rule says (section 3.8.5.3).
            if day == start || self.has(start, day, &mut period) {
                number += 1;
                if day >= from {
                    found.push(day);
                }
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        found
    }

    fn has(&self, start: Date, day: Date, period: &mut Period) -> bool {
        let interval = i64::from(self.interval);
        let steps = match self.frequency {
            Frequency::Daily => days_between(start, day),
            Frequency::Weekly => days_between(self.week_of(start), self.week_of(day)) / 7,
            Frequency::Monthly => months_between(start, day),
            Frequency::Yearly => i64::from(day.year()) - i64::from(start.year()),
        };
        steps >= 0 && steps % interval == 0 && self.is_chosen(start, day) && self.is_in_place(start, day, period)
    }

    fn is_chosen(&self, start: Date, day: Date) -> bool {
        let yearly = self.frequency == Frequency::Yearly;
        let month_fits = match self.months.is_empty() {
            false => self.months.contains(&day.month()),
            true => !yearly || !self.weekdays.is_empty() || day.month() == start.month(),
        };
        let monthly = matches!(self.frequency, Frequency::Monthly | Frequency::Yearly);
        let day_fits = match (self.weekdays.is_empty(), self.month_days.is_empty()) {
            (true, true) => match self.frequency {
                Frequency::Daily => true,
                Frequency::Weekly => day.weekday() == start.weekday(),
                Frequency::Monthly | Frequency::Yearly => day.day() == start.day(),
            },
            (weekdays_any, days_any) => {
                (weekdays_any || self.weekdays.iter().any(|wanted| self.is_weekday(*wanted, day, monthly)))
                    && (days_any
                        || self.month_days.iter().any(|wanted| *wanted == day.day() || *wanted == day.day() - day.days_in_month() - 1))
            }
        };
        month_fits && day_fits
    }

    fn is_weekday(&self, (place, weekday): (i8, u8), day: Date, monthly: bool) -> bool {
        if day.weekday().to_monday_one_offset() != weekday as i8 {
            return false;
        }
        // In a year without a month, the place is one in the year.
        let (at, length) = if self.frequency == Frequency::Yearly && self.months.is_empty() {
            (i32::from(day.day_of_year()), i32::from(day.days_in_year()))
        } else {
            (i32::from(day.day()), i32::from(day.days_in_month()))
        };
        let from_start = (at - 1) / 7 + 1;
        let from_end = -((length - at) / 7 + 1);
        place == 0 || !monthly || i32::from(place) == from_start || i32::from(place) == from_end
    }

    // BYSETPOS: the n-th of the chosen days of the month or year.
    fn is_in_place(&self, start: Date, day: Date, period: &mut Period) -> bool {
        if self.places.is_empty() {
            return true;
        }
        let (first, length) = match self.frequency {
            Frequency::Monthly => (day.first_of_month(), day.days_in_month() as i16),
            Frequency::Yearly => (day.first_of_year(), day.days_in_year()),
            // A week or a day of whole days: rare enough to be left as it is.
            Frequency::Daily | Frequency::Weekly => return true,
        };
        if period.first != Some(first) {
            let days = std::iter::successors(Some(first), |day| day.tomorrow().ok()).take(usize::try_from(length).unwrap_or_default());
            *period = Period { first: Some(first), chosen: days.filter(|day| self.is_chosen(start, *day)).collect() };
        }
        let Ok(at) = period.chosen.binary_search(&day) else { return false };
        let (from_start, from_end) = (at as i16 + 1, at as i16 - period.chosen.len() as i16);
        self.places.contains(&from_start) || self.places.contains(&from_end)
    }

    fn week_of(&self, day: Date) -> Date {
        let back = day.weekday().since(self.week_begins);
        day.checked_sub(jiff::Span::new().days(i64::from(back))).unwrap_or(day)
    }
}

/// The chosen days of the month or year that was looked at last: the days of one ask for the same again and again.
#[derive(Default)]
struct Period {
    first: Option<Date>,
    chosen: Vec<Date>,
}

fn days_between(a: Date, b: Date) -> i64 {
    a.until(b).map_or(-1, |span| i64::from(span.get_days()))
}

fn months_between(a: Date, b: Date) -> i64 {
    (i64::from(b.year()) - i64::from(a.year())) * 12 + i64::from(b.month()) - i64::from(a.month())
}
