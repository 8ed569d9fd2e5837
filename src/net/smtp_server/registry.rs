//! The sessions that are open: how many, from where, and how to end them all.

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, Ipv6Addr, Shutdown};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smol::net::TcpStream;

use crate::limits::{
    SMTP_CONNECTIONS_MAX, SMTP_CONNECTIONS_PER_CLIENT_CROWDED_MAX, SMTP_CONNECTIONS_PER_CLIENT_MAX, SMTP_CONNECTIONS_RESERVED,
    SMTP_CROWDED_CONNECTIONS,
};
use crate::net::rt;

#[derive(Default)]
pub struct Registry {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Nothing new comes in.
    cut: bool,
    last_number: u64,
    total: usize,
    per_client: HashMap<IpAddr, usize>,
    running: HashMap<u64, Running>,
}

struct Running {
    task: rt::Task<()>,
    /// The same socket as the task's, to shut it without waiting for the task.
    socket: TcpStream,
}

/// Who counts as one: an IPv4 address, or an IPv6 network of one customer (RFC 6177: a /64 at least).
pub fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
    }
}

/// A session's place among the connections; dropping it gives the place back.
pub struct Place {
    registry: Arc<Registry>,
    client: IpAddr,
    number: u64,
}

impl Registry {
    /// None past a cap. `exempt` clients count only for the cap of all together, of which some places are theirs alone: a crowd of
    /// strangers does not shut the primary out.
    pub fn enter(self: &Arc<Registry>, client: IpAddr, exempt: bool) -> Option<Place> {
        let client = network(client);
        let mut state = self.lock();
        let of_client = state.per_client.get(&client).copied().unwrap_or(0);
        let for_all = if exempt { SMTP_CONNECTIONS_MAX } else { SMTP_CONNECTIONS_MAX - SMTP_CONNECTIONS_RESERVED };
        let of_client_max = match state.total >= SMTP_CROWDED_CONNECTIONS {
            true => SMTP_CONNECTIONS_PER_CLIENT_CROWDED_MAX,
            false => SMTP_CONNECTIONS_PER_CLIENT_MAX,
        };
        if state.cut || state.total >= for_all || (!exempt && of_client >= of_client_max) {
            return None;
        }
        state.total += 1;
        state.per_client.insert(client, of_client + 1);
        state.last_number += 1;
        Some(Place { registry: self.clone(), client, number: state.last_number })
    }

    /// Whether there are so many that idle ones should go.
    pub fn is_crowded(&self) -> bool {
        self.lock().total >= SMTP_CROWDED_CONNECTIONS
    }

    /// Starts a session, which holds its [`Place`].
    pub fn spawn(&self, number: u64, socket: TcpStream, session: impl Future<Output = ()> + Send + 'static) {
        // Under the lock, so that a session that ends at once finds its own entry to remove.
        let mut state = self.lock();
        if !state.cut {
            state.running.insert(number, Running { task: rt::spawn(session), socket });
        }
    }

    /// Ends all sessions at once, and lets none in any more.
    pub fn cut_all(&self) {
        let running = {
            let mut state = self.lock();
            state.cut = true;
            std::mem::take(&mut state.running)
        };
        for session in running.into_values() {
            let _ = session.socket.shutdown(Shutdown::Both);
            drop(session.task);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The connection turned out to be another client's; false past that one's cap.
    pub fn belongs_to(&mut self, client: IpAddr, exempt: bool) -> bool {
        let client = network(client);
        let mut state = self.registry.lock();
        let of_client = state.per_client.get(&client).copied().unwrap_or(0);
        if client != self.client && !exempt && of_client >= SMTP_CONNECTIONS_PER_CLIENT_MAX {
            return false;
        }
        state.leave(self.client);
        *state.per_client.entry(client).or_default() += 1;
        self.client = client;
        true
    }
}

impl State {
    fn leave(&mut self, client: IpAddr) {
        if let Some(count) = self.per_client.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                self.per_client.remove(&client);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        state.total -= 1;
        state.leave(self.client);
        if let Some(ended) = state.running.remove(&self.number) {
            // This runs inside the task itself; dropping its handle would cancel it.
            ended.task.detach();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn fill(registry: &Arc<Registry>, client: IpAddr, exempt: bool) -> Vec<Place> {
        std::iter::from_fn(|| registry.enter(client, exempt)).collect()
    }

    #[test]
    fn caps_hold_and_places_come_back() {
        let registry = Arc::new(Registry::default());
        let mut places = fill(&registry, ONE, false);
        assert_eq!(places.len(), SMTP_CONNECTIONS_PER_CLIENT_MAX);
        let others = fill(&registry, OTHER, true);
        assert_eq!(places.len() + others.len(), SMTP_CONNECTIONS_MAX);
        places.pop();
        assert!(registry.enter(OTHER, false).is_none(), "over its own cap by exemption");
        assert!(registry.enter(ONE, false).is_none(), "the last places are for exempt clients");
        assert!(registry.enter(OTHER, true).is_some());
        drop((places, others));
        assert!(registry.enter(ONE, false).is_some());
        assert!(registry.lock().per_client.is_empty());
        assert_eq!(registry.lock().total, 0);
    }

    #[test]
    fn a_crowd_of_strangers_leaves_room_for_the_exempt() {
        let registry = Arc::new(Registry::default());
        let stranger = |last| fill(&registry, IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, last)), false);
        let crowd: Vec<Vec<Place>> = (0..=255).map(stranger).collect();
        let of_each: Vec<usize> = crowd.iter().map(Vec::len).filter(|places| *places > 0).collect();
        assert_eq!(of_each[0], SMTP_CONNECTIONS_PER_CLIENT_MAX);
        assert_eq!(of_each[of_each.len() - 2], SMTP_CONNECTIONS_PER_CLIENT_CROWDED_MAX, "those who come late share what is left");
        assert_eq!(of_each.iter().sum::<usize>(), SMTP_CONNECTIONS_MAX - SMTP_CONNECTIONS_RESERVED);
        assert_eq!(fill(&registry, ONE, true).len(), SMTP_CONNECTIONS_RESERVED);
    }

    #[test]
    fn a_place_changes_hands_within_the_caps() {
        let registry = Arc::new(Registry::default());
        let mut place = registry.enter(OTHER, true).unwrap();
        let crowd = fill(&registry, ONE, false);
        assert!(!place.belongs_to(ONE, false));
        assert!(place.belongs_to(IpAddr::from([192, 0, 2, 3]), false));
        assert!(place.belongs_to(ONE, true));
        drop((place, crowd));
        assert!(registry.lock().per_client.is_empty());
    }

    #[test]
    fn nothing_enters_after_the_cut() {
        let registry = Arc::new(Registry::default());
        registry.cut_all();
        assert!(registry.enter(ONE, true).is_none());
    }
}
