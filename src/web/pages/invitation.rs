//! The card of an invitation.

use maud::{Markup, html};

use super::message::{PersonView, person};
use crate::limits::ANSWER_COMMENT_MAX_CHARS;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct InvitationView {
    /// What it is: an invitation, a cancellation, an answer.
    pub heading: String,
    pub cancelled: bool,
    pub title: String,
    pub when: String,
    /// The same in the zone of the calendar, where it is another.
    pub there: Option<String>,
    pub place: String,
    pub organizer: Option<PersonView>,
    pub guests: Vec<GuestView>,
    pub guests_left: usize,
    pub repeats: Option<String>,
    pub repeats_oddly: bool,
    pub next: Vec<String>,
    pub comment: String,
    /// Further entries of the same calendar.
    pub more: u64,
    pub answer: Option<AnswerForm>,
    /// What the reader has answered, in words.
    pub answered: Option<&'static str>,
    /// It was just answered.
    pub sent: bool,
}

#[derive(Clone, Debug)]
pub struct GuestView {
    pub who: String,
    pub answer: &'static str,
    pub optional: bool,
}

#[derive(Clone, Debug)]
pub struct AnswerForm {
    pub action: String,
    pub csrf: String,
    /// The form's secret: what it sends is sent once.
    pub once: String,
    pub tells: String,
}

pub fn card(t: Texts, card: &InvitationView) -> Markup {
    html! {
        section.invitation.cancelled[card.cancelled] aria-labelledby="invitation" {
            h2 #invitation { (card.heading) }
            @if card.sent { p.notice role="status" { (t.get("answer-sent")) } }
            p.title { strong { bdi { @if card.title.is_empty() { (t.get("invitation-untitled")) } @else { (card.title) } } } }
            @if card.cancelled { p { (t.get("invitation-cancelled-tells")) } }
            dl.head {
                div { dt { (t.get("invitation-when")) } dd { (card.when) @if let Some(there) = &card.there { br; span.hint { (there) } } } }
                @if !card.place.is_empty() { div { dt { (t.get("invitation-where")) } dd { bdi { (card.place) } } } }
                @if let Some(organizer) = &card.organizer { div { dt { (t.get("invitation-organizer")) } dd { (person(organizer)) } } }
                @if let Some(repeats) = &card.repeats { div { dt { (t.get("invitation-repeats")) } dd { (repeats) } } }
                @if !card.next.is_empty() {
                    div { dt { (t.get("invitation-next")) } dd { @for next in &card.next { (next) br; } } }
                }
                @if !card.comment.is_empty() { div { dt { (t.get("invitation-comment")) } dd dir="auto" { (card.comment) } } }
            }
            @if card.repeats_oddly { p.hint { (t.get("repeats-oddly")) } }
            @if !card.guests.is_empty() {
                details {
                    summary { (t.get("invitation-guests")) " (" (card.guests.len() + card.guests_left) ")" }
                    ul {
                        @for guest in &card.guests {
                            li { bdi { (guest.who) } " " span.hint { "(" (guest.answer) @if guest.optional { ", " (t.get("guest-optional")) } ")" } }
                        }
                        @if card.guests_left > 0 { li { "… " (card.guests_left) } }
                    }
                }
            }
            @if card.more > 0 { p.hint { (t.count("invitation-more", card.more)) } }
            @if let Some(answered) = card.answered {
                p { strong { (answered) } }
                @if let Some(form) = &card.answer { details { summary { (t.get("answer-again")) } (answer(t, form)) } }
            } @else if let Some(form) = &card.answer { (answer(t, form)) }
        }
    }
}

fn answer(t: Texts, form: &AnswerForm) -> Markup {
    html! {
        form.answer method="post" action=(form.action) {
            h3 { (t.get("answer-title")) }
            input type="hidden" name="csrf" value=(form.csrf);
            input type="hidden" name="once" value=(form.once);
            p.field {
                label for="answer-comment" { (t.get("answer-comment")) }
                input #answer-comment type="text" name="comment" maxlength=(ANSWER_COMMENT_MAX_CHARS) autocomplete="off";
            }
            p.actions {
                button.primary type="submit" name="answer" value="accept" { (t.get("answer-accept")) }
                " " button type="submit" name="answer" value="tentative" { (t.get("answer-tentative")) }
                " " button type="submit" name="answer" value="decline" { (t.get("answer-decline")) }
            }
            p.hint { (form.tells) }
        }
    }
}
