//! Coming and going: signing in, what is said when mail is closed or something did not work, help, invitations.

use super::{Sample, shell, signed_out};
use crate::directory::Preferences;
use crate::web::access::Access;
use crate::web::pages::enrol::Fields;
use crate::web::pages::layout::Shell;
use crate::web::pages::login::{self, Closed, LoginPage};
use crate::web::pages::notice::{self, Notice, Why};
use crate::web::pages::people::{self, PeoplePage};
use crate::web::pages::settings::{self, SessionView, SettingsPage};
use crate::web::pages::{enrol, help};
use crate::web::texts::Texts;

/// The pages with their names.
pub fn pages() -> Vec<Sample> {
    let typed = "To: bo@shop.example\nSubject: Offer\n\nThank you, that fits.";
    let login = |problem| LoginPage {
        host: "lifeboat.example.com".to_owned(),
        address: if problem { "ann.smith@example.com".to_owned() } else { String::new() },
        problem: problem.then_some(login::Problem::WrongPassword),
    };
    vec![
        (
            "closed",
            login::closed(&Shell::bare(Texts::english(), "Mail works normally"), &Closed { suspect: false, for_you: false, over: false }),
        ),
        (
            "closed-for-you",
            login::closed(&Shell::bare(Texts::english(), "Mail works normally"), &Closed { suspect: false, for_you: true, over: false }),
        ),
        (
            "suspect",
            login::closed(&Shell::bare(Texts::english(), "Mail works normally"), &Closed { suspect: true, for_you: false, over: false }),
        ),
        (
            "closed-over",
            login::closed(&Shell::bare(Texts::english(), "Mail works normally"), &Closed { suspect: false, for_you: false, over: true }),
        ),
        ("settings", settings::page(&shell("Settings", None), &set(Fields::default()))),
        ("settings-problems", settings::page(&shell("Settings", None), &set(enrolling(true).typed))),
        ("people", people::page(&shell("Address book", None), &book(12))),
        ("people-none", people::page(&shell("Address book", None), &book(0))),
        ("login", login::page(&signed_out("Sign in"), &login(false))),
        ("login-wrong", login::page(&signed_out("Sign in"), &login(true))),
        ("enrol", enrol::form(&Shell::bare(Texts::english(), "When our mail is down"), &enrolling(false))),
        ("enrol-problems", enrol::form(&Shell::bare(Texts::english(), "When our mail is down"), &enrolling(true))),
        ("enrol-code", enrol::code(&Shell::bare(Texts::english(), "Your code"), &enrol_code(None))),
        ("enrol-code-wrong", enrol::code(&Shell::bare(Texts::english(), "Your code"), &enrol_code(Some(1)))),
        (
            "enrol-done",
            enrol::done(
                &Shell::bare(Texts::english(), "Thank you"),
                &enrol::DonePage {
                    name: "Ann Smith".to_owned(),
                    email: Some("a•••@mail.example".to_owned()),
                    phone: Some("•••561".to_owned()),
                },
            ),
        ),
        ("enrol-unknown", notice::page(&Shell::bare(Texts::english(), "Invitation"), &Notice::enrol_unknown(Texts::english()))),
        ("help", help::page(&shell("Help", None), Access::Open)),
        ("help-closed", help::page(&Shell::bare(Texts::english(), "Help"), Access::Closed)),
        ("not-found", notice::page(&shell("Not found", None), &Notice::not_found(Texts::english()))),
        ("over", notice::page(&Shell::bare(Texts::english(), "Not sent"), &Notice::outage_over(Texts::english(), typed))),
        ("signed-out", notice::page(&signed_out("Not sent"), &Notice::signed_out(Texts::english(), typed))),
        (
            "failure",
            notice::page(&Shell::bare(Texts::english(), "That did not work"), &Notice::failure(Texts::english(), true, Some(typed))),
        ),
        ("refusal", notice::page(&Shell::bare(Texts::english(), "Not now"), &Notice::refusal(Texts::english(), Why::Outside))),
    ]
}

fn enrolling(problem: bool) -> enrol::FormPage {
    let text = "That is an address of the office: it is down when our mail is down. Please give another one.";
    enrol::FormPage {
        action: "/enrol/0123".to_owned(),
        name: "Ann Smith".to_owned(),
        address: "ann.smith@example.com".to_owned(),
        known_email: Some("a•••@old.example".to_owned()),
        known_phone: None,
        typed: Fields {
            email: if problem { "ann.smith@example.com".to_owned() } else { String::new() },
            phone: if problem { "ask me".to_owned() } else { String::new() },
            email_problem: problem.then(|| text.to_owned()),
            phone_problem: problem.then(|| "That is not a phone number (like +49 30 123456).".to_owned()),
        },
    }
}

fn enrol_code(tries_left: Option<u32>) -> enrol::CodePage {
    enrol::CodePage {
        action: "/enrol/0123/code".to_owned(),
        back: "/enrol/0123".to_owned(),
        csrf: None,
        email: "ann.smith@mail.example".to_owned(),
        tries_left,
    }
}

fn set(typed: Fields) -> SettingsPage {
    let session = |since: &str, here| SessionView { since: since.to_owned(), seen: "09:41".to_owned(), here };
    SettingsPage {
        csrf: "0".repeat(64),
        preferences: Preferences { language: Some("de".to_owned()), ..Preferences::default().with_signature("Ann Smith\nPurchasing") },
        known: vec!["a•••@mail.example".to_owned(), "•••561".to_owned()],
        done: (typed == Fields::default()).then_some("settings-saved"),
        typed,
        sessions: vec![session("09:15", true), session("2 March 2026, 16:20", false)],
    }
}

fn book(people: usize) -> PeoplePage {
    let entry = |number: usize| people::Entry {
        name: ["Ann Smith", "Bo Larsen", "Clara Ortiz", "يوسف حداد"][number % 4].to_owned(),
        address: format!("person{number}@example.com"),
        aliases: if number % 4 == 1 { vec!["office@example.com".to_owned()] } else { Vec::new() },
        groups: if number.is_multiple_of(3) { vec!["Purchasing".to_owned(), "First aiders".to_owned()] } else { Vec::new() },
    };
    PeoplePage {
        words: if people == 0 { "nobody" } else { "" }.to_owned(),
        group: None,
        people: (0..people).map(entry).collect(),
        total: if people == 0 { 0 } else { 1_234 },
        previous: None,
        next: (people > 0).then_some(1),
        may_write: true,
    }
}
