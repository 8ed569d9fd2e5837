//! How things are: the mode in large letters, why, what comes next, what to do, the timeline, and the buttons.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use super::table::table;
use super::timeline::{self, Timeline};
use crate::clock::Wall;
use crate::continuity::{Class, Kind, Mode, Probe};
use crate::control::{IndexState, ProbeStatus, Status, class_words, probe_words};
use crate::mail::date;
use crate::web::assets;

#[derive(Clone, Debug)]
pub struct Dashboard {
    pub state: State,
    pub why: Option<Why>,
    pub timeline: Timeline,
    /// The month, not the day.
    pub month: bool,
    /// Whether this role has the buttons.
    pub may_act: bool,
    /// Whether there is a page for drills.
    pub drills: bool,
}

/// The part that looks again by itself.
#[derive(Clone, Debug)]
pub struct State {
    pub status: Status,
    pub may_see_queue: bool,
    pub may_see_events: bool,
}

/// Why an event is open.
#[derive(Clone, Debug)]
pub struct Why {
    pub by: String,
    pub reason: String,
    /// When, who, how it looked, what it said.
    pub seen: Vec<(String, Probe, Class, String)>,
}

pub fn page(shell: &AdminShell, view: &Dashboard, now: Wall) -> Markup {
    let status = &view.state.status;
    layout::page(
        shell,
        &html! {
            h1.unseen { "Dashboard" }
            div #live data-buttons=(which_buttons(status)) { (live(&view.state, now)) }
            p.hint #live-note { "As of " (date::minute(now)) ". " a href="/admin" { "Look again" } }
            @if let Some(why) = &view.why { (self::why(why)) }
            @if view.may_act { (buttons(shell, view)) }
            section.panel aria-labelledby="timeline-heading" {
                h2 #timeline-heading { "Probes, " (view.timeline.title) }
                p.switch {
                    @if view.month { a href="/admin#timeline-heading" { "The last 24 hours" } }
                    @else { a href="/admin?days=30#timeline-heading" { "The last 30 days" } }
                }
                @if view.timeline.lanes.is_empty() { p { "Nothing was seen in that time yet." } }
                @else { (timeline::draw(&view.timeline, now)) }
            }
            script src=(assets::LIVE.path()) defer {}
        },
    )
}

/// What changes; each part with an id is replaced by itself, so that screen readers hear only what is new.
pub fn live(state: &State, now: Wall) -> Markup {
    let status = &state.status;
    html! {
        section #live-mode class={ "mode " (mode_name(status.mode)) } data-buttons=(which_buttons(status)) role="status" {
            p.big { (mode_words(status)) }
            p.since { "since " (since(&status.since, now)) }
            @for line in status.situation() { p { (plain(&line)) } }
            @if !status.outlook.is_empty() { p { strong { "Next: " } (plain(&status.outlook)) } }
        }
        // That nothing is wrong is said only where it sounds true.
        section #live-alarms.panel.alarms[!status.alarms.is_empty()] hidden[status.alarms.is_empty() && status.mode != Mode::Normal]
            aria-labelledby="alarms-heading" {
            h2 #alarms-heading { @if status.alarms.is_empty() { "Nothing needs attention" } @else { "Needs attention" } }
            @if !status.alarms.is_empty() {
                ul { @for alarm in &status.alarms { li { (plain(&alarm.text)) " " span.tag { (alarm.name) } } } }
            }
        }
        (tiles(state, now))
        (probes(status, now))
    }
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Normal => "normal",
        Mode::Suspect => "suspect",
        Mode::Continuity => "continuity",
        Mode::Recovering => "recovering",
    }
}

/// An event is open and the mail server fails: to end it needs force.
fn is_red(status: &Status) -> bool {
    status.mode == Mode::Continuity && status.probes.iter().any(|probe| probe.class.is_red())
}

/// On what the buttons depend: when this is another word, the page has to be made anew.
fn which_buttons(status: &Status) -> String {
    let event = status.event.as_deref().unwrap_or_default();
    format!("{} {event} {} {}", mode_name(status.mode), is_red(status), status.automatic)
}

fn mode_words(status: &Status) -> &'static str {
    let isolated =
        status.probes.iter().any(|probe| probe.class == Class::Isolated) && status.alarms.iter().any(|alarm| alarm.name == "isolated");
    match status.mode {
        // Not the mail server is the trouble, and nothing begins: the admin must see that first.
        Mode::Normal | Mode::Suspect if isolated => "Isolated",
        Mode::Normal => "Normal",
        Mode::Suspect => "Suspect",
        Mode::Continuity => "Continuity",
        Mode::Recovering => "Recovering",
    }
}

fn since(rfc3339: &str, now: Wall) -> String {
    date::from_rfc3339(rfc3339).map_or_else(|| rfc3339.to_owned(), |at| date::moment(at, now))
}

/// Words with commands in backticks.
fn plain(text: &str) -> Markup {
    html! {
        @for (number, piece) in text.split('`').enumerate() {
            @if number % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

fn tiles(state: &State, now: Wall) -> Markup {
    let status = &state.status;
    let queue = &status.queue;
    html! {
        dl #live-tiles.tiles {
            @if let Some(event) = &status.event {
                (tile("Event", html! { @if state.may_see_events { a href={ "/admin/events/" (event) } { (event) } } @else { (event) } }))
            }
            @for scope in &status.scopes {
                @let what = if scope.kind == Kind::Drill { "Drill" } else { "Event for some" };
                (tile(what, html! {
                    @if state.may_see_events { a href={ "/admin/events/" (scope.id) } { (scope.id) } } @else { (scope.id) }
                    " for " (scope.mailboxes.len()) @if scope.mailboxes.len() == 1 { " person" } @else { " people" }
                }))
            }
            (tile("Automatic", html! { @if status.automatic { "on" } @else { strong { "off" } } }))
            (tile("Queue", html! {
                @if state.may_see_queue { a href="/admin/queue" { (queue.primary + queue.outbound) " wait" } } @else { (queue.primary + queue.outbound) " wait" }
                ", " @if queue.held > 0 { strong { (queue.held) " held" } } @else { "none held" }
            }))
            (tile("People online", html! { (status.sessions) " of " (status.people) }))
            (tile("Reachable", html! { (status.reachable) " of " (status.people) }))
            @if let Some(score) = status.readiness { (tile("Readiness", html! { (score) " of 100" })) }
            @if let Some(days) = status.store.cached_days { (tile("Mail kept", html! { @if days == 0 { "since today" } @else { "the last " (days) @if days == 1 { " day" } @else { " days" } } })) }
            (tile("Disk", html! {
                (octets(status.store.free_octets)) " free"
                @if let Some(days) = status.store.days_left { ", enough for " (days) @if days == 1 { " day" } @else { " days" } }
            }))
            @if status.store.index == IndexState::Building { (tile("Index", html! { "being made, " (status.store.index_percent) " %" })) }
            @if let Some(window) = &status.maintenance {
                (tile("Maintenance", html! { "from " (since(&window.from, now)) " to " (since(&window.to, now)) }))
            }
        }
    }
}

fn tile(name: &str, value: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn probes(status: &Status, now: Wall) -> Markup {
    let row = |probe: &ProbeStatus| {
        vec![
            html! { strong { (probe_words(probe.probe)) } },
            html! { span class=[probe.class.is_red().then_some("failed")] { (class_words(probe.class)) } },
            html! { @if let Some(ms) = probe.latency_ms { (ms) " ms" } },
            html! { (probe.in_a_row) },
            html! { (since(&probe.at, now)) },
            html! { (probe.detail) },
        ]
    };
    let heads = ["Probe", "Looks", "Took", "In a row", "At", "Detail"];
    html! {
        div #live-probes { (table("What the probes saw last", &heads, &status.probes.iter().map(row).collect::<Vec<_>>())) }
    }
}

fn why(why: &Why) -> Markup {
    html! {
        section.panel aria-labelledby="why-heading" {
            h2 #why-heading { "Why" }
            p { (plain(&why.reason)) @if why.by != "monitor" && !why.reason.contains(&why.by) { " (" (why.by) ")" } }
            @if !why.seen.is_empty() {
                ul { @for (at, probe, class, detail) in &why.seen { li { (at) ": " (probe_words(*probe)) ": " (class_words(*class)) @if !detail.is_empty() { " – " (detail) } } } }
            }
        }
    }
}

fn buttons(shell: &AdminShell, view: &Dashboard) -> Markup {
    let status = &view.state.status;
    let is_red = is_red(status);
    html! {
        section.panel.deeds aria-labelledby="deeds-heading" {
            h2 #deeds-heading { "What you can do" }
            @if status.mode == Mode::Continuity {
                form method="post" action="/admin/event/end" {
                    (layout::csrf(shell))
                    @if is_red { input type="hidden" name="force" value="yes"; }
                    button type="submit" { @if is_red { "End the event although the mail server fails" } @else { "End the event" } }
                }
            } @else {
                form.line method="post" action="/admin/event/start" {
                    (layout::csrf(shell))
                    div {
                        label for="reason" { "Why" }
                        input #reason type="text" name="reason" maxlength="200" autocomplete="off";
                    }
                    button type="submit" { "Start a continuity event" }
                }
            }
            form method="post" action="/admin/automatic" {
                (layout::csrf(shell))
                input type="hidden" name="on" value=(if status.automatic { "no" } else { "yes" });
                button type="submit" { @if status.automatic { "Hold automatic" } @else { "Switch automatic on" } }
            }
            @if view.drills { p { a.button href="/admin/drills" { "Practise: a drill" } } }
        }
    }
}

fn octets(octets: u64) -> String {
    match octets {
        0..0x4000_0000 => format!("{} MiB", octets >> 20),
        _ => format!("{:.1} GiB", octets as f64 / f64::from(1u32 << 30)),
    }
}
