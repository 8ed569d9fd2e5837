//! "Where is the message from X to Y at 10:05?": goes through the spool from the newest message back and tells the way of those that fit.
//!
//! Bounded: at most [`TRACE_LOOKED_MAX`] messages are looked at in one go, and the answer says where to go on. The numbers are the order; the
//! wall clock may have jumped, so a time never ends the search early. It only leaves out what cannot be that young, by what each segment
//! knows of its records: [`crate::store::View::floor`].

use std::time::Duration;

use serde_json::json;

use super::core::{Core, EventLine};
use super::events::origin_word;
use crate::clock::Wall;
use crate::control::{Answer, Trace, TraceQuery, Traced, TracedRecipient, state_words};
use crate::limits::{TRACE_FOUND_MAX, TRACE_LOOKED_MAX, TRACE_RECIPIENTS_MAX, WALK_PAGE_MESSAGES};
use crate::mail::{Address, date};
use crate::relay::{DeliveryState, Queue};
use crate::store::{Delivery, Folder, Origin, Seq, StoreError, Walk, Walked};

/// Records are dated when they are written, messages a moment before.
const DATED_WITHIN: Duration = Duration::from_secs(60);

/// Finds messages and tells their way. Waits for the store: not from async code.
pub fn trace(core: &Core, query: &TraceQuery) -> Answer {
    let wanted = match Wanted::of(query, core.now().wall) {
        Ok(wanted) => wanted,
        Err(text) => return Answer::failed(text),
    };
    match found(core, query, &wanted) {
        Ok(trace) => Answer::done(trace.to_text(), json!(trace)),
        Err(error) => Answer::failed(format!("The mail cannot be looked through: {error}.")),
    }
}

/// A query that was understood; texts in lower case.
struct Wanted {
    from: Option<String>,
    to: Option<String>,
    words: Vec<String>,
    message_id: Option<String>,
    after: Option<Wall>,
    before: Option<Wall>,
}

impl Wanted {
    fn of(query: &TraceQuery, now: Wall) -> Result<Wanted, String> {
        let lower = |text: &Option<String>| text.as_deref().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
        Ok(Wanted {
            from: lower(&query.from),
            to: lower(&query.to),
            words: lower(&query.subject).unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            message_id: query.message_id.as_deref().map(|id| id.trim().trim_matches(['<', '>']).to_owned()).filter(|id| !id.is_empty()),
            after: time(query.after.as_deref(), now)?,
            before: time(query.before.as_deref(), now)?,
        })
    }

    fn fits_recipients(&self, deliveries: &[Delivery]) -> bool {
        let Some(to) = &self.to else { return true };
        deliveries.iter().any(|delivery| holds(&delivery.address.to_string(), to))
    }

    fn fits(&self, message: &Walked) -> bool {
        let accepted = &message.accepted;
        let path = accepted.reverse_path.as_ref().map_or_else(|| "<>".to_owned(), Address::to_string);
        let subject = accepted.summary.subject.to_lowercase();
        // What was only filed has no recipients: a copy is found by its mailbox.
        let filed = |to: &String| accepted.filings.iter().any(|filing| holds(filing.mailbox.as_str(), to));
        self.from.as_ref().is_none_or(|from| holds(&path, from) || holds(&accepted.summary.from_address, from))
            && self.to.as_ref().is_none_or(|to| self.fits_recipients(&message.deliveries) || filed(to))
            && self.words.iter().all(|word| subject.contains(word))
            && self.message_id.as_ref().is_none_or(|id| accepted.summary.message_id.as_ref() == Some(id))
            && self.after.is_none_or(|after| accepted.at >= after)
            && self.before.is_none_or(|before| accepted.at < before)
    }
}

fn holds(text: &str, wanted: &str) -> bool {
    text.to_lowercase().contains(wanted)
}

/// A time as people write it: a date, or how long ago.
fn time(text: Option<&str>, now: Wall) -> Result<Option<Wall>, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let ago = |count: u64, unit_s: u64| Some(Wall(now.0.saturating_sub(count.checked_mul(unit_s)?.checked_mul(1000)?)));
    let relative = text.char_indices().last().and_then(|(at, unit)| {
        let count: u64 = text[..at].parse().ok()?;
        match unit {
            'd' => ago(count, 86_400),
            'h' => ago(count, 3600),
            'm' => ago(count, 60),
            _ => None,
        }
    });
    let exact = || text.parse::<jiff::Timestamp>().ok().and_then(|at| u64::try_from(at.as_millisecond()).ok()).map(Wall);
    let read = relative.or_else(exact).or_else(|| date::read(text));
    read.map(Some).ok_or_else(|| format!("{text:?} is no time. Write it like this: \"2026-12-01 20:00\", or \"7d\" for seven days ago."))
}

fn found(core: &Core, query: &TraceQuery, wanted: &Wanted) -> Result<Trace, StoreError> {
    let view = core.store.view();
    let limit = query.limit.unwrap_or(TRACE_FOUND_MAX).clamp(1, TRACE_FOUND_MAX);
    let floor = match wanted.after {
        Some(after) => view.floor(Wall(after.0.saturating_sub(DATED_WITHIN.as_millis() as u64)))?,
        None => Seq(0),
    };
    let events = events(core)?;
    let mut trace = Trace::default();
    let whole = Walk { from: floor, before: query.next.map(Seq), newest_first: true, page: WALK_PAGE_MESSAGES };
    let mut walks: Vec<Walk> = match &wanted.message_id {
        // The index knows: the last first, as the walk would find them.
        Some(id) => view.by_message_id(id)?.into_iter().map(just).collect(),
        None => vec![whole],
    };
    while let Some(walk) = walks.pop() {
        // By recipient alone nothing need be read: but copies have none.
        let page = view.walk(&walk, &|deliveries| deliveries.is_empty() || wanted.fits_recipients(deliveries))?;
        trace.looked += page.looked;
        if let Some(last) = page.found.last() {
            trace.back_to = Some(date::rfc3339(last.accepted.at));
        }
        let room = limit - trace.messages.len();
        let mut fitting = page.found.iter().filter(|message| wanted.fits(message));
        trace.messages.extend(fitting.by_ref().take(room).map(|message| told(core, message, &events)).collect::<Result<Vec<_>, _>>()?);
        if trace.messages.len() >= limit {
            trace.next = trace.messages.last().map(|last| last.message).filter(|_| wanted.message_id.is_none());
            return Ok(trace);
        }
        let Some(rest) = page.rest.filter(|_| wanted.message_id.is_none()) else { continue };
        if trace.looked >= TRACE_LOOKED_MAX {
            trace.next = rest.before.map(|before| before.0);
            return Ok(trace);
        }
        walks.push(rest);
    }
    Ok(trace)
}

fn just(message: Seq) -> Walk {
    Walk { from: message, before: Some(Seq(message.0 + 1)), newest_first: true, page: 1 }
}

/// Which messages belong to which event, the newest first.
fn events(core: &Core) -> Result<Vec<(String, Seq, Option<Seq>)>, StoreError> {
    let closed = core.ledger.read("event")?.into_iter().filter_map(|line| serde_json::from_value::<EventLine>(line.data).ok());
    // An event for some people is not everybody's mail.
    let closed = closed.filter(|event| event.scope.is_none());
    let mut events: Vec<_> = closed.filter_map(|event| event.messages.map(|(first, before)| (event.id.0, first, Some(before)))).collect();
    events.extend(core.mode().event.map(|event| (event.id.0, event.first, None)));
    events.reverse();
    Ok(events)
}

fn told(core: &Core, message: &Walked, events: &[(String, Seq, Option<Seq>)]) -> Result<Traced, StoreError> {
    let (number, accepted) = (message.message, &message.accepted);
    let event = events.iter().find(|(_, first, before)| number >= *first && before.is_none_or(|before| number < before));
    let filings = core.store.view().filings(number)?;
    let more = message.deliveries.len().saturating_sub(TRACE_RECIPIENTS_MAX);
    Ok(Traced {
        message: number.0,
        accepted: date::rfc3339(accepted.at),
        origin: origin_word(&accepted.origin).to_owned(),
        client: accepted.client.map(|client| client.to_string()),
        session: accepted.session.clone(),
        from: accepted.reverse_path.as_ref().map_or_else(|| "<>".to_owned(), Address::to_string),
        header_from: accepted.summary.from_address.clone(),
        subject: accepted.summary.subject.clone(),
        message_id: accepted.summary.message_id.clone(),
        size: message.size,
        event: event.map(|(id, ..)| id.clone()),
        recipients: message.deliveries.iter().take(TRACE_RECIPIENTS_MAX).map(recipient).collect(),
        filed: filings.into_iter().take(TRACE_RECIPIENTS_MAX).map(|(mailbox, folder)| (mailbox.to_string(), folder_word(folder))).collect(),
        in_hand: [Queue::Primary, Queue::Outbound].iter().any(|queue| core.claims.is_taken(*queue, number)),
        about: match accepted.origin {
            Origin::Dsn { about } => Some(about.0),
            _ => None,
        },
        more,
    })
}

fn recipient(to: &Delivery) -> TracedRecipient {
    let (at, dsn) = match &to.state {
        DeliveryState::Delivered { at, .. } | DeliveryState::Refused { at, .. } | DeliveryState::Held { at, .. } => (Some(*at), None),
        DeliveryState::Bounced { at, dsn, .. } => (Some(*at), *dsn),
        DeliveryState::InSession | DeliveryState::Queued { .. } => (None, None),
    };
    TracedRecipient {
        address: to.address.to_string(),
        route: json!(to.route).as_str().unwrap_or_default().to_owned(),
        state: json!(to.state)["state"].as_str().unwrap_or_default().to_owned(),
        words: state_words(to.route, &to.state),
        at: at.map(date::rfc3339),
        dsn,
    }
}

fn folder_word(folder: Folder) -> String {
    match folder {
        Folder::Inbox => "Inbox",
        Folder::Sent => "Sent",
        Folder::Drafts => "Drafts",
        Folder::Archive => "Archive",
        Folder::Junk => "Junk",
        Folder::Trash => "Trash",
        Folder::Own(_) => "a folder of their own",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::mail::DsnRequest;

    fn asked(world: &World, query: TraceQuery) -> Trace {
        let answer = trace(&world.core, &query);
        assert_eq!(answer.exit, 0, "{}", answer.text);
        serde_json::from_value(answer.json).unwrap()
    }

    fn numbers(trace: &Trace) -> Vec<u64> {
        trace.messages.iter().map(|message| message.message).collect()
    }

    fn to(text: &str) -> TraceQuery {
        TraceQuery { to: Some(text.to_owned()), ..TraceQuery::default() }
    }

    /// Two for Ann, one for Bo, one to the outside, one that Ann wrote.
    fn world() -> (World, [u64; 5]) {
        let world = World::new();
        let at = world.core.now().wall;
        let held = DeliveryState::Held { at, reason: "550 5.1.1 unknown".to_owned(), by_gate: true, attempts: 1 };
        let one = world.queued_for("ann");
        let two = world.stored("ann", held);
        let three = world.queued_for("bo");
        let four = world.outward(Some(world.address("bo")), &["shop@outside.example"], DsnRequest::default(), at);
        let five = world.wrote("ann", "Offer for the roof");
        (world, [one, two, three, four, five].map(|message| message.0))
    }

    fn check(query: TraceQuery, expected: &[usize]) {
        let (world, messages) = world();
        let expected: Vec<u64> = expected.iter().map(|place| messages[*place]).collect();
        assert_eq!(numbers(&asked(&world, query.clone())), expected, "{query:?}");
    }

    #[test]
    fn messages_are_found_by_what_people_know_of_them() {
        check(to("ann@"), &[4, 1, 0]);
        check(to("ANN@EXAMPLE.COM"), &[4, 1, 0]);
        check(to("outside.example"), &[3]);
        check(to("nobody@"), &[]);
        let from = |text: &str| TraceQuery { from: Some(text.to_owned()), ..TraceQuery::default() };
        check(from("bo@example.com"), &[3]);
        check(from("x@example.com"), &[4, 3, 2, 1, 0]);
        let subject = |text: &str| TraceQuery { subject: Some(text.to_owned()), ..TraceQuery::default() };
        check(subject("roof OFFER"), &[4]);
        check(subject("roof bill"), &[]);
        check(TraceQuery { from: Some("x@".to_owned()), subject: Some("roof".to_owned()), ..to("ann") }, &[4]);
        check(TraceQuery { after: Some("1h".to_owned()), ..to("bo@") }, &[2]);
        check(TraceQuery { before: Some("1h".to_owned()), ..to("bo@") }, &[]);
        check(TraceQuery { after: Some("2999-01-01T00:00:00Z".to_owned()), ..to("bo@") }, &[]);
    }

    #[test]
    fn the_way_of_each_recipient_is_told() {
        let (world, messages) = world();
        let found = asked(&world, to("ann@"));
        let held = &found.messages[1];
        assert_eq!(held.message, messages[1]);
        assert_eq!((held.recipients[0].state.as_str(), held.recipients[0].words.as_str()), ("held", "held: 550 5.1.1 unknown"));
        assert_eq!(held.filed, [("ann@example.com".to_owned(), "Inbox".to_owned())]);
        assert_eq!(found.messages[0].filed, [("ann@example.com".to_owned(), "Sent".to_owned())]);
        let text = found.to_text();
        assert!(text.contains("held: 550 5.1.1 unknown") && text.contains("Subject    Offer for the roof"), "{text}");
        assert_eq!(held.clone().without_content().subject, "");
    }

    #[test]
    fn an_answer_goes_on_where_the_last_one_stopped() {
        let (world, _) = world();
        let whole = numbers(&asked(&world, to("example")));
        let (mut pieces, mut next) = (Vec::new(), None);
        loop {
            let piece = asked(&world, TraceQuery { limit: Some(2), next, ..to("example") });
            assert!(piece.messages.len() <= 2);
            pieces.extend(numbers(&piece));
            next = piece.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(pieces, whole);
        assert_eq!(whole.len(), 5);
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = Wall(10 * 86_400_000);
        let read = |text| time(Some(text), now);
        assert_eq!(read("7d").unwrap(), Some(Wall(3 * 86_400_000)));
        assert_eq!(read(" 12h ").unwrap(), Some(Wall(now.0 - 12 * 3_600_000)));
        assert_eq!(read("99999999999999999999d").ok(), None);
        assert_eq!(read("1970-01-02T00:00:00Z").unwrap(), Some(Wall(86_400_000)));
        assert_eq!(read("").unwrap(), None);
        assert!(read("yesterday").unwrap_err().contains("is no time"));
        assert!(read("2026-12-01 20:00").unwrap().is_some());
    }

    #[test]
    fn a_message_is_told_of_its_event() {
        let world = World::new();
        world.core.feed(crate::continuity::Input::Start { by: "x".to_owned(), reason: String::new() });
        world.queued_for("ann");
        let found = asked(&world, to("ann@"));
        assert_eq!(found.messages[0].event, world.core.mode().event.map(|event| event.id.0));
        let unknown = TraceQuery { message_id: Some("<no@such>".to_owned()), ..TraceQuery::default() };
        assert!(asked(&world, unknown).messages.is_empty());
    }
}
