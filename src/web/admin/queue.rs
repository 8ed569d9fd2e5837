//! `/admin/queue`: what waits and what is held; trying again, holding, releasing, giving up.

use serde_json::Value;

use super::visit::Visit;
use crate::control::{Selection, Verb, state_words};
use crate::limits::QUEUE_LIST_MAX;
use crate::mail::{Address, date};
use crate::store::Delivery;
use crate::web::pages::admin::confirm::Confirm;
use crate::web::pages::admin::queue::{self, MessagePage, QueuePage, Search, Waiting};
use crate::web::{Answer, Trouble};

const SECTION: &str = "/admin/queue";

/// `GET /admin/queue`
pub fn list(visit: &Visit<'_>) -> Answer {
    let said = |name: &str| visit.query(name).unwrap_or_default().trim().to_owned();
    let search = Search { recipient: said("recipient"), domain: said("domain"), message: said("message") };
    let (waiting, problem) = match selection(&search) {
        Ok(selection) => {
            let answer = visit.execute(Verb::QueueList { selection });
            let found: Vec<Delivery> = super::whole(&answer)?;
            (found.iter().map(waiting).collect(), None)
        }
        Err(problem) => (Vec::new(), Some(problem)),
    };
    let page = QueuePage {
        search: &search,
        is_cut: waiting.len() >= QUEUE_LIST_MAX,
        waiting: &waiting,
        problem: problem.as_deref(),
        may_act: visit.may(&verb("retry", Selection::default(), false).unwrap_or(Verb::Status)),
    };
    visit.page(queue::list(&visit.shell("Queue", SECTION), &page))
}

/// `GET /admin/queue/MESSAGE`
pub fn show(visit: &Visit<'_>) -> Answer {
    let message: u64 = visit.argument(0).parse().map_err(|_| Trouble::NotFound)?;
    let answer = visit.execute(Verb::QueueShow { message });
    let found: Value = super::whole(&answer)?;
    let recipients: Vec<Delivery> = super::part(&answer, "recipients")?;
    let recipients: Vec<(String, String, String)> =
        recipients.iter().map(|to| (to.address.to_string(), route(to), state_words(to.route, &to.state))).collect();
    let word = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let facts = [
        ("Accepted", found["accepted"].as_u64().map(|at| date::rfc3339(crate::clock::Wall(at))).unwrap_or_default()),
        ("From", found["from"].as_str().unwrap_or("<>").to_owned()),
        ("Subject", word("subject")),
        ("Message-ID", word("message_id")),
        ("Size", found["size"].as_u64().map(|octets| format!("{octets} octets")).unwrap_or_default()),
        ("Origin", found["origin"]["from"].as_str().unwrap_or_default().to_owned()),
    ];
    let page = MessagePage {
        message,
        facts: &facts,
        recipients: &recipients,
        in_hand: found["in_hand"] == true,
        may_act: visit.may(&verb("retry", Selection::default(), false).unwrap_or(Verb::Status)),
    };
    visit.page(queue::message(&visit.shell(&format!("Message {message}"), SECTION), &page))
}

/// `POST /admin/queue/DEED`
pub fn act(visit: &Visit<'_>) -> Answer {
    let deed = visit.argument(0);
    let said = |name: &str| visit.field(name).to_owned();
    let search = Search { recipient: said("recipient"), domain: said("domain"), message: said("message") };
    let Ok(selection) = selection(&search) else { return Err(Trouble::BadForm) };
    let back = back(&search);
    // Only trying is harmless for all mail at once.
    if selection.is_everything() && deed != "retry" {
        return visit.say(&back, false, "Search for a recipient or a domain first, or open a message.");
    }
    // Giving up many was confirmed by the page that asks.
    let verb = verb(deed, selection.clone(), true).ok_or(Trouble::NotFound)?;
    if let Some(page) = confirm(deed, &selection, &back).and_then(|confirm| visit.unconfirmed(SECTION, &confirm)) {
        return page;
    }
    let answer = visit.execute(verb);
    visit.done(&back, &answer)
}

fn verb(deed: &str, selection: Selection, yes: bool) -> Option<Verb> {
    let by = String::new();
    Some(match deed {
        "retry" => Verb::QueueRetry { selection, by },
        "hold" => Verb::QueueHold { selection, by },
        "release" => Verb::QueueRelease { selection, by },
        "bounce" => Verb::QueueBounce { selection, yes, by },
        _ => return None,
    })
}

fn confirm(deed: &str, selection: &Selection, back: &str) -> Option<Confirm> {
    let what = match selection.message {
        Some(message) => format!("message {message}"),
        None => format!("everything that waits with {selection}"),
    };
    let ask = |title: &str, text: &str, button: &str| Confirm {
        title: title.to_owned(),
        text: vec![format!("This is about {what}."), text.to_owned()],
        button: button.to_owned(),
        back: back.to_owned(),
    };
    Some(match deed {
        "hold" => ask("Hold it?", "It stays here until you release it.", "Hold"),
        "release" => ask("Release it?", "It is queued again and tried at once.", "Release"),
        "bounce" => ask("Give it up?", "It is never tried again, and each sender is told so. This cannot be taken back.", "Give it up"),
        _ => return None,
    })
}

fn selection(search: &Search) -> Result<Selection, String> {
    let recipient = match search.recipient.as_str() {
        "" => None,
        typed => Some(Address::parse(typed).map_err(|error| format!("{typed}: {error}"))?),
    };
    let domain = match search.domain.as_str() {
        "" => None,
        typed => Some(Address::parse(&format!("x@{typed}")).map_err(|error| format!("{typed}: {error}"))?.domain().to_owned()),
    };
    let message = match search.message.as_str() {
        "" => None,
        typed => Some(typed.parse().map_err(|_| format!("{typed} is no number of a message"))?),
    };
    Ok(Selection { message, recipient, domain })
}

/// The list with the same search, or the message.
fn back(search: &Search) -> String {
    use crate::mail::form::urlencode;
    match search.message.parse::<u64>() {
        Ok(message) => format!("{SECTION}/{message}"),
        Err(_) if search.recipient.is_empty() && search.domain.is_empty() => SECTION.to_owned(),
        Err(_) => format!("{SECTION}?recipient={}&domain={}", urlencode(&search.recipient), urlencode(&search.domain)),
    }
}

fn waiting(to: &Delivery) -> Waiting {
    Waiting { message: to.message.0, address: to.address.to_string(), route: route(to), state: state_words(to.route, &to.state) }
}

fn route(to: &Delivery) -> String {
    use crate::relay::Route;
    match to.route {
        Route::Primary | Route::Submit => "mail server",
        Route::Outbound => "outside",
    }
    .to_owned()
}
