//! Reasons and outlooks in words for an admin who is alone in the middle of an outage.

use super::watch::Watch;
use super::{Class, Mode, Policy, Probe, Saved};
use crate::mail::date;

/// Who changes the mode when nobody asked for it.
pub(super) const MONITOR: &str = "monitor";
/// Who starts an event at the beginning of a maintenance window.
pub(super) const MAINTENANCE: &str = "maintenance";

/// `192.0.2.10:25 said nothing` becomes a sentence's end: one full stop, whatever the detail ends with.
fn ended(text: &str) -> String {
    format!("{}.", text.trim_end_matches(['.', ' ']))
}

fn times(count: u32, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// The newest detail of a probe, after a colon; a full stop if there is none.
fn newest_detail(watch: &Watch, probe: Probe) -> String {
    match watch.newest(probe).map(|newest| newest.detail.as_str()) {
        Some(detail) if !detail.is_empty() => format!(": {}", ended(detail)),
        _ => ".".to_owned(),
    }
}

/// Why the primary counts as down.
pub(super) fn fallen(watch: &Watch, probe: Probe, reds: u32) -> String {
    let class = watch.newest(probe).map_or(Class::Down, |newest| newest.class);
    let in_a_row = if reds == 1 { "1 probe".to_owned() } else { format!("{reds} probes in a row") };
    let what = match (probe, class) {
        (Probe::Canary, _) => format!("The primary takes mail and does not deliver it: {reds} test messages in a row have not come back"),
        (Probe::HealthPages, _) => format!("The primary's health pages failed {in_a_row}"),
        (_, Class::Hanging) => format!("The primary did not answer {in_a_row}"),
        (_, Class::Refusing) => format!("The primary refused to work in {in_a_row}"),
        (_, Class::Draining) => format!("The primary is in maintenance and turned mail away in {in_a_row}"),
        _ => format!("The primary could not be reached by {in_a_row}"),
    };
    format!("{what}{}", newest_detail(watch, probe))
}

/// Why the box looks closer.
pub(super) fn suspected(watch: &Watch) -> String {
    for probe in [Probe::Smtp, Probe::HealthPages, Probe::Relay, Probe::Canary] {
        if watch.newest(probe).is_some_and(|newest| newest.class.is_red()) {
            let what = match probe {
                Probe::Relay => "A delivery to the primary failed",
                Probe::HealthPages => "The primary's health pages failed",
                Probe::Canary => "A test message to the primary has not come back",
                _ => "A probe of the primary failed",
            };
            return format!("{what}{}", newest_detail(watch, probe));
        }
    }
    "The primary is being watched more closely.".to_owned()
}

pub(super) fn calm_again() -> String {
    "The primary passes every probe again.".to_owned()
}

pub(super) fn risen(rise: u32) -> String {
    let probes = times(rise.max(1), "probe", "probes in a row");
    format!("The primary passed {probes}. The mail that was taken for it is handed over now.")
}

pub(super) fn relapse(refused: usize, tried: usize) -> String {
    format!("The primary answers, but refused {refused} of the first {tried} messages. It is not fully restored yet.")
}

pub(super) fn handed_over() -> String {
    "Everything that can be handed over is handed over. Mail works normally again.".to_owned()
}

pub(super) fn started(by: &str, reason: &str) -> String {
    let reason = if reason.is_empty() { ".".to_owned() } else { format!(": {}", ended(reason)) };
    format!("Started by {by}{reason}")
}

pub(super) fn ended_by(by: &str, forced: bool) -> String {
    let forced = if forced { " although the primary does not answer: the box does not take over again before it did" } else { "" };
    format!("Ended by {by}{forced}. The mail that was taken is handed over to the primary now.")
}

pub(super) fn planned_end() -> String {
    "Its planned end has come, and the primary works. The mail that was taken is handed over to it now.".to_owned()
}

pub(super) fn scope_ended_by(by: &str) -> String {
    format!("Ended by {by}.")
}

pub(super) fn scope_planned_end() -> String {
    "Its planned end has come.".to_owned()
}

pub(super) fn no_drill() -> String {
    "The drill is over: this is a real outage.".to_owned()
}

pub(super) fn scope_handed_over() -> String {
    "Everything that can be handed over for these people is handed over. Their mail works normally again.".to_owned()
}

/// What happens next.
pub(super) fn outlook(policy: &Policy, saved: &Saved, watch: &Watch, isolated: bool) -> String {
    if isolated {
        return "This box seems to be cut off: no other host of the network answers either. Nothing changes until one does. Check this box's cable and switch."
            .to_owned();
    }
    match saved.mode {
        Mode::Normal | Mode::Suspect => before(policy, saved, watch),
        Mode::Continuity => during(policy, saved, watch),
        Mode::Recovering => after(policy, saved, watch),
    }
}

fn before(policy: &Policy, saved: &Saved, watch: &Watch) -> String {
    let fall = policy.fall.max(1);
    let reds = watch.most_reds();
    if saved.held_until_green {
        return "The event was ended although the primary was down. The box takes over again only after the primary was seen to work, \
                by `lifeboat automatic on`, or by `lifeboat event start`."
            .to_owned();
    }
    if !saved.automatic && watch.fallen(fall).is_some() {
        return "The primary is down, but automatic is off: take over with `lifeboat event start`.".to_owned();
    }
    let then = if saved.automatic { "the box takes over" } else { "nothing happens by itself, because automatic is off" };
    if saved.mode == Mode::Suspect {
        return match reds {
            0 if watch.is_canary_red() => format!("A test message to the primary has not come back; if the next one does not, {then}."),
            0 if watch.has_relay_doubt() => "A delivery to the primary failed; it is being watched more closely.".to_owned(),
            0 => "The primary is being watched more closely.".to_owned(),
            _ => format!("{reds} of {fall} failed probes in a row; at {fall} {then}."),
        };
    }
    if !watch.has_looked() {
        return "The primary has not been looked at yet.".to_owned();
    }
    let works = if watch.is_misconfigured() { "Mail flows, but a setting needs attention (see the alarms)." } else { "All is well." };
    let probes = times(fall, "failed probe", "failed probes in a row");
    format!("{works} After {probes} {then}.")
}

fn during(policy: &Policy, saved: &Saved, watch: &Watch) -> String {
    let rise = policy.rise.max(1);
    let greens = watch.fewest_greens().min(rise);
    let taken = "The box takes the mail and people use the webmail.";
    if let Some(planned) = saved.planned {
        let what = if planned.window.is_some() { "Planned maintenance" } else { "An operator's event" };
        let until = date::minute(planned.until);
        return format!("{taken} {what} until {until}: if the primary works then, the hand-over begins, else as soon as it does.");
    }
    if saved.by_operator {
        let primary = if watch.is_red() { " The primary is down." } else { "" };
        return format!("{taken}{primary} An operator started this; it ends with `lifeboat event end`.");
    }
    if watch.is_red() || !watch.has_looked() {
        let then = if saved.automatic {
            "The hand-over begins by itself when it is back."
        } else {
            "Automatic is off: when it is back, end this with `lifeboat event end`."
        };
        return format!("{taken} The primary is still down. {then}");
    }
    if !saved.automatic {
        return format!("{taken} The primary answers again, but automatic is off: begin the hand-over with `lifeboat event end`.");
    }
    if greens >= rise && watch.is_canary_red() {
        return format!("{taken} The primary answers; the hand-over begins when a test message to it comes back.");
    }
    if greens >= rise {
        return format!("{taken} The primary is back. The hand-over begins as soon as it has been steady for long enough.");
    }
    if watch.is_misconfigured() {
        return format!(
            "{taken} The primary answers, but a probe meets a wrong setting (see the alarms). Correct it, or begin the hand-over with `lifeboat event end`."
        );
    }
    format!("{taken} {greens} of {rise} good probes in a row; at {rise} the hand-over begins.")
}

fn after(policy: &Policy, saved: &Saved, watch: &Watch) -> String {
    let handing = "The mail that was taken is being handed over; when all of it is there, mail works normally again.";
    let fall = policy.fall.max(1);
    if saved.held_until_green {
        return format!("{handing} The primary does not answer yet; the mail waits safely until it does.");
    }
    match (watch.is_red(), saved.automatic) {
        (true, true) => {
            format!("{handing} But the primary fails again ({} of {fall} probes); at {fall} the box takes over again.", watch.most_reds())
        }
        (true, false) => {
            format!("{handing} But the primary fails again, and automatic is off: take over again with `lifeboat event start`.")
        }
        (false, _) => handing.to_owned(),
    }
}
