//! How configured thresholds fare beside the defaults, in numbers and in words.

use serde::Serialize;

use super::agenda::Millis;
use super::measure::Measure;
use super::patterns::{Pattern, outages};
use super::thresholds::Thresholds;
use super::world::{Options, World};

/// Outages that one simulation holds: more of them are several simulations, so that memory stays flat.
const OUTAGES_AT_A_TIME: u32 = 50;

/// Mail is away for longer than people take as a hiccup, in seconds.
const SLOW_S: f64 = 60.0;

/// How one set of thresholds fared. Times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub thresholds: Thresholds,
    /// As many as were asked for; for `quiet`, troubles that are none.
    pub outages: u32,
    /// Those in which the box took over.
    pub entered: u64,
    pub detected_in_median_s: f64,
    pub detected_in_worst_s: f64,
    /// Outages and blips that were over before the box took over, and the longest of them.
    pub missed: u64,
    pub missed_longest_s: f64,
    pub entered_falsely: u64,
    pub left_after_median_s: f64,
    pub left_after_worst_s: f64,
    pub events_per_outage: f64,
    pub events_in_one_outage_max: u64,
    pub simulated_years: f64,
}

/// Both, and what to make of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub pattern: &'static str,
    pub seed: u64,
    pub configured: Row,
    pub defaults: Row,
    pub recommendation: String,
}

/// Runs the same outages with the configured thresholds and with the defaults. What the configuration has to look with (health pages,
/// canary, witnesses) is the same in both.
pub fn compare(configured: Thresholds, pattern: Pattern, count: u32, seed: u64) -> Comparison {
    let plain = Thresholds::default();
    let defaults = Thresholds {
        interval_ms: plain.interval_ms,
        timeout_ms: plain.timeout_ms,
        fall: plain.fall,
        rise: plain.rise,
        automatic: plain.automatic,
        ..configured
    };
    let own = row(configured, pattern, count, seed);
    let usual = if configured == defaults { own.clone() } else { row(defaults, pattern, count, seed) };
    let recommendation = recommend(&own, &usual);
    Comparison { pattern: pattern.name(), seed, configured: own, defaults: usual, recommendation }
}

fn row(thresholds: Thresholds, pattern: Pattern, count: u32, seed: u64) -> Row {
    let mut measure = Measure::default();
    let (mut left, mut part) = (count, 0);
    while left > 0 {
        let now = left.min(OUTAGES_AT_A_TIME);
        let scenario = outages(pattern, now, seed.wrapping_add(part));
        let options = Options { mail_every_ms: None, ..Options::new(seed.wrapping_add(part), thresholds) };
        measure.add(&World::new(options, scenario).run().measure);
        (left, part) = (left - now, part + 1);
    }
    let entered = measure.entered_after.len() as u64;
    Row {
        thresholds,
        outages: count,
        entered,
        detected_in_median_s: seconds(median(&measure.entered_after)),
        detected_in_worst_s: seconds(worst(&measure.entered_after)),
        missed: measure.missed.len() as u64,
        missed_longest_s: seconds(worst(&measure.missed)),
        entered_falsely: measure.false_events,
        left_after_median_s: seconds(median(&measure.left_after)),
        left_after_worst_s: seconds(worst(&measure.left_after)),
        events_per_outage: if entered == 0 { 0.0 } else { tenths((measure.events - measure.false_events) as f64 / entered as f64) },
        events_in_one_outage_max: measure.events_in_one_max,
        simulated_years: (measure.simulated_ms as f64 / (365.25 * 86_400_000.0) * 100.0).round() / 100.0,
    }
}

fn median(times: &[Millis]) -> Millis {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

fn worst(times: &[Millis]) -> Millis {
    times.iter().copied().max().unwrap_or(0)
}

fn seconds(time: Millis) -> f64 {
    tenths(time as f64 / 1000.0)
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// One line for the admin.
fn recommend(own: &Row, usual: &Row) -> String {
    let (a, b) = (&own.thresholds, &usual.thresholds);
    if !a.automatic {
        return "monitor.automatic is off: in none of these outages would the box have taken over by itself. Set it to true unless \
                somebody is always there."
            .to_owned();
    }
    if own.entered == 0 && usual.entered > 0 {
        return "With these thresholds the box took over in none of these outages, with the defaults it did: go back to the defaults."
            .to_owned();
    }
    let is_slower = own.detected_in_worst_s > usual.detected_in_worst_s + 1.0;
    let is_quicker = own.detected_in_worst_s + 1.0 < usual.detected_in_worst_s;
    if own.entered_falsely > usual.entered_falsely {
        let (own, usual) = (own.entered_falsely, usual.entered_falsely);
        return format!(
            "These thresholds take over without an outage {own} times, the defaults {usual}: raise monitor.fall or monitor.timeout."
        );
    }
    if own.detected_in_worst_s > SLOW_S.max(2.0 * usual.detected_in_worst_s) {
        let (own, usual) = (length(own.detected_in_worst_s), length(usual.detected_in_worst_s));
        return format!("These thresholds need up to {own} to see an outage, the defaults {usual}: go back to the defaults.");
    }
    if is_slower && own.entered_falsely == usual.entered_falsely {
        return "The defaults see an outage sooner and take over without one no more often: go back to them.".to_owned();
    }
    if is_slower {
        return "These thresholds take over without an outage less often than the defaults, and need longer to see one: a fair exchange if \
                your network loses packets."
            .to_owned();
    }
    if !a.pages && a.witnesses == 0 {
        return "Keep these thresholds, and add primary.health_urls and monitor.witnesses: without them the box sees only the SMTP side, and \
                cannot tell its own cable from the mail server."
            .to_owned();
    }
    if a.witnesses == 0 {
        return "Keep these thresholds, and add monitor.witnesses: without one the box cannot tell its own cable from the mail server."
            .to_owned();
    }
    if is_quicker {
        return "These thresholds see an outage sooner than the defaults, and take over without one no more often: keep them.".to_owned();
    }
    if a.rise > b.rise {
        return "Keep them. A lower monitor.rise would hand the mail back sooner.".to_owned();
    }
    "These thresholds do as well as the defaults: keep them.".to_owned()
}

impl Comparison {
    /// For people.
    pub fn text(&self) -> String {
        let years = self.configured.simulated_years;
        let mut text = format!(
            "{} {} (pattern {}, seed {}), {years} years of simulated time.\n\n",
            self.configured.outages,
            if self.pattern == Pattern::Quiet.name() { "small troubles" } else { "outages, each with a small trouble after it" },
            self.pattern,
            self.seed
        );
        text.push_str(&self.configured.text("With your thresholds"));
        if self.configured.thresholds != self.defaults.thresholds {
            text.push_str(&self.defaults.text("With the defaults"));
        }
        text.push_str(&self.recommendation);
        text
    }
}

impl Row {
    fn text(&self, title: &str) -> String {
        let thresholds = &self.thresholds;
        let with = format!(
            "{title} (a probe every {}, {} to answer, {} failures, {} successes):\n",
            length(thresholds.interval_ms as f64 / 1000.0),
            length(thresholds.timeout_ms as f64 / 1000.0),
            thresholds.fall,
            thresholds.rise
        );
        let mut lines = vec![
            format!("over before the box took over: {} outages and blips, the longest {}", self.missed, length(self.missed_longest_s)),
            format!("entered falsely {} times", self.entered_falsely),
        ];
        if self.entered > 0 {
            let (median, worst) = (length(self.detected_in_median_s), length(self.detected_in_worst_s));
            lines.insert(0, format!("detected in {median} (half of them), {worst} at worst"));
            let (median, worst) = (length(self.left_after_median_s), length(self.left_after_worst_s));
            lines.push(format!("left {median} after the end (half of them), {worst} at worst"));
            lines.push(format!("{:.1} events for an outage, {} at most", self.events_per_outage, self.events_in_one_outage_max));
        }
        let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("{with}{lines}\n")
    }
}

/// `19 s`, `2.5 s`, `12 min`, `3 h`.
fn length(seconds: f64) -> String {
    match seconds {
        ..100.0 if seconds.fract() == 0.0 => format!("{seconds:.0} s"),
        ..100.0 => format!("{seconds:.1} s"),
        100.0..6_000.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.0} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_need_no_advice() {
        let comparison = compare(Thresholds::default(), Pattern::Long, 20, 1);
        assert_eq!(comparison.configured, comparison.defaults);
        assert_eq!(comparison.configured.entered, 20);
        assert!(comparison.configured.detected_in_worst_s <= 20.0, "{comparison:?}");
        assert_eq!(comparison.recommendation, "These thresholds do as well as the defaults: keep them.");
        assert_eq!(comparison, compare(Thresholds::default(), Pattern::Long, 20, 1), "the same seed gives the same");
    }

    #[test]
    fn thresholds_that_sleep_are_told_so() {
        let sleepy = Thresholds { fall: 30, ..Thresholds::default() };
        let comparison = compare(sleepy, Pattern::Short, 20, 1);
        assert!(comparison.configured.missed > comparison.defaults.missed, "{comparison:?}");
        assert!(comparison.recommendation.contains("go back to the defaults"), "{}", comparison.recommendation);
    }

    #[test]
    fn nervous_thresholds_are_told_so() {
        let nervous = Thresholds { fall: 1, ..Thresholds::default() };
        let comparison = compare(nervous, Pattern::Quiet, 60, 1);
        assert!(comparison.recommendation.contains("raise monitor.fall"), "{comparison:?}");
    }

    #[test]
    fn lengths_are_short_words() {
        let shown: Vec<String> = [0.0, 15.0, 2.5, 720.0, 9_000.0].map(length).into();
        assert_eq!(shown.join(", "), "0 s, 15 s, 2.5 s, 12 min, 2 h");
    }
}
