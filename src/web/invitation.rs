//! Invitations: the card above a message, and the answer to the organizer.

use super::message::people;
use super::once::{self, Once};
use super::opening::Opening;
use super::pages::invitation::{AnswerForm, GuestView, InvitationView};
use super::texts::Texts;
use super::visit::Visit;
use super::words::{cut, visible};
use super::{Answer, Intent, Outcome, Submission, Trouble, reader, response};
use crate::clock::Wall;
use crate::limits::{
    AGENDA_MESSAGE_MAX_OCTETS, ANSWER_COMMENT_MAX_CHARS, ANSWERS_LOOKED_AT_MAX, ANSWERS_READ_MAX, COMPOSE_SUBJECT_MAX_CHARS,
    INVITATION_GUESTS_SHOWN, INVITATION_NEXT_SHOWN,
};
use crate::mail::Address;
use crate::mail::calendar::{self, Calendar, Event, Frequency, Guest, Method, Moment, Rule, Status};
use crate::mail::compose::{self, Draft};
use crate::mail::parse::{self, Letter, Person};
use crate::store::{Flags, Folder};

/// The calendar of a message, if it has one that can be read.
pub fn calendar(letter: &Letter<'_>) -> Option<Calendar> {
    let numbers = letter.numbers_of(|media_type| matches!(media_type, "text/calendar" | "application/ics"));
    numbers.into_iter().filter_map(|number| letter.attachment_text(number)).find_map(|(text, _)| calendar::read(&text))
}

/// The card of a message, if it brings a calendar.
pub fn card(visit: &Visit<'_>, opening: &Opening, letter: &Letter<'_>) -> Option<InvitationView> {
    let t = visit.context.texts;
    let calendar = calendar(letter)?;
    let event = calendar.events.first()?;
    let is_off = calendar.method == Method::Cancel || event.status == Some(Status::Cancelled);
    let sender = letter.persons("From").into_iter().next();
    let next = match &event.rule {
        Some(_) if !is_off => event.times(visit.context.now.wall, Wall(u64::MAX), INVITATION_NEXT_SHOWN),
        _ => Vec::new(),
    };
    let there = event.start.as_ref().and_then(Moment::elsewhere);
    let may_answer = calendar.method == Method::Request && !is_off && opening.way.is_top() && opening.entry.folder != Folder::Sent;
    let answer = may_answer && reader::access(visit.context).may_change() && organizer(event).is_some();
    Some(InvitationView {
        heading: heading(t, &calendar, event, sender.as_ref()),
        cancelled: is_off,
        title: visible(&event.summary),
        when: when(t, event.start.as_ref(), event.end.as_ref()),
        there: there.map(|(zone, time)| t.with("invitation-there", &[("zone", visible(&zone).into()), ("time", time.into())])),
        place: visible(&event.location),
        organizer: event.organizer.as_ref().and_then(|guest| people(&[person(guest)]).pop()),
        guests: event.guests.iter().take(INVITATION_GUESTS_SHOWN).map(|guest| guest_view(t, guest)).collect(),
        guests_left: event.guests.len().saturating_sub(INVITATION_GUESTS_SHOWN),
        repeats: event.rule.as_ref().map(|rule| rule_words(t, rule)),
        repeats_oddly: event.repeats_oddly,
        next: next.iter().map(|(start, end)| when(t, Some(start), Some(end))).collect(),
        comment: event.comment.clone(),
        more: calendar.events.len() as u64 - 1,
        answer: answer.then(|| AnswerForm {
            action: opening.way.path(opening.seq(), "/answer"),
            csrf: visit.reader.session.csrf.clone(),
            once: once::secret(visit.context),
            tells: t.with("answer-tells", &[("organizer", event.organizer.as_ref().map(shown).unwrap_or_default().into())]),
        }),
        answered: if may_answer { own_answer(visit, event, letter).and_then(|answer| answered_words(t, answer)) } else { None },
        sent: visit.query("answered").is_some(),
    })
}

/// What the reader answered to this invitation last, as far as it is among the newest messages in Sent.
fn own_answer(visit: &Visit<'_>, event: &Event, letter: &Letter<'_>) -> Option<calendar::Answer> {
    let id = letter.opened().summary.message_id?;
    let sent = visit.context.store.view().folder(visit.reader.mailbox(), Folder::Sent, None, ANSWERS_LOOKED_AT_MAX).ok()?;
    let replies = sent.iter().filter(|entry| entry.summary.in_reply_to.as_deref() == Some(&id) && entry.size <= AGENDA_MESSAGE_MAX_OCTETS);
    replies.take(ANSWERS_READ_MAX).find_map(|entry| {
        let message = visit.context.store.body(entry.message).ok()?;
        let calendar = calendar(&Letter::new(&parse::normal(&message))).filter(|calendar| calendar.method == Method::Reply)?;
        let same = calendar.events.iter().find(|one| one.uid == event.uid && one.recurrence == event.recurrence)?;
        same.guests.iter().find(|guest| is_reader(visit, guest)).map(|guest| guest.answer)
    })
}

fn answered_words(t: Texts, answer: calendar::Answer) -> Option<&'static str> {
    Some(t.get(match answer {
        calendar::Answer::Accepted => "answered-accepted",
        calendar::Answer::Tentative => "answered-tentative",
        calendar::Answer::Declined => "answered-declined",
        calendar::Answer::Open | calendar::Answer::Delegated => return None,
    }))
}

/// `POST /mail/message/SEQ/answer`
pub fn answer(visit: &Visit<'_>) -> Answer {
    let t = visit.context.texts;
    let opening = Opening::load(visit)?;
    let calendar = calendar(&opening.letter()).filter(|calendar| calendar.method == Method::Request).ok_or(Trouble::NotFound)?;
    let event = calendar.events.first().ok_or(Trouble::NotFound)?;
    let (answer, subject) = match visit.form.get("answer") {
        Some("accept") => (calendar::Answer::Accepted, "answer-subject-accepted"),
        Some("tentative") => (calendar::Answer::Tentative, "answer-subject-tentative"),
        Some("decline") => (calendar::Answer::Declined, "answer-subject-declined"),
        _ => return Err(Trouble::BadForm),
    };
    let to = organizer(event).ok_or_else(|| Trouble::Said(t.get("answer-no-organizer").to_owned()))?;
    let comment = cut(visit.form.get("comment").unwrap_or_default(), ANSWER_COMMENT_MAX_CHARS);
    let once = Once::of(visit.form.get("once").unwrap_or_default()).and(visit.reader.mailbox().as_str());
    let once = once.and(&visit.request.path).and(visit.form.get("answer").unwrap_or_default()).and(&comment);
    let me = Guest { answer, ..me(visit, event) };
    let subject = cut(&t.with(subject, &[("title", visible(&event.summary).into())]), COMPOSE_SUBJECT_MAX_CHARS);
    let opened = opening.letter().opened();
    let draft = Draft {
        from: Person { name: visit.reader.person.name.clone(), address: visit.reader.person.address.to_string() },
        to: vec![Person { name: event.organizer.as_ref().map(|guest| guest.name.clone()).unwrap_or_default(), address: to.to_string() }],
        text: if comment.trim().is_empty() { subject.clone() } else { comment.trim().to_owned() },
        subject,
        in_reply_to: opened.summary.message_id.clone(),
        references: opened.summary.message_id.into_iter().collect(),
        ..Draft::new(once.message_id(visit.context), visit.context.now.wall)
    };
    let message = compose::write_calendar(&draft, &calendar::reply(event, &me, &comment, visit.context.now.wall), "REPLY")?;
    let marks = Some((opening.seq(), Flags::ANSWERED));
    let submission = Submission { marks, ..Submission::new(visit.reader.mailbox().clone(), vec![to], message) };
    let then = opening.way.path_with(opening.seq(), "", "answered=1");
    Ok(Outcome { response: response::see_other(&then), intents: vec![Intent::Submit(Box::new(submission))] })
}

fn organizer(event: &Event) -> Option<Address> {
    Address::parse(&event.organizer.as_ref()?.address).ok()
}

/// The reader as the invitation names them, by whatever address; else as the directory does.
fn me(visit: &Visit<'_>, event: &Event) -> Guest {
    let person = visit.reader.person;
    let named = event.guests.iter().find(|guest| is_reader(visit, guest));
    named.cloned().unwrap_or_else(|| Guest { name: person.name.clone(), address: person.address.to_string(), ..Guest::default() })
}

/// Whether a guest is the reader, by whatever address.
pub fn is_reader(visit: &Visit<'_>, guest: &Guest) -> bool {
    let person = Address::parse(&guest.address).ok().and_then(|address| visit.context.directory.resolve(&address));
    person.is_some_and(|person| &person.mailbox == visit.reader.mailbox())
}

fn heading(t: Texts, calendar: &Calendar, event: &Event, sender: Option<&Person>) -> String {
    let who = match (calendar.method, event.guests.as_slice()) {
        (Method::Reply | Method::Counter, [guest]) => shown(guest),
        _ => sender.map(|person| if person.name.is_empty() { visible(&person.address) } else { visible(&person.name) }).unwrap_or_default(),
    };
    let name = if who.is_empty() { t.get("invitation-somebody").to_owned() } else { who };
    let said = |key| t.with(key, &[("name", name.as_str().into())]);
    match calendar.method {
        Method::Cancel => t.get("invitation-cancelled").to_owned(),
        _ if event.status == Some(Status::Cancelled) => t.get("invitation-cancelled").to_owned(),
        Method::Request if event.sequence > 0 => t.get("invitation-update").to_owned(),
        Method::Request => t.get("invitation-request").to_owned(),
        Method::Publish => t.get("invitation-publish").to_owned(),
        Method::Counter => said("invitation-counter"),
        Method::DeclineCounter => t.get("invitation-counter-declined").to_owned(),
        Method::Reply => said(match event.guests.first().map(|guest| guest.answer).unwrap_or_default() {
            calendar::Answer::Accepted => "invitation-accepted",
            calendar::Answer::Tentative => "invitation-tentative",
            calendar::Answer::Declined => "invitation-declined",
            calendar::Answer::Delegated => "invitation-delegated",
            calendar::Answer::Open => "invitation-open",
        }),
    }
}

/// `Tuesday, 3 March 2026, 09:15 to 10:00`
pub fn when(t: Texts, start: Option<&Moment>, end: Option<&Moment>) -> String {
    let Some(start) = start else { return t.get("invitation-no-time").to_owned() };
    let from = start.wall();
    // The end of whole days is the day after the last one (RFC 5545 section 3.6.1).
    let to = end.map_or(from, |end| if start.is_day() { Wall(end.wall().0.saturating_sub(1)) } else { end.wall() });
    let is_one_day = t.day(from) == t.day(to) || to <= from;
    match (start.is_day(), is_one_day) {
        (true, true) => t.with("invitation-all-day", &[("day", t.day(from).into())]),
        (true, false) => t.with("invitation-days", &[("from", t.day(from).into()), ("to", t.day(to).into())]),
        (false, true) if to > from => t.with("invitation-until", &[("from", t.minute(from).into()), ("to", t.time(to).into())]),
        (false, true) => t.minute(from),
        (false, false) => t.with("invitation-until", &[("from", t.minute(from).into()), ("to", t.minute(to).into())]),
    }
}

fn guest_view(t: Texts, guest: &Guest) -> GuestView {
    let answer = t.get(match guest.answer {
        calendar::Answer::Open => "guest-open",
        calendar::Answer::Accepted => "guest-accepted",
        calendar::Answer::Tentative => "guest-tentative",
        calendar::Answer::Declined => "guest-declined",
        calendar::Answer::Delegated => "guest-delegated",
    });
    GuestView { who: shown(guest), answer, optional: guest.optional }
}

fn person(guest: &Guest) -> Person {
    Person { name: guest.name.clone(), address: guest.address.clone() }
}

fn shown(guest: &Guest) -> String {
    if guest.name.trim().is_empty() { visible(&guest.address) } else { visible(&guest.name) }
}

fn rule_words(t: Texts, rule: &Rule) -> String {
    let every = t.count(
        match rule.frequency {
            Frequency::Daily => "repeats-daily",
            Frequency::Weekly => "repeats-weekly",
            Frequency::Monthly => "repeats-monthly",
            Frequency::Yearly => "repeats-yearly",
        },
        u64::from(rule.interval),
    );
    let mut words = vec![every];
    if !rule.weekdays.is_empty() {
        let days: Vec<String> = rule.weekdays.iter().map(|(place, weekday)| weekday_words(t, *place, *weekday)).collect();
        words.push(t.with("repeats-on", &[("days", days.join(", ").into())]));
    }
    if !rule.month_days.is_empty() {
        let days: Vec<String> = rule.month_days.iter().map(i8::to_string).collect();
        words.push(t.with("repeats-month-days", &[("days", days.join(", ").into())]));
    }
    if let Some(until) = rule.until {
        words.push(t.with("repeats-until", &[("day", t.day(Moment::Day(until).wall()).into())]));
    }
    if let Some(count) = rule.count {
        words.push(t.count("repeats-times", u64::from(count)));
    }
    words.join(", ")
}

fn weekday_words(t: Texts, place: i8, weekday: u8) -> String {
    let day = t.get(match weekday {
        1 => "weekday-1",
        2 => "weekday-2",
        3 => "weekday-3",
        4 => "weekday-4",
        5 => "weekday-5",
        6 => "weekday-6",
        _ => "weekday-7",
    });
    match place {
        0 => day.to_owned(),
        -1 => t.with("repeats-last", &[("day", day.into())]),
        place => t.with("repeats-nth", &[("place", i64::from(place).into()), ("day", day.into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_said_in_words() {
        let check = |rule: &str, english: &str, german: &str| {
            let rule = Rule::parse(rule).unwrap();
            assert_eq!(rule_words(Texts::english(), &rule), english);
            assert_eq!(rule_words(Texts::named("de").unwrap(), &rule), german);
        };
        check("FREQ=DAILY", "every day", "jeden Tag");
        check("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "every 2 weeks, on Monday, Wednesday", "alle 2 Wochen, am Montag, Mittwoch");
        check("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "every month, on last Friday, 3 times", "jeden Monat, am letzten Freitag, 3-mal");
    }
}
