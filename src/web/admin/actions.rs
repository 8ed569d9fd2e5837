//! The dashboard's buttons: what they ask before, and the verb behind each.

use super::visit::Visit;
use crate::control::{Verb, Whom};
use crate::web::Answer;
use crate::web::pages::admin::confirm::Confirm;

const SECTION: &str = "/admin";

fn ask(title: &str, text: &[&str], button: &str) -> Confirm {
    Confirm {
        title: title.to_owned(),
        text: text.iter().map(|paragraph| (*paragraph).to_owned()).collect(),
        button: button.to_owned(),
        back: SECTION.to_owned(),
    }
}

/// `POST /admin/event/start`
pub fn start(visit: &Visit<'_>) -> Answer {
    let confirm = ask(
        "Start a continuity event?",
        &[
            "From now on this box takes the mail and keeps it for the mail server. People can read and answer it in the webmail.",
            "The event goes on until you end it, also if the mail server works.",
        ],
        "Start the event",
    );
    if let Some(page) = visit.unconfirmed(SECTION, &confirm) {
        return page;
    }
    let reason = match visit.field("reason") {
        "" => "started by hand",
        given => given,
    };
    let answer = visit.execute(Verb::EventStart { reason: reason.to_owned(), by: visit.by(), whom: Whom::default() });
    visit.done(SECTION, &answer)
}

/// `POST /admin/event/end`
pub fn end(visit: &Visit<'_>) -> Answer {
    let force = visit.field("force") == "yes";
    // Without one: everybody's.
    let id = Some(visit.field("id").to_owned()).filter(|id| !id.is_empty());
    let text: &[&str] = if force {
        &[
            "The mail server does not answer. If you end the event all the same, people are sent back to Outlook, and mail waits here until the \
             mail server works.",
            "The box does not take over again by itself before the mail server was seen to work.",
        ]
    } else {
        &["The mail that was taken is handed over to the mail server now. People can still read here until that is done, but not write."]
    };
    let confirm = ask("End the continuity event?", text, if force { "End it all the same" } else { "End the event" });
    if let Some(page) = visit.unconfirmed(SECTION, &confirm) {
        return page;
    }
    let answer = visit.execute(Verb::EventEnd { force, by: visit.by(), id });
    visit.done(SECTION, &answer)
}

/// `POST /admin/automatic`
pub fn automatic(visit: &Visit<'_>) -> Answer {
    let on = visit.field("on") == "yes";
    let confirm = if on {
        ask(
            "Switch automatic on?",
            &["The box takes over by itself when the mail server is down, and hands back when it is up."],
            "Switch on",
        )
    } else {
        ask(
            "Hold automatic?",
            &["The box goes on watching the mail server, but neither takes over nor hands back until you say so, or switch automatic on."],
            "Hold",
        )
    };
    if let Some(page) = visit.unconfirmed(SECTION, &confirm) {
        return page;
    }
    let answer = visit.execute(Verb::Automatic { on, by: visit.by() });
    visit.done(SECTION, &answer)
}
