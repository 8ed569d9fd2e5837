//! Login throttle per person and per client address; bounded memory.
//!
//! Three counts of failures, each forgotten after [`LOGIN_WINDOW`]:
//!
//! - as one person from one client: stops guessing at a person, and only for that client;
//! - as anybody from one client: stops trying one password with everybody. Where people have signed in it is more by each of them (an office may
//!   have one address, and many who mistype), and it does not hold for these people;
//! - as one person from all clients: stops guessing with many addresses. It is several times the first, so a single
//!   stranger never shuts a person out; and it does not hold for a client from which that person has signed in before.
//!
//! Tries that are refused here are not counted, so even strangers in concert shut a person out for one window at a time.
//! An IPv6 client is its /64: that is what one machine may choose from (RFC 8981).

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use crate::clock::Mono;
use crate::limits::{
    LOGIN_FAILURES_PER_CLIENT_MAX, LOGIN_FAILURES_PER_PERSON_ALL_CLIENTS_MAX, LOGIN_FAILURES_PER_PERSON_MAX, LOGIN_THROTTLE_ENTRIES_MAX,
    LOGIN_WINDOW,
};
use crate::mail::Mailbox;

/// Memory: four tables of at most [`LOGIN_THROTTLE_ENTRIES_MAX`] entries. `W` is who signs in: a mailbox, or the name of an account.
#[derive(Debug)]
pub struct Throttle<W = Mailbox> {
    pairs: Counts<(W, IpAddr)>,
    clients: Counts<IpAddr>,
    people: Counts<W>,
    /// Who signed in from where, oldest first.
    familiar: VecDeque<(W, IpAddr)>,
}

impl<W> Default for Throttle<W> {
    fn default() -> Self {
        Throttle { pairs: Counts::default(), clients: Counts::default(), people: Counts::default(), familiar: VecDeque::new() }
    }
}

impl<W: Hash + Eq + Clone> Throttle<W> {
    /// Whether another try is allowed. `mailbox` is what was typed, known or not.
    pub fn allows(&mut self, client: IpAddr, mailbox: Option<&W>, now: Mono) -> bool {
        let client = network_of(client);
        let pair = mailbox.map(|mailbox| (mailbox.clone(), client));
        let is_familiar = pair.as_ref().is_some_and(|pair| self.familiar.contains(pair));
        if !is_familiar && self.clients.get(&client, now) >= self.client_max(client) {
            return false;
        }
        let (Some(mailbox), Some(pair)) = (mailbox, pair) else { return true };
        if self.pairs.get(&pair, now) >= LOGIN_FAILURES_PER_PERSON_MAX {
            return false;
        }
        self.people.get(mailbox, now) < LOGIN_FAILURES_PER_PERSON_ALL_CLIENTS_MAX || is_familiar
    }

    fn client_max(&self, client: IpAddr) -> u32 {
        let familiar = self.familiar.iter().filter(|(_, known)| *known == client).count();
        LOGIN_FAILURES_PER_CLIENT_MAX
            .saturating_add(LOGIN_FAILURES_PER_PERSON_MAX.saturating_mul(u32::try_from(familiar).unwrap_or(u32::MAX)))
    }

    pub fn failed(&mut self, client: IpAddr, mailbox: Option<&W>, now: Mono) {
        let client = network_of(client);
        self.clients.add(client, now);
        if let Some(mailbox) = mailbox {
            self.pairs.add((mailbox.clone(), client), now);
            self.people.add(mailbox.clone(), now);
        }
    }

    /// A person signed in: the mistakes before were typing mistakes, and are forgiven. Those of other people from the
    /// same address, and of other addresses for the same person, are not.
    pub fn succeeded(&mut self, client: IpAddr, mailbox: &W) {
        let client = network_of(client);
        let pair = (mailbox.clone(), client);
        let own = self.pairs.take(&pair);
        self.clients.subtract(&client, own);
        self.people.subtract(mailbox, own);
        self.familiar.retain(|known| *known != pair);
        if self.familiar.len() >= LOGIN_THROTTLE_ENTRIES_MAX {
            self.familiar.pop_front();
        }
        self.familiar.push_back(pair);
    }
}

fn network_of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

/// Failures since the first one of the window.
#[derive(Clone, Copy, Debug)]
struct Count {
    failures: u32,
    since: Mono,
}

impl Count {
    fn is_over(&self, now: Mono) -> bool {
        now.since(self.since) >= LOGIN_WINDOW
    }
}

/// A bounded table of counts.
#[derive(Debug)]
struct Counts<K> {
    by_key: HashMap<K, Count>,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Counts { by_key: HashMap::new() }
    }
}

impl<K: Hash + Eq + Clone> Counts<K> {
    fn get(&mut self, key: &K, now: Mono) -> u32 {
        match self.by_key.get(key) {
            Some(count) if count.is_over(now) => {
                self.by_key.remove(key);
                0
            }
            Some(count) => count.failures,
            None => 0,
        }
    }

    fn add(&mut self, key: K, now: Mono) {
        let failures = self.get(&key, now);
        if failures == 0 && self.by_key.len() >= LOGIN_THROTTLE_ENTRIES_MAX {
            self.make_room(now);
        }
        let count = self.by_key.entry(key).or_insert(Count { failures: 0, since: now });
        count.failures = count.failures.saturating_add(1);
    }

    /// Drops what is over; if nothing is, the entry with the fewest failures, of those the oldest. So a flood of
    /// new addresses pushes out its own entries, never those that are close to the limit.
    fn make_room(&mut self, now: Mono) {
        self.by_key.retain(|_, count| !count.is_over(now));
        if self.by_key.len() >= LOGIN_THROTTLE_ENTRIES_MAX
            && let Some(least) = self.by_key.iter().min_by_key(|(_, count)| (count.failures, count.since)).map(|(key, _)| key.clone())
        {
            self.by_key.remove(&least);
        }
    }

    fn take(&mut self, key: &K) -> u32 {
        self.by_key.remove(key).map_or(0, |count| count.failures)
    }

    fn subtract(&mut self, key: &K, failures: u32) {
        if let Some(count) = self.by_key.get_mut(key) {
            count.failures = count.failures.saturating_sub(failures);
            if count.failures == 0 {
                self.by_key.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::mail::Address;

    const START: Mono = Mono(1_000);

    fn mailbox(name: &str) -> Mailbox {
        Address::parse(&format!("{name}@example.com")).unwrap().mailbox()
    }

    fn client(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(0x0a00_0000 + number).into()
    }

    fn fail(throttle: &mut Throttle, from: u32, name: &str, times: u32) {
        for _ in 0..times {
            throttle.failed(client(from), Some(&mailbox(name)), START);
        }
    }

    fn check(throttle: &mut Throttle, from: u32, name: &str, expected: bool) {
        assert_eq!(throttle.allows(client(from), Some(&mailbox(name)), START), expected, "{name} from {from}");
    }

    #[test]
    fn a_person_from_one_client() {
        let mut throttle: Throttle = Throttle::default();
        fail(&mut throttle, 1, "ann", LOGIN_FAILURES_PER_PERSON_MAX - 1);
        check(&mut throttle, 1, "ann", true);
        fail(&mut throttle, 1, "ann", 1);
        check(&mut throttle, 1, "ann", false);
        // Nobody else is touched: other people at that client, and the person at another.
        check(&mut throttle, 1, "bob", true);
        check(&mut throttle, 2, "ann", true);
    }

    #[test]
    fn a_window_ends() {
        let mut throttle: Throttle = Throttle::default();
        fail(&mut throttle, 1, "ann", LOGIN_FAILURES_PER_PERSON_MAX);
        let just_before = Mono(START.plus(LOGIN_WINDOW).0 - 1);
        assert!(!throttle.allows(client(1), Some(&mailbox("ann")), just_before));
        assert!(throttle.allows(client(1), Some(&mailbox("ann")), START.plus(LOGIN_WINDOW)));
    }

    #[test]
    fn one_client_with_many_names() {
        let mut throttle: Throttle = Throttle::default();
        for n in 0..LOGIN_FAILURES_PER_CLIENT_MAX {
            check(&mut throttle, 1, "ann", true);
            fail(&mut throttle, 1, &format!("guess{n}"), 1);
        }
        check(&mut throttle, 1, "ann", false);
        assert!(!throttle.allows(client(1), None, START));
        check(&mut throttle, 2, "ann", true);
    }

    #[test]
    fn names_that_are_no_address_count_for_the_client() {
        let mut throttle: Throttle = Throttle::default();
        for _ in 0..LOGIN_FAILURES_PER_CLIENT_MAX {
            throttle.failed(client(1), None, START);
        }
        check(&mut throttle, 1, "ann", false);
    }

    #[test]
    fn many_clients_and_one_name() {
        let mut throttle: Throttle = Throttle::default();
        throttle.succeeded(client(77), &mailbox("ann"));
        for stranger in 0..LOGIN_FAILURES_PER_PERSON_ALL_CLIENTS_MAX {
            check(&mut throttle, 50, "ann", true);
            fail(&mut throttle, 1_000 + stranger, "ann", 1);
        }
        check(&mut throttle, 50, "ann", false);
        // Where she has signed in before, strangers do not shut her out; her own mistakes still count.
        check(&mut throttle, 77, "ann", true);
        check(&mut throttle, 77, "bob", true);
        fail(&mut throttle, 77, "ann", LOGIN_FAILURES_PER_PERSON_MAX);
        check(&mut throttle, 77, "ann", false);
    }

    #[test]
    fn success_forgives_ones_own_mistakes_only() {
        let mut throttle: Throttle = Throttle::default();
        fail(&mut throttle, 1, "ann", LOGIN_FAILURES_PER_PERSON_MAX - 1);
        fail(&mut throttle, 1, "bob", LOGIN_FAILURES_PER_PERSON_MAX);
        throttle.succeeded(client(1), &mailbox("ann"));
        check(&mut throttle, 1, "bob", false);
        fail(&mut throttle, 1, "ann", LOGIN_FAILURES_PER_PERSON_MAX - 1);
        check(&mut throttle, 1, "ann", true);
        // Bob's 10 and Ann's 9 of the second round count for the client, and that she has signed in there allows for 10 more: 21 more reach its limit.
        fail(&mut throttle, 1, "cleo", 9);
        fail(&mut throttle, 1, "dan", 9);
        check(&mut throttle, 1, "dan", true);
        fail(&mut throttle, 1, "fay", 3);
        check(&mut throttle, 1, "eve", false);
    }

    #[test]
    fn one_address_of_a_whole_office() {
        let mut throttle: Throttle = Throttle::default();
        let people: Vec<String> = (0..5).map(|number| format!("person{number}")).collect();
        people.iter().for_each(|name| throttle.succeeded(client(1), &mailbox(name)));
        let max = LOGIN_FAILURES_PER_CLIENT_MAX + 5 * LOGIN_FAILURES_PER_PERSON_MAX;
        for n in 0..max {
            check(&mut throttle, 1, "newcomer", true);
            fail(&mut throttle, 1, &format!("guess{n}"), 1);
        }
        check(&mut throttle, 1, "newcomer", false);
        people.iter().for_each(|name| check(&mut throttle, 1, name, true));
        fail(&mut throttle, 1, "person3", LOGIN_FAILURES_PER_PERSON_MAX);
        check(&mut throttle, 1, "person3", false);
        assert!(!throttle.allows(client(1), None, START));
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let mut throttle: Throttle = Throttle::default();
        for n in 0..LOGIN_FAILURES_PER_CLIENT_MAX {
            throttle.failed(format!("2001:db8::{n:x}").parse().unwrap(), None, START);
        }
        assert!(!throttle.allows("2001:db8::ffff".parse().unwrap(), None, START));
        assert!(throttle.allows("2001:db8:0:1::1".parse().unwrap(), None, START));
        // The same IPv4 client, however the socket shows it.
        for _ in 0..LOGIN_FAILURES_PER_CLIENT_MAX {
            throttle.failed("::ffff:10.0.0.9".parse().unwrap(), None, START);
        }
        assert!(!throttle.allows(client(9), None, START));
    }

    #[test]
    fn a_flood_neither_grows_memory_nor_frees_an_attacker() {
        let mut throttle: Throttle = Throttle::default();
        fail(&mut throttle, 1, "ann", LOGIN_FAILURES_PER_PERSON_MAX);
        let flood = LOGIN_THROTTLE_ENTRIES_MAX as u32 + 500;
        for n in 0..flood {
            throttle.failed(client(100 + n), Some(&mailbox(&format!("x{n}"))), Mono(START.0 + 1));
        }
        assert_eq!(throttle.pairs.by_key.len(), LOGIN_THROTTLE_ENTRIES_MAX);
        assert_eq!(throttle.clients.by_key.len(), LOGIN_THROTTLE_ENTRIES_MAX);
        assert_eq!(throttle.people.by_key.len(), LOGIN_THROTTLE_ENTRIES_MAX);
        check(&mut throttle, 1, "ann", false);
        for n in 0..flood {
            throttle.familiar.push_back((mailbox("x"), client(n)));
            if throttle.familiar.len() >= LOGIN_THROTTLE_ENTRIES_MAX {
                break;
            }
        }
        throttle.succeeded(client(1), &mailbox("bob"));
        assert_eq!(throttle.familiar.len(), LOGIN_THROTTLE_ENTRIES_MAX);
    }
}
