//! Allowances by the hour: how much of something each host may do.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::clock::Mono;
use crate::net::smtp_server::network;

/// The allowance comes back evenly over this time.
const WINDOW: Duration = Duration::from_secs(3600);

/// What happens to a host that is new when there is no room for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It gets nothing: what is counted must never go uncounted.
    Refuse,
    /// The half that did least is forgotten: strangers come in any number, and must not lock each other out.
    Forget,
}

/// What each host did. Each has an allowance for an hour that comes back as time passes.
#[derive(Debug)]
pub struct Rates {
    hosts: HashMap<IpAddr, Spent>,
    hosts_max: usize,
    when_full: WhenFull,
}

#[derive(Clone, Copy, Debug)]
struct Spent {
    amount: f64,
    at: Mono,
}

impl Spent {
    /// What is left of it after the time since.
    fn now(self, per_hour: u32, now: Mono) -> f64 {
        let back = now.since(self.at).as_secs_f64() / WINDOW.as_secs_f64() * f64::from(per_hour);
        (self.amount - back).max(0.0)
    }
}

impl Rates {
    pub fn new(hosts_max: usize, when_full: WhenFull) -> Rates {
        Rates { hosts: HashMap::new(), hosts_max, when_full }
    }

    /// Takes one of the allowance of `per_hour`; false if it is used up.
    pub fn take(&mut self, host: IpAddr, per_hour: u32, now: Mono) -> bool {
        let host = network(host);
        if !self.hosts.contains_key(&host) && !self.make_room(per_hour, now) {
            return false;
        }
        let spent = self.spent(host, per_hour, now);
        let fits = spent + 1.0 <= f64::from(per_hour);
        self.hosts.insert(host, Spent { amount: if fits { spent + 1.0 } else { spent }, at: now });
        fits
    }

    /// How much of its allowance a host has used.
    pub fn spent(&self, host: IpAddr, per_hour: u32, now: Mono) -> f64 {
        self.hosts.get(&network(host)).map_or(0.0, |spent| spent.now(per_hour, now))
    }

    /// Whether another host fits.
    fn make_room(&mut self, per_hour: u32, now: Mono) -> bool {
        if self.hosts.len() < self.hosts_max {
            return true;
        }
        self.hosts.retain(|_, spent| spent.now(per_hour, now) > 0.0);
        if self.hosts.len() >= self.hosts_max && self.when_full == WhenFull::Forget {
            let mut amounts: Vec<f64> = self.hosts.values().map(|spent| spent.now(per_hour, now)).collect();
            amounts.sort_unstable_by(f64::total_cmp);
            let half = amounts[amounts.len() / 2];
            self.hosts.retain(|_, spent| spent.now(per_hour, now) > half);
        }
        self.hosts.len() < self.hosts_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const HOSTS_MAX: usize = 100;

    fn rates(when_full: WhenFull) -> Rates {
        Rates::new(HOSTS_MAX, when_full)
    }

    fn taken(rates: &mut Rates, tries: usize, per_hour: u32, at_s: u64) -> usize {
        (0..tries).filter(|_| rates.take(HOST, per_hour, Mono(at_s * 1000))).count()
    }

    #[test]
    fn an_allowance_is_used_up_and_comes_back() {
        let mut rates = rates(WhenFull::Refuse);
        assert_eq!(taken(&mut rates, 100, 60, 0), 60);
        assert_eq!(taken(&mut rates, 100, 60, 59), 0);
        assert_eq!(taken(&mut rates, 100, 60, 601), 10, "one a minute");
        assert_eq!(taken(&mut rates, 100, 60, 100_000), 60, "and never more than an hour's");
        assert!(rates.take(IpAddr::V4(Ipv4Addr::LOCALHOST), 60, Mono(100_000_000)), "each has its own");
    }

    #[test]
    fn memory_is_bounded() {
        let mut rates = rates(WhenFull::Refuse);
        for n in 0..HOSTS_MAX as u32 {
            assert!(rates.take(IpAddr::V4(Ipv4Addr::from(n)), 60, Mono(0)));
        }
        assert!(!rates.take(HOST, 60, Mono(0)));
        assert!(rates.take(HOST, 60, Mono(3_600_000)), "who did nothing for an hour is forgotten");
        assert_eq!(rates.hosts.len(), 1);
    }

    #[test]
    fn a_crowd_of_strangers_locks_nobody_out() {
        let mut rates = rates(WhenFull::Forget);
        assert_eq!(taken(&mut rates, 100, 60, 0), 60);
        for n in 0..10 * HOSTS_MAX as u32 {
            assert!(rates.take(IpAddr::V4(Ipv4Addr::from(n)), 60, Mono(0)));
            assert!(rates.hosts.len() <= HOSTS_MAX);
        }
        assert!(!rates.take(HOST, 60, Mono(0)), "and who did much is remembered");
    }

    #[test]
    fn a_network_of_ipv6_is_one_host() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
    }
}
