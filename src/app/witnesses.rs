//! Looks whether our own network is there: at the machines that the admin named, else at the default gateway.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use super::monitor::until_next;
use super::outgoing::Outgoing;
use crate::config::{Config, HostPort};
use crate::continuity::{Class, Evidence, Input, Probe};
use crate::net::{probe, rt};

/// A router that serves names or has a page answers at one of these, or refuses; both show that it is there.
const GATEWAY_PORTS: [u16; 2] = [53, 80];

/// Whether there is anything to look at. A primary on this very machine needs no cable.
pub fn are_of_use(config: &Config) -> bool {
    let here = config.primary.smtp.ip().is_some_and(|address| address.is_loopback());
    !config.monitor.witnesses.is_empty() || !here
}

/// Looks, for ever.
pub async fn watch(core: Arc<Core>, outgoing: Arc<Outgoing>) {
    let (named, patience) = (core.config.monitor.witnesses.clone(), core.config.monitor.timeout);
    let mut gateway = Gateway::default();
    loop {
        let started = core.now().mono;
        let seen = if named.is_empty() {
            gateway.look(&core, &outgoing).await
        } else {
            Some(answering(&outgoing, &named, patience).await.map(ToString::to_string))
        };
        if let Some(alive) = seen {
            let (class, detail) = match alive {
                Some(witness) => (Class::Healthy, format!("{witness} answers")),
                None => (Class::Isolated, "no witness answers".to_owned()),
            };
            let evidence = Evidence::new(core.now().wall, Probe::Witnesses, class, &detail);
            core.feed_async(Input::Observed(evidence)).await;
        }
        until_next(&core, started, false).await;
    }
}

/// The first of them that answers, within `patience`. All are asked at the same time: one after the other, three dead witnesses would take
/// longer than three failed probes of the primary, and a box whose cable was pulled would take over before it knew that it is alone.
async fn answering<'a>(outgoing: &Outgoing, hosts: &'a [HostPort], patience: Duration) -> Option<&'a HostPort> {
    let look = |host: &HostPort| {
        let (host, resolver) = (host.clone(), outgoing.resolver().clone());
        rt::spawn(async move { probe::witness(&host, patience, &resolver).await })
    };
    let looks: Vec<_> = hosts.iter().map(look).collect();
    for (host, look) in hosts.iter().zip(looks) {
        if look.await {
            return Some(host);
        }
    }
    None
}

/// The default gateway. It counts from the first time that it answers: many answer to nobody.
#[derive(Default)]
struct Gateway {
    /// Kept when the route is gone: it goes with the interface.
    address: Option<Ipv4Addr>,
    was_alive: bool,
}

impl Gateway {
    /// None if it says nothing about our network; else its name, if it answers.
    async fn look(&mut self, core: &Core, outgoing: &Outgoing) -> Option<Option<String>> {
        let now = rt::unblock(probe::default_gateway).await;
        if now.is_some() && now != self.address {
            *self = Gateway { address: now, was_alive: false };
        }
        let address = IpAddr::V4(self.address?);
        let primary = outgoing.resolver().resolve(&core.config.primary.smtp).await.unwrap_or_default();
        // A primary that is the gateway, too, would take its own witness with it.
        if !self.was_alive && (primary.is_empty() || primary.iter().any(|server| server.ip() == address)) {
            return None;
        }
        let hosts = GATEWAY_PORTS.map(|port| HostPort { host: address.to_string(), port });
        let is_alive = answering(outgoing, &hosts, core.config.monitor.timeout / 2).await.is_some();
        self.was_alive |= is_alive;
        self.was_alive.then(|| is_alive.then(|| format!("the default gateway {address}")))
    }
}
