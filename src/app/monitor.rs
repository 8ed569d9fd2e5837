//! Looks at the primary, start to start of an interval, and gives what it saw to the continuity machine.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::core::Core;
use super::outgoing::Outgoing;
use crate::clock::Mono;
use crate::config::{Config, HealthPass};
use crate::continuity::{Class, Evidence, Input, Pass};
use crate::limits;
use crate::net::probe;
use crate::net::rt;
use crate::net::smtp_client::Target;

impl Core {
    pub(super) async fn feed_async(self: &Arc<Self>, input: Input) {
        let core = self.clone();
        rt::unblock(move || core.feed(input)).await;
    }

    /// What a real relay to the primary met. Healthy relays are the rule and are passed on only while the primary is in doubt, and
    /// after one that was not: an alarm about a setting goes with the first that works again.
    pub async fn observe_relay(self: &Arc<Self>, evidence: Evidence) {
        let is_healthy = evidence.class == Class::Healthy;
        let was_odd = self.relay_was_odd.swap(!is_healthy, Ordering::Relaxed);
        let in_doubt = self.mode().mode != crate::continuity::Mode::Normal;
        if in_doubt || was_odd || !is_healthy {
            self.feed_async(Input::Observed(evidence)).await;
        }
    }
}

/// Probes by SMTP, for ever.
pub async fn watch_smtp(core: Arc<Core>, outgoing: Arc<Outgoing>) {
    let mut target = outgoing.probe_target().clone();
    // Exchange tarpits MAIL under back pressure: that is slow, not down.
    target.options.timeouts.reply = limits::PROBE_SLOW_MAX;
    loop {
        let started = core.now().mono;
        let canary = core.config.primary.canary.as_ref();
        // A connection's future is large, and here are two: a task that holds them inside is more than a thread's stack takes.
        let whole = Box::pin(probe::smtp(&target, canary, outgoing.resolver(), core.clock.clone()));
        let evidence = rt::race(whole, watch_greeting(&core, &target, &outgoing)).await;
        log_probe(&evidence);
        core.feed_async(Input::Observed(evidence)).await;
        until_next(&core, started, true).await;
    }
}

/// While a probe waits for the answer to MAIL or RCPT, which may take long without meaning anything: whether the primary still greets. One
/// that died meanwhile says nothing more to the probe that waits. Ends with whoever races it.
async fn watch_greeting(core: &Arc<Core>, target: &Target, outgoing: &Outgoing) -> Evidence {
    let mut started = core.now().mono;
    loop {
        until_next(core, started, false).await;
        started = core.now().mono;
        let evidence = Box::pin(probe::greeting(target, outgoing.resolver(), core.clock.clone())).await;
        // A good greeting is less than the answer that is waited for.
        if evidence.class.is_red() {
            log_probe(&evidence);
            core.feed_async(Input::Observed(evidence)).await;
        }
    }
}

/// Probes the health pages, for ever.
pub async fn watch_pages(core: Arc<Core>, outgoing: Arc<Outgoing>) {
    let config = &core.config;
    let pass = pass(config);
    loop {
        let started = core.now().mono;
        let (evidence, odd) =
            probe::health_pages(&config.primary.health_urls, &pass, config.monitor.timeout, outgoing.resolver(), core.clock.clone()).await;
        log_probe(&evidence);
        core.feed_async(Input::Observed(evidence)).await;
        if odd.is_empty() {
            core.clear_alarm("health-page");
        } else {
            core.raise_alarm("health-page", format!("Some health pages need a look: {}.", odd.join("; ")));
        }
        until_next(&core, started, false).await;
    }
}

/// Which pages must pass, by their place in the list.
pub(super) fn pass(config: &Config) -> Pass {
    match &config.primary.health_pass {
        HealthPass::Any => Pass::Any,
        HealthPass::All => Pass::All,
        HealthPass::These(these) => {
            let urls = config.primary.health_urls.iter().enumerate();
            Pass::These(urls.filter(|(_, url)| these.contains(url)).map(|(at, _)| at).collect())
        }
    }
}

/// Lets the machine see time pass (hold-down, planned ends), and maintenance windows begin.
pub async fn tick(core: Arc<Core>) {
    loop {
        rt::sleep(Duration::from_secs(1)).await;
        let there = core.clone();
        rt::unblock(move || there.look_at_windows()).await;
        core.feed_async(Input::Tick).await;
    }
}

/// Waits until an interval after `started`, or until somebody asks for a probe at once.
pub(super) async fn until_next(core: &Core, started: Mono, may_be_asked: bool) {
    let rest = core.config.monitor.interval.saturating_sub(core.now().mono.since(started));
    if may_be_asked { rt::race(rt::sleep(rest), core.probe_asked()).await } else { rt::sleep(rest).await }
}

fn log_probe(evidence: &Evidence) {
    log::debug!("probe={:?} class={:?} latency_ms={:?} {}", evidence.probe, evidence.class, evidence.latency_ms, evidence.detail);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::continuity::{Alarm, Probe};

    #[test]
    fn an_alarm_about_a_setting_goes_with_the_first_relay_that_works() {
        let world = World::new();
        let relay = |class| {
            let evidence = Evidence::new(world.core.now().wall, Probe::Relay, class, "");
            rt::block_on(world.core.observe_relay(evidence));
            world.core.machine().alarms()
        };
        assert_eq!(relay(Class::Misconfigured), [Alarm::Misconfigured]);
        assert_eq!(relay(Class::Healthy), []);
        assert_eq!(relay(Class::Misconfigured), [Alarm::Misconfigured]);
    }
}
