//! Time zones of calendars: names of the tz database, names that Windows uses, and zones that a calendar defines itself.

use jiff::tz::{Offset, TimeZone};

use super::lines::Line;

/// A VTIMEZONE (RFC 5545 section 3.6.5), as far as it is needed for a rule: the offsets and when they change.
#[derive(Debug, Default)]
pub(super) struct Defined {
    pub id: String,
    /// (is daylight time, offset in seconds, month, week of the month as in POSIX, weekday from Sunday, seconds of the day)
    changes: Vec<Change>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Change {
    daylight: bool,
    offset_s: Option<i32>,
    from_s: i32,
    rule: Option<(u32, u32, u32)>,
    at_s: i32,
}

impl Defined {
    pub fn begin(&mut self, daylight: bool) {
        const CHANGES_MAX: usize = 50;
        if self.changes.len() < CHANGES_MAX {
            self.changes.push(Change { daylight, at_s: 7200, ..Change::default() });
        }
    }

    pub fn take(&mut self, line: &Line) {
        match line.name.as_str() {
            "TZID" => self.id = line.value.trim().to_owned(),
            _ => {
                let Some(change) = self.changes.last_mut() else { return };
                match line.name.as_str() {
                    "TZOFFSETTO" => change.offset_s = offset(&line.value),
                    "TZOFFSETFROM" => change.from_s = offset(&line.value).unwrap_or_default(),
                    "RRULE" => change.rule = yearly(&line.value),
                    "DTSTART" => change.at_s = line.value.split_once('T').and_then(|(_, time)| seconds(time)).unwrap_or(7200),
                    _ => {}
                }
            }
        }
    }

    fn zone(&self) -> Option<TimeZone> {
        // The last of each kind is the one that is still in force.
        let last = |daylight| self.changes.iter().rev().find(|change| change.daylight == daylight && change.offset_s.is_some());
        let standard = last(false).or_else(|| last(true))?;
        let offset_s = standard.offset_s?;
        let daylight = last(true).and_then(|daylight| Some((daylight, daylight.offset_s?, daylight.rule?, standard.rule?)));
        let Some((daylight, daylight_s, begins, ends)) = daylight.filter(|_| !standard.daylight) else {
            return Offset::from_seconds(offset_s).ok().map(TimeZone::fixed);
        };
        // POSIX writes offsets the other way round: hours to add to come to UTC.
        let name = |seconds: i32| format!("<X>{}", clock(-seconds));
        let day = |(month, week, weekday): (u32, u32, u32), at: i32| format!("M{month}.{week}.{weekday}/{}", clock(at));
        let posix = format!(
            "{}{},{},{}",
            name(offset_s).replace("<X>", "<STD>"),
            name(daylight_s).replace("<X>", "<DST>"),
            day(begins, daylight.at_s),
            day(ends, standard.at_s)
        );
        TimeZone::posix(&posix).ok()
    }
}

/// The zone of this name. A calendar's own definition comes last: the names of the world are kept up to date, its rules are not.
pub(super) fn find(id: &str, defined: &[Defined]) -> Option<TimeZone> {
    let id = id.trim().trim_matches('"');
    if matches!(id, "UTC" | "Z" | "GMT" | "Etc/UTC") {
        return Some(TimeZone::UTC);
    }
    let named = |name: &str| TimeZone::get(name).ok();
    // `/citadel.org/20190914_1/Europe/Berlin` and its like end with the name.
    let mut pieces = id.rsplit('/');
    let tail = pieces.next().zip(pieces.next()).map(|(city, area)| format!("{area}/{city}"));
    let own = || defined.iter().find(|zone| zone.id.trim_matches('"') == id).and_then(Defined::zone);
    named(id).or_else(|| named(&tail?)).or_else(|| named(windows(id)?)).or_else(own).or_else(|| written(id))
}

// `(UTC+01:00) Amsterdam, Berlin`
fn written(id: &str) -> Option<TimeZone> {
    let rest = id.strip_prefix("(UTC").or_else(|| id.strip_prefix("(GMT"))?;
    let (digits, _) = rest.split_once(')')?;
    if digits.is_empty() {
        return Some(TimeZone::UTC);
    }
    Offset::from_seconds(offset(&digits.replace([':', '.'], ""))?).ok().map(TimeZone::fixed)
}

// `+0100`, `-043000`
fn offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let seconds = seconds(digits)?;
    (seconds <= 15 * 3600).then_some(sign * seconds)
}

// `020000` or `0200`
fn seconds(digits: &str) -> Option<i32> {
    let two = |at: usize| digits.get(at..at + 2).and_then(|pair| pair.parse::<i32>().ok());
    let (hours, minutes) = (two(0)?, two(2)?);
    (hours < 25 && minutes < 60).then(|| hours * 3600 + minutes * 60 + two(4).filter(|s| *s < 60).unwrap_or_default())
}

fn clock(seconds: i32) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.abs();
    format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

// `FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3` as (month, week, weekday) of POSIX, where the fifth week is the last.
fn yearly(rule: &str) -> Option<(u32, u32, u32)> {
    let part = |name: &str| rule.split(';').filter_map(|part| part.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value);
    let month: u32 = part("BYMONTH")?.parse().ok()?;
    let day = part("BYDAY")?;
    let (week, weekday) = day.split_at_checked(day.len().checked_sub(2)?)?;
    let weekday = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"].iter().position(|name| *name == weekday)? as u32;
    let week = match week.parse::<i32>().ok()? {
        -1 => 5,
        week @ 1..=4 => week as u32,
        _ => return None,
    };
    (1..=12).contains(&month).then_some((month, week, weekday))
}

/// The place in the tz database that stands for a zone of Windows (Unicode CLDR, windowsZones, territory 001).
#[rustfmt::skip]
fn windows(name: &str) -> Option<&'static str> {
    Some(match name {
        "Dateline Standard Time" => "Etc/GMT+12",
        "Hawaiian Standard Time" => "Pacific/Honolulu",
        "Alaskan Standard Time" => "America/Anchorage",
        "Pacific Standard Time" => "America/Los_Angeles",
        "Pacific Standard Time (Mexico)" => "America/Tijuana",
        "US Mountain Standard Time" => "America/Phoenix",
        "Mountain Standard Time" => "America/Denver",
        "Mountain Standard Time (Mexico)" => "America/Mazatlan",
        "Central Standard Time" => "America/Chicago",
        "Central Standard Time (Mexico)" => "America/Mexico_City",
        "Central America Standard Time" => "America/Guatemala",
        "Canada Central Standard Time" => "America/Regina",
        "SA Pacific Standard Time" => "America/Bogota",
        "Eastern Standard Time" => "America/New_York",
        "US Eastern Standard Time" => "America/Indianapolis",
        "Venezuela Standard Time" => "America/Caracas",
        "Atlantic Standard Time" => "America/Halifax",
        "SA Western Standard Time" => "America/La_Paz",
        "Pacific SA Standard Time" => "America/Santiago",
        "Newfoundland Standard Time" => "America/St_Johns",
        "E. South America Standard Time" => "America/Sao_Paulo",
        "Argentina Standard Time" => "America/Buenos_Aires",
        "SA Eastern Standard Time" => "America/Cayenne",
        "Greenland Standard Time" => "America/Godthab",
        "Montevideo Standard Time" => "America/Montevideo",
        "Azores Standard Time" => "Atlantic/Azores",
        "Cape Verde Standard Time" => "Atlantic/Cape_Verde",
        "Greenwich Standard Time" => "Atlantic/Reykjavik",
        "GMT Standard Time" => "Europe/London",
        "Morocco Standard Time" => "Africa/Casablanca",
        "W. Europe Standard Time" => "Europe/Berlin",
        "Central Europe Standard Time" => "Europe/Budapest",
        "Romance Standard Time" => "Europe/Paris",
        "Central European Standard Time" => "Europe/Warsaw",
        "W. Central Africa Standard Time" => "Africa/Lagos",
        "Namibia Standard Time" => "Africa/Windhoek",
        "Jordan Standard Time" => "Asia/Amman",
        "GTB Standard Time" => "Europe/Bucharest",
        "Middle East Standard Time" => "Asia/Beirut",
        "Egypt Standard Time" => "Africa/Cairo",
        "E. Europe Standard Time" => "Europe/Chisinau",
        "South Africa Standard Time" => "Africa/Johannesburg",
        "FLE Standard Time" => "Europe/Kiev",
        "Israel Standard Time" => "Asia/Jerusalem",
        "Turkey Standard Time" => "Europe/Istanbul",
        "Arabic Standard Time" => "Asia/Baghdad",
        "Arab Standard Time" => "Asia/Riyadh",
        "Belarus Standard Time" => "Europe/Minsk",
        "Russian Standard Time" => "Europe/Moscow",
        "E. Africa Standard Time" => "Africa/Nairobi",
        "Iran Standard Time" => "Asia/Tehran",
        "Arabian Standard Time" => "Asia/Dubai",
        "Azerbaijan Standard Time" => "Asia/Baku",
        "Georgian Standard Time" => "Asia/Tbilisi",
        "Caucasus Standard Time" => "Asia/Yerevan",
        "Afghanistan Standard Time" => "Asia/Kabul",
        "West Asia Standard Time" => "Asia/Tashkent",
        "Ekaterinburg Standard Time" => "Asia/Yekaterinburg",
        "Pakistan Standard Time" => "Asia/Karachi",
        "India Standard Time" => "Asia/Calcutta",
        "Sri Lanka Standard Time" => "Asia/Colombo",
        "Nepal Standard Time" => "Asia/Katmandu",
        "Central Asia Standard Time" => "Asia/Almaty",
        "Bangladesh Standard Time" => "Asia/Dhaka",
        "Myanmar Standard Time" => "Asia/Rangoon",
        "SE Asia Standard Time" => "Asia/Bangkok",
        "N. Central Asia Standard Time" => "Asia/Novosibirsk",
        "China Standard Time" => "Asia/Shanghai",
        "Singapore Standard Time" => "Asia/Singapore",
        "W. Australia Standard Time" => "Australia/Perth",
        "Taipei Standard Time" => "Asia/Taipei",
        "Tokyo Standard Time" => "Asia/Tokyo",
        "Korea Standard Time" => "Asia/Seoul",
        "Cen. Australia Standard Time" => "Australia/Adelaide",
        "AUS Central Standard Time" => "Australia/Darwin",
        "E. Australia Standard Time" => "Australia/Brisbane",
        "AUS Eastern Standard Time" => "Australia/Sydney",
        "Tasmania Standard Time" => "Australia/Hobart",
        "Vladivostok Standard Time" => "Asia/Vladivostok",
        "West Pacific Standard Time" => "Pacific/Port_Moresby",
        "Central Pacific Standard Time" => "Pacific/Guadalcanal",
        "New Zealand Standard Time" => "Pacific/Auckland",
        "Fiji Standard Time" => "Pacific/Fiji",
        "Tonga Standard Time" => "Pacific/Tongatapu",
        "Samoa Standard Time" => "Pacific/Apia",
        _ => return None,
    })
}
