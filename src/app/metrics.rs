//! `/metrics`: the box in numbers, in Prometheus' text format (version 0.0.4).
//!
//! Names are stable: dashboards and alert rules are made of them (`assets/grafana.json`, `assets/alerts.yml`; a test reads both).

use serde_json::json;

use super::core::{Core, lock};
use super::status;
use crate::continuity::Mode;
use crate::limits::METRICS_QUEUE_PAGE;
use crate::mail::date;
use crate::relay::Queue;
use crate::store::Seq;

/// One metric: name, kind, help, and its values with their labels.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    values: Vec<(Vec<(&'static str, String)>, f64)>,
}

fn one(name: &'static str, kind: &'static str, help: &'static str, value: f64) -> Metric {
    Metric { name, kind, help, values: vec![(Vec::new(), value)] }
}

const MODES: [Mode; 4] = [Mode::Normal, Mode::Suspect, Mode::Continuity, Mode::Recovering];

pub fn metrics(core: &Core) -> String {
    collect(core).iter().map(text).collect()
}

fn collect(core: &Core) -> Vec<Metric> {
    let status = status::status(core);
    let now = core.now();
    let seconds = |rfc3339: &str| date::from_rfc3339(rfc3339).map_or(0.0, |at| at.0 as f64 / 1000.0);
    let mode = MODES.iter().position(|mode| *mode == status.mode).unwrap_or_default() as f64;
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let probe = |probe| vec![("probe", word(json!(probe)))];
    let each = |name, help, value: &dyn Fn(&crate::control::ProbeStatus) -> Option<f64>| Metric {
        name,
        kind: "gauge",
        help,
        values: status.probes.iter().filter_map(|seen| Some((probe(seen.probe), value(seen)?))).collect(),
    };
    let class = status.probes.iter().map(|seen| {
        let labels = vec![("probe", word(json!(seen.probe))), ("class", word(json!(seen.class)))];
        (labels, 1.0)
    });
    let mode_info = MODES.iter().map(|mode| (vec![("mode", word(json!(mode)))], f64::from(u8::from(*mode == status.mode))));
    let queue = [
        ("primary", status.queue.primary),
        ("outbound", status.queue.outbound),
        ("held", status.queue.held),
        ("in-session", status.queue.in_session),
    ];
    let oldest = [("primary", Queue::Primary), ("outbound", Queue::Outbound)].map(|(name, queue)| {
        let age = oldest_waiting_s(core, queue, now.wall);
        (vec![("queue", name.to_owned())], age)
    });
    let is_open = |mode| f64::from(u8::from(status.event.is_some() && mode));
    let machine = core.machine();
    let events = machine.saved().events as f64;
    drop(machine);
    vec![
        one("lifeboat_mode", "gauge", "Mode: 0 normal, 1 suspect, 2 continuity, 3 recovering", mode),
        Metric { name: "lifeboat_mode_info", kind: "gauge", help: "1 for the mode that is", values: mode_info.collect() },
        one("lifeboat_mode_since_seconds", "gauge", "When the mode began, in seconds since 1970", seconds(&status.since)),
        one("lifeboat_automatic", "gauge", "1 if the box takes over by itself", f64::from(u8::from(status.automatic))),
        one("lifeboat_event_open", "gauge", "1 while a continuity event of everybody is open", is_open(true)),
        one("lifeboat_events_total", "counter", "Continuity events of this box so far", events),
        one("lifeboat_scopes", "gauge", "Open events and drills of some people", status.scopes.len() as f64),
        Metric { name: "lifeboat_probe_class", kind: "gauge", help: "1 for how each probe looked last", values: class.collect() },
        each("lifeboat_probe_failed", "1 if the last look of this probe counts towards an outage", &|seen| {
            Some(f64::from(u8::from(seen.class.is_red())))
        }),
        each("lifeboat_probe_latency_seconds", "How long the last look of this probe took", &|seen| Some(seen.latency_ms? as f64 / 1000.0)),
        each("lifeboat_probe_in_a_row", "Looks of this colour in a row", &|seen| Some(f64::from(seen.in_a_row))),
        one("lifeboat_queue_primary", "gauge", "Recipients queued for the primary", status.queue.primary as f64),
        one("lifeboat_queue_outbound", "gauge", "Recipients queued for the outside", status.queue.outbound as f64),
        one("lifeboat_held", "gauge", "Recipients held for the admin", status.queue.held as f64),
        Metric {
            name: "lifeboat_queue_recipients",
            kind: "gauge",
            help: "Recipients that wait, by where they wait",
            values: queue.into_iter().map(|(name, count)| (vec![("queue", name.to_owned())], count as f64)).collect(),
        },
        Metric {
            name: "lifeboat_queue_oldest_seconds",
            kind: "gauge",
            help: "For how long the oldest recipient has been waiting; 0 if none does",
            values: oldest.into_iter().collect(),
        },
        one("lifeboat_alarms", "gauge", "Active alarms", status.alarms.len() as f64),
        Metric {
            name: "lifeboat_alarm",
            kind: "gauge",
            help: "1 for each active alarm",
            values: status.alarms.iter().map(|alarm| (vec![("name", alarm.name.clone())], 1.0)).collect(),
        },
        one("lifeboat_people", "gauge", "People of the directory", status.people as f64),
        one(
            "lifeboat_people_reachable",
            "gauge",
            "Of these, whom a notice reaches while mail is down, or who has a card",
            status.reachable as f64,
        ),
        one("lifeboat_sessions", "gauge", "People signed in to the webmail", status.sessions as f64),
        one("lifeboat_admin_sessions", "gauge", "Sessions of the admin's place", lock(&core.admin_sessions).count(now.mono) as f64),
        Metric {
            name: "lifeboat_readiness",
            kind: "gauge",
            help: "How ready box and office are, 0 to 100",
            values: status.readiness.map(|score| (Vec::new(), f64::from(score))).into_iter().collect(),
        },
        one("lifeboat_records", "counter", "Number of the newest record", status.store.newest as f64),
        one("lifeboat_store_used_bytes", "gauge", "Spool and index", status.store.used_octets as f64),
        one("lifeboat_store_free_bytes", "gauge", "Free on the file system", status.store.free_octets as f64),
        one("lifeboat_uptime_seconds", "counter", "Since the start", status.uptime_s as f64),
        Metric {
            name: "lifeboat_build_info",
            kind: "gauge",
            help: "1, with the version",
            values: vec![(vec![("version", status.version.clone())], 1.0)],
        },
    ]
}

/// Since when the oldest of a queue's first page was accepted; the queue is in order of acceptance.
fn oldest_waiting_s(core: &Core, queue: Queue, now: crate::clock::Wall) -> f64 {
    let view = core.store.view();
    let waiting = view.queue(queue, None, METRICS_QUEUE_PAGE).unwrap_or_default();
    let accepted = waiting.iter().filter_map(|entry| view.message(Seq(entry.message)).ok().flatten()).map(|row| row.at);
    accepted.min().map_or(0.0, |at| now.since(at).as_secs_f64())
}

fn text(metric: &Metric) -> String {
    if metric.values.is_empty() {
        return String::new();
    }
    let mut text = format!("# HELP {0} {1}\n# TYPE {0} {2}\n", metric.name, metric.help, metric.kind);
    for (labels, value) in &metric.values {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        text += &format!("{}{labels} {value}\n", metric.name);
    }
    text
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::app::testing::World;
    use crate::clock::Wall;
    use crate::continuity::{Class, Evidence, Input, Probe};

    const FILES: [(&str, &str); 2] =
        [("grafana.json", include_str!("../../assets/grafana.json")), ("alerts.yml", include_str!("../../assets/alerts.yml"))];

    fn names(text: &str) -> BTreeSet<String> {
        let word = |rest: &str| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
        text.match_indices("lifeboat_").map(|(at, _)| word(&text[at..])).collect()
    }

    #[test]
    fn dashboards_and_alerts_name_metrics_that_there_are() {
        let world = World::new();
        let known: BTreeSet<String> = collect(&world.core).iter().map(|metric| metric.name.to_owned()).collect();
        for (file, text) in FILES {
            let named = names(text);
            assert!(named.len() > 5, "{file}: {named:?}");
            assert!(named.is_subset(&known), "{file}: {:?}", named.difference(&known).collect::<Vec<_>>());
        }
        serde_json::from_str::<serde_json::Value>(FILES[0].1).expect("the dashboard is JSON");
    }

    #[test]
    fn each_value_has_one_line_with_its_labels() {
        let world = World::new();
        world.queued_since("ann", Wall(world.core.now().wall.0 - 60_000));
        let mut evidence = Evidence::new(world.core.now().wall, Probe::Smtp, Class::Slow, "");
        evidence.latency_ms = Some(1500);
        world.core.feed(Input::Observed(evidence));
        world.core.raise_alarm("disk-low", "text".to_owned());
        let text = metrics(&world.core);
        for line in [
            "lifeboat_mode 0",
            "lifeboat_mode_info{mode=\"normal\"} 1",
            "lifeboat_mode_info{mode=\"continuity\"} 0",
            "lifeboat_probe_class{probe=\"smtp\",class=\"slow\"} 1",
            "lifeboat_probe_failed{probe=\"smtp\"} 0",
            "lifeboat_probe_latency_seconds{probe=\"smtp\"} 1.5",
            "lifeboat_alarm{name=\"disk-low\"} 1",
            "lifeboat_queue_recipients{queue=\"primary\"} 1",
            "lifeboat_people 2",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
        let waits = text.lines().find_map(|line| line.strip_prefix("lifeboat_queue_oldest_seconds{queue=\"primary\"} ")).unwrap();
        assert!(waits.parse::<f64>().unwrap() >= 60.0, "{waits}");
        // Each name is declared once, before its values.
        let declared: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        assert_eq!(declared.iter().collect::<BTreeSet<_>>().len(), declared.len());
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
