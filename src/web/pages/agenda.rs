//! The agenda.

use maud::{Markup, html};

use super::layout::{self, Shell};
use crate::limits::{AGENDA_DAYS, AGENDA_MESSAGES_MAX};

#[derive(Clone, Debug, Default)]
pub struct AgendaPage {
    pub days: Vec<DayView>,
    /// There are more messages than were looked at.
    pub bounded: bool,
}

#[derive(Clone, Debug)]
pub struct DayView {
    pub day: String,
    pub entries: Vec<EntryView>,
}

#[derive(Clone, Debug)]
pub struct EntryView {
    pub time: String,
    pub title: String,
    pub place: String,
    /// The invitation.
    pub path: String,
    pub answer: &'static str,
    pub declined: bool,
}

pub fn page(shell: &Shell, page: &AgendaPage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            h1 { (t.get("agenda")) }
            p.hint { (t.with("agenda-tells", &[("days", AGENDA_DAYS.into())])) }
            @if page.bounded { p.hint { (t.count("agenda-bound", AGENDA_MESSAGES_MAX as u64)) } }
            @if page.days.is_empty() { p.empty { (t.with("agenda-empty", &[("days", AGENDA_DAYS.into())])) } }
            @for day in &page.days {
                section.day {
                    h2 { (day.day) }
                    ul.agenda {
                        @for entry in &day.entries {
                            li.declined[entry.declined] {
                                span.time { (entry.time) } " "
                                a href=(entry.path) { bdi { @if entry.title.is_empty() { (t.get("invitation-untitled")) } @else { (entry.title) } } }
                                @if !entry.place.is_empty() { " · " bdi { (entry.place) } }
                                " " span.hint { "(" (entry.answer) ")" }
                            }
                        }
                    }
                }
            }
        },
    )
}
