//! `/mail/agenda`: what is known of the next days from invitations in the reader's mailbox.
//!
//! Bounded: the newest [`AGENDA_MESSAGES_MAX`] messages are looked at, and of these only the small ones that have a calendar in them; whatever
//! is in these costs no more than a moment, and the page says when something was left out.

use std::collections::HashMap;

use memchr::memmem;

use super::invitation::{calendar, is_reader};
use super::pages::agenda::{AgendaPage, DayView, EntryView};
use super::visit::Visit;
use super::words::visible;
use super::{Answer as Response, Trouble, pages, reader, response};
use crate::clock::Wall;
use crate::limits::{
    AGENDA_DAYS, AGENDA_EVENTS_MAX, AGENDA_LINES_MAX, AGENDA_LOOKS_MAX, AGENDA_MESSAGE_MAX_OCTETS, AGENDA_MESSAGES_MAX, AGENDA_OCTETS_MAX,
};
use crate::mail::calendar::{Answer, Event, Method, Moment, Status};
use crate::mail::parse::{self, Letter};
use crate::store::{Entry, Folder, Seq};

const DAY_MILLIS: u64 = 24 * 3600 * 1000;
/// Times of one series that are shown.
const TIMES_MAX: usize = 50;

/// An event by its name; one of a series by when it would have been, too.
type Key = (String, Option<Wall>);

/// What is known of one event, or of one of a series.
#[derive(Default)]
struct Known {
    /// The newest invitation, by its own count and by when it came.
    best: Option<(u32, Seq, Event)>,
    cancelled: Option<u32>,
    /// What the reader answered last.
    answered: Option<(Seq, Answer)>,
}

pub fn show(visit: &Visit<'_>) -> Response {
    let (t, now) = (visit.context.texts, visit.context.now.wall);
    let (entries, mut bounded) = newest(visit)?;
    let (known, all) = known(visit, &entries);
    bounded |= !all;
    // From the beginning of today.
    let from = Moment::today(now);
    let to = Wall(from.0 + AGENDA_DAYS * DAY_MILLIS);
    let mut found: Vec<(Moment, Moment, &Known, Seq, &Event)> = Vec::new();
    let mut newest: Vec<(&Key, &Known, u32, Seq, &Event)> = known
        .iter()
        .filter_map(|(key, known)| known.best.as_ref().map(|(sequence, seq, event)| (key, known, *sequence, *seq, event)))
        .collect();
    newest.sort_by_key(|(_, _, _, seq, _)| std::cmp::Reverse(*seq));
    let mut looks = AGENDA_LOOKS_MAX;
    for ((uid, single), one, sequence, seq, event) in newest {
        let series = single.and_then(|_| known.get(&(uid.clone(), None)));
        // Who calls off a series calls off what was changed in it, too.
        let is_off = |known: &Known| known.cancelled.is_some_and(|cancelled| cancelled >= sequence);
        if is_off(one) || series.is_some_and(is_off) || event.status == Some(Status::Cancelled) {
            continue;
        }
        let Some(left) = looks.checked_sub(event.looks(to)) else {
            bounded = true;
            continue;
        };
        looks = left;
        let times = event.times(from, to, TIMES_MAX).into_iter();
        // One of a series that was changed or called off by itself (RFC 5545 section 3.8.4.4) is not where the series has it.
        let times = times.filter(|(start, _)| single.is_some() || !known.contains_key(&(uid.clone(), Some(start.wall()))));
        found.extend(times.map(|(start, end)| (start, end, one, seq, event)));
    }
    found.sort_by_key(|(start, _, _, seq, _)| (start.wall(), *seq));
    bounded |= found.len() > AGENDA_LINES_MAX;
    found.truncate(AGENDA_LINES_MAX);
    let mut days: Vec<DayView> = Vec::new();
    for (start, end, known, seq, event) in found {
        // What began before today is shown under today.
        let day = t.weekday(start.wall().max(from));
        if days.last().is_none_or(|last| last.day != day) {
            days.push(DayView { day, entries: Vec::new() });
        }
        let mine = event.guests.iter().find(|guest| is_reader(visit, guest)).map(|guest| guest.answer);
        let answer = known.answered.map(|(_, answer)| answer).or(mine).unwrap_or_default();
        let time = if start.is_day() {
            t.get("agenda-all-day").to_owned()
        } else if end.wall() > start.wall() {
            format!("{}–{}", t.time(start.wall()), t.time(end.wall()))
        } else {
            t.time(start.wall())
        };
        let entry = EntryView {
            time,
            title: visible(&event.summary),
            place: visible(&event.location),
            path: format!("/mail/message/{seq}"),
            answer: t.get(match answer {
                Answer::Accepted => "agenda-accepted",
                Answer::Tentative => "agenda-tentative",
                Answer::Declined => "agenda-declined",
                Answer::Open | Answer::Delegated => "agenda-unanswered",
            }),
            declined: answer == Answer::Declined,
        };
        days.last_mut().into_iter().for_each(|day| day.entries.push(entry.clone()));
    }
    let page = AgendaPage { days, bounded };
    let shell = reader::shell(visit.context, t.get("agenda"));
    Ok(response::page(200, pages::agenda::page(&shell, &page)).into())
}

/// The reader's newest messages of all folders but Drafts, Junk and Deleted; whether there are more.
fn newest(visit: &Visit<'_>) -> Result<(Vec<Entry>, bool), Trouble> {
    let view = visit.context.store.view();
    let mailbox = visit.reader.mailbox();
    let mut entries = Vec::new();
    for (folder, _) in view.filled_folders(mailbox)? {
        if !matches!(folder, Folder::Drafts | Folder::Junk | Folder::Trash) {
            entries.extend(view.folder(mailbox, folder, None, AGENDA_MESSAGES_MAX + 1)?);
        }
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.message));
    let bounded = entries.len() > AGENDA_MESSAGES_MAX;
    entries.truncate(AGENDA_MESSAGES_MAX);
    Ok((entries, bounded))
}

/// What calendars say in these messages, newest first; whether that is all.
fn known(visit: &Visit<'_>, entries: &[Entry]) -> (HashMap<Key, Known>, bool) {
    let mut known: HashMap<Key, Known> = HashMap::new();
    let mut room = AGENDA_OCTETS_MAX;
    for entry in entries.iter().filter(|entry| entry.size <= AGENDA_MESSAGE_MAX_OCTETS) {
        // One that cannot be read is no reason to show none.
        let Ok(message) = visit.context.store.body(entry.message) else { continue };
        if !mentions_calendar(&message) {
            continue;
        }
        let Some(left) = room.checked_sub(message.len()) else { return (known, false) };
        room = left;
        let Some(calendar) = calendar(&Letter::new(&parse::normal(&message))) else { continue };
        for event in calendar.events.into_iter().filter(|event| !event.uid.is_empty()) {
            let key = (event.uid.clone(), event.recurrence.as_ref().map(Moment::wall));
            if known.len() >= AGENDA_EVENTS_MAX && !known.contains_key(&key) {
                return (known, false);
            }
            let one = known.entry(key).or_default();
            match calendar.method {
                Method::Request | Method::Publish => {
                    let newer = one.best.as_ref().is_none_or(|(sequence, seq, _)| (event.sequence, entry.message) > (*sequence, *seq));
                    if newer {
                        one.best = Some((event.sequence, entry.message, event));
                    }
                }
                Method::Cancel => one.cancelled = one.cancelled.max(Some(event.sequence)),
                Method::Reply => {
                    let mine = event.guests.iter().find(|guest| is_reader(visit, guest)).map(|guest| (entry.message, guest.answer));
                    one.answered = match (one.answered, mine) {
                        (Some(old), Some(new)) => Some(if new.0 > old.0 { new } else { old }),
                        (old, new) => new.or(old),
                    };
                }
                Method::Counter | Method::DeclineCounter => {}
            }
        }
    }
    (known, true)
}

/// Cheaper than taking a message apart.
fn mentions_calendar(message: &[u8]) -> bool {
    ["text/calendar", "application/ics", "TEXT/CALENDAR", "Text/Calendar"]
        .iter()
        .any(|word| memmem::find(message, word.as_bytes()).is_some())
}
