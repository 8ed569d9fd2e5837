//! `status` in plain words: what is, and what to do about it.

use std::time::Duration;

use super::{IndexState, ScopeStatus, Status};
use crate::clock::Wall;
use crate::continuity::{Class, Kind, Mode, Probe};

pub(super) fn status(status: &Status, now: Wall) -> String {
    let mut text = heading(status, now);
    text.push('\n');
    text += &(situation(status).join("\n") + "\n");
    if !status.outlook.is_empty() {
        text += &format!("Next: {}\n", one_line(&status.outlook));
    }
    if !status.alarms.is_empty() {
        text += "\nNeeds attention\n";
        for alarm in &status.alarms {
            text += &format!("  ! {}  ({})\n", one_line(&alarm.text), alarm.name);
        }
    }
    text.push('\n');
    for (name, value) in facts(status, now) {
        text += &format!("{name:<12} {value}\n");
    }
    text
}

fn heading(status: &Status, now: Wall) -> String {
    let mode = match status.mode {
        Mode::Normal => "NORMAL",
        Mode::Suspect => "SUSPECT",
        Mode::Continuity => "CONTINUITY",
        Mode::Recovering => "RECOVERING",
    };
    match ago(&status.since, now) {
        Some(time) => format!("{mode} for {} (since {})\n", in_words(time), status.since),
        None => format!("{mode} since {}\n", status.since),
    }
}

/// What the mode means, and what a person should do.
pub(super) fn situation(status: &Status) -> Vec<String> {
    let is_down = status.probes.iter().any(|probe| probe.probe == Probe::Smtp && probe.class.is_red());
    let mut lines: Vec<String> = Vec::new();
    lines.push(match status.mode {
        Mode::Normal => "The mail server works. Mail passes through this box to it, and a copy is kept.".into(),
        Mode::Suspect => "The mail server does not answer as it should. Mail is accepted and kept; this box is watching closely.".into(),
        Mode::Continuity => {
            let why = if status.by_operator && !is_down {
                "This event was opened by hand or for planned work."
            } else {
                "The mail server is down."
            };
            format!("{why} This box takes the mail, and people read and answer it in the webmail. Nothing is lost.")
        }
        Mode::Recovering if is_down => {
            "The event was ended, but the mail server does not answer. What was accepted waits safely until it does.".into()
        }
        Mode::Recovering => "The mail server is back. What was accepted in the meantime is being handed over to it, in order.".into(),
    });
    lines.push(match (status.mode, status.automatic) {
        (Mode::Normal, true) => "You need to do nothing.".into(),
        (Mode::Suspect, true) => "You need to do nothing: if it stays like this, the box takes over by itself.".into(),
        // When it ends is what comes next: that is said below.
        (Mode::Continuity, _) if status.by_operator => "It does not end by the box's own decision.".into(),
        (Mode::Continuity, true) => "Repair the mail server in peace. When it answers again, the mail is handed over by itself.".into(),
        (Mode::Recovering, _) if is_down => "Repair the mail server. When it answers, the hand-over begins by itself.".into(),
        (Mode::Recovering, _) => "You need to do nothing but leave the mail server running.".into(),
        (Mode::Continuity, false) => {
            "Automatic is off: when the mail server works again, end this with `lifeboat event end` or switch on `lifeboat automatic on`."
                .into()
        }
        (Mode::Normal | Mode::Suspect, false) => {
            "Automatic is off: in an outage, take over with `lifeboat event start`, or switch on `lifeboat automatic on`.".into()
        }
    });
    if status.people == 0 {
        lines.push("The directory is empty: nobody can sign in. Import the people with `lifeboat directory import FILE`.".into());
    }
    if status.queue.held > 0 {
        let (recipients, them) = if status.queue.held == 1 { ("recipient is", "it") } else { ("recipients are", "them") };
        lines.push(format!("{} {recipients} held for you: look at {them} with `lifeboat queue list`.", status.queue.held));
    }
    lines
}

fn facts(status: &Status, now: Wall) -> Vec<(&'static str, String)> {
    let mut facts: Vec<(&str, String)> = Vec::new();
    if let Some(event) = &status.event {
        facts.push(("Event", event.clone()));
    }
    for (number, scope) in status.scopes.iter().enumerate() {
        facts.push((if number == 0 { "For some" } else { "" }, scope_words(scope)));
    }
    if let Some(window) = &status.maintenance {
        let reason = if window.reason.is_empty() { String::new() } else { format!(": {}", one_line(&window.reason)) };
        facts.push(("Maintenance", format!("from {} to {}{reason}", window.from, window.to)));
    }
    for (number, probe) in status.probes.iter().enumerate() {
        let name = if number == 0 { "Seen" } else { "" };
        let mut seen = format!("{}: {}", probe_words(probe.probe), class_words(probe.class));
        if let Some(latency) = probe.latency_ms {
            seen += &format!(", {latency} ms");
        }
        if probe.in_a_row > 1 {
            seen += &format!(", {} times in a row", probe.in_a_row);
        }
        if let Some(time) = ago(&probe.at, now) {
            seen += &format!(", {} ago", in_words(time));
        }
        if !probe.detail.is_empty() {
            seen += &format!(" ({})", one_line(&probe.detail));
        }
        facts.push((name, seen));
    }
    let queue = &status.queue;
    facts.push((
        "Queue",
        format!(
            "{} for the mail server, {} for the outside, {} held, {} in hand",
            queue.primary, queue.outbound, queue.held, queue.in_session
        ),
    ));
    facts.push(("Listening", format!("SMTP {}; webmail {}", list(&status.listen.smtp), list(&status.listen.web))));
    facts.push(("Store", format!("{} used, {} free", octets(status.store.used_octets), octets(status.store.free_octets))));
    if status.store.index == IndexState::Building {
        let percent = status.store.index_percent;
        facts.push(("Index", format!("being made again, {percent} % done: mail is taken, the webmail and the queues wait for it")));
    }
    if let Some(why) = &status.store.retention_waits {
        facts.push(("Retention", format!("waits: {why}")));
    }
    let reachable = if status.people > 0 { format!(", {} of them reachable while mail is down", status.reachable) } else { String::new() };
    facts.push(("People", format!("{}{reachable}", status.people)));
    if let Some(next) = &status.next_drill {
        facts.push(("Next drill", next.clone()));
    }
    if let Some(score) = status.readiness {
        facts.push(("Readiness", format!("{score} of 100 (`lifeboat readiness` says why)")));
    }
    facts.push(("Version", format!("{}, running for {}", status.version, in_words(Duration::from_secs(status.uptime_s)))));
    facts
}

/// `group sales: their mail is kept here (2 people, event 2026-03-03T09-15-02, until 2026-03-03T11:15:02Z)`.
fn scope_words(scope: &ScopeStatus) -> String {
    let state = match (scope.kind, scope.mode) {
        (Kind::Drill, _) => "a drill, their mail flows as ever",
        (Kind::Outage, Mode::Recovering) => "their mail is being handed over",
        (Kind::Outage, _) => "their mail is kept here, and they use the webmail",
    };
    let people = if scope.mailboxes.len() == 1 { "1 person".to_owned() } else { format!("{} people", scope.mailboxes.len()) };
    let until = scope.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
    format!("{}: {state} ({people}, event {}{until})", scope.members.words(), scope.id)
}

/// A probe in words.
pub fn probe_words(probe: Probe) -> &'static str {
    match probe {
        Probe::Smtp => "SMTP",
        Probe::HealthPages => "health pages",
        Probe::Relay => "real mail",
        Probe::Canary => "test message",
        Probe::Witnesses => "our network",
        Probe::Operator => "operator",
    }
}

/// What a probe saw, in words.
pub fn class_words(class: Class) -> &'static str {
    match class {
        Class::Healthy => "works",
        Class::Slow => "works, but slowly",
        Class::Down => "does not answer",
        Class::Hanging => "connects, then stays silent",
        Class::Refusing => "answers \"not now\"",
        Class::Undelivered => "is taken and does not come back",
        Class::UnhealthyPage => "says that it is not well",
        Class::Isolated => "nothing answers: this box's own network is the trouble",
        Class::Draining => "is in maintenance and turns mail away",
        Class::Misconfigured => "a setting is wrong",
        Class::Certificate => "its certificate is not accepted",
        Class::Login => "it wants another login",
    }
}

fn list(addresses: &[std::net::SocketAddr]) -> String {
    if addresses.is_empty() {
        return "nowhere".into();
    }
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Time since an RFC 3339 time; none if it is not one, or lies ahead (the clock was set).
fn ago(time: &str, now: Wall) -> Option<Duration> {
    let then: jiff::Timestamp = time.parse().ok()?;
    let then = u64::try_from(then.as_millisecond()).ok()?;
    now.0.checked_sub(then).map(Duration::from_millis)
}

/// The two largest units at most: `3 days 4 hours`, `5 minutes`.
pub(super) fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [("day", seconds / 86_400), ("hour", seconds / 3_600 % 24), ("minute", seconds / 60 % 60), ("second", seconds % 60)];
    let Some(first) = units.iter().position(|(_, count)| *count > 0) else { return "0 seconds".into() };
    let shown = units[first..].iter().take(2).filter(|(unit, count)| *count > 0 && !(*unit == "second" && first < 3 && seconds >= 300));
    shown.map(|(unit, count)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" })).collect::<Vec<_>>().join(" ")
}

fn octets(octets: u64) -> String {
    match octets {
        0..0x10_0000 => format!("{} KiB", octets >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", octets >> 20),
        _ => format!("{:.1} GiB", octets as f64 / (1u64 << 30) as f64),
    }
}

/// Details come from other servers: they may not draw over the terminal.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::status::tests::example;
    use super::super::{ProbeStatus, StoreStatus};
    use super::*;
    use crate::continuity::Members;
    use crate::store::QueueCounts;

    /// 2026-03-03T09:20:02Z: five minutes after the example's flip.
    const NOW: Wall = Wall(1_772_529_602_000);

    fn check(status: Status, expected: &str) {
        assert_eq!(status.to_text(NOW), expected);
    }

    #[test]
    fn continuity() {
        check(
            example(),
            "CONTINUITY for 5 minutes (since 2026-03-03T09:15:02Z)\n\
             \n\
             The mail server is down. This box takes the mail, and people read and answer it in the webmail. Nothing is lost.\n\
             Repair the mail server in peace. When it answers again, the mail is handed over by itself.\n\
             Next: at 6 successes in a row the mail is handed over; 0 so far\n\
             \n\
             Needs attention\n\
             \x20 ! 4 GiB are left for mail  (disk-low)\n\
             \n\
             Event        2026-03-03T09-15-02\n\
             Seen         SMTP: does not answer, 3 ms, 61 times in a row, 2 seconds ago (192.0.2.10:25 refused the connection)\n\
             Queue        12 for the mail server, 1 for the outside, 0 held, 0 in hand\n\
             Listening    SMTP 0.0.0.0:25; webmail 0.0.0.0:443\n\
             Store        3.0 GiB used, 4.0 GiB free\n\
             Index        being made again, 43 % done: mail is taken, the webmail and the queues wait for it\n\
             Retention    waits: the clock jumped\n\
             People       40, 31 of them reachable while mail is down\n\
             Next drill   2026-04-07T08:00:00Z\n\
             Readiness    73 of 100 (`lifeboat readiness` says why)\n\
             Version      0.1.0, running for 1 day 1 hour\n",
        );
    }

    #[test]
    fn a_new_box_says_what_is_missing() {
        let status = Status {
            mode: Mode::Normal,
            event: None,
            automatic: false,
            outlook: String::new(),
            probes: vec![],
            alarms: vec![],
            queue: QueueCounts { held: 1, ..Default::default() },
            store: StoreStatus::default(),
            people: 0,
            reachable: 0,
            uptime_s: 0,
            next_drill: None,
            readiness: None,
            listen: Default::default(),
            ..example()
        };
        check(
            status,
            "NORMAL for 5 minutes (since 2026-03-03T09:15:02Z)\n\
             \n\
             The mail server works. Mail passes through this box to it, and a copy is kept.\n\
             Automatic is off: in an outage, take over with `lifeboat event start`, or switch on `lifeboat automatic on`.\n\
             The directory is empty: nobody can sign in. Import the people with `lifeboat directory import FILE`.\n\
             1 recipient is held for you: look at it with `lifeboat queue list`.\n\
             \n\
             Queue        0 for the mail server, 0 for the outside, 1 held, 0 in hand\n\
             Listening    SMTP nowhere; webmail nowhere\n\
             Store        0 KiB used, 0 KiB free\n\
             People       0\n\
             Version      0.1.0, running for 0 seconds\n",
        );
    }

    #[test]
    fn events_of_some_say_whom_they_concern() {
        let scope = |kind, mode| ScopeStatus {
            id: "2026-03-03T09-15-02".into(),
            kind,
            mode,
            since: "2026-03-03T09:15:02Z".into(),
            until: Some("2026-03-03T11:15:02Z".into()),
            members: Members { mailboxes: vec![], groups: vec!["sales".into()], ..Default::default() },
            mailboxes: vec![],
        };
        let scopes = vec![scope(Kind::Outage, Mode::Continuity), scope(Kind::Outage, Mode::Recovering), scope(Kind::Drill, Mode::Normal)];
        let text = Status { scopes, ..example() }.to_text(NOW);
        let expected =
            "For some     group sales: their mail is kept here, and they use the webmail (0 people, event 2026-03-03T09-15-02, until";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("group sales: their mail is being handed over") && text.contains("group sales: a drill"), "{text}");
    }

    #[test]
    fn an_event_opened_by_hand_does_not_say_that_the_server_is_down() {
        let mut status = Status { by_operator: true, ..example() };
        assert!(situation(&status)[0].starts_with("The mail server is down."));
        status.probes.iter_mut().for_each(|probe| probe.class = Class::Healthy);
        let lines = situation(&status);
        assert!(lines[0].starts_with("This event was opened by hand") && !lines.join(" ").contains("by itself"), "{lines:?}");
    }

    #[test]
    fn a_forced_end_does_not_say_that_the_server_is_back() {
        let with = |class: Class| {
            let mut status = Status { mode: Mode::Recovering, ..example() };
            status.probes.retain(|probe| probe.probe == Probe::Smtp);
            status.probes.iter_mut().for_each(|probe| probe.class = class);
            assert!(!status.probes.is_empty());
            situation(&status).join("\n") + "\n"
        };
        assert!(with(Class::Healthy).contains("is back"));
        assert!(with(Class::Down).contains("does not answer") && !with(Class::Down).contains("is back"));
    }

    #[test]
    fn every_mode_and_class_has_words_of_its_own() {
        let modes = [Mode::Normal, Mode::Suspect, Mode::Continuity, Mode::Recovering];
        let texts: std::collections::BTreeSet<String> =
            modes.iter().map(|mode| situation(&Status { mode: *mode, ..example() }).join("\n")).collect();
        assert_eq!(texts.len(), modes.len());
        let classes = [
            Class::Healthy,
            Class::Slow,
            Class::Down,
            Class::Hanging,
            Class::Refusing,
            Class::Draining,
            Class::UnhealthyPage,
            Class::Undelivered,
            Class::Isolated,
            Class::Misconfigured,
            Class::Certificate,
            Class::Login,
        ];
        let words: std::collections::BTreeSet<&str> = classes.into_iter().map(class_words).collect();
        assert_eq!(words.len(), classes.len());
    }

    #[test]
    fn a_hostile_server_does_not_draw_over_the_terminal() {
        let probe = ProbeStatus { detail: "554 \x1b[2J\r\nNORMAL".into(), ..example().probes[0].clone() };
        let text = Status { probes: vec![probe], ..example() }.to_text(NOW);
        assert!(text.contains("(554  [2J  NORMAL)"), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn a_clock_that_was_set_back_gives_no_nonsense() {
        assert!(example().to_text(Wall(0)).starts_with("CONTINUITY since 2026-03-03T09:15:02Z\n"));
        let odd = Status { since: "yesterday".into(), ..example() };
        assert!(odd.to_text(NOW).starts_with("CONTINUITY since yesterday\n"));
    }

    fn check_time(seconds: u64, expected: &str) {
        assert_eq!(in_words(Duration::from_secs(seconds)), expected, "{seconds}");
    }

    #[test]
    fn times_in_words() {
        check_time(0, "0 seconds");
        check_time(1, "1 second");
        check_time(61, "1 minute 1 second");
        check_time(299, "4 minutes 59 seconds");
        check_time(301, "5 minutes");
        check_time(3_600, "1 hour");
        check_time(3_725, "1 hour 2 minutes");
        check_time(90_061, "1 day 1 hour");
        check_time(86_400 * 40, "40 days");
    }
}
