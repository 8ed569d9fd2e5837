//! Coming and going: signing in, what is said when mail is closed or something did not work, help, invitations.

use super::{Sample, shell, signed_out};
use crate::web::access::Access;
use crate::web::pages::layout::Shell;
use crate::web::pages::login::{self, Closed, LoginPage};
use crate::web::pages::notice::{self, Notice};
use crate::web::pages::{enrol, help};
use crate::web::texts::Texts;

/// The pages with their names.
pub fn pages() -> Vec<Sample> {
    let typed = "To: bo@shop.example\nSubject: Offer\n\nThank you, that fits.";
    let login = |problem| LoginPage {
        address: if problem { "ann.smith@example.com".to_owned() } else { String::new() },
        problem: problem.then_some(login::Problem::WrongPassword),
    };
    vec![
        ("closed", login::closed(&Shell::bare(Texts::english(), "Mail works normally"), &Closed { suspect: false, for_you: false })),
        ("closed-for-you", login::closed(&Shell::bare(Texts::english(), "Mail works normally"), &Closed { suspect: false, for_you: true })),
        ("suspect", login::closed(&Shell::bare(Texts::english(), "Mail works normally"), &Closed { suspect: true, for_you: false })),
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
        ("enrol-unknown", notice::page(&Shell::bare(Texts::english(), "Invitation"), &Notice::enrol_unknown())),
        ("help", help::page(&shell("Help", None), Access::Open)),
        ("help-closed", help::page(&Shell::bare(Texts::english(), "Help"), Access::Closed)),
        ("not-found", notice::page(&shell("Not found", None), &Notice::not_found())),
        ("over", notice::page(&Shell::bare(Texts::english(), "Not sent"), &Notice::outage_over(typed))),
        ("signed-out", notice::page(&signed_out("Not sent"), &Notice::signed_out(typed))),
        ("failure", notice::page(&Shell::bare(Texts::english(), "That did not work"), &Notice::failure("The disk is full.", Some(typed)))),
        (
            "refusal",
            notice::page(&Shell::bare(Texts::english(), "Not now"), &Notice::refusal("The webmail is only open inside the office.")),
        ),
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
        email: if problem { "ann.smith@example.com".to_owned() } else { String::new() },
        phone: if problem { "ask me".to_owned() } else { String::new() },
        email_problem: problem.then(|| text.to_owned()),
        phone_problem: problem.then(|| "That is not a phone number (like +49 30 123456).".to_owned()),
    }
}

fn enrol_code(tries_left: Option<u32>) -> enrol::CodePage {
    enrol::CodePage {
        action: "/enrol/0123/code".to_owned(),
        back: "/enrol/0123".to_owned(),
        email: "ann.smith@mail.example".to_owned(),
        tries_left,
    }
}
