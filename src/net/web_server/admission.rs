//! Who is let in: caps on connections and uploads, and on the octets of responses held at a time.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is under way: connections, or uploads.
pub(super) struct Crowd {
    max: usize,
    per_client_max: usize,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    total: usize,
    per_client: HashMap<IpAddr, usize>,
}

/// One of them; dropping it makes room.
pub(super) struct Admitted {
    crowd: Arc<Crowd>,
    client: IpAddr,
}

impl Crowd {
    pub fn new(max: usize, per_client_max: usize) -> Arc<Crowd> {
        Arc::new(Crowd { max, per_client_max, counts: Mutex::default() })
    }

    /// None past a cap.
    pub fn admit(self: &Arc<Self>, client: IpAddr) -> Option<Admitted> {
        let client = network_of(client);
        let mut counts = self.lock();
        let of_client = counts.per_client.get(&client).copied().unwrap_or(0);
        // The box looks at itself from loopback: many browsers must not look like a dead box to its watchdog.
        let is_full = counts.total >= self.max && !client.is_loopback();
        if is_full || of_client >= self.per_client_max {
            return None;
        }
        counts.total += 1;
        counts.per_client.insert(client, of_client + 1);
        Some(Admitted { crowd: self.clone(), client })
    }

    pub fn total(&self) -> usize {
        self.lock().total
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counts = self.crowd.lock();
        counts.total -= 1;
        if let Some(count) = counts.per_client.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.per_client.remove(&self.client);
            }
        }
    }
}

/// One host may own a whole /64 of IPv6 addresses: they count as one client.
fn network_of(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V6(address) if !address.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        other => other,
    }
}

/// Octets of responses held at a time.
#[derive(Clone)]
pub(super) struct Budget {
    held: Arc<AtomicUsize>,
    /// Bodies up to this size cost nothing: the cap on connections bounds them.
    small: usize,
    max: usize,
}

/// The share of one body; dropping it gives it back.
pub(super) struct Share {
    held: Arc<AtomicUsize>,
    octets: usize,
}

impl Budget {
    pub fn new(small: usize, max: usize) -> Budget {
        Budget { held: Arc::default(), small, max }
    }

    /// None past the bound.
    pub fn share(&self, octets: usize) -> Option<Share> {
        let octets = if octets <= self.small { 0 } else { octets };
        let share = Share { held: self.held.clone(), octets };
        // The share counts from here on; dropping it gives it back.
        (self.held.fetch_add(octets, Ordering::SeqCst) + octets <= self.max).then_some(share)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.fetch_sub(self.octets, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{WEB_CONNECTIONS_MAX, WEB_CONNECTIONS_PER_CLIENT_MAX};

    #[test]
    fn one_client_cannot_take_all() {
        let connections = Crowd::new(WEB_CONNECTIONS_MAX, WEB_CONNECTIONS_PER_CLIENT_MAX);
        let client = IpAddr::from([192, 0, 2, 1]);
        let admitted: Vec<_> = (0..WEB_CONNECTIONS_PER_CLIENT_MAX).map(|_| connections.admit(client).unwrap()).collect();
        assert!(connections.admit(client).is_none());
        assert!(connections.admit(IpAddr::from([192, 0, 2, 2])).is_some());
        drop(admitted);
        assert!(connections.admit(client).is_some());
        assert_eq!(connections.total(), 0);
        assert!(connections.lock().per_client.is_empty());
    }

    #[test]
    fn all_clients_together_are_capped() {
        let connections = Crowd::new(WEB_CONNECTIONS_MAX, WEB_CONNECTIONS_PER_CLIENT_MAX);
        let admitted: Vec<_> = (0..WEB_CONNECTIONS_MAX as u32).map(|n| connections.admit(IpAddr::from(n.to_be_bytes())).unwrap()).collect();
        assert!(connections.admit(IpAddr::from([192, 0, 2, 1])).is_none());
        assert_eq!(connections.total(), admitted.len());
        assert!(connections.admit(IpAddr::from([127, 0, 0, 1])).is_some(), "the box itself");
    }

    #[test]
    fn neighbours_in_ipv6_are_one_client() {
        let parse = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(network_of(parse("2001:db8::1")), network_of(parse("2001:db8::ffff:1")));
        assert_ne!(network_of(parse("2001:db8::1")), network_of(parse("2001:db8:0:1::1")));
    }

    #[test]
    fn held_bodies_are_bounded() {
        let budget = Budget::new(10, 100);
        let shares = [budget.share(50).unwrap(), budget.share(50).unwrap()];
        assert!(budget.share(11).is_none());
        assert!(budget.share(10).is_some());
        drop(shares);
        assert!(budget.share(101).is_none());
        assert!(budget.share(100).is_some());
        assert_eq!(budget.held.load(Ordering::SeqCst), 0);
    }
}
