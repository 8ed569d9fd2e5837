//! `/admin/drills`: starting a drill, how one goes, and the reports of those that are over.

use super::visit::Visit;
use crate::continuity::drill::Report;
use crate::control::{Verb, Whom};
use crate::web::pages::admin::confirm::Confirm;
use crate::web::pages::admin::drills::{self, Drills};
use crate::web::{Answer, Trouble};

const SECTION: &str = "/admin/drills";
/// Lengths that the form offers, in minutes.
const LENGTHS_MIN: [u64; 5] = [15, 30, 60, 120, 240];

/// `GET /admin/drills`
pub fn list(visit: &Visit<'_>) -> Answer {
    let answer = visit.execute(Verb::DrillList);
    let directory = visit.context.directory;
    let mut groups: Vec<String> = directory.people().flat_map(|person| person.groups.clone()).collect();
    groups.sort_by_key(|group| group.to_lowercase());
    groups.dedup_by_key(|group| group.to_lowercase());
    let page = Drills {
        open: serde_json::from_value(answer.json["open"].clone()).unwrap_or_default(),
        drills: super::part(&answer, "drills")?,
        next: answer.json["next"].as_str().map(str::to_owned),
        people: directory.people().map(|person| (person.address.to_string(), person.name.clone())).collect(),
        groups,
        lengths_min: &LENGTHS_MIN,
        may_start: visit.may(&start_verb(Whom::default(), false, String::new(), String::new())),
    };
    visit.page(drills::list(&visit.shell("Drills", SECTION), &page))
}

/// `GET /admin/drills/ID`
pub fn show(visit: &Visit<'_>) -> Answer {
    let id = visit.argument(0);
    let answer = visit.execute(Verb::EventShow { id: id.to_owned() });
    if answer.exit != 0 || answer.json["kind"] != "drill" {
        return Err(Trouble::NotFound);
    }
    let report: Report = super::part(&answer, "report")?;
    let open = answer.json["open"] == true;
    let may_end = open && visit.may(&Verb::EventEnd { force: false, by: String::new(), id: None });
    visit.page(drills::show(&visit.shell(&format!("Drill {id}"), SECTION), &report, open, may_end, visit.context.hostname))
}

/// `POST /admin/drills/start`
pub fn start(visit: &Visit<'_>) -> Answer {
    let all_of =
        |name: &str| -> Vec<String> { visit.form.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect() };
    let all = visit.field("all") == "yes";
    // Who ticks everybody means everybody, whatever else is ticked.
    let (mailboxes, groups) = if all { (vec![], vec![]) } else { (all_of("mailbox"), all_of("group")) };
    if !all && mailboxes.is_empty() && groups.is_empty() {
        return visit.say(SECTION, false, "Nobody was chosen: tick people, groups or everybody.");
    }
    let length_s = visit.field("minutes").parse::<u64>().ok().filter(|minutes| LENGTHS_MIN.contains(minutes)).map(|minutes| minutes * 60);
    let whom = if all { "everybody".to_owned() } else { [mailboxes.clone(), groups.clone()].concat().join(", ") };
    let confirm = Confirm {
        title: "Start a drill?".to_owned(),
        text: vec![
            format!("It is for {whom}. They are told by mail or phone that this is a practice, and how to sign in."),
            "Mail flows as ever. What people write in the drill is sent to nobody.".to_owned(),
        ],
        button: "Start the drill".to_owned(),
        back: SECTION.to_owned(),
    };
    if let Some(page) = visit.unconfirmed(SECTION, &confirm) {
        return page;
    }
    let whom = Whom { mailboxes, groups, until: None, length_s };
    let answer = visit.execute(start_verb(whom, all, visit.field("reason").to_owned(), visit.by()));
    visit.done(SECTION, &answer)
}

/// `POST /admin/drills/end`
pub fn end(visit: &Visit<'_>) -> Answer {
    let id = visit.field("id").to_owned();
    let confirm = Confirm {
        title: "End the drill?".to_owned(),
        text: vec!["People are signed out and thanked, and the report is written.".to_owned()],
        button: "End the drill".to_owned(),
        back: SECTION.to_owned(),
    };
    if let Some(page) = visit.unconfirmed(SECTION, &confirm) {
        return page;
    }
    let answer = visit.execute(Verb::EventEnd { force: false, by: visit.by(), id: Some(id) });
    visit.done(SECTION, &answer)
}

fn start_verb(whom: Whom, all: bool, reason: String, by: String) -> Verb {
    Verb::EventDrill { reason, by, whom, all }
}
