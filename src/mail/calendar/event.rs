//! What a calendar says.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::lines::{Line, lines};
use super::rule::Rule;
use super::zone::{self, Defined};
use crate::clock::Wall;
use crate::limits::{CALENDAR_DAYS_MAX, CALENDAR_EVENTS_MAX, CALENDAR_EXCEPTIONS_MAX, CALENDAR_GUESTS_MAX};
use crate::mail::date;
use crate::mail::parse::one_line;

/// A calendar of a message: mostly one event.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub method: Method,
    pub events: Vec<Event>,
}

/// What a calendar is for (RFC 5546 section 1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// For information, or nothing said.
    #[default]
    Publish,
    Request,
    Reply,
    Cancel,
    /// A guest proposes another time.
    Counter,
    /// The proposal was not taken.
    DeclineCounter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Tentative,
    Confirmed,
    Cancelled,
}

/// Whether a guest comes (PARTSTAT).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    #[default]
    Open,
    Accepted,
    Tentative,
    Declined,
    Delegated,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guest {
    pub name: String,
    pub address: String,
    pub answer: Answer,
    pub optional: bool,
}

/// When something begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A whole day, wherever one is.
    Day(Date),
    At {
        at: Wall,
        zone: TimeZone,
        /// As the calendar calls its zone; empty for UTC and for times without a zone.
        zone_name: String,
    },
}

#[derive(Clone, Debug, Default)]
pub struct Event {
    pub uid: String,
    pub sequence: u32,
    pub summary: String,
    pub location: String,
    pub description: String,
    pub comment: String,
    pub status: Option<Status>,
    pub start: Option<Moment>,
    pub end: Option<Moment>,
    pub organizer: Option<Guest>,
    pub guests: Vec<Guest>,
    pub rule: Option<Rule>,
    /// It repeats in a way that is not understood here.
    pub repeats_oddly: bool,
    /// Days on which it does not take place.
    pub except: Vec<Date>,
    /// Which one of a series this is about.
    pub recurrence: Option<Moment>,
}

impl Moment {
    /// The instant; the beginning of a whole day in the office's zone.
    pub fn wall(&self) -> Wall {
        match self {
            Moment::At { at, .. } => *at,
            Moment::Day(day) => wall(day.to_datetime(Time::midnight()), date::zone()),
        }
    }

    /// When the day of `now` began in the office.
    pub fn today(now: Wall) -> Wall {
        Moment::Day(local(now, &date::zone()).date()).wall()
    }

    pub fn is_day(&self) -> bool {
        matches!(self, Moment::Day(_))
    }

    /// The day in its own zone.
    fn day(&self) -> Date {
        match self {
            Moment::Day(day) => *day,
            Moment::At { at, zone, .. } => local(*at, zone).date(),
        }
    }

    /// The same time of day on another day.
    fn on(&self, day: Date) -> Moment {
        match self {
            Moment::Day(_) => Moment::Day(day),
            Moment::At { at, zone, zone_name } => {
                let at = wall(local(*at, zone).time().on(day.year(), day.month(), day.day()), zone.clone());
                Moment::At { at, zone: zone.clone(), zone_name: zone_name.clone() }
            }
        }
    }

    fn plus(&self, duration: SignedDuration) -> Moment {
        match self {
            Moment::Day(day) => Moment::Day(day.checked_add(duration).unwrap_or(*day)),
            Moment::At { at, zone, zone_name } => {
                let millis = i128::from(at.0).saturating_add(duration.as_millis());
                Moment::At { at: Wall(u64::try_from(millis).unwrap_or_default()), zone: zone.clone(), zone_name: zone_name.clone() }
            }
        }
    }

    /// Where the calendar's zone has another time than the office's: its name, and the time there (`2026-03-03 03:15`).
    pub fn elsewhere(&self) -> Option<(String, String)> {
        let Moment::At { at, zone, zone_name } = self else { return None };
        let (there, here) = (local(*at, zone), local(*at, &date::zone()));
        (!zone_name.is_empty() && there != here).then(|| (zone_name.clone(), there.strftime("%Y-%m-%d %H:%M").to_string()))
    }
}

impl Event {
    /// When it takes place from `from` until before `to`, beginnings and ends, at most `max` times.
    pub fn times(&self, from: Wall, to: Wall, max: usize) -> Vec<(Moment, Moment)> {
        let Some(start) = &self.start else { return Vec::new() };
        let length = self.length(start);
        let fits = |begin: &Moment, end: &Moment| begin.wall() < to && (end.wall() > from || begin.wall() >= from);
        let one = |begin: Moment| {
            let end = begin.plus(length);
            fits(&begin, &end).then_some((begin, end))
        };
        let Some(rule) = &self.rule else { return one(start.clone()).into_iter().collect() };
        // A day more at both ends, for zones; more before, for what lasts.
        let lasting = jiff::Span::new().days(2 + length.as_hours().clamp(0, 24 * 60) / 24);
        let day = |at: Wall| local(at, &date::zone()).date();
        let first = day(from).checked_sub(lasting).unwrap_or(day(from));
        let last = day(to).checked_add(jiff::Span::new().days(1)).unwrap_or(day(to));
        let days = rule.days(start.day(), first, last, max.saturating_add(100));
        days.into_iter().filter(|day| !self.except.contains(day)).filter_map(|day| one(start.on(day))).take(max).collect()
    }

    /// How many days [`Event::times`] looks at until `to`, about: a series that is counted is looked at from its beginning.
    pub fn looks(&self, to: Wall) -> usize {
        const DAY_MILLIS: u64 = 24 * 3600 * 1000;
        let since = |start: &Moment| to.0.saturating_sub(start.wall().0) / DAY_MILLIS;
        match (&self.rule, &self.start) {
            (Some(rule), Some(start)) if rule.count.is_some() => {
                usize::try_from(since(start)).unwrap_or(usize::MAX).clamp(1, CALENDAR_DAYS_MAX)
            }
            // What lasts for two months, and the days of a page.
            (Some(_), _) => 80,
            (None, _) => 1,
        }
    }

    fn length(&self, start: &Moment) -> SignedDuration {
        match (start, &self.end) {
            (Moment::Day(start), Some(Moment::Day(end))) => {
                let days = start.until(*end).map_or(1, |span| span.get_days().max(1));
                SignedDuration::from_hours(24 * i64::from(days))
            }
            (Moment::Day(_), _) => SignedDuration::from_hours(24),
            (start, Some(end)) => SignedDuration::from_millis(end.wall().0.saturating_sub(start.wall().0).min(i64::MAX as u64) as i64),
            _ => SignedDuration::ZERO,
        }
    }
}

/// Reads a calendar. None if it is none, or has no event.
pub fn read(text: &str) -> Option<Calendar> {
    let lines = lines(text);
    let mut method = Method::Publish;
    let (mut zones, mut events): (Vec<Defined>, Vec<Vec<&Line>>) = (Vec::new(), Vec::new());
    // Names of what is open. Alarms in events, and what nobody knows, are passed over.
    let mut open: Vec<&str> = Vec::new();
    for line in &lines {
        let value = line.value.trim();
        match line.name.as_str() {
            "BEGIN" => {
                match (open.last().copied(), value) {
                    (Some("VCALENDAR"), "VEVENT") if events.len() < CALENDAR_EVENTS_MAX => events.push(Vec::new()),
                    (Some("VCALENDAR"), "VEVENT") => break,
                    (Some("VCALENDAR"), "VTIMEZONE") => zones.push(Defined::default()),
                    (Some("VTIMEZONE"), kind) => {
                        if let Some(zone) = zones.last_mut() {
                            zone.begin(kind == "DAYLIGHT");
                        }
                    }
                    _ => {}
                }
                if open.len() < 20 {
                    open.push(value);
                }
            }
            "END" => {
                open.pop();
            }
            "METHOD" if open.last() == Some(&"VCALENDAR") => method = self::method(value),
            _ => match open.last().copied() {
                Some("VEVENT") => events.last_mut().into_iter().for_each(|event| event.push(line)),
                Some("VTIMEZONE" | "STANDARD" | "DAYLIGHT") => zones.last_mut().into_iter().for_each(|zone| zone.take(line)),
                _ => {}
            },
        }
    }
    let events: Vec<Event> = events.iter().map(|lines| event(lines, &zones)).collect();
    (!events.is_empty()).then_some(Calendar { method, events })
}

fn method(value: &str) -> Method {
    match value.to_ascii_uppercase().as_str() {
        "REQUEST" => Method::Request,
        "REPLY" => Method::Reply,
        "CANCEL" => Method::Cancel,
        "COUNTER" => Method::Counter,
        "DECLINECOUNTER" => Method::DeclineCounter,
        _ => Method::Publish,
    }
}

fn event(lines: &[&Line], zones: &[Defined]) -> Event {
    const SHORT: usize = 500;
    let mut event = Event::default();
    let mut duration = None;
    for line in lines {
        match line.name.as_str() {
            "UID" => event.uid = one_line(line.value.trim(), 1000),
            "SEQUENCE" => event.sequence = line.value.trim().parse().unwrap_or_default(),
            "SUMMARY" => event.summary = one_line(&line.text(), SHORT),
            "LOCATION" => event.location = one_line(&line.text(), SHORT),
            "DESCRIPTION" => event.description = line.text(),
            "COMMENT" => event.comment = line.text(),
            "STATUS" => {
                event.status = match line.value.trim() {
                    "TENTATIVE" => Some(Status::Tentative),
                    "CONFIRMED" => Some(Status::Confirmed),
                    "CANCELLED" => Some(Status::Cancelled),
                    _ => None,
                }
            }
            "DTSTART" => event.start = moment(line, zones),
            "DTEND" => event.end = moment(line, zones),
            "DURATION" => duration = line.value.trim().parse::<jiff::Span>().ok(),
            "RECURRENCE-ID" => event.recurrence = moment(line, zones),
            "ORGANIZER" => event.organizer = guest(line),
            "ATTENDEE" if event.guests.len() < CALENDAR_GUESTS_MAX => event.guests.extend(guest(line)),
            "RRULE" => {
                event.rule = Rule::parse(&line.value);
                event.repeats_oddly |= event.rule.is_none();
            }
            "RDATE" => event.repeats_oddly = true,
            "EXDATE" => {
                let left = CALENDAR_EXCEPTIONS_MAX.saturating_sub(event.except.len());
                event.except.extend(line.value.split(',').take(left).filter_map(|day| moment_of(day, line, zones)).map(|at| at.day()));
            }
            _ => {}
        }
    }
    if let (Some(start), None, Some(span)) = (&event.start, &event.end, duration) {
        let reference = start.day();
        event.end = span.to_duration(reference).ok().map(|duration| start.plus(duration));
    }
    event
}

fn guest(line: &Line) -> Option<Guest> {
    let value = line.value.trim();
    let address = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).map(|_| &value[7..]);
    let address = one_line(address.or_else(|| line.parameter("EMAIL")).unwrap_or(value), 320);
    let name = one_line(line.parameter("CN").unwrap_or_default(), 200);
    let answer = match line.parameter("PARTSTAT").unwrap_or_default().to_ascii_uppercase().as_str() {
        "ACCEPTED" => Answer::Accepted,
        "TENTATIVE" => Answer::Tentative,
        "DECLINED" => Answer::Declined,
        "DELEGATED" => Answer::Delegated,
        _ => Answer::Open,
    };
    let optional = line.parameter("ROLE").is_some_and(|role| role.eq_ignore_ascii_case("OPT-PARTICIPANT"));
    (!address.is_empty()).then_some(Guest { name, address, answer, optional })
}

fn moment(line: &Line, zones: &[Defined]) -> Option<Moment> {
    moment_of(&line.value, line, zones)
}

/// One of several values of a line.
fn moment_of(value: &str, line: &Line, zones: &[Defined]) -> Option<Moment> {
    let value = value.trim();
    let Some((day, time)) = value.split_once(['T', 't']) else { return date(value).map(Moment::Day) };
    let day = date(day)?;
    let number = |at: usize| time.get(at..at + 2).and_then(|pair| pair.parse::<i8>().ok());
    let time_of_day = Time::new(number(0)?, number(2)?, number(4).unwrap_or_default().min(59), 0).ok()?;
    let (zone, zone_name) = match (time.ends_with(['Z', 'z']), line.parameter("TZID")) {
        (true, _) => (TimeZone::UTC, String::new()),
        // A name that nobody knows: the office's zone is the best guess.
        (false, Some(id)) => (zone::find(id, zones).unwrap_or_else(date::zone), one_line(id, 100)),
        (false, None) => (date::zone(), String::new()),
    };
    Some(Moment::At { at: wall(day.to_datetime(time_of_day), zone.clone()), zone, zone_name })
}

/// `20260303`
pub(super) fn date(text: &str) -> Option<Date> {
    let digits = text.trim();
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Date::new(digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?).ok()
}

fn wall(at: DateTime, zone: TimeZone) -> Wall {
    let millis = at.to_zoned(zone).map_or(0, |zoned| zoned.timestamp().as_millisecond());
    Wall(u64::try_from(millis).unwrap_or_default())
}

fn local(at: Wall, zone: &TimeZone) -> DateTime {
    let stamp = i64::try_from(at.0).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_datetime(stamp)
}
