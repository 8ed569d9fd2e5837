//! `/admin/events`: every event, and the report of one; as a page, as JSON, and its mail as CSV.

use super::visit::Visit;
use crate::control::{EventDocument, EventRow, Verb};
use crate::limits::EVENT_CSV_PART_PAGES;
use crate::web::pages::admin::confirm::Confirm;
use crate::web::pages::admin::events::{self, Report};
use crate::web::{Answer, Trouble, response};

const SECTION: &str = "/admin/events";

/// `GET /admin/events`
pub fn list(visit: &Visit<'_>) -> Answer {
    let answer = visit.execute(Verb::EventList);
    let rows: Vec<EventRow> = super::part(&answer, "events")?;
    visit.page(events::list(&visit.shell("Events", SECTION), &rows))
}

/// `GET /admin/events/ID`
pub fn show(visit: &Visit<'_>) -> Answer {
    let id = visit.argument(0);
    let answer = visit.execute(Verb::EventShow { id: id.to_owned() });
    if answer.json["kind"] == "drill" && answer.json["report"].is_object() {
        // Drills have a report of their own.
        return Ok(response::see_other(&format!("/admin/drills/{id}")).into());
    }
    let event: EventDocument = super::whole(&answer)?;
    let report = Report {
        event: &event,
        may_release: visit.may(&release_verb(id, String::new())),
        may_list: visit.may(&Verb::EventMessages { id: id.to_owned(), start: None }),
        hostname: visit.context.hostname,
    };
    visit.page(events::show(&visit.shell(&format!("Event {id}"), SECTION), &report))
}

/// `GET /admin/events/ID/json`
pub fn json(visit: &Visit<'_>) -> Answer {
    let id = visit.argument(0);
    let answer = visit.execute(Verb::EventShow { id: id.to_owned() });
    let _known: EventDocument = super::whole(&answer)?;
    let body = format!("{:#}\n", answer.json).into_bytes();
    Ok(response::file("application/json", &attachment(id, "json"), body).into())
}

/// `GET /admin/events/ID/csv`: the first part of the list; a longer one goes on at `?start=N`, which the last line of a part says.
pub fn csv(visit: &Visit<'_>) -> Answer {
    let id = visit.argument(0);
    let mut start = visit.query("start").and_then(|start| start.parse().ok());
    let mut table = String::new();
    for _ in 0..EVENT_CSV_PART_PAGES {
        let answer = visit.execute(Verb::EventMessages { id: id.to_owned(), start });
        if answer.exit != 0 {
            return Err(Trouble::NotFound);
        }
        table += &answer.text;
        start = answer.json["next"].as_u64();
        if start.is_none() {
            break;
        }
    }
    if let Some(start) = start {
        let more = format!("there is more: /admin/events/{id}/csv?start={start}");
        table += &crate::control::csv_row(&[&start.to_string(), &more]);
    }
    Ok(response::file("text/csv; charset=utf-8", &attachment(id, "csv"), table.into_bytes()).into())
}

/// `POST /admin/events/ID/release`
pub fn release(visit: &Visit<'_>) -> Answer {
    let id = visit.argument(0);
    let confirm = Confirm {
        title: "Keep its mail no longer?".to_owned(),
        text: vec![
            "Not all of this event's mail was handed back to the mail server. From now on it is kept only as long as other mail."
                .to_owned(),
            "Export what people need before.".to_owned(),
        ],
        button: "Keep it no longer".to_owned(),
        back: format!("{SECTION}/{id}"),
    };
    if let Some(page) = visit.unconfirmed(SECTION, &confirm) {
        return page;
    }
    let answer = visit.execute(release_verb(id, visit.by()));
    visit.done(SECTION, &answer)
}

fn release_verb(id: &str, by: String) -> Verb {
    Verb::EventRelease { id: id.to_owned(), by }
}

/// Names are made of what an event's id may have.
fn attachment(id: &str, ending: &str) -> String {
    let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    format!("attachment; filename=\"event-{id}.{ending}\"")
}
