//! The configured numbers that decide, and what they promise.

use std::time::Duration;

use serde::Serialize;

use super::agenda::Millis;
use crate::config::Config;
use crate::continuity::Policy;
use crate::limits::{FLAP_WINDOW, HOLD_DOWN_FIRST, HOLD_DOWN_MAX};

/// What of the configuration the decision depends on; times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Thresholds {
    pub interval_ms: Millis,
    pub timeout_ms: Millis,
    pub fall: u32,
    pub rise: u32,
    /// Health pages are configured.
    pub pages: bool,
    /// A canary is configured: the probe goes as far as RCPT.
    pub canary: bool,
    /// How many; one that answers is enough.
    pub witnesses: u32,
    pub automatic: bool,
}

impl Default for Thresholds {
    /// Those of a configuration that names none, with health pages, a canary and one witness, as an office is advised to have.
    fn default() -> Thresholds {
        Thresholds { interval_ms: 5_000, timeout_ms: 4_000, fall: 3, rise: 6, pages: true, canary: true, witnesses: 1, automatic: true }
    }
}

impl Thresholds {
    /// Those of a configuration.
    pub fn of(config: &Config) -> Thresholds {
        let monitor = &config.monitor;
        Thresholds {
            interval_ms: millis(monitor.interval).max(1),
            timeout_ms: millis(monitor.timeout),
            fall: monitor.fall,
            rise: monitor.rise,
            pages: !config.primary.health_urls.is_empty(),
            canary: config.primary.canary.is_some(),
            witnesses: u32::try_from(monitor.witnesses.len()).unwrap_or(u32::MAX),
            automatic: monitor.automatic,
        }
    }

    /// As `app` makes it from the configuration.
    pub fn policy(&self) -> Policy {
        Policy {
            fall: self.fall,
            rise: self.rise,
            health_pages: self.pages,
            hold_down_first: HOLD_DOWN_FIRST,
            hold_down_max: HOLD_DOWN_MAX,
            flap_window: FLAP_WINDOW,
        }
    }

    /// From start to start of probes that take `took` each.
    fn step(&self, took: Millis) -> Millis {
        self.interval_ms.max(took)
    }

    /// The longest time from the beginning of an outage until the box takes over, if each probe of it takes `took`: the outage begins
    /// just after a probe, and `fall` probes have to end. With the defaults 15 s for a primary that refuses, 19 s for one that is silent.
    pub fn entered_within(&self, took: Millis) -> Millis {
        let more = Millis::from(self.fall.max(1) - 1);
        self.interval_ms + more * self.step(took) + took
    }

    /// The longest time from the primary's return until the machine has seen enough of it, hold-down aside.
    pub fn risen_within(&self, took: Millis) -> Millis {
        Millis::from(self.rise.max(1)) * self.step(took) + took
    }
}

pub(super) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_promise_less_than_20_seconds() {
        let defaults = Thresholds::default();
        assert_eq!(defaults.entered_within(0), 15_000);
        assert_eq!(defaults.entered_within(defaults.timeout_ms), 19_000);
        assert_eq!(defaults.entered_within(60_000), 185_000, "a primary that hangs at MAIL may be slow, so that it is waited for");
    }

    #[test]
    fn the_defaults_are_those_of_the_configuration() {
        let text = "[server]\nhostname = \"lifeboat.example.com\"\n[smtp]\ndomains = [\"example.com\"]\n\
                    [primary]\nsmtp = \"192.0.2.10:25\"\n[outbound]\nsmarthost = \"smtp.provider.example:587\"\n";
        let config = crate::config::parse(text, None).config.expect("a valid configuration");
        let expected = Thresholds { pages: false, canary: false, witnesses: 0, ..Thresholds::default() };
        assert_eq!(Thresholds::of(&config), expected);
    }
}
