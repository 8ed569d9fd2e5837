//! Puts the document about one event together: one pass through the ledger, one through the event's mail.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::counts::{self, ReportLine};
use crate::app::core::{Core, EventLine, ModeLine};
use crate::app::notices::{self, ADMINS, NoticeLine};
use crate::clock::Wall;
use crate::continuity::{EventId, Kind, Mode, Phase, ScopeChange, ScopedEvent, Transition};
use crate::control::{
    CountRow, Durations, EventCounts, EventDocument, EventKind, EventScope, EventState, Moment, MomentKind, SignedIn, Told, state_words,
};
use crate::limits::{EVENT_PEOPLE_MAX, EVENT_TIMELINE_MAX};
use crate::mail::{Mailbox, date};
use crate::store::{Delivery, Line, Seq, StoreError, Tally};

/// None if there is no event of that name.
///
/// # Errors
/// The ledger or the store cannot be read.
pub fn document(core: &Core, id: &str) -> Result<Option<EventDocument>, StoreError> {
    let mut gathered = Gathered::new(id);
    core.ledger.each(&mut |line| gathered.take(&line))?;
    if gathered.transitions.is_empty() && gathered.changes.is_empty() {
        return Ok(None);
    }
    let counts = counted(core, &gathered)?;
    let told = gathered.told(core)?;
    Ok(Some(gathered.into_document(counts, told)))
}

/// The numbers of now; if retention has taken some of the mail, those that were put on record.
fn counted(core: &Core, gathered: &Gathered) -> Result<EventCounts, StoreError> {
    let (from, before) = match (&gathered.closed, gathered.first) {
        (Some(EventLine { messages: Some((first, before)), .. }), _) => (*first, Some(*before)),
        (None, Some(first)) => (first, None),
        // A report of a version that did not say which messages it is about.
        (Some(closed), _) => return Ok(history(&closed.tally, closed.to)),
        (None, None) => return Ok(EventCounts::default()),
    };
    let live = match &gathered.scope {
        // Practice is no mail.
        Some(event) if event.kind == Kind::Drill => return Ok(EventCounts::default()),
        Some(event) => {
            let members = match gathered.closed.as_ref().and_then(|closed| closed.scope.as_ref()) {
                Some(scope) => scope.mailboxes.iter().cloned().collect(),
                None => core.mailboxes_of(&event.members),
            };
            counts::count(core, from, before, Some(&members))?
        }
        None => counts::count(core, from, before, None)?,
    };
    let recorded = match (&gathered.recorded, &gathered.closed) {
        (Some(recorded), _) => EventCounts { is_history: true, ..recorded.clone() },
        (None, Some(closed)) => history(&closed.tally, closed.to),
        (None, None) => return Ok(live),
    };
    Ok(if live.total.messages < recorded.total.messages { recorded } else { live })
}

fn history(tally: &Tally, at: Wall) -> EventCounts {
    let Tally { messages, recipients, delivered, refused, bounced, held, queued } = *tally;
    let total = CountRow { messages, recipients, delivered, refused, bounced, held, waiting: queued, ..CountRow::default() };
    EventCounts { total, at: date::rfc3339(at), is_history: true, ..EventCounts::default() }
}

/// What the ledger says of one event.
#[derive(Default)]
struct Gathered {
    id: String,
    /// When the trouble before it was first seen.
    suspected: Option<Wall>,
    /// Between its beginning and its end, by the order of the ledger: the wall clock may have jumped.
    is_during: bool,
    transitions: Vec<Transition>,
    /// Of an event for some people: as it is last, and each change of it.
    scope: Option<ScopedEvent>,
    changes: Vec<ScopeChange>,
    first: Option<Seq>,
    report: Option<Value>,
    closed: Option<EventLine>,
    recorded: Option<EventCounts>,
    released: bool,
    moments: Moments,
    notices: Vec<Line>,
    /// When the first person (no admin) was told how to sign in.
    people_told: Option<Wall>,
    signed_in: BTreeMap<String, SignedIn>,
    first_sign_in: Option<Wall>,
}

impl Gathered {
    fn new(id: &str) -> Gathered {
        Gathered { id: id.to_owned(), ..Gathered::default() }
    }

    fn take(&mut self, line: &Line) {
        let data = &line.data;
        let is_own = |key: &str| data[key].as_str() == Some(&self.id);
        match line.kind.as_str() {
            "mode" => self.mode(line),
            "audit" if self.is_during => self.deed(line),
            "notice" if is_own("what") || is_own("event") => self.notices.push(line.clone()),
            "gate" if is_own("event") => {
                self.moments.push(line.number, moment(line.at, MomentKind::HandOver, "monitor", data["text"].as_str().unwrap_or_default()));
            }
            "event" if is_own("id") => {
                self.report = Some(data.clone());
                self.closed = serde_json::from_value(data.clone()).ok();
            }
            "report" if is_own("id") => {
                self.recorded = serde_json::from_value::<ReportLine>(data.clone()).ok().map(|line| line.counts).or(self.recorded.take());
            }
            "release" if is_own("event") => {
                self.released = true;
                let (by, text) = match data["by"].as_str() {
                    Some(by) => (by, "Its mail is kept no longer for its sake."),
                    None => ("monitor", "All of its mail was handed back; it is kept no longer for its sake."),
                };
                self.moments.push(line.number, moment(line.at, MomentKind::HandOver, by, text));
            }
            _ => {}
        }
    }

    fn mode(&mut self, line: &Line) {
        let Ok(mode) = serde_json::from_value::<ModeLine>(line.data.clone()) else { return };
        let own = EventId(self.id.clone());
        if let Some(event) = mode.event.iter().chain(&mode.scopes).find(|event| event.id == own) {
            self.first = Some(event.first);
        }
        if let Some(change) = mode.scope.filter(|change| change.event.id == own) {
            let words = format!("{}: {}", phase_word(change.event.phase), change.reason);
            self.moments.push(line.number, moment(change.at, MomentKind::Mode, &change.by, &words));
            self.is_during = change.event.phase != Phase::Over;
            self.scope = Some(change.event.clone());
            self.changes.push(change);
        }
        let Some(transition) = mode.transition else { return };
        if transition.event.as_ref() == Some(&own) {
            let words = format!("{} (was {}): {}", mode_word(transition.to), mode_word(transition.from), transition.reason);
            self.moments.push(line.number, moment(transition.at, MomentKind::Mode, &transition.by, &words));
            self.is_during = transition.to != Mode::Normal;
            self.transitions.push(transition);
        } else if self.transitions.is_empty() {
            match transition.to {
                Mode::Suspect => self.suspected = Some(transition.at),
                _ => self.suspected = None,
            }
        }
    }

    fn deed(&mut self, line: &Line) {
        let word = |key: &str| line.data[key].as_str().unwrap_or_default();
        if word("action") != "sign-in" {
            let text = format!("{} {}", word("action"), word("detail"));
            return self.moments.push(line.number, moment(line.at, MomentKind::Operator, word("by"), text.trim()));
        }
        let mailbox = word("by").trim_start_matches("web:").to_owned();
        if self.first_sign_in.is_none() {
            self.first_sign_in = Some(line.at);
            self.moments.push(line.number, moment(line.at, MomentKind::SignIn, word("by"), "The first person signed in."));
        }
        if self.signed_in.len() < EVENT_PEOPLE_MAX || self.signed_in.contains_key(&mailbox) {
            let at = date::rfc3339(line.at);
            let person = self.signed_in.entry(mailbox.clone()).or_insert(SignedIn { mailbox, at, times: 0 });
            person.times += 1;
        }
    }

    /// Who was told; what became of a notice by mail is in the store.
    fn told(&mut self, core: &Core) -> Result<Vec<Told>, StoreError> {
        let mut told: Vec<Told> = Vec::new();
        let mut groups: BTreeMap<String, (u64, Wall, usize)> = BTreeMap::new();
        let pushed = notices::outcomes(core)?;
        for line in &self.notices {
            let Ok(notice) = serde_json::from_value::<NoticeLine>(line.data.clone()) else { continue };
            let about = notice.about.clone();
            let one = |who: &str, to: String, channel: String, outcome: String| Told {
                at: date::rfc3339(line.at),
                about: about.clone(),
                who: who.to_owned(),
                to,
                channel,
                outcome,
            };
            let mut people = Vec::new();
            for told in &notice.told {
                let channel = json!(told.channel).as_str().unwrap_or_default().to_owned();
                let outcome = match notices::outcome_of_push(core, &pushed, told) {
                    Some((state, detail)) if detail.is_empty() => state.to_owned(),
                    Some((state, detail)) => format!("{state}: {detail}"),
                    None => outcome(core, told.message, &told.to)?,
                };
                people.push(one(&told.who, told.to.clone(), channel, outcome));
            }
            // A line of a version that told admins only, by one message.
            if people.is_empty() {
                let deliveries = core.store.view().deliveries(notice.message)?;
                let told = |to: &Delivery| one(ADMINS, to.address.to_string(), "mail".to_owned(), state_words(to.route, &to.state));
                people.extend(deliveries.iter().map(told));
            }
            if notice.told.iter().any(|told| told.who != ADMINS) && about == "begun" {
                self.people_told.get_or_insert(line.at);
            }
            let group = groups.entry(about.clone()).or_insert((line.number, line.at, 0));
            group.2 += people.len();
            told.extend(people.into_iter().take(EVENT_PEOPLE_MAX.saturating_sub(told.len())));
        }
        for (about, (number, at, people)) in groups {
            self.moments.push(number, moment(at, MomentKind::Notice, "box", &format!("{} told: {about}", persons(people))));
        }
        Ok(told)
    }

    fn into_document(self, counts: EventCounts, told: Vec<Told>) -> EventDocument {
        let (begun, by, reason) = self.beginning();
        let over = self.over();
        let state = self.state();
        let evidence = self.transitions.first().map(|first| first.evidence.clone()).unwrap_or_default();
        let durations = self.durations(begun, over);
        let left_out = self.moments.left_out;
        let mut timeline = self.moments.in_order();
        if let Some((first, last)) = &counts.handed_over {
            put_in(&mut timeline, first, "The mail server took the first of the mail.");
            put_in(&mut timeline, last, "The mail server took the last of the mail so far.");
        }
        EventDocument {
            kind: self.scope.as_ref().map_or_else(|| kind_of(&by), |event| kind_of_scope(event.kind)),
            state,
            scope: self.scope.as_ref().map_or_else(EventScope::everybody, scope_of),
            from: date::rfc3339(begun),
            to: over.map(date::rfc3339),
            reason,
            evidence,
            by,
            durations,
            timeline,
            left_out,
            told,
            signed_in: in_time(self.signed_in.into_values().collect()),
            counts,
            kept: self.closed.as_ref().is_some_and(|closed| closed.messages.is_some()) && !self.released,
            id: self.id,
            transitions: self.transitions,
            changes: self.changes,
            report: self.report,
        }
    }

    /// When, by whom and why.
    fn beginning(&self) -> (Wall, String, String) {
        let changed = self.changes.first().map(|first| (first.at, first.by.clone(), first.reason.clone()));
        let first = self.transitions.first().map(|first| (first.at, first.by.clone(), first.reason.clone()));
        changed.or(first).unwrap_or_default()
    }

    fn over(&self) -> Option<Wall> {
        let closed = self.closed.as_ref().map(|closed| closed.to);
        // A drill leaves no report of mail.
        closed.or_else(|| self.changes.iter().find(|change| change.event.phase == Phase::Over).map(|change| change.at))
    }

    fn state(&self) -> EventState {
        let last = self.transitions.last().map_or(Mode::Normal, |transition| transition.to);
        match (&self.scope, last) {
            _ if self.over().is_some() => EventState::Over,
            (Some(event), _) if event.phase == Phase::Open => EventState::Open,
            (Some(event), _) if event.phase == Phase::HandingOver => EventState::HandingOver,
            (None, Mode::Continuity) => EventState::Open,
            (None, Mode::Recovering) => EventState::HandingOver,
            _ => EventState::Over,
        }
    }

    fn durations(&self, begun: Wall, over: Option<Wall>) -> Durations {
        let first = self.transitions.first();
        let reds = first.into_iter().flat_map(|first| &first.evidence).filter(|seen| seen.class.is_red());
        let trouble = self.suspected.or_else(|| reds.map(|seen| seen.at).min());
        let recovered = self.transitions.iter().rfind(|change| change.to == Mode::Recovering).map(|change| change.at);
        let recovered =
            recovered.or_else(|| self.changes.iter().find(|change| change.event.phase == Phase::HandingOver).map(|change| change.at));
        let detected_s = between(trouble, Some(begun));
        Durations {
            detected_s,
            usable_s: self.people_told.map_or(detected_s, |told| between(trouble, Some(told))),
            first_sign_in_s: between(Some(begun), self.first_sign_in),
            down_s: between(trouble.or(Some(begun)), recovered),
            hand_over_s: between(recovered, over),
        }
    }
}

fn between(from: Option<Wall>, to: Option<Wall>) -> Option<u64> {
    Some(to?.0.checked_sub(from?.0)? / 1000)
}

fn in_time(mut people: Vec<SignedIn>) -> Vec<SignedIn> {
    people.sort_by(|one, other| one.at.cmp(&other.at).then_with(|| one.mailbox.cmp(&other.mailbox)));
    people
}

fn persons(count: usize) -> String {
    if count == 1 { "1 address".to_owned() } else { format!("{count} addresses") }
}

/// What became of a notice; a message that is gone, or no message, has none.
fn outcome(core: &Core, message: Seq, to: &str) -> Result<String, StoreError> {
    let deliveries = core.store.view().deliveries(message)?;
    let theirs = deliveries.iter().find(|delivery| delivery.address.to_string() == to).or(deliveries.first());
    Ok(theirs.map(|delivery| state_words(delivery.route, &delivery.state)).unwrap_or_default())
}

fn moment(at: Wall, what: MomentKind, by: &str, text: &str) -> Moment {
    Moment { at: date::rfc3339(at), what, by: by.to_owned(), text: text.to_owned() }
}

// Among the moments of the hand-over, by time.
fn put_in(timeline: &mut Vec<Moment>, at: &str, text: &str) {
    let place = timeline.iter().rposition(|moment| moment.at.as_str() <= at).map_or(timeline.len(), |place| place + 1);
    let text = text.to_owned();
    timeline.insert(place, Moment { at: at.to_owned(), what: MomentKind::HandOver, by: "monitor".to_owned(), text });
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Normal => "normal",
        Mode::Suspect => "suspect",
        Mode::Continuity => "continuity",
        Mode::Recovering => "recovering",
    }
}

/// By who began it.
pub fn kind_of(by: &str) -> EventKind {
    match by {
        "monitor" => EventKind::Outage,
        by if by.starts_with("maintenance") => EventKind::Maintenance,
        by if by.starts_with("drill") => EventKind::Drill,
        _ => EventKind::Operator,
    }
}

pub fn kind_of_scope(kind: Kind) -> EventKind {
    match kind {
        Kind::Outage => EventKind::Operator,
        Kind::Drill => EventKind::Drill,
    }
}

pub fn scope_of(event: &ScopedEvent) -> EventScope {
    let mailboxes = event.members.mailboxes.iter().map(Mailbox::to_string);
    let groups = event.members.groups.iter().map(|group| format!("group {group}"));
    EventScope { everybody: false, members: mailboxes.chain(groups).collect() }
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Open => "open",
        Phase::HandingOver => "handing over",
        Phase::Over => "over",
    }
}

/// The first and the last moments, by the numbers of their lines; what is between is counted.
#[derive(Default)]
struct Moments {
    first: Vec<(u64, Moment)>,
    last: VecDeque<(u64, Moment)>,
    left_out: usize,
}

impl Moments {
    fn push(&mut self, line: u64, moment: Moment) {
        if self.first.len() < EVENT_TIMELINE_MAX / 2 {
            return self.first.push((line, moment));
        }
        if self.last.len() >= EVENT_TIMELINE_MAX / 2 {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back((line, moment));
    }

    fn in_order(self) -> Vec<Moment> {
        let mut all: Vec<(u64, Moment)> = self.first.into_iter().chain(self.last).collect();
        all.sort_by_key(|(line, _)| *line);
        all.into_iter().map(|(_, moment)| moment).collect()
    }
}
