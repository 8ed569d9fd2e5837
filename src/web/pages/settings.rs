//! What a person can set for themselves.

use maud::{Markup, html};

use super::enrol::{self, Fields};
use super::layout::{self, Shell};
use crate::directory::Preferences;
use crate::limits::SIGNATURE_MAX_CHARS;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct SettingsPage {
    pub csrf: String,
    pub preferences: Preferences,
    /// How one is reached now: hints.
    pub known: Vec<String>,
    pub typed: Fields,
    /// Newest use first.
    pub sessions: Vec<SessionView>,
    /// What just happened: the key of a text.
    pub done: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct SessionView {
    pub since: String,
    pub seen: String,
    /// The one that this page belongs to.
    pub here: bool,
}

pub fn page(shell: &Shell, page: &SettingsPage) -> Markup {
    let t = shell.texts;
    layout::page(
        shell,
        &html! {
            div.prose.settings {
                h1 { (t.get("settings-title")) }
                @if let Some(done) = page.done { p.notice role="status" { (t.get(done)) } }
                (writing(t, page))
                (reach(t, page))
                (sessions(t, page))
            }
        },
    )
}

fn csrf(page: &SettingsPage) -> Markup {
    html! { input type="hidden" name="csrf" value=(page.csrf); }
}

fn writing(t: Texts, page: &SettingsPage) -> Markup {
    let Preferences { signature, language, conversations, shortcuts } = &page.preferences;
    html! {
        section aria-labelledby="writing" {
            h2 #writing { (t.get("settings-writing")) }
            form method="post" action="/settings" {
                (csrf(page))
                label for="signature" { (t.get("settings-signature")) }
                // The parser drops the first line end of a textarea (HTML standard 13.1.2.5), so one is given.
                textarea #signature name="signature" rows="5" dir="auto" maxlength=(SIGNATURE_MAX_CHARS) aria-describedby="signature-hint" {
                    "\n" (signature)
                }
                p.hint #signature-hint { (t.with("settings-signature-hint", &[("max", SIGNATURE_MAX_CHARS.into())])) }
                label for="language" { (t.get("settings-language")) }
                select #language name="language" {
                    option value="" selected[language.is_none()] { (t.get("settings-language-browser")) }
                    @for other in Texts::all() {
                        option value=(other.tag()) lang=(other.tag()) selected[language.as_deref() == Some(other.tag())] { (other.name()) }
                    }
                }
                label.check { input type="checkbox" name="conversations" value="1" checked[*conversations]; span { (t.get("settings-conversations")) } }
                label.check { input type="checkbox" name="shortcuts" value="1" checked[*shortcuts]; span { (t.get("settings-shortcuts")) } }
                button.primary type="submit" { (t.get("settings-save")) }
            }
        }
    }
}

fn reach(t: Texts, page: &SettingsPage) -> Markup {
    html! {
        section aria-labelledby="reach" {
            h2 #reach { (t.get("settings-reach")) }
            @if page.known.is_empty() {
                p { (t.get("settings-reach-none")) }
            } @else {
                p { (t.get("settings-reach-known")) " " bdi { (page.known.join(", ")) } }
            }
            form method="post" action="/settings/reach" {
                (csrf(page))
                (enrol::fields(t, &page.typed))
                button type="submit" { (t.get("settings-reach-save")) }
            }
            p.hint { (t.get("settings-reach-only")) }
        }
    }
}

fn sessions(t: Texts, page: &SettingsPage) -> Markup {
    html! {
        section aria-labelledby="sessions" {
            h2 #sessions { (t.get("settings-sessions")) }
            p { (t.count("settings-session", page.sessions.len() as u64)) }
            ul {
                @for session in &page.sessions {
                    li {
                        (t.with("settings-session-since", &[("since", session.since.as_str().into()), ("seen", session.seen.as_str().into())]))
                        @if session.here { " (" (t.get("settings-session-here")) ")" }
                    }
                }
            }
            form method="post" action="/settings/sign-out" {
                (csrf(page))
                button type="submit" aria-describedby="sign-out-hint" { (t.get("settings-sign-out-all")) }
                p.hint #sign-out-hint { (t.get("settings-sign-out-all-hint")) }
            }
            p.hint { (t.get("settings-password")) }
        }
    }
}
