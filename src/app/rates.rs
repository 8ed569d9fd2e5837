//! How much a trusted host may send outward: a machine of the office that was taken over must not send the world's mail through this box.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::clock::Mono;
use crate::limits::TRUSTED_HOSTS_COUNTED_MAX;

/// The allowance comes back evenly over this time.
const WINDOW: Duration = Duration::from_secs(3600);

/// Recipients outside that each trusted host wrote to. Each has an allowance for an hour that comes back as time passes.
#[derive(Debug, Default)]
pub struct Rates {
    hosts: HashMap<IpAddr, Spent>,
}

#[derive(Clone, Copy, Debug)]
struct Spent {
    recipients: f64,
    at: Mono,
}

impl Spent {
    /// What is left of it after the time since.
    fn now(self, per_hour: u32, now: Mono) -> f64 {
        let back = now.since(self.at).as_secs_f64() / WINDOW.as_secs_f64() * f64::from(per_hour);
        (self.recipients - back).max(0.0)
    }
}

impl Rates {
    /// Takes one recipient of the allowance of `per_hour`; false if it is used up.
    pub fn take(&mut self, host: IpAddr, per_hour: u32, now: Mono) -> bool {
        if self.hosts.len() >= TRUSTED_HOSTS_COUNTED_MAX && !self.hosts.contains_key(&host) {
            self.hosts.retain(|_, spent| spent.now(per_hour, now) > 0.0);
            if self.hosts.len() >= TRUSTED_HOSTS_COUNTED_MAX {
                return false;
            }
        }
        let spent = self.hosts.get(&host).map_or(0.0, |spent| spent.now(per_hour, now));
        let fits = spent + 1.0 <= f64::from(per_hour);
        self.hosts.insert(host, Spent { recipients: if fits { spent + 1.0 } else { spent }, at: now });
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn taken(rates: &mut Rates, tries: usize, per_hour: u32, at_s: u64) -> usize {
        (0..tries).filter(|_| rates.take(HOST, per_hour, Mono(at_s * 1000))).count()
    }

    #[test]
    fn an_allowance_is_used_up_and_comes_back() {
        let mut rates = Rates::default();
        assert_eq!(taken(&mut rates, 100, 60, 0), 60);
        assert_eq!(taken(&mut rates, 100, 60, 59), 0);
        assert_eq!(taken(&mut rates, 100, 60, 601), 10, "one a minute");
        assert_eq!(taken(&mut rates, 100, 60, 100_000), 60, "and never more than an hour's");
        assert!(rates.take(IpAddr::V4(Ipv4Addr::LOCALHOST), 60, Mono(100_000_000)), "each has its own");
    }

    #[test]
    fn memory_is_bounded() {
        let mut rates = Rates::default();
        for n in 0..TRUSTED_HOSTS_COUNTED_MAX as u32 {
            assert!(rates.take(IpAddr::V4(Ipv4Addr::from(n)), 60, Mono(0)));
        }
        assert!(!rates.take(HOST, 60, Mono(0)));
        assert!(rates.take(HOST, 60, Mono(3_600_000)), "who sent nothing for an hour is forgotten");
        assert_eq!(rates.hosts.len(), 1);
    }
}
