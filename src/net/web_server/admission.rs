//! Who is let in: caps on connections and uploads, and on the octets of responses held at a time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::net::rt;
use crate::net::rt::channel::{Receiver, Sender};

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
    /// Numbers the admitted.
    next: u64,
    /// Those that do nothing and may go, the longest idle first. Taking the sender away tells them.
    idle: VecDeque<(u64, IpAddr, Sender<()>)>,
    /// Whose place was given to somebody else while they are still there.
    gone: HashSet<u64>,
}

impl Counts {
    fn add(&mut self, client: IpAddr) {
        self.total += 1;
        *self.per_client.entry(client).or_default() += 1;
    }

    fn take(&mut self, client: IpAddr) {
        self.total -= 1;
        if let Some(count) = self.per_client.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                self.per_client.remove(&client);
            }
        }
    }

    /// Sends the longest idle away, of that client if there is one. Whether there was any.
    fn evict(&mut self, of: Option<IpAddr>) -> bool {
        let longest = self.idle.iter().position(|(_, client, _)| of.is_none_or(|of| of == *client));
        let Some((number, client, _told)) = longest.and_then(|at| self.idle.remove(at)) else { return false };
        self.gone.insert(number);
        self.take(client);
        true
    }
}

/// One of them; dropping it makes room.
pub(super) struct Admitted {
    crowd: Arc<Crowd>,
    client: IpAddr,
    number: u64,
}

/// That it may be sent away as long as this lives.
pub(super) struct Idle<'a> {
    admitted: &'a Admitted,
    told: Receiver<()>,
}

impl Idle<'_> {
    /// Returns when it has to go.
    pub async fn sent_away(&self) {
        while self.told.recv().await.is_ok() {}
    }

    /// Whether its place was given to somebody else.
    pub fn is_sent_away(&self) -> bool {
        self.told.is_closed()
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.admitted.crowd.lock().idle.retain(|(number, _, _)| *number != self.admitted.number);
    }
}

impl Admitted {
    /// It does nothing now: somebody else may have its place.
    pub fn idle(&self) -> Idle<'_> {
        let (tell, told) = rt::channel::bounded(1);
        self.crowd.lock().idle.push_back((self.number, self.client, tell));
        Idle { admitted: self, told }
    }
}

impl Crowd {
    pub fn new(max: usize, per_client_max: usize) -> Arc<Crowd> {
        Arc::new(Crowd { max, per_client_max, counts: Mutex::default() })
    }

    /// None past a cap, if none of the others is idle.
    pub fn admit(self: &Arc<Self>, client: IpAddr) -> Option<Admitted> {
        let client = network_of(client);
        let mut counts = self.lock();
        if counts.per_client.get(&client).copied().unwrap_or(0) >= self.per_client_max && !counts.evict(Some(client)) {
            return None;
        }
        // The box looks at itself from loopback: many browsers must not look like a dead box to its watchdog.
        let is_full = counts.total >= self.max && !client.is_loopback();
        if is_full && !counts.evict(Some(client)) && !counts.evict(None) {
            return None;
        }
        counts.add(client);
        counts.next += 1;
        Some(Admitted { crowd: self.clone(), client, number: counts.next })
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
        if !counts.gone.remove(&self.number) {
            counts.take(self.client);
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
    fn the_longest_idle_makes_room() {
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        let connections = Crowd::new(4, 3);
        let admitted: Vec<_> = (0..3).map(|_| connections.admit(one).unwrap()).collect();
        let idle = [admitted[1].idle(), admitted[0].idle()];
        drop(connections.admit(one).expect("the first that became idle goes"));
        assert_eq!(idle.each_ref().map(Idle::is_sent_away), [true, false]);
        let last = [connections.admit(one).unwrap(), connections.admit(other).unwrap()];
        assert_eq!((connections.total(), connections.lock().gone.len()), (4, 1));
        drop(connections.admit(other).expect("full: whoever is idle goes"));
        assert_eq!(idle.each_ref().map(Idle::is_sent_away), [true, true]);
        drop(idle);
        // One that is at work again stays.
        drop(admitted[2].idle());
        let more = connections.admit(other).unwrap();
        assert!(connections.admit(other).is_none());
        drop((admitted, last, more));
        let counts = connections.lock();
        assert_eq!((counts.total, counts.per_client.len(), counts.gone.len(), counts.idle.len()), (0, 0, 0, 0));
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
