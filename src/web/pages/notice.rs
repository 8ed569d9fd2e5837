//! Plain pages that say one thing and offer a way on: errors, refusals, text given back.

use maud::{Markup, html};

use super::layout::{self, Shell};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub heading: String,
    /// Paragraphs.
    pub text: Vec<String>,
    /// A message that was not sent, for copying.
    pub typed: Option<String>,
    /// Where to go next: label and path.
    pub way: (&'static str, &'static str),
}

const HOME: (&str, &str) = ("Go to your mail", "/");

impl Notice {
    /// In the words of who could not do it.
    pub fn said(text: &str) -> Notice {
        Notice::new("That did not work", &[text])
    }

    fn new(heading: &str, text: &[&str]) -> Notice {
        Notice { heading: heading.to_owned(), text: text.iter().map(|line| (*line).to_owned()).collect(), typed: None, way: HOME }
    }

    pub fn not_found() -> Notice {
        Notice::new("There is nothing here", &["The address may be mistyped, or the message is no longer kept."])
    }

    /// An invitation's link that is mistyped, too old, or was replaced by a newer one: which of these is not told.
    pub fn enrol_unknown() -> Notice {
        let text = [
            "It may be too old, or a newer one came after it. Please look for the newest invitation in your mailbox, and open its link whole.",
            "If there is none, ask your administrator for a new invitation.",
        ];
        Notice { way: ("What is Lifeboat?", "/help"), ..Notice::new("This link does not work any more", &text) }
    }

    pub fn wrong_method() -> Notice {
        Notice::new("That does not work here", &["This page cannot be used that way. Please go back and try once more."])
    }

    pub fn cross_site() -> Notice {
        Notice::new(
            "This form did not come from Lifeboat",
            &["For your safety nothing was done. If you did press a button here, please go back to your mail and try once more."],
        )
    }

    pub fn forbidden() -> Notice {
        Notice::new("That is not for your role", &["Your account may not do or see this. Somebody with the role admin can."])
    }

    pub fn bad_form() -> Notice {
        Notice::new("That was not understood", &["The form arrived incomplete. Please go back in your browser and send it once more."])
    }

    pub fn form_too_large() -> Notice {
        Notice::new("That is too large", &["What you sent is larger than this form takes."])
    }

    pub fn read_only() -> Notice {
        Notice::new(
            "You can only read here now",
            &["Writing is possible here while the mail server is down. It works again, so please write in Outlook."],
        )
    }

    pub fn on_its_way() -> Notice {
        let way = ("Go to Sent", "/mail/sent");
        Notice { way, ..Notice::new("Too late to take it back", &["Your message is on its way. In Sent you see who got it."]) }
    }

    pub fn store_failed() -> Notice {
        Notice::new(
            "That did not work",
            &[
                "Lifeboat could not read its disk just now. Your mail is not lost.",
                "Please try again in a moment. If it stays like this, tell your administrator.",
            ],
        )
    }

    pub fn outage_over(typed: &str) -> Notice {
        let text = [
            "The mail server works again, so Lifeboat has stopped sending.",
            "Here is what you wrote. Please copy it and send it with Outlook. Files must be attached again there.",
        ];
        let way = ("Go to the first page", "/");
        Notice { typed: Some(typed.to_owned()), way, ..Notice::new("Your message was not sent", &text) }
    }

    pub fn signed_out(typed: &str) -> Notice {
        let text = [
            "You were signed out in the meantime.",
            "Here is what you wrote. Please copy it, sign in, and paste it into a new message. Files must be attached again.",
        ];
        let way = ("Sign in", "/login");
        Notice { typed: Some(typed.to_owned()), way, ..Notice::new("Your message was not sent", &text) }
    }

    pub fn failure(text: &str, typed: Option<&str>) -> Notice {
        let mut lines = vec![text];
        if typed.is_some() {
            lines.push("Your message was not sent. Here is what you wrote, so that nothing is lost: please copy it and try again later.");
        } else {
            lines.push("Please try again in a moment. If it stays like this, tell your administrator.");
        }
        Notice { typed: typed.map(str::to_owned), ..Notice::new("That did not work", &lines) }
    }

    /// Nothing is lost and nothing is to be done: the page says how long it may take.
    pub fn index_building(percent: u8) -> Notice {
        let text = format!("Your mail is all here. The list of it is being made again: {percent} % done.");
        Notice {
            way: ("Try again", "/"),
            ..Notice::new("One moment, please", &[&text, "New mail is taken meanwhile. Try again in a minute."])
        }
    }

    pub fn refusal(text: &str) -> Notice {
        Notice { way: ("Try again", "/"), ..Notice::new("Not now", &[text]) }
    }
}

pub fn page(shell: &Shell, notice: &Notice) -> Markup {
    layout::page(
        shell,
        &html! {
            div.card.wide[notice.typed.is_some()] {
                h1 { (notice.heading) }
                @for line in &notice.text { p { (line) } }
                @if let Some(typed) = &notice.typed {
                    label for="typed" { "Your text" }
                    // The parser drops the first line end of a textarea (HTML standard 13.1.2.5), so one is given.
                    textarea #typed rows="16" readonly dir="auto" { "\n" (typed) }
                }
                p { a.button href=(notice.way.1) { (notice.way.0) } }
            }
        },
    )
}
