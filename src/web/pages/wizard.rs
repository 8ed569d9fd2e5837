//! The set-up in the browser: the questions, what was found, and the wait.

use maud::{Markup, html};

use super::layout;
use crate::control::readiness::State;
use crate::limits::ADMIN_PASSWORD_MIN_CHARS;
use crate::web::wizard::{Answers, Mistake};

/// What the look at the mail path found about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub state: State,
    pub text: String,
}

/// Seconds until a page that waits looks again, and until the box will have started.
const LOOK_AGAIN_S: u32 = 5;
const STARTED_AFTER_S: u32 = 15;

/// How far the box is with taking the answers over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The box starts. `to` is where it will answer.
    Going { to: String },
    /// It did not take them.
    Refused { why: String },
}

struct Questions<'a> {
    mistakes: &'a [Mistake],
}

/// The questions with what was typed, and what is wrong with it. `code` is part of the path.
pub fn questions(code: &str, answers: &Answers, mistakes: &[Mistake]) -> Markup {
    let q = Questions { mistakes };
    let a = answers;
    let asked = html! {
        fieldset {
            legend { h2 { "This box" } }
            (q.line("hostname", "Name of the box", &a.hostname, "A name of its own in your domain, not that of Exchange: lifeboat.example.com. Add it to the office's DNS, too."))
            (q.line("domains", "Your mail domains", &a.domains, "What stands behind the @ in your addresses. Several: with commas."))
            (q.line("time_zone", "Time zone", &a.time_zone, "For example Europe/Berlin. Empty: UTC."))
        }
        fieldset {
            legend { h2 { "Network" } }
            (choice("dhcp", "Leave it as it is", "The address that it has now: from the router (DHCP), which should give it the same one always, or from network.conf.", !a.fixed))
            (choice("fixed", "A fixed address", "With the three lines below.", a.fixed))
            (q.line("address", "Address and length of the network", &a.address, "One that the router does not hand out by itself, for example 192.168.1.20/24"))
            (q.line("gateway", "Router", &a.gateway, "For example 192.168.1.1"))
            (q.line("dns", "Name servers", &a.dns, "One at least that does not run on the machine of Exchange."))
        }
        fieldset {
            legend { h2 { "Exchange" } }
            (q.line("primary", "IP address of the Exchange server", &a.primary, "The box hands mail over to it, at port 25, and knows mail from it by this address."))
            (q.line("canary", "A mailbox to ask for", &a.canary, "Optional. A mailbox that exists for this alone: each probe asks whether Exchange would take mail for it. Nothing is sent."))
        }
        fieldset {
            legend { h2 { "Mail to the outside" } }
            (q.line("smarthost", "Your provider's mail server", &a.smarthost, "For what people write in an outage. Name, or name:port (587 if you leave it out). Can be added later."))
            (q.line("user", "User name there", &a.user, "Empty if it knows your office by its address."))
            // Not hidden: the form has one password of a person, and browsers take two for two forms.
            (q.line("smarthost_password", "Password there", "", "You see it while you type, and never again. Empty: as you typed it before."))
            (q.line("admins", "Who is told", &a.admins, "Addresses outside your own domains, which are read when Exchange is down."))
        }
        fieldset {
            legend { h2 { "People" } }
            label for="people" { "Everybody who has a mailbox" }
            (q.problems("people"))
            textarea #people name="people" rows="8" spellcheck="false" autocapitalize="none" aria-invalid=[q.invalid("people")]
                aria-describedby=(q.described("people")) { (a.people) }
            p.hint #people-hint { "A line each: ann@example.com, Ann Miller. Or a whole directory.csv with its first line, with aliases, phones and groups." }
        }
        fieldset {
            legend { h2 { "You" } }
            (q.filled("name", "Name of your account", &a.name, "For the admin's pages of the box.", Some("username")))
            (q.secret(
                "password",
                "Password",
                "new-password",
                &format!("At least {ADMIN_PASSWORD_MIN_CHARS} characters. Four or five words are good. Write it down and keep it where you find it in an outage."),
            ))
            (q.secret("again", "The same once more", "new-password", "Both empty: as you typed them before."))
        }
    };
    layout::lone(
        "Set up this box",
        false,
        &html! {
            div.card.wide {
                h1 { "Set up this box" }
                p { "Ten minutes, and the mail of your office survives the next outage of Exchange. Nothing is changed before you have seen what the box finds with your answers." }
                @if !mistakes.is_empty() {
                    div.problems role="alert" {
                        h2 { "Not everything is right yet" }
                        ul { @for mistake in mistakes { li { a href={ "#" (mistake.field) } { (mistake.text) } } } }
                    }
                }
                form method="post" action={ "/setup/" (code) } autocomplete="off" {
                    (asked)
                    button.primary type="submit" { "Look at the mail path" }
                }
            }
        },
    )
}

impl Questions<'_> {
    fn of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Mistake> {
        self.mistakes.iter().filter(move |mistake| mistake.field == field)
    }

    fn problems(&self, field: &str) -> Markup {
        html! {
            @if self.invalid(field).is_some() {
                div id={ (field) "-problem" } { @for mistake in self.of(field) { p.problem { (mistake.text) } } }
            }
        }
    }

    fn invalid(&self, field: &str) -> Option<&'static str> {
        self.of(field).next().map(|_| "true")
    }

    /// What a screen reader says with the field.
    fn described(&self, field: &str) -> String {
        let problem = if self.invalid(field).is_some() { format!("{field}-problem ") } else { String::new() };
        format!("{problem}{field}-hint")
    }

    fn line(&self, name: &str, label: &str, value: &str, hint: &str) -> Markup {
        self.filled(name, label, value, hint, None)
    }

    /// `known`: what the browser may fill in (HTML, autofill).
    fn filled(&self, name: &str, label: &str, value: &str, hint: &str, known: Option<&str>) -> Markup {
        html! {
            label for=(name) { (label) }
            (self.problems(name))
            input id=(name) type="text" name=(name) value=(value) maxlength="1000" autocapitalize="none" spellcheck="false"
                autocomplete=[known] aria-invalid=[self.invalid(name)] aria-describedby=(self.described(name));
            p.hint id={ (name) "-hint" } { (hint) }
        }
    }

    fn secret(&self, name: &str, label: &str, autocomplete: &str, hint: &str) -> Markup {
        html! {
            label for=(name) { (label) }
            (self.problems(name))
            input id=(name) type="password" name=(name) maxlength="256" autocomplete=(autocomplete) aria-invalid=[self.invalid(name)]
                aria-describedby=(self.described(name));
            p.hint id={ (name) "-hint" } { (hint) }
        }
    }
}

fn choice(value: &str, label: &str, hint: &str, chosen: bool) -> Markup {
    let id = format!("network-{value}");
    html! {
        div.check {
            input id=(id) type="radio" name="network" value=(value) checked[chosen];
            label for=(id) { strong { (label) } " " span.hint { (hint) } }
        }
    }
}

/// What was found; None while the box looks.
pub fn found(code: &str, found: Option<&[Found]>) -> Markup {
    let Some(found) = found else {
        return layout::lone(
            "Looking",
            true,
            &html! {
                div.card {
                    h1 { "The box looks at the mail path" }
                    p { "Its name, your domains in DNS, Exchange, the way to the outside. This page goes on by itself; it can take a minute where something does not answer." }
                    p.below { a href={ "/setup/" (code) "/found" } data-onward=(LOOK_AGAIN_S) { "Look whether it is done" } }
                }
            },
        );
    };
    let is_bad = found.iter().any(|found| found.state == State::Bad);
    layout::lone(
        "What was found",
        false,
        &html! {
            div.card.wide {
                h1 { "What the box found" }
                ul.findings {
                    @for found in found { li { strong { (word(found.state)) ": " } (found.text) } }
                }
                @if is_bad {
                    p { "You can use these settings all the same, and mend this later: Lifeboat looks again all the time, and says on the admin's pages what is missing." }
                } @else {
                    p { "This will do." }
                }
                form method="post" action={ "/setup/" (code) "/use" } {
                    button.primary type="submit" { "Use these settings" }
                }
                p.below { a href={ "/setup/" (code) } { "Change the answers" } " (passwords are kept)" }
            }
        },
    )
}

fn word(state: State) -> &'static str {
    match state {
        State::Ok => "Good",
        State::Warn => "Look at this",
        State::Bad => "Wrong",
        State::Unknown => "Not known",
    }
}

/// After the answers were handed over.
pub fn progress(code: &str, progress: &Progress) -> Markup {
    match progress {
        Progress::Going { to } => layout::lone(
            "Starting",
            true,
            &html! {
                div.card {
                    h1 { "The box starts" }
                    p { "It takes your answers over and begins to work. That takes up to a minute." }
                    p { "This page then leads to the sign-in of the admin's pages. The browser asks once more whether to trust the box: it has made a certificate for its new name." }
                    p { "If nothing happens: " a href={ (to) "/setup/" (code) "/wait" } data-onward=(STARTED_AFTER_S) { "go on to " (to) "/admin" } }
                    p { "Next: the box still has to be put into the mail path. The admin's pages have a guide with each step." }
                }
            },
        ),
        Progress::Refused { why } => layout::lone(
            "Not taken over",
            false,
            &html! {
                div.card {
                    h1 { "The box did not take this over" }
                    div.problems { @for line in why.lines().filter(|line| !line.trim().is_empty()) { p { (line) } } }
                    p.below { a href={ "/setup/" (code) } { "Change the answers" } " (passwords are kept)" }
                }
            },
        ),
    }
}

/// Whoever does not know the code.
pub fn elsewhere() -> Markup {
    layout::lone(
        "Not set up yet",
        false,
        &html! {
            div.card {
                h1 { "This box is not set up yet" }
                p { "The address of the set-up, with its code, is on the screen of the box. Lifeboat takes no mail until then." }
            }
        },
    )
}

/// A form that is none of ours, or none at all.
pub fn not_understood() -> Markup {
    layout::lone(
        "Not understood",
        false,
        &html! {
            div.card {
                h1 { "That was not understood" }
                p { "Please go back in your browser and try again." }
            }
        },
    )
}
